//! Contexts: current ones per thread, primary ones, forks.

use crate::library::{allocate, cu, driver_test, ok, read};

fn current() -> usize {
    let mut context = 1_usize;
    ok!(cuCtxGetCurrent, &mut context);
    context
}

driver_test!(contexts_are_a_stack_of_the_thread; {
    let first = current();
    let mut second = 0_usize;
    ok!(cuCtxCreate_v2, &mut second, 0, 0);
    assert_eq!(current(), second);
    std::thread::spawn(|| {
        assert_eq!(current(), 0);
        assert_eq!(cu!(cuMemAlloc_v2, &mut 0_u64, 64), 201);
        assert_eq!(cu!(cuCtxPopCurrent_v2, &mut 0_usize), 201);
    }).join().expect("the thread's assertions hold");
    let mut popped = 0_usize;
    ok!(cuCtxPopCurrent_v2, &mut popped);
    assert_eq!((popped, current()), (second, first));
    ok!(cuCtxDestroy_v2, second);
    assert_eq!(cu!(cuCtxPushCurrent_v2, second), 201);
    ok!(cuCtxSetCurrent, 0);
    assert_eq!(current(), 0);
});

driver_test!(a_destroyed_context_that_is_current_elsewhere; {
    let context = current();
    std::thread::spawn(move || {
        ok!(cuCtxSetCurrent, context);
        ok!(cuCtxDestroy_v2, context);
        assert_eq!(current(), 0);
    }).join().expect("the thread's assertions hold");
    assert_eq!(cu!(cuMemAlloc_v2, &mut 0_u64, 64), 709);
});

driver_test!(primary_contexts_are_counted; {
    let (mut first, mut again, mut flags, mut active) = (0_usize, 0_usize, 9_u32, 9_i32);
    ok!(cuDevicePrimaryCtxGetState, 0, &mut flags, &mut active);
    assert_eq!((flags, active), (0, 0));
    ok!(cuDevicePrimaryCtxRetain, &mut first, 0);
    ok!(cuDevicePrimaryCtxRetain, &mut again, 0);
    assert_eq!(first, again);
    assert_eq!(cu!(cuCtxDestroy_v2, first), 201);
    ok!(cuDevicePrimaryCtxRelease_v2, 0);
    ok!(cuDevicePrimaryCtxGetState, 0, &mut flags, &mut active);
    assert_eq!(active, 1);
    ok!(cuDevicePrimaryCtxRelease_v2, 0);
    ok!(cuDevicePrimaryCtxGetState, 0, &mut flags, &mut active);
    assert_eq!(active, 0);
    assert_eq!(cu!(cuDevicePrimaryCtxRelease_v2, 0), 201);
    assert_eq!(cu!(cuDevicePrimaryCtxSetFlags_v2, 0, 3), 1);
});

driver_test!(devices_as_many_as_wanted, "AVA_SOFTCUDA_DEVICES" = "2"; {
    let (mut count, mut peer) = (0_i32, 0_i32);
    ok!(cuDeviceGetCount, &mut count);
    assert_eq!(count, 2);
    assert_eq!(cu!(cuDeviceGet, &mut count, 2), 101);
    ok!(cuDeviceCanAccessPeer, &mut peer, 0, 1);
    assert_eq!(peer, 1);
    let (own, here) = (current(), allocate(64));
    let mut other = 0_usize;
    ok!(cuCtxCreate_v2, &mut other, 0, 1);
    let there = allocate(64);
    ok!(cuMemsetD32_v2, there, 11, 16);
    ok!(cuCtxEnablePeerAccess, own, 0);
    assert_eq!(cu!(cuCtxEnablePeerAccess, own, 0), 704);
    ok!(cuMemcpyPeer, here, own, there, other, 64);
    assert_eq!(read::<16>(here), [11; 16]);
    ok!(cuCtxDisablePeerAccess, own);
    assert_eq!(cu!(cuCtxDisablePeerAccess, own), 705);
});

driver_test!(a_forked_child_gets_not_initialized; {
    allocate(64);
    // SAFETY: the child only makes calls that return at once, and ends.
    match unsafe { libc::fork() } {
        0 => {
            let all = [cu!(cuInit, 0), cu!(cuMemAlloc_v2, &mut 0_u64, 64), cu!(cuCtxGetCurrent, &mut 0_usize)];
            // SAFETY: nothing of the parent's has to be undone.
            unsafe { libc::_exit(i32::from(all != [3, 3, 3])) }
        }
        child => {
            let mut status = 0;
            // SAFETY: the child is this process's own.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!(status, 0);
        }
    }
    allocate(64);
});

driver_test!(limits_and_priorities; {
    let (mut value, mut least, mut greatest) = (0_usize, 1_i32, 1_i32);
    ok!(cuCtxGetLimit, &mut value, 1);
    assert_eq!(value, 1 << 20);
    ok!(cuCtxSetLimit, 1, 4096);
    ok!(cuCtxGetLimit, &mut value, 1);
    assert_eq!(value, 4096);
    assert_eq!(cu!(cuCtxGetLimit, &mut value, 7), 215);
    assert_eq!(cu!(cuCtxGetLimit, &mut value, 99), 1);
    ok!(cuCtxGetStreamPriorityRange, &mut least, &mut greatest);
    assert_eq!((least, greatest), (0, -5));
});
