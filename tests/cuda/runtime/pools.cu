// Memory in the order of a stream, of a pool, managed.
#include "check.h"

__global__ void scale(int *values, int count, int times, int plus)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count)
        values[i] = values[i] * times + plus;
}

int main()
{
    const int count = 10000;
    cudaStream_t stream;
    cudaMemPool_t pool;
    std::vector<int> got(count);
    unsigned long long threshold = 1 << 24, used = 1, high = 0;
    OK(cudaStreamCreate(&stream));
    OK(cudaDeviceGetDefaultMemPool(&pool, 0));
    OK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold));
    for (int round = 1; round <= 20; round++) {
        int *a, *b;
        OK(cudaMallocAsync(&a, count * sizeof(int), stream));
        OK(cudaMallocAsync(&b, count * sizeof(int), stream));
        EXPECT(a != b);
        OK(cudaMemsetAsync(a, 0, count * sizeof(int), stream));
        scale<<<(count + 127) / 128, 128, 0, stream>>>(a, count, 1, round);
        OK(cudaMemcpyAsync(b, a, count * sizeof(int), cudaMemcpyDeviceToDevice, stream));
        OK(cudaFreeAsync(a, stream));
        scale<<<(count + 127) / 128, 128, 0, stream>>>(b, count, 10, round);
        OK(cudaMemcpyAsync(got.data(), b, count * sizeof(int), cudaMemcpyDeviceToHost, stream));
        OK(cudaFreeAsync(b, stream));
        OK(cudaStreamSynchronize(stream));
        for (int value : got)
            EXPECT(value == 11 * round);
    }
    OK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &used));
    OK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemHigh, &high));
    EXPECT(used == 0 && high >= 2 * count * sizeof(int));
    OK(cudaMemPoolTrimTo(pool, 0));

    int *managed;
    OK(cudaMallocManaged(&managed, count * sizeof(int)));
    for (int i = 0; i < count; i++)
        managed[i] = i;
    scale<<<(count + 127) / 128, 128>>>(managed, count, 3, 1);
    OK(cudaDeviceSynchronize());
    for (int i = 0; i < count; i++)
        EXPECT(managed[i] == 3 * i + 1);
    OK(cudaFree(managed));

    size_t pitch;
    char *rows;
    OK(cudaMallocPitch(&rows, &pitch, 100, 20));
    OK(cudaMemset2D(rows, pitch, 7, 100, 20));
    std::vector<char> back(100 * 20);
    OK(cudaMemcpy2D(back.data(), 100, rows, pitch, 100, 20, cudaMemcpyDeviceToHost));
    for (char one : back)
        EXPECT(one == 7);
    std::printf("right\n");
}
