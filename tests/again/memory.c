/* Memory of lost sessions, which the test examines from outside.
 *
 * memory hold: maps a buffer, fills others, moves data, says "holding" and waits for a line without a call. Then it reads the
 * mapped memory, unmaps it, releases everything, says "released" and stays.
 * memory: uses all kinds of memory and says "again"; before each line on standard input the worker was killed, and it releases
 * everything and starts again.
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 32 << 20, MAPPED = 4 << 20 };

static cl_device_id device;

static void check(cl_int status, const char *call)
{
    if (status != CL_SUCCESS) {
        printf("%s: %d\n", call, status);
        fflush(stdout);
        exit(3);
    }
}

static void CL_CALLBACK noted(cl_event event, cl_int status, void *data)
{
    (void)event, (void)status, (void)data;
}

static void hold(void)
{
    static char memory[SIZE];
    char line[64], *view;
    cl_int status;
    cl_event event;
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    check(status, "clCreateContext");
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &status);
    cl_mem resident = clCreateBuffer(context, CL_MEM_READ_WRITE, SIZE, NULL, &status);
    cl_mem mapped = clCreateBuffer(context, CL_MEM_READ_WRITE, MAPPED, NULL, &status);
    /* Not whole pages: it lives in the worker, and data goes through regions. */
    cl_mem other = clCreateBuffer(context, CL_MEM_READ_WRITE, SIZE - 1, NULL, &status);
    check(status, "clCreateBuffer");
    memset(memory, 7, sizeof memory);
    check(clEnqueueWriteBuffer(queue, resident, CL_TRUE, 0, SIZE, memory, 0, NULL, NULL), "clEnqueueWriteBuffer");
    check(clEnqueueWriteBuffer(queue, other, CL_FALSE, 0, SIZE - 1, memory, 0, NULL, &event), "clEnqueueWriteBuffer");
    check(clFinish(queue), "clFinish");
    view = clEnqueueMapBuffer(queue, mapped, CL_TRUE, CL_MAP_WRITE, 0, MAPPED, 0, NULL, NULL, &status);
    check(status, "clEnqueueMapBuffer");
    memset(view, 9, MAPPED);
    check(clSetEventCallback(event, CL_COMPLETE, noted, NULL), "clSetEventCallback");
    printf("holding\n");
    if (!fgets(line, sizeof line, stdin))
        exit(3);
    for (int i = 0; i < MAPPED; i++)
        if (view[i] != 9) {
            printf("changed\n");
            exit(3);
        }
    status = clEnqueueUnmapMemObject(queue, mapped, view, 0, NULL, NULL);
    printf("unmapped %d\n", status);
    check(clReleaseMemObject(mapped), "clReleaseMemObject");
    check(clReleaseMemObject(resident), "clReleaseMemObject");
    check(clReleaseMemObject(other), "clReleaseMemObject");
    check(clReleaseEvent(event), "clReleaseEvent");
    check(clReleaseCommandQueue(queue), "clReleaseCommandQueue");
    check(clReleaseContext(context), "clReleaseContext");
}

/* Releases everything, like a program that has noticed the lost device. */
static void again(void)
{
    static char memory[1 << 20];
    static const char *source = "__kernel void nothing(__global char *x) { x[0] = 1; }";
    cl_mem buffers[16];
    cl_int status;
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    check(status, "clCreateContext");
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &status);
    check(status, "clCreateCommandQueue");
    for (int i = 0; i < 16; i++) {
        buffers[i] = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof memory - (i % 2), NULL, &status);
        check(status, "clCreateBuffer");
        check(clEnqueueWriteBuffer(queue, buffers[i], CL_FALSE, 0, 1 << 16, memory, 0, NULL, NULL), "clEnqueueWriteBuffer");
        check(clEnqueueReadBuffer(queue, buffers[i], CL_TRUE, 0, 1 << 16, memory, 0, NULL, NULL), "clEnqueueReadBuffer");
    }
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &status);
    check(clBuildProgram(program, 1, &device, "", NULL, NULL), "clBuildProgram");
    cl_event event;
    check(clEnqueueMarkerWithWaitList(queue, 0, NULL, &event), "clEnqueueMarkerWithWaitList");
    check(clSetEventCallback(event, CL_COMPLETE, noted, NULL), "clSetEventCallback");
    check(clFinish(queue), "clFinish");
    printf("again\n");
    char line[64];
    if (!fgets(line, sizeof line, stdin))
        exit(0);
    for (int i = 0; i < 16; i++)
        check(clReleaseMemObject(buffers[i]), "clReleaseMemObject");
    check(clReleaseEvent(event), "clReleaseEvent");
    check(clReleaseProgram(program), "clReleaseProgram");
    check(clReleaseCommandQueue(queue), "clReleaseCommandQueue");
    check(clReleaseContext(context), "clReleaseContext");
}

int main(int argc, char **argv)
{
    cl_platform_id platform;
    setvbuf(stdout, NULL, _IOLBF, 0);
    check(clGetPlatformIDs(1, &platform, NULL), "clGetPlatformIDs");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "clGetDeviceIDs");
    if (argc > 1 && !strcmp(argv[1], "hold")) {
        hold();
        printf("released\n");
        /* Until the test has examined it. */
        pause();
    }
    for (;;)
        again();
}
