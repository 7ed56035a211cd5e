//! Pending transfers: where the data of commands that have not completed goes.
//!
//! The worker names completed transfers in every reply until the shim has acknowledged them. The first thread that learns
//! of one copies its data, without holding a lock; other threads wait for that copy.
//!
//! - **Invariant**: the data is in place before any thread learns that the command has completed.
//! - **Invariant**: copies of two transfers to the same memory never overlap in time.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use ava_protocol::frame::Notice;
use ava_protocol::layout::Rows;

use crate::base::memory;
use crate::book::regions::{Lease, Pool};

/// Most transfers pending at once; beyond, a call first waits for the oldest.
pub const MOST: usize = 4096;

/// One transfer.
pub struct Transfer {
    pub id: u64,
    /// Where the data goes; `None` for one that goes in and only holds its region.
    pub target: Option<(usize, Rows)>,
    pub lease: Keep,
}

/// The region of a transfer.
#[derive(Clone)]
pub enum Keep {
    /// Returned to the pool when the last transfer that uses it is done.
    Whole(Arc<Lease>),
    /// The memory of a mapping, which outlives the transfer. The address of its first byte.
    Mapped(usize),
}

impl Keep {
    /// The region, if nothing else uses it.
    pub fn last(self) -> Option<Lease> {
        match self {
            Self::Whole(lease) => Arc::into_inner(lease),
            Self::Mapped(_) => None,
        }
    }
}

/// How an input lies to the transfers that will change its memory.
pub enum Meeting {
    Nothing,
    /// All of it is what a transfer will bring, from this offset of its region on.
    Within {
        transfer: u64,
        lease: Arc<Lease>,
        offset: u64,
    },
    /// Some of it is.
    Overlap {
        transfer: u64,
    },
}

#[derive(Default)]
pub struct Pending {
    transfers: Mutex<Vec<Entry>>,
    /// A copy has ended.
    copied: Condvar,
    /// Whether the session is lost, so that no transfer completes any more.
    over: AtomicBool,
    /// What `Taken` notices wait to be sent.
    taken: Mutex<Vec<u64>>,
    any_taken: AtomicBool,
    last_id: AtomicU64,
    count: AtomicUsize,
    failures: AtomicU64,
}

struct Entry {
    transfer: Transfer,
    /// Whether a thread copies its data.
    is_copying: bool,
}

impl Transfer {
    /// The bytes of the program's memory that it changes, from the first to the one behind the last.
    fn span(&self) -> Option<(usize, usize)> {
        let (target, rows) = self.target.as_ref()?;
        let from = target.wrapping_add(rows.start as usize);
        Some((from, from.saturating_add(rows.span().unwrap_or(0) as usize)))
    }

    fn meets(&self, other: &Self) -> bool {
        matches!((self.span(), other.span()), (Some((from, to)), Some((start, end))) if from < end && start < to)
    }
}

impl Pending {
    pub fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The last id that was given.
    pub fn latest(&self) -> u64 {
        self.last_id.load(Ordering::Relaxed)
    }

    /// How many transfers have failed.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    pub fn insert(&self, transfer: Transfer) {
        if let Ok(mut transfers) = self.transfers.lock()
            && !self.over.load(Ordering::Relaxed)
        {
            transfers.push(Entry { transfer, is_copying: false });
            self.count.store(transfers.len(), Ordering::Release);
        }
    }

    /// The session is lost: transfers that have not completed never do, and their memory stays unchanged. Waits for running
    /// copies.
    pub fn close(&self) -> Vec<Transfer> {
        let Ok(mut transfers) = self.transfers.lock() else { return Vec::new() };
        self.over.store(true, Ordering::Relaxed);
        while transfers.iter().any(|entry| entry.is_copying) {
            let Ok(again) = self.copied.wait(transfers) else { return Vec::new() };
            transfers = again;
        }
        self.count.store(0, Ordering::Release);
        std::mem::take(&mut *transfers).into_iter().map(|entry| entry.transfer).collect()
    }

    /// Takes a transfer back, because its call failed; `None` if its data has been copied.
    pub fn cancel(&self, id: u64) -> Option<Transfer> {
        let (mut transfers, at) = self.find(id, |_, _| true)?;
        let entry = transfers.remove(at);
        self.count.store(transfers.len(), Ordering::Release);
        Some(entry.transfer)
    }

    /// The command of a transfer has completed: its data goes where it belongs. Returns regions to tell the worker to drop.
    pub fn complete(&self, id: u64, failed: bool, pool: &Pool) -> Vec<u32> {
        let may_copy = |transfers: &[Entry], at: usize| {
            !transfers.iter().any(|other| other.is_copying && other.transfer.meets(&transfers[at].transfer))
        };
        let mut kept = None;
        if let Some((mut transfers, at)) = self.find(id, may_copy) {
            transfers[at].is_copying = true;
            let (lease, target) = (transfers[at].transfer.lease.clone(), transfers[at].transfer.target);
            drop(transfers);
            if let (Some((target, rows)), false) = (target, failed) {
                // SAFETY: the program keeps the memory that it passed valid until the command has completed, and the region
                // was made for the rows' span.
                unsafe {
                    match &lease {
                        Keep::Whole(lease) => memory::scatter(lease.region.as_ptr(), &rows, target as *mut c_void),
                        Keep::Mapped(from) => {
                            memory::scatter_changes(*from as *const u8, &rows, target as *mut c_void);
                        }
                    }
                }
            }
            drop(lease);
            kept = self.remove(id);
            if failed && kept.is_some() {
                self.failures.fetch_add(1, Ordering::Relaxed);
            }
        }
        if let Ok(mut taken) = self.taken.lock() {
            taken.push(id);
            self.any_taken.store(true, Ordering::Release);
        }
        kept.and_then(|transfer| transfer.lease.last()).map_or_else(Vec::new, |lease| pool.release(lease))
    }

    /// A transfer that nobody copies, once it `may` be taken; `None` if there is none any more.
    fn find(&self, id: u64, may: impl Fn(&[Entry], usize) -> bool) -> Option<(MutexGuard<'_, Vec<Entry>>, usize)> {
        let mut transfers = self.transfers.lock().ok()?;
        loop {
            let at = transfers.iter().position(|entry| entry.transfer.id == id)?;
            if !transfers[at].is_copying && may(&transfers, at) {
                return Some((transfers, at));
            }
            transfers = self.copied.wait(transfers).ok()?;
        }
    }

    /// The data of a transfer has been copied.
    fn remove(&self, id: u64) -> Option<Transfer> {
        let mut transfers = self.transfers.lock().ok()?;
        let at = transfers.iter().position(|entry| entry.transfer.id == id)?;
        let entry = transfers.remove(at);
        self.count.store(transfers.len(), Ordering::Release);
        drop(transfers);
        self.copied.notify_all();
        Some(entry.transfer)
    }

    /// What a new input of `len` bytes at `address` meets.
    pub fn meet(&self, address: usize, len: u64) -> Meeting {
        if self.count.load(Ordering::Acquire) == 0 {
            return Meeting::Nothing;
        }
        let end = address.saturating_add(len as usize);
        let Ok(transfers) = self.transfers.lock() else {
            return Meeting::Nothing;
        };
        // The latest counts: it is what the memory will hold.
        let met = transfers.iter().rev().find_map(|Entry { transfer, .. }| {
            let (from, to) = transfer.span()?;
            let (_, rows) = transfer.target.as_ref()?;
            (from < end && address < to).then_some((transfer, from, to, rows))
        });
        let Some((transfer, from, to, rows)) = met else {
            return Meeting::Nothing;
        };
        match &transfer.lease {
            Keep::Whole(lease) if from <= address && end <= to && rows.is_flat() => {
                Meeting::Within { transfer: transfer.id, lease: Arc::clone(lease), offset: (address - from) as u64 }
            }
            _ => Meeting::Overlap { transfer: transfer.id },
        }
    }

    /// The transfer to wait for before another is added.
    pub fn crowded(&self) -> Option<u64> {
        if self.count.load(Ordering::Acquire) < MOST {
            return None;
        }
        self.transfers.lock().ok()?.first().map(|entry| entry.transfer.id)
    }

    /// What the next request tells the worker.
    pub fn notices(&self) -> Vec<Notice> {
        if !self.any_taken.load(Ordering::Acquire) {
            return Vec::new();
        }
        let Ok(mut taken) = self.taken.lock() else {
            return Vec::new();
        };
        let most = taken.len().min(MOST);
        let notices = taken.drain(..most).map(|pending| Notice::Taken { pending }).collect();
        self.any_taken.store(!taken.is_empty(), Ordering::Release);
        notices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::keeper::Keeper;

    fn pool() -> Pool {
        Pool::new(Keeper::start(true, None).unwrap(), false, u64::MAX)
    }

    /// A transfer of bytes that are all `byte` to `to`.
    fn transfer(pool: &Pool, id: u64, byte: u8, to: &mut [u8]) -> Transfer {
        let lease = pool.acquire(to.len() as u64).unwrap();
        lease.region.write(&vec![byte; to.len()]);
        let target = Some((to.as_mut_ptr() as usize, Rows::flat(Some(to.len() as u64)).unwrap()));
        Transfer { id, target, lease: Keep::Whole(Arc::new(lease)) }
    }

    #[test]
    fn data_comes_when_its_command_has_completed_and_the_worker_is_told() {
        let (pool, pending) = (pool(), Pending::default());
        let (mut one, mut other) = ([0_u8; 8], [0_u8; 8]);
        pending.insert(transfer(&pool, 1, 7, &mut one));
        pending.insert(transfer(&pool, 2, 8, &mut other));
        assert!(pending.complete(2, true, &pool).is_empty() && pending.complete(1, false, &pool).is_empty());
        assert_eq!((one, other, pending.failures()), ([7; 8], [0; 8], 1));
        let taken = |pending| Notice::Taken { pending };
        assert_eq!(pending.notices(), [taken(2), taken(1)]);
        // Another thread hears of it later.
        assert!(pending.complete(1, false, &pool).is_empty() && pending.failures() == 1);
        assert_eq!((pending.notices().len(), pending.notices().len()), (1, 0));
    }

    #[test]
    fn an_input_meets_the_latest_transfer_to_its_memory() {
        let (pool, pending) = (pool(), Pending::default());
        let mut memory = [0_u8; 16];
        pending.insert(transfer(&pool, 1, 7, &mut memory));
        pending.insert(transfer(&pool, 2, 8, &mut memory[..8]));
        let address = memory.as_ptr() as usize;
        assert!(matches!(pending.meet(address + 4, 4), Meeting::Within { transfer: 2, offset: 4, .. }));
        assert!(matches!(pending.meet(address + 4, 8), Meeting::Overlap { transfer: 2 }));
        assert!(matches!(pending.meet(address + 8, 8), Meeting::Within { transfer: 1, offset: 8, .. }));
        assert!(matches!(pending.meet(address + 16, 8), Meeting::Nothing));
        assert_eq!(pending.cancel(2).map(|transfer| transfer.id), Some(2));
        assert!(matches!(pending.meet(address + 4, 8), Meeting::Within { transfer: 1, offset: 4, .. }));
    }

    #[test]
    fn who_hears_of_a_transfer_that_is_copied_waits_for_the_copy() {
        const LEN: usize = 64 << 20;
        let (pool, pending) = (pool(), Pending::default());
        let mut memory = vec![0_u8; LEN];
        let last = &raw const memory[LEN - 1];
        pending.insert(transfer(&pool, 1, 7, &mut memory));
        // SAFETY: the memory lives longer than the threads.
        let is_there = |last: usize| unsafe { (last as *const u8).read_volatile() } == 7;
        let last = last as usize;
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    pending.complete(1, false, &pool);
                    assert!(is_there(last));
                });
            }
        });
    }

    #[test]
    fn two_transfers_to_the_same_memory_do_not_mix() {
        const LEN: usize = 16 << 20;
        let (pool, pending) = (pool(), Pending::default());
        let mut memory = vec![0_u8; LEN];
        pending.insert(transfer(&pool, 1, 7, &mut memory));
        pending.insert(transfer(&pool, 2, 8, &mut memory));
        std::thread::scope(|scope| {
            scope.spawn(|| pending.complete(1, false, &pool));
            scope.spawn(|| pending.complete(2, false, &pool));
        });
        assert!(memory.iter().all(|byte| *byte == memory[0]) && memory[0] != 0);
    }

    #[test]
    fn what_has_not_come_when_the_session_is_lost_does_not_come() {
        let (pool, pending) = (pool(), Pending::default());
        let mut memory = [7_u8; 4];
        let address = memory.as_ptr() as usize;
        pending.insert(transfer(&pool, 1, 9, &mut memory));
        assert!(matches!(pending.meet(address, 4), Meeting::Within { transfer: 1, .. }));
        assert_eq!(pending.close().len(), 1);
        // Neither then nor later.
        pending.insert(transfer(&pool, 2, 9, &mut memory));
        assert!(matches!(pending.meet(address, 4), Meeting::Nothing) && pending.cancel(2).is_none());
        assert!(pending.complete(1, false, &pool).is_empty());
        assert_eq!(memory, [7; 4]);
    }
}
