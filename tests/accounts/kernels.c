/* Launches kernels, each as often as its number says.
 *
 * kernels COUNT: first a kernel whose name is longer than is kept, twice; then COUNT kernels called "kernel_1", "kernel_2" and so on. It
 * prints "launched", and reads a line. It reports an error in a line and exits with status 3.
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK(call)                                                        \
    do {                                                                \
        cl_int status_ = (call);                                        \
        if (status_ != CL_SUCCESS) {                                    \
            printf("line %d: %s: %d\n", __LINE__, #call, status_);      \
            return 3;                                                   \
        }                                                               \
    } while (0)

enum { MOST = 64, LONG = 80 };

static char source[MOST * 128];

static int launch(cl_command_queue queue, cl_kernel kernel, cl_mem buffer, int times)
{
    size_t items = 4;
    OK(clSetKernelArg(kernel, 0, sizeof buffer, &buffer));
    while (times--)
        OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, 0, NULL, NULL));
    return 0;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 0;
    char name[MOST + LONG], line[16];
    cl_platform_id platform;
    cl_device_id device;
    cl_int status;
    char *end = source;
    for (int i = 1; i <= count && i < MOST; i++)
        end += sprintf(end, "kernel void kernel_%d(global int *to) { to[0] = %d; }\n", i, i);
    memset(name, 'n', LONG);
    name[LONG] = 0;
    sprintf(end, "kernel void %s(global int *to) { to[0] = 0; }\n", name);
    const char *text = source;
    OK(clGetPlatformIDs(1, &platform, NULL));
    OK(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL));
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    OK(status);
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &status);
    OK(status);
    cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, &status);
    OK(status);
    OK(clBuildProgram(program, 1, &device, "", NULL, NULL));
    cl_mem buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, 64, NULL, &status);
    OK(status);
    cl_kernel named = clCreateKernel(program, name, &status);
    OK(status);
    if (launch(queue, named, buffer, 2))
        return 3;
    for (int i = 1; i <= count && i < MOST; i++) {
        /* Two objects of one name. */
        for (int half = 0; half < 2; half++) {
            sprintf(name, "kernel_%d", i);
            cl_kernel kernel = clCreateKernel(program, name, &status);
            OK(status);
            if (launch(queue, kernel, buffer, half ? i - i / 2 : i / 2))
                return 3;
            OK(clReleaseKernel(kernel));
        }
    }
    /* What the vendor refuses is no launch. */
    size_t none[4] = {1, 1, 1, 1};
    status = clEnqueueNDRangeKernel(queue, named, 4, NULL, none, NULL, 0, NULL, NULL);
    if (status == CL_SUCCESS && clFinish(queue) == CL_SUCCESS) {
        printf("four dimensions\n");
        return 3;
    }
    OK(clFinish(queue));
    printf("launched\n");
    fflush(stdout);
    return fgets(line, sizeof line, stdin) ? 0 : 3;
}
