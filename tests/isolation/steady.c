/* Computes on the first device until told to stop, and says when something is wrong.
 *
 * Prints "steady" when it has begun; a "round" for each line on standard input; at its end the sum that only this
 * process, seeded with its first argument, arrives at; the second one is how many milliseconds it rests after each step.
 * An API error ends it with status 3 and "CALL: STATUS".
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define N 4096

static const char *source =
    "__kernel void advance(__global uint *x, uint seed)\n"
    "{\n"
    "    size_t i = get_global_id(0);\n"
    "    x[i] = x[i] * 1664525u + seed + (uint)i;\n"
    "}\n";

static void check(cl_int status, const char *call)
{
    if (status != CL_SUCCESS) {
        printf("%s: %d\n", call, status);
        exit(3);
    }
}

int main(int argc, char **argv)
{
    static cl_uint here[N], there[N];
    cl_uint seed = argc > 1 ? (cl_uint)atoi(argv[1]) : 1;
    int rest = argc > 2 ? atoi(argv[2]) : 0;
    cl_platform_id platform;
    cl_device_id device;
    cl_int status;
    size_t size = N;
    unsigned long steps = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    check(clGetPlatformIDs(1, &platform, NULL), "clGetPlatformIDs");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "clGetDeviceIDs");
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    check(status, "clCreateContext");
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &status);
    check(status, "clCreateCommandQueue");
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &status);
    check(status, "clCreateProgramWithSource");
    check(clBuildProgram(program, 1, &device, "", NULL, NULL), "clBuildProgram");
    cl_kernel kernel = clCreateKernel(program, "advance", &status);
    check(status, "clCreateKernel");
    cl_mem buffer = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof here, here, &status);
    check(status, "clCreateBuffer");
    check(clSetKernelArg(kernel, 0, sizeof buffer, &buffer), "clSetKernelArg");
    check(clSetKernelArg(kernel, 1, sizeof seed, &seed), "clSetKernelArg");

    for (;; steps++) {
        check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &size, NULL, 0, NULL, NULL), "clEnqueueNDRangeKernel");
        check(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof there, there, 0, NULL, NULL), "clEnqueueReadBuffer");
        for (cl_uint i = 0; i < N; i++) {
            here[i] = here[i] * 1664525u + seed + i;
            if (there[i] != here[i]) {
                printf("step %lu: x[%u] is %u, not %u\n", steps, i, there[i], here[i]);
                return 1;
            }
        }
        if (steps == 0)
            printf("steady\n");
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&input, 1, rest) == 1) {
            char line[64];
            if (!fgets(line, sizeof line, stdin))
                break;
            printf("round %s", line);
        }
    }
    clReleaseMemObject(buffer);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
    printf("right to the end\n");
    return 0;
}
