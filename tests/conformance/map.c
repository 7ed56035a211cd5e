/* Mapping of buffers. */
#include "conformance.h"

static void *map(cl_command_queue queue, cl_mem mem, cl_map_flags flags, size_t offset, size_t size)
{
    cl_int err;
    void *at = clEnqueueMapBuffer(queue, mem, CL_TRUE, flags, offset, size, 0, NULL, NULL, &err);
    OK(err);
    CHECK(at != NULL);
    return at;
}

static void unmap(cl_command_queue queue, cl_mem mem, void *at)
{
    OK(clEnqueueUnmapMemObject(queue, mem, at, 0, NULL, NULL));
}

static cl_uint map_count(cl_mem mem)
{
    cl_uint count = 99;
    OK(clGetMemObjectInfo(mem, CL_MEM_MAP_COUNT, sizeof count, &count, NULL));
    return count;
}

static const cl_mem_flags KINDS[] = {0, CL_MEM_ALLOC_HOST_PTR, CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR,
                                     CL_MEM_COPY_HOST_PTR, CL_MEM_USE_HOST_PTR};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS, SIZE = 70000 };

/* A buffer of one of KINDS, and the memory that it needs. */
static cl_mem make(struct cl *cl, cl_mem_flags kind, void *host)
{
    bool takes = kind & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR);
    return new_buffer(cl, kind, SIZE, takes ? host : NULL);
}

CASE(map_read_sees_what_was_written)
{
    struct cl cl = cl_open();
    unsigned char *host = must_alloc_aligned(4096, SIZE), *data = must_alloc(SIZE);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        cl_mem mem = make(&cl, KINDS[i], host);
        fill_pattern(data, SIZE, (unsigned)i);
        OK(clEnqueueWriteBuffer(cl.queue, mem, CL_FALSE, 0, SIZE, data, 0, NULL, NULL));
        unsigned char *at = map(cl.queue, mem, CL_MAP_READ, 0, SIZE);
        CHECK_PATTERN(at, SIZE, (unsigned)i);
        unmap(cl.queue, mem, at);
        at = map(cl.queue, mem, CL_MAP_READ, 1001, 5000);
        CHECK_SAME(at, data + 1001, 5000);
        unmap(cl.queue, mem, at);
        OK(clFinish(cl.queue));
        OK(clReleaseMemObject(mem));
    }
    cl_close(&cl);
    free(host);
    free(data);
}

static void check_map_write(cl_map_flags flags)
{
    struct cl cl = cl_open();
    unsigned char *host = must_alloc_aligned(4096, SIZE), *got = must_alloc(SIZE), *base = must_alloc(SIZE);
    fill_pattern(base, SIZE, 77);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        cl_mem mem = make(&cl, KINDS[i], host);
        put(cl.queue, mem, 0, SIZE, base);
        unsigned char *at = map(cl.queue, mem, flags, 333, 4097);
        fill_pattern(at, 4097, (unsigned)i);
        unmap(cl.queue, mem, at);
        get(cl.queue, mem, 0, SIZE, got);
        CHECK_SAME(got, base, 333);
        CHECK_PATTERN(got + 333, 4097, (unsigned)i);
        CHECK_SAME(got + 333 + 4097, base + 333 + 4097, SIZE - 333 - 4097);
        OK(clReleaseMemObject(mem));
    }
    cl_close(&cl);
    free(host);
    free(got);
    free(base);
}

CASE(map_write) { check_map_write(CL_MAP_WRITE); }
CASE(map_read_write) { check_map_write(CL_MAP_READ | CL_MAP_WRITE); }
CASE(map_write_invalidate) { check_map_write(CL_MAP_WRITE_INVALIDATE_REGION); }

/* CL_MAP_WRITE keeps what the program does not touch. */
CASE(map_write_in_part)
{
    struct cl cl = cl_open();
    unsigned char *got = must_alloc(SIZE);
    memset(got, 0x33, SIZE);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, got);
    unsigned char *at = map(cl.queue, mem, CL_MAP_WRITE, 0, SIZE);
    at[5] = 0x44;
    at[SIZE - 1] = 0x55;
    unmap(cl.queue, mem, at);
    get(cl.queue, mem, 0, SIZE, got);
    CHECK_INT(got[5], 0x44);
    CHECK_INT(got[SIZE - 1], 0x55);
    CHECK_BYTES(got, 5, 0x33);
    CHECK_BYTES(got + 6, SIZE - 7, 0x33);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(got);
}

CASE(map_feeds_kernel_and_back)
{
    enum { N = 5000, ROUNDS = 20 };
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_int *host = must_alloc_aligned(4096, N * sizeof(cl_int));
    for (size_t k = 0; k < KIND_COUNT; k++) {
        bool takes = KINDS[k] & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR);
        cl_mem mem = new_buffer(&cl, KINDS[k], N * sizeof(cl_int), takes ? host : NULL);
        set_add_args(kernel, mem, mem, 10, 1);
        cl_int *at = map(cl.queue, mem, CL_MAP_WRITE, 0, N * sizeof(cl_int));
        for (int i = 0; i < N; i++)
            at[i] = i;
        unmap(cl.queue, mem, at);
        for (int r = 1; r <= ROUNDS; r++) {
            run_1d(cl.queue, kernel, N);
            at = map(cl.queue, mem, CL_MAP_READ | CL_MAP_WRITE, 0, N * sizeof(cl_int));
            for (int i = 0; i < N; i++)
                CHECK_INT(at[i], i + 11 * r - 1);
            for (int i = 0; i < N; i++)
                at[i] += 1;
            unmap(cl.queue, mem, at);
        }
        OK(clFinish(cl.queue));
        OK(clReleaseMemObject(mem));
    }
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
    free(host);
}

CASE(map_several_at_once)
{
    enum { PARTS = 16, PART = 1000 };
    struct cl cl = cl_open();
    unsigned char *host = must_alloc_aligned(4096, PARTS * PART), *got = must_alloc(PARTS * PART);
    for (size_t k = 0; k < KIND_COUNT; k++) {
        bool takes = KINDS[k] & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR);
        cl_mem mem = new_buffer(&cl, KINDS[k], PARTS * PART, takes ? host : NULL);
        unsigned char *at[PARTS];
        SPEC(map_count(mem) == 0);
        for (size_t i = 0; i < PARTS; i++)
            at[i] = map(cl.queue, mem, CL_MAP_WRITE_INVALIDATE_REGION, i * PART, PART);
        for (size_t i = 0; i < PARTS; i++)
            fill_pattern(at[i], PART, (unsigned)(100 * k + i));
        for (size_t i = PARTS; i-- > 0;)
            unmap(cl.queue, mem, at[(i * 7) % PARTS]);
        get(cl.queue, mem, 0, PARTS * PART, got);
        for (size_t i = 0; i < PARTS; i++)
            CHECK_PATTERN(got + i * PART, PART, (unsigned)(100 * k + i));
        OK(clReleaseMemObject(mem));
    }
    cl_close(&cl);
    free(host);
    free(got);
}

/* Overlapping maps for reading are allowed; each has to be unmapped. */
CASE(map_overlapping_for_reading)
{
    struct cl cl = cl_open();
    unsigned char *host = must_alloc(SIZE);
    fill_pattern(host, SIZE, 6);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, host);
    unsigned char *a = map(cl.queue, mem, CL_MAP_READ, 0, SIZE);
    unsigned char *b = map(cl.queue, mem, CL_MAP_READ, 100, 1000);
    unsigned char *c = map(cl.queue, mem, CL_MAP_READ, 0, SIZE);
    SPEC(map_count(mem) == 3);
    CHECK_SAME(a, host, SIZE);
    CHECK_SAME(b, host + 100, 1000);
    unmap(cl.queue, mem, a);
    CHECK_SAME(c, host, SIZE);
    CHECK_SAME(b, host + 100, 1000);
    unmap(cl.queue, mem, c);
    CHECK_SAME(b, host + 100, 1000);
    unmap(cl.queue, mem, b);
    OK(clFinish(cl.queue));
    SPEC(map_count(mem) == 0);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
}

CASE(map_count_follows)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, SIZE, NULL);
    void *at[4];
    for (cl_uint i = 0; i < 4; i++) {
        CHECK_INT(map_count(mem), i);
        at[i] = map(cl.queue, mem, CL_MAP_READ, i * 100, 100);
    }
    for (cl_uint i = 0; i < 4; i++) {
        CHECK_INT(map_count(mem), 4 - i);
        unmap(cl.queue, mem, at[i]);
        OK(clFinish(cl.queue));
    }
    CHECK_INT(map_count(mem), 0);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

/* A mapped pointer at offset + n is the same byte, n further on. */
CASE(map_non_blocking)
{
    struct cl cl = cl_open();
    unsigned char *host = must_alloc_aligned(4096, SIZE);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        cl_int err;
        cl_event go = user_event(&cl), done;
        fill_pattern(host, SIZE, 9);
        cl_mem mem = make(&cl, KINDS[i], host);
        put(cl.queue, mem, 0, SIZE, host);
        OK(clEnqueueBarrierWithWaitList(cl.queue, 1, &go, NULL));
        unsigned char *at = clEnqueueMapBuffer(cl.queue, mem, CL_FALSE, CL_MAP_READ | CL_MAP_WRITE, 10, SIZE - 10, 0,
                                               NULL, &done, &err);
        OK(err);
        CHECK(at != NULL);
        OK(clFlush(cl.queue));
        CHECK(event_status(done) > CL_COMPLETE);
        OK(clSetUserEventStatus(go, CL_COMPLETE));
        OK(clWaitForEvents(1, &done));
        unsigned char *want = must_alloc(SIZE);
        fill_pattern(want, SIZE, 9);
        CHECK_SAME(at, want + 10, SIZE - 10);
        at[0] = 0xAB;
        unmap(cl.queue, mem, at);
        get(cl.queue, mem, 0, SIZE, want);
        CHECK_INT(want[10], 0xAB);
        free(want);
        OK(clReleaseEvent(go));
        OK(clReleaseEvent(done));
        OK(clReleaseMemObject(mem));
    }
    cl_close(&cl);
    free(host);
}

/* A non-blocking map contains what an earlier kernel has written. */
CASE(map_non_blocking_after_kernel)
{
    enum { N = 20000 };
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_int err, *zero = must_alloc(N * sizeof(cl_int));
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, N * sizeof(cl_int), zero);
    cl_event mapped, unmapped;
    set_add_args(kernel, mem, mem, 5, 50);
    run_1d(cl.queue, kernel, N);
    cl_int *at = clEnqueueMapBuffer(cl.queue, mem, CL_FALSE, CL_MAP_READ, 0, N * sizeof(cl_int), 0, NULL, &mapped, &err);
    OK(err);
    OK(clFlush(cl.queue));
    CHECK_STATUS(poll_until_done(mapped), CL_COMPLETE);
    for (int i = 0; i < N; i++)
        CHECK_INT(at[i], 5);
    OK(clEnqueueUnmapMemObject(cl.queue, mem, at, 1, &mapped, &unmapped));
    OK(clWaitForEvents(1, &unmapped));
    OK(clReleaseEvent(mapped));
    OK(clReleaseEvent(unmapped));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
    free(zero);
}

/* The map holds the last reference of nothing: unmap after release by the
 * program is not allowed, but release of a second reference is. */
CASE(map_through_another_queue)
{
    struct cl cl = cl_open();
    cl_command_queue other = new_queue(&cl, 0);
    cl_mem mem = new_buffer(&cl, 0, SIZE, NULL);
    unsigned char got[100];
    unsigned char *at = map(cl.queue, mem, CL_MAP_WRITE, 500, 100);
    fill_pattern(at, 100, 4);
    unmap(other, mem, at); /* same context: any of its queues does */
    OK(clFinish(other));
    get(cl.queue, mem, 500, 100, got);
    CHECK_PATTERN(got, 100, 4);
    OK(clReleaseMemObject(mem));
    OK(clReleaseCommandQueue(other));
    cl_close(&cl);
}

/* A mapped region is a fine source and target of the program's own transfers. */
CASE(map_as_host_memory_of_transfers)
{
    struct cl cl = cl_open();
    unsigned char *host = must_alloc(SIZE);
    fill_pattern(host, SIZE, 8);
    cl_mem from = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, host);
    cl_mem pinned = new_buffer(&cl, CL_MEM_ALLOC_HOST_PTR, SIZE, NULL);
    cl_mem to = new_buffer(&cl, 0, SIZE, NULL);
    unsigned char *at = map(cl.queue, pinned, CL_MAP_READ | CL_MAP_WRITE, 0, SIZE);
    OK(clEnqueueReadBuffer(cl.queue, from, CL_FALSE, 0, SIZE, at, 0, NULL, NULL));
    OK(clEnqueueWriteBuffer(cl.queue, to, CL_FALSE, 0, SIZE, at, 0, NULL, NULL));
    OK(clFinish(cl.queue));
    CHECK_PATTERN(at, SIZE, 8);
    memset(host, 0, SIZE);
    get(cl.queue, to, 0, SIZE, host);
    CHECK_PATTERN(host, SIZE, 8);
    unmap(cl.queue, pinned, at);
    get(cl.queue, pinned, 0, SIZE, host);
    CHECK_PATTERN(host, SIZE, 8);
    OK(clReleaseMemObject(from));
    OK(clReleaseMemObject(pinned));
    OK(clReleaseMemObject(to));
    cl_close(&cl);
    free(host);
}

CASE(map_invalid)
{
    struct cl cl = cl_open();
    struct cl stranger = cl_open();
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    cl_int err;
    char local[64];
    CHECK(!clEnqueueMapBuffer(cl.queue, mem, CL_TRUE, CL_MAP_READ, 0, 65, 0, NULL, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clEnqueueMapBuffer(cl.queue, mem, CL_TRUE, CL_MAP_READ, 64, 1, 0, NULL, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    void *nothing = clEnqueueMapBuffer(cl.queue, mem, CL_TRUE, CL_MAP_READ, 0, 0, 0, NULL, NULL, &err);
    SPEC_STATUS(err, CL_INVALID_VALUE);
    if (nothing)
        OK(clEnqueueUnmapMemObject(cl.queue, mem, nothing, 0, NULL, NULL));
    CHECK(!clEnqueueMapBuffer(cl.queue, mem, CL_TRUE, CL_MAP_READ, 65, 1, 0, NULL, NULL, NULL));
    CHECK(!clEnqueueMapBuffer(NULL, mem, CL_TRUE, CL_MAP_READ, 0, 4, 0, NULL, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_COMMAND_QUEUE);
    CHECK(!clEnqueueMapBuffer(cl.queue, NULL, CL_TRUE, CL_MAP_READ, 0, 4, 0, NULL, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_MEM_OBJECT);
    CHECK(!clEnqueueMapBuffer(stranger.queue, mem, CL_TRUE, CL_MAP_READ, 0, 4, 0, NULL, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_CONTEXT);
    void *both = clEnqueueMapBuffer(cl.queue, mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION, 0, 4, 0, NULL,
                                    NULL, &err);
    SPEC_STATUS(err, CL_INVALID_VALUE);
    if (both)
        OK(clEnqueueUnmapMemObject(cl.queue, mem, both, 0, NULL, NULL));
    CHECK_STATUS(clEnqueueUnmapMemObject(cl.queue, mem, local, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueUnmapMemObject(cl.queue, mem, NULL, 0, NULL, NULL), CL_INVALID_VALUE);
    OK(clReleaseMemObject(mem));
    cl_close(&stranger);
    cl_close(&cl);
}

CASE(map_unmapped_twice)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    void *at = map(cl.queue, mem, CL_MAP_READ, 0, 64);
    unmap(cl.queue, mem, at);
    OK(clFinish(cl.queue));
    CHECK_STATUS(clEnqueueUnmapMemObject(cl.queue, mem, at, 0, NULL, NULL), CL_INVALID_VALUE);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(map_33_mib_many_times)
{
    enum { BIG = 33 << 20 };
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, BIG, NULL);
    for (unsigned i = 0; i < 6; i++) {
        unsigned char *at = map(cl.queue, mem, CL_MAP_WRITE_INVALIDATE_REGION, 0, BIG);
        memset(at, (int)i, BIG);
        unmap(cl.queue, mem, at);
        at = map(cl.queue, mem, CL_MAP_READ, 0, BIG);
        CHECK_BYTES(at, BIG, (int)i);
        unmap(cl.queue, mem, at);
    }
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}
