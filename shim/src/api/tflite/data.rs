//! A tensor's data, which lies where the program's image of the tensor says.

#![allow(non_snake_case)]

use std::ffi::{CStr, c_void};

use ava_protocol::tflite::c::TfLiteTensor;

use super::state::{ERROR, OK, SLOT};
use crate::api::generated::tflite::marshal;
use crate::base::fault::Fault;

/// The data of a tensor.
///
/// # Safety
/// `tensor` leads to a `TfLiteTensor`, whose data nobody else uses meanwhile.
pub(super) unsafe fn data<'a>(tensor: *const c_void) -> &'a mut [u8] {
    // SAFETY: by the caller's promise: the data has as many bytes as the struct says.
    unsafe {
        let tensor = &*tensor.cast::<TfLiteTensor>();
        match tensor.data.is_null() {
            true => &mut [],
            false => std::slice::from_raw_parts_mut(tensor.data.cast(), tensor.bytes),
        }
    }
}

/// The same, if a copy of so many bytes is one of the whole tensor.
///
/// # Safety
/// As for [`data`].
unsafe fn whole<'a>(tensor: *const c_void, bytes: usize) -> Option<&'a mut [u8]> {
    // SAFETY: by the caller's promise.
    let (data, len) = unsafe { (data(tensor), (*tensor.cast::<TfLiteTensor>()).bytes) };
    (len == bytes && data.len() == bytes).then_some(data)
}

pub unsafe fn TfLiteTensorCopyFromBuffer(tensor: *mut c_void, from: *const c_void, bytes: usize) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let Some(to) = whole(tensor, bytes) else { return Ok(ERROR) };
        std::ptr::copy(from.cast(), to.as_mut_ptr(), bytes);
    }
    Ok(OK)
}

pub unsafe fn TfLiteTensorCopyToBuffer(tensor: *const c_void, to: *mut c_void, bytes: usize) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let Some(from) = whole(tensor, bytes) else { return Ok(ERROR) };
        std::ptr::copy(from.as_ptr(), to.cast(), bytes);
    }
    Ok(OK)
}

pub unsafe fn TfLiteTensorCopy(from: *const c_void, to: *mut c_void) -> Result<u32, Fault> {
    if from.is_null() || to.is_null() {
        return Ok(OK);
    }
    // SAFETY: by the caller's promise.
    unsafe {
        let Some(source) = whole(from, (*from.cast::<TfLiteTensor>()).bytes) else { return Ok(ERROR) };
        TfLiteTensorCopyFromBuffer(to, source.as_ptr().cast(), source.len())
    }
}

/// What was there stays there, as far as there is room for it.
pub unsafe fn TfLiteTensorRealloc(bytes: usize, tensor: *mut c_void) -> Result<u32, Fault> {
    let session = SLOT.current()?;
    let before = match session.book.mirrors.number(tensor) {
        // SAFETY: it is one of the program's images.
        Some(_) => unsafe { data(tensor) }.to_vec(),
        None => Vec::new(),
    };
    // SAFETY: by the caller's promise.
    let status = unsafe { marshal::TfLiteTensorRealloc(bytes, tensor)? };
    // SAFETY: as above.
    let now = unsafe { data(tensor) };
    let len = before.len().min(now.len());
    now[..len].copy_from_slice(&before[..len]);
    // In old libraries it returns nothing.
    Ok(if is_old()? { OK } else { status })
}

pub unsafe fn TfLiteTensorResizeMaybeCopy(bytes: usize, tensor: *mut c_void, _preserve: u8) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { TfLiteTensorRealloc(bytes, tensor) }
}

/// Whether the program is one of a library of 2.9 or before, by which it was built: the library that the worker has.
pub(super) fn is_old() -> Result<bool, Fault> {
    // SAFETY: the function takes nothing.
    let version = unsafe { marshal::TfLiteVersion()? };
    // SAFETY: a text that stays.
    let version = unsafe { CStr::from_ptr(version) }.to_string_lossy();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(u32::MAX));
    Ok((numbers.next(), numbers.next()) <= (Some(2), Some(9)))
}
