/* The same call again and again, and then once where it must not be taken for the same: what was accepted before says nothing of
 * memory that is given back, of another thread's context, of a recording, or after a fault. */
#include "client.h"

enum { AGAIN = 20, COUNT_OF = 256 };

static void fill(CUdeviceptr at, CUstream stream, int times)
{
    for (int i = 0; i < times; i++)
        OK(cuMemsetD32Async(at, i, COUNT_OF, stream));
}

CASE(again_beyond_the_end)
{
    begin();
    CUdeviceptr at = allocate(4 * COUNT_OF);
    CUstream stream = new_stream(0);
    fill(at, stream, AGAIN);
    IS(cuMemsetD32Async(at, 1, (size_t)1 << 40, stream), CUDA_ERROR_INVALID_VALUE);
    REFUSED(cuMemsetD32Async(at + 2, 1, 1, stream));
    fill(at, stream, AGAIN);
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, COUNT_OF, AGAIN - 1);
}

CASE(again_after_the_memory_was_given_back)
{
    int from[COUNT_OF] = {0};
    begin();
    CUdeviceptr at = allocate(4 * COUNT_OF), other = allocate(4 * COUNT_OF);
    CUstream stream = new_stream(0);
    for (int i = 0; i < AGAIN; i++) {
        fill(at, stream, 1);
        OK(cuMemcpyHtoDAsync(at, from, sizeof from, stream));
        OK(cuMemcpyDtoDAsync(other, at, sizeof from, stream));
        OK(cuMemcpyHtoD(other, from, sizeof from));
    }
    OK(cuMemFree(at));
    IS(cuMemsetD32Async(at, 1, COUNT_OF, stream), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyHtoDAsync(at, from, sizeof from, stream), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyDtoDAsync(other, at, sizeof from, stream), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyHtoD(at, from, sizeof from), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemFree(at), CUDA_ERROR_INVALID_VALUE);
    fill(other, stream, AGAIN);
    OK(cuStreamSynchronize(stream));
}

CASE(again_memory_that_comes_and_goes)
{
    begin();
    CUstream stream = new_stream(0);
    for (int i = 0; i < 3 * AGAIN; i++) {
        CUdeviceptr at = allocate(4 * COUNT_OF);
        OK(cuMemsetD32(at, i, COUNT_OF));
        CHECK_INT(value_at(at + 4 * (COUNT_OF - 1)), i);
        OK(cuMemFree(at));
        OK(cuMemAllocAsync(&at, 4 * COUNT_OF, stream));
        OK(cuMemsetD32Async(at, -i, COUNT_OF, stream));
        int read = 0;
        OK(cuMemcpyDtoHAsync(&read, at + 4, sizeof read, stream));
        OK(cuMemFreeAsync(at, stream));
        OK(cuStreamSynchronize(stream));
        CHECK_INT(read, -i);
    }
}

static CUdeviceptr shared;
static CUevent shared_event;

static void without_a_context(void *with)
{
    (void)with;
    IS(cuMemsetD32Async(shared, 1, COUNT_OF, NULL), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuEventRecord(shared_event, NULL), CUDA_ERROR_INVALID_CONTEXT);
    OK(cuCtxSetCurrent(context));
    OK(cuMemsetD32Async(shared, 1, COUNT_OF, NULL));
    OK(cuEventRecord(shared_event, NULL));
}

CASE(again_on_a_thread_without_a_context)
{
    begin();
    shared = allocate(4 * COUNT_OF);
    shared_event = new_event(0);
    fill(shared, NULL, AGAIN);
    for (int i = 0; i < AGAIN; i++)
        OK(cuEventRecord(shared_event, NULL));
    on_a_thread(without_a_context, NULL);
    OK(cuCtxSynchronize());
    CHECK_ALL(shared, COUNT_OF, 1);
}

CASE(again_after_the_context_was_taken_away)
{
    begin();
    CUdeviceptr at = allocate(4 * COUNT_OF);
    CUevent event = new_event(0);
    for (int i = 0; i < AGAIN; i++) {
        fill(at, NULL, 1);
        OK(cuEventRecord(event, NULL));
    }
    CUcontext popped;
    OK(cuCtxPopCurrent(&popped));
    IS(cuMemsetD32Async(at, 1, COUNT_OF, NULL), CUDA_ERROR_INVALID_CONTEXT);
    OK(cuCtxPushCurrent(popped));
    fill(at, NULL, AGAIN);
    OK(cuCtxSynchronize());
    CHECK_ALL(at, COUNT_OF, AGAIN - 1);
}

CASE(again_while_a_stream_records)
{
    CUgraph graph;
    begin();
    CUdeviceptr at = allocate(4 * COUNT_OF);
    CUstream stream = new_stream(0), other = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(0);
    for (int i = 0; i < AGAIN; i++) {
        fill(at, stream, 1);
        OK(cuMemsetD32(at, i, COUNT_OF));
        OK(cuEventRecord(event, stream));
        OK(cuStreamWaitEvent(other, event, 0));
    }
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    fill(at, stream, 1);
    IS(cuMemsetD32(at, 7, COUNT_OF), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    REFUSED(cuStreamEndCapture(stream, &graph));
    fill(at, stream, AGAIN);
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, COUNT_OF, AGAIN - 1);
}

/* An event that was last recorded by a recording is none outside of it. */
CASE(again_an_event_of_a_recording)
{
    CUgraph graph;
    begin();
    CUstream stream = new_stream(0), other = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(0);
    for (int i = 0; i < AGAIN; i++) {
        OK(cuEventRecord(event, stream));
        OK(cuStreamWaitEvent(other, event, 0));
    }
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    OK(cuEventRecord(event, stream));
    OK(cuStreamEndCapture(stream, &graph));
    REFUSED(cuStreamWaitEvent(other, event, 0));
    OK(cuEventRecord(event, stream));
    OK(cuStreamWaitEvent(other, event, 0));
    OK(cuStreamSynchronize(other));
    OK(cuGraphDestroy(graph));
}

CASE(again_an_event_and_a_stream_that_are_gone)
{
    begin();
    CUstream stream = new_stream(0);
    CUevent event = new_event(0);
    for (int i = 0; i < AGAIN; i++) {
        CUevent short_lived = new_event(0);
        OK(cuEventRecord(event, stream));
        OK(cuEventRecord(short_lived, stream));
        OK(cuEventDestroy(short_lived));
    }
    OK(cuEventSynchronize(event));
    OK(cuStreamDestroy(stream));
    OK(cuEventDestroy(event));
    CUevent next = new_event(0);
    OK(cuEventRecord(next, NULL));
    OK(cuEventSynchronize(next));
}

/* Work of the default stream on one thread comes before what another thread gives a stream of its own afterwards. */
enum { ROUNDS = 200 };

static CUstream of_thread;

static void add_one(void *with)
{
    (void)with;
    OK(cuCtxSetCurrent(context));
    OK(cuMemsetD32Async(shared, 2, COUNT_OF, of_thread));
}

CASE(again_one_thread_after_the_other)
{
    begin();
    shared = allocate(4 * COUNT_OF);
    of_thread = new_stream(0);
    for (int i = 0; i < ROUNDS; i++) {
        for (int j = 0; j < AGAIN; j++)
            OK(cuMemsetD32(shared, 1, COUNT_OF));
        on_a_thread(add_one, NULL);
        OK(cuStreamSynchronize(of_thread));
        CHECK_INT(value_at(shared), 2);
    }
}

/* A host function's effects are there when a copy has returned that waits for the stream. */
static volatile int called;

static void count_up(void *with)
{
    (void)with;
    called++;
}

CASE(again_a_copy_that_waits)
{
    int from = 1;
    begin();
    CUdeviceptr at = zeroes(1);
    for (int i = 0; i < AGAIN; i++)
        OK(cuMemcpyHtoD(at, &from, sizeof from));
    for (int i = 1; i <= AGAIN; i++) {
        OK(cuLaunchHostFunc(NULL, count_up, NULL));
        OK(cuMemcpyHtoD(at, &from, sizeof from));
        CHECK_INT(called, i);
    }
}

/* What is given is taken at once: the memory may change when the call has returned. */
CASE(again_with_data_that_changes)
{
    int from[COUNT_OF];
    begin();
    CUdeviceptr at = allocate(sizeof from);
    CUstream stream = new_stream(0);
    for (int i = 0; i < 2 * AGAIN; i++) {
        for (int j = 0; j < COUNT_OF; j++)
            from[j] = i;
        OK(cuMemcpyHtoDAsync(at, from, sizeof from, stream));
        memset(from, 0xff, sizeof from);
        if (i % 7 == 6)
            CHECK_ALL(at, COUNT_OF, i);
    }
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, COUNT_OF, 2 * AGAIN - 1);
}

/* A graph is played again and again, also after it was changed; the host hears of what it does when it has waited. */
CASE(again_a_graph)
{
    CUgraph graph;
    CUgraphExec exec;
    begin();
    CUdeviceptr at = zeroes(COUNT_OF);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING), other = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    affine(stream, at, COUNT_OF, 1, 1);
    OK(cuStreamEndCapture(stream, &graph));
    OK(cuGraphInstantiate(&exec, graph, 0));
    for (int i = 0; i < AGAIN; i++)
        OK(cuGraphLaunch(exec, stream));
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, COUNT_OF, AGAIN);
    OK(cuMemsetD32Async(at, 0, COUNT_OF, stream));
    OK(cuStreamSynchronize(stream));
    for (int i = 0; i < AGAIN; i++)
        OK(cuGraphLaunch(exec, i % 2 ? stream : other));
    OK(cuCtxSynchronize());
    CHECK_ALL(at, COUNT_OF, AGAIN);
    IS(cuGraphLaunch(NULL, stream), CUDA_ERROR_INVALID_VALUE);
    OK(cuGraphExecDestroy(exec));
    OK(cuGraphDestroy(graph));
}

/* Memory that a graph allocates is freed before the graph is played again. */
CASE(again_a_graph_that_allocates)
{
    CUDA_MEM_ALLOC_NODE_PARAMS params = {
        .poolProps = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}},
        .bytesize = 4096};
    CUgraph graph, plain;
    CUgraphNode node;
    CUgraphExec exec, harmless;
    begin();
    CUdeviceptr at = zeroes(COUNT_OF);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    affine(stream, at, COUNT_OF, 1, 1);
    OK(cuStreamEndCapture(stream, &plain));
    OK(cuGraphInstantiate(&harmless, plain, 0));
    OK(cuGraphCreate(&graph, 0));
    OK(cuGraphAddMemAllocNode(&node, graph, NULL, 0, &params));
    OK(cuGraphInstantiate(&exec, graph, 0));
    for (int i = 0; i < 4; i++) {
        OK(cuGraphLaunch(exec, stream));
        OK(cuGraphLaunch(harmless, stream));
        OK(cuMemFreeAsync(params.dptr, stream));
    }
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, COUNT_OF, 4);
    OK(cuGraphExecDestroy(harmless));
    OK(cuGraphExecDestroy(exec));
    OK(cuGraphDestroy(plain));
    OK(cuGraphDestroy(graph));
}

/* Once the program has been told of a fault, every call fails with it. */
CASE(again_after_a_fault)
{
    int from[COUNT_OF] = {0};
    begin();
    CUdeviceptr at = allocate(4 * COUNT_OF);
    CUstream stream = new_stream(0);
    CUevent event = new_event(0);
    for (int i = 0; i < AGAIN; i++) {
        affine(stream, at, COUNT_OF, 1, 1);
        fill(at, stream, 1);
        OK(cuEventRecord(event, stream));
        OK(cuStreamWaitEvent(stream, event, 0));
        OK(cuMemcpyHtoDAsync(at, from, sizeof from, stream));
        OK(cuMemcpyHtoD(at, from, sizeof from));
    }
    OK(cuCtxSynchronize());
    CUdeviceptr nowhere = 0x10;
    LAUNCH(kernel("write_to"), 1, 1, stream, &nowhere);
    IS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
    for (int i = 0; i < 3; i++) {
        IS(cuMemsetD32Async(at, 0, COUNT_OF, stream), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuEventRecord(event, stream), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuMemcpyHtoDAsync(at, from, sizeof from, stream), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuMemcpyHtoD(at, from, sizeof from), CUDA_ERROR_ILLEGAL_ADDRESS);
    }
    IS(cuMemFree(at), CUDA_ERROR_ILLEGAL_ADDRESS);
}
