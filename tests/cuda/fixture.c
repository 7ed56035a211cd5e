/* Common code of the cases: context, kernels, memory, gates, threads, processes. */
#include "client.h"

#include <errno.h>

CUdevice device;
CUcontext context;

void begin_without_context(void)
{
    OK(cuInit(0));
    OK(cuDeviceGet(&device, 0));
}

void begin(void)
{
    begin_without_context();
    OK(cuDevicePrimaryCtxRetain(&context, device));
    OK(cuCtxSetCurrent(context));
}

CUcontext new_context(unsigned flags)
{
    CUcontext made = NULL;
    OK(cuCtxCreate(&made, NULL, flags, device));
    CHECK(made);
    return made;
}

int attribute(CUdevice_attribute which)
{
    int value = -1;
    OK(cuDeviceGetAttribute(&value, which, device));
    return value;
}

void need(CUdevice_attribute which, const char *what)
{
    if (attribute(which) == 0)
        skip("the device has no %s", what);
}

CUmodule load_kernels(void)
{
    CUmodule module = NULL;
    OK(cuModuleLoadData(&module, kernels_ptx));
    CHECK(module);
    return module;
}

CUfunction kernel(const char *name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static CUmodule module;
    CUfunction function = NULL;
    pthread_mutex_lock(&lock);
    if (!module)
        module = load_kernels();
    pthread_mutex_unlock(&lock);
    OK(cuModuleGetFunction(&function, module, name));
    CHECK(function);
    return function;
}

CUdeviceptr allocate(size_t size)
{
    CUdeviceptr at = 0;
    OK(cuMemAlloc(&at, size));
    CHECK(at);
    return at;
}

CUdeviceptr upload(const void *from, size_t size)
{
    CUdeviceptr at = allocate(size);
    OK(cuMemcpyHtoD(at, from, size));
    return at;
}

CUdeviceptr zeroes(size_t count)
{
    CUdeviceptr at = allocate(count * sizeof(int));
    OK(cuMemsetD32(at, 0, count));
    /* Which may return before it is done, and streams that do not block would not wait. */
    OK(cuCtxSynchronize());
    return at;
}

int value_at(CUdeviceptr at)
{
    int value = 0;
    OK(cuMemcpyDtoH(&value, at, sizeof value));
    return value;
}

void all_are_at(const char *file, int line, CUdeviceptr at, size_t count, int want)
{
    int *values = malloc(count * sizeof *values);
    is_at(file, line, "cuMemcpyDtoH", cuMemcpyDtoH(values, at, count * sizeof *values), CUDA_SUCCESS);
    for (size_t i = 0; i < count; i++)
        if (values[i] != want)
            fail_at(file, line, "[%zu] is %d, not %d", i, values[i], want);
    free(values);
}

void pattern(void *at, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)at)[i] = (unsigned char)(i * 131 + (i >> 8) * 31 + seed * 17 + 1);
}

void affine(CUstream stream, CUdeviceptr at, int count, int times, int plus)
{
    LAUNCH(kernel("affine"), (unsigned)(count + 255) / 256, 256, stream, &at, &count, &times, &plus);
}

CUstream new_stream(unsigned flags)
{
    CUstream stream = NULL;
    OK(cuStreamCreate(&stream, flags));
    CHECK(stream);
    return stream;
}

CUevent new_event(unsigned flags)
{
    CUevent event = NULL;
    OK(cuEventCreate(&event, flags));
    CHECK(event);
    return event;
}

static void wait_at(void *gate)
{
    while (sem_wait(&((struct gate *)gate)->open) != 0)
        CHECK(errno == EINTR);
}

void shut(struct gate *gate, CUstream stream)
{
    sem_init(&gate->open, 0, 0);
    OK(cuLaunchHostFunc(stream, wait_at, gate));
}

void open_gate(struct gate *gate)
{
    sem_post(&gate->open);
}

struct call {
    void (*body)(void *);
    void *with;
};

static void *begin_thread(void *arg)
{
    struct call *call = arg;
    call->body(call->with);
    return NULL;
}

void on_a_thread(void (*body)(void *), void *with)
{
    struct call call = {body, with};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, begin_thread, &call) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

void in_a_process(void (*body)(void), struct ended *ended)
{
    int ends[2];
    size_t length = 0;
    ssize_t n;
    CHECK(pipe(ends) == 0);
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(CASE_SECONDS / 2);
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        body();
        exit(0);
    }
    close(ends[1]);
    while ((n = read(ends[0], ended->output + length, sizeof ended->output - 1 - length)) > 0)
        length += (size_t)n;
    ended->output[length] = 0;
    close(ends[0]);
    CHECK(waitpid(child, &ended->status, 0) == child);
}
