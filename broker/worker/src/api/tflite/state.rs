//! What is remembered of a session with TensorFlow Lite.

use std::ffi::{CStr, c_void};

use ava_protocol::tflite::c::TfLiteTensor;
use ava_protocol::tflite::kind;

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

impl State {
    /// The interpreter's tensors: all that it has, or, before version 2.17, its inputs and outputs.
    fn tensors(&self, interpreter: *mut c_void) -> Vec<*const TfLiteTensor> {
        /// More than any model has.
        const MOST: i32 = 1 << 16;
        let each = |count: i32, tensor: &dyn Fn(i32) -> *const c_void| -> Vec<*const TfLiteTensor> {
            (0..count).map(tensor).take_while(|tensor| !tensor.is_null()).map(<*const c_void>::cast).collect()
        };
        let vendor = &self.vendor;
        // SAFETY: a live interpreter; the library returns null for a tensor that there is not.
        unsafe {
            if let Some(tensor) = vendor.TfLiteInterpreterGetTensor {
                return each(MOST, &|index| tensor(interpreter, index).cast_const());
            }
            let (Some(input), Some(output)) =
                (vendor.TfLiteInterpreterGetInputTensor, vendor.TfLiteInterpreterGetOutputTensor)
            else {
                return Vec::new();
            };
            let inputs = vendor.TfLiteInterpreterGetInputTensorCount.map_or(0, |count| count(interpreter));
            let outputs = vendor.TfLiteInterpreterGetOutputTensorCount.map_or(0, |count| count(interpreter));
            let inputs = each(inputs, &|index| input(interpreter, index).cast_const());
            [inputs, each(outputs, &|index| output(interpreter, index).cast_const())].concat()
        }
    }
}

impl Hooks for State {
    /// What its tensors take, each by itself: the library may have some share memory, and tells nobody.
    fn holds(&self, kind: u16, object: *mut c_void) -> u64 {
        /// `kTfLiteMmapRo`: in the model, which counts as a whole.
        const IN_MODEL: u32 = 1;
        if kind != kind::TfLiteInterpreter {
            return 0;
        }
        let bytes = |tensor: *const TfLiteTensor| {
            // SAFETY: a tensor of a live interpreter, which nobody changes meanwhile: programs do not call it from two threads.
            let (allocation, bytes) = unsafe { ((*tensor).allocation_type, (*tensor).bytes) };
            if allocation == IN_MODEL { 0 } else { bytes as u64 }
        };
        self.tensors(object).into_iter().map(bytes).fold(0, u64::saturating_add)
    }

    fn version(&self) -> Option<String> {
        // SAFETY: the function takes nothing and returns a text for good.
        let version = unsafe { CStr::from_ptr(self.vendor.TfLiteVersion?()) };
        Some(format!("TensorFlow Lite {}", version.to_string_lossy()))
    }
}
