/* Program binaries and intermediate language. */
#include "conformance.h"

static const char SOURCE[] =
    "__kernel void scale(__global int *out, __global const int *in, int by, __local int *scratch) {\n"
    "  size_t i = get_global_id(0), l = get_local_id(0);\n"
    "  scratch[l] = in[i]; barrier(CLK_LOCAL_MEM_FENCE); out[i] = scratch[l] * by; }\n"
    "__kernel void value(__global ulong *out, ulong x) { *out = x; }\n";

/* Everything a program from elsewhere must be able to do. */
static void use(struct cl *cl, cl_program program)
{
    enum { N = 64 };
    cl_kernel scale = kernel_of(program, "scale"), value = kernel_of(program, "value");
    cl_int host[N], by = 3;
    size_t global = N, local = 8;
    for (int i = 0; i < N; i++)
        host[i] = i;
    cl_mem in = new_buffer(cl, CL_MEM_COPY_HOST_PTR, sizeof host, host), out = new_buffer(cl, 0, sizeof host, NULL);
    set_arg_mem(scale, 0, out);
    set_arg_mem(scale, 1, in);
    OK(clSetKernelArg(scale, 2, sizeof by, &by));
    OK(clSetKernelArg(scale, 3, local * sizeof(cl_int), NULL));
    OK(clEnqueueNDRangeKernel(cl->queue, scale, 1, NULL, &global, &local, 0, NULL, NULL));
    get(cl->queue, out, 0, sizeof host, host);
    for (int i = 0; i < N; i++)
        CHECK_INT(host[i], 3 * i);
    /* a value that is bit for bit a handle of the program's */
    cl_ulong handle = (cl_ulong)(uintptr_t)in, got = 0;
    set_arg_mem(value, 0, out);
    OK(clSetKernelArg(value, 1, sizeof handle, &handle));
    run_1d(cl->queue, value, 1);
    get(cl->queue, out, 0, sizeof got, &got);
    CHECK_INT(got, handle);
    cl_uint count = 0;
    OK(clGetKernelInfo(scale, CL_KERNEL_NUM_ARGS, sizeof count, &count, NULL));
    CHECK_INT(count, 4);
    OK(clReleaseKernel(scale));
    OK(clReleaseKernel(value));
    OK(clReleaseMemObject(in));
    OK(clReleaseMemObject(out));
}

/* The binary for the only device; its size in *size. */
static unsigned char *binary_of(cl_program program, size_t *size)
{
    size_t bytes = 0;
    *size = 0;
    OK(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof *size, size, &bytes));
    CHECK_INT(bytes, sizeof(size_t));
    CHECK(*size > 0);
    unsigned char *at = must_alloc(*size + 8), *list[] = {at};
    memset(at, 0xEE, *size + 8);
    OK(clGetProgramInfo(program, CL_PROGRAM_BINARIES, 0, NULL, &bytes));
    CHECK_INT(bytes, sizeof list);
    OK(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof list, list, NULL));
    CHECK_PTR(list[0], at);
    CHECK_BYTES(at + *size, 8, 0xEE);
    return at;
}

CASE(binary_round_trip)
{
    struct cl cl = cl_open();
    cl_program program = build(&cl, SOURCE, NULL);
    size_t size;
    unsigned char *binary = binary_of(program, &size);
    const unsigned char *list[] = {binary};
    cl_int status = 99, err;
    use(&cl, program);
    OK(clReleaseProgram(program));
    program = clCreateProgramWithBinary(cl.context, 1, &cl.device, &size, list, &status, &err);
    OK(err);
    OK(status);
    memset(binary, 0, size); /* it was taken */
    OK(clBuildProgram(program, 1, &cl.device, NULL, NULL, NULL));
    use(&cl, program);
    size_t source_size = 99;
    OK(clGetProgramInfo(program, CL_PROGRAM_SOURCE, 0, NULL, &source_size));
    SPEC(source_size <= 1);
    free(binary);

    /* a binary of a program from a binary */
    binary = binary_of(program, &size);
    OK(clReleaseProgram(program));
    list[0] = binary;
    program = clCreateProgramWithBinary(cl.context, 1, &cl.device, &size, list, NULL, &err);
    OK(err);
    OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
    use(&cl, program);
    OK(clReleaseProgram(program));
    free(binary);
    cl_close(&cl);
}

/* The binary works in another process. */
CHILD(binary_user)
{
    struct cl cl = cl_open();
    FILE *f = fopen(arg, "rb");
    CHECK(f != NULL);
    fseek(f, 0, SEEK_END);
    size_t size = (size_t)ftell(f);
    unsigned char *binary = must_alloc(size);
    const unsigned char *list[] = {binary};
    rewind(f);
    CHECK_INT(fread(binary, 1, size, f), size);
    fclose(f);
    cl_int err;
    cl_program program = clCreateProgramWithBinary(cl.context, 1, &cl.device, &size, list, NULL, &err);
    OK(err);
    OK(clBuildProgram(program, 1, &cl.device, NULL, NULL, NULL));
    use(&cl, program);
    return 0;
}

CASE(binary_in_another_process)
{
    struct cl cl = cl_open();
    cl_program program = build(&cl, SOURCE, NULL);
    size_t size;
    unsigned char *binary = binary_of(program, &size);
    char *dir = make_dir(), *path = format("%s/binary", dir);
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(binary, 1, size, f) == size && fclose(f) == 0);
    struct child_result r = run_child("binary_user", path);
    check_child_ok(&r);
    free(r.output);
    free(path);
    remove_dir(dir);
    free(binary);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

/* A program for two sub-devices: arrays of two sizes and two binaries. */
CASE(binary_of_two_devices)
{
    cl_device_partition_property able[8] = {0}, how[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
    cl_device_id parts[2];
    cl_uint count = 0;
    OK(clGetDeviceInfo(the_device(), CL_DEVICE_PARTITION_PROPERTIES, sizeof able, able, NULL));
    if (able[0] != CL_DEVICE_PARTITION_EQUALLY && able[1] != CL_DEVICE_PARTITION_EQUALLY)
        skip("no partition EQUALLY");
    OK(clCreateSubDevices(the_device(), how, 0, NULL, &count));
    if (count != 2)
        skip("the device does not have two compute units");
    OK(clCreateSubDevices(the_device(), how, 2, parts, NULL));
    struct cl cl = {.platform = the_platform(), .device = parts[1]};
    cl_int err, status[] = {99, 99};
    cl.context = clCreateContext(NULL, 2, parts, NULL, NULL, &err);
    OK(err);
    cl.queue = new_queue(&cl, 0);
    cl_program program = program_of(&cl, SOURCE);
    OK(clBuildProgram(program, 2, parts, NULL, NULL, NULL));
    size_t sizes[3] = {0, 0, 77}, bytes = 0;
    cl_device_id devices[2];
    OK(clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof devices, devices, &bytes));
    if (bytes != sizeof devices)
        skip("a program for two sub-devices has %zu device(s)", bytes / sizeof *devices);
    CHECK_PTR(devices[0], parts[0]);
    CHECK_PTR(devices[1], parts[1]);
    OK(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof sizes, sizes, &bytes));
    CHECK_INT(bytes, 2 * sizeof *sizes);
    CHECK(sizes[0] > 0 && sizes[1] > 0 && sizes[2] == 77);
    unsigned char *binaries[] = {must_alloc(sizes[0]), must_alloc(sizes[1])};
    OK(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binaries, binaries, NULL));
    OK(clReleaseProgram(program));
    const unsigned char *list[] = {binaries[0], binaries[1]};
    program = clCreateProgramWithBinary(cl.context, 2, parts, sizes, list, status, &err);
    OK(err);
    OK(status[0]);
    OK(status[1]);
    OK(clBuildProgram(program, 2, parts, NULL, NULL, NULL));
    use(&cl, program);
    OK(clReleaseProgram(program));
    cl_close(&cl);
    OK(clReleaseDevice(parts[0]));
    OK(clReleaseDevice(parts[1]));
    free(binaries[0]);
    free(binaries[1]);
}

CASE(binary_before_build)
{
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, SOURCE);
    size_t size = 99;
    cl_int err = clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL);
    SPEC_STATUS(err, CL_SUCCESS);
    SPEC(err != CL_SUCCESS || size == 0);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(binary_invalid)
{
    struct cl cl = cl_open();
    static const unsigned char nonsense[] = "this is no program binary at all, whatever the device may be";
    const unsigned char *list[] = {nonsense};
    size_t size = sizeof nonsense, zero = 0;
    cl_int status = 99, err;
    cl_program program = clCreateProgramWithBinary(cl.context, 1, &cl.device, &size, list, &status, &err);
    SPEC_STATUS(err, CL_INVALID_BINARY);
    SPEC_STATUS(status, CL_INVALID_BINARY);
    if (program)
        OK(clReleaseProgram(program));
    CHECK(!clCreateProgramWithBinary(cl.context, 1, &cl.device, &zero, list, &status, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clCreateProgramWithBinary(cl.context, 0, &cl.device, &size, list, &status, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clCreateProgramWithBinary(NULL, 1, &cl.device, &size, list, &status, &err));
    CHECK_STATUS(err, CL_INVALID_CONTEXT);
    cl_close(&cl);
}

static void need_il(void)
{
    size_t size = 0;
    if (device_version() < 21 || clGetDeviceInfo(the_device(), CL_DEVICE_IL_VERSION, 0, NULL, &size) != CL_SUCCESS || size <= 1)
        skip("no intermediate language");
    if (device_uint(CL_DEVICE_ADDRESS_BITS) != 64)
        skip("the module is for 64-bit addresses");
}

/* kernel void k(global ulong *out, ulong x) { *out = x + C; }
 * where C is the specialization constant 7, by default 100. */
static const cl_uint SPIRV[] = {
    0x07230203, 0x00010000, 0, 11, 0,   /* version 1.0, ids below 11 */
    2 << 16 | 17, 4,                    /* OpCapability Addresses */
    2 << 16 | 17, 6,                    /* OpCapability Kernel */
    2 << 16 | 17, 11,                   /* OpCapability Int64 */
    3 << 16 | 14, 2, 2,                 /* OpMemoryModel Physical64 OpenCL */
    4 << 16 | 15, 6, 5, 0x6b,           /* OpEntryPoint Kernel %5 "k" */
    4 << 16 | 71, 9, 1, 7,              /* OpDecorate %9 SpecId 7 */
    4 << 16 | 21, 1, 64, 0,             /* %1 = OpTypeInt 64 0 */
    2 << 16 | 19, 2,                    /* %2 = OpTypeVoid */
    4 << 16 | 32, 3, 5, 1,              /* %3 = OpTypePointer CrossWorkgroup %1 */
    5 << 16 | 33, 4, 2, 3, 1,           /* %4 = OpTypeFunction %2 %3 %1 */
    5 << 16 | 50, 1, 9, 100, 0,         /* %9 = OpSpecConstant %1 100 */
    5 << 16 | 54, 2, 5, 0, 4,           /* %5 = OpFunction %2 None %4 */
    3 << 16 | 55, 3, 6,                 /* %6 = OpFunctionParameter %3 */
    3 << 16 | 55, 1, 7,                 /* %7 = OpFunctionParameter %1 */
    2 << 16 | 248, 8,                   /* %8 = OpLabel */
    5 << 16 | 128, 1, 10, 7, 9,         /* %10 = OpIAdd %1 %7 %9 */
    5 << 16 | 62, 6, 10, 2, 8,          /* OpStore %6 %10 Aligned 8 */
    1 << 16 | 253, 1 << 16 | 56,        /* OpReturn, OpFunctionEnd */
};

static cl_ulong run_il(struct cl *cl, cl_program program, cl_ulong x)
{
    cl_kernel kernel = kernel_of(program, "k");
    cl_mem mem = new_buffer(cl, 0, 8, NULL);
    cl_ulong got = 0;
    set_arg_mem(kernel, 0, mem);
    OK(clSetKernelArg(kernel, 1, sizeof x, &x));
    run_1d(cl->queue, kernel, 1);
    get(cl->queue, mem, 0, sizeof got, &got);
    /* a value that is bit for bit a handle */
    cl_ulong handle = (cl_ulong)(uintptr_t)mem, base = got - x;
    OK(clSetKernelArg(kernel, 1, sizeof handle, &handle));
    run_1d(cl->queue, kernel, 1);
    get(cl->queue, mem, 0, sizeof x, &x);
    CHECK_INT(x, handle + base);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    return got;
}

CASE(il_program)
{
    need_il();
    struct cl cl = cl_open();
    cl_int err;
    cl_program program = clCreateProgramWithIL(cl.context, SPIRV, sizeof SPIRV, &err);
    OK(err);
    size_t size = 0;
    cl_uint il[sizeof SPIRV / 4];
    OK(clGetProgramInfo(program, CL_PROGRAM_IL, 0, NULL, &size));
    CHECK_INT(size, sizeof SPIRV);
    OK(clGetProgramInfo(program, CL_PROGRAM_IL, sizeof il, il, NULL));
    CHECK_SAME(il, SPIRV, sizeof il);
    OK(clBuildProgram(program, 1, &cl.device, NULL, NULL, NULL));
    CHECK_INT(run_il(&cl, program, 5), 105);
    cl_kernel kernel = kernel_of(program, "k");
    CHECK_STATUS(clSetKernelArg(kernel, 2, 8, il), CL_INVALID_ARG_INDEX);
    OK(clReleaseKernel(kernel));
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(il_specialization_constant)
{
    need_il();
    if (device_version() < 22)
        skip("clSetProgramSpecializationConstant is of OpenCL 2.2");
    struct cl cl = cl_open();
    cl_int err;
    cl_ulong value = 5000000000ull;
    cl_program program = clCreateProgramWithIL(cl.context, SPIRV, sizeof SPIRV, &err);
    OK(err);
    err = clSetProgramSpecializationConstant(program, 7, sizeof value, &value);
    if (err == CL_INVALID_OPERATION)
        skip("no specialization constants");
    OK(err);
    CHECK_STATUS(clSetProgramSpecializationConstant(program, 8, sizeof value, &value), CL_INVALID_SPEC_ID);
    CHECK_STATUS(clSetProgramSpecializationConstant(program, 7, 4, &value), CL_INVALID_VALUE);
    OK(clBuildProgram(program, 1, &cl.device, NULL, NULL, NULL));
    CHECK_INT(run_il(&cl, program, 5), 5000000005ull);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(il_compile_and_link)
{
    need_il();
    struct cl cl = cl_open();
    cl_int err;
    cl_program program = clCreateProgramWithIL(cl.context, SPIRV, sizeof SPIRV, &err);
    OK(err);
    OK(clCompileProgram(program, 1, &cl.device, NULL, 0, NULL, NULL, NULL, NULL));
    cl_program linked = clLinkProgram(cl.context, 1, &cl.device, NULL, 1, &program, NULL, NULL, &err);
    OK(err);
    CHECK_INT(run_il(&cl, linked, 6), 106);
    OK(clReleaseProgram(program));
    OK(clReleaseProgram(linked));
    cl_close(&cl);
}

CASE(il_invalid)
{
    size_t size = 99;
    need_il();
    struct cl cl = cl_open();
    cl_int err;
    static const unsigned char nonsense[64] = {1, 2, 3};
    cl_program program = clCreateProgramWithIL(cl.context, nonsense, sizeof nonsense, &err);
    note("IL that is none: %s", status_name(err));
    if (program) {
        err = clBuildProgram(program, 1, &cl.device, NULL, NULL, NULL);
        CHECK(err != CL_SUCCESS);
        OK(clReleaseProgram(program));
    }
    CHECK(!clCreateProgramWithIL(cl.context, NULL, 64, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clCreateProgramWithIL(cl.context, nonsense, 0, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    /* a program from source has no IL */
    program = program_of(&cl, SOURCE);
    OK(clGetProgramInfo(program, CL_PROGRAM_IL, 0, NULL, &size));
    CHECK_INT(size, 0);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}
