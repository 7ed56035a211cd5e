/* attack TARGETS, attack list, attack neighbour DIRECTORY, attack identity: what a hostile worker can do.
 *
 * On a CPU a kernel of OpenCL may make any system call, so that a program has its worker's rights. This tries, one by
 * one, to abuse them. Each attempt runs in a process of its own (or a thread, where workers may start no processes), which
 * is ended if it takes long, and prints one line on standard error:
 *
 *     NAME: refused (ERRNO)       NAME: succeeded (RESULT)       NAME: not there (WHAT)
 *
 * No attempt does harm if it succeeds: memory is overwritten with its own contents, signals are ignored ones
 * or number 0, limits and priorities are set to their own values.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

static const struct attack *const tables[] = {against_processes, against_kernel, against_sockets, against_files,
                                              against_rights, against_limits};
enum { TABLES = sizeof tables / sizeof *tables };

static char text[8192];        /* The targets: NAME=VALUE lines. */
static char what[160];         /* The attack's result. */
static const char *attempted;  /* Its name. */
static int is_thread;

static void say(const char *verdict, const char *detail)
{
    char line[400];
    int length = snprintf(line, sizeof line, "%s: %s (%s)\n", attempted, verdict, detail);

    for (int i = 0; i < length - 1; i++)
        if (line[i] < ' ' || line[i] > '~')
            line[i] = '.';
    if (write(2, line, (size_t)length) != length)
        _exit(3);
}

long of(long result)
{
    return result == -1 ? -(long)errno : result;
}

long reached(long result)
{
    if (result != -1)
        return result;
    if (errno == EPERM || errno == EACCES || errno == ENOSYS)
        return -(long)errno;
    return got("it looked at its arguments: %s", strerrorname_np(errno));
}

long got(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return 0;
}

/* Ends the attempt: its process, or its thread where there can be no process. */
static _Noreturn void end(void)
{
    if (is_thread)
        pthread_exit(NULL);
    _exit(0);
}

void not_there(const char *name)
{
    say("not there", name);
    end();
}

const char *target(const char *name)
{
    static char values[8][PATH_MAX];
    static int next;
    char *value = values[next++ % 8];
    size_t length = strlen(name);

    for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        if (strncmp(line, name, length) == 0 && line[length] == '=') {
            snprintf(value, PATH_MAX, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
            return value;
        }
    }
    not_there(name);
}

long number(const char *name)
{
    return strtol(target(name), NULL, 10);
}

const char *below(const char *directory, const char *name)
{
    static char paths[4][2 * PATH_MAX];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", target(directory), name);
    return path;
}

long read_from(const char *path)
{
    char bytes[25] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (file < 0)
        return of(-1);
    ssize_t count = read(file, bytes, sizeof bytes - 1);
    if (count < 0)
        return of(-1);
    return got("%zd bytes: %s", count, bytes);
}

long caught(void)
{
    int file = open(below("public", "caught"), O_RDONLY | O_CLOEXEC);
    const int *count = mmap(NULL, sizeof *count, PROT_READ, MAP_SHARED, file, 0);

    if (count == MAP_FAILED)
        not_there("the neighbour's count");
    return *count;
}

long is_caught(long before)
{
    /* The test also asks the neighbour at the end, so this need not wait for a slow one. */
    for (int i = 0; i < 60; i++) {
        if (caught() > before)
            return got("the neighbour has caught a signal");
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return -EPERM;
}

static void refused(int error)
{
    char detail[200];

    snprintf(detail, sizeof detail, "%s%s%s", strerrorname_np(error) ? strerrorname_np(error) : "an odd error",
             what[0] ? ", " : "", what);
    say("refused", detail);
}

static _Noreturn void attempt(const struct attack *attack)
{
    long result = attack->run();

    if (result >= 0)
        say("succeeded", what[0] ? what : attack->gain);
    else
        refused((int)-result);
    end();
}

static _Noreturn void attempt_in_a_process(const struct attack *attack)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    /* A timer of the kernel's ends a hanging attempt: it needs no `kill`, which a sandbox may forbid. */
    alarm(20);
    attempt(attack);
}

static void *attempt_in_a_thread(void *attack)
{
    attempt(attack);
}

/* Where workers may start no processes. Attempts that could kill the worker are left out. */
static void run_in_a_thread(const struct attack *attack)
{
    struct timespec limit;
    pthread_t thread;

    if (attack->without == BOUND || attack->is_deadly) {
        say("not there", "a process to lose");
        return;
    }
    is_thread = 1;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 20;
    if (pthread_create(&thread, NULL, attempt_in_a_thread, (void *)attack) != 0)
        say("not tried", "no thread");
    else if (pthread_timedjoin_np(thread, NULL, &limit) != 0)
        say("hung", "too long");
}

static void run(const struct attack *attack)
{
    int status;

    attempted = attack->name;
    what[0] = 0;
    pid_t child = fork();
    if (child == 0)
        attempt_in_a_process(attack);
    if (child < 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS)) {
        run_in_a_thread(attack);
        return;
    }
    if (child < 0) {
        say("not tried", strerrorname_np(errno));
        return;
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        say("hung", "too long");
    else if (WIFSIGNALED(status))
        say("refused", strsignal(WTERMSIG(status)));
}

int attack_all(const char *targets)
{
    int file = open(targets, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);

    attempted = "targets";
    if (length <= 0) {
        say("not there", strerrorname_np(errno));
        return 1;
    }
    text[length] = 0;
    close(file);
    /* A refusal there has a reason of its own. */
    file = open(below("own", "made"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    say(file < 0 ? "a worker's own directory is shut" : "a worker's own directory is open",
        file < 0 ? strerrorname_np(errno) : "a file was made");
    close(file);
    for (int table = 0; table < TABLES; table++)
        for (const struct attack *attack = tables[table]; attack->name; attack++)
            run(attack);
    attempted = "targets";
    say("done", "all were tried");
    return 0;
}

int attack_from_here(void)
{
    char path[PATH_MAX];
    Dl_info info;

    if (!dladdr((void *)attack_all, &info) || strlen(info.dli_fname) > sizeof path - 16)
        return 1;
    strcpy(path, info.dli_fname);
    char *name = strrchr(path, '/');
    strcpy(name ? name + 1 : path, "targets");
    return attack_all(path);
}

#ifdef PROGRAM
static int list(void)
{
    static const char *const names[] = {[ANY] = "any", [ROOT] = "root", [DEPENDS] = "depends", [BOUND] = "bound"};

    for (int table = 0; table < TABLES; table++)
        for (const struct attack *attack = tables[table]; attack->name; attack++)
            printf("%s\t%s\t%s\n", attack->name, names[attack->without], attack->gain);
    return 0;
}

/* Run from a file of another user's with the set-user-id bit: has it worked? */
static int identity(void)
{
    return getauxval(AT_SECURE) || geteuid() != getuid() ? 42 : 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list();
    if (argc == 2 && strcmp(argv[1], "identity") == 0)
        return identity();
    if (argc == 3 && strcmp(argv[1], "neighbour") == 0)
        return neighbour(argv[2]);
    if (argc == 2)
        return attack_all(argv[1]);
    fprintf(stderr, "usage: attack list | identity | neighbour DIRECTORY | TARGETS\n");
    return 2;
}
#endif
