//! What NVML tells of NVIDIA's devices, which CUDA does not before it is too late to hide some.

use std::ffi::{c_char, c_void};

use ava_protocol::nvml::API;

use crate::vendor::Loaded;
use crate::vendor::visible::{self, Visible};

/// The size of the struct with a PCI address: domain, bus and device are behind a text of 16 bytes.
const PCI_INFO: usize = 128;
const PCI_ADDRESS: usize = 16;
/// The longest text of the library's, in bytes.
const TEXT: usize = 128;
const SUCCESS: u32 = 0;
const FUNCTION_NOT_FOUND: u32 = 13;

type Text = unsafe extern "C" fn(*mut c_void, *mut c_char, u32) -> u32;

/// Its functions; `None` where it lacks one.
pub struct Nvml {
    pub count: Option<unsafe extern "C" fn(*mut u32) -> u32>,
    pub by_index: Option<unsafe extern "C" fn(u32, *mut *mut c_void) -> u32>,
    pub name: Option<Text>,
    pub uuid: Option<Text>,
    pub pci: Option<unsafe extern "C" fn(*mut c_void, *mut c_void) -> u32>,
}

/// A device that is shown.
pub struct Seen {
    pub handle: *mut c_void,
    pub uuid: String,
}

/// The UUIDs of the devices that are shown, in NVML's order; another of the vendor's libraries says where that is.
///
/// # Errors
/// There is no such library, or it does not tell of the devices.
pub fn uuids(other: &Loaded, visible: &Visible) -> Result<Vec<String>, String> {
    let library = other.sibling(&API)?;
    let function = |name: &str| library.symbol(name);
    // SAFETY: the prototypes are those of `nvml.h`.
    let uuids = unsafe {
        let nvml = Nvml {
            count: std::mem::transmute::<*mut c_void, Option<_>>(function("nvmlDeviceGetCount_v2")),
            by_index: std::mem::transmute::<*mut c_void, Option<_>>(function("nvmlDeviceGetHandleByIndex_v2")),
            name: std::mem::transmute::<*mut c_void, Option<_>>(function("nvmlDeviceGetName")),
            uuid: std::mem::transmute::<*mut c_void, Option<_>>(function("nvmlDeviceGetUUID")),
            pci: std::mem::transmute::<*mut c_void, Option<_>>(function("nvmlDeviceGetPciInfo_v3")),
        };
        type Plain = unsafe extern "C" fn() -> u32;
        let plain = |name: &str| std::mem::transmute::<*mut c_void, Option<Plain>>(function(name));
        let status = plain("nvmlInit_v2").map_or(FUNCTION_NOT_FOUND, |init| init());
        let found = if status == SUCCESS { nvml.shown(visible) } else { Err(status) };
        if let (SUCCESS, Some(shutdown)) = (status, plain("nvmlShutdown")) {
            shutdown();
        }
        found.map(|all| all.into_iter().map(|seen| seen.uuid).collect())
    };
    // It stays loaded, as all of a vendor's do.
    std::mem::forget(library);
    uuids.map_err(|status| format!("{} tells of no devices: status {status}", API.library))
}

impl Nvml {
    /// The devices that are shown.
    ///
    /// # Errors
    /// The library's status.
    pub fn shown(&self, visible: &Visible) -> Result<Vec<Seen>, u32> {
        let (count, by_index) = (self.count.ok_or(FUNCTION_NOT_FOUND)?, self.by_index.ok_or(FUNCTION_NOT_FOUND)?);
        let mut all = 0;
        // SAFETY: a place for a number.
        ok(unsafe { count(&raw mut all) })?;
        let mut shown = Vec::new();
        for index in 0..all {
            let mut handle = std::ptr::null_mut();
            // SAFETY: a place for a handle.
            if unsafe { by_index(index, &raw mut handle) } != SUCCESS {
                // One that has fallen off the bus, which nobody can use.
                continue;
            }
            let uuid = text(self.uuid, handle);
            let mut names = vec![text(self.name, handle), format!("cuda:{index}"), format!("nvml:{index}")];
            names.extend(uuid.strip_prefix("GPU-").map(str::to_owned));
            names.push(uuid.clone());
            names.extend(self.address(handle));
            if visible.shows(&names) {
                shown.push(Seen { handle, uuid });
            }
        }
        Ok(shown)
    }

    fn address(&self, device: *mut c_void) -> Option<String> {
        let mut info = [0_u8; PCI_INFO];
        // SAFETY: a device of the library's, and more room than the struct takes.
        ok(unsafe { self.pci?(device, info.as_mut_ptr().cast()) }).ok()?;
        let mut address = [0; 4];
        let words = info[PCI_ADDRESS..].as_chunks().0;
        address.iter_mut().zip(words).take(3).for_each(|(word, bytes)| *word = u32::from_ne_bytes(*bytes));
        Some(visible::pci(address))
    }
}

fn text(ask: Option<Text>, device: *mut c_void) -> String {
    let mut bytes = [0_u8; TEXT];
    // SAFETY: a device of the library's, and as much room as is said; the last byte stays a NUL.
    let status =
        ask.map_or(FUNCTION_NOT_FOUND, |ask| unsafe { ask(device, bytes.as_mut_ptr().cast(), TEXT as u32 - 1) });
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(0);
    if status == SUCCESS { String::from_utf8_lossy(&bytes[..end]).trim().to_owned() } else { String::new() }
}

fn ok(status: u32) -> Result<(), u32> {
    if status == SUCCESS { Ok(()) } else { Err(status) }
}
