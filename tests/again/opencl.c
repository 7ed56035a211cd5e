/* Loses its worker repeatedly, and each time starts again with the same platforms and devices.
 *
 * again [THREADS [patient]]: prints "computed" when every thread has. Before each line on standard input the worker was killed: old
 * objects must fail with CL_DEVICE_NOT_AVAILABLE and can be released, mapped memory can be read, and a new context of the
 * old device works. Then it says "computed" again. With "patient" it retries until it gets a context. At the end of
 * input it releases everything and says "right to the end". It reports an error in a line and exits with status 3.
 */
#define _DEFAULT_SOURCE
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 4096, SMALL = 64, MOST_THREADS = 64 };

static const char *source =
    "__kernel void advance(__global uint *x, uint seed)\n"
    "{\n"
    "    size_t i = get_global_id(0);\n"
    "    x[i] = x[i] * 1664525u + seed + (uint)i;\n"
    "}\n";

static cl_platform_id platform;
static cl_device_id device;
static int patient;

#define CHECK(holds, ...)                          \
    do {                                           \
        if (!(holds)) {                            \
            printf("line %d: ", __LINE__);         \
            printf(__VA_ARGS__);                   \
            printf("\n");                          \
            fflush(stdout);                        \
            exit(3);                               \
        }                                          \
    } while (0)
#define OK(call)                                                          \
    do {                                                                  \
        cl_int status_ = (call);                                          \
        CHECK(status_ == CL_SUCCESS, "%s: %d", #call, status_);           \
    } while (0)
#define LOST(call)                                                        \
    do {                                                                  \
        cl_int status_ = (call);                                          \
        CHECK(status_ == CL_DEVICE_NOT_AVAILABLE, "%s: %d", #call, status_); \
    } while (0)

/* The objects of one thread. */
struct work {
    cl_uint seed;
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    cl_mem buffer, mapped;
    cl_event event;
    cl_uint *view;
    cl_uint expected[N];
};

static void CL_CALLBACK noted(cl_event event, cl_int status, void *data)
{
    (void)event, (void)status, (void)data;
}

static void begin(struct work *w)
{
    cl_int status;
    cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
    w->context = clCreateContext(w->seed % 2 ? properties : NULL, 1, &device, NULL, NULL, &status);
    for (int told = 0; patient && status == CL_DEVICE_NOT_AVAILABLE; usleep(1000)) {
        if (!told++)
            printf("no context: %d\n", status);
        w->context = clCreateContext(w->seed % 2 ? properties : NULL, 1, &device, NULL, NULL, &status);
    }
    OK(status);
    w->queue = clCreateCommandQueue(w->context, device, 0, &status);
    OK(status);
    w->program = clCreateProgramWithSource(w->context, 1, &source, NULL, &status);
    OK(status);
    OK(clBuildProgram(w->program, 1, &device, "", NULL, NULL));
    w->kernel = clCreateKernel(w->program, "advance", &status);
    OK(status);
    for (cl_uint i = 0; i < N; i++)
        w->expected[i] = i ^ w->seed;
    w->buffer = clCreateBuffer(w->context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof w->expected, w->expected, &status);
    OK(status);
    w->mapped = clCreateBuffer(w->context, CL_MEM_READ_WRITE, 1 << 20, NULL, &status);
    OK(status);
    OK(clSetKernelArg(w->kernel, 0, sizeof w->buffer, &w->buffer));
    OK(clSetKernelArg(w->kernel, 1, sizeof w->seed, &w->seed));
}

static void compute(struct work *w, int rounds)
{
    static const size_t size = N;
    cl_uint found[N];
    cl_int status;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < 4; i++) {
            OK(clEnqueueNDRangeKernel(w->queue, w->kernel, 1, NULL, &size, NULL, 0, NULL, NULL));
            for (cl_uint j = 0; j < N; j++)
                w->expected[j] = w->expected[j] * 1664525u + w->seed + j;
        }
        OK(clEnqueueReadBuffer(w->queue, w->buffer, CL_TRUE, 0, sizeof found, found, 0, NULL, NULL));
        CHECK(!memcmp(found, w->expected, sizeof found), "wrong numbers");
    }
    w->view = clEnqueueMapBuffer(w->queue, w->mapped, CL_TRUE, CL_MAP_WRITE, 0, 1 << 20, 0, NULL, NULL, &status);
    OK(status);
    for (cl_uint i = 0; i < SMALL; i++)
        w->view[i] = w->seed + i;
    /* An event without a waiter, with a callback. */
    OK(clEnqueueMarkerWithWaitList(w->queue, 0, NULL, &w->event));
    OK(clSetEventCallback(w->event, CL_COMPLETE, noted, NULL));
}

/* All objects of a lost session are refused. */
static void is_lost(struct work *w)
{
    static const size_t size = N;
    cl_uint memory[N];
    cl_uint value[64];
    cl_int status, before = 77;
    cl_event event;
    LOST(clFinish(w->queue));
    LOST(clEnqueueNDRangeKernel(w->queue, w->kernel, 1, NULL, &size, NULL, 0, NULL, NULL));
    LOST(clSetKernelArg(w->kernel, 0, sizeof w->buffer, &w->buffer));
    memory[7] = w->seed;
    LOST(clEnqueueReadBuffer(w->queue, w->buffer, CL_TRUE, 0, sizeof memory, memory, 0, NULL, NULL));
    LOST(clEnqueueReadBuffer(w->queue, w->buffer, CL_FALSE, 0, sizeof memory, memory, 0, NULL, &event));
    CHECK(memory[7] == w->seed, "memory was written");
    LOST(clGetEventInfo(w->event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof before, &before, NULL));
    LOST(clWaitForEvents(1, &w->event));
    LOST(clGetMemObjectInfo(w->buffer, CL_MEM_SIZE, sizeof value, value, NULL));
    LOST(clGetContextInfo(w->context, CL_CONTEXT_NUM_DEVICES, sizeof value, value, NULL));
    CHECK(!clCreateBuffer(w->context, CL_MEM_READ_WRITE, 4096, NULL, &status), "a buffer");
    LOST(status);
    CHECK(!clCreateCommandQueue(w->context, device, 0, &status), "a queue");
    LOST(status);
    CHECK(!clCreateKernel(w->program, "advance", &status), "a kernel");
    LOST(status);
    /* Mapped memory stays unchanged. */
    for (cl_uint i = 0; i < SMALL; i++)
        CHECK(w->view[i] == w->seed + i, "the view has changed");
}

static void let_go(struct work *w)
{
    OK(clRetainMemObject(w->buffer));
    OK(clReleaseMemObject(w->buffer));
    OK(clReleaseEvent(w->event));
    OK(clReleaseMemObject(w->buffer));
    OK(clReleaseMemObject(w->mapped));
    OK(clReleaseKernel(w->kernel));
    OK(clReleaseProgram(w->program));
    OK(clReleaseCommandQueue(w->queue));
    OK(clReleaseContext(w->context));
}

/* The same platforms and devices, under the same handles. */
static void find(int first)
{
    cl_platform_id p[8];
    cl_device_id d[8], same;
    cl_uint platforms, devices;
    char name[256];
    OK(clGetPlatformIDs(8, p, &platforms));
    CHECK(platforms >= 1, "no platform");
    OK(clGetDeviceIDs(p[0], CL_DEVICE_TYPE_ALL, 8, d, &devices));
    CHECK(devices >= 1, "no device");
    if (first) {
        platform = p[0];
        device = d[0];
    }
    CHECK(p[0] == platform && d[0] == device, "other handles");
    OK(clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, NULL));
    OK(clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof p[0], &p[0], NULL));
    CHECK(p[0] == platform, "another platform");
    OK(clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &same, NULL));
    CHECK(clGetPlatformIDs(0, NULL, NULL) == CL_INVALID_VALUE, "nothing was asked");
    CHECK(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, d, NULL) == CL_INVALID_VALUE, "no room");
}

/* A context of released devices, and objects of both sessions in one call. */
static void is_kept_apart(struct work *old, struct work *new)
{
    static const size_t size = N;
    LOST(clSetKernelArg(new->kernel, 0, sizeof old->buffer, &old->buffer));
    LOST(clEnqueueCopyBuffer(new->queue, old->buffer, new->buffer, 0, 0, 64, 0, NULL, NULL));
    LOST(clEnqueueNDRangeKernel(new->queue, new->kernel, 1, NULL, &size, NULL, 1, &old->event, NULL));
    LOST(clFinish(old->queue));
    CHECK(clRetainMemObject((cl_mem)((char *)old->buffer + 64 * 4000000)) == CL_INVALID_MEM_OBJECT, "a buffer of nobody");
}

static pthread_barrier_t together, told;
static int over;

static void *work(void *argument)
{
    struct work w = {.seed = (cl_uint)(size_t)argument + 1};
    begin(&w);
    compute(&w, 5);
    for (int round = 0;; round++) {
        pthread_barrier_wait(&together);
        pthread_barrier_wait(&told);
        if (over)
            break;
        struct work old = w;
        /* Or the new context notices the loss. */
        if ((round + w.seed) % 2)
            is_lost(&old);
        begin(&w);
        is_kept_apart(&old, &w);
        is_lost(&old);
        if (round % 2)
            LOST(clEnqueueUnmapMemObject(old.queue, old.mapped, old.view, 0, NULL, NULL));
        compute(&w, 5);
        let_go(&old);
        compute(&w, 1);
    }
    OK(clFinish(w.queue));
    let_go(&w);
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    patient = argc > 2;
    pthread_t all[MOST_THREADS];
    char line[64];

    setvbuf(stdout, NULL, _IOLBF, 0);
    find(1);
    pthread_barrier_init(&together, NULL, (unsigned)threads + 1);
    pthread_barrier_init(&told, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++)
        pthread_create(&all[i], NULL, work, (void *)(size_t)i);
    for (int round = 1;; round++) {
        pthread_barrier_wait(&together);
        if (round > 1)
            find(0);
        printf("computed %d\n", round);
        over = !fgets(line, sizeof line, stdin);
        pthread_barrier_wait(&told);
        if (over)
            break;
    }
    for (int i = 0; i < threads; i++)
        pthread_join(all[i], NULL);
    printf("right to the end\n");
    return 0;
}
