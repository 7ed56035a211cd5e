/* Many threads with one context, or each with its own. */
#include "client.h"

enum { THREADS = 16, ROUNDS = 30, VALUES = 500 };

static void *work_in_a_stream(void *number)
{
    int mine = (int)(intptr_t)number;
    OK(cuCtxSetCurrent(context));
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = zeroes(VALUES);
    int want = 0;
    for (int i = 0; i < ROUNDS; i++) {
        affine(stream, at, VALUES, 3, mine + i);
        want = (int)((unsigned)want * 3u + (unsigned)(mine + i));
    }
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, VALUES, want);
    OK(cuStreamDestroy(stream));
    OK(cuMemFree(at));
    return NULL;
}

static void on_threads(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, body, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

CASE(threads_with_streams)
{
    begin();
    on_threads(work_in_a_stream);
}

static CUdeviceptr shared;

static void *count_in_one_stream(void *unused)
{
    (void)unused;
    OK(cuCtxSetCurrent(context));
    CUfunction count_threads = kernel("count_threads");
    for (int i = 0; i < ROUNDS; i++)
        LAUNCH(count_threads, 1, 32, NULL, &shared);
    return NULL;
}

CASE(threads_with_one_stream)
{
    begin();
    shared = zeroes(1);
    on_threads(count_in_one_stream);
    OK(cuCtxSynchronize());
    CHECK_INT(value_at(shared), THREADS * ROUNDS * 32);
}

static void *work_in_a_context(void *number)
{
    int mine = (int)(intptr_t)number;
    CUfunction affine_here;
    int count = VALUES, times = 2, plus = mine;
    CUcontext own = new_context(0);
    OK(cuModuleGetFunction(&affine_here, load_kernels(), "affine"));
    CUdeviceptr at = zeroes(VALUES);
    LAUNCH(affine_here, 2, 256, NULL, &at, &count, &times, &plus);
    LAUNCH(affine_here, 2, 256, NULL, &at, &count, &times, &plus);
    OK(cuCtxSynchronize());
    CHECK_ALL(at, VALUES, 3 * mine);
    OK(cuCtxDestroy(own));
    return NULL;
}

CASE(threads_with_contexts)
{
    begin_without_context();
    on_threads(work_in_a_context);
}

static void *allocate_and_free(void *number)
{
    int mine = (int)(intptr_t)number;
    OK(cuCtxSetCurrent(context));
    for (int i = 0; i < ROUNDS; i++) {
        CUdeviceptr at = allocate((size_t)(mine + 1) * 1000);
        OK(cuMemcpyHtoD(at, &i, sizeof i));
        CHECK_INT(value_at(at), i);
        OK(cuMemFree(at));
    }
    return NULL;
}

CASE(threads_that_allocate)
{
    begin();
    on_threads(allocate_and_free);
}

static CUevent passed[THREADS];
static sem_t recorded[THREADS];

/* Each waits for the event of the one before. */
static void *hand_on(void *number)
{
    intptr_t mine = (intptr_t)number;
    OK(cuCtxSetCurrent(context));
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    if (mine > 0) {
        while (sem_wait(&recorded[mine - 1]) != 0) {}
        OK(cuStreamWaitEvent(stream, passed[mine - 1], 0));
    }
    affine(stream, shared, VALUES, 2, (int)mine);
    OK(cuEventRecord(passed[mine], stream));
    sem_post(&recorded[mine]);
    return NULL;
}

CASE(threads_that_wait_for_one_another)
{
    int want = 0;
    begin();
    shared = zeroes(VALUES);
    for (int i = 0; i < THREADS; i++) {
        passed[i] = new_event(CU_EVENT_DISABLE_TIMING);
        sem_init(&recorded[i], 0, 0);
        want = want * 2 + i;
    }
    on_threads(hand_on);
    OK(cuEventSynchronize(passed[THREADS - 1]));
    CHECK_ALL(shared, VALUES, want);
}

static void *come_and_go(void *unused)
{
    (void)unused;
    OK(cuCtxSetCurrent(context));
    CHECK_INT(value_at(shared), 7);
    return NULL;
}

CASE(threads_come_and_go)
{
    int seven = 7;
    begin();
    shared = upload(&seven, sizeof seven);
    for (int i = 0; i < 8; i++)
        on_threads(come_and_go);
}
