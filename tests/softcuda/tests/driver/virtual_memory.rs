//! Reserved addresses, memory without an address, and mappings.

use crate::library::{cu, driver_test, kernel, launch, ok, read};

const SIZE: usize = 2 << 20;

/// Pinned memory of device 0; with a descriptor if wanted.
fn properties(handle_types: u64) -> [u64; 4] {
    [1 | handle_types << 32, 1, 0, 0]
}

/// What device 0 may do with a range: nothing, or all.
fn set_access(address: u64, flags: u32) -> u32 {
    cu!(cuMemSetAccess, address, SIZE, &[1_u32, 0, flags], 1)
}

driver_test!(mappings_need_access; {
    let (mut granularity, mut address, mut memory) = (0_usize, 0_u64, 0_u64);
    ok!(cuMemGetAllocationGranularity, &mut granularity, &properties(0), 0);
    assert_eq!(granularity, SIZE);
    ok!(cuMemAddressReserve, &mut address, 2 * SIZE, 0, 0, 0);
    ok!(cuMemCreate, &mut memory, SIZE, &properties(0), 0);
    ok!(cuMemMap, address, SIZE, 0, memory, 0);
    assert_eq!(cu!(cuMemMap, address, SIZE, 0, memory, 0), 1);
    assert_eq!(cu!(cuMemsetD32_v2, address, 3, 4), 1);
    assert_eq!(set_access(address, 3), 0);
    ok!(cuMemsetD32_v2, address, 3, 4);
    // The second half shows the same memory.
    ok!(cuMemMap, address + SIZE as u64, SIZE, 0, memory, 0);
    assert_eq!(set_access(address + SIZE as u64, 3), 0);
    assert_eq!(read::<4>(address + SIZE as u64), [3; 4]);
    assert_eq!(launch(kernel("set"), 0, address, 8), 0);
    assert_eq!(read::<1>(address + SIZE as u64), [8]);
    ok!(cuMemRelease, memory);
    assert_eq!(cu!(cuMemRelease, memory), 400);
    assert_eq!(cu!(cuMemAddressFree, address, 2 * SIZE), 1);
    ok!(cuMemUnmap, address, 2 * SIZE);
    ok!(cuMemAddressFree, address, 2 * SIZE);
});

driver_test!(addresses_are_where_they_are_wanted; {
    let (mut first, mut again) = (0_u64, 0_u64);
    ok!(cuMemAddressReserve, &mut first, SIZE, 0, 0, 0);
    ok!(cuMemAddressFree, first, SIZE);
    ok!(cuMemAddressReserve, &mut again, SIZE, 0, first, 0);
    assert_eq!(again, first);
    assert_eq!(cu!(cuMemAddressReserve, &mut again, 4096, 0, 0, 0), 1);
});

driver_test!(descriptors_stand_for_memory; {
    let (mut address, mut memory, mut again, mut descriptor) = (0_u64, 0_u64, 0_u64, -1_i32);
    ok!(cuMemAddressReserve, &mut address, 2 * SIZE, 0, 0, 0);
    ok!(cuMemCreate, &mut memory, SIZE, &properties(0), 0);
    assert_eq!(cu!(cuMemExportToShareableHandle, &mut descriptor, memory, 1, 0), 1);
    ok!(cuMemCreate, &mut memory, SIZE, &properties(1), 0);
    ok!(cuMemExportToShareableHandle, &mut descriptor, memory, 1, 0);
    ok!(cuMemImportFromShareableHandle, &mut again, descriptor, 1);
    ok!(cuMemMap, address, SIZE, 0, memory, 0);
    ok!(cuMemMap, address + SIZE as u64, SIZE, 0, again, 0);
    assert_eq!(set_access(address, 3) + set_access(address + SIZE as u64, 3), 0);
    ok!(cuMemsetD32_v2, address, 21, 2);
    assert_eq!(read::<2>(address + SIZE as u64), [21; 2]);
});
