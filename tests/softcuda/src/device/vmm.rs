//! Virtual memory by hand: addresses that are reserved, memory that is created, and mappings of one to the other.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::mm::MprotectFlags;

use super::handles::{Handles, fresh};
use super::mapping::Mapping;
use super::memory::{self, Charge, Kind, Owner};
use super::profile;
use super::shared::{Content, File};
use crate::cuda::{CUmemAllocationProp, CUmemLocation, Result, Status, location_type};

/// Sizes and addresses are multiples of this, in bytes.
pub const GRANULARITY: usize = 2 << 20;
/// `CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR`.
pub const FILE_DESCRIPTOR: u32 = 1;
/// `CU_MEM_ALLOCATION_TYPE_PINNED`.
const PINNED: u32 = 1;

pub static MEMORIES: Handles<Memory> = Handles::new();

/// Memory without an address.
pub struct Memory {
    pub handle: usize,
    pub size: usize,
    pub properties: CUmemAllocationProp,
    file: File,
    /// How often the handle has to be released.
    holders: AtomicUsize,
    _charge: Option<Charge>,
}

/// A range of addresses, and what is mapped into it by address.
struct Reservation {
    mapping: Mapping,
    mapped: BTreeMap<u64, Mapped>,
}

struct Mapped {
    memory: Arc<Memory>,
    /// `CUmemAccess_flags`.
    access: u64,
}

static RESERVATIONS: Mutex<BTreeMap<u64, Reservation>> = Mutex::new(BTreeMap::new());

/// Reserves addresses; the first of them.
pub fn reserve(size: usize, align: usize, wanted: u64) -> Result<u64> {
    let align = align.max(GRANULARITY);
    if size == 0 || !size.is_multiple_of(GRANULARITY) || !align.is_power_of_two() {
        return Err(Status::INVALID_VALUE);
    }
    let mapping = Mapping::reserve(size, align, wanted)?;
    let base = mapping.address();
    lock().insert(base, Reservation { mapping, mapped: BTreeMap::new() });
    Ok(base)
}

/// Gives a whole reserved range back; `INVALID_VALUE` if it is none, or something is mapped into it.
pub fn free(base: u64, size: usize) -> Result {
    let mut all = lock();
    let is_free = |range: &&Reservation| range.mapping.length() == size && range.mapped.is_empty();
    all.get(&base).filter(is_free).ok_or(Status::INVALID_VALUE)?;
    all.remove(&base);
    Ok(())
}

impl Memory {
    pub fn create(size: usize, properties: CUmemAllocationProp) -> Result<Arc<Self>> {
        let is_usual = properties.kind == PINNED && properties.requestedHandleTypes & !FILE_DESCRIPTOR == 0;
        if !is_usual || size == 0 || !size.is_multiple_of(GRANULARITY) {
            return Err(Status::INVALID_VALUE);
        }
        let charge = match properties.location.kind {
            location_type::DEVICE => Some(profile::device(properties.location.id)?.meter.take(size)?),
            location_type::HOST | location_type::HOST_NUMA | location_type::HOST_NUMA_CURRENT => None,
            _ => return Err(Status::INVALID_VALUE),
        };
        let file = File::create(Content::Memory, size, properties.location.id)?;
        Ok(Self::insert(properties, file, charge))
    }

    /// Memory that a descriptor stands for: of this process or another one.
    pub fn import(file: OwnedFd) -> Result<Arc<Self>> {
        let file = File::open(Content::Memory, file)?;
        profile::device(file.device)?;
        if !file.size.is_multiple_of(GRANULARITY) {
            return Err(Status::INVALID_VALUE);
        }
        let location = CUmemLocation { kind: location_type::DEVICE, id: file.device };
        let properties = CUmemAllocationProp {
            kind: PINNED,
            requestedHandleTypes: FILE_DESCRIPTOR,
            location,
            win32HandleMetaData: 0,
            compressionType: 0,
            gpuDirectRDMACapable: 0,
            usage: 0,
            reserved: [0; 4],
        };
        Ok(Self::insert(properties, file, None))
    }

    fn insert(properties: CUmemAllocationProp, file: File, charge: Option<Charge>) -> Arc<Self> {
        let (size, holders) = (file.size, AtomicUsize::new(1));
        let memory = Arc::new(Self { handle: fresh(), size, properties, file, holders, _charge: charge });
        MEMORIES.insert(memory.handle, memory.clone());
        memory
    }

    /// A descriptor that stands for the memory; `INVALID_VALUE` if it was not created for that.
    pub fn export(&self) -> Result<OwnedFd> {
        if self.properties.requestedHandleTypes & FILE_DESCRIPTOR == 0 {
            return Err(Status::INVALID_VALUE);
        }
        self.file.export()
    }

    /// Lets the handle be released once more; one that was given back comes to life again.
    pub fn retain(self: &Arc<Self>) {
        if self.holders.fetch_add(1, Ordering::AcqRel) == 0 {
            MEMORIES.insert(self.handle, self.clone());
        }
    }

    /// Gives the handle back once; the memory lasts as long as it is mapped.
    pub fn release(&self) {
        if self.holders.fetch_sub(1, Ordering::AcqRel) == 1 {
            let _ = MEMORIES.remove(self.handle);
        }
    }
}

/// Maps all of a memory to reserved addresses; nothing may use it until access is set.
pub fn map(base: u64, size: usize, offset: usize, memory: Arc<Memory>) -> Result {
    if offset != 0 || size != memory.size {
        return Err(Status::INVALID_VALUE);
    }
    let mut all = lock();
    let reservation = around(&mut all, base, size)?;
    let owner = Owner { device: memory.properties.location.id, ..Owner::default() };
    let range = base..base + size as u64;
    if memory::overlaps(&range) {
        return Err(Status::INVALID_VALUE);
    }
    reservation.mapping.lay((base - reservation.mapping.address()) as usize, size, memory.file.as_fd(), 0)?;
    memory::register(Kind::Mapped, range, owner)?;
    reservation.mapped.insert(base, Mapped { memory, access: 0 });
    Ok(())
}

/// Takes all that is mapped in a range away; `INVALID_VALUE` if it is not made of whole mappings.
pub fn unmap(base: u64, size: usize) -> Result {
    let mut all = lock();
    let reservation = around(&mut all, base, size)?;
    for part in parts(reservation, base, size)? {
        let mapped = reservation.mapped.remove(&part).ok_or(Status::INVALID_VALUE)?;
        memory::remove(part);
        reservation.mapping.clear((part - reservation.mapping.address()) as usize, mapped.memory.size)?;
    }
    Ok(())
}

/// Sets what a range allows: nothing, reading (1), or all (3). That a range is for reading only is kept and not enforced.
pub fn set_access(base: u64, size: usize, access: u32) -> Result {
    let protection = match access {
        0 => MprotectFlags::empty(),
        1 | 3 => MprotectFlags::READ | MprotectFlags::WRITE,
        _ => return Err(Status::INVALID_VALUE),
    };
    let mut all = lock();
    let reservation = around(&mut all, base, size)?;
    for part in parts(reservation, base, size)? {
        let mapped = reservation.mapped.get_mut(&part).ok_or(Status::INVALID_VALUE)?;
        mapped.access = access.into();
        let length = mapped.memory.size;
        reservation.mapping.protect((part - reservation.mapping.address()) as usize, length, protection)?;
        let allocation = memory::at(part, |kind| kind == Kind::Mapped)?;
        allocation.has_access.store(access != 0, Ordering::Relaxed);
    }
    Ok(())
}

/// What an address allows.
pub fn access(address: u64) -> Result<u64> {
    mapped_at(address, |mapped| mapped.access)
}

/// The memory that is mapped to an address.
pub fn memory_at(address: u64) -> Result<Arc<Memory>> {
    mapped_at(address, |mapped| mapped.memory.clone())
}

fn mapped_at<T>(address: u64, look: impl FnOnce(&Mapped) -> T) -> Result<T> {
    let mut all = lock();
    let reservation = around(&mut all, address, 1)?;
    let (base, mapped) = reservation.mapped.range(..=address).next_back().ok_or(Status::INVALID_VALUE)?;
    if address - base < mapped.memory.size as u64 { Ok(look(mapped)) } else { Err(Status::INVALID_VALUE) }
}

/// The reservation that a range is in.
fn around(all: &mut BTreeMap<u64, Reservation>, base: u64, size: usize) -> Result<&mut Reservation> {
    let (start, reservation) = all.range_mut(..=base).next_back().ok_or(Status::INVALID_VALUE)?;
    let end = (base - start).checked_add(size as u64).ok_or(Status::INVALID_VALUE)?;
    if end <= reservation.mapping.length() as u64 { Ok(reservation) } else { Err(Status::INVALID_VALUE) }
}

/// The mappings that a range is made of.
fn parts(reservation: &Reservation, base: u64, size: usize) -> Result<Vec<u64>> {
    let end = base + size as u64;
    let mut at = base;
    let mut parts = Vec::new();
    while at < end {
        let mapped = reservation.mapped.get(&at).ok_or(Status::INVALID_VALUE)?;
        parts.push(at);
        at += mapped.memory.size as u64;
    }
    if at == end && size > 0 { Ok(parts) } else { Err(Status::INVALID_VALUE) }
}

fn lock() -> MutexGuard<'static, BTreeMap<u64, Reservation>> {
    RESERVATIONS.lock().unwrap_or_else(PoisonError::into_inner)
}
