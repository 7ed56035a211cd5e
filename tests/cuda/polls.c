/* Events and streams that are asked about again and again. */
#include "client.h"

enum { OFTEN = 10000 };

#define POLL(times, call, want)          \
    do {                                 \
        for (int n = 0; n < (times); n++) \
            IS(call, want);              \
    } while (0)

/* Polls until something else is said than that it goes on: what that is. */
static CUresult event_end(CUevent event)
{
    CUresult said;
    while ((said = cuEventQuery(event)) == CUDA_ERROR_NOT_READY)
        continue;
    return said;
}

static CUresult stream_end(CUstream stream)
{
    CUresult said;
    while ((said = cuStreamQuery(stream)) == CUDA_ERROR_NOT_READY)
        continue;
    return said;
}

CASE(poll_until_an_event_is_reached)
{
    struct gate gate;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = zeroes(100);
    CUevent event = new_event(0);
    for (int round = 1; round <= 5; round++) {
        shut(&gate, stream);
        affine(stream, at, 100, 1, 1);
        OK(cuEventRecord(event, stream));
        POLL(OFTEN, cuEventQuery(event), CUDA_ERROR_NOT_READY);
        open_gate(&gate);
        OK(event_end(event));
        POLL(10, cuEventQuery(event), CUDA_SUCCESS);
        CHECK_ALL(at, 100, round);
    }
}

CASE(poll_until_a_stream_is_done)
{
    struct gate gate;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = zeroes(100);
    for (int round = 1; round <= 5; round++) {
        shut(&gate, stream);
        POLL(OFTEN, cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
        /* What comes later counts, too. */
        affine(stream, at, 100, 1, 1);
        POLL(OFTEN, cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
        open_gate(&gate);
        OK(stream_end(stream));
        CHECK_ALL(at, 100, round);
    }
}

/* Streams that are no objects. */
CASE(poll_of_default_streams)
{
    struct gate gate;
    CUstream streams[] = {NULL, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD};
    begin();
    for (size_t i = 0; i < COUNT(streams); i++) {
        shut(&gate, streams[i]);
        POLL(100, cuStreamQuery(streams[i]), CUDA_ERROR_NOT_READY);
        open_gate(&gate);
        OK(stream_end(streams[i]));
    }
}

static void post(void *semaphore)
{
    sem_post(semaphore);
}

/* Who was called behind an event knows that it was reached. */
CASE(poll_after_a_call_behind)
{
    struct gate gate;
    sem_t called;
    begin();
    sem_init(&called, 0, 0);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    for (int round = 0; round < 20; round++) {
        shut(&gate, stream);
        OK(cuEventRecord(event, stream));
        OK(cuLaunchHostFunc(stream, post, &called));
        POLL(100, cuEventQuery(event), CUDA_ERROR_NOT_READY);
        open_gate(&gate);
        while (sem_wait(&called) != 0)
            continue;
        OK(cuEventQuery(event));
    }
}

static void synchronize(void *stream)
{
    OK(cuCtxSetCurrent(context));
    OK(cuStreamSynchronize(stream));
}

/* So does who has waited, in whichever thread. */
CASE(poll_after_another_thread_has_waited)
{
    struct gate gate;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    for (int round = 0; round < 20; round++) {
        shut(&gate, stream);
        OK(cuEventRecord(event, stream));
        POLL(100, cuEventQuery(event), CUDA_ERROR_NOT_READY);
        POLL(100, cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
        open_gate(&gate);
        on_a_thread(synchronize, stream);
        OK(cuEventQuery(event));
        OK(cuStreamQuery(stream));
    }
}

/* The last record counts, whatever has become of the one before. */
CASE(poll_of_an_event_recorded_again)
{
    struct gate gate;
    begin();
    CUstream held = new_stream(CU_STREAM_NON_BLOCKING), going = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    shut(&gate, held);
    for (int round = 0; round < 5; round++) {
        OK(cuEventRecord(event, held));
        POLL(100, cuEventQuery(event), CUDA_ERROR_NOT_READY);
        OK(cuEventRecord(event, going));
        OK(event_end(event));
        OK(cuEventRecord(event, held));
        POLL(100, cuEventQuery(event), CUDA_ERROR_NOT_READY);
        OK(cuEventRecord(event, going));
        OK(cuStreamSynchronize(going));
        OK(cuEventQuery(event));
    }
    OK(cuEventRecord(event, held));
    POLL(100, cuEventQuery(event), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(event_end(event));
    OK(stream_end(held));
}

CASE(poll_of_many_in_turn)
{
    enum { MANY = 700 };
    static CUevent events[MANY];
    struct gate gate;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    for (int i = 0; i < MANY; i++)
        events[i] = new_event(CU_EVENT_DISABLE_TIMING);
    shut(&gate, stream);
    for (int i = 0; i < MANY; i++)
        OK(cuEventRecord(events[i], stream));
    for (int round = 0; round < 10; round++)
        for (int i = 0; i < MANY; i++)
            IS(cuEventQuery(events[i]), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    /* They are reached in their order: after the last one, all have been. */
    OK(event_end(events[MANY - 1]));
    for (int i = 0; i < MANY; i++)
        OK(cuEventQuery(events[i]));
}

CASE(poll_of_an_event_that_is_destroyed)
{
    struct gate gate;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    shut(&gate, stream);
    for (int i = 0; i < 100; i++) {
        CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
        OK(cuEventQuery(event));
        OK(cuEventRecord(event, stream));
        POLL(10, cuEventQuery(event), CUDA_ERROR_NOT_READY);
        OK(cuEventDestroy(event));
    }
    open_gate(&gate);
    OK(stream_end(stream));
}

static void poll_to_the_end(void *event)
{
    OK(cuCtxSetCurrent(context));
    OK(event_end(event));
}

static void *polls(void *event)
{
    poll_to_the_end(event);
    return NULL;
}

CASE(poll_by_many_threads)
{
    enum { THREADS = 4 };
    struct gate gate;
    pthread_t threads[THREADS];
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    for (int round = 0; round < 5; round++) {
        shut(&gate, stream);
        OK(cuEventRecord(event, stream));
        for (int i = 0; i < THREADS; i++)
            CHECK(pthread_create(&threads[i], NULL, polls, event) == 0);
        POLL(OFTEN, cuEventQuery(event), CUDA_ERROR_NOT_READY);
        open_gate(&gate);
        for (int i = 0; i < THREADS; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
        OK(cuEventQuery(event));
    }
}

/* An error that stays is heard by who polls. */
CASE(poll_meets_a_fault)
{
    struct gate gate;
    CUdeviceptr nowhere = 0x10;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    CUfunction write = kernel("write_to");
    shut(&gate, stream);
    LAUNCH(write, 1, 1, stream, &nowhere);
    OK(cuEventRecord(event, stream));
    POLL(100, cuEventQuery(event), CUDA_ERROR_NOT_READY);
    POLL(100, cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    CHECK_INT(event_end(event), CUDA_ERROR_ILLEGAL_ADDRESS);
    CHECK_INT(stream_end(stream), CUDA_ERROR_ILLEGAL_ADDRESS);
    CHECK_INT(event_end(event), CUDA_ERROR_ILLEGAL_ADDRESS);
}

/* What a stream records is not waited for, and may not be asked about. */
CASE(poll_while_a_stream_records)
{
    struct gate gate;
    CUgraph graph = NULL;
    begin();
    CUstream held = new_stream(CU_STREAM_NON_BLOCKING), records = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING), captured = new_event(CU_EVENT_DISABLE_TIMING);
    CUdeviceptr at = zeroes(1);
    affine(held, at, 1, 1, 0);
    OK(cuStreamSynchronize(held));
    shut(&gate, held);
    OK(cuEventRecord(event, held));
    OK(cuEventRecord(captured, held));
    POLL(100, cuEventQuery(event), CUDA_ERROR_NOT_READY);
    POLL(100, cuEventQuery(captured), CUDA_ERROR_NOT_READY);
    POLL(100, cuStreamQuery(held), CUDA_ERROR_NOT_READY);
    OK(cuStreamBeginCapture(records, CU_STREAM_CAPTURE_MODE_RELAXED));
    affine(records, at, 1, 1, 1);
    POLL(100, cuEventQuery(event), CUDA_ERROR_NOT_READY);
    OK(cuStreamEndCapture(records, &graph));
    OK(cuStreamBeginCapture(records, CU_STREAM_CAPTURE_MODE_RELAXED));
    OK(cuEventRecord(captured, records));
    IS(cuEventQuery(captured), CUDA_ERROR_CAPTURED_EVENT);
    IS(cuStreamEndCapture(records, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    OK(cuStreamBeginCapture(held, CU_STREAM_CAPTURE_MODE_RELAXED));
    IS(cuStreamQuery(held), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    IS(cuStreamEndCapture(held, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    open_gate(&gate);
    OK(event_end(event));
    OK(stream_end(held));
}

/* A recording in which the whole process may not ask. */
CASE(poll_while_a_stream_records_for_all)
{
    struct gate gate;
    CUgraph graph = NULL;
    begin();
    CUstream held = new_stream(CU_STREAM_NON_BLOCKING), records = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    shut(&gate, held);
    OK(cuEventRecord(event, held));
    POLL(100, cuEventQuery(event), CUDA_ERROR_NOT_READY);
    OK(cuStreamBeginCapture(records, CU_STREAM_CAPTURE_MODE_GLOBAL));
    IS(cuEventQuery(event), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    IS(cuStreamEndCapture(records, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    POLL(100, cuEventQuery(event), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(event_end(event));
}

/* A context that ends takes with it what was waited for in it. */
CASE(poll_in_contexts_that_end)
{
    begin();
    for (int round = 0; round < 10; round++) {
        struct gate gate;
        CUcontext own = new_context(0);
        CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
        CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
        shut(&gate, stream);
        OK(cuEventRecord(event, stream));
        POLL(20, cuEventQuery(event), CUDA_ERROR_NOT_READY);
        POLL(20, cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
        open_gate(&gate);
        OK(stream_end(stream));
        OK(cuCtxDestroy(own));
    }
}
