/* Other processes: the memory, descriptors and secrets of another worker and of the broker, and killing them. */
#define _GNU_SOURCE
#include "attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static const char *of_process(const char *who, const char *file)
{
    static char path[256];

    snprintf(path, sizeof path, "/proc/%ld/%s", number(who), file);
    return path;
}

/* Memory. */

static long read_memory(const char *who, const char *address)
{
    char bytes[17] = "";
    struct iovec here = {bytes, 16}, there = {(void *)number(address), 16};

    if (syscall(SYS_process_vm_readv, number(who), &here, 1, &there, 1, 0) < 0)
        return of(-1);
    return got("%s", bytes);
}

static long read_victim(void) { return read_memory("victim", "victim_address"); }
static long read_broker(void) { return read_memory("broker", "broker_address"); }

/* With the same bytes: nothing changes. */
static long write_broker(void)
{
    const char *bytes = target("broker_bytes");
    struct iovec here = {(void *)bytes, strlen(bytes)}, there = {(void *)number("broker_address"), strlen(bytes)};

    return of(syscall(SYS_process_vm_writev, number("broker"), &here, 1, &there, 1, 0));
}

static long read_mem_file(void)
{
    char bytes[17] = "";
    int file = open(of_process("victim", "mem"), O_RDONLY);

    if (file < 0 || pread(file, bytes, 16, number("victim_address")) < 0)
        return of(-1);
    return got("%s", bytes);
}

static long write_mem_file(void)
{
    const char *bytes = target("broker_bytes");
    int file = open(of_process("broker", "mem"), O_RDWR);

    return of(file < 0 ? -1 : pwrite(file, bytes, strlen(bytes), number("broker_address")));
}

static long attach(void)
{
    pid_t victim = (pid_t)number("victim");
    int status;

    if (ptrace(PTRACE_ATTACH, victim, 0, 0) < 0)
        return of(-1);
    waitpid(victim, &status, __WALL);
    return of(ptrace(PTRACE_DETACH, victim, 0, 0));
}

static long seize_victim(void) { return of(ptrace(PTRACE_SEIZE, (pid_t)number("victim"), 0, 0)); }
static long seize_broker(void) { return of(ptrace(PTRACE_SEIZE, (pid_t)number("broker"), 0, 0)); }

/* Descriptors. */

static int process_descriptor(const char *who)
{
    return (int)syscall(SYS_pidfd_open, number(who), 0);
}

static long take_from(int process)
{
    if (process < 0)
        return of(-1);
    for (int number = 0; number < 32; number++)
        if (syscall(SYS_pidfd_getfd, process, number, 0) >= 0)
            return got("its descriptor %d", number);
    return of(-1);
}

static long take_from_victim(void) { return take_from(process_descriptor("victim")); }
static long take_from_broker(void) { return take_from(process_descriptor("broker")); }

/* A socket gives a pidfd of its peer: for the control socket that is one of the broker, for which
 * pidfd_open is not needed. */
static long peer_of_a_socket(void)
{
    long last = 0;
    int sockets = 0;

    for (int number = 0; number < 64; number++) {
        int process;
        socklen_t size = sizeof process;
        if (getsockopt(number, SOL_SOCKET, SO_PEERPIDFD, &process, &size) < 0)
            continue;
        sockets++;
        /* The program's has the program's rights and is no attack on others. */
        char path[64], line[64] = "";
        int pid = 0;
        snprintf(path, sizeof path, "/proc/self/fdinfo/%d", process);
        FILE *info = fopen(path, "r");
        while (info && fgets(line, sizeof line, info) && sscanf(line, "Pid: %d", &pid) != 1)
            ;
        if (pid != 0 && pid != (int)strtol(target("broker"), NULL, 10))
            continue;
        if (syscall(SYS_pidfd_send_signal, process, SIGWINCH, NULL, 0) == 0)
            return got("a signal, through the peer of %d", number);
        if (take_from(process) >= 0)
            return 0;
        last = of(-1);
    }
    if (!sockets)
        not_there("a socket that tells");
    return last ? last : -EPERM;
}

static long reopen_descriptors(void)
{
    char path[64], where[256];
    long first = -ENOENT;

    for (int number = 0; number < 32; number++) {
        snprintf(path, sizeof path, "fd/%d", number);
        ssize_t length = readlink(of_process("victim", path), where, sizeof where - 1);
        if (length < 0 && errno == ENOENT)
            continue;
        if (length > 0 && open(of_process("victim", path), O_RDONLY | O_NONBLOCK) >= 0)
            return got("%.*s", (int)length, where);
        if (first == -ENOENT)
            first = of(-1);
    }
    return first;
}

static long link_of(const char *file)
{
    char where[120] = "";

    return readlink(of_process("victim", file), where, sizeof where - 1) < 0 ? of(-1) : got("%s", where);
}

static long through(const char *file)
{
    return read_from(of_process("victim", file));
}

static long environ_of(void) { return through("environ"); }
static long maps_of(void) { return through("maps"); }
static long command_of(void) { return through("cmdline"); }
static long root_of(void) { return through("root/etc/hostname"); }
static long directory_of(void) { return link_of("cwd"); }
static long program_of(void) { return link_of("exe"); }
static long stack_of(void) { return through("syscall"); }

static long namespace_of(void)
{
    return of(open(of_process("victim", "ns/net"), O_RDONLY));
}

/* Makes the kernel end the victim first when memory is short. Writes the current value. */
static long oom_score_of(void)
{
    char score[16] = "";
    int file = open(of_process("victim", "oom_score_adj"), O_RDWR);

    if (file < 0 || read(file, score, sizeof score - 1) < 0)
        return of(-1);
    return of(write(file, score, strlen(score)));
}

/* Signals. */

static long kill_victim(void) { return of(kill((pid_t)number("victim"), SIGWINCH)); }
static long kill_broker(void) { return of(kill((pid_t)number("broker"), SIGWINCH)); }
static long probe_broker(void) { return of(kill((pid_t)number("broker"), 0)); }
static long kill_everybody(void) { return of(kill(-1, 0)); }
static long tkill_victim(void) { return of(syscall(SYS_tkill, number("victim"), SIGWINCH)); }
static long tkill_broker(void) { return of(syscall(SYS_tkill, number("broker"), SIGWINCH)); }
static long tgkill_victim(void) { return of(syscall(SYS_tgkill, number("victim"), number("victim"), SIGWINCH)); }
static long tgkill_broker(void) { return of(syscall(SYS_tgkill, number("broker"), number("broker"), SIGWINCH)); }

static long kill_neighbour(void)
{
    long before = caught();

    return kill((pid_t)number("neighbour"), SIGWINCH) < 0 ? of(-1) : is_caught(before);
}

/* The worker must be alone in its process group, or 0 and -GROUP reach others. */
static long kill_group(const char *who, pid_t named)
{
    pid_t group = getpgid((pid_t)number(who));

    if (group < 0)
        return of(-1);
    if (named == 0 && group != getpgid(0))
        return -EPERM;
    return of(kill(named == 0 ? 0 : -group, SIGWINCH));
}

static long kill_own_group(void) { return kill_group("broker", 0); }
static long kill_broker_group(void) { return kill_group("broker", 1); }
static long kill_victim_group(void) { return kill_group("victim", 1); }

static siginfo_t queued(void)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    info.si_signo = SIGWINCH;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    return info;
}

static long queue_to(const char *who)
{
    siginfo_t info = queued();

    return of(syscall(SYS_rt_sigqueueinfo, number(who), SIGWINCH, &info));
}

static long queue_to_thread(const char *who)
{
    siginfo_t info = queued();

    return of(syscall(SYS_rt_tgsigqueueinfo, number(who), number(who), SIGWINCH, &info));
}

static long queue_victim(void) { return queue_to("victim"); }
static long queue_broker(void) { return queue_to("broker"); }
static long tgqueue_victim(void) { return queue_to_thread("victim"); }
static long tgqueue_broker(void) { return queue_to_thread("broker"); }

static long send_through(int process)
{
    return of(process < 0 ? -1 : syscall(SYS_pidfd_send_signal, process, SIGWINCH, NULL, 0));
}

static long pidfd_victim(void) { return send_through(process_descriptor("victim")); }
static long pidfd_broker(void) { return send_through(process_descriptor("broker")); }
/* A directory of /proc serves as a pidfd, too. */
static long directory_victim(void) { return send_through(open(of_process("victim", ""), O_RDONLY | O_DIRECTORY)); }

/* The kernel sends signals for ready files to the process that F_SETOWN names. */
static long by_a_file(int set, int read_end, int write_end)
{
    long before = caught();

    if (set < 0 || fcntl(read_end, F_SETFL, O_ASYNC | O_NONBLOCK) < 0 || write(write_end, "x", 1) != 1)
        return of(-1);
    return is_caught(before);
}

static long owner(void)
{
    int ends[2];

    if (pipe(ends) < 0)
        return of(-1);
    return by_a_file(fcntl(ends[0], F_SETOWN, (int)number("neighbour")), ends[0], ends[1]);
}

static long owner_extended(void)
{
    struct f_owner_ex who = {F_OWNER_TID, (pid_t)number("neighbour")};
    int ends[2];

    if (pipe(ends) < 0)
        return of(-1);
    return by_a_file(fcntl(ends[0], F_SETOWN_EX, &who), ends[0], ends[1]);
}

static long owner_by_ioctl(unsigned long request)
{
    int who = (int)number("neighbour"), ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        return of(-1);
    return by_a_file(ioctl(ends[0], request, &who), ends[0], ends[1]);
}

static long owner_fiosetown(void) { return owner_by_ioctl(0x8901); }
static long owner_siocspgrp(void) { return owner_by_ioctl(0x8902); }

/* Another process's resources: all are set to their current values. */

static long limits_of(const char *who)
{
    struct rlimit limit;

    if (prlimit((pid_t)number(who), RLIMIT_CPU, NULL, &limit) < 0)
        return of(-1);
    return of(prlimit((pid_t)number(who), RLIMIT_CPU, &limit, NULL));
}

static long limits_of_victim(void) { return limits_of("victim"); }
static long limits_of_broker(void) { return limits_of("broker"); }

static long affinity_of(void)
{
    cpu_set_t set;
    pid_t victim = (pid_t)number("victim");

    return of(sched_getaffinity(victim, sizeof set, &set) < 0 ? -1 : sched_setaffinity(victim, sizeof set, &set));
}

static long priority_of(void)
{
    id_t victim = (id_t)number("victim");

    errno = 0;
    int nice = getpriority(PRIO_PROCESS, victim);
    return of(errno ? -1 : setpriority(PRIO_PROCESS, victim, nice));
}

static long scheduler_of(void)
{
    pid_t victim = (pid_t)number("victim");
    struct sched_param none = {0};
    int policy = sched_getscheduler(victim);

    return of(policy < 0 ? -1 : sched_setscheduler(victim, policy, &none));
}

static long attributes_of(void)
{
    char attributes[56] = "";

    if (syscall(SYS_sched_getattr, number("victim"), attributes, sizeof attributes, 0) < 0)
        return of(-1);
    return of(syscall(SYS_sched_setattr, number("victim"), attributes, 0));
}

static long disk_priority_of(void)
{
    long now = syscall(SYS_ioprio_get, 1, number("victim"));

    return of(now < 0 ? -1 : syscall(SYS_ioprio_set, 1, number("victim"), now));
}

static long move_pages_of(void) { return of(syscall(SYS_move_pages, number("victim"), 0, NULL, NULL, NULL, 0)); }

static long migrate_pages_of(void)
{
    unsigned long node = 1;

    return of(syscall(SYS_migrate_pages, number("victim"), 64, &node, &node));
}

static long advise(void)
{
    int process = process_descriptor("victim");
    struct iovec page = {(void *)(number("victim_address") & -4096L), 4096};

    return of(process < 0 ? -1 : syscall(SYS_process_madvise, process, &page, 1, 20 /* MADV_COLD */, 0));
}

static long reap(void)
{
    int process = process_descriptor("victim");

    return process < 0 ? of(-1) : reached(syscall(SYS_process_mrelease, process, 0));
}

static long compare(void)
{
    return of(syscall(SYS_kcmp, number("victim"), number("broker"), KCMP_FILE, 0, 0));
}

static long robust_list(void)
{
    void *head = NULL;
    size_t length;

    return syscall(SYS_get_robust_list, number("victim"), &head, &length) < 0 ? of(-1) : got("address %p", head);
}

/* Outliving the session. */

static long own_session(void) { return of(setsid()); }
static long own_group(void) { return of(setpgid(0, 0)); }

/* A daemon: the test searches for its name to see whether it outlives the session. */
static long daemonise(void)
{
    pid_t child = fork();

    if (child < 0)
        return of(-1);
    if (child > 0) {
        waitpid(child, NULL, 0);
        return got("left behind: see who is there when the session is over");
    }
    setsid();
    if (fork() != 0)
        _exit(0);
    prctl(PR_SET_NAME, target("left"));
    prctl(PR_SET_PDEATHSIG, 0);
    for (int file = 0; file < 1024; file++)
        close(file);
    alarm(60);
    pause();
    _exit(0);
}

const struct attack against_processes[] = {
    {"process_vm_readv victim", "the victim's memory", read_victim, ANY},
    {"process_vm_readv broker", "the broker's memory", read_broker, ANY},
    {"process_vm_writev broker", "the broker does as told", write_broker, ANY},
    {"/proc/PID/mem victim", "the victim's memory", read_mem_file, ANY},
    {"/proc/PID/mem broker", "the broker does as told", write_mem_file, ANY},
    {"ptrace attach victim", "the victim's memory and registers", attach, ANY},
    {"ptrace seize victim", "the victim's memory and registers", seize_victim, ANY},
    {"ptrace seize broker", "the broker does as told", seize_broker, ANY},
    {"pidfd_getfd victim", "the victim's connections", take_from_victim, ANY},
    {"pidfd_getfd broker", "everybody's connections", take_from_broker, ANY},
    {"SO_PEERPIDFD broker", "a process descriptor of the broker", peer_of_a_socket, DEPENDS},
    {"/proc/PID/fd", "the victim's open files", reopen_descriptors, ANY},
    {"/proc/PID/environ", "the victim's environment", environ_of, ANY},
    {"/proc/PID/maps", "where the victim's memory is", maps_of, ANY},
    {"/proc/PID/cmdline", "what others run", command_of, ANY},
    {"/proc/PID/root", "a way around what is shut", root_of, ANY},
    {"/proc/PID/cwd", "where the victim is", directory_of, ANY},
    {"/proc/PID/exe", "what the victim runs", program_of, ANY},
    {"/proc/PID/syscall", "where the victim's stack is", stack_of, DEPENDS},
    {"/proc/PID/ns", "the victim's namespaces", namespace_of, ANY},
    {"/proc/PID/oom_score_adj", "the victim is ended first", oom_score_of, ANY},
    {"kill victim", "ends the victim", kill_victim, ANY},
    {"kill broker", "ends the broker", kill_broker, ANY},
    {"kill broker with 0", "knows that it could", probe_broker, ANY},
    {"kill neighbour", "ends the user's other processes", kill_neighbour, ANY},
    {"kill everybody", "ends all that it may", kill_everybody, ANY},
    {"kill own group", "ends the broker, which is in it", kill_own_group, DEPENDS},
    {"kill group of broker", "ends the broker and its workers", kill_broker_group, ANY},
    {"kill group of victim", "ends the victim and what it started", kill_victim_group, ANY},
    {"tkill victim", "ends the victim", tkill_victim, ANY},
    {"tkill broker", "ends the broker", tkill_broker, ANY},
    {"tgkill victim", "ends the victim", tgkill_victim, ANY},
    {"tgkill broker", "ends the broker", tgkill_broker, ANY},
    {"rt_sigqueueinfo victim", "ends the victim", queue_victim, ANY},
    {"rt_sigqueueinfo broker", "ends the broker", queue_broker, ANY},
    {"rt_tgsigqueueinfo victim", "ends the victim", tgqueue_victim, ANY},
    {"rt_tgsigqueueinfo broker", "ends the broker", tgqueue_broker, ANY},
    {"pidfd_send_signal victim", "ends the victim", pidfd_victim, ANY},
    {"pidfd_send_signal broker", "ends the broker", pidfd_broker, ANY},
    {"pidfd_send_signal /proc", "ends the victim", directory_victim, ANY},
    {"F_SETOWN", "the kernel sends SIGIO to others", owner, ANY},
    {"F_SETOWN_EX", "the kernel sends SIGIO to others", owner_extended, ANY},
    {"FIOSETOWN", "the kernel sends SIGIO to others", owner_fiosetown, ANY},
    {"SIOCSPGRP", "the kernel sends SIGIO to others", owner_siocspgrp, ANY},
    {"prlimit64 victim", "the victim's limits, which may end it", limits_of_victim, ANY},
    {"prlimit64 broker", "the broker's limits, which may end it", limits_of_broker, ANY},
    {"sched_setaffinity victim", "the victim's processors", affinity_of, ANY},
    {"setpriority victim", "the victim's priority", priority_of, ANY},
    {"sched_setscheduler victim", "the victim's scheduling", scheduler_of, ANY},
    {"sched_setattr victim", "the victim's scheduling", attributes_of, ANY},
    {"ioprio_set victim", "the victim's disk priority", disk_priority_of, ANY},
    {"move_pages victim", "where the victim's pages are", move_pages_of, DEPENDS},
    {"migrate_pages victim", "moves the victim's pages", migrate_pages_of, DEPENDS},
    {"process_madvise victim", "the victim's pages go to disk", advise, DEPENDS},
    {"process_mrelease victim", "the victim's memory while it ends", reap, DEPENDS},
    {"kcmp victim", "the order of the kernel's addresses", compare, DEPENDS},
    {"get_robust_list victim", "where the victim's stacks are", robust_list, ANY},
    {"setsid", "processes that stay", own_session, ANY},
    {"setpgid", "processes that stay", own_group, ANY},
    {"daemon", "processes that stay", daemonise, ANY},
    {0},
};
