/* Executable graphs: what may be changed between launches. */
#include "graph.h"

CASE(graph_exec_with_other_parameters)
{
    struct affine a;
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10), other = zeroes(10);
    CUgraphNode node = add_affine(graph, NULL, 0, at, 1, 1);
    CUgraphExec exec = instantiate(graph);
    run(exec);
    OK(cuGraphExecKernelNodeSetParams(exec, node, affine_params(&a, other, 1, 50)));
    run(exec);
    CHECK_ALL(at, 10, 1);
    CHECK_ALL(other, 10, 50);
    /* The graph itself still has the old ones. */
    run(instantiate(graph));
    CHECK_ALL(at, 10, 2);
}

static void add_to(void *value)
{
    *(int *)value += 1;
}

CASE(graph_exec_with_other_nodes_parameters)
{
    int one = 0, other = 0;
    CUgraphNode fill_node, copy_node, host_node;
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10), to = zeroes(10);
    CUDA_MEMSET_NODE_PARAMS fill = {.dst = at, .value = 4, .elementSize = 4, .width = 10, .height = 1};
    CUDA_MEMCPY3D copy = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = at,
        .dstMemoryType = CU_MEMORYTYPE_DEVICE, .dstDevice = to, .WidthInBytes = 20, .Height = 1, .Depth = 1,
    };
    CUDA_HOST_NODE_PARAMS call = {.fn = add_to, .userData = &one};
    OK(cuGraphAddMemsetNode(&fill_node, graph, NULL, 0, &fill, context));
    OK(cuGraphAddMemcpyNode(&copy_node, graph, &fill_node, 1, &copy, context));
    OK(cuGraphAddHostNode(&host_node, graph, &copy_node, 1, &call));
    CUgraphExec exec = instantiate(graph);
    run(exec);
    CHECK_ALL(to, 5, 4);
    CHECK_ALL(to + 20, 5, 0);
    fill.value = 6;
    OK(cuGraphExecMemsetNodeSetParams(exec, fill_node, &fill, context));
    copy.dstDevice = to + 20;
    OK(cuGraphExecMemcpyNodeSetParams(exec, copy_node, &copy, context));
    call.userData = &other;
    OK(cuGraphExecHostNodeSetParams(exec, host_node, &call));
    run(exec);
    CHECK_ALL(to, 5, 4);
    CHECK_ALL(to + 20, 5, 6);
    CHECK_INT(one, 1);
    CHECK_INT(other, 1);
}

/* A launch that waits keeps the parameters that it was made with. */
CASE(graph_exec_changed_while_it_waits)
{
    struct gate gate;
    struct affine a;
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    CUgraphNode node = add_affine(graph, NULL, 0, at, 1, 1);
    CUgraphExec exec = instantiate(graph);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    shut(&gate, stream);
    OK(cuGraphLaunch(exec, stream));
    OK(cuGraphExecKernelNodeSetParams(exec, node, affine_params(&a, at, 10, 5)));
    OK(cuGraphLaunch(exec, stream));
    open_gate(&gate);
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 10, 15);
}

/* One executable does not run twice at a time, whatever streams it is launched on. */
CASE(graph_exec_on_two_streams)
{
    struct gate gate;
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    add_affine(graph, NULL, 0, at, 1, 1);
    CUgraphExec exec = instantiate(graph);
    CUstream held = new_stream(CU_STREAM_NON_BLOCKING), other = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuGraphUpload(exec, other));
    OK(cuStreamSynchronize(other));
    shut(&gate, held);
    OK(cuGraphLaunch(exec, held));
    OK(cuGraphLaunch(exec, other));
    IS(cuStreamQuery(other), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(other));
    OK(cuStreamSynchronize(held));
    CHECK_ALL(at, 10, 2);
}

CASE(graph_exec_updated)
{
    CUgraphExecUpdateResultInfo info;
    CUgraph graph = new_graph(), same_shape, other_shape;
    CUdeviceptr at = zeroes(10);
    add_affine(graph, NULL, 0, at, 1, 1);
    CUgraphExec exec = instantiate(graph);
    OK(cuGraphCreate(&same_shape, 0));
    add_affine(same_shape, NULL, 0, at, 1, 30);
    OK(cuGraphExecUpdate(exec, same_shape, &info));
    CHECK_INT(info.result, CU_GRAPH_EXEC_UPDATE_SUCCESS);
    OK(cuGraphDestroy(same_shape));
    run(exec);
    CHECK_ALL(at, 10, 30);
    OK(cuGraphCreate(&other_shape, 0));
    CUgraphNode first = add_affine(other_shape, NULL, 0, at, 1, 500);
    add_affine(other_shape, &first, 1, at, 1, 1);
    IS(cuGraphExecUpdate(exec, other_shape, &info), CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE);
    CHECK_INT(info.result, CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED);
    /* It is as it was. */
    run(exec);
    CHECK_ALL(at, 10, 60);
}

CASE(graph_exec_with_nodes_switched_off)
{
    unsigned enabled = 99;
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    CUgraphNode first = add_affine(graph, NULL, 0, at, 1, 1), second = add_affine(graph, &first, 1, at, 1, 10);
    CUgraphExec exec = instantiate(graph);
    OK(cuGraphNodeSetEnabled(exec, first, 0));
    OK(cuGraphNodeGetEnabled(exec, first, &enabled));
    CHECK_INT(enabled, 0);
    OK(cuGraphNodeGetEnabled(exec, second, &enabled));
    CHECK_INT(enabled, 1);
    run(exec);
    CHECK_ALL(at, 10, 10);
    OK(cuGraphNodeSetEnabled(exec, first, 1));
    run(exec);
    CHECK_ALL(at, 10, 21);
}

/* "The launch completes, and then it is freed." */
CASE(graph_exec_destroyed_while_it_waits)
{
    struct gate gate;
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    add_affine(graph, NULL, 0, at, 1, 9);
    CUgraphExec exec = instantiate(graph);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    shut(&gate, stream);
    OK(cuGraphLaunch(exec, stream));
    OK(cuGraphExecDestroy(exec));
    OK(cuGraphDestroy(graph));
    open_gate(&gate);
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 10, 9);
}

CASE(graph_exec_in_order_with_the_stream)
{
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    add_affine(graph, NULL, 0, at, 3, 0);
    CUgraphExec exec = instantiate(graph);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    affine(stream, at, 10, 1, 2);
    OK(cuGraphLaunch(exec, stream));
    affine(stream, at, 10, 1, 1);
    OK(cuGraphLaunch(exec, stream));
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 10, (2 * 3 + 1) * 3);
}

CASE(graph_exec_with_parameters_of_instantiation)
{
    CUgraph graph = new_graph();
    CUgraphExec exec = NULL;
    CUdeviceptr at = zeroes(10);
    cuuint64_t flags = 99;
    add_affine(graph, NULL, 0, at, 1, 7);
    CUDA_GRAPH_INSTANTIATE_PARAMS params = {.flags = CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH};
    OK(cuGraphInstantiateWithParams(&exec, graph, &params));
    CHECK_INT(params.result_out, CUDA_GRAPH_INSTANTIATE_SUCCESS);
    OK(cuGraphExecGetFlags(exec, &flags));
    CHECK_INT(flags, CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH);
    run(exec);
    CHECK_ALL(at, 10, 7);
}

CASE(graph_exec_by_the_hundred)
{
    CUgraph graph = new_graph();
    CUdeviceptr at = zeroes(10);
    CUgraphNode node = add_affine(graph, NULL, 0, at, 1, 1);
    for (int i = 0; i < 3; i++)
        node = add_affine(graph, &node, 1, at, 1, 1);
    CUgraphExec exec = instantiate(graph);
    for (int i = 0; i < 300; i++)
        OK(cuGraphLaunch(exec, NULL));
    OK(cuCtxSynchronize());
    CHECK_ALL(at, 10, 1200);
}
