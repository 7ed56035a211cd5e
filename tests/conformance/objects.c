/* Objects: reference counts, handles in queries, life times. */
#include "conformance.h"

static cl_uint counted;

static cl_uint count_after(cl_int err)
{
    OK(err);
    return counted;
}

#define COUNT(query, object, param) count_after(query(object, param, sizeof counted, &counted, NULL))

#define CHECK_COUNTING(retain, release, query, object, param)                          \
    do {                                                                               \
        check_count(__LINE__, COUNT(query, object, param), 1);                         \
        OK(retain(object));                                                            \
        OK(retain(object));                                                            \
        check_count(__LINE__, COUNT(query, object, param), 3);                         \
        OK(release(object));                                                           \
        check_count(__LINE__, COUNT(query, object, param), 2);                         \
        OK(release(object));                                                           \
        check_count(__LINE__, COUNT(query, object, param), 1);                         \
    } while (0)

static void check_count(int line, cl_uint got, cl_uint want)
{
    if (got != want)
        fail_at(__FILE__, line, "the reference count is %u, not %u", got, want);
}

CASE(object_reference_counts)
{
    struct cl cl = cl_open();
    cl_program program = build(&cl, ADD_SOURCE, NULL);
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    cl_event event = user_event(&cl);
    cl_int err;
    cl_sampler sampler = NULL;
    if (device_has_images()) {
        sampler = clCreateSampler(cl.context, CL_TRUE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, &err);
        OK(err);
        CHECK_COUNTING(clRetainSampler, clReleaseSampler, clGetSamplerInfo, sampler, CL_SAMPLER_REFERENCE_COUNT);
        OK(clReleaseSampler(sampler));
    }
    CHECK_COUNTING(clRetainCommandQueue, clReleaseCommandQueue, clGetCommandQueueInfo, cl.queue, CL_QUEUE_REFERENCE_COUNT);
    CHECK_COUNTING(clRetainMemObject, clReleaseMemObject, clGetMemObjectInfo, mem, CL_MEM_REFERENCE_COUNT);
    CHECK_COUNTING(clRetainEvent, clReleaseEvent, clGetEventInfo, event, CL_EVENT_REFERENCE_COUNT);
    CHECK_COUNTING(clRetainProgram, clReleaseProgram, clGetProgramInfo, program, CL_PROGRAM_REFERENCE_COUNT);
    cl_kernel kernel = kernel_of(program, "add");
    CHECK_COUNTING(clRetainKernel, clReleaseKernel, clGetKernelInfo, kernel, CL_KERNEL_REFERENCE_COUNT);
    OK(clSetUserEventStatus(event, CL_COMPLETE));
    OK(clReleaseEvent(event));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

/* A context's count may hold references of its children: only steps are sure. */
CASE(object_context_reference_count)
{
    cl_device_id device = the_device();
    cl_int err;
    cl_uint before, after;
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
    OK(err);
    OK(clGetContextInfo(context, CL_CONTEXT_REFERENCE_COUNT, sizeof before, &before, NULL));
    CHECK_INT(before, 1);
    OK(clRetainContext(context));
    OK(clGetContextInfo(context, CL_CONTEXT_REFERENCE_COUNT, sizeof after, &after, NULL));
    CHECK_INT(after, 2);
    OK(clReleaseContext(context));
    cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, NULL, &err);
    OK(err);
    OK(clGetContextInfo(context, CL_CONTEXT_REFERENCE_COUNT, sizeof after, &after, NULL));
    note("context with a queue: %u references", after);
    cl_mem mem = clCreateBuffer(context, 0, 64, NULL, &err);
    OK(err);
    OK(clGetContextInfo(context, CL_CONTEXT_REFERENCE_COUNT, sizeof after, &after, NULL));
    note("context with a queue and a buffer: %u references", after);
    OK(clReleaseMemObject(mem));
    OK(clReleaseCommandQueue(queue));
    OK(clGetContextInfo(context, CL_CONTEXT_REFERENCE_COUNT, sizeof after, &after, NULL));
    CHECK_INT(after, 1);
    OK(clReleaseContext(context));
}

/* A library may hold an event for a moment longer than clFinish. */
static bool only_ours(cl_event event)
{
    cl_uint count = 0;
    for (int i = 0; i < 2000 && count != 1; i++) {
        OK(clGetEventInfo(event, CL_EVENT_REFERENCE_COUNT, sizeof count, &count, NULL));
        if (count != 1)
            sleep_ms(1);
    }
    return count == 1;
}

CASE(object_event_reference_counts)
{
    struct cl cl = cl_open();
    cl_event marker, later;
    OK(clEnqueueMarkerWithWaitList(cl.queue, 0, NULL, &marker));
    OK(clFinish(cl.queue));
    CHECK(only_ours(marker));
    OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &marker, &later));
    OK(clFinish(cl.queue));
    CHECK(only_ours(marker));
    OK(clReleaseEvent(marker));
    OK(clReleaseEvent(later));
    cl_close(&cl);
}

CASE(object_kernel_keeps_program_and_context)
{
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_int host[4] = {1, 2, 3, 4};
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof host, host);
    cl_context context = NULL;
    cl_program program = NULL;
    OK(clReleaseContext(cl.context));
    OK(clGetKernelInfo(kernel, CL_KERNEL_CONTEXT, sizeof context, &context, NULL));
    CHECK_PTR(context, cl.context);
    OK(clGetKernelInfo(kernel, CL_KERNEL_PROGRAM, sizeof program, &program, NULL));
    size_t size;
    SPEC_STATUS(clGetProgramInfo(program, CL_PROGRAM_SOURCE, 0, NULL, &size), CL_SUCCESS);
    set_add_args(kernel, mem, mem, 10, 1);
    run_1d(cl.queue, kernel, 4);
    get(cl.queue, mem, 0, sizeof host, host);
    CHECK_INT(host[3], 14);
    OK(clReleaseKernel(kernel));
    OK(clReleaseMemObject(mem));
    OK(clReleaseCommandQueue(cl.queue));
}

/* A context the program let go of lives on in its queue, and is usable. */
CASE(object_context_through_query)
{
    struct cl cl = cl_open();
    cl_context context = NULL;
    cl_device_id device = NULL;
    OK(clReleaseContext(cl.context));
    OK(clGetCommandQueueInfo(cl.queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL));
    CHECK_PTR(context, cl.context);
    OK(clGetCommandQueueInfo(cl.queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL));
    CHECK_PTR(device, cl.device);
    cl_int err = clRetainContext(context), x = 5, got = 0;
    SPEC_STATUS(err, CL_SUCCESS);
    if (err != CL_SUCCESS) { /* counts only what the program holds */
        cl_mem mem = clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, sizeof x, &x, &err);
        note("clCreateBuffer in a context let go of: %s", status_name(err));
        if (mem)
            OK(clReleaseMemObject(mem));
        OK(clReleaseCommandQueue(cl.queue));
        return;
    }
    cl_mem mem = clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, sizeof x, &x, &err);
    OK(err);
    get(cl.queue, mem, 0, sizeof got, &got);
    CHECK_INT(got, 5);
    OK(clReleaseCommandQueue(cl.queue));
    OK(clReleaseContext(context)); /* the buffer keeps it */
    OK(clGetMemObjectInfo(mem, CL_MEM_CONTEXT, sizeof context, &context, NULL));
    CHECK_PTR(context, cl.context);
    OK(clReleaseMemObject(mem));
}

CASE(object_handles_in_queries)
{
    struct cl cl = cl_open();
    cl_platform_id platform = NULL;
    cl_device_id devices[8];
    cl_context context;
    size_t size = 0;
    cl_uint count = 0;
    OK(clGetDeviceInfo(cl.device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL));
    CHECK_PTR(platform, cl.platform);
    OK(clGetContextInfo(cl.context, CL_CONTEXT_DEVICES, sizeof devices, devices, &size));
    CHECK_INT(size, sizeof *devices);
    CHECK_PTR(devices[0], cl.device);
    OK(clGetContextInfo(cl.context, CL_CONTEXT_NUM_DEVICES, sizeof count, &count, NULL));
    CHECK_INT(count, 1);
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    OK(clGetMemObjectInfo(mem, CL_MEM_CONTEXT, sizeof context, &context, NULL));
    CHECK_PTR(context, cl.context);
    OK(clReleaseMemObject(mem));
    cl_event event = user_event(&cl);
    OK(clGetEventInfo(event, CL_EVENT_CONTEXT, sizeof context, &context, NULL));
    CHECK_PTR(context, cl.context);
    OK(clSetUserEventStatus(event, CL_COMPLETE));
    OK(clReleaseEvent(event));
    /* asked twice, platforms and devices are the same handles */
    CHECK_PTR(the_platform(), cl.platform);
    CHECK_PTR(the_device(), cl.device);
    cl_close(&cl);
}

CASE(object_handles_are_distinct)
{
    enum { COUNT = 200 };
    struct cl cl = cl_open();
    cl_mem mems[COUNT];
    for (int i = 0; i < COUNT; i++)
        mems[i] = new_buffer(&cl, 0, 16, NULL);
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < i; k++)
            CHECK(mems[i] != mems[k]);
    for (int i = 0; i < COUNT; i++)
        OK(clReleaseMemObject(mems[i]));
    cl_close(&cl);
}

/* Root devices are not counted. */
CASE(object_device_references)
{
    cl_device_id device = the_device();
    cl_uint count = 0;
    OK(clRetainDevice(device));
    OK(clGetDeviceInfo(device, CL_DEVICE_REFERENCE_COUNT, sizeof count, &count, NULL));
    SPEC(count == 1);
    OK(clReleaseDevice(device));
    OK(clReleaseDevice(device));
    OK(clGetDeviceInfo(device, CL_DEVICE_REFERENCE_COUNT, sizeof count, &count, NULL));
    CHECK(count >= 1);
    cl_device_id parent = (cl_device_id)0x1;
    OK(clGetDeviceInfo(device, CL_DEVICE_PARENT_DEVICE, sizeof parent, &parent, NULL));
    CHECK_PTR(parent, NULL);
}

/* Created and let go of a thousand times: nothing runs out. */
CASE(object_churn)
{
    struct cl cl = cl_open();
    for (int i = 0; i < 1000; i++) {
        cl_command_queue queue = new_queue(&cl, 0);
        cl_mem mem = new_buffer(&cl, 0, 1 << 16, NULL);
        cl_event marker;
        cl_uint word = (cl_uint)i, got = 0;
        OK(clEnqueueFillBuffer(queue, mem, &word, sizeof word, 0, 1 << 16, 0, NULL, NULL));
        OK(clEnqueueMarkerWithWaitList(queue, 0, NULL, &marker));
        get(queue, mem, 4096, sizeof got, &got);
        CHECK_INT(got, i);
        OK(clReleaseEvent(marker));
        OK(clReleaseMemObject(mem));
        OK(clReleaseCommandQueue(queue));
    }
    cl_close(&cl);
}

CASE(object_context_churn)
{
    for (int i = 0; i < 100; i++) {
        struct cl cl = cl_open();
        cl_int x = i, got = -1;
        cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof x, &x);
        get(cl.queue, mem, 0, sizeof got, &got);
        CHECK_INT(got, i);
        OK(clReleaseMemObject(mem));
        cl_close(&cl);
    }
}

/* Released while commands that use them are still to run. */
CASE(object_released_while_in_use)
{
    enum { N = 4096 };
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_int *host = must_alloc(N * sizeof *host);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, N * sizeof *host, host);
    cl_event go = user_event(&cl), done;
    OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &go, NULL));
    set_add_args(kernel, mem, mem, 3, 1);
    run_1d(cl.queue, kernel, N);
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, 0, N * sizeof *host, host, 0, NULL, &done));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    OK(clFlush(cl.queue));
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clWaitForEvents(1, &done));
    for (int i = 0; i < N; i++)
        CHECK_INT(host[i], 3);
    OK(clReleaseEvent(go));
    OK(clReleaseEvent(done));
    cl_close(&cl);
    free(host);
}
