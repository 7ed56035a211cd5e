//! Devices that the program does not see, or a part of only: functions in the place of the vendor's that list platforms and devices,
//! or make contexts of devices that the program has not named.

use std::ffi::{c_char, c_void};
use std::ptr::null_mut;
use std::sync::OnceLock;

use super::{parts, roots};
use crate::engine::query;
use crate::generated::opencl::Vendor;
use crate::vendor::visible::{self, Visible};

const CL_DEVICE_NAME: u32 = 0x102B;
const CL_PLATFORM_NAME: u32 = 0x0902;
const CL_DEVICE_UUID_KHR: u32 = 0x106A;
const CL_DEVICE_PCI_BUS_INFO_KHR: u32 = 0x410F;
const CL_CONTEXT_PLATFORM: usize = 0x1084;
const CL_DEVICE_TYPE_DEFAULT: u64 = 1;
const CL_DEVICE_TYPE_ALL: u64 = 0xFFFF_FFFF;
const CL_SUCCESS: i32 = 0;
const CL_DEVICE_NOT_FOUND: i32 = -1;
const CL_INVALID_VALUE: i32 = -30;
const CL_PLATFORM_NOT_FOUND_KHR: i32 = -1001;

type GetDevices = unsafe extern "C" fn(*mut c_void, u64, u32, *mut *mut c_void, *mut u32) -> i32;
type Notify = unsafe extern "C" fn(*const c_char, *const c_void, usize, *mut c_void);
type CreateContext =
    unsafe extern "C" fn(*const c_void, u32, *const *mut c_void, Option<Notify>, *mut c_void, *mut i32) -> *mut c_void;

/// What the vendor has, and what of it is shown. Objects are its addresses.
struct Shown {
    platforms: Vec<usize>,
    devices: Vec<parts::Shown>,
    get_devices: GetDevices,
    create_context: CreateContext,
}

/// Of the process, as the vendor's functions are, which take no word of the worker's.
static SHOWN: OnceLock<Shown> = OnceLock::new();

/// Puts functions in the place of the vendor's that show these devices, or their parts, and platforms that have one. A device without
/// such parts is not shown.
pub fn hide(vendor: &mut Vendor, visible: &Visible) {
    let (Some(get_devices), Some(create_context)) = (vendor.clGetDeviceIDs, vendor.clCreateContext) else { return };
    let (mut platforms, mut devices) = (Vec::new(), Vec::new());
    let mut place = 0..;
    for platform in roots::platforms(vendor) {
        let called = query::text(vendor.clGetPlatformInfo, platform, CL_PLATFORM_NAME);
        for (at, device) in roots::devices(vendor, platform).into_iter().enumerate() {
            let mut names = names(vendor, device);
            names.push(format!("{}:{at}", called.trim()));
            names.extend(place.next().map(|place: u32| format!("opencl:{place}")));
            if !visible.shows(&names) {
                continue;
            }
            match visible.part().map_or(Ok(device), |part| parts::part(vendor, device, part)) {
                Ok(part) => {
                    devices.push(parts::Shown { part: part as usize, whole: device as usize });
                    platforms.push(platform as usize);
                }
                Err(status) => tracing::warn!("{} has no parts to show (OpenCL status {status})", names[0]),
            }
        }
    }
    platforms.dedup();
    if visible.part().is_some() {
        parts::pass_for_whole(vendor, devices.iter().copied().filter(|shown| shown.part != shown.whole).collect());
    }
    let _ = SHOWN.set(Shown { platforms, devices, get_devices, create_context });
    vendor.clGetPlatformIDs = Some(get_platform_ids);
    vendor.clGetDeviceIDs = Some(get_device_ids);
    vendor.clCreateContextFromType = Some(create_context_from_type);
}

/// What a device is known by, but for its places.
fn names(vendor: &Vendor, device: *mut c_void) -> Vec<String> {
    let info = vendor.clGetDeviceInfo;
    let mut names = vec![query::text(info, device, CL_DEVICE_NAME).trim().to_owned()];
    if let Ok(bytes) = <[u8; 16]>::try_from(query::all(info, device, CL_DEVICE_UUID_KHR)) {
        let uuid = visible::uuid(bytes);
        names.extend([format!("GPU-{uuid}"), uuid]);
    }
    if let Ok(bytes) = <[u8; 16]>::try_from(query::all(info, device, CL_DEVICE_PCI_BUS_INFO_KHR)) {
        let mut address = [0; 4];
        address.iter_mut().zip(bytes.as_chunks().0).for_each(|(word, bytes)| *word = u32::from_ne_bytes(*bytes));
        names.push(visible::pci(address));
    }
    names
}

/// Stores as many objects as there is room for, and how many there are.
///
/// # Safety
/// There is room for as many as is said, or none; a place for the number, or none.
unsafe fn store(all: &[usize], room: u32, objects: *mut *mut c_void, count: *mut u32) {
    if !objects.is_null() {
        for (at, one) in all.iter().take(room as usize).enumerate() {
            // SAFETY: by the caller's promise.
            unsafe { objects.add(at).write(*one as *mut c_void) };
        }
    }
    if !count.is_null() {
        // SAFETY: by the caller's promise.
        unsafe { count.write(all.len() as u32) };
    }
}

/// `clGetPlatformIDs`.
unsafe extern "C" fn get_platform_ids(room: u32, platforms: *mut *mut c_void, count: *mut u32) -> i32 {
    if platforms.is_null() && count.is_null() || room == 0 && !platforms.is_null() {
        return CL_INVALID_VALUE;
    }
    let all = SHOWN.get().map_or(&[][..], |shown| &shown.platforms);
    // SAFETY: as OpenCL demands of the caller.
    unsafe { store(all, room, platforms, count) };
    if all.is_empty() { CL_PLATFORM_NOT_FOUND_KHR } else { CL_SUCCESS }
}

/// `clGetDeviceIDs`.
unsafe extern "C" fn get_device_ids(
    platform: *mut c_void,
    types: u64,
    room: u32,
    devices: *mut *mut c_void,
    count: *mut u32,
) -> i32 {
    let Some(shown) = SHOWN.get() else { return CL_DEVICE_NOT_FOUND };
    if devices.is_null() && count.is_null() || room == 0 && !devices.is_null() {
        return CL_INVALID_VALUE;
    }
    match shown.of(platform, types) {
        Ok(all) => {
            // SAFETY: as OpenCL demands of the caller.
            unsafe { store(&all, room, devices, count) };
            CL_SUCCESS
        }
        Err(status) => status,
    }
}

/// `clCreateContextFromType`.
unsafe extern "C" fn create_context_from_type(
    properties: *const c_void,
    types: u64,
    notify: Option<Notify>,
    word: *mut c_void,
    status: *mut i32,
) -> *mut c_void {
    let found = SHOWN.get().ok_or(CL_DEVICE_NOT_FOUND).and_then(|shown| {
        // SAFETY: as OpenCL demands of the caller.
        let named = unsafe { platform(properties.cast()) };
        Ok((shown, shown.of(named.unwrap_or(null_mut()), types)?))
    });
    match found {
        Ok((shown, devices)) => {
            let list: *const *mut c_void = devices.as_ptr().cast();
            // SAFETY: devices of the vendor's; the rest is as OpenCL demands of the caller.
            unsafe { (shown.create_context)(properties, devices.len() as u32, list, notify, word, status) }
        }
        Err(error) => {
            if !status.is_null() {
                // SAFETY: as OpenCL demands of the caller.
                unsafe { status.write(error) };
            }
            null_mut()
        }
    }
}

/// The platform that a list of properties names.
///
/// # Safety
/// The list is null, or of pairs, with a zero at its end.
unsafe fn platform(mut properties: *const usize) -> Option<*mut c_void> {
    if properties.is_null() {
        return None;
    }
    // SAFETY: by the caller's promise.
    unsafe {
        while *properties != 0 {
            if *properties == CL_CONTEXT_PLATFORM {
                return Some(*properties.add(1) as *mut c_void);
            }
            properties = properties.add(2);
        }
    }
    None
}

impl Shown {
    /// Devices of a platform, or of the first, and of some types. If the default one is hidden, the first of the others is.
    fn of(&self, named: *mut c_void, types: u64) -> Result<Vec<usize>, i32> {
        let first = *self.platforms.first().ok_or(CL_DEVICE_NOT_FOUND)? as *mut c_void;
        let platform = if named.is_null() { first } else { named };
        let found = self.ask(platform, types)?;
        if found.is_empty() && types == CL_DEVICE_TYPE_DEFAULT {
            let mut all = self.ask(platform, CL_DEVICE_TYPE_ALL)?;
            all.truncate(1);
            return if all.is_empty() { Err(CL_DEVICE_NOT_FOUND) } else { Ok(all) };
        }
        if found.is_empty() { Err(CL_DEVICE_NOT_FOUND) } else { Ok(found) }
    }

    fn ask(&self, platform: *mut c_void, types: u64) -> Result<Vec<usize>, i32> {
        let mut count = 0;
        // SAFETY: a platform or what the vendor refuses; no array, and then one of the size that is named.
        unsafe {
            match (self.get_devices)(platform, types, 0, null_mut(), &raw mut count) {
                CL_SUCCESS => {}
                status => return Err(status),
            }
            let mut found = vec![0_usize; count as usize];
            match (self.get_devices)(platform, types, count, found.as_mut_ptr().cast(), &raw mut count) {
                CL_SUCCESS => {}
                status => return Err(status),
            }
            found.truncate(count as usize);
            let shown = |device: usize| self.devices.iter().find(|shown| shown.whole == device);
            Ok(found.into_iter().filter_map(|device| Some(shown(device)?.part)).collect())
        }
    }
}
