//! Transfers whose command has not completed: where their data goes once it has.
//!
//! The worker names completed transfers in every reply until the shim has said that it took them, and the shim
//! copies under one lock. So whichever thread first learns that a command has completed, the data is in place before
//! it does.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

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
    /// Free for others when the last transfer that uses it is done.
    Whole(Arc<Lease>),
    /// The memory of a mapping, which outlives the transfer. The address of its first byte.
    Mapped(usize),
}

impl Keep {
    /// The region, if nobody else needs it.
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
    transfers: Mutex<Vec<Transfer>>,
    /// Whether the session is lost, so that nothing comes any more.
    over: AtomicBool,
    /// What `Taken` notices wait to be sent.
    taken: Mutex<Vec<u64>>,
    any_taken: AtomicBool,
    last_id: AtomicU64,
    count: AtomicUsize,
    failures: AtomicU64,
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
            transfers.push(transfer);
            self.count.store(transfers.len(), Ordering::Release);
        }
    }

    /// The session is lost: what has not come by now does not come, and its memory stays as it is.
    pub fn give_up(&self) -> Vec<Transfer> {
        let Ok(mut transfers) = self.transfers.lock() else { return Vec::new() };
        self.over.store(true, Ordering::Relaxed);
        self.count.store(0, Ordering::Release);
        std::mem::take(&mut transfers)
    }

    /// Takes a transfer back, because its call failed.
    pub fn cancel(&self, id: u64) -> Option<Transfer> {
        let mut transfers = self.transfers.lock().ok()?;
        let at = transfers.iter().position(|t| t.id == id)?;
        let transfer = transfers.swap_remove(at);
        self.count.store(transfers.len(), Ordering::Release);
        Some(transfer)
    }

    /// The command of a transfer has completed: its data goes where it belongs. Returns regions to tell the worker to drop.
    pub fn complete(&self, id: u64, failed: bool, pool: &Pool) -> Vec<u32> {
        let Ok(mut transfers) = self.transfers.lock() else {
            return Vec::new();
        };
        // In the order of submission, so that of two reads into the same memory the later one stays.
        let transfer = transfers.iter().position(|t| t.id == id).map(|at| transfers.remove(at));
        self.count.store(transfers.len(), Ordering::Release);
        if transfer.is_some() && failed {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(transfer) = &transfer
            && let (Some((target, rows)), false) = (&transfer.target, failed)
        {
            let from = match &transfer.lease {
                Keep::Whole(lease) => lease.region.as_ptr(),
                Keep::Mapped(address) => *address as *mut u8,
            };
            // SAFETY: the program keeps the memory that it passed valid until the command has completed, and the
            // region was made for the rows' span.
            unsafe {
                match transfer.lease {
                    Keep::Whole(_) => memory::scatter(from, rows, *target as *mut c_void),
                    Keep::Mapped(_) => memory::scatter_changes(from, rows, *target as *mut c_void),
                }
            }
        }
        if let Ok(mut taken) = self.taken.lock() {
            taken.push(id);
            self.any_taken.store(true, Ordering::Release);
        }
        drop(transfers);
        transfer.and_then(|transfer| transfer.lease.last()).map_or_else(Vec::new, |lease| pool.release(lease))
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
        let met = transfers.iter().rev().find_map(|t| {
            let (target, rows) = t.target.as_ref()?;
            let from = target.wrapping_add(rows.start as usize);
            let to = from.saturating_add(rows.span().unwrap_or(0) as usize);
            (from < end && address < to).then_some((t, from, to, rows))
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
        self.transfers.lock().ok()?.first().map(|t| t.id)
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

    #[test]
    fn what_has_not_come_when_the_session_is_lost_does_not_come() {
        let pool = Pool::new(crate::port::keeper::Keeper::start(true, None).unwrap(), false, u64::MAX);
        let pending = Pending::default();
        let mut memory = [7_u8; 4];
        let mut insert = |id| {
            let lease = pool.acquire(4).unwrap();
            lease.region.write(&[9; 4]);
            let target = Some((memory.as_mut_ptr() as usize, Rows::flat(Some(4)).unwrap()));
            pending.insert(Transfer { id, target, lease: Keep::Whole(Arc::new(lease)) });
            memory.as_ptr() as usize
        };
        let address = insert(1);
        assert!(matches!(pending.meet(address, 4), Meeting::Within { transfer: 1, .. }));
        assert_eq!(pending.give_up().len(), 1);
        // Neither then nor later.
        insert(2);
        assert!(matches!(pending.meet(address, 4), Meeting::Nothing) && pending.cancel(2).is_none());
        assert!(pending.complete(1, false, &pool).is_empty());
        assert_eq!(memory, [7; 4]);
    }
}
