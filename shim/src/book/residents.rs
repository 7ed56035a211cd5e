//! Memory objects of known size, and those of them that live in a region, where the device works on the memory of the host.

use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;

use crate::base::maps;
use crate::book::regions::Lease;
use crate::book::slots::{Place, Slots};

/// The session's memory objects of known size.
pub struct Residents {
    by_object: DashMap<u64, Resident>,
    /// The regions of those that have one to themselves, and of those that share one.
    leases: DashMap<u32, Lease>,
    shared: DashMap<u32, Lease>,
    pub slots: Slots,
    /// Whether memory that is made of an object (a context) lives in regions, as far as that is known.
    suited: DashMap<u64, bool>,
    /// Bytes of all that the program holds, and most of them when the vendor last made one.
    live: AtomicU64,
    peak: AtomicU64,
}

/// A memory object.
struct Resident {
    /// In bytes.
    size: u64,
    /// `None` if it lives in no region.
    place: Option<Place>,
    /// Whether the program holds it.
    held: bool,
}

impl Default for Residents {
    fn default() -> Self {
        Self {
            by_object: maps::busy(),
            leases: maps::quiet(),
            shared: maps::quiet(),
            slots: Slots::default(),
            suited: maps::quiet(),
            live: AtomicU64::new(0),
            peak: AtomicU64::new(0),
        }
    }
}

impl Residents {
    /// An object of `size` bytes has been made, in a region if it has a place; `confirmed` if the vendor has said so.
    pub fn insert(&self, id: u64, size: u64, place: Option<Place>, confirmed: bool) {
        let live = self.live.fetch_add(size, Ordering::Relaxed).saturating_add(size);
        if confirmed {
            self.peak.fetch_max(live, Ordering::Relaxed);
        }
        self.by_object.insert(id, Resident { size, place, held: true });
    }

    /// The program has released the object: the vendor gets the next call after that.
    pub fn leaves(&self, object: u64) {
        if let Some(mut resident) = self.by_object.get_mut(&object)
            && std::mem::replace(&mut resident.held, false)
        {
            self.live.fetch_sub(resident.size, Ordering::Relaxed);
        }
    }

    /// The object is gone.
    pub fn forget(&self, object: u64) {
        self.leaves(object);
        self.by_object.remove(&object);
        self.suited.remove(&object);
    }

    /// The vendor uses a region as the memory of an object, or with `several` of more than one.
    pub fn occupy(&self, lease: Lease, several: bool) {
        let leases = if several { &self.shared } else { &self.leases };
        leases.insert(lease.id, lease);
    }

    /// The vendor does not use the place of this number any more. The region, if it was all of one.
    pub fn vacate(&self, number: u32) -> Option<Lease> {
        if self.slots.give_back(number) {
            return None;
        }
        self.leases.remove(&number).map(|(_, lease)| lease)
    }

    /// A region that several were to share is not used.
    pub fn abandon(&self, region: u32) -> Option<Lease> {
        self.shared.remove(&region).map(|(_, lease)| lease)
    }

    /// Whether memory that is made of an object lives in regions; true where that is not known.
    pub fn may_suit(&self, of: u64) -> bool {
        self.suited.get(&of).is_none_or(|suited| *suited)
    }

    /// The worker has found out whether it does.
    pub fn suits(&self, of: u64, suits: bool) {
        self.suited.insert(of, suits);
    }

    /// Where an offset of a region lies in this process.
    pub fn address(&self, region: u32, offset: u64) -> Option<*mut u8> {
        let lease = self.leases.get(&region).or_else(|| self.shared.get(&region))?;
        (offset < lease.region.len()).then(|| lease.region.as_ptr().wrapping_add(offset as usize))
    }

    /// Where `size` bytes at `offset` of an object lie, if it lives in a region and has so many.
    pub fn bytes(&self, object: u64, offset: usize, size: usize) -> Option<*mut u8> {
        let resident = self.by_object.get(&object)?;
        let place = resident.place?;
        let end = offset.checked_add(size)?;
        if end as u64 > resident.size {
            return None;
        }
        self.address(place.region, place.offset + offset as u64)
    }

    /// Whether an object has `size` bytes at `offset`, as far as that is known.
    pub fn reaches(&self, object: u64, offset: usize, size: usize) -> bool {
        let end = offset.checked_add(size);
        self.by_object.get(&object).is_some_and(|resident| end.is_some_and(|end| end as u64 <= resident.size))
    }

    /// Whether the vendor has had room for `size` bytes more before.
    pub fn has_room(&self, size: u64) -> bool {
        self.live.load(Ordering::Relaxed).saturating_add(size) <= self.peak.load(Ordering::Relaxed)
    }

    /// The session is lost: the memory of objects is given back, but for what the program has mapped.
    pub fn close(&self, is_mapped: impl Fn(&Lease) -> bool) {
        self.by_object.retain(|_, resident| resident.place.is_some());
        self.by_object.shrink_to_fit();
        self.suited.clear();
        self.suited.shrink_to_fit();
        // Their addresses stay: a thread may be about to copy.
        let all = self.leases.iter().chain(self.shared.iter());
        all.filter(|lease| !is_mapped(lease)).for_each(|lease| lease.region.discard());
    }

    /// The program has unmapped what lies at an address, of a session that is lost. What shares a region stays.
    pub fn discard(&self, address: usize) {
        self.leases.iter().filter(|lease| lease.contains(address)).for_each(|lease| lease.region.discard());
    }

    /// The program has released an object of a session that is lost. The region that it lived in.
    pub fn forget_lost(&self, object: u64) -> Option<Lease> {
        let (_, resident) = self.by_object.remove(&object)?;
        self.vacate(resident.place?.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_as_much_as_the_vendor_has_had_room_for() {
        let residents = Residents::default();
        residents.insert(1, 4096, None, true);
        assert!(!residents.has_room(1));
        residents.forget(1);
        assert!(residents.has_room(4096) && !residents.has_room(4097));
        // What is released makes room at once, and once only.
        residents.insert(3, 4096, None, false);
        assert!(!residents.has_room(1));
        residents.leaves(3);
        assert!(residents.has_room(4096));
        residents.forget(3);
        assert!(residents.has_room(4096) && !residents.has_room(4097));
        // A vendor may accept any size.
        residents.insert(4, u64::MAX, None, false);
        residents.insert(5, u64::MAX, None, false);
        residents.forget(4);
        residents.forget(5);
        assert!(residents.has_room(4096) && !residents.has_room(4097));
        // What was not confirmed proves nothing.
        residents.insert(2, 8192, None, false);
        residents.forget(2);
        assert!(!residents.has_room(8192) && !residents.has_room(u64::MAX));
    }

    #[test]
    fn an_object_reaches_as_far_as_its_size() {
        let residents = Residents::default();
        residents.insert(1, 64, None, true);
        assert!(residents.reaches(1, 32, 32) && !residents.reaches(1, 33, 32));
        assert!(!residents.reaches(1, usize::MAX, 2) && !residents.reaches(2, 0, 0));
        assert!(residents.bytes(1, 0, 64).is_none());
        assert!(residents.may_suit(7));
        residents.suits(7, false);
        assert!(!residents.may_suit(7));
    }
}
