/* The cost of single calls of CUDA's driver API in a program, in nanoseconds: medians over many.
 *
 *   cuda [ROUNDS] [MIBS]         (2000, 256)
 *
 * Copies of MIBS MiB are named copy_256m_*, whatever their size.
 */
#define _GNU_SOURCE
#define FUNCTIONS(F)                                                                                                    \
    F(cuInit) F(cuDevicePrimaryCtxRetain) F(cuCtxSetCurrent) F(cuModuleLoadData) F(cuModuleUnload)                      \
    F(cuModuleGetFunction) F(cuLaunchKernel) F(cuStreamCreate) F(cuStreamSynchronize) F(cuEventCreate) F(cuEventRecord) \
    F(cuEventQuery) F(cuMemAlloc_v2) F(cuMemFree_v2) F(cuMemHostAlloc) F(cuMemcpyHtoD_v2) F(cuMemcpyDtoH_v2)            \
    F(cuStreamBeginCapture_v2) F(cuStreamEndCapture) F(cuGraphInstantiateWithFlags) F(cuGraphLaunch)                    \
    F(cuCtxGetCurrent) F(cuCtxGetDevice) F(cuDeviceGetAttribute) F(cuStreamIsCapturing) F(cuPointerGetAttributes)       \
    F(cuStreamGetPriority) F(cuDevicePrimaryCtxGetState) F(cuFuncGetAttribute) F(cuMemsetD8Async) F(cuMemcpyDtoDAsync_v2)
#include "driver.h"
#include <string.h>

/* One thread of one block writes a number, so that a launch costs the device next to nothing. */
static const char CODE[] =
    ".version 6.0\n.target sm_50\n.address_size 64\n"
    ".visible .entry mark(.param .u64 to)\n{\n"
    "    .reg .b32 %r<2>;\n    .reg .b64 %rd<3>;\n"
    "    ld.param.u64 %rd1, [to];\n    cvta.to.global.u64 %rd2, %rd1;\n"
    "    mov.u32 %r1, 7;\n    st.global.u32 [%rd2], %r1;\n    ret;\n}\n";

enum { LAUNCHES = 1000, LARGE_ROUNDS = 5 };
static const size_t MIB = 1 << 20;

static unsigned rounds = 2000;
static size_t mibs = 256;
static CUstream stream;
static CUfunction kernel;
static CUevent event;
static CUgraphExec graph;
static CUdeviceptr at;
static char *pageable, *pinned, *host;
static size_t size;
static uint64_t *times;

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, unsigned count)
{
    qsort(times, count, sizeof *times, compare);
    printf("%s %llu\n", name, (unsigned long long)times[count / 2]);
    fflush(stdout);
}

/* Warm-up: a tenth of the rounds and one more, not counted. `settle` is not timed. */
static void measure(const char *name, unsigned count, void (*call)(void), void (*settle)(void))
{
    for (unsigned i = 0; i < count + count / 10 + 1; i++) {
        uint64_t start = now();
        call();
        times[i % count] = now() - start;
        if (settle)
            settle();
    }
    report(name, count);
}

static void synchronise(void)
{
    OK(cuStreamSynchronize(stream));
}

static void now_and_then(void)
{
    static unsigned calls;
    if (++calls % 100 == 0)
        synchronise();
}

static void launch(void)
{
    OK(cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, stream, (void *[]){&at}, NULL));
}

static void launch_and_synchronise(void)
{
    launch();
    synchronise();
}

static void launches(void)
{
    for (int i = 0; i < LAUNCHES; i++)
        launch();
    synchronise();
}

static void record_and_query(void)
{
    OK(cuEventRecord(event, stream));
    while (p_cuEventQuery(event) != CUDA_SUCCESS)
        ;
}

static void allocate_and_free(void)
{
    CUdeviceptr memory;
    OK(cuMemAlloc_v2(&memory, MIB));
    OK(cuMemFree_v2(memory));
}

static void write(void)
{
    OK(cuMemcpyHtoD_v2(at, host, size));
}

static void read(void)
{
    OK(cuMemcpyDtoH_v2(host, at, size));
}

static void launch_graph(void)
{
    OK(cuGraphLaunch(graph, stream));
    synchronise();
}

static void load(void)
{
    CUmodule module;
    OK(cuModuleLoadData(&module, CODE));
    OK(cuModuleUnload(module));
}

/* What a library asks before it gives a device a kernel. */
static void ask(void)
{
    CUcontext context;
    CUdevice device;
    CUstreamCaptureStatus status;
    CUmemorytype type;
    int number, active, ordinal;
    unsigned flags;
    CUpointer_attribute attributes[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL};
    OK(cuCtxGetCurrent(&context));
    OK(cuCtxSetCurrent(context));
    OK(cuCtxGetDevice(&device));
    OK(cuDevicePrimaryCtxGetState(device, &flags, &active));
    OK(cuDeviceGetAttribute(&number, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device));
    OK(cuDeviceGetAttribute(&number, CU_DEVICE_ATTRIBUTE_WARP_SIZE, device));
    OK(cuStreamIsCapturing(stream, &status));
    OK(cuStreamGetPriority(stream, &number));
    OK(cuPointerGetAttributes(2, attributes, (void *[]){&type, &ordinal}, at));
    OK(cuFuncGetAttribute(&number, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, kernel));
}

/* As a step of a training loop: 255 calls that ask, 28 that give the device something, and one that waits. */
static void step(void)
{
    OK(cuMemsetD8Async(at, 1, 4096, stream));
    for (int i = 0; i < 25; i++) {
        ask();
        launch();
    }
    for (int i = 0; i < 5; i++) {
        CUcontext context;
        OK(cuCtxGetCurrent(&context));
    }
    OK(cuMemcpyDtoDAsync_v2(at + 8192, at, 4096, stream));
    OK(cuEventRecord(event, stream));
    synchronise();
}

static void copies(const char *what, size_t bytes, unsigned count)
{
    char name[64];
    size = bytes;
    for (int i = 0; i < 2; i++) {
        host = i ? pinned : pageable;
        snprintf(name, sizeof name, "copy_in_%s%s", what, i ? "_pinned" : "");
        measure(name, count, write, NULL);
        snprintf(name, sizeof name, "copy_out_%s%s", what, i ? "_pinned" : "");
        measure(name, count, read, NULL);
    }
}

int main(int argc, char **argv)
{
    CUcontext context;
    CUmodule module;
    CUgraph recorded;
    if (argc > 1)
        rounds = (unsigned)atoi(argv[1]);
    if (argc > 2)
        mibs = (size_t)atoi(argv[2]);
    times = malloc((rounds + LARGE_ROUNDS) * sizeof *times);
    find();
    OK(cuInit(0));
    OK(cuDevicePrimaryCtxRetain(&context, 0));
    OK(cuCtxSetCurrent(context));
    OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    OK(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
    OK(cuModuleLoadData(&module, CODE));
    OK(cuModuleGetFunction(&kernel, module, "mark"));
    OK(cuMemAlloc_v2(&at, mibs * MIB));
    OK(cuMemHostAlloc((void **)&pinned, mibs * MIB, 0));
    pageable = malloc(mibs * MIB);
    memset(pageable, 1, mibs * MIB);
    memset(pinned, 1, mibs * MIB);
    OK(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    launch();
    OK(cuStreamEndCapture(stream, &recorded));
    OK(cuGraphInstantiateWithFlags(&graph, recorded, 0));

    measure("cuda_launch", rounds, launch, now_and_then);
    measure("cuda_launches_1000", rounds / 100 + 1, launches, NULL);
    measure("cuda_launch_sync", rounds, launch_and_synchronise, NULL);
    measure("cuda_step", rounds / 10 + 1, step, NULL);
    measure("cuda_event", rounds, record_and_query, NULL);
    measure("cuda_alloc_free", rounds, allocate_and_free, NULL);
    measure("cuda_graph", rounds, launch_graph, NULL);
    measure("cuda_module", rounds / 10 + 1, load, NULL);
    copies("4", 4, rounds);
    copies("1m", MIB, rounds / 10 + 1);
    copies("256m", mibs * MIB, LARGE_ROUNDS);
    return 0;
}
