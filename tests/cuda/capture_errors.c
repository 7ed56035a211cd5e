/* What may not be done while a stream is recorded, and what becomes of the recording. */
#include "client.h"

static CUstream begin_capture(CUstreamCaptureMode mode)
{
    begin();
    kernel("affine");
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuStreamBeginCapture(stream, mode));
    return stream;
}

/* The recording is void, and the stream can be used again. */
static void check_invalidated(CUstream stream)
{
    CUgraph graph = (CUgraph)1;
    CUstreamCaptureStatus status;
    OK(cuStreamIsCapturing(stream, &status));
    CHECK_INT(status, CU_STREAM_CAPTURE_STATUS_INVALIDATED);
    IS(cuStreamEndCapture(stream, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CHECK(graph == NULL);
    OK(cuStreamIsCapturing(stream, &status));
    CHECK_INT(status, CU_STREAM_CAPTURE_STATUS_NONE);
    CUdeviceptr at = zeroes(4);
    affine(stream, at, 4, 1, 3);
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 4, 3);
}

CASE(capture_does_not_synchronise)
{
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_RELAXED);
    IS(cuStreamSynchronize(stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    check_invalidated(stream);
}

CASE(capture_is_not_queried)
{
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_RELAXED);
    IS(cuStreamQuery(stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    check_invalidated(stream);
}

/* After the first error, every recording call has the second. */
CASE(capture_stays_invalidated)
{
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_RELAXED);
    CUdeviceptr at = 0;
    OK(cuMemAlloc(&at, 64));
    IS(cuStreamSynchronize(stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    IS(cuMemsetD8Async(at, 0, 64, stream), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    check_invalidated(stream);
}

CASE(capture_forbids_unsafe_calls)
{
    CUdeviceptr at;
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    IS(cuMemAlloc(&at, 64), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    check_invalidated(stream);
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    IS(cuMemAlloc(&at, 64), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    check_invalidated(stream);
}

static void allocate_there(void *status)
{
    CUdeviceptr at;
    OK(cuCtxSetCurrent(context));
    *(CUresult *)status = cuMemAlloc(&at, 64);
}

/* Those of other threads, too. */
CASE(capture_forbids_unsafe_calls_of_all_threads)
{
    CUresult status = CUDA_SUCCESS;
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    on_a_thread(allocate_there, &status);
    CHECK_INT(status, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    check_invalidated(stream);
}

/* The legacy stream would wait for a recorded stream that blocks. */
CASE(capture_forbids_the_legacy_stream)
{
    begin();
    CUdeviceptr at = zeroes(4);
    CUstream stream = new_stream(CU_STREAM_DEFAULT);
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
    IS(cuMemsetD32Async(at, 1, 4, NULL), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    check_invalidated(stream);
    CHECK_ALL(at, 4, 0);
}

CASE(capture_not_of_the_legacy_stream)
{
    begin();
    REFUSED(cuStreamBeginCapture(NULL, CU_STREAM_CAPTURE_MODE_GLOBAL));
    REFUSED(cuStreamBeginCapture(CU_STREAM_LEGACY, CU_STREAM_CAPTURE_MODE_GLOBAL));
    CHECK_ALL(zeroes(4), 4, 0);
}

CASE(capture_begun_twice)
{
    CUgraph graph;
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    REFUSED(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    cuStreamEndCapture(stream, &graph);
}

CASE(capture_ended_without_a_beginning)
{
    CUgraph graph = NULL;
    begin();
    REFUSED(cuStreamEndCapture(new_stream(0), &graph));
    REFUSED(cuStreamBeginCapture(new_stream(0), (CUstreamCaptureMode)99));
}

CASE(capture_with_an_end_left_open)
{
    CUgraph graph = (CUgraph)1;
    CUstreamCaptureStatus status;
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_RELAXED), other = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent fork = new_event(CU_EVENT_DISABLE_TIMING);
    CUdeviceptr at = 0;
    OK(cuMemAlloc(&at, 64));
    OK(cuEventRecord(fork, stream));
    OK(cuStreamWaitEvent(other, fork, 0));
    affine(other, at, 4, 1, 1);
    IS(cuStreamEndCapture(stream, &graph), CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
    CHECK(graph == NULL);
    OK(cuStreamIsCapturing(other, &status));
    CHECK_INT(status, CU_STREAM_CAPTURE_STATUS_NONE);
}

/* It ends on the stream that it began on. */
CASE(capture_ended_on_another_stream)
{
    CUgraph graph = NULL;
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_RELAXED), other = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent fork = new_event(CU_EVENT_DISABLE_TIMING);
    OK(cuEventRecord(fork, stream));
    OK(cuStreamWaitEvent(other, fork, 0));
    IS(cuStreamEndCapture(other, &graph), CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
}

CASE(capture_event_is_no_event_outside)
{
    float elapsed;
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_RELAXED);
    CUevent event = new_event(0), usual = new_event(0);
    OK(cuEventRecord(event, stream));
    IS(cuEventQuery(event), CUDA_ERROR_CAPTURED_EVENT);
    IS(cuEventSynchronize(event), CUDA_ERROR_CAPTURED_EVENT);
    REFUSED(cuEventElapsedTime(&elapsed, event, usual));
}

/* What is recorded does not wait for what is not. */
CASE(capture_is_isolated)
{
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_RELAXED), other = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    OK(cuEventRecord(event, other));
    IS(cuStreamWaitEvent(stream, event, 0), CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
    check_invalidated(stream);
}

CASE(captures_do_not_merge)
{
    CUgraph graph;
    CUstream stream = begin_capture(CU_STREAM_CAPTURE_MODE_RELAXED), other = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(CU_EVENT_DISABLE_TIMING);
    OK(cuStreamBeginCapture(other, CU_STREAM_CAPTURE_MODE_RELAXED));
    OK(cuEventRecord(event, other));
    IS(cuStreamWaitEvent(stream, event, 0), CUDA_ERROR_STREAM_CAPTURE_MERGE);
    IS(cuStreamEndCapture(stream, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    IS(cuStreamEndCapture(other, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
}

static CUstream of_another_thread;

static void end_there(void *status)
{
    CUgraph graph;
    OK(cuCtxSetCurrent(context));
    *(CUresult *)status = cuStreamEndCapture(of_another_thread, &graph);
}

CASE(capture_ended_by_another_thread)
{
    CUresult status = CUDA_SUCCESS;
    of_another_thread = begin_capture(CU_STREAM_CAPTURE_MODE_GLOBAL);
    on_a_thread(end_there, &status);
    CHECK_INT(status, CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
    /* A relaxed one may. */
    of_another_thread = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuStreamBeginCapture(of_another_thread, CU_STREAM_CAPTURE_MODE_RELAXED));
    on_a_thread(end_there, &status);
    CHECK_INT(status, CUDA_SUCCESS);
}

/* A copy without a stream goes by the legacy one. */
CASE(capture_does_not_copy_synchronously)
{
    int value = 5;
    begin();
    CUdeviceptr at = zeroes(1);
    CUstream stream = new_stream(CU_STREAM_DEFAULT);
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    REFUSED(cuMemcpyHtoD(at, &value, sizeof value));
    check_invalidated(stream);
    CHECK_INT(value_at(at), 0);
}
