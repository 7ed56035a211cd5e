/* Threads: crowd at-once COUNT, all alive at the same time; crowd in-turn COUNT, one after the other; crowd blocked COUNT,
 * which all wait for an event that another sets; crowd passing COUNT, each with a queue of its own, which pass buffers on.
 */
#include "device.h"

static pthread_barrier_t barrier;
static cl_event gate;
static int failed, begun;

static void *at_once(void *number)
{
    int status = small((int)(long)number);
    if (status && !__sync_fetch_and_add(&failed, 1))
        printf("thread %ld: %d\n", (long)number, status);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void *in_turn(void *number)
{
    return (void *)(long)small((int)(long)number);
}

static void *blocked(void *number)
{
    (void)number;
    __sync_fetch_and_add(&begun, 1);
    return (void *)(long)clWaitForEvents(1, &gate);
}

#define ROUNDS 4

/* A buffer, and the event of the last command on it. */
static struct {
    cl_mem buffer;
    cl_event last;
} *places;
static int count;

static int fill(cl_command_queue its, int place, int value)
{
    cl_event last = places[place].last;
    cl_int status = clEnqueueFillBuffer(its, places[place].buffer, &value, 4, 0, 4096, !!last, last ? &last : NULL,
                                        &places[place].last);
    if (last)
        status |= clReleaseEvent(last);
    return status | clFlush(its);
}

/* In each round a thread fills what its neighbour filled in the round before, so that every call comes after one of another
 * thread that nobody has waited for. At the end all release at once, and each release comes after the calls of all.
 */
static void *passing(void *number)
{
    int own = (int)(long)number - 1, last = (own + ROUNDS) % count, read = -1;
    cl_int status, made;
    cl_command_queue its = clCreateCommandQueue(context, device, 0, &status);

    places[own].buffer = clCreateBuffer(context, 0, 4096, NULL, &made);
    status |= made | fill(its, own, 0);
    for (int round = 1; round <= ROUNDS; round++) {
        pthread_barrier_wait(&barrier);
        status |= fill(its, (own + round) % count, own * ROUNDS + round);
    }
    status |= clEnqueueReadBuffer(its, places[last].buffer, CL_TRUE, 0, 4, &read, 0, NULL, NULL);
    pthread_barrier_wait(&barrier);
    status |= clReleaseEvent(places[own].last) | clReleaseMemObject(places[own].buffer) | clReleaseCommandQueue(its);
    return (void *)(long)(status ? status : read != (own + 1) * ROUNDS);
}

int main(int argc, char **argv)
{
    cl_int status;
    count = argc > 2 ? atoi(argv[2]) : 1;
    pthread_t *threads = calloc(count, sizeof *threads);
    void *(*run)(void *) = !strcmp(argv[1], "at-once")   ? at_once
                           : !strcmp(argv[1], "blocked") ? blocked
                           : !strcmp(argv[1], "passing") ? passing
                                                         : in_turn;
    pthread_attr_t attributes;

    if (set_up())
        return 1;
    places = calloc(count, sizeof *places);
    gate = clCreateUserEvent(context, &status);
    pthread_barrier_init(&barrier, NULL, count);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 << 10);
    for (int i = 0; i < count; i++) {
        void *result = NULL;
        if (pthread_create(&threads[i], &attributes, run, (void *)(long)(i + 1)))
            return 2;
        if (run == in_turn)
            failed += !pthread_join(threads[i], &result) && result;
    }
    while (run == blocked && __sync_fetch_and_add(&begun, 0) < count)
        usleep(1000);
    clSetUserEventStatus(gate, CL_COMPLETE);
    for (int i = 0; i < count && run != in_turn; i++) {
        void *result = NULL;
        failed += !pthread_join(threads[i], &result) && result;
    }
    printf("%d threads, %d failed, then %d\n", count, failed, small(7));
    return 0;
}
