//! Where devices are on the bus.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_uint;

use super::entry::{entries, put};
use crate::devices::{Handle, device};
use crate::status::{Result, Status};

/// `nvmlPciInfo_t`
#[repr(C)]
pub struct PciInfo {
    legacy: [u8; 16],
    place: [c_uint; 3],
    id: c_uint,
    subsystem: c_uint,
    bus: [u8; 32],
}

/// `nvmlPciInfoExt_v1_t`
#[repr(C)]
pub struct PciInfoExt {
    version: c_uint,
    place: [c_uint; 3],
    id: c_uint,
    subsystem: c_uint,
    class: [c_uint; 2],
    bus: [u8; 32],
}

/// No vendor has this number.
const ID: c_uint = 0x0001_FFFF;

fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    bytes
}

fn info(handle: Handle) -> Result<PciInfo> {
    let [domain, bus, slot] = ava_softgpu::pci(device(handle)?.ordinal);
    Ok(PciInfo {
        legacy: padded(&format!("{domain:04X}:{bus:02X}:{slot:02X}.0")),
        place: [domain, bus, slot],
        id: ID,
        subsystem: ID,
        bus: padded(&format!("{domain:08X}:{bus:02X}:{slot:02X}.0")),
    })
}

entries! { checked;
    fn nvmlDeviceGetPciInfo(handle: Handle, place: *mut PciInfo) {
        put(place, info(handle)?)
    }

    fn nvmlDeviceGetPciInfo_v2(handle: Handle, place: *mut PciInfo) {
        put(place, info(handle)?)
    }

    fn nvmlDeviceGetPciInfo_v3(handle: Handle, place: *mut PciInfo) {
        put(place, info(handle)?)
    }

    fn nvmlDeviceGetPciInfoExt(handle: Handle, place: *mut PciInfoExt) {
        let PciInfo { place: at, id, subsystem, bus, .. } = info(handle)?;
        if place.is_null() {
            return Err(Status::INVALID_ARGUMENT);
        }
        // SAFETY: the program passes the struct, or what begins as it does.
        let version = unsafe { (&raw const (*place).version).read() };
        if version != 1 << 24 | size_of::<PciInfoExt>() as u32 {
            return Err(Status::ARGUMENT_VERSION_MISMATCH);
        }
        put(place, PciInfoExt { version, place: at, id, subsystem, class: [3, 2], bus })
    }

    fn nvmlDeviceGetMaxPcieLinkGeneration(handle: Handle, value: *mut c_uint) {
        device(handle)?;
        put(value, 3)
    }

    fn nvmlDeviceGetCurrPcieLinkGeneration(handle: Handle, value: *mut c_uint) {
        device(handle)?;
        put(value, 1)
    }

    fn nvmlDeviceGetMaxPcieLinkWidth(handle: Handle, value: *mut c_uint) {
        device(handle)?;
        put(value, 16)
    }

    fn nvmlDeviceGetCurrPcieLinkWidth(handle: Handle, value: *mut c_uint) {
        device(handle)?;
        put(value, 8)
    }

    /// In KB/s: sent, received.
    fn nvmlDeviceGetPcieThroughput(handle: Handle, counter: c_uint, value: *mut c_uint) {
        device(handle)?;
        put(value, *[120, 340].get(counter as usize).ok_or(Status::INVALID_ARGUMENT)?)
    }

    fn nvmlDeviceGetPcieReplayCounter(handle: Handle, value: *mut c_uint) {
        device(handle)?;
        put(value, 0)
    }
}

/// Reads `domain:bus:device.function`, of which the first and the last may lack.
pub fn read(text: &str) -> Option<[u32; 3]> {
    let place = text.split_once('.').map_or(text, |(place, _)| place);
    let mut parts = place.rsplitn(3, ':').map(|part| u32::from_str_radix(part, 16).ok());
    let (slot, bus) = (parts.next()??, parts.next()??);
    Some([parts.next().unwrap_or(Some(0))?, bus, slot])
}
