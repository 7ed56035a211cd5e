// Sums, largest values and running sums: by shared memory, by shuffles, by atomics, by votes.
#include "check.h"

__global__ void sum_in_shared_memory(const int *values, int *sums, int count)
{
    extern __shared__ int partial[];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    partial[threadIdx.x] = i < count ? values[i] : 0;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half)
            partial[threadIdx.x] += partial[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0)
        sums[blockIdx.x] = partial[0];
}

template <typename T>
__global__ void sum_by_shuffles(const T *values, T *sum, int count)
{
    T mine = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
        mine += values[i];
    for (int step = 16; step > 0; step /= 2)
        mine += __shfl_down_sync(0xffffffff, mine, step);
    if (threadIdx.x % 32 == 0)
        atomicAdd(sum, mine);
}

// Each block of 256: the sums of all values up to each.
__global__ void scan(const int *values, int *sums)
{
    __shared__ int of_warps[8];
    int i = blockIdx.x * 256 + threadIdx.x, lane = threadIdx.x % 32, warp = threadIdx.x / 32, mine = values[i];
    for (int step = 1; step < 32; step *= 2) {
        int other = __shfl_up_sync(0xffffffff, mine, step);
        if (lane >= step)
            mine += other;
    }
    if (lane == 31)
        of_warps[warp] = mine;
    __syncthreads();
    for (int before = 0; before < warp; before++)
        mine += of_warps[before];
    sums[i] = mine;
}

__global__ void largest(const int *values, int *out, int count)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x, mine = i < count ? values[i] : INT_MIN;
    for (int step = 16; step > 0; step /= 2)
        mine = max(mine, __shfl_xor_sync(0xffffffff, mine, step));
    if (threadIdx.x % 32 == 0)
        atomicMax(out, mine);
}

__global__ void count_even(const int *values, int *out, int count)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    unsigned even = __ballot_sync(0xffffffff, i < count && values[i] % 2 == 0);
    if (threadIdx.x % 32 == 0)
        atomicAdd(out, __popc(even));
}

int main()
{
    const int count = 100000, blocks = (count + 255) / 256;
    std::vector<int> values(count);
    std::vector<double> reals(count);
    int sum = 0, most = INT_MIN, even = 0;
    for (int i = 0; i < count; i++) {
        values[i] = (i * 37) % 1001 - 500;
        reals[i] = values[i] * 0.5;
        sum += values[i];
        most = values[i] > most ? values[i] : most;
        even += values[i] % 2 == 0;
    }
    int *on_device = to_device(values), *sums = to_device(std::vector<int>(blocks));
    sum_in_shared_memory<<<blocks, 256, 256 * sizeof(int)>>>(on_device, sums, count);
    int total = 0;
    for (int partial : from_device(sums, blocks))
        total += partial;
    EXPECT(total == sum);

    int *out = to_device(std::vector<int>{0, INT_MIN, 0});
    sum_by_shuffles<<<20, 128>>>(on_device, out, count);
    largest<<<blocks, 256>>>(on_device, out + 1, count);
    count_even<<<blocks, 256>>>(on_device, out + 2, count);
    std::vector<int> got = from_device(out, 3);
    EXPECT(got[0] == sum && got[1] == most && got[2] == even);

    double *on_reals = to_device(reals), *real_sum = to_device(std::vector<double>{0});
    sum_by_shuffles<<<20, 128>>>(on_reals, real_sum, count);
    EXPECT(from_device(real_sum, 1)[0] == sum * 0.5);

    int *scanned = to_device(std::vector<int>(2048));
    scan<<<8, 256>>>(on_device, scanned);
    std::vector<int> running = from_device(scanned, 2048);
    for (int i = 0, so_far = 0; i < 2048; i++) {
        so_far = i % 256 == 0 ? values[i] : so_far + values[i];
        EXPECT(running[i] == so_far);
    }
    OK(cudaGetLastError());
    std::printf("sum %d, largest %d, even %d\nright\n", sum, most, even);
}
