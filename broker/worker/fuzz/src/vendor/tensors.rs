//! TensorFlow Lite's tensors: structs that programs and workers read.

use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

use ava_protocol::tflite::c::{TfLiteAffineQuantization, TfLiteQuantization, TfLiteQuantizationParams, TfLiteTensor};

use super::common::{Handle, functions, text};

/// Inputs, outputs and variables that every interpreter has, and all its tensors.
const INPUTS: i32 = 2;
const OUTPUTS: i32 = 1;
const TENSORS: usize = 4;
/// The most bytes that a tensor gets.
const LARGEST: usize = 1 << 20;

/// All tensors, which all interpreters share. They are never freed, as the worker may have them for as long as it likes.
struct Tensors([*mut TfLiteTensor; TENSORS]);

// SAFETY: the fuzzer serves one frame at a time, and only that changes a tensor.
unsafe impl Send for Tensors {}
// SAFETY: as above.
unsafe impl Sync for Tensors {}

/// An array with its count in front.
fn array(numbers: &[i32]) -> *mut c_void {
    [&[numbers.len() as i32], numbers].concat().leak().as_mut_ptr().cast()
}

fn tensors() -> &'static Tensors {
    static ALL: OnceLock<Tensors> = OnceLock::new();
    let tensor = |i: usize| {
        let affine =
            TfLiteAffineQuantization { scale: array(&[1, 2]), zero_point: array(&[3, 4]), quantized_dimension: 0 };
        let quantization = TfLiteQuantization {
            type_: (i == 1).into(),
            params: Box::leak(Box::new(affine)) as *mut TfLiteAffineQuantization as *mut c_void,
        };
        let nothing = std::ptr::null_mut();
        let bytes = 16 << (4 * i);
        Box::into_raw(Box::new(TfLiteTensor {
            type_: 1,
            data: vec![7_u8; bytes].leak().as_mut_ptr().cast(),
            dims: array(&[bytes as i32 / 4]),
            params: TfLiteQuantizationParams { scale: 0.5, zero_point: 1 },
            allocation_type: 2,
            bytes,
            allocation: nothing,
            name: c"tensor".as_ptr().cast_mut().cast(),
            delegate: nothing,
            buffer_handle: -1,
            data_is_stale: 0,
            is_variable: (i == 3).into(),
            quantization,
            sparsity: nothing,
            dims_signature: if i == 2 { array(&[-1]) } else { nothing },
        }))
    };
    ALL.get_or_init(|| Tensors([0, 1, 2, 3].map(tensor)))
}

/// A tensor: the worker asks only for those that there are.
fn at(index: i32, first: i32, count: i32) -> Handle {
    assert!((0..count).contains(&index), "the vendor is asked for tensor {index} of {count}");
    tensors().0[(first + index) as usize].cast()
}

/// A tensor by its name, which the vendor checks.
fn named(name: *const c_char) -> Handle {
    if text(name).is_multiple_of(2) { tensors().0[0].cast() } else { std::ptr::null_mut() }
}

/// The tensor that a function is handed.
fn known(tensor: Handle) -> u32 {
    assert!(tensors().0.iter().any(|one| one.cast() == tensor), "the vendor is handed what is no tensor");
    1
}

functions! {
    ava_worker::tflite::Vendor;
    TfLiteVersion() -> *const c_char { c"2.17.0".as_ptr() }
    TfLiteInterpreterGetInputTensorCount(_interpreter: Handle) -> i32 { INPUTS }
    TfLiteInterpreterGetOutputTensorCount(_interpreter: Handle) -> i32 { OUTPUTS }
    TfLiteInterpreterGetVariableTensorCount(_interpreter: Handle) -> i32 { 1 }
    TfLiteInterpreterGetInputTensor(_interpreter: Handle, index: i32) -> Handle { at(index, 0, INPUTS) }
    TfLiteInterpreterGetOutputTensor(_interpreter: Handle, index: i32) -> Handle { at(index, INPUTS, OUTPUTS) }
    TfLiteInterpreterGetVariableTensor(_interpreter: Handle, index: i32) -> Handle { at(index, INPUTS + OUTPUTS, 1) }
    TfLiteInterpreterGetTensor(_interpreter: Handle, index: c_int) -> Handle {
        tensors().0.get(index as usize).map_or(std::ptr::null_mut(), |tensor| tensor.cast())
    }
    TfLiteSignatureRunnerGetInputTensor(_runner: Handle, name: *const c_char) -> Handle { named(name) }
    TfLiteSignatureRunnerGetOutputTensor(_runner: Handle, name: *const c_char) -> Handle { named(name) }
    TfLiteTensorGetAllocationStrategy(tensor: Handle) -> u32 { known(tensor) }
    TfLiteTensorGetBufferAddressStability(tensor: Handle) -> u32 { known(tensor) }
    TfLiteTensorGetDataStability(tensor: Handle) -> u32 { known(tensor) }
    TfLiteTensorGetDataKnownStep(tensor: Handle) -> u32 { known(tensor) }
    TfLiteTensorGetShapeKnownStep(tensor: Handle) -> u32 { known(tensor) }
    TfLiteTensorRealloc(bytes: usize, tensor: Handle) -> u32 {
        known(tensor);
        if bytes == 0 || bytes > LARGEST {
            return 1;
        }
        // SAFETY: one of the tensors here, and only this frame changes one.
        let tensor = unsafe { &mut *tensor.cast::<TfLiteTensor>() };
        tensor.data = vec![9_u8; bytes].leak().as_mut_ptr().cast();
        tensor.bytes = bytes;
        0
    }
}
