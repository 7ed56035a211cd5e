/* Events: wait lists, user events, command types, errors. */
#include "conformance.h"

static cl_command_type type_of(cl_event event)
{
    cl_command_type type = 0;
    OK(clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL));
    return type;
}

/* Queue and context cannot be finished in the ordinary way after an error. */
static void close_broken(struct cl *cl)
{
    (void)clFinish(cl->queue);
    OK(clReleaseCommandQueue(cl->queue));
    OK(clReleaseContext(cl->context));
}

CASE(event_command_types)
{
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_mem a = new_buffer(&cl, 0, 4096, NULL), b = new_buffer(&cl, 0, 4096, NULL);
    char host[4096];
    size_t zero[] = {0, 0, 0}, region[] = {16, 4, 1}, one = 1;
    cl_uint word = 0;
    cl_int err;
    cl_event e[16];
    static const cl_command_type want[] = {
        CL_COMMAND_READ_BUFFER,      CL_COMMAND_WRITE_BUFFER,     CL_COMMAND_COPY_BUFFER,
        CL_COMMAND_READ_BUFFER_RECT, CL_COMMAND_WRITE_BUFFER_RECT, CL_COMMAND_COPY_BUFFER_RECT,
        CL_COMMAND_FILL_BUFFER,      CL_COMMAND_MAP_BUFFER,       CL_COMMAND_UNMAP_MEM_OBJECT,
        CL_COMMAND_NDRANGE_KERNEL,   CL_COMMAND_MARKER,           CL_COMMAND_BARRIER,
        CL_COMMAND_MIGRATE_MEM_OBJECTS, CL_COMMAND_USER};
    set_add_args(kernel, a, b, 1, 1);
    OK(clEnqueueReadBuffer(cl.queue, a, CL_FALSE, 0, 4096, host, 0, NULL, &e[0]));
    OK(clEnqueueWriteBuffer(cl.queue, a, CL_FALSE, 0, 4096, host, 0, NULL, &e[1]));
    OK(clEnqueueCopyBuffer(cl.queue, a, b, 0, 0, 4096, 0, NULL, &e[2]));
    OK(clEnqueueReadBufferRect(cl.queue, a, CL_FALSE, zero, zero, region, 0, 0, 0, 0, host, 0, NULL, &e[3]));
    OK(clEnqueueWriteBufferRect(cl.queue, a, CL_FALSE, zero, zero, region, 0, 0, 0, 0, host, 0, NULL, &e[4]));
    OK(clEnqueueCopyBufferRect(cl.queue, a, b, zero, zero, region, 0, 0, 0, 0, 0, NULL, &e[5]));
    OK(clEnqueueFillBuffer(cl.queue, a, &word, 4, 0, 4096, 0, NULL, &e[6]));
    void *at = clEnqueueMapBuffer(cl.queue, a, CL_TRUE, CL_MAP_READ, 0, 64, 0, NULL, &e[7], &err);
    OK(err);
    OK(clEnqueueUnmapMemObject(cl.queue, a, at, 0, NULL, &e[8]));
    OK(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &one, NULL, 0, NULL, &e[9]));
    OK(clEnqueueMarkerWithWaitList(cl.queue, 0, NULL, &e[10]));
    OK(clEnqueueBarrierWithWaitList(cl.queue, 0, NULL, &e[11]));
    OK(clEnqueueMigrateMemObjects(cl.queue, 1, &a, 0, 0, NULL, &e[12]));
    e[13] = user_event(&cl);
    for (int i = 0; i < 14; i++) {
        cl_command_queue queue = (cl_command_queue)0x1;
        cl_context context = NULL;
        if (type_of(e[i]) != want[i])
            note("event %d is of type 0x%x, specified 0x%x", i, type_of(e[i]), want[i]);
        OK(clGetEventInfo(e[i], CL_EVENT_COMMAND_QUEUE, sizeof queue, &queue, NULL));
        CHECK_PTR(queue, i == 13 ? NULL : cl.queue);
        OK(clGetEventInfo(e[i], CL_EVENT_CONTEXT, sizeof context, &context, NULL));
        CHECK_PTR(context, cl.context);
    }
    OK(clSetUserEventStatus(e[13], CL_COMPLETE));
    OK(clWaitForEvents(14, e));
    for (int i = 0; i < 14; i++) {
        CHECK_STATUS(event_status(e[i]), CL_COMPLETE);
        OK(clReleaseEvent(e[i]));
    }
    OK(clReleaseMemObject(a));
    OK(clReleaseMemObject(b));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(event_task)
{
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_int value = 5;
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof value, &value);
    cl_event done;
    set_add_args(kernel, mem, mem, 6, 1);
    OK(clEnqueueTask(cl.queue, kernel, 0, NULL, &done));
    SPEC(type_of(done) == CL_COMMAND_TASK);
    OK(clWaitForEvents(1, &done));
    get(cl.queue, mem, 0, sizeof value, &value);
    CHECK_INT(value, 11);
    OK(clReleaseEvent(done));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(event_user_event_states)
{
    struct cl cl = cl_open();
    cl_event event = user_event(&cl);
    CHECK_STATUS(event_status(event), CL_SUBMITTED);
    CHECK_STATUS(clSetUserEventStatus(event, CL_SUBMITTED), CL_INVALID_VALUE);
    CHECK_STATUS(clSetUserEventStatus(event, CL_RUNNING), CL_INVALID_VALUE);
    OK(clSetUserEventStatus(event, CL_COMPLETE));
    CHECK_STATUS(event_status(event), CL_COMPLETE);
    CHECK_STATUS(clSetUserEventStatus(event, CL_COMPLETE), CL_INVALID_OPERATION);
    CHECK_STATUS(clSetUserEventStatus(event, -5), CL_INVALID_OPERATION);
    CHECK_STATUS(clSetUserEventStatus(NULL, CL_COMPLETE), CL_INVALID_EVENT);
    OK(clReleaseEvent(event));
    event = user_event(&cl);
    OK(clSetUserEventStatus(event, -4321));
    CHECK_STATUS(event_status(event), -4321);
    OK(clReleaseEvent(event));
    OK(clEnqueueMarkerWithWaitList(cl.queue, 0, NULL, &event));
    CHECK_STATUS(clSetUserEventStatus(event, CL_COMPLETE), CL_INVALID_EVENT);
    OK(clReleaseEvent(event));
    cl_int err;
    CHECK(!clCreateUserEvent(NULL, &err));
    CHECK_STATUS(err, CL_INVALID_CONTEXT);
    cl_close(&cl);
}

CASE(event_wait_for_failed_user_event)
{
    struct cl cl = cl_open();
    cl_event bad = user_event(&cl), good = user_event(&cl);
    OK(clSetUserEventStatus(good, CL_COMPLETE));
    OK(clSetUserEventStatus(bad, -1000));
    cl_event both[] = {good, bad};
    OK(clWaitForEvents(1, &good));
    CHECK_STATUS(clWaitForEvents(1, &bad), CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
    CHECK_STATUS(clWaitForEvents(2, both), CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
    OK(clReleaseEvent(good));
    OK(clReleaseEvent(bad));
    cl_close(&cl);
}

/* A command whose wait list ends in error does not run, nor do those behind it. */
CASE(event_error_reaches_dependents)
{
    struct cl cl = cl_open();
    unsigned char host[64], before[64];
    cl_event bad = user_event(&cl), first, second;
    memset(host, 0xCC, sizeof host);
    memcpy(before, host, sizeof host);
    cl_mem mem = new_buffer(&cl, 0, sizeof host, NULL);
    cl_command_queue other = new_queue(&cl, 0);
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, 0, sizeof host, host, 1, &bad, &first));
    OK(clEnqueueMarkerWithWaitList(other, 1, &first, &second));
    OK(clFlush(cl.queue));
    OK(clFlush(other));
    OK(clSetUserEventStatus(bad, -99));
    CHECK_STATUS(clWaitForEvents(1, &first), CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
    CHECK_STATUS(clWaitForEvents(1, &second), CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
    SPEC(event_status(first) < 0);
    SPEC(event_status(second) < 0);
    note("dependents end with %d, %d", event_status(first), event_status(second));
    CHECK_SAME(host, before, sizeof host);
    OK(clReleaseEvent(first));
    OK(clReleaseEvent(second));
    OK(clReleaseEvent(bad));
    OK(clReleaseMemObject(mem));
    (void)clFinish(other);
    OK(clReleaseCommandQueue(other));
    close_broken(&cl);
}

CHILD(blocking_read_after_error)
{
    struct cl cl = cl_open();
    unsigned char host[64];
    cl_event bad = user_event(&cl), done = NULL;
    (void)arg;
    memset(host, 0xCC, sizeof host);
    cl_mem mem = new_buffer(&cl, 0, sizeof host, NULL);
    OK(clSetUserEventStatus(bad, -99));
    cl_int err = clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, sizeof host, host, 1, &bad, &done);
    if (err != CL_SUCCESS)
        CHECK_BYTES(host, sizeof host, 0xCC);
    probe_answer(err);
    return 0;
}

/* A blocking command says so in its own status. */
CASE(event_error_in_blocking_read)
{
    SPEC_PROBE("blocking_read_after_error", "", CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
}

CASE(event_wait_invalid)
{
    struct cl cl = cl_open(), stranger = cl_open();
    cl_event null = NULL, here = user_event(&cl), there = user_event(&stranger);
    cl_event mixed[] = {here, there};
    OK(clSetUserEventStatus(here, CL_COMPLETE));
    OK(clSetUserEventStatus(there, CL_COMPLETE));
    CHECK_STATUS(clWaitForEvents(0, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clWaitForEvents(0, &here), CL_INVALID_VALUE);
    CHECK_STATUS(clWaitForEvents(1, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clWaitForEvents(1, &null), CL_INVALID_EVENT);
    CHECK_STATUS(clWaitForEvents(2, mixed), CL_INVALID_CONTEXT);
    CHECK_STATUS(clEnqueueMarkerWithWaitList(cl.queue, 1, &there, NULL), CL_INVALID_CONTEXT);
    CHECK_STATUS(clEnqueueMarkerWithWaitList(cl.queue, 1, &null, NULL), CL_INVALID_EVENT_WAIT_LIST);
    CHECK_STATUS(clEnqueueMarkerWithWaitList(cl.queue, 1, NULL, NULL), CL_INVALID_EVENT_WAIT_LIST);
    CHECK_STATUS(clEnqueueMarkerWithWaitList(NULL, 0, NULL, NULL), CL_INVALID_COMMAND_QUEUE);
    OK(clReleaseEvent(here));
    OK(clReleaseEvent(there));
    cl_close(&stranger);
    cl_close(&cl);
}

CASE(event_long_wait_list)
{
    enum { COUNT = 500 };
    struct cl cl = cl_open();
    cl_event *gates = must_alloc(COUNT * sizeof *gates), all, status_of;
    for (int i = 0; i < COUNT; i++)
        gates[i] = user_event(&cl);
    OK(clEnqueueMarkerWithWaitList(cl.queue, COUNT, gates, &all));
    OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &all, &status_of));
    OK(clFlush(cl.queue));
    for (int i = 0; i < COUNT; i++) {
        if (i % 100 == 99)
            CHECK(event_status(all) > CL_COMPLETE);
        OK(clSetUserEventStatus(gates[i], CL_COMPLETE));
    }
    OK(clWaitForEvents(1, &status_of));
    CHECK_STATUS(event_status(all), CL_COMPLETE);
    OK(clWaitForEvents(COUNT, gates));
    for (int i = 0; i < COUNT; i++)
        OK(clReleaseEvent(gates[i]));
    OK(clReleaseEvent(all));
    OK(clReleaseEvent(status_of));
    cl_close(&cl);
    free(gates);
}

/* Queues that wait for each other's commands, a ladder of three queues. */
CASE(event_across_queues)
{
    enum { STEPS = 60, N = 256 };
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_command_queue queues[3] = {new_queue(&cl, 0), new_queue(&cl, 0), new_queue(&cl, 0)};
    cl_int host[N] = {0};
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof host, host);
    cl_event last = NULL;
    size_t n = N;
    set_add_args(kernel, mem, mem, 1, 1);
    for (int i = 0; i < STEPS; i++) {
        cl_event next;
        OK(clEnqueueNDRangeKernel(queues[i % 3], kernel, 1, NULL, &n, NULL, last != NULL, last ? &last : NULL, &next));
        OK(clFlush(queues[i % 3]));
        if (last)
            OK(clReleaseEvent(last));
        last = next;
    }
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, sizeof host, host, 1, &last, NULL));
    for (int i = 0; i < N; i++)
        CHECK_INT(host[i], STEPS);
    OK(clReleaseEvent(last));
    for (int i = 0; i < 3; i++)
        OK(clReleaseCommandQueue(queues[i]));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* An event may be let go of by the program while commands still wait for it. */
CASE(event_released_while_waited_for)
{
    struct cl cl = cl_open();
    cl_event go = user_event(&cl), marker, last;
    OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &go, &marker));
    OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &marker, &last));
    OK(clReleaseEvent(marker));
    OK(clFlush(cl.queue));
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clReleaseEvent(go));
    OK(clWaitForEvents(1, &last));
    OK(clReleaseEvent(last));
    cl_close(&cl);
}

CASE(event_status_moves_forward)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, 1 << 20, NULL);
    cl_uint word = 1;
    for (int i = 0; i < 50; i++) {
        cl_event done;
        OK(clEnqueueFillBuffer(cl.queue, mem, &word, 4, 0, 1 << 20, 0, NULL, &done));
        cl_int last = CL_QUEUED, status;
        OK(clFlush(cl.queue));
        do {
            status = event_status(done);
            CHECK(status >= CL_COMPLETE && status <= last);
            last = status;
        } while (status != CL_COMPLETE);
        OK(clReleaseEvent(done));
    }
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}
