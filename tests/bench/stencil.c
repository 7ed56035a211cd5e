/* Launch-bound: a stencil over a small grid, one launch and one clFinish per step. Shows the cost of waiting for each
 * of very many short launches.
 *
 *   cc -O2 -o stencil stencil.c -lOpenCL
 *   stencil [STEPS]      (20000)
 *
 * Each cell becomes the exclusive or of itself and its four neighbours on a torus. So 2^k steps are one step with
 * neighbours 2^k cells away, and the host checks the result without computing all steps.
 */
#include "program.h"

#define SIDE 256
#define CELLS (SIDE * SIDE)

static const char *source =
    "__kernel void step_of(__global const uint *from, __global uint *to)\n"
    "{\n"
    "    uint x = get_global_id(0), y = get_global_id(1), side = get_global_size(0), last = side - 1;\n"
    "    to[y * side + x] = from[y * side + x]\n"
    "        ^ from[y * side + ((x + 1) & last)] ^ from[y * side + ((x + last) & last)]\n"
    "        ^ from[((y + 1) & last) * side + x] ^ from[((y + last) & last) * side + x];\n"
    "}\n";

static void step_here(const cl_uint *from, cl_uint *to, unsigned far)
{
    for (unsigned y = 0; y < SIDE; y++)
        for (unsigned x = 0; x < SIDE; x++)
            to[y * SIDE + x] = from[y * SIDE + x]
                ^ from[y * SIDE + (x + far) % SIDE] ^ from[y * SIDE + (x - far) % SIDE]
                ^ from[(y + far) % SIDE * SIDE + x] ^ from[(y - far) % SIDE * SIDE + x];
}

int main(int argc, char **argv)
{
    static cl_uint grid[2][CELLS], result[CELLS];
    unsigned steps = count_of(argc, argv, 20000);
    size_t size[2] = {SIDE, SIDE};

    scatter(grid[0], CELLS, 1);
    begin();
    cl_program program = build(source);
    cl_mem there[2] = {new_buffer(sizeof result, grid[0]), new_buffer(sizeof result, NULL)};
    /* One kernel for each direction: no argument changes between launches. */
    cl_kernel kernel[2] = {kernel_of(program, "step_of"), kernel_of(program, "step_of")};
    for (int i = 0; i < 2; i++) {
        set_buffer(kernel[i], 0, there[i]);
        set_buffer(kernel[i], 1, there[!i]);
    }
    for (unsigned step = 0; step < steps; step++) {
        check(clEnqueueNDRangeKernel(queue, kernel[step % 2], 2, NULL, size, NULL, 0, NULL, NULL), "clEnqueueNDRangeKernel");
        check(clFinish(queue), "clFinish");
    }
    check(clEnqueueReadBuffer(queue, there[steps % 2], CL_TRUE, 0, sizeof result, result, 0, NULL, NULL),
          "clEnqueueReadBuffer");

    int now_in = 0;
    for (unsigned bit = 0; bit < 32; bit++) {
        if (steps >> bit & 1) {
            step_here(grid[now_in], grid[!now_in], (1u << bit) % SIDE);
            now_in = !now_in;
        }
    }
    if (memcmp(grid[now_in], result, sizeof result) != 0) {
        fprintf(stderr, "stencil: wrong after %u steps\n", steps);
        return 1;
    }
    print_checksum(checksum(CHECKSUM_BEGIN, result, sizeof result));
    for (int i = 0; i < 2; i++) {
        clReleaseKernel(kernel[i]);
        clReleaseMemObject(there[i]);
    }
    clReleaseProgram(program);
    release_all();
    return 0;
}
