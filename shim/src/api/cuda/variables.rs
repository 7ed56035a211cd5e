//! Variables of modules and libraries. One that the host shares (`__managed__`) has memory that the driver makes, and so an address
//! which means nothing here. It is refused before the program reads or writes there; and so is all in its module or library from
//! then on, since NVIDIA's runtime asks for such variables first and does not heed what becomes of that.

#![allow(non_snake_case)]

use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

use ava_protocol::cuda::constant::CUDA_ERROR_NOT_SUPPORTED;

use super::pointers::{IS_MANAGED, cuPointerGetAttribute};
use super::state::SLOT;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;

pub unsafe fn cuModuleGetGlobal_v2(
    address: *mut u64,
    size: *mut usize,
    module: *mut c_void,
    name: *const c_char,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { find(module, address, size, |address, size| marshal::cuModuleGetGlobal_v2(address, size, module, name)) }
}

pub unsafe fn cuLibraryGetGlobal(
    address: *mut u64,
    size: *mut usize,
    library: *mut c_void,
    name: *const c_char,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { find(library, address, size, |address, size| marshal::cuLibraryGetGlobal(address, size, library, name)) }
}

pub unsafe fn cuLibraryGetManaged(
    address: *mut u64,
    size: *mut usize,
    library: *mut c_void,
    name: *const c_char,
) -> Result<u32, Fault> {
    // Without a context the driver finds such variables, but says nothing of their addresses.
    let (mut at, mut len) = (0_u64, 0_usize);
    let place = if address.is_null() { null_mut() } else { &raw mut at };
    let room = if size.is_null() { null_mut() } else { &raw mut len };
    // SAFETY: places for what comes out, or null, and by the caller's promise.
    let status = unsafe { marshal::cuLibraryGetManaged(place, room, library, name)? };
    if status == 0 { refuse(library).map(|()| CUDA_ERROR_NOT_SUPPORTED) } else { Ok(status) }
}

pub unsafe fn cuModuleGetFunction(
    function: *mut *mut c_void,
    module: *mut c_void,
    name: *const c_char,
) -> Result<u32, Fault> {
    if is_refused(module)? {
        return Ok(CUDA_ERROR_NOT_SUPPORTED);
    }
    // SAFETY: by the caller's promise.
    unsafe { marshal::cuModuleGetFunction(function, module, name) }
}

pub unsafe fn cuLibraryGetKernel(
    kernel: *mut *mut c_void,
    library: *mut c_void,
    name: *const c_char,
) -> Result<u32, Fault> {
    if is_refused(library)? {
        return Ok(CUDA_ERROR_NOT_SUPPORTED);
    }
    // SAFETY: by the caller's promise.
    unsafe { marshal::cuLibraryGetKernel(kernel, library, name) }
}

pub unsafe fn cuLibraryGetModule(module: *mut *mut c_void, library: *mut c_void) -> Result<u32, Fault> {
    if is_refused(library)? {
        return Ok(CUDA_ERROR_NOT_SUPPORTED);
    }
    // SAFETY: by the caller's promise.
    unsafe { marshal::cuLibraryGetModule(module, library) }
}

/// Refuses what is in a module or a library.
fn refuse(owner: *mut c_void) -> Result<(), Fault> {
    tracing::warn!("a variable is __managed__: AvA has no memory for it that the program could use");
    let at = SLOT.current()?;
    if let Some(found) = at.book.handles.any(owner) {
        at.state.refused.insert(found.id, ());
        at.book.handles.mark_remembered(found.id);
    }
    Ok(())
}

fn is_refused(owner: *mut c_void) -> Result<bool, Fault> {
    let at = SLOT.current()?;
    let refused = &at.state.refused;
    Ok(!refused.is_empty() && at.book.handles.any(owner).is_some_and(|found| refused.contains_key(&found.id)))
}

/// # Safety
/// Both are null or lead to as much; `ask` writes to the places that it gets, if it succeeds.
unsafe fn find(
    owner: *mut c_void,
    address: *mut u64,
    size: *mut usize,
    ask: impl FnOnce(*mut u64, *mut usize) -> Result<u32, Fault>,
) -> Result<u32, Fault> {
    if is_refused(owner)? {
        return Ok(CUDA_ERROR_NOT_SUPPORTED);
    }
    let (mut at, mut len, mut is_managed) = (0_u64, 0_usize, 0_u8);
    let place = if address.is_null() { null_mut() } else { &raw mut at };
    let status = ask(place, if size.is_null() { null_mut() } else { &raw mut len })?;
    if status != 0 {
        return Ok(status);
    }
    // SAFETY: a place for a flag, and by the caller's promise.
    unsafe {
        if !address.is_null() {
            let told = cuPointerGetAttribute((&raw mut is_managed).cast(), IS_MANAGED, at)?;
            if told == 0 && is_managed != 0 {
                refuse(owner)?;
                return Ok(CUDA_ERROR_NOT_SUPPORTED);
            }
            address.write(at);
        }
        if !size.is_null() {
            size.write(len);
        }
    }
    Ok(0)
}
