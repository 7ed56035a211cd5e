/* Latency-bound: each turn launches a reduction and reads its 4 bytes, and the next turn depends on them. Shows the
 * cost of a very small blocking read when nothing else can be done meanwhile.
 *
 *   cc -O2 -o reduce reduce.c -lOpenCL
 *   reduce [TURNS]       (30000)
 *
 * The host computes each sum as well and compares.
 */
#include "program.h"

#define GROUP 64
#define NUMBERS 8192

static const char *source =
    "__kernel void reduce(__global const uint *numbers, uint count, uint salt, __global uint *sum)\n"
    "{\n"
    "    __local uint part[64];\n"
    "    uint me = get_local_id(0), mine = 0;\n"
    "    for (uint i = me; i < count; i += 64)\n"
    "        mine += numbers[i] ^ salt;\n"
    "    part[me] = mine;\n"
    "    barrier(CLK_LOCAL_MEM_FENCE);\n"
    "    if (me == 0) {\n"
    "        for (uint i = 1; i < 64; i++)\n"
    "            mine += part[i];\n"
    "        *sum = mine;\n"
    "    }\n"
    "}\n";

int main(int argc, char **argv)
{
    static cl_uint numbers[NUMBERS];
    unsigned turns = count_of(argc, argv, 30000);
    size_t size = GROUP;
    cl_uint salt = 1;

    scatter(numbers, NUMBERS, 2);
    begin();
    cl_program program = build(source);
    cl_kernel kernel = kernel_of(program, "reduce");
    cl_mem there = new_buffer(sizeof numbers, numbers), sum_there = new_buffer(sizeof salt, NULL);
    set_buffer(kernel, 0, there);
    set_uint(kernel, 1, NUMBERS);
    set_buffer(kernel, 3, sum_there);
    for (unsigned turn = 0; turn < turns; turn++) {
        cl_uint sum, here = 0;
        set_uint(kernel, 2, salt);
        check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &size, &size, 0, NULL, NULL), "clEnqueueNDRangeKernel");
        check(clEnqueueReadBuffer(queue, sum_there, CL_TRUE, 0, sizeof sum, &sum, 0, NULL, NULL), "clEnqueueReadBuffer");
        for (unsigned i = 0; i < NUMBERS; i++)
            here += numbers[i] ^ salt;
        if (sum != here) {
            fprintf(stderr, "reduce: turn %u: %u, not %u\n", turn, sum, here);
            return 1;
        }
        salt = sum * 2654435761u + turn;
    }
    print_checksum(checksum(CHECKSUM_BEGIN, &salt, sizeof salt));
    clReleaseMemObject(sum_there);
    clReleaseMemObject(there);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
    release_all();
    return 0;
}
