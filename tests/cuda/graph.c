/* Common code of the cases about graphs: nodes that change ten integers. */
#include "graph.h"

CUgraph new_graph(void)
{
    CUgraph graph = NULL;
    begin();
    OK(cuGraphCreate(&graph, 0));
    CHECK(graph);
    return graph;
}

const CUDA_KERNEL_NODE_PARAMS *affine_params(struct affine *a, CUdeviceptr at, int times, int plus)
{
    *a = (struct affine){
        .at = at, .count = 10, .times = times, .plus = plus,
        .addresses = {&a->at, &a->count, &a->times, &a->plus},
        .params = {
            .func = kernel("affine"), .gridDimX = 1, .gridDimY = 1, .gridDimZ = 1,
            .blockDimX = 32, .blockDimY = 1, .blockDimZ = 1, .kernelParams = a->addresses,
        },
    };
    return &a->params;
}

CUgraphNode add_affine(CUgraph graph, const CUgraphNode *after, size_t count, CUdeviceptr at, int times, int plus)
{
    struct affine a;
    CUgraphNode node = NULL;
    OK(cuGraphAddKernelNode(&node, graph, after, count, affine_params(&a, at, times, plus)));
    CHECK(node);
    return node;
}

CUgraphExec instantiate(CUgraph graph)
{
    CUgraphExec exec = NULL;
    OK(cuGraphInstantiate(&exec, graph, 0));
    CHECK(exec);
    return exec;
}

void run(CUgraphExec exec)
{
    OK(cuGraphLaunch(exec, NULL));
    OK(cuCtxSynchronize());
}
