/* Graphs with memory of the host that no driver knows, and functions of the program's. */
#include "graph.h"

enum { COUNT_OF_ROWS = 3, WIDTH = 20, PITCH = 32 };

static CUDA_MEMCPY3D to_host(void *to, CUdeviceptr from, size_t size)
{
    return (CUDA_MEMCPY3D){
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = from,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .WidthInBytes = size, .Height = 1, .Depth = 1,
    };
}

static CUDA_MEMCPY3D from_host(CUdeviceptr to, const void *from, size_t size)
{
    return (CUDA_MEMCPY3D){
        .srcMemoryType = CU_MEMORYTYPE_HOST, .srcHost = from,
        .dstMemoryType = CU_MEMORYTYPE_DEVICE, .dstDevice = to, .WidthInBytes = size, .Height = 1, .Depth = 1,
    };
}

static CUgraphNode add_copy(CUgraph graph, CUgraphNode after, const CUDA_MEMCPY3D *copy)
{
    CUgraphNode node = NULL;
    OK(cuGraphAddMemcpyNode(&node, graph, after ? &after : NULL, after != NULL, copy, context));
    CHECK(node);
    return node;
}

/* Memory is read and written at each launch, whatever has become of the graph. */
CASE(graph_copies_memory_of_no_driver)
{
    int *in = malloc(40), *out = calloc(10, 4);
    CUgraph graph = new_graph();
    CUgraphNodeType type;
    CUDA_MEMCPY3D got;
    CUdeviceptr at = zeroes(10);
    CUDA_MEMCPY3D first = from_host(at, in, 40), last = to_host(out, at, 40);
    CUgraphNode copy = add_copy(graph, NULL, &first), kernel_node = add_affine(graph, &copy, 1, at, 3, 1);
    CUgraphNode back = add_copy(graph, kernel_node, &last), all[3], to;
    size_t count = 3;
    OK(cuGraphGetNodes(graph, all, &count));
    CHECK_INT(count, 3);
    OK(cuGraphNodeGetType(copy, &type));
    CHECK_INT(type, CU_GRAPH_NODE_TYPE_MEMCPY);
    OK(cuGraphMemcpyNodeGetParams(back, &got));
    CHECK(got.dstHost == out && got.srcDevice == at && got.WidthInBytes == 40);
    count = 1;
    OK(cuGraphNodeGetDependencies(back, &to, NULL, &count));
    CHECK(count == 1 && to == kernel_node);
    CUgraphExec exec = instantiate(graph);
    OK(cuGraphDestroy(graph));
    for (int round = 1; round < 4; round++) {
        for (int i = 0; i < 10; i++)
            in[i] = i * round;
        run(exec);
        for (int i = 0; i < 10; i++)
            CHECK_INT(out[i], 3 * i * round + 1);
    }
    OK(cuGraphExecDestroy(exec));
    free(in);
    free(out);
}

/* What lies between rows stays. */
CASE(graph_copies_rows_of_the_programs)
{
    unsigned char in[4 * PITCH], out[4 * PITCH];
    CUgraph graph = new_graph();
    CUdeviceptr at = allocate(COUNT_OF_ROWS * WIDTH);
    pattern(in, sizeof in, 5);
    memset(out, 0xee, sizeof out);
    CUDA_MEMCPY3D first = {
        .srcMemoryType = CU_MEMORYTYPE_HOST, .srcHost = in, .srcPitch = PITCH, .srcXInBytes = 4, .srcY = 1,
        .dstMemoryType = CU_MEMORYTYPE_DEVICE, .dstDevice = at, .dstPitch = WIDTH,
        .WidthInBytes = WIDTH, .Height = COUNT_OF_ROWS, .Depth = 1,
    };
    CUDA_MEMCPY3D last = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = at, .srcPitch = WIDTH,
        .dstMemoryType = CU_MEMORYTYPE_UNIFIED, .dstDevice = (CUdeviceptr)(uintptr_t)out, .dstPitch = PITCH, .dstY = 1,
        .WidthInBytes = WIDTH, .Height = COUNT_OF_ROWS, .Depth = 1,
    };
    add_copy(graph, add_copy(graph, NULL, &first), &last);
    run(instantiate(graph));
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < PITCH; x++)
            CHECK_INT(out[PITCH * y + x], y >= 1 && x < WIDTH ? in[PITCH * y + x + 4] : 0xee);
}

CASE(graph_copies_in_a_clone)
{
    int out[10] = {0};
    CUgraph graph = new_graph(), clone = NULL, outer = NULL;
    CUgraphNode twin = NULL, node;
    CUgraphNodeType type;
    CUdeviceptr at = zeroes(10);
    CUDA_MEMCPY3D copy = to_host(out, at, sizeof out);
    CUgraphNode kernel_node = add_affine(graph, NULL, 0, at, 1, 2), back = add_copy(graph, kernel_node, &copy);
    OK(cuGraphClone(&clone, graph));
    OK(cuGraphNodeFindInClone(&twin, back, clone));
    OK(cuGraphNodeGetType(twin, &type));
    CHECK_INT(type, CU_GRAPH_NODE_TYPE_MEMCPY);
    OK(cuGraphCreate(&outer, 0));
    OK(cuGraphAddChildGraphNode(&node, outer, NULL, 0, clone));
    OK(cuGraphDestroy(graph));
    run(instantiate(clone));
    CHECK_INT(out[9], 2);
    OK(cuGraphDestroy(clone));
    run(instantiate(outer));
    CHECK_INT(out[9], 4);
}

CASE(graph_exec_copies_other_memory)
{
    int out[10] = {0}, other[10] = {0};
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    CUDA_MEMCPY3D copy = to_host(out, at, sizeof out);
    CUgraphNode kernel_node = add_affine(graph, NULL, 0, at, 1, 2), back = add_copy(graph, kernel_node, &copy);
    CUgraphExec exec = instantiate(graph);
    run(exec);
    CHECK_INT(out[0], 2);
    copy = to_host(other + 5, at, 20);
    OK(cuGraphExecMemcpyNodeSetParams(exec, back, &copy, context));
    run(exec);
    CHECK(out[0] == 2 && other[4] == 0 && other[5] == 4 && other[9] == 4);
    /* The graph itself is as before. */
    run(instantiate(graph));
    CHECK(out[0] == 6 && other[5] == 4);
}

/* What is recorded reads and writes memory at each launch, as the same nodes do. */
CASE(capture_of_memory_of_no_driver)
{
    int *in = malloc(40), *out = calloc(10, 4);
    CUgraph graph = NULL;
    CUstream other = NULL;
    begin();
    kernel("affine");
    CUdeviceptr at = zeroes(10);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    OK(cuMemcpyHtoDAsync(at, in, 40, stream));
    affine(stream, at, 10, 2, 1);
    OK(cuMemcpyAsync((CUdeviceptr)(uintptr_t)out, at, 40, stream));
    OK(cuStreamEndCapture(stream, &graph));
    CUgraphExec exec = instantiate(graph);
    CHECK_INT(out[0], 0);
    for (int round = 1; round < 4; round++) {
        for (int i = 0; i < 10; i++)
            in[i] = i + round;
        OK(cuGraphLaunch(exec, stream));
        OK(cuStreamSynchronize(stream));
        for (int i = 0; i < 10; i++)
            CHECK_INT(out[i], 2 * (i + round) + 1);
    }
    /* A stream that does not record copies at once. */
    OK(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
    OK(cuMemcpyHtoDAsync(at, in, 40, other));
    OK(cuStreamSynchronize(other));
    CHECK_INT(value_at(at), in[0]);
    OK(cuStreamEndCapture(stream, &graph));
    free(in);
    free(out);
}

struct counter {
    int calls, last;
};

static void count_calls(void *data)
{
    struct counter *counter = data;
    counter->calls++;
}

/* A function is called whenever its node, or a copy of it, is played. */
CASE(graph_calls_functions_of_copies)
{
    struct counter counter = {0}, other = {0};
    CUgraph graph = new_graph(), clone = NULL, outer = NULL;
    CUgraphNode node, twin = NULL, child;
    CUgraphNodeParams params = {.type = CU_GRAPH_NODE_TYPE_HOST, .host = {.fn = count_calls, .userData = &counter}};
    CUDA_HOST_NODE_PARAMS call = {.fn = count_calls, .userData = &other}, got;
    OK(cuGraphAddNode(&node, graph, NULL, NULL, 0, &params));
    OK(cuGraphClone(&clone, graph));
    OK(cuGraphNodeFindInClone(&twin, node, clone));
    OK(cuGraphHostNodeGetParams(twin, &got));
    CHECK(got.fn == count_calls && got.userData == &counter);
    OK(cuGraphCreate(&outer, 0));
    OK(cuGraphAddChildGraphNode(&child, outer, NULL, 0, graph));
    OK(cuGraphHostNodeSetParams(node, &call));
    OK(cuGraphHostNodeGetParams(node, &got));
    CHECK(got.userData == &other);
    CUgraphExec exec = instantiate(graph), of_clone = instantiate(clone), of_child = instantiate(outer);
    OK(cuGraphDestroy(outer));
    OK(cuGraphDestroy(clone));
    OK(cuGraphDestroy(graph));
    for (int i = 0; i < 3; i++) {
        run(exec);
        run(of_clone);
        run(of_child);
    }
    CHECK_INT(counter.calls, 6);
    CHECK_INT(other.calls, 3);
}

CASE(graph_calls_no_function)
{
    CUgraph graph = new_graph();
    CUgraphNode node = NULL;
    CUDA_HOST_NODE_PARAMS call = {.fn = NULL};
    IS(cuGraphAddHostNode(&node, graph, NULL, 0, &call), CUDA_ERROR_INVALID_VALUE);
    IS(cuGraphAddHostNode(&node, graph, NULL, 0, NULL), CUDA_ERROR_INVALID_VALUE);
    CUDA_MEMCPY3D copy = to_host(NULL, zeroes(1), 4);
    IS(cuGraphAddMemcpyNode(&node, graph, NULL, 0, &copy, context), CUDA_ERROR_INVALID_VALUE);
}
