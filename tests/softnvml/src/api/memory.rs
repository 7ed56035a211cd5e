//! Memory: how much there is, and whether it is in order.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::{c_uint, c_ulonglong};

use super::entry::{entries, put};
use crate::devices::{Handle, device};
use crate::processes::used;
use crate::status::Status;

/// `nvmlMemory_t`, and `nvmlBAR1Memory_t`
#[repr(C)]
pub struct Memory {
    total: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

/// `nvmlMemory_v2_t`
#[repr(C)]
pub struct MemoryV2 {
    version: c_uint,
    total: c_ulonglong,
    reserved: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

/// What the driver keeps for itself.
const RESERVED: u64 = 1 << 20;

entries! { checked;
    fn nvmlDeviceGetMemoryInfo(handle: Handle, memory: *mut Memory) {
        let total = ava_softgpu::memory();
        let used = (used(device(handle)?) + RESERVED).min(total);
        put(memory, Memory { total, free: total - used, used })
    }

    fn nvmlDeviceGetMemoryInfo_v2(handle: Handle, memory: *mut MemoryV2) {
        let device = device(handle)?;
        if memory.is_null() {
            return Err(Status::INVALID_ARGUMENT);
        }
        // SAFETY: the program passes the struct, or what begins as it does.
        let version = unsafe { (&raw const (*memory).version).read() };
        if version != 2 << 24 | size_of::<MemoryV2>() as u32 {
            return Err(Status::ARGUMENT_VERSION_MISMATCH);
        }
        let (total, used) = (ava_softgpu::memory(), used(device));
        put(memory, MemoryV2 { version, total, reserved: RESERVED, free: total.saturating_sub(used + RESERVED), used })
    }

    fn nvmlDeviceGetBAR1MemoryInfo(handle: Handle, memory: *mut Memory) {
        device(handle)?;
        put(memory, Memory { total: 256 << 20, free: 254 << 20, used: 2 << 20 })
    }

    fn nvmlDeviceGetMemoryBusWidth(handle: Handle, width: *mut c_uint) {
        device(handle)?;
        put(width, ava_softgpu::MEMORY_BUS)
    }

    fn nvmlDeviceGetEccMode(handle: Handle, current: *mut c_uint, pending: *mut c_uint) {
        device(handle)?;
        put(current, 1)?;
        put(pending, 1)
    }

    fn nvmlDeviceGetTotalEccErrors(handle: Handle, _kind: c_uint, _since: c_uint, count: *mut c_ulonglong) {
        device(handle)?;
        put(count, 0)
    }
}
