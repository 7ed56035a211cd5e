//! What TensorFlow Lite's hand-written code remembers of a session, and TensorFlow Lite's slot.

use std::ffi::c_int;

use crate::api::slot::slot;
use crate::book::notes::Notes;
use crate::book::regions::Lease;
use crate::session::{self, Hooks};

/// `kTfLiteOk`, `kTfLiteError`
pub const OK: u32 = 0;
pub const ERROR: u32 = 1;

slot!(tflite, State);

/// What is remembered of a session with TensorFlow Lite.
#[derive(Default)]
pub struct State {
    /// The error reporters of options and interpreters.
    pub reporters: Notes<Pair>,
    /// The indexes of interpreters' inputs and outputs.
    pub inputs: Notes<Vec<c_int>>,
    pub outputs: Notes<Vec<c_int>>,
    /// What XNNPACK's delegates were made with.
    pub options: Notes<Box<XnnpackOptions>>,
}

impl Hooks for State {
    fn forget(&self, id: u64) -> Vec<Lease> {
        self.reporters.forget(id);
        self.inputs.forget(id);
        self.outputs.forget(id);
        self.options.forget(id);
        Vec::new()
    }
}

impl session::State for State {}

/// A reporter with its user data, as addresses.
pub type Pair = (usize, usize);

/// `TfLiteXNNPackDelegateOptions` of 2.17; 2.9 has the first two fields.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct XnnpackOptions {
    pub num_threads: i32,
    pub flags: u32,
    /// An address that nobody follows, as the last: options with one are refused.
    pub weights_cache: usize,
    pub handle_variable_ops: u8,
    pub weight_cache_file_path: usize,
}
