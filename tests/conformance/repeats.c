/* Calls that are made over and over, by turns, and with objects that were made over and over: what an implementation may
 * answer from memory, send ahead or keep ready has to be what the first call would have brought. */
#include "conformance.h"

enum { TURNS = 300, BIG = 1 << 20 };

static const char CHAIN_SOURCE[] =
    "__kernel void chain(__global uint *x, uint add) { if (get_global_id(0) == 0) x[0] = x[0] * 3 + add; }\n"
    "__kernel void number(__global uint *x, uint value) { x[get_global_id(0)] = value + get_global_id(0); }\n";

static void set_uint(cl_kernel kernel, cl_uint index, cl_uint value)
{
    OK(clSetKernelArg(kernel, index, sizeof value, &value));
}

/* Two threads, one after the other. */
struct turns {
    struct cl *cl;
    cl_kernel kernel;
    cl_mem mem;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int turn;
    int parity;
};

struct side {
    struct turns *turns;
    int parity;
};

static void wait_for_turn(struct turns *t, int parity)
{
    pthread_mutex_lock(&t->mutex);
    while (t->turn % 2 != parity)
        pthread_cond_wait(&t->cond, &t->mutex);
    pthread_mutex_unlock(&t->mutex);
}

static void pass_turn(struct turns *t)
{
    pthread_mutex_lock(&t->mutex);
    t->turn++;
    pthread_cond_signal(&t->cond);
    pthread_mutex_unlock(&t->mutex);
}

static void chain_by_turns(void *arg)
{
    struct side *side = arg;
    struct turns *t = side->turns;
    size_t one = 1;
    for (int i = side->parity; i < TURNS; i += 2) {
        wait_for_turn(t, side->parity);
        set_uint(t->kernel, 1, (cl_uint)i);
        OK(clEnqueueNDRangeKernel(t->cl->queue, t->kernel, 1, NULL, &one, NULL, 0, NULL, NULL));
        pass_turn(t);
    }
}

CASE(repeat_launches_of_threads_by_turns)
{
    struct cl cl = cl_open();
    cl_uint value = 1, want = 1;
    struct turns t = {.cl = &cl, .mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    struct side sides[] = {{&t, 0}, {&t, 1}};
    t.kernel = build_kernel(&cl, CHAIN_SOURCE, "chain");
    t.mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof value, &value);
    set_arg_mem(t.kernel, 0, t.mem);
    thread *threads[] = {thread_start(chain_by_turns, &sides[0]), thread_start(chain_by_turns, &sides[1])};
    thread_join(threads[0]);
    thread_join(threads[1]);
    get(cl.queue, t.mem, 0, sizeof value, &value);
    for (cl_uint i = 0; i < TURNS; i++)
        want = want * 3 + i;
    CHECK_INT(value, want);
    OK(clReleaseMemObject(t.mem));
    OK(clReleaseKernel(t.kernel));
    cl_close(&cl);
}

static void chain_once(void *arg)
{
    struct turns *t = arg;
    size_t one = 1;
    set_uint(t->kernel, 1, (cl_uint)t->turn);
    OK(clEnqueueNDRangeKernel(t->cl->queue, t->kernel, 1, NULL, &one, NULL, 0, NULL, NULL));
}

/* Launches of a thread that has ended come before those of the next one. */
CASE(repeat_launches_of_threads_that_come_and_go)
{
    struct cl cl = cl_open();
    cl_uint value = 1, want = 1;
    struct turns t = {.cl = &cl};
    t.kernel = build_kernel(&cl, CHAIN_SOURCE, "chain");
    t.mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof value, &value);
    set_arg_mem(t.kernel, 0, t.mem);
    for (t.turn = 0; t.turn < TURNS; t.turn++) {
        thread_join(thread_start(chain_once, &t));
        want = want * 3 + (cl_uint)t.turn;
    }
    get(cl.queue, t.mem, 0, sizeof value, &value);
    CHECK_INT(value, want);
    OK(clReleaseMemObject(t.mem));
    OK(clReleaseKernel(t.kernel));
    cl_close(&cl);
}

/* A launch of one thread keeps its buffer when another thread releases the buffer. */
static void launch_by_turns(void *arg)
{
    struct turns *t = arg;
    size_t n = 1024;
    for (int i = 0; i < TURNS / 2; i++) {
        wait_for_turn(t, 1);
        set_arg_mem(t->kernel, 0, t->mem);
        set_uint(t->kernel, 1, (cl_uint)i);
        OK(clEnqueueNDRangeKernel(t->cl->queue, t->kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
        pass_turn(t);
    }
}

CASE(repeat_releases_after_another_threads_launch)
{
    struct cl cl = cl_open();
    struct turns t = {.cl = &cl, .mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    cl_uint host[1024];
    t.kernel = build_kernel(&cl, CHAIN_SOURCE, "number");
    thread *other = thread_start(launch_by_turns, &t);
    for (int i = 0; i < TURNS / 2; i++) {
        t.mem = new_buffer(&cl, 0, sizeof host, NULL);
        pass_turn(&t);
        wait_for_turn(&t, 0);
        if (i % 10 == 0) {
            get(cl.queue, t.mem, 0, sizeof host, host);
            for (cl_uint k = 0; k < 1024; k++)
                CHECK_INT(host[k], (cl_uint)i + k);
        }
        OK(clReleaseMemObject(t.mem));
    }
    thread_join(other);
    OK(clFinish(cl.queue));
    OK(clReleaseKernel(t.kernel));
    cl_close(&cl);
}

CASE(repeat_failures_are_told_where_they_happen)
{
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, CHAIN_SOURCE, "number");
    cl_mem mem = new_buffer(&cl, 0, 4096, NULL);
    size_t n = 64, local = 64, largest = device_size(CL_DEVICE_MAX_WORK_GROUP_SIZE) * 2;
    set_arg_mem(kernel, 0, mem);
    for (int i = 0; i < 20; i++) {
        set_uint(kernel, 1, (cl_uint)i);
        OK(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &n, &local, 0, NULL, NULL));
        if (i % 4 == 3) {
            CHECK_STATUS(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &largest, &largest, 0, NULL, NULL),
                         CL_INVALID_WORK_GROUP_SIZE);
            CHECK_STATUS(clSetKernelArg(kernel, 7, sizeof n, &n), CL_INVALID_ARG_INDEX);
            SPEC_STATUS(clSetKernelArg(kernel, 1, 3, &n), CL_INVALID_ARG_SIZE);
            CHECK_STATUS(clEnqueueCopyBuffer(cl.queue, mem, mem, 0, 4000, 97, 0, NULL, NULL), CL_INVALID_VALUE);
            OK(clEnqueueCopyBuffer(cl.queue, mem, mem, 0, 4000, 96, 0, NULL, NULL));
        }
    }
    OK(clFinish(cl.queue));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(repeat_reference_counts)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    for (cl_uint n = 1; n <= 5; n++) {
        CHECK_INT(reference_count_of_mem(mem), n);
        OK(clRetainMemObject(mem));
    }
    for (cl_uint n = 6; n > 1; n--) {
        CHECK_INT(reference_count_of_mem(mem), n);
        OK(clReleaseMemObject(mem));
    }
    CHECK_INT(reference_count_of_mem(mem), 1);
    cl_uint before = 0, after = 0;
    OK(clGetContextInfo(cl.context, CL_CONTEXT_REFERENCE_COUNT, sizeof before, &before, NULL));
    OK(clRetainContext(cl.context));
    OK(clGetContextInfo(cl.context, CL_CONTEXT_REFERENCE_COUNT, sizeof after, &after, NULL));
    CHECK_INT(after, before + 1);
    OK(clReleaseContext(cl.context));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(repeat_queries)
{
    struct cl cl = cl_open();
    char name[1024], again[1024];
    size_t size = 0, size_again = 0;
    OK(clGetDeviceInfo(cl.device, CL_DEVICE_NAME, sizeof name, name, &size));
    for (int i = 0; i < 3; i++) {
        memset(again, 0x55, sizeof again);
        OK(clGetDeviceInfo(cl.device, CL_DEVICE_NAME, sizeof again, again, &size_again));
        CHECK_INT(size_again, size);
        CHECK_STR(again, name);
        SPEC(again[size] == 0x55);
        OK(clGetDeviceInfo(cl.device, CL_DEVICE_NAME, 0, NULL, &size_again));
        CHECK_INT(size_again, size);
        OK(clGetDeviceInfo(cl.device, CL_DEVICE_NAME, size, again, NULL));
        CHECK_STATUS(clGetDeviceInfo(cl.device, CL_DEVICE_NAME, size - 1, again, NULL), CL_INVALID_VALUE);
    }
    cl_kernel kernel = build_kernel(&cl, CHAIN_SOURCE, "chain");
    for (int i = 0; i < 3; i++) {
        cl_context context = NULL;
        cl_program program = NULL;
        OK(clGetKernelInfo(kernel, CL_KERNEL_CONTEXT, sizeof context, &context, NULL));
        OK(clGetKernelInfo(kernel, CL_KERNEL_PROGRAM, sizeof program, &program, NULL));
        CHECK_PTR(context, cl.context);
        /* The kernel keeps it. */
        cl_int err = clRetainProgram(program);
        SPEC_STATUS(err, CL_SUCCESS);
        if (err == CL_SUCCESS)
            OK(clReleaseProgram(program));
    }
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* Of many buffers, one after the other and some at a time, each has its own bytes. */
CASE(repeat_buffers)
{
    static const size_t sizes[] = {64, 4096, 65536, BIG};
    struct cl cl = cl_open();
    unsigned char *bytes = must_alloc(BIG);
    for (size_t s = 0; s < 4; s++) {
        cl_mem mems[5];
        for (int round = 0; round < 12; round++) {
            for (int i = 0; i < 5; i++) {
                mems[i] = new_buffer(&cl, i % 2 ? CL_MEM_READ_WRITE : CL_MEM_READ_ONLY, sizes[s], NULL);
                fill_pattern(bytes, sizes[s], (unsigned)(round * 5 + i));
                put(cl.queue, mems[i], 0, sizes[s], bytes);
            }
            for (int i = 0; i < 5; i++) {
                cl_mem_flags flags = 0;
                void *host = bytes;
                memset(bytes, 0, sizes[s]);
                get(cl.queue, mems[i], 0, sizes[s], bytes);
                CHECK_PATTERN(bytes, sizes[s], (unsigned)(round * 5 + i));
                OK(clGetMemObjectInfo(mems[i], CL_MEM_FLAGS, sizeof flags, &flags, NULL));
                CHECK_INT(flags, i % 2 ? CL_MEM_READ_WRITE : CL_MEM_READ_ONLY);
                OK(clGetMemObjectInfo(mems[i], CL_MEM_HOST_PTR, sizeof host, &host, NULL));
                CHECK_PTR(host, NULL);
                OK(clReleaseMemObject(mems[i]));
            }
        }
    }
    free(bytes);
    cl_close(&cl);
}

/* A large buffer by every way: host memory it is made of, parts, mappings, kernels, events. */
CASE(repeat_ways_to_a_large_buffer)
{
    struct cl cl = cl_open_with(CL_QUEUE_PROFILING_ENABLE);
    unsigned char *bytes = must_alloc(BIG);
    fill_pattern(bytes, BIG, 1);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR, BIG, bytes);
    memset(bytes, 0, BIG);
    get(cl.queue, mem, 0, BIG, bytes);
    CHECK_PATTERN(bytes, BIG, 1);
    cl_mem_flags flags = 0;
    OK(clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof flags, &flags, NULL));
    CHECK_INT(flags & (CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR | CL_MEM_USE_HOST_PTR),
              CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR);

    /* A blocking transfer of a part, with its event. */
    cl_event event;
    cl_command_type type = 0;
    cl_ulong begin = 0, end = 0;
    memset(bytes, 0x11, 100000);
    OK(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 5000, 100000, bytes, 0, NULL, &event));
    OK(clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL));
    CHECK_INT(type, CL_COMMAND_WRITE_BUFFER);
    OK(clWaitForEvents(1, &event));
    CHECK_INT(event_status(event), CL_COMPLETE);
    OK(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof begin, &begin, NULL));
    OK(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL));
    CHECK(begin <= end);
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 4000, 102000, bytes, 1, &event, NULL));
    OK(clReleaseEvent(event));
    CHECK_BYTES(bytes + 1000, 100000, 0x11);

    /* Too far, and nowhere. */
    CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, BIG - 65536, 65537, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, BIG, 65536, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, 65536, NULL, 0, NULL, NULL), CL_INVALID_VALUE);

    /* A part, a mapping of the part, a kernel's work through both. */
    cl_buffer_region region = {65536, 131072};
    cl_int err;
    cl_mem part = clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
    OK(err);
    OK(clGetMemObjectInfo(part, CL_MEM_FLAGS, sizeof flags, &flags, NULL));
    CHECK_INT(flags & CL_MEM_USE_HOST_PTR, 0);
    cl_kernel kernel = build_kernel(&cl, CHAIN_SOURCE, "number");
    set_arg_mem(kernel, 0, part);
    set_uint(kernel, 1, 7);
    run_1d(cl.queue, kernel, region.size / 4);
    cl_uint *mapped = clEnqueueMapBuffer(cl.queue, part, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 4096, 8192, 0, NULL, NULL, &err);
    OK(err);
    for (cl_uint i = 0; i < 2048; i++) {
        CHECK_INT(mapped[i], 7 + 1024 + i);
        mapped[i] = 1000000 + i;
    }
    OK(clEnqueueUnmapMemObject(cl.queue, part, mapped, 0, NULL, NULL));
    get(cl.queue, mem, 65536 + 4096, 8192, bytes);
    for (cl_uint i = 0; i < 2048; i++)
        CHECK_INT(((cl_uint *)bytes)[i], 1000000 + i);

    /* A mapping that does not block, behind a kernel. */
    set_arg_mem(kernel, 0, mem);
    set_uint(kernel, 1, 9);
    run_1d(cl.queue, kernel, BIG / 4);
    mapped = clEnqueueMapBuffer(cl.queue, mem, CL_FALSE, CL_MAP_READ, 0, BIG, 0, NULL, &event, &err);
    OK(err);
    OK(clWaitForEvents(1, &event));
    for (cl_uint i = 0; i < BIG / 4; i += 997)
        CHECK_INT(mapped[i], 9 + i);
    OK(clReleaseEvent(event));
    OK(clEnqueueUnmapMemObject(cl.queue, mem, mapped, 0, NULL, NULL));
    OK(clFinish(cl.queue));
    OK(clReleaseKernel(kernel));
    OK(clReleaseMemObject(part));
    OK(clReleaseMemObject(mem));
    free(bytes);
    cl_close(&cl);
}

/* A command that is still to come works on the buffer that it was given, though that was released and others were made. */
CASE(repeat_buffers_while_a_command_waits)
{
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, CHAIN_SOURCE, "number");
    cl_command_queue other = new_queue(&cl, 0);
    unsigned char *bytes = must_alloc(BIG);
    for (int round = 0; round < 5; round++) {
        cl_event gate = user_event(&cl);
        size_t n = BIG / 4;
        cl_mem doomed = new_buffer(&cl, 0, BIG, NULL), mems[3];
        set_arg_mem(kernel, 0, doomed);
        set_uint(kernel, 1, 3);
        OK(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &n, NULL, 1, &gate, NULL));
        OK(clFlush(cl.queue));
        OK(clReleaseMemObject(doomed));
        for (unsigned i = 0; i < 3; i++) {
            mems[i] = new_buffer(&cl, 0, BIG, NULL);
            fill_pattern(bytes, BIG, i);
            put(other, mems[i], 0, BIG, bytes);
        }
        OK(clSetUserEventStatus(gate, CL_COMPLETE));
        OK(clFinish(cl.queue));
        for (unsigned i = 0; i < 3; i++) {
            get(other, mems[i], 0, BIG, bytes);
            CHECK_PATTERN(bytes, BIG, i);
            OK(clReleaseMemObject(mems[i]));
        }
        OK(clReleaseEvent(gate));
    }
    free(bytes);
    OK(clReleaseCommandQueue(other));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* Each thread its own large buffer, on a queue that all share. */
struct copier {
    struct cl *cl;
    unsigned seed;
};

static void copy_large(void *arg)
{
    struct copier *c = arg;
    unsigned char *bytes = must_alloc(BIG);
    cl_mem mem = new_buffer(c->cl, 0, BIG, NULL);
    for (unsigned i = 0; i < 20; i++) {
        fill_pattern(bytes, BIG, c->seed + i);
        put(c->cl->queue, mem, 0, BIG, bytes);
        memset(bytes, 0, BIG);
        get(c->cl->queue, mem, 0, BIG, bytes);
        CHECK_PATTERN(bytes, BIG, c->seed + i);
    }
    OK(clReleaseMemObject(mem));
    free(bytes);
}

CASE(repeat_large_transfers_of_threads)
{
    struct cl cl = cl_open();
    struct copier copiers[4];
    thread *threads[4];
    for (unsigned i = 0; i < 4; i++) {
        copiers[i] = (struct copier){&cl, i * 1000};
        threads[i] = thread_start(copy_large, &copiers[i]);
    }
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
    cl_close(&cl);
}
