//! How much memory sessions may take, so that all of it fits on this machine.
//!
//! A program that computes may well need most of a machine, so one session's bound is high, and a user's is the same. All
//! workers together have less than there is: when they meet their bound, the kernel ends the largest of them, and neither the
//! broker nor anything else of the machine.

use std::fs;

use ava_transport::region::LARGEST;

/// Bounds in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// One session's worker, with what it shares with its program.
    pub worker: u64,
    /// All of one tenant's.
    pub tenant: u64,
    /// All there are.
    pub all: u64,
}

impl Budget {
    /// Of a machine with so many bytes: three quarters for one, seven eighths for all.
    pub fn of(available: u64) -> Self {
        let part = available / 4 * 3;
        Self { worker: part, tenant: part, all: available / 8 * 7 }
    }

    /// With another bound for each session.
    #[must_use]
    pub fn with_worker(self, bytes: Option<u64>) -> Self {
        let worker = bytes.unwrap_or(self.worker).min(self.all);
        Self { worker, tenant: self.tenant.max(worker), ..self }
    }
}

/// What there is for the broker and all its workers, in bytes: the machine's memory, or what the control groups around the
/// broker leave of it.
pub fn available() -> u64 {
    let machine = rustix::system::sysinfo();
    let machine = u64::try_from(machine.totalram).unwrap_or(LARGEST).saturating_mul(machine.mem_unit.max(1).into());
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let folders = crate::cgroup::memory_folders(&own, &mounts);
    let limits =
        folders.iter().flat_map(|folder| ["memory.max", "memory.limit_in_bytes"].map(|file| folder.join(file)));
    let limits = limits.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    limits.fold(machine, u64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_may_take_leaves_something() {
        let budget = Budget::of(16 << 30);
        assert_eq!(budget, Budget { worker: 12 << 30, tenant: 12 << 30, all: 14 << 30 });
        assert_eq!(budget.with_worker(Some(1 << 30)).worker, 1 << 30);
        assert_eq!(budget.with_worker(Some(u64::MAX)), Budget { worker: 14 << 30, tenant: 14 << 30, all: 14 << 30 });
        assert!(available() > 64 << 20);
    }
}
