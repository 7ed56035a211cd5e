/* Common code of the programs here: the first device, a context, a queue, a built program, and checksums.
 *
 * Only integers are computed, so that checksums show whether two runs did the same, on any device.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#define _GNU_SOURCE
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static cl_device_id device;
static cl_context context;
static cl_command_queue queue;

static inline void check(cl_int status, const char *what)
{
    if (status != CL_SUCCESS) {
        fprintf(stderr, "%s: %d\n", what, status);
        exit(1);
    }
}

/* Another in-order queue. */
static inline cl_command_queue new_queue(void)
{
    cl_int status;
    cl_command_queue made = clCreateCommandQueue(context, device, 0, &status);
    check(status, "clCreateCommandQueue");
    return made;
}

/* Sets device, context and queue. */
static inline void begin(void)
{
    cl_platform_id platform;
    cl_int status;
    check(clGetPlatformIDs(1, &platform, NULL), "clGetPlatformIDs");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "clGetDeviceIDs");
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    check(status, "clCreateContext");
    queue = new_queue();
}

static inline cl_program build(const char *source)
{
    cl_int status;
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &status);
    check(status, "clCreateProgramWithSource");
    status = clBuildProgram(program, 1, &device, "", NULL, NULL);
    if (status != CL_SUCCESS) {
        static char log[16384];
        clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof log - 1, log, NULL);
        fprintf(stderr, "%s\n", log);
    }
    check(status, "clBuildProgram");
    return program;
}

static inline cl_kernel kernel_of(cl_program program, const char *name)
{
    cl_int status;
    cl_kernel kernel = clCreateKernel(program, name, &status);
    check(status, "clCreateKernel");
    return kernel;
}

/* A buffer, filled from `from` unless that is null. */
static inline cl_mem new_buffer(size_t size, void *from)
{
    cl_int status;
    cl_mem_flags flags = CL_MEM_READ_WRITE | (from ? CL_MEM_COPY_HOST_PTR : 0);
    cl_mem buffer = clCreateBuffer(context, flags, size, from, &status);
    check(status, "clCreateBuffer");
    return buffer;
}

static inline void set_buffer(cl_kernel kernel, cl_uint index, cl_mem buffer)
{
    check(clSetKernelArg(kernel, index, sizeof buffer, &buffer), "clSetKernelArg");
}

static inline void set_uint(cl_kernel kernel, cl_uint index, cl_uint value)
{
    check(clSetKernelArg(kernel, index, sizeof value, &value), "clSetKernelArg");
}

static inline void release_all(void)
{
    check(clReleaseCommandQueue(queue), "clReleaseCommandQueue");
    check(clReleaseContext(context), "clReleaseContext");
}

/* The count named by the first argument, or else `usual`. */
static inline unsigned count_of(int argc, char **argv, unsigned usual)
{
    return argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : usual;
}

/* Numbers without a pattern, the same in each run. */
static inline void scatter(cl_uint *numbers, size_t count, cl_uint seed)
{
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        numbers[i] = seed ^ seed >> 15;
    }
}

#define CHECKSUM_BEGIN 0xcbf29ce484222325u

/* FNV-1a, by words of 32 bits; start with CHECKSUM_BEGIN. */
static inline uint64_t checksum(uint64_t so_far, const void *data, size_t size)
{
    const cl_uint *words = data;
    for (size_t i = 0; i < size / sizeof *words; i++)
        so_far = (so_far ^ words[i]) * 0x100000001b3u;
    return so_far;
}

static inline void print_checksum(uint64_t sum)
{
    printf("checksum %016llx\n", (unsigned long long)sum);
}

static inline uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

#endif
