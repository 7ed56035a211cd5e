//! TensorFlow Lite's exceptions in the worker: delegates.

mod delegates;
mod state;

use std::sync::Arc;

use ava_protocol::api::Api as Table;
use ava_protocol::tflite::API;

use crate::call::{Api, Load};
use crate::generated::tflite as generated;
pub use crate::generated::tflite::Vendor;
use crate::vendor::Loaded;
use crate::vendor::visible::Visible;

pub use delegates::{TfLiteExternalDelegateCreate, TfLiteXNNPackDelegateCreate, TfLiteXNNPackDelegateDelete};
pub use state::State;

/// How the API is served.
pub const SERVED: (&Table, Load) = (&API, load);

/// Finds the vendor's functions.
///
/// # Errors
/// The library is none of TensorFlow Lite's.
fn load(loaded: &mut Loaded, _: Visible) -> Result<Arc<dyn Api>, String> {
    let vendor = generated::Vendor::load(loaded);
    if vendor.TfLiteVersion.is_none() || vendor.TfLiteModelCreate.is_none() {
        return Err(format!("{} lacks TfLiteVersion or TfLiteModelCreate", API.library));
    }
    Ok(Arc::new(State::of(vendor)))
}
