//! How much memory sessions may take, so that all of it fits on this machine.
//!
//! A program that computes may well need most of a machine, so one session's bound is high, and a user's is the same. All
//! workers together have less than there is: when they meet their bound, the kernel ends the largest of them, and neither the
//! broker nor anything else of the machine.

use std::fs;

use crate::hierarchy;

/// Bounds in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// One session's worker, with what it shares with its program.
    pub worker: u64,
    /// All of one tenant's.
    pub tenant: u64,
    /// All there are.
    pub all: u64,
    /// Private memory of a worker without a control group. Libraries tell programs of it as the memory that there is, so it is
    /// what they would tell natively unless the administrator wants less.
    pub private: u64,
}

impl Budget {
    /// Of a machine with so many bytes: three quarters for one, seven eighths for all.
    pub fn of(available: u64) -> Self {
        let part = available / 4 * 3;
        Self { worker: part, tenant: part, all: available / 8 * 7, private: machine().max(available) }
    }

    /// With another bound for each session.
    #[must_use]
    pub fn with_worker(self, bytes: Option<u64>) -> Self {
        let worker = bytes.unwrap_or(self.worker).min(self.all);
        Self { worker, tenant: self.tenant.max(worker), private: bytes.map_or(self.private, |_| worker), ..self }
    }
}

/// What there is for the broker and all its workers, in bytes: the machine's memory, or what the control groups around the
/// broker leave of it.
pub fn available() -> u64 {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let folders = hierarchy::memory_folders(&own, &mounts);
    let limits =
        folders.iter().flat_map(|folder| ["memory.max", "memory.limit_in_bytes"].map(|file| folder.join(file)));
    let limits = limits.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    limits.fold(machine(), u64::min)
}

/// The machine's memory, in bytes.
fn machine() -> u64 {
    let machine = rustix::system::sysinfo();
    machine.totalram.saturating_mul(machine.mem_unit.max(1).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_may_take_leaves_something() {
        let budget = Budget::of(16 << 30);
        let of = |budget: Budget| [budget.worker, budget.tenant, budget.all].map(|bytes| bytes >> 30);
        assert_eq!(of(budget), [12, 12, 14]);
        assert_eq!(of(budget.with_worker(Some(1 << 30))), [1, 12, 14]);
        assert_eq!(of(budget.with_worker(Some(u64::MAX))), [14, 14, 14]);
        assert!(budget.with_worker(None).private >= machine(), "as natively");
        assert_eq!(budget.with_worker(Some(1 << 30)).private, 1 << 30);
        assert!(available() > 64 << 20);
    }
}
