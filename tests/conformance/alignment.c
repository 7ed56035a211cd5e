/* Memory is aligned for the longest vector, whatever it is made of and stands in for: kernels fault on less. */
#include "conformance.h"

enum { LONGEST = 128, MOST = 4096 };

static const char SOURCE[] =
    "__kernel void store(__global TYPE *out) { out[get_global_id(0)] = (TYPE)(65537u); }\n"
    "__kernel void copy(__global TYPE *out, __global const TYPE *in) { out[get_global_id(0)] = in[get_global_id(0)]; }\n"
    "__kernel void from_constant(__global TYPE *out, __constant TYPE *in) { out[get_global_id(0)] = in[get_global_id(0)]; }\n"
    "__kernel void from_value(__global TYPE *out, char skew, TYPE in) { out[get_global_id(0)] = in; }\n"
    "__kernel void by_local(__global TYPE *out, __local char *skew, __local TYPE *on_the_way) {\n"
    "    skew[0] = 1;\n"
    "    on_the_way[0] = (TYPE)(65537u);\n"
    "    out[get_global_id(0)] = on_the_way[0];\n"
    "}\n";

static const struct {
    const char *name;
    size_t size;
} TYPES[] = {{"uint4", 16}, {"uint8", 32}, {"uint16", 64}, {"ulong16", 128}};
enum { TYPE_COUNT = sizeof TYPES / sizeof *TYPES };

static cl_program build_for(struct cl *cl, unsigned type)
{
    char *options = format("-DTYPE=%s", TYPES[type].name);
    cl_program program = build(cl, SOURCE, options);
    free(options);
    return program;
}

static void check_last(struct cl *cl, cl_mem mem, size_t size)
{
    cl_uint last[2] = {0, 0}; /* of a ulong the upper half is 0 */
    get(cl->queue, mem, size - sizeof last, sizeof last, last);
    if (last[0] != 65537 && last[1] != 65537)
        FAIL("%u %u at the end of %zu bytes", last[0], last[1], size);
}

static void fill_words(void *at, size_t size)
{
    for (size_t i = 0; i < size / sizeof(cl_uint); i++)
        ((cl_uint *)at)[i] = 65537;
}

/* A kernel stores vectors in buffers of each kind. */
CASE(alignment_of_buffers)
{
    static const cl_mem_flags kinds[] = {0, CL_MEM_ALLOC_HOST_PTR, CL_MEM_COPY_HOST_PTR,
                                         CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR, CL_MEM_USE_HOST_PTR};
    static const size_t counts[] = {1, 2, 3, 16, 100, 1024, MOST};
    struct cl cl = cl_open();
    void *host = must_alloc_aligned(LONGEST, MOST * LONGEST);
    memset(host, 0, MOST * LONGEST);
    for (unsigned t = 0; t < TYPE_COUNT; t++) {
        cl_program program = build_for(&cl, t);
        cl_kernel kernel = kernel_of(program, "store");
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
                bool uses = kinds[k] & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR);
                size_t size = counts[c] * TYPES[t].size;
                cl_mem mem = new_buffer(&cl, kinds[k], size, uses ? host : NULL);
                set_arg_mem(kernel, 0, mem);
                run_1d(cl.queue, kernel, counts[c]);
                check_last(&cl, mem, size);
                OK(clReleaseMemObject(mem));
            }
        OK(clReleaseKernel(kernel));
        OK(clReleaseProgram(program));
    }
    free(host);
    cl_close(&cl);
}

/* Vectors as arguments, constant and local memory, beside something short. */
CASE(alignment_of_arguments)
{
    struct cl cl = cl_open();
    unsigned char *bytes = must_alloc(LONGEST + 1), *skewed = bytes + 1;
    void *host = must_alloc_aligned(LONGEST, LONGEST);
    cl_char skew = 0;
    fill_words(host, LONGEST);
    memcpy(skewed, host, LONGEST);
    for (unsigned t = 0; t < TYPE_COUNT; t++) {
        cl_program program = build_for(&cl, t);
        size_t size = TYPES[t].size;
        cl_mem from = new_buffer(&cl, CL_MEM_USE_HOST_PTR, size, host);
        static const char *const names[] = {"copy", "from_constant", "from_value", "by_local"};
        for (unsigned i = 0; i < 4; i++) {
            cl_kernel kernel = kernel_of(program, names[i]);
            cl_mem out = new_buffer(&cl, 0, size, NULL);
            set_arg_mem(kernel, 0, out);
            if (i < 2)
                set_arg_mem(kernel, 1, from);
            else
                OK(clSetKernelArg(kernel, 1, 1, i == 2 ? &skew : NULL));
            if (i >= 2)
                OK(clSetKernelArg(kernel, 2, size, i == 2 ? skewed : NULL));
            run_1d(cl.queue, kernel, 1);
            check_last(&cl, out, size);
            OK(clReleaseMemObject(out));
            OK(clReleaseKernel(kernel));
        }
        OK(clReleaseMemObject(from));
        OK(clReleaseProgram(program));
    }
    free(bytes);
    free(host);
    cl_close(&cl);
}

/* Part of a buffer that uses the program's memory, at the first place that a part may begin. */
CASE(alignment_of_parts)
{
    struct cl cl = cl_open();
    size_t step = device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8, size = 64 * LONGEST;
    void *host = must_alloc_aligned(4096, 2 * size + step);
    memset(host, 0, 2 * size + step);
    cl_program program = build_for(&cl, TYPE_COUNT - 1);
    cl_kernel kernel = kernel_of(program, "store");
    cl_mem whole = new_buffer(&cl, CL_MEM_USE_HOST_PTR, 2 * size + step, host);
    cl_buffer_region region = {step, size};
    cl_int err;
    cl_mem part = clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
    OK(err);
    set_arg_mem(kernel, 0, part);
    run_1d(cl.queue, kernel, 64);
    check_last(&cl, part, size);
    OK(clReleaseMemObject(part));
    OK(clReleaseMemObject(whole));
    OK(clReleaseKernel(kernel));
    OK(clReleaseProgram(program));
    free(host);
    cl_close(&cl);
}

/* A program's bytes may have any alignment; memory that it gets is aligned for vectors. */
CASE(alignment_of_what_the_program_passes_and_gets)
{
    static const size_t sizes[] = {LONGEST, 1000, 4096, 1 << 16, 1 << 18};
    struct cl cl = cl_open();
    unsigned char *bytes = must_alloc((1 << 18) + 1), *skewed = bytes + 1;
    fill_pattern(skewed, 1 << 18, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cl_int err;
        cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizes[i], skewed);
        cl_mem allocated = new_buffer(&cl, CL_MEM_ALLOC_HOST_PTR, sizes[i], NULL);
        put(cl.queue, allocated, 0, sizes[i], skewed);
        cl_mem mems[] = {mem, allocated};
        for (unsigned m = 0; m < 2; m++) {
            unsigned char *at = clEnqueueMapBuffer(cl.queue, mems[m], CL_TRUE, CL_MAP_READ, 0, sizes[i], 0, NULL, NULL, &err);
            OK(err);
            CHECK_INT((uintptr_t)at % LONGEST, 0);
            CHECK_PATTERN(at, sizes[i], 3);
            OK(clEnqueueUnmapMemObject(cl.queue, mems[m], at, 0, NULL, NULL));
        }
        OK(clEnqueueFillBuffer(cl.queue, mem, skewed, LONGEST, 0, LONGEST, 0, NULL, NULL));
        get(cl.queue, mem, 0, LONGEST, bytes);
        memmove(skewed, bytes, LONGEST);
        CHECK_PATTERN(skewed, LONGEST, 3);
        OK(clReleaseMemObject(mem));
        OK(clReleaseMemObject(allocated));
    }
    free(bytes);
    cl_close(&cl);
}
