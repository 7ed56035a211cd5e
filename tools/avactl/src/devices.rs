//! Devices as a tenant sees them, through the entry points of AvA's library.

pub mod cuda;
pub mod opencl;

use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use serde::{Deserialize, Serialize};

use crate::error::{Failure, Kind};

/// The resource of every device that computes on the machine's processors.
pub const PROCESSORS: &str = "processors";

/// A device in JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Device {
    pub api: String,
    pub platform: String,
    pub name: String,
    pub r#type: String,
    pub vendor: String,
    pub version: String,
    pub driver: String,
    pub compute_units: u32,
    pub memory_bytes: u64,
    /// What it is a view of, whichever API shows it: [`PROCESSORS`], or a PCI address. Empty if it tells nothing.
    pub resource: String,
}

/// Loads AvA's library.
///
/// # Errors
/// It does not load.
#[allow(unsafe_code)]
pub fn load(shim: &Path) -> Result<Library, Failure> {
    // SAFETY: it is AvA's own library, whose constructors only register handlers.
    let library = unsafe { Library::open(Some(shim), RTLD_NOW | RTLD_LOCAL) };
    library.map_err(|error| Failure::new(Kind::General, format!("{}: {}", shim.display(), reason(&error))))
}

/// What the loader says.
pub fn reason(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// A PCI address as the kernel writes it, from what drivers say: `0000:c1:00.0`.
fn pci(domain: u32, bus: u32, device: u32, function: u32) -> String {
    format!("pci {domain:04x}:{bus:02x}:{device:02x}.{function:x}")
}
