//! What is remembered of a session with TensorFlow Lite.

use std::ffi::{CStr, c_void};

use crate::generated::tflite as generated;
use crate::hooks::Hooks;
use crate::state::map::Map;

pub struct State {
    pub vendor: generated::Vendor,
    /// Who made which delegate, by its id.
    pub delegates: Map<u64, Maker>,
}

impl State {
    /// A session on these functions.
    pub fn of(vendor: generated::Vendor) -> Self {
        Self { vendor, delegates: Map::default() }
    }
}

/// How a delegate is given back.
#[derive(Clone, Copy)]
pub enum Maker {
    Xnnpack,
    Plugin(Destroy),
}

/// What a plugin gives a delegate back with.
pub type Destroy = unsafe extern "C" fn(*mut c_void);

impl Hooks for State {
    fn version(&self) -> Option<String> {
        // SAFETY: the function takes nothing and returns a text for good.
        let version = unsafe { CStr::from_ptr(self.vendor.TfLiteVersion?()) };
        Some(format!("TensorFlow Lite {}", version.to_string_lossy()))
    }
}
