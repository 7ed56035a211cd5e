//! Structs that a program makes and gives back with all that they lead to; and arrays of an interpreter's tensor indexes.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::tflite::c::{TfLiteAffineQuantization, TfLiteDimensionMetadata, TfLiteQuantization, TfLiteSparsity};
use ava_protocol::tflite::constant::{kTfLiteAffineQuantization, kTfLiteDimSparseCSR};
use ava_protocol::tflite::kind;

use super::state::{ERROR, SLOT, State};
use crate::api::generated::tflite::marshal;
use crate::base::fault::Fault;
use crate::book::notes::Notes;

pub unsafe fn TfLiteQuantizationFree(quantization: *mut c_void) -> Result<(), Fault> {
    // SAFETY: by the caller's promise: the program has made all of it.
    unsafe {
        let quantization = &mut *quantization.cast::<TfLiteQuantization>();
        let affine = quantization.params.cast::<TfLiteAffineQuantization>();
        if quantization.type_ == kTfLiteAffineQuantization && !affine.is_null() {
            libc::free((*affine).scale);
            libc::free((*affine).zero_point);
            libc::free(affine.cast());
        }
        *quantization = TfLiteQuantization { type_: 0, params: std::ptr::null_mut() };
    }
    Ok(())
}

pub unsafe fn TfLiteSparsityFree(sparsity: *mut c_void) -> Result<(), Fault> {
    if sparsity.is_null() {
        return Ok(());
    }
    // SAFETY: by the caller's promise: the program has made all of it.
    unsafe {
        let parts = &*sparsity.cast::<TfLiteSparsity>();
        libc::free(parts.traversal_order);
        libc::free(parts.block_map);
        if !parts.dim_metadata.is_null() {
            for i in 0..usize::try_from(parts.dim_metadata_size).unwrap_or(0) {
                let metadata = &*parts.dim_metadata.cast::<TfLiteDimensionMetadata>().add(i);
                if metadata.format == kTfLiteDimSparseCSR {
                    libc::free(metadata.array_segments);
                    libc::free(metadata.array_indices);
                }
            }
            libc::free(parts.dim_metadata);
        }
        libc::free(sparsity);
    }
    Ok(())
}

pub unsafe fn TfLiteInterpreterInputTensorIndices(interpreter: *mut c_void) -> Result<*mut c_void, Fault> {
    let index = marshal::TfLiteInterpreterGetInputTensorIndex;
    // SAFETY: by the caller's promise.
    unsafe { indices(interpreter, |state| &state.inputs, marshal::TfLiteInterpreterGetInputTensorCount, index) }
}

pub unsafe fn TfLiteInterpreterOutputTensorIndices(interpreter: *mut c_void) -> Result<*mut c_void, Fault> {
    let index = marshal::TfLiteInterpreterGetOutputTensorIndex;
    // SAFETY: by the caller's promise.
    unsafe { indices(interpreter, |state| &state.outputs, marshal::TfLiteInterpreterGetOutputTensorCount, index) }
}

/// # Safety
/// The functions are for an interpreter.
unsafe fn indices(
    interpreter: *mut c_void,
    kept: fn(&State) -> &Notes<Vec<i32>>,
    count: unsafe fn(*mut c_void) -> Result<i32, Fault>,
    index: unsafe fn(*mut c_void, i32) -> Result<i32, Fault>,
) -> Result<*mut c_void, Fault> {
    let session = SLOT.current()?;
    let handles = &session.book.handles;
    let id = handles.find(interpreter, kind::TfLiteInterpreter).ok_or(Fault::Status(i64::from(ERROR)))?.id;
    // SAFETY: by the caller's promise.
    let all = unsafe { (0..count(interpreter)?).map(|i| index(interpreter, i)).collect::<Result<Vec<_>, _>>()? };
    // They never change: the first array stands.
    Ok(kept(session.state).set_once(handles, id, all, |all| all.as_ptr().cast_mut().cast()))
}
