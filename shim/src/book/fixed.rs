//! Memory that this process and the worker have at the same address.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use ava_protocol::engine::fixed::USUAL;

use crate::book::regions::Lease;

/// Bytes between two regions, at least.
const GAP: usize = 1 << 16;

/// The session's memory of this kind.
#[derive(Default)]
pub struct Fixed {
    all: RwLock<BTreeMap<usize, Memory>>,
    /// The first address of any that there has been, and the last; zeros before the first.
    first: AtomicUsize,
    last: AtomicUsize,
}

/// One piece of memory.
pub struct Memory {
    /// What the program has asked for, in bytes.
    pub size: u64,
    /// What the API says of it.
    pub flags: u32,
    /// The number that the API tells its kinds of such memory apart by.
    pub kind: u8,
    pub lease: Lease,
}

/// An address at which `len` bytes may be tried.
pub fn next_address(len: u64) -> io::Result<usize> {
    static NEXT: AtomicUsize = AtomicUsize::new(USUAL.start);
    let room = usize::try_from(len).ok().and_then(|len| len.checked_next_multiple_of(GAP)?.checked_add(GAP));
    let room = room.filter(|room| *room <= USUAL.len()).ok_or(io::ErrorKind::OutOfMemory)?;
    let place = |next: usize| if next + room > USUAL.end { USUAL.start } else { next };
    let next = |next: usize| Some(place(next) + room);
    let before = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(USUAL.start);
    Ok(place(before))
}

impl Fixed {
    /// Whether an address may be of such memory; if not, that is found out fast.
    #[inline]
    pub fn may_hold(&self, address: usize) -> bool {
        let last = self.last.load(Ordering::Acquire);
        last != 0 && address <= last && address >= self.first.load(Ordering::Acquire)
    }

    /// Whether a range lies in one piece.
    pub fn holds(&self, address: usize, len: u64) -> bool {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let Some((from, memory)) = all.range(..=address).next_back() else { return false };
        let offset = (address - from) as u64;
        offset.checked_add(len).is_some_and(|end| end <= memory.lease.region.len())
    }

    /// The worker has it, too.
    pub fn insert(&self, memory: Memory) {
        let from = memory.lease.region.as_ptr() as usize;
        let last = from + memory.lease.region.len() as usize;
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(from, memory);
        if self.last.load(Ordering::Relaxed) == 0 {
            self.first.store(from, Ordering::Release);
        } else {
            self.first.fetch_min(from, Ordering::AcqRel);
        }
        self.last.fetch_max(last, Ordering::AcqRel);
    }

    /// What `read` tells of the piece that an address lies in.
    pub fn of<R>(&self, address: usize, read: impl FnOnce(&Memory) -> R) -> Option<R> {
        if !self.may_hold(address) {
            return None;
        }
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let (from, memory) = all.range(..=address).next_back()?;
        let offset = (address - from) as u64;
        (offset < memory.size).then(|| read(memory))
    }

    /// Takes the piece that begins at an address, if it is of this kind.
    pub fn take(&self, address: usize, kind: u8) -> Option<Memory> {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        if all.get(&address)?.kind != kind {
            return None;
        }
        all.remove(&address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::regions::Pool;
    use crate::port::keeper::Keeper;

    #[test]
    fn a_range_lies_in_one_piece() {
        let pool = Pool::new(Keeper::start(true, None).unwrap(), false, u64::MAX);
        let fixed = Fixed::default();
        let lease = pool.acquire_at(8192, next_address(8192).unwrap()).unwrap();
        let at = lease.region.as_ptr() as usize;
        assert!(!fixed.may_hold(at) && !fixed.holds(at, 1));
        fixed.insert(Memory { size: 5000, flags: 3, kind: 1, lease });
        for (address, len, is_held) in
            [(at, 8192, true), (at + 8191, 1, true), (at, 8193, false), (at - 1, 1, false), (at + 1, u64::MAX, false)]
        {
            assert_eq!(fixed.holds(address, len), is_held, "{len} bytes at {address:#x}");
        }
        // What the program has not asked for is nothing to it.
        assert_eq!([at, at + 4999, at + 5000].map(|at| fixed.of(at, |m| m.flags)), [Some(3), Some(3), None]);
        assert!(fixed.take(at, 0).is_none() && fixed.take(at + 1, 1).is_none());
        assert!(fixed.take(at, 1).is_some() && fixed.take(at, 1).is_none());
        assert!(!fixed.holds(at, 1));
    }

    #[test]
    fn addresses_are_apart() {
        let (one, other) = (next_address(1).unwrap(), next_address(GAP as u64 + 1).unwrap());
        assert!(other >= one + 2 * GAP || other < one);
        assert!(one.is_multiple_of(4096) && USUAL.contains(&one));
        assert!(next_address(u64::MAX).is_err() && next_address(USUAL.len() as u64).is_err());
    }
}
