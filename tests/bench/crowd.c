/* Many threads: 64 of them share a context, each with a queue, a kernel and a buffer of its own, and wait for each of
 * their short commands. Shows what it costs that many wait at once.
 *
 *   cc -O2 -pthread -o crowd crowd.c -lOpenCL
 *   crowd [TURNS]        (300 in each thread)
 *
 * A number is written, advanced by a launch and read back; the host computes it as well.
 */
#include "program.h"
#include <pthread.h>

#define THREADS 64

static const char *source = "__kernel void advance(__global uint *x, uint n) { *x = *x * 1664525u + n; }\n";

struct worker {
    pthread_t thread;
    cl_program program;
    unsigned number, turns;
    cl_uint result;
};

static void *work(void *argument)
{
    struct worker *me = argument;
    cl_uint number = me->number, here = number;
    size_t one = 1;

    cl_command_queue mine = new_queue();
    cl_kernel kernel = kernel_of(me->program, "advance");
    cl_mem buffer = new_buffer(sizeof number, NULL);
    set_buffer(kernel, 0, buffer);
    for (cl_uint turn = 0; turn < me->turns; turn++) {
        number ^= turn;
        check(clEnqueueWriteBuffer(mine, buffer, CL_TRUE, 0, sizeof number, &number, 0, NULL, NULL), "clEnqueueWriteBuffer");
        set_uint(kernel, 1, turn);
        check(clEnqueueNDRangeKernel(mine, kernel, 1, NULL, &one, NULL, 0, NULL, NULL), "clEnqueueNDRangeKernel");
        check(clFinish(mine), "clFinish");
        check(clEnqueueReadBuffer(mine, buffer, CL_TRUE, 0, sizeof number, &number, 0, NULL, NULL), "clEnqueueReadBuffer");
        here = (here ^ turn) * 1664525u + turn;
        if (number != here) {
            fprintf(stderr, "crowd: thread %u is wrong after %u turns\n", me->number, turn + 1);
            exit(1);
        }
    }
    me->result = number;
    check(clReleaseMemObject(buffer), "clReleaseMemObject");
    check(clReleaseKernel(kernel), "clReleaseKernel");
    check(clReleaseCommandQueue(mine), "clReleaseCommandQueue");
    return NULL;
}

int main(int argc, char **argv)
{
    static struct worker workers[THREADS];
    unsigned turns = count_of(argc, argv, 300);
    uint64_t sum = CHECKSUM_BEGIN;

    begin();
    cl_program program = build(source);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.program = program, .number = i, .turns = turns};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        sum = checksum(sum, &workers[i].result, sizeof workers[i].result);
    }
    print_checksum(sum);
    clReleaseProgram(program);
    release_all();
    return 0;
}
