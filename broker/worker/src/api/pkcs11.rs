//! PKCS#11 in the worker: the vendor's functions come in a struct.

use ava_protocol::api::Api as Table;
use ava_protocol::frame::Malformed;
use ava_protocol::pkcs11::API;

use crate::api::Api;
use crate::call::{Call, Outcome};
use crate::generated::pkcs11 as generated;
pub use crate::generated::pkcs11::Vendor;
use crate::session::Session;
use crate::vendor::{Listed, Loaded};

/// A session with PKCS#11, of which nothing but the functions is kept: handles are the vendor's own numbers.
pub struct State {
    vendor: Vendor,
    version: String,
}

impl State {
    /// A session on these functions.
    pub fn of(vendor: Vendor) -> Self {
        Self { vendor, version: String::new() }
    }
}

impl Api for State {
    fn table(&self) -> &'static Table {
        &API
    }

    fn serve(&self, opcode: u32, call: &mut Call, body: &[u8]) -> Outcome {
        generated::dispatch(opcode, call, body)
    }

    fn version(&self) -> Option<String> {
        Some(self.version.clone())
    }
}

/// The vendor's functions.
pub fn vendor(session: &Session) -> &generated::Vendor {
    &session.api::<State>().vendor
}

/// There are no calls beside the functions.
pub fn own(opcode: u32, _: &mut Call, _: &[u8]) -> Outcome {
    Err(Malformed::Opcode(opcode).into())
}

/// Has the library hand out its functions.
///
/// # Errors
/// The library is no PKCS#11 module, or one of another version.
pub fn load(loaded: &mut Loaded) -> Result<Box<dyn Api>, String> {
    let mut listed = Listed::load(&API, generated::LISTED, loaded)?;
    let [major, minor] = listed.version;
    let vendor = generated::Vendor::load(&mut listed);
    Ok(Box::new(State { vendor, version: format!("PKCS#11 {major}.{minor:02}") }))
}
