/* Harness of the OpenCL conformance cases: registration, checks, fixtures.
 *
 * A case is a function that returns when it passes. A failed check ends it
 * (longjmp on the case's own thread, pthread_exit on a thread of thread_start,
 * recorded without a jump in a callback on a thread of the library).
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- cases ------------------------------------------------------------- */

enum { DEFAULT_SECONDS = 60 };

struct test_case {
    const char *name;
    void (*body)(void);
    unsigned seconds;
    bool remote_only; /* native libraries do not promise it (fork) */
    struct test_case *next;
};

void register_case(struct test_case *c);

#define CASE_FULL(id, secs, remote)                                                    \
    static void id##_body(void);                                                       \
    static struct test_case id##_case = {#id, id##_body, secs, remote, NULL};          \
    __attribute__((constructor)) static void id##_register(void)                       \
    {                                                                                  \
        register_case(&id##_case);                                                     \
    }                                                                                  \
    static void id##_body(void)

#define CASE(id) CASE_FULL(id, DEFAULT_SECONDS, false)
#define CASE_SLOW(id, secs) CASE_FULL(id, secs, false)
#define CASE_REMOTE(id) CASE_FULL(id, DEFAULT_SECONDS, true)

/* ---- verdicts ---------------------------------------------------------- */

void fail_at(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* A deviation from the specification that is not held against the library, but
 * that must be the same natively and remotely: part of the compared output. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void quirk_at(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define FAIL(...) fail_at(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(cond)                                                                    \
    do {                                                                               \
        if (!(cond))                                                                   \
            FAIL("%s", #cond);                                                         \
    } while (0)

#define CHECK_INT(got, want)                                                           \
    do {                                                                               \
        long long got_ = (long long)(got), want_ = (long long)(want);                  \
        if (got_ != want_)                                                             \
            FAIL("%s == %s (%lld, not %lld)", #got, #want, got_, want_);               \
    } while (0)

#define CHECK_PTR(got, want)                                                           \
    do {                                                                               \
        const void *got_ = (const void *)(got), *want_ = (const void *)(want);         \
        if (got_ != want_)                                                             \
            FAIL("%s == %s (%p, not %p)", #got, #want, got_, want_);                   \
    } while (0)

#define CHECK_STR(got, want)                                                           \
    do {                                                                               \
        const char *got_ = (got), *want_ = (want);                                     \
        if (strcmp(got_, want_) != 0)                                                  \
            FAIL("%s == %s (\"%s\", not \"%s\")", #got, #want, got_, want_);           \
    } while (0)

/* The call gives this status. */
#define CHECK_STATUS(call, want)                                                       \
    do {                                                                               \
        cl_int got_ = (call), want_ = (want);                                          \
        if (got_ != want_)                                                             \
            FAIL("%s (%s, not %s)", #call, status_name(got_), status_name(want_));     \
    } while (0)

#define OK(call) CHECK_STATUS(call, CL_SUCCESS)

/* The specification asks for this; a library that differs gets a printed quirk. */
#define SPEC_STATUS(call, want)                                                        \
    do {                                                                               \
        cl_int got_ = (call), want_ = (want);                                          \
        if (got_ != want_)                                                             \
            quirk_at(__FILE__, __LINE__, "%s (%s, specified %s)", #call,               \
                     status_name(got_), status_name(want_));                           \
    } while (0)

#define SPEC(cond)                                                                     \
    do {                                                                               \
        if (!(cond))                                                                   \
            quirk_at(__FILE__, __LINE__, "%s", #cond);                                 \
    } while (0)

const char *status_name(cl_int status);

/* ---- bytes (util.c) ---------------------------------------------------- */

void *must_alloc(size_t size);
void *must_alloc_aligned(size_t alignment, size_t size);
/* Bytes that depend on position and seed. */
void fill_pattern(void *at, size_t size, unsigned seed);
#define CHECK_PATTERN(at, size, seed) check_pattern_at(__FILE__, __LINE__, at, size, seed)
#define CHECK_BYTES(at, size, byte) check_bytes_at(__FILE__, __LINE__, at, size, byte)
#define CHECK_SAME(got, want, size) check_same_at(__FILE__, __LINE__, got, want, size)
void check_pattern_at(const char *file, int line, const void *at, size_t size, unsigned seed);
void check_bytes_at(const char *file, int line, const void *at, size_t size, int byte);
void check_same_at(const char *file, int line, const void *got, const void *want, size_t size);
void sleep_ms(unsigned ms);
double now_seconds(void);
bool has_word(const char *list, const char *word);
void write_file(const char *path, const char *text);
/* A fresh directory below TMPDIR; the caller removes it with remove_dir. */
char *make_dir(void);
void remove_dir(char *dir);
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- OpenCL fixtures (fixture.c) --------------------------------------- */

struct cl {
    cl_platform_id platform;
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
};

cl_platform_id the_platform(void);
cl_device_id the_device(void);
struct cl cl_open(void);
struct cl cl_open_with(cl_command_queue_properties properties);
void cl_close(struct cl *cl);
cl_command_queue new_queue(struct cl *cl, cl_command_queue_properties properties);
/* A queue that runs out of order, or skip. */
cl_command_queue new_ooo_queue(struct cl *cl);

char *device_string(cl_device_info param);
char *platform_string(cl_platform_info param);
cl_uint device_uint(cl_device_info param);
cl_ulong device_ulong(cl_device_info param);
size_t device_size(cl_device_info param);
bool device_has(const char *extension);
/* The version as major * 10 + minor. */
unsigned device_version(void);
bool device_has_images(void);
void need_images(void);

cl_program build(struct cl *cl, const char *source, const char *options);
cl_program program_of(struct cl *cl, const char *source);
char *build_log(cl_program program, cl_device_id device);
cl_kernel kernel_of(cl_program program, const char *name);
/* Program and kernel in one; the kernel keeps the program alive. */
cl_kernel build_kernel(struct cl *cl, const char *source, const char *name);
cl_mem new_buffer(struct cl *cl, cl_mem_flags flags, size_t size, void *host);
cl_event user_event(struct cl *cl);
cl_int event_status(cl_event event);
cl_uint reference_count_of_mem(cl_mem mem);
void set_arg_mem(cl_kernel kernel, cl_uint index, cl_mem mem);
void run_1d(cl_command_queue queue, cl_kernel kernel, size_t global);
/* Fills and reads back through the queue, blocking. */
void put(cl_command_queue queue, cl_mem mem, size_t offset, size_t size, const void *from);
void get(cl_command_queue queue, cl_mem mem, size_t offset, size_t size, void *to);
/* Asks until the event ends; its last status. */
cl_int poll_until_done(cl_event event);

/* out[i] = in[i] + add, with `rounds` of useless work per item. */
extern const char ADD_SOURCE[];
cl_kernel add_kernel(struct cl *cl);
void set_add_args(cl_kernel kernel, cl_mem out, cl_mem in, cl_int add, cl_int rounds);

/* ---- threads (thread.c) ------------------------------------------------ */

typedef struct thread thread;
thread *thread_start(void (*body)(void *), void *arg);
void thread_join(thread *t); /* fails the case if the thread failed */

/* A counter that callbacks raise and the case waits for. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int count;
};
#define GATE_INIT {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0}
void gate_raise(struct gate *g);
int gate_count(struct gate *g);
/* Waits until the count is at least n; fails after `seconds`. */
#define GATE_WAIT(g, n) gate_wait_at(__FILE__, __LINE__, g, n, 50)
void gate_wait_at(const char *file, int line, struct gate *g, int n, unsigned seconds);
bool gate_wait_quietly(struct gate *g, int n, unsigned ms);

/* ---- child processes (child.c) ----------------------------------------- */

struct child_result {
    int status;  /* as waitpid gives it */
    char *output; /* stdout and stderr of the child, NUL-terminated */
    size_t length;
};
/* Executes this binary again as `conformance --child ROLE ARG`. */
struct child_result run_child(const char *role, const char *arg);
/* The same with stdout going to a file of this path. */
struct child_result run_child_to_file(const char *role, const char *arg, const char *path);
/* In a forked child: failed checks, signals and exits are the child's own. */
void leave_the_runner(void);
pid_t spawn_child(const char *role, const char *arg, int *output_fd);
void check_child_ok(const struct child_result *r);

/* A child that makes one call which may crash or hang a library natively: it
 * tells the status with probe_answer, and the case prints a quirk if that is
 * not what the specification asks for. */
enum { PROBE_SECONDS = 5 };
void probe_answer(cl_int status) __attribute__((noreturn));
/* Calls that the specification answers with an error and that crash some
 * library natively. Each is made in a child with a context of its own. */
struct bad_call {
    const char *name;
    cl_int (*call)(struct cl *cl);
    cl_int want;
};
struct bad_calls {
    const char *name;
    const struct bad_call *calls;
    size_t count;
    struct bad_calls *next;
};
void register_bad_calls(struct bad_calls *list);
void check_bad_calls(const char *file, int line, const struct bad_calls *list);
#define BAD_CALLS(id)                                                                  \
    static struct bad_calls id##_list = {#id, id, sizeof id / sizeof *id, NULL};       \
    __attribute__((constructor)) static void id##_register_list(void)                  \
    {                                                                                  \
        register_bad_calls(&id##_list);                                                \
    }                                                                                  \
    CASE_SLOW(id##_refused, 120)                                                       \
    {                                                                                  \
        check_bad_calls(__FILE__, __LINE__, &id##_list);                               \
    }                                                                                  \
    struct bad_calls
#define SPEC_PROBE(role, arg, want) spec_probe_at(__FILE__, __LINE__, role, arg, want)
void spec_probe_at(const char *file, int line, const char *role, const char *arg, cl_int want);

struct child_role {
    const char *name;
    int (*body)(const char *arg);
    struct child_role *next;
};
void register_child(struct child_role *r);
int run_child_role(const char *name, const char *arg);

#define CHILD(id)                                                                      \
    static int id##_child(const char *arg);                                            \
    static struct child_role id##_role = {#id, id##_child, NULL};                      \
    __attribute__((constructor)) static void id##_register_role(void)                  \
    {                                                                                  \
        register_child(&id##_role);                                                    \
    }                                                                                  \
    static int id##_child(const char *arg)

#endif
