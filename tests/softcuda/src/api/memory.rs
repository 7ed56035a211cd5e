//! Memory: of devices, of the host, managed.
#![allow(non_snake_case, reason = "the header's names")]

use std::sync::Arc;

use super::entry::entries;
use super::values::Out;
use crate::cuda::{CUdeviceptr, Result, Status};
use crate::device::memory::{self, Allocation, Kind};
use crate::device::{capture, context};

entries! { checked;
    fn cuMemGetInfo_v2(free: Out<usize>, total: Out<usize>) {
        let context = context::usable()?;
        free.set_if(context.device.meter.free() as usize);
        total.set_if(context.device.meter.total as usize);
        Ok(())
    }

    fn cuMemAlloc_v2(address: Out<CUdeviceptr>, size: usize) {
        allocate(address, Kind::Device, size)
    }

    /// Rows are multiples of 512 bytes; elements have 4, 8 or 16.
    fn cuMemAllocPitch_v2(address: Out<CUdeviceptr>, pitch: Out<usize>, width: usize, height: usize, element: u32) {
        pitch.check()?;
        if !matches!(element, 4 | 8 | 16) {
            return Err(Status::INVALID_VALUE);
        }
        let row = width.checked_next_multiple_of(PITCH).ok_or(Status::INVALID_VALUE)?;
        allocate(address, Kind::Device, row.checked_mul(height).ok_or(Status::INVALID_VALUE)?)?;
        pitch.set(row)
    }

    fn cuMemAllocManaged(address: Out<CUdeviceptr>, size: usize, flags: u32) {
        match flags {
            // `CU_MEM_ATTACH_GLOBAL`, `CU_MEM_ATTACH_HOST`.
            1 | 2 => allocate(address, Kind::Managed(flags), size),
            _ => Err(Status::INVALID_VALUE),
        }
    }

    /// Waits for all work of the context; 0 is allowed.
    fn cuMemFree_v2(address: CUdeviceptr) {
        let context = context::usable()?;
        if address == 0 {
            return Ok(());
        }
        capture::check()?;
        memory::at(address, |kind| matches!(kind, Kind::Device | Kind::Managed(_)))?;
        context.synchronize()?;
        memory::free(address);
        Ok(())
    }

    fn cuMemGetAddressRange_v2(base: Out<CUdeviceptr>, size: Out<usize>, address: CUdeviceptr) {
        context::usable()?;
        let found = memory::find(address).filter(|found| found.kind != Kind::Array).ok_or(Status::NOT_FOUND)?;
        base.set_if(found.base);
        size.set_if(found.size);
        Ok(())
    }

    fn cuMemAllocHost_v2(address: Out<u64>, size: usize) {
        allocate(address, Kind::Host(0), size)
    }

    fn cuMemHostAlloc(address: Out<u64>, size: usize, flags: u32) {
        // `CU_MEMHOSTALLOC_PORTABLE`, `_DEVICEMAP`, `_WRITECOMBINED`.
        if flags > 7 { Err(Status::INVALID_VALUE) } else { allocate(address, Kind::Host(flags), size) }
    }

    fn cuMemFreeHost(address: u64) {
        let context = context::usable()?;
        capture::check()?;
        memory::at(address, |kind| matches!(kind, Kind::Host(_)))?;
        context.synchronize()?;
        memory::remove(address);
        Ok(())
    }

    fn cuMemHostRegister_v2(address: u64, size: usize, flags: u32) {
        let context = context::usable()?;
        capture::check()?;
        let end = address.checked_add(size as u64).filter(|_| address != 0 && size != 0 && flags <= 0xF);
        let range = address..end.ok_or(Status::INVALID_VALUE)?;
        memory::register(Kind::Registered(flags), range, context.owner()).map(drop)
    }

    fn cuMemHostUnregister(address: u64) {
        let context = context::usable()?;
        capture::check()?;
        memory::at(address, |kind| matches!(kind, Kind::Registered(_))).map_err(|_| Status::HOST_MEMORY_NOT_REGISTERED)?;
        context.synchronize()?;
        memory::remove(address);
        Ok(())
    }

    /// The same address: it means the same everywhere.
    fn cuMemHostGetDevicePointer_v2(device: Out<CUdeviceptr>, address: u64, flags: u32) {
        context::usable()?;
        if flags != 0 {
            return Err(Status::INVALID_VALUE);
        }
        host(address)?;
        device.set(address)
    }

    fn cuMemHostGetFlags(flags: Out<u32>, address: u64) {
        context::usable()?;
        match host(address)?.kind {
            // With unified addresses, all of it is mapped.
            Kind::Host(set) => flags.set(set | 2),
            _ => Err(Status::INVALID_VALUE),
        }
    }
}

/// What rows are rounded up to, in bytes.
const PITCH: usize = 512;

fn allocate(address: Out<u64>, kind: Kind, size: usize) -> Result {
    let context = context::usable()?;
    address.check()?;
    capture::check()?;
    if size == 0 {
        return Err(Status::INVALID_VALUE);
    }
    let meter = matches!(kind, Kind::Device | Kind::Managed(_)).then_some(&context.device.meter);
    address.set(memory::allocate(kind, size, context.owner(), meter)?.base)
}

/// Memory of the host that devices know.
fn host(address: u64) -> Result<Arc<Allocation>> {
    memory::find(address).filter(|found| found.is_host()).ok_or(Status::INVALID_VALUE)
}
