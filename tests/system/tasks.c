/* A kernel that makes tasks of its worker's until it may make no more, as whoever has taken over a worker could. They share
 * its memory and wait.
 *
 * Prints "N tasks, then STATUS" and stays until its input ends.
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST 20000

/* clone (56) with CLONE_VM, whose child never touches its stack, in which pause (34) follows upon pause. */
static const char *source =
    "__kernel void make(__global long *out, long most, __global char *stack)\n"
    "{\n"
    "    long made = 0, answer = 0;\n"
    "    while (made < most) {\n"
    "        __asm__ volatile(\"xorl %%edx, %%edx\\n xorl %%r10d, %%r10d\\n xorl %%r8d, %%r8d\\n syscall\\n\"\n"
    "                         \"testq %%rax, %%rax\\n jnz 2f\\n 1: movl $34, %%eax\\n syscall\\n jmp 1b\\n 2:\\n\"\n"
    "                         : \"=a\"(answer)\n"
    "                         : \"a\"(56L), \"D\"(0x100L), \"S\"(stack)\n"
    "                         : \"rcx\", \"rdx\", \"r8\", \"r10\", \"r11\", \"memory\");\n"
    "        if (answer < 0)\n"
    "            break;\n"
    "        made++;\n"
    "    }\n"
    "    out[0] = made;\n"
    "    out[1] = answer < 0 ? answer : 0;\n"
    "}\n";

static void check(cl_int status, const char *call)
{
    if (status != CL_SUCCESS) {
        printf("%s: %d\n", call, status);
        exit(3);
    }
}

int main(void)
{
    cl_platform_id platform;
    cl_device_id device;
    cl_int status;
    cl_long most = MOST, out[2] = {0, 0};
    size_t size = 1;

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
    cl_kernel kernel = clCreateKernel(program, "make", &status);
    check(status, "clCreateKernel");
    cl_mem result = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof out, out, &status);
    check(status, "clCreateBuffer");
    cl_mem stack = clCreateBuffer(context, CL_MEM_READ_WRITE, 4096, NULL, &status);
    check(status, "clCreateBuffer");
    check(clSetKernelArg(kernel, 0, sizeof result, &result), "clSetKernelArg");
    check(clSetKernelArg(kernel, 1, sizeof most, &most), "clSetKernelArg");
    check(clSetKernelArg(kernel, 2, sizeof stack, &stack), "clSetKernelArg");
    check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &size, &size, 0, NULL, NULL), "clEnqueueNDRangeKernel");
    check(clEnqueueReadBuffer(queue, result, CL_TRUE, 0, sizeof out, out, 0, NULL, NULL), "clEnqueueReadBuffer");
    printf("%ld tasks, then %ld\n", (long)out[0], (long)out[1]);
    while (getchar() != EOF)
        ;
    return 0;
}
