/* Runner: `list`, `run NAME...`, `all`.
 *
 * After a failure, a crash or a time-out the process executes itself again for
 * the cases that remain, so that nothing a broken case left behind matters.
 */
#include "conformance.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

static struct test_case *first_case, **last_case = &first_case;

static struct {
    struct test_case *current;
    pthread_t thread;
    jmp_buf out;
    pthread_mutex_t mutex;
    bool running, failed;
    char reason[1024];
    unsigned quirks;
} run = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static struct {
    unsigned passed, failed, skipped;
} total;

/* argv of the process that continues after this one, made before each case. */
static char count_args[3][16];
static char **resume_argv;

static char first_directory[4096];

static bool strict;
extern __thread bool harness_thread;

void register_case(struct test_case *c)
{
    *last_case = c;
    last_case = &c->next;
}

void fail_at(const char *file, int line, const char *fmt, ...)
{
    char text[800];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (char *at = text; (at = strchr(at, '\n'));) /* one line for each verdict */
        *at = '|';

    pthread_mutex_lock(&run.mutex);
    bool first = !run.failed;
    run.failed = true;
    if (first)
        snprintf(run.reason, sizeof run.reason, "%s:%d %s", file, line, text);
    pthread_mutex_unlock(&run.mutex);
    if (!run.current) { /* a child role */
        fprintf(stderr, "FAIL %s:%d %s\n", file, line, text);
        exit(1);
    }
    if (pthread_equal(pthread_self(), run.thread))
        longjmp(run.out, 1);
    if (harness_thread)
        pthread_exit(NULL);
}

void skip(const char *fmt, ...)
{
    char text[800];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (!run.current) {
        printf("SKIP %s\n", text);
        exit(0);
    }
    snprintf(run.reason, sizeof run.reason, "%s", text);
    longjmp(run.out, 2);
}

void note(const char *fmt, ...)
{
    char text[800];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    printf("%s note: %s\n", run.current ? run.current->name : "child", text);
}

void quirk_at(const char *file, int line, const char *fmt, ...)
{
    char text[800];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (strict)
        fail_at(file, line, "%s", text);
    printf("%s quirk: %s:%d %s\n", run.current ? run.current->name : "child", file, line, text);
}

static void write_text(const char *s)
{
    ssize_t ignored = write(STDOUT_FILENO, s, strlen(s));
    (void)ignored;
}

static void put_number(char *at, unsigned n)
{
    char digits[16];
    int i = 0;
    do
        digits[i++] = (char)('0' + n % 10);
    while (n /= 10);
    while (i)
        *at++ = digits[--i];
    *at = 0;
}

/* Async-signal-safe. */
static void resume(void)
{
    put_number(count_args[0], total.passed);
    put_number(count_args[1], total.failed);
    put_number(count_args[2], total.skipped);
    if (chdir(first_directory) != 0)
        _exit(1);
    execv("/proc/self/exe", resume_argv);
    _exit(1);
}

static void on_fatal_signal(int sig)
{
    static const char *const names[] = {
        [SIGALRM] = "timed out", [SIGSEGV] = "crashed (SIGSEGV)", [SIGBUS] = "crashed (SIGBUS)",
        [SIGABRT] = "aborted",   [SIGFPE] = "crashed (SIGFPE)",   [SIGILL] = "crashed (SIGILL)",
        [SIGPIPE] = "got SIGPIPE"};
    write_text(run.current->name);
    write_text(" FAIL ");
    write_text(names[sig]);
    write_text("\n");
    total.failed++;
    resume();
}

static void set_signals(void (*handler)(int))
{
    static const int signals[] = {SIGALRM, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPIPE};
    struct sigaction sa = {.sa_handler = handler};
    sigset_t none;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &sa, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void leave_the_runner(void)
{
    run.current = NULL;
    run.running = false;
    set_signals(SIG_DFL);
}

/* A library that calls exit() ends the case, not the run. */
static void on_exit_in_case(void)
{
    if (!run.running)
        return;
    printf("%s FAIL the process was made to exit\n", run.current->name);
    fflush(stdout);
    total.failed++;
    resume();
}

static void run_case(struct test_case *c, char **rest)
{
    for (size_t i = 0; (resume_argv[5 + i] = rest[i]); i++)
        ;
    run.current = c;
    run.thread = pthread_self();
    run.failed = false;
    run.reason[0] = 0;
    set_signals(on_fatal_signal);
    if (c->remote_only && !getenv("CONFORMANCE_REMOTE")) {
        printf("%s skip: remote-only (set CONFORMANCE_REMOTE=1)\n", c->name);
        total.skipped++;
        return;
    }
    double begin = now_seconds();
    alarm(c->seconds);
    int how = setjmp(run.out);
    run.running = how == 0;
    if (how == 0)
        c->body();
    run.running = false;
    alarm(0);
    fflush(stdout);
    if (getenv("CONFORMANCE_TIMES"))
        fprintf(stderr, "%s %.3f s\n", c->name, now_seconds() - begin);
    if (run.failed) {
        printf("%s FAIL %s\n", c->name, run.reason);
        fflush(stdout);
        total.failed++;
        resume();
    } else if (how == 2) {
        printf("%s skip: %s\n", c->name, run.reason);
        total.skipped++;
    } else {
        printf("%s ok\n", c->name);
        total.passed++;
    }
    fflush(stdout);
}

static struct test_case *find_case(const char *name)
{
    struct test_case *c = first_case;
    while (c && strcmp(c->name, name) != 0)
        c = c->next;
    return c;
}

static int run_cases(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!find_case(names[i])) {
            fprintf(stderr, "conformance: no case is called %s\n", names[i]);
            return 2;
        }
    resume_argv = must_alloc((count + 6) * sizeof *resume_argv);
    resume_argv[0] = "conformance";
    resume_argv[1] = "--resume";
    for (int i = 0; i < 3; i++)
        resume_argv[2 + i] = count_args[i];
    for (size_t i = 0; i < count; i++)
        run_case(find_case(names[i]), names + i + 1);
    printf("%u passed, %u failed, %u skipped\n", total.passed, total.failed, total.skipped);
    return total.failed != 0;
}

static size_t all_names(char ***names)
{
    size_t count = 0;
    for (struct test_case *c = first_case; c; c = c->next)
        count++;
    *names = must_alloc((count + 1) * sizeof **names);
    size_t i = 0;
    for (struct test_case *c = first_case; c; c = c->next)
        (*names)[i++] = (char *)c->name;
    (*names)[i] = NULL;
    return count;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    char **names;

    strict = getenv("CONFORMANCE_STRICT") != NULL;
    if (!getcwd(first_directory, sizeof first_directory))
        return 2;
    if (strcmp(verb, "--child") == 0 && argc == 4) {
        set_signals(SIG_DFL);
        return run_child_role(argv[2], argv[3]);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(on_exit_in_case);
    if (strcmp(verb, "list") == 0) {
        for (struct test_case *c = first_case; c; c = c->next)
            printf("%s%s\n", c->name, c->remote_only ? " remote-only" : "");
        return 0;
    }
    if (strcmp(verb, "all") == 0) {
        size_t count = all_names(&names);
        return run_cases(names, count);
    }
    if (strcmp(verb, "run") == 0 && argc > 2)
        return run_cases(argv + 2, (size_t)argc - 2);
    if (strcmp(verb, "--resume") == 0 && argc >= 5) {
        total.passed = (unsigned)strtoul(argv[2], NULL, 10);
        total.failed = (unsigned)strtoul(argv[3], NULL, 10);
        total.skipped = (unsigned)strtoul(argv[4], NULL, 10);
        return run_cases(argv + 5, (size_t)argc - 5);
    }
    fprintf(stderr, "usage: conformance list | all | run NAME...\n");
    return 2;
}
