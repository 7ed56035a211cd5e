//! Parts of devices in the place of whole ones: sub-devices that say of themselves that they are none.
//!
//! - **Invariant:** a part lives as long as the process, as a device does, whatever the program gives back.
//! - **Invariant:** no answer names a whole device. (PoCL has the whole ones in a context that was made of parts.)

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::OnceLock;

use ava_protocol::opencl::constant::{
    CL_CONTEXT_DEVICES, CL_DEVICE_MAX_COMPUTE_UNITS, CL_DEVICE_PARENT_DEVICE, CL_DEVICE_PARENT_DEVICE_EXT,
    CL_DEVICE_PARTITION_BY_COUNTS, CL_DEVICE_PARTITION_EQUALLY, CL_DEVICE_PARTITION_STYLE_EXT,
    CL_DEVICE_PARTITION_TYPE, CL_DEVICE_REFERENCE_COUNT, CL_DEVICE_REFERENCE_COUNT_EXT, CL_PROGRAM_DEVICES,
    CL_QUEUE_DEVICE,
};

use crate::engine::query::{self, Query};
use crate::generated::opencl::Vendor;
use crate::vendor::visible::Part;

const CL_SUCCESS: i32 = 0;
const CL_INVALID_VALUE: i32 = -30;

type Count = unsafe extern "C" fn(*mut c_void) -> i32;

/// What the program sees of a device, and the device. Both are the vendor's addresses.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    pub part: usize,
    pub whole: usize,
}

/// The parts, and what the vendor does with other devices.
struct Parts {
    all: Vec<Shown>,
    device_info: Query,
    context_info: Option<Query>,
    program_info: Option<Query>,
    queue_info: Option<Query>,
    retain: Option<Count>,
    release: Option<Count>,
}

/// Of the process, as the vendor's functions are, which take no word of the worker's.
static PARTS: OnceLock<Parts> = OnceLock::new();

/// A part of a device; the device itself, if it has so few units that they are all in the part.
///
/// # Errors
/// The device has no such parts: the vendor's status.
pub fn part(vendor: &Vendor, device: *mut c_void, part: Part) -> Result<*mut c_void, i32> {
    let units = query::number::<u32>(vendor.clGetDeviceInfo, device, CL_DEVICE_MAX_COMPUTE_UNITS)?;
    let some = part.of(units);
    if some >= units {
        return Ok(device);
    }
    let counted = [CL_DEVICE_PARTITION_BY_COUNTS as isize, some as isize, 0, 0];
    let equal = [CL_DEVICE_PARTITION_EQUALLY as isize, some as isize, 0];
    first(vendor, device, &counted, 1).or_else(|_| first(vendor, device, &equal, units / some))
}

/// The first sub-device of a partition of so many. The others are given back.
fn first(vendor: &Vendor, device: *mut c_void, partition: &[isize], count: u32) -> Result<*mut c_void, i32> {
    let (create, release) = vendor.clCreateSubDevices.zip(vendor.clReleaseDevice).ok_or(CL_INVALID_VALUE)?;
    let mut parts = vec![null_mut(); count as usize];
    // SAFETY: a live device, a list with its end, and as much room as is said.
    let status = unsafe { create(device, partition.as_ptr().cast(), count, parts.as_mut_ptr(), null_mut()) };
    if status != CL_SUCCESS {
        return Err(status);
    }
    for other in parts.iter().skip(1).filter(|other| !other.is_null()) {
        // SAFETY: a device that is this function's alone.
        unsafe { release(*other) };
    }
    parts.first().copied().filter(|part| !part.is_null()).ok_or(CL_INVALID_VALUE)
}

/// Puts functions in the place of the vendor's for which these parts are whole devices.
pub fn pass_for_whole(vendor: &mut Vendor, all: Vec<Shown>) {
    let Some(device_info) = vendor.clGetDeviceInfo else { return };
    let _ = PARTS.set(Parts {
        all,
        device_info,
        context_info: vendor.clGetContextInfo,
        program_info: vendor.clGetProgramInfo,
        queue_info: vendor.clGetCommandQueueInfo,
        retain: vendor.clRetainDevice,
        release: vendor.clReleaseDevice,
    });
    vendor.clGetDeviceInfo = Some(get_device_info);
    vendor.clGetContextInfo = vendor.clGetContextInfo.and(Some(get_context_info));
    vendor.clGetProgramInfo = vendor.clGetProgramInfo.and(Some(get_program_info));
    vendor.clGetCommandQueueInfo = vendor.clGetCommandQueueInfo.and(Some(get_command_queue_info));
    // The older names, of an extension, do the same.
    for retain in [&mut vendor.clRetainDevice, &mut vendor.clRetainDeviceEXT] {
        *retain = retain.and(Some(retain_device));
    }
    for release in [&mut vendor.clReleaseDevice, &mut vendor.clReleaseDeviceEXT] {
        *release = release.and(Some(release_device));
    }
}

impl Parts {
    /// The device that this is a part of.
    fn whole(&self, device: *mut c_void) -> Option<*mut c_void> {
        let shown = self.all.iter().find(|shown| shown.part == device as usize)?;
        Some(shown.whole as *mut c_void)
    }

    /// What stands for a device.
    fn shown(&self, device: usize) -> usize {
        self.all.iter().find(|shown| shown.whole == device).map_or(device, |shown| shown.part)
    }
}

/// `clRetainDevice`, which does nothing to a device that is no sub-device.
unsafe extern "C" fn retain_device(device: *mut c_void) -> i32 {
    // SAFETY: as OpenCL demands of the caller.
    PARTS.get().map_or(CL_INVALID_VALUE, |parts| unsafe { count(parts, parts.retain, device) })
}

/// `clReleaseDevice`, as above.
unsafe extern "C" fn release_device(device: *mut c_void) -> i32 {
    // SAFETY: as OpenCL demands of the caller.
    PARTS.get().map_or(CL_INVALID_VALUE, |parts| unsafe { count(parts, parts.release, device) })
}

/// # Safety
/// The vendor takes the device, or refuses what it is.
unsafe fn count(parts: &Parts, change: Option<Count>, device: *mut c_void) -> i32 {
    match change {
        // SAFETY: by the caller's promise.
        Some(change) if parts.whole(device).is_none() => unsafe { change(device) },
        _ => CL_SUCCESS,
    }
}

/// `clGetDeviceInfo`, of which a part answers what only a sub-device would say as its device does.
unsafe extern "C" fn get_device_info(
    device: *mut c_void,
    key: u32,
    room: usize,
    value: *mut c_void,
    len: *mut usize,
) -> i32 {
    let Some(parts) = PARTS.get() else { return CL_INVALID_VALUE };
    let asked = match key {
        CL_DEVICE_PARENT_DEVICE
        | CL_DEVICE_PARENT_DEVICE_EXT
        | CL_DEVICE_PARTITION_TYPE
        | CL_DEVICE_PARTITION_STYLE_EXT
        | CL_DEVICE_REFERENCE_COUNT
        | CL_DEVICE_REFERENCE_COUNT_EXT => parts.whole(device).unwrap_or(device),
        _ => device,
    };
    let names = [CL_DEVICE_PARENT_DEVICE, CL_DEVICE_PARENT_DEVICE_EXT].contains(&key);
    // SAFETY: a device of the vendor's, or what the program says is one; the rest is as OpenCL demands of the caller.
    unsafe { answer(parts.device_info, asked, names, key, room, value, len) }
}

/// `clGetContextInfo`.
unsafe extern "C" fn get_context_info(
    context: *mut c_void,
    key: u32,
    room: usize,
    value: *mut c_void,
    len: *mut usize,
) -> i32 {
    let Some(query) = PARTS.get().and_then(|parts| parts.context_info) else { return CL_INVALID_VALUE };
    // SAFETY: as OpenCL demands of the caller.
    unsafe { answer(query, context, key == CL_CONTEXT_DEVICES, key, room, value, len) }
}

/// `clGetProgramInfo`.
unsafe extern "C" fn get_program_info(
    program: *mut c_void,
    key: u32,
    room: usize,
    value: *mut c_void,
    len: *mut usize,
) -> i32 {
    let Some(query) = PARTS.get().and_then(|parts| parts.program_info) else { return CL_INVALID_VALUE };
    // SAFETY: as OpenCL demands of the caller.
    unsafe { answer(query, program, key == CL_PROGRAM_DEVICES, key, room, value, len) }
}

/// `clGetCommandQueueInfo`.
unsafe extern "C" fn get_command_queue_info(
    queue: *mut c_void,
    key: u32,
    room: usize,
    value: *mut c_void,
    len: *mut usize,
) -> i32 {
    let Some(query) = PARTS.get().and_then(|parts| parts.queue_info) else { return CL_INVALID_VALUE };
    // SAFETY: as OpenCL demands of the caller.
    unsafe { answer(query, queue, key == CL_QUEUE_DEVICE, key, room, value, len) }
}

/// Asks the vendor. Where the answer `names` devices, a part stands in it for each whole one that has one.
///
/// # Safety
/// As the vendor's function demands: `value` is null or leads to `room` bytes, `len` is null or leads to a place.
unsafe fn answer(
    query: Query,
    object: *mut c_void,
    names: bool,
    key: u32,
    room: usize,
    value: *mut c_void,
    len: *mut usize,
) -> i32 {
    let mut answered = 0;
    // SAFETY: by the caller's promise.
    let status = unsafe { query(object, key, room, value, &raw mut answered) };
    if status == CL_SUCCESS && names && !value.is_null() {
        for at in 0..answered.min(room) / size_of::<usize>() {
            // SAFETY: within the room, of which the vendor has written so much.
            unsafe {
                let place = value.cast::<usize>().add(at);
                place.write_unaligned(PARTS.get().map_or(0, |parts| parts.shown(place.read_unaligned())));
            }
        }
    }
    if status == CL_SUCCESS && !len.is_null() {
        // SAFETY: by the caller's promise.
        unsafe { len.write(answered) };
    }
    status
}
