/* Graphs made by recording streams. */
#include "graph.h"

static CUstream begin_capture(CUstreamCaptureMode mode)
{
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuStreamBeginCapture(stream, mode));
    return stream;
}

static CUgraph end_capture(CUstream stream)
{
    CUgraph graph = NULL;
    OK(cuStreamEndCapture(stream, &graph));
    CHECK(graph);
    return graph;
}

static size_t nodes_of(CUgraph graph)
{
    size_t count = 99;
    OK(cuGraphGetNodes(graph, NULL, &count));
    return count;
}

static size_t edges_of(CUgraph graph)
{
    size_t count = 99;
    OK(cuGraphGetEdges(graph, NULL, NULL, NULL, &count));
    return count;
}

/* Recording does nothing; each launch does all. */
CASE(capture_replays)
{
    begin();
    CUdeviceptr at = zeroes(100);
    kernel("affine");
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    affine(stream, at, 100, 2, 1);
    affine(stream, at, 100, 3, 0);
    CUgraph graph = end_capture(stream);
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 100, 0);
    CHECK_INT(nodes_of(graph), 2);
    CHECK_INT(edges_of(graph), 1);
    CUgraphExec exec = instantiate(graph);
    OK(cuGraphDestroy(graph));
    OK(cuGraphLaunch(exec, stream));
    OK(cuGraphLaunch(exec, stream));
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 100, (3 * 2 + 1) * 3);
    OK(cuGraphExecDestroy(exec));
}

CASE(capture_of_every_kind)
{
    int *pinned, three = 3;
    begin();
    OK(cuMemAllocHost((void **)&pinned, 400));
    CUdeviceptr a = allocate(400), b = upload(&three, 4);
    kernel("affine");
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    OK(cuMemsetD32Async(a, 5, 100, stream));
    affine(stream, a, 100, 2, 0);
    OK(cuMemcpyDtoDAsync(a + 4, b, 4, stream));
    OK(cuMemcpyDtoHAsync(pinned, a, 400, stream));
    CUgraph graph = end_capture(stream);
    static const CUgraphNodeType want[] = {CU_GRAPH_NODE_TYPE_MEMSET, CU_GRAPH_NODE_TYPE_KERNEL,
                                           CU_GRAPH_NODE_TYPE_MEMCPY, CU_GRAPH_NODE_TYPE_MEMCPY};
    CUgraphNode node;
    size_t one = 1;
    /* A chain, walked from its root. */
    OK(cuGraphGetRootNodes(graph, &node, &one));
    for (size_t i = 0; i < COUNT(want); i++) {
        CUgraphNodeType type;
        OK(cuGraphNodeGetType(node, &type));
        CHECK_INT(type, want[i]);
        size_t next = 1;
        OK(cuGraphNodeGetDependentNodes(node, &node, NULL, &next));
        CHECK_INT(next, i + 1 < COUNT(want));
    }
    CUgraphExec exec = instantiate(graph);
    for (int round = 0; round < 3; round++) {
        memset(pinned, 0, 400);
        OK(cuGraphLaunch(exec, stream));
        OK(cuStreamSynchronize(stream));
        CHECK_INT(pinned[0], 10);
        CHECK_INT(pinned[1], 3);
        CHECK_INT(pinned[99], 10);
    }
}

/* Another stream joins by an event, and comes back by one. */
CASE(capture_forks_and_joins)
{
    begin();
    CUdeviceptr a = zeroes(10), b = zeroes(10);
    CUstream other = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent fork = new_event(CU_EVENT_DISABLE_TIMING), join = new_event(CU_EVENT_DISABLE_TIMING);
    CUstreamCaptureStatus status;
    kernel("affine");
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    affine(stream, a, 10, 1, 1);
    OK(cuEventRecord(fork, stream));
    OK(cuStreamWaitEvent(other, fork, 0));
    OK(cuStreamIsCapturing(other, &status));
    CHECK_INT(status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
    affine(other, b, 10, 1, 7);
    affine(stream, a, 10, 3, 0);
    OK(cuEventRecord(join, other));
    OK(cuStreamWaitEvent(stream, join, 0));
    OK(cuMemcpyDtoDAsync(a, b, 20, stream));
    CUgraph graph = end_capture(stream);
    OK(cuStreamIsCapturing(other, &status));
    CHECK_INT(status, CU_STREAM_CAPTURE_STATUS_NONE);
    CHECK_INT(nodes_of(graph), 4);
    CHECK_INT(edges_of(graph), 4);
    OK(cuGraphLaunch(instantiate(graph), stream));
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(b, 10, 7);
    CHECK_ALL(a, 5, 7);
    CHECK_ALL(a + 20, 5, 3);
}

CASE(capture_tells_its_status)
{
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_INVALIDATED;
    cuuint64_t id = 0, second = 0;
    CUgraph graph = NULL;
    begin();
    CUstream stream = new_stream(0);
    OK(cuStreamIsCapturing(stream, &status));
    CHECK_INT(status, CU_STREAM_CAPTURE_STATUS_NONE);
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
    OK(cuStreamGetCaptureInfo(stream, &status, &id, &graph, NULL, NULL, NULL));
    CHECK(status == CU_STREAM_CAPTURE_STATUS_ACTIVE && graph != NULL);
    CHECK(end_capture(stream) == graph);
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
    OK(cuStreamGetCaptureInfo(stream, &status, &second, NULL, NULL, NULL, NULL));
    CHECK(second != id);
    end_capture(stream);
    OK(cuStreamGetCaptureInfo(stream, &status, NULL, NULL, NULL, NULL, NULL));
    CHECK_INT(status, CU_STREAM_CAPTURE_STATUS_NONE);
}

CASE(capture_of_nothing)
{
    begin();
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    CUgraph graph = end_capture(stream);
    CHECK_INT(nodes_of(graph), 0);
    CUgraphExec exec = instantiate(graph);
    OK(cuGraphLaunch(exec, stream));
    OK(cuStreamSynchronize(stream));
}

static void count_call(void *count)
{
    ++*(int *)count;
}

CASE(capture_of_a_callback)
{
    int count = 0;
    begin();
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    OK(cuLaunchHostFunc(stream, count_call, &count));
    CUgraphExec exec = instantiate(end_capture(stream));
    CHECK_INT(count, 0);
    for (int i = 0; i < 3; i++)
        OK(cuGraphLaunch(exec, stream));
    OK(cuStreamSynchronize(stream));
    CHECK_INT(count, 3);
}

/* Parameters and host functions are copied, but memory is read at each launch. */
CASE(capture_reads_memory_at_launch)
{
    int *pinned;
    begin();
    OK(cuMemAllocHost((void **)&pinned, sizeof *pinned));
    CUdeviceptr at = zeroes(1);
    kernel("affine");
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    OK(cuMemcpyHtoDAsync(at, pinned, sizeof *pinned, stream));
    affine(stream, at, 1, 2, 0);
    CUgraphExec exec = instantiate(end_capture(stream));
    for (int i = 1; i < 4; i++) {
        *pinned = i;
        OK(cuGraphLaunch(exec, stream));
        OK(cuStreamSynchronize(stream));
        CHECK_INT(value_at(at), 2 * i);
    }
}

/* The thread's own mode decides what unsafe calls it may make meanwhile. */
CASE(capture_modes)
{
    CUdeviceptr at;
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    begin();
    /* A relaxed capture forbids no call. */
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_RELAXED);
    OK(cuMemAlloc(&at, 64));
    end_capture(stream);
    /* A global one does, unless the thread exchanges its mode. */
    stream = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    OK(cuThreadExchangeStreamCaptureMode(&mode));
    CHECK_INT(mode, CU_STREAM_CAPTURE_MODE_GLOBAL);
    OK(cuMemAlloc(&at, 64));
    OK(cuThreadExchangeStreamCaptureMode(&mode));
    CHECK_INT(mode, CU_STREAM_CAPTURE_MODE_RELAXED);
    end_capture(stream);
}

static void allocate_there(void *status)
{
    CUdeviceptr at;
    OK(cuCtxSetCurrent(context));
    *(CUresult *)status = cuMemAlloc(&at, 64);
}

CASE(capture_of_one_thread_leaves_others_alone)
{
    CUresult status = CUDA_ERROR_UNKNOWN;
    begin();
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    on_a_thread(allocate_there, &status);
    CHECK_INT(status, CUDA_SUCCESS);
    end_capture(stream);
}

CASE(capture_to_a_graph)
{
    CUgraph graph = new_graph(), same = NULL;
    CUdeviceptr at = zeroes(10);
    CUgraphNode first = add_affine(graph, NULL, 0, at, 1, 1);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuStreamBeginCaptureToGraph(stream, graph, &first, NULL, 1, CU_STREAM_CAPTURE_MODE_GLOBAL));
    affine(stream, at, 10, 10, 2);
    OK(cuStreamEndCapture(stream, &same));
    CHECK(same == graph);
    CHECK_INT(nodes_of(graph), 2);
    CHECK_INT(edges_of(graph), 1);
    OK(cuGraphLaunch(instantiate(graph), stream));
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 10, 12);
}

/* Allocations become nodes: their memory lives from launch to launch. */
CASE(capture_of_allocations)
{
    CUdeviceptr temporary = 0;
    begin();
    need(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, "memory pools");
    CUdeviceptr at = zeroes(10);
    kernel("affine");
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    OK(cuMemAllocAsync(&temporary, 40, stream));
    OK(cuMemsetD32Async(temporary, 6, 10, stream));
    affine(stream, temporary, 10, 7, 0);
    OK(cuMemcpyDtoDAsync(at, temporary, 40, stream));
    OK(cuMemFreeAsync(temporary, stream));
    CUgraphExec exec = instantiate(end_capture(stream));
    for (int i = 0; i < 3; i++) {
        OK(cuMemsetD32(at, 0, 10));
        OK(cuCtxSynchronize());
        OK(cuGraphLaunch(exec, stream));
        OK(cuStreamSynchronize(stream));
        CHECK_ALL(at, 10, 42);
    }
}
