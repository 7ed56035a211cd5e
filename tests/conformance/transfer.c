/* Reads and writes of buffers: sizes, offsets, blocking, ordering, errors. */
#include "conformance.h"

#include <sys/mman.h>

static void round_trip(struct cl *cl, size_t size, size_t offset, cl_bool blocking)
{
    size_t whole = size + offset + 3;
    unsigned char *out = must_alloc(whole), *in = must_alloc(size + 2);
    cl_mem mem = new_buffer(cl, CL_MEM_READ_WRITE, whole, NULL);
    unsigned seed = (unsigned)(size + offset);
    memset(out, 0x5A, whole);
    put(cl->queue, mem, 0, whole, out);
    fill_pattern(out, size, seed);
    OK(clEnqueueWriteBuffer(cl->queue, mem, blocking, offset, size, out, 0, NULL, NULL));
    if (blocking)
        memset(out, 0, size); /* ours again */
    memset(in, 0xEE, size + 2);
    OK(clEnqueueReadBuffer(cl->queue, mem, blocking, offset, size, in + 1, 0, NULL, NULL));
    if (!blocking)
        OK(clFinish(cl->queue));
    CHECK_PATTERN(in + 1, size, seed);
    CHECK_BYTES(in, 1, 0xEE);
    CHECK_BYTES(in + 1 + size, 1, 0xEE);
    get(cl->queue, mem, 0, whole, out);
    CHECK_BYTES(out, offset, 0x5A);
    CHECK_PATTERN(out + offset, size, seed);
    CHECK_BYTES(out + offset + size, 3, 0x5A);
    OK(clReleaseMemObject(mem));
    free(out);
    free(in);
}

CASE(transfer_sizes_and_offsets)
{
    static const size_t sizes[] = {1, 4, 63, 4095, 4096, 4097, 65536, 1 << 20};
    static const size_t offsets[] = {0, 1, 4, 100, 4095, 4096};
    struct cl cl = cl_open();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof offsets / sizeof *offsets; k++) {
            round_trip(&cl, sizes[i], offsets[k], CL_TRUE);
            round_trip(&cl, sizes[i], offsets[k], CL_FALSE);
        }
    cl_close(&cl);
}

CASE(transfer_33_mib)
{
    struct cl cl = cl_open();
    round_trip(&cl, 33 << 20, 0, CL_TRUE);
    round_trip(&cl, (33 << 20) + 1, 7, CL_FALSE);
    cl_close(&cl);
}

/* From OpenCL 2.1 on a size of 0 is allowed by some commands, never by these
 * up to 2.0; the status must not differ remotely, and nothing is touched. */
CASE(transfer_size_0)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, 16, NULL);
    char byte = 0x77;
    note("read of 0 bytes: %s",
         status_name(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, 0, &byte, 0, NULL, NULL)));
    note("write of 0 bytes: %s",
         status_name(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 0, 0, &byte, 0, NULL, NULL)));
    CHECK_INT(byte, 0x77);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(transfer_invalid)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, 16, NULL);
    char bytes[32] = {0};
    cl_event none = NULL;
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, 16, bytes, 0, NULL, NULL));
    CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, 17, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 16, 1, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    SPEC_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, SIZE_MAX - 3, 8, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, 4, NULL, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 0, 17, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 17, 1, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueWriteBuffer(cl.queue, mem, CL_FALSE, 0, 4, NULL, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueWriteBuffer(NULL, mem, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_COMMAND_QUEUE);
    CHECK_STATUS(clEnqueueWriteBuffer(cl.queue, NULL, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_MEM_OBJECT);
    CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, 4, bytes, 1, NULL, NULL), CL_INVALID_EVENT_WAIT_LIST);
    SPEC_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, 4, bytes, 0, &none, NULL), CL_INVALID_EVENT_WAIT_LIST);
    CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, 4, bytes, 1, &none, NULL), CL_INVALID_EVENT_WAIT_LIST);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(transfer_host_access_flags)
{
    struct cl cl = cl_open();
    char bytes[16] = {0};
    cl_int err;
    cl_mem write_only = new_buffer(&cl, CL_MEM_HOST_WRITE_ONLY, 16, NULL);
    cl_mem read_only = new_buffer(&cl, CL_MEM_HOST_READ_ONLY, 16, NULL);
    cl_mem neither = new_buffer(&cl, CL_MEM_HOST_NO_ACCESS, 16, NULL);
    SPEC_STATUS(clEnqueueReadBuffer(cl.queue, write_only, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_OPERATION);
    SPEC_STATUS(clEnqueueReadBuffer(cl.queue, neither, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_OPERATION);
    SPEC_STATUS(clEnqueueWriteBuffer(cl.queue, read_only, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_OPERATION);
    SPEC_STATUS(clEnqueueWriteBuffer(cl.queue, neither, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_OPERATION);
    void *at = clEnqueueMapBuffer(cl.queue, neither, CL_TRUE, CL_MAP_READ, 0, 4, 0, NULL, NULL, &err);
    SPEC_STATUS(err, CL_INVALID_OPERATION);
    if (at)
        OK(clEnqueueUnmapMemObject(cl.queue, neither, at, 0, NULL, NULL));
    at = clEnqueueMapBuffer(cl.queue, read_only, CL_TRUE, CL_MAP_WRITE, 0, 4, 0, NULL, NULL, &err);
    SPEC_STATUS(err, CL_INVALID_OPERATION);
    if (at)
        OK(clEnqueueUnmapMemObject(cl.queue, read_only, at, 0, NULL, NULL));
    OK(clReleaseMemObject(write_only));
    OK(clReleaseMemObject(read_only));
    OK(clReleaseMemObject(neither));
    cl_close(&cl);
}

/* The source of a non-blocking write is read until its event ends, not later. */
CASE(transfer_write_source_reused_after_event)
{
    enum { SIZE = 1 << 18, ROUNDS = 30 };
    struct cl cl = cl_open();
    unsigned char *host = must_alloc(SIZE), *got = must_alloc(SIZE);
    cl_mem mems[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        cl_event done;
        mems[i] = new_buffer(&cl, CL_MEM_READ_WRITE, SIZE, NULL);
        fill_pattern(host, SIZE, i);
        OK(clEnqueueWriteBuffer(cl.queue, mems[i], CL_FALSE, 0, SIZE, host, 0, NULL, &done));
        OK(clWaitForEvents(1, &done));
        OK(clReleaseEvent(done));
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        get(cl.queue, mems[i], 0, SIZE, got);
        CHECK_PATTERN(got, SIZE, i);
        OK(clReleaseMemObject(mems[i]));
    }
    cl_close(&cl);
    free(host);
    free(got);
}

/* Read held back by a user event: nothing before it, everything after it. */
CASE(transfer_read_gated_by_user_event)
{
    enum { SIZE = 100000 };
    struct cl cl = cl_open();
    unsigned char *host = must_alloc(SIZE);
    cl_event go = user_event(&cl), read;
    fill_pattern(host, SIZE, 3);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, host);
    memset(host, 0, SIZE);
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, 0, SIZE, host, 1, &go, &read));
    OK(clFlush(cl.queue));
    sleep_ms(30);
    CHECK(event_status(read) > CL_COMPLETE);
    CHECK_BYTES(host, SIZE, 0);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clWaitForEvents(1, &read));
    CHECK_PATTERN(host, SIZE, 3);
    OK(clReleaseEvent(read));
    OK(clReleaseEvent(go));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
}

/* A gated write takes what is in memory while it runs: the program must leave
 * the memory alone from the call to the event, so only that is checked. */
CASE(transfer_write_gated_by_user_event)
{
    enum { SIZE = 100000 };
    struct cl cl = cl_open();
    unsigned char *host = must_alloc(SIZE), *got = must_alloc(SIZE);
    cl_command_queue other = new_queue(&cl, 0);
    cl_event go = user_event(&cl), write;
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, got);
    fill_pattern(host, SIZE, 4);
    OK(clEnqueueWriteBuffer(cl.queue, mem, CL_FALSE, 0, SIZE, host, 1, &go, &write));
    OK(clFlush(cl.queue));
    get(other, mem, 0, SIZE, got);
    CHECK_BYTES(got, SIZE, 0);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clWaitForEvents(1, &write));
    get(other, mem, 0, SIZE, got);
    CHECK_PATTERN(got, SIZE, 4);
    OK(clReleaseEvent(write));
    OK(clReleaseEvent(go));
    OK(clReleaseMemObject(mem));
    OK(clReleaseCommandQueue(other));
    cl_close(&cl);
    free(host);
    free(got);
}

CASE(transfer_out_of_order_with_wait_lists)
{
    enum { STEPS = 50, SIZE = 4096 };
    struct cl cl = cl_open();
    cl_command_queue queue = new_ooo_queue(&cl);
    unsigned char *host = must_alloc(STEPS * SIZE), *got = must_alloc(STEPS * SIZE);
    cl_event writes[STEPS], reads[STEPS];
    fill_pattern(host, STEPS * SIZE, 5);
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, STEPS * SIZE, NULL);
    for (size_t i = 0; i < STEPS; i++)
        OK(clEnqueueWriteBuffer(queue, mem, CL_FALSE, i * SIZE, SIZE, host + i * SIZE, 0, NULL, &writes[i]));
    for (size_t i = STEPS; i-- > 0;)
        OK(clEnqueueReadBuffer(queue, mem, CL_FALSE, i * SIZE, SIZE, got + i * SIZE, 1, &writes[i], &reads[i]));
    OK(clFlush(queue));
    for (size_t i = 0; i < STEPS; i++) {
        OK(clWaitForEvents(1, &reads[i]));
        CHECK_SAME(got + i * SIZE, host + i * SIZE, SIZE);
        OK(clReleaseEvent(reads[i]));
        OK(clReleaseEvent(writes[i]));
    }
    OK(clReleaseMemObject(mem));
    OK(clReleaseCommandQueue(queue));
    cl_close(&cl);
    free(host);
    free(got);
}

/* Out of order, a blocking read may overtake; with a barrier it may not. */
CASE(transfer_out_of_order_barrier)
{
    enum { SIZE = 1 << 20 };
    struct cl cl = cl_open();
    cl_command_queue queue = new_ooo_queue(&cl);
    unsigned char *host = must_alloc(SIZE), *got = must_alloc(SIZE);
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, SIZE, NULL);
    for (unsigned i = 0; i < 10; i++) {
        fill_pattern(host, SIZE, i);
        OK(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 0, SIZE, host, 0, NULL, NULL));
        OK(clEnqueueBarrierWithWaitList(queue, 0, NULL, NULL));
        OK(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, SIZE, got, 0, NULL, NULL));
        CHECK_PATTERN(got, SIZE, i);
    }
    OK(clReleaseMemObject(mem));
    OK(clReleaseCommandQueue(queue));
    cl_close(&cl);
    free(host);
    free(got);
}

/* Memory right before a page that may not be touched, and a source that may
 * only be read: transfers touch what they were given and no byte more. */
CASE(transfer_next_to_guard_page)
{
    enum { PAGE = 4096, SPACE = 16 * PAGE };
    struct cl cl = cl_open();
    unsigned char *space = mmap(NULL, SPACE + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(space != MAP_FAILED && mprotect(space + SPACE, PAGE, PROT_NONE) == 0);
    static const size_t sizes[] = {1, 3, 63, 4095, 4096, 4097, 30001, SPACE};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        unsigned char *host = space + SPACE - size;
        cl_mem mem = new_buffer(&cl, 0, size, NULL);
        fill_pattern(host, size, (unsigned)i);
        CHECK(mprotect(space, SPACE, PROT_READ) == 0);
        put(cl.queue, mem, 0, size, host);
        OK(clEnqueueWriteBuffer(cl.queue, mem, CL_FALSE, 0, size, host, 0, NULL, NULL));
        OK(clFinish(cl.queue));
        cl_mem copy = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, size, host);
        CHECK(mprotect(space, SPACE, PROT_READ | PROT_WRITE) == 0);
        memset(space, 0, SPACE);
        OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, 0, size, host, 0, NULL, NULL));
        OK(clFinish(cl.queue));
        CHECK_PATTERN(host, size, (unsigned)i);
        memset(space, 0, SPACE);
        get(cl.queue, copy, 0, size, host);
        CHECK_PATTERN(host, size, (unsigned)i);
        OK(clReleaseMemObject(mem));
        OK(clReleaseMemObject(copy));
        mem = new_buffer(&cl, CL_MEM_USE_HOST_PTR, size, host);
        unsigned char byte = 0;
        get(cl.queue, mem, size - 1, 1, &byte);
        CHECK_INT(byte, host[size - 1]);
        OK(clReleaseMemObject(mem));
    }
    cl_close(&cl);
    munmap(space, SPACE + PAGE);
}

/* Kernel results travel: many small dependent commands in order. */
CASE(transfer_interleaved_with_kernels)
{
    enum { N = 1000, ROUNDS = 100 };
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_int *host = must_alloc(N * sizeof *host), *reads = must_alloc(ROUNDS * sizeof *reads);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, N * sizeof *host, host);
    set_add_args(kernel, mem, mem, 1, 1);
    for (size_t i = 0; i < ROUNDS; i++) {
        run_1d(cl.queue, kernel, N);
        OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, i * sizeof *host, sizeof *reads, &reads[i], 0, NULL, NULL));
    }
    get(cl.queue, mem, 0, N * sizeof *host, host);
    for (int i = 0; i < ROUNDS; i++)
        CHECK_INT(reads[i], i + 1);
    for (int i = 0; i < N; i++)
        CHECK_INT(host[i], ROUNDS);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
    free(host);
    free(reads);
}

/* Long ones, which may be made piece by piece: they look like one all the same. */
enum { LONG = (20 << 20) + 12 };

CASE(transfer_long)
{
    struct cl cl = cl_open();
    cl_command_queue queues[] = {cl.queue, new_queue(&cl, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE)};
    unsigned char *host = must_alloc(LONG), *got = must_alloc(LONG);
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, LONG, NULL);
    for (unsigned i = 0; i < 4; i++) {
        cl_command_queue queue = queues[i % 2];
        fill_pattern(host, LONG, i);
        OK(clEnqueueWriteBuffer(queue, mem, CL_TRUE, 0, LONG, host, 0, NULL, NULL));
        memset(host, 0, LONG);
        memset(got, 0, LONG);
        OK(clFinish(queue));
        OK(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, LONG, got, 0, NULL, NULL));
        CHECK_PATTERN(got, LONG, i);
    }
    /* From another place, over a part. */
    fill_pattern(host, LONG, 9);
    OK(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 1 << 20, LONG - (1 << 20), host + (1 << 20), 0, NULL, NULL));
    OK(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 0, 1 << 20, host, 0, NULL, NULL));
    memset(got, 0, LONG);
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 5, LONG - 5, got + 5, 0, NULL, NULL));
    CHECK(memcmp(host + 5, got + 5, LONG - 5) == 0);
    CHECK_BYTES(got, 5, 0);
    OK(clReleaseCommandQueue(queues[1]));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
    free(got);
}

CASE(transfer_long_after_others)
{
    struct cl cl = cl_open();
    cl_command_queue other = new_queue(&cl, 0);
    unsigned char *host = must_alloc(LONG), *got = must_alloc(LONG);
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, LONG, NULL);
    for (cl_uint i = 1; i < 5; i++) {
        cl_uint word = i * 0x01010101;
        cl_event filled;
        OK(clEnqueueFillBuffer(other, mem, &word, 4, 0, LONG, 0, NULL, &filled));
        OK(clFlush(other));
        if (i % 2) {
            OK(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, LONG, got, 1, &filled, NULL));
            CHECK_BYTES(got, LONG, i);
        } else {
            fill_pattern(host, LONG, i);
            OK(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 0, LONG, host, 1, &filled, NULL));
            get(cl.queue, mem, 0, LONG, got);
            CHECK_PATTERN(got, LONG, i);
        }
        OK(clReleaseEvent(filled));
    }
    /* The write takes the data of the pending read. */
    fill_pattern(host, LONG, 1);
    OK(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 0, LONG, host, 0, NULL, NULL));
    memset(got, 0, LONG);
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, 0, LONG, got, 0, NULL, NULL));
    cl_mem copy = new_buffer(&cl, CL_MEM_READ_WRITE, LONG, NULL);
    OK(clFinish(cl.queue));
    OK(clEnqueueWriteBuffer(cl.queue, copy, CL_TRUE, 0, LONG, got, 0, NULL, NULL));
    memset(host, 0, LONG);
    get(cl.queue, copy, 0, LONG, host);
    CHECK_PATTERN(host, LONG, 1);
    OK(clReleaseMemObject(copy));
    OK(clReleaseMemObject(mem));
    OK(clReleaseCommandQueue(other));
    cl_close(&cl);
    free(host);
    free(got);
}

CASE(transfer_long_that_fails)
{
    struct cl cl = cl_open();
    unsigned char *host = must_alloc(LONG);
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, LONG, NULL);
    cl_mem silent = new_buffer(&cl, CL_MEM_HOST_NO_ACCESS, LONG, NULL);
    memset(host, 1, LONG);
    CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 1, LONG, host, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 1, LONG, host, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueReadBuffer(cl.queue, silent, CL_TRUE, 0, LONG, host, 0, NULL, NULL), CL_INVALID_OPERATION);
    CHECK_STATUS(clEnqueueWriteBuffer(cl.queue, silent, CL_TRUE, 0, LONG, host, 0, NULL, NULL), CL_INVALID_OPERATION);
    CHECK_STATUS(clEnqueueReadBuffer(NULL, mem, CL_TRUE, 0, LONG, host, 0, NULL, NULL), CL_INVALID_COMMAND_QUEUE);
    CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, LONG, host, 1, NULL, NULL), CL_INVALID_EVENT_WAIT_LIST);
    CHECK_BYTES(host, LONG, 1);
    OK(clReleaseMemObject(silent));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
}
