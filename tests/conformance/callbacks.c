/* Callbacks of events, memory objects, contexts and programs. */
#include "conformance.h"

/* ---- events ------------------------------------------------------------- */

struct event_seen {
    struct gate gate;
    cl_event event;
    cl_int status[8];
};

static void CL_CALLBACK on_event(cl_event event, cl_int status, void *arg)
{
    struct event_seen *s = arg;
    int i = gate_count(&s->gate);
    s->event = event;
    if (i < 8)
        s->status[i] = status;
    gate_raise(&s->gate);
}

/* Kernel that takes a moment, gated by `go`. */
static cl_event gated_fill(struct cl *cl, cl_mem mem, cl_event go)
{
    cl_event done;
    cl_uint zero = 0;
    OK(clEnqueueFillBuffer(cl->queue, mem, &zero, 4, 0, 4096, 1, &go, &done));
    return done;
}

CASE(callback_event_complete)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, 4096, NULL);
    cl_event go = user_event(&cl), done = gated_fill(&cl, mem, go);
    struct event_seen s = {.gate = GATE_INIT};
    OK(clSetEventCallback(done, CL_COMPLETE, on_event, &s));
    OK(clFlush(cl.queue));
    sleep_ms(10);
    CHECK_INT(gate_count(&s.gate), 0);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    GATE_WAIT(&s.gate, 1);
    CHECK_PTR(s.event, done);
    CHECK_STATUS(s.status[0], CL_COMPLETE);
    OK(clFinish(cl.queue));
    sleep_ms(20);
    CHECK_INT(gate_count(&s.gate), 1);
    OK(clReleaseEvent(done));
    OK(clReleaseEvent(go));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(callback_event_submitted_and_running)
{
    static const cl_int wanted[] = {CL_SUBMITTED, CL_RUNNING, CL_COMPLETE};
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, 4096, NULL);
    cl_event go = user_event(&cl), done = gated_fill(&cl, mem, go);
    struct event_seen s[3];
    for (int i = 0; i < 3; i++) {
        s[i] = (struct event_seen){.gate = GATE_INIT};
        OK(clSetEventCallback(done, wanted[i], on_event, &s[i]));
    }
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clFinish(cl.queue));
    for (int i = 0; i < 3; i++) {
        GATE_WAIT(&s[i].gate, 1);
        CHECK_PTR(s[i].event, done);
        SPEC(s[i].status[0] == wanted[i]);
    }
    sleep_ms(20);
    for (int i = 0; i < 3; i++)
        CHECK_INT(gate_count(&s[i].gate), 1);
    OK(clReleaseEvent(done));
    OK(clReleaseEvent(go));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(callback_event_already_complete)
{
    struct cl cl = cl_open();
    cl_event marker;
    OK(clEnqueueMarkerWithWaitList(cl.queue, 0, NULL, &marker));
    OK(clFinish(cl.queue));
    for (cl_int type = CL_COMPLETE; type <= CL_SUBMITTED; type++) {
        struct event_seen s = {.gate = GATE_INIT};
        OK(clSetEventCallback(marker, type, on_event, &s));
        GATE_WAIT(&s.gate, 1);
        SPEC(s.status[0] == type);
        sleep_ms(5);
        CHECK_INT(gate_count(&s.gate), 1);
    }
    OK(clReleaseEvent(marker));
    cl_close(&cl);
}

CASE(callback_event_many_on_one)
{
    enum { COUNT = 200 };
    struct cl cl = cl_open();
    cl_event go = user_event(&cl), marker;
    struct event_seen *s = must_alloc(COUNT * sizeof *s);
    OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &go, &marker));
    for (int i = 0; i < COUNT; i++) {
        s[i] = (struct event_seen){.gate = GATE_INIT};
        OK(clSetEventCallback(marker, CL_COMPLETE, on_event, &s[i]));
    }
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clFinish(cl.queue));
    for (int i = 0; i < COUNT; i++)
        GATE_WAIT(&s[i].gate, 1);
    sleep_ms(20);
    for (int i = 0; i < COUNT; i++)
        CHECK_INT(gate_count(&s[i].gate), 1);
    OK(clReleaseEvent(marker));
    OK(clReleaseEvent(go));
    cl_close(&cl);
    free(s);
}

/* 1,000 commands with a callback each: none lost, none twice. */
CASE(callback_event_1000_commands)
{
    enum { COUNT = 1000 };
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, 4096, NULL);
    struct event_seen *s = must_alloc(COUNT * sizeof *s);
    for (int i = 0; i < COUNT; i++) {
        cl_event done;
        cl_uchar byte = (cl_uchar)i;
        s[i] = (struct event_seen){.gate = GATE_INIT};
        OK(clEnqueueFillBuffer(cl.queue, mem, &byte, 1, 0, 4096, 0, NULL, &done));
        OK(clSetEventCallback(done, CL_COMPLETE, on_event, &s[i]));
        OK(clReleaseEvent(done));
    }
    OK(clFinish(cl.queue));
    for (int i = 0; i < COUNT; i++)
        GATE_WAIT(&s[i].gate, 1);
    sleep_ms(20);
    for (int i = 0; i < COUNT; i++)
        CHECK_INT(gate_count(&s[i].gate), 1);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(s);
}

/* Some libraries never call back for a command that ended in error. */
static void need_callbacks_of_errors(struct cl *cl)
{
    static struct event_seen s = {.gate = GATE_INIT}; /* may be called late */
    cl_event broken = user_event(cl);
    OK(clSetEventCallback(broken, CL_COMPLETE, on_event, &s));
    OK(clSetUserEventStatus(broken, -1));
    OK(clReleaseEvent(broken));
    if (!gate_wait_quietly(&s.gate, 1, 1000))
        skip("the library does not call back for events that end in error");
}

CASE(callback_user_event_complete)
{
    struct cl cl = cl_open();
    cl_event fine = user_event(&cl);
    struct event_seen s = {.gate = GATE_INIT};
    OK(clSetEventCallback(fine, CL_COMPLETE, on_event, &s));
    CHECK_INT(gate_count(&s.gate), 0);
    OK(clSetUserEventStatus(fine, CL_COMPLETE));
    GATE_WAIT(&s.gate, 1);
    CHECK_STATUS(s.status[0], CL_COMPLETE);
    CHECK_PTR(s.event, fine);
    OK(clReleaseEvent(fine));
    cl_close(&cl);
}

CASE(callback_user_event_complete_and_error)
{
    struct cl cl = cl_open();
    need_callbacks_of_errors(&cl);
    cl_event fine = user_event(&cl), broken = user_event(&cl);
    struct event_seen s = {.gate = GATE_INIT}, t = {.gate = GATE_INIT};
    OK(clSetEventCallback(fine, CL_COMPLETE, on_event, &s));
    OK(clSetEventCallback(broken, CL_COMPLETE, on_event, &t));
    CHECK_INT(gate_count(&s.gate), 0);
    OK(clSetUserEventStatus(fine, CL_COMPLETE));
    OK(clSetUserEventStatus(broken, -1234));
    GATE_WAIT(&s.gate, 1);
    GATE_WAIT(&t.gate, 1);
    CHECK_STATUS(s.status[0], CL_COMPLETE);
    CHECK_STATUS(t.status[0], -1234);
    CHECK_PTR(t.event, broken);
    OK(clReleaseEvent(fine));
    OK(clReleaseEvent(broken));
    cl_close(&cl);
}

/* The callback is called once when the command ends in error, with that error. */
CASE(callback_event_of_failed_dependent)
{
    struct cl cl = cl_open();
    need_callbacks_of_errors(&cl);
    cl_event go = user_event(&cl), marker;
    struct event_seen s = {.gate = GATE_INIT};
    OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &go, &marker));
    OK(clSetEventCallback(marker, CL_COMPLETE, on_event, &s));
    OK(clFlush(cl.queue));
    OK(clSetUserEventStatus(go, -77));
    GATE_WAIT(&s.gate, 1);
    CHECK(s.status[0] < 0);
    SPEC(s.status[0] == event_status(marker));
    OK(clReleaseEvent(marker));
    OK(clReleaseEvent(go));
    (void)clFinish(cl.queue);
    OK(clReleaseCommandQueue(cl.queue));
    OK(clReleaseContext(cl.context));
}

struct acting {
    struct gate gate;
    struct cl *cl;
    cl_event other;
    cl_mem mem;
    unsigned char *host;
};

static void CL_CALLBACK act(cl_event event, cl_int status, void *arg)
{
    struct acting *a = arg;
    cl_uint byte = 0x5C5C5C5C;
    (void)status;
    CHECK_STATUS(event_status(event), CL_COMPLETE);
    OK(clRetainEvent(event));
    OK(clReleaseEvent(event));
    OK(clRetainMemObject(a->mem));
    OK(clReleaseMemObject(a->mem));
    OK(clEnqueueFillBuffer(a->cl->queue, a->mem, &byte, 4, 0, 4096, 0, NULL, NULL));
    OK(clFlush(a->cl->queue));
    OK(clSetUserEventStatus(a->other, CL_COMPLETE));
    OK(clReleaseEvent(a->other));
    gate_raise(&a->gate);
}

/* The callback enqueues, sets a user event and lets go of objects. */
CASE(callback_event_uses_the_api)
{
    struct cl cl = cl_open();
    unsigned char host[4096];
    cl_event start = user_event(&cl), marker;
    struct acting a = {GATE_INIT, &cl, user_event(&cl), new_buffer(&cl, 0, 4096, NULL), host};
    cl_command_queue other = new_queue(&cl, 0);
    cl_event waiter;
    OK(clEnqueueMarkerWithWaitList(other, 1, &a.other, &waiter));
    OK(clFlush(other));
    OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &start, &marker));
    OK(clSetEventCallback(marker, CL_COMPLETE, act, &a));
    OK(clFlush(cl.queue));
    OK(clSetUserEventStatus(start, CL_COMPLETE));
    OK(clWaitForEvents(1, &waiter));
    GATE_WAIT(&a.gate, 1);
    get(cl.queue, a.mem, 0, 4096, host);
    CHECK_BYTES(host, 4096, 0x5C);
    OK(clReleaseEvent(waiter));
    OK(clReleaseEvent(marker));
    OK(clReleaseEvent(start));
    OK(clReleaseMemObject(a.mem));
    OK(clReleaseCommandQueue(other));
    cl_close(&cl);
}

struct chained {
    struct gate gate;
    struct cl *cl;
    int left;
};

static void CL_CALLBACK chain(cl_event event, cl_int status, void *arg)
{
    struct chained *c = arg;
    (void)event, (void)status;
    if (c->left-- > 0) {
        cl_event next;
        OK(clEnqueueMarkerWithWaitList(c->cl->queue, 0, NULL, &next));
        OK(clSetEventCallback(next, CL_COMPLETE, chain, c));
        OK(clFlush(c->cl->queue));
        OK(clReleaseEvent(next));
    }
    gate_raise(&c->gate);
}

/* Each callback enqueues the next command and registers for it. */
CASE(callback_event_chain)
{
    struct cl cl = cl_open();
    struct chained c = {GATE_INIT, &cl, 100};
    cl_event first;
    OK(clEnqueueMarkerWithWaitList(cl.queue, 0, NULL, &first));
    OK(clSetEventCallback(first, CL_COMPLETE, chain, &c));
    OK(clReleaseEvent(first));
    OK(clFlush(cl.queue));
    GATE_WAIT(&c.gate, 101);
    cl_close(&cl);
}

CASE(callback_event_invalid)
{
    struct cl cl = cl_open();
    struct event_seen s = {.gate = GATE_INIT};
    cl_event go = user_event(&cl);
    CHECK_STATUS(clSetEventCallback(NULL, CL_COMPLETE, on_event, &s), CL_INVALID_EVENT);
    CHECK_STATUS(clSetEventCallback(go, CL_COMPLETE, NULL, &s), CL_INVALID_VALUE);
    CHECK_STATUS(clSetEventCallback(go, CL_QUEUED, on_event, &s), CL_INVALID_VALUE);
    CHECK_STATUS(clSetEventCallback(go, 17, on_event, &s), CL_INVALID_VALUE);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clReleaseEvent(go));
    CHECK_INT(gate_count(&s.gate), 0);
    cl_close(&cl);
}

/* ---- destructors ---------------------------------------------------------- */

struct order {
    struct gate gate;
    int seen[16];
};

struct numbered {
    struct order *order;
    int number;
    void *object;
};

static void record(struct numbered *n, void *object)
{
    int i = gate_count(&n->order->gate);
    n->object = object;
    if (i < 16)
        n->order->seen[i] = n->number;
    gate_raise(&n->order->gate);
}

static void CL_CALLBACK on_mem(cl_mem mem, void *arg)
{
    record(arg, mem);
}

static void CL_CALLBACK on_context(cl_context context, void *arg)
{
    record(arg, context);
}

CASE(callback_mem_destructor_order)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    struct order order = {.gate = GATE_INIT};
    struct numbered n[8];
    for (int i = 0; i < 8; i++) {
        n[i] = (struct numbered){&order, i, NULL};
        OK(clSetMemObjectDestructorCallback(mem, on_mem, &n[i]));
    }
    OK(clRetainMemObject(mem));
    OK(clReleaseMemObject(mem));
    sleep_ms(10);
    CHECK_INT(gate_count(&order.gate), 0);
    OK(clReleaseMemObject(mem));
    GATE_WAIT(&order.gate, 8);
    for (int i = 0; i < 8; i++)
        CHECK_INT(order.seen[i], 7 - i);
    sleep_ms(10);
    CHECK_INT(gate_count(&order.gate), 8);
    cl_close(&cl);
}

/* While a command still uses the object, it and its host memory live on. */
CASE(callback_mem_destructor_after_commands)
{
    struct cl cl = cl_open();
    enum { SIZE = 65536 };
    unsigned char *host = must_alloc_aligned(4096, SIZE), *got = must_alloc(SIZE);
    struct order order = {.gate = GATE_INIT};
    struct numbered n = {&order, 1, NULL};
    cl_event go = user_event(&cl), read;
    fill_pattern(host, SIZE, 3);
    cl_mem mem = new_buffer(&cl, CL_MEM_USE_HOST_PTR, SIZE, host);
    OK(clSetMemObjectDestructorCallback(mem, on_mem, &n));
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, 0, SIZE, got, 1, &go, &read));
    OK(clReleaseMemObject(mem));
    sleep_ms(20);
    CHECK_INT(gate_count(&order.gate), 0);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clWaitForEvents(1, &read));
    CHECK_PATTERN(got, SIZE, 3);
    OK(clReleaseEvent(read));
    OK(clFinish(cl.queue));
    GATE_WAIT(&order.gate, 1);
    OK(clReleaseEvent(go));
    cl_close(&cl);
    free(host);
    free(got);
}

/* The parent's destructor callback runs after the sub-buffer's. */
CASE(callback_mem_destructor_of_parent)
{
    struct cl cl = cl_open();
    struct order order = {.gate = GATE_INIT};
    struct numbered p = {&order, 1, NULL}, c = {&order, 2, NULL};
    cl_buffer_region region = {0, 64};
    cl_int err;
    cl_mem mem = new_buffer(&cl, 0, 4096, NULL);
    cl_mem sub = clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
    OK(err);
    OK(clSetMemObjectDestructorCallback(mem, on_mem, &p));
    OK(clSetMemObjectDestructorCallback(sub, on_mem, &c));
    OK(clReleaseMemObject(mem));
    sleep_ms(10);
    CHECK_INT(gate_count(&order.gate), 0);
    OK(clReleaseMemObject(sub));
    GATE_WAIT(&order.gate, 2);
    CHECK_INT(order.seen[0] + order.seen[1], 3);
    cl_close(&cl);
}

CASE(callback_mem_destructor_frees_host_memory)
{
    struct cl cl = cl_open();
    for (int i = 0; i < 50; i++) {
        struct order order = {.gate = GATE_INIT};
        struct numbered n = {&order, 1, NULL};
        unsigned char *host = must_alloc_aligned(4096, 8192);
        cl_uint word = 7;
        cl_mem mem = new_buffer(&cl, CL_MEM_USE_HOST_PTR, 8192, host);
        OK(clSetMemObjectDestructorCallback(mem, on_mem, &n));
        OK(clEnqueueFillBuffer(cl.queue, mem, &word, 4, 0, 8192, 0, NULL, NULL));
        OK(clReleaseMemObject(mem));
        OK(clFinish(cl.queue));
        GATE_WAIT(&order.gate, 1);
        free(host);
    }
    cl_close(&cl);
}

CASE(callback_mem_destructor_invalid)
{
    struct cl cl = cl_open();
    struct order order = {.gate = GATE_INIT};
    struct numbered n = {&order, 1, NULL};
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    CHECK_STATUS(clSetMemObjectDestructorCallback(NULL, on_mem, &n), CL_INVALID_MEM_OBJECT);
    CHECK_STATUS(clSetMemObjectDestructorCallback(mem, NULL, &n), CL_INVALID_VALUE);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(callback_context_destructor_order)
{
    if (device_version() < 30)
        skip("clSetContextDestructorCallback is of OpenCL 3.0");
    struct cl cl = cl_open();
    struct order order = {.gate = GATE_INIT};
    struct numbered n[4];
    for (int i = 0; i < 4; i++) {
        n[i] = (struct numbered){&order, i, NULL};
        OK(clSetContextDestructorCallback(cl.context, on_context, &n[i]));
    }
    CHECK_STATUS(clSetContextDestructorCallback(NULL, on_context, &n), CL_INVALID_CONTEXT);
    CHECK_STATUS(clSetContextDestructorCallback(cl.context, NULL, &n), CL_INVALID_VALUE);
    OK(clReleaseContext(cl.context));
    sleep_ms(10);
    CHECK_INT(gate_count(&order.gate), 0); /* the queue keeps it */
    OK(clReleaseCommandQueue(cl.queue));
    GATE_WAIT(&order.gate, 4);
    for (int i = 0; i < 4; i++)
        CHECK_INT(order.seen[i], 3 - i);
}
