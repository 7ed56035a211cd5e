//! Stops a worker and has it go on, without its doing; and has one of its threads come before others.
//!
//! A worker is its process group, which its sandbox lets no process leave, or its control group. The first is signalled; where
//! the broker may not signal its workers, which are other users, the second is frozen.
//!
//! - **Invariant:** nobody else's processes are stopped: a group's number is used only while the worker is not reaped.
//! - **Invariant:** who is let off is never stopped again. If the broker ends, the kernel has stopped workers go on, since their
//!   groups lose the parent that could (POSIX, orphaned process groups). Frozen ones go on with the next broker.
//! - **Invariant:** only threads of the worker are put first, one at a time, and none once it is let off. (Between the look
//!   at a thread's number and its use, the number would have to come round to another's.)

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ava_transport::processor;
use rustix::fs::{Access, access};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

/// One worker's.
#[derive(Debug, Clone)]
pub struct Leash(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// `None` once the worker is let off.
    group: Option<Pid>,
    /// `cgroup.freeze` of its control group, if there is one.
    freezer: Option<File>,
    stopped: bool,
    frozen: bool,
    /// The thread that comes before others.
    first: Option<Pid>,
}

impl Leash {
    /// Of the process group that this process leads, and of its control group.
    pub fn new(leader: Pid, freezer: Option<File>) -> Self {
        Self(Arc::new(Mutex::new(State { group: Some(leader), freezer, stopped: false, frozen: false, first: None })))
    }

    /// Stops it, or has it go on.
    ///
    /// # Errors
    /// The broker may do neither.
    pub fn set(&self, stopped: bool) -> io::Result<()> {
        let mut state = self.state();
        match state.group {
            Some(group) if state.stopped != stopped => state.signal_or_freeze(group, stopped),
            _ => Ok(()),
        }
    }

    /// Has this thread, if it is one of the worker's, run as soon as it is woken, and no other any more.
    ///
    /// # Errors
    /// The broker may not have it so.
    pub fn put_first(&self, thread: Option<Pid>) -> io::Result<()> {
        let mut state = self.state();
        match state.group {
            Some(leader) if state.first != thread => state.put_first(leader, thread),
            _ => Ok(()),
        }
    }

    /// Whether a thread of it is put first.
    pub fn is_first(&self) -> bool {
        self.state().first.is_some()
    }

    /// From now on it goes on, whatever anybody says. To be called before it is reaped.
    pub fn let_off(&self) {
        let _ = self.set(false);
        // It was put first, so it can be a usual one again.
        let _ = self.put_first(None);
        self.state().group = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put_first(&mut self, leader: Pid, thread: Option<Pid>) -> io::Result<()> {
        let is_its = |thread: &Pid| {
            let shown = format!("/proc/{}/task/{}", leader.as_raw_pid(), thread.as_raw_pid());
            access(shown, Access::EXISTS).is_ok()
        };
        if let Some(before) = self.first.take().filter(is_its) {
            processor::put_first(before, false)?;
        }
        if let Some(thread) = thread.filter(is_its) {
            processor::put_first(thread, true)?;
            self.first = Some(thread);
        }
        Ok(())
    }

    fn signal_or_freeze(&mut self, group: Pid, stopped: bool) -> io::Result<()> {
        let signal = if stopped { Signal::STOP } else { Signal::CONT };
        if !self.frozen {
            match kill_process_group(group, signal) {
                Err(Errno::PERM) => {}
                // It may have ended.
                _ => {
                    self.stopped = stopped;
                    return Ok(());
                }
            }
        }
        let freezer = self.freezer.as_ref().ok_or(Errno::PERM)?;
        freezer.write_all_at(if stopped { b"1" } else { b"0" }, 0)?;
        (self.stopped, self.frozen) = (stopped, stopped);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use rustix::process::{WaitId, WaitIdOptions, waitid};

    use super::*;

    #[test]
    fn who_is_let_off_is_not_stopped_again() {
        let mut child = Command::new("sleep").arg("100").process_group(0).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let leash = Leash::new(pid, None);
        let heard = |options: WaitIdOptions| waitid(WaitId::Pid(pid), options).unwrap().unwrap();
        leash.set(true).unwrap();
        assert!(heard(WaitIdOptions::STOPPED).stopped());
        leash.set(false).unwrap();
        assert!(heard(WaitIdOptions::CONTINUED).continued());
        leash.set(true).unwrap();
        assert!(heard(WaitIdOptions::STOPPED).stopped());
        leash.let_off();
        assert!(heard(WaitIdOptions::CONTINUED).continued());
        leash.set(true).unwrap();
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        assert!(waitid(WaitId::Pid(pid), options).unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn one_thread_comes_first_and_only_of_the_worker() {
        let mut child = Command::new("sleep").arg("100").process_group(0).spawn().unwrap();
        let (pid, own) = (Pid::from_child(&child), rustix::thread::gettid());
        let leash = Leash::new(pid, None);
        // The 41st field (`proc_pid_stat(5)`).
        let policy = |thread: Pid| {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", thread.as_raw_pid())).unwrap();
            stat.rsplit_once(')').unwrap().1.split_whitespace().nth(38).unwrap().to_owned()
        };
        let (usual, first) = ("0", "1");
        leash.put_first(Some(own)).unwrap();
        assert_eq!(policy(own), usual, "another's");
        // Where tests may not, there is nothing to see.
        if leash.put_first(Some(pid)).is_ok() {
            assert_eq!(policy(pid), first);
            leash.put_first(None).unwrap();
            assert_eq!(policy(pid), usual);
            leash.put_first(Some(pid)).unwrap();
        }
        leash.let_off();
        assert_eq!(policy(pid), usual);
        leash.put_first(Some(pid)).unwrap();
        assert_eq!(policy(pid), usual, "let off");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
