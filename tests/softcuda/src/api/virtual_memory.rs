//! Virtual memory by hand.
#![allow(non_snake_case, reason = "the header's names")]

use std::os::fd::IntoRawFd;

use super::entry::entries;
use super::values::{In, Out, descriptor_of};
use crate::cuda::{
    CUdeviceptr, CUmemAccessDesc, CUmemAllocationProp, CUmemGenericAllocationHandle, CUmemLocation, Status,
    location_type,
};
use crate::device::vmm::{self, FILE_DESCRIPTOR, GRANULARITY, MEMORIES, Memory};
use crate::device::{capture, context, profile};

entries! { checked;
    fn cuMemGetAllocationGranularity(size: Out<usize>, properties: In<CUmemAllocationProp>, option: u32) {
        let location = properties.get()?.location;
        if location.kind == location_type::DEVICE {
            profile::device(location.id)?;
        }
        // `CU_MEM_ALLOC_GRANULARITY_MINIMUM`, `_RECOMMENDED`.
        if option > 1 { Err(Status::INVALID_VALUE) } else { size.set(GRANULARITY) }
    }

    fn cuMemAddressReserve(place: Out<CUdeviceptr>, size: usize, align: usize, wanted: CUdeviceptr, flags: u64) {
        place.check()?;
        if flags != 0 {
            return Err(Status::INVALID_VALUE);
        }
        place.set(vmm::reserve(size, align, wanted)?)
    }

    fn cuMemAddressFree(address: CUdeviceptr, size: usize) {
        vmm::free(address, size)
    }

    fn cuMemCreate(
        place: Out<CUmemGenericAllocationHandle>,
        size: usize,
        properties: In<CUmemAllocationProp>,
        flags: u64,
    ) {
        place.check()?;
        if flags != 0 {
            return Err(Status::INVALID_VALUE);
        }
        capture::check()?;
        place.set(Memory::create(size, properties.get()?)?.handle as u64)
    }

    fn cuMemRelease(handle: CUmemGenericAllocationHandle) {
        MEMORIES.find(handle as usize)?.release();
        Ok(())
    }

    fn cuMemRetainAllocationHandle(place: Out<CUmemGenericAllocationHandle>, address: CUdeviceptr) {
        place.check()?;
        let memory = vmm::memory_at(address)?;
        memory.retain();
        place.set(memory.handle as u64)
    }

    fn cuMemGetAllocationPropertiesFromHandle(
        place: Out<CUmemAllocationProp>,
        handle: CUmemGenericAllocationHandle,
    ) {
        place.set(MEMORIES.find(handle as usize)?.properties)
    }

    fn cuMemMap(
        address: CUdeviceptr,
        size: usize,
        offset: usize,
        handle: CUmemGenericAllocationHandle,
        flags: u64,
    ) {
        if flags != 0 {
            return Err(Status::INVALID_VALUE);
        }
        vmm::map(address, size, offset, MEMORIES.find(handle as usize)?)
    }

    /// Waits for all work of the current context, if there is one.
    fn cuMemUnmap(address: CUdeviceptr, size: usize) {
        capture::check()?;
        context::usable().map_or(Ok(()), |context| context.synchronize())?;
        vmm::unmap(address, size)
    }

    fn cuMemSetAccess(address: CUdeviceptr, size: usize, accesses: In<CUmemAccessDesc>, count: usize) {
        // All devices have the memory in common: what one may do, all may.
        let accesses = accesses.all(count)?;
        for access in &accesses {
            if access.location.kind == location_type::DEVICE {
                profile::device(access.location.id)?;
            }
        }
        let most = accesses.iter().map(|access| access.flags).max().ok_or(Status::INVALID_VALUE)?;
        vmm::set_access(address, size, most)
    }

    fn cuMemGetAccess(flags: Out<u64>, _location: In<CUmemLocation>, address: CUdeviceptr) {
        flags.set(vmm::access(address)?)
    }

    fn cuMemExportToShareableHandle(
        place: Out<i32>,
        handle: CUmemGenericAllocationHandle,
        kind: u32,
        flags: u64,
    ) {
        place.check()?;
        if flags != 0 || kind != FILE_DESCRIPTOR {
            return Err(Status::INVALID_VALUE);
        }
        place.set(MEMORIES.find(handle as usize)?.export()?.into_raw_fd())
    }

    fn cuMemImportFromShareableHandle(
        place: Out<CUmemGenericAllocationHandle>,
        descriptor: usize,
        kind: u32,
    ) {
        place.check()?;
        if kind != FILE_DESCRIPTOR {
            return Err(Status::INVALID_VALUE);
        }
        place.set(Memory::import(descriptor_of(descriptor)?)?.handle as u64)
    }
}
