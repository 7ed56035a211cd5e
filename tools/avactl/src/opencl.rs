//! The devices as a tenant sees them, through the entry points of AvA's library.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use serde::Serialize;

use crate::error::{Failure, Kind};

type Handle = *mut c_void;
type ListPlatforms = unsafe extern "C" fn(u32, *mut Handle, *mut u32) -> i32;
type ListDevices = unsafe extern "C" fn(Handle, u64, u32, *mut Handle, *mut u32) -> i32;
type Info = unsafe extern "C" fn(Handle, u32, usize, *mut c_void, *mut usize) -> i32;

const CL_DEVICE_TYPE_ALL: u64 = 0xffff_ffff;
const CL_DEVICE_NOT_FOUND: i32 = -1;
const CL_PLATFORM_NOT_FOUND_KHR: i32 = -1001;
const CL_PLATFORM_NAME: u32 = 0x0902;
const CL_DEVICE_TYPE: u32 = 0x1000;
const CL_DEVICE_MAX_COMPUTE_UNITS: u32 = 0x1002;
const CL_DEVICE_GLOBAL_MEM_SIZE: u32 = 0x101f;
const CL_DEVICE_NAME: u32 = 0x102b;
const CL_DEVICE_VENDOR: u32 = 0x102c;
const CL_DRIVER_VERSION: u32 = 0x102d;
const CL_DEVICE_VERSION: u32 = 0x102f;

/// At most so many platforms or devices are shown.
const MOST: u32 = 64;

/// A device in JSON.
#[derive(Debug, Serialize)]
pub struct Device {
    pub api: &'static str,
    pub platform: String,
    pub name: String,
    pub r#type: &'static str,
    pub vendor: String,
    pub version: String,
    pub driver: String,
    pub compute_units: u32,
    pub memory_bytes: u64,
}

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
        let fail = |error: libloading::Error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            Failure::new(Kind::General, format!("{}: {}", path.display(), cause.unwrap_or(error.to_string())))
        };
        // SAFETY: it is AvA's own library, whose constructors only register handlers.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map_err(fail)?;
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
        let number = |key| self.number(device, key);
        Device {
            api: "opencl",
            platform,
            name: text(CL_DEVICE_NAME),
            r#type: type_name(number(CL_DEVICE_TYPE)),
            vendor: text(CL_DEVICE_VENDOR),
            version: text(CL_DEVICE_VERSION),
            driver: text(CL_DRIVER_VERSION),
            compute_units: u32::try_from(number(CL_DEVICE_MAX_COMPUTE_UNITS)).unwrap_or(u32::MAX),
            memory_bytes: number(CL_DEVICE_GLOBAL_MEM_SIZE),
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

    /// A numeric answer of up to 8 bytes; 0 if there is none.
    fn number(&self, device: Handle, key: u32) -> u64 {
        let mut number = [0_u8; 8];
        // SAFETY: as for text.
        let status =
            unsafe { (self.device_info)(device, key, number.len(), number.as_mut_ptr().cast(), std::ptr::null_mut()) };
        if status == 0 { u64::from_ne_bytes(number) } else { 0 }
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
    [(1 << 2, "gpu"), (1 << 3, "accelerator"), (1 << 1, "cpu"), (1 << 4, "custom")]
        .into_iter()
        .find_map(|(bit, name)| (bits & bit != 0).then_some(name))
        .unwrap_or("other")
}
