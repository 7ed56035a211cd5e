//! The APIs that a worker can serve, and how their vendors' libraries are loaded.

pub mod cuda;
pub mod nvml;
pub mod opencl;
pub mod pkcs11;
pub mod tflite;

use std::path::Path;
use std::sync::Arc;

use ava_protocol::api::Api as Table;

use crate::call::{Api, Load};
use crate::vendor::Loaded;
use crate::vendor::visible::Visible;

/// All of them.
const APIS: &[(&Table, Load)] = &[cuda::SERVED, nvml::SERVED, opencl::SERVED, pkcs11::SERVED, tflite::SERVED];

/// An API with the vendor's library that it was loaded from.
pub struct Served {
    pub api: Arc<dyn Api>,
    /// The library's file.
    pub library: String,
}

impl Served {
    /// The library, for people: its file, and what it calls itself.
    pub fn described(&self) -> String {
        match self.api.version() {
            Some(version) => format!("{} ({version})", self.library),
            None => self.library.clone(),
        }
    }
}

/// Loads the vendor's library of an API, from this file if there is one, to show these devices.
///
/// # Errors
/// What the dynamic linker says, or which function the library lacks that nothing goes without.
pub fn load(table: &'static Table, file: Option<&Path>, visible: Visible) -> Result<Served, String> {
    let served = APIS.iter().find(|(served, _)| served.name == table.name);
    let (_, load) = served.ok_or_else(|| format!("this worker does not serve {}", table.name))?;
    let mut loaded = Loaded::open(table, file)?;
    let api = load(&mut loaded, visible)?;
    let library = loaded.path();
    // The library stays loaded for the life of the process.
    std::mem::forget(loaded);
    Ok(Served { api, library })
}
