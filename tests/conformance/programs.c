/* Programs: sources, options, logs, kernels, rebuilding. */
#include "conformance.h"

static const char TWO_KERNELS[] =
    "__kernel void first(__global int *out) { out[get_global_id(0)] = 1; }\n"
    "__kernel void second(__global int *out, int x) { out[get_global_id(0)] = x; }\n";

static char *program_string(cl_program program, cl_program_info param)
{
    size_t size = 0;
    OK(clGetProgramInfo(program, param, 0, NULL, &size));
    char *text = must_alloc(size + 1);
    OK(clGetProgramInfo(program, param, size, text, NULL));
    return text;
}

static char *build_options(cl_program program, cl_device_id device)
{
    size_t size = 0;
    OK(clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_OPTIONS, 0, NULL, &size));
    char *text = must_alloc(size + 1);
    OK(clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_OPTIONS, size, text, NULL));
    return text;
}

/* Runs `first`-like kernel NAME with one buffer; its first int. */
static cl_int result_of(struct cl *cl, cl_program program, const char *name)
{
    cl_kernel kernel = kernel_of(program, name);
    cl_mem mem = new_buffer(cl, 0, sizeof(cl_int), NULL);
    cl_int got = -1;
    set_arg_mem(kernel, 0, mem);
    run_1d(cl->queue, kernel, 1);
    get(cl->queue, mem, 0, sizeof got, &got);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    return got;
}

CASE(program_source_read_back)
{
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, TWO_KERNELS);
    size_t size = 0;
    OK(clGetProgramInfo(program, CL_PROGRAM_SOURCE, 0, NULL, &size));
    CHECK_INT(size, sizeof TWO_KERNELS);
    char *text = program_string(program, CL_PROGRAM_SOURCE);
    CHECK_STR(text, TWO_KERNELS);
    free(text);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

/* Several strings with and without lengths are one text. */
CASE(program_source_strings_and_lengths)
{
    struct cl cl = cl_open();
    const char *strings[] = {"__kernel void f", "irst(__global int *out)garbage", " { out[get_global_id(0)] ", "= 41 + 1; }XX\n", "\n"};
    size_t lengths[] = {0, 0, 0, 0, 0};
    static const char joined[] = "__kernel void first(__global int *out) { out[get_global_id(0)] = 41 + 1; }\n";
    cl_int err;
    lengths[1] = strlen("irst(__global int *out)");
    lengths[3] = strlen("= 41 + 1; }");
    cl_program program = clCreateProgramWithSource(cl.context, 5, strings, lengths, &err);
    OK(err);
    char *text = program_string(program, CL_PROGRAM_SOURCE);
    CHECK_STR(text, joined);
    free(text);
    OK(clBuildProgram(program, 1, &cl.device, NULL, NULL, NULL));
    CHECK_INT(result_of(&cl, program, "first"), 42);
    OK(clReleaseProgram(program));

    /* no lengths at all; the strings may go once the call is done */
    char *copy = format("%s", joined);
    const char *one[] = {copy};
    program = clCreateProgramWithSource(cl.context, 1, one, NULL, &err);
    OK(err);
    memset(copy, 'x', strlen(copy));
    free(copy);
    OK(clBuildProgram(program, 1, &cl.device, NULL, NULL, NULL));
    CHECK_INT(result_of(&cl, program, "first"), 42);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_source_invalid)
{
    struct cl cl = cl_open();
    const char *one[] = {"__kernel void k() {}"};
    cl_int err;
    CHECK(!clCreateProgramWithSource(cl.context, 0, one, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clCreateProgramWithSource(NULL, 1, one, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_CONTEXT);
    cl_close(&cl);
}

CASE(program_options_read_back)
{
    static const char *const options[] = {
        "-DX=1",
        "-D X=2 -cl-fast-relaxed-math",
        "-cl-std=CL1.2  -D X=3",
        "-D X=4 -D TEXT=\\\"quoted\\\"",
        "-w -cl-opt-disable -DX=5",
        "-cl-mad-enable -cl-no-signed-zeros -DX=6 -cl-kernel-arg-info",
    };
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, "__kernel void x(__global int *out) { *out = X; }\n");
    for (int i = 0; i < (int)(sizeof options / sizeof *options); i++) {
        cl_int err = clBuildProgram(program, 1, &cl.device, options[i], NULL, NULL);
        if (err != CL_SUCCESS) {
            note("%s: %s", options[i], status_name(err));
            continue;
        }
        char *text = build_options(program, cl.device);
        SPEC(strcmp(text, options[i]) == 0);
        free(text);
        CHECK_INT(result_of(&cl, program, "x"), i + 1);
    }
    OK(clReleaseProgram(program));
    program = build(&cl, TWO_KERNELS, NULL);
    char *text = build_options(program, cl.device);
    CHECK_STR(text, "");
    free(text);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_string_macro)
{
    struct cl cl = cl_open();
    static const char source[] = "__constant char text[] = TEXT;\n"
                                 "__kernel void x(__global int *out) { *out = text[1] + (int)sizeof(text) * 1000; }\n";
    cl_program program = program_of(&cl, source);
    cl_int err = clBuildProgram(program, 1, &cl.device, "-D TEXT=\"abc\"", NULL, NULL);
    note("-D TEXT=\"abc\": %s", status_name(err));
    if (err == CL_SUCCESS)
        CHECK_INT(result_of(&cl, program, "x"), 'b' + 4000);
    OK(clReleaseProgram(program));
    program = program_of(&cl, source);
    err = clBuildProgram(program, 1, &cl.device, "-D TEXT=\\\"a\\\"", NULL, NULL);
    note("-D TEXT=\\\"a\\\": %s", status_name(err));
    if (err == CL_SUCCESS)
        CHECK_INT(result_of(&cl, program, "x"), 2000);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_broken_build)
{
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, "__kernel void k(__global int *x) { this does not compile; }\n");
    cl_build_status status = 99;
    cl_int err;
    OK(clGetProgramBuildInfo(program, cl.device, CL_PROGRAM_BUILD_STATUS, sizeof status, &status, NULL));
    CHECK_INT(status, CL_BUILD_NONE);
    CHECK_STATUS(clBuildProgram(program, 1, &cl.device, "", NULL, NULL), CL_BUILD_PROGRAM_FAILURE);
    OK(clGetProgramBuildInfo(program, cl.device, CL_PROGRAM_BUILD_STATUS, sizeof status, &status, NULL));
    CHECK_INT(status, CL_BUILD_ERROR);
    char *log = build_log(program, cl.device);
    CHECK(strlen(log) > 0);
    free(log);
    CHECK(!clCreateKernel(program, "k", &err));
    CHECK_STATUS(err, CL_INVALID_PROGRAM_EXECUTABLE);
    /* the same program object, broken again by its options */
    OK(clReleaseProgram(program));
    program = program_of(&cl, "#ifndef FINE\n#error not fine\n#endif\n__kernel void k(__global int *x) { *x = 3; }\n");
    CHECK_STATUS(clBuildProgram(program, 1, &cl.device, "", NULL, NULL), CL_BUILD_PROGRAM_FAILURE);
    log = build_log(program, cl.device);
    CHECK(strstr(log, "not fine") != NULL);
    free(log);
    err = clBuildProgram(program, 1, &cl.device, "-DFINE", NULL, NULL);
    SPEC_STATUS(err, CL_SUCCESS);
    OK(clGetProgramBuildInfo(program, cl.device, CL_PROGRAM_BUILD_STATUS, sizeof status, &status, NULL));
    CHECK_INT(status, err == CL_SUCCESS ? CL_BUILD_SUCCESS : CL_BUILD_ERROR);
    if (err == CL_SUCCESS)
        CHECK_INT(result_of(&cl, program, "k"), 3);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_warning_in_log)
{
    struct cl cl = cl_open();
    cl_program program = build(&cl, "#warning look here\n__kernel void k(__global int *x) { *x = 3; }\n", NULL);
    char *log = build_log(program, cl.device);
    SPEC(strstr(log, "look here") != NULL);
    free(log);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_build_invalid)
{
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, TWO_KERNELS);
    CHECK_STATUS(clBuildProgram(NULL, 1, &cl.device, NULL, NULL, NULL), CL_INVALID_PROGRAM);
    CHECK_STATUS(clBuildProgram(program, 1, NULL, NULL, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clBuildProgram(program, 0, &cl.device, NULL, NULL, NULL), CL_INVALID_VALUE);
    cl_int err = clBuildProgram(program, 1, &cl.device, "-there-is-no-such-option", NULL, NULL);
    note("unknown option: %s", status_name(err));
    CHECK(err != CL_SUCCESS);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_null_device_list)
{
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, TWO_KERNELS);
    OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
    CHECK_INT(result_of(&cl, program, "first"), 1);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_kernel_names)
{
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, TWO_KERNELS);
    size_t count = 77;
    char text[100];
    SPEC_STATUS(clGetProgramInfo(program, CL_PROGRAM_NUM_KERNELS, sizeof count, &count, NULL), CL_INVALID_PROGRAM_EXECUTABLE);
    SPEC_STATUS(clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, sizeof text, text, NULL), CL_INVALID_PROGRAM_EXECUTABLE);
    OK(clBuildProgram(program, 1, &cl.device, NULL, NULL, NULL));
    OK(clGetProgramInfo(program, CL_PROGRAM_NUM_KERNELS, sizeof count, &count, NULL));
    CHECK_INT(count, 2);
    char *names = program_string(program, CL_PROGRAM_KERNEL_NAMES);
    CHECK(strcmp(names, "first;second") == 0 || strcmp(names, "second;first") == 0);
    free(names);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_kernels_in_program)
{
    struct cl cl = cl_open();
    cl_program program = build(&cl, TWO_KERNELS, NULL);
    cl_kernel kernels[3] = {NULL, NULL, (cl_kernel)0x1};
    cl_uint count = 0;
    OK(clCreateKernelsInProgram(program, 0, NULL, &count));
    CHECK_INT(count, 2);
    CHECK_STATUS(clCreateKernelsInProgram(program, 1, kernels, &count), CL_INVALID_VALUE);
    OK(clCreateKernelsInProgram(program, 3, kernels, &count));
    CHECK_INT(count, 2);
    SPEC(kernels[2] == (cl_kernel)0x1);
    for (int i = 0; i < 2; i++) {
        char name[32];
        cl_program owner;
        OK(clGetKernelInfo(kernels[i], CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL));
        CHECK(strcmp(name, "first") == 0 || strcmp(name, "second") == 0);
        OK(clGetKernelInfo(kernels[i], CL_KERNEL_PROGRAM, sizeof owner, &owner, NULL));
        CHECK_PTR(owner, program);
        OK(clReleaseKernel(kernels[i]));
    }
    OK(clCreateKernelsInProgram(program, 2, kernels, NULL));
    OK(clReleaseKernel(kernels[0]));
    OK(clReleaseKernel(kernels[1]));
    CHECK_STATUS(clCreateKernelsInProgram(NULL, 2, kernels, NULL), CL_INVALID_PROGRAM);
    OK(clReleaseProgram(program));
    program = program_of(&cl, TWO_KERNELS);
    CHECK_STATUS(clCreateKernelsInProgram(program, 2, kernels, NULL), CL_INVALID_PROGRAM_EXECUTABLE);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_kernel_errors)
{
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, TWO_KERNELS);
    cl_int err;
    CHECK(!clCreateKernel(program, "first", &err));
    CHECK_STATUS(err, CL_INVALID_PROGRAM_EXECUTABLE);
    OK(clBuildProgram(program, 1, &cl.device, NULL, NULL, NULL));
    CHECK(!clCreateKernel(program, "third", &err));
    CHECK_STATUS(err, CL_INVALID_KERNEL_NAME);
    CHECK(!clCreateKernel(program, "", &err));
    CHECK_STATUS(err, CL_INVALID_KERNEL_NAME);
    CHECK(!clCreateKernel(program, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clCreateKernel(NULL, "first", &err));
    CHECK_STATUS(err, CL_INVALID_PROGRAM);
    CHECK(!clCreateKernel(program, "third", NULL));
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_rebuild_with_kernels_attached)
{
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, "__kernel void x(__global int *out) { *out = X; }\n");
    OK(clBuildProgram(program, 1, &cl.device, "-DX=1", NULL, NULL));
    CHECK_INT(result_of(&cl, program, "x"), 1);
    OK(clBuildProgram(program, 1, &cl.device, "-DX=2", NULL, NULL));
    CHECK_INT(result_of(&cl, program, "x"), 2);
    cl_kernel kernel = kernel_of(program, "x");
    CHECK_STATUS(clBuildProgram(program, 1, &cl.device, "-DX=3", NULL, NULL), CL_INVALID_OPERATION);
    CHECK_STATUS(clCompileProgram(program, 1, &cl.device, "-DX=3", 0, NULL, NULL, NULL, NULL), CL_INVALID_OPERATION);
    OK(clReleaseKernel(kernel));
    OK(clBuildProgram(program, 1, &cl.device, "-DX=4", NULL, NULL));
    CHECK_INT(result_of(&cl, program, "x"), 4);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(program_info)
{
    struct cl cl = cl_open();
    cl_program program = build(&cl, TWO_KERNELS, NULL);
    cl_uint devices = 0, references = 0;
    cl_context context;
    cl_device_id list[2] = {NULL, (cl_device_id)0x5};
    size_t size;
    cl_program_binary_type type = 99;
    OK(clGetProgramInfo(program, CL_PROGRAM_REFERENCE_COUNT, sizeof references, &references, NULL));
    CHECK_INT(references, 1);
    OK(clGetProgramInfo(program, CL_PROGRAM_CONTEXT, sizeof context, &context, NULL));
    CHECK_PTR(context, cl.context);
    OK(clGetProgramInfo(program, CL_PROGRAM_NUM_DEVICES, sizeof devices, &devices, NULL));
    CHECK_INT(devices, 1);
    OK(clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof list, list, &size));
    CHECK_INT(size, sizeof *list);
    CHECK_PTR(list[0], cl.device);
    CHECK_PTR(list[1], (void *)0x5);
    OK(clGetProgramBuildInfo(program, cl.device, CL_PROGRAM_BINARY_TYPE, sizeof type, &type, NULL));
    CHECK_INT(type, CL_PROGRAM_BINARY_TYPE_EXECUTABLE);
    CHECK_STATUS(clGetProgramInfo(program, 0x9999, sizeof size, &size, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clGetProgramBuildInfo(program, NULL, CL_PROGRAM_BUILD_LOG, 0, NULL, &size), CL_INVALID_DEVICE);
    CHECK_STATUS(clGetProgramBuildInfo(NULL, cl.device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size), CL_INVALID_PROGRAM);
    CHECK_STATUS(clGetProgramBuildInfo(program, cl.device, 0x9999, 0, NULL, &size), CL_INVALID_VALUE);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}
