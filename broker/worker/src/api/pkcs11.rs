//! PKCS#11 in the worker: the vendor's functions come in a struct.

use std::sync::Arc;

use ava_protocol::api::Api as Table;
use ava_protocol::pkcs11::API;

use crate::call::{Api, Load};
use crate::generated::pkcs11 as generated;
pub use crate::generated::pkcs11::Vendor;
use crate::hooks::Hooks;
use crate::vendor::visible::Visible;
use crate::vendor::{Listed, Loaded};

/// A session with PKCS#11, of which nothing but the functions is kept: handles are the vendor's own numbers.
pub struct State {
    pub vendor: Vendor,
    version: String,
}

impl State {
    /// A session on these functions.
    pub fn of(vendor: Vendor) -> Self {
        Self { vendor, version: String::new() }
    }
}

impl Hooks for State {
    fn version(&self) -> Option<String> {
        Some(self.version.clone())
    }
}

/// How the API is served.
pub const SERVED: (&Table, Load) = (&API, load);

/// Has the library hand out its functions.
///
/// # Errors
/// The library is no PKCS#11 module, or one of another version.
fn load(loaded: &mut Loaded, _: Visible) -> Result<Arc<dyn Api>, String> {
    let mut listed = Listed::load(&API, generated::LISTED, loaded)?;
    let [major, minor] = listed.version;
    let vendor = generated::Vendor::load(&mut listed);
    Ok(Arc::new(State { vendor, version: format!("PKCS#11 {major}.{minor:02}") }))
}
