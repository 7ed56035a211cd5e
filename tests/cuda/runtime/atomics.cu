// Atomic operations of every kind on global and shared memory.
#include "check.h"

constexpr int THREADS = 64 * 128;

__global__ void operate(int *out, unsigned *bits, unsigned long long *wide, float *real)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    atomicAdd(&out[0], i);
    atomicSub(&out[1], 3);
    atomicMin(&out[2], -i);
    atomicMax(&out[3], i * 2);
    atomicAnd(&bits[0], ~(1u << (i % 8)));
    atomicOr(&bits[1], 1u << (i % 32));
    atomicXor(&bits[2], 1u << (i % 16));
    atomicInc(&bits[3], 99);
    atomicDec(&bits[4], 49);
    atomicAdd(&wide[0], 1ull << 33);
    atomicMax(&wide[1], (unsigned long long)i << 32);
    atomicAdd(&real[0], 0.5f);
    // By compare and swap: one at a time multiplies by an odd number.
    unsigned before = bits[5], seen;
    do {
        seen = before;
        before = atomicCAS(&bits[5], seen, seen * 3);
    } while (before != seen);
}

// Of the values that are handed out, each thread gets another.
__global__ void tickets(int *next, int *taken) { atomicExch(&taken[atomicAdd(next, 1)], 1); }

__global__ void histogram(const unsigned char *values, int *counts, int count)
{
    __shared__ int local[256];
    local[threadIdx.x] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
        atomicAdd(&local[values[i]], 1);
    __syncthreads();
    atomicAdd(&counts[threadIdx.x], local[threadIdx.x]);
}

// A lock that lanes of one warp take in turn.
__global__ void take_turns(int *lock, int *count)
{
    for (bool done = false; !done;) {
        if (atomicCAS(lock, 0, 1) == 0) {
            *(volatile int *)count += 1;
            __threadfence();
            atomicExch(lock, 0);
            done = true;
        }
    }
}

int main()
{
    int *out = to_device(std::vector<int>{0, 0, 0, 0});
    unsigned *bits = to_device(std::vector<unsigned>{0xffff, 0, 0, 0, 0, 1});
    unsigned long long *wide = to_device(std::vector<unsigned long long>{0, 0});
    float *real = to_device(std::vector<float>{0});
    operate<<<64, 128>>>(out, bits, wide, real);
    std::vector<int> ints = from_device(out, 4);
    EXPECT(ints[0] == THREADS / 2 * (THREADS - 1));
    EXPECT(ints[1] == -3 * THREADS && ints[2] == 1 - THREADS && ints[3] == 2 * (THREADS - 1));
    std::vector<unsigned> words = from_device(bits, 6);
    unsigned power = 1;
    for (int i = 0; i < THREADS; i++)
        power *= 3;
    EXPECT(words[0] == 0xff00 && words[1] == 0xffffffff && words[2] == 0);
    // Up to 99, then 0 again; and down from 0 to 49.
    EXPECT(words[3] == THREADS % 100 && words[4] == (50 - THREADS % 50) % 50);
    EXPECT(words[5] == power);
    std::vector<unsigned long long> longs = from_device(wide, 2);
    EXPECT(longs[0] == (unsigned long long)THREADS << 33 && longs[1] == (unsigned long long)(THREADS - 1) << 32);
    EXPECT(from_device(real, 1)[0] == THREADS / 2);

    int *next = to_device(std::vector<int>{0}), *taken = to_device(std::vector<int>(THREADS));
    tickets<<<THREADS / 256, 256>>>(next, taken);
    for (int one : from_device(taken, THREADS))
        EXPECT(one == 1);

    std::vector<unsigned char> values(50000);
    std::vector<int> want(256);
    for (size_t i = 0; i < values.size(); i++)
        want[values[i] = (unsigned char)(i * i >> 3)]++;
    int *counts = to_device(std::vector<int>(256));
    histogram<<<10, 256>>>(to_device(values), counts, (int)values.size());
    EXPECT(from_device(counts, 256) == want);

    int *lock = to_device(std::vector<int>{0}), *count = to_device(std::vector<int>{0});
    take_turns<<<2, 64>>>(lock, count);
    EXPECT(from_device(count, 1)[0] == 128);
    OK(cudaGetLastError());
    std::printf("first: %d, power: %u\nright\n", ints[0], power);
}
