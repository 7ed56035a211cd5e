/* How far a command has got, asked again and again. */
#include "conformance.h"

enum { MANY = 1200, POLLS = 10000 };

CASE(poll_says_the_same_until_something_happens)
{
    struct cl cl = cl_open();
    cl_event gate = user_event(&cl), held;
    OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &gate, &held));
    OK(clFlush(cl.queue));
    for (int i = 0; i < POLLS; i++) {
        CHECK_STATUS(event_status(gate), CL_SUBMITTED);
        CHECK(event_status(held) > CL_COMPLETE);
    }
    OK(clSetUserEventStatus(gate, CL_COMPLETE));
    CHECK_STATUS(event_status(gate), CL_COMPLETE);
    OK(clWaitForEvents(1, &held));
    for (int i = 0; i < POLLS; i++) {
        CHECK_STATUS(event_status(gate), CL_COMPLETE);
        CHECK_STATUS(event_status(held), CL_COMPLETE);
    }
    OK(clReleaseEvent(gate));
    OK(clReleaseEvent(held));
    cl_close(&cl);
}

CASE(poll_many_at_once)
{
    struct cl cl = cl_open();
    cl_event gate = user_event(&cl);
    cl_event *held = calloc(MANY, sizeof *held);
    for (int i = 0; i < MANY; i++)
        OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &gate, &held[i]));
    OK(clFlush(cl.queue));
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < MANY; i++)
            CHECK(event_status(held[i]) > CL_COMPLETE);
    OK(clSetUserEventStatus(gate, CL_COMPLETE));
    OK(clFinish(cl.queue));
    for (int i = 0; i < MANY; i++) {
        CHECK_STATUS(event_status(held[i]), CL_COMPLETE);
        OK(clReleaseEvent(held[i]));
    }
    OK(clReleaseEvent(gate));
    free(held);
    cl_close(&cl);
}

/* The same places are polled again and again by events that come after others. */
CASE(poll_one_after_the_other)
{
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_mem mem = new_buffer(&cl, 0, 4096, NULL);
    size_t items = 1024;
    set_add_args(kernel, mem, mem, 1, 1);
    for (int i = 0; i < 2 * MANY; i++) {
        cl_event done;
        cl_int status, last = CL_QUEUED;
        OK(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &items, NULL, 0, NULL, &done));
        OK(clFlush(cl.queue));
        do {
            status = event_status(done);
            CHECK(status >= CL_COMPLETE && status <= last);
            last = status;
        } while (status != CL_COMPLETE && i % 3);
        if (i % 3 == 0)
            OK(clWaitForEvents(1, &done));
        CHECK_STATUS(event_status(done), CL_COMPLETE);
        OK(clReleaseEvent(done));
    }
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

struct waiter {
    struct gate seen;
    cl_event event;
};

static void wait_and_tell(void *arg)
{
    struct waiter *w = arg;
    OK(clWaitForEvents(1, &w->event));
    gate_raise(&w->seen);
}

/* A thread that learns from another one that a command has ended reads that status. */
CASE(poll_after_another_thread_has_waited)
{
    struct cl cl = cl_open();
    for (int i = 0; i < 50; i++) {
        cl_event gate = user_event(&cl);
        struct waiter w = {.seen = GATE_INIT};
        OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &gate, &w.event));
        OK(clFlush(cl.queue));
        thread *other = thread_start(wait_and_tell, &w);
        for (int k = 0; k < 20; k++)
            CHECK(event_status(w.event) > CL_COMPLETE);
        OK(clSetUserEventStatus(gate, CL_COMPLETE));
        while (gate_count(&w.seen) == 0)
            (void)event_status(w.event);
        CHECK_STATUS(event_status(w.event), CL_COMPLETE);
        thread_join(other);
        OK(clReleaseEvent(w.event));
        OK(clReleaseEvent(gate));
    }
    cl_close(&cl);
}

static void poll_to_the_end(void *arg)
{
    struct waiter *w = arg;
    while (event_status(w->event) != CL_COMPLETE)
        ;
    CHECK_STATUS(event_status(w->event), CL_COMPLETE);
}

/* Several threads poll the same event: each sees its end. */
CASE(poll_by_many_threads)
{
    struct cl cl = cl_open();
    for (int i = 0; i < 200; i++) {
        thread *threads[3];
        struct waiter w = {.seen = GATE_INIT};
        cl_event gate = user_event(&cl);
        OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &gate, &w.event));
        OK(clFlush(cl.queue));
        for (int k = 0; k < 3; k++)
            threads[k] = thread_start(poll_to_the_end, &w);
        OK(clSetUserEventStatus(gate, CL_COMPLETE));
        for (int k = 0; k < 3; k++)
            thread_join(threads[k]);
        CHECK_STATUS(event_status(w.event), CL_COMPLETE);
        OK(clReleaseEvent(w.event));
        OK(clReleaseEvent(gate));
    }
    cl_close(&cl);
}

CASE(poll_of_a_command_that_fails)
{
    struct cl cl = cl_open();
    cl_event gate = user_event(&cl);
    for (int i = 0; i < 10; i++)
        CHECK_STATUS(event_status(gate), CL_SUBMITTED);
    OK(clSetUserEventStatus(gate, -77));
    for (int i = 0; i < 10; i++)
        CHECK_STATUS(event_status(gate), -77);
    OK(clReleaseEvent(gate));
    cl_close(&cl);
}

CASE(poll_with_room_to_spare)
{
    struct cl cl = cl_open();
    cl_event gate = user_event(&cl);
    for (int i = 0; i < 3; i++) {
        cl_int status[4] = {1, 2, 3, 4};
        size_t len = 99;
        cl_uint name = CL_EVENT_COMMAND_EXECUTION_STATUS;
        OK(clGetEventInfo(gate, name, sizeof status, status, NULL));
        CHECK_INT(status[0], CL_SUBMITTED);
        CHECK_INT(status[1], 2);
        OK(clGetEventInfo(gate, name, sizeof status, status, &len));
        CHECK_INT((int)len, 4);
        CHECK_STATUS(clGetEventInfo(gate, name, 3, status, NULL), CL_INVALID_VALUE);
    }
    OK(clReleaseEvent(gate));
    cl_close(&cl);
}
