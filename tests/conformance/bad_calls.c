/* Calls with NULL where the specification forbids it and other arguments that
 * must be refused, each in a child because some library crashes on it. */
#include "conformance.h"

#define REFUSED(id) static cl_int id(struct cl *cl)
#define ENTRY(id, want) {#id, id, want}

/* ---- arguments and launches ---------------------------------------------------- */

static const char SOURCE[] = "__kernel void k(__global ulong *out, int x, ulong y, __local int *l, sampler_t s) { out[0] = x + y; }\n"
                             "__kernel void one(__global int *out) { out[get_global_id(0)] = 1; }\n";

static cl_kernel args_kernel(struct cl *cl)
{
    return build_kernel(cl, SOURCE, "k");
}

static cl_kernel ready_kernel(struct cl *cl)
{
    cl_kernel kernel = build_kernel(cl, SOURCE, "one");
    set_arg_mem(kernel, 0, new_buffer(cl, 0, 65536, NULL));
    return kernel;
}

static cl_int launch(struct cl *cl, cl_command_queue queue, cl_kernel kernel, cl_uint dim, const size_t *global, const size_t *local)
{
    cl_int err = clEnqueueNDRangeKernel(queue, kernel, dim, NULL, global, local, 0, NULL, NULL);
    return err == CL_SUCCESS ? clFinish(cl->queue) : err;
}

static const size_t EIGHT[] = {8, 8, 8, 8}, THREE[] = {3, 1, 1}, ZERO[] = {0, 0, 0}, HUGE_[] = {(size_t)1 << 40, 1, 1};
static const cl_ulong WORD = 5;

REFUSED(arg_index_huge) { return clSetKernelArg(args_kernel(cl), UINT32_MAX, 4, &WORD); }
REFUSED(arg_too_small) { return clSetKernelArg(args_kernel(cl), 1, 3, &WORD); }
REFUSED(arg_too_large) { return clSetKernelArg(args_kernel(cl), 1, 8, &WORD); }
REFUSED(arg_half_a_ulong) { return clSetKernelArg(args_kernel(cl), 2, 4, &WORD); }
REFUSED(arg_size_0) { return clSetKernelArg(args_kernel(cl), 1, 0, &WORD); }
REFUSED(arg_value_null) { return clSetKernelArg(args_kernel(cl), 1, 4, NULL); }
REFUSED(arg_local_size_0) { return clSetKernelArg(args_kernel(cl), 3, 0, NULL); }
REFUSED(arg_buffer_of_wrong_size) { return clSetKernelArg(args_kernel(cl), 0, 4, &WORD); }
REFUSED(arg_sampler_null) { return clSetKernelArg(args_kernel(cl), 4, sizeof(cl_sampler), NULL); }
REFUSED(arg_sampler_of_wrong_size) { return clSetKernelArg(args_kernel(cl), 4, 4, &WORD); }
REFUSED(launch_queue_null) { return launch(cl, NULL, ready_kernel(cl), 1, EIGHT, NULL); }
REFUSED(launch_kernel_null) { return launch(cl, cl->queue, NULL, 1, EIGHT, NULL); }
REFUSED(launch_in_another_context)
{
    struct cl other = cl_open();
    return launch(cl, other.queue, ready_kernel(cl), 1, EIGHT, NULL);
}
REFUSED(launch_local_0) { return launch(cl, cl->queue, ready_kernel(cl), 1, EIGHT, ZERO); }
REFUSED(launch_local_beyond_global) { return launch(cl, cl->queue, ready_kernel(cl), 1, EIGHT, HUGE_); }
REFUSED(launch_not_a_multiple) { return launch(cl, cl->queue, ready_kernel(cl), 1, EIGHT, THREE); }
REFUSED(task_kernel_null) { return clEnqueueTask(cl->queue, NULL, 0, NULL, NULL); }

static const struct bad_call bad_launches[] = {
    ENTRY(arg_index_huge, CL_INVALID_ARG_INDEX),
    ENTRY(arg_too_small, CL_INVALID_ARG_SIZE),
    ENTRY(arg_too_large, CL_INVALID_ARG_SIZE),
    ENTRY(arg_half_a_ulong, CL_INVALID_ARG_SIZE),
    ENTRY(arg_size_0, CL_INVALID_ARG_SIZE),
    ENTRY(arg_value_null, CL_INVALID_ARG_VALUE),
    ENTRY(arg_local_size_0, CL_INVALID_ARG_SIZE),
    ENTRY(arg_buffer_of_wrong_size, CL_INVALID_ARG_SIZE),
    ENTRY(arg_sampler_null, CL_INVALID_SAMPLER),
    ENTRY(arg_sampler_of_wrong_size, CL_INVALID_ARG_SIZE),
    ENTRY(launch_queue_null, CL_INVALID_COMMAND_QUEUE),
    ENTRY(launch_kernel_null, CL_INVALID_KERNEL),
    ENTRY(launch_in_another_context, CL_INVALID_CONTEXT),
    ENTRY(launch_local_0, CL_INVALID_WORK_GROUP_SIZE),
    ENTRY(launch_local_beyond_global, CL_INVALID_WORK_GROUP_SIZE),
    ENTRY(launch_not_a_multiple, CL_INVALID_WORK_GROUP_SIZE),
    ENTRY(task_kernel_null, CL_INVALID_KERNEL),
};
BAD_CALLS(bad_launches);

/* ---- programs --------------------------------------------------------------- */

REFUSED(source_null)
{
    cl_int err;
    clCreateProgramWithSource(cl->context, 1, NULL, NULL, &err);
    return err;
}
REFUSED(source_with_null_string)
{
    const char *strings[] = {SOURCE, NULL};
    cl_int err;
    clCreateProgramWithSource(cl->context, 2, strings, NULL, &err);
    return err;
}
REFUSED(binary_null)
{
    size_t size = 8;
    cl_int err;
    clCreateProgramWithBinary(cl->context, 1, &cl->device, &size, NULL, NULL, &err);
    return err;
}
REFUSED(binary_with_null_entry)
{
    const unsigned char *list[] = {NULL};
    size_t size = 8;
    cl_int err;
    clCreateProgramWithBinary(cl->context, 1, &cl->device, &size, list, NULL, &err);
    return err;
}
REFUSED(binary_lengths_null)
{
    const unsigned char *list[] = {(const unsigned char *)SOURCE};
    cl_int err;
    clCreateProgramWithBinary(cl->context, 1, &cl->device, NULL, list, NULL, &err);
    return err;
}
REFUSED(binary_devices_null)
{
    const unsigned char *list[] = {(const unsigned char *)SOURCE};
    size_t size = 8;
    cl_int err;
    clCreateProgramWithBinary(cl->context, 1, NULL, &size, list, NULL, &err);
    return err;
}
/* not an error: entries that are NULL are skipped */
REFUSED(binaries_into_null_entry)
{
    unsigned char *list[] = {NULL};
    return clGetProgramInfo(build(cl, SOURCE, NULL), CL_PROGRAM_BINARIES, sizeof list, list, NULL);
}
REFUSED(build_device_null_entry)
{
    cl_device_id none = NULL;
    return clBuildProgram(program_of(cl, SOURCE), 1, &none, NULL, NULL, NULL);
}
REFUSED(compile_headers_null)
{
    return clCompileProgram(program_of(cl, SOURCE), 1, &cl->device, NULL, 1, NULL, NULL, NULL, NULL);
}
REFUSED(compile_names_without_headers)
{
    const char *names[] = {"a.h"};
    return clCompileProgram(program_of(cl, SOURCE), 1, &cl->device, NULL, 0, NULL, names, NULL, NULL);
}
REFUSED(built_in_kernels_unknown)
{
    cl_int err;
    clCreateProgramWithBuiltInKernels(cl->context, 1, &cl->device, "there.is.no.such.kernel", &err);
    return err;
}
REFUSED(built_in_kernels_null)
{
    cl_int err;
    clCreateProgramWithBuiltInKernels(cl->context, 1, &cl->device, NULL, &err);
    return err;
}
REFUSED(compile_null_program) { return clCompileProgram(NULL, 1, &cl->device, NULL, 0, NULL, NULL, NULL, NULL); }
REFUSED(link_nothing)
{
    cl_int err;
    clLinkProgram(cl->context, 1, &cl->device, NULL, 0, NULL, NULL, NULL, &err);
    return err;
}
REFUSED(link_null_program)
{
    cl_program none = NULL;
    cl_int err;
    clLinkProgram(cl->context, 1, &cl->device, NULL, 1, &none, NULL, NULL, &err);
    return err;
}
REFUSED(link_not_compiled)
{
    cl_program program = program_of(cl, SOURCE);
    cl_int err;
    clLinkProgram(cl->context, 1, &cl->device, NULL, 1, &program, NULL, NULL, &err);
    return err;
}
REFUSED(kernel_name_null)
{
    cl_int err;
    clCreateKernel(build(cl, SOURCE, NULL), NULL, &err);
    return err;
}

static const struct bad_call bad_programs[] = {
    ENTRY(source_null, CL_INVALID_VALUE),
    ENTRY(source_with_null_string, CL_INVALID_VALUE),
    ENTRY(binary_null, CL_INVALID_VALUE),
    ENTRY(binary_with_null_entry, CL_INVALID_VALUE),
    ENTRY(binary_lengths_null, CL_INVALID_VALUE),
    ENTRY(binary_devices_null, CL_INVALID_VALUE),
    ENTRY(binaries_into_null_entry, CL_SUCCESS),
    ENTRY(build_device_null_entry, CL_INVALID_DEVICE),
    ENTRY(compile_headers_null, CL_INVALID_VALUE),
    ENTRY(compile_names_without_headers, CL_INVALID_VALUE),
    ENTRY(built_in_kernels_unknown, CL_INVALID_VALUE),
    ENTRY(built_in_kernels_null, CL_INVALID_VALUE),
    ENTRY(compile_null_program, CL_INVALID_PROGRAM),
    ENTRY(link_nothing, CL_INVALID_VALUE),
    ENTRY(link_null_program, CL_INVALID_PROGRAM),
    ENTRY(link_not_compiled, CL_INVALID_OPERATION),
    ENTRY(kernel_name_null, CL_INVALID_VALUE),
};
BAD_CALLS(bad_programs);

/* ---- platforms, contexts, queues, objects ------------------------------------ */

REFUSED(platform_ids_none_wanted)
{
    (void)cl;
    return clGetPlatformIDs(0, NULL, NULL);
}
REFUSED(platform_ids_no_room)
{
    cl_platform_id id;
    (void)cl;
    return clGetPlatformIDs(0, &id, NULL);
}
REFUSED(device_ids_no_room)
{
    cl_device_id id;
    return clGetDeviceIDs(cl->platform, CL_DEVICE_TYPE_ALL, 0, &id, NULL);
}
REFUSED(device_ids_none_wanted) { return clGetDeviceIDs(cl->platform, CL_DEVICE_TYPE_ALL, 0, NULL, NULL); }
REFUSED(device_ids_of_no_type)
{
    cl_uint count;
    return clGetDeviceIDs(cl->platform, 0, 0, NULL, &count);
}
REFUSED(device_info_null)
{
    cl_uint value;
    (void)cl;
    return clGetDeviceInfo(NULL, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof value, &value, NULL);
}
REFUSED(context_no_devices)
{
    cl_int err;
    clCreateContext(NULL, 0, NULL, NULL, NULL, &err);
    return err + !cl;
}
REFUSED(context_devices_null)
{
    cl_int err;
    clCreateContext(NULL, 1, NULL, NULL, NULL, &err);
    return err + !cl;
}
REFUSED(context_null_device)
{
    cl_device_id none = NULL;
    cl_int err;
    clCreateContext(NULL, 1, &none, NULL, NULL, &err);
    return err + !cl;
}
REFUSED(context_unknown_property)
{
    cl_context_properties list[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)cl->platform, 0x7777, 1, 0};
    cl_int err;
    clCreateContext(list, 1, &cl->device, NULL, NULL, &err);
    return err;
}
REFUSED(context_platform_null)
{
    cl_context_properties list[] = {CL_CONTEXT_PLATFORM, 0, 0};
    cl_int err;
    clCreateContext(list, 1, &cl->device, NULL, NULL, &err);
    return err;
}
REFUSED(context_property_twice)
{
    cl_context_properties p = (cl_context_properties)cl->platform;
    cl_context_properties list[] = {CL_CONTEXT_PLATFORM, p, CL_CONTEXT_PLATFORM, p, 0};
    cl_int err;
    clCreateContext(list, 1, &cl->device, NULL, NULL, &err);
    return err;
}
REFUSED(queue_context_null)
{
    cl_int err;
    clCreateCommandQueueWithProperties(NULL, cl->device, NULL, &err);
    return err;
}
REFUSED(queue_device_null)
{
    cl_int err;
    clCreateCommandQueueWithProperties(cl->context, NULL, NULL, &err);
    return err;
}
REFUSED(queue_unknown_property)
{
    cl_queue_properties list[] = {0x7777, 1, 0};
    cl_int err;
    clCreateCommandQueueWithProperties(cl->context, cl->device, list, &err);
    return err;
}
REFUSED(queue_unknown_bits)
{
    cl_queue_properties list[] = {CL_QUEUE_PROPERTIES, (cl_queue_properties)1 << 40, 0};
    cl_int err;
    clCreateCommandQueueWithProperties(cl->context, cl->device, list, &err);
    return err;
}
REFUSED(sampler_context_null)
{
    cl_int err;
    clCreateSampler(NULL, CL_TRUE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, &err);
    return err + !cl;
}
REFUSED(sampler_bad_addressing)
{
    cl_int err;
    clCreateSampler(cl->context, CL_TRUE, 0x9999, CL_FILTER_NEAREST, &err);
    return err;
}
REFUSED(retain_context_null) { return clRetainContext(NULL) + !cl; }
REFUSED(retain_queue_null) { return clRetainCommandQueue(NULL) + !cl; }
REFUSED(retain_mem_null) { return clRetainMemObject(NULL) + !cl; }
REFUSED(retain_sampler_null) { return clRetainSampler(NULL) + !cl; }
REFUSED(retain_program_null) { return clRetainProgram(NULL) + !cl; }
REFUSED(retain_kernel_null) { return clRetainKernel(NULL) + !cl; }
REFUSED(retain_event_null) { return clRetainEvent(NULL) + !cl; }
REFUSED(retain_device_null) { return clRetainDevice(NULL) + !cl; }
REFUSED(release_context_null) { return clReleaseContext(NULL) + !cl; }
REFUSED(release_queue_null) { return clReleaseCommandQueue(NULL) + !cl; }
REFUSED(release_mem_null) { return clReleaseMemObject(NULL) + !cl; }
REFUSED(release_sampler_null) { return clReleaseSampler(NULL) + !cl; }
REFUSED(release_program_null) { return clReleaseProgram(NULL) + !cl; }
REFUSED(release_kernel_null) { return clReleaseKernel(NULL) + !cl; }
REFUSED(release_event_null) { return clReleaseEvent(NULL) + !cl; }
REFUSED(release_device_null) { return clReleaseDevice(NULL) + !cl; }
REFUSED(finish_null) { return clFinish(NULL) + !cl; }
REFUSED(flush_null) { return clFlush(NULL) + !cl; }
REFUSED(unmap_null) { return clEnqueueUnmapMemObject(cl->queue, NULL, cl, 0, NULL, NULL); }
REFUSED(fill_pattern_null)
{
    return clEnqueueFillBuffer(cl->queue, new_buffer(cl, 0, 64, NULL), NULL, 4, 0, 64, 0, NULL, NULL);
}
REFUSED(rect_origin_null)
{
    size_t region[] = {1, 1, 1};
    char byte;
    return clEnqueueReadBufferRect(cl->queue, new_buffer(cl, 0, 64, NULL), CL_TRUE, NULL, NULL, region, 0, 0, 0, 0, &byte, 0,
                                   NULL, NULL);
}

static const struct bad_call bad_objects[] = {
    ENTRY(platform_ids_none_wanted, CL_INVALID_VALUE),
    ENTRY(platform_ids_no_room, CL_INVALID_VALUE),
    ENTRY(device_ids_no_room, CL_INVALID_VALUE),
    ENTRY(device_ids_none_wanted, CL_INVALID_VALUE),
    ENTRY(device_ids_of_no_type, CL_INVALID_DEVICE_TYPE),
    ENTRY(device_info_null, CL_INVALID_DEVICE),
    ENTRY(context_no_devices, CL_INVALID_VALUE),
    ENTRY(context_devices_null, CL_INVALID_VALUE),
    ENTRY(context_null_device, CL_INVALID_DEVICE),
    ENTRY(context_unknown_property, CL_INVALID_PROPERTY),
    ENTRY(context_platform_null, CL_INVALID_PLATFORM),
    ENTRY(context_property_twice, CL_INVALID_PROPERTY),
    ENTRY(queue_context_null, CL_INVALID_CONTEXT),
    ENTRY(queue_device_null, CL_INVALID_DEVICE),
    ENTRY(queue_unknown_property, CL_INVALID_VALUE),
    ENTRY(queue_unknown_bits, CL_INVALID_VALUE),
    ENTRY(sampler_context_null, CL_INVALID_CONTEXT),
    ENTRY(sampler_bad_addressing, CL_INVALID_VALUE),
    ENTRY(retain_context_null, CL_INVALID_CONTEXT),
    ENTRY(retain_queue_null, CL_INVALID_COMMAND_QUEUE),
    ENTRY(retain_mem_null, CL_INVALID_MEM_OBJECT),
    ENTRY(retain_sampler_null, CL_INVALID_SAMPLER),
    ENTRY(retain_program_null, CL_INVALID_PROGRAM),
    ENTRY(retain_kernel_null, CL_INVALID_KERNEL),
    ENTRY(retain_event_null, CL_INVALID_EVENT),
    ENTRY(retain_device_null, CL_INVALID_DEVICE),
    ENTRY(release_context_null, CL_INVALID_CONTEXT),
    ENTRY(release_queue_null, CL_INVALID_COMMAND_QUEUE),
    ENTRY(release_mem_null, CL_INVALID_MEM_OBJECT),
    ENTRY(release_sampler_null, CL_INVALID_SAMPLER),
    ENTRY(release_program_null, CL_INVALID_PROGRAM),
    ENTRY(release_kernel_null, CL_INVALID_KERNEL),
    ENTRY(release_event_null, CL_INVALID_EVENT),
    ENTRY(release_device_null, CL_INVALID_DEVICE),
    ENTRY(finish_null, CL_INVALID_COMMAND_QUEUE),
    ENTRY(flush_null, CL_INVALID_COMMAND_QUEUE),
    ENTRY(unmap_null, CL_INVALID_MEM_OBJECT),
    ENTRY(fill_pattern_null, CL_INVALID_VALUE),
    ENTRY(rect_origin_null, CL_INVALID_VALUE),
};
BAD_CALLS(bad_objects);
