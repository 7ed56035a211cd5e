//! Models in files, which are opened here, as the program may; and interpreters, which inherit the reporter of their options.

#![allow(non_snake_case)]

use std::ffi::{OsStr, c_char, c_void};
use std::os::unix::ffi::OsStrExt;

use super::reporters::{Reporter, inherit, report};
use crate::api::generated::tflite::marshal;
use crate::base::fault::Fault;
use crate::base::readable;

pub unsafe fn TfLiteModelCreateFromFile(path: *const c_char) -> Result<*mut c_void, Fault> {
    // SAFETY: by the caller's promise.
    let Some(model) = (unsafe { read(path, None) }) else { return Ok(std::ptr::null_mut()) };
    // SAFETY: so many bytes, which are copied.
    unsafe { marshal::TfLiteModelCreate(model.as_ptr().cast(), model.len()) }
}

pub unsafe fn TfLiteModelCreateFromFileWithErrorReporter(
    path: *const c_char,
    reporter: Option<Reporter>,
    user_data: *mut c_void,
) -> Result<*mut c_void, Fault> {
    let pair = reporter.map(|function| (function as usize, user_data as usize));
    // SAFETY: by the caller's promise.
    let Some(model) = (unsafe { read(path, pair) }) else { return Ok(std::ptr::null_mut()) };
    // SAFETY: so many bytes, which are copied.
    unsafe { marshal::TfLiteModelCreateWithErrorReporter(model.as_ptr().cast(), model.len(), reporter, user_data) }
}

/// The bytes of a file; `None` after the library's own words if it cannot be read.
///
/// # Safety
/// Nobody changes the path meanwhile.
unsafe fn read(path: *const c_char, reporter: Option<(usize, usize)>) -> Option<Vec<u8>> {
    // SAFETY: nobody changes the path meanwhile; one that leads nowhere names no file.
    let path = unsafe { readable::text(path) }.unwrap_or_default();
    let model = std::fs::read(OsStr::from_bytes(path.to_bytes()));
    if let Err(error) = &model {
        tracing::info!(%error, ?path, "a model cannot be read");
        report(reporter, &format!("Could not open '{}'.", path.to_string_lossy()));
        report(reporter, "The model allocation is null/empty");
    }
    model.ok()
}

pub unsafe fn TfLiteInterpreterCreate(model: *mut c_void, options: *mut c_void) -> Result<*mut c_void, Fault> {
    // SAFETY: by the caller's promise.
    let interpreter = unsafe { marshal::TfLiteInterpreterCreate(model, options)? };
    inherit(interpreter, options)?;
    Ok(interpreter)
}

pub unsafe fn TfLiteInterpreterCreateWithSelectedOps(
    model: *mut c_void,
    options: *mut c_void,
) -> Result<*mut c_void, Fault> {
    // SAFETY: by the caller's promise.
    let interpreter = unsafe { marshal::TfLiteInterpreterCreateWithSelectedOps(model, options)? };
    inherit(interpreter, options)?;
    Ok(interpreter)
}
