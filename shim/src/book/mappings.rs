//! The mappings that the program holds: memory of an object's that it reads and writes in place.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::layout::Rows;

use crate::book::regions::Lease;

/// The session's mappings.
#[derive(Default)]
pub struct Mappings {
    held: Mutex<Vec<Mapping>>,
    last_id: AtomicU64,
}

/// Memory that the program has mapped.
pub struct Mapping {
    pub id: u64,
    /// The address that the program has.
    pub address: usize,
    pub object: u64,
    pub rows: Rows,
    /// Its transfer, if the call did not wait; else 0.
    pub pending: u64,
    pub writes: bool,
    /// Whether the address lies in the program's own memory, rather than in the region.
    pub own_memory: bool,
    /// `None` where the object lives in a region, which the address lies in.
    pub lease: Option<Lease>,
}

impl Mappings {
    /// A number that no mapping had.
    pub fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The program holds a mapping.
    pub fn insert(&self, mapping: Mapping) {
        if let Ok(mut held) = self.held.lock() {
            held.push(mapping);
        }
    }

    /// Takes the mapping of an object at an address, the latest first.
    pub fn take(&self, object: u64, address: usize) -> Option<Mapping> {
        let mut held = self.held.lock().ok()?;
        let at = held.iter().rposition(|m| m.address == address && m.object == object)?;
        Some(held.swap_remove(at))
    }

    /// Whether the program has mapped some of a region.
    pub fn is_in(&self, lease: &Lease) -> bool {
        self.held.lock().is_ok_and(|held| held.iter().any(|mapping| lease.contains(mapping.address)))
    }

    /// The session is lost: the program looks at what it has mapped, and not at mirrors of its own memory.
    pub fn close(&self) {
        if let Ok(held) = self.held.lock() {
            let mirrors = held.iter().filter(|mapping| mapping.own_memory);
            mirrors.filter_map(|mapping| mapping.lease.as_ref()).for_each(|lease| lease.region.discard());
        }
    }

    /// The program has unmapped memory of an object of a lost session. The address, if the object lives in a region that is
    /// not mapped any more.
    pub fn unmap_lost(&self, object: u64, address: usize) -> Option<usize> {
        let mut held = self.held.lock().ok()?;
        let at = held.iter().rposition(|m| m.address == address && m.object == object)?;
        if let Some(lease) = &held[at].lease {
            // The addresses stay until the object is released: the program was told of an error.
            lease.region.discard();
            return None;
        }
        held.swap_remove(at);
        (!held.iter().any(|m| m.object == object)).then_some(address)
    }

    /// The program has released an object of a lost session.
    pub fn forget_lost(&self, object: u64) {
        if let Ok(mut held) = self.held.lock() {
            held.retain(|mapping| mapping.object != object);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(id: u64, object: u64, address: usize) -> Mapping {
        let rows = Rows::flat(Some(64)).unwrap();
        Mapping { id, address, object, rows, pending: 0, writes: true, own_memory: false, lease: None }
    }

    #[test]
    fn the_latest_mapping_of_an_object_at_an_address_is_unmapped_first() {
        let mappings = Mappings::default();
        let (first, second) = (mappings.next_id(), mappings.next_id());
        mappings.insert(mapping(first, 7, 4096));
        mappings.insert(mapping(second, 7, 4096));
        assert!(mappings.take(8, 4096).is_none() && mappings.take(7, 8192).is_none());
        assert_eq!(mappings.take(7, 4096).map(|m| m.id), Some(second));
        assert_eq!(mappings.take(7, 4096).map(|m| m.id), Some(first));
        assert!(mappings.take(7, 4096).is_none());
    }

    #[test]
    fn memory_of_a_lost_session_is_given_back_with_its_last_mapping() {
        let mappings = Mappings::default();
        mappings.insert(mapping(1, 7, 4096));
        mappings.insert(mapping(2, 7, 8192));
        mappings.insert(mapping(3, 8, 12288));
        assert_eq!(mappings.unmap_lost(7, 4096), None);
        assert_eq!(mappings.unmap_lost(7, 8192), Some(8192));
        mappings.forget_lost(8);
        assert!(mappings.take(8, 12288).is_none());
    }
}
