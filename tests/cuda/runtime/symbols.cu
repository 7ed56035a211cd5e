// Variables by symbol, attributes of functions, properties of the device, occupancy.
#include <cstring>

#include "check.h"

__device__ int counter = 3;
__constant__ float weights[4];
__managed__ int shared_with_host = 8;
__device__ double table[2][3] = {{1, 2, 3}, {4, 5, 6}};

__global__ void use(double *out)
{
    atomicAdd(&counter, 1);
    if (threadIdx.x == 0 && blockIdx.x == 0) {
        out[0] = weights[0] + 10 * weights[3];
        out[1] = table[1][2];
        shared_with_host *= 2;
    }
}

template <int N>
__global__ void __launch_bounds__(N) bounded(int *out)
{
    __shared__ int copy[N];
    copy[threadIdx.x] = threadIdx.x;
    __syncthreads();
    out[threadIdx.x] = copy[N - 1 - threadIdx.x];
}

static __device__ int twice(int x) { return 2 * x; }
static __device__ int square(int x) { return x * x; }

__global__ void choose(int *out, bool second)
{
    int (*function)(int) = second ? square : twice;
    out[threadIdx.x] = function(threadIdx.x);
}

int main()
{
    float values[] = {1, 0, 0, 2};
    double *out, last = 60;
    int got = 0;
    void *address;
    size_t size = 0;
    OK(cudaMalloc(&out, 2 * sizeof(double)));
    OK(cudaMemcpyToSymbol(weights, values, sizeof values));
    OK(cudaMemcpyToSymbol(table, &last, sizeof last, 5 * sizeof(double)));
    use<<<4, 32>>>(out);
    OK(cudaMemcpyFromSymbol(&got, counter, sizeof got));
    EXPECT(got == 3 + 128);
    EXPECT(shared_with_host == 16);
    std::vector<double> reals = from_device(out, 2);
    EXPECT(reals[0] == 21 && reals[1] == 60);
    OK(cudaGetSymbolAddress(&address, counter));
    OK(cudaGetSymbolSize(&size, table));
    EXPECT(size == sizeof table);
    OK(cudaMemcpy(&got, address, sizeof got, cudaMemcpyDeviceToHost));
    EXPECT(got == 131);

    int *ints;
    OK(cudaMalloc(&ints, 64 * sizeof(int)));
    bounded<64><<<1, 64>>>(ints);
    std::vector<int> reversed = from_device(ints, 64);
    for (int i = 0; i < 64; i++)
        EXPECT(reversed[i] == 63 - i);
    cudaFuncAttributes attributes;
    OK(cudaFuncGetAttributes(&attributes, bounded<64>));
    EXPECT(attributes.sharedSizeBytes == 64 * sizeof(int) && attributes.maxThreadsPerBlock == 64);
    EXPECT(attributes.ptxVersion == 75);

    for (bool second : {false, true}) {
        choose<<<1, 10>>>(ints, second);
        std::vector<int> chosen = from_device(ints, 10);
        for (int i = 0; i < 10; i++)
            EXPECT(chosen[i] == (second ? i * i : 2 * i));
    }

    int blocks = 0, threads = 0, driver = 0, runtime = 0, warp = 0;
    OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, use, 128, 0));
    EXPECT(blocks > 0);
    OK(cudaOccupancyMaxPotentialBlockSize(&blocks, &threads, use));
    EXPECT(blocks > 0 && threads > 0 && threads % 32 == 0);
    cudaDeviceProp properties;
    OK(cudaGetDeviceProperties(&properties, 0));
    EXPECT(properties.warpSize == 32 && properties.maxThreadsPerBlock == 1024 && properties.totalGlobalMem > 0);
    EXPECT(std::strlen(properties.name) > 0);
    OK(cudaDeviceGetAttribute(&warp, cudaDevAttrWarpSize, 0));
    EXPECT(warp == 32);
    OK(cudaDriverGetVersion(&driver));
    OK(cudaRuntimeGetVersion(&runtime));
    EXPECT(runtime == CUDART_VERSION && driver >= runtime);
    std::printf("right\n");
}
