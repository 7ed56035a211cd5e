/* One call, repeated many times without anything else: callgrind counts its instructions in the
 * program's process (`cargo xtask bench --instructions`).
 *
 *   cc -O2 -o hot hot.c -lOpenCL
 *   hot CALL COUNT       CALL: nothing, setarg, enqueue, info, retain
 *
 * Only what runs below `measured` is counted. Two runs with N and 2 N calls differ by N calls.
 */
#include "program.h"

static cl_kernel kernel;
static cl_mem buffer;

static void set_argument(cl_uint number)
{
    check(clSetKernelArg(kernel, 1, sizeof number, &number), "clSetKernelArg");
}

static void enqueue(cl_uint number)
{
    size_t size = 1;
    (void)number;
    check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &size, NULL, 0, NULL, NULL), "clEnqueueNDRangeKernel");
}

static void ask(cl_uint number)
{
    cl_uint units;
    (void)number;
    check(clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL), "clGetDeviceInfo");
}

static void retain_and_release(cl_uint number)
{
    (void)number;
    check(clRetainMemObject(buffer), "clRetainMemObject");
    check(clReleaseMemObject(buffer), "clReleaseMemObject");
}

static void nothing(cl_uint number)
{
    (void)number;
}

static const struct {
    const char *name;
    void (*call)(cl_uint);
} calls[] = {
    {"nothing", nothing}, {"setarg", set_argument}, {"enqueue", enqueue}, {"info", ask}, {"retain", retain_and_release},
};

/* Its name is what callgrind looks for. */
__attribute__((noinline)) void measured(void (*call)(cl_uint), unsigned count);
void measured(void (*call)(cl_uint), unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        call(i);
}

int main(int argc, char **argv)
{
    static const char *source = "__kernel void add(__global uint *x, uint n) { x[0] += n; }\n";
    cl_uint zero = 0;

    for (size_t i = 0; argc == 3 && i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(argv[1], calls[i].name) != 0)
            continue;
        begin();
        cl_program program = build(source);
        kernel = kernel_of(program, "add");
        buffer = new_buffer(sizeof zero, &zero);
        set_buffer(kernel, 0, buffer);
        /* What a first call does is done before. */
        for (cl_uint warm = 0; warm < 16; warm++) {
            set_argument(1);
            calls[i].call(1);
        }
        check(clFinish(queue), "clFinish");
        measured(calls[i].call, (unsigned)strtoul(argv[2], NULL, 10));
        check(clFinish(queue), "clFinish");
        clReleaseMemObject(buffer);
        clReleaseKernel(kernel);
        clReleaseProgram(program);
        release_all();
        return 0;
    }
    fprintf(stderr, "usage: hot nothing|setarg|enqueue|info|retain COUNT\n");
    return 2;
}
