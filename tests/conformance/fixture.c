/* OpenCL fixtures: the device under test, contexts, programs, buffers. */
#include "conformance.h"

#include <ctype.h>

/* CONFORMANCE_PLATFORM and CONFORMANCE_DEVICE are indices. */
static cl_uint index_from(const char *name)
{
    const char *text = getenv(name);
    return text ? (cl_uint)strtoul(text, NULL, 10) : 0;
}

cl_platform_id the_platform(void)
{
    cl_platform_id ids[16];
    cl_uint count = 0, index = index_from("CONFORMANCE_PLATFORM");
    OK(clGetPlatformIDs(16, ids, &count));
    if (index >= count)
        FAIL("there is no platform %u of %u", index, count);
    return ids[index];
}

cl_device_id the_device(void)
{
    cl_device_id ids[16];
    cl_uint count = 0, index = index_from("CONFORMANCE_DEVICE");
    OK(clGetDeviceIDs(the_platform(), CL_DEVICE_TYPE_ALL, 16, ids, &count));
    if (index >= count)
        FAIL("there is no device %u of %u", index, count);
    return ids[index];
}

struct cl cl_open(void)
{
    return cl_open_with(0);
}

struct cl cl_open_with(cl_command_queue_properties properties)
{
    struct cl cl = {.platform = the_platform(), .device = the_device()};
    cl_context_properties list[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)cl.platform, 0};
    cl_int err;
    cl.context = clCreateContext(list, 1, &cl.device, NULL, NULL, &err);
    OK(err);
    cl.queue = new_queue(&cl, properties);
    return cl;
}

void cl_close(struct cl *cl)
{
    OK(clFinish(cl->queue));
    OK(clReleaseCommandQueue(cl->queue));
    OK(clReleaseContext(cl->context));
}

cl_command_queue new_queue(struct cl *cl, cl_command_queue_properties properties)
{
    cl_queue_properties list[] = {CL_QUEUE_PROPERTIES, properties, 0};
    cl_int err;
    cl_command_queue queue =
        clCreateCommandQueueWithProperties(cl->context, cl->device, list, &err);
    OK(err);
    return queue;
}

cl_command_queue new_ooo_queue(struct cl *cl)
{
    if (!(device_ulong(CL_DEVICE_QUEUE_ON_HOST_PROPERTIES) &
          CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE))
        skip("no out-of-order queues");
    return new_queue(cl, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
}

char *device_string(cl_device_info param)
{
    size_t size = 0;
    OK(clGetDeviceInfo(the_device(), param, 0, NULL, &size));
    char *text = must_alloc(size + 1);
    OK(clGetDeviceInfo(the_device(), param, size, text, NULL));
    return text;
}

char *platform_string(cl_platform_info param)
{
    size_t size = 0;
    OK(clGetPlatformInfo(the_platform(), param, 0, NULL, &size));
    char *text = must_alloc(size + 1);
    OK(clGetPlatformInfo(the_platform(), param, size, text, NULL));
    return text;
}

cl_uint device_uint(cl_device_info param)
{
    cl_uint value = 0;
    OK(clGetDeviceInfo(the_device(), param, sizeof value, &value, NULL));
    return value;
}

cl_ulong device_ulong(cl_device_info param)
{
    cl_ulong value = 0;
    OK(clGetDeviceInfo(the_device(), param, sizeof value, &value, NULL));
    return value;
}

size_t device_size(cl_device_info param)
{
    size_t value = 0;
    OK(clGetDeviceInfo(the_device(), param, sizeof value, &value, NULL));
    return value;
}

bool device_has(const char *extension)
{
    char *list = device_string(CL_DEVICE_EXTENSIONS);
    bool has = has_word(list, extension);
    free(list);
    return has;
}

unsigned device_version(void)
{
    char *text = device_string(CL_DEVICE_VERSION);
    unsigned major = 0, minor = 0;
    if (sscanf(text, "OpenCL %u.%u", &major, &minor) != 2)
        FAIL("CL_DEVICE_VERSION is \"%s\"", text);
    free(text);
    return major * 10 + minor;
}

bool device_has_images(void)
{
    return device_uint(CL_DEVICE_IMAGE_SUPPORT) != 0;
}

void need_images(void)
{
    if (!device_has_images())
        skip("no images");
}

cl_program program_of(struct cl *cl, const char *source)
{
    cl_int err;
    cl_program program = clCreateProgramWithSource(cl->context, 1, &source, NULL, &err);
    OK(err);
    return program;
}

char *build_log(cl_program program, cl_device_id device)
{
    size_t size = 0;
    OK(clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size));
    char *log = must_alloc(size + 1);
    OK(clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, log, NULL));
    return log;
}

cl_program build(struct cl *cl, const char *source, const char *options)
{
    cl_program program = program_of(cl, source);
    cl_int err = clBuildProgram(program, 1, &cl->device, options, NULL, NULL);
    if (err != CL_SUCCESS)
        FAIL("clBuildProgram %s: %s", status_name(err), build_log(program, cl->device));
    return program;
}

cl_kernel kernel_of(cl_program program, const char *name)
{
    cl_int err;
    cl_kernel kernel = clCreateKernel(program, name, &err);
    OK(err);
    return kernel;
}

cl_kernel build_kernel(struct cl *cl, const char *source, const char *name)
{
    cl_program program = build(cl, source, NULL);
    cl_kernel kernel = kernel_of(program, name);
    OK(clReleaseProgram(program));
    return kernel;
}

cl_mem new_buffer(struct cl *cl, cl_mem_flags flags, size_t size, void *host)
{
    cl_int err;
    cl_mem mem = clCreateBuffer(cl->context, flags, size, host, &err);
    OK(err);
    return mem;
}

cl_event user_event(struct cl *cl)
{
    cl_int err;
    cl_event event = clCreateUserEvent(cl->context, &err);
    OK(err);
    return event;
}

cl_int event_status(cl_event event)
{
    cl_int status = 12345;
    OK(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL));
    return status;
}

cl_int poll_until_done(cl_event event)
{
    cl_int status;
    while ((status = event_status(event)) > CL_COMPLETE)
        usleep(50);
    return status;
}

cl_uint reference_count_of_mem(cl_mem mem)
{
    cl_uint count = 0;
    OK(clGetMemObjectInfo(mem, CL_MEM_REFERENCE_COUNT, sizeof count, &count, NULL));
    return count;
}

void set_arg_mem(cl_kernel kernel, cl_uint index, cl_mem mem)
{
    OK(clSetKernelArg(kernel, index, sizeof mem, &mem));
}

void run_1d(cl_command_queue queue, cl_kernel kernel, size_t global)
{
    OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &global, NULL, 0, NULL, NULL));
}

void put(cl_command_queue queue, cl_mem mem, size_t offset, size_t size, const void *from)
{
    OK(clEnqueueWriteBuffer(queue, mem, CL_TRUE, offset, size, from, 0, NULL, NULL));
}

void get(cl_command_queue queue, cl_mem mem, size_t offset, size_t size, void *to)
{
    OK(clEnqueueReadBuffer(queue, mem, CL_TRUE, offset, size, to, 0, NULL, NULL));
}

const char ADD_SOURCE[] =
    "__kernel void add(__global int *out, __global const int *in, int add, int rounds)\n"
    "{\n"
    "    size_t i = get_global_id(0);\n"
    "    uint x = in[i];\n"
    "    for (int r = 0; r < rounds; r++)\n"
    "        x = x * 1664525u + 1013904223u;\n"
    "    for (int r = 0; r < rounds; r++)\n"
    "        x = (x - 1013904223u) * 4276115653u;\n"
    "    out[i] = (int)x + add;\n"
    "}\n";

cl_kernel add_kernel(struct cl *cl)
{
    return build_kernel(cl, ADD_SOURCE, "add");
}

void set_add_args(cl_kernel kernel, cl_mem out, cl_mem in, cl_int add, cl_int rounds)
{
    set_arg_mem(kernel, 0, out);
    set_arg_mem(kernel, 1, in);
    OK(clSetKernelArg(kernel, 2, sizeof add, &add));
    OK(clSetKernelArg(kernel, 3, sizeof rounds, &rounds));
}
