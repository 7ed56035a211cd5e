//! The session's shared memory, as announced by the shim.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::frame::Malformed;
use ava_protocol::wire::ArchivedSlice;
use ava_transport::region::Region;
use dashmap::DashMap;

/// Most regions of a session.
const MOST: usize = 16 << 10;

#[derive(Debug, Default)]
pub struct Regions {
    known: DashMap<u32, Arc<Region>>,
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
