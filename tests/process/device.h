/* A context, a queue and a round of work that takes buffers, large transfers both ways, a mapping and a callback. */
#define CL_TARGET_OPENCL_VERSION 120
#define _GNU_SOURCE
#include <CL/cl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGE (4 << 20)

static cl_device_id device;
static cl_context context;
static cl_command_queue queue;
static int called;

static void CL_CALLBACK on_complete(cl_event event, cl_int status, void *data)
{
    (void)event, (void)status, (void)data;
    __sync_fetch_and_add(&called, 1);
}

static int set_up(void)
{
    cl_platform_id platform;
    cl_int status = clGetPlatformIDs(1, &platform, NULL);
    if (!status)
        status = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL);
    if (!status)
        context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    if (!status)
        queue = clCreateCommandQueue(context, device, 0, &status);
    return status;
}

/* A fill and a read of four bytes; 1 if they are wrong. */
static int small(int value)
{
    cl_int status, read = -1;
    cl_mem buffer = clCreateBuffer(context, 0, 4096, NULL, &status);
    if (!status)
        status = clEnqueueFillBuffer(queue, buffer, &value, 4, 0, 4096, 0, NULL, NULL);
    if (!status)
        status = clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, 4, &read, 0, NULL, NULL);
    if (buffer)
        clReleaseMemObject(buffer);
    return status ? status : read != value;
}

static inline int large(int value)
{
    cl_int status, map_status;
    cl_event event;
    char *out = malloc(LARGE), *in = calloc(1, LARGE);
    memset(out, value, LARGE);
    cl_mem buffer = clCreateBuffer(context, 0, LARGE, NULL, &status);
    if (!status)
        status = clEnqueueWriteBuffer(queue, buffer, CL_FALSE, 0, LARGE, out, 0, NULL, NULL);
    if (!status)
        status = clEnqueueReadBuffer(queue, buffer, CL_FALSE, 0, LARGE, in, 0, NULL, &event);
    if (!status)
        status = clSetEventCallback(event, CL_COMPLETE, on_complete, NULL);
    if (!status)
        status = clFinish(queue);
    if (status)
        return status;
    void *mapped = clEnqueueMapBuffer(queue, buffer, CL_TRUE, CL_MAP_READ, 0, LARGE, 0, NULL, NULL, &map_status);
    status = map_status ? map_status : memcmp(in, out, LARGE) || memcmp(mapped, out, LARGE);
    if (!map_status)
        clEnqueueUnmapMemObject(queue, buffer, mapped, 0, NULL, NULL);
    clFinish(queue);
    clReleaseEvent(event);
    clReleaseMemObject(buffer);
    free(out);
    free(in);
    return status;
}

/* Callbacks run on another thread: waits for so many, ten seconds at most. */
static inline int were_called(int wanted)
{
    for (int i = 0; i < 10000 && __sync_fetch_and_add(&called, 0) < wanted; i++)
        usleep(1000);
    return __sync_fetch_and_add(&called, 0);
}
