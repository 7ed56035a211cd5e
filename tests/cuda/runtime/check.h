// Common code of the programs here: each checks its results against the host's arithmetic, and says so at its end.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

#define OK(call) expect_status(call, cudaSuccess, #call, __LINE__)
#define IS(call, status) expect_status(call, status, #call, __LINE__)
#define EXPECT(condition) expect(condition, #condition, __LINE__)

inline void expect_status(cudaError_t got, cudaError_t want, const char *call, int line)
{
    if (got != want) {
        std::printf("line %d: %s: %s, not %s\n", line, call, cudaGetErrorName(got), cudaGetErrorName(want));
        std::exit(1);
    }
}

inline void expect(bool holds, const char *condition, int line)
{
    if (!holds) {
        std::printf("line %d: %s does not hold\n", line, condition);
        std::exit(1);
    }
}

// Device memory with these values.
template <typename T>
T *to_device(const std::vector<T> &values)
{
    T *at = nullptr;
    OK(cudaMalloc(&at, values.size() * sizeof(T)));
    OK(cudaMemcpy(at, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
    return at;
}

template <typename T>
std::vector<T> from_device(const T *at, size_t count)
{
    std::vector<T> values(count);
    OK(cudaMemcpy(values.data(), at, count * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
}
