/* A callback that takes its time. */
#include "conformance.h"

struct held {
    struct cl *cl;
    struct gate entered, completed, open, done;
};

enum { HELD_EVENTS = 70, HELD_EACH = 1000 };

/* The first one waits until it is let go, and the others behind it. */
static void CL_CALLBACK hold(cl_event event, cl_int status, void *arg)
{
    struct held *h = arg;
    (void)event, (void)status;
    if (gate_count(&h->entered) == 0) {
        gate_raise(&h->entered);
        gate_wait_quietly(&h->open, 1, 20000);
    }
    gate_raise(&h->done);
}

static void complete_all(void *arg)
{
    struct held *h = arg;
    for (int i = 0; i < HELD_EVENTS; i++) {
        cl_event event = user_event(h->cl);
        for (int j = 0; j < HELD_EACH; j++)
            OK(clSetEventCallback(event, CL_COMPLETE, hold, h));
        OK(clSetUserEventStatus(event, CL_COMPLETE));
        OK(clReleaseEvent(event));
    }
    gate_raise(&h->completed);
}

/* A callback may take any time. Later callbacks wait for it; natively so does the thread that completes events. */
CASE(callback_event_70000_behind_one_that_waits)
{
    struct cl cl = cl_open();
    struct held h = {&cl, GATE_INIT, GATE_INIT, GATE_INIT, GATE_INIT};
    thread *completing = thread_start(complete_all, &h);
    GATE_WAIT(&h.entered, 1);
    gate_wait_quietly(&h.completed, 1, getenv("CONFORMANCE_REMOTE") ? 10000 : 100);
    gate_raise(&h.open);
    GATE_WAIT(&h.done, HELD_EVENTS * HELD_EACH);
    thread_join(completing);
    cl_close(&cl);
}
