/* The cost of single calls in the program, which clbench times one by one, including the clock, or not at all.
 * Calls are timed in short rows, and the median over the rows is printed, in nanoseconds per call.
 *
 *   cc -O2 -o calls calls.c -lOpenCL
 *   calls [ROWS]         (2000)
 *
 *   round_trip      a reference count: the vendor has it at hand, and nobody but the vendor knows it
 *   set_kernel_arg  another value each time
 *   enqueue         clEnqueueNDRangeKernel without an event; clFinish after each row is not timed
 *   device_info     a query whose answer never changes
 *   retain_release  a pair of them
 *   event_poll      clGetEventInfo, until a launch is complete
 *   launch_polled   the launch and all these polls
 */
#include "program.h"

#define ROW 50

static uint64_t *rows, *more_rows;
static unsigned row_count;

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Prints the median of `times`, each of which `calls` calls took. */
static void print_median(const char *name, uint64_t *times, double calls)
{
    qsort(times, row_count, sizeof *times, compare);
    printf("%s %.1f\n", name, (double)times[row_count / 2] / calls);
}

/* Times rows of `call`, and does `after` behind each. A tenth of the rows comes first and does not count. */
#define MEASURE(name, length, call, after)                                  \
    do {                                                                    \
        for (unsigned row = 0; row < row_count + row_count / 10; row++) {   \
            uint64_t start = now();                                         \
            for (cl_uint i = 0; i < (length); i++)                          \
                call;                                                       \
            rows[row % row_count] = now() - start;                          \
            after;                                                          \
        }                                                                   \
        print_median(name, rows, length);                                   \
    } while (0)

int main(int argc, char **argv)
{
    static const char *source = "__kernel void empty(void) {}\n"
                                "__kernel void add(__global uint *x, uint n) { x[0] += n; }\n";
    cl_uint zero = 0, answer;
    size_t one = 1;

    row_count = count_of(argc, argv, 2000);
    rows = calloc(row_count, sizeof *rows);
    more_rows = calloc(row_count, sizeof *more_rows);
    if (row_count == 0 || !rows || !more_rows)
        return 2;
    begin();
    cl_program program = build(source);
    cl_kernel empty = kernel_of(program, "empty"), add = kernel_of(program, "add");
    cl_mem buffer = new_buffer(sizeof zero, &zero);
    set_buffer(add, 0, buffer);

    MEASURE("round_trip", 1,
            check(clGetMemObjectInfo(buffer, CL_MEM_REFERENCE_COUNT, sizeof answer, &answer, NULL), "clGetMemObjectInfo"), );
    MEASURE("set_kernel_arg", ROW, set_uint(add, 1, i), );
    MEASURE("enqueue", ROW,
            check(clEnqueueNDRangeKernel(queue, empty, 1, NULL, &one, NULL, 0, NULL, NULL), "clEnqueueNDRangeKernel"),
            check(clFinish(queue), "clFinish"));
    MEASURE("device_info", ROW,
            check(clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof answer, &answer, NULL), "clGetDeviceInfo"), );
    MEASURE("retain_release", ROW, {
        check(clRetainMemObject(buffer), "clRetainMemObject");
        check(clReleaseMemObject(buffer), "clReleaseMemObject");
    }, );

    /* Fewer of these: on a device that shares the CPU with who polls, each takes milliseconds. */
    row_count = row_count / 10 + 1;
    for (unsigned row = 0; row < row_count + row_count / 10; row++) {
        cl_event event;
        cl_int state = CL_QUEUED;
        uint64_t polls = 0, start = now();
        check(clEnqueueNDRangeKernel(queue, empty, 1, NULL, &one, NULL, 0, NULL, &event), "clEnqueueNDRangeKernel");
        check(clFlush(queue), "clFlush");
        uint64_t launched = now();
        for (; state != CL_COMPLETE; polls++) {
            check(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL), "clGetEventInfo");
            check(state < 0 ? state : CL_SUCCESS, "the launch");
        }
        uint64_t end = now();
        rows[row % row_count] = (end - launched) / polls;
        more_rows[row % row_count] = end - start;
        check(clReleaseEvent(event), "clReleaseEvent");
    }
    print_median("event_poll", rows, 1);
    print_median("launch_polled", more_rows, 1);

    clReleaseMemObject(buffer);
    clReleaseKernel(empty);
    clReleaseKernel(add);
    clReleaseProgram(program);
    release_all();
    free(rows);
    free(more_rows);
    return 0;
}
