/* A small program as everybody writes it first: y = a x + y on every device, checked on the host.
 *
 *   cc -O2 -o saxpy saxpy.c -lOpenCL
 *   saxpy [ROUNDS]      (1)
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>

#define N (1 << 16)
#define MAX_PLATFORMS 8
#define MAX_DEVICES 8

static const char *source =
    "__kernel void saxpy(float a, __global const float *x, __global float *y)\n"
    "{\n"
    "    size_t i = get_global_id(0);\n"
    "    y[i] = a * x[i] + y[i];\n"
    "}\n";

static void check(cl_int status, const char *what)
{
    if (status != CL_SUCCESS) {
        fprintf(stderr, "saxpy: %s: %d\n", what, status);
        exit(1);
    }
}

static void saxpy(cl_device_id device, int rounds)
{
    static float x[N], y[N];
    char name[256];
    cl_int status;
    size_t size = N;
    float a = 2;

    check(clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, NULL), "clGetDeviceInfo");
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    check(status, "clCreateContext");
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &status);
    check(status, "clCreateCommandQueue");
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &status);
    check(status, "clCreateProgramWithSource");
    check(clBuildProgram(program, 1, &device, "", NULL, NULL), "clBuildProgram");
    cl_kernel kernel = clCreateKernel(program, "saxpy", &status);
    check(status, "clCreateKernel");

    for (int i = 0; i < N; i++) {
        x[i] = (float)(i % 1000);
        y[i] = 1;
    }
    cl_mem dx = clCreateBuffer(context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, sizeof x, x, &status);
    check(status, "clCreateBuffer x");
    cl_mem dy = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof y, y, &status);
    check(status, "clCreateBuffer y");
    check(clSetKernelArg(kernel, 0, sizeof a, &a), "clSetKernelArg a");
    check(clSetKernelArg(kernel, 1, sizeof dx, &dx), "clSetKernelArg x");
    check(clSetKernelArg(kernel, 2, sizeof dy, &dy), "clSetKernelArg y");
    for (int round = 0; round < rounds; round++)
        check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &size, NULL, 0, NULL, NULL), "clEnqueueNDRangeKernel");
    check(clEnqueueReadBuffer(queue, dy, CL_TRUE, 0, sizeof y, y, 0, NULL, NULL), "clEnqueueReadBuffer");

    for (int i = 0; i < N; i++) {
        float want = 1;
        for (int round = 0; round < rounds; round++)
            want += a * (float)(i % 1000);
        if (y[i] != want) {
            fprintf(stderr, "saxpy: y[%d] is %g, not %g\n", i, y[i], want);
            exit(1);
        }
    }
    printf("saxpy: %d numbers are right on %s\n", N, name);
    clReleaseMemObject(dx);
    clReleaseMemObject(dy);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    cl_platform_id platforms[MAX_PLATFORMS];
    cl_uint platform_count;

    check(clGetPlatformIDs(MAX_PLATFORMS, platforms, &platform_count), "clGetPlatformIDs");
    for (cl_uint p = 0; p < platform_count && p < MAX_PLATFORMS; p++) {
        cl_device_id devices[MAX_DEVICES];
        cl_uint device_count;
        check(clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, MAX_DEVICES, devices, &device_count), "clGetDeviceIDs");
        for (cl_uint d = 0; d < device_count && d < MAX_DEVICES; d++)
            saxpy(devices[d], rounds);
    }
    return 0;
}
