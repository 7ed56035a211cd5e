/* Transfers on queues that have nothing else to do, again and again: what they do, and what they refuse, does not change. */
#include "conformance.h"

enum { ROUNDS = 40 };

static const size_t sizes[] = {1, 4, 100, 256, 257, 4096, 4100, 32768, 32769, 65536, 100000};

/* What is written is read, and seen by kernels, whatever the size; and what they write is read. */
CASE(quiet_transfers)
{
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(
        &cl, "__kernel void next(__global uchar *x) { x[get_global_id(0)] += 1; }", "next");
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t size = sizes[s];
        unsigned char *there = must_alloc(size), *here = must_alloc(size);
        cl_mem mem = new_buffer(&cl, 0, size, NULL), neighbour = new_buffer(&cl, 0, size, NULL);
        unsigned char *other = must_alloc(size);
        memset(other, 0xEE, size);
        put(cl.queue, neighbour, 0, size, other);
        set_arg_mem(kernel, 0, mem);
        for (unsigned i = 0; i < ROUNDS; i++) {
            size_t at = i % size, len = (size - at + i % 3) / (1 + i % 3);
            fill_pattern(here, size, i);
            put(cl.queue, mem, 0, size, here);
            if (i % 2)
                OK(clFinish(cl.queue));
            get(cl.queue, mem, 0, size, there);
            CHECK_SAME(there, here, size);
            OK(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &size, NULL, 0, NULL, NULL));
            for (size_t b = 0; b < size; b++)
                here[b]++;
            if (i % 4 == 0)
                OK(clFinish(cl.queue));
            get(cl.queue, mem, at, len, there);
            CHECK_SAME(there, here + at, len);
            /* Again, without anything between. */
            memset(there, 0, size);
            get(cl.queue, mem, 0, size, there);
            CHECK_SAME(there, here, size);
            there[at] ^= 0x55;
            put(cl.queue, mem, at, 1, there + at);
            here[at] ^= 0x55;
            get(cl.queue, mem, 0, size, there);
            CHECK_SAME(there, here, size);
        }
        get(cl.queue, neighbour, 0, size, there);
        CHECK_BYTES(there, size, 0xEE);
        OK(clReleaseMemObject(mem));
        OK(clReleaseMemObject(neighbour));
        free(there);
        free(here);
        free(other);
    }
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* A transfer that is refused is refused however often others were not. */
CASE(quiet_errors)
{
    struct cl cl = cl_open(), stranger = cl_open();
    char bytes[64] = {0};
    cl_mem mem = new_buffer(&cl, 0, sizeof bytes, NULL), theirs = new_buffer(&stranger, 0, sizeof bytes, NULL);
    cl_mem unread = new_buffer(&cl, CL_MEM_HOST_WRITE_ONLY, sizeof bytes, NULL);
    cl_mem unwritten = new_buffer(&cl, CL_MEM_HOST_READ_ONLY, sizeof bytes, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        put(cl.queue, mem, 0, sizeof bytes, bytes);
        put(stranger.queue, theirs, 0, sizeof bytes, bytes);
        OK(clFinish(cl.queue));
        OK(clFinish(stranger.queue));
        get(cl.queue, mem, 0, sizeof bytes, bytes);
        CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 1, sizeof bytes, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
        CHECK_STATUS(clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 64, 1, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
        CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, 4, NULL, 0, NULL, NULL), CL_INVALID_VALUE);
        CHECK_STATUS(clEnqueueReadBuffer(cl.queue, theirs, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_CONTEXT);
        CHECK_STATUS(clEnqueueWriteBuffer(stranger.queue, mem, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_CONTEXT);
        CHECK_STATUS(clEnqueueReadBuffer(cl.queue, unread, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_OPERATION);
        CHECK_STATUS(clEnqueueWriteBuffer(cl.queue, unwritten, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_OPERATION);
        CHECK_STATUS(clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, 4, bytes, 1, NULL, NULL), CL_INVALID_EVENT_WAIT_LIST);
        CHECK_STATUS(clEnqueueReadBuffer(NULL, mem, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_COMMAND_QUEUE);
        CHECK_STATUS(clEnqueueReadBuffer(cl.queue, NULL, CL_TRUE, 0, 4, bytes, 0, NULL, NULL), CL_INVALID_MEM_OBJECT);
    }
    OK(clReleaseMemObject(mem));
    OK(clReleaseMemObject(theirs));
    OK(clReleaseMemObject(unread));
    OK(clReleaseMemObject(unwritten));
    cl_close(&stranger);
    cl_close(&cl);
}

/* A part of a buffer is the buffer's memory, and memory that is mapped is, too. */
CASE(quiet_parts_and_mappings)
{
    struct cl cl = cl_open();
    cl_uint align = device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    size_t size = 4 * align;
    unsigned char *here = must_alloc(size), *there = must_alloc(size);
    cl_mem whole = new_buffer(&cl, 0, size, NULL);
    cl_buffer_region region = {2 * align, align};
    cl_int status;
    cl_mem part = clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &status);
    OK(status);
    for (unsigned i = 0; i < ROUNDS; i++) {
        fill_pattern(here, size, i);
        put(cl.queue, whole, 0, size, here);
        OK(clFinish(cl.queue));
        get(cl.queue, part, 0, align, there);
        CHECK_SAME(there, here + 2 * align, align);
        fill_pattern(here + 2 * align, align, i + 1);
        put(cl.queue, part, 0, align, here + 2 * align);
        OK(clFinish(cl.queue));
        get(cl.queue, whole, 0, size, there);
        CHECK_SAME(there, here, size);
        unsigned char *mapped = clEnqueueMapBuffer(cl.queue, whole, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 1, size - 1, 0,
                                                   NULL, NULL, &status);
        OK(status);
        CHECK_SAME(mapped, here + 1, size - 1);
        mapped[0] = here[1] = (unsigned char)i;
        OK(clEnqueueUnmapMemObject(cl.queue, whole, mapped, 0, NULL, NULL));
        get(cl.queue, whole, 0, size, there);
        CHECK_SAME(there, here, size);
        CHECK_STATUS(clEnqueueReadBuffer(cl.queue, part, CL_TRUE, 1, align, there, 0, NULL, NULL), CL_INVALID_VALUE);
    }
    OK(clReleaseMemObject(part));
    OK(clReleaseMemObject(whole));
    free(here);
    free(there);
    cl_close(&cl);
}

/* A read that waits says nothing of other commands of a queue that is not in order. */
CASE(quiet_queue_out_of_order)
{
    struct cl cl = cl_open();
    cl_command_queue queue = new_ooo_queue(&cl);
    cl_kernel kernel = add_kernel(&cl);
    cl_uint before = 1, after = 2, got;
    size_t one = 1;
    cl_mem late = new_buffer(&cl, 0, sizeof before, NULL), other = new_buffer(&cl, 0, sizeof before, NULL);
    cl_mem work = new_buffer(&cl, 0, sizeof before, NULL);
    set_add_args(kernel, work, work, 1, 1000000);
    for (int i = 0; i < ROUNDS; i++) {
        cl_event slow;
        put(queue, late, 0, sizeof before, &before);
        put(queue, other, 0, sizeof before, &before);
        OK(clFinish(queue));
        OK(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &one, NULL, 0, NULL, &slow));
        OK(clFlush(cl.queue));
        OK(clEnqueueWriteBuffer(queue, late, CL_FALSE, 0, sizeof after, &after, 1, &slow, NULL));
        for (int again = 0; again < 3; again++) {
            get(queue, other, 0, sizeof got, &got);
            CHECK_INT(got, before);
        }
        OK(clFinish(queue));
        get(queue, late, 0, sizeof got, &got);
        CHECK_INT(got, after);
        OK(clReleaseEvent(slow));
    }
    OK(clReleaseKernel(kernel));
    OK(clReleaseMemObject(work));
    OK(clReleaseMemObject(late));
    OK(clReleaseMemObject(other));
    OK(clReleaseCommandQueue(queue));
    cl_close(&cl);
}

/* While one thread reads, another's commands on the same queue come before a read or after it, never during it. */
enum { N = 2048, TURNS = 1500 };

static struct {
    struct cl *cl;
    cl_mem mem;
    cl_kernel kernel;
    bool over;
} shared;

static void overwrites(void *arg)
{
    size_t n = N;
    for (int i = 1; i <= TURNS; i++) {
        cl_int value = i;
        if (arg) {
            OK(clSetKernelArg(shared.kernel, 1, sizeof value, &value));
            OK(clEnqueueNDRangeKernel(shared.cl->queue, shared.kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
            OK(clFinish(shared.cl->queue));
        } else {
            static cl_int values[N];
            for (int v = 0; v < N; v++)
                values[v] = value;
            put(shared.cl->queue, shared.mem, 0, sizeof values, values);
            if (i % 3 == 0)
                OK(clFinish(shared.cl->queue));
        }
    }
    __atomic_store_n(&shared.over, true, __ATOMIC_RELEASE);
}

static void reads(void *arg)
{
    (void)arg;
    cl_int *values = must_alloc(N * sizeof *values), last = 0;
    while (!__atomic_load_n(&shared.over, __ATOMIC_ACQUIRE)) {
        OK(clFinish(shared.cl->queue));
        for (int again = 0; again < 3; again++) {
            get(shared.cl->queue, shared.mem, 0, N * sizeof *values, values);
            CHECK(values[0] >= last);
            last = values[0];
            for (int i = 1; i < N; i++)
                if (values[i] != last)
                    FAIL("%d at %d, %d at the start", values[i], i, last);
        }
    }
    free(values);
}

static void while_another(void *by_kernel)
{
    struct cl cl = cl_open();
    cl_int zero[N] = {0};
    thread *threads[2];
    shared.cl = &cl;
    shared.over = false;
    shared.mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof zero, zero);
    shared.kernel = build_kernel(
        &cl, "__kernel void set(__global int *x, int value) { x[get_global_id(0)] = value; }", "set");
    set_arg_mem(shared.kernel, 0, shared.mem);
    threads[0] = thread_start(overwrites, by_kernel);
    threads[1] = thread_start(reads, NULL);
    thread_join(threads[0]);
    thread_join(threads[1]);
    OK(clReleaseKernel(shared.kernel));
    OK(clReleaseMemObject(shared.mem));
    cl_close(&cl);
}

CASE_SLOW(quiet_reads_while_another_launches, 120)
{
    while_another(&shared);
}

CASE_SLOW(quiet_reads_while_another_writes, 120)
{
    while_another(NULL);
}
