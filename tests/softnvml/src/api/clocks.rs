//! Clocks and performance.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::{c_uint, c_ulonglong};

use super::entry::{entries, put, put_list};
use crate::devices::{Handle, device};
use crate::status::{Result, Status};

/// In MHz: graphics, multiprocessors, memory, video.
const GREATEST: [u32; 4] =
    [ava_softgpu::CLOCK / 1000, ava_softgpu::CLOCK / 1000, ava_softgpu::MEMORY_CLOCK / 1000, 1470];
const NOW: [u32; 4] = [300, 300, 405, 540];

fn clock(of: [u32; 4], which: c_uint) -> Result<u32> {
    of.get(which as usize).copied().ok_or(Status::INVALID_ARGUMENT)
}

entries! { checked;
    fn nvmlDeviceGetClockInfo(handle: Handle, which: c_uint, clock_mhz: *mut c_uint) {
        device(handle)?;
        put(clock_mhz, clock(NOW, which)?)
    }

    fn nvmlDeviceGetMaxClockInfo(handle: Handle, which: c_uint, clock_mhz: *mut c_uint) {
        device(handle)?;
        put(clock_mhz, clock(GREATEST, which)?)
    }

    fn nvmlDeviceGetApplicationsClock(handle: Handle, which: c_uint, clock_mhz: *mut c_uint) {
        device(handle)?;
        put(clock_mhz, clock(GREATEST, which)?)
    }

    fn nvmlDeviceGetSupportedMemoryClocks(handle: Handle, count: *mut c_uint, clocks: *mut c_uint) {
        device(handle)?;
        put_list(count, clocks, &[GREATEST[2], NOW[2]])
    }

    fn nvmlDeviceGetSupportedGraphicsClocks(handle: Handle, of: c_uint, count: *mut c_uint, clocks: *mut c_uint) {
        device(handle)?;
        match of {
            of if of == GREATEST[2] => put_list(count, clocks, &[GREATEST[0], 1000, NOW[0]]),
            of if of == NOW[2] => put_list(count, clocks, &[NOW[0]]),
            _ => Err(Status::NOT_FOUND),
        }
    }

    fn nvmlDeviceGetPerformanceState(handle: Handle, state: *mut c_uint) {
        device(handle)?;
        put(state, 8)
    }

    fn nvmlDeviceGetPowerState(handle: Handle, state: *mut c_uint) {
        device(handle)?;
        put(state, 8)
    }

    /// It idles.
    fn nvmlDeviceGetCurrentClocksThrottleReasons(handle: Handle, reasons: *mut c_ulonglong) {
        device(handle)?;
        put(reasons, 1)
    }

    fn nvmlDeviceGetSupportedClocksThrottleReasons(handle: Handle, reasons: *mut c_ulonglong) {
        device(handle)?;
        put(reasons, 0x1FF)
    }
}
