/* Functions of the program that a stream calls. */
#include "client.h"

struct seen {
    pthread_mutex_t lock;
    int values[4096], count;
};

static struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void see(void *value)
{
    pthread_mutex_lock(&seen.lock);
    seen.values[seen.count++] = (int)(intptr_t)value;
    pthread_mutex_unlock(&seen.lock);
}

CASE(callback_is_called_in_order)
{
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    for (intptr_t i = 0; i < 1000; i++)
        OK(cuLaunchHostFunc(stream, see, (void *)i));
    OK(cuStreamSynchronize(stream));
    CHECK_INT(seen.count, 1000);
    for (int i = 0; i < 1000; i++)
        CHECK_INT(seen.values[i], i);
}

static int *pinned_value;

static void add_to_what_is_there(void *more)
{
    see((void *)(intptr_t)*pinned_value);
    *pinned_value += (int)(intptr_t)more;
}

/* What comes before it is done, what comes after it is not begun. */
CASE(callback_between_copies)
{
    void *at;
    int one = 1;
    begin();
    OK(cuMemAllocHost(&at, sizeof *pinned_value));
    pinned_value = at;
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr on_device = upload(&one, sizeof one);
    for (int i = 0; i < 5; i++) {
        affine(stream, on_device, 1, 10, 0);
        OK(cuMemcpyDtoHAsync(at, on_device, sizeof one, stream));
        OK(cuLaunchHostFunc(stream, add_to_what_is_there, (void *)(intptr_t)(i + 1)));
        OK(cuMemcpyHtoDAsync(on_device, at, sizeof one, stream));
    }
    OK(cuStreamSynchronize(stream));
    static const int want[] = {10, 110, 1120, 11230, 112340};
    CHECK_INT(seen.count, 5);
    for (int i = 0; i < 5; i++)
        CHECK_INT(seen.values[i], want[i]);
    CHECK_INT(value_at(on_device), 112345);
}

static CUresult inside[6];

static void call_the_driver(void *stream)
{
    CUdeviceptr at;
    CUevent event;
    inside[0] = cuMemAlloc(&at, 64);
    inside[1] = cuStreamQuery(stream);
    inside[2] = cuCtxSynchronize();
    inside[3] = cuEventCreate(&event, 0);
    inside[4] = cuMemcpyHtoD(0, &at, 8);
    inside[5] = cuStreamSynchronize(stream);
}

CASE(callback_may_not_call_the_driver)
{
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuLaunchHostFunc(stream, call_the_driver, stream));
    OK(cuStreamSynchronize(stream));
    for (size_t i = 0; i < COUNT(inside); i++)
        CHECK_INT(inside[i], CUDA_ERROR_NOT_PERMITTED);
    /* Outside all is well. */
    CHECK_ALL(zeroes(10), 10, 0);
}

static CUstream its_stream;
static CUresult its_status = CUDA_ERROR_UNKNOWN;
static void *its_data;

static void of_the_old_kind(CUstream stream, CUresult status, void *data)
{
    its_stream = stream;
    its_status = status;
    its_data = data;
}

CASE(callback_of_the_old_kind)
{
    int here;
    begin();
    CUstream stream = new_stream(0);
    OK(cuStreamAddCallback(stream, of_the_old_kind, &here, 0));
    OK(cuStreamSynchronize(stream));
    CHECK(its_stream == stream && its_status == CUDA_SUCCESS && its_data == &here);
}

CASE(callback_wrong)
{
    begin();
    IS(cuLaunchHostFunc(NULL, NULL, NULL), CUDA_ERROR_INVALID_VALUE);
    IS(cuStreamAddCallback(NULL, NULL, NULL, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuStreamAddCallback(NULL, of_the_old_kind, NULL, 1), CUDA_ERROR_INVALID_VALUE);
    OK(cuCtxSynchronize());
    CHECK(its_data == NULL);
}

CASE(callback_on_the_default_stream)
{
    begin();
    OK(cuLaunchHostFunc(NULL, see, (void *)1));
    OK(cuLaunchHostFunc(CU_STREAM_PER_THREAD, see, (void *)2));
    OK(cuCtxSynchronize());
    CHECK_INT(seen.count, 2);
    CHECK_INT(seen.values[0] + seen.values[1], 3);
}

static pthread_t caller;

static void see_the_thread(void *unused)
{
    (void)unused;
    caller = pthread_self();
    see((void *)0);
}

/* Not on the thread that waits: that would be a deadlock waiting to happen. */
CASE(callback_has_a_thread_of_its_own)
{
    begin();
    CUstream stream = new_stream(0);
    OK(cuLaunchHostFunc(stream, see_the_thread, NULL));
    OK(cuStreamSynchronize(stream));
    CHECK_INT(seen.count, 1);
    CHECK(!pthread_equal(caller, pthread_self()));
}

/* Streams that do not wait for one another call all the same. */
CASE(callbacks_of_several_streams)
{
    enum { STREAMS = 8, EACH = 100 };
    CUstream streams[STREAMS];
    int next[STREAMS] = {0};
    begin();
    for (int i = 0; i < STREAMS; i++)
        streams[i] = new_stream(CU_STREAM_NON_BLOCKING);
    for (int k = 0; k < EACH; k++)
        for (int i = 0; i < STREAMS; i++)
            OK(cuLaunchHostFunc(streams[i], see, (void *)(intptr_t)(i * EACH + k)));
    OK(cuCtxSynchronize());
    CHECK_INT(seen.count, STREAMS * EACH);
    for (int i = 0; i < seen.count; i++) {
        int stream = seen.values[i] / EACH;
        CHECK_INT(seen.values[i] % EACH, next[stream]++);
    }
}

static void destroyed(void *happened)
{
    sem_post(happened);
}

/* An object of the program's, which a graph may own. Its destructor runs some time after, on a thread of the driver's. */
CASE(user_object)
{
    sem_t happened;
    int count = -1;
    CUuserObject object = NULL;
    CUgraph graph;
    begin();
    sem_init(&happened, 0, 0);
    OK(cuUserObjectCreate(&object, &happened, destroyed, 1, CU_USER_OBJECT_NO_DESTRUCTOR_SYNC));
    OK(cuUserObjectRetain(object, 2));
    OK(cuUserObjectRelease(object, 2));
    OK(cuGraphCreate(&graph, 0));
    OK(cuGraphRetainUserObject(graph, object, 1, CU_GRAPH_USER_OBJECT_MOVE));
    sem_getvalue(&happened, &count);
    CHECK_INT(count, 0);
    OK(cuGraphDestroy(graph));
    while (sem_wait(&happened) != 0) {}
}
