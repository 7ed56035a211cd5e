/* Gives the first device commands as it is told, a line on standard input for each step, and answers with a numbered line:
 *
 *   run MS           a kernel that takes about so many milliseconds, and waits for it    "1: run STATUS", as all that follow
 *   row COUNT        so many kernels in a row, of 100 ms each, waited for together
 *   storm THREADS    so many threads give it small kernels, one after the other, until the program ends
 *   send COUNT       writes of 64 KiB that wait, until the program ends, on another thread
 *   hold COUNT       so many small kernels, on another thread, which is not waited for
 *   make BYTES       a buffer
 *   join             waits for the kernels of `hold`
 */
#define CL_TARGET_OPENCL_VERSION 200
#include <CL/cl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE = 64 << 10 };

static const char *source =
    "kernel void loop(global ulong *out, ulong rounds) {"
    "    ulong x = get_global_id(0);"
    "    for (ulong i = 0; i < rounds; i++)"
    "        x = x * 6364136223846793005UL + (x >> 33) + 1;"
    "    out[get_global_id(0)] = x;"
    "}";
static cl_context context;
static cl_device_id device;
static cl_program program;
static double rounds_per_ms;
static pthread_t holding;

static void must(cl_int status, const char *call)
{
    if (status != CL_SUCCESS) {
        printf("%s: %d\n", call, status);
        exit(3);
    }
}

/* A queue, with a kernel and its buffer. */
struct lane {
    cl_command_queue queue;
    cl_kernel kernel;
    cl_mem out;
    cl_uint commands;
};

static struct lane new_lane(void)
{
    cl_int status;
    struct lane lane = {0};
    lane.queue = clCreateCommandQueueWithProperties(context, device, NULL, &status);
    must(status, "clCreateCommandQueueWithProperties");
    lane.kernel = clCreateKernel(program, "loop", &status);
    must(status, "clCreateKernel");
    lane.out = clCreateBuffer(context, CL_MEM_READ_WRITE, PIECE, NULL, &status);
    must(status, "clCreateBuffer");
    must(clSetKernelArg(lane.kernel, 0, sizeof lane.out, &lane.out), "clSetKernelArg");
    return lane;
}

static cl_int give(struct lane *lane, double ms)
{
    size_t one = 1;
    cl_ulong rounds = (cl_ulong)(ms * rounds_per_ms);
    clSetKernelArg(lane->kernel, 1, sizeof rounds, &rounds);
    return clEnqueueNDRangeKernel(lane->queue, lane->kernel, 1, NULL, &one, NULL, 0, NULL, NULL);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* How many rounds take a millisecond. */
static void measure(struct lane *lane)
{
    rounds_per_ms = 1;
    /* The first time a vendor may compile. */
    must(give(lane, 1), "clEnqueueNDRangeKernel");
    must(clFinish(lane->queue), "clFinish");
    for (double rounds = 1e5;; rounds *= 2) {
        double began = now_ms();
        must(give(lane, rounds), "clEnqueueNDRangeKernel");
        must(clFinish(lane->queue), "clFinish");
        double took = now_ms() - began;
        if (took > 30) {
            rounds_per_ms = rounds / took;
            return;
        }
    }
}

static void *storm(void *unused)
{
    (void)unused;
    struct lane lane = new_lane();
    for (;;) {
        must(give(&lane, 0), "clEnqueueNDRangeKernel");
        must(clFinish(lane.queue), "clFinish");
    }
    return NULL;
}

static void *send(void *unused)
{
    (void)unused;
    static char bytes[PIECE];
    struct lane lane = new_lane();
    for (;;)
        must(clEnqueueWriteBuffer(lane.queue, lane.out, CL_TRUE, 0, PIECE, bytes, 0, NULL, NULL), "clEnqueueWriteBuffer");
    return NULL;
}

static void *hold(void *held)
{
    struct lane *lane = held;
    for (cl_uint i = 0; i < lane->commands; i++)
        must(give(lane, 0), "clEnqueueNDRangeKernel");
    must(clFinish(lane->queue), "clFinish");
    return NULL;
}

static cl_int begin(void *(*what)(void *), void *with)
{
    return pthread_create(&holding, NULL, what, with);
}

int main(void)
{
    char line[80], what[16];
    unsigned long long amount;
    cl_platform_id platform;
    cl_int status;
    setvbuf(stdout, NULL, _IOLBF, 0);
    must(clGetPlatformIDs(1, &platform, NULL), "clGetPlatformIDs");
    must(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "clGetDeviceIDs");
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    must(status, "clCreateContext");
    program = clCreateProgramWithSource(context, 1, &source, NULL, &status);
    must(status, "clCreateProgramWithSource");
    must(clBuildProgram(program, 1, &device, NULL, NULL, NULL), "clBuildProgram");
    struct lane lane = new_lane(), other = new_lane();
    measure(&lane);
    puts("ready");
    for (int step = 1; fgets(line, sizeof line, stdin); step++) {
        amount = 0;
        if (sscanf(line, "%15s %llu", what, &amount) < 1)
            continue;
        if (strcmp(what, "run") == 0) {
            status = give(&lane, amount);
            status = status ? status : clFinish(lane.queue);
        } else if (strcmp(what, "row") == 0) {
            for (status = 0; status == 0 && amount > 0; amount--)
                status = give(&lane, 100);
            status = status ? status : clFinish(lane.queue);
        } else if (strcmp(what, "storm") == 0) {
            for (status = 0; amount > 0; amount--)
                status |= begin(storm, NULL);
        } else if (strcmp(what, "send") == 0) {
            status = begin(send, NULL);
        } else if (strcmp(what, "hold") == 0) {
            other.commands = amount;
            status = begin(hold, &other);
        } else if (strcmp(what, "make") == 0) {
            cl_mem made = clCreateBuffer(context, CL_MEM_READ_WRITE, amount, NULL, &status);
            status = status ? status : clReleaseMemObject(made);
        } else {
            status = pthread_join(holding, NULL);
        }
        printf("%d: %s %d\n", step, what, status);
    }
    return 0;
}
