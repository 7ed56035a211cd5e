/* Contexts: the primary one, own ones, the stack of each thread. */
#include "client.h"

static CUcontext current(void)
{
    CUcontext now = (CUcontext)1;
    OK(cuCtxGetCurrent(&now));
    return now;
}

static bool is_active(unsigned *flags)
{
    int active = -1;
    OK(cuDevicePrimaryCtxGetState(device, flags, &active));
    return active;
}

CASE(primary_context_lives_while_it_is_retained)
{
    unsigned flags = 99;
    CUcontext first, second;
    begin_without_context();
    CHECK(!is_active(&flags));
    CHECK_INT(flags, 0);
    OK(cuDevicePrimaryCtxRetain(&first, device));
    OK(cuDevicePrimaryCtxRetain(&second, device));
    CHECK(first && first == second && is_active(&flags));
    /* Retaining makes nothing current. */
    CHECK(current() == NULL);
    OK(cuDevicePrimaryCtxRelease(device));
    CHECK(is_active(&flags));
    OK(cuDevicePrimaryCtxRelease(device));
    CHECK(!is_active(&flags));
    IS(cuDevicePrimaryCtxRelease(device), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuDevicePrimaryCtxRetain(&first, 1000), CUDA_ERROR_INVALID_DEVICE);
}

CASE(primary_context_flags)
{
    unsigned flags = 0;
    begin_without_context();
    OK(cuDevicePrimaryCtxSetFlags(device, CU_CTX_SCHED_BLOCKING_SYNC));
    is_active(&flags);
    CHECK_INT(flags & CU_CTX_SCHED_MASK, CU_CTX_SCHED_BLOCKING_SYNC);
    OK(cuDevicePrimaryCtxRetain(&context, device));
    OK(cuCtxSetCurrent(context));
    OK(cuCtxGetFlags(&flags));
    CHECK_INT(flags & CU_CTX_SCHED_MASK, CU_CTX_SCHED_BLOCKING_SYNC);
    IS(cuDevicePrimaryCtxSetFlags(device, 0x1000), CUDA_ERROR_INVALID_VALUE);
}

CASE(primary_context_reset)
{
    unsigned flags;
    begin();
    allocate(1000);
    OK(cuDevicePrimaryCtxReset(device));
    CHECK(!is_active(&flags));
}

/* "A primary context which has not yet been initialized" may be current: no call succeeds in it until it is made again. */
CASE(primary_context_is_current_before_it_is_made_again)
{
    CUdeviceptr at;
    CUcontext again = NULL;
    begin();
    allocate(1000);
    OK(cuDevicePrimaryCtxReset(device));
    IS(cuMemAlloc(&at, 4), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    OK(cuCtxSetCurrent(NULL));
    OK(cuCtxSetCurrent(context));
    IS(cuMemAlloc(&at, 4), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    OK(cuDevicePrimaryCtxRetain(&again, device));
    CHECK(again == context);
    CHECK_ALL(zeroes(4), 4, 0);
}

CASE(context_stack)
{
    CUcontext popped;
    begin_without_context();
    CHECK(current() == NULL);
    IS(cuCtxPopCurrent(&popped), CUDA_ERROR_INVALID_CONTEXT);
    CUcontext a = new_context(0), b;
    CHECK(current() == a);
    b = new_context(0);
    CHECK(current() == b && a != b);
    OK(cuCtxPopCurrent(&popped));
    CHECK(popped == b && current() == a);
    OK(cuCtxPushCurrent(b));
    CHECK(current() == b);
    OK(cuCtxPushCurrent(a));
    /* Not the one that is on top, and then the one that is. */
    OK(cuCtxPopCurrent(NULL));
    CHECK(current() == b);
    OK(cuCtxDestroy(b));
    CHECK(current() == a);
    OK(cuCtxDestroy(a));
    CHECK(current() == NULL);
}

CASE(context_set_replaces_the_top)
{
    CUcontext popped;
    begin_without_context();
    CUcontext a = new_context(0), b = new_context(0);
    OK(cuCtxSetCurrent(a));
    CHECK(current() == a);
    OK(cuCtxPopCurrent(&popped));
    CHECK(popped == a && current() == a);
    /* None is the same as taking the top away. */
    OK(cuCtxSetCurrent(NULL));
    CHECK(current() == NULL);
    OK(cuCtxSetCurrent(NULL));
    OK(cuCtxSetCurrent(b));
    CHECK(current() == b);
    REFUSED(cuCtxPushCurrent(NULL));
}

static void see_none(void *other)
{
    CUdeviceptr at;
    CHECK(current() == NULL);
    IS(cuMemAlloc(&at, 16), CUDA_ERROR_INVALID_CONTEXT);
    OK(cuCtxSetCurrent(other));
    OK(cuMemAlloc(&at, 16));
    CHECK(current() == other);
}

CASE(context_is_current_to_one_thread)
{
    begin();
    CUcontext own = new_context(0);
    on_a_thread(see_none, context);
    CHECK(current() == own);
}

CASE(context_none_refuses)
{
    CUdeviceptr at = 0;
    CUstream stream;
    CUevent event;
    CUmodule module;
    CUdevice which;
    size_t free, total, limit;
    unsigned flags;
    void *host;
    begin_without_context();
    IS(cuMemAlloc(&at, 16), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuMemFree(4096), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuMemGetInfo(&free, &total), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuMemAllocHost(&host, 16), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuMemsetD8(4096, 0, 16), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuStreamCreate(&stream, 0), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuStreamSynchronize(NULL), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuEventCreate(&event, 0), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuModuleLoadData(&module, kernels_ptx), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuCtxSynchronize(), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuCtxGetDevice(&which), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuCtxGetFlags(&flags), CUDA_ERROR_INVALID_CONTEXT);
    IS(cuCtxGetLimit(&limit, CU_LIMIT_STACK_SIZE), CUDA_ERROR_INVALID_CONTEXT);
}

struct steps {
    CUcontext shared;
    sem_t made_current, destroyed;
};

static void use_what_another_destroyed(void *arg)
{
    struct steps *steps = arg;
    CUdeviceptr at;
    OK(cuCtxSetCurrent(steps->shared));
    sem_post(&steps->made_current);
    sem_wait(&steps->destroyed);
    IS(cuMemAlloc(&at, 16), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    IS(cuCtxSynchronize(), CUDA_ERROR_CONTEXT_IS_DESTROYED);
}

static void *use_on_a_thread(void *steps)
{
    use_what_another_destroyed(steps);
    return NULL;
}

CASE(context_destroyed_under_another_thread)
{
    struct steps steps;
    pthread_t thread;
    begin_without_context();
    steps.shared = new_context(0);
    sem_init(&steps.made_current, 0, 0);
    sem_init(&steps.destroyed, 0, 0);
    CHECK(pthread_create(&thread, NULL, use_on_a_thread, &steps) == 0);
    sem_wait(&steps.made_current);
    OK(cuCtxDestroy(steps.shared));
    sem_post(&steps.destroyed);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(current() == NULL);
}

CASE(context_answers)
{
    CUdevice which = -1;
    unsigned flags = 0, version = 0;
    unsigned long long first = 0, second = 0;
    int least = 0, greatest = 0;
    begin_without_context();
    CUcontext a = new_context(CU_CTX_SCHED_YIELD), b = new_context(0);
    OK(cuCtxGetDevice(&which));
    CHECK_INT(which, device);
    OK(cuCtxGetId(a, &first));
    OK(cuCtxGetId(b, &second));
    CHECK(first != second);
    OK(cuCtxGetId(NULL, &first));
    CHECK(first == second);
    OK(cuCtxGetApiVersion(a, &version));
    CHECK(version >= 3020);
    OK(cuCtxSetCurrent(a));
    OK(cuCtxGetFlags(&flags));
    CHECK_INT(flags & CU_CTX_SCHED_MASK, CU_CTX_SCHED_YIELD);
    OK(cuCtxGetStreamPriorityRange(&least, &greatest));
    CHECK(least >= greatest);
    OK(cuCtxSynchronize());
}

CASE(context_wrong_creation)
{
    CUcontext made;
    begin_without_context();
    IS(cuCtxCreate(&made, NULL, 0, 1000), CUDA_ERROR_INVALID_DEVICE);
    IS(cuCtxCreate(&made, NULL, 0x10000, device), CUDA_ERROR_INVALID_VALUE);
    IS(cuCtxCreate(NULL, NULL, 0, device), CUDA_ERROR_INVALID_VALUE);
    REFUSED(cuCtxDestroy(NULL));
    CHECK(current() == NULL);
}

CASE(context_limits)
{
    size_t stack = 0, now = 0;
    begin();
    OK(cuCtxGetLimit(&stack, CU_LIMIT_STACK_SIZE));
    CHECK(stack > 0);
    OK(cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 4096));
    OK(cuCtxGetLimit(&now, CU_LIMIT_STACK_SIZE));
    CHECK(now >= 4096);
    OK(cuCtxSetLimit(CU_LIMIT_PRINTF_FIFO_SIZE, 2 << 20));
    OK(cuCtxGetLimit(&now, CU_LIMIT_PRINTF_FIFO_SIZE));
    CHECK(now >= 2 << 20);
    OK(cuCtxSetLimit(CU_LIMIT_MALLOC_HEAP_SIZE, 16 << 20));
    OK(cuCtxGetLimit(&now, CU_LIMIT_MALLOC_HEAP_SIZE));
    CHECK(now >= 16 << 20);
    REFUSED(cuCtxSetLimit((CUlimit)1000, 1));
    REFUSED(cuCtxGetLimit(&now, (CUlimit)1000));
}

CASE(context_cache_configuration)
{
    CUfunc_cache cache = CU_FUNC_CACHE_PREFER_EQUAL;
    begin();
    OK(cuCtxSetCacheConfig(CU_FUNC_CACHE_PREFER_L1));
    OK(cuCtxGetCacheConfig(&cache));
    /* A preference: devices without a choice say so. */
    CHECK(cache == CU_FUNC_CACHE_PREFER_L1 || cache == CU_FUNC_CACHE_PREFER_NONE);
    OK(cuCtxResetPersistingL2Cache());
}

/* Each context has memory, modules and streams of its own, on one device with one space of addresses. */
CASE(contexts_beside_one_another)
{
    int value = 3, got = 0;
    CUdeviceptr counter_of[2], more;
    CUfunction count_up[2];
    size_t size = 0;
    begin_without_context();
    for (int i = 0; i < 2; i++) {
        new_context(0);
        CUmodule module = load_kernels();
        OK(cuModuleGetGlobal(&counter_of[i], &size, module, "counter"));
        OK(cuModuleGetFunction(&count_up[i], module, "count_up"));
        LAUNCH(count_up[i], 1, i + 1, NULL, NULL);
        OK(cuCtxSynchronize());
    }
    CHECK(counter_of[0] != counter_of[1]);
    more = upload(&value, sizeof value);
    CUcontext second = current();
    OK(cuCtxPopCurrent(NULL));
    CHECK_INT(value_at(counter_of[0]), 7 + 1);
    OK(cuMemcpyDtoH(&got, more, sizeof got));
    CHECK_INT(got, 3);
    OK(cuCtxPushCurrent(second));
    CHECK_INT(value_at(counter_of[1]), 7 + 2);
}

/* An end of a context ends what it was about to do, and frees its memory. */
CASE(context_ends_with_its_memory)
{
    size_t before = 0, between = 0, after = 0, total;
    enum { SIZE = 64 << 20 };
    begin();
    OK(cuMemGetInfo(&before, &total));
    if (before < 4ull * SIZE)
        skip("too little memory");
    CUcontext own = new_context(0);
    allocate(SIZE);
    OK(cuMemGetInfo(&between, &total));
    CHECK(before - between >= SIZE);
    OK(cuCtxDestroy(own));
    OK(cuMemGetInfo(&after, &total));
    CHECK(after >= between + SIZE);
}
