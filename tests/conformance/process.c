/* Processes: exit, _exit, kill, exec and fork around the library. */
#include "conformance.h"

#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { N = 4096 };

/* Computes and verifies something in a context of its own. */
static void compute(int seed)
{
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_int host[N];
    for (int i = 0; i < N; i++)
        host[i] = i;
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof host, host);
    set_add_args(kernel, mem, mem, seed, 2);
    run_1d(cl.queue, kernel, N);
    get(cl.queue, mem, 0, sizeof host, host);
    for (int i = 0; i < N; i++)
        CHECK_INT(host[i], i + seed);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* Work that is still to be done: a long kernel and a read behind it. */
static void leave_in_flight(struct cl *cl, void *host)
{
    cl_kernel kernel = add_kernel(cl);
    cl_mem mem = new_buffer(cl, 0, N * sizeof(cl_int), NULL);
    set_add_args(kernel, mem, mem, 1, 20000);
    run_1d(cl->queue, kernel, N);
    OK(clEnqueueReadBuffer(cl->queue, mem, CL_FALSE, 0, N * sizeof(cl_int), host, 0, NULL, NULL));
    OK(clFlush(cl->queue));
}

CHILD(compute_and_return)
{
    compute((int)strlen(arg));
    printf("computed\n");
    return 0;
}

CASE(process_child_computes)
{
    struct child_result r = run_child("compute_and_return", "x");
    check_child_ok(&r);
    CHECK(strstr(r.output, "computed\n") != NULL);
    free(r.output);
}

static void CL_CALLBACK print_in_callback(cl_event event, cl_int status, void *arg)
{
    (void)event, (void)status, (void)arg;
    printf("called back\n");
    fflush(stdout);
}

CHILD(exit_right_after_finish)
{
    struct cl cl = cl_open();
    cl_event done;
    cl_uint zero = 0;
    (void)arg;
    cl_mem mem = new_buffer(&cl, 0, 4096, NULL);
    OK(clEnqueueFillBuffer(cl.queue, mem, &zero, 4, 0, 4096, 0, NULL, &done));
    OK(clSetEventCallback(done, CL_COMPLETE, print_in_callback, NULL));
    OK(clFinish(cl.queue));
    return 0;
}

/* The program ends right after clFinish: its callback's output still appears.
 * (The specification does not order the callback before clFinish returns; a
 * library that loses it natively is a quirk.) */
CASE(process_callback_before_exit)
{
    for (int i = 0; i < 5; i++) {
        struct child_result r = run_child("exit_right_after_finish", "");
        check_child_ok(&r);
        if (strcmp(r.output, "called back\n") != 0) {
            SPEC(!"the callback ran before the process ended");
            free(r.output);
            return;
        }
        free(r.output);
    }
}

/* Exits with commands in flight; the ways out are named by the argument. */
CHILD(leave)
{
    struct cl cl = cl_open();
    void *host = must_alloc(N * sizeof(cl_int));
    leave_in_flight(&cl, host);
    if (strcmp(arg, "_exit") == 0)
        _exit(7);
    if (strcmp(arg, "exit") == 0)
        exit(7);
    if (strcmp(arg, "abort") == 0)
        abort();
    if (strcmp(arg, "exec") == 0) {
        execl("/proc/self/exe", "conformance", "--child", "compute_and_return", "after exec", (char *)NULL);
        return 98;
    }
    return 7; /* from main */
}

static void check_leaving(const char *how)
{
    struct child_result r = run_child("leave", how);
    CHECK(WIFEXITED(r.status));
    CHECK_INT(WEXITSTATUS(r.status), 7);
    free(r.output);
    compute(3);
}

CASE(process_exit_with_commands_in_flight) { check_leaving("exit"); }
CASE(process_return_with_commands_in_flight) { check_leaving("return"); }
CASE(process_underscore_exit_with_commands_in_flight) { check_leaving("_exit"); }

CASE(process_abort_with_commands_in_flight)
{
    struct child_result r = run_child("leave", "abort");
    CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGABRT);
    free(r.output);
    compute(4);
}

CASE(process_exec_with_commands_in_flight)
{
    struct child_result r = run_child("leave", "exec");
    check_child_ok(&r);
    CHECK(strstr(r.output, "computed\n") != NULL);
    free(r.output);
}

CHILD(hang_around)
{
    struct cl cl = cl_open();
    void *host = must_alloc(N * sizeof(cl_int));
    (void)arg;
    for (int i = 0; i < 20; i++)
        leave_in_flight(&cl, host);
    printf("under way\n");
    fflush(stdout);
    pause(); /* until killed */
    return 0;
}

CASE(process_killed_with_commands_in_flight)
{
    int fd, status;
    char text[64] = "";
    pid_t pid = spawn_child("hang_around", "", &fd);
    CHECK(read(fd, text, sizeof text - 1) > 0);
    compute(5);
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(fd);
    compute(6);
}

CASE(process_two_at_once)
{
    enum { CHILDREN = 4 };
    int fds[CHILDREN], status;
    pid_t pids[CHILDREN];
    for (int i = 0; i < CHILDREN; i++)
        pids[i] = spawn_child("compute_and_return", "at once", &fds[i]);
    compute(7);
    for (int i = 0; i < CHILDREN; i++) {
        CHECK(waitpid(pids[i], &status, 0) == pids[i]);
        CHECK_INT(status, 0);
        close(fds[i]);
    }
}

static struct cl left;
static cl_mem left_mem;

/* As static destructors of C++ programs do. */
static void clean_up(void)
{
    cl_uint got = 0;
    if (clEnqueueReadBuffer(left.queue, left_mem, CL_TRUE, 0, sizeof got, &got, 0, NULL, NULL) == CL_SUCCESS &&
        clReleaseMemObject(left_mem) == CL_SUCCESS && clFinish(left.queue) == CL_SUCCESS &&
        clReleaseCommandQueue(left.queue) == CL_SUCCESS && clReleaseContext(left.context) == CL_SUCCESS)
        printf("cleaned up %u\n", got);
}

CHILD(clean_up_at_exit)
{
    cl_uint value = 66;
    (void)arg;
    left = cl_open();
    left_mem = new_buffer(&left, CL_MEM_COPY_HOST_PTR, sizeof value, &value);
    atexit(clean_up);
    return 0;
}

CASE(process_calls_in_exit_handler)
{
    struct child_result r = run_child("clean_up_at_exit", "");
    check_child_ok(&r);
    CHECK_STR(r.output, "cleaned up 66\n");
    free(r.output);
}

/* fork + exec of something that has nothing to do with OpenCL. */
CASE(process_system)
{
    compute(1);
    fflush(stdout);
    CHECK_INT(system("exit 3") >> 8, 3);
    FILE *p = popen("echo from a pipe", "r");
    char text[64] = "";
    CHECK(p && fgets(text, sizeof text, p) && pclose(p) == 0);
    CHECK_STR(text, "from a pipe\n");
    compute(2);
}

/* A forked child that makes no call and calls _exit disturbs nothing. */
CASE(process_fork_without_calls)
{
    struct cl cl = cl_open();
    cl_int x = 5, got = 0, status;
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof x, &x);
    for (int i = 0; i < 10; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(9);
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK_INT(WEXITSTATUS(status), 9);
        get(cl.queue, mem, 0, sizeof got, &got);
        CHECK_INT(got, 5);
    }
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

/* ---- fork with calls on both sides: not safe natively ----------------------- */

/* How long a child may take: it builds programs, perhaps beside many others. */
enum { CHILD_SECONDS = 50, CASE_SECONDS = 240 };

/* Tells where a child hangs. */
static void on_time_out(int signal)
{
    void *frames[64];
    int depth = backtrace(frames, 64);
    dprintf(2, "a forked child is not done after %d s; it has used %.1f s\n", CHILD_SECONDS,
            (double)clock() / CLOCKS_PER_SEC);
    backtrace_symbols_fd(frames, depth, 2);
    _exit(128 + signal);
}

static void begin_child(void)
{
    leave_the_runner();
    signal(SIGALRM, on_time_out);
    alarm(CHILD_SECONDS);
}

static int in_fork(void (*body)(void))
{
    fflush(stdout);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        begin_child();
        body();
        _exit(0);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0)
        CHECK(errno == EINTR);
    return status;
}

static void child_body(void)
{
    compute(11);
    _exit(0);
}

CASE_REMOTE(fork_child_has_its_own_session)
{
    compute(8);
    CHECK_INT(in_fork(child_body), 0);
    compute(9);
}

CASE_REMOTE(fork_many_children)
{
    enum { CHILDREN = 8 };
    pid_t pids[CHILDREN];
    compute(1);
    fflush(stdout);
    for (int i = 0; i < CHILDREN; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            begin_child();
            child_body();
        }
    }
    compute(2);
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;
        CHECK(waitpid(pids[i], &status, 0) == pids[i]);
        CHECK_INT(status, 0);
    }
    compute(3);
}

static struct {
    struct cl cl;
    cl_mem mem;
    volatile bool stop;
} busy;

static void keep_busy(void *arg)
{
    (void)arg;
    cl_uint got;
    while (!busy.stop)
        get(busy.cl.queue, busy.mem, 0, sizeof got, &got);
}

/* Other threads are within calls while the process forks. */
CASE_FULL(fork_while_threads_are_in_calls, CASE_SECONDS, true)
{
    thread *threads[4];
    cl_uint x = 1;
    busy.cl = cl_open();
    busy.mem = new_buffer(&busy.cl, CL_MEM_COPY_HOST_PTR, sizeof x, &x);
    busy.stop = false;
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(keep_busy, NULL);
    for (int i = 0; i < 16; i++)
        CHECK_INT(in_fork(child_body), 0);
    busy.stop = true;
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
    OK(clReleaseMemObject(busy.mem));
    cl_close(&busy.cl);
}

static void use_parents_objects(void)
{
    char byte;
    cl_int err = clEnqueueReadBuffer(busy.cl.queue, busy.mem, CL_TRUE, 0, 1, &byte, 0, NULL, NULL);
    _exit(err == CL_SUCCESS ? 1 : 0);
}

/* The parent's handles are none of the child's; it gets an error, no hang. */
CASE_REMOTE(fork_child_uses_parents_handles)
{
    cl_uint x = 1;
    busy.cl = cl_open();
    busy.mem = new_buffer(&busy.cl, CL_MEM_COPY_HOST_PTR, sizeof x, &x);
    CHECK_INT(in_fork(use_parents_objects), 0);
    get(busy.cl.queue, busy.mem, 0, sizeof x, &x);
    OK(clReleaseMemObject(busy.mem));
    cl_close(&busy.cl);
}

/* A child that leaves through exit() leaves the parent's pending reads alone. */
CASE_REMOTE(fork_child_exits_normally)
{
    struct cl cl = cl_open();
    cl_event go = user_event(&cl), done;
    unsigned char host[4096] = {0};
    cl_uint word = 0x21212121;
    cl_mem mem = new_buffer(&cl, 0, sizeof host, NULL);
    OK(clEnqueueFillBuffer(cl.queue, mem, &word, 4, 0, sizeof host, 0, NULL, NULL));
    OK(clEnqueueReadBuffer(cl.queue, mem, CL_FALSE, 0, sizeof host, host, 1, &go, &done));
    OK(clFlush(cl.queue));
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        leave_the_runner();
        exit(4);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_INT(WEXITSTATUS(status), 4);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clWaitForEvents(1, &done));
    CHECK_BYTES(host, sizeof host, 0x21);
    OK(clReleaseEvent(go));
    OK(clReleaseEvent(done));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}
