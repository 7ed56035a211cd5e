//! Places for small memory objects: a region has several of one size, and stays as long as the session.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The largest object that shares a region with others, in bytes, and the smallest place: what lies at a multiple of it suits
/// every type of an API.
pub const LARGEST: usize = 32 << 10;
const SMALLEST: usize = 256;
const SIZES: usize = (LARGEST / SMALLEST).ilog2() as usize + 1;
/// So many places a region has at least, and so many bytes.
const LEAST_PLACES: usize = 8;
const LEAST_BYTES: usize = 64 << 10;
/// Numbers of places begin here; smaller ones are those of regions that one object has to itself.
const FIRST: u32 = 1 << 31;

/// Where an object's memory begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// By which the worker tells that the vendor uses it no more.
    pub number: u32,
    pub region: u32,
    pub offset: u64,
}

impl Place {
    /// All of a region.
    pub fn whole(region: u32) -> Self {
        Self { number: region, region, offset: 0 }
    }
}

/// The places of a session's small objects.
#[derive(Debug, Default)]
pub struct Slots {
    all: Mutex<All>,
}

#[derive(Debug, Default)]
struct All {
    slots: Vec<Slot>,
    /// Indices of those that nothing lies in, by size.
    free: [Vec<usize>; SIZES],
    /// Whether a thread brings another region, by size.
    growing: [bool; SIZES],
}

#[derive(Debug)]
struct Slot {
    place: Place,
    /// The place of its size among the sizes.
    size: usize,
    is_taken: bool,
}

/// The place of a size among the sizes.
fn index_of(size: usize) -> usize {
    (size.max(SMALLEST).next_power_of_two() / SMALLEST).ilog2() as usize
}

/// How many bytes a region has for objects of a size.
pub fn region_for(size: usize) -> usize {
    ((SMALLEST << index_of(size)) * LEAST_PLACES).max(LEAST_BYTES)
}

impl Slots {
    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for so many bytes that nothing lies in, if there is one.
    pub fn take(&self, size: usize) -> Option<Place> {
        let mut all = self.all();
        let slot = all.free[index_of(size)].pop()?;
        all.slots[slot].is_taken = true;
        Some(all.slots[slot].place)
    }

    /// Lets this thread bring another region for objects of a size, as long as what is returned lives; `None` if another does. Many
    /// threads at a time would need as many descriptors.
    pub fn grow(&self, size: usize) -> Option<Growth<'_>> {
        let size = index_of(size);
        let was = std::mem::replace(&mut self.all().growing[size], true);
        (!was).then_some(Growth { slots: self, size })
    }

    /// Makes places of a region for so many bytes each; the first is taken, and the others are once the region is open.
    pub fn divide(&self, region: u32, len: u64, size: usize) -> Option<Place> {
        let mut all = self.all();
        let size = index_of(size);
        let first = all.slots.len();
        for offset in (0..len).step_by(SMALLEST << size) {
            let number = FIRST.checked_add(u32::try_from(all.slots.len()).ok()?)?;
            all.slots.push(Slot { place: Place { number, region, offset }, size, is_taken: true });
        }
        all.slots.get(first).map(|slot| slot.place)
    }

    /// The worker has the region that begins with this place: its others may be taken.
    pub fn open(&self, first: Place) {
        let mut all = self.all();
        let All { slots, free, .. } = &mut *all;
        let of_region = slots.iter_mut().enumerate().skip((first.number - FIRST) as usize + 1);
        for (index, slot) in of_region.take_while(|(_, slot)| slot.place.region == first.region) {
            slot.is_taken = false;
            free[slot.size].push(index);
        }
    }

    /// Nothing lies in a place any more. `false` if the number is that of a region.
    pub fn give_back(&self, number: u32) -> bool {
        let Some(index) = number.checked_sub(FIRST) else { return false };
        let mut all = self.all();
        let All { slots, free, .. } = &mut *all;
        // The worker may say what it likes.
        if let Some(slot) = slots.get_mut(index as usize).filter(|slot| slot.is_taken) {
            slot.is_taken = false;
            free[slot.size].push(index as usize);
        }
        true
    }
}

/// Another region is brought.
#[derive(Debug)]
pub struct Growth<'a> {
    slots: &'a Slots,
    /// The place of its size among the sizes.
    size: usize,
}

impl Drop for Growth<'_> {
    fn drop(&mut self) {
        self.slots.all().growing[self.size] = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_places_of_one_size() {
        assert_eq!([1, 256, 257, 4096, 32 << 10].map(index_of), [0, 0, 1, 4, 7]);
        assert_eq!([1, 8 << 10, 8193, 32 << 10].map(region_for), [64 << 10, 64 << 10, 128 << 10, 256 << 10]);
    }

    #[test]
    fn a_place_has_one_object_at_a_time() {
        let slots = Slots::default();
        assert_eq!(slots.take(100), None);
        let first = slots.divide(7, 1024, 100).unwrap();
        assert_eq!((first.region, first.offset), (7, 0));
        // Nobody else has it before the worker has.
        assert_eq!(slots.take(100), None);
        let other = slots.divide(8, 2048, 512).unwrap();
        slots.open(first);
        let mut taken: Vec<_> =
            std::iter::from_fn(|| slots.take(256)).map(|place| (place.region, place.offset)).collect();
        taken.sort_unstable();
        assert_eq!(taken, [(7, 256), (7, 512), (7, 768)]);
        slots.open(other);
        assert_eq!(std::iter::from_fn(|| slots.take(500)).count(), 3);
        for _ in 0..2 {
            assert!(slots.give_back(first.number));
        }
        assert_eq!((slots.take(1), slots.take(1)), (Some(first), None));
        assert!(!slots.give_back(7) && slots.give_back(u32::MAX));
    }

    #[test]
    fn one_thread_at_a_time_brings_a_region_of_a_size() {
        let slots = Slots::default();
        let growth = slots.grow(100);
        assert!(growth.is_some() && slots.grow(1).is_none() && slots.grow(300).is_some());
        drop(growth);
        assert!(slots.grow(256).is_some());
    }
}
