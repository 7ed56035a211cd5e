//! What a tensor says, read from the struct that the program holds; and what only the vendor can tell of it.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::tflite::c::{TfLiteQuantization, TfLiteQuantizationParams, TfLiteTensor};
use ava_protocol::tflite::custom::{ArchivedDone, AskTensor};
use ava_protocol::tflite::opcode;

use super::arrays::numbers;
use super::tensors::{data, data_mut};
use super::{ERROR, OK, state};
use crate::base::fault::Fault;
use crate::call::Call;

/// Functions of a tensor that give a field.
macro_rules! fields {
    ($($name:ident -> $ty:ty: |$tensor:ident| $body:expr;)*) => {$(
        /// # Safety
        /// `tensor` leads to a `TfLiteTensor`.
        pub unsafe fn $name(tensor: *const c_void) -> Result<$ty, Fault> {
            // SAFETY: by the caller's promise.
            let $tensor = unsafe { &*tensor.cast::<TfLiteTensor>() };
            Ok($body)
        }
    )*};
}

fields! {
    TfLiteTensorType -> u32: |tensor| tensor.type_;
    TfLiteTensorNumDims -> i32: |tensor| {
        // SAFETY: the field is null or leads to an array.
        unsafe { numbers(tensor.dims) }.map_or(-1, |dims| dims.len() as i32)
    };
    TfLiteTensorByteSize -> usize: |tensor| tensor.bytes;
    TfLiteTensorData -> *mut c_void: |tensor| tensor.data;
    TfLiteTensorName -> *mut c_void: |tensor| tensor.name;
    TfLiteTensorQuantizationParams -> TfLiteQuantizationParams:
        |tensor| tensor.params;
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteTensorDim(tensor: *const c_void, index: i32) -> Result<i32, Fault> {
    // SAFETY: by the caller's promise.
    let dims = unsafe { numbers((*tensor.cast::<TfLiteTensor>()).dims) };
    let dim = usize::try_from(index).ok().and_then(|index| dims?.get(index).copied());
    dim.ok_or(Fault::Status(i64::from(ERROR)))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteOpaqueTensorGetNumDimsSignature(tensor: *const c_void, num_dims: *mut i32) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let signature = numbers((*tensor.cast::<TfLiteTensor>()).dims_signature);
        num_dims.write(signature.map_or(-1, |dims| dims.len() as i32));
    }
    Ok(OK)
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteOpaqueTensorGetDimSignature(
    tensor: *const c_void,
    index: i32,
    dim_length: *mut i32,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let signature = unsafe { numbers((*tensor.cast::<TfLiteTensor>()).dims_signature) };
    let length = usize::try_from(index).ok().and_then(|index| signature?.get(index).copied());
    // SAFETY: as above.
    unsafe { dim_length.write(length.unwrap_or(-1)) };
    Ok(OK)
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteOpaqueTensorIsVariable(tensor: *const c_void) -> Result<i32, Fault> {
    // SAFETY: by the caller's promise.
    Ok(i32::from(unsafe { (*tensor.cast::<TfLiteTensor>()).is_variable }))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteOpaqueTensorGetAllocationType(tensor: *const c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    Ok(unsafe { (*tensor.cast::<TfLiteTensor>()).allocation_type })
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteOpaqueTensorGetQuantization(tensor: *const c_void) -> Result<TfLiteQuantization, Fault> {
    // SAFETY: by the caller's promise.
    Ok(unsafe { (*tensor.cast::<TfLiteTensor>()).quantization })
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteTensorCopyFromBuffer(tensor: *mut c_void, from: *const c_void, bytes: usize) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let to = data_mut(tensor);
        if (*tensor.cast::<TfLiteTensor>()).bytes != bytes || to.len() != bytes {
            return Ok(ERROR);
        }
        std::ptr::copy(from.cast(), to.as_mut_ptr(), bytes);
    }
    Ok(OK)
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteTensorCopyToBuffer(tensor: *const c_void, to: *mut c_void, bytes: usize) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let from = data(tensor);
        if (*tensor.cast::<TfLiteTensor>()).bytes != bytes || from.len() != bytes {
            return Ok(ERROR);
        }
        std::ptr::copy(from.as_ptr(), to.cast(), bytes);
    }
    Ok(OK)
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteTensorCopy(from: *const c_void, to: *mut c_void) -> Result<u32, Fault> {
    if from.is_null() || to.is_null() {
        return Ok(OK);
    }
    // SAFETY: by the caller's promise.
    unsafe {
        let bytes = (*from.cast::<TfLiteTensor>()).bytes;
        let source = data(from);
        if source.len() != bytes {
            return Ok(ERROR);
        }
        TfLiteTensorCopyFromBuffer(to, source.as_ptr().cast(), bytes)
    }
}

/// Functions of a tensor that only the vendor can answer.
macro_rules! questions {
    ($($name:ident)*) => {$(
        /// # Safety
        /// As the function of that name.
        pub unsafe fn $name(tensor: *const c_void) -> Result<u32, Fault> {
            ask(opcode::$name, tensor)
        }
    )*};
}

questions! {
    TfLiteTensorGetAllocationStrategy
    TfLiteTensorGetBufferAddressStability
    TfLiteTensorGetDataStability
    TfLiteTensorGetDataKnownStep
    TfLiteTensorGetShapeKnownStep
}

fn ask(opcode: u32, tensor: *const c_void) -> Result<u32, Fault> {
    let session = super::session()?;
    let number = state(session).tensors.number(tensor).ok_or(Fault::Status(i64::from(ERROR)))?;
    let mut call = Call::begin(session, opcode);
    call.transact(&AskTensor { number }, |reply: &ArchivedDone, _| (true, reply.ret.to_native()))
}
