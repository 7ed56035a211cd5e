//! Contexts: which one is current in a thread is remembered, since NVIDIA's runtime asks again and again. The thread's own
//! worker thread has the same one.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::c::CUctxCreateParams;
use ava_protocol::cuda::constant::CUDA_ERROR_NOT_SUPPORTED;
use ava_protocol::cuda::{kind, opcode};

use super::state::{SLOT, current as of_thread};
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;

/// The current context of the thread; null for none.
///
/// # Errors
/// The driver's, or there is no session.
pub fn current() -> Result<*mut c_void, Fault> {
    let generation = SLOT.current()?.generation;
    if let Some(context) = of_thread::known(generation) {
        return Ok(context);
    }
    let mut context = std::ptr::null_mut();
    // SAFETY: a place for a handle.
    match unsafe { marshal::cuCtxGetCurrent(&raw mut context)? } {
        0 => {
            of_thread::set(generation, Some(context));
            SLOT.current()?.state.standing.in_context(context as usize);
            Ok(context)
        }
        status => Err(Fault::Status(status.into())),
    }
}

/// The thread's current context, if that is known.
pub fn known_here() -> Option<*mut c_void> {
    of_thread::known(SLOT.current().ok()?.generation)
}

/// The driver has answered a call that changes which context is current: it is this one, or not known.
fn changed(status: u32, context: Option<*mut c_void>) -> Result<u32, Fault> {
    if status == 0 {
        let at = SLOT.current()?;
        of_thread::set(at.generation, context);
        if let Some(context) = context {
            at.state.standing.in_context(context as usize);
        } else if !at.book.accepted.is_strict() {
            // Calls that need not wait go by it.
            let _ = current();
        }
    }
    Ok(status)
}

/// The driver has made a context on a device, which is current.
///
/// # Safety
/// The driver has stored it, if the status is 0.
unsafe fn made(status: u32, place: *mut *mut c_void, device: i32) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let context = (status == 0 && !place.is_null()).then(|| unsafe { place.read() });
    if let Some(context) = context {
        SLOT.current()?.state.devices.made(context as usize, device);
    }
    changed(status, context)
}

pub unsafe fn cuCtxGetCurrent(context: *mut *mut c_void) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    if context.is_null() || at.book.accepted.is_strict() || of_thread::known(at.generation).is_none() {
        // SAFETY: by the caller's promise. The driver refuses null.
        let status = unsafe { marshal::cuCtxGetCurrent(context)? };
        // SAFETY: as above; the driver has written to it.
        return changed(status, (status == 0 && !context.is_null()).then(|| unsafe { context.read() }));
    }
    let current = current()?;
    // SAFETY: by the caller's promise.
    unsafe { context.write(current) };
    Ok(0)
}

pub unsafe fn cuCtxSetCurrent(context: *mut c_void) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    let mut key = at.book.accepted.key(opcode::cuCtxSetCurrent);
    key.mix(context as u64);
    let is_current = of_thread::known(at.generation) == Some(context);
    let is_live = at.book.handles.find(context, kind::CUcontext).is_some();
    if is_current && is_live && at.book.accepted.contains(key) {
        return Ok(0);
    }
    // SAFETY: by the caller's promise.
    let status = unsafe { marshal::cuCtxSetCurrent(context)? };
    if status == 0 {
        at.book.accepted.insert(key);
    }
    changed(status, Some(context))
}

pub unsafe fn cuCtxPushCurrent(context: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    changed(unsafe { marshal::cuCtxPushCurrent(context)? }, Some(context))
}

pub unsafe fn cuCtxPushCurrent_v2(context: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    changed(unsafe { marshal::cuCtxPushCurrent_v2(context)? }, Some(context))
}

pub unsafe fn cuCtxPopCurrent(context: *mut *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    changed(unsafe { marshal::cuCtxPopCurrent(context)? }, None)
}

pub unsafe fn cuCtxPopCurrent_v2(context: *mut *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    changed(unsafe { marshal::cuCtxPopCurrent_v2(context)? }, None)
}

pub unsafe fn cuCtxAttach(context: *mut *mut c_void, flags: u32) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    changed(unsafe { marshal::cuCtxAttach(context, flags)? }, None)
}

pub unsafe fn cuCtxCreate(context: *mut *mut c_void, flags: u32, device: i32) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { made(marshal::cuCtxCreate(context, flags, device)?, context, device) }
}

pub unsafe fn cuCtxCreate_v2(context: *mut *mut c_void, flags: u32, device: i32) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { made(marshal::cuCtxCreate_v2(context, flags, device)?, context, device) }
}

pub unsafe fn cuCtxCreate_v3(
    context: *mut *mut c_void,
    affinities: *const c_void,
    count: i32,
    flags: u32,
    device: i32,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        made(marshal::cuCtxCreate_v3(context, affinities.cast_mut().cast(), count, flags, device)?, context, device)
    }
}

/// As before it, but for contexts that belong to a graphics API.
pub unsafe fn cuCtxCreate_v4(
    context: *mut *mut c_void,
    parameters: *const c_void,
    flags: u32,
    device: i32,
) -> Result<u32, Fault> {
    let (mut affinities, mut count) = (std::ptr::null_mut(), 0);
    if !parameters.is_null() {
        // SAFETY: by the caller's promise.
        let given = unsafe { parameters.cast::<CUctxCreateParams>().read() };
        if !given.cigParams.is_null() {
            return Ok(CUDA_ERROR_NOT_SUPPORTED);
        }
        (affinities, count) = (given.execAffinityParams, given.numExecAffinityParams);
    }
    // SAFETY: by the caller's promise.
    unsafe { cuCtxCreate_v3(context, affinities, count, flags, device) }
}

pub unsafe fn cuCtxDestroy(context: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let status = unsafe { marshal::cuCtxDestroy(context)? };
    ended(status, context)
}

pub unsafe fn cuCtxDestroy_v2(context: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let status = unsafe { marshal::cuCtxDestroy_v2(context)? };
    ended(status, context)
}

/// It ends with its last use, of which the driver counts those by `cuCtxAttach`.
pub unsafe fn cuCtxDetach(context: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let status = unsafe { marshal::cuCtxDetach(context)? };
    if status == 0 {
        all_changed()?;
    }
    changed(status, None)
}

/// A context has ended, if the driver says so.
fn ended(status: u32, context: *mut c_void) -> Result<u32, Fault> {
    if status == 0 {
        let state = &SLOT.current()?.state;
        state.devices.ended(context as usize);
        state.kept.ended(context as usize);
    }
    all_changed()?;
    changed(status, None)
}

/// A context may have ended: nothing is known any more of what was in it.
fn all_changed() -> Result<(), Fault> {
    let at = SLOT.current()?;
    at.state.standing.context_ended();
    at.book.accepted.doubt();
    Ok(())
}

pub unsafe fn cuDevicePrimaryCtxRetain(context: *mut *mut c_void, device: i32) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let status = unsafe { marshal::cuDevicePrimaryCtxRetain(context, device)? };
    if status == 0 && !context.is_null() {
        // SAFETY: the driver has stored it.
        SLOT.current()?.state.kept.retained(device, unsafe { context.read() } as usize);
    }
    Ok(status)
}

/// The driver was asked to give up a device's primary context: it may have ended, and what the runtime keeps with it.
fn given_up(status: u32, device: i32) -> Result<u32, Fault> {
    let kept = &SLOT.current()?.state.kept;
    if let Some(context) = kept.primary(device).filter(|_| status == 0) {
        let (mut flags, mut is_active) = (0, 1);
        // SAFETY: places for two numbers.
        let told = unsafe { marshal::cuDevicePrimaryCtxGetState(device, &raw mut flags, &raw mut is_active)? };
        if told == 0 && is_active == 0 {
            kept.primary_ended(context);
        }
    }
    all_changed().map(|()| status)
}

pub unsafe fn cuDevicePrimaryCtxReset(device: i32) -> Result<u32, Fault> {
    // SAFETY: a number.
    let status = unsafe { marshal::cuDevicePrimaryCtxReset(device)? };
    given_up(status, device)
}

pub unsafe fn cuDevicePrimaryCtxReset_v2(device: i32) -> Result<u32, Fault> {
    // SAFETY: a number.
    let status = unsafe { marshal::cuDevicePrimaryCtxReset_v2(device)? };
    given_up(status, device)
}

pub unsafe fn cuDevicePrimaryCtxRelease(device: i32) -> Result<u32, Fault> {
    // SAFETY: a number.
    let status = unsafe { marshal::cuDevicePrimaryCtxRelease(device)? };
    given_up(status, device)
}

pub unsafe fn cuDevicePrimaryCtxRelease_v2(device: i32) -> Result<u32, Fault> {
    // SAFETY: a number.
    let status = unsafe { marshal::cuDevicePrimaryCtxRelease_v2(device)? };
    given_up(status, device)
}
