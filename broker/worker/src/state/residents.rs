//! Memory that the vendor uses in place: objects that live in a region, and copies that stand in for the program's memory.
//!
//! - **Invariant**: an object's memory is vacant when the vendor has destroyed the object, not when the program has released it: a
//!   command may still use it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use ava_protocol::frame::Notice;
use ava_transport::region::Region;

use super::map::Map;
use super::untold::Untold;
use crate::memory::Input;

/// Most flags that are remembered of what memory is made of.
const MOST_FLAGS: usize = 256;

/// What is known of memory that the vendor uses in place.
#[derive(Default)]
pub struct Residents {
    /// Objects in regions, by the first byte's address.
    places: Mutex<BTreeMap<usize, Place>>,
    /// Memory that stands in for the program's, likewise.
    copies: Mutex<BTreeMap<usize, Copy>>,
    /// The flags that the vendor would say an object has, had it been made as the program asked.
    flags: Map<u64, u64>,
    /// By what memory is made of: a context.
    sources: Map<u64, Source>,
    vacant: Untold<u32>,
}

/// An object in a region.
pub struct Place {
    /// What the shim calls its memory.
    pub number: u32,
    /// The region, its number, and where in it the object's bytes begin, and how many there are.
    pub region: Arc<Region>,
    pub of: u32,
    pub offset: u64,
    pub len: u64,
}

impl Place {
    /// Where it lies.
    pub fn base(&self) -> *mut u8 {
        self.region.as_ptr().wrapping_add(self.offset as usize)
    }
}

/// Memory that stands in for the program's.
struct Copy {
    _memory: Input,
    len: usize,
    /// Where the program has it.
    address: u64,
}

/// What is known of a context, or whatever else memory is made of.
struct Source {
    /// Whether its devices work on the memory of the host.
    suits: bool,
    /// What the vendor makes of flags that a program gives: those that it says the object has, or a status.
    flags: HashMap<u64, Result<u64, i64>>,
}

impl Residents {
    /// An object is gone.
    pub fn forget(&self, id: u64) {
        self.flags.remove(&id);
        self.sources.remove(&id);
    }

    /// The vendor is to use part of a region as an object's memory; `false` if it uses some of that already for another.
    pub fn occupy(&self, place: Place) -> bool {
        let Ok(mut places) = self.places.lock() else { return false };
        let from = place.base() as usize;
        let to = from + place.len as usize;
        let is_taken = places.range(..to).next_back().is_some_and(|(base, other)| base + other.len as usize > from);
        !is_taken && !places.contains_key(&from) && places.insert(from, place).is_none()
    }

    /// The vendor does not use it after all, which the shim knows.
    pub fn take_back(&self, base: usize) {
        if let Ok(mut places) = self.places.lock() {
            places.remove(&base);
        }
    }

    /// The vendor uses it no more, which the shim is to be told.
    pub fn vacate(&self, base: usize) {
        let place = self.places.lock().ok().and_then(|mut places| places.remove(&base));
        if let Some(place) = place {
            self.vacant.add(place.number);
        }
    }

    /// The region that an address of the vendor's lies in, and where in it.
    pub fn find(&self, address: usize) -> Option<(u32, u64)> {
        let places = self.places.lock().ok()?;
        let (base, place) = places.range(..=address).next_back()?;
        let offset = (address - base) as u64;
        (offset < place.len).then_some((place.of, place.offset + offset))
    }

    /// Memory that is used no more, at most so many pieces.
    pub fn notices(&self, room: usize, out: &mut Vec<Notice>) {
        self.vacant.take(room, out, |place| Notice::Vacant { place });
    }

    /// Keeps memory that stands in for the program's at `address`. Where it begins here; `None` if there is none.
    pub fn keep(&self, memory: Input, address: u64) -> Option<usize> {
        let base = memory.as_ptr() as usize;
        let len = memory.bytes().map(<[u8]>::len).filter(|len| *len > 0)?;
        self.copies.lock().ok()?.insert(base, Copy { _memory: memory, len, address });
        Some(base)
    }

    /// The vendor uses such memory no more.
    pub fn drop_copy(&self, base: usize) {
        let dropped = self.copies.lock().ok().and_then(|mut copies| copies.remove(&base));
        drop(dropped);
    }

    /// Where the program has the memory that lies here at `pointer`; 0 for memory that is not the program's.
    pub fn program_address(&self, pointer: usize) -> u64 {
        let Ok(copies) = self.copies.lock() else { return 0 };
        match copies.range(..=pointer).next_back() {
            Some((base, copy)) if pointer - base < copy.len => copy.address + (pointer - base) as u64,
            _ => 0,
        }
    }

    /// The flags that the vendor would say an object has, had it been made as the program asked.
    fn flags(&self, id: u64) -> Option<u64> {
        self.flags.get(&id).map(|flags| *flags)
    }

    /// The flags of an object, as if it, or the object of `parents` that it is part of, had been made as the program asked:
    /// those of `how` are the program's, if the vendor says `in_place`.
    pub fn program_flags(&self, about: u64, parents: &[u64], vendors: u64, how: u64, in_place: u64) -> u64 {
        if let Some(said) = self.flags(about) {
            return said;
        }
        match parents.iter().find_map(|parent| self.flags(*parent)) {
            Some(said) if vendors & in_place != 0 => vendors & !how | said & how,
            _ => vendors,
        }
    }

    /// An object in a region was made, of which the vendor would say that it has these flags.
    pub fn made(&self, id: u64, flags: u64) {
        self.flags.insert(id, flags);
    }

    /// Whether the devices of what memory is made of work on the memory of the host; found out once.
    pub fn suits(&self, of: u64, find: impl FnOnce() -> bool) -> bool {
        if let Some(known) = self.sources.get(&of) {
            return known.suits;
        }
        let suits = find();
        self.sources.insert(of, Source { suits, flags: HashMap::new() });
        suits
    }

    /// What the vendor makes of flags there; found out once.
    pub fn said(&self, of: u64, flags: u64, find: impl FnOnce() -> Result<u64, i64>) -> Result<u64, i64> {
        if let Some(known) = self.sources.get(&of).and_then(|known| known.flags.get(&flags).copied()) {
            return known;
        }
        let said = find();
        if let Some(mut known) = self.sources.get_mut(&of)
            && known.flags.len() < MOST_FLAGS
        {
            known.flags.insert(flags, said);
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_one_object_until_the_vendor_has_destroyed_it() {
        let residents = Residents::default();
        let (region, _) = Region::create(4096).unwrap();
        let region = Arc::new(region);
        let occupy =
            |number, offset, len| residents.occupy(Place { number, region: Arc::clone(&region), of: 3, offset, len });
        assert!(occupy(7, 1024, 256) && occupy(9, 1280, 256));
        assert!(!occupy(8, 1024, 256) && !occupy(8, 1000, 25) && !occupy(8, 1279, 1) && !occupy(8, 0, 4096));
        let at = region.as_ptr() as usize + 1024;
        assert_eq!(residents.find(at + 100), Some((3, 1124)));
        assert_eq!((residents.find(at + 256), residents.find(at + 512)), (Some((3, 1280)), None));
        residents.vacate(at);
        residents.vacate(at);
        let mut notices = Vec::new();
        residents.notices(8, &mut notices);
        assert!(matches!(notices[..], [Notice::Vacant { place: 7 }]));
        assert!(occupy(8, 1000, 280));
        residents.take_back(at - 24);
        assert_eq!(residents.find(at), None);
    }

    #[test]
    fn flags_are_those_that_the_program_gave() {
        let residents = Residents::default();
        residents.made(7, 0b0101);
        assert_eq!(residents.program_flags(7, &[], 0b1001, 0b1100, 0b1000), 0b0101);
        // A part has what it was made with, and of the whole how that was made.
        assert_eq!(residents.program_flags(8, &[6, 7], 0b1010, 0b1100, 0b1000), 0b0110);
        assert_eq!(residents.program_flags(8, &[6, 7], 0b0010, 0b1100, 0b1000), 0b0010);
        assert_eq!(residents.program_flags(9, &[6], 0b1010, 0b1100, 0b1000), 0b1010);
    }

    #[test]
    fn what_is_known_of_a_source_is_found_out_once_and_goes_with_it() {
        let residents = Residents::default();
        assert!(residents.suits(1, || true) && residents.suits(1, || unreachable!()));
        assert_eq!(residents.said(1, 2, || Ok(3)), Ok(3));
        assert_eq!(residents.said(1, 2, || Err(-1)), Ok(3));
        residents.forget(1);
        assert!(!residents.suits(1, || false));
    }
}
