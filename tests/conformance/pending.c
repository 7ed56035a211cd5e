/* Non-blocking reads: the data is in the program's memory before the program
 * can see the read complete, whichever way it looks. */
#include "conformance.h"

static const size_t SIZES[] = {1, 4, 4095, 4096, 4097, 1 << 20};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

struct pending {
    struct cl cl;
    cl_mem mem;
    unsigned char *host;
    size_t size;
    cl_event event;
};

/* A buffer of pattern `seed` and a non-blocking read of it, under way. */
static struct pending start_read(size_t size, unsigned seed)
{
    struct pending p = {.cl = cl_open(), .size = size};
    p.host = must_alloc(size + 2);
    fill_pattern(p.host, size, seed);
    p.mem = new_buffer(&p.cl, CL_MEM_READ_WRITE, size, NULL);
    put(p.cl.queue, p.mem, 0, size, p.host);
    memset(p.host, 0xEE, size + 2);
    OK(clEnqueueReadBuffer(p.cl.queue, p.mem, CL_FALSE, 0, size, p.host + 1, 0, NULL, &p.event));
    return p;
}

/* Exactly the bytes asked for have arrived. */
static void check_arrived(struct pending *p, unsigned seed)
{
    CHECK_PATTERN(p->host + 1, p->size, seed);
    CHECK_BYTES(p->host, 1, 0xEE);
    CHECK_BYTES(p->host + 1 + p->size, 1, 0xEE);
}

static void end_read(struct pending *p, unsigned seed)
{
    check_arrived(p, seed);
    OK(clReleaseEvent(p->event));
    OK(clReleaseMemObject(p->mem));
    cl_close(&p->cl);
    free(p->host);
}

CASE(pending_read_seen_by_wait)
{
    for (unsigned i = 0; i < SIZE_COUNT; i++) {
        struct pending p = start_read(SIZES[i], i);
        OK(clWaitForEvents(1, &p.event));
        end_read(&p, i);
    }
}

CASE(pending_read_seen_by_finish)
{
    for (unsigned i = 0; i < SIZE_COUNT; i++) {
        struct pending p = start_read(SIZES[i], i);
        OK(clFinish(p.cl.queue));
        end_read(&p, i);
    }
}

CASE(pending_read_seen_by_polling)
{
    for (unsigned i = 0; i < SIZE_COUNT; i++) {
        struct pending p = start_read(SIZES[i], i);
        OK(clFlush(p.cl.queue));
        CHECK_STATUS(poll_until_done(p.event), CL_COMPLETE);
        end_read(&p, i);
    }
}

struct seen_in_callback {
    struct gate gate;
    struct pending *pending;
    unsigned seed;
    cl_int status;
};

static void CL_CALLBACK look_in_callback(cl_event event, cl_int status, void *arg)
{
    struct seen_in_callback *s = arg;
    (void)event;
    s->status = status;
    CHECK_PATTERN(s->pending->host + 1, s->pending->size, s->seed);
    gate_raise(&s->gate);
}

CASE(pending_read_seen_by_callback)
{
    for (unsigned i = 0; i < SIZE_COUNT; i++) {
        struct pending p = start_read(SIZES[i], i);
        struct seen_in_callback s = {GATE_INIT, &p, i, 99};
        OK(clSetEventCallback(p.event, CL_COMPLETE, look_in_callback, &s));
        OK(clFlush(p.cl.queue));
        GATE_WAIT(&s.gate, 1);
        CHECK_STATUS(s.status, CL_COMPLETE);
        end_read(&p, i);
    }
}

CASE(pending_read_seen_by_marker)
{
    struct pending p = start_read(1 << 20, 7);
    cl_event marker;
    OK(clEnqueueMarkerWithWaitList(p.cl.queue, 1, &p.event, &marker));
    OK(clWaitForEvents(1, &marker));
    OK(clReleaseEvent(marker));
    end_read(&p, 7);
}

CASE(pending_read_seen_by_marker_of_all)
{
    struct pending p = start_read(1 << 20, 8);
    cl_event marker;
    OK(clEnqueueMarkerWithWaitList(p.cl.queue, 0, NULL, &marker));
    OK(clWaitForEvents(1, &marker));
    OK(clReleaseEvent(marker));
    end_read(&p, 8);
}

/* The event of a later command of an in-order queue, which needs the read. */
CASE(pending_read_seen_by_later_command)
{
    struct pending p = start_read(1 << 20, 9);
    cl_event later;
    cl_mem other = new_buffer(&p.cl, CL_MEM_READ_WRITE, p.size, NULL);
    OK(clEnqueueCopyBuffer(p.cl.queue, p.mem, other, 0, 0, p.size, 0, NULL, &later));
    OK(clWaitForEvents(1, &later));
    check_arrived(&p, 9);
    OK(clReleaseEvent(later));
    OK(clReleaseMemObject(other));
    end_read(&p, 9);
}

/* Through an event of another queue that waits for the read. */
CASE(pending_read_seen_by_other_queue)
{
    struct pending p = start_read(1 << 20, 10);
    cl_command_queue other = new_queue(&p.cl, 0);
    cl_event marker;
    OK(clFlush(p.cl.queue));
    OK(clEnqueueMarkerWithWaitList(other, 1, &p.event, &marker));
    OK(clFlush(other));
    CHECK_STATUS(poll_until_done(marker), CL_COMPLETE);
    check_arrived(&p, 10);
    OK(clReleaseEvent(marker));
    OK(clReleaseCommandQueue(other));
    end_read(&p, 10);
}

CASE(pending_read_seen_by_finish_of_other_queue)
{
    struct pending p = start_read(1 << 20, 11);
    cl_command_queue other = new_queue(&p.cl, 0);
    OK(clFlush(p.cl.queue));
    OK(clEnqueueBarrierWithWaitList(other, 1, &p.event, NULL));
    OK(clFinish(other));
    end_read(&p, 11);
    OK(clReleaseCommandQueue(other));
}

CASE(pending_read_seen_by_blocking_read)
{
    struct pending p = start_read(1 << 20, 12);
    char byte;
    get(p.cl.queue, p.mem, 0, 1, &byte);
    end_read(&p, 12);
}

CASE(pending_read_seen_by_blocking_map)
{
    struct pending p = start_read(1 << 20, 13);
    cl_int err;
    void *at = clEnqueueMapBuffer(p.cl.queue, p.mem, CL_TRUE, CL_MAP_READ, 0, 1, 0, NULL, NULL, &err);
    OK(err);
    check_arrived(&p, 13);
    OK(clEnqueueUnmapMemObject(p.cl.queue, p.mem, at, 0, NULL, NULL));
    end_read(&p, 13);
}

static void wait_in_thread(void *arg)
{
    struct pending *p = arg;
    OK(clWaitForEvents(1, &p->event));
    check_arrived(p, 14);
}

CASE(pending_read_seen_by_other_thread)
{
    struct pending p = start_read(1 << 20, 14);
    thread_join(thread_start(wait_in_thread, &p));
    end_read(&p, 14);
}

static void finish_in_thread(void *arg)
{
    struct pending *p = arg;
    OK(clFinish(p->cl.queue));
    check_arrived(p, 15);
}

CASE(pending_read_seen_by_finish_of_other_thread)
{
    struct pending p = start_read(1 << 20, 15);
    thread_join(thread_start(finish_in_thread, &p));
    end_read(&p, 15);
}

/* Releasing queue and event does not lose the data: another event shows the end. */
CASE(pending_read_survives_releases)
{
    struct cl cl = cl_open();
    size_t size = 1 << 20;
    unsigned char *host = must_alloc(size);
    fill_pattern(host, size, 16);
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, size, host);
    cl_event done;
    memset(host, 0, size);
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, 0, size, host, 0, NULL, &done));
    OK(clReleaseMemObject(mem));
    OK(clFlush(cl.queue));
    OK(clReleaseCommandQueue(cl.queue));
    OK(clReleaseContext(cl.context));
    OK(clWaitForEvents(1, &done));
    CHECK_PATTERN(host, size, 16);
    OK(clReleaseEvent(done));
    free(host);
}

/* Releasing the queue flushes it. */
CASE(pending_read_flushed_by_queue_release)
{
    struct pending p = start_read(1 << 20, 24);
    OK(clReleaseCommandQueue(p.cl.queue));
    OK(clWaitForEvents(1, &p.event));
    check_arrived(&p, 24);
    OK(clReleaseEvent(p.event));
    OK(clReleaseMemObject(p.mem));
    OK(clReleaseContext(p.cl.context));
    free(p.host);
}

CASE(pending_read_event_released_at_once)
{
    struct pending p = start_read(4096, 17);
    OK(clRetainEvent(p.event));
    OK(clReleaseEvent(p.event));
    OK(clReleaseEvent(p.event));
    OK(clFinish(p.cl.queue));
    check_arrived(&p, 17);
    OK(clReleaseMemObject(p.mem));
    cl_close(&p.cl);
    free(p.host);
}

CASE(pending_reads_2000)
{
    enum { COUNT = 2000, SIZE = 512 };
    struct cl cl = cl_open();
    unsigned char *want = must_alloc(COUNT * SIZE), *got = must_alloc(COUNT * SIZE);
    fill_pattern(want, COUNT * SIZE, 18);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, COUNT * SIZE, want);
    for (size_t i = 0; i < COUNT; i++)
        OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, i * SIZE, SIZE, got + i * SIZE, 0, NULL, NULL));
    OK(clFinish(cl.queue));
    CHECK_SAME(got, want, COUNT * SIZE);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(want);
    free(got);
}

/* All held back by one user event, each with an event of its own. */
CASE(pending_reads_2000_gated)
{
    enum { COUNT = 2000, SIZE = 64 };
    struct cl cl = cl_open();
    unsigned char *want = must_alloc(COUNT * SIZE), *got = must_alloc(COUNT * SIZE);
    cl_event *events = must_alloc(COUNT * sizeof *events);
    fill_pattern(want, COUNT * SIZE, 19);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, COUNT * SIZE, want);
    cl_event go = user_event(&cl);
    for (size_t i = 0; i < COUNT; i++)
        OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, i * SIZE, SIZE, got + i * SIZE,
                               i == 0, i == 0 ? &go : NULL, &events[i]));
    OK(clFlush(cl.queue));
    sleep_ms(20);
    CHECK_BYTES(got, COUNT * SIZE, 0);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    for (size_t i = 0; i < COUNT; i++) {
        OK(clWaitForEvents(1, &events[i]));
        CHECK_SAME(got, want, (i + 1) * SIZE);
    }
    for (size_t i = 0; i < COUNT; i++)
        OK(clReleaseEvent(events[i]));
    OK(clReleaseEvent(go));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(events);
    free(want);
    free(got);
}

CASE(pending_read_33_mib)
{
    struct pending p = start_read((33 << 20) + 5, 20);
    OK(clWaitForEvents(1, &p.event));
    end_read(&p, 20);
}

/* A write's source is the destination of an earlier read in the queue. */
CASE(pending_read_feeds_overlapping_write)
{
    static const size_t sizes[] = {64, 4096, 300000, 8 << 20};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct cl cl = cl_open();
        size_t size = sizes[i], skew = size / 3;
        unsigned char *host = must_alloc(size), *want = must_alloc(size);
        fill_pattern(want, size, i);
        cl_mem from = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, size, want);
        cl_mem to = new_buffer(&cl, CL_MEM_READ_WRITE, size, NULL);
        cl_event go = user_event(&cl);
        memset(host, 0xAA, size);
        OK(clEnqueueReadBuffer(cl.queue, from, CL_FALSE, 0, size, host, 1, &go, NULL));
        OK(clEnqueueWriteBuffer(cl.queue, to, CL_FALSE, 0, size - skew, host + skew, 0, NULL, NULL));
        OK(clSetUserEventStatus(go, CL_COMPLETE));
        OK(clFinish(cl.queue));
        memset(host, 0, size);
        get(cl.queue, to, 0, size - skew, host);
        CHECK_SAME(host, want + skew, size - skew);
        OK(clReleaseEvent(go));
        OK(clReleaseMemObject(from));
        OK(clReleaseMemObject(to));
        cl_close(&cl);
        free(host);
        free(want);
    }
}

/* The same without a gate: read, write back elsewhere, read, ... a chain. */
CASE(pending_read_write_chain)
{
    enum { STEPS = 64, SIZE = 20000 };
    struct cl cl = cl_open();
    unsigned char *host = must_alloc(SIZE), *want = must_alloc(SIZE);
    cl_mem ring[2];
    fill_pattern(want, SIZE, 21);
    ring[0] = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, want);
    ring[1] = new_buffer(&cl, CL_MEM_READ_WRITE, SIZE, NULL);
    for (int i = 0; i < STEPS; i++) {
        OK(clEnqueueReadBuffer(cl.queue, ring[i % 2], CL_FALSE, 0, SIZE, host, 0, NULL, NULL));
        OK(clEnqueueWriteBuffer(cl.queue, ring[(i + 1) % 2], CL_FALSE, 0, SIZE, host, 0, NULL, NULL));
    }
    OK(clFinish(cl.queue));
    CHECK_SAME(host, want, SIZE);
    memset(host, 0, SIZE);
    get(cl.queue, ring[STEPS % 2], 0, SIZE, host);
    CHECK_SAME(host, want, SIZE);
    OK(clReleaseMemObject(ring[0]));
    OK(clReleaseMemObject(ring[1]));
    cl_close(&cl);
    free(host);
    free(want);
}

CASE(pending_two_reads_into_one_place)
{
    struct cl cl = cl_open();
    enum { SIZE = 50000 };
    unsigned char *host = must_alloc(SIZE);
    cl_mem first, second;
    fill_pattern(host, SIZE, 1);
    first = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, host);
    fill_pattern(host, SIZE, 2);
    second = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, host);
    for (int i = 0; i < 20; i++) {
        OK(clEnqueueReadBuffer(cl.queue, first, CL_FALSE, 0, SIZE, host, 0, NULL, NULL));
        OK(clEnqueueReadBuffer(cl.queue, second, CL_FALSE, 0, SIZE, host, 0, NULL, NULL));
    }
    OK(clFinish(cl.queue));
    CHECK_PATTERN(host, SIZE, 2);
    OK(clReleaseMemObject(first));
    OK(clReleaseMemObject(second));
    cl_close(&cl);
    free(host);
}

/* The program may change what a finished read gave it: nothing arrives late. */
CASE(pending_read_arrives_once)
{
    struct pending p = start_read(4096, 22);
    OK(clWaitForEvents(1, &p.event));
    check_arrived(&p, 22);
    memset(p.host + 1, 0x11, p.size);
    OK(clFinish(p.cl.queue));
    CHECK_STATUS(event_status(p.event), CL_COMPLETE);
    CHECK_BYTES(p.host + 1, p.size, 0x11);
    OK(clReleaseEvent(p.event));
    CHECK_BYTES(p.host + 1, p.size, 0x11);
    OK(clReleaseMemObject(p.mem));
    cl_close(&p.cl);
    free(p.host);
}

/* Neither a queue nor a context that ends writes to memory twice. */
CASE(pending_read_into_freed_memory)
{
    for (int i = 0; i < 20; i++) {
        struct pending p = start_read(1 << 16, 23);
        OK(clFinish(p.cl.queue));
        check_arrived(&p, 23);
        free(p.host);
        OK(clReleaseEvent(p.event));
        OK(clReleaseMemObject(p.mem));
        cl_close(&p.cl);
    }
}
