/* Beginnings and ends of processes. */
#include "client.h"

#include <signal.h>

/* A forked child has no driver, and the parent goes on. */
CASE(fork_leaves_the_child_without)
{
    begin();
    CUdeviceptr at = zeroes(10);
    CUstream stream = new_stream(0);
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CUdeviceptr more;
        int count, value;
        CUcontext current;
        IS(cuInit(0), CUDA_ERROR_NOT_INITIALIZED);
        IS(cuMemAlloc(&more, 64), CUDA_ERROR_NOT_INITIALIZED);
        IS(cuDeviceGetCount(&count), CUDA_ERROR_NOT_INITIALIZED);
        IS(cuCtxGetCurrent(&current), CUDA_ERROR_NOT_INITIALIZED);
        IS(cuMemcpyDtoH(&value, at, sizeof value), CUDA_ERROR_NOT_INITIALIZED);
        IS(cuStreamSynchronize(stream), CUDA_ERROR_NOT_INITIALIZED);
        _exit(0);
    }
    affine(stream, at, 10, 1, 3);
    OK(cuStreamSynchronize(stream));
    int how = 0;
    CHECK(waitpid(child, &how, 0) == child);
    CHECK(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    affine(stream, at, 10, 1, 3);
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 10, 6);
}

/* The end of a child that calls nothing does no harm. */
CASE(fork_and_exit)
{
    begin();
    CUdeviceptr at = zeroes(10);
    for (int i = 0; i < 4; i++) {
        fflush(stdout);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            exit(0);
        int how = 0;
        CHECK(waitpid(child, &how, 0) == child && WIFEXITED(how) && WEXITSTATUS(how) == 0);
        affine(NULL, at, 10, 1, 1);
    }
    CHECK_ALL(at, 10, 4);
}

CASE(fork_and_exec)
{
    begin();
    CUdeviceptr at = zeroes(10);
    CHECK(system("true") == 0);
    affine(NULL, at, 10, 1, 1);
    CHECK_ALL(at, 10, 1);
}

static void use_the_device(void)
{
    begin();
    CHECK_ALL(zeroes(10), 10, 0);
}

/* Before the parent has used it, children may. */
CASE(fork_before_the_first_call)
{
    static struct ended ended;
    for (int i = 0; i < 3; i++) {
        in_a_process(use_the_device, &ended);
        CHECK(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0);
    }
    use_the_device();
}

/* ---- ends with work in flight ---- */

static void launch_much(void)
{
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = zeroes(10000);
    for (int i = 0; i < 200; i++)
        affine(stream, at, 10000, 3, i);
}

static void launch_and_exit(void)
{
    launch_much();
    exit(7);
}

static void launch_and_leave(void)
{
    launch_much();
    _exit(8);
}

static void launch_and_die(void)
{
    launch_much();
    raise(SIGKILL);
}

CASE(exit_with_work_in_flight)
{
    static struct ended ended;
    in_a_process(launch_and_exit, &ended);
    CHECK(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 7);
    in_a_process(launch_and_leave, &ended);
    CHECK(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 8);
    in_a_process(launch_and_die, &ended);
    CHECK(WIFSIGNALED(ended.status) && WTERMSIG(ended.status) == SIGKILL);
    use_the_device();
}

static void use_at_exit(void)
{
    CUdeviceptr at;
    CUresult status = cuMemAlloc(&at, 64);
    printf("at exit: %s\n", status == CUDA_SUCCESS || status == CUDA_ERROR_DEINITIALIZED ? "expected" : "unexpected");
}

static void register_an_exit_handler(void)
{
    atexit(use_at_exit);
    begin();
    CHECK_ALL(zeroes(10), 10, 0);
}

/* The driver may be gone by then: it says so. */
CASE(exit_handlers_may_call)
{
    static struct ended ended;
    in_a_process(register_an_exit_handler, &ended);
    CHECK(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0);
    CHECK(strcmp(ended.output, "at exit: expected\n") == 0);
}

static void *exit_from_a_thread(void *unused)
{
    (void)unused;
    exit(9);
}

static void exit_on_another_thread(void)
{
    pthread_t thread;
    launch_much();
    pthread_create(&thread, NULL, exit_from_a_thread, NULL);
    pthread_join(thread, NULL);
}

CASE(exit_on_a_thread)
{
    static struct ended ended;
    in_a_process(exit_on_another_thread, &ended);
    CHECK(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 9);
}
