/* Kernel arguments of every kind. */
#include "conformance.h"

/* Runs the kernel for `global` items and reads `size` bytes of `mem`. */
static void run_and_get(struct cl *cl, cl_kernel kernel, size_t global, cl_mem mem, size_t size, void *to)
{
    run_1d(cl->queue, kernel, global);
    get(cl->queue, mem, 0, size, to);
}

CASE(arg_scalars_of_all_sizes)
{
    static const char source[] =
        "__kernel void k(__global long *out, char a, uchar b, short c, ushort d, int e, uint f, long g, ulong h, float i)\n"
        "{ out[0]=a; out[1]=b; out[2]=c; out[3]=d; out[4]=e; out[5]=f; out[6]=g; out[7]=(long)h; out[8]=(long)(i*2); }\n";
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, source, "k");
    cl_long got[9];
    cl_mem mem = new_buffer(&cl, 0, sizeof got, NULL);
    cl_char a = -1;
    cl_uchar b = 200;
    cl_short c = -300;
    cl_ushort d = 60000;
    cl_int e = -70000;
    cl_uint f = 4000000000u;
    cl_long g = -(1ll << 40);
    cl_ulong h = 0x8877665544332211ull;
    cl_float i = 1.5f;
    set_arg_mem(kernel, 0, mem);
    OK(clSetKernelArg(kernel, 1, sizeof a, &a));
    OK(clSetKernelArg(kernel, 2, sizeof b, &b));
    OK(clSetKernelArg(kernel, 3, sizeof c, &c));
    OK(clSetKernelArg(kernel, 4, sizeof d, &d));
    OK(clSetKernelArg(kernel, 5, sizeof e, &e));
    OK(clSetKernelArg(kernel, 6, sizeof f, &f));
    OK(clSetKernelArg(kernel, 7, sizeof g, &g));
    OK(clSetKernelArg(kernel, 8, sizeof h, &h));
    OK(clSetKernelArg(kernel, 9, sizeof i, &i));
    run_and_get(&cl, kernel, 1, mem, sizeof got, got);
    cl_long want[] = {a, b, c, d, e, f, g, (cl_long)h, 3};
    for (int k = 0; k < 9; k++)
        CHECK_INT(got[k], want[k]);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* Eight bytes by value that look just like a handle or a pointer. */
CASE(arg_private_values_that_look_like_handles)
{
    static const char source[] = "__kernel void k(__global ulong *out, ulong x, __global ulong *other)\n"
                                 "{ out[0] = x; out[1] = other[0]; }\n";
    struct cl cl = cl_open();
    cl_program program = build(&cl, source, NULL);
    cl_kernel kernel = kernel_of(program, "k");
    cl_ulong got[2], first = 77;
    cl_mem out = new_buffer(&cl, 0, sizeof got, NULL), other = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, 8, &first);
    const cl_ulong values[] = {(cl_ulong)(uintptr_t)out, (cl_ulong)(uintptr_t)other, (cl_ulong)(uintptr_t)kernel,
                               (cl_ulong)(uintptr_t)&first, 0, UINT64_MAX, 1};
    set_arg_mem(kernel, 0, out);
    set_arg_mem(kernel, 2, other);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        OK(clSetKernelArg(kernel, 1, sizeof values[i], &values[i]));
        run_and_get(&cl, kernel, 1, out, sizeof got, got);
        CHECK_INT(got[0], values[i]);
        CHECK_INT(got[1], 77);
    }
    OK(clReleaseMemObject(out));
    OK(clReleaseMemObject(other));
    OK(clReleaseKernel(kernel));
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(arg_double)
{
    if (!device_ulong(CL_DEVICE_DOUBLE_FP_CONFIG))
        skip("no doubles");
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n"
                                         "__kernel void k(__global double *out, double x) { *out = x * 2; }\n", "k");
    cl_double x = 1.25e100, got;
    cl_mem mem = new_buffer(&cl, 0, sizeof got, NULL);
    set_arg_mem(kernel, 0, mem);
    OK(clSetKernelArg(kernel, 1, sizeof x, &x));
    run_and_get(&cl, kernel, 1, mem, sizeof got, &got);
    CHECK(got == 2.5e100);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(arg_vectors)
{
    static const char source[] =
        "__kernel void k(__global int *out, char2 a, int3 b, float4 c, ulong8 d, uchar16 e, int16 f)\n"
        "{ out[0]=a.y; out[1]=b.z; out[2]=(int)c.w; out[3]=(int)d.s7; out[4]=e.sf; out[5]=f.sf; out[6]=f.s0; }\n";
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, source, "k");
    cl_int got[7];
    cl_mem mem = new_buffer(&cl, 0, sizeof got, NULL);
    cl_char2 a = {{1, -2}};
    cl_int3 b = {{1, 2, 33, 0}};
    cl_float4 c = {{0, 0, 0, 44}};
    cl_ulong8 d = {{0, 0, 0, 0, 0, 0, 0, 55}};
    cl_uchar16 e = {{0}};
    cl_int16 f = {{77}};
    e.s[15] = 66;
    f.s[15] = 88;
    set_arg_mem(kernel, 0, mem);
    OK(clSetKernelArg(kernel, 1, sizeof a, &a));
    OK(clSetKernelArg(kernel, 2, sizeof b, &b));
    OK(clSetKernelArg(kernel, 3, sizeof c, &c));
    OK(clSetKernelArg(kernel, 4, sizeof d, &d));
    OK(clSetKernelArg(kernel, 5, sizeof e, &e));
    OK(clSetKernelArg(kernel, 6, sizeof f, &f));
    run_and_get(&cl, kernel, 1, mem, sizeof got, got);
    static const cl_int want[] = {-2, 33, 44, 55, 66, 88, 77};
    for (int i = 0; i < 7; i++)
        CHECK_INT(got[i], want[i]);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

struct by_value {
    cl_int a;
    cl_char b;
    cl_ulong c; /* looks like a handle inside a struct */
    cl_float d[5];
    cl_uchar tail[100];
};

CASE(arg_struct_by_value)
{
    static const char source[] =
        "struct s { int a; char b; ulong c; float d[5]; uchar tail[100]; };\n"
        "__kernel void k(__global ulong *out, struct s x) {\n"
        "  ulong sum = 0;\n"
        "  for (int i = 0; i < 100; i++) sum += x.tail[i];\n"
        "  out[0] = (ulong)x.a; out[1] = (ulong)x.b; out[2] = x.c; out[3] = (ulong)x.d[4]; out[4] = sum; }\n";
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, source, "k");
    cl_ulong got[5];
    cl_mem mem = new_buffer(&cl, 0, sizeof got, NULL);
    struct by_value x = {5, 6, (cl_ulong)(uintptr_t)mem, {0, 0, 0, 0, 9}, {0}};
    memset(x.tail, 3, sizeof x.tail);
    set_arg_mem(kernel, 0, mem);
    OK(clSetKernelArg(kernel, 1, sizeof x, &x));
    memset(&x, 0, sizeof x); /* the value was taken */
    run_and_get(&cl, kernel, 1, mem, sizeof got, got);
    CHECK_INT(got[0], 5);
    CHECK_INT(got[1], 6);
    CHECK_INT(got[2], (cl_ulong)(uintptr_t)mem);
    CHECK_INT(got[3], 9);
    CHECK_INT(got[4], 300);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(arg_struct_of_one_kilobyte)
{
    size_t limit = device_size(CL_DEVICE_MAX_PARAMETER_SIZE);
    enum { BYTES = 960 };
    if (limit < BYTES + 8)
        skip("CL_DEVICE_MAX_PARAMETER_SIZE is %zu", limit);
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, "struct s { uchar b[960]; };\n"
                                         "__kernel void k(__global uchar *out, struct s x)\n"
                                         "{ for (int i = 0; i < 960; i++) out[i] = x.b[i]; }\n", "k");
    unsigned char value[BYTES], got[BYTES];
    cl_mem mem = new_buffer(&cl, 0, BYTES, NULL);
    fill_pattern(value, BYTES, 5);
    set_arg_mem(kernel, 0, mem);
    OK(clSetKernelArg(kernel, 1, BYTES, value));
    run_and_get(&cl, kernel, 1, mem, BYTES, got);
    CHECK_PATTERN(got, BYTES, 5);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(arg_null_buffer)
{
    static const char source[] = "__kernel void k(__global int *out, __global int *a, __constant int *b)\n"
                                 "{ out[0] = (a == 0) + 2 * (b == 0); }\n";
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, source, "k");
    cl_int got = 9, seven = 7;
    cl_mem out = new_buffer(&cl, 0, sizeof got, NULL), some = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof seven, &seven);
    cl_mem null = NULL;
    set_arg_mem(kernel, 0, out);
    OK(clSetKernelArg(kernel, 1, sizeof null, NULL));
    OK(clSetKernelArg(kernel, 2, sizeof null, NULL));
    run_and_get(&cl, kernel, 1, out, sizeof got, &got);
    CHECK_INT(got, 3);
    set_arg_mem(kernel, 1, some);
    set_arg_mem(kernel, 2, some);
    run_and_get(&cl, kernel, 1, out, sizeof got, &got);
    CHECK_INT(got, 0);
    OK(clSetKernelArg(kernel, 1, sizeof null, &null));
    set_arg_mem(kernel, 2, some);
    run_and_get(&cl, kernel, 1, out, sizeof got, &got);
    CHECK_INT(got, 1);
    OK(clReleaseMemObject(out));
    OK(clReleaseMemObject(some));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(arg_local_memory)
{
    static const char source[] =
        "__kernel void k(__global int *out, __local int *a, __local char *b) {\n"
        "  size_t l = get_local_id(0), n = get_local_size(0);\n"
        "  a[l] = (int)(get_global_id(0) * 10); b[l] = (char)l;\n"
        "  barrier(CLK_LOCAL_MEM_FENCE);\n"
        "  out[get_global_id(0)] = a[n - 1 - l] + b[n - 1 - l]; }\n";
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, source, "k");
    enum { N = 64 };
    cl_int got[N];
    size_t global = N;
    cl_mem mem = new_buffer(&cl, 0, sizeof got, NULL);
    set_arg_mem(kernel, 0, mem);
    for (size_t local = 4; local <= 16; local *= 2) {
        OK(clSetKernelArg(kernel, 1, local * sizeof(cl_int), NULL));
        OK(clSetKernelArg(kernel, 2, local, NULL));
        OK(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &global, &local, 0, NULL, NULL));
        get(cl.queue, mem, 0, sizeof got, got);
        for (size_t i = 0; i < N; i++) {
            size_t l = local - 1 - i % local;
            CHECK_INT(got[i], (i / local * local + l) * 10 + l);
        }
    }
    cl_int value = 4;
    CHECK_STATUS(clSetKernelArg(kernel, 1, sizeof value, &value), CL_INVALID_ARG_VALUE);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(arg_errors)
{
    static const char source[] = "__kernel void k(__global int *out, int x, ulong y) { out[0] = x + (int)y; }\n";
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, source, "k");
    cl_mem mem = new_buffer(&cl, 0, 64, NULL);
    cl_int x = 1;
    cl_ulong y = 2;
    size_t one = 1;
    CHECK_STATUS(clSetKernelArg(NULL, 0, sizeof mem, &mem), CL_INVALID_KERNEL);
    CHECK_STATUS(clSetKernelArg(kernel, 3, sizeof x, &x), CL_INVALID_ARG_INDEX);
    CHECK_STATUS(clSetKernelArg(kernel, 0, 4, &mem), CL_INVALID_ARG_SIZE);
    CHECK_STATUS(clSetKernelArg(kernel, 1, 8, &y), CL_INVALID_ARG_SIZE);
    OK(clReleaseKernel(kernel));

    kernel = build_kernel(&cl, source, "k");
    CHECK_STATUS(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &one, NULL, 0, NULL, NULL), CL_INVALID_KERNEL_ARGS);
    set_arg_mem(kernel, 0, mem);
    OK(clSetKernelArg(kernel, 1, sizeof x, &x));
    CHECK_STATUS(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &one, NULL, 0, NULL, NULL), CL_INVALID_KERNEL_ARGS);
    OK(clSetKernelArg(kernel, 2, sizeof y, &y));
    OK(clEnqueueNDRangeKernel(cl.queue, kernel, 1, NULL, &one, NULL, 0, NULL, NULL));
    OK(clFinish(cl.queue));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* A failed clSetKernelArg leaves the argument as it was. */
CASE(arg_failure_keeps_old_value)
{
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, "__kernel void k(__global int *out, int x) { *out = x; }\n", "k");
    cl_int x = 31, got;
    cl_long wrong = 99;
    cl_mem mem = new_buffer(&cl, 0, 4, NULL);
    set_arg_mem(kernel, 0, mem);
    OK(clSetKernelArg(kernel, 1, sizeof x, &x));
    CHECK_STATUS(clSetKernelArg(kernel, 1, sizeof wrong, &wrong), CL_INVALID_ARG_SIZE);
    run_and_get(&cl, kernel, 1, mem, sizeof got, &got);
    CHECK_INT(got, 31);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* Each launch takes the values that were set when it was enqueued. */
CASE(arg_set_again_between_launches)
{
    enum { COUNT = 300 };
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, "__kernel void k(__global int *out, int at, int x) { out[at] = x; }\n", "k");
    cl_int got[2][COUNT];
    cl_mem mems[] = {new_buffer(&cl, 0, sizeof got[0], NULL), new_buffer(&cl, 0, sizeof got[0], NULL)};
    cl_event go = user_event(&cl);
    OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &go, NULL)); /* all still queued when set again */
    for (cl_int i = 0; i < COUNT; i++) {
        cl_int x = i * 3;
        OK(clSetKernelArg(kernel, 1, sizeof i, &i));
        for (int m = 0; m < 2; m++, x++) {
            set_arg_mem(kernel, 0, mems[m]);
            OK(clSetKernelArg(kernel, 2, sizeof x, &x));
            run_1d(cl.queue, kernel, 1);
        }
    }
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    for (int m = 0; m < 2; m++) {
        get(cl.queue, mems[m], 0, sizeof got[m], got[m]);
        for (int i = 0; i < COUNT; i++)
            CHECK_INT(got[m][i], i * 3 + m);
        OK(clReleaseMemObject(mems[m]));
    }
    OK(clReleaseEvent(go));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* A buffer set as an argument may be released once the launch is enqueued. */
CASE(arg_released_after_enqueue)
{
    enum { N = 1000 };
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_int *host = must_alloc(N * sizeof *host);
    for (int r = 0; r < 20; r++) {
        cl_mem in = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, N * sizeof *host, host);
        cl_mem out = new_buffer(&cl, 0, N * sizeof *host, NULL);
        set_add_args(kernel, out, in, 1, 10);
        run_1d(cl.queue, kernel, N);
        OK(clReleaseMemObject(in));
        get(cl.queue, out, 0, N * sizeof *host, host);
        OK(clReleaseMemObject(out));
    }
    for (int i = 0; i < N; i++)
        CHECK_INT(host[i], 20);
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
    free(host);
}

CASE(arg_sampler_and_image)
{
    need_images();
    static const char source[] =
        "__kernel void k(__global float4 *out, __read_only image2d_t image, sampler_t sampler, float2 at)\n"
        "{ *out = read_imagef(image, sampler, at); }\n";
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, source, "k");
    cl_image_format format = {CL_RGBA, CL_UNORM_INT8};
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 2, .image_height = 2};
    cl_uchar pixels[16] = {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255};
    cl_int err;
    cl_mem image = clCreateImage(cl.context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, &format, &desc, pixels, &err);
    OK(err);
    cl_sampler edge = clCreateSampler(cl.context, CL_FALSE, CL_ADDRESS_CLAMP_TO_EDGE, CL_FILTER_NEAREST, &err);
    OK(err);
    cl_sampler border = clCreateSampler(cl.context, CL_FALSE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, &err);
    OK(err);
    cl_float4 got;
    cl_float2 at = {{-1.0f, 0.5f}};
    cl_mem out = new_buffer(&cl, 0, sizeof got, NULL);
    set_arg_mem(kernel, 0, out);
    set_arg_mem(kernel, 1, image);
    OK(clSetKernelArg(kernel, 3, sizeof at, &at));
    OK(clSetKernelArg(kernel, 2, sizeof edge, &edge));
    run_and_get(&cl, kernel, 1, out, sizeof got, &got);
    CHECK(got.s[0] == 1.0f && got.s[1] == 0.0f && got.s[3] == 1.0f);
    OK(clSetKernelArg(kernel, 2, sizeof border, &border));
    run_and_get(&cl, kernel, 1, out, sizeof got, &got);
    CHECK(got.s[0] == 0.0f && got.s[3] == 0.0f);
    SPEC_STATUS(clSetKernelArg(kernel, 1, sizeof out, &out), CL_INVALID_ARG_VALUE);
    OK(clReleaseSampler(edge));
    OK(clReleaseSampler(border));
    OK(clReleaseMemObject(image));
    OK(clReleaseMemObject(out));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(arg_constant_buffer)
{
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, "__kernel void k(__global int *out, __constant int *c)\n"
                                         "{ out[get_global_id(0)] = c[get_global_id(0)] * 2; }\n", "k");
    enum { N = 1000 };
    cl_int host[N];
    for (int i = 0; i < N; i++)
        host[i] = i;
    cl_mem in = new_buffer(&cl, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, sizeof host, host);
    cl_mem out = new_buffer(&cl, 0, sizeof host, NULL);
    set_arg_mem(kernel, 0, out);
    set_arg_mem(kernel, 1, in);
    run_and_get(&cl, kernel, N, out, sizeof host, host);
    for (int i = 0; i < N; i++)
        CHECK_INT(host[i], i * 2);
    OK(clReleaseMemObject(in));
    OK(clReleaseMemObject(out));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(arg_clone_kernel)
{
    if (device_version() < 21)
        skip("clCloneKernel is of OpenCL 2.1");
    struct cl cl = cl_open();
    cl_kernel kernel = build_kernel(&cl, "__kernel void k(__global int *out, int x) { *out = x; }\n", "k");
    cl_int err, one = 1, two = 2, got;
    cl_mem mem = new_buffer(&cl, 0, 4, NULL);
    set_arg_mem(kernel, 0, mem);
    OK(clSetKernelArg(kernel, 1, sizeof one, &one));
    cl_kernel clone = clCloneKernel(kernel, &err);
    if (err == CL_INVALID_OPERATION)
        skip("clCloneKernel is not there");
    OK(err);
    CHECK(clone != kernel);
    OK(clSetKernelArg(kernel, 1, sizeof two, &two));
    run_and_get(&cl, clone, 1, mem, sizeof got, &got);
    CHECK_INT(got, 1);
    run_and_get(&cl, kernel, 1, mem, sizeof got, &got);
    CHECK_INT(got, 2);
    OK(clReleaseKernel(kernel));
    run_and_get(&cl, clone, 1, mem, sizeof got, &got);
    CHECK_INT(got, 1);
    cl_uint references = 0;
    OK(clGetKernelInfo(clone, CL_KERNEL_REFERENCE_COUNT, sizeof references, &references, NULL));
    CHECK_INT(references, 1);
    OK(clReleaseKernel(clone));
    CHECK(!clCloneKernel(NULL, &err));
    CHECK_STATUS(err, CL_INVALID_KERNEL);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}
