//! Errors that stay, and faults on demand.

use crate::library::{allocate, context, cu, driver_test, event, kernel, launch, ok, read, stream};

fn run(name: &str) -> u32 {
    let launched = cu!(cuLaunchKernel, kernel(name), 1, 1, 1, 1, 1, 1, 0, 0, 0, 0);
    if launched == 0 { cu!(cuCtxSynchronize) } else { launched }
}

driver_test!(a_wild_address_fails_all_that_follows; {
    let (address, stream, seen) = (allocate(4), stream(0), event(0));
    assert_eq!(run("wild"), 700);
    assert_eq!(cu!(cuMemAlloc_v2, &mut 0_u64, 64), 700);
    assert_eq!(cu!(cuMemFree_v2, address), 700);
    assert_eq!(cu!(cuMemcpyHtoD_v2, address, &1_u32, 4), 700);
    assert_eq!(cu!(cuStreamSynchronize, stream), 700);
    assert_eq!(cu!(cuEventRecord, seen, stream), 700);
    assert_eq!(cu!(cuStreamDestroy_v2, stream), 700);
    // Another context is not concerned.
    context();
    allocate(64);
});

driver_test!(errors_of_arguments_do_not_stay; {
    let set = kernel("set");
    let address = allocate(4);
    let arguments = [&raw const address as u64, &raw const address as u64];
    let launch = |grid: u32, block: u32, shared: u32| {
        cu!(cuLaunchKernel, set, grid, 1, 1, block, 1, 1, shared, 0, &arguments, 0)
    };
    assert_eq!(launch(0, 1, 0), 1);
    assert_eq!(launch(1, 0, 0), 1);
    assert_eq!(launch(1, 1025, 0), 1);
    assert_eq!(launch(1, 1, 48 * 1024 + 1), 1);
    assert_eq!(cu!(cuLaunchKernel, set, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0), 1);
    assert_eq!(cu!(cuLaunchKernel, 0x1234, 1, 1, 1, 1, 1, 1, 0, 0, &arguments, 0), 400);
    assert_eq!(launch(1, 1, 0), 0);
    ok!(cuCtxSynchronize);
    // More dynamic shared memory has to be asked for.
    ok!(cuFuncSetAttribute, set, 8, 64 * 1024);
    assert_eq!(launch(1, 1, 64 * 1024), 0);
    assert_eq!(cu!(cuFuncSetAttribute, set, 8, 64 * 1024 + 1), 1);
    ok!(cuCtxSynchronize);
});

driver_test!(a_destroyed_context_ends_what_runs; {
    let mut own = 0_usize;
    ok!(cuCtxGetCurrent, &mut own);
    ok!(cuLaunchKernel, kernel("forever"), 1, 1, 1, 1, 1, 1, 0, 0, 0, 0);
    assert_eq!(cu!(cuStreamQuery, 0), 600);
    ok!(cuCtxDestroy_v2, own);
});

driver_test!(the_third_allocation_fails, "AVA_SOFTCUDA_FAULTS" = "oom@3"; {
    allocate(64);
    allocate(64);
    assert_eq!(cu!(cuMemAlloc_v2, &mut 0_u64, 64), 2);
    allocate(64);
});

driver_test!(the_second_launch_fails, "AVA_SOFTCUDA_FAULTS" = "launch@2=719,load@2=218"; {
    let (address, set) = (allocate(4), kernel("set"));
    assert_eq!(launch(set, 0, address, 1), 0);
    assert_eq!(read::<1>(address), [1]);
    assert_eq!(cu!(cuModuleLoadData, &mut 0_usize, crate::library::PTX), 218);
    assert_eq!(launch(set, 0, address, 2), 0);
    assert_eq!(cu!(cuCtxSynchronize), 719);
});
