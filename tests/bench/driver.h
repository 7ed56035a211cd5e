/* CUDA's driver, opened by its name as NVIDIA's runtime does. A program lists the functions that it calls as FUNCTIONS(F) before it
 * includes this, and calls them by OK(cuFunction(...)), or as p_cuFunction where it looks at the status itself. */
#ifndef DRIVER_H
#define DRIVER_H

#include <cuda.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DECLARE(name) static __typeof__(&name) p_##name;
FUNCTIONS(DECLARE)

static inline void find(void)
{
    void *driver = dlopen("libcuda.so.1", RTLD_NOW);
    if (!driver) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
#define FIND(name)                                               \
    if (!(p_##name = (__typeof__(&name))dlsym(driver, #name))) { \
        fprintf(stderr, "no %s\n", #name);                       \
        exit(2);                                                 \
    }
    FUNCTIONS(FIND)
}

#define OK(call)                                                            \
    do {                                                                    \
        CUresult status_ = p_##call;                                        \
        if (status_ != CUDA_SUCCESS) {                                      \
            fprintf(stderr, "line %d: %s: %d\n", __LINE__, #call, status_); \
            exit(3);                                                        \
        }                                                                   \
    } while (0)

/* Nanoseconds. */
static inline uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

#endif
