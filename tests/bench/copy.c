/* Copy-bound: writes and reads of 16 MiB and nothing else. Shows the cost of moving bulk data.
 *
 *   cc -O2 -o copy copy.c -lOpenCL
 *   copy [ROUNDS]        (400)
 *
 * Each round changes a word in every page and compares a part of what comes back; the last round compares all.
 */
#include "program.h"

#define BYTES (16u << 20)
#define WORDS (BYTES / sizeof(cl_uint))
#define PAGE (4096 / sizeof(cl_uint))

int main(int argc, char **argv)
{
    unsigned rounds = count_of(argc, argv, 400);
    cl_uint *out = malloc(BYTES), *back = malloc(BYTES);
    uint64_t sum = CHECKSUM_BEGIN;

    if (!out || !back)
        return 1;
    scatter(out, WORDS, 3);
    memset(back, 0, BYTES);
    begin();
    cl_mem there = new_buffer(BYTES, NULL);
    for (unsigned round = 0; round < rounds; round++) {
        for (size_t i = round % PAGE; i < WORDS; i += PAGE)
            out[i] += round;
        check(clEnqueueWriteBuffer(queue, there, CL_TRUE, 0, BYTES, out, 0, NULL, NULL), "clEnqueueWriteBuffer");
        check(clEnqueueReadBuffer(queue, there, CL_TRUE, 0, BYTES, back, 0, NULL, NULL), "clEnqueueReadBuffer");
        size_t part = round + 1 == rounds ? BYTES : BYTES / 16;
        if (memcmp(out, back, part) != 0) {
            fprintf(stderr, "copy: round %u brought something else\n", round);
            return 1;
        }
        sum = checksum(sum, back + round % 16 * (WORDS / 16), 4096);
    }
    print_checksum(checksum(sum, back, BYTES));
    clReleaseMemObject(there);
    release_all();
    free(out);
    free(back);
    return 0;
}
