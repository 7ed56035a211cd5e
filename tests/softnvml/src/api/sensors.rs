//! Loads, temperature, power, fans.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::{c_uint, c_ulonglong};
use std::sync::atomic::Ordering;

use super::entry::{entries, put};
use crate::devices::{Handle, POWER, device, loaded};
use crate::status::Status;

/// `nvmlUtilization_t`, in per cent
#[repr(C)]
pub struct Utilization {
    gpu: c_uint,
    memory: c_uint,
}

/// In microseconds.
const PERIOD: c_uint = 167_000;

entries! { checked;
    fn nvmlDeviceGetUtilizationRates(handle: Handle, rates: *mut Utilization) {
        device(handle)?;
        put(rates, Utilization { gpu: 17, memory: 5 })
    }

    fn nvmlDeviceGetEncoderUtilization(handle: Handle, percent: *mut c_uint, period: *mut c_uint) {
        device(handle)?;
        put(percent, 3)?;
        put(period, PERIOD)
    }

    fn nvmlDeviceGetDecoderUtilization(handle: Handle, percent: *mut c_uint, period: *mut c_uint) {
        device(handle)?;
        put(percent, 4)?;
        put(period, PERIOD)
    }

    /// In degrees: of the processor, the one sensor.
    fn nvmlDeviceGetTemperature(handle: Handle, sensor: c_uint, degrees: *mut c_uint) {
        device(handle)?;
        if sensor != 0 {
            return Err(Status::INVALID_ARGUMENT);
        }
        put(degrees, 41)
    }

    fn nvmlDeviceGetTemperatureThreshold(handle: Handle, which: c_uint, degrees: *mut c_uint) {
        device(handle)?;
        match which {
            0 => put(degrees, 96),
            1 => put(degrees, 93),
            2..8 => Err(Status::NOT_SUPPORTED),
            _ => Err(Status::INVALID_ARGUMENT),
        }
    }

    fn nvmlDeviceGetFanSpeed(handle: Handle, percent: *mut c_uint) {
        device(handle)?;
        put(percent, 33)
    }

    fn nvmlDeviceGetFanSpeed_v2(handle: Handle, fan: c_uint, percent: *mut c_uint) {
        device(handle)?;
        if fan == 0 { put(percent, 33) } else { Err(Status::INVALID_ARGUMENT) }
    }

    fn nvmlDeviceGetNumFans(handle: Handle, count: *mut c_uint) {
        device(handle)?;
        put(count, 1)
    }

    fn nvmlDeviceGetPowerUsage(handle: Handle, milliwatts: *mut c_uint) {
        device(handle)?;
        put(milliwatts, 10_500)
    }

    fn nvmlDeviceGetTotalEnergyConsumption(handle: Handle, millijoules: *mut c_ulonglong) {
        device(handle)?;
        put(millijoules, 123_456_789)
    }

    fn nvmlDeviceGetPowerManagementMode(handle: Handle, mode: *mut c_uint) {
        device(handle)?;
        put(mode, 1)
    }

    fn nvmlDeviceGetPowerManagementLimit(handle: Handle, limit: *mut c_uint) {
        put(limit, loaded(&device(handle)?.power_limit))
    }

    fn nvmlDeviceSetPowerManagementLimit(handle: Handle, limit: c_uint) {
        let device = device(handle)?;
        if !(POWER[0]..=POWER[2]).contains(&limit) {
            return Err(Status::INVALID_ARGUMENT);
        }
        device.power_limit.store(limit, Ordering::Relaxed);
        Ok(())
    }

    fn nvmlDeviceGetEnforcedPowerLimit(handle: Handle, limit: *mut c_uint) {
        put(limit, loaded(&device(handle)?.power_limit))
    }

    fn nvmlDeviceGetPowerManagementDefaultLimit(handle: Handle, limit: *mut c_uint) {
        device(handle)?;
        put(limit, POWER[1])
    }

    fn nvmlDeviceGetPowerManagementLimitConstraints(handle: Handle, least: *mut c_uint, greatest: *mut c_uint) {
        device(handle)?;
        put(least, POWER[0])?;
        put(greatest, POWER[2])
    }
}
