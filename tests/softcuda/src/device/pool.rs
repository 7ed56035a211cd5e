//! Memory pools: what allocations and frees in stream order count on. A pool keeps no memory back: what is freed goes to the
//! device at once.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::handles::{Handles, fresh};
use super::memory::{self, Allocation, Kind, Owner};
use super::parts::Parts;
use super::profile;
use super::shared::{Content, File};
use crate::cuda::{CUdevice, Result, Status};

pub static POOLS: Handles<Pool> = Handles::new();

pub struct Pool {
    pub handle: usize,
    pub device: CUdevice,
    /// Most memory in bytes; 0 for as much as there is.
    limit: u64,
    /// The most that was in use at once, in bytes.
    high: AtomicU64,
    /// What its memory is parts of, if it is for other processes, too.
    parts: Option<Arc<Parts>>,
    /// It is another process's, which alone takes memory of it.
    is_imported: bool,
    /// Attributes that programs set, by number.
    set: Mutex<BTreeMap<u32, u64>>,
}

/// `CUmemPool_attribute`.
pub mod attribute {
    pub const REUSE_FOLLOW_EVENT_DEPENDENCIES: u32 = 1;
    pub const REUSE_ALLOW_INTERNAL_DEPENDENCIES: u32 = 3;
    pub const RELEASE_THRESHOLD: u32 = 4;
    pub const RESERVED_CURRENT: u32 = 5;
    pub const RESERVED_HIGH: u32 = 6;
    pub const USED_CURRENT: u32 = 7;
    pub const USED_HIGH: u32 = 8;
}

/// What says to another process which memory of a pool it is: `CUmemPoolPtrExportData`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Exported {
    file: u64,
    offset: u64,
    size: u64,
    unused: [u64; 5],
}

impl Exported {
    /// `INVALID_VALUE` if its pool is not for other processes, or another process's.
    pub fn of(memory: &Allocation) -> Result<Self> {
        let pool = POOLS.get(memory.pool).filter(|pool| !pool.is_imported);
        let part = pool.and(memory.part.as_ref()).ok_or(Status::INVALID_VALUE)?;
        Ok(Self { file: part.file(), offset: part.offset, size: memory.size as u64, unused: [0; 5] })
    }
}

/// The pools of the devices: the ones that are there from the beginning, and the ones that allocations are of now.
static OF_DEVICES: Mutex<BTreeMap<CUdevice, (Arc<Pool>, usize)>> = Mutex::new(BTreeMap::new());

impl Pool {
    pub fn new(device: CUdevice, limit: u64) -> Arc<Self> {
        Self::insert(device, limit, None, false)
    }

    /// One whose memory other processes may have, too.
    pub fn for_others(device: CUdevice, limit: u64) -> Result<Arc<Self>> {
        let most = if limit == 0 { profile::device(device)?.meter.total } else { limit };
        Ok(Self::insert(device, limit, Some(Parts::create(most as usize, device)?), false))
    }

    /// Another process's, which a descriptor stands for.
    pub fn import(descriptor: OwnedFd) -> Result<Arc<Self>> {
        let file = File::open(Content::Pool, descriptor)?;
        profile::device(file.device)?;
        Ok(Self::insert(file.device, 0, Some(Parts::of(file)), true))
    }

    fn insert(device: CUdevice, limit: u64, parts: Option<Arc<Parts>>, is_imported: bool) -> Arc<Self> {
        let (high, set) = (AtomicU64::new(0), Mutex::default());
        let pool = Arc::new(Self { handle: fresh(), device, limit, high, parts, is_imported, set });
        POOLS.insert(pool.handle, pool.clone());
        pool
    }

    /// A descriptor that stands for it; `INVALID_VALUE` if it was not made for that.
    pub fn export(&self) -> Result<OwnedFd> {
        self.parts.as_ref().filter(|_| !self.is_imported).ok_or(Status::INVALID_VALUE)?.file.export()
    }

    /// Memory that another process has taken of this imported pool, where that says.
    pub fn import_part(&self, said: &Exported, context: usize) -> Result<Arc<Allocation>> {
        let parts = self.parts.as_ref().filter(|parts| self.is_imported && parts.file.id == said.file);
        let part = parts.ok_or(Status::INVALID_VALUE)?.taken_elsewhere(said.offset, said.size as usize)?;
        let owner = Owner { device: self.device, context, pool: self.handle };
        memory::map(said.size as usize, owner, part, None)
    }

    /// Whether another process takes memory of it, and this one cannot.
    pub fn is_imported(&self) -> bool {
        self.is_imported
    }

    /// Memory of the pool.
    pub fn allocate(&self, size: usize, context: usize) -> Result<Arc<Allocation>> {
        let used = self.used() + size as u64;
        if self.limit != 0 && used > self.limit {
            return Err(Status::OUT_OF_MEMORY);
        }
        let owner = Owner { device: self.device, context, pool: self.handle };
        let meter = Some(&profile::device(self.device)?.meter);
        let memory = match &self.parts {
            _ if self.is_imported => return Err(Status::INVALID_VALUE),
            Some(parts) => memory::map(size, owner, parts.take(size)?, meter)?,
            None => memory::allocate(Kind::Device, size, owner, meter)?,
        };
        self.high.fetch_max(used, Ordering::Relaxed);
        Ok(memory)
    }

    fn used(&self) -> u64 {
        memory::sum(|allocation| allocation.pool == self.handle)
    }

    /// An attribute: 4 bytes for the switches of reuse, else 8.
    pub fn attribute(&self, number: u32) -> Result<u64> {
        use attribute::*;
        match number {
            REUSE_FOLLOW_EVENT_DEPENDENCIES..=REUSE_ALLOW_INTERNAL_DEPENDENCIES => {
                Ok(self.lock().get(&number).copied().unwrap_or(1))
            }
            RELEASE_THRESHOLD => Ok(self.lock().get(&number).copied().unwrap_or(0)),
            RESERVED_CURRENT | USED_CURRENT => Ok(self.used()),
            RESERVED_HIGH | USED_HIGH => Ok(self.high.load(Ordering::Relaxed).max(self.used())),
            _ => Err(Status::INVALID_VALUE),
        }
    }

    /// Sets an attribute. The high-water marks can only be reset, to 0.
    pub fn set_attribute(&self, number: u32, value: u64) -> Result {
        use attribute::*;
        match (number, value) {
            (REUSE_FOLLOW_EVENT_DEPENDENCIES..=RELEASE_THRESHOLD, _) => drop(self.lock().insert(number, value)),
            (RESERVED_HIGH | USED_HIGH, 0) => self.high.store(0, Ordering::Relaxed),
            _ => return Err(Status::INVALID_VALUE),
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, u64>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that graphs hold of a device.
pub fn of_graphs(device: CUdevice) -> u64 {
    memory::sum(|allocation| allocation.is_of_graph() && allocation.device == device)
}

/// The pool that a device has from the beginning.
pub fn default_of(device: CUdevice) -> Arc<Pool> {
    of(device, |(default, _)| default.clone())
}

/// The pool that a device's allocations are of.
pub fn current_of(device: CUdevice) -> Arc<Pool> {
    of(device, |(default, current)| POOLS.get(*current).unwrap_or_else(|| default.clone()))
}

pub fn set_current(device: CUdevice, pool: usize) {
    of(device, |(_, current)| *current = pool);
}

fn of<T>(device: CUdevice, look: impl FnOnce(&mut (Arc<Pool>, usize)) -> T) -> T {
    let mut all = OF_DEVICES.lock().unwrap_or_else(PoisonError::into_inner);
    look(all.entry(device).or_insert_with(|| {
        let pool = Pool::new(device, 0);
        let handle = pool.handle;
        (pool, handle)
    }))
}
