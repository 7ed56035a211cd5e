//! The session's shared memory, as announced by the shim.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::frame::Malformed;
use ava_protocol::wire::ArchivedSlice;
use ava_transport::region::Region;

use super::map::Map;

/// Most regions of a session.
const MOST: usize = 16 << 10;

#[derive(Debug, Default)]
pub struct Regions {
    known: Map<u32, Arc<Region>>,
    bytes: AtomicU64,
}

impl Regions {
    /// Takes a region of `len` bytes; `limit` is how many bytes a session may map in all.
    pub fn add(&self, id: u32, len: u64, fd: Option<OwnedFd>, limit: u64) -> Result<(), Malformed> {
        let fd = fd.ok_or(Malformed::Descriptor)?;
        if self.known.len() >= MOST {
            return Err(Malformed::TooMany { what: "regions", limit: MOST as u64 });
        }
        if self.bytes.load(Ordering::Relaxed).saturating_add(len) > limit {
            return Err(Malformed::TooMany { what: "bytes of regions", limit });
        }
        let region =
            Region::open(&fd, len).map_err(|error| Malformed::BadRegion { region: id, why: error.to_string() })?;
        if self.known.insert(id, Arc::new(region)).is_some() {
            return Err(Malformed::BadRegion { region: id, why: "announced twice".into() });
        }
        self.bytes.fetch_add(len, Ordering::Relaxed);
        Ok(())
    }

    /// Takes a region for another use, for which it counts still. Nobody else may use it now.
    pub fn take(&self, id: u32) -> Result<Region, Malformed> {
        let (_, region) = self.known.remove(&id).ok_or(Malformed::Region(id))?;
        Arc::into_inner(region).ok_or_else(|| Malformed::BadRegion { region: id, why: "in use".into() })
    }

    /// A region that was taken has ended.
    pub fn give_back(&self, len: u64) {
        self.bytes.fetch_sub(len, Ordering::Relaxed);
    }

    pub fn drop_region(&self, id: u32) -> Result<(), Malformed> {
        let (_, region) = self.known.remove(&id).ok_or(Malformed::Region(id))?;
        self.bytes.fetch_sub(region.len(), Ordering::Relaxed);
        Ok(())
    }

    /// The region of a slice, which is checked to lie in it.
    pub fn find(&self, slice: &ArchivedSlice) -> Result<Arc<Region>, Malformed> {
        let id = slice.region.to_native();
        let region = self.known.get(&id).map(|r| Arc::clone(&r)).ok_or(Malformed::Region(id))?;
        let end = slice.offset.to_native().checked_add(slice.len.to_native()).ok_or(Malformed::Overflow("a slice"))?;
        if end > region.len() {
            return Err(Malformed::Size { what: "a region", got: region.len(), wanted: end });
        }
        Ok(region)
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::wire::Slice;
    use rkyv::rancor::Failure;

    use super::*;

    fn slice(region: u32, offset: u64, len: u64) -> rkyv::util::AlignedVec {
        rkyv::to_bytes::<Failure>(&Slice { region, offset, len, pending: 0 }).unwrap()
    }

    fn find(regions: &Regions, region: u32, offset: u64, len: u64) -> Result<u64, Malformed> {
        let bytes = slice(region, offset, len);
        let slice = rkyv::access::<ArchivedSlice, Failure>(&bytes).unwrap();
        regions.find(slice).map(|region| region.len())
    }

    #[test]
    fn a_slice_lies_in_its_region() {
        let regions = Regions::default();
        let (_region, fd) = Region::create(4096).unwrap();
        regions.add(7, 4096, Some(fd), 4096).unwrap();
        assert!(matches!(find(&regions, 7, 4000, 96), Ok(4096)));
        assert!(matches!(find(&regions, 7, 4096, 0), Ok(4096)));
        assert!(matches!(find(&regions, 7, 4000, 97), Err(Malformed::Size { .. })));
        assert!(matches!(find(&regions, 7, u64::MAX, 1), Err(Malformed::Overflow(_))));
        assert!(matches!(find(&regions, 8, 0, 1), Err(Malformed::Region(8))));
    }

    #[test]
    fn regions_are_bounded_and_announced_once() {
        let regions = Regions::default();
        let region = || Some(Region::create(4096).unwrap().1);
        assert!(matches!(regions.add(1, 4096, None, 1 << 20), Err(Malformed::Descriptor)));
        regions.add(1, 4096, region(), 8192).unwrap();
        assert!(matches!(regions.add(1, 4096, region(), 8192), Err(Malformed::BadRegion { region: 1, .. })));
        regions.add(2, 4096, region(), 8192).unwrap();
        assert!(matches!(regions.add(3, 4096, region(), 8192), Err(Malformed::TooMany { .. })));
        assert!(matches!(regions.add(3, 4097, region(), u64::MAX), Err(Malformed::BadRegion { region: 3, .. })));
        regions.drop_region(2).unwrap();
        regions.add(3, 4096, region(), 8192).unwrap();
        assert!(matches!(regions.drop_region(2), Err(Malformed::Region(2))));
        let used = regions.known.get(&1).map(|region| Arc::clone(&region)).unwrap();
        assert!(matches!(regions.take(1), Err(Malformed::BadRegion { region: 1, .. })));
        drop(used);
        // What is taken counts until it has ended.
        let taken = regions.take(3).unwrap();
        assert!(matches!(regions.take(3), Err(Malformed::Region(3))));
        assert!(matches!(regions.add(4, 4096, region(), 8192), Err(Malformed::TooMany { .. })));
        regions.give_back(taken.len());
        regions.add(4, 4096, region(), 8192).unwrap();
    }
}
