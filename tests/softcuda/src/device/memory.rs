//! Memory: every range that devices may use. Device memory is host memory, so that an address means the same everywhere.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::advice::Advice;
use super::faults;
use super::mapping::Mapping;
use super::parts::Part;
use super::texture::{SURFACES, TEXTURES};
use crate::cuda::{CUdevice, Result, Status};
use crate::engine;
use crate::engine::texture::{Image, Texture};

/// What an allocation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of a device.
    Device,
    /// Of the host, page-locked, with the flags of `cuMemHostAlloc`.
    Host(u32),
    /// The program's own, with the flags of `cuMemHostRegister`.
    Registered(u32),
    /// Managed, with the flags of `cuMemAllocManaged`.
    Managed(u32),
    /// Mapped into a reserved range.
    Mapped,
    /// What an array consists of; no address of it is known to programs.
    Array,
}

/// A range of memory.
pub struct Allocation {
    pub base: u64,
    pub size: usize,
    pub kind: Kind,
    pub device: CUdevice,
    /// The context that it ends with; 0 for none.
    pub context: usize,
    /// The pool that it is of; 0 for none.
    pub pool: usize,
    /// A number that no other allocation of the process has.
    pub id: u64,
    pub has_access: AtomicBool,
    pub sync_operations: AtomicBool,
    pub advice: Advice,
    /// The part of its pool's file that it is, if the pool is for other processes, too.
    pub part: Option<Part>,
    _backing: Option<Mapping>,
    _charge: Option<Charge>,
}

impl Allocation {
    pub fn range(&self) -> Range<u64> {
        self.base..self.base + self.size as u64
    }

    /// Whether it is memory of the host that devices can use.
    pub fn is_host(&self) -> bool {
        matches!(self.kind, Kind::Host(_) | Kind::Registered(_))
    }

    /// Whether a graph holds it: it is of a pool and of no context.
    pub fn is_of_graph(&self) -> bool {
        self.pool != 0 && self.context == 0
    }
}

/// What an allocation belongs to.
#[derive(Clone, Copy, Default)]
pub struct Owner {
    pub device: CUdevice,
    pub context: usize,
    pub pool: usize,
}

/// How much memory a device has, and how much of it is taken, in bytes.
pub struct Meter {
    pub total: u64,
    used: AtomicU64,
}

/// Memory that is taken until this is dropped.
pub struct Charge {
    meter: &'static Meter,
    bytes: u64,
}

impl Meter {
    pub const fn new(total: u64) -> Self {
        Self { total, used: AtomicU64::new(0) }
    }

    pub fn free(&self) -> u64 {
        self.total.saturating_sub(self.used.load(Ordering::Relaxed))
    }

    /// Takes so many bytes; `OUT_OF_MEMORY` if there are less.
    pub fn take(&'static self, bytes: usize) -> Result<Charge> {
        faults::allocation()?;
        let bytes = (bytes as u64).checked_next_multiple_of(ALIGN).ok_or(Status::OUT_OF_MEMORY)?;
        let take = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.total);
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.map(|_| Charge { meter: self, bytes }).map_err(|_| Status::OUT_OF_MEMORY)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.meter.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What allocations are rounded up to, in bytes, and aligned to at least.
const ALIGN: u64 = 512;

type Ranges = BTreeMap<u64, Arc<Allocation>>;

/// Allocations by their first addresses.
static RANGES: RwLock<Ranges> = RwLock::new(Ranges::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

/// New memory of a device, zeroed.
pub fn allocate(kind: Kind, size: usize, owner: Owner, meter: Option<&'static Meter>) -> Result<Arc<Allocation>> {
    let charge = meter.map(|meter| meter.take(size)).transpose()?;
    let backing = Mapping::anonymous(size.max(1))?;
    Ok(insert(kind, backing.address()..backing.address() + size as u64, owner, None, Some(backing), charge))
}

/// Memory that is a part of a file. It is charged where it is taken, not where another process has it, too.
pub fn map(size: usize, owner: Owner, part: Part, meter: Option<&'static Meter>) -> Result<Arc<Allocation>> {
    let charge = meter.map(|meter| meter.take(size)).transpose()?;
    let backing = part.map(size)?;
    let range = backing.address()..backing.address() + size as u64;
    Ok(insert(Kind::Device, range, owner, Some(part), Some(backing), charge))
}

/// Makes memory that is already there known to devices; `HOST_MEMORY_ALREADY_REGISTERED` if a part of it is.
pub fn register(kind: Kind, range: Range<u64>, owner: Owner) -> Result<Arc<Allocation>> {
    if overlaps(&range) {
        return Err(Status::HOST_MEMORY_ALREADY_REGISTERED);
    }
    Ok(insert(kind, range, owner, None, None, None))
}

fn insert(
    kind: Kind,
    range: Range<u64>,
    owner: Owner,
    part: Option<Part>,
    backing: Option<Mapping>,
    charge: Option<Charge>,
) -> Arc<Allocation> {
    let allocation = Arc::new(Allocation {
        base: range.start,
        size: (range.end - range.start) as usize,
        kind,
        device: owner.device,
        context: owner.context,
        pool: owner.pool,
        id: NEXT.fetch_add(1, Ordering::Relaxed),
        has_access: AtomicBool::new(kind != Kind::Mapped),
        sync_operations: AtomicBool::new(false),
        advice: Advice::default(),
        part,
        _backing: backing,
        _charge: charge,
    });
    write().insert(allocation.base, allocation.clone());
    allocation
}

/// The allocation that an address is in.
pub fn find(address: u64) -> Option<Arc<Allocation>> {
    let ranges = read();
    let (_, found) = ranges.range(..=address).next_back()?;
    (address < found.base + found.size.max(1) as u64).then(|| found.clone())
}

/// The allocation that begins at an address, of a kind that is wanted; `INVALID_VALUE` if there is none.
pub fn at(base: u64, is_wanted: impl Fn(Kind) -> bool) -> Result<Arc<Allocation>> {
    let found = read().get(&base).filter(|found| is_wanted(found.kind)).cloned();
    found.ok_or(Status::INVALID_VALUE)
}

/// Ends the allocation that begins at an address; its memory goes when the last holder of it does.
pub fn remove(base: u64) -> Option<Arc<Allocation>> {
    write().remove(&base)
}

/// Ends the allocation that begins at an address; what a graph holds stays, as the graph may run again.
pub fn free(base: u64) {
    let mut ranges = write();
    if ranges.get(&base).is_some_and(|found| !found.is_of_graph()) {
        ranges.remove(&base);
    }
}

/// Ends all allocations that meet a condition.
pub fn remove_all(condition: impl Fn(&Allocation) -> bool) {
    write().retain(|_, allocation| !condition(allocation));
}

/// Bytes of all allocations that meet a condition.
pub fn sum(condition: impl Fn(&Allocation) -> bool) -> u64 {
    read().values().filter(|allocation| condition(allocation)).map(|allocation| allocation.size as u64).sum()
}

/// Whether all of a range is memory that devices know, `INVALID_VALUE` if not. Ranges mapped side by side count as one.
pub fn check(address: u64, size: usize) -> Result {
    let mut at = address;
    let end = address.checked_add(size as u64).ok_or(Status::INVALID_VALUE)?;
    loop {
        let found = find(at).filter(|found| found.has_access.load(Ordering::Relaxed)).ok_or(Status::INVALID_VALUE)?;
        if end <= found.range().end {
            return Ok(());
        }
        if found.kind != Kind::Mapped {
            return Err(Status::INVALID_VALUE);
        }
        at = found.range().end;
    }
}

/// Whether something known is in a range.
pub fn overlaps(range: &Range<u64>) -> bool {
    read().range(..range.end).next_back().is_some_and(|(_, last)| last.range().end > range.start)
}

/// What kernels may use.
pub struct Space;

impl engine::Memory for Space {
    fn range(&self, address: u64) -> Option<Range<u64>> {
        let ranges = read();
        let (_, found) = ranges.range(..=address).next_back()?;
        let is_usable = found.has_access.load(Ordering::Relaxed) && found.range().contains(&address);
        is_usable.then(|| found.range())
    }

    fn texture(&self, handle: u64) -> Option<Arc<Texture>> {
        TEXTURES.get(handle as usize).map(|object| object.texture.clone())
    }

    fn surface(&self, handle: u64) -> Option<Image> {
        SURFACES.get(handle as usize).map(|object| object.image)
    }
}

fn read() -> RwLockReadGuard<'static, Ranges> {
    RANGES.read().unwrap_or_else(PoisonError::into_inner)
}

fn write() -> RwLockWriteGuard<'static, Ranges> {
    RANGES.write().unwrap_or_else(PoisonError::into_inner)
}
