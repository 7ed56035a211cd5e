//! Device memory, which lies where nothing of the program's does: copies go by addresses alone.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::constant::CUDA_ERROR_INVALID_VALUE;
use ava_protocol::cuda::opcode;

use super::host::ask;
use super::state::{SLOT, Way};
use super::{contexts, places};
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;

/// How often the driver is asked for memory elsewhere.
const TRIES: usize = 8;

pub unsafe fn cuMemAlloc_v2(place: *mut u64, size: usize) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let status = apart(place, || Ok((marshal::cuMemAlloc_v2(place, size)?, size)))?;
        known(status, place, size, Way::Plain, current())
    }
}

pub unsafe fn cuMemAllocPitch_v2(
    place: *mut u64,
    pitch: *mut usize,
    width: usize,
    height: usize,
    element: u32,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise. The pitch has been written where the driver says so.
    unsafe {
        let size = || pitch.read().saturating_mul(height);
        let status = apart(place, || {
            let status = marshal::cuMemAllocPitch_v2(place, pitch, width, height, element)?;
            Ok((status, if status == 0 { size() } else { 0 }))
        })?;
        if status == 0 { known(status, place, size(), Way::Plain, current()) } else { Ok(status) }
    }
}

pub unsafe fn cuMemAllocAsync(opcode: u32, place: *mut u64, size: usize, stream: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let status = taken(place, marshal::cuMemAllocAsync(opcode, place, size, stream)?, size)?;
        known(status, place, size, Way::Ordered, current())
    }
}

pub unsafe fn cuMemAllocFromPoolAsync(
    opcode: u32,
    place: *mut u64,
    size: usize,
    pool: *mut c_void,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let status = taken(place, marshal::cuMemAllocFromPoolAsync(opcode, place, size, pool, stream)?, size)?;
        known(status, place, size, Way::Pooled, pool as usize)
    }
}

pub unsafe fn cuMemFreeAsync(opcode: u32, address: u64, stream: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: a number, and a handle that is looked up.
    let status = unsafe { marshal::cuMemFreeAsync(opcode, address, stream)? };
    if status == 0 {
        SLOT.current()?.state.standing.freed(address);
    }
    Ok(status)
}

/// The thread's current context, as far as it is known.
fn current() -> usize {
    contexts::known_here().map_or(0, |context| context as usize)
}

/// The program has memory of so many bytes, which is known before it hears of it.
///
/// # Safety
/// `place` leads to an address if the status is 0.
unsafe fn known(status: u32, place: *mut u64, size: usize, way: Way, of: usize) -> Result<u32, Fault> {
    if status == 0 {
        // SAFETY: by the caller's promise.
        let at = unsafe { place.read() };
        SLOT.current()?.state.standing.allocated(at, size as u64, way, of);
    }
    Ok(status)
}

/// The memory that is mapped at an address: a number of the driver's.
pub unsafe fn cuMemRetainAllocationHandle(handle: *mut u64, address: *mut c_void) -> Result<u32, Fault> {
    if handle.is_null() {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    let (status, value) = ask(opcode::cuMemRetainAllocationHandle, address, 0)?;
    if status == 0 {
        // SAFETY: by the caller's promise.
        unsafe { handle.write(value) };
    }
    Ok(status)
}

/// Allocates until nothing of the program's lies there, and gives back what it was first given: while that is held, the
/// driver finds other memory.
///
/// # Safety
/// `place` is null or leads to an address, which `allocate` fills if its status is 0; it returns the size as well.
unsafe fn apart(place: *mut u64, allocate: impl Fn() -> Result<(u32, usize), Fault>) -> Result<u32, Fault> {
    let mut others = Vec::new();
    let result = loop {
        match (allocate(), others.last().copied()) {
            (Ok((0, size)), _) => {
                // SAFETY: by the caller's promise.
                let at = unsafe { place.read() };
                if places::reserve(at, size) {
                    break Ok(0);
                }
                if others.len() == TRIES {
                    warn(at);
                    break Ok(0);
                }
                others.push(at);
            }
            // There is no more, but what there is will do.
            (Ok(_), Some(last)) => {
                others.pop();
                warn(last);
                // SAFETY: by the caller's promise.
                unsafe { place.write(last) };
                break Ok(0);
            }
            (Ok((status, _)), None) => break Ok(status),
            (Err(fault), _) => break Err(fault),
        }
    };
    for other in others {
        // SAFETY: allocated above, and nobody has heard of it.
        let _ = unsafe { marshal::cuMemFree_v2(other) };
    }
    result
}

/// Memory that a stream allocates, once: another try would be another command of it.
///
/// # Safety
/// `place` leads to an address if the status is 0.
unsafe fn taken(place: *mut u64, status: u32, size: usize) -> Result<u32, Fault> {
    if status == 0 {
        // SAFETY: by the caller's promise.
        let at = unsafe { place.read() };
        if !places::reserve(at, size) {
            warn(at);
        }
    }
    Ok(status)
}

fn warn(at: u64) {
    tracing::warn!("device memory at {at:#x} lies where the program has memory of its own: cuMemcpy takes it for that");
}
