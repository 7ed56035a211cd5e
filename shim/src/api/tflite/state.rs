//! What TensorFlow Lite's hand-written code remembers of a session, and TensorFlow Lite's slot.

use std::ffi::{c_char, c_int, c_void};

use ava_protocol::tflite::API;
use ctor::ctor;
use dashmap::DashMap;

use crate::api::generated::tflite::{DISPATCH, deliver};
use crate::base::maps;
use crate::book::handles::Handles;
use crate::book::regions::Lease;
use crate::process::registry::Registration;
use crate::session::{self, Hooks, Slot};

/// `kTfLiteOk`, `kTfLiteError`
pub const OK: u32 = 0;
pub const ERROR: u32 = 1;

/// TensorFlow Lite's place in the process.
pub static SLOT: Slot<State> = Slot::new(&API, deliver, &DISPATCH);

static REGISTRATION: Registration = Registration::new(&SLOT);

#[ctor(unsafe)]
fn register() {
    REGISTRATION.add();
}

/// What is remembered of a session with TensorFlow Lite.
#[derive(Default)]
pub struct State {
    pub reporters: Reporters,
    pub indices: Indices,
    pub options: Options,
}

impl Hooks for State {
    fn forget(&self, id: u64) -> Vec<Lease> {
        self.reporters.forget(id);
        self.indices.forget(id);
        self.options.forget(id);
        Vec::new()
    }
}

impl session::State for State {}

/// A reporter with its user data, as addresses.
pub type Pair = (usize, usize);

/// By the ids of options and interpreters.
pub struct Reporters(pub DashMap<u64, Pair>);

impl Default for Reporters {
    fn default() -> Self {
        Self(maps::quiet())
    }
}

impl Reporters {
    pub fn forget(&self, id: u64) {
        self.0.remove(&id);
    }

    pub fn set(&self, handles: &Handles, id: u64, pair: Pair) {
        handles.mark_remembered(id);
        self.0.insert(id, pair);
    }
}

/// The indexes of interpreters' inputs and outputs, for as long as they live.
pub struct Indices(pub DashMap<(u64, bool), Vec<c_int>>);

impl Default for Indices {
    fn default() -> Self {
        Self(maps::quiet())
    }
}

impl Indices {
    pub fn forget(&self, id: u64) {
        self.0.remove(&(id, false));
        self.0.remove(&(id, true));
    }
}

/// `TfLiteXNNPackDelegateOptions` of 2.17; 2.9 has the first two fields.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct XnnpackOptions {
    pub num_threads: i32,
    pub flags: u32,
    pub weights_cache: *mut c_void,
    pub handle_variable_ops: u8,
    pub weight_cache_file_path: *const c_char,
}

impl XnnpackOptions {
    /// Those of 2.9: threads and flags.
    pub fn of_old([num_threads, flags]: [u32; 2]) -> Self {
        let (weights_cache, weight_cache_file_path) = (std::ptr::null_mut(), std::ptr::null());
        Self { num_threads: num_threads as i32, flags, weights_cache, handle_variable_ops: 0, weight_cache_file_path }
    }
}

// SAFETY: addresses that nobody follows: options with one are refused.
unsafe impl Send for XnnpackOptions {}
// SAFETY: as above.
unsafe impl Sync for XnnpackOptions {}

/// What XNNPACK's delegates were made with, by their ids.
pub struct Options(pub DashMap<u64, Box<XnnpackOptions>>);

impl Default for Options {
    fn default() -> Self {
        Self(maps::quiet())
    }
}

impl Options {
    pub fn keep(&self, handles: &Handles, id: u64, options: XnnpackOptions) {
        handles.mark_remembered(id);
        self.0.insert(id, Box::new(options));
    }

    pub fn forget(&self, id: u64) {
        self.0.remove(&id);
    }
}
