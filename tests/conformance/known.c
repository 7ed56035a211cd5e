/* What a program knows of commands that are over: it is told the same however often it asks, and never less than it knows. */
#include "conformance.h"

#include <sched.h>

enum { ROUNDS = 300, N = 256 };

static cl_int profiling(cl_event event, cl_profiling_info which, cl_ulong *time)
{
    return clGetEventProfilingInfo(event, which, sizeof *time, time, NULL);
}

static void check_times(cl_event event)
{
    cl_ulong before = 0, time = 0, again = 0;
    for (cl_profiling_info which = CL_PROFILING_COMMAND_QUEUED; which <= CL_PROFILING_COMMAND_END; which++) {
        size_t size = 0;
        OK(profiling(event, which, &time));
        OK(profiling(event, which, &again));
        CHECK(time == again && time >= before);
        OK(clGetEventProfilingInfo(event, which, 0, NULL, &size));
        CHECK_INT(size, sizeof time);
        CHECK_STATUS(clGetEventProfilingInfo(event, which, sizeof time - 1, &time, NULL), CL_INVALID_VALUE);
        before = again;
    }
}

/* The times of a command are there when it is known to be over, and not before. */
CASE(known_times)
{
    struct cl cl = cl_open();
    cl_command_queue queue = new_queue(&cl, CL_QUEUE_PROFILING_ENABLE);
    cl_kernel kernel = add_kernel(&cl);
    cl_int host[N] = {0};
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof host, host);
    size_t n = N;
    cl_ulong time;
    set_add_args(kernel, mem, mem, 1, 1);
    for (int i = 0; i < ROUNDS; i++) {
        cl_event gate = user_event(&cl), held, launched, read;
        OK(clEnqueueMarkerWithWaitList(queue, 1, &gate, &held));
        OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &n, NULL, 1, &held, &launched));
        OK(clFlush(queue));
        CHECK_STATUS(profiling(launched, CL_PROFILING_COMMAND_END, &time), CL_PROFILING_INFO_NOT_AVAILABLE);
        CHECK(event_status(launched) > CL_COMPLETE);
        OK(clSetUserEventStatus(gate, CL_COMPLETE));
        if (i % 3 == 0)
            OK(clWaitForEvents(1, &launched));
        if (i % 3 == 1)
            OK(clFinish(queue));
        OK(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, sizeof host, host, 0, NULL, &read));
        OK(clWaitForEvents(1, &read));
        CHECK_INT(host[N - 1], i + 1);
        CHECK_STATUS(event_status(launched), CL_COMPLETE);
        check_times(launched);
        check_times(read);
        CHECK_STATUS(profiling(gate, CL_PROFILING_COMMAND_END, &time), CL_PROFILING_INFO_NOT_AVAILABLE);
        OK(clReleaseEvent(gate));
        OK(clReleaseEvent(held));
        OK(clReleaseEvent(launched));
        OK(clReleaseEvent(read));
    }
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    OK(clReleaseCommandQueue(queue));
    cl_close(&cl);
}

/* A queue without profiling has no times, though its commands are over and those of another queue have them. */
CASE(known_times_of_one_queue)
{
    struct cl cl = cl_open();
    cl_command_queue queues[2] = {new_queue(&cl, CL_QUEUE_PROFILING_ENABLE), new_queue(&cl, 0)};
    cl_ulong time;
    for (int i = 0; i < ROUNDS; i++) {
        cl_event events[2];
        for (int which = 0; which < 2; which++)
            OK(clEnqueueMarkerWithWaitList(queues[which], 0, NULL, &events[which]));
        OK(clWaitForEvents(2, events));
        OK(clWaitForEvents(2, events));
        check_times(events[0]);
        CHECK_STATUS(profiling(events[1], CL_PROFILING_COMMAND_END, &time), CL_PROFILING_INFO_NOT_AVAILABLE);
        OK(clReleaseEvent(events[0]));
        OK(clReleaseEvent(events[1]));
    }
    OK(clReleaseCommandQueue(queues[0]));
    OK(clReleaseCommandQueue(queues[1]));
    cl_close(&cl);
}

/* Waiting fails as often as it is tried, if a command has failed; and succeeds for those that have not. */
CASE(known_failures)
{
    struct cl cl = cl_open();
    for (int i = 0; i < 20; i++) {
        cl_event gate = user_event(&cl), good = user_event(&cl), held;
        OK(clEnqueueMarkerWithWaitList(cl.queue, 1, &good, &held));
        OK(clSetUserEventStatus(gate, -5));
        OK(clSetUserEventStatus(good, CL_COMPLETE));
        cl_event both[2] = {held, gate};
        for (int again = 0; again < 3; again++) {
            OK(clWaitForEvents(1, &held));
            OK(clWaitForEvents(1, &good));
            CHECK_STATUS(clWaitForEvents(1, &gate), CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
            CHECK_STATUS(clWaitForEvents(2, both), CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
            CHECK_STATUS(event_status(gate), -5);
            CHECK_STATUS(event_status(held), CL_COMPLETE);
        }
        OK(clReleaseEvent(gate));
        OK(clReleaseEvent(good));
        OK(clReleaseEvent(held));
    }
    cl_close(&cl);
}

/* Events of two contexts do not belong together, be they over or not. */
CASE(known_events_of_two_contexts)
{
    struct cl cl = cl_open(), stranger = cl_open();
    cl_event events[2];
    OK(clEnqueueMarkerWithWaitList(cl.queue, 0, NULL, &events[0]));
    OK(clEnqueueMarkerWithWaitList(stranger.queue, 0, NULL, &events[1]));
    OK(clWaitForEvents(1, &events[0]));
    OK(clWaitForEvents(1, &events[1]));
    CHECK_STATUS(clWaitForEvents(2, events), CL_INVALID_CONTEXT);
    CHECK_STATUS(clWaitForEvents(0, events), CL_INVALID_VALUE);
    CHECK_STATUS(clWaitForEvents(1, NULL), CL_INVALID_VALUE);
    OK(clReleaseEvent(events[0]));
    OK(clReleaseEvent(events[1]));
    cl_close(&stranger);
    cl_close(&cl);
}

/* A queue that has been found empty, again and again, waits for the next command all the same. */
static void finish_waits(cl_command_queue (*make)(struct cl *))
{
    struct cl cl = cl_open();
    cl_command_queue queue = make(&cl);
    cl_kernel kernel = add_kernel(&cl);
    cl_int host[N];
    cl_mem mem = new_buffer(&cl, 0, sizeof host, NULL);
    cl_int zero = 0;
    size_t n = N;
    set_add_args(kernel, mem, mem, 1, 1);
    OK(clEnqueueFillBuffer(queue, mem, &zero, sizeof zero, 0, sizeof host, 0, NULL, NULL));
    for (int i = 0; i < ROUNDS; i++) {
        cl_event done, read;
        OK(clFinish(queue));
        OK(clFinish(queue));
        OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &n, NULL, 0, NULL, &done));
        OK(clEnqueueReadBuffer(queue, mem, CL_FALSE, 0, sizeof host, host, 1, &done, &read));
        OK(clFinish(queue));
        CHECK_INT(host[0], i + 1);
        CHECK_INT(host[N - 1], i + 1);
        CHECK_STATUS(event_status(done), CL_COMPLETE);
        CHECK_STATUS(event_status(read), CL_COMPLETE);
        OK(clFinish(queue));
        OK(clReleaseEvent(done));
        OK(clReleaseEvent(read));
    }
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    OK(clReleaseCommandQueue(queue));
    cl_close(&cl);
}

static cl_command_queue in_order(struct cl *cl)
{
    return new_queue(cl, 0);
}

CASE(known_empty_queue)
{
    finish_waits(in_order);
}

CASE(known_empty_queue_out_of_order)
{
    finish_waits(new_ooo_queue);
}

struct worker {
    struct cl *cl;
    bool over;
};

/* Finishes the queue all the time. */
static void *finishes(void *arg)
{
    struct worker *worker = arg;
    while (!__atomic_load_n(&worker->over, __ATOMIC_ACQUIRE))
        OK(clFinish(worker->cl->queue));
    return NULL;
}

/* While other threads finish a queue, what one gives it is waited for by its own finish. */
CASE(known_empty_queue_of_many_threads)
{
    struct cl cl = cl_open();
    struct worker worker = {.cl = &cl};
    pthread_t threads[2];
    cl_int host[N];
    cl_mem mem = new_buffer(&cl, 0, sizeof host, NULL);
    for (int i = 0; i < 2; i++)
        CHECK(!pthread_create(&threads[i], NULL, finishes, &worker));
    for (int i = 0; i < 2000; i++) {
        cl_event done;
        OK(clEnqueueFillBuffer(cl.queue, mem, &i, sizeof i, 0, sizeof host, 0, NULL, &done));
        OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, 0, sizeof host, host, 1, &done, NULL));
        OK(clFinish(cl.queue));
        CHECK_INT(host[0], i);
        CHECK_INT(host[N - 1], i);
        CHECK_STATUS(event_status(done), CL_COMPLETE);
        OK(clReleaseEvent(done));
    }
    __atomic_store_n(&worker.over, true, __ATOMIC_RELEASE);
    for (int i = 0; i < 2; i++)
        CHECK(!pthread_join(threads[i], NULL));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

/* One thread gives a queue commands, a second finishes the queue for it, and others use it all the while: what had been
 * given when the finish began is over when it ends. */
static struct {
    struct cl *cl;
    cl_mem mem;
    cl_int value;
    cl_event done;
    int given, finished;
    bool over;
} shared_queue;

enum { GIVEN = 1000 };

static void wait_until(int *count, int reached)
{
    while (__atomic_load_n(count, __ATOMIC_ACQUIRE) != reached)
        sched_yield();
}

static void gives(void *arg)
{
    (void)arg;
    for (int i = 1; i <= GIVEN; i++) {
        shared_queue.value = i;
        OK(clEnqueueFillBuffer(shared_queue.cl->queue, shared_queue.mem, &shared_queue.value, sizeof(cl_int), 0,
                               N * sizeof(cl_int), 0, NULL, &shared_queue.done));
        __atomic_store_n(&shared_queue.given, i, __ATOMIC_RELEASE);
        wait_until(&shared_queue.finished, i);
    }
}

static void uses_queue(void *arg)
{
    (void)arg;
    while (!__atomic_load_n(&shared_queue.over, __ATOMIC_ACQUIRE))
        OK(clFlush(shared_queue.cl->queue));
}

CASE(known_empty_queue_for_another)
{
    struct cl cl = cl_open();
    thread *threads[3];
    shared_queue.cl = &cl;
    shared_queue.mem = new_buffer(&cl, 0, N * sizeof(cl_int), NULL);
    shared_queue.given = shared_queue.finished = 0;
    shared_queue.over = false;
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start(i == 0 ? gives : uses_queue, NULL);
    for (int i = 1; i <= GIVEN; i++) {
        wait_until(&shared_queue.given, i);
        OK(clFinish(cl.queue));
        CHECK_STATUS(event_status(shared_queue.done), CL_COMPLETE);
        OK(clReleaseEvent(shared_queue.done));
        __atomic_store_n(&shared_queue.finished, i, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&shared_queue.over, true, __ATOMIC_RELEASE);
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
    OK(clReleaseMemObject(shared_queue.mem));
    cl_close(&cl);
}

/* Answers of new objects are their own, though each is asked as the one before, at the same address perhaps. */
CASE(known_of_new_objects)
{
    need_images();
    struct cl cl = cl_open();
    for (int i = 1; i <= ROUNDS; i++) {
        cl_image_format format = {i % 2 ? CL_RGBA : CL_R, CL_FLOAT}, its_format;
        cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = i, .image_height = 1 + i % 7};
        cl_int status;
        cl_uint count;
        cl_context context;
        cl_mem_flags flags, wanted = i % 3 ? CL_MEM_READ_ONLY : CL_MEM_READ_WRITE;
        cl_mem image = clCreateImage(cl.context, wanted, &format, &desc, NULL, &status);
        size_t width, height;
        OK(status);
        OK(clGetImageInfo(image, CL_IMAGE_WIDTH, sizeof width, &width, NULL));
        OK(clGetImageInfo(image, CL_IMAGE_HEIGHT, sizeof height, &height, NULL));
        OK(clGetImageInfo(image, CL_IMAGE_FORMAT, sizeof its_format, &its_format, NULL));
        OK(clGetMemObjectInfo(image, CL_MEM_FLAGS, sizeof flags, &flags, NULL));
        OK(clGetMemObjectInfo(image, CL_MEM_CONTEXT, sizeof context, &context, NULL));
        CHECK_INT(width, i);
        CHECK_INT(height, 1 + i % 7);
        CHECK(its_format.image_channel_order == format.image_channel_order && flags == wanted);
        CHECK_PTR(context, cl.context);
        OK(clRetainMemObject(image));
        OK(clGetMemObjectInfo(image, CL_MEM_REFERENCE_COUNT, sizeof count, &count, NULL));
        CHECK_INT(count, 2);
        OK(clGetMemObjectInfo(image, CL_MEM_MAP_COUNT, sizeof count, &count, NULL));
        CHECK_INT(count, 0);
        OK(clReleaseMemObject(image));
        OK(clReleaseMemObject(image));
    }
    cl_close(&cl);
}
