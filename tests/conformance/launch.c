/* Launches: ranges, offsets, sizes, kernel information. */
#include "conformance.h"

static const char IDS_SOURCE[] =
    "__kernel void ids(__global ulong *out) {\n"
    "  size_t gx = get_global_id(0) - get_global_offset(0), gy = get_global_id(1) - get_global_offset(1),\n"
    "         gz = get_global_id(2) - get_global_offset(2);\n"
    "  size_t at = (gz * get_global_size(1) + gy) * get_global_size(0) + gx;\n"
    "  out[at] = get_global_id(0) + get_global_id(1) * 1000 + get_global_id(2) * 1000000\n"
    "          + (ulong)get_local_id(0) * 1000000000 + (ulong)get_work_dim() * 1000000000000UL; }\n";

static void check_range(struct cl *cl, cl_kernel kernel, cl_uint dim, const size_t *offset, const size_t *global,
                        const size_t *local)
{
    size_t g[3] = {1, 1, 1}, o[3] = {0, 0, 0};
    for (cl_uint i = 0; i < dim; i++) {
        g[i] = global[i];
        o[i] = offset ? offset[i] : 0;
    }
    size_t count = g[0] * g[1] * g[2];
    cl_ulong *got = must_alloc(count * sizeof *got);
    cl_mem mem = new_buffer(cl, 0, count * sizeof *got, NULL);
    set_arg_mem(kernel, 0, mem);
    OK(clEnqueueNDRangeKernel(cl->queue, kernel, dim, offset, global, local, 0, NULL, NULL));
    get(cl->queue, mem, 0, count * sizeof *got, got);
    for (size_t i = 0; i < count; i++) {
        size_t x = i % g[0], y = i / g[0] % g[1], z = i / g[0] / g[1];
        cl_ulong want = x + o[0] + (y + o[1]) * 1000 + (z + o[2]) * 1000000 + (cl_ulong)dim * 1000000000000ul;
        if (local)
            want += (cl_ulong)(x % local[0]) * 1000000000;
        else
            got[i] = got[i] / 1000000000000ul * 1000000000000ul + got[i] % 1000000000;
        CHECK_INT(got[i], want);
    }
    OK(clReleaseMemObject(mem));
    free(got);
}

CASE(launch_dimensions_and_offsets)
{
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, IDS_SOURCE, "ids");
    size_t g1[] = {96}, g2[] = {12, 10}, g3[] = {6, 4, 5}, o[] = {7, 11, 13};
    size_t l1[] = {8}, l2[] = {4, 5}, l3[] = {3, 2, 5}, ones[] = {1, 1, 1};
    const size_t *globals[] = {g1, g2, g3}, *locals[] = {l1, l2, l3};
    for (cl_uint dim = 1; dim <= 3; dim++)
        for (int with_offset = 0; with_offset < 2; with_offset++) {
            const size_t *offset = with_offset ? o : NULL;
            check_range(&cl, kernel, dim, offset, globals[dim - 1], NULL);
            check_range(&cl, kernel, dim, offset, globals[dim - 1], locals[dim - 1]);
            check_range(&cl, kernel, dim, offset, globals[dim - 1], ones);
        }
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(launch_invalid)
{
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, IDS_SOURCE, "ids");
    cl_mem mem = new_buffer(&cl, 0, 65536, NULL);
    size_t eight[] = {8, 8, 8, 8}, too_many = device_size(CL_DEVICE_MAX_WORK_GROUP_SIZE) * 2;
    set_arg_mem(kernel, 0, mem);
    CHECK_STATUS(clEnqueueNDRangeKernel(cl.queue, kernel, 0, NULL, eight, NULL, 0, NULL, NULL), CL_INVALID_WORK_DIMENSION);
    CHECK_STATUS(clEnqueueNDRangeKernel(cl.queue, kernel, 4, NULL, eight, NULL, 0, NULL, NULL), CL_INVALID_WORK_DIMENSION);
    cl_int err = clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &too_many, &too_many, 0, NULL, NULL);
    CHECK(err == CL_INVALID_WORK_GROUP_SIZE || err == CL_INVALID_WORK_ITEM_SIZE);
    note("local size of twice the limit: %s", status_name(err));
    OK(clFinish(cl.queue));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* From 2.1 on an empty range is allowed and its event completes. */
CASE(launch_empty_range)
{
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, IDS_SOURCE, "ids");
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    size_t zero = 0;
    cl_event done = NULL;
    set_arg_mem(kernel, 0, mem);
    cl_int err = clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &zero, NULL, 0, NULL, &done);
    if (device_version() < 21)
        CHECK_STATUS(err, CL_INVALID_GLOBAL_WORK_SIZE);
    else
        SPEC_STATUS(err, CL_SUCCESS);
    if (err == CL_SUCCESS) {
        OK(clWaitForEvents(1, &done));
        OK(clReleaseEvent(done));
    }
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(launch_required_work_group_size)
{
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, "__kernel __attribute__((reqd_work_group_size(4, 2, 1)))\n"
                                         "void k(__global int *out) { out[0] = (int)get_local_size(0); }\n", "k");
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    size_t global[] = {8, 8}, right[] = {4, 2}, wrong[] = {2, 4}, size[3] = {0}, name_size = 0;
    set_arg_mem(kernel, 0, mem);
    OK(clEnqueueNDRangeKernel(cl.queue, kernel, 2, NULL, global, right, 0, NULL, NULL));
    CHECK_STATUS(clEnqueueNDRangeKernel(cl.queue, kernel, 2, NULL, global, wrong, 0, NULL, NULL), CL_INVALID_WORK_GROUP_SIZE);
    OK(clFinish(cl.queue));
    OK(clGetKernelWorkGroupInfo(kernel, cl.device, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof size, size, NULL));
    CHECK(size[0] == 4 && size[1] == 2 && size[2] == 1);
    OK(clGetKernelInfo(kernel, CL_KERNEL_ATTRIBUTES, 0, NULL, &name_size));
    char *attributes = must_alloc(name_size + 1);
    OK(clGetKernelInfo(kernel, CL_KERNEL_ATTRIBUTES, name_size, attributes, NULL));
    SPEC(strstr(attributes, "reqd_work_group_size") != NULL);
    free(attributes);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(launch_2000_without_waiting)
{
    enum { COUNT = 2000, N = 64 };
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_int host[N] = {0};
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof host, host);
    set_add_args(kernel, mem, mem, 1, 1);
    for (int i = 0; i < COUNT; i++)
        run_1d(cl.queue, kernel, N);
    get(cl.queue, mem, 0, sizeof host, host);
    for (int i = 0; i < N; i++)
        CHECK_INT(host[i], COUNT);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(kernel_info)
{
    struct cl cl = cl_open();
    cl_program program = build(&cl, ADD_SOURCE, NULL), owner = NULL;
    cl_kernel kernel = kernel_of(program, "add");
    cl_uint count = 0;
    cl_context context = NULL;
    size_t size = 0;
    char name[8] = "zzzzzzz";
    OK(clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, 0, NULL, &size));
    CHECK_INT(size, 4);
    OK(clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, 4, name, NULL));
    CHECK_SAME(name, "add\0zzz", 8);
    CHECK_STATUS(clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, 3, name, NULL), CL_INVALID_VALUE);
    OK(clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof count, &count, NULL));
    CHECK_INT(count, 4);
    OK(clGetKernelInfo(kernel, CL_KERNEL_REFERENCE_COUNT, sizeof count, &count, NULL));
    CHECK_INT(count, 1);
    OK(clGetKernelInfo(kernel, CL_KERNEL_CONTEXT, sizeof context, &context, NULL));
    CHECK_PTR(context, cl.context);
    OK(clGetKernelInfo(kernel, CL_KERNEL_PROGRAM, sizeof owner, &owner, NULL));
    CHECK_PTR(owner, program);
    CHECK_STATUS(clGetKernelInfo(NULL, CL_KERNEL_NUM_ARGS, sizeof count, &count, NULL), CL_INVALID_KERNEL);
    CHECK_STATUS(clGetKernelInfo(kernel, 0x9999, sizeof count, &count, NULL), CL_INVALID_VALUE);
    /* the kernel keeps its program */
    OK(clReleaseProgram(program));
    OK(clGetKernelInfo(kernel, CL_KERNEL_PROGRAM, sizeof owner, &owner, NULL));
    CHECK_PTR(owner, program);
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(kernel_work_group_info)
{
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    size_t work_group = 0, multiple = 0, compile[3] = {9, 9, 9};
    cl_ulong local = 99, private = 99;
    OK(clGetKernelWorkGroupInfo(kernel, cl.device, CL_KERNEL_WORK_GROUP_SIZE, sizeof work_group, &work_group, NULL));
    CHECK(work_group >= 1 && work_group <= device_size(CL_DEVICE_MAX_WORK_GROUP_SIZE));
    OK(clGetKernelWorkGroupInfo(kernel, cl.device, CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, sizeof multiple, &multiple, NULL));
    CHECK(multiple >= 1);
    OK(clGetKernelWorkGroupInfo(kernel, cl.device, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof compile, compile, NULL));
    CHECK(compile[0] == 0 && compile[1] == 0 && compile[2] == 0);
    OK(clGetKernelWorkGroupInfo(kernel, cl.device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof local, &local, NULL));
    OK(clGetKernelWorkGroupInfo(kernel, cl.device, CL_KERNEL_PRIVATE_MEM_SIZE, sizeof private, &private, NULL));
    OK(clGetKernelWorkGroupInfo(kernel, NULL, CL_KERNEL_WORK_GROUP_SIZE, sizeof work_group, &work_group, NULL)); /* the only device */
    CHECK_STATUS(clGetKernelWorkGroupInfo(kernel, cl.device, 0x9999, sizeof local, &local, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clGetKernelWorkGroupInfo(kernel, cl.device, CL_KERNEL_WORK_GROUP_SIZE, 4, &work_group, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clGetKernelWorkGroupInfo(NULL, cl.device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof local, &local, NULL), CL_INVALID_KERNEL);
    SPEC_STATUS(clGetKernelWorkGroupInfo(kernel, cl.device, CL_KERNEL_GLOBAL_WORK_SIZE, sizeof compile, compile, NULL), CL_INVALID_VALUE);
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(kernel_sub_group_info)
{
    if (device_version() < 21 || (device_version() >= 30 && !device_uint(CL_DEVICE_MAX_NUM_SUB_GROUPS)))
        skip("no sub-groups");
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    size_t local[] = {16, 1, 1}, size = 0, count = 0, range[3] = {0}, most = 0;
    OK(clGetKernelSubGroupInfo(kernel, cl.device, CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE, sizeof local, local, sizeof size, &size, NULL));
    CHECK(size >= 1);
    OK(clGetKernelSubGroupInfo(kernel, cl.device, CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, sizeof local, local, sizeof count, &count, NULL));
    CHECK(count >= 1);
    OK(clGetKernelSubGroupInfo(kernel, cl.device, CL_KERNEL_MAX_NUM_SUB_GROUPS, 0, NULL, sizeof most, &most, NULL));
    CHECK(most >= 1);
    OK(clGetKernelSubGroupInfo(kernel, cl.device, CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT, sizeof count, &count, sizeof range, range, NULL));
    note("16 work-items: %zu sub-groups; local size for as many: %zu %zu %zu", count, range[0], range[1], range[2]);
    SPEC_STATUS(clGetKernelSubGroupInfo(kernel, cl.device, 0x9999, 0, NULL, sizeof most, &most, NULL), CL_INVALID_VALUE);
    SPEC_STATUS(clGetKernelSubGroupInfo(kernel, cl.device, CL_KERNEL_MAX_NUM_SUB_GROUPS, 0, NULL, 4, &most, NULL), CL_INVALID_VALUE);
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

static char *arg_string(cl_kernel kernel, cl_uint index, cl_kernel_arg_info param)
{
    size_t size = 0;
    OK(clGetKernelArgInfo(kernel, index, param, 0, NULL, &size));
    char *text = must_alloc(size + 1);
    OK(clGetKernelArgInfo(kernel, index, param, size, text, NULL));
    return text;
}

CASE(kernel_arg_info)
{
    struct cl cl = cl_open();
    static const char source[] = "__kernel void k(__global const float *restrict in, __constant int *c, __local uint *l,\n"
                                 "                float4 v, const volatile __global char *w) { }\n";
    cl_program program = build(&cl, source, "-cl-kernel-arg-info");
    cl_kernel kernel = kernel_of(program, "k");
    static const struct {
        const char *name, *type;
        cl_kernel_arg_address_qualifier address;
        cl_kernel_arg_type_qualifier qualifier;
    } want[] = {
        {"in", "float*", CL_KERNEL_ARG_ADDRESS_GLOBAL, CL_KERNEL_ARG_TYPE_CONST | CL_KERNEL_ARG_TYPE_RESTRICT},
        {"c", "int*", CL_KERNEL_ARG_ADDRESS_CONSTANT, CL_KERNEL_ARG_TYPE_CONST},
        {"l", "uint*", CL_KERNEL_ARG_ADDRESS_LOCAL, CL_KERNEL_ARG_TYPE_NONE},
        {"v", "float4", CL_KERNEL_ARG_ADDRESS_PRIVATE, CL_KERNEL_ARG_TYPE_NONE},
        {"w", "char*", CL_KERNEL_ARG_ADDRESS_GLOBAL, CL_KERNEL_ARG_TYPE_CONST | CL_KERNEL_ARG_TYPE_VOLATILE},
    };
    for (cl_uint i = 0; i < 5; i++) {
        cl_kernel_arg_address_qualifier address = 0;
        cl_kernel_arg_access_qualifier access = 0;
        cl_kernel_arg_type_qualifier qualifier = 99;
        char *name = arg_string(kernel, i, CL_KERNEL_ARG_NAME), *type = arg_string(kernel, i, CL_KERNEL_ARG_TYPE_NAME);
        CHECK_STR(name, want[i].name);
        CHECK_STR(type, want[i].type);
        OK(clGetKernelArgInfo(kernel, i, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof address, &address, NULL));
        CHECK_INT(address, want[i].address);
        OK(clGetKernelArgInfo(kernel, i, CL_KERNEL_ARG_ACCESS_QUALIFIER, sizeof access, &access, NULL));
        CHECK_INT(access, CL_KERNEL_ARG_ACCESS_NONE);
        OK(clGetKernelArgInfo(kernel, i, CL_KERNEL_ARG_TYPE_QUALIFIER, sizeof qualifier, &qualifier, NULL));
        SPEC(qualifier == want[i].qualifier);
        free(name);
        free(type);
    }
    cl_uint value;
    SPEC_STATUS(clGetKernelArgInfo(kernel, 5, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof value, &value, NULL), CL_INVALID_ARG_INDEX);
    CHECK_STATUS(clGetKernelArgInfo(kernel, 0, 0x9999, sizeof value, &value, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clGetKernelArgInfo(kernel, 0, CL_KERNEL_ARG_ADDRESS_QUALIFIER, 1, &value, NULL), CL_INVALID_VALUE);
    OK(clReleaseKernel(kernel));
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(kernel_references_and_args_are_independent)
{
    struct cl cl = cl_open();
    cl_program program = build(&cl, "__kernel void k(__global int *out, int x) { *out = x; }\n", NULL);
    cl_kernel a = kernel_of(program, "k"), b = kernel_of(program, "k");
    cl_int one = 1, two = 2, got;
    cl_mem mem = new_buffer(&cl, 0, 4, NULL);
    set_arg_mem(a, 0, mem);
    set_arg_mem(b, 0, mem);
    OK(clSetKernelArg(a, 1, sizeof one, &one));
    OK(clSetKernelArg(b, 1, sizeof two, &two));
    run_1d(cl.queue, b, 1);
    run_1d(cl.queue, a, 1);
    get(cl.queue, mem, 0, sizeof got, &got);
    CHECK_INT(got, 1);
    run_1d(cl.queue, b, 1);
    get(cl.queue, mem, 0, sizeof got, &got);
    CHECK_INT(got, 2);
    OK(clReleaseKernel(a));
    OK(clReleaseKernel(b));
    OK(clReleaseMemObject(mem));
    OK(clReleaseProgram(program));
    cl_close(&cl);
}
