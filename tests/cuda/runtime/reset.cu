// A device that is reset, and used again: what was on it is gone, and its code is loaded anew.
#include "check.h"

__device__ int counter = 7;

__global__ void count_up()
{
    atomicAdd(&counter, 1);
}

static int counted()
{
    int value = 0;
    count_up<<<2, 32>>>();
    OK(cudaMemcpyFromSymbol(&value, counter, sizeof value));
    return value;
}

int main()
{
    cudaStream_t stream;
    for (int round = 0; round < 3; round++) {
        int *at = to_device(std::vector<int>(100, round));
        EXPECT(from_device(at, 100)[99] == round);
        EXPECT(counted() == 7 + 64);
        EXPECT(counted() == 7 + 128);
        OK(cudaStreamCreate(&stream));
        OK(cudaMemsetAsync(at, 0, 100, stream));
        OK(cudaDeviceReset());
        // Nothing of it is left.
        IS(cudaFree(at), cudaErrorInvalidValue);
    }
    OK(cudaDeviceReset());
    OK(cudaSetDevice(0));
    EXPECT(counted() == 7 + 64);
    std::printf("right\n");
}
