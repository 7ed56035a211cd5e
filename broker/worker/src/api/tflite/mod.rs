//! TensorFlow Lite's exceptions in the worker: tensors, whose data the program uses in place, and delegates.

mod delegates;
mod parcels;
mod tensors;

use std::ffi::CStr;

use ava_protocol::api::Api as Table;
use ava_protocol::frame::Malformed;
use ava_protocol::tflite::API;
use ava_protocol::tflite::custom::own;

use crate::api::Api;
use crate::call::{Call, Outcome};
use crate::generated::tflite as generated;
use crate::session::Session;
use crate::vendor::Loaded;

pub use delegates::{TfLiteExternalDelegateCreate, TfLiteXNNPackDelegateCreate, TfLiteXNNPackDelegateDelete};
pub use tensors::{
    TfLiteInterpreterEnsureTensorDataIsReadable, TfLiteInterpreterGetInputTensor, TfLiteInterpreterGetOutputTensor,
    TfLiteInterpreterGetTensor, TfLiteInterpreterGetVariableTensor, TfLiteSignatureRunnerGetInputTensor,
    TfLiteSignatureRunnerGetOutputTensor, TfLiteTensorGetAllocationStrategy, TfLiteTensorGetBufferAddressStability,
    TfLiteTensorGetDataKnownStep, TfLiteTensorGetDataStability, TfLiteTensorGetShapeKnownStep, TfLiteTensorRealloc,
    carried, pull, push,
};

/// What is remembered of a session with TensorFlow Lite.
struct State {
    vendor: generated::Vendor,
    mirrors: tensors::Mirrors,
    delegates: delegates::Delegates,
    parcels: parcels::Parcels,
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

    fn forget(&self, id: u64) {
        self.mirrors.forget(id);
    }
}

/// The vendor's functions.
pub fn vendor(session: &Session) -> &generated::Vendor {
    &state(session).vendor
}

fn state(session: &Session) -> &State {
    session.api()
}

/// Serves a call beside the API's functions.
pub fn own(opcode: u32, call: &mut Call, body: &[u8]) -> Outcome {
    match opcode {
        own::MEMORY => tensors::memory(call, body),
        own::PIECE => parcels::piece(call, body),
        other => Err(Malformed::Opcode(other).into()),
    }
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
    Ok(Box::new(State {
        vendor,
        mirrors: Default::default(),
        delegates: Default::default(),
        parcels: Default::default(),
    }))
}
