/* Many threads at once. */
#include "conformance.h"

#include <signal.h>

enum { THREADS = 8, N = 2048, ROUNDS = 20 };

struct worker {
    struct cl *cl;
    cl_command_queue queue;
    int number;
    cl_event gate;
    cl_mem mem;
};

static void start_all(struct cl *cl, void (*body)(void *), cl_command_queue shared)
{
    struct worker workers[THREADS];
    thread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.cl = cl, .queue = shared, .number = i};
        threads[i] = thread_start(body, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
}

/* Own kernel and buffers, on the queue given or one of its own. */
static void compute(void *arg)
{
    struct worker *w = arg;
    cl_command_queue queue = w->queue ? w->queue : new_queue(w->cl, 0);
    cl_kernel kernel = add_kernel(w->cl);
    cl_int host[N];
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < N; i++)
            host[i] = i * w->number;
        cl_mem in = new_buffer(w->cl, CL_MEM_COPY_HOST_PTR, sizeof host, host);
        cl_mem out = new_buffer(w->cl, 0, sizeof host, NULL);
        cl_event done;
        set_add_args(kernel, out, in, r, 5);
        run_1d(queue, kernel, N);
        memset(host, 0, sizeof host);
        OK(clEnqueueReadBuffer(queue, out, CL_FALSE, 0, sizeof host, host, 0, NULL, &done));
        OK(clFlush(queue));
        OK(clWaitForEvents(1, &done));
        for (int i = 0; i < N; i++)
            CHECK_INT(host[i], i * w->number + r);
        OK(clReleaseEvent(done));
        OK(clReleaseMemObject(in));
        OK(clReleaseMemObject(out));
    }
    OK(clReleaseKernel(kernel));
    if (!w->queue)
        OK(clReleaseCommandQueue(queue));
}

CASE(thread_own_queues)
{
    struct cl cl = cl_open();
    start_all(&cl, compute, NULL);
    cl_close(&cl);
}

CASE(thread_shared_queue)
{
    struct cl cl = cl_open();
    start_all(&cl, compute, cl.queue);
    cl_close(&cl);
}

static void compute_in_own_context(void *arg)
{
    struct worker *w = arg;
    struct cl cl = cl_open();
    struct worker mine = {.cl = &cl, .queue = cl.queue, .number = w->number};
    compute(&mine);
    cl_close(&cl);
}

CASE(thread_own_contexts)
{
    struct cl cl = cl_open();
    start_all(&cl, compute_in_own_context, NULL);
    cl_close(&cl);
}

static void build_in_thread(void *arg)
{
    struct worker *w = arg;
    for (int r = 0; r < 3; r++) {
        char *source = format("__kernel void t(__global int *out) { out[0] = %d; }\n", w->number * 10 + r);
        cl_kernel kernel = build_kernel(w->cl, source, "t");
        cl_command_queue queue = new_queue(w->cl, 0);
        cl_mem mem = new_buffer(w->cl, 0, 4, NULL);
        cl_int got;
        set_arg_mem(kernel, 0, mem);
        run_1d(queue, kernel, 1);
        get(queue, mem, 0, 4, &got);
        CHECK_INT(got, w->number * 10 + r);
        OK(clReleaseMemObject(mem));
        OK(clReleaseKernel(kernel));
        OK(clReleaseCommandQueue(queue));
        free(source);
    }
}

CASE(thread_builds)
{
    struct cl cl = cl_open();
    start_all(&cl, build_in_thread, NULL);
    cl_close(&cl);
}

/* ---- a blocked thread blocks no other -------------------------------------- */

static void blocked_in_finish(void *arg)
{
    struct worker *w = arg;
    OK(clFinish(w->queue));
    CHECK_STATUS(event_status(w->gate), CL_COMPLETE);
}

static void open_gate_later(void *arg)
{
    struct worker *w = arg;
    sleep_ms(50);
    OK(clSetUserEventStatus(w->gate, CL_COMPLETE));
}

static void blocked_in_wait(void *arg)
{
    struct worker *w = arg;
    OK(clWaitForEvents(1, &w->gate));
    CHECK_STATUS(event_status(w->gate), CL_COMPLETE);
}

static void blocked_in_read(void *arg)
{
    struct worker *w = arg;
    char byte;
    OK(clEnqueueReadBuffer(w->queue, w->mem, CL_TRUE, 0, 1, &byte, 1, &w->gate, NULL));
    CHECK_STATUS(event_status(w->gate), CL_COMPLETE);
}

static void blocked_in_map(void *arg)
{
    struct worker *w = arg;
    cl_int err;
    void *at = clEnqueueMapBuffer(w->queue, w->mem, CL_TRUE, CL_MAP_READ, 0, 16, 1, &w->gate, NULL, &err);
    OK(err);
    OK(clEnqueueUnmapMemObject(w->queue, w->mem, at, 0, NULL, NULL));
    OK(clFinish(w->queue));
}

/* `count` threads block; the others compute all the while and then open the gate. */
static void check_blocked(void (*body)(void *), int count)
{
    struct cl cl = cl_open();
    cl_command_queue queue = new_queue(&cl, 0);
    cl_event gate = user_event(&cl);
    struct worker blocked[16], worker = {.cl = &cl, .number = 3};
    thread *threads[16];
    OK(clEnqueueMarkerWithWaitList(queue, 1, &gate, NULL));
    OK(clFlush(queue));
    for (int i = 0; i < count; i++) {
        blocked[i] = (struct worker){.cl = &cl, .queue = queue, .gate = gate, .mem = new_buffer(&cl, 0, 16, NULL)};
        threads[i] = thread_start(body, &blocked[i]);
    }
    sleep_ms(30);
    compute(&worker);
    CHECK(event_status(gate) > CL_COMPLETE);
    OK(clSetUserEventStatus(gate, CL_COMPLETE));
    for (int i = 0; i < count; i++) {
        thread_join(threads[i]);
        OK(clReleaseMemObject(blocked[i].mem));
    }
    OK(clReleaseEvent(gate));
    OK(clReleaseCommandQueue(queue));
    cl_close(&cl);
}

CASE(thread_blocked_in_finish) { check_blocked(blocked_in_finish, 1); }
CASE(thread_blocked_in_wait) { check_blocked(blocked_in_wait, 1); }
CASE(thread_blocked_in_read) { check_blocked(blocked_in_read, 1); }
CASE(thread_blocked_in_map) { check_blocked(blocked_in_map, 1); }
CASE(thread_many_blocked_in_wait) { check_blocked(blocked_in_wait, 16); }
CASE(thread_many_blocked_in_finish) { check_blocked(blocked_in_finish, 16); }

/* ---- handing over ------------------------------------------------------------ */

struct relay {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int turn;
    struct cl *cl;
    cl_kernel kernel;
    cl_mem mem;
};

static struct relay relay = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

enum { TURNS = 200 };

/* Threads take turns enqueueing without waiting: what one thread enqueued
 * before it told the other runs first. */
static void take_turns(void *arg)
{
    struct worker *w = arg;
    for (;;) {
        pthread_mutex_lock(&relay.mutex);
        while (relay.turn < TURNS && relay.turn % THREADS != w->number)
            pthread_cond_wait(&relay.cond, &relay.mutex);
        int turn = relay.turn;
        if (turn < TURNS) {
            size_t n = 64;
            cl_int value = turn;
            OK(clSetKernelArg(relay.kernel, 1, sizeof value, &value));
            OK(clEnqueueNDRangeKernel(relay.cl->queue, relay.kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
            relay.turn++;
        }
        pthread_cond_broadcast(&relay.cond);
        pthread_mutex_unlock(&relay.mutex);
        if (turn >= TURNS)
            return;
    }
}

CASE(thread_hand_over_order)
{
    struct cl cl = cl_open();
    cl_int host[64] = {0}, want = 0;
    relay.cl = &cl;
    relay.turn = 0;
    relay.kernel = build_kernel(&cl, "__kernel void advance(__global int *x, int k) { x[get_global_id(0)] = x[get_global_id(0)] * 3 + k; }\n", "advance");
    relay.mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof host, host);
    set_arg_mem(relay.kernel, 0, relay.mem);
    start_all(&cl, take_turns, NULL);
    get(cl.queue, relay.mem, 0, sizeof host, host);
    for (cl_int k = 0; k < TURNS; k++)
        want = (cl_int)((cl_uint)want * 3u + (cl_uint)k);
    for (int i = 0; i < 64; i++)
        CHECK_INT(host[i], want);
    OK(clReleaseMemObject(relay.mem));
    OK(clReleaseKernel(relay.kernel));
    cl_close(&cl);
}

/* Made in one thread, used in a second, released in a third. */
static void make_buffer(void *arg)
{
    struct worker *w = arg;
    cl_int x = 99;
    w->mem = new_buffer(w->cl, CL_MEM_COPY_HOST_PTR, sizeof x, &x);
    OK(clEnqueueMarkerWithWaitList(w->cl->queue, 0, NULL, &w->gate));
}

static void use_buffer(void *arg)
{
    struct worker *w = arg;
    cl_int got = 0;
    get(w->cl->queue, w->mem, 0, sizeof got, &got);
    CHECK_INT(got, 99);
    OK(clWaitForEvents(1, &w->gate));
}

static void release_buffer(void *arg)
{
    struct worker *w = arg;
    OK(clReleaseMemObject(w->mem));
    OK(clReleaseEvent(w->gate));
}

CASE(thread_objects_travel)
{
    struct cl cl = cl_open();
    struct worker w = {.cl = &cl};
    for (int i = 0; i < 50; i++) {
        thread_join(thread_start(make_buffer, &w));
        thread_join(thread_start(use_buffer, &w));
        thread_join(thread_start(release_buffer, &w));
    }
    cl_close(&cl);
}

/* ---- churn ---------------------------------------------------------------- */

static void one_call(void *arg)
{
    struct worker *w = arg;
    cl_uint units = 0;
    if (w->number % 2) {
        OK(clGetDeviceInfo(w->cl->device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL));
        CHECK(units > 0);
    } else {
        get(w->cl->queue, w->mem, 0, sizeof units, &units);
        CHECK_INT(units, 1234);
    }
}

CASE(thread_churn_500)
{
    struct cl cl = cl_open();
    cl_uint value = 1234;
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof value, &value);
    for (int i = 0; i < 500; i++) {
        struct worker w = {.cl = &cl, .number = i, .mem = mem};
        thread_join(thread_start(one_call, &w));
    }
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(thread_64_at_once)
{
    enum { COUNT = 64 };
    struct cl cl = cl_open();
    cl_uint value = 1234;
    struct worker workers[COUNT];
    thread *threads[COUNT];
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof value, &value);
    for (int i = 0; i < COUNT; i++) {
        workers[i] = (struct worker){.cl = &cl, .number = i, .mem = mem};
        threads[i] = thread_start(one_call, &workers[i]);
    }
    for (int i = 0; i < COUNT; i++)
        thread_join(threads[i]);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

/* A thread with a stack as small as careful programs give. */
static void *call_on_small_stack(void *arg)
{
    struct worker *w = arg;
    cl_uint x = 0;
    if (clEnqueueReadBuffer(w->queue, w->mem, CL_TRUE, 0, sizeof x, &x, 0, NULL, NULL) == CL_SUCCESS)
        w->number = (int)x;
    return NULL;
}

CASE(thread_small_stack)
{
    struct cl cl = cl_open();
    cl_uint value = 1234;
    struct worker w = {.cl = &cl, .queue = cl.queue, .mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof value, &value)};
    pthread_attr_t attr;
    pthread_t id;
    CHECK_INT(pthread_attr_init(&attr), 0);
    CHECK_INT(pthread_attr_setstacksize(&attr, 64 * 1024), 0);
    CHECK_INT(pthread_create(&id, &attr, call_on_small_stack, &w), 0);
    CHECK_INT(pthread_join(id, NULL), 0);
    pthread_attr_destroy(&attr);
    CHECK_INT(w.number, 1234);
    OK(clReleaseMemObject(w.mem));
    cl_close(&cl);
}

/* Calls made while a thread's own data is being destroyed. */
static void call_at_thread_end(void *arg)
{
    struct worker *w = arg;
    cl_uint x = 0;
    OK(clEnqueueReadBuffer(w->cl->queue, w->mem, CL_TRUE, 0, sizeof x, &x, 0, NULL, NULL));
    OK(clReleaseMemObject(w->mem));
    w->number = (int)x;
}

static pthread_key_t end_key;

static void *end_with_calls(void *arg)
{
    struct worker *w = arg;
    OK(clRetainMemObject(w->mem));
    pthread_setspecific(end_key, arg);
    return NULL;
}

CASE(thread_calls_in_key_destructor)
{
    struct cl cl = cl_open();
    cl_uint value = 1234;
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof value, &value);
    CHECK_INT(pthread_key_create(&end_key, call_at_thread_end), 0);
    for (int i = 0; i < 20; i++) {
        struct worker w = {.cl = &cl, .mem = mem};
        pthread_t id;
        CHECK_INT(pthread_create(&id, NULL, end_with_calls, &w), 0);
        CHECK_INT(pthread_join(id, NULL), 0);
        CHECK_INT(w.number, 1234);
    }
    pthread_key_delete(end_key);
    CHECK_INT(reference_count_of_mem(mem), 1);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

/* Signals with handlers that do not restart system calls hit a thread in calls. */
static volatile sig_atomic_t signals_seen;

static void on_signal(int sig)
{
    (void)sig;
    signals_seen++;
}

static struct {
    pthread_t target;
    volatile bool stop;
} pelted;

static void pelt(void *arg)
{
    (void)arg;
    while (!pelted.stop) {
        pthread_kill(pelted.target, SIGUSR1);
        usleep(200);
    }
}

CASE(thread_interrupted_by_signals)
{
    struct cl cl = cl_open();
    struct sigaction sa = {.sa_handler = on_signal}, old;
    cl_event gate = user_event(&cl);
    struct worker worker = {.cl = &cl, .queue = cl.queue, .number = 5};
    sigaction(SIGUSR1, &sa, &old);
    pelted.target = pthread_self();
    pelted.stop = false;
    thread *t = thread_start(pelt, NULL);
    compute(&worker);
    compute(&(struct worker){.cl = &cl, .number = 6});
    struct worker opener = {.cl = &cl, .gate = gate};
    thread *o = thread_start(open_gate_later, &opener);
    OK(clWaitForEvents(1, &gate));
    CHECK_STATUS(event_status(gate), CL_COMPLETE);
    pelted.stop = true;
    thread_join(o);
    thread_join(t);
    sigaction(SIGUSR1, &old, NULL);
    CHECK(signals_seen > 0);
    OK(clReleaseEvent(gate));
    cl_close(&cl);
}

/* References taken and given back by all at once: the object is there after. */
static void count_up_and_down(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < 500; i++) {
        OK(clRetainMemObject(w->cl->context ? relay.mem : NULL));
        OK(clRetainContext(w->cl->context));
        OK(clReleaseContext(w->cl->context));
        OK(clReleaseMemObject(relay.mem));
    }
}

CASE(thread_reference_counts)
{
    struct cl cl = cl_open();
    relay.mem = new_buffer(&cl, 0, 64, NULL);
    start_all(&cl, count_up_and_down, NULL);
    CHECK_INT(reference_count_of_mem(relay.mem), 1);
    OK(clReleaseMemObject(relay.mem));
    cl_close(&cl);
}

/* The first API call of a process, made by many threads together. */
static void first_call(void *arg)
{
    cl_uint count = 0;
    (void)arg;
    OK(clGetPlatformIDs(0, NULL, &count));
    CHECK(count > 0);
}

CHILD(first_calls)
{
    thread *threads[THREADS];
    (void)arg;
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start(first_call, NULL);
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    CHECK(the_device() != NULL);
    return 0;
}

CASE(thread_first_call_by_many)
{
    for (int i = 0; i < 5; i++) {
        struct child_result r = run_child("first_calls", "");
        check_child_ok(&r);
        free(r.output);
    }
}
