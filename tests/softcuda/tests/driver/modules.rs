//! Modules, libraries, the linker, and how arguments reach a kernel.

use crate::library::{PTX, allocate, cu, driver_test, kernel, launch, ok, read};

driver_test!(names_are_found_or_not; {
    let (mut module, mut function, mut address, mut size) = (0_usize, 0_usize, 0_u64, 0_usize);
    ok!(cuModuleLoadData, &mut module, PTX);
    ok!(cuModuleGetFunction, &mut function, module, "add");
    assert_eq!(cu!(cuModuleGetFunction, &mut function, module, "none"), 500);
    ok!(cuModuleGetGlobal_v2, &mut address, &mut size, module, "counter");
    assert_eq!((size, read::<1>(address)), (4, [7]));
    assert_eq!(cu!(cuModuleGetGlobal_v2, &mut address, &mut size, module, "none"), 500);
    let mut count = 0_u32;
    ok!(cuModuleGetFunctionCount, &mut count, module);
    assert_eq!(count, 5);
    ok!(cuModuleUnload, module);
    assert_eq!(cu!(cuModuleGetFunction, &mut function, module, "add"), 400);
    assert_eq!(launch(function, 0, allocate(4), 1), 400);
    assert_eq!(cu!(cuModuleLoad, &mut module, "/nothing/here.ptx"), 301);
});

driver_test!(what_is_wrong_is_said; {
    let (mut module, mut log, mut words) = (0_usize, [0_u8; 256], [0_u64; 2]);
    words[0] = log.as_mut_ptr() as u64;
    words[1] = 256;
    assert_eq!(cu!(cuModuleLoadDataEx, &mut module, ".version 6.4\n.target sm_75\n.nonsense", 2, &[5_u32, 6], &mut words), 218);
    let said = words[1] as u32 as usize;
    assert!(said > 1 && log[said - 1] == 0 && log[..said - 1].iter().all(|byte| *byte != 0), "{said}");
    // An ELF file is code of a device that this is none of.
    assert_eq!(cu!(cuModuleLoadData, &mut module, std::ptr::from_ref(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xbe\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\x38\0\0\0\x40\0\0\0\0\0") as u64), 209);
    assert_eq!(cu!(cuModuleLoadData, &mut module, 0), 1);
    assert_eq!(cu!(cuModuleLoadData, &mut module, "no PTX at all"), 200);
});

driver_test!(libraries_are_of_no_context; {
    let (mut library, mut kernel, mut function, mut module) = (0_usize, 0_usize, 0_usize, 0_usize);
    ok!(cuLibraryLoadData, &mut library, PTX, 0, 0, 0, 0, 0, 0);
    ok!(cuLibraryGetKernel, &mut kernel, library, "set");
    assert_eq!(cu!(cuLibraryGetKernel, &mut function, library, "none"), 500);
    let address = allocate(4);
    // A kernel is taken for its function.
    assert_eq!(launch(kernel, 0, address, 3), 0);
    assert_eq!(read::<1>(address), [3]);
    ok!(cuKernelGetFunction, &mut function, kernel);
    assert_eq!(launch(function, 0, address, 4), 0);
    assert_eq!(read::<1>(address), [4]);
    ok!(cuLibraryGetModule, &mut module, library);
    let (mut offset, mut size) = (9_usize, 9_usize);
    ok!(cuKernelGetParamInfo, kernel, 1, &mut offset, &mut size);
    assert_eq!((offset, size), (8, 4));
    assert_eq!(cu!(cuKernelGetParamInfo, kernel, 2, &mut offset, &mut size), 1);
    ok!(cuLibraryUnload, library);
    assert_eq!(cu!(cuKernelGetFunction, &mut function, kernel), 400);
});

driver_test!(arguments_come_as_a_buffer; {
    let (set, address) = (kernel("set"), allocate(4));
    let (buffer, size) = ([address, 6], 12_usize);
    let extra = [1, buffer.as_ptr() as u64, 2, &raw const size as u64, 0];
    ok!(cuLaunchKernel, set, 1, 1, 1, 1, 1, 1, 0, 0, 0, &extra);
    assert_eq!(read::<1>(address), [6]);
    let short = 8_usize;
    let extra = [1, buffer.as_ptr() as u64, 2, &raw const short as u64, 0];
    assert_eq!(cu!(cuLaunchKernel, set, 1, 1, 1, 1, 1, 1, 0, 0, 0, &extra), 1);
});

driver_test!(launches_with_attributes; {
    let (fill, address, value) = (kernel("fill"), allocate(64), 5_u32);
    let arguments = [&raw const address as u64, &raw const value as u64];
    // Two blocks of eight threads, cooperative.
    let mut attribute = [0_u64; 9];
    (attribute[0], attribute[1]) = (2, 1);
    let mut config = [1 << 32 | 2, 8 << 32 | 1, 1 << 32 | 1, 0, 0, attribute.as_ptr() as u64, 1];
    ok!(cuLaunchKernelEx, &config, fill, &arguments, 0);
    assert_eq!(read::<16>(address), [5; 16]);
    // A cluster of two blocks.
    (attribute[0], attribute[1], attribute[2]) = (4, 1 << 32 | 2, 1);
    config[5] = attribute.as_ptr() as u64;
    assert_eq!(cu!(cuLaunchKernelEx, &config, fill, &arguments, 0), 912);
});

driver_test!(texts_are_linked; {
    let (mut state, mut image, mut size, mut module) = (0_usize, 0_u64, 0_usize, 0_usize);
    let head = ".version 6.4\n.target sm_75\n.address_size 64\n";
    let one = format!("{head}.visible .func (.reg .u32 %r) three() {{ mov.u32 %r, 3; ret; }}");
    let other = format!(
        "{head}.extern .func (.reg .u32 %r) three();
        .visible .entry use(.param .u64 p, .param .u32 v) {{
            .reg .u64 %a; .reg .u32 %v;
            ld.param.u64 %a, [p]; call.uni (%v), three, (); st.global.u32 [%a], %v; ret;
        }}"
    );
    ok!(cuLinkCreate_v2, 0, 0, 0, &mut state);
    for text in [&one, &other] {
        ok!(cuLinkAddData_v2, state, 1, text.as_str(), text.len() + 1, 0, 0, 0, 0);
    }
    ok!(cuLinkComplete, state, &mut image, &mut size);
    ok!(cuModuleLoadData, &mut module, image);
    ok!(cuLinkDestroy, state);
    let (mut function, address) = (0_usize, allocate(4));
    ok!(cuModuleGetFunction, &mut function, module, "use");
    assert_eq!(launch(function, 0, address, 0), 0);
    assert_eq!(read::<1>(address), [3]);
});

driver_test!(how_many_blocks_fit; {
    let (set, mut blocks, mut grid, mut block) = (kernel("set"), 0_i32, 0_i32, 0_i32);
    // 1,024 threads and 16 blocks are on a multiprocessor at most, 40 of which there are.
    ok!(cuOccupancyMaxActiveBlocksPerMultiprocessor, &mut blocks, set, 256, 0);
    assert_eq!(blocks, 4);
    ok!(cuOccupancyMaxActiveBlocksPerMultiprocessor, &mut blocks, set, 32, 0);
    assert_eq!(blocks, 16);
    // 64 KiB of shared memory hold two blocks of 30,000 bytes.
    ok!(cuOccupancyMaxActiveBlocksPerMultiprocessor, &mut blocks, set, 32, 30_000);
    assert_eq!(blocks, 2);
    ok!(cuOccupancyMaxPotentialBlockSize, &mut grid, &mut block, set, 0, 0, 0);
    assert_eq!((grid, block), (40, 1024));
    // 641 blocks of 32 threads are one more than can wait for each other.
    let (address, value) = (allocate(4), 1_u32);
    let arguments = [&raw const address as u64, &raw const value as u64];
    assert_eq!(cu!(cuLaunchCooperativeKernel, set, 641, 1, 1, 32, 1, 1, 0, 0, &arguments), 720);
    ok!(cuLaunchCooperativeKernel, set, 640, 1, 1, 32, 1, 1, 0, 0, &arguments);
    ok!(cuCtxSynchronize);
});
