// Adds vectors, from pageable and from pinned memory.
#include "check.h"

__global__ void add(const float *a, const float *b, float *sum, int count)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count)
        sum[i] = a[i] + b[i];
}

// Leaves something on the stack where the next function has its variables.
__attribute__((noinline)) static void leave_something()
{
    volatile unsigned char something[16384];
    for (size_t i = 0; i < sizeof something; i++)
        something[i] = 0xa5;
}

// The runtime asks with places on its stack that it does not clear.
static void says_what_memory_it_is(const void *on_device, const void *pinned)
{
    cudaPointerAttributes attributes;
    leave_something();
    OK(cudaPointerGetAttributes(&attributes, on_device));
    EXPECT(attributes.type == cudaMemoryTypeDevice && attributes.hostPointer == nullptr);
    leave_something();
    OK(cudaPointerGetAttributes(&attributes, pinned));
    EXPECT(attributes.type == cudaMemoryTypeHost && attributes.hostPointer == pinned);
}

int main()
{
    const int count = 1000003;
    std::vector<float> a(count), b(count);
    for (int i = 0; i < count; i++) {
        a[i] = i % 1000;
        b[i] = 0.25f * (i % 77);
    }
    float *on_a = to_device(a), *on_b = to_device(b), *on_sum, *pinned;
    OK(cudaMalloc(&on_sum, count * sizeof(float)));
    add<<<(count + 255) / 256, 256>>>(on_a, on_b, on_sum, count);
    OK(cudaGetLastError());
    std::vector<float> sum = from_device(on_sum, count);
    OK(cudaMallocHost(&pinned, count * sizeof(float)));
    OK(cudaMemcpyAsync(pinned, on_sum, count * sizeof(float), cudaMemcpyDeviceToHost, 0));
    OK(cudaDeviceSynchronize());
    says_what_memory_it_is(on_sum, pinned);
    double total = 0;
    for (int i = 0; i < count; i++) {
        EXPECT(sum[i] == a[i] + b[i] && pinned[i] == sum[i]);
        total += sum[i];
    }
    OK(cudaFreeHost(pinned));
    OK(cudaFree(on_a));
    OK(cudaFree(on_b));
    OK(cudaFree(on_sum));
    std::printf("sum of all: %.2f\nright\n", total);
}
