/* A kernel prints while the program redirects its standard output. Standard error reports what arrived where. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static cl_command_queue queue;
static cl_kernel kernel;

#define NEED(what) ((what) ? (void)0 : (fprintf(stderr, "line %d: %s\n", __LINE__, #what), exit(2)))

static void begin(void)
{
    static const char *source = "kernel void say(int n) { printf(\"kernel %d\\n\", n); }";
    cl_platform_id platform;
    cl_device_id device;
    cl_int error;
    NEED(!clGetPlatformIDs(1, &platform, NULL) && !clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL));
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    queue = clCreateCommandQueue(context, device, 0, &error);
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &error);
    NEED(!clBuildProgram(program, 1, &device, "", NULL, NULL));
    kernel = clCreateKernel(program, "say", &error);
    NEED(!error);
}

static cl_event launch(int n)
{
    size_t one = 1;
    cl_event event;
    NEED(!clSetKernelArg(kernel, 0, sizeof n, &n));
    NEED(!clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL, &event));
    return event;
}

static void say(int n)
{
    clReleaseEvent(launch(n));
    NEED(!clFinish(queue));
}

static void report(const char *path)
{
    char text[4096];
    int file = open(path, O_RDONLY);
    ssize_t len = read(file, text, sizeof text);
    fprintf(stderr, "%s:\n%.*s", path, (int)(len > 0 ? len : 0), text);
    close(file);
}

static void turn_to(const char *path, int flags)
{
    int file = open(path, O_WRONLY | O_CREAT | flags, 0600);
    NEED(file >= 0 && dup2(file, 1) == 1);
    close(file);
}

/* Waits until a file holds so many bytes, without API calls. */
static void await(const char *path, off_t size)
{
    for (int i = 0; i < 2000; i++) {
        int file = open(path, O_RDONLY);
        off_t is = lseek(file, 0, SEEK_END);
        close(file);
        if (is >= size)
            return;
        usleep(10000);
    }
    fprintf(stderr, "%s: not %ld bytes\n", path, (long)size);
}

static void usual(void)
{
    printf("before\n");
    say(1);
    printf("between\n");
    say(2);
    printf("after\n");
}

static void unbuffered(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    usual();
}

static void line_buffered(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    usual();
}

static void reopened(void)
{
    printf("before\n");
    NEED(freopen("one", "w", stdout));
    usual();
    NEED(freopen("two", "w", stdout));
    usual();
    fflush(stdout);
    report("one");
    report("two");
}

static void captured(void)
{
    int old = dup(1);
    say(1);
    for (int i = 0; i < 3; i++) {
        fflush(stdout);
        turn_to(i == 1 ? "one" : "two", O_APPEND);
        say(10 + i);
        fflush(stdout);
        dup2(old, 1);
        say(20 + i);
    }
    fflush(stdout);
    report("one");
    report("two");
}

/* The same file reopened: only the offset differs. */
static void same_file(void)
{
    turn_to("one", O_TRUNC);
    say(1);
    say(2);
    fflush(stdout);
    turn_to("one", 0);
    say(3);
    fflush(stdout);
    report("one");
}

static void closed(void)
{
    close(1);
    say(1);
    NEED(open("one", O_WRONLY | O_CREAT, 0600) == 1);
    say(2);
    fflush(stdout);
    report("one");
    fclose(stdout);
    say(3);
    report("one");
}

static void to_a_socket(void)
{
    int ends[2];
    char text[256];
    NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends) && dup2(ends[1], 1) == 1);
    close(ends[1]);
    say(1);
    fflush(stdout);
    ssize_t len = read(ends[0], text, sizeof text);
    fprintf(stderr, "read: %.*s", (int)len, text);
    close(1);
    fprintf(stderr, "at the end: %zd\n", read(ends[0], text, sizeof text));
}

static void no_reader(void)
{
    int ends[2];
    NEED(!pipe(ends) && dup2(ends[1], 1) == 1);
    close(ends[0]);
    close(ends[1]);
    setvbuf(stdout, NULL, _IONBF, 0);
    say(1);
    fprintf(stderr, "goes on\n");
}

static void no_reader_ignored(void)
{
    signal(SIGPIPE, SIG_IGN);
    no_reader();
}

/* Once: the number of writes per line does not matter. */
static void caught(int raised)
{
    static const char text[] = "caught\n";
    signal(raised, SIG_IGN);
    (void)!write(2, text, sizeof text - 1);
}

static void no_reader_caught(void)
{
    signal(SIGPIPE, caught);
    no_reader();
}

static void no_reader_blocked(void)
{
    no_reader();
}

static void without_a_call(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    turn_to("one", 0);
    clReleaseEvent(launch(1));
    NEED(!clFlush(queue));
    await("one", 9);
    report("one");
}

static void CL_CALLBACK seen(cl_event event, cl_int status, void *gate)
{
    (void)event, (void)status;
    report("one");
    (void)!write(*(int *)gate, "!", 1);
}

static void in_a_callback(void)
{
    int gate[2];
    char byte;
    setvbuf(stdout, NULL, _IONBF, 0);
    turn_to("one", 0);
    NEED(!pipe(gate));
    NEED(!clSetEventCallback(launch(1), CL_COMPLETE, seen, &gate[1]) && !clFlush(queue));
    NEED(read(gate[0], &byte, 1) == 1);
}

static void polled(void)
{
    cl_int status = CL_QUEUED;
    setvbuf(stdout, NULL, _IONBF, 0);
    turn_to("one", 0);
    cl_event event = launch(1);
    NEED(!clFlush(queue));
    while (status != CL_COMPLETE)
        NEED(!clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL));
    report("one");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } modes[] = {
        {"usual", usual}, {"unbuffered", unbuffered}, {"line_buffered", line_buffered}, {"reopened", reopened},
        {"captured", captured}, {"same_file", same_file}, {"closed", closed},
        {"to_a_socket", to_a_socket}, {"no_reader", no_reader}, {"no_reader_ignored", no_reader_ignored},
        {"no_reader_caught", no_reader_caught}, {"no_reader_blocked", no_reader_blocked}, {"without_a_call", without_a_call}, {"in_a_callback", in_a_callback},
        {"polled", polled},
    };
    int forked = argc > 2 && !strcmp(argv[2], "forked");
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(modes[i].name, argv[1])) {
            pid_t child = forked ? fork() : 0;
            int status = 0;
            if (child == 0) {
                sigset_t set;
                sigemptyset(&set);
                sigaddset(&set, SIGPIPE);
                if (modes[i].run == no_reader_blocked)
                    sigprocmask(SIG_BLOCK, &set, NULL);
                begin();
                modes[i].run();
                return 0;
            }
            NEED(waitpid(child, &status, 0) == child);
            fprintf(stderr, "the child: %#x\n", status);
            begin();
            say(99);
            return 0;
        }
    return 3;
}
