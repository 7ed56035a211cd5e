//! The pool of regions: shared memory for bulk data, reused because its pages are already mapped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ava_transport::region::Region;

use crate::base::fault::Fault;
use crate::port::keeper::{Keeper, Kept};

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
    unsent: Option<Kept>,
    _share: Share,
}

/// Part of what the session's regions may take.
struct Share {
    bytes: u64,
    taken: Arc<AtomicU64>,
}

impl Share {
    /// So many bytes of `limit`, of which some are taken.
    fn of(taken: &Arc<AtomicU64>, bytes: u64, limit: u64) -> Result<Self, Fault> {
        let more = |taken: u64| taken.checked_add(bytes).filter(|all| *all <= limit);
        taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).map_err(|_| Fault::Exhausted)?;
        Ok(Self { bytes, taken: Arc::clone(taken) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Lease {
    /// What the worker is to be told before the region is used, if it was not told.
    pub fn announce(&mut self) -> Option<Announcement> {
        let fd = self.unsent.take()?;
        Some(Announcement { id: self.id, len: self.region.len(), fd })
    }

    /// The worker was not told, because the frame was not sent.
    pub fn take_back(&mut self, announcement: Announcement) {
        self.unsent = Some(announcement.fd);
    }

    /// Whether an address of this process lies in the region.
    pub fn contains(&self, address: usize) -> bool {
        let from = self.region.as_ptr() as usize;
        (from..from + self.region.len() as usize).contains(&address)
    }
}

/// A region that the worker is to be told of.
pub struct Announcement {
    pub id: u32,
    pub len: u64,
    pub fd: Kept,
}

/// The session's unused regions.
pub struct Pool {
    keeper: Arc<Keeper>,
    free: Mutex<Free>,
    last_id: AtomicU32,
    /// Whether this process touches all pages of a region first, so that they are charged to it.
    populates: bool,
    /// Bytes of all regions, free ones too, and the most that they may be.
    taken: Arc<AtomicU64>,
    limit: u64,
}

#[derive(Default)]
struct Free {
    leases: VecDeque<Lease>,
    bytes: u64,
    /// Whether the session is lost, so that nothing is kept.
    closed: bool,
}

impl Pool {
    /// Without any yet, and for at most so many bytes.
    pub fn new(keeper: Arc<Keeper>, populates: bool, limit: u64) -> Self {
        Self { keeper, free: Mutex::default(), last_id: AtomicU32::new(0), populates, taken: Arc::default(), limit }
    }

    /// Whether this process is to touch what it shares first.
    pub fn populates(&self) -> bool {
        self.populates
    }

    /// The session is lost: what nobody uses is given back, now and from now on.
    pub fn close(&self) -> VecDeque<Lease> {
        self.free.lock().map_or_else(
            |_| VecDeque::new(),
            |mut free| {
                free.closed = true;
                free.bytes = 0;
                std::mem::take(&mut free.leases)
            },
        )
    }

    /// A region of at least `len` bytes.
    pub fn acquire(&self, len: u64) -> Result<Lease, Fault> {
        let size = size_class(len).ok_or(Fault::Exhausted)?;
        if let Ok(mut free) = self.free.lock()
            && let Some(at) = free.leases.iter().rposition(|lease| lease.region.len() == size)
        {
            free.bytes -= size;
            return free.leases.remove(at).ok_or(Fault::Exhausted);
        }
        let share = Share::of(&self.taken, size, self.limit)?;
        let (region, fd) = self.keeper.create_region(size).map_err(|_| Fault::Exhausted)?;
        if self.populates {
            region.populate().map_err(|_| Fault::Exhausted)?;
        }
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Lease { id, region, unsent: Some(fd), _share: share })
    }

    /// A region of whole pages, at least `len` bytes, at an address where nothing is yet; it is none that is used again. The
    /// process's children do not have it.
    pub fn acquire_at(&self, len: u64, address: usize) -> Result<Lease, Fault> {
        let size = len.max(1).checked_next_multiple_of(SMALLEST).ok_or(Fault::Exhausted)?;
        let share = Share::of(&self.taken, size, self.limit)?;
        let (region, fd) = self.keeper.create_region_at(size, address).map_err(|_| Fault::Exhausted)?;
        if self.populates {
            region.populate().map_err(|_| Fault::Exhausted)?;
        }
        // Where that is not to be had, children have it as they have shared memory.
        let _ = region.leave_out_of_children();
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Lease { id, region, unsent: Some(fd), _share: share })
    }

    /// Takes a region back. Returns the ids of regions that the pool lets go for it, which the worker is to be told.
    pub fn release(&self, lease: Lease) -> Vec<u32> {
        let Ok(mut free) = self.free.lock() else { return Vec::new() };
        if free.closed {
            return Vec::new();
        }
        free.bytes += lease.region.len();
        free.leases.push_back(lease);
        let mut dropped = Vec::new();
        while free.bytes > KEPT || free.leases.len() > MOST_KEPT {
            let Some(oldest) = free.leases.pop_front() else { break };
            free.bytes -= oldest.region.len();
            // The worker does not know a region that was never sent.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper() -> Arc<Keeper> {
        Keeper::start(true, None).unwrap()
    }

    #[test]
    fn there_are_no_more_bytes_than_the_broker_allows() {
        let pool = Pool::new(keeper(), false, 3 * 4096);
        let (one, other) = (pool.acquire(4096).unwrap(), pool.acquire(4096).unwrap());
        assert!(matches!(pool.acquire(8192), Err(Fault::Exhausted)));
        drop((one, other));
        pool.acquire(8192).unwrap();
        assert!(matches!(pool.acquire(u64::MAX / 4), Err(Fault::Exhausted)));
    }

    #[test]
    fn a_region_is_used_again_until_the_session_is_lost() {
        let pool = Pool::new(keeper(), false, u64::MAX);
        let (one, other) = (pool.acquire(5000).unwrap(), pool.acquire(5000).unwrap());
        let id = one.id;
        assert!(pool.release(one).is_empty());
        assert_eq!(pool.acquire(6000).unwrap().id, id);
        assert!(pool.release(other).is_empty());
        assert_eq!(pool.close().len(), 1);
        let late = pool.acquire(5000).unwrap();
        assert!(pool.release(late).is_empty() && pool.close().is_empty());
    }

    #[test]
    fn a_region_is_populated_if_that_is_asked_for() {
        let resident = |populates| {
            let lease = Pool::new(keeper(), populates, u64::MAX).acquire(1 << 20).unwrap();
            let mut pages = vec![0_u8; (lease.region.len() / SMALLEST) as usize];
            // SAFETY: the range is a mapping, and there is a byte for each page of 4 KiB or more.
            let status =
                unsafe { libc::mincore(lease.region.as_ptr().cast(), lease.region.len() as usize, pages.as_mut_ptr()) };
            assert_eq!(status, 0);
            pages.iter().filter(|page| **page & 1 != 0).count()
        };
        assert_eq!(resident(false), 0);
        assert!(resident(true) > 0);
    }

    #[test]
    fn the_worker_is_told_of_a_region_once() {
        let pool = Pool::new(keeper(), false, u64::MAX);
        let mut lease = pool.acquire(5000).unwrap();
        let announcement = lease.announce().unwrap();
        assert_eq!((announcement.id, announcement.len), (lease.id, 8192));
        assert!(lease.announce().is_none());
        // The frame was not sent: the next call tells it.
        lease.take_back(announcement);
        assert!(lease.announce().is_some());
        pool.release(lease);
        assert!(pool.acquire(5000).unwrap().announce().is_none());
    }

    #[test]
    fn the_pool_keeps_so_many_regions_and_names_those_that_the_worker_knew() {
        let pool = Pool::new(keeper(), false, u64::MAX);
        let mut leases: Vec<_> = (0..MOST_KEPT + 2).map(|_| pool.acquire(1).unwrap()).collect();
        let (first, last) = (leases[0].id, leases[MOST_KEPT + 1].id);
        leases[0].announce();
        let dropped: Vec<_> = leases.into_iter().flat_map(|lease| pool.release(lease)).collect();
        // The second is gone too, but the worker never heard of it.
        assert_eq!(dropped, [first]);
        assert_eq!(pool.acquire(1).unwrap().id, last);
    }

    #[test]
    fn few_sizes_serve_all_lengths_and_waste_little() {
        assert_eq!([0, 1, 4096, 4097, 1 << 20].map(size_class), [4096, 4096, 4096, 8192, 1 << 20].map(Some));
        assert_eq!(size_class(u64::MAX), None);
        let mut sizes = std::collections::HashSet::new();
        for len in (1 << 20..1 << 26).step_by(99_991) {
            let size = size_class(len).unwrap();
            assert!(
                size >= len && size.is_multiple_of(1 << 20) && size - len <= (len / 8).max(1 << 20),
                "{len}: {size}"
            );
            sizes.insert(size);
        }
        assert!(sizes.len() <= 8 * 6, "{}", sizes.len());
    }

    #[test]
    fn a_region_has_the_addresses_from_its_first_byte_to_its_last() {
        let lease = Pool::new(keeper(), false, u64::MAX).acquire(4096).unwrap();
        let from = lease.region.as_ptr() as usize;
        assert_eq!([from - 1, from, from + 4095, from + 4096].map(|at| lease.contains(at)), [false, true, true, false]);
    }
}
