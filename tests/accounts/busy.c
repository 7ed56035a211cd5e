/* Computes on the device. It prints "ready", reads a line, computes for about a second, prints "computed", and reads a line again. It
 * reports an error in a line and exits with status 3.
 */
#define CL_TARGET_OPENCL_VERSION 120
#define _POSIX_C_SOURCE 199309L
#include <CL/cl.h>
#include <stdio.h>
#include <time.h>

#define OK(call)                                                        \
    do {                                                                \
        cl_int status_ = (call);                                        \
        if (status_ != CL_SUCCESS) {                                    \
            printf("line %d: %s: %d\n", __LINE__, #call, status_);      \
            return 3;                                                   \
        }                                                               \
    } while (0)

static const char *SOURCE =
    "kernel void turn(global uint *numbers) {"
    "    uint x = numbers[get_global_id(0)];"
    "    for (int i = 0; i < 20000; i++) x = x * 1664525u + 1013904223u;"
    "    numbers[get_global_id(0)] = x;"
    "}";

enum { NUMBERS = 4096 };

static int step(const char *name)
{
    char line[16];
    printf("%s\n", name);
    fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(void)
{
    cl_platform_id platform;
    cl_device_id device;
    cl_int status;
    size_t size = NUMBERS;
    OK(clGetPlatformIDs(1, &platform, NULL));
    OK(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL));
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    OK(status);
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &status);
    OK(status);
    cl_program program = clCreateProgramWithSource(context, 1, &SOURCE, NULL, &status);
    OK(status);
    OK(clBuildProgram(program, 1, &device, "", NULL, NULL));
    cl_kernel kernel = clCreateKernel(program, "turn", &status);
    OK(status);
    cl_mem numbers = clCreateBuffer(context, CL_MEM_READ_WRITE, NUMBERS * sizeof(cl_uint), NULL, &status);
    OK(status);
    OK(clSetKernelArg(kernel, 0, sizeof numbers, &numbers));
    OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &size, NULL, 0, NULL, NULL));
    OK(clFinish(queue));
    if (!step("ready"))
        return 3;
    for (double end = now() + 1; now() < end;) {
        OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &size, NULL, 0, NULL, NULL));
        OK(clFinish(queue));
    }
    return step("computed") ? 0 : 3;
}
