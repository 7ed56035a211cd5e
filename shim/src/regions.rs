//! The pool of regions: shared memory for bulk data, recycled warm.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use ava_transport::region::Region;

use crate::fault::Fault;

/// Bytes of free regions that the pool keeps: fresh memory costs several times what copying into warm memory does.
const KEPT: u64 = 320 << 20;
/// Free regions that the pool keeps.
const MOST_KEPT: usize = 512;
/// Smallest region, in bytes: a page.
const SMALLEST: u64 = 4096;

/// A region in use by one call or one pending transfer.
pub struct Lease {
    pub id: u32,
    pub region: Region,
    /// The descriptor, until the worker has been sent it.
    unsent: Option<OwnedFd>,
}

impl Lease {
    /// What the worker is to be told before the region is used, if it was not told.
    pub fn announce(&mut self) -> Option<Announcement> {
        let fd = self.unsent.take()?;
        Some(Announcement { id: self.id, len: self.region.len(), fd })
    }
}

/// A region that the worker is to be told of.
pub struct Announcement {
    pub id: u32,
    pub len: u64,
    pub fd: OwnedFd,
}

/// The session's regions that nobody uses.
#[derive(Default)]
pub struct Pool {
    free: Mutex<Free>,
    last_id: AtomicU32,
}

#[derive(Default)]
struct Free {
    leases: VecDeque<Lease>,
    bytes: u64,
}

impl Pool {
    /// A region of at least `len` bytes.
    pub fn acquire(&self, len: u64) -> Result<Lease, Fault> {
        let size = size_class(len).ok_or(Fault::Exhausted)?;
        if let Ok(mut free) = self.free.lock()
            && let Some(at) = free.leases.iter().rposition(|lease| lease.region.len() == size)
        {
            free.bytes -= size;
            return free.leases.remove(at).ok_or(Fault::Exhausted);
        }
        let (region, fd) = Region::create(size).map_err(|_| Fault::Exhausted)?;
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Lease { id, region, unsent: Some(fd) })
    }

    /// Takes a region back. Returns the ids of regions that the pool lets go for it, which the worker is to be told.
    pub fn release(&self, lease: Lease) -> Vec<u32> {
        let Ok(mut free) = self.free.lock() else { return Vec::new() };
        free.bytes += lease.region.len();
        free.leases.push_back(lease);
        let mut dropped = Vec::new();
        while free.bytes > KEPT || free.leases.len() > MOST_KEPT {
            let Some(oldest) = free.leases.pop_front() else { break };
            free.bytes -= oldest.region.len();
            // One that was never sent is nothing to the worker.
            dropped.extend(oldest.unsent.is_none().then_some(oldest.id));
        }
        dropped
    }
}

/// Powers of two up to 1 MiB, then whole megabytes in steps of an eighth, so that little is wasted and sizes recur.
fn size_class(len: u64) -> Option<u64> {
    let len = len.max(SMALLEST);
    if len <= 1 << 20 {
        return len.checked_next_power_of_two();
    }
    let step = (len.checked_next_power_of_two()? / 16).max(1 << 20);
    len.checked_next_multiple_of(step)
}
