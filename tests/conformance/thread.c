/* Threads whose failed checks fail the case, and gates that callbacks raise. */
#include "conformance.h"

#include <errno.h>
#include <time.h>

__thread bool harness_thread;

struct thread {
    pthread_t id;
    void (*body)(void *);
    void *arg;
    bool done;
};

static void *thread_main(void *arg)
{
    struct thread *t = arg;
    harness_thread = true;
    t->body(t->arg);
    t->done = true;
    return NULL;
}

thread *thread_start(void (*body)(void *), void *arg)
{
    struct thread *t = must_alloc(sizeof *t);
    t->body = body;
    t->arg = arg;
    int err = pthread_create(&t->id, NULL, thread_main, t);
    if (err)
        FAIL("pthread_create: %s", strerror(err));
    return t;
}

void thread_join(thread *t)
{
    pthread_join(t->id, NULL);
    bool done = t->done;
    free(t);
    if (!done)
        FAIL("a thread failed");
}

void gate_raise(struct gate *g)
{
    pthread_mutex_lock(&g->mutex);
    g->count++;
    pthread_cond_broadcast(&g->cond);
    pthread_mutex_unlock(&g->mutex);
}

int gate_count(struct gate *g)
{
    pthread_mutex_lock(&g->mutex);
    int n = g->count;
    pthread_mutex_unlock(&g->mutex);
    return n;
}

bool gate_wait_quietly(struct gate *g, int n, unsigned ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&g->mutex);
    int err = 0;
    while (g->count < n && err != ETIMEDOUT)
        err = pthread_cond_timedwait(&g->cond, &g->mutex, &until);
    bool reached = g->count >= n;
    pthread_mutex_unlock(&g->mutex);
    return reached;
}

void gate_wait_at(const char *file, int line, struct gate *g, int n, unsigned seconds)
{
    if (!gate_wait_quietly(g, n, seconds * 1000))
        fail_at(file, line, "raised %d times within %u s, not %d", gate_count(g), seconds, n);
}
