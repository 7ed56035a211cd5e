/* What has been asked before and may have changed since: by the own thread, by another, by an error. */
#include "client.h"

static int most_shared(CUfunction function)
{
    int value = -1;
    OK(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, function));
    return value;
}

static void set_on_a_thread(void *function)
{
    OK(cuCtxSetCurrent(context));
    CHECK_INT(most_shared(function), 2048);
    OK(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 3072));
}

CASE(known_attributes_are_those_last_set)
{
    begin();
    CUfunction function = kernel("reverse_dynamic"), other = kernel("nothing");
    int before = most_shared(other);
    for (int size = 1024; size <= 2048; size += 1024) {
        OK(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, size));
        for (int again = 0; again < 3; again++)
            CHECK_INT(most_shared(function), size);
    }
    on_a_thread(set_on_a_thread, function);
    CHECK_INT(most_shared(function), 3072);
    CHECK_INT(most_shared(other), before);
}

static void is_state(unsigned want_flags, int want)
{
    unsigned flags = 99;
    int active = -1;
    for (int again = 0; again < 3; again++) {
        OK(cuDevicePrimaryCtxGetState(device, &flags, &active));
        CHECK_INT(active, want);
        CHECK_INT(flags, want_flags);
    }
}

CASE(known_state_of_the_primary_context)
{
    CUcontext first, own;
    begin_without_context();
    own = new_context(0);
    is_state(0, 0);
    OK(cuDevicePrimaryCtxRetain(&first, device));
    is_state(0, 1);
    OK(cuDevicePrimaryCtxRelease(device));
    is_state(0, 0);
    OK(cuDevicePrimaryCtxSetFlags(device, CU_CTX_SCHED_YIELD));
    is_state(CU_CTX_SCHED_YIELD, 0);
    OK(cuDevicePrimaryCtxRetain(&first, device));
    is_state(CU_CTX_SCHED_YIELD, 1);
    OK(cuDevicePrimaryCtxReset(device));
    is_state(CU_CTX_SCHED_YIELD, 0);
    OK(cuCtxDestroy(own));
}

static void records(CUstream stream, CUstreamCaptureStatus want)
{
    CUstreamCaptureStatus status = 99, told = 99;
    cuuint64_t id = 77;
    CUgraph graph = (CUgraph)77;
    for (int again = 0; again < 3; again++) {
        OK(cuStreamIsCapturing(stream, &status));
        CHECK_INT(status, want);
        OK(cuStreamGetCaptureInfo(stream, &told, &id, &graph, NULL, NULL, NULL));
        CHECK_INT(told, want);
        /* Nothing else is told of a stream that does not record. */
        CHECK((id == 77 && graph == (CUgraph)77) == (want == CU_STREAM_CAPTURE_STATUS_NONE));
    }
}

static void asks_on_a_thread(void *stream)
{
    OK(cuCtxSetCurrent(context));
    records(stream, CU_STREAM_CAPTURE_STATUS_ACTIVE);
}

CASE(known_not_to_record_until_it_does)
{
    begin();
    CUstream one = new_stream(CU_STREAM_NON_BLOCKING), other = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent forked = new_event(0), joined = new_event(0);
    CUgraph graph;
    records(NULL, CU_STREAM_CAPTURE_STATUS_NONE);
    for (int again = 0; again < 2; again++) {
        records(one, CU_STREAM_CAPTURE_STATUS_NONE);
        records(other, CU_STREAM_CAPTURE_STATUS_NONE);
        OK(cuStreamBeginCapture(one, CU_STREAM_CAPTURE_MODE_RELAXED));
        records(one, CU_STREAM_CAPTURE_STATUS_ACTIVE);
        records(other, CU_STREAM_CAPTURE_STATUS_NONE);
        OK(cuEventRecord(forked, one));
        OK(cuStreamWaitEvent(other, forked, 0));
        records(other, CU_STREAM_CAPTURE_STATUS_ACTIVE);
        on_a_thread(asks_on_a_thread, other);
        OK(cuEventRecord(joined, other));
        OK(cuStreamWaitEvent(one, joined, 0));
        OK(cuStreamEndCapture(one, &graph));
        records(one, CU_STREAM_CAPTURE_STATUS_NONE);
        records(other, CU_STREAM_CAPTURE_STATUS_NONE);
        OK(cuGraphDestroy(graph));
    }
    records(NULL, CU_STREAM_CAPTURE_STATUS_NONE);
}

/* How long the allocation is that an address is in, and where it begins. */
static void range(CUdeviceptr at, CUdeviceptr from, size_t len)
{
    CUdeviceptr start = 0, is = 0;
    size_t size = 0;
    unsigned type = 0;
    int ordinal = -1;
    CUpointer_attribute which[] = {CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, CU_POINTER_ATTRIBUTE_RANGE_SIZE,
                                   CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL,
                                   CU_POINTER_ATTRIBUTE_DEVICE_POINTER};
    void *places[] = {&start, &size, &type, &ordinal, &is};
    for (int again = 0; again < 3; again++) {
        OK(cuPointerGetAttributes(COUNT(which), which, places, at));
        CHECK(start == from && size == len && is == at);
        CHECK_INT(type, CU_MEMORYTYPE_DEVICE);
        CHECK_INT(ordinal, device);
        size = 0;
        OK(cuPointerGetAttribute(&size, CU_POINTER_ATTRIBUTE_RANGE_SIZE, at));
        CHECK(size == len);
    }
}

CASE(known_pointers_are_those_that_are_allocated)
{
    begin();
    size_t sizes[] = {4096, 512, 8192, 4096};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        CUdeviceptr at = allocate(sizes[i]);
        range(at, at, sizes[i]);
        range(at + sizes[i] / 2, at, sizes[i]);
        OK(cuMemFree(at));
        size_t size;
        IS(cuPointerGetAttribute(&size, CU_POINTER_ATTRIBUTE_RANGE_SIZE, at), CUDA_ERROR_INVALID_VALUE);
    }
}

static void destroys(void *what)
{
    OK(cuCtxDestroy(what));
}

CASE(known_contexts_are_those_that_live)
{
    CUdevice which = -1;
    unsigned version;
    begin();
    CUcontext own = new_context(0);
    for (int again = 0; again < 3; again++) {
        OK(cuCtxSetCurrent(own));
        OK(cuCtxGetDevice(&which));
        OK(cuCtxGetApiVersion(own, &version));
    }
    on_a_thread(destroys, own);
    REFUSED(cuCtxSetCurrent(own));
    IS(cuCtxGetDevice(&which), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    REFUSED(cuCtxGetApiVersion(own, &version));
    OK(cuCtxSetCurrent(context));
    OK(cuCtxGetDevice(&which));
}

CASE(known_answers_after_a_fault)
{
    CUdeviceptr nowhere = 64;
    CUstreamCaptureStatus status;
    CUresult answers[2][5];
    unsigned flags;
    int value;
    begin();
    CUstream stream = new_stream(0);
    CUfunction function = kernel("write_to");
    for (int after = 0; after < 2; after++) {
        for (int again = 0; again < 2; again++) {
            answers[after][0] = cuStreamIsCapturing(stream, &status);
            answers[after][1] = cuStreamGetFlags(stream, &flags);
            answers[after][2] = cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_NUM_REGS, function);
            answers[after][3] = cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_WARP_SIZE, device);
            answers[after][4] = cuCtxSetCurrent(context);
        }
        if (!after) {
            LAUNCH(function, 1, 1, NULL, &nowhere);
            IS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
        }
    }
    for (int i = 0; i < 5; i++) {
        CHECK_INT(answers[0][i], CUDA_SUCCESS);
        note("after a fault: %d", answers[1][i]);
    }
}
