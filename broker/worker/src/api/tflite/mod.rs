//! TensorFlow Lite's exceptions in the worker: delegates.

mod delegates;

use std::ffi::CStr;

use ava_protocol::api::Api as Table;
use ava_protocol::frame::Malformed;
use ava_protocol::tflite::API;

use crate::api::Api;
use crate::call::{Call, Outcome};
use crate::generated::tflite as generated;
pub use crate::generated::tflite::Vendor;
use crate::session::Session;
use crate::vendor::Loaded;

pub use delegates::{TfLiteExternalDelegateCreate, TfLiteXNNPackDelegateCreate, TfLiteXNNPackDelegateDelete};

/// What is remembered of a session with TensorFlow Lite.
pub struct State {
    vendor: Vendor,
    delegates: delegates::Delegates,
}

impl State {
    /// A session on these functions.
    pub fn of(vendor: Vendor) -> Self {
        Self { vendor, delegates: Default::default() }
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
        // SAFETY: the function takes nothing and returns a text for good.
        let version = unsafe { CStr::from_ptr(self.vendor.TfLiteVersion?()) };
        Some(format!("TensorFlow Lite {}", version.to_string_lossy()))
    }
}

/// The vendor's functions.
pub fn vendor(session: &Session) -> &generated::Vendor {
    &state(session).vendor
}

fn state(session: &Session) -> &State {
    session.api()
}

/// There are no calls beside the functions.
pub fn own(opcode: u32, _: &mut Call, _: &[u8]) -> Outcome {
    Err(Malformed::Opcode(opcode).into())
}

/// Finds the vendor's functions.
///
/// # Errors
/// The library is none of TensorFlow Lite's.
pub fn load(loaded: &mut Loaded) -> Result<Box<dyn Api>, String> {
    let vendor = generated::Vendor::load(loaded);
    if vendor.TfLiteVersion.is_none() || vendor.TfLiteModelCreate.is_none() {
        return Err(format!("{} lacks TfLiteVersion or TfLiteModelCreate", API.library));
    }
    Ok(Box::new(State::of(vendor)))
}
