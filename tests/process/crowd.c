/* Threads: crowd at-once COUNT, all alive at the same time; crowd in-turn COUNT, one after the other; crowd blocked COUNT,
 * which all wait for an event that another sets.
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

int main(int argc, char **argv)
{
    cl_int status;
    int count = argc > 2 ? atoi(argv[2]) : 1;
    pthread_t *threads = calloc(count, sizeof *threads);
    void *(*run)(void *) = !strcmp(argv[1], "at-once") ? at_once : !strcmp(argv[1], "blocked") ? blocked : in_turn;
    pthread_attr_t attributes;

    if (set_up())
        return 1;
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
