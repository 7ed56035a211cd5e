//! Memory pools: what allocations and frees in stream order count on. A pool keeps no memory back: what is freed goes to the
//! device at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::handles::{Handles, fresh};
use super::memory::{self, Allocation, Kind, Owner};
use super::profile;
use crate::cuda::{CUdevice, Result, Status};

pub static POOLS: Handles<Pool> = Handles::new();

pub struct Pool {
    pub handle: usize,
    pub device: CUdevice,
    /// Most memory in bytes; 0 for as much as there is.
    limit: u64,
    /// The most that was in use at once, in bytes.
    high: AtomicU64,
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

/// The pools of the devices: the ones that are there from the beginning, and the ones that allocations are of now.
static OF_DEVICES: Mutex<BTreeMap<CUdevice, (Arc<Pool>, usize)>> = Mutex::new(BTreeMap::new());

impl Pool {
    pub fn new(device: CUdevice, limit: u64) -> Arc<Self> {
        let pool = Arc::new(Self { handle: fresh(), device, limit, high: AtomicU64::new(0), set: Mutex::default() });
        POOLS.insert(pool.handle, pool.clone());
        pool
    }

    /// Memory of the pool.
    pub fn allocate(&self, size: usize, context: usize) -> Result<Arc<Allocation>> {
        let used = self.used() + size as u64;
        if self.limit != 0 && used > self.limit {
            return Err(Status::OUT_OF_MEMORY);
        }
        let owner = Owner { device: self.device, context, pool: self.handle };
        let memory = memory::allocate(Kind::Device, size, owner, Some(&profile::device(self.device)?.meter))?;
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
