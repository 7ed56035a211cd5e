//! Memory that the program has at the same address.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use ava_protocol::frame::Malformed;
use ava_transport::region::Region;

/// The session's regions of this kind, by their addresses.
#[derive(Debug, Default)]
pub struct Fixed(RwLock<BTreeMap<u64, Arc<Region>>>);

impl Fixed {
    /// A region lies where the program has it.
    pub fn insert(&self, region: Region) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(region.as_ptr() as u64, Arc::new(region));
    }

    /// The region that begins at an address is none of the session's any more.
    pub fn remove(&self, address: u64) -> Option<Arc<Region>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&address)
    }

    /// The region in which a range lies, and where it begins there.
    pub fn find(&self, address: u64, len: u64) -> Result<(Arc<Region>, u64), Malformed> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (from, region) = all.range(..=address).next_back().ok_or(Malformed::Address { address, len })?;
        let offset = address - from;
        match offset.checked_add(len) {
            Some(end) if end <= region.len() => Ok((Arc::clone(region), offset)),
            _ => Err(Malformed::Address { address, len }),
        }
    }

    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_lies_in_one_region() {
        let fixed = Fixed::default();
        let (region, _fd) = Region::create(8192).unwrap();
        let at = region.as_ptr() as u64;
        assert!(fixed.find(at, 1).is_err());
        fixed.insert(region);
        for (address, len, offset) in [(at, 8192, 0), (at + 8191, 1, 8191), (at + 8192, 0, 8192), (at, 0, 0)] {
            assert_eq!(fixed.find(address, len).unwrap().1, offset);
        }
        for (address, len) in [(at, 8193), (at - 1, 1), (at + 8192, 1), (at + 1, u64::MAX), (0, 1), (u64::MAX, 1)] {
            assert_eq!(fixed.find(address, len).unwrap_err(), Malformed::Address { address, len });
        }
        assert!(fixed.remove(at + 4096).is_none());
        assert!(fixed.remove(at).is_some());
        assert!(fixed.find(at, 1).is_err() && fixed.remove(at).is_none());
    }
}
