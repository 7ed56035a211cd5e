/* Queues and the commands of buffers: fill, copy, migrate, profiling, order. */
#include "conformance.h"

enum { SIZE = 65536 };

CASE(command_fill_buffer)
{
    struct cl cl = cl_open();
    unsigned char pattern[128], got[SIZE], want[SIZE];
    cl_mem mem = new_buffer(&cl, 0, SIZE, NULL);
    fill_pattern(pattern, sizeof pattern, 1);
    for (size_t size = 1; size <= 128; size *= 2) {
        size_t offset = size * 3, length = size * 17;
        memset(want, 0xDD, SIZE);
        put(cl.queue, mem, 0, SIZE, want);
        for (size_t i = 0; i < length; i++)
            want[offset + i] = pattern[i % size];
        OK(clEnqueueFillBuffer(cl.queue, mem, pattern, size, offset, length, 0, NULL, NULL));
        get(cl.queue, mem, 0, SIZE, got);
        CHECK_SAME(got, want, SIZE);
    }
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

/* The pattern is taken by the call. */
CASE(command_fill_pattern_is_copied)
{
    struct cl cl = cl_open();
    cl_event go = user_event(&cl);
    cl_uint pattern = 0x01020304, got[16];
    cl_mem mem = new_buffer(&cl, 0, sizeof got, NULL);
    OK(clEnqueueFillBuffer(cl.queue, mem, &pattern, sizeof pattern, 0, sizeof got, 1, &go, NULL));
    pattern = 0;
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    get(cl.queue, mem, 0, sizeof got, got);
    for (int i = 0; i < 16; i++)
        CHECK_INT(got[i], 0x01020304);
    OK(clReleaseEvent(go));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(command_fill_invalid)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, 256, NULL);
    cl_uint pattern[64] = {0};
    CHECK_STATUS(clEnqueueFillBuffer(cl.queue, mem, pattern, 3, 0, 24, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueFillBuffer(cl.queue, mem, pattern, 0, 0, 24, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueFillBuffer(cl.queue, mem, pattern, 256, 0, 256, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueFillBuffer(cl.queue, mem, pattern, 4, 2, 24, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueFillBuffer(cl.queue, mem, pattern, 4, 0, 26, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueFillBuffer(cl.queue, mem, pattern, 4, 0, 260, 0, NULL, NULL), CL_INVALID_VALUE);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(command_copy_buffer)
{
    struct cl cl = cl_open();
    unsigned char host[4096], got[4096];
    fill_pattern(host, sizeof host, 2);
    cl_mem a = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof host, host), b = new_buffer(&cl, 0, sizeof host, NULL);
    cl_uint zero = 0;
    OK(clEnqueueFillBuffer(cl.queue, b, &zero, 4, 0, sizeof host, 0, NULL, NULL));
    OK(clEnqueueCopyBuffer(cl.queue, a, b, 100, 7, 1000, 0, NULL, NULL));
    get(cl.queue, b, 0, sizeof got, got);
    CHECK_BYTES(got, 7, 0);
    CHECK_SAME(got + 7, host + 100, 1000);
    CHECK_BYTES(got + 1007, sizeof got - 1007, 0);
    /* within one buffer, side by side */
    OK(clEnqueueCopyBuffer(cl.queue, a, a, 0, 2048, 2048, 0, NULL, NULL));
    get(cl.queue, a, 0, sizeof got, got);
    CHECK_SAME(got + 2048, host, 2048);
    CHECK_STATUS(clEnqueueCopyBuffer(cl.queue, a, a, 0, 100, 200, 0, NULL, NULL), CL_MEM_COPY_OVERLAP);
    CHECK_STATUS(clEnqueueCopyBuffer(cl.queue, a, b, 4000, 0, 100, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueCopyBuffer(cl.queue, a, b, 0, 4000, 100, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueCopyBuffer(cl.queue, NULL, b, 0, 0, 100, 0, NULL, NULL), CL_INVALID_MEM_OBJECT);
    OK(clReleaseMemObject(a));
    OK(clReleaseMemObject(b));
    cl_close(&cl);
}

CASE(command_migrate)
{
    struct cl cl = cl_open();
    unsigned char host[4096], got[4096];
    fill_pattern(host, sizeof host, 3);
    cl_mem mems[] = {new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof host, host), new_buffer(&cl, 0, 64, NULL)};
    cl_event done;
    OK(clEnqueueMigrateMemObjects(cl.queue, 2, mems, CL_MIGRATE_MEM_OBJECT_HOST, 0, NULL, NULL));
    OK(clEnqueueMigrateMemObjects(cl.queue, 2, mems, 0, 0, NULL, &done));
    OK(clWaitForEvents(1, &done));
    OK(clEnqueueMigrateMemObjects(cl.queue, 1, &mems[1], CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED, 0, NULL, NULL));
    get(cl.queue, mems[0], 0, sizeof got, got);
    CHECK_SAME(got, host, sizeof host);
    CHECK_STATUS(clEnqueueMigrateMemObjects(cl.queue, 0, mems, 0, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueMigrateMemObjects(cl.queue, 1, NULL, 0, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueMigrateMemObjects(cl.queue, 1, mems, 1 << 20, 0, NULL, NULL), CL_INVALID_VALUE);
    OK(clReleaseEvent(done));
    OK(clReleaseMemObject(mems[0]));
    OK(clReleaseMemObject(mems[1]));
    cl_close(&cl);
}

static cl_ulong stamp(cl_event event, cl_profiling_info param)
{
    cl_ulong t = 0;
    OK(clGetEventProfilingInfo(event, param, sizeof t, &t, NULL));
    return t;
}

CASE(command_profiling)
{
    struct cl cl = cl_open_with(CL_QUEUE_PROFILING_ENABLE);
    cl_kernel kernel = add_kernel(&cl);
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, SIZE, NULL);
    cl_event events[4];
    size_t n = SIZE / 4, size = 0;
    cl_uint zero = 0;
    set_add_args(kernel, mem, mem, 1, 100);
    OK(clEnqueueFillBuffer(cl.queue, mem, &zero, 4, 0, SIZE, 0, NULL, &events[0]));
    OK(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &n, NULL, 0, NULL, &events[1]));
    OK(clEnqueueCopyBuffer(cl.queue, mem, mem, 0, SIZE / 2, SIZE / 2, 0, NULL, &events[2]));
    OK(clEnqueueMarkerWithWaitList(cl.queue, 0, NULL, &events[3]));
    OK(clFinish(cl.queue));
    cl_ulong last_end = 0;
    for (int i = 0; i < 4; i++) {
        cl_ulong queued = stamp(events[i], CL_PROFILING_COMMAND_QUEUED), submit = stamp(events[i], CL_PROFILING_COMMAND_SUBMIT);
        cl_ulong start = stamp(events[i], CL_PROFILING_COMMAND_START), end = stamp(events[i], CL_PROFILING_COMMAND_END);
        if (i == 3) { /* a marker: its times are up to the library */
            SPEC(queued <= submit && submit <= start && start <= end);
            break;
        }
        CHECK(queued <= submit && submit <= start && start <= end);
        CHECK(queued > 0);
        CHECK(start >= last_end);
        last_end = end;
        if (device_version() >= 20)
            CHECK(stamp(events[i], CL_PROFILING_COMMAND_COMPLETE) >= end);
    }
    OK(clGetEventProfilingInfo(events[1], CL_PROFILING_COMMAND_END, 0, NULL, &size));
    CHECK_INT(size, sizeof(cl_ulong));
    CHECK_STATUS(clGetEventProfilingInfo(events[1], CL_PROFILING_COMMAND_END, 4, &size, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clGetEventProfilingInfo(events[1], 0x9999, sizeof size, &size, NULL), CL_INVALID_VALUE);
    for (int i = 0; i < 4; i++)
        OK(clReleaseEvent(events[i]));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(command_profiling_not_available)
{
    struct cl cl = cl_open();
    cl_event marker, user = user_event(&cl);
    cl_ulong t;
    OK(clEnqueueMarkerWithWaitList(cl.queue, 0, NULL, &marker));
    OK(clFinish(cl.queue));
    CHECK_STATUS(clGetEventProfilingInfo(marker, CL_PROFILING_COMMAND_END, sizeof t, &t, NULL), CL_PROFILING_INFO_NOT_AVAILABLE);
    CHECK_STATUS(clGetEventProfilingInfo(user, CL_PROFILING_COMMAND_END, sizeof t, &t, NULL), CL_PROFILING_INFO_NOT_AVAILABLE);
    CHECK_STATUS(clGetEventProfilingInfo(NULL, CL_PROFILING_COMMAND_END, sizeof t, &t, NULL), CL_INVALID_EVENT);
    OK(clSetUserEventStatus(user, CL_COMPLETE));
    OK(clReleaseEvent(marker));
    OK(clReleaseEvent(user));
    /* with profiling, but the command is not complete yet */
    cl_command_queue queue = new_queue(&cl, CL_QUEUE_PROFILING_ENABLE);
    user = user_event(&cl);
    OK(clEnqueueMarkerWithWaitList(queue, 1, &user, &marker));
    SPEC_STATUS(clGetEventProfilingInfo(marker, CL_PROFILING_COMMAND_END, sizeof t, &t, NULL), CL_PROFILING_INFO_NOT_AVAILABLE);
    OK(clSetUserEventStatus(user, CL_COMPLETE));
    OK(clFinish(queue));
    OK(clReleaseEvent(marker));
    OK(clReleaseEvent(user));
    OK(clReleaseCommandQueue(queue));
    cl_close(&cl);
}

CASE(command_timers)
{
    if (device_version() < 21)
        skip("timers are of OpenCL 2.1");
    cl_device_id device = the_device();
    cl_ulong device_time = 0, host = 0, again = 0, resolution = 0;
    OK(clGetPlatformInfo(the_platform(), CL_PLATFORM_HOST_TIMER_RESOLUTION, sizeof resolution, &resolution, NULL));
    if (resolution == 0) {
        SPEC_STATUS(clGetHostTimer(device, &host), CL_INVALID_OPERATION);
        skip("no host timer");
    }
    OK(clGetDeviceAndHostTimer(device, &device_time, &host));
    OK(clGetHostTimer(device, &again));
    CHECK(again >= host);
    SPEC_STATUS(clGetHostTimer(device, NULL), CL_INVALID_VALUE);
    SPEC_STATUS(clGetDeviceAndHostTimer(NULL, &device_time, &host), CL_INVALID_DEVICE);
}

/* In order: a marker's completion implies all before it. */
CASE(command_marker_and_barrier)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, SIZE, NULL);
    cl_event fills[20], marker, barrier;
    cl_uint word = 1;
    for (int i = 0; i < 20; i++)
        OK(clEnqueueFillBuffer(cl.queue, mem, &word, 4, 0, SIZE, 0, NULL, &fills[i]));
    OK(clEnqueueMarkerWithWaitList(cl.queue, 0, NULL, &marker));
    OK(clEnqueueBarrierWithWaitList(cl.queue, 0, NULL, &barrier));
    OK(clWaitForEvents(1, &marker));
    for (int i = 0; i < 20; i++)
        CHECK_STATUS(event_status(fills[i]), CL_COMPLETE);
    OK(clWaitForEvents(1, &barrier));
    for (int i = 0; i < 20; i++)
        OK(clReleaseEvent(fills[i]));
    OK(clReleaseEvent(marker));
    OK(clReleaseEvent(barrier));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CHILD(wait_for_events_in_queue)
{
    struct cl cl = cl_open();
    cl_event marker, go = user_event(&cl);
    (void)arg;
    cl_int err = clEnqueueWaitForEvents(cl.queue, 1, &go);
    if (err != CL_SUCCESS)
        probe_answer(err);
    OK(clEnqueueMarker(cl.queue, &marker));
    OK(clFlush(cl.queue));
    sleep_ms(20);
    CHECK(event_status(marker) > CL_COMPLETE);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clWaitForEvents(1, &marker));
    OK(clReleaseEvent(marker));
    OK(clReleaseEvent(go));
    probe_answer(CL_SUCCESS);
}

CASE(command_deprecated_wait)
{
    SPEC_PROBE("wait_for_events_in_queue", "", CL_SUCCESS);
}

CASE(command_deprecated_marker_and_barrier)
{
    struct cl cl = cl_open();
    cl_event marker;
    OK(clEnqueueMarker(cl.queue, &marker));
    OK(clEnqueueBarrier(cl.queue));
    OK(clWaitForEvents(1, &marker));
    OK(clReleaseEvent(marker));
    SPEC_STATUS(clEnqueueMarker(cl.queue, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueBarrier(NULL), CL_INVALID_COMMAND_QUEUE);
    OK(clUnloadCompiler());
    if (device_version() >= 12) {
        OK(clUnloadPlatformCompiler(cl.platform));
        cl_kernel kernel = add_kernel(&cl); /* loads it again */
        OK(clReleaseKernel(kernel));
    }
    cl_close(&cl);
}

/* Out of order: a command held back does not hold the next one back. */
CASE(command_out_of_order_overtakes)
{
    struct cl cl = cl_open();
    cl_command_queue queue = new_ooo_queue(&cl);
    cl_event go = user_event(&cl), held, free_one;
    cl_uint word = 9, got = 0;
    cl_mem a = new_buffer(&cl, 0, SIZE, NULL), b = new_buffer(&cl, 0, SIZE, NULL);
    OK(clEnqueueFillBuffer(queue, a, &word, 4, 0, SIZE, 1, &go, &held));
    OK(clEnqueueFillBuffer(queue, b, &word, 4, 0, SIZE, 0, NULL, &free_one));
    OK(clFlush(queue));
    OK(clWaitForEvents(1, &free_one));
    CHECK(event_status(held) > CL_COMPLETE);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clWaitForEvents(1, &held));
    get(cl.queue, a, SIZE - 4, 4, &got);
    CHECK_INT(got, 9);
    OK(clReleaseEvent(go));
    OK(clReleaseEvent(held));
    OK(clReleaseEvent(free_one));
    OK(clReleaseMemObject(a));
    OK(clReleaseMemObject(b));
    OK(clReleaseCommandQueue(queue));
    cl_close(&cl);
}

/* In order: a command held back holds back all that follow. */
CASE(command_in_order_holds_back)
{
    struct cl cl = cl_open();
    cl_event go = user_event(&cl), first, second;
    cl_uint word = 9;
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    OK(clEnqueueFillBuffer(cl.queue, mem, &word, 4, 0, 64, 1, &go, &first));
    OK(clEnqueueFillBuffer(cl.queue, mem, &word, 4, 0, 64, 0, NULL, &second));
    OK(clFlush(cl.queue));
    sleep_ms(20);
    CHECK(event_status(first) > CL_COMPLETE);
    CHECK(event_status(second) > CL_COMPLETE);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clFinish(cl.queue));
    CHECK_STATUS(event_status(second), CL_COMPLETE);
    OK(clReleaseEvent(go));
    OK(clReleaseEvent(first));
    OK(clReleaseEvent(second));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(command_default_device_queue)
{
    if (device_version() < 21)
        skip("clSetDefaultDeviceCommandQueue is of OpenCL 2.1");
    struct cl cl = cl_open();
    cl_int err = clSetDefaultDeviceCommandQueue(cl.context, cl.device, cl.queue);
    note("a host queue as the default device queue: %s", status_name(err));
    CHECK(err != CL_SUCCESS);
    cl_close(&cl);
}
