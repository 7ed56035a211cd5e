//! Memory in stream order, and the pools that it is of.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_void;
use std::os::fd::IntoRawFd;
use std::sync::Arc;

use super::current::stream;
use super::entry::entries;
use super::values::{In, Out, descriptor_of};
use crate::cuda::{
    CUdevice, CUdeviceptr, CUmemAccessDesc, CUmemLocation, CUmemPoolProps, CUmemoryPool, CUstream, Result, Status,
    location_type,
};
use crate::device::graph::Work;
use crate::device::memory::{self, Kind};
use crate::device::operation::{Held, Operation};
use crate::device::pool::{self, Exported, POOLS, Pool, attribute};
use crate::device::vmm::FILE_DESCRIPTOR;
use crate::device::{context, profile};

entries! { checked;
    fn cuMemAllocAsync | cuMemAllocAsync_ptsz(address: Out<CUdeviceptr>, size: usize, handle: CUstream) {
        let device = context::usable()?.device.ordinal;
        allocate(address, size, &pool::current_of(device), handle)
    }

    fn cuMemAllocFromPoolAsync | cuMemAllocFromPoolAsync_ptsz(
        address: Out<CUdeviceptr>,
        size: usize,
        pool: CUmemoryPool,
        handle: CUstream,
    ) {
        allocate(address, size, &*POOLS.find(pool)?, handle)
    }

    fn cuMemFreeAsync | cuMemFreeAsync_ptsz(address: CUdeviceptr, handle: CUstream) {
        let stream = stream(handle)?;
        if address == 0 {
            return Ok(());
        }
        memory::at(address, |kind| matches!(kind, Kind::Device | Kind::Managed(_)))?;
        stream.submit(Operation::Free(address)).map(drop)
    }

    fn cuMemPoolCreate(place: Out<CUmemoryPool>, properties: In<CUmemPoolProps>) {
        place.check()?;
        let properties = properties.get()?;
        // Pinned memory of a device.
        if properties.allocType != 1 || properties.location.kind != location_type::DEVICE {
            return Err(Status::INVALID_VALUE);
        }
        let (device, limit) = (properties.location.id, properties.maxSize as u64);
        profile::device(device)?;
        let pool = match properties.handleTypes {
            0 => Pool::new(device, limit),
            FILE_DESCRIPTOR => Pool::for_others(device, limit)?,
            _ => return Err(Status::NOT_SUPPORTED),
        };
        place.set(pool.handle)
    }

    fn cuMemPoolExportToShareableHandle(place: Out<i32>, pool: CUmemoryPool, kind: u32, flags: u64) {
        place.check()?;
        if flags != 0 || kind != FILE_DESCRIPTOR {
            return Err(Status::INVALID_VALUE);
        }
        place.set(POOLS.find(pool)?.export()?.into_raw_fd())
    }

    fn cuMemPoolImportFromShareableHandle(place: Out<CUmemoryPool>, descriptor: usize, kind: u32, flags: u64) {
        place.check()?;
        if flags != 0 || kind != FILE_DESCRIPTOR {
            return Err(Status::INVALID_VALUE);
        }
        place.set(Pool::import(descriptor_of(descriptor)?)?.handle)
    }

    fn cuMemPoolExportPointer(place: Out<Exported>, address: CUdeviceptr) {
        place.check()?;
        let memory = memory::find(address).ok_or(Status::INVALID_VALUE)?;
        place.set(Exported::of(&memory)?)
    }

    fn cuMemPoolImportPointer(place: Out<CUdeviceptr>, pool: CUmemoryPool, said: In<Exported>) {
        place.check()?;
        let context = context::usable()?.handle;
        place.set(POOLS.find(pool)?.import_part(&said.get()?, context)?.base)
    }

    /// Its allocations stay until they are freed.
    fn cuMemPoolDestroy(pool: CUmemoryPool) {
        let found = POOLS.find(pool)?;
        if pool::default_of(found.device).handle == pool {
            return Err(Status::INVALID_VALUE);
        }
        POOLS.remove(pool).map(drop)
    }

    /// Nothing is kept back.
    fn cuMemPoolTrimTo(pool: CUmemoryPool, _keep: usize) {
        POOLS.find(pool).map(drop)
    }

    fn cuMemPoolGetAttribute(pool: CUmemoryPool, number: u32, place: Out<c_void>) {
        let value = POOLS.find(pool)?.attribute(number)?;
        if is_switch(number) { place.cast().set(value as i32) } else { place.cast().set(value) }
    }

    fn cuMemPoolSetAttribute(pool: CUmemoryPool, number: u32, value: In<c_void>) {
        let pool = POOLS.find(pool)?;
        let value = match is_switch(number) {
            true => (In::at(value.address().cast::<u32>()).get()? != 0).into(),
            false => In::at(value.address().cast::<u64>()).get()?,
        };
        pool.set_attribute(number, value)
    }

    /// All devices have the memory in common.
    fn cuMemPoolSetAccess(pool: CUmemoryPool, accesses: In<CUmemAccessDesc>, count: usize) {
        let pool = POOLS.find(pool)?;
        for access in accesses.all(count)? {
            let is_own = access.location.id == pool.device;
            if access.location.kind != location_type::DEVICE || !matches!(access.flags, 0 | 1 | 3) {
                return Err(Status::INVALID_VALUE);
            }
            profile::device(access.location.id)?;
            if is_own && access.flags == 0 {
                return Err(Status::INVALID_VALUE);
            }
        }
        Ok(())
    }

    fn cuMemPoolGetAccess(flags: Out<u32>, pool: CUmemoryPool, location: In<CUmemLocation>) {
        POOLS.find(pool)?;
        profile::device(location.get()?.id)?;
        flags.set(3)
    }

    /// What graphs hold now, in use or reserved; no high-water mark is kept.
    fn cuDeviceGetGraphMemAttribute(device: CUdevice, number: u32, place: Out<u64>) {
        profile::device(device)?;
        match number {
            0 | 2 => place.set(pool::of_graphs(device)),
            1 | 3 => Err(Status::NOT_SUPPORTED),
            _ => Err(Status::INVALID_VALUE),
        }
    }

    /// Graphs hold their memory as long as they are.
    fn cuDeviceGraphMemTrim(device: CUdevice) {
        profile::device(device).map(drop)
    }

    fn cuDeviceGetDefaultMemPool(place: Out<CUmemoryPool>, device: CUdevice) {
        profile::device(device)?;
        place.set(pool::default_of(device).handle)
    }

    fn cuDeviceGetMemPool(place: Out<CUmemoryPool>, device: CUdevice) {
        profile::device(device)?;
        place.set(pool::current_of(device).handle)
    }

    fn cuDeviceSetMemPool(device: CUdevice, pool: CUmemoryPool) {
        profile::device(device)?;
        let pool = POOLS.find(pool)?;
        if pool.device != device || pool.is_imported() {
            return Err(Status::INVALID_VALUE);
        }
        pool::set_current(device, pool.handle);
        Ok(())
    }
}

fn is_switch(number: u32) -> bool {
    number <= attribute::REUSE_ALLOW_INTERNAL_DEPENDENCIES
}

/// Memory that is there at once, and free to use in the order of the stream. While the stream is capturing, the graph holds it.
fn allocate(address: Out<CUdeviceptr>, size: usize, pool: &Pool, handle: CUstream) -> Result {
    address.check()?;
    if size == 0 {
        return Err(Status::INVALID_VALUE);
    }
    let stream = stream(handle)?;
    match stream.capturing()? {
        Some(capture) => {
            let memory = pool.allocate(size, 0)?;
            let base = memory.base;
            capture.add(stream.handle, Work::Operation(Operation::Allocate(Arc::new(Held(memory)))))?;
            address.set(base)
        }
        None => {
            let memory = pool.allocate(size, stream.context).or_else(|_| {
                // Frees that the stream has not come to yet may make room.
                stream.synchronize()?;
                pool.allocate(size, stream.context)
            })?;
            address.set(memory.base)
        }
    }
}
