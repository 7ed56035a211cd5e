//! Captures: what becomes a graph, and what a capture forbids.

use crate::library::{allocate, cu, driver_test, event, kernel, launch, ok, read, stream};

const GLOBAL: u32 = 0;
const THREAD_LOCAL: u32 = 1;
const RELAXED: u32 = 2;
const NON_BLOCKING: u32 = 1;

fn begin(stream: usize, mode: u32) {
    ok!(cuStreamBeginCapture_v2, stream, mode);
}

/// Ends a capture: the status, and the graph.
fn end(stream: usize) -> (u32, usize) {
    let mut graph = 0_usize;
    (cu!(cuStreamEndCapture, stream, &mut graph), graph)
}

/// 0 for none, 1 for one under way, 2 for an invalid one.
fn status(stream: usize) -> u32 {
    let mut status = 9_u32;
    ok!(cuStreamIsCapturing, stream, &mut status);
    status
}

fn count(graph: usize) -> usize {
    let mut count = 0_usize;
    ok!(cuGraphGetNodes, graph, 0, &mut count);
    count
}

driver_test!(what_is_captured_runs_at_each_launch; {
    let (stream, address, add) = (stream(NON_BLOCKING), allocate(4), kernel("add"));
    ok!(cuMemsetD32_v2, address, 0, 1);
    begin(stream, GLOBAL);
    assert_eq!(launch(add, stream, address, 3), 0);
    assert_eq!(launch(add, stream, address, 4), 0);
    assert_eq!(status(stream), 1);
    let (result, graph) = end(stream);
    assert_eq!((result, status(stream), count(graph)), (0, 0, 2));
    assert_eq!(read::<1>(address), [0]);
    let mut plan = 0_usize;
    ok!(cuGraphInstantiateWithFlags, &mut plan, graph, 0);
    ok!(cuGraphLaunch, plan, stream);
    ok!(cuGraphLaunch, plan, stream);
    ok!(cuStreamSynchronize, stream);
    assert_eq!(read::<1>(address), [14]);
});

driver_test!(streams_fork_and_join; {
    let (first, second) = (stream(NON_BLOCKING), stream(NON_BLOCKING));
    let (forks, joins, address, set) = (event(2), event(2), allocate(8), kernel("set"));
    begin(first, RELAXED);
    assert_eq!(launch(set, first, address, 1), 0);
    ok!(cuEventRecord, forks, first);
    ok!(cuStreamWaitEvent, second, forks, 0);
    assert_eq!(status(second), 1);
    assert_eq!(launch(set, second, address + 4, 2), 0);
    let mut graph = 1_usize;
    assert_eq!(cu!(cuStreamEndCapture, second, &mut graph), 903);
    ok!(cuEventRecord, joins, second);
    ok!(cuStreamWaitEvent, first, joins, 0);
    let (result, graph) = end(first);
    let mut edges = 0_usize;
    ok!(cuGraphGetEdges, graph, 0, 0, &mut edges);
    assert_eq!((result, count(graph), edges, status(second)), (0, 2, 1, 0));
});

driver_test!(what_does_not_join_is_an_error; {
    let (first, second, forks, set) = (stream(NON_BLOCKING), stream(NON_BLOCKING), event(2), kernel("set"));
    begin(first, RELAXED);
    ok!(cuEventRecord, forks, first);
    ok!(cuStreamWaitEvent, second, forks, 0);
    assert_eq!(launch(set, second, allocate(4), 2), 0);
    assert_eq!(end(first), (904, 0));
    assert_eq!((status(first), status(second)), (0, 0));
});

driver_test!(waiting_for_a_captured_stream_is_an_error; {
    let (stream, seen, add, address) = (stream(NON_BLOCKING), event(0), kernel("add"), allocate(4));
    let calls: [&dyn Fn() -> u32; 4] = [
        &|| cu!(cuStreamSynchronize, stream),
        &|| cu!(cuStreamQuery, stream),
        &|| cu!(cuCtxSynchronize),
        &|| cu!(cuStreamAddCallback, stream, 1, 0, 0),
    ];
    for call in calls {
        begin(stream, RELAXED);
        assert_eq!(call(), 900);
        assert_eq!(status(stream), 2);
        assert_eq!(launch(add, stream, address, 1), 901);
        assert_eq!(end(stream), (901, 0));
    }
    begin(stream, RELAXED);
    ok!(cuEventRecord, seen, stream);
    assert_eq!(cu!(cuEventQuery, seen), 907);
    assert_eq!(end(stream), (901, 0));
});

driver_test!(the_legacy_stream_would_wait_for_captures; {
    let (blocking, loose, address, set) = (stream(0), stream(NON_BLOCKING), allocate(4), kernel("set"));
    assert_eq!(cu!(cuStreamBeginCapture_v2, 0, RELAXED), 900);
    begin(blocking, RELAXED);
    assert_eq!(launch(set, 0, address, 1), 906);
    assert_eq!(end(blocking), (901, 0));
    begin(loose, RELAXED);
    assert_eq!(launch(set, 0, address, 1), 0);
    ok!(cuMemcpyHtoD_v2, address, &9_u32, 4);
    assert_eq!(end(loose).0, 0);
});

driver_test!(modes_forbid_more_or_less; {
    let (stream, mut address) = (stream(NON_BLOCKING), 0_u64);
    for (mode, own, other) in [(GLOBAL, 900, 900), (THREAD_LOCAL, 900, 0), (RELAXED, 0, 0)] {
        let mut context = 0_usize;
        ok!(cuCtxGetCurrent, &mut context);
        begin(stream, mode);
        let elsewhere = std::thread::spawn(move || {
            ok!(cuCtxSetCurrent, context);
            cu!(cuMemAlloc_v2, &mut 0_u64, 64)
        });
        assert_eq!(elsewhere.join().expect("the thread ends"), other);
        assert_eq!(status(stream), if other == 0 { 1 } else { 2 });
        let _ = end(stream);
        begin(stream, mode);
        assert_eq!(cu!(cuMemAlloc_v2, &mut address, 64), own);
        let _ = end(stream);
    }
    begin(stream, GLOBAL);
    let mut mode = RELAXED;
    ok!(cuThreadExchangeStreamCaptureMode, &mut mode);
    assert_eq!(mode, GLOBAL);
    assert_eq!(cu!(cuMemAlloc_v2, &mut address, 64), 0);
    ok!(cuThreadExchangeStreamCaptureMode, &mut mode);
    assert_eq!((mode, end(stream).0), (RELAXED, 0));
});

driver_test!(captures_end_where_they_began; {
    let (stream, other) = (stream(NON_BLOCKING), stream(NON_BLOCKING));
    assert_eq!(end(stream), (401, 0));
    begin(stream, THREAD_LOCAL);
    assert_eq!(cu!(cuStreamBeginCapture_v2, stream, GLOBAL), 401);
    let mut context = 0_usize;
    ok!(cuCtxGetCurrent, &mut context);
    let elsewhere = std::thread::spawn(move || {
        ok!(cuCtxSetCurrent, context);
        end(stream).0
    });
    assert_eq!(elsewhere.join().expect("the thread ends"), 908);
    assert_eq!(end(other).0, 401);
    assert_eq!(end(stream).0, 0);
});

driver_test!(captures_are_kept_apart; {
    let (first, second, loose) = (stream(NON_BLOCKING), stream(NON_BLOCKING), stream(NON_BLOCKING));
    let (seen, outside) = (event(2), event(2));
    ok!(cuEventRecord, outside, loose);
    begin(first, RELAXED);
    begin(second, RELAXED);
    ok!(cuEventRecord, seen, first);
    assert_eq!(cu!(cuStreamWaitEvent, second, seen, 0), 902);
    assert_eq!((end(first).0, end(second).0), (901, 901));
    begin(first, RELAXED);
    assert_eq!(cu!(cuStreamWaitEvent, first, outside, 0), 905);
    assert_eq!(end(first).0, 901);
});

driver_test!(a_capture_says_what_it_is; {
    let (stream, set, address) = (stream(NON_BLOCKING), kernel("set"), allocate(4));
    begin(stream, RELAXED);
    assert_eq!(launch(set, stream, address, 1), 0);
    let (mut kind, mut id, mut graph, mut nodes, mut count) = (0_u32, 0_u64, 0_usize, 0_u64, 0_usize);
    ok!(cuStreamGetCaptureInfo_v3, stream, &mut kind, &mut id, &mut graph, &mut nodes, 0, &mut count);
    assert!(kind == 1 && id != 0 && nodes != 0 && count == 1);
    // Nothing comes before what follows.
    ok!(cuStreamUpdateCaptureDependencies_v2, stream, 0, 0, 0, 1);
    assert_eq!(launch(set, stream, address, 1), 0);
    ok!(cuStreamUpdateCaptureDependencies_v2, stream, nodes, 0, 0, 0);
    let mut roots = 0_usize;
    ok!(cuGraphGetRootNodes, graph, 0, &mut roots);
    assert_eq!((roots, end(stream)), (2, (0, graph)));
});
