/* The default streams: legacy, which waits for blocking streams and they for it, and one for each thread. */
#include "client.h"

static CUdeviceptr at;

/* Loads the kernel before anything waits. */
static void begin_with_values(void)
{
    begin();
    at = zeroes(10);
    affine(NULL, at, 10, 1, 1);
    OK(cuCtxSynchronize());
}

/* A stream that blocks holds up the legacy stream, which holds up others that block. */
CASE(legacy_stream_waits_for_blocking_streams)
{
    struct gate gate;
    begin_with_values();
    CUstream one = new_stream(CU_STREAM_DEFAULT), other = new_stream(CU_STREAM_DEFAULT);
    shut(&gate, one);
    affine(one, at, 10, 2, 1);
    affine(NULL, at, 10, 3, 1);
    affine(other, at, 10, 5, 1);
    IS(cuStreamQuery(NULL), CUDA_ERROR_NOT_READY);
    IS(cuStreamQuery(other), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(other));
    OK(cuCtxSynchronize());
    CHECK_ALL(at, 10, ((1 * 2 + 1) * 3 + 1) * 5 + 1);
}

CASE(legacy_stream_does_not_wait_for_others)
{
    struct gate gate;
    begin_with_values();
    CUstream held = new_stream(CU_STREAM_NON_BLOCKING);
    shut(&gate, held);
    affine(held, at, 10, 10, 0);
    affine(NULL, at, 10, 1, 2);
    OK(cuStreamSynchronize(NULL));
    IS(cuStreamQuery(held), CUDA_ERROR_NOT_READY);
    CHECK_ALL(at, 10, 3);
    open_gate(&gate);
    OK(cuStreamSynchronize(held));
    CHECK_ALL(at, 10, 30);
}

CASE(legacy_stream_by_its_name)
{
    struct gate gate;
    begin_with_values();
    CUstream blocking = new_stream(CU_STREAM_DEFAULT);
    shut(&gate, CU_STREAM_LEGACY);
    affine(blocking, at, 10, 1, 6);
    IS(cuStreamQuery(CU_STREAM_LEGACY), CUDA_ERROR_NOT_READY);
    IS(cuStreamQuery(NULL), CUDA_ERROR_NOT_READY);
    IS(cuStreamQuery(blocking), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(blocking));
    CHECK_ALL(at, 10, 7);
}

/* That of a thread is a stream that blocks. */
CASE(per_thread_stream)
{
    struct gate gate;
    begin_with_values();
    CUstream blocking = new_stream(CU_STREAM_DEFAULT);
    shut(&gate, CU_STREAM_PER_THREAD);
    affine(CU_STREAM_PER_THREAD, at, 10, 2, 0);
    IS(cuStreamQuery(CU_STREAM_PER_THREAD), CUDA_ERROR_NOT_READY);
    OK(cuStreamQuery(blocking));
    OK(cuStreamSynchronize(blocking));
    affine(CU_STREAM_LEGACY, at, 10, 1, 5);
    IS(cuStreamQuery(CU_STREAM_LEGACY), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(CU_STREAM_LEGACY));
    CHECK_ALL(at, 10, 7);
}

static void is_done(void *unused)
{
    (void)unused;
    OK(cuCtxSetCurrent(context));
    OK(cuStreamQuery(CU_STREAM_PER_THREAD));
    affine(CU_STREAM_PER_THREAD, at, 10, 1, 4);
    OK(cuStreamSynchronize(CU_STREAM_PER_THREAD));
}

CASE(per_thread_streams_are_independent)
{
    struct gate gate;
    begin_with_values();
    shut(&gate, CU_STREAM_PER_THREAD);
    affine(CU_STREAM_PER_THREAD, at, 10, 10, 0);
    on_a_thread(is_done, NULL);
    IS(cuStreamQuery(CU_STREAM_PER_THREAD), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(CU_STREAM_PER_THREAD));
    CHECK_ALL(at, 10, 50);
}

/* Copies without a stream go by the legacy one. */
CASE(copies_wait_for_blocking_streams)
{
    begin_with_values();
    CUstream stream = new_stream(CU_STREAM_DEFAULT);
    enum { MANY = 100000 };
    CUdeviceptr much = zeroes(MANY);
    for (int i = 0; i < 10; i++)
        affine(stream, much, MANY, 2, 1);
    CHECK_INT(value_at(much + (MANY - 1) * 4), 1023);
}

CASE(context_waits_for_all_streams)
{
    struct gate gate;
    begin_with_values();
    CUstream blocking = new_stream(CU_STREAM_DEFAULT), not = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr other = zeroes(10);
    shut(&gate, not);
    affine(not, at, 10, 1, 1);
    affine(blocking, other, 10, 1, 1);
    open_gate(&gate);
    OK(cuCtxSynchronize());
    OK(cuStreamQuery(not));
    OK(cuStreamQuery(blocking));
    CHECK_ALL(at, 10, 2);
    CHECK_ALL(other, 10, 1);
}
