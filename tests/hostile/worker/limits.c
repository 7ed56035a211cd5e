/* The worker's own rights and limits. */
#define _GNU_SOURCE
#include "attack.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Rights. */

static long other_user(void) { return of(setresuid(65533, 65533, 65533)); }
static long other_group(void) { return of(setresgid(65533, 65533, 65533)); }
static long file_user(void)
{
    syscall(SYS_setfsuid, 65533);
    return syscall(SYS_setfsuid, -1) == 65533 ? 0 : -EPERM;
}
static long root(void) { return getuid() == 0 ? got("it is root") : of(setuid(0)); }

static long other_groups(void)
{
    gid_t shadow = 42;

    return of(setgroups(1, &shadow));
}

static long capabilities(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &head, data) < 0)
        return of(-1);
    if (!data[0].effective && !data[0].permitted && !data[1].effective && !data[1].permitted)
        return -EPERM;
    return got("%08x%08x", data[1].permitted, data[0].permitted);
}

static long more_capabilities(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{1 << CAP_SYS_ADMIN, 1 << CAP_SYS_ADMIN, 0}, {0, 0, 0}};

    return of(syscall(SYS_capset, &head, data));
}

static long ambient(void)
{
    return of(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) < 0 &&
                      prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) < 0
                  ? -1
                  : 0);
}

static long no_new_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -EPERM : 0; }

/* Priorities. */

static long real_time(int policy)
{
    struct sched_param first = {.sched_priority = 1};

    if (sched_setscheduler(0, policy, &first) < 0)
        return of(-1);
    first.sched_priority = 0;
    return of(sched_setscheduler(0, SCHED_OTHER, &first));
}

static long first_come(void) { return real_time(SCHED_FIFO); }
static long in_turns(void) { return real_time(SCHED_RR); }

static long deadline(void)
{
    uint64_t attributes[6] = {48 | (uint64_t)SCHED_DEADLINE << 32, 0, 0, 1000000, 10000000, 10000000};

    if (syscall(SYS_sched_setattr, 0, attributes, 0) < 0)
        return of(-1);
    return of(sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0}));
}

static long nicer(void) { return of(setpriority(PRIO_PROCESS, 0, -5)); }
static long disk_first(void) { return of(syscall(SYS_ioprio_set, 1, 0, 1 << 13)); }

static long never_ended(void)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY);

    return of(file < 0 ? -1 : write(file, "-1000", 5));
}

/* Limits. */

/* Raises each finite limit by one. */
static long raise_limits(void)
{
    long refusal = -EPERM;

    for (int which = 0; which < RLIM_NLIMITS; which++) {
        struct rlimit limit;
        if (getrlimit(which, &limit) < 0 || limit.rlim_max == RLIM_INFINITY)
            continue;
        limit.rlim_max++;
        if (setrlimit(which, &limit) == 0)
            return got("limit %d above %lu", which, (unsigned long)limit.rlim_max - 1);
        refusal = of(-1);
    }
    return refusal;
}

static long core(void)
{
    struct rlimit limit = {1 << 20, RLIM_INFINITY};

    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    return limit.rlim_max == 0 ? -EPERM : of(setrlimit(RLIMIT_CORE, &limit));
}

static long locked_memory(void)
{
    enum { SIZE = 64 << 20 };
    void *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return of(memory == MAP_FAILED ? -1 : mlock(memory, SIZE));
}

static long huge_pages(void)
{
    void *memory = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

    return of(memory == MAP_FAILED ? -1 : 0);
}

/* How much it can get: each attempt stops at some point here, too. */

static long stopped_at(long count, long most, int error)
{
    got("%s %ld", count == most ? "went on to" : "stopped at", count);
    return count == most ? 0 : -(long)error;
}

/* They share the memory, so that many cost little, and wait until the attempt ends. */
static long fork_many(void)
{
    enum { STACK = 4096 };
    static int over;
    long most = number("processes"), count;
    char *stacks = mmap(NULL, (size_t)most * STACK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int error = 0;

    if (stacks == MAP_FAILED)
        return of(-1);
    for (count = 0; count < most; count++) {
        pid_t child = (pid_t)syscall(SYS_clone, CLONE_VM | SIGCHLD, stacks + (count + 1) * STACK - 16, NULL, NULL, NULL);
        if (child == 0) {
            struct timespec long_enough = {.tv_sec = 10};
            syscall(SYS_futex, &over, FUTEX_WAIT, 0, &long_enough, NULL, 0);
            syscall(SYS_exit, 0);
        }
        if (child < 0) {
            error = errno;
            break;
        }
    }
    __atomic_store_n(&over, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &over, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
    for (long i = 0; i < count; i++)
        wait(NULL);
    return stopped_at(count, most, error);
}

/* In GiB, none of which is touched. */
static long map_much(void)
{
    long most = number("gibibytes"), count;

    for (count = 0; count < most; count++)
        if (mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
            break;
    return stopped_at(count, most, errno);
}

/* In MiB of files in memory, all touched. */
static long fill_memory(void)
{
    enum { CHUNK = 16 };
    long most = number("mebibytes"), count;
    int file = memfd_create("ava", MFD_CLOEXEC);

    for (count = 0; count < most; count += CHUNK)
        if (fallocate(file, 0, count << 20, CHUNK << 20) < 0)
            break;
    return stopped_at(count < most ? count : most, most, errno);
}

static long open_many(void)
{
    long most = number("descriptors"), count;
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (count = 0; count < most; count++)
        if (memfd_create("ava", 0) < 0)
            break;
    return stopped_at(count, most, errno);
}

const struct attack against_limits[] = {
    {"uid 0", "root's files, without any capability", root, ROOT},
    {"setresuid", "another user's rights", other_user, ROOT},
    {"setresgid", "another group's rights", other_group, ROOT},
    {"setfsuid", "another user's files", file_user, ROOT},
    {"setgroups", "another group's rights", other_groups, ROOT},
    {"capabilities", "has some", capabilities, ROOT},
    {"capset", "one that it should not have", more_capabilities, ROOT},
    {"ambient capabilities", "capabilities for what it starts", ambient, DEPENDS},
    {"no_new_privs", "is not set: programs with others' rights", no_new_privileges, ANY},
    {"SCHED_FIFO", "a processor for itself", first_come, DEPENDS},
    {"SCHED_RR", "a processor for itself", in_turns, DEPENDS},
    {"SCHED_DEADLINE", "a processor for itself", deadline, DEPENDS},
    {"nice", "before all others", nicer, ROOT},
    {"ioprio_set real time", "the disk for itself", disk_first, ROOT},
    {"oom_score_adj", "others are ended for its memory", never_ended, DEPENDS},
    {"setrlimit", "more than it was given", raise_limits, DEPENDS},
    {"RLIMIT_CORE", "the machine's crash handler works on its memory", core, DEPENDS},
    {"mlock", "memory that others cannot have", locked_memory, DEPENDS},
    {"MAP_HUGETLB", "the machine's few huge pages", huge_pages, DEPENDS},
    {"fork many", "no processes for others", fork_many, BOUND},
    {"map much", "address space", map_much, BOUND},
    {"fill memory", "no memory for others", fill_memory, BOUND},
    {"open many", "no open files for others", open_many, BOUND},
    {0},
};
