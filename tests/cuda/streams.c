/* Streams: order in one and between several. */
#include "client.h"

CASE(stream_keeps_order)
{
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = zeroes(1000);
    int want = 0;
    for (int i = 1; i <= 12; i++) {
        affine(stream, at, 1000, 3, i);
        want = want * 3 + i;
    }
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 1000, want);
}

CASE(stream_is_asked_whether_it_is_done)
{
    struct gate gate;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuStreamQuery(stream));
    shut(&gate, stream);
    IS(cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(stream));
    OK(cuStreamQuery(stream));
}

/* One that waits does not hold up the other. */
CASE(streams_are_independent)
{
    struct gate gate;
    begin();
    CUstream held = new_stream(CU_STREAM_NON_BLOCKING), going = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr a = zeroes(10), b = zeroes(10);
    /* Loading the kernel may wait for all streams. */
    affine(going, b, 10, 1, 0);
    OK(cuStreamSynchronize(going));
    shut(&gate, held);
    affine(held, a, 10, 1, 1);
    affine(going, b, 10, 1, 2);
    OK(cuStreamSynchronize(going));
    IS(cuStreamQuery(held), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(held));
    CHECK_ALL(a, 10, 1);
    CHECK_ALL(b, 10, 2);
}

CASE(stream_answers)
{
    unsigned flags = 99;
    int priority = 99, least, greatest;
    unsigned long long one = 0, other = 0;
    CUcontext owner = NULL;
    CUdevice on = -1;
    begin();
    CUstream blocking = new_stream(CU_STREAM_DEFAULT), not = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuStreamGetFlags(blocking, &flags));
    CHECK_INT(flags, CU_STREAM_DEFAULT);
    OK(cuStreamGetFlags(not, &flags));
    CHECK_INT(flags, CU_STREAM_NON_BLOCKING);
    OK(cuStreamGetCtx(not, &owner));
    CHECK(owner == context);
    OK(cuStreamGetId(blocking, &one));
    OK(cuStreamGetId(not, &other));
    CHECK(one != other);
    OK(cuStreamGetDevice(not, &on));
    CHECK_INT(on, device);
    OK(cuCtxGetStreamPriorityRange(&least, &greatest));
    OK(cuStreamGetPriority(not, &priority));
    CHECK(priority <= least && priority >= greatest);
}

/* Priorities beyond the range are taken for its end. */
CASE(stream_priorities)
{
    int least, greatest, priority = 99;
    unsigned flags = 99;
    CUstream stream;
    begin();
    OK(cuCtxGetStreamPriorityRange(&least, &greatest));
    OK(cuStreamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, greatest));
    OK(cuStreamGetPriority(stream, &priority));
    CHECK_INT(priority, greatest);
    OK(cuStreamGetFlags(stream, &flags));
    CHECK_INT(flags, CU_STREAM_NON_BLOCKING);
    OK(cuStreamCreateWithPriority(&stream, CU_STREAM_DEFAULT, greatest - 100));
    OK(cuStreamGetPriority(stream, &priority));
    CHECK_INT(priority, greatest);
    OK(cuStreamCreateWithPriority(&stream, CU_STREAM_DEFAULT, least + 100));
    OK(cuStreamGetPriority(stream, &priority));
    CHECK_INT(priority, least);
}

CASE(stream_wrong)
{
    CUstream stream;
    begin();
    IS(cuStreamCreate(&stream, 0x100), CUDA_ERROR_INVALID_VALUE);
    IS(cuStreamCreate(NULL, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuStreamCreateWithPriority(&stream, 0x100, 0), CUDA_ERROR_INVALID_VALUE);
    REFUSED(cuStreamDestroy(NULL));
}

/* "In case the device is still doing work, … the resources are released once the device has completed it." */
CASE(stream_destroyed_at_work)
{
    struct gate gate;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = zeroes(100);
    CUevent done = new_event(0);
    shut(&gate, stream);
    affine(stream, at, 100, 1, 5);
    OK(cuEventRecord(done, stream));
    OK(cuStreamDestroy(stream));
    open_gate(&gate);
    OK(cuEventSynchronize(done));
    CHECK_ALL(at, 100, 5);
}

CASE(streams_by_the_hundred)
{
    enum { MANY = 100 };
    CUstream streams[MANY];
    begin();
    CUdeviceptr at = zeroes(MANY);
    for (int i = 0; i < MANY; i++)
        streams[i] = new_stream(i % 2 ? CU_STREAM_NON_BLOCKING : CU_STREAM_DEFAULT);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < MANY; i++)
            affine(streams[i], at + (CUdeviceptr)i * 4, 1, 2, i);
    for (int i = 0; i < MANY; i++)
        OK(cuStreamDestroy(streams[i]));
    OK(cuCtxSynchronize());
    for (int i = 0; i < MANY; i++)
        CHECK_INT(value_at(at + (CUdeviceptr)i * 4), 7 * i);
}

CASE(stream_attributes)
{
    CUstreamAttrValue value, got;
    begin();
    CUstream one = new_stream(0), other = new_stream(0);
    memset(&value, 0, sizeof value);
    value.syncPolicy = CU_SYNC_POLICY_BLOCKING_SYNC;
    OK(cuStreamSetAttribute(one, CU_STREAM_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
    OK(cuStreamGetAttribute(one, CU_STREAM_ATTRIBUTE_SYNCHRONIZATION_POLICY, &got));
    CHECK_INT(got.syncPolicy, CU_SYNC_POLICY_BLOCKING_SYNC);
    OK(cuStreamCopyAttributes(other, one));
    OK(cuStreamGetAttribute(other, CU_STREAM_ATTRIBUTE_SYNCHRONIZATION_POLICY, &got));
    CHECK_INT(got.syncPolicy, CU_SYNC_POLICY_BLOCKING_SYNC);
}

/* A stream waits for a value that another writes. */
CASE(stream_waits_for_a_value)
{
    begin();
    CUstream waiting = new_stream(CU_STREAM_NON_BLOCKING), writing = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr flag = zeroes(1), at = zeroes(10);
    affine(writing, at, 10, 1, 1);
    OK(cuStreamSynchronize(writing));
    OK(cuStreamWaitValue32(waiting, flag, 3, CU_STREAM_WAIT_VALUE_GEQ));
    affine(waiting, at, 10, 10, 0);
    IS(cuStreamQuery(waiting), CUDA_ERROR_NOT_READY);
    OK(cuStreamWriteValue32(writing, flag, 2, CU_STREAM_WRITE_VALUE_DEFAULT));
    affine(writing, at, 10, 1, 4);
    OK(cuStreamSynchronize(writing));
    IS(cuStreamQuery(waiting), CUDA_ERROR_NOT_READY);
    OK(cuStreamWriteValue32(writing, flag, 4, CU_STREAM_WRITE_VALUE_DEFAULT));
    OK(cuStreamSynchronize(waiting));
    CHECK_ALL(at, 10, 50);
}

CASE(streams_of_two_contexts)
{
    struct gate gate;
    begin();
    CUstream held = new_stream(0);
    CUdeviceptr at = zeroes(1);
    shut(&gate, held);
    affine(held, at, 1, 1, 8);
    /* The other context is done at once. */
    CUcontext own = new_context(0);
    CUstream stream = new_stream(0);
    OK(cuMemsetD8Async(allocate(100), 1, 100, stream));
    OK(cuStreamSynchronize(stream));
    OK(cuCtxSynchronize());
    OK(cuCtxDestroy(own));
    OK(cuCtxSetCurrent(context));
    IS(cuStreamQuery(held), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuCtxSynchronize());
    CHECK_INT(value_at(at), 8);
}
