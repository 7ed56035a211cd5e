/* CUDA driver semantics as programs see them: `list`, `run NAME...`, `all`. */
#include "client.h"

#include <signal.h>
#include <stdarg.h>

enum { FAILED = 1, SKIPPED = 77 };

static struct test_case *first_case, **last_case = &first_case;
static const char *current = "client";

void register_case(struct test_case *c)
{
    *last_case = c;
    last_case = &c->next;
}

static void say(const char *kind, const char *fmt, va_list ap)
{
    flockfile(stdout);
    printf("%s %s ", current, kind);
    vprintf(fmt, ap);
    printf("\n");
    fflush(stdout);
    funlockfile(stdout);
}

void fail_at(const char *file, int line, const char *fmt, ...)
{
    char place[256];
    va_list ap;
    snprintf(place, sizeof place, "FAIL %s:%d", file, line);
    va_start(ap, fmt);
    say(place, fmt, ap);
    va_end(ap);
    _exit(FAILED);
}

void skip(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say("skip:", fmt, ap);
    va_end(ap);
    _exit(SKIPPED);
}

void note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say("note:", fmt, ap);
    va_end(ap);
}

static const char *status_name(CUresult status)
{
    const char *name = NULL;
    cuGetErrorName(status, &name);
    return name ? name : "unknown";
}

void is_at(const char *file, int line, const char *call, CUresult got, CUresult want)
{
    if (got != want)
        fail_at(file, line, "%s (%d %s, not %d %s)", call, got, status_name(got), want, status_name(want));
}

void is_refused_at(const char *file, int line, const char *call, CUresult got)
{
    if (got == CUDA_SUCCESS)
        fail_at(file, line, "%s (it succeeds)", call);
    note("%s: %d", call, got);
}

void same_at(const char *file, int line, const char *what, long long got, long long want)
{
    if (got != want)
        fail_at(file, line, "%s (%lld, not %lld)", what, got, want);
}

/* The exit status of the case's process: 0 is a pass. */
static int run_case(const struct test_case *c)
{
    int how;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        current = c->name;
        alarm(CASE_SECONDS);
        c->body();
        printf("%s ok\n", c->name);
        exit(0);
    }
    if (child < 0 || waitpid(child, &how, 0) != child) {
        printf("%s FAIL no process\n", c->name);
        return FAILED;
    }
    if (WIFSIGNALED(how)) {
        printf("%s FAIL %s\n", c->name, WTERMSIG(how) == SIGALRM ? "timed out" : strsignal(WTERMSIG(how)));
        return FAILED;
    }
    return WEXITSTATUS(how);
}

static struct test_case *find_case(const char *name)
{
    struct test_case *c = first_case;
    while (c && strcmp(c->name, name) != 0)
        c = c->next;
    return c;
}

static unsigned passed, failed, skipped;

static void judge(const struct test_case *c)
{
    switch (run_case(c)) {
    case 0: passed++; break;
    case SKIPPED: skipped++; break;
    default: failed++; break;
    }
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(verb, "list") == 0 && argc == 2) {
        for (struct test_case *c = first_case; c; c = c->next)
            printf("%s\n", c->name);
        return 0;
    }
    if (strcmp(verb, "all") == 0 && argc == 2) {
        for (struct test_case *c = first_case; c; c = c->next)
            judge(c);
    } else if (strcmp(verb, "run") == 0 && argc > 2) {
        for (int i = 2; i < argc; i++) {
            struct test_case *c = find_case(argv[i]);
            if (!c) {
                fprintf(stderr, "client: no case is called %s\n", argv[i]);
                return 2;
            }
            judge(c);
        }
    } else {
        fprintf(stderr, "usage: client list | all | run NAME...\n");
        return 2;
    }
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed != 0;
}
