/* Common code of the cases about graphs (graph.c). */
#ifndef GRAPH_H
#define GRAPH_H

#include "client.h"

/* The parameters of a launch of `affine` for ten integers, in a form whose address stays valid. */
struct affine {
    CUdeviceptr at;
    int count, times, plus;
    void *addresses[4];
    CUDA_KERNEL_NODE_PARAMS params;
};

/* Begins, and makes an empty graph. */
CUgraph new_graph(void);
const CUDA_KERNEL_NODE_PARAMS *affine_params(struct affine *a, CUdeviceptr at, int times, int plus);
CUgraphNode add_affine(CUgraph graph, const CUgraphNode *after, size_t count, CUdeviceptr at, int times, int plus);
CUgraphExec instantiate(CUgraph graph);
/* Launches and waits. */
void run(CUgraphExec exec);

#endif
