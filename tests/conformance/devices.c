/* Platforms, devices, sub-devices and contexts by type. */
#include "conformance.h"

CASE(device_lists)
{
    cl_uint platforms = 0, devices = 0, again = 0;
    cl_platform_id platform[16];
    OK(clGetPlatformIDs(0, NULL, &platforms));
    CHECK(platforms >= 1 && platforms <= 16);
    OK(clGetPlatformIDs(16, platform, &again));
    CHECK_INT(again, platforms);
    for (cl_uint i = 0; i < platforms; i++) {
        cl_device_id device[16] = {NULL}, one = NULL;
        cl_int err = clGetDeviceIDs(platform[i], CL_DEVICE_TYPE_ALL, 0, NULL, &devices);
        if (err == CL_DEVICE_NOT_FOUND)
            continue;
        OK(err);
        CHECK(devices >= 1 && devices <= 16);
        OK(clGetDeviceIDs(platform[i], CL_DEVICE_TYPE_ALL, 16, device, &again));
        CHECK_INT(again, devices);
        OK(clGetDeviceIDs(platform[i], CL_DEVICE_TYPE_ALL, 1, &one, NULL));
        CHECK_PTR(one, device[0]);
        OK(clGetDeviceIDs(platform[i], CL_DEVICE_TYPE_DEFAULT, 1, &one, NULL));
        cl_device_type type = 0;
        OK(clGetDeviceInfo(device[0], CL_DEVICE_TYPE, sizeof type, &type, NULL));
        OK(clGetDeviceIDs(platform[i], type & ~(cl_device_type)CL_DEVICE_TYPE_DEFAULT, 1, &one, &again));
        CHECK(again >= 1);
    }
}

CASE(device_type_that_is_not_there)
{
    static const cl_device_type types[] = {CL_DEVICE_TYPE_CPU, CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_ACCELERATOR, CL_DEVICE_TYPE_CUSTOM};
    cl_device_id device;
    for (int i = 0; i < 4; i++) {
        cl_uint count = 77;
        cl_int err = clGetDeviceIDs(the_platform(), types[i], 1, &device, &count);
        CHECK(err == CL_SUCCESS || err == CL_DEVICE_NOT_FOUND);
        if (err == CL_DEVICE_NOT_FOUND)
            SPEC(count == 0 || count == 77);
    }
    SPEC_STATUS(clGetDeviceIDs(the_platform(), (cl_device_type)1 << 40, 1, &device, NULL), CL_INVALID_DEVICE_TYPE);
}

CASE(device_context_from_type)
{
    cl_context_properties list[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)the_platform(), 0};
    cl_int err;
    cl_uint count = 0;
    cl_context context = clCreateContextFromType(list, CL_DEVICE_TYPE_ALL, NULL, NULL, &err);
    OK(err);
    OK(clGetContextInfo(context, CL_CONTEXT_NUM_DEVICES, sizeof count, &count, NULL));
    CHECK(count >= 1);
    OK(clReleaseContext(context));
    context = clCreateContextFromType(list, (cl_device_type)1 << 40, NULL, NULL, &err);
    SPEC_STATUS(err, CL_INVALID_DEVICE_TYPE);
    if (context)
        OK(clReleaseContext(context));
    /* without a platform: the implementation chooses one */
    context = clCreateContextFromType(NULL, CL_DEVICE_TYPE_ALL, NULL, NULL, &err);
    note("context of any platform: %s", status_name(err));
    if (context)
        OK(clReleaseContext(context));
}

CASE(device_extension_functions)
{
    CHECK(clGetExtensionFunctionAddressForPlatform(the_platform(), "clThereIsNoSuchFunctionKHR") == NULL);
    CHECK(clGetExtensionFunctionAddressForPlatform(the_platform(), "") == NULL);
}

static cl_device_id *partition(const cl_device_partition_property *how, cl_uint *count)
{
    OK(clCreateSubDevices(the_device(), how, 0, NULL, count));
    CHECK(*count >= 1);
    cl_device_id *parts = must_alloc(*count * sizeof *parts);
    OK(clCreateSubDevices(the_device(), how, *count, parts, NULL));
    return parts;
}

static bool can_partition(cl_device_partition_property how)
{
    cl_device_partition_property list[16] = {0};
    size_t size = 0;
    OK(clGetDeviceInfo(the_device(), CL_DEVICE_PARTITION_PROPERTIES, sizeof list, list, &size));
    for (size_t i = 0; i < size / sizeof *list; i++)
        if (list[i] == how && how != 0)
            return true;
    return false;
}

static void check_sub_device(cl_device_id part, cl_uint units, const cl_device_partition_property *how, size_t how_size)
{
    cl_device_id parent = NULL;
    cl_uint got = 0, references = 0;
    cl_device_partition_property type[8] = {0};
    cl_platform_id platform = NULL;
    size_t size = 0;
    OK(clGetDeviceInfo(part, CL_DEVICE_PARENT_DEVICE, sizeof parent, &parent, NULL));
    CHECK_PTR(parent, the_device());
    OK(clGetDeviceInfo(part, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof got, &got, NULL));
    CHECK_INT(got, units);
    OK(clGetDeviceInfo(part, CL_DEVICE_PARTITION_TYPE, sizeof type, type, &size));
    SPEC(size == how_size && memcmp(type, how, how_size) == 0);
    OK(clGetDeviceInfo(part, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL));
    CHECK_PTR(platform, the_platform());
    OK(clRetainDevice(part));
    OK(clGetDeviceInfo(part, CL_DEVICE_REFERENCE_COUNT, sizeof references, &references, NULL));
    CHECK_INT(references, 2);
    OK(clReleaseDevice(part));
    OK(clGetDeviceInfo(part, CL_DEVICE_REFERENCE_COUNT, sizeof references, &references, NULL));
    CHECK_INT(references, 1);
}

/* A context of sub-devices computes, on each of them. */
static void compute_on(cl_device_id *parts, cl_uint count)
{
    cl_int err, value = 5;
    struct cl cl = {.platform = the_platform(), .device = parts[0]};
    cl.context = clCreateContext(NULL, count, parts, NULL, NULL, &err);
    OK(err);
    cl_program program = program_of(&cl, ADD_SOURCE);
    OK(clBuildProgram(program, count, parts, NULL, NULL, NULL));
    cl_kernel kernel = kernel_of(program, "add");
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof value, &value);
    set_add_args(kernel, mem, mem, 1, 1);
    for (cl_uint i = 0; i < count; i++) {
        cl.device = parts[i];
        cl_command_queue queue = new_queue(&cl, 0);
        cl_device_id device = NULL;
        run_1d(queue, kernel, 1);
        OK(clFinish(queue));
        OK(clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL));
        CHECK_PTR(device, parts[i]);
        get(queue, mem, 0, sizeof value, &value);
        CHECK_INT(value, 6 + i);
        OK(clReleaseCommandQueue(queue));
    }
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    OK(clReleaseProgram(program));
    OK(clReleaseContext(cl.context));
    sleep_ms(20); /* a library's own thread may look at the devices a moment longer */
}

CASE(device_partition_equally)
{
    if (!can_partition(CL_DEVICE_PARTITION_EQUALLY))
        skip("no partition EQUALLY");
    cl_uint units = device_uint(CL_DEVICE_MAX_COMPUTE_UNITS), count = 0;
    const cl_device_partition_property how[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
    cl_device_id *parts = partition(how, &count);
    CHECK_INT(count, units);
    for (cl_uint i = 0; i < count; i++)
        check_sub_device(parts[i], 1, how, sizeof how);
    compute_on(parts, count);
    for (cl_uint i = 0; i < count; i++)
        OK(clReleaseDevice(parts[i]));
    free(parts);
}

CASE(device_partition_by_counts)
{
    if (!can_partition(CL_DEVICE_PARTITION_BY_COUNTS))
        skip("no partition BY_COUNTS");
    cl_uint units = device_uint(CL_DEVICE_MAX_COMPUTE_UNITS), count = 0;
    if (units < 2)
        skip("one compute unit");
    const cl_device_partition_property how[] = {CL_DEVICE_PARTITION_BY_COUNTS, 1, (cl_device_partition_property)units - 1,
                                                CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
    cl_device_id *parts = partition(how, &count);
    CHECK_INT(count, 2);
    check_sub_device(parts[0], 1, how, sizeof how);
    check_sub_device(parts[1], units - 1, how, sizeof how);
    compute_on(parts, count);
    OK(clReleaseDevice(parts[0]));
    OK(clReleaseDevice(parts[1]));
    free(parts);
}

CASE(device_partition_invalid)
{
    if (!can_partition(CL_DEVICE_PARTITION_EQUALLY))
        skip("no partition EQUALLY");
    cl_uint count = 0, units = device_uint(CL_DEVICE_MAX_COMPUTE_UNITS);
    cl_device_id part;
    const cl_device_partition_property zero[] = {CL_DEVICE_PARTITION_EQUALLY, 0, 0}, unknown[] = {0x7777, 1, 0};
    const cl_device_partition_property many[] = {CL_DEVICE_PARTITION_EQUALLY, (cl_device_partition_property)units * 2, 0};
    const cl_device_partition_property good[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
    cl_int err = clCreateSubDevices(the_device(), zero, 0, NULL, &count);
    CHECK(err != CL_SUCCESS);
    CHECK_STATUS(clCreateSubDevices(the_device(), unknown, 0, NULL, &count), CL_INVALID_VALUE);
    err = clCreateSubDevices(the_device(), many, 0, NULL, &count);
    note("more units than there are: %s", status_name(err));
    CHECK_STATUS(clCreateSubDevices(the_device(), NULL, 0, NULL, &count), CL_INVALID_VALUE);
    if (units > 1)
        SPEC_STATUS(clCreateSubDevices(the_device(), good, 1, &part, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clCreateSubDevices(NULL, good, 0, NULL, &count), CL_INVALID_DEVICE);
}

/* The same device named twice in a list counts once. */
CASE(device_named_twice)
{
    cl_device_id twice[] = {the_device(), the_device()};
    cl_int err;
    cl_uint count = 0;
    cl_context context = clCreateContext(NULL, 2, twice, NULL, NULL, &err);
    OK(err);
    OK(clGetContextInfo(context, CL_CONTEXT_NUM_DEVICES, sizeof count, &count, NULL));
    SPEC(count == 1);
    OK(clReleaseContext(context));
}
