/* Events: what is before them, what waits for them, times. */
#include "client.h"

#include <time.h>

CASE(event_that_was_never_recorded)
{
    begin();
    CUevent event = new_event(0);
    OK(cuEventQuery(event));
    OK(cuEventSynchronize(event));
    OK(cuStreamWaitEvent(new_stream(0), event, 0));
    OK(cuEventDestroy(event));
}

CASE(event_tells_when_it_is_reached)
{
    struct gate gate;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent before = new_event(0), after = new_event(0);
    OK(cuEventRecord(before, stream));
    OK(cuEventSynchronize(before));
    shut(&gate, stream);
    OK(cuEventRecord(after, stream));
    OK(cuEventQuery(before));
    IS(cuEventQuery(after), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuEventSynchronize(after));
    OK(cuEventQuery(after));
}

/* The last record counts. */
CASE(event_recorded_again)
{
    struct gate gate;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(0);
    OK(cuEventRecord(event, stream));
    OK(cuEventSynchronize(event));
    shut(&gate, stream);
    OK(cuEventRecord(event, stream));
    IS(cuEventQuery(event), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuEventSynchronize(event));
}

CASE(event_orders_two_streams)
{
    struct gate gate;
    begin();
    CUstream first = new_stream(CU_STREAM_NON_BLOCKING), second = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = zeroes(100);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    affine(second, at, 100, 1, 1);
    OK(cuStreamSynchronize(second));
    shut(&gate, first);
    affine(first, at, 100, 2, 1);
    OK(cuEventRecord(event, first));
    OK(cuStreamWaitEvent(second, event, 0));
    affine(second, at, 100, 10, 0);
    IS(cuStreamQuery(second), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(second));
    CHECK_ALL(at, 100, 30);
}

/* A wait is for what was recorded when it was asked for, whatever is recorded later. */
CASE(event_recorded_anew_behind_a_wait)
{
    struct gate gate;
    begin();
    CUstream first = new_stream(CU_STREAM_NON_BLOCKING), second = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    OK(cuEventRecord(event, first));
    OK(cuStreamWaitEvent(second, event, 0));
    shut(&gate, first);
    OK(cuEventRecord(event, first));
    OK(cuStreamSynchronize(second));
    IS(cuEventQuery(event), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuEventSynchronize(event));
}

CASE(event_destroyed_before_it_is_reached)
{
    struct gate gate;
    begin();
    CUstream first = new_stream(CU_STREAM_NON_BLOCKING), second = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = zeroes(1);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    affine(first, at, 1, 1, 1);
    OK(cuStreamSynchronize(first));
    shut(&gate, first);
    affine(first, at, 1, 1, 2);
    OK(cuEventRecord(event, first));
    OK(cuStreamWaitEvent(second, event, 0));
    OK(cuEventDestroy(event));
    affine(second, at, 1, 10, 0);
    open_gate(&gate);
    OK(cuStreamSynchronize(second));
    CHECK_INT(value_at(at), 30);
}

CASE(event_after_event)
{
    enum { LINKS = 20 };
    begin();
    CUdeviceptr at = zeroes(1);
    CUstream streams[2] = {new_stream(CU_STREAM_NON_BLOCKING), new_stream(CU_STREAM_NON_BLOCKING)};
    CUevent events[2] = {new_event(CU_EVENT_DISABLE_TIMING), new_event(CU_EVENT_DISABLE_TIMING)};
    int want = 0;
    for (int i = 0; i < LINKS; i++) {
        OK(cuStreamWaitEvent(streams[i % 2], events[(i + 1) % 2], 0));
        affine(streams[i % 2], at, 1, -2, i);
        OK(cuEventRecord(events[i % 2], streams[i % 2]));
        want = want * -2 + i;
    }
    OK(cuEventSynchronize(events[(LINKS + 1) % 2]));
    CHECK_INT(value_at(at), want);
}

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Between them lies a gate that was shut for at least so long. */
CASE(event_times)
{
    struct gate gate;
    float elapsed = -1;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent start = new_event(0), end = new_event(CU_EVENT_BLOCKING_SYNC);
    OK(cuEventRecord(start, stream));
    OK(cuEventSynchronize(start));
    shut(&gate, stream);
    OK(cuEventRecord(end, stream));
    double from = milliseconds(), to = from;
    while (to < from + 3)
        to = milliseconds();
    IS(cuEventElapsedTime(&elapsed, start, end), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuEventSynchronize(end));
    OK(cuEventElapsedTime(&elapsed, start, end));
    /* The resolution is about half a microsecond. */
    CHECK(elapsed >= to - from - 0.001);
}

CASE(event_times_that_are_not_taken)
{
    float elapsed;
    begin();
    CUstream stream = new_stream(0);
    CUevent timed = new_event(0), untimed = new_event(CU_EVENT_DISABLE_TIMING), unrecorded = new_event(0);
    OK(cuEventRecord(timed, stream));
    OK(cuEventRecord(untimed, stream));
    OK(cuStreamSynchronize(stream));
    IS(cuEventElapsedTime(&elapsed, timed, untimed), CUDA_ERROR_INVALID_HANDLE);
    IS(cuEventElapsedTime(&elapsed, timed, unrecorded), CUDA_ERROR_INVALID_HANDLE);
    IS(cuEventElapsedTime(NULL, timed, timed), CUDA_ERROR_INVALID_VALUE);
    OK(cuEventElapsedTime(&elapsed, timed, timed));
    CHECK(elapsed == 0);
}

CASE(event_wrong)
{
    CUevent event;
    begin();
    IS(cuEventCreate(&event, 0x100), CUDA_ERROR_INVALID_VALUE);
    IS(cuEventCreate(NULL, 0), CUDA_ERROR_INVALID_VALUE);
    /* Events between processes have no times. */
    IS(cuEventCreate(&event, CU_EVENT_INTERPROCESS), CUDA_ERROR_INVALID_VALUE);
    REFUSED(cuEventRecord(NULL, NULL));
    event = new_event(0);
    IS(cuEventRecordWithFlags(event, NULL, 0x100), CUDA_ERROR_INVALID_VALUE);
    IS(cuStreamWaitEvent(NULL, event, 0x100), CUDA_ERROR_INVALID_VALUE);
}

/* Event and stream belong to one context; a wait may cross. */
CASE(event_of_another_context)
{
    struct gate gate;
    begin();
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    new_context(0);
    CUstream other = new_stream(CU_STREAM_NON_BLOCKING);
    IS(cuEventRecord(event, other), CUDA_ERROR_INVALID_HANDLE);
    shut(&gate, stream);
    OK(cuEventRecord(event, stream));
    OK(cuStreamWaitEvent(other, event, 0));
    IS(cuStreamQuery(other), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(other));
    OK(cuEventQuery(event));
}

CASE(events_by_the_thousand)
{
    enum { MANY = 1000 };
    static CUevent events[MANY];
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    for (int i = 0; i < MANY; i++) {
        events[i] = new_event(i % 2 ? CU_EVENT_DISABLE_TIMING : 0);
        OK(cuEventRecord(events[i], stream));
    }
    OK(cuEventSynchronize(events[MANY - 1]));
    for (int i = 0; i < MANY; i++) {
        OK(cuEventQuery(events[i]));
        OK(cuEventDestroy(events[i]));
    }
}
