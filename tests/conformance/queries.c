/* Queries of every object: sizes, too small buffers, bytes beyond, properties. */
#include "conformance.h"

/* A query function of some object, seen as one shape. */
typedef cl_int (*query_fn)(const void *object, cl_uint param, size_t size, void *value, size_t *size_ret);

#define QUERY(name, call, type)                                                        \
    static cl_int name(const void *object, cl_uint param, size_t size, void *value, size_t *size_ret) \
    {                                                                                  \
        return call((type)(uintptr_t)object, param, size, value, size_ret);            \
    }
QUERY(of_platform, clGetPlatformInfo, cl_platform_id)
QUERY(of_device, clGetDeviceInfo, cl_device_id)
QUERY(of_context, clGetContextInfo, cl_context)
QUERY(of_queue, clGetCommandQueueInfo, cl_command_queue)
QUERY(of_mem, clGetMemObjectInfo, cl_mem)
QUERY(of_image, clGetImageInfo, cl_mem)
QUERY(of_sampler, clGetSamplerInfo, cl_sampler)
QUERY(of_program, clGetProgramInfo, cl_program)
QUERY(of_kernel, clGetKernelInfo, cl_kernel)
QUERY(of_event, clGetEventInfo, cl_event)

/* A parameter, and its size when that is fixed (else 0). */
struct param {
    cl_uint name;
    size_t size;
};

static bool untouched(const unsigned char *at, size_t size)
{
    while (size > 0 && at[size - 1] == 0xE7)
        size--;
    return size == 0;
}

/* A deviation that several parameters share is reported once per list. */
static void say_once(int line, const char *what)
{
    static int last_line;
    static const char *said[8];
    static size_t count;
    if (line != last_line)
        count = 0;
    last_line = line;
    for (size_t i = 0; i < count; i++)
        if (said[i] == what)
            return;
    if (count < 8)
        said[count++] = what;
    quirk_at(__FILE__, line, "%s", what);
}

/* Checks for every parameter of every query. */
static void check_query(int line, query_fn query, const void *object, struct param p)
{
    enum { ROOM = 32, GUARD = 64 };
    size_t size = 12345, again = 0;
#define MUST(cond)                                                                     \
    do {                                                                               \
        if (!(cond))                                                                   \
            fail_at(__FILE__, line, "parameter 0x%x: %s (size %zu)", p.name, #cond, size); \
    } while (0)
    MUST(query(object, p.name, 0, NULL, &size) == CL_SUCCESS);
    MUST(p.size == 0 || size == p.size);
    unsigned char *value = must_alloc(size + GUARD), *exact = must_alloc(size + GUARD);
    /* exact size: nothing beyond is touched */
    memset(exact, 0xE7, size + GUARD);
    MUST(query(object, p.name, size, size ? exact : NULL, NULL) == CL_SUCCESS);
    MUST(untouched(exact + size, GUARD));
    /* more room than needed: the same, and the size that is needed */
    memset(value, 0xE7, size + GUARD);
    MUST(query(object, p.name, size + ROOM, value, &again) == CL_SUCCESS);
    MUST(again == size);
    MUST(memcmp(value, exact, size) == 0);
    MUST(untouched(value + size + ROOM, GUARD - ROOM));
    if (!untouched(value + size, ROOM))
        say_once(line, "room that a value does not need is written to");
    /* too small: refused, nothing written */
    if (size > 1) {
        memset(value, 0xE7, size + GUARD);
        MUST(query(object, p.name, size - 1, value, NULL) == CL_INVALID_VALUE);
        MUST(untouched(value, size + GUARD));
    }
    if (query(object, p.name, 0, NULL, NULL) != CL_SUCCESS)
        say_once(line, "asking for neither value nor size is refused");
#undef MUST
    free(value);
    free(exact);
}

#define CHECK_QUERIES(query, object, ...)                                              \
    do {                                                                               \
        static const struct param params_[] = {__VA_ARGS__};                           \
        for (size_t i_ = 0; i_ < sizeof params_ / sizeof *params_; i_++)               \
            check_query(__LINE__, query, object, params_[i_]);                         \
        cl_uint value_;                                                                \
        CHECK_STATUS(query(object, 0xDEAD, sizeof value_, &value_, NULL), CL_INVALID_VALUE); \
    } while (0)

CASE(query_platform)
{
    CHECK_QUERIES(of_platform, the_platform(), {CL_PLATFORM_PROFILE, 0}, {CL_PLATFORM_VERSION, 0}, {CL_PLATFORM_NAME, 0},
                  {CL_PLATFORM_VENDOR, 0}, {CL_PLATFORM_EXTENSIONS, 0});
    if (device_version() >= 30)
        CHECK_QUERIES(of_platform, the_platform(), {CL_PLATFORM_NUMERIC_VERSION, sizeof(cl_version)},
                      {CL_PLATFORM_EXTENSIONS_WITH_VERSION, 0});
    char *version = platform_string(CL_PLATFORM_VERSION);
    CHECK(strncmp(version, "OpenCL ", 7) == 0);
    free(version);
}

CASE(query_device)
{
    CHECK_QUERIES(of_device, the_device(), {CL_DEVICE_TYPE, sizeof(cl_device_type)}, {CL_DEVICE_VENDOR_ID, 4},
                  {CL_DEVICE_MAX_COMPUTE_UNITS, 4}, {CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, 4}, {CL_DEVICE_MAX_WORK_ITEM_SIZES, 0},
                  {CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t)}, {CL_DEVICE_MAX_MEM_ALLOC_SIZE, 8}, {CL_DEVICE_IMAGE_SUPPORT, 4},
                  {CL_DEVICE_MAX_PARAMETER_SIZE, sizeof(size_t)}, {CL_DEVICE_MEM_BASE_ADDR_ALIGN, 4}, {CL_DEVICE_SINGLE_FP_CONFIG, 8},
                  {CL_DEVICE_GLOBAL_MEM_SIZE, 8}, {CL_DEVICE_LOCAL_MEM_TYPE, 4}, {CL_DEVICE_LOCAL_MEM_SIZE, 8},
                  {CL_DEVICE_PROFILING_TIMER_RESOLUTION, sizeof(size_t)}, {CL_DEVICE_ENDIAN_LITTLE, 4}, {CL_DEVICE_AVAILABLE, 4},
                  {CL_DEVICE_COMPILER_AVAILABLE, 4}, {CL_DEVICE_EXECUTION_CAPABILITIES, 8}, {CL_DEVICE_PLATFORM, sizeof(void *)},
                  {CL_DEVICE_NAME, 0}, {CL_DEVICE_VENDOR, 0}, {CL_DRIVER_VERSION, 0}, {CL_DEVICE_PROFILE, 0}, {CL_DEVICE_VERSION, 0},
                  {CL_DEVICE_EXTENSIONS, 0}, {CL_DEVICE_OPENCL_C_VERSION, 0}, {CL_DEVICE_BUILT_IN_KERNELS, 0},
                  {CL_DEVICE_PARENT_DEVICE, sizeof(void *)}, {CL_DEVICE_PARTITION_PROPERTIES, 0}, {CL_DEVICE_PARTITION_TYPE, 0},
                  {CL_DEVICE_REFERENCE_COUNT, 4}, {CL_DEVICE_PRINTF_BUFFER_SIZE, sizeof(size_t)});
    size_t sizes[3];
    CHECK_INT(device_uint(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS), 3);
    OK(clGetDeviceInfo(the_device(), CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof sizes, sizes, NULL));
    CHECK(sizes[0] >= 1 && sizes[1] >= 1 && sizes[2] >= 1);
}

/* The device returns the same each time, so a layer's masking is consistent. */
CASE(query_device_is_stable)
{
    for (int i = 0; i < 50; i++) {
        char *a = device_string(CL_DEVICE_EXTENSIONS), *b = device_string(CL_DEVICE_EXTENSIONS);
        CHECK_STR(a, b);
        free(a);
        free(b);
    }
}

CASE(query_context)
{
    struct cl cl = cl_open();
    CHECK_QUERIES(of_context, cl.context, {CL_CONTEXT_REFERENCE_COUNT, 4}, {CL_CONTEXT_NUM_DEVICES, 4},
                  {CL_CONTEXT_DEVICES, sizeof(cl_device_id)}, {CL_CONTEXT_PROPERTIES, 3 * sizeof(cl_context_properties)});
    cl_close(&cl);
}

CASE(query_queue)
{
    struct cl cl = cl_open();
    CHECK_QUERIES(of_queue, cl.queue, {CL_QUEUE_CONTEXT, sizeof(void *)}, {CL_QUEUE_DEVICE, sizeof(void *)},
                  {CL_QUEUE_REFERENCE_COUNT, 4}, {CL_QUEUE_PROPERTIES, 8});
    cl_close(&cl);
}

CASE(query_mem)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_ONLY, 100, NULL);
    CHECK_QUERIES(of_mem, mem, {CL_MEM_TYPE, 4}, {CL_MEM_FLAGS, 8}, {CL_MEM_SIZE, sizeof(size_t)}, {CL_MEM_HOST_PTR, sizeof(void *)},
                  {CL_MEM_MAP_COUNT, 4}, {CL_MEM_REFERENCE_COUNT, 4}, {CL_MEM_CONTEXT, sizeof(void *)},
                  {CL_MEM_ASSOCIATED_MEMOBJECT, sizeof(void *)}, {CL_MEM_OFFSET, sizeof(size_t)});
    size_t size = 0;
    cl_mem_flags flags = 0;
    OK(clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof size, &size, NULL));
    CHECK_INT(size, 100);
    OK(clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof flags, &flags, NULL));
    CHECK_INT(flags, CL_MEM_READ_ONLY);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

/* No access flag means read-write, and the query returns that. */
CASE(query_mem_flags)
{
    static const cl_mem_flags flags[] = {CL_MEM_READ_WRITE, CL_MEM_WRITE_ONLY, CL_MEM_READ_ONLY | CL_MEM_ALLOC_HOST_PTR,
                                         CL_MEM_READ_WRITE | CL_MEM_HOST_NO_ACCESS, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                         CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR | CL_MEM_HOST_READ_ONLY};
    struct cl cl = cl_open();
    char *host = must_alloc_aligned(4096, 4096);
    cl_mem_flags got;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        bool takes = flags[i] & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR);
        cl_mem mem = new_buffer(&cl, flags[i], 64, takes ? host : NULL);
        OK(clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof got, &got, NULL));
        CHECK_INT(got, flags[i]);
        OK(clReleaseMemObject(mem));
    }
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    OK(clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof got, &got, NULL));
    SPEC(got == CL_MEM_READ_WRITE);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
}

CASE(query_image_and_sampler)
{
    need_images();
    struct cl cl = cl_open();
    cl_image_format format = {CL_RGBA, CL_UNORM_INT8};
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 5, .image_height = 3};
    cl_int err;
    cl_mem image = clCreateImage(cl.context, CL_MEM_READ_ONLY, &format, &desc, NULL, &err);
    OK(err);
    CHECK_QUERIES(of_image, image, {CL_IMAGE_FORMAT, sizeof(cl_image_format)}, {CL_IMAGE_ELEMENT_SIZE, sizeof(size_t)},
                  {CL_IMAGE_ROW_PITCH, sizeof(size_t)}, {CL_IMAGE_SLICE_PITCH, sizeof(size_t)}, {CL_IMAGE_WIDTH, sizeof(size_t)},
                  {CL_IMAGE_HEIGHT, sizeof(size_t)}, {CL_IMAGE_DEPTH, sizeof(size_t)}, {CL_IMAGE_ARRAY_SIZE, sizeof(size_t)},
                  {CL_IMAGE_BUFFER, sizeof(cl_mem)}, {CL_IMAGE_NUM_MIP_LEVELS, 4}, {CL_IMAGE_NUM_SAMPLES, 4});
    OK(clReleaseMemObject(image));
    cl_mem buffer = new_buffer(&cl, 0, 64, NULL);
    size_t width;
    SPEC_STATUS(clGetImageInfo(buffer, CL_IMAGE_WIDTH, sizeof width, &width, NULL), CL_INVALID_MEM_OBJECT);
    OK(clReleaseMemObject(buffer));
    cl_sampler sampler = clCreateSampler(cl.context, CL_TRUE, CL_ADDRESS_REPEAT, CL_FILTER_LINEAR, &err);
    OK(err);
    CHECK_QUERIES(of_sampler, sampler, {CL_SAMPLER_REFERENCE_COUNT, 4}, {CL_SAMPLER_CONTEXT, sizeof(void *)},
                  {CL_SAMPLER_NORMALIZED_COORDS, 4}, {CL_SAMPLER_ADDRESSING_MODE, 4}, {CL_SAMPLER_FILTER_MODE, 4});
    cl_uint mode = 0;
    OK(clGetSamplerInfo(sampler, CL_SAMPLER_ADDRESSING_MODE, sizeof mode, &mode, NULL));
    CHECK_INT(mode, CL_ADDRESS_REPEAT);
    OK(clGetSamplerInfo(sampler, CL_SAMPLER_FILTER_MODE, sizeof mode, &mode, NULL));
    CHECK_INT(mode, CL_FILTER_LINEAR);
    OK(clReleaseSampler(sampler));
    cl_close(&cl);
}

CASE(query_program_kernel_event)
{
    struct cl cl = cl_open();
    cl_program program = build(&cl, ADD_SOURCE, NULL);
    cl_kernel kernel = kernel_of(program, "add");
    cl_event marker;
    OK(clEnqueueMarkerWithWaitList(cl.queue, 0, NULL, &marker));
    OK(clFinish(cl.queue));
    CHECK_QUERIES(of_program, program, {CL_PROGRAM_REFERENCE_COUNT, 4}, {CL_PROGRAM_CONTEXT, sizeof(void *)}, {CL_PROGRAM_NUM_DEVICES, 4},
                  {CL_PROGRAM_DEVICES, sizeof(void *)}, {CL_PROGRAM_SOURCE, 0}, {CL_PROGRAM_BINARY_SIZES, sizeof(size_t)},
                  {CL_PROGRAM_NUM_KERNELS, sizeof(size_t)}, {CL_PROGRAM_KERNEL_NAMES, 4});
    CHECK_QUERIES(of_kernel, kernel, {CL_KERNEL_FUNCTION_NAME, 4}, {CL_KERNEL_NUM_ARGS, 4}, {CL_KERNEL_REFERENCE_COUNT, 4},
                  {CL_KERNEL_CONTEXT, sizeof(void *)}, {CL_KERNEL_PROGRAM, sizeof(void *)}, {CL_KERNEL_ATTRIBUTES, 0});
    CHECK_QUERIES(of_event, marker, {CL_EVENT_COMMAND_QUEUE, sizeof(void *)}, {CL_EVENT_COMMAND_TYPE, 4}, {CL_EVENT_REFERENCE_COUNT, 4},
                  {CL_EVENT_COMMAND_EXECUTION_STATUS, 4}, {CL_EVENT_CONTEXT, sizeof(void *)});
    OK(clReleaseEvent(marker));
    OK(clReleaseKernel(kernel));
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

/* ---- property lists ----------------------------------------------------------- */

CASE(query_context_properties)
{
    cl_device_id device = the_device();
    cl_context_properties list[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)the_platform(), 0}, got[8] = {0};
    cl_int err;
    size_t size = 99;
    cl_context context = clCreateContext(list, 1, &device, NULL, NULL, &err);
    OK(err);
    OK(clGetContextInfo(context, CL_CONTEXT_PROPERTIES, sizeof got, got, &size));
    CHECK_INT(size, sizeof list);
    CHECK_SAME(got, list, sizeof list);
    OK(clReleaseContext(context));
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
    OK(err);
    OK(clGetContextInfo(context, CL_CONTEXT_PROPERTIES, sizeof got, got, &size));
    note("properties of a context made without: %zu bytes", size);
    OK(clReleaseContext(context));
    cl_context_properties more[] = {CL_CONTEXT_INTEROP_USER_SYNC, CL_FALSE, CL_CONTEXT_PLATFORM, (cl_context_properties)the_platform(), 0};
    context = clCreateContext(more, 1, &device, NULL, NULL, &err);
    OK(err);
    OK(clGetContextInfo(context, CL_CONTEXT_PROPERTIES, sizeof got, got, &size));
    CHECK_INT(size, sizeof more);
    CHECK_SAME(got, more, sizeof more);
    OK(clReleaseContext(context));
}

CASE(query_queue_properties)
{
    struct cl cl = cl_open();
    cl_command_queue_properties bits[] = {0, CL_QUEUE_PROFILING_ENABLE, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE}, got;
    cl_command_queue_properties able = device_ulong(CL_DEVICE_QUEUE_ON_HOST_PROPERTIES);
    cl_int err;
    for (int i = 0; i < 3; i++) {
        if ((bits[i] & able) != bits[i])
            continue;
        cl_command_queue queue = new_queue(&cl, bits[i]);
        OK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof got, &got, NULL));
        CHECK_INT(got, bits[i]);
        OK(clReleaseCommandQueue(queue));
        queue = clCreateCommandQueue(cl.context, cl.device, bits[i], &err);
        OK(err);
        OK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof got, &got, NULL));
        CHECK_INT(got, bits[i]);
        OK(clReleaseCommandQueue(queue));
    }
    cl_close(&cl);
}

CASE(query_property_arrays)
{
    if (device_version() < 30)
        skip("property arrays are of OpenCL 3.0");
    struct cl cl = cl_open();
    cl_queue_properties queue_list[] = {CL_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE, 0}, got[8];
    cl_int err;
    size_t size = 99;
    cl_command_queue queue = clCreateCommandQueueWithProperties(cl.context, cl.device, queue_list, &err);
    OK(err);
    OK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES_ARRAY, sizeof got, got, &size));
    CHECK_INT(size, sizeof queue_list);
    CHECK_SAME(got, queue_list, sizeof queue_list);
    OK(clReleaseCommandQueue(queue));
    queue = clCreateCommandQueueWithProperties(cl.context, cl.device, NULL, &err);
    OK(err);
    OK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES_ARRAY, sizeof got, got, &size));
    CHECK_INT(size, 0);
    OK(clReleaseCommandQueue(queue));
    cl_queue_properties empty[] = {0};
    queue = clCreateCommandQueueWithProperties(cl.context, cl.device, empty, &err);
    OK(err);
    OK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES_ARRAY, sizeof got, got, &size));
    SPEC(size == sizeof *got);
    OK(clReleaseCommandQueue(queue));

    cl_mem_properties mem_list[] = {0};
    cl_mem mem = clCreateBufferWithProperties(cl.context, mem_list, 0, 64, NULL, &err);
    OK(err);
    OK(clGetMemObjectInfo(mem, CL_MEM_PROPERTIES, sizeof got, got, &size));
    SPEC(size == sizeof *mem_list);
    OK(clReleaseMemObject(mem));
    mem = clCreateBufferWithProperties(cl.context, NULL, 0, 64, NULL, &err);
    OK(err);
    OK(clGetMemObjectInfo(mem, CL_MEM_PROPERTIES, sizeof got, got, &size));
    CHECK_INT(size, 0);
    OK(clReleaseMemObject(mem));
    cl_mem_properties unknown[] = {0x7777, 1, 0};
    mem = clCreateBufferWithProperties(cl.context, unknown, 0, 64, NULL, &err);
    SPEC_STATUS(err, CL_INVALID_PROPERTY);
    if (mem)
        OK(clReleaseMemObject(mem));

    if (device_has_images()) {
        cl_sampler_properties list[] = {CL_SAMPLER_NORMALIZED_COORDS, CL_TRUE, CL_SAMPLER_ADDRESSING_MODE, CL_ADDRESS_REPEAT, 0};
        cl_sampler sampler = clCreateSamplerWithProperties(cl.context, list, &err);
        OK(err);
        OK(clGetSamplerInfo(sampler, CL_SAMPLER_PROPERTIES, sizeof got, got, &size));
        CHECK_INT(size, sizeof list);
        CHECK_SAME(got, list, sizeof list);
        cl_uint mode = 0;
        OK(clGetSamplerInfo(sampler, CL_SAMPLER_FILTER_MODE, sizeof mode, &mode, NULL));
        CHECK_INT(mode, CL_FILTER_NEAREST); /* the default */
        OK(clReleaseSampler(sampler));
        sampler = clCreateSamplerWithProperties(cl.context, NULL, &err);
        SPEC_STATUS(err, CL_SUCCESS);
        if (sampler) {
            OK(clGetSamplerInfo(sampler, CL_SAMPLER_NORMALIZED_COORDS, sizeof mode, &mode, NULL));
            CHECK_INT(mode, CL_TRUE);
            OK(clGetSamplerInfo(sampler, CL_SAMPLER_ADDRESSING_MODE, sizeof mode, &mode, NULL));
            CHECK_INT(mode, CL_ADDRESS_CLAMP);
            OK(clReleaseSampler(sampler));
        }
    }
    cl_close(&cl);
}
