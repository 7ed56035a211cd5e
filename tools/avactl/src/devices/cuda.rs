//! CUDA's, by the driver API (`cuda.h`).
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_uint};
use std::path::Path;

use libloading::os::unix::{Library, Symbol};

use super::{Device, load, pci, reason};
use crate::error::{Failure, Kind};

/// `CUdevice_attribute`.
const MULTIPROCESSOR_COUNT: c_int = 16;
const PCI_BUS_ID: c_int = 33;
const PCI_DEVICE_ID: c_int = 34;
const PCI_DOMAIN_ID: c_int = 50;
const COMPUTE_CAPABILITY_MAJOR: c_int = 75;
const COMPUTE_CAPABILITY_MINOR: c_int = 76;

/// The devices of the library at `path`.
///
/// # Errors
/// It cannot be loaded, or a function fails.
pub fn devices(path: &Path) -> Result<Vec<Device>, Failure> {
    let driver = Driver(load(path)?);
    let (mut version, mut count) = (0, 0);
    // SAFETY: `cuda.h` gives these functions these types, and each pointer leads to what the function fills.
    unsafe {
        answered("cuInit", driver.function::<unsafe extern "C" fn(c_uint) -> c_uint>("cuInit")?(0))?;
        driver.number("cuDriverGetVersion", &mut version)?;
        driver.number("cuDeviceGetCount", &mut count)?;
    }
    (0..count).map(|device| driver.describe(device, version)).collect()
}

struct Driver(Library);

impl Driver {
    fn describe(&self, device: c_int, version: c_int) -> Result<Device, Failure> {
        let attribute = |which| self.attribute(device, which);
        let (major, minor) = (attribute(COMPUTE_CAPABILITY_MAJOR)?, attribute(COMPUTE_CAPABILITY_MINOR)?);
        let (domain, bus) = (attribute(PCI_DOMAIN_ID)?, attribute(PCI_BUS_ID)?);
        Ok(Device {
            api: "cuda".to_owned(),
            platform: "NVIDIA CUDA".to_owned(),
            name: self.name(device)?,
            r#type: "gpu".to_owned(),
            vendor: "NVIDIA Corporation".to_owned(),
            version: format!("compute capability {major}.{minor}"),
            driver: format!("CUDA {}.{}", version / 1000, version % 1000 / 10),
            compute_units: attribute(MULTIPROCESSOR_COUNT)?,
            memory_bytes: self.memory(device)?,
            // A GPU's functions beside the first are its other devices, such as its sound.
            resource: pci(domain, bus, attribute(PCI_DEVICE_ID)?, 0),
        })
    }

    fn name(&self, device: c_int) -> Result<String, Failure> {
        type Name = unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_uint;
        let mut text = [0_u8; 256];
        // SAFETY: the function has this type, and the text as many bytes as are announced.
        let status = unsafe {
            self.function::<Name>("cuDeviceGetName")?(text.as_mut_ptr().cast(), text.len() as c_int - 1, device)
        };
        answered("cuDeviceGetName", status)?;
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    fn memory(&self, device: c_int) -> Result<u64, Failure> {
        let mut bytes = 0_usize;
        // SAFETY: the function has this type, and the size is live.
        let status = unsafe {
            let ask: Symbol<unsafe extern "C" fn(*mut usize, c_int) -> c_uint> =
                self.function("cuDeviceTotalMem_v2")?;
            ask(&raw mut bytes, device)
        };
        answered("cuDeviceTotalMem_v2", status).map(|()| bytes as u64)
    }

    fn attribute(&self, device: c_int, which: c_int) -> Result<u32, Failure> {
        let mut value = 0;
        // SAFETY: the function has this type, and the value is live.
        let status = unsafe {
            let ask: Symbol<unsafe extern "C" fn(*mut c_int, c_int, c_int) -> c_uint> =
                self.function("cuDeviceGetAttribute")?;
            ask(&raw mut value, which, device)
        };
        answered("cuDeviceGetAttribute", status).map(|()| u32::try_from(value).unwrap_or_default())
    }

    /// Asks a function that only stores a number.
    ///
    /// # Safety
    /// It does.
    unsafe fn number(&self, name: &str, to: &mut c_int) -> Result<(), Failure> {
        // SAFETY: the caller says so.
        let status = unsafe { self.function::<unsafe extern "C" fn(*mut c_int) -> c_uint>(name)?(to) };
        answered(name, status)
    }

    /// # Safety
    /// The function has this type.
    unsafe fn function<T>(&self, name: &str) -> Result<Symbol<T>, Failure> {
        // SAFETY: the caller says so.
        unsafe { self.0.get(name.as_bytes()) }.map_err(|error| Failure::new(Kind::General, reason(&error)))
    }
}

fn answered(name: &str, status: c_uint) -> Result<(), Failure> {
    match status {
        0 => Ok(()),
        status => Err(Failure::new(Kind::General, format!("{name} answers {status}"))),
    }
}
