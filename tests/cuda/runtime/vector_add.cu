// Adds vectors, from pageable and from pinned memory.
#include "check.h"

__global__ void add(const float *a, const float *b, float *sum, int count)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count)
        sum[i] = a[i] + b[i];
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
