//! Processors: the time of processes on them, and who comes first.

use std::io;
use std::time::Duration;

use rustix::process::Pid;

/// The processor time of all threads of a process since it began, also of one that ended and was not reaped. The kernel may be
/// a tick behind (10 ms at most) while it runs.
///
/// # Errors
/// There is no such process.
pub fn time(process: Pid) -> io::Result<Duration> {
    let mut clock = 0;
    // SAFETY: `clock` is a live variable, which the call writes.
    let failure = unsafe { libc::clock_getcpuclockid(process.as_raw_pid(), &raw mut clock) };
    if failure != 0 {
        return Err(io::Error::from_raw_os_error(failure));
    }
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a live structure, which the call writes.
    if unsafe { libc::clock_gettime(clock, &raw mut now) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let negative = |_| io::Error::from(io::ErrorKind::InvalidData);
    Ok(Duration::new(now.tv_sec.try_into().map_err(negative)?, now.tv_nsec.try_into().map_err(negative)?))
}

/// Real-time priorities: who decides about others comes before them.
const DECIDES: i32 = 2;
const FIRST: i32 = 1;

/// Gives the calling thread a real-time priority: it runs as soon as it has something to do, whatever usual threads and
/// threads that were [put first](put_first) there are. Threads and processes that it starts are usual ones.
///
/// # Errors
/// It may not: that takes `CAP_SYS_NICE`, or a limit `RLIMIT_RTPRIO`.
pub fn come_first() -> io::Result<()> {
    schedule(0, libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, DECIDES)
}

/// Has a thread, also of another process, run as soon as it is woken, whatever usual threads there are; or be a usual one
/// again. What it starts is usual.
///
/// # Errors
/// As above, or there is no such thread.
pub fn put_first(thread: Pid, first: bool) -> io::Result<()> {
    let (policy, priority) = if first { (libc::SCHED_FIFO, FIRST) } else { (libc::SCHED_OTHER, 0) };
    schedule(thread.as_raw_pid(), policy | libc::SCHED_RESET_ON_FORK, priority)
}

/// A thread's policy and priority; 0 is the calling one.
fn schedule(thread: libc::pid_t, policy: libc::c_int, priority: i32) -> io::Result<()> {
    let parameter = libc::sched_param { sched_priority: priority };
    // SAFETY: the parameter is a live structure that is only read.
    match unsafe { libc::sched_setscheduler(thread, policy, &raw const parameter) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_computes_uses_time_also_when_it_is_not_reaped() {
        let own = Pid::from_raw(std::process::id().cast_signed()).unwrap();
        let before = time(own).unwrap();
        while time(own).unwrap() == before {}
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = Pid::from_child(&child);
        let ended = rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOWAIT;
        rustix::process::waitid(rustix::process::WaitId::Pid(pid), ended).unwrap();
        assert!(time(pid).unwrap() > Duration::ZERO);
        child.wait().unwrap();
        assert!(time(pid).is_err());
    }
}
