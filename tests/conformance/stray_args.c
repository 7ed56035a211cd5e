/* 8 bytes for an argument, which are an object for one and plain bytes for another. */
#include "conformance.h"

static const char SOURCE[] =
    "typedef struct { int a, b; } pair;\n"
    "typedef ulong word;\n"
    "__kernel void plain(__global ulong *o, ulong a, word b, int2 c, pair d) { o[0] = a + b + c.x + d.b; }\n"
    "__kernel void local_memory(__global ulong *o, __local ulong *l) { l[0] = 5; o[0] = l[0]; }\n"
    "__kernel void objects(__global ulong *o, __constant ulong *c) { o[0] = o[0] + c[0]; }\n"
    "__kernel void sampled(sampler_t s, __global ulong *o) { o[0] = 1; }\n";

static const cl_ulong STRAY = 0x1234567812345678;

static cl_int set(cl_kernel kernel, cl_uint index, const void *value)
{
    return clSetKernelArg(kernel, index, sizeof(cl_ulong), value);
}

/* Built with and without argument information, and from a binary. */
static cl_program program_of_kind(struct cl *cl, unsigned kind)
{
    cl_program program = build(cl, SOURCE, kind == 1 ? "-cl-kernel-arg-info" : "");
    if (kind < 2)
        return program;
    size_t size;
    cl_int err, status;
    OK(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL));
    unsigned char *binary = must_alloc(size);
    OK(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL));
    OK(clReleaseProgram(program));
    program = clCreateProgramWithBinary(cl->context, 1, &cl->device, &size, (const unsigned char **)&binary, &status, &err);
    OK(err);
    OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
    free(binary);
    return program;
}

/* Plain bytes may be anything, the values of handles, too. */
CASE(arg_of_plain_bytes)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, sizeof(cl_ulong), NULL);
    for (unsigned kind = 0; kind < 3; kind++) {
        cl_program program = program_of_kind(&cl, kind);
        cl_kernel kernel = kernel_of(program, "plain");
        const void *values[] = {&STRAY, &(cl_ulong){0}, &mem, &cl.queue, &(cl_ulong){7}, &STRAY};
        set_arg_mem(kernel, 0, mem);
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            cl_ulong got, word;
            memcpy(&word, values[v], sizeof word);
            for (cl_uint i = 1; i <= 4; i++)
                OK(set(kernel, i, values[v]));
            run_1d(cl.queue, kernel, 1);
            get(cl.queue, mem, 0, sizeof got, &got);
            CHECK_INT(got, 2 * word + (cl_ulong)(cl_int)word + (cl_ulong)(cl_int)(word >> 32));
        }
        CHECK_STATUS(set(kernel, 9, &STRAY), CL_INVALID_ARG_INDEX);
        CHECK_STATUS(clSetKernelArg(kernel, 1, 4, &STRAY), CL_INVALID_ARG_SIZE);
        OK(clReleaseKernel(kernel));
        OK(clReleaseProgram(program));
    }
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

/* Local memory has no value. */
CASE(arg_of_local_memory_with_value)
{
    struct cl cl = cl_open();
    cl_mem mem = new_buffer(&cl, 0, sizeof(cl_ulong), NULL);
    for (unsigned kind = 0; kind < 3; kind++) {
        cl_program program = program_of_kind(&cl, kind);
        cl_kernel kernel = kernel_of(program, "local_memory");
        cl_ulong got = 0;
        set_arg_mem(kernel, 0, mem);
        OK(set(kernel, 1, NULL));
        for (unsigned i = 0; i < 3; i++) {
            CHECK_STATUS(set(kernel, 1, &STRAY), CL_INVALID_ARG_VALUE);
            CHECK_STATUS(set(kernel, 1, &mem), CL_INVALID_ARG_VALUE);
            run_1d(cl.queue, kernel, 1);
        }
        get(cl.queue, mem, 0, sizeof got, &got);
        CHECK_INT(got, 5);
        OK(clReleaseKernel(kernel));
        OK(clReleaseProgram(program));
    }
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

/* An invalid sampler gets the status of an invalid handle. */
CASE(arg_that_is_no_sampler)
{
    struct cl cl = cl_open();
    for (unsigned kind = 0; kind < 3; kind++) {
        cl_program program = program_of_kind(&cl, kind);
        cl_kernel kernel = kernel_of(program, "sampled");
        static const cl_ulong nothing;
        cl_int want = set(kernel, 0, &nothing), err;
        for (unsigned i = 0; i < 3; i++)
            CHECK_STATUS(set(kernel, 0, &STRAY), want);
        cl_sampler sampler = clCreateSampler(cl.context, CL_FALSE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, &err);
        if (sampler) {
            OK(set(kernel, 0, &sampler));
            CHECK_STATUS(set(kernel, 0, &STRAY), want);
            OK(set(kernel, 0, &sampler));
            OK(clReleaseSampler(sampler));
        }
        OK(clReleaseKernel(kernel));
        OK(clReleaseProgram(program));
    }
    cl_close(&cl);
}

/* Some libraries dereference an invalid buffer. It is refused, whatever was accepted before, and the argument stays
 * unchanged. */
CASE_REMOTE(arg_that_is_no_buffer)
{
    struct cl cl = cl_open();
    for (unsigned kind = 0; kind < 3; kind++) {
        cl_ulong one = 1, got;
        cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof one, &one);
        cl_mem constant = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof one, &one);
        cl_program program = program_of_kind(&cl, kind);
        cl_kernel kernel = kernel_of(program, "objects");
        static const cl_ulong nothing;
        OK(set(kernel, 0, &nothing));
        OK(set(kernel, 1, &nothing));
        set_arg_mem(kernel, 0, mem);
        set_arg_mem(kernel, 1, constant);
        for (unsigned i = 0; i < 3; i++) {
            CHECK_STATUS(set(kernel, 0, &STRAY), CL_INVALID_MEM_OBJECT);
            CHECK_STATUS(set(kernel, 1, &STRAY), CL_INVALID_MEM_OBJECT);
            run_1d(cl.queue, kernel, 1);
        }
        get(cl.queue, mem, 0, sizeof got, &got);
        CHECK_INT(got, 4);
        OK(clReleaseMemObject(mem));
        OK(clReleaseMemObject(constant));
        OK(clReleaseKernel(kernel));
        OK(clReleaseProgram(program));
    }
    cl_close(&cl);
}
