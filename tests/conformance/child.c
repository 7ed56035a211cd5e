/* Child processes: this binary executed again in a named role. */
#include "conformance.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static struct child_role *roles;

void register_child(struct child_role *r)
{
    r->next = roles;
    roles = r;
}

/* An argument "N rest" limits the child to N seconds. */
int run_child_role(const char *name, const char *arg)
{
    char *rest;
    unsigned seconds = (unsigned)strtoul(arg, &rest, 10);
    if (rest != arg && *rest == ' ') {
        alarm(seconds);
        arg = rest + 1;
    } else {
        alarm(DEFAULT_SECONDS);
    }
    for (struct child_role *r = roles; r; r = r->next)
        if (strcmp(r->name, name) == 0)
            return r->body(arg);
    fprintf(stderr, "no child role %s\n", name);
    return 99;
}

/* posix_spawn would do, but programs fork and exec. */
static pid_t start(const char *role, const char *arg, int out, int err, int close_in_child)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        FAIL("fork: %s", strerror(errno));
    if (pid == 0) {
        char *argv[] = {"conformance", "--child", (char *)role, (char *)arg, NULL};
        alarm(0);
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        if (close_in_child >= 0)
            close(close_in_child);
        if (out > 2)
            close(out);
        if (err > 2 && err != out)
            close(err);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    return pid;
}

pid_t spawn_child(const char *role, const char *arg, int *output_fd)
{
    int ends[2];
    if (pipe(ends) != 0)
        FAIL("pipe: %s", strerror(errno));
    pid_t pid = start(role, arg, ends[1], ends[1], ends[0]);
    close(ends[1]);
    *output_fd = ends[0];
    return pid;
}

static void read_all(int fd, struct child_result *r)
{
    size_t room = 4096;
    ssize_t n;
    r->output = must_alloc(room);
    while ((n = read(fd, r->output + r->length, room - r->length - 1)) > 0 ||
           (n < 0 && errno == EINTR)) {
        if (n > 0)
            r->length += (size_t)n;
        if (r->length + 1 == room)
            r->output = realloc(r->output, room *= 2);
    }
    r->output[r->length] = 0;
    close(fd);
}

static void wait_for(pid_t pid, struct child_result *r)
{
    while (waitpid(pid, &r->status, 0) < 0)
        if (errno != EINTR)
            FAIL("waitpid: %s", strerror(errno));
}

struct child_result run_child(const char *role, const char *arg)
{
    struct child_result r = {0};
    int fd;
    pid_t pid = spawn_child(role, arg, &fd);
    read_all(fd, &r);
    wait_for(pid, &r);
    return r;
}

struct child_result run_child_to_file(const char *role, const char *arg, const char *path)
{
    struct child_result r = {0};
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        FAIL("open %s: %s", path, strerror(errno));
    wait_for(start(role, arg, fd, STDERR_FILENO, -1), &r);
    lseek(fd, 0, SEEK_SET);
    read_all(fd, &r);
    return r;
}

void check_child_ok(const struct child_result *r)
{
    if (WIFSIGNALED(r->status))
        FAIL("the child was killed by signal %d; its output: %s", WTERMSIG(r->status), r->output);
    if (WEXITSTATUS(r->status) != 0)
        FAIL("the child exited with %d; its output: %s", WEXITSTATUS(r->status), r->output);
}

static const char ANSWER[] = "probe answer: ";

void probe_answer(cl_int status)
{
    printf("%s%d\n", ANSWER, status);
    fflush(stdout);
    _exit(0); /* the library's leftover state must not matter */
}

/* How a child without an answer ended. */
static const char *ending(int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM ? "does not return" : "crashes";
    return "exits";
}

void spec_probe_at(const char *file, int line, const char *role, const char *arg, cl_int want)
{
    char *limited = format("%d %s", PROBE_SECONDS, arg);
    struct child_result r = run_child(role, limited);
    const char *answer = strstr(r.output, ANSWER);
    free(limited);
    if (answer) {
        cl_int got = (cl_int)strtol(answer + strlen(ANSWER), NULL, 10);
        if (got != want)
            quirk_at(file, line, "%s %s (%s, specified %s)", role, arg, status_name(got), status_name(want));
    } else if (strstr(r.output, "FAIL ")) {
        fail_at(file, line, "%s %s: %s", role, arg, r.output);
    } else {
        quirk_at(file, line, "%s %s (%s, specified %s)", role, arg, ending(r.status), status_name(want));
    }
    free(r.output);
}

/* ---- calls that may crash -------------------------------------------------- */

static struct bad_calls *bad_lists;

void register_bad_calls(struct bad_calls *list)
{
    list->next = bad_lists;
    bad_lists = list;
}

/* "LIST FROM": makes the calls from number FROM on, a line for each. */
CHILD(bad_calls)
{
    char name[64];
    size_t from;
    CHECK(sscanf(arg, "%63s %zu", name, &from) == 2);
    struct bad_calls *list = bad_lists;
    while (strcmp(list->name, name) != 0)
        list = list->next;
    for (size_t i = from; i < list->count; i++) {
        struct cl cl = cl_open();
        alarm(PROBE_SECONDS);
        cl_int status = list->calls[i].call(&cl);
        printf("%zu %d\n", i, status);
        fflush(stdout);
    }
    _exit(0);
}

static void judge(const char *file, int line, const struct bad_call *c, const char *got)
{
    if (strcmp(got, status_name(c->want)) != 0)
        quirk_at(file, line, "%s (%s, specified %s)", c->name, got, status_name(c->want));
}

void check_bad_calls(const char *file, int line, const struct bad_calls *list)
{
    size_t next = 0;
    while (next < list->count) {
        size_t from = next;
        char *arg = format("%s %zu", list->name, next), *save = NULL;
        struct child_result r = run_child("bad_calls", arg);
        for (char *at = strtok_r(r.output, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
            size_t i;
            int status;
            if (sscanf(at, "%zu %d", &i, &status) == 2 && i == next) {
                judge(file, line, &list->calls[i], status_name(status));
                next++;
            }
        }
        /* a child that a call has made unusable is restarted */
        if (next < list->count && (next == from || WIFSIGNALED(r.status)))
            judge(file, line, &list->calls[next++], ending(r.status));
        free(arg);
        free(r.output);
    }
}
