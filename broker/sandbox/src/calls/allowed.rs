//! The list of allowed system calls and their allowed arguments.

use std::collections::BTreeMap;

use libc as c;
use seccompiler::{BackendError, SeccompCmpOp, SeccompCondition, SeccompRule};

use super::rules::{Rights, Rules, on, on_all};

/// Allowed with any arguments: they affect this process only, or Landlock and file permissions decide about them.
const ALLOWED: &[i64] = &[
    // Files, by descriptors and by paths.
    c::SYS_read,
    c::SYS_write,
    c::SYS_readv,
    c::SYS_writev,
    c::SYS_pread64,
    c::SYS_pwrite64,
    c::SYS_preadv,
    c::SYS_pwritev,
    c::SYS_preadv2,
    c::SYS_pwritev2,
    c::SYS_lseek,
    c::SYS_close,
    c::SYS_close_range,
    c::SYS_dup,
    c::SYS_dup3,
    c::SYS_pipe2,
    c::SYS_fstat,
    c::SYS_newfstatat,
    c::SYS_statx,
    c::SYS_statfs,
    c::SYS_fstatfs,
    c::SYS_faccessat,
    c::SYS_faccessat2,
    c::SYS_readlinkat,
    c::SYS_getdents64,
    c::SYS_unlinkat,
    c::SYS_renameat,
    c::SYS_renameat2,
    c::SYS_linkat,
    c::SYS_symlinkat,
    c::SYS_ftruncate,
    c::SYS_fallocate,
    c::SYS_fadvise64,
    c::SYS_readahead,
    c::SYS_fsync,
    c::SYS_fdatasync,
    c::SYS_sync_file_range,
    c::SYS_flock,
    c::SYS_sendfile,
    c::SYS_copy_file_range,
    c::SYS_splice,
    c::SYS_tee,
    c::SYS_vmsplice,
    c::SYS_umask,
    c::SYS_getcwd,
    c::SYS_chdir,
    c::SYS_fchdir,
    // Memory.
    c::SYS_brk,
    c::SYS_mmap,
    c::SYS_munmap,
    c::SYS_mremap,
    c::SYS_mprotect,
    c::SYS_madvise,
    c::SYS_msync,
    c::SYS_mincore,
    c::SYS_mlock,
    c::SYS_mlock2,
    c::SYS_munlock,
    c::SYS_mlockall,
    c::SYS_munlockall,
    c::SYS_memfd_create,
    c::SYS_membarrier,
    c::SYS_mbind,
    c::SYS_get_mempolicy,
    c::SYS_set_mempolicy,
    c::SYS_pkey_alloc,
    c::SYS_pkey_free,
    c::SYS_pkey_mprotect,
    // Threads and synchronization.
    c::SYS_futex,
    c::SYS_set_robust_list,
    c::SYS_set_tid_address,
    c::SYS_rseq,
    c::SYS_gettid,
    c::SYS_getpid,
    c::SYS_getppid,
    c::SYS_getpgid,
    c::SYS_getsid,
    c::SYS_sched_yield,
    c::SYS_sched_getaffinity,
    c::SYS_sched_getparam,
    c::SYS_sched_getscheduler,
    c::SYS_sched_getattr,
    c::SYS_sched_get_priority_max,
    c::SYS_sched_get_priority_min,
    c::SYS_sched_rr_get_interval,
    c::SYS_getpriority,
    c::SYS_getcpu,
    c::SYS_exit,
    c::SYS_exit_group,
    c::SYS_wait4,
    c::SYS_waitid,
    c::SYS_restart_syscall,
    c::SYS_ppoll,
    c::SYS_pselect6,
    c::SYS_epoll_create1,
    c::SYS_epoll_ctl,
    c::SYS_epoll_pwait,
    c::SYS_epoll_pwait2,
    c::SYS_eventfd2,
    c::SYS_signalfd4,
    c::SYS_timerfd_create,
    c::SYS_timerfd_settime,
    c::SYS_timerfd_gettime,
    // Its own signals.
    c::SYS_rt_sigaction,
    c::SYS_rt_sigprocmask,
    c::SYS_rt_sigreturn,
    c::SYS_rt_sigpending,
    c::SYS_rt_sigsuspend,
    c::SYS_rt_sigtimedwait,
    c::SYS_sigaltstack,
    // Time.
    c::SYS_nanosleep,
    c::SYS_clock_nanosleep,
    c::SYS_clock_gettime,
    c::SYS_clock_getres,
    c::SYS_gettimeofday,
    c::SYS_times,
    c::SYS_getitimer,
    c::SYS_setitimer,
    c::SYS_timer_create,
    c::SYS_timer_settime,
    c::SYS_timer_gettime,
    c::SYS_timer_getoverrun,
    c::SYS_timer_delete,
    // Identity and environment of the process.
    c::SYS_getuid,
    c::SYS_geteuid,
    c::SYS_getgid,
    c::SYS_getegid,
    c::SYS_getresuid,
    c::SYS_getresgid,
    c::SYS_getgroups,
    c::SYS_capget,
    c::SYS_uname,
    c::SYS_sysinfo,
    c::SYS_getrusage,
    c::SYS_getrlimit,
    c::SYS_setrlimit,
    c::SYS_getrandom,
    // The sockets that it was given: to its program and to the broker.
    c::SYS_recvfrom,
    c::SYS_recvmsg,
    c::SYS_recvmmsg,
    c::SYS_sendmsg,
    c::SYS_shutdown,
    c::SYS_getsockopt,
    c::SYS_setsockopt,
    c::SYS_getsockname,
    c::SYS_getpeername,
];

/// The same calls by older names, which this processor has.
#[cfg(target_arch = "x86_64")]
const ALSO_ALLOWED: &[i64] = &[
    c::SYS_stat,
    c::SYS_lstat,
    c::SYS_access,
    c::SYS_readlink,
    c::SYS_getdents,
    c::SYS_rmdir,
    c::SYS_unlink,
    c::SYS_rename,
    c::SYS_link,
    c::SYS_symlink,
    c::SYS_dup2,
    c::SYS_pipe,
    c::SYS_poll,
    c::SYS_select,
    c::SYS_epoll_create,
    c::SYS_epoll_wait,
    c::SYS_eventfd,
    c::SYS_signalfd,
    c::SYS_alarm,
    c::SYS_pause,
    c::SYS_time,
    c::SYS_getpgrp,
    c::SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const ALSO_ALLOWED: &[i64] = &[];

/// Starting programs.
const PROCESSES: &[i64] = &[c::SYS_execve, c::SYS_execveat];

/// These fail with `ENOSYS`, as on an older kernel: libraries fall back to calls that a filter can check, or do without.
const ABSENT: &[i64] = &[
    c::SYS_clone3,
    c::SYS_rt_tgsigqueueinfo,
    c::SYS_process_madvise,
    c::SYS_process_mrelease,
    c::SYS_futex_waitv,
    // Its arguments are in memory, where a filter cannot see them.
    c::SYS_openat2,
    // The first filter allows it so that the second can be installed; the second forbids it.
    c::SYS_seccomp,
];
/// Calls newer than this list, by their numbers, which are the same on all processors: nobody has reviewed them yet.
const UNKNOWN: std::ops::RangeInclusive<i64> = 451..=470;

/// Namespaces, since they allow mounting; reparenting the child, since another process would have to reap it; being traced.
const CLONE_REFUSED: u64 = (c::CLONE_NEWNS
    | c::CLONE_NEWCGROUP
    | c::CLONE_NEWUTS
    | c::CLONE_NEWIPC
    | c::CLONE_NEWUSER
    | c::CLONE_NEWPID
    | c::CLONE_NEWNET
    | c::CLONE_PARENT
    | c::CLONE_PTRACE) as u32 as u64;

/// Refused `fcntl` commands: those that send signals to other processes.
const FCNTL_REFUSED: &[i32] = &[c::F_SETOWN, F_SETOWN_EX, F_SETSIG, c::F_SETLEASE, c::F_NOTIFY];
const F_SETSIG: i32 = 10;
const F_SETOWN_EX: i32 = 15;

/// Refused `ioctl` requests: typing into a terminal or taking it over; sending signals to other processes; changing a file's
/// attributes, which needs only a descriptor to read it.
const IOCTL_REFUSED: &[u64] = &[
    c::TIOCSTI,
    c::TIOCSCTTY,
    c::TIOCSPGRP,
    c::TIOCSETD,
    TIOCLINUX,
    FIOSETOWN,
    SIOCSPGRP,
    FS_IOC_SETFLAGS,
    FS_IOC32_SETFLAGS,
    FS_IOC_SETVERSION,
    FS_IOC_FSSETXATTR,
    FS_IOC_ENABLE_VERITY,
];
const FS_IOC_SETFLAGS: u64 = 0x4008_6602;
const FS_IOC32_SETFLAGS: u64 = 0x4004_6602;
const FS_IOC_SETVERSION: u64 = 0x4008_7602;
const FS_IOC_FSSETXATTR: u64 = 0x401c_5820;
const FS_IOC_ENABLE_VERITY: u64 = 0x4080_6685;
const TIOCLINUX: u64 = 0x541c;
const FIOSETOWN: u64 = 0x8901;
const SIOCSPGRP: u64 = 0x8902;

/// The mode bits that make a file run as its owner.
const SET_ID: u64 = 0o6000;

/// The allowed `prctl` operations. Not becoming dumpable, nor choosing a tracer.
const PRCTL_ALLOWED: &[i32] = &[
    c::PR_SET_NAME,
    c::PR_GET_NAME,
    c::PR_SET_PDEATHSIG,
    c::PR_GET_PDEATHSIG,
    c::PR_GET_DUMPABLE,
    c::PR_GET_NO_NEW_PRIVS,
    c::PR_SET_NO_NEW_PRIVS,
    c::PR_GET_SECCOMP,
    c::PR_GET_KEEPCAPS,
    c::PR_CAPBSET_READ,
    c::PR_GET_THP_DISABLE,
    c::PR_SET_THP_DISABLE,
    c::PR_GET_TIMERSLACK,
    c::PR_SET_TIMERSLACK,
    c::PR_GET_TSC,
    c::PR_GET_SPECULATION_CTRL,
    // glibc names its mappings.
    c::PR_SET_VMA,
];

/// The list of allowed calls.
pub fn rules(rights: Rights, abi: i32) -> Result<Rules, BackendError> {
    use SeccompCmpOp::{Eq, MaskedEq, Ne};
    let own = u64::from(std::process::id());
    let mut rules: Rules = ALLOWED.iter().chain(ALSO_ALLOWED).map(|call| (*call, Vec::new())).collect();
    let mut allow = |call: i64, alternatives: Vec<Vec<SeccompCondition>>| -> Result<(), BackendError> {
        rules.insert(call, alternatives.into_iter().map(SeccompRule::new).collect::<Result<_, _>>()?);
        Ok(())
    };
    // A process with threads needs these on itself only. (Libraries that pin their threads name them by number, which a
    // filter cannot check; they do without.)
    for call in [c::SYS_sched_setaffinity, c::SYS_sched_setattr, c::SYS_prlimit64] {
        allow(call, vec![vec![on(0, Eq, 0)?]])?;
    }
    allow(c::SYS_setpriority, vec![vec![on(0, Eq, 0)?, on(1, Eq, 0)?]])?;
    for call in [c::SYS_kill, c::SYS_tgkill] {
        allow(call, vec![vec![on(0, Eq, own)?]])?;
    }
    allow(c::SYS_seccomp, vec![vec![on(0, Eq, c::SECCOMP_SET_MODE_FILTER as u64)?, on(1, Eq, 0)?]])?;
    // Queries only.
    allow(c::SYS_personality, vec![vec![on(0, Eq, 0xffff_ffff)?]])?;
    let is = |argument: u8, values: &[i32]| -> Result<Vec<Vec<SeccompCondition>>, BackendError> {
        values.iter().map(|value| Ok(vec![on(argument, Eq, u64::from(value.unsigned_abs()))?])).collect()
    };
    allow(c::SYS_prctl, is(0, PRCTL_ALLOWED)?)?;
    let fcntl = FCNTL_REFUSED.iter().map(|command| on(1, Ne, u64::from(command.unsigned_abs())));
    allow(c::SYS_fcntl, vec![fcntl.collect::<Result<_, _>>()?])?;
    let ioctl = IOCTL_REFUSED.iter().map(|request| on(1, Ne, *request));
    allow(c::SYS_ioctl, vec![ioctl.collect::<Result<_, _>>()?])?;
    // Only to the connected peer.
    allow(c::SYS_sendto, vec![vec![on_all(4, Eq, 0)?]])?;
    // A pair of datagram sockets could send to any address.
    let pair = |kind: i32| -> Result<Vec<SeccompCondition>, BackendError> {
        Ok(vec![on(0, Eq, c::AF_UNIX as u64)?, on(1, MaskedEq(0xf), kind as u64)?])
    };
    allow(c::SYS_socketpair, vec![pair(c::SOCK_STREAM)?, pair(c::SOCK_SEQPACKET)?])?;
    if rights.sockets {
        let stream = vec![on(0, Eq, c::AF_UNIX as u64)?, on(1, MaskedEq(0xf), c::SOCK_STREAM as u64)?];
        allow(c::SYS_socket, vec![stream])?;
        allow(c::SYS_connect, Vec::new())?;
    }
    let no_namespace = on(0, MaskedEq(CLONE_REFUSED), 0)?;
    if rights.processes {
        allow(c::SYS_clone, vec![vec![no_namespace]])?;
        PROCESSES.iter().try_for_each(|call| allow(*call, Vec::new()))?;
        #[cfg(target_arch = "x86_64")]
        [c::SYS_fork, c::SYS_vfork].into_iter().try_for_each(|call| allow(call, Vec::new()))?;
    } else {
        let thread = c::CLONE_THREAD as u64;
        let mut ways = vec![vec![no_namespace, on(0, MaskedEq(thread), thread)?]];
        if rights.copies {
            // The flags of `fork`.
            let fork = c::CLONE_CHILD_SETTID | c::CLONE_CHILD_CLEARTID | c::SIGCHLD;
            ways.push(vec![on(0, Eq, fork as u64)?]);
        }
        allow(c::SYS_clone, ways)?;
    }
    // Set-user-ID files: their descriptors could be given to another process that executes them.
    let plain = |argument: u8| on(argument, MaskedEq(SET_ID), 0);
    allow(c::SYS_mkdirat, vec![vec![plain(2)?]])?;
    allow(c::SYS_mknodat, vec![vec![plain(2)?]])?;
    #[cfg(target_arch = "x86_64")]
    for call in [c::SYS_creat, c::SYS_mkdir, c::SYS_mknod] {
        allow(call, vec![vec![plain(1)?]])?;
    }
    // Linux truncates a file opened for reading if told so, and Landlock checks that only from version 3 on.
    let open = |flags: u8| -> Result<Vec<Vec<SeccompCondition>>, BackendError> {
        let access = |kind: i32| on(flags, MaskedEq(c::O_ACCMODE as u64), kind as u64);
        let ways = [on(flags, MaskedEq(c::O_TRUNC as u64), 0)?, access(c::O_WRONLY)?, access(c::O_RDWR)?];
        ways.into_iter().map(|way| Ok(vec![way, plain(flags + 1)?])).collect()
    };
    allow(c::SYS_openat, open(2)?)?;
    #[cfg(target_arch = "x86_64")]
    allow(c::SYS_open, open(1)?)?;
    // Landlock checks this one only from version 3 on.
    if abi >= 3 {
        allow(c::SYS_truncate, Vec::new())?;
    }
    Ok(rules)
}

/// The calls that fail with `ENOSYS`.
pub fn absent() -> Rules {
    ABSENT.iter().copied().chain(UNKNOWN).map(|call| (call, Vec::new())).collect::<BTreeMap<_, _>>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHTS: [Rights; 2] = [
        Rights { processes: false, copies: false, sockets: false },
        Rights { processes: true, copies: true, sockets: true },
    ];

    #[test]
    fn no_call_is_named_twice() {
        let mut all: Vec<i64> = ALLOWED.iter().chain(ALSO_ALLOWED).chain(PROCESSES).chain(ABSENT).copied().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn what_reaches_others_is_on_no_list() {
        let refused = [
            c::SYS_ptrace,
            c::SYS_process_vm_readv,
            c::SYS_process_vm_writev,
            c::SYS_pidfd_open,
            c::SYS_pidfd_getfd,
            c::SYS_pidfd_send_signal,
            c::SYS_tkill,
            c::SYS_rt_sigqueueinfo,
            c::SYS_kcmp,
            c::SYS_io_uring_setup,
            c::SYS_userfaultfd,
            c::SYS_keyctl,
            c::SYS_add_key,
            c::SYS_request_key,
            c::SYS_setsid,
            c::SYS_setpgid,
            c::SYS_unshare,
            c::SYS_setns,
            c::SYS_mount,
            c::SYS_bpf,
            c::SYS_perf_event_open,
            c::SYS_bind,
            c::SYS_listen,
            c::SYS_accept4,
            c::SYS_sendmmsg,
            c::SYS_shmget,
            c::SYS_semget,
            c::SYS_msgget,
            c::SYS_mq_open,
            c::SYS_chroot,
            c::SYS_inotify_add_watch,
            c::SYS_fchmodat,
            c::SYS_fchownat,
            c::SYS_utimensat,
            c::SYS_setxattr,
            c::SYS_move_pages,
            c::SYS_migrate_pages,
            c::SYS_ioprio_set,
            c::SYS_memfd_secret,
        ];
        for rights in RIGHTS {
            let rules = rules(rights, 7).unwrap();
            assert!(refused.iter().all(|call| !rules.contains_key(call)));
        }
    }

    #[test]
    fn programs_and_sockets_are_for_those_who_need_them() {
        let [without, with] = RIGHTS.map(|rights| rules(rights, 2).unwrap());
        for call in [c::SYS_execve, c::SYS_socket, c::SYS_connect] {
            assert!(!without.contains_key(&call) && with.contains_key(&call));
        }
        assert!(!with.contains_key(&c::SYS_truncate) && rules(RIGHTS[0], 3).unwrap().contains_key(&c::SYS_truncate));
    }
}
