//! OpenCL's.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::path::Path;

use libloading::os::unix::Library;

use super::{Device, PROCESSORS, load, pci, reason};
use crate::error::{Failure, Kind};

type Handle = *mut c_void;
type ListPlatforms = unsafe extern "C" fn(u32, *mut Handle, *mut u32) -> i32;
type ListDevices = unsafe extern "C" fn(Handle, u64, u32, *mut Handle, *mut u32) -> i32;
type Info = unsafe extern "C" fn(Handle, u32, usize, *mut c_void, *mut usize) -> i32;

const CL_DEVICE_TYPE_ALL: u64 = 0xffff_ffff;
const CL_DEVICE_NOT_FOUND: i32 = -1;
const CL_PLATFORM_NOT_FOUND_KHR: i32 = -1001;
const CPU: u64 = 1 << 1;
const CL_PLATFORM_NAME: u32 = 0x0902;
const CL_DEVICE_TYPE: u32 = 0x1000;
const CL_DEVICE_MAX_COMPUTE_UNITS: u32 = 0x1002;
const CL_DEVICE_GLOBAL_MEM_SIZE: u32 = 0x101f;
const CL_DEVICE_NAME: u32 = 0x102b;
const CL_DEVICE_VENDOR: u32 = 0x102c;
const CL_DRIVER_VERSION: u32 = 0x102d;
const CL_DEVICE_VERSION: u32 = 0x102f;
/// `cl_khr_pci_bus_info`: domain, bus, device, function.
const CL_DEVICE_PCI_BUS_INFO_KHR: u32 = 0x410f;
/// `cl_nv_device_attribute_query`; the slot has the function in its lowest three bits.
const CL_DEVICE_PCI_BUS_ID_NV: u32 = 0x4008;
const CL_DEVICE_PCI_SLOT_ID_NV: u32 = 0x4009;
const CL_DEVICE_PCI_DOMAIN_ID_NV: u32 = 0x400a;

/// At most so many platforms or devices are shown.
const MOST: u32 = 64;

/// The functions of a loaded OpenCL library that are called here.
struct Functions {
    platforms: ListPlatforms,
    devices: ListDevices,
    platform_info: Info,
    device_info: Info,
    /// Keeps the library loaded.
    _library: Library,
}

/// All devices of all platforms of the library at `path`.
pub fn devices(path: &Path) -> Result<Vec<Device>, Failure> {
    let functions = Functions::load(path)?;
    let mut devices = Vec::new();
    for platform in functions.all_platforms()? {
        let name = functions.text(functions.platform_info, platform, CL_PLATFORM_NAME);
        for device in functions.all_devices(platform)? {
            devices.push(functions.describe(device, name.clone()));
        }
    }
    Ok(devices)
}

impl Functions {
    fn load(path: &Path) -> Result<Self, Failure> {
        let fail =
            |error: libloading::Error| Failure::new(Kind::General, format!("{}: {}", path.display(), reason(&error)));
        let library = load(path)?;
        // SAFETY: OpenCL 1.0 gives these functions these types (sections 4.1 and 4.2 of the specification).
        unsafe {
            Ok(Self {
                platforms: *library.get::<ListPlatforms>(b"clGetPlatformIDs\0").map_err(fail)?,
                devices: *library.get::<ListDevices>(b"clGetDeviceIDs\0").map_err(fail)?,
                platform_info: *library.get::<Info>(b"clGetPlatformInfo\0").map_err(fail)?,
                device_info: *library.get::<Info>(b"clGetDeviceInfo\0").map_err(fail)?,
                _library: library,
            })
        }
    }

    fn all_platforms(&self) -> Result<Vec<Handle>, Failure> {
        // SAFETY: `list` asks with `count` places at `handles`, or with none to learn their number.
        list("clGetPlatformIDs", |count, handles, found| unsafe { (self.platforms)(count, handles, found) })
    }

    fn all_devices(&self, platform: Handle) -> Result<Vec<Handle>, Failure> {
        // SAFETY: as above; `platform` comes from `clGetPlatformIDs`.
        list("clGetDeviceIDs", |count, handles, found| unsafe {
            (self.devices)(platform, CL_DEVICE_TYPE_ALL, count, handles, found)
        })
    }

    fn describe(&self, device: Handle, platform: String) -> Device {
        let text = |key| self.text(self.device_info, device, key);
        let number = |key| self.number(device, key).unwrap_or_default();
        Device {
            api: "opencl".to_owned(),
            platform,
            name: text(CL_DEVICE_NAME),
            r#type: type_name(number(CL_DEVICE_TYPE)).to_owned(),
            vendor: text(CL_DEVICE_VENDOR),
            version: text(CL_DEVICE_VERSION),
            driver: text(CL_DRIVER_VERSION),
            compute_units: u32::try_from(number(CL_DEVICE_MAX_COMPUTE_UNITS)).unwrap_or(u32::MAX),
            memory_bytes: number(CL_DEVICE_GLOBAL_MEM_SIZE),
            resource: self.resource(device),
        }
    }

    fn resource(&self, device: Handle) -> String {
        if self.number(device, CL_DEVICE_TYPE).is_some_and(|bits| bits & CPU != 0) {
            return PROCESSORS.to_owned();
        }
        if let Some([domain, bus, slot, function]) = self.answer(device, CL_DEVICE_PCI_BUS_INFO_KHR) {
            return pci(domain, bus, slot, function);
        }
        let nvidia = |key| self.number(device, key).and_then(|number| u32::try_from(number).ok());
        match (nvidia(CL_DEVICE_PCI_BUS_ID_NV), nvidia(CL_DEVICE_PCI_SLOT_ID_NV)) {
            (Some(bus), Some(slot)) => {
                pci(nvidia(CL_DEVICE_PCI_DOMAIN_ID_NV).unwrap_or_default(), bus, slot >> 3, slot & 7)
            }
            _ => String::new(),
        }
    }

    /// A text answer; empty if there is none.
    fn text(&self, info: Info, object: Handle, key: u32) -> String {
        let mut text = [0_u8; 1024];
        let mut length = 0;
        // SAFETY: `text` has as many bytes as are announced, `length` is live, and `object` came from the library.
        let status = unsafe { info(object, key, text.len(), text.as_mut_ptr().cast(), &raw mut length) };
        if status != 0 {
            return String::new();
        }
        let text = &text[..length.min(text.len())];
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).trim().to_owned()
    }

    /// A numeric answer of up to 8 bytes.
    fn number(&self, device: Handle, key: u32) -> Option<u64> {
        self.answer(device, key).map(|[low, high]: [u32; 2]| u64::from(high) << 32 | u64::from(low))
    }

    /// An answer of up to so many words; what it leaves out is 0.
    fn answer<const WORDS: usize>(&self, device: Handle, key: u32) -> Option<[u32; WORDS]> {
        let mut words = [0_u32; WORDS];
        // SAFETY: as for text.
        let status = unsafe {
            (self.device_info)(device, key, size_of_val(&words), words.as_mut_ptr().cast(), std::ptr::null_mut())
        };
        (status == 0).then_some(words)
    }
}

/// Asks for the number of handles, then for the handles.
fn list(function: &str, ask: impl Fn(u32, *mut Handle, *mut u32) -> i32) -> Result<Vec<Handle>, Failure> {
    let mut found = 0;
    match ask(0, std::ptr::null_mut(), &raw mut found) {
        0 => {}
        CL_PLATFORM_NOT_FOUND_KHR | CL_DEVICE_NOT_FOUND => return Ok(Vec::new()),
        status => {
            return Err(Failure::new(Kind::General, format!("{function} failed with status {status}")));
        }
    }
    let mut handles = vec![std::ptr::null_mut(); found.min(MOST) as usize];
    match ask(found.min(MOST), handles.as_mut_ptr(), std::ptr::null_mut()) {
        0 => Ok(handles),
        status => Err(Failure::new(Kind::General, format!("{function} failed with status {status}"))),
    }
}

fn type_name(bits: u64) -> &'static str {
    [(1 << 2, "gpu"), (1 << 3, "accelerator"), (CPU, "cpu"), (1 << 4, "custom")]
        .into_iter()
        .find_map(|(bit, name)| (bits & bit != 0).then_some(name))
        .unwrap_or("other")
}
