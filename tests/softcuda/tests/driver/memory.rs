//! Memory: allocations and their limits, copies, fills, what pointers are.

use crate::library::{allocate, cu, driver_test, ok, read, stream};

driver_test!(memory_ends, "AVA_SOFTCUDA_MEMORY" = "1048576"; {
    let (mut free, mut total, mut address) = (0_usize, 0_usize, 0_u64);
    ok!(cuMemGetInfo_v2, &mut free, &mut total);
    assert_eq!((free, total), (1 << 20, 1 << 20));
    let first = allocate(1 << 19);
    assert_eq!(first % 512, 0);
    allocate(1000);
    ok!(cuMemGetInfo_v2, &mut free, &mut total);
    assert_eq!(free, (1 << 19) - 1024);
    assert_eq!(cu!(cuMemAlloc_v2, &mut address, 1 << 19), 2);
    ok!(cuMemFree_v2, first);
    allocate(1 << 19);
    assert_eq!(cu!(cuMemAlloc_v2, &mut address, u64::MAX), 2);
    assert_eq!(cu!(cuMemAlloc_v2, &mut address, 0), 1);
});

driver_test!(what_is_no_allocation_is_not_freed; {
    let address = allocate(4096);
    assert_eq!(cu!(cuMemFree_v2, address + 512), 1);
    ok!(cuMemFree_v2, address);
    assert_eq!(cu!(cuMemFree_v2, address), 1);
    ok!(cuMemFree_v2, 0);
    assert_eq!(cu!(cuMemFreeHost, address), 1);
});

driver_test!(copies_stay_within_allocations; {
    let address = allocate(64);
    let values: [u32; 20] = std::array::from_fn(|at| at as u32);
    ok!(cuMemcpyHtoD_v2, address, &values, 64);
    assert_eq!(read::<16>(address), values[..16]);
    assert_eq!(cu!(cuMemcpyHtoD_v2, address, &values, 80), 1);
    assert_eq!(cu!(cuMemcpyHtoD_v2, address + 4, &values, 64), 1);
    assert_eq!(cu!(cuMemcpyHtoD_v2, 0, &values, 4), 1);
    assert_eq!(cu!(cuMemsetD32_v2, address, 1, 17), 1);
    assert_eq!(cu!(cuMemsetD32_v2, address + 2, 1, 1), 1);
    ok!(cuMemcpyHtoD_v2, 0, &values, 0);
});

driver_test!(boxes_of_two_and_three_dimensions; {
    // Four rows of eight bytes, of which a box of 2 x 4 bytes goes to rows of 16 bytes.
    let (from, to) = (allocate(32), allocate(64));
    let bytes: [u8; 32] = std::array::from_fn(|at| at as u8);
    ok!(cuMemcpyHtoD_v2, from, &bytes, 32);
    ok!(cuMemsetD8_v2, to, 0xFF, 64);
    let mut copy = [0_u64; 16];
    (copy[0], copy[1], copy[2], copy[4], copy[6]) = (2, 1, 2, from, 8);
    (copy[7], copy[8], copy[9], copy[11], copy[13]) = (4, 2, 2, to, 16);
    (copy[14], copy[15]) = (4, 2);
    ok!(cuMemcpy2D_v2, &copy);
    let mut result = [0_u8; 64];
    ok!(cuMemcpyDtoH_v2, &mut result, to, 64);
    assert_eq!(result[36..40], [10, 11, 12, 13]);
    assert_eq!(result[52..56], [18, 19, 20, 21]);
    assert_eq!(result.iter().filter(|byte| **byte == 0xFF).count(), 56);
    copy[6] = 5;
    assert_eq!(cu!(cuMemcpy2D_v2, &copy), 1);
    ok!(cuMemsetD2D8_v2, to, 16, 7, 3, 2);
    ok!(cuMemcpyDtoH_v2, &mut result, to, 64);
    assert_eq!(result[..4], [7, 7, 7, 0xFF]);
    assert_eq!(result[16..20], [7, 7, 7, 0xFF]);
});

driver_test!(arrays_keep_rows; {
    // Four by three elements of one 32-bit number.
    let (mut array, values) = (0_usize, std::array::from_fn::<u32, 12, _>(|at| at as u32));
    let descriptor = [4_u64, 3, 0x03 | 1 << 32];
    ok!(cuArrayCreate_v2, &mut array, &descriptor);
    let mut copy = [0_u64; 16];
    (copy[2], copy[3], copy[6]) = (1, std::ptr::from_ref(&values) as u64, 16);
    (copy[9], copy[12], copy[14], copy[15]) = (3, array as u64, 16, 3);
    ok!(cuMemcpy2D_v2, &copy);
    let mut row = [0_u32; 4];
    ok!(cuMemcpyAtoH_v2, &mut row, array, 0, 16);
    assert_eq!(row, [0, 1, 2, 3]);
    assert_eq!(cu!(cuMemcpyAtoH_v2, &mut row, array, 4, 16), 1);
    let mut described = [0_u64; 3];
    ok!(cuArrayGetDescriptor_v2, &mut described, array);
    assert_eq!(described, descriptor);
    ok!(cuArrayDestroy, array);
    assert_eq!(cu!(cuArrayDestroy, array), 400);
    assert_eq!(cu!(cuArrayCreate_v2, &mut array, &[4_u64, 3, 0x03 | 3 << 32]), 1);
});

driver_test!(pointers_say_what_they_are; {
    let attribute = |number: u32, address: u64| {
        let mut value = 0_u64;
        (cu!(cuPointerGetAttribute, &mut value, number, address), value)
    };
    let (device, mut host, mut managed, local) = (allocate(100), 0_u64, 0_u64, 5_u32);
    ok!(cuMemHostAlloc, &mut host, 100, 0);
    ok!(cuMemAllocManaged, &mut managed, 100, 1);
    assert_eq!(attribute(2, device), (0, 2));
    assert_eq!(attribute(2, host + 8), (0, 1));
    assert_eq!(attribute(8, managed), (0, 1));
    assert_eq!(attribute(11, device + 50), (0, device));
    assert_eq!(attribute(12, device + 50), (0, 100));
    assert_eq!(attribute(4, device).0, 1);
    assert_eq!(attribute(4, host), (0, host));
    assert_eq!(attribute(2, std::ptr::from_ref(&local) as u64).0, 1);
    // Of memory that is unknown: no type, no context, no device.
    let (mut kind, mut context, mut ordinal) = (9_u32, 9_usize, 9_i32);
    let places = [&raw mut kind as u64, &raw mut context as u64, &raw mut ordinal as u64];
    ok!(cuPointerGetAttributes, 3, &[2_u32, 1, 9], &places, &local);
    assert_eq!((kind, context, ordinal), (0, 0, -2));
    ok!(cuMemFreeHost, host);
    ok!(cuMemFree_v2, managed);
});

driver_test!(memory_of_the_program_is_registered; {
    let (mut values, mut device) = ([7_u32; 64], 0_u64);
    ok!(cuMemHostRegister_v2, &mut values, 256, 0);
    assert_eq!(cu!(cuMemHostRegister_v2, &mut values[32], 256, 0), 712);
    ok!(cuMemHostGetDevicePointer_v2, &mut device, &values, 0);
    assert_eq!(device, std::ptr::from_ref(&values) as u64);
    ok!(cuMemsetD32_v2, device, 9, 64);
    assert_eq!(values, [9; 64]);
    ok!(cuMemHostUnregister, &values);
    assert_eq!(cu!(cuMemHostUnregister, &values), 713);
});

driver_test!(pools_count, "AVA_SOFTCUDA_MEMORY" = "1048576"; {
    let (stream, mut pool, mut address, mut used) = (stream(0), 0_usize, 0_u64, 0_u64);
    ok!(cuDeviceGetDefaultMemPool, &mut pool, 0);
    ok!(cuMemAllocAsync, &mut address, 1 << 19, stream);
    ok!(cuMemPoolGetAttribute, pool, 7, &mut used);
    assert_eq!(used, 1 << 19);
    ok!(cuMemFreeAsync, address, stream);
    // There is room for it as soon as the stream has come to the free.
    ok!(cuMemAllocAsync, &mut address, 1 << 20, stream);
    ok!(cuMemPoolGetAttribute, pool, 8, &mut used);
    assert_eq!(used, 1 << 20);
    assert_eq!(cu!(cuMemAllocAsync, &mut 0_u64, 512, stream), 2);
    assert_eq!(cu!(cuMemPoolDestroy, pool), 1);
    ok!(cuMemFree_v2, address);
});

driver_test!(copies_in_batches; {
    let (stream, address, values, mut failed) = (stream(1), allocate(16), [1_u32, 2, 3, 4], 9_usize);
    let at = |number: usize| &raw const values[number] as u64;
    let (to, from, sizes) = ([address + 8, address], [at(0), at(2)], [8_usize, 8]);
    ok!(cuMemcpyBatchAsync_v2, &to, &from, &sizes, 2, 0, 0, 0, stream);
    ok!(cuStreamSynchronize, stream);
    assert_eq!(read::<4>(address), [3, 4, 1, 2]);
    assert_eq!(cu!(cuMemcpyBatchAsync, &to, &from, &[8_usize, 64], 2, 0, 0, 0, &mut failed, stream), 1);
    assert_eq!(failed, 1);
    assert_eq!(cu!(cuMemcpyBatchAsync_v2, &to, &from, &sizes, 2, 0, 0, 0, 0), 1);
});

driver_test!(advice_is_kept; {
    let (mut address, mut value) = (0_u64, 9_i32);
    ok!(cuMemAllocManaged, &mut address, 8192, 1);
    // Device 0, as a location by value.
    let here = 1_u64;
    ok!(cuMemAdvise_v2, address, 4096, 3, here);
    ok!(cuMemRangeGetAttribute, &mut value, 4, 2, address, 4096);
    assert_eq!(value, 0);
    ok!(cuMemRangeGetAttribute, &mut value, 4, 2, address, 8192);
    assert_eq!(value, -2);
    assert_eq!(cu!(cuMemAdvise_v2, address, 8193, 3, here), 1);
    assert_eq!(cu!(cuMemPrefetchAsync_v2, allocate(64), 64, here, 0, 0), 1);
    ok!(cuMemPrefetchAsync_v2, address, 8192, here, 0, 0);
});
