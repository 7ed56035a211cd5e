//! Devices: how they are found, and what they are.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::{c_char, c_int, c_uint, c_ulong};
use std::sync::atomic::Ordering;

use super::entry::{entries, put, put_list, put_text, text};
use super::pci;
use crate::devices::{Handle, device, devices, loaded};
use crate::status::{Result, Status};

/// The device of which something is so.
fn find(place: *mut Handle, is: impl Fn(&crate::devices::Device) -> bool) -> Result {
    let found = devices().iter().find(|device| is(device)).ok_or(Status::NOT_FOUND)?;
    put(place, std::ptr::from_ref(found))
}

fn by_index(index: c_uint, place: *mut Handle) -> Result {
    find(place, |device| device.ordinal == index).map_err(|_| Status::INVALID_ARGUMENT)
}

fn by_bus(id: *const c_char, place: *mut Handle) -> Result {
    let wanted = pci::read(&text(id)?).ok_or(Status::INVALID_ARGUMENT)?;
    find(place, |device| ava_softgpu::pci(device.ordinal) == wanted)
}

entries! { checked;
    fn nvmlDeviceGetCount(count: *mut c_uint) {
        put(count, ava_softgpu::count())
    }

    fn nvmlDeviceGetCount_v2(count: *mut c_uint) {
        put(count, ava_softgpu::count())
    }

    fn nvmlDeviceGetHandleByIndex(index: c_uint, place: *mut Handle) {
        by_index(index, place)
    }

    fn nvmlDeviceGetHandleByIndex_v2(index: c_uint, place: *mut Handle) {
        by_index(index, place)
    }

    fn nvmlDeviceGetHandleBySerial(serial: *const c_char, place: *mut Handle) {
        let wanted = text(serial)?;
        find(place, |device| device.serial() == wanted)
    }

    fn nvmlDeviceGetHandleByUUID(uuid: *const c_char, place: *mut Handle) {
        let wanted = text(uuid)?;
        find(place, |device| device.uuid() == wanted)
    }

    fn nvmlDeviceGetHandleByPciBusId(id: *const c_char, place: *mut Handle) {
        by_bus(id, place)
    }

    fn nvmlDeviceGetHandleByPciBusId_v2(id: *const c_char, place: *mut Handle) {
        by_bus(id, place)
    }

    fn nvmlDeviceGetName(handle: Handle, name: *mut c_char, length: c_uint) {
        device(handle)?;
        put_text(name, length, &ava_softgpu::NAME.to_string_lossy())
    }

    fn nvmlDeviceGetUUID(handle: Handle, uuid: *mut c_char, length: c_uint) {
        put_text(uuid, length, &device(handle)?.uuid())
    }

    fn nvmlDeviceGetSerial(handle: Handle, serial: *mut c_char, length: c_uint) {
        put_text(serial, length, &device(handle)?.serial())
    }

    fn nvmlDeviceGetVbiosVersion(handle: Handle, version: *mut c_char, length: c_uint) {
        device(handle)?;
        put_text(version, length, "00.00.00.00.00")
    }

    fn nvmlDeviceGetBoardPartNumber(handle: Handle, _number: *mut c_char, _length: c_uint) {
        device(handle)?;
        Err(Status::NOT_SUPPORTED)
    }

    fn nvmlDeviceGetIndex(handle: Handle, index: *mut c_uint) {
        put(index, device(handle)?.ordinal)
    }

    fn nvmlDeviceGetMinorNumber(handle: Handle, minor: *mut c_uint) {
        put(minor, device(handle)?.ordinal)
    }

    fn nvmlDeviceGetBrand(handle: Handle, brand: *mut c_uint) {
        device(handle)?;
        put(brand, 0)
    }

    /// Turing.
    fn nvmlDeviceGetArchitecture(handle: Handle, architecture: *mut c_uint) {
        device(handle)?;
        put(architecture, 6)
    }

    fn nvmlDeviceGetCudaComputeCapability(handle: Handle, major: *mut c_int, minor: *mut c_int) {
        device(handle)?;
        put(major, ava_softgpu::COMPUTE_CAPABILITY[0])?;
        put(minor, ava_softgpu::COMPUTE_CAPABILITY[1])
    }

    fn nvmlDeviceGetNumGpuCores(handle: Handle, count: *mut c_uint) {
        device(handle)?;
        put(count, ava_softgpu::MULTIPROCESSORS * 64)
    }

    fn nvmlDeviceGetMultiGpuBoard(handle: Handle, is: *mut c_uint) {
        device(handle)?;
        put(is, 0)
    }

    fn nvmlDeviceGetBoardId(handle: Handle, id: *mut c_uint) {
        put(id, 0x4000 + device(handle)?.ordinal)
    }

    fn nvmlDeviceGetComputeMode(handle: Handle, mode: *mut c_uint) {
        device(handle)?;
        put(mode, 0)
    }

    fn nvmlDeviceGetPersistenceMode(handle: Handle, mode: *mut c_uint) {
        put(mode, loaded(&device(handle)?.is_persistent))
    }

    fn nvmlDeviceSetPersistenceMode(handle: Handle, mode: c_uint) {
        device(handle)?.is_persistent.store(mode, Ordering::Relaxed);
        Ok(())
    }

    fn nvmlDeviceGetDisplayMode(handle: Handle, mode: *mut c_uint) {
        device(handle)?;
        put(mode, 0)
    }

    fn nvmlDeviceGetDisplayActive(handle: Handle, is: *mut c_uint) {
        device(handle)?;
        put(is, 0)
    }

    /// Only Windows has such.
    fn nvmlDeviceGetDriverModel(handle: Handle, _current: *mut c_uint, _pending: *mut c_uint) {
        device(handle)?;
        Err(Status::NOT_SUPPORTED)
    }

    fn nvmlDeviceGetMigMode(handle: Handle, _current: *mut c_uint, _pending: *mut c_uint) {
        device(handle)?;
        Err(Status::NOT_SUPPORTED)
    }

    fn nvmlDeviceIsMigDeviceHandle(handle: Handle, is: *mut c_uint) {
        device(handle)?;
        put(is, 0)
    }

    fn nvmlDeviceGetMaxMigDeviceCount(handle: Handle, count: *mut c_uint) {
        device(handle)?;
        put(count, 0)
    }

    /// All devices are beside each other.
    fn nvmlDeviceGetTopologyCommonAncestor(one: Handle, other: Handle, level: *mut c_uint) {
        /// `NVML_TOPOLOGY_INTERNAL`, `NVML_TOPOLOGY_SINGLE`
        const LEVELS: [c_uint; 2] = [0, 10];
        put(level, LEVELS[usize::from(device(one)?.ordinal != device(other)?.ordinal)])
    }

    fn nvmlDeviceGetTopologyNearestGpus(handle: Handle, level: c_uint, count: *mut c_uint, place: *mut Handle) {
        let own = device(handle)?.ordinal;
        let others = devices().iter().filter(|other| level >= 10 && other.ordinal != own);
        let others: Vec<Handle> = others.map(std::ptr::from_ref).collect();
        match put_list(count, place, &others) {
            // So a program asks how many there are.
            Err(Status::INSUFFICIENT_SIZE) if place.is_null() => Ok(()),
            stored => stored,
        }
    }

    /// All devices are near all processors.
    fn nvmlSystemGetTopologyGpuSet(_processor: c_uint, count: *mut c_uint, place: *mut Handle) {
        let all: Vec<Handle> = devices().iter().map(std::ptr::from_ref).collect();
        match put_list(count, place, &all) {
            Err(Status::INSUFFICIENT_SIZE) if place.is_null() => Ok(()),
            stored => stored,
        }
    }

    fn nvmlDeviceGetP2PStatus(one: Handle, other: Handle, _what: c_uint, status: *mut c_uint) {
        device(one)?;
        device(other)?;
        put(status, 0)
    }

    fn nvmlDeviceGetCpuAffinity(handle: Handle, size: c_uint, set: *mut c_ulong) {
        device(handle)?;
        for i in 0..size as usize {
            put(set.wrapping_add(i), if i == 0 { 3 } else { 0 })?;
        }
        if size == 0 { Err(Status::INSUFFICIENT_SIZE) } else { Ok(()) }
    }
}
