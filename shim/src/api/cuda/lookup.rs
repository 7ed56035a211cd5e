//! Functions that are reached by name, and tables of functions that have none.

#![allow(non_snake_case)]

use std::ffi::{CStr, c_char, c_void};

use ava_protocol::cuda::constant::{CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_NOT_FOUND};

use super::runtime::Driver;
use super::version;
use crate::api::generated::cuda as generated;
use crate::base::fault::Fault;
use crate::engine::procs::Lookup;

/// `CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM`; 0 and 1 stand for the legacy stream.
const PER_THREAD: u64 = 2;

/// `CUdriverProcAddressQueryResult`.
const FOUND: u32 = 0;
const NOT_FOUND: u32 = 1;
const TOO_OLD: u32 = 2;

/// The first interface: what is not found is an error.
pub unsafe fn cuGetProcAddress(
    name: *const c_char,
    place: *mut c_void,
    version: i32,
    flags: u64,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let (found, _) = unsafe { find(name, place.cast(), version, flags)? };
    Ok(if found.is_null() { CUDA_ERROR_NOT_FOUND } else { 0 })
}

/// What is not found is null, and the status says why.
pub unsafe fn cuGetProcAddress_v2(
    name: *const c_char,
    place: *mut c_void,
    version: i32,
    flags: u64,
    status: *mut u32,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let (_, why) = unsafe { find(name, place.cast(), version, flags)? };
    if !status.is_null() {
        // SAFETY: as above.
        unsafe { status.write(why) };
    }
    Ok(0)
}

/// Stores the address of our function of this name, and says why it is null.
///
/// # Safety
/// `name` is null or NUL-terminated, `place` null or a place for an address.
unsafe fn find(
    name: *const c_char,
    place: *mut *const c_void,
    version: i32,
    flags: u64,
) -> Result<(*const c_void, u32), Fault> {
    if name.is_null() || place.is_null() || flags > PER_THREAD {
        return Err(Fault::Status(CUDA_ERROR_INVALID_VALUE.into()));
    }
    // SAFETY: by the caller's promise.
    let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
    // A driver has nothing that is newer than itself.
    let version = version.min(version::own()?);
    let (found, why) = match generated::proc(&name, version, flags == PER_THREAD) {
        Lookup::Found(function) => (function, FOUND),
        Lookup::Later => (std::ptr::null(), TOO_OLD),
        Lookup::Unknown => (std::ptr::null(), NOT_FOUND),
    };
    // SAFETY: by the caller's promise.
    unsafe { place.write(found) };
    Ok((found, why))
}

/// A table by its UUID, of 16 bytes.
pub unsafe fn cuGetExportTable(place: *mut c_void, id: *const c_void) -> Result<u32, Fault> {
    if place.is_null() || id.is_null() {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    // SAFETY: by the caller's promise.
    let table = ava_cuda_runtime::table::<Driver>(unsafe { id.cast::<[u8; 16]>().read() });
    // SAFETY: as above.
    unsafe { place.cast::<*const c_void>().write(table.unwrap_or(std::ptr::null())) };
    Ok(if table.is_some() { 0 } else { CUDA_ERROR_INVALID_VALUE })
}
