// Graphs: recorded from streams that fork and join, made by hand, changed between launches.
#include "check.h"

__global__ void scale(int *values, int count, int times, int plus)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count)
        values[i] = values[i] * times + plus;
}

__global__ void add(const int *a, const int *b, int *sum, int count)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count)
        sum[i] = a[i] + b[i];
}

const int COUNT = 1000;

static void recorded()
{
    int *a = to_device(std::vector<int>(COUNT, 1)), *b = to_device(std::vector<int>(COUNT, 2)), *sum;
    OK(cudaMalloc(&sum, COUNT * sizeof(int)));
    cudaStream_t stream, other;
    cudaEvent_t fork, join;
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    OK(cudaStreamCreate(&stream));
    OK(cudaStreamCreate(&other));
    OK(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming));
    OK(cudaEventCreateWithFlags(&join, cudaEventDisableTiming));
    OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    OK(cudaEventRecord(fork, stream));
    OK(cudaStreamWaitEvent(other, fork, 0));
    scale<<<8, 128, 0, stream>>>(a, COUNT, 2, 1);
    scale<<<8, 128, 0, other>>>(b, COUNT, 3, 0);
    OK(cudaEventRecord(join, other));
    OK(cudaStreamWaitEvent(stream, join, 0));
    add<<<8, 128, 0, stream>>>(a, b, sum, COUNT);
    OK(cudaStreamEndCapture(stream, &graph));
    size_t nodes = 0;
    OK(cudaGraphGetNodes(graph, nullptr, &nodes));
    EXPECT(nodes == 3);
    OK(cudaGraphInstantiate(&exec, graph, 0));
    for (int round = 0, x = 1, y = 2; round < 5; round++) {
        x = x * 2 + 1;
        y *= 3;
        OK(cudaGraphLaunch(exec, stream));
        OK(cudaStreamSynchronize(stream));
        for (int value : from_device(sum, COUNT))
            EXPECT(value == x + y);
    }
    OK(cudaGraphExecDestroy(exec));
    OK(cudaGraphDestroy(graph));
}

static void made_by_hand()
{
    int *values = to_device(std::vector<int>(COUNT, 5)), count = COUNT, times = 2, plus = 1, calls = 0;
    std::vector<int> got(COUNT);
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    cudaGraphNode_t kernel, copy, call;
    void *parameters[] = {&values, &count, &times, &plus};
    cudaKernelNodeParams launch = {};
    launch.func = (void *)scale;
    launch.gridDim = dim3(8);
    launch.blockDim = dim3(128);
    launch.kernelParams = parameters;
    OK(cudaGraphCreate(&graph, 0));
    OK(cudaGraphAddKernelNode(&kernel, graph, nullptr, 0, &launch));
    OK(cudaGraphAddMemcpyNode1D(&copy, graph, &kernel, 1, got.data(), values, COUNT * sizeof(int), cudaMemcpyDeviceToHost));
    cudaHostNodeParams function = {[](void *calls) { ++*static_cast<int *>(calls); }, &calls};
    OK(cudaGraphAddHostNode(&call, graph, &copy, 1, &function));
    OK(cudaGraphInstantiate(&exec, graph, 0));
    OK(cudaGraphLaunch(exec, 0));
    OK(cudaDeviceSynchronize());
    EXPECT(got[0] == 11 && got[COUNT - 1] == 11 && calls == 1);
    times = 1;
    plus = -10;
    OK(cudaGraphExecKernelNodeSetParams(exec, kernel, &launch));
    OK(cudaGraphLaunch(exec, 0));
    OK(cudaDeviceSynchronize());
    EXPECT(got[0] == 1 && got[COUNT - 1] == 1 && calls == 2);
}

int main()
{
    recorded();
    made_by_hand();
    std::printf("right\n");
}
