/* Extensions: functions in the form that goes with the version that the device has, queries that answer with texts,
 * and a version of OpenCL that comes with all that it requires. */
#include "conformance.h"

#include <CL/cl_ext.h>
#include <dlfcn.h>

/* The version of an extension; 0 where the device has none, or does not say. */
static cl_version version_of(const char *extension)
{
    size_t size = 0;
    cl_version version = 0;
    if (clGetDeviceInfo(the_device(), CL_DEVICE_EXTENSIONS_WITH_VERSION, 0, NULL, &size) != CL_SUCCESS)
        return 0;
    cl_name_version *all = must_alloc(size);
    OK(clGetDeviceInfo(the_device(), CL_DEVICE_EXTENSIONS_WITH_VERSION, size, all, NULL));
    for (size_t i = 0; i < size / sizeof *all; i++)
        if (strcmp(all[i].name, extension) == 0)
            version = all[i].version;
    free(all);
    return version;
}

typedef void (*any_fn)(void);

static any_fn as_function(void *address)
{
    any_fn function;
    memcpy(&function, &address, sizeof function);
    return function;
}

static any_fn function_of(const char *name)
{
    void *address = clGetExtensionFunctionAddressForPlatform(the_platform(), name);
    if (!address)
        FAIL("%s is not found", name);
    return as_function(address);
}

/* ---- command buffers: since 0.9.5 all commands have properties ------------------ */

typedef cl_command_buffer_khr (*create_fn)(cl_uint, const cl_command_queue *, const cl_properties *, cl_int *);
typedef cl_int (*of_buffer_fn)(cl_command_buffer_khr);
typedef cl_int (*enqueue_fn)(cl_uint, cl_command_queue *, cl_command_buffer_khr, cl_uint, const cl_event *, cl_event *);
typedef cl_int (*info_fn)(cl_command_buffer_khr, cl_uint, size_t, void *, size_t *);
typedef cl_sync_point_khr point;
/* The final arguments of every command. */
#define TAIL cl_uint, const point *, point *, cl_mutable_command_khr *
typedef const size_t *sizes;

static bool with_properties;

/* Calls a command in the form that the device has. */
#define COMMAND(name, types, ...)                                                          \
    (with_properties ? ((cl_int(*)(cl_command_buffer_khr, cl_command_queue, const cl_properties *, types, TAIL)) \
                            function_of(name))(buffer, NULL, NULL, __VA_ARGS__)                \
                     : ((cl_int(*)(cl_command_buffer_khr, cl_command_queue, types, TAIL))          \
                            function_of(name))(buffer, NULL, __VA_ARGS__))
#define LIST(...) __VA_ARGS__

static cl_command_buffer_khr new_command_buffer(struct cl *cl)
{
    cl_version version = version_of("cl_khr_command_buffer");
    cl_int err;
    if (version == 0)
        skip("no command buffers");
    with_properties = version >= CL_MAKE_VERSION(0, 9, 5);
    cl_command_buffer_khr buffer = ((create_fn)function_of("clCreateCommandBufferKHR"))(1, &cl->queue, NULL, &err);
    OK(err);
    return buffer;
}

static void play(struct cl *cl, cl_command_buffer_khr buffer)
{
    OK(((of_buffer_fn)function_of("clFinalizeCommandBufferKHR"))(buffer));
    OK(((enqueue_fn)function_of("clEnqueueCommandBufferKHR"))(0, NULL, buffer, 0, NULL, NULL));
    OK(clFinish(cl->queue));
    OK(((of_buffer_fn)function_of("clReleaseCommandBufferKHR"))(buffer));
}

CASE(command_buffer_of_buffers)
{
    struct cl cl = cl_open();
    cl_command_buffer_khr buffer = new_command_buffer(&cl);
    cl_mem a = new_buffer(&cl, 0, 1024, NULL), b = new_buffer(&cl, 0, 1024, NULL), c = new_buffer(&cl, 0, 1024, NULL);
    unsigned char out[1024], pattern[4] = {0x2a, 0x2b, 0x2c, 0x2d};
    point filled = 0, copied = 0, passed = 0;
    size_t origin[3] = {0, 0, 0}, region[3] = {32, 16, 1};
    OK(COMMAND("clCommandFillBufferKHR", LIST(cl_mem, const void *, size_t, size_t, size_t), a, pattern, 4, 0, 1024, 0, NULL, &filled, NULL));
    OK(COMMAND("clCommandCopyBufferKHR", LIST(cl_mem, cl_mem, size_t, size_t, size_t), a, b, 0, 0, 1024, 1, &filled, &copied, NULL));
    /* Its property list is in another position than that of the others. */
    if (with_properties)
        OK(((cl_int(*)(cl_command_buffer_khr, cl_command_queue, const cl_properties *, TAIL))
                function_of("clCommandBarrierWithWaitListKHR"))(buffer, NULL, NULL, 1, &copied, &passed, NULL));
    else
        OK(((cl_int(*)(cl_command_buffer_khr, cl_command_queue, TAIL))
                function_of("clCommandBarrierWithWaitListKHR"))(buffer, NULL, 1, &copied, &passed, NULL));
    OK(COMMAND("clCommandCopyBufferRectKHR",
               LIST(cl_mem, cl_mem, sizes, sizes, sizes, size_t, size_t, size_t, size_t),
               b, c, origin, origin, region, 32, 0, 32, 0, 1, &passed, NULL, NULL));
    play(&cl, buffer);
    get(cl.queue, c, 0, 512, out);
    for (int i = 0; i < 512; i++)
        CHECK_INT(out[i], pattern[i % 4]);
    OK(clReleaseMemObject(a));
    OK(clReleaseMemObject(b));
    OK(clReleaseMemObject(c));
    cl_close(&cl);
}

CASE(command_buffer_of_images)
{
    need_images();
    struct cl cl = cl_open();
    cl_command_buffer_khr buffer = new_command_buffer(&cl);
    cl_image_format form = {CL_RGBA, CL_UNSIGNED_INT8};
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 8, .image_height = 4};
    cl_int err;
    cl_mem one = clCreateImage(cl.context, CL_MEM_READ_WRITE, &form, &desc, NULL, &err);
    OK(err);
    cl_mem other = clCreateImage(cl.context, CL_MEM_READ_WRITE, &form, &desc, NULL, &err);
    OK(err);
    cl_mem last = clCreateImage(cl.context, CL_MEM_READ_WRITE, &form, &desc, NULL, &err);
    OK(err);
    cl_mem pixels = new_buffer(&cl, 0, 128, NULL);
    cl_uint colour[4] = {1, 2, 3, 4};
    unsigned char out[128];
    size_t origin[3] = {0, 0, 0}, region[3] = {8, 4, 1};
    point at[4] = {0};
    OK(COMMAND("clCommandFillImageKHR", LIST(cl_mem, const void *, sizes, sizes), one, colour, origin, region, 0, NULL, &at[0], NULL));
    OK(COMMAND("clCommandCopyImageKHR", LIST(cl_mem, cl_mem, sizes, sizes, sizes), one, other, origin, origin, region, 1, &at[0], &at[1], NULL));
    OK(COMMAND("clCommandCopyImageToBufferKHR", LIST(cl_mem, cl_mem, sizes, sizes, size_t), other, pixels, origin, region, 0, 1, &at[1], &at[2], NULL));
    OK(COMMAND("clCommandCopyBufferToImageKHR", LIST(cl_mem, cl_mem, size_t, sizes, sizes), pixels, last, 0, origin, region, 1, &at[2], NULL, NULL));
    play(&cl, buffer);
    OK(clEnqueueReadImage(cl.queue, last, CL_TRUE, origin, region, 0, 0, out, 0, NULL, NULL));
    for (int i = 0; i < 128; i++)
        CHECK_INT(out[i], i % 4 + 1);
    OK(clReleaseMemObject(one));
    OK(clReleaseMemObject(other));
    OK(clReleaseMemObject(last));
    OK(clReleaseMemObject(pixels));
    cl_close(&cl);
}

CASE(command_buffer_of_kernels)
{
    struct cl cl = cl_open();
    cl_command_buffer_khr buffer = new_command_buffer(&cl);
    cl_kernel kernel = build_kernel(&cl, "kernel void twice(global int *at) { at[get_global_id(0)] *= 2; }", "twice");
    cl_int in[16], out[16];
    for (int i = 0; i < 16; i++)
        in[i] = i + 1;
    cl_mem at = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof in, in);
    set_arg_mem(kernel, 0, at);
    size_t global = 16;
    point first = 0;
    typedef cl_int (*range_fn)(cl_command_buffer_khr, cl_command_queue, const cl_properties *, cl_kernel, cl_uint, sizes, sizes, sizes, TAIL);
    range_fn range = (range_fn)function_of("clCommandNDRangeKernelKHR");
    OK(range(buffer, NULL, NULL, kernel, 1, NULL, &global, NULL, 0, NULL, &first, NULL));
    OK(range(buffer, NULL, NULL, kernel, 1, NULL, &global, NULL, 1, &first, NULL, NULL));
    info_fn info = (info_fn)function_of("clGetCommandBufferInfoKHR");
    cl_command_queue queue = NULL;
    cl_uint queues = 0, state = 99;
    OK(info(buffer, CL_COMMAND_BUFFER_QUEUES_KHR, sizeof queue, &queue, NULL));
    OK(info(buffer, CL_COMMAND_BUFFER_NUM_QUEUES_KHR, sizeof queues, &queues, NULL));
    OK(info(buffer, CL_COMMAND_BUFFER_STATE_KHR, sizeof state, &state, NULL));
    SPEC(queue == cl.queue);
    CHECK_INT(queues, 1);
    CHECK_INT(state, CL_COMMAND_BUFFER_STATE_RECORDING_KHR);
    play(&cl, buffer);
    get(cl.queue, at, 0, sizeof out, out);
    for (int i = 0; i < 16; i++)
        CHECK_INT(out[i], in[i] * 4);
    OK(clReleaseMemObject(at));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* ---- queries that answer with texts ---------------------------------------------- */

enum { EXTENDED_INSTRUCTION_SETS = 0x12B9, SPIRV_EXTENSIONS = 0x12BA, SPIRV_CAPABILITIES = 0x12BB };

static void check_texts(cl_device_info key)
{
    size_t size = 0, again = 0;
    OK(clGetDeviceInfo(the_device(), key, 0, NULL, &size));
    CHECK(size % sizeof(char *) == 0);
    if (size == 0)
        return;
    const char **texts = must_alloc(size), **others = must_alloc(size);
    memset(texts, 0xE7, size);
    CHECK_STATUS(clGetDeviceInfo(the_device(), key, size - 1, texts, NULL), CL_INVALID_VALUE);
    OK(clGetDeviceInfo(the_device(), key, size, texts, &again));
    CHECK_INT(again, size);
    OK(clGetDeviceInfo(the_device(), key, size, others, NULL));
    for (size_t i = 0; i < size / sizeof *texts; i++) {
        CHECK(strlen(texts[i]) > 0);
        CHECK_STR(texts[i], others[i]);
        note("%s", texts[i]);
    }
    free(texts);
    free(others);
}

CASE(query_spirv)
{
    size_t size = 0;
    if (clGetDeviceInfo(the_device(), EXTENDED_INSTRUCTION_SETS, 0, NULL, &size) != CL_SUCCESS) {
        CHECK(!device_has("cl_khr_spirv_queries") && device_version() < 31);
        skip("no queries of SPIR-V");
    }
    check_texts(EXTENDED_INSTRUCTION_SETS);
    check_texts(SPIRV_EXTENSIONS);
    OK(clGetDeviceInfo(the_device(), SPIRV_CAPABILITIES, 0, NULL, &size));
    CHECK(size % sizeof(cl_uint) == 0);
}

/* No library answers for what no version has. */
CASE(query_of_no_key)
{
    struct cl cl = cl_open();
    void *words[64];
    static const cl_uint keys[] = {0x7777, 0x12FF, 0x40FF, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        CHECK_STATUS(clGetPlatformInfo(cl.platform, keys[i], sizeof words, words, NULL), CL_INVALID_VALUE);
        CHECK_STATUS(clGetDeviceInfo(cl.device, keys[i], sizeof words, words, NULL), CL_INVALID_VALUE);
        CHECK_STATUS(clGetContextInfo(cl.context, keys[i], sizeof words, words, NULL), CL_INVALID_VALUE);
        CHECK_STATUS(clGetCommandQueueInfo(cl.queue, keys[i], sizeof words, words, NULL), CL_INVALID_VALUE);
    }
    CHECK_STATUS(clGetDeviceInfo(NULL, 0x7777, sizeof words, words, NULL), CL_INVALID_DEVICE);
    CHECK_STATUS(clGetContextInfo(NULL, 0x7777, sizeof words, words, NULL), CL_INVALID_CONTEXT);
    cl_close(&cl);
}

/* ---- versions ---------------------------------------------------------------------- */

CASE(version_and_extensions_agree)
{
    unsigned version = device_version();
    if (version >= 30) {
        cl_version number = 0;
        OK(clGetDeviceInfo(the_device(), CL_DEVICE_NUMERIC_VERSION, sizeof number, &number, NULL));
        CHECK_INT(CL_VERSION_MAJOR(number) * 10 + CL_VERSION_MINOR(number), version);
        char *names = device_string(CL_DEVICE_EXTENSIONS);
        size_t size = 0;
        OK(clGetDeviceInfo(the_device(), CL_DEVICE_EXTENSIONS_WITH_VERSION, 0, NULL, &size));
        cl_name_version *all = must_alloc(size);
        OK(clGetDeviceInfo(the_device(), CL_DEVICE_EXTENSIONS_WITH_VERSION, size, all, NULL));
        for (size_t i = 0; i < size / sizeof *all; i++)
            SPEC(has_word(names, all[i].name));
        free(all);
        free(names);
    }
    /* In the core of 3.1. */
    if (version >= 31) {
        CHECK(device_has("cl_khr_spirv_queries"));
        CHECK(device_has("cl_khr_suggested_local_work_size"));
        CHECK(device_has("cl_khr_device_uuid"));
        CHECK(device_has("cl_khr_integer_dot_product"));
    }
}

/* ---- sizes of work-groups ------------------------------------------------------------ */

typedef cl_int (*suggest_fn)(cl_command_queue, cl_kernel, cl_uint, sizes, sizes, size_t *);

CASE(suggested_local_work_size)
{
    if (!device_has("cl_khr_suggested_local_work_size"))
        skip("none is suggested");
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_mem memory = new_buffer(&cl, 0, 4096, NULL);
    set_add_args(kernel, memory, memory, 1, 0);
    suggest_fn suggest = (suggest_fn)function_of("clGetKernelSuggestedLocalWorkSizeKHR");
    size_t global[2] = {64, 12}, local[2] = {0, 0}, again[2] = {0, 0};
    OK(suggest(cl.queue, kernel, 2, NULL, global, local));
    CHECK(local[0] >= 1 && local[1] >= 1 && global[0] % local[0] == 0 && global[1] % local[1] == 0);
    CHECK_STATUS(suggest(NULL, kernel, 2, NULL, global, local), CL_INVALID_COMMAND_QUEUE);
    CHECK_STATUS(suggest(cl.queue, NULL, 2, NULL, global, local), CL_INVALID_KERNEL);
    SPEC_STATUS(suggest(cl.queue, kernel, 2, NULL, global, NULL), CL_INVALID_VALUE);
    SPEC_STATUS(suggest(cl.queue, kernel, 7, NULL, global, local), CL_INVALID_WORK_DIMENSION);
    /* Where the loader has the function of OpenCL 3.1, it says the same. */
    suggest_fn core = (suggest_fn)as_function(dlsym(RTLD_DEFAULT, "clGetKernelSuggestedLocalWorkSize"));
    if (core) {
        OK(core(cl.queue, kernel, 2, NULL, global, again));
        CHECK_SAME(again, local, sizeof local);
    }
    OK(clReleaseMemObject(memory));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(concurrent_work_groups)
{
    enum { DISPATCH_TYPE = 0x4257, CONCURRENT = 1 };
    if (!device_has("cl_intel_concurrent_dispatch"))
        skip("no concurrent dispatch");
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_mem memory = new_buffer(&cl, 0, 4096, NULL);
    set_add_args(kernel, memory, memory, 1, 0);
    size_t offset = 0, local = 8, most = 0;
    suggest_fn count = (suggest_fn)function_of("clGetKernelMaxConcurrentWorkGroupCountINTEL");
    OK(count(cl.queue, kernel, 1, &offset, &local, &most));
    CHECK(most >= 1);
    note("%zu", most);
    cl_uint type = CONCURRENT;
    OK(clSetKernelExecInfo(kernel, DISPATCH_TYPE, sizeof type, &type));
    SPEC_STATUS(clSetKernelExecInfo(kernel, 0x7777, sizeof type, &type), CL_INVALID_VALUE);
    OK(clReleaseMemObject(memory));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}
