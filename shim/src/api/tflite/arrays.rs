//! Arrays and structs that a program makes and gives back, which nothing but C's allocator is needed for; and arrays of an
//! interpreter's tensor indexes.

#![allow(non_snake_case)]

use std::ffi::{c_int, c_void};

use ava_protocol::tflite::c::{TfLiteAffineQuantization, TfLiteQuantization};
use ava_protocol::tflite::kind;

use super::state::{ERROR, SLOT};
use crate::api::generated::tflite::marshal;
use crate::base::fault::Fault;

const AFFINE_QUANTIZATION: c_int = 1;

/// The numbers of a `TfLiteIntArray`.
///
/// # Safety
/// It is null or leads to one.
unsafe fn numbers<'a>(array: *const c_void) -> Option<&'a [i32]> {
    if array.is_null() {
        return None;
    }
    // SAFETY: by the caller's promise: a count, and as many numbers behind it.
    unsafe {
        let count = usize::try_from(array.cast::<i32>().read()).unwrap_or(0);
        Some(std::slice::from_raw_parts(array.cast::<i32>().add(1), count))
    }
}

/// Bytes of an array of so many numbers, with its count. Numbers and fractions are as large.
fn bytes(size: c_int) -> usize {
    4 + 4 * usize::try_from(size).unwrap_or(0)
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteIntArrayGetSizeInBytes(size: c_int) -> Result<usize, Fault> {
    Ok(bytes(size))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteFloatArrayGetSizeInBytes(size: c_int) -> Result<c_int, Fault> {
    Ok(bytes(size) as c_int)
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteIntArrayCreate(size: c_int) -> Result<*mut c_void, Fault> {
    // SAFETY: memory of the size that is asked for, whose first number is the count.
    unsafe {
        let array = libc::malloc(bytes(size));
        if !array.is_null() {
            array.cast::<c_int>().write(size);
        }
        Ok(array)
    }
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteIntArrayCopy(from: *const c_void) -> Result<*mut c_void, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let Some(numbers) = numbers(from) else { return Ok(std::ptr::null_mut()) };
        let array = TfLiteIntArrayCreate(numbers.len() as c_int)?;
        if !array.is_null() {
            std::ptr::copy_nonoverlapping(numbers.as_ptr(), array.cast::<i32>().add(1), numbers.len());
        }
        Ok(array)
    }
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteIntArrayEqual(a: *const c_void, b: *const c_void) -> Result<c_int, Fault> {
    // SAFETY: by the caller's promise.
    Ok(c_int::from(a == b || unsafe { numbers(a).is_some() && numbers(a) == numbers(b) }))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteIntArrayEqualsArray(
    a: *const c_void,
    size: c_int,
    numbers_of_b: *const c_int,
) -> Result<c_int, Fault> {
    // SAFETY: by the caller's promise.
    let Some(a) = (unsafe { numbers(a) }) else { return Ok(0) };
    let equal = usize::try_from(size).is_ok_and(|size| {
        // SAFETY: as above: so many numbers.
        a.len() == size && (size == 0 || a == unsafe { std::slice::from_raw_parts(numbers_of_b, size) })
    });
    Ok(c_int::from(equal))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteIntArrayFree(array: *mut c_void) -> Result<(), Fault> {
    // SAFETY: by the caller's promise.
    unsafe { libc::free(array) };
    Ok(())
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteQuantizationFree(quantization: *mut c_void) -> Result<(), Fault> {
    // SAFETY: by the caller's promise: the program has made all of it.
    unsafe {
        let quantization = &mut *quantization.cast::<TfLiteQuantization>();
        let affine = quantization.params.cast::<TfLiteAffineQuantization>();
        if quantization.type_ == AFFINE_QUANTIZATION && !affine.is_null() {
            libc::free((*affine).scale);
            libc::free((*affine).zero_point);
            libc::free(affine.cast());
        }
        *quantization = TfLiteQuantization { type_: 0, params: std::ptr::null_mut() };
    }
    Ok(())
}

/// `TfLiteSparsity`
#[repr(C)]
struct Sparsity {
    traversal_order: *mut c_void,
    block_map: *mut c_void,
    dim_metadata: *mut DimensionMetadata,
    dim_metadata_size: c_int,
}

/// `TfLiteDimensionMetadata`
#[repr(C)]
struct DimensionMetadata {
    format: c_int,
    dense_size: c_int,
    array_segments: *mut c_void,
    array_indices: *mut c_void,
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteSparsityFree(sparsity: *mut c_void) -> Result<(), Fault> {
    const SPARSE: c_int = 1;
    if sparsity.is_null() {
        return Ok(());
    }
    // SAFETY: by the caller's promise: the program has made all of it.
    unsafe {
        let parts = &*sparsity.cast::<Sparsity>();
        libc::free(parts.traversal_order);
        libc::free(parts.block_map);
        if !parts.dim_metadata.is_null() {
            for i in 0..usize::try_from(parts.dim_metadata_size).unwrap_or(0) {
                let metadata = &*parts.dim_metadata.add(i);
                if metadata.format == SPARSE {
                    libc::free(metadata.array_segments);
                    libc::free(metadata.array_indices);
                }
            }
            libc::free(parts.dim_metadata.cast());
        }
        libc::free(sparsity);
    }
    Ok(())
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteInterpreterInputTensorIndices(interpreter: *mut c_void) -> Result<*mut c_void, Fault> {
    let index = marshal::TfLiteInterpreterGetInputTensorIndex;
    // SAFETY: by the caller's promise.
    unsafe { indices(interpreter, false, marshal::TfLiteInterpreterGetInputTensorCount, index) }
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteInterpreterOutputTensorIndices(interpreter: *mut c_void) -> Result<*mut c_void, Fault> {
    let index = marshal::TfLiteInterpreterGetOutputTensorIndex;
    // SAFETY: by the caller's promise.
    unsafe { indices(interpreter, true, marshal::TfLiteInterpreterGetOutputTensorCount, index) }
}

/// # Safety
/// The functions are for an interpreter.
unsafe fn indices(
    interpreter: *mut c_void,
    outputs: bool,
    count: unsafe fn(*mut c_void) -> Result<i32, Fault>,
    index: unsafe fn(*mut c_void, i32) -> Result<i32, Fault>,
) -> Result<*mut c_void, Fault> {
    let session = SLOT.current()?;
    let found = session.book.handles.find(interpreter, kind::TfLiteInterpreter);
    let id = found.ok_or(Fault::Status(i64::from(ERROR)))?.id;
    // SAFETY: by the caller's promise.
    let all = unsafe { (0..count(interpreter)?).map(|i| index(interpreter, i)).collect::<Result<Vec<_>, _>>()? };
    session.book.handles.mark_remembered(id);
    // They never change: the first array stands.
    let kept = session.state.indices.0.entry((id, outputs)).or_insert(all);
    Ok(kept.as_ptr().cast_mut().cast())
}
