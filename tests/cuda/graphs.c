/* Graphs made node by node. */
#include "graph.h"

CASE(graph_of_kernels)
{
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    CUgraphNode first = add_affine(graph, NULL, 0, at, 1, 3), second = add_affine(graph, &first, 1, at, 5, 1);
    add_affine(graph, &second, 1, at, 2, 0);
    CUgraphExec exec = instantiate(graph);
    run(exec);
    CHECK_ALL(at, 10, (3 * 5 + 1) * 2);
    run(exec);
    CHECK_ALL(at, 10, ((32 + 3) * 5 + 1) * 2);
}

/* Edges decide, not the order in which nodes were added. */
CASE(graph_by_its_edges)
{
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    CUgraphNode last = add_affine(graph, NULL, 0, at, 2, 0), first = add_affine(graph, NULL, 0, at, 1, 3);
    CUgraphNode middle = add_affine(graph, NULL, 0, at, 5, 1);
    CUgraphNode from[] = {first, middle}, to[] = {middle, last}, got_from[4], got_to[4], roots[4], near[4];
    OK(cuGraphAddDependencies(graph, from, to, NULL, 2));
    size_t count = 4;
    OK(cuGraphGetEdges(graph, got_from, got_to, NULL, &count));
    CHECK_INT(count, 2);
    CHECK((got_from[0] == first && got_to[0] == middle) || (got_from[1] == first && got_to[1] == middle));
    count = 4;
    OK(cuGraphGetRootNodes(graph, roots, &count));
    CHECK(count == 1 && roots[0] == first);
    count = 4;
    OK(cuGraphNodeGetDependencies(middle, near, NULL, &count));
    CHECK(count == 1 && near[0] == first);
    count = 4;
    OK(cuGraphNodeGetDependentNodes(middle, near, NULL, &count));
    CHECK(count == 1 && near[0] == last);
    run(instantiate(graph));
    CHECK_ALL(at, 10, 32);
    /* Without the edge they are two chains. */
    OK(cuGraphRemoveDependencies(graph, &middle, &last, NULL, 1));
    count = 4;
    OK(cuGraphGetRootNodes(graph, roots, &count));
    CHECK_INT(count, 2);
    OK(cuGraphDestroyNode(last));
    OK(cuGraphGetNodes(graph, NULL, &count));
    CHECK_INT(count, 2);
}

static void note_call(void *value)
{
    *(int *)value += 100;
}

CASE(graph_of_every_kind)
{
    int *pinned;
    CUgraph graph = new_graph();
    CUgraphNode memset_node, copy_node, host_node, empty_node;
    OK(cuMemAllocHost((void **)&pinned, 40));
    memset(pinned, 0, 40);
    CUdeviceptr at = zeroes(10);
    CUDA_MEMSET_NODE_PARAMS fill = {.dst = at, .value = 4, .elementSize = 4, .width = 10, .height = 1};
    OK(cuGraphAddMemsetNode(&memset_node, graph, NULL, 0, &fill, context));
    CUgraphNode kernel_node = add_affine(graph, &memset_node, 1, at, 2, 1);
    OK(cuGraphAddEmptyNode(&empty_node, graph, &kernel_node, 1));
    CUDA_MEMCPY3D copy = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = at,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = pinned, .WidthInBytes = 40, .Height = 1, .Depth = 1,
    };
    OK(cuGraphAddMemcpyNode(&copy_node, graph, &empty_node, 1, &copy, context));
    CUDA_HOST_NODE_PARAMS call = {.fn = note_call, .userData = pinned};
    OK(cuGraphAddHostNode(&host_node, graph, &copy_node, 1, &call));
    static const CUgraphNodeType want[] = {CU_GRAPH_NODE_TYPE_MEMSET, CU_GRAPH_NODE_TYPE_KERNEL,
                                           CU_GRAPH_NODE_TYPE_EMPTY, CU_GRAPH_NODE_TYPE_MEMCPY, CU_GRAPH_NODE_TYPE_HOST};
    CUgraphNode nodes[] = {memset_node, kernel_node, empty_node, copy_node, host_node};
    for (size_t i = 0; i < COUNT(want); i++) {
        CUgraphNodeType type;
        OK(cuGraphNodeGetType(nodes[i], &type));
        CHECK_INT(type, want[i]);
    }
    CUgraphExec exec = instantiate(graph);
    run(exec);
    CHECK_INT(pinned[0], 109);
    CHECK_INT(pinned[9], 9);
    run(exec);
    CHECK_INT(pinned[0], 109);
}

CASE(graph_tells_its_parameters)
{
    struct affine a;
    CUDA_KERNEL_NODE_PARAMS got;
    CUDA_MEMSET_NODE_PARAMS fill = {.elementSize = 1, .value = 7, .width = 12, .height = 1}, got_fill;
    CUDA_HOST_NODE_PARAMS call = {.fn = note_call, .userData = &a}, got_call;
    CUgraphNode fill_node, host_node;
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    CUgraphNode node = add_affine(graph, NULL, 0, at, 6, 8);
    OK(cuGraphKernelNodeGetParams(node, &got));
    CHECK(got.gridDimX == 1 && got.blockDimX == 32 && got.sharedMemBytes == 0);
    CHECK(*(CUdeviceptr *)got.kernelParams[0] == at && *(int *)got.kernelParams[1] == 10);
    CHECK(*(int *)got.kernelParams[2] == 6 && *(int *)got.kernelParams[3] == 8);
    OK(cuGraphKernelNodeSetParams(node, affine_params(&a, at, 1, 9)));
    OK(cuGraphKernelNodeGetParams(node, &got));
    CHECK(*(int *)got.kernelParams[3] == 9);
    fill.dst = at;
    OK(cuGraphAddMemsetNode(&fill_node, graph, &node, 1, &fill, context));
    OK(cuGraphMemsetNodeGetParams(fill_node, &got_fill));
    CHECK(got_fill.dst == at && got_fill.value == 7 && got_fill.elementSize == 1 && got_fill.width == 12);
    OK(cuGraphAddHostNode(&host_node, graph, NULL, 0, &call));
    OK(cuGraphHostNodeGetParams(host_node, &got_call));
    CHECK(got_call.fn == note_call && got_call.userData == &a);
}

CASE(graph_within_a_graph)
{
    CUgraph inner = new_graph(), outer, same = NULL;
    CUgraphNode node;
    CUgraphNodeType type;
    CUdeviceptr at = zeroes(10);
    CUgraphNode first = add_affine(inner, NULL, 0, at, 2, 1);
    add_affine(inner, &first, 1, at, 3, 0);
    OK(cuGraphCreate(&outer, 0));
    CUgraphNode before = add_affine(outer, NULL, 0, at, 1, 10);
    OK(cuGraphAddChildGraphNode(&node, outer, &before, 1, inner));
    add_affine(outer, &node, 1, at, 1, -1);
    OK(cuGraphNodeGetType(node, &type));
    CHECK_INT(type, CU_GRAPH_NODE_TYPE_GRAPH);
    /* A copy: the inner one may go. */
    OK(cuGraphChildGraphNodeGetGraph(node, &same));
    CHECK(same && same != inner);
    OK(cuGraphDestroy(inner));
    run(instantiate(outer));
    CHECK_ALL(at, 10, (10 * 2 + 1) * 3 - 1);
}

CASE(graph_with_events)
{
    CUgraph graph = new_graph();
    CUgraphNode record, wait;
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING), got = NULL, outside = new_event(CU_EVENT_DISABLE_TIMING);
    struct gate gate;
    CUdeviceptr at = zeroes(10);
    kernel("affine");
    OK(cuGraphAddEventWaitNode(&wait, graph, NULL, 0, outside));
    CUgraphNode node = add_affine(graph, &wait, 1, at, 1, 4);
    OK(cuGraphAddEventRecordNode(&record, graph, &node, 1, event));
    OK(cuGraphEventRecordNodeGetEvent(record, &got));
    CHECK(got == event);
    OK(cuGraphEventWaitNodeGetEvent(wait, &got));
    CHECK(got == outside);
    CUgraphExec exec = instantiate(graph);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING), held = new_stream(CU_STREAM_NON_BLOCKING);
    shut(&gate, held);
    OK(cuEventRecord(outside, held));
    OK(cuGraphLaunch(exec, stream));
    IS(cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(stream));
    OK(cuEventQuery(event));
    CHECK_ALL(at, 10, 4);
}

CASE(graph_is_cloned)
{
    struct affine a;
    CUgraph graph = new_graph(), clone = NULL;
    CUgraphNode twin = NULL;
    CUdeviceptr at = zeroes(10);
    CUgraphNode node = add_affine(graph, NULL, 0, at, 1, 1);
    OK(cuGraphClone(&clone, graph));
    CHECK(clone && clone != graph);
    OK(cuGraphNodeFindInClone(&twin, node, clone));
    CHECK(twin && twin != node);
    OK(cuGraphKernelNodeSetParams(twin, affine_params(&a, at, 1, 100)));
    run(instantiate(graph));
    CHECK_ALL(at, 10, 1);
    OK(cuGraphDestroy(graph));
    run(instantiate(clone));
    CHECK_ALL(at, 10, 101);
}

CASE(graph_allocates_memory)
{
    CUgraph graph = new_graph();
    need(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, "memory pools");
    CUgraphNode allocation, copy_node, free_node;
    CUDA_MEM_ALLOC_NODE_PARAMS params = {
        .poolProps = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
                      .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device}},
        .bytesize = 40,
    };
    CUdeviceptr at = zeroes(10), freed = 0;
    CUDA_MEMSET_NODE_PARAMS fill = {.value = 21, .elementSize = 4, .width = 10, .height = 1};
    CUgraphNode fill_node;
    OK(cuGraphAddMemAllocNode(&allocation, graph, NULL, 0, &params));
    CHECK(params.dptr);
    fill.dst = params.dptr;
    OK(cuGraphAddMemsetNode(&fill_node, graph, &allocation, 1, &fill, context));
    CUgraphNode kernel_node = add_affine(graph, &fill_node, 1, params.dptr, 2, 0);
    CUDA_MEMCPY3D copy = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = params.dptr,
        .dstMemoryType = CU_MEMORYTYPE_DEVICE, .dstDevice = at, .WidthInBytes = 40, .Height = 1, .Depth = 1,
    };
    OK(cuGraphAddMemcpyNode(&copy_node, graph, &kernel_node, 1, &copy, context));
    OK(cuGraphAddMemFreeNode(&free_node, graph, &copy_node, 1, params.dptr));
    OK(cuGraphMemFreeNodeGetParams(free_node, &freed));
    CHECK(freed == params.dptr);
    CUgraphExec exec = instantiate(graph);
    run(exec);
    run(exec);
    CHECK_ALL(at, 10, 42);
}

CASE(graph_wrong)
{
    struct affine a;
    CUgraph graph = new_graph(), other, none;
    CUgraphNode node;
    CUgraphExec exec;
    CUdeviceptr at = zeroes(10);
    IS(cuGraphCreate(&none, 1), CUDA_ERROR_INVALID_VALUE);
    IS(cuGraphCreate(NULL, 0), CUDA_ERROR_INVALID_VALUE);
    /* What it is to wait for is in another graph. */
    OK(cuGraphCreate(&other, 0));
    CUgraphNode stranger = add_affine(other, NULL, 0, at, 1, 1);
    IS(cuGraphAddKernelNode(&node, graph, &stranger, 1, affine_params(&a, at, 1, 1)), CUDA_ERROR_INVALID_VALUE);
    /* A circle. */
    CUgraphNode first = add_affine(graph, NULL, 0, at, 1, 1), second = add_affine(graph, &first, 1, at, 1, 1);
    if (cuGraphAddDependencies(graph, &second, &first, NULL, 1) == CUDA_SUCCESS)
        REFUSED(cuGraphInstantiate(&exec, graph, 0));
    REFUSED(cuGraphLaunch(NULL, NULL));
    REFUSED(cuGraphInstantiate(NULL, other, 0));
}

CASE(graph_of_hundreds_of_nodes)
{
    enum { MANY = 300 };
    CUgraph graph = new_graph();
    CUgraphNode node, before = NULL, all[MANY];
    size_t count = MANY;
    CUdeviceptr at = zeroes(10);
    for (int i = 0; i < MANY; i++) {
        node = add_affine(graph, before ? &before : NULL, before != NULL, at, i % 3 ? 1 : -1, i);
        before = node;
    }
    OK(cuGraphGetNodes(graph, all, &count));
    CHECK_INT(count, MANY);
    int want = 0;
    for (int i = 0; i < MANY; i++)
        want = want * (i % 3 ? 1 : -1) + i;
    run(instantiate(graph));
    CHECK_ALL(at, 10, want);
}

CASE(graph_node_attributes)
{
    CUkernelNodeAttrValue value;
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    CUgraphNode node = add_affine(graph, NULL, 0, at, 1, 3);
    memset(&value, 0xff, sizeof value);
    OK(cuGraphKernelNodeGetAttribute(node, CU_KERNEL_NODE_ATTRIBUTE_COOPERATIVE, &value));
    CHECK_INT(value.cooperative, 0);
    value.cooperative = 1;
    OK(cuGraphKernelNodeSetAttribute(node, CU_KERNEL_NODE_ATTRIBUTE_COOPERATIVE, &value));
    value.cooperative = 0;
    OK(cuGraphKernelNodeGetAttribute(node, CU_KERNEL_NODE_ATTRIBUTE_COOPERATIVE, &value));
    CHECK_INT(value.cooperative, 1);
    run(instantiate(graph));
    CHECK_ALL(at, 10, 3);
    REFUSED(cuGraphKernelNodeGetAttribute(node, (CUkernelNodeAttrID)77, &value));
    IS(cuGraphKernelNodeGetAttribute(node, CU_KERNEL_NODE_ATTRIBUTE_COOPERATIVE, NULL), CUDA_ERROR_INVALID_VALUE);
    IS(cuGraphKernelNodeSetAttribute(node, CU_KERNEL_NODE_ATTRIBUTE_COOPERATIVE, NULL), CUDA_ERROR_INVALID_VALUE);
}
