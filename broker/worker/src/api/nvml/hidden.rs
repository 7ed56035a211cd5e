//! Devices that the program does not see: functions in the place of the vendor's that find devices. Their places are those among
//! the devices that are shown.

use std::ffi::{c_char, c_void};
use std::sync::OnceLock;

use super::devices::{Nvml, Seen};
use crate::generated::nvml::Vendor;
use crate::vendor::visible::Visible;

const SUCCESS: u32 = 0;
const UNINITIALIZED: u32 = 1;
const INVALID_ARGUMENT: u32 = 2;
const NOT_FOUND: u32 = 6;
const INSUFFICIENT_SIZE: u32 = 7;
const FUNCTION_NOT_FOUND: u32 = 13;

type Nearest = unsafe extern "C" fn(*mut c_void, u32, *mut u32, *mut *mut c_void) -> u32;
type NearProcessor = unsafe extern "C" fn(u32, *mut u32, *mut *mut c_void) -> u32;
type Index = unsafe extern "C" fn(*mut c_void, *mut u32) -> u32;
type Find = unsafe extern "C" fn(*const c_char, *mut *mut c_void) -> u32;

/// The vendor's functions, and what of its devices is shown.
struct Shown {
    nvml: Nvml,
    visible: Visible,
    by_serial: Option<Find>,
    by_uuid: Option<Find>,
    by_pci: Option<Find>,
    nearest: Option<Nearest>,
    near_processor: Option<NearProcessor>,
    index: Option<Index>,
}

/// Of the process, as the vendor's functions are, which take no word of the worker's.
static SHOWN: OnceLock<Shown> = OnceLock::new();

/// Puts functions in the place of the vendor's that show these devices.
pub fn hide(vendor: &mut Vendor, visible: Visible) {
    let nvml = Nvml {
        count: vendor.nvmlDeviceGetCount_v2,
        by_index: vendor.nvmlDeviceGetHandleByIndex_v2,
        name: vendor.nvmlDeviceGetName,
        uuid: vendor.nvmlDeviceGetUUID,
        pci: vendor.nvmlDeviceGetPciInfo_v3,
    };
    let _ = SHOWN.set(Shown {
        nvml,
        visible,
        by_serial: vendor.nvmlDeviceGetHandleBySerial,
        by_uuid: vendor.nvmlDeviceGetHandleByUUID,
        by_pci: vendor.nvmlDeviceGetHandleByPciBusId_v2,
        nearest: vendor.nvmlDeviceGetTopologyNearestGpus,
        near_processor: vendor.nvmlSystemGetTopologyGpuSet,
        index: vendor.nvmlDeviceGetIndex,
    });
    vendor.nvmlDeviceGetCount = Some(count);
    vendor.nvmlDeviceGetCount_v2 = Some(count);
    vendor.nvmlDeviceGetHandleByIndex = Some(by_index);
    vendor.nvmlDeviceGetHandleByIndex_v2 = Some(by_index);
    vendor.nvmlDeviceGetHandleBySerial = Some(by_serial_number);
    vendor.nvmlDeviceGetHandleByUUID = Some(by_name);
    vendor.nvmlDeviceGetHandleByPciBusId = Some(by_address);
    vendor.nvmlDeviceGetHandleByPciBusId_v2 = Some(by_address);
    vendor.nvmlDeviceGetIndex = Some(index);
    vendor.nvmlDeviceGetTopologyNearestGpus = Some(nearest);
    vendor.nvmlSystemGetTopologyGpuSet = Some(near_processor);
}

/// What there is to do with the devices that are shown, and its status.
fn with(what: impl FnOnce(&Shown, Vec<Seen>) -> u32) -> u32 {
    let Some(shown) = SHOWN.get() else { return UNINITIALIZED };
    match shown.nvml.shown(&shown.visible) {
        Ok(devices) => what(shown, devices),
        Err(status) => status,
    }
}

/// Stores a value, if there is a place for it.
///
/// # Safety
/// There is one, or null.
unsafe fn store<T>(place: *mut T, value: T) -> u32 {
    if place.is_null() {
        return INVALID_ARGUMENT;
    }
    // SAFETY: by the caller's promise.
    unsafe { place.write(value) };
    SUCCESS
}

/// `nvmlDeviceGetCount`.
unsafe extern "C" fn count(place: *mut u32) -> u32 {
    // SAFETY: as NVML demands of the caller.
    with(|_, devices| unsafe { store(place, devices.len() as u32) })
}

/// `nvmlDeviceGetHandleByIndex`.
unsafe extern "C" fn by_index(index: u32, place: *mut *mut c_void) -> u32 {
    with(|_, devices| match devices.get(index as usize) {
        // SAFETY: as NVML demands of the caller.
        Some(seen) => unsafe { store(place, seen.handle) },
        None => INVALID_ARGUMENT,
    })
}

/// `nvmlDeviceGetIndex`.
unsafe extern "C" fn index(device: *mut c_void, place: *mut u32) -> u32 {
    with(|shown, devices| match devices.iter().position(|seen| seen.handle == device) {
        // SAFETY: as NVML demands of the caller.
        Some(at) => unsafe { store(place, at as u32) },
        // A part of a device: its place is among the others of that device.
        // SAFETY: as above.
        None => shown.index.map_or(FUNCTION_NOT_FOUND, |index| unsafe { index(device, place) }),
    })
}

/// `nvmlDeviceGetHandleBySerial`.
unsafe extern "C" fn by_serial_number(text: *const c_char, place: *mut *mut c_void) -> u32 {
    find(|shown| shown.by_serial, text, place)
}

/// `nvmlDeviceGetHandleByUUID`.
unsafe extern "C" fn by_name(text: *const c_char, place: *mut *mut c_void) -> u32 {
    find(|shown| shown.by_uuid, text, place)
}

/// `nvmlDeviceGetHandleByPciBusId`.
unsafe extern "C" fn by_address(text: *const c_char, place: *mut *mut c_void) -> u32 {
    find(|shown| shown.by_pci, text, place)
}

/// A device that the vendor finds, if it is shown.
fn find(function: impl Fn(&Shown) -> Option<Find>, text: *const c_char, place: *mut *mut c_void) -> u32 {
    with(|shown, devices| {
        let Some(function) = function(shown) else { return FUNCTION_NOT_FOUND };
        let mut found = std::ptr::null_mut();
        let asked = if place.is_null() { place } else { &raw mut found };
        // SAFETY: a text or null, as the program gave it, and a place for a handle or null.
        match unsafe { function(text, asked) } {
            SUCCESS if devices.iter().all(|seen| seen.handle != found) => NOT_FOUND,
            // SAFETY: as NVML demands of the caller.
            SUCCESS => unsafe { store(place, found) },
            status => status,
        }
    })
}

/// `nvmlDeviceGetTopologyNearestGpus`.
unsafe extern "C" fn nearest(device: *mut c_void, level: u32, count: *mut u32, list: *mut *mut c_void) -> u32 {
    // SAFETY: a device, and what the list's caller gives.
    set(|shown, count, list| shown.nearest.map(|ask| unsafe { ask(device, level, count, list) }), count, list)
}

/// `nvmlSystemGetTopologyGpuSet`.
unsafe extern "C" fn near_processor(processor: u32, count: *mut u32, list: *mut *mut c_void) -> u32 {
    // SAFETY: what the list's caller gives.
    set(|shown, count, list| shown.near_processor.map(|ask| unsafe { ask(processor, count, list) }), count, list)
}

/// Those of the devices in a list of the vendor's that are shown.
fn set(
    ask: impl Fn(&Shown, *mut u32, *mut *mut c_void) -> Option<u32>,
    count: *mut u32,
    list: *mut *mut c_void,
) -> u32 {
    with(|shown, devices| {
        let mut all = 0;
        // No list, and then one of the size that is named.
        let mut status = ask(shown, &raw mut all, std::ptr::null_mut()).unwrap_or(FUNCTION_NOT_FOUND);
        let mut found = vec![std::ptr::null_mut(); all as usize];
        if all > 0 && matches!(status, SUCCESS | INSUFFICIENT_SIZE) {
            status = ask(shown, &raw mut all, found.as_mut_ptr()).unwrap_or(FUNCTION_NOT_FOUND);
        }
        if status != SUCCESS {
            return status;
        }
        if count.is_null() {
            return INVALID_ARGUMENT;
        }
        found.truncate(all as usize);
        found.retain(|one| devices.iter().any(|seen| seen.handle == *one));
        // SAFETY: as NVML demands of the caller: a number, and room for as many handles as it says, or none.
        unsafe {
            let room = count.replace(found.len() as u32) as usize;
            if !list.is_null() {
                if room < found.len() {
                    return INSUFFICIENT_SIZE;
                }
                list.copy_from_nonoverlapping(found.as_ptr(), found.len());
            }
        }
        SUCCESS
    })
}
