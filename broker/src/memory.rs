//! Memory limits of sessions, so that all of them fit on this machine.
//!
//! One program may need most of a machine, so the limit of one session is high, and a tenant's is the same. The limit of
//! all workers together is below the machine's memory: when they reach it, the kernel kills the largest worker, and not the
//! broker or another process.

use std::fs;

use ava_cgroups::hierarchy;

/// Limits in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// One session's worker, with the memory that it shares with its program.
    pub worker: u64,
    /// All workers of one tenant.
    pub tenant: u64,
    /// All workers.
    pub all: u64,
    /// Private memory of a worker without a control group. Vendor libraries report it to programs as the machine's memory,
    /// so it equals the native value unless the administrator sets less.
    pub private: u64,
}

impl Budget {
    /// For a machine with this many bytes: three quarters for one session, seven eighths for all.
    pub fn of(available: u64) -> Self {
        let part = available / 4 * 3;
        Self { worker: part, tenant: part, all: available / 8 * 7, private: machine().max(available) }
    }

    /// With another limit for each session.
    #[must_use]
    pub fn with_worker(self, bytes: Option<u64>) -> Self {
        let worker = bytes.unwrap_or(self.worker).min(self.all);
        Self { worker, tenant: self.tenant.max(worker), private: bytes.map_or(self.private, |_| worker), ..self }
    }
}

/// The memory for the broker and all its workers, in bytes: the machine's memory, or less if a control group around the
/// broker limits it.
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
