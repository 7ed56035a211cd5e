//! Copies that streams record, from and to memory of the program's own: the worker has it only as long as a call, so they become
//! copies of the graph that is recorded to (`nodes::staged`), as a program would add them by hand.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::nodes::{ARRAY, COPY, DEVICE, EXTENT, HOST, SIDES, put};
use ava_protocol::cuda::opcode;

use super::contexts;
use super::graphs::{Tip, recording};
use super::lines;
use super::nodes::calls::Place;
use super::nodes::staged;
use super::state::SLOT;
use super::streams::PER_THREAD;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;

/// `CU_STREAM_SET_CAPTURE_DEPENDENCIES`.
const SET: u32 = 1;

pub unsafe fn cuMemcpyHtoDAsync_v2(
    opcode: u32,
    to: u64,
    from: *const c_void,
    size: usize,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    let twin = opcode == opcode::cuMemcpyHtoDAsync_v2_ptsz;
    // SAFETY: by the caller's promise.
    unsafe {
        match copy(stream, twin, || line(&End::Host(from as u64), &End::Device(to), size))? {
            Some(status) => Ok(status),
            None => lines::to_device_async(opcode, to, from, size, stream),
        }
    }
}

pub unsafe fn cuMemcpyDtoHAsync_v2(
    opcode: u32,
    to: *mut c_void,
    from: u64,
    size: usize,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    let twin = opcode == opcode::cuMemcpyDtoHAsync_v2_ptsz;
    // SAFETY: by the caller's promise.
    unsafe {
        match copy(stream, twin, || line(&End::Device(from), &End::Host(to as u64), size))? {
            Some(status) => Ok(status),
            None => lines::from_device_async(opcode, to, from, size, stream),
        }
    }
}

pub unsafe fn cuMemcpyHtoAAsync_v2(
    opcode: u32,
    to: *mut c_void,
    offset: usize,
    from: *const c_void,
    size: usize,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    let twin = opcode == opcode::cuMemcpyHtoAAsync_v2_ptsz;
    // SAFETY: by the caller's promise.
    unsafe {
        match copy(stream, twin, || line(&End::Host(from as u64), &End::Array(to as u64, offset), size))? {
            Some(status) => Ok(status),
            None => marshal::cuMemcpyHtoAAsync_v2(opcode, to, offset, from, size, stream),
        }
    }
}

pub unsafe fn cuMemcpyAtoHAsync_v2(
    opcode: u32,
    to: *mut c_void,
    from: *mut c_void,
    offset: usize,
    size: usize,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    let twin = opcode == opcode::cuMemcpyAtoHAsync_v2_ptsz;
    // SAFETY: by the caller's promise.
    unsafe {
        match copy(stream, twin, || line(&End::Array(from as u64, offset), &End::Host(to as u64), size))? {
            Some(status) => Ok(status),
            None => marshal::cuMemcpyAtoHAsync_v2(opcode, to, from, offset, size, stream),
        }
    }
}

/// An end of a copy of bytes in a row: an address, or an array and where in it.
enum End {
    Host(u64),
    Device(u64),
    Array(u64, usize),
}

/// A copy of bytes in a row, as a `CUDA_MEMCPY3D`.
fn line(from: &End, to: &End, size: usize) -> Vec<u8> {
    let mut params = vec![0; COPY.spec.size];
    for (side, end) in SIDES.iter().zip([from, to]) {
        let (memory, place, value) = match end {
            End::Host(address) => (HOST, side.host, *address),
            End::Device(address) => (DEVICE, side.device, *address),
            End::Array(array, offset) => {
                put(&mut params, side.x(), *offset as u64);
                (ARRAY, side.array, *array)
            }
        };
        put(&mut params, side.memory, memory.into());
        put(&mut params, place, value);
    }
    for (place, extent) in EXTENT.into_iter().zip([size as u64, 1, 1]) {
        put(&mut params, place, extent);
    }
    params
}

/// Records a copy, a `CUDA_MEMCPY3D`, and returns the status. `None` for one that is to be made as any other: the stream does not
/// record, or both sides have the memory.
///
/// # Safety
/// The program's memory is there as long as what is recorded may be played.
pub unsafe fn copy(
    stream: *mut c_void,
    is_per_thread: bool,
    params: impl FnOnce() -> Vec<u8>,
) -> Result<Option<u32>, Fault> {
    if !SLOT.current()?.state.standing.is_recording() {
        return Ok(None);
    }
    let params = params();
    let Ok(sides) = staged::of_programs(&params) else { return Ok(None) };
    let stream = if stream.is_null() && is_per_thread { PER_THREAD as *mut c_void } else { stream };
    if sides.iter().all(Option::is_none) {
        return Ok(None);
    }
    // SAFETY: a handle, which is looked up.
    let Some(Tip { graph, dependencies }) = (unsafe { recording(stream)? }) else { return Ok(None) };
    let mut node = std::ptr::null_mut();
    let place = Place {
        graph,
        dependencies: dependencies.as_ptr().cast(),
        edges: std::ptr::null(),
        count: dependencies.len(),
        context: contexts::current()?,
    };
    // SAFETY: by the caller's promise, a place for a handle, and handles.
    unsafe {
        let status = staged::add(&raw mut node, &place, &params, sides)?;
        if status != 0 {
            return Ok(Some(status));
        }
        let update = opcode::cuStreamUpdateCaptureDependencies;
        marshal::cuStreamUpdateCaptureDependencies(update, stream, &raw mut node, 1, SET).map(Some)
    }
}
