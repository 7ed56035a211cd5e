/* The kernel: namespaces and mounts, its subsystems and settings, and other ways to number its calls. */
#define _GNU_SOURCE
#include "attack.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* Namespaces. */

static long new_users(void) { return of(unshare(CLONE_NEWUSER)); }
static long new_mounts(void) { return of(unshare(CLONE_NEWNS)); }
static long new_network(void) { return of(unshare(CLONE_NEWNET)); }
static long new_processes(void) { return of(unshare(CLONE_NEWPID)); }
static long new_ipc(void) { return of(unshare(CLONE_NEWIPC)); }
static long new_names(void) { return of(unshare(CLONE_NEWUTS)); }
static long new_groups(void) { return of(unshare(CLONE_NEWCGROUP)); }
static long new_time(void) { return of(unshare(CLONE_NEWTIME)); }

static long cloned(unsigned long flags)
{
    pid_t child = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

    if (child == 0)
        _exit(0);
    if (child > 0)
        waitpid(child, NULL, 0);
    return of(child);
}

static long cloned_users(void) { return cloned(CLONE_NEWUSER); }
static long cloned_mounts(void) { return cloned(CLONE_NEWNS); }

/* Its arguments are in memory, where no filter can check them. */
static long cloned3_users(void)
{
    uint64_t arguments[11] = {[0] = CLONE_NEWUSER, [4] = SIGCHLD};
    pid_t child = (pid_t)syscall(SYS_clone3, arguments, sizeof arguments);

    if (child == 0)
        _exit(0);
    if (child > 0)
        waitpid(child, NULL, 0);
    return of(child);
}

static long join(void)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%ld/ns/uts", number("victim"));
    int space = open(path, O_RDONLY);
    if (space < 0)
        space = open("/proc/self/ns/uts", O_RDONLY);
    return space < 0 ? of(-1) : reached(setns(space, 0));
}

static long join_process(void)
{
    int process = (int)syscall(SYS_pidfd_open, number("victim"), 0);

    return process < 0 ? of(-1) : reached(setns(process, CLONE_NEWUTS));
}

/* Mounts. */

static long mount_here(void)
{
    const char *place = target("own");

    if (mount("none", place, "tmpfs", 0, "size=4k") < 0)
        return of(-1);
    umount2(place, MNT_DETACH);
    return 0;
}

static long bind_mount(void)
{
    const char *place = target("own");

    if (mount("/etc", place, NULL, MS_BIND, NULL) < 0)
        return of(-1);
    umount2(place, MNT_DETACH);
    return 0;
}

/* Nothing is mounted there. */
static long unmount(void) { return reached(umount2(target("own"), 0)); }
static long pivot(void) { return reached(syscall(SYS_pivot_root, target("own"), target("own"))); }
static long new_root(void) { return of(chroot(target("own"))); }
static long clone_tree(void) { return of(syscall(SYS_open_tree, AT_FDCWD, "/", 1)); }
static long open_filesystem(void) { return of(syscall(SYS_fsopen, "tmpfs", 0)); }
static long pick_filesystem(void) { return of(syscall(SYS_fspick, AT_FDCWD, "/", 0)); }
static long move(void) { return reached(syscall(SYS_move_mount, -1, "", AT_FDCWD, target("own"), 4)); }

static long set_mount(void)
{
    uint64_t nothing[4] = {0};

    return reached(syscall(SYS_mount_setattr, AT_FDCWD, target("own"), 0, nothing, sizeof nothing));
}

/* Powerful subsystems that a worker does not need. */

static long load_map(void)
{
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = attributes.value_size = 4;
    attributes.max_entries = 1;
    return of(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}

static long count_events(void)
{
    struct perf_event_attr event;

    memset(&event, 0, sizeof event);
    event.type = PERF_TYPE_SOFTWARE;
    event.size = sizeof event;
    event.config = PERF_COUNT_SW_TASK_CLOCK;
    event.exclude_kernel = event.exclude_hv = 1;
    return of(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
}

static long watch_faults(void) { return of(syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */)); }
static long watch_faults_by_device(void) { return of(open("/dev/userfaultfd", O_RDWR)); }

static long ring(void)
{
    char parameters[120] = "";

    return of(syscall(SYS_io_uring_setup, 1, parameters));
}

static long ring_enter(void) { return reached(syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0)); }
static long ring_register(void) { return reached(syscall(SYS_io_uring_register, -1, 0, NULL, 0)); }
static long add_key(void) { return of(syscall(SYS_add_key, "user", "ava", "x", 1, -1 /* this thread's */)); }
static long read_keys(void) { return reached(syscall(SYS_keyctl, 11 /* READ */, -4 /* the user's */, NULL, 0)); }
static long request_key(void) { return reached(syscall(SYS_request_key, "user", "ava", NULL, 0)); }
static long load_module(void) { return reached(syscall(SYS_init_module, NULL, 0, "")); }
static long load_module_file(void) { return reached(syscall(SYS_finit_module, -1, "", 0)); }
static long remove_module(void) { return reached(syscall(SYS_delete_module, "no such module", O_NONBLOCK)); }
/* With invalid flags. */
static long load_kernel(void) { return reached(syscall(SYS_kexec_load, 0, 1, NULL, 0xffff)); }
static long reboot_oddly(void) { return reached(syscall(SYS_reboot, 1, 2, 3, NULL)); }
static long account(void) { return reached(syscall(SYS_acct, "/no such file")); }
static long swap(void) { return reached(syscall(SYS_swapon, "/no such file", 0)); }
static long unswap(void) { return reached(syscall(SYS_swapoff, "/no such file")); }
static long quotas(void) { return reached(syscall(SYS_quotactl, 0x800002 << 8, "/no such file", 0, NULL)); }
static long read_log(void) { return of(syscall(SYS_syslog, 10 /* its size */, NULL, 0)); }

static long watch_everything(void) { return of(fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY)); }
/* Allowed for users. */
static long watch_names(void) { return of(fanotify_init(FAN_CLASS_NOTIF | 0x200 /* FAN_REPORT_FID */, O_RDONLY)); }

/* Landlock does not control it. */
static long watch_victim(void) { return of(inotify_add_watch(inotify_init(), target("cache"), IN_ALL_EVENTS)); }

static long rename_host(void)
{
    char name[65] = "";

    if (gethostname(name, sizeof name - 1) < 0)
        return of(-1);
    return of(sethostname(name, strlen(name)));
}

static long set_clock(void)
{
    char query[256] = "";

    /* ADJ_TICK with an invalid tick. */
    *(uint32_t *)query = 0x4000;
    return reached(syscall(SYS_adjtimex, query));
}

/* Its hardware. */

#ifdef __x86_64__
static long all_ports(void) { return of(syscall(SYS_iopl, 3)); }
static long ports(void) { return of(syscall(SYS_ioperm, 0x80, 1, 1)); }

/* Other ABIs of the same calls, which a filter must cover. */

static long by_x32(void) { return of(syscall(0x40000000 + SYS_getppid)); }

static long by_i386(void)
{
    long result = 64; /* getppid */

    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result;
}

static long own_segments(void)
{
    char nothing[16] = "";

    return reached(syscall(SYS_modify_ldt, 0x11, nothing, 1));
}
#endif

static long personality_of(void)
{
    int now = personality(0xffffffff);

    if (now < 0 || personality((unsigned long)now | READ_IMPLIES_EXEC) < 0)
        return of(-1);
    return personality(0xffffffff) & READ_IMPLIES_EXEC ? 0 : -EPERM;
}

/* Files of the kernel's settings and secrets. They are opened, and nothing is written. */

static long writable(const char *path) { return of(open(path, O_WRONLY | O_CLOEXEC)); }
static long core_pattern(void) { return writable("/proc/sys/kernel/core_pattern"); }
static long modprobe(void) { return writable("/proc/sys/kernel/modprobe"); }
static long sysrq(void) { return writable("/proc/sysrq-trigger"); }
static long control_groups(void) { return writable("/sys/fs/cgroup/cgroup.procs"); }
static long events(void) { return writable("/sys/kernel/uevent_helper"); }
static long power(void) { return writable("/sys/power/state"); }

static long symbols(void)
{
    char line[128] = "";
    FILE *file = fopen("/proc/kallsyms", "r");

    if (!file)
        return of(-1);
    if (!fgets(line, sizeof line, file))
        return -ENODATA;
    return strtoull(line, NULL, 16) ? got("%s", line) : -EPERM;
}

static long readable(const char *path) { return of(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)); }
static long kernel_memory(void) { return readable("/proc/kcore"); }
static long debugging(void) { return readable("/sys/kernel/debug/sched"); }
static long tracing(void) { return writable("/sys/kernel/tracing/tracing_on"); }
static long keys(void) { return read_from("/proc/keys"); }

/* Devices that are not the vendor's. */

static long first_of(const char *const *paths, int flags)
{
    long refusal = -ENOENT;

    for (; *paths; paths++) {
        if (open(*paths, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) >= 0)
            return got("%s", *paths);
        if (errno != ENOENT && errno != ENXIO && errno != ENODEV)
            refusal = of(-1);
    }
    return refusal;
}

#define DEVICES(name, flags, ...)                                   \
    static long name(void)                                          \
    {                                                               \
        return first_of((const char *const[]){__VA_ARGS__, NULL}, flags); \
    }
DEVICES(disks, O_RDONLY, "/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/mapper/control", "/dev/loop-control", "/dev/loop0")
DEVICES(memory, O_RDONLY, "/dev/mem", "/dev/port")
DEVICES(kernel_log, O_RDONLY, "/dev/kmsg")
DEVICES(kernel_log_write, O_WRONLY, "/dev/kmsg")
DEVICES(virtual_hosts, O_RDWR, "/dev/vhost-net", "/dev/vhost-vsock", "/dev/vsock", "/dev/kvm")
DEVICES(tunnels, O_RDWR, "/dev/net/tun")
DEVICES(fuse, O_RDWR, "/dev/fuse")
DEVICES(terminals, O_RDWR, "/dev/tty", "/dev/console", "/dev/tty1", "/dev/pts/0", "/dev/pts/1", "/dev/vcs1")
DEVICES(terminal_makers, O_RDWR, "/dev/ptmx", "/dev/pts/ptmx")
DEVICES(inputs, O_RDWR, "/dev/uinput", "/dev/input/event0", "/dev/input/mice", "/dev/uhid")

const struct attack against_kernel[] = {
    {"unshare users", "every capability, in a namespace of its own", new_users, DEPENDS},
    {"unshare mounts", "mounts of its own", new_mounts, ROOT},
    {"unshare network", "a network of its own", new_network, ROOT},
    {"unshare processes", "process numbers of its own", new_processes, ROOT},
    {"unshare ipc", "the kernel's namespace code", new_ipc, ROOT},
    {"unshare names", "the kernel's namespace code", new_names, ROOT},
    {"unshare cgroups", "the kernel's namespace code", new_groups, ROOT},
    {"unshare time", "the kernel's namespace code", new_time, DEPENDS},
    {"clone users", "every capability, in a namespace of its own", cloned_users, DEPENDS},
    {"clone mounts", "mounts of its own", cloned_mounts, ROOT},
    {"clone3 users", "every capability, in a namespace of its own", cloned3_users, DEPENDS},
    {"setns", "the victim's namespaces", join, DEPENDS},
    {"setns by pidfd", "the victim's namespaces", join_process, DEPENDS},
    {"mount", "what others see of the file system", mount_here, ROOT},
    {"mount bind", "a way around what is shut", bind_mount, ROOT},
    {"umount2", "what a mount has hidden", unmount, ROOT},
    {"pivot_root", "a root of its own", pivot, ROOT},
    {"chroot", "a root of its own", new_root, ROOT},
    {"open_tree", "a copy of all mounts", clone_tree, ROOT},
    {"fsopen", "a file system of its own", open_filesystem, ROOT},
    {"fspick", "the settings of a file system", pick_filesystem, DEPENDS}, /* not where / is no mount */
    {"move_mount", "what others see of the file system", move, ROOT},
    {"mount_setattr", "what others see of the file system", set_mount, DEPENDS},
    {"bpf", "code in the kernel", load_map, ROOT},
    {"perf_event_open", "measures others, much code in the kernel", count_events, DEPENDS},
    {"userfaultfd", "stops the kernel inside a copy", watch_faults, DEPENDS},
    {"/dev/userfaultfd", "stops the kernel inside a copy", watch_faults_by_device, DEPENDS},
    {"io_uring_setup", "calls that no filter sees", ring, DEPENDS},
    {"io_uring_enter", "calls that no filter sees", ring_enter, DEPENDS},
    {"io_uring_register", "calls that no filter sees", ring_register, DEPENDS},
    {"add_key", "the keys of the broker's user", add_key, DEPENDS},
    {"keyctl", "the keys of the broker's user", read_keys, DEPENDS},
    {"request_key", "has the kernel start a program", request_key, DEPENDS},
    {"init_module", "code in the kernel", load_module, DEPENDS},
    {"finit_module", "code in the kernel", load_module_file, DEPENDS},
    {"delete_module", "less code in the kernel", remove_module, DEPENDS},
    {"kexec_load", "another kernel", load_kernel, DEPENDS},
    {"reboot", "the end of everything", reboot_oddly, DEPENDS},
    {"acct", "a log of everything", account, DEPENDS},
    {"swapon", "others' memory on disk", swap, DEPENDS},
    {"swapoff", "no memory for others", unswap, DEPENDS},
    {"quotactl", "limits of others' files", quotas, DEPENDS},
    {"syslog", "the kernel's log and addresses", read_log, DEPENDS},
    {"fanotify_init", "sees and stops what others open", watch_everything, DEPENDS},
    {"fanotify_init by names", "sees what others open", watch_names, DEPENDS},
    {"inotify victim", "sees what the victim opens", watch_victim, ANY},
    {"sethostname", "the machine's name", rename_host, ROOT},
    {"adjtimex", "the machine's clock", set_clock, DEPENDS},
#ifdef __x86_64__
    {"iopl", "the machine's hardware", all_ports, DEPENDS},
    {"ioperm", "the machine's hardware", ports, DEPENDS},
    {"x32", "calls by numbers that a filter may not know", by_x32, DEPENDS, 1},
    {"i386", "calls by numbers that a filter may not know", by_i386, DEPENDS, 1},
    {"modify_ldt", "segments of its own", own_segments, DEPENDS},
#endif
    {"personality", "executable data", personality_of, ANY},
    {"core_pattern", "a program that the kernel starts as root", core_pattern, ROOT},
    {"modprobe", "a program that the kernel starts as root", modprobe, DEPENDS},
    {"sysrq-trigger", "the end of everything", sysrq, DEPENDS},
    {"cgroup.procs", "no limits", control_groups, DEPENDS},
    {"uevent_helper", "a program that the kernel starts as root", events, DEPENDS},
    {"/sys/power/state", "the machine sleeps", power, DEPENDS},
    {"kallsyms", "the kernel's addresses", symbols, DEPENDS},
    {"kcore", "the kernel's memory", kernel_memory, DEPENDS},
    {"debugfs", "the kernel's insides", debugging, DEPENDS},
    {"tracefs", "the kernel's insides", tracing, DEPENDS},
    {"/proc/keys", "the keys of the broker's user", keys, DEPENDS},
    {"disks", "every file", disks, DEPENDS},
    {"/dev/mem", "all memory", memory, DEPENDS},
    {"/dev/kmsg", "the kernel's log", kernel_log, DEPENDS},
    {"/dev/kmsg write", "lines in the kernel's log", kernel_log_write, DEPENDS},
    {"/dev/vhost", "machines of its own", virtual_hosts, DEPENDS},
    {"/dev/net/tun", "a network of its own", tunnels, DEPENDS},
    {"/dev/fuse", "files that never answer", fuse, DEPENDS},
    {"terminals", "what others type", terminals, DEPENDS},
    {"/dev/ptmx", "terminals of its own", terminal_makers, DEPENDS},
    {"inputs", "what others type", inputs, DEPENDS},
    {0},
};
