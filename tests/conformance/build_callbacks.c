/* Callbacks of contexts, builds, compiles, links and program release. */
#include "conformance.h"

struct notified {
    struct gate gate;
    cl_program program;
    cl_int status; /* of the build, as seen in the callback */
    cl_device_id device;
};

static void CL_CALLBACK on_built(cl_program program, void *arg)
{
    struct notified *n = arg;
    cl_build_status status = 99;
    n->program = program;
    if (program)
        OK(clGetProgramBuildInfo(program, n->device, CL_PROGRAM_BUILD_STATUS, sizeof status, &status, NULL));
    n->status = status;
    gate_raise(&n->gate);
}

CASE(callback_build)
{
    struct cl cl = cl_open();
    struct notified n = {.gate = GATE_INIT, .device = cl.device};
    cl_program program = program_of(&cl, ADD_SOURCE);
    OK(clBuildProgram(program, 1, &cl.device, NULL, on_built, &n));
    GATE_WAIT(&n.gate, 1);
    CHECK_PTR(n.program, program);
    CHECK_INT(n.status, CL_BUILD_SUCCESS);
    cl_kernel kernel = kernel_of(program, "add");
    OK(clReleaseKernel(kernel));
    sleep_ms(10);
    CHECK_INT(gate_count(&n.gate), 1);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

/* With a callback the build may continue after the call; the callback reports its failure. */
CASE(callback_build_failure)
{
    struct cl cl = cl_open();
    struct notified n = {.gate = GATE_INIT, .device = cl.device};
    cl_program program = program_of(&cl, "__kernel void broken(__global int *x) { x = ; }\n");
    cl_int err = clBuildProgram(program, 1, &cl.device, NULL, on_built, &n);
    note("clBuildProgram with a callback: %s", status_name(err));
    CHECK(err == CL_SUCCESS || err == CL_BUILD_PROGRAM_FAILURE);
    if (!gate_wait_quietly(&n.gate, 1, 5000)) {
        SPEC(!"the callback of a failed build is called");
    } else {
        CHECK_PTR(n.program, program);
        CHECK_INT(n.status, CL_BUILD_ERROR);
        sleep_ms(10);
        CHECK_INT(gate_count(&n.gate), 1);
    }
    char *log = build_log(program, cl.device);
    CHECK(strlen(log) > 0);
    free(log);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(callback_compile_and_link)
{
    struct cl cl = cl_open();
    if (!device_uint(CL_DEVICE_LINKER_AVAILABLE))
        skip("no linker");
    struct notified compiled = {.gate = GATE_INIT, .device = cl.device};
    struct notified linked = {.gate = GATE_INIT, .device = cl.device};
    cl_int err;
    cl_program program = program_of(&cl, ADD_SOURCE);
    OK(clCompileProgram(program, 1, &cl.device, NULL, 0, NULL, NULL, on_built, &compiled));
    GATE_WAIT(&compiled.gate, 1);
    CHECK_PTR(compiled.program, program);
    CHECK_INT(compiled.status, CL_BUILD_SUCCESS);
    cl_program whole = clLinkProgram(cl.context, 1, &cl.device, NULL, 1, &program, on_built, &linked, &err);
    OK(err);
    GATE_WAIT(&linked.gate, 1);
    CHECK_PTR(linked.program, whole);
    CHECK_INT(linked.status, CL_BUILD_SUCCESS);
    cl_kernel kernel = kernel_of(whole, "add");
    OK(clReleaseKernel(kernel));
    sleep_ms(10);
    CHECK_INT(gate_count(&compiled.gate), 1);
    CHECK_INT(gate_count(&linked.gate), 1);
    OK(clReleaseProgram(program));
    OK(clReleaseProgram(whole));
    cl_close(&cl);
}

static void CL_CALLBACK build_kernel_in_callback(cl_program program, void *arg)
{
    struct notified *n = arg;
    cl_int err;
    cl_kernel kernel = clCreateKernel(program, "add", &err);
    OK(err);
    OK(clReleaseKernel(kernel));
    OK(clRetainProgram(program));
    OK(clReleaseProgram(program));
    n->program = program;
    gate_raise(&n->gate);
}

CASE(callback_build_uses_the_api)
{
    struct cl cl = cl_open();
    struct notified n = {.gate = GATE_INIT};
    cl_program program = program_of(&cl, ADD_SOURCE);
    OK(clBuildProgram(program, 1, &cl.device, NULL, build_kernel_in_callback, &n));
    GATE_WAIT(&n.gate, 1);
    CHECK_PTR(n.program, program);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

CASE(callback_build_many)
{
    enum { COUNT = 8 };
    struct cl cl = cl_open();
    struct notified n[COUNT];
    cl_program programs[COUNT];
    for (int i = 0; i < COUNT; i++) {
        n[i] = (struct notified){.gate = GATE_INIT, .device = cl.device};
        char *source = format("__kernel void k%d(__global int *x) { x[get_global_id(0)] = %d; }\n", i, i);
        programs[i] = program_of(&cl, source);
        free(source);
        OK(clBuildProgram(programs[i], 1, &cl.device, NULL, on_built, &n[i]));
    }
    for (int i = 0; i < COUNT; i++) {
        GATE_WAIT(&n[i].gate, 1);
        CHECK_PTR(n[i].program, programs[i]);
        OK(clReleaseProgram(programs[i]));
    }
    cl_close(&cl);
}

CASE(callback_build_user_data_without_callback)
{
    struct cl cl = cl_open();
    int data = 0;
    cl_program program = program_of(&cl, ADD_SOURCE);
    CHECK_STATUS(clBuildProgram(program, 1, &cl.device, NULL, NULL, &data), CL_INVALID_VALUE);
    OK(clReleaseProgram(program));
    cl_close(&cl);
}

static void CL_CALLBACK on_released(cl_program program, void *arg)
{
    struct notified *n = arg;
    n->program = program;
    gate_raise(&n->gate);
}

/* Deprecated in 2.2, and only for programs with global destructors: a library
 * may refuse it, but the refusal is an API error. */
CASE(callback_program_release)
{
    if (device_version() < 22)
        skip("clSetProgramReleaseCallback is of OpenCL 2.2");
    struct cl cl = cl_open();
    struct notified n = {.gate = GATE_INIT};
    cl_program program = build(&cl, ADD_SOURCE, NULL);
    cl_int err = clSetProgramReleaseCallback(program, on_released, &n);
    note("clSetProgramReleaseCallback: %s", status_name(err));
    CHECK(err == CL_SUCCESS || err == CL_INVALID_OPERATION);
    OK(clReleaseProgram(program));
    if (err == CL_SUCCESS) {
        GATE_WAIT(&n.gate, 1);
        CHECK_PTR(n.program, program);
    }
    cl_close(&cl);
}

/* ---- contexts --------------------------------------------------------------- */

struct complaint {
    struct gate gate;
    bool text;
};

static void CL_CALLBACK on_error(const char *info, const void *private_info, size_t cb, void *arg)
{
    struct complaint *c = arg;
    (void)private_info, (void)cb;
    c->text = info != NULL && strlen(info) > 0;
    gate_raise(&c->gate);
}

CASE(callback_context_errors_registered)
{
    cl_device_id device = the_device();
    struct complaint c = {.gate = GATE_INIT};
    cl_int err;
    cl_context context = clCreateContext(NULL, 1, &device, on_error, &c, &err);
    OK(err);
    cl_mem mem = clCreateBuffer(context, 0, 0, NULL, &err);
    CHECK(!mem);
    CHECK_STATUS(err, CL_INVALID_BUFFER_SIZE);
    OK(clReleaseContext(context));
    sleep_ms(10);
    /* Each library reports different errors; a report has text. */
    CHECK(gate_count(&c.gate) == 0 || c.text);

    CHECK(!clCreateContext(NULL, 1, &device, NULL, &c, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    context = clCreateContextFromType((cl_context_properties[]){CL_CONTEXT_PLATFORM,
                                                                (cl_context_properties)the_platform(), 0},
                                      CL_DEVICE_TYPE_ALL, on_error, &c, &err);
    OK(err);
    OK(clReleaseContext(context));
    CHECK(!clCreateContextFromType(NULL, CL_DEVICE_TYPE_ALL, NULL, &c, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
}
