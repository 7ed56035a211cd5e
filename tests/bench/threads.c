/* Multi-threaded: four threads share a context, and each has a queue, a kernel and a buffer of its own. Shows whether
 * calls of different threads delay each other.
 *
 *   cc -O2 -pthread -o threads threads.c -lOpenCL
 *   threads [LAUNCHES]   (90000 in each thread)
 *
 * Sixteen launches, then a blocking read of some of the numbers, which the host computes as well.
 */
#include "program.h"
#include <pthread.h>

#define THREADS 4
#define NUMBERS 4096
#define BATCH 16
#define READ 64

static const char *source =
    "__kernel void advance(__global uint *x, uint seed)\n"
    "{\n"
    "    size_t i = get_global_id(0);\n"
    "    x[i] = x[i] * 1664525u + seed + (uint)i;\n"
    "}\n";

struct worker {
    pthread_t thread;
    cl_program program;
    unsigned number, launches;
    uint64_t sum;
};

static void *work(void *argument)
{
    struct worker *me = argument;
    cl_uint here[NUMBERS], back[READ];
    size_t size = NUMBERS;

    scatter(here, NUMBERS, me->number);
    cl_command_queue mine = new_queue();
    cl_kernel kernel = kernel_of(me->program, "advance");
    cl_mem buffer = new_buffer(sizeof here, here);
    set_buffer(kernel, 0, buffer);
    me->sum = CHECKSUM_BEGIN;
    for (unsigned launch = 0; launch < me->launches; launch += BATCH) {
        for (cl_uint seed = launch; seed < launch + BATCH; seed++) {
            set_uint(kernel, 1, seed);
            check(clEnqueueNDRangeKernel(mine, kernel, 1, NULL, &size, NULL, 0, NULL, NULL), "clEnqueueNDRangeKernel");
            for (cl_uint i = 0; i < READ; i++)
                here[i] = here[i] * 1664525u + seed + i;
        }
        check(clEnqueueReadBuffer(mine, buffer, CL_TRUE, 0, sizeof back, back, 0, NULL, NULL), "clEnqueueReadBuffer");
        if (memcmp(back, here, sizeof back) != 0) {
            fprintf(stderr, "threads: thread %u is wrong after %u launches\n", me->number, launch + BATCH);
            exit(1);
        }
        me->sum = checksum(me->sum, back, sizeof back);
    }
    check(clEnqueueReadBuffer(mine, buffer, CL_TRUE, 0, sizeof here, here, 0, NULL, NULL), "clEnqueueReadBuffer");
    me->sum = checksum(me->sum, here, sizeof here);
    clReleaseMemObject(buffer);
    clReleaseKernel(kernel);
    clReleaseCommandQueue(mine);
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned launches = count_of(argc, argv, 90000);
    struct worker workers[THREADS];
    uint64_t sum = CHECKSUM_BEGIN;

    begin();
    cl_program program = build(source);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.program = program, .number = i, .launches = launches};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        sum = checksum(sum, &workers[i].sum, sizeof workers[i].sum);
    }
    print_checksum(sum);
    clReleaseProgram(program);
    release_all();
    return 0;
}
