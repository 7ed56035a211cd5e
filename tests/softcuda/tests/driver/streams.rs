//! Streams: their order, events, functions of the program's, words in memory.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::library::{Gate, allocate, cu, driver_test, event, kernel, launch, ok, read, stream};

const NON_BLOCKING: u32 = 1;

/// Whether all of a stream is done.
fn query(stream: usize) -> u32 {
    cu!(cuStreamQuery, stream)
}

driver_test!(streams_run_on_their_own; {
    let (held, free) = (stream(NON_BLOCKING), stream(NON_BLOCKING));
    let (address, add) = (allocate(8), kernel("add"));
    ok!(cuMemsetD32_v2, address, 0, 2);
    ok!(cuCtxSynchronize);
    let gate = Gate::new(held);
    gate.reach();
    assert_eq!(launch(add, held, address, 1), 0);
    assert_eq!(launch(add, free, address + 4, 1), 0);
    ok!(cuStreamSynchronize, free);
    assert_eq!((query(held), query(free)), (600, 0));
    gate.open();
    ok!(cuStreamSynchronize, held);
    assert_eq!(read::<2>(address), [1, 1]);
});

driver_test!(events_order_streams; {
    let (first, second, done) = (stream(NON_BLOCKING), stream(NON_BLOCKING), event(0));
    let (address, set, add) = (allocate(4), kernel("set"), kernel("add"));
    // An event that nothing recorded holds nothing back.
    ok!(cuStreamWaitEvent, second, done, 0);
    ok!(cuEventQuery, done);
    let gate = Gate::new(first);
    gate.reach();
    assert_eq!(launch(set, first, address, 10), 0);
    ok!(cuEventRecord, done, first);
    ok!(cuStreamWaitEvent, second, done, 0);
    assert_eq!(launch(add, second, address, 5), 0);
    assert_eq!((cu!(cuEventQuery, done), query(second)), (600, 600));
    gate.open();
    ok!(cuEventSynchronize, done);
    ok!(cuStreamSynchronize, second);
    assert_eq!(read::<1>(address), [15]);
});

driver_test!(the_legacy_stream_waits_and_is_waited_for; {
    let (blocking, other, loose) = (stream(0), stream(0), stream(NON_BLOCKING));
    let (address, set, add) = (allocate(4), kernel("set"), kernel("add"));
    let gate = Gate::new(blocking);
    gate.reach();
    assert_eq!(launch(set, blocking, address, 1), 0);
    assert_eq!(launch(add, 0, address, 2), 0);
    // Behind the legacy stream, which is behind the gate.
    assert_eq!(launch(add, other, address, 4), 0);
    assert_eq!((query(other), query(0), query(loose)), (600, 600, 0));
    let twin = cu!(cuStreamQuery_ptsz, 0);
    assert_eq!(twin, 0);
    gate.open();
    ok!(cuStreamSynchronize, other);
    assert_eq!(read::<1>(address), [7]);
});

driver_test!(each_thread_has_a_default_stream; {
    let gate = Gate::new(2);
    gate.reach();
    assert_eq!(cu!(cuStreamQuery_ptsz, 0), 600);
    let (mut context, address) = (0_usize, allocate(4));
    ok!(cuCtxGetCurrent, &mut context);
    std::thread::spawn(move || {
        ok!(cuCtxSetCurrent, context);
        ok!(cuMemcpyHtoD_v2_ptds, address, &5_u32, 4);
        assert_eq!(query(2), 0);
    }).join().expect("the thread's assertions hold");
    gate.open();
    ok!(cuStreamSynchronize_ptsz, 0);
    assert_eq!(read::<1>(address), [5]);
});

driver_test!(events_measure; {
    let (stream, start, end, silent) = (stream(0), event(0), event(0), event(2));
    let mut milliseconds = -1_f32;
    assert_eq!(cu!(cuEventElapsedTime_v2, &mut milliseconds, start, end), 400);
    ok!(cuEventRecord, start, stream);
    let gate = Gate::new(stream);
    ok!(cuEventRecord, end, stream);
    ok!(cuEventRecord, silent, stream);
    assert_eq!(cu!(cuEventElapsedTime_v2, &mut milliseconds, start, end), 600);
    assert_eq!(cu!(cuEventElapsedTime_v2, &mut milliseconds, start, silent), 400);
    gate.open();
    ok!(cuEventSynchronize, end);
    ok!(cuEventElapsedTime_v2, &mut milliseconds, start, end);
    assert!(milliseconds >= 0.0);
    ok!(cuEventDestroy_v2, start);
    assert_eq!(cu!(cuEventQuery, start), 400);
});

static CALLS: AtomicU32 = AtomicU32::new(0);
static STATUS: AtomicU32 = AtomicU32::new(0);

extern "C" fn calls_the_driver(data: *mut c_void) {
    STATUS.store(cu!(cuMemAlloc_v2, &mut 0_u64, 64), Ordering::SeqCst);
    CALLS.fetch_add(data as u32, Ordering::SeqCst);
}

extern "C" fn hears_of(_stream: usize, status: u32, data: *mut c_void) {
    STATUS.store(status, Ordering::SeqCst);
    CALLS.fetch_add(data as u32, Ordering::SeqCst);
}

driver_test!(functions_of_the_program_may_not_call; {
    let stream = stream(0);
    ok!(cuLaunchHostFunc, stream, calls_the_driver as extern "C" fn(*mut c_void), 3);
    ok!(cuStreamSynchronize, stream);
    assert_eq!((CALLS.load(Ordering::SeqCst), STATUS.load(Ordering::SeqCst)), (3, 800));
    ok!(cuStreamAddCallback, stream, hears_of as extern "C" fn(usize, u32, *mut c_void), 4, 0);
    ok!(cuStreamSynchronize, stream);
    assert_eq!((CALLS.load(Ordering::SeqCst), STATUS.load(Ordering::SeqCst)), (7, 0));
    assert_eq!(cu!(cuLaunchHostFunc, stream, 0, 0), 1);
});

driver_test!(callbacks_hear_of_errors; {
    let stream = stream(0);
    ok!(cuLaunchKernel, kernel("wild"), 1, 1, 1, 1, 1, 1, 0, stream, 0, 0);
    assert_eq!(cu!(cuStreamSynchronize, stream), 700);
    assert_eq!(cu!(cuStreamAddCallback, stream, hears_of as extern "C" fn(usize, u32, *mut c_void), 4, 0), 700);
});

driver_test!(words_are_waited_for; {
    let (waiting, writing, address) = (stream(NON_BLOCKING), stream(NON_BLOCKING), allocate(16));
    ok!(cuMemsetD32_v2, address, 0, 4);
    ok!(cuCtxSynchronize);
    ok!(cuStreamWaitValue32_v2, waiting, address, 5, 0);
    ok!(cuStreamWriteValue64_v2, waiting, address + 8, u64::MAX, 0);
    assert_eq!(query(waiting), 600);
    ok!(cuStreamWriteValue32_v2, writing, address, 6, 0);
    ok!(cuStreamSynchronize, waiting);
    assert_eq!(read::<4>(address), [6, 0, u32::MAX, u32::MAX]);
    assert_eq!(cu!(cuStreamWaitValue64_v2, waiting, address + 4, 0, 0), 1);
    assert_eq!(cu!(cuStreamWaitValue32_v2, waiting, address, 0, 4), 1);
});

driver_test!(copies_read_ordinary_memory_at_once; {
    let (stream, address, mut value) = (stream(NON_BLOCKING), allocate(4), 1_u32);
    let gate = Gate::new(stream);
    gate.reach();
    ok!(cuMemcpyHtoDAsync_v2, address, &value, 4, stream);
    value = 2;
    gate.open();
    ok!(cuMemcpyDtoHAsync_v2, &mut value, address, 4, stream);
    assert_eq!(value, 1);
});

driver_test!(handles_and_flags_are_checked; {
    assert_eq!(cu!(cuStreamCreate, &mut 0_usize, 2), 1);
    assert_eq!(cu!(cuStreamSynchronize, 0x1234), 400);
    let (stream, mut flags, mut priority) = (stream(NON_BLOCKING), 0_u32, 9_i32);
    ok!(cuStreamGetFlags, stream, &mut flags);
    assert_eq!(flags, NON_BLOCKING);
    ok!(cuStreamDestroy_v2, stream);
    assert_eq!(cu!(cuStreamDestroy_v2, stream), 400);
    let mut eager = 0_usize;
    ok!(cuStreamCreateWithPriority, &mut eager, 0, -100);
    ok!(cuStreamGetPriority, eager, &mut priority);
    assert_eq!(priority, -5);
});

driver_test!(what_a_destroyed_stream_was_asked_for_is_waited_for; {
    let (blocking, loose, address, set) = (stream(0), stream(NON_BLOCKING), allocate(8), kernel("set"));
    let gates = [Gate::new(blocking), Gate::new(loose)];
    gates.iter().for_each(Gate::reach);
    assert_eq!(launch(set, blocking, address, 1) + launch(set, loose, address + 4, 2), 0);
    ok!(cuStreamDestroy_v2, blocking);
    ok!(cuStreamDestroy_v2, loose);
    assert_eq!(query(0), 600);
    gates.into_iter().for_each(Gate::open);
    ok!(cuCtxSynchronize);
    assert_eq!(read::<2>(address), [1, 2]);
});

driver_test!(default_streams_end_with_their_threads; {
    let (mut context, address, add) = (0_usize, allocate(4), kernel("add"));
    ok!(cuCtxGetCurrent, &mut context);
    ok!(cuMemsetD32_v2, address, 0, 1);
    ok!(cuCtxSynchronize);
    for _ in 0..100 {
        let thread = std::thread::spawn(move || {
            ok!(cuCtxSetCurrent, context);
            assert_eq!(launch(add, 2, address, 1), 0);
        });
        thread.join().expect("the thread's assertions hold");
        ok!(cuCtxSynchronize);
    }
    assert_eq!(read::<1>(address), [100]);
    let threads = || std::fs::read_dir("/proc/self/task").expect("the process has threads").count();
    // Each queue's thread ends by itself.
    while threads() > 50 {
        std::thread::yield_now();
    }
});
