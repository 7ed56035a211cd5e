// Copies and kernels that overlap on several streams, events between them, host functions.
#include "check.h"

__global__ void scale(int *values, int count, int times, int plus)
{
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
        values[i] = values[i] * times + plus;
}

static void count_call(void *calls) { ++*static_cast<int *>(calls); }

int main()
{
    const int streams = 4, chunk = 50000, count = streams * chunk;
    int *pinned, *on_device, calls[streams] = {};
    cudaStream_t stream[streams];
    cudaEvent_t start, end, done[streams];
    OK(cudaMallocHost(&pinned, count * sizeof(int)));
    OK(cudaMalloc(&on_device, count * sizeof(int)));
    OK(cudaEventCreate(&start));
    OK(cudaEventCreate(&end));
    for (int i = 0; i < count; i++)
        pinned[i] = i;
    OK(cudaEventRecord(start, 0));
    for (int s = 0; s < streams; s++) {
        OK(cudaStreamCreateWithFlags(&stream[s], cudaStreamNonBlocking));
        OK(cudaEventCreateWithFlags(&done[s], cudaEventDisableTiming));
        int *host = pinned + s * chunk, *device = on_device + s * chunk;
        for (int round = 0; round < 3; round++) {
            OK(cudaMemcpyAsync(device, host, chunk * sizeof(int), cudaMemcpyHostToDevice, stream[s]));
            scale<<<32, 128, 0, stream[s]>>>(device, chunk, 2, s);
            OK(cudaMemcpyAsync(host, device, chunk * sizeof(int), cudaMemcpyDeviceToHost, stream[s]));
            OK(cudaLaunchHostFunc(stream[s], count_call, &calls[s]));
        }
        OK(cudaEventRecord(done[s], stream[s]));
    }
    // The last stream waits for the others, and goes over everything.
    for (int s = 0; s + 1 < streams; s++)
        OK(cudaStreamWaitEvent(stream[streams - 1], done[s], 0));
    scale<<<32, 128, 0, stream[streams - 1]>>>(on_device, count, 1, 1000);
    OK(cudaStreamSynchronize(stream[streams - 1]));
    OK(cudaEventRecord(end, 0));
    OK(cudaEventSynchronize(end));
    float milliseconds = -1;
    OK(cudaEventElapsedTime(&milliseconds, start, end));
    EXPECT(milliseconds >= 0);
    std::vector<int> got = from_device(on_device, count);
    long long total = 0;
    for (int i = 0; i < count; i++) {
        int s = i / chunk, want = i;
        for (int round = 0; round < 3; round++)
            want = want * 2 + s;
        EXPECT(pinned[i] == want && got[i] == want + 1000);
        total += got[i];
    }
    for (int s = 0; s < streams; s++) {
        EXPECT(calls[s] == 3);
        OK(cudaStreamQuery(stream[s]));
        OK(cudaStreamDestroy(stream[s]));
        OK(cudaEventDestroy(done[s]));
    }
    std::printf("sum of all: %lld\nright\n", total);
}
