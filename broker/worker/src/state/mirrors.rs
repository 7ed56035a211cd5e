//! The vendor's structs of which the program has images: data, by numbers that the program is told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ava_protocol::frame::Malformed;
use ava_transport::region::Region;
use dashmap::DashSet;
use rkyv::util::AlignedVec;

use super::map::Map;

/// Most structs of a session that the program has images of.
const MOST: usize = 64 << 10;
/// Most parcels that wait: a thread of the program's fetches each before it goes on.
const MOST_PARCELS: usize = 4096;

#[derive(Default)]
pub struct Mirrors {
    /// Those of an object that they belong to, by its id.
    groups: Map<u64, Arc<Mutex<Vec<Mirror>>>>,
    /// The owner of each, by its number.
    owners: Map<u64, u64>,
    /// Owners that have computed something.
    computed: DashSet<u64>,
    last: AtomicU64,
    parcels: Map<u64, Vec<u8>>,
    last_parcel: AtomicU64,
}

/// A struct that the program has an image of.
pub struct Mirror {
    pub number: u64,
    /// The call that named it, by which the vendor is asked for it again.
    pub opcode: u32,
    pub request: AlignedVec,
    /// Where the vendor has it.
    pub at: usize,
    /// Whether the program's data goes to the vendor.
    pub is_input: bool,
    pub memory: Option<Memory>,
    /// What the program was last shown, as far as it tells whether anything has changed.
    pub surface: Vec<u8>,
}

/// Where the program has the data.
pub struct Memory {
    pub region: Arc<Region>,
    pub offset: usize,
    pub len: usize,
}

impl Mirrors {
    /// Those that belong to an object.
    pub fn group(&self, owner: u64) -> Arc<Mutex<Vec<Mirror>>> {
        Arc::clone(&self.groups.entry(owner).or_default())
    }

    /// The same, if there are any.
    pub fn existing(&self, owner: u64) -> Option<Arc<Mutex<Vec<Mirror>>>> {
        self.groups.get(&owner).map(|group| Arc::clone(&group))
    }

    /// The number of a new one.
    ///
    /// # Errors
    /// There are too many.
    pub fn number(&self, owner: u64) -> Result<u64, Malformed> {
        if self.owners.len() >= MOST {
            return Err(Malformed::TooMany { what: "structs", limit: MOST as u64 });
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.owners.insert(number, owner);
        Ok(number)
    }

    /// The owner of the struct with a number; `None` if it is gone.
    ///
    /// # Errors
    /// The number was never told.
    pub fn owner(&self, number: u64) -> Result<Option<u64>, Malformed> {
        match self.owners.get(&number) {
            Some(owner) => Ok(Some(*owner)),
            None if (1..=self.last.load(Ordering::Relaxed)).contains(&number) => Ok(None),
            None => Err(Malformed::Handle(number)),
        }
    }

    /// The vendor names one no more.
    pub fn drop_one(&self, number: u64) {
        self.owners.remove(&number);
    }

    /// An object has computed.
    pub fn compute(&self, owner: u64) {
        self.computed.insert(owner);
    }

    pub fn has_computed(&self, owner: u64) -> bool {
        self.computed.contains(&owner)
    }

    /// An object is gone, and what belongs to it.
    pub fn forget(&self, id: u64) {
        self.computed.remove(&id);
        if self.groups.remove(&id).is_some() {
            self.owners.retain(|_, owner| *owner != id);
        }
    }

    /// Keeps what the program is to fetch in pieces, and gives it a number.
    ///
    /// # Errors
    /// Too much waits.
    pub fn keep(&self, parcel: Vec<u8>) -> Result<u64, Malformed> {
        if self.parcels.len() >= MOST_PARCELS {
            return Err(Malformed::TooMany { what: "parcels", limit: MOST_PARCELS as u64 });
        }
        let number = self.last_parcel.fetch_add(1, Ordering::Relaxed) + 1;
        self.parcels.insert(number, parcel);
        Ok(number)
    }

    /// The piece of a parcel that begins at an offset and has at most so many bytes; after its last a parcel is gone.
    ///
    /// # Errors
    /// There is no such parcel, or it is not so long.
    pub fn piece(&self, number: u64, offset: u64, most: usize) -> Result<Vec<u8>, Malformed> {
        let (bytes, is_last) = {
            let parcel = self.parcels.get(&number).ok_or(Malformed::Handle(number))?;
            let from = usize::try_from(offset).ok().filter(|from| *from < parcel.len());
            let from = from.ok_or(Malformed::Overflow("a piece"))?;
            let to = parcel.len().min(from + most);
            (parcel[from..to].to_vec(), to == parcel.len())
        };
        if is_last {
            self.parcels.remove(&number);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_known_for_good() {
        let mirrors = Mirrors::default();
        let (one, two) = (mirrors.number(7).expect("room"), mirrors.number(8).expect("room"));
        mirrors.group(7);
        mirrors.compute(7);
        assert_eq!((mirrors.owner(one), mirrors.owner(two)), (Ok(Some(7)), Ok(Some(8))));
        mirrors.forget(7);
        assert!(!mirrors.has_computed(7) && mirrors.existing(7).is_none());
        assert_eq!((mirrors.owner(one), mirrors.owner(two)), (Ok(None), Ok(Some(8))));
        for unknown in [0, two + 1, u64::MAX] {
            assert_eq!(mirrors.owner(unknown), Err(Malformed::Handle(unknown)));
        }
    }

    #[test]
    fn a_parcel_is_fetched_in_pieces_once() {
        let mirrors = Mirrors::default();
        let number = mirrors.keep(vec![1, 2, 3, 4, 5]).expect("room");
        assert_eq!(mirrors.piece(number, 0, 2), Ok(vec![1, 2]));
        assert_eq!(mirrors.piece(number, 5, 2), Err(Malformed::Overflow("a piece")));
        assert_eq!(mirrors.piece(number, u64::MAX, 2), Err(Malformed::Overflow("a piece")));
        assert_eq!(mirrors.piece(number, 2, 3), Ok(vec![3, 4, 5]));
        assert_eq!(mirrors.piece(number, 0, 2), Err(Malformed::Handle(number)));
    }

    #[test]
    fn parcels_that_nobody_fetches_have_a_limit() {
        let mirrors = Mirrors::default();
        for _ in 0..MOST_PARCELS {
            mirrors.keep(vec![0]).expect("room");
        }
        assert!(matches!(mirrors.keep(vec![0]), Err(Malformed::TooMany { .. })));
    }
}
