/* Gaussian elimination of small matrices, two launches for each row and nothing waited for in between: what a program
 * costs that mostly sets arguments and launches. Every other matrix has an event for each launch, whose times are asked
 * when all of them have ended.
 *
 *   cc -O2 -o gauss gauss.c -lOpenCL
 *   gauss [MATRICES]     (40)
 *
 * Numbers are residues of a prime, so that all is exact; the host solves what is left and checks it with the first matrix.
 */
#include "program.h"

#define SIZE 128
#define PRIME 65521u

static const char *source =
    "#define SIZE 128\n"
    "#define PRIME 65521u\n"
    "uint inverse(uint x)\n"
    "{\n"
    "    uint power = 1;\n"
    "    for (uint e = PRIME - 2; e != 0; e >>= 1, x = x * x % PRIME)\n"
    "        if (e & 1)\n"
    "            power = power * x % PRIME;\n"
    "    return power;\n"
    "}\n"
    "__kernel void factors(__global const uint *a, __global uint *m, uint row)\n"
    "{\n"
    "    uint i = (uint)get_global_id(0);\n"
    "    m[i] = i > row ? a[i * (SIZE + 1) + row] * inverse(a[row * (SIZE + 1) + row]) % PRIME : 0;\n"
    "}\n"
    "__kernel void subtract(__global uint *a, __global const uint *m, uint row)\n"
    "{\n"
    "    uint j = (uint)get_global_id(0), i = (uint)get_global_id(1), at = i * (SIZE + 1) + j;\n"
    "    if (i > row)\n"
    "        a[at] = (a[at] + (PRIME - m[i]) * a[row * (SIZE + 1) + j]) % PRIME;\n"
    "}\n";

/* A row has the right side at its end. */
typedef cl_uint matrix[SIZE][SIZE + 1];

static cl_uint inverse(cl_uint x)
{
    cl_uint power = 1;
    for (cl_uint e = PRIME - 2; e != 0; e >>= 1, x = x * x % PRIME)
        if (e & 1)
            power = power * x % PRIME;
    return power;
}

/* Solves what is left of the matrix; false if it is no triangle. */
static int solve(matrix left, cl_uint *x)
{
    for (int i = SIZE - 1; i >= 0; i--) {
        cl_uint sum = left[i][SIZE];
        for (int j = 0; j < i; j++)
            if (left[i][j] != 0)
                return 0;
        for (int j = i + 1; j < SIZE; j++)
            sum = (sum + (PRIME - left[i][j]) * x[j]) % PRIME;
        x[i] = sum * inverse(left[i][i]) % PRIME;
    }
    return 1;
}

static int solves(matrix first, const cl_uint *x)
{
    for (int i = 0; i < SIZE; i++) {
        cl_uint sum = 0;
        for (int j = 0; j < SIZE; j++)
            sum = (sum + first[i][j] * x[j]) % PRIME;
        if (sum != first[i][SIZE])
            return 0;
    }
    return 1;
}

static void ask(cl_event event)
{
    cl_ulong started, ended;
    check(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof started, &started, NULL), "started");
    check(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof ended, &ended, NULL), "ended");
    if (started > ended) {
        fprintf(stderr, "gauss: a launch ended before it started\n");
        exit(1);
    }
    check(clReleaseEvent(event), "clReleaseEvent");
}

int main(int argc, char **argv)
{
    static matrix first, left;
    static cl_event events[SIZE][2];
    cl_uint x[SIZE];
    unsigned matrices = count_of(argc, argv, 40);
    size_t rows = SIZE, all[2] = {SIZE + 1, SIZE};
    uint64_t sum = CHECKSUM_BEGIN;
    cl_int status;

    begin();
    cl_command_queue timed = clCreateCommandQueue(context, device, CL_QUEUE_PROFILING_ENABLE, &status);
    check(status, "clCreateCommandQueue");
    cl_program program = build(source);
    cl_kernel factors = kernel_of(program, "factors"), subtract = kernel_of(program, "subtract");
    cl_mem a = new_buffer(sizeof first, NULL), m = new_buffer(sizeof x, NULL);
    for (unsigned number = 0; number < matrices; number++) {
        cl_command_queue used = number % 2 ? timed : queue;
        scatter(&first[0][0], SIZE * (SIZE + 1), number);
        for (int i = 0; i < SIZE; i++)
            for (int j = 0; j <= SIZE; j++)
                first[i][j] %= PRIME;
        check(clEnqueueWriteBuffer(used, a, CL_TRUE, 0, sizeof first, first, 0, NULL, NULL), "clEnqueueWriteBuffer");
        for (cl_uint row = 0; row < SIZE - 1; row++) {
            cl_event *step = number % 2 ? events[row] : NULL;
            set_buffer(factors, 0, a);
            set_buffer(factors, 1, m);
            set_uint(factors, 2, row);
            check(clEnqueueNDRangeKernel(used, factors, 1, NULL, &rows, NULL, 0, NULL, step), "factors");
            set_buffer(subtract, 0, a);
            set_buffer(subtract, 1, m);
            set_uint(subtract, 2, row);
            check(clEnqueueNDRangeKernel(used, subtract, 2, NULL, all, NULL, 0, NULL, step ? step + 1 : NULL), "subtract");
        }
        check(clEnqueueReadBuffer(used, a, CL_TRUE, 0, sizeof left, left, 0, NULL, NULL), "clEnqueueReadBuffer");
        for (cl_uint row = 0; number % 2 && row < SIZE - 1; row++) {
            ask(events[row][0]);
            ask(events[row][1]);
        }
        if (!solve(left, x) || !solves(first, x)) {
            fprintf(stderr, "gauss: matrix %u is not solved\n", number);
            return 1;
        }
        sum = checksum(sum, x, sizeof x);
    }
    print_checksum(sum);
    clReleaseMemObject(m);
    clReleaseMemObject(a);
    clReleaseKernel(subtract);
    clReleaseKernel(factors);
    clReleaseProgram(program);
    clReleaseCommandQueue(timed);
    release_all();
    return 0;
}
