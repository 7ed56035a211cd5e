/* A call that is wrong is answered as at first, however often calls almost like it have succeeded. */
#include "conformance.h"

struct place {
    struct cl cl;
    cl_mem one, other, part;
    cl_kernel kernel;
    cl_event done;
};

static const char SOURCE[] = "__kernel void k(__global int *x) { x[0] = 1; }\n";

typedef cl_int command(struct place *at, cl_uint count, const cl_event *list);

static cl_int fill(struct place *at, cl_uint count, const cl_event *list)
{
    cl_int zero = 0;
    return clEnqueueFillBuffer(at->cl.queue, at->one, &zero, sizeof zero, 0, 64, count, list, NULL);
}

static cl_int copy(struct place *at, cl_uint count, const cl_event *list)
{
    return clEnqueueCopyBuffer(at->cl.queue, at->one, at->other, 0, 0, 64, count, list, NULL);
}

static cl_int read_bytes(struct place *at, cl_uint count, const cl_event *list)
{
    static char bytes[64];
    return clEnqueueReadBuffer(at->cl.queue, at->one, CL_FALSE, 0, sizeof bytes, bytes, count, list, NULL);
}

static cl_int write_bytes(struct place *at, cl_uint count, const cl_event *list)
{
    static const char bytes[64];
    return clEnqueueWriteBuffer(at->cl.queue, at->one, CL_FALSE, 0, sizeof bytes, bytes, count, list, NULL);
}

static cl_int migrate(struct place *at, cl_uint count, const cl_event *list)
{
    return clEnqueueMigrateMemObjects(at->cl.queue, 1, &at->one, 0, count, list, NULL);
}

static cl_int mark(struct place *at, cl_uint count, const cl_event *list)
{
    return clEnqueueMarkerWithWaitList(at->cl.queue, count, list, NULL);
}

static cl_int stop(struct place *at, cl_uint count, const cl_event *list)
{
    return clEnqueueBarrierWithWaitList(at->cl.queue, count, list, NULL);
}

static cl_int launch(struct place *at, cl_uint count, const cl_event *list)
{
    size_t n = 1;
    return clEnqueueNDRangeKernel(at->cl.queue, at->kernel, 1, NULL, &n, NULL, count, list, NULL);
}

static struct place open_place(void)
{
    struct place at = {.cl = cl_open()};
    cl_buffer_region region = {0, 2048};
    cl_int err;
    at.one = new_buffer(&at.cl, 0, 4096, NULL);
    at.other = new_buffer(&at.cl, 0, 4096, NULL);
    at.part = clCreateSubBuffer(at.one, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
    OK(err);
    at.kernel = build_kernel(&at.cl, SOURCE, "k");
    set_arg_mem(at.kernel, 0, at.one);
    at.done = user_event(&at.cl);
    OK(clSetUserEventStatus(at.done, CL_COMPLETE));
    return at;
}

static void close_place(struct place *at)
{
    OK(clFinish(at->cl.queue));
    OK(clReleaseEvent(at->done));
    OK(clReleaseKernel(at->kernel));
    OK(clReleaseMemObject(at->part));
    OK(clReleaseMemObject(at->one));
    OK(clReleaseMemObject(at->other));
    cl_close(&at->cl);
}

/* An empty wait list with an address is invalid. */
CASE(repeat_errors_of_wait_lists)
{
    static command *const commands[] = {fill, copy, read_bytes, write_bytes, migrate, mark, stop, launch};
    struct place at = open_place();
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        cl_int of_none = commands[i](&at, 0, &at.done);
        SPEC(of_none == CL_INVALID_EVENT_WAIT_LIST);
        for (unsigned n = 0; n < 3; n++) {
            OK(commands[i](&at, 0, NULL));
            CHECK_STATUS(commands[i](&at, 0, &at.done), of_none);
            OK(commands[i](&at, 1, &at.done));
            if (commands[i] != launch) /* which a library reads without looking */
                CHECK_STATUS(commands[i](&at, 1, NULL), CL_INVALID_EVENT_WAIT_LIST);
            OK(clFinish(at.cl.queue));
        }
    }
    close_place(&at);
}

/* A buffer overlaps with its part, where another like it does not. */
CASE(repeat_errors_of_overlaps)
{
    struct place at = open_place(), fresh = open_place();
    cl_int own = clEnqueueCopyBuffer(fresh.cl.queue, fresh.part, fresh.one, 0, 64, 128, 0, NULL, NULL);
    cl_int itself = clEnqueueCopyBuffer(fresh.cl.queue, fresh.other, fresh.other, 0, 64, 128, 0, NULL, NULL);
    SPEC(own == CL_MEM_COPY_OVERLAP);
    SPEC(itself == CL_MEM_COPY_OVERLAP);
    for (unsigned n = 0; n < 3; n++) {
        OK(clEnqueueCopyBuffer(at.cl.queue, at.part, at.other, 0, 64, 128, 0, NULL, NULL));
        CHECK_STATUS(clEnqueueCopyBuffer(at.cl.queue, at.part, at.one, 0, 64, 128, 0, NULL, NULL), own);
        OK(clEnqueueCopyBuffer(at.cl.queue, at.one, at.other, 0, 64, 128, 0, NULL, NULL));
        CHECK_STATUS(clEnqueueCopyBuffer(at.cl.queue, at.other, at.other, 0, 64, 128, 0, NULL, NULL), itself);
        OK(clFinish(at.cl.queue));
    }
    close_place(&fresh);
    close_place(&at);
}

/* A null handle is valid for a buffer argument; another invalid handle is not, nor an object of another type. */
CASE(repeat_errors_of_arguments)
{
    struct place at = open_place();
    cl_int of_queue = clSetKernelArg(at.kernel, 0, sizeof at.cl.queue, &at.cl.queue);
    cl_mem nothing = NULL;
    for (unsigned n = 0; n < 3; n++) {
        OK(clSetKernelArg(at.kernel, 0, sizeof nothing, &nothing));
        set_arg_mem(at.kernel, 0, at.one);
        CHECK_STATUS(clSetKernelArg(at.kernel, 0, sizeof at.cl.queue, &at.cl.queue), of_queue);
        CHECK_STATUS(clSetKernelArg(at.kernel, 0, 4, &at.one), CL_INVALID_ARG_SIZE);
        CHECK_STATUS(clSetKernelArg(at.kernel, 1, sizeof at.one, &at.one), CL_INVALID_ARG_INDEX);
    }
    close_place(&at);
}

/* A blocking transfer that a failed event prevents moves nothing, whatever the library returns. */
CASE(repeat_errors_of_blocking_transfers)
{
    if (strstr(platform_string(CL_PLATFORM_NAME), "Portable")) /* it ends the process */
        skip("the library does not survive events that end in error");
    enum { SIZE = 1 << 16 };
    struct cl cl = cl_open();
    unsigned char *bytes = must_alloc(SIZE);
    static const size_t sizes[] = {1000, SIZE};
    cl_int of_write[2], of_read[2];
    for (unsigned i = 0; i < 2; i++) {
        cl_event never = user_event(&cl);
        cl_mem mem = new_buffer(&cl, 0, sizes[i], NULL);
        memset(bytes, 1, sizes[i]);
        put(cl.queue, mem, 0, sizes[i], bytes);
        OK(clSetUserEventStatus(never, -5));
        memset(bytes, 2, sizes[i]);
        of_write[i] = clEnqueueWriteBuffer(cl.queue, mem, CL_TRUE, 0, sizes[i], bytes, 1, &never, NULL);
        of_read[i] = clEnqueueReadBuffer(cl.queue, mem, CL_TRUE, 0, sizes[i], bytes, 1, &never, NULL);
        if (i == 1)
            CHECK_BYTES(bytes, sizes[i], 2);
        get(cl.queue, mem, 0, sizes[i], bytes);
        CHECK_BYTES(bytes, sizes[i], 1);
        OK(clReleaseMemObject(mem));
        OK(clReleaseEvent(never));
    }
    CHECK_STATUS(of_write[1], of_write[0]);
    CHECK_STATUS(of_read[1], of_read[0]);
    free(bytes);
    cl_close(&cl);
}
