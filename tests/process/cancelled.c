/* Threads that are cancelled while they use OpenCL, or when they end: the library must release its locks and lanes. */
#include "device.h"

static volatile int ready, go;

static void *ends(void *unused)
{
    large(1);
    ready = 1;
    while (!go)
        ;
    return unused;
}

static void *waits(void *event)
{
    ready = 1;
    clWaitForEvents(1, (cl_event *)&event);
    pthread_testcancel();
    return NULL;
}

static void *works(void *unused)
{
    for (;; pthread_testcancel()) {
        small(3);
        large(4);
        ready = 1;
    }
    return unused;
}

static void start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    ready = 0;
    pthread_create(thread, NULL, run, argument);
    while (!ready)
        ;
}

static void end(pthread_t thread, const char *what)
{
    void *result;
    pthread_join(thread, &result);
    printf("%s %s\n", what, result == PTHREAD_CANCELED ? "is cancelled" : "has ended");
}

int main(void)
{
    pthread_t thread;
    cl_int status;

    if (set_up())
        return 1;
    start(&thread, ends, NULL);
    pthread_cancel(thread);
    go = 1;
    end(thread, "who ends");
    cl_event gate = clCreateUserEvent(context, &status);
    start(&thread, waits, gate);
    usleep(1000);
    pthread_cancel(thread);
    usleep(1000);
    clSetUserEventStatus(gate, CL_COMPLETE);
    end(thread, "who waits");
    for (int i = 0; i < 8; i++) {
        start(&thread, works, NULL);
        usleep(300 * i);
        pthread_cancel(thread);
        end(thread, "who works");
    }
    printf("small %d, large %d\n", small(5), large(6));
    return 0;
}
