// Errors as the runtime keeps them: the last one until it is asked for, and those that stay.
#include "check.h"

__global__ void write(int *at) { at[threadIdx.x] = 1; }

static void expect_refusal()
{
    cudaError_t last = cudaGetLastError();
    EXPECT(last == cudaErrorInvalidConfiguration || last == cudaErrorInvalidValue);
    std::printf("refused: %s\n", cudaGetErrorName(last));
}

int main()
{
    int *at, *more, host[4] = {};
    OK(cudaMalloc(&at, 1024 * sizeof(int)));
    IS(cudaMalloc(&more, (size_t)1 << 60), cudaErrorMemoryAllocation);
    IS(cudaPeekAtLastError(), cudaErrorMemoryAllocation);
    IS(cudaGetLastError(), cudaErrorMemoryAllocation);
    OK(cudaGetLastError());

    // Which of two, the driver decides.
    write<<<1, 2000>>>(at);
    expect_refusal();
    write<<<0, 32>>>(at);
    expect_refusal();
    write<<<1, 32, 1 << 30>>>(at);
    expect_refusal();
    OK(cudaDeviceSynchronize());

    IS(cudaMemcpy(host, at, sizeof host, (cudaMemcpyKind)99), cudaErrorInvalidMemcpyDirection);
    IS(cudaSetDevice(1000), cudaErrorInvalidDevice);
    IS(cudaFree(host), cudaErrorInvalidValue);
    cudaGetLastError();

    write<<<1, 32>>>(at);
    OK(cudaDeviceSynchronize());
    OK(cudaFree(at));
    OK(cudaFree(nullptr));

    write<<<1, 32>>>((int *)16);
    OK(cudaPeekAtLastError());
    IS(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    IS(cudaMalloc(&at, 64), cudaErrorIllegalAddress);
    IS(cudaGetLastError(), cudaErrorIllegalAddress);
    IS(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    std::printf("right\n");
}
