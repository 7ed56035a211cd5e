//! Stops a worker and has it go on, without its doing.
//!
//! A worker is its process group, which its sandbox lets no process leave.
//!
//! - **Invariant:** nobody else's processes are stopped: a group's number is used only while the worker is not reaped.
//! - **Invariant:** who is let off is never stopped again. If the broker ends, the kernel has stopped workers go on, since their
//!   groups lose the parent that could (POSIX, orphaned process groups).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// One worker's.
#[derive(Debug, Clone)]
pub struct Leash(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// `None` once the worker is let off.
    group: Option<Pid>,
    stopped: bool,
}

impl Leash {
    /// Of the process group that this process leads.
    pub fn new(leader: Pid) -> Self {
        Self(Arc::new(Mutex::new(State { group: Some(leader), stopped: false })))
    }

    /// Stops it, or has it go on.
    pub fn set(&self, stopped: bool) {
        let mut state = self.state();
        if let Some(group) = state.group.filter(|_| state.stopped != stopped) {
            state.stopped = stopped;
            let signal = if stopped { Signal::STOP } else { Signal::CONT };
            // It may have ended.
            let _ = kill_process_group(group, signal);
        }
    }

    /// From now on it goes on, whatever anybody says. To be called before it is reaped.
    pub fn let_off(&self) {
        self.set(false);
        self.state().group = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let leash = Leash::new(pid);
        let heard = |options: WaitIdOptions| waitid(WaitId::Pid(pid), options).unwrap().unwrap();
        leash.set(true);
        assert!(heard(WaitIdOptions::STOPPED).stopped());
        leash.set(false);
        assert!(heard(WaitIdOptions::CONTINUED).continued());
        leash.set(true);
        assert!(heard(WaitIdOptions::STOPPED).stopped());
        leash.let_off();
        assert!(heard(WaitIdOptions::CONTINUED).continued());
        leash.set(true);
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        assert!(waitid(WaitId::Pid(pid), options).unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
