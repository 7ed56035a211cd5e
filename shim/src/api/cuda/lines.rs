//! Copies of bytes in a row between the program's memory and a device's: long ones are staged.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::{self as table, kind};
use ava_protocol::wire::{Data, Place};

use super::state::SLOT;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;
use crate::call::Call;
use crate::engine::staging::{self, Memory, Part, Way};
use crate::session::Session;

pub unsafe fn cuMemcpyHtoD_v2(opcode: u32, to: u64, from: *const c_void, size: usize) -> Result<u32, Fault> {
    let memory = Memory { address: from as usize, size, way: Way::In };
    let Some(mut call) = begin(opcode, memory, to)? else {
        // SAFETY: by the caller's promise.
        return unsafe { marshal::cuMemcpyHtoD_v2(opcode, to, from, size) };
    };
    let request = |part: Part| table::cuMemcpyHtoD_v2::Request {
        dstDevice: to + part.offset,
        srcHost: Data::Region(part.slice),
        ByteCount: part.slice.len,
    };
    let status = |reply: &table::cuMemcpyHtoD_v2::ArchivedReply| reply.ret.to_native();
    // SAFETY: by the caller's promise.
    unsafe { staging::copy(&mut call, memory, request, status) }
}

pub unsafe fn cuMemcpyDtoH_v2(opcode: u32, to: *mut c_void, from: u64, size: usize) -> Result<u32, Fault> {
    let memory = Memory { address: to as usize, size, way: Way::Out };
    let Some(mut call) = begin(opcode, memory, from)? else {
        // SAFETY: by the caller's promise.
        return unsafe { marshal::cuMemcpyDtoH_v2(opcode, to, from, size) };
    };
    let request = |part: Part| table::cuMemcpyDtoH_v2::Request {
        dstHost: Place::Region(part.slice),
        srcDevice: from + part.offset,
        ByteCount: part.slice.len,
    };
    let status = |reply: &table::cuMemcpyDtoH_v2::ArchivedReply<'_>| reply.ret.to_native();
    // SAFETY: by the caller's promise.
    unsafe { staging::copy(&mut call, memory, request, status) }
}

/// `cuMemcpyHtoDAsync`, of a stream that does not record: the driver has taken pageable memory when it returns.
///
/// # Safety
/// As for the driver's function.
pub unsafe fn to_device_async(
    opcode: u32,
    to: u64,
    from: *const c_void,
    size: usize,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    let memory = Memory { address: from as usize, size, way: Way::In };
    let Some(mut call) = begin(opcode, memory, to)? else {
        // SAFETY: by the caller's promise.
        return unsafe { marshal::cuMemcpyHtoDAsync_v2(opcode, to, from, size, stream) };
    };
    let hStream = call.handle_or_null(stream, kind::CUstream)?;
    let request = |part: Part| table::cuMemcpyHtoDAsync_v2::Request {
        dstDevice: to + part.offset,
        srcHost: Data::Region(part.slice),
        ByteCount: part.slice.len,
        hStream,
    };
    let status = |reply: &table::cuMemcpyHtoDAsync_v2::ArchivedReply| reply.ret.to_native();
    // SAFETY: by the caller's promise.
    unsafe { staging::copy(&mut call, memory, request, status) }
}

/// `cuMemcpyDtoHAsync` likewise: the driver has written pageable memory when it returns.
///
/// # Safety
/// As for the driver's function.
pub unsafe fn from_device_async(
    opcode: u32,
    to: *mut c_void,
    from: u64,
    size: usize,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    let memory = Memory { address: to as usize, size, way: Way::Out };
    let Some(mut call) = begin(opcode, memory, from)? else {
        // SAFETY: by the caller's promise.
        return unsafe { marshal::cuMemcpyDtoHAsync_v2(opcode, to, from, size, stream) };
    };
    let hStream = call.handle_or_null(stream, kind::CUstream)?;
    let request = |part: Part| table::cuMemcpyDtoHAsync_v2::Request {
        dstHost: Place::Region(part.slice),
        srcDevice: from + part.offset,
        ByteCount: part.slice.len,
        hStream,
    };
    let status = |reply: &table::cuMemcpyDtoHAsync_v2::ArchivedReply<'_>| reply.ret.to_native();
    // SAFETY: by the caller's promise.
    unsafe { staging::copy(&mut call, memory, request, status) }
}

/// The call for a copy that is staged; `None` for one that is made in one go. All of the device's memory is known to be there,
/// and no stream records, where the driver may refuse copies.
pub fn begin(opcode: u32, memory: Memory, device: u64) -> Result<Option<Call>, Fault> {
    let at = SLOT.current()?;
    let session: &'static Session = &at.session;
    let standing = &at.state.standing;
    let is_staged = memory.is_worthwhile(session)
        && !standing.is_recording()
        && standing.extent(device, memory.size as u64).is_some();
    Ok(is_staged.then(|| Call::begin(session, opcode)))
}
