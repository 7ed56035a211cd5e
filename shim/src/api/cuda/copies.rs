//! Copies whose ends may be of any kind. What lies in the program's memory travels with the call; all else the driver finds by
//! its address, and judges it.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::c::{CUDA_MEMCPY2D_v2, CUDA_MEMCPY3D_PEER_v1};
use ava_protocol::cuda::constant::CUDA_ERROR_INVALID_VALUE;
use ava_protocol::cuda::custom::{ARRAY, ArchivedCopied, Copy, End, HOST, UNIFIED};
use ava_protocol::cuda::nodes::{COPY, EXTENT, SIDES, put};
use ava_protocol::cuda::{kind, opcode};
use ava_protocol::layout::{self, Rows};
use ava_protocol::wire::{Data, Place};

use super::lines;
use super::places;
use super::recorded;
use super::state::SLOT;
use crate::base::fault::Fault;
use crate::call::Call;
use crate::engine::staging::{self, Memory, Part, Way};

pub unsafe fn cuMemcpy(opcode: u32, to: u64, from: u64, size: usize) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { unified(opcode, to, from, size, std::ptr::null_mut()) }
}

pub unsafe fn cuMemcpyAsync(opcode: u32, to: u64, from: u64, size: usize, stream: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { unified(opcode, to, from, size, stream) }
}

pub unsafe fn cuMemcpy2D_v2(opcode: u32, described: *const c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { rectangle(opcode, described, std::ptr::null_mut()) }
}

pub unsafe fn cuMemcpy2DUnaligned_v2(opcode: u32, described: *const c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { rectangle(opcode, described, std::ptr::null_mut()) }
}

pub unsafe fn cuMemcpy2DAsync_v2(opcode: u32, described: *const c_void, stream: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { rectangle(opcode, described, stream) }
}

pub unsafe fn cuMemcpy3D_v2(opcode: u32, described: *const c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { within_a_context(opcode, described, std::ptr::null_mut()) }
}

pub unsafe fn cuMemcpy3DAsync_v2(opcode: u32, described: *const c_void, stream: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { within_a_context(opcode, described, stream) }
}

pub unsafe fn cuMemcpy3DPeer(opcode: u32, described: *const c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { between_contexts(opcode, described, std::ptr::null_mut()) }
}

pub unsafe fn cuMemcpy3DPeerAsync(opcode: u32, described: *const c_void, stream: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { between_contexts(opcode, described, stream) }
}

/// An end of a copy, as the program describes it.
struct Described {
    at: [usize; 3],
    lod: usize,
    memory: u32,
    host: *mut c_void,
    device: u64,
    array: *mut c_void,
    context: *mut c_void,
    pitch: usize,
    height: usize,
}

/// A copy, as the program describes it.
pub struct Asked {
    to: Described,
    from: Described,
    extent: [usize; 3],
}

impl Asked {
    /// A `CUDA_MEMCPY3D` of it.
    fn params(&self) -> Vec<u8> {
        let mut params = vec![0; COPY.spec.size];
        for (side, end) in SIDES.iter().zip([&self.from, &self.to]) {
            let [x, y, z] = end.at.map(|offset| offset as u64);
            let (host, array) = (end.host as u64, end.array as u64);
            let words = [x, y, z, end.lod as u64, end.memory.into(), host, end.device, array, 0];
            let words = words.into_iter().chain([end.pitch as u64, end.height as u64]);
            words.enumerate().for_each(|(i, word)| put(&mut params, side.x() + 8 * i, word));
        }
        for (place, extent) in EXTENT.into_iter().zip(self.extent) {
            put(&mut params, place, extent as u64);
        }
        params
    }
}

/// Whether a copy, one of a stream, is in the twin of its function; `None` for others.
fn is_of_a_stream(opcode: u32) -> Option<bool> {
    match opcode {
        opcode::cuMemcpyAsync
        | opcode::cuMemcpy2DAsync_v2
        | opcode::cuMemcpy3DAsync_v2
        | opcode::cuMemcpy3DPeerAsync => Some(false),
        opcode::cuMemcpyAsync_ptsz
        | opcode::cuMemcpy2DAsync_v2_ptsz
        | opcode::cuMemcpy3DAsync_v2_ptsz
        | opcode::cuMemcpy3DPeerAsync_ptsz => Some(true),
        _ => None,
    }
}

/// A copy of bytes in a row, which is staged where it is long, and one end is the program's memory.
///
/// # Safety
/// The program's memory is there for the copy.
unsafe fn unified(opcode: u32, to: u64, from: u64, size: usize, stream: *mut c_void) -> Result<u32, Fault> {
    let are_programs = |address| size >= staging::WORTHWHILE && places::is_programs(address);
    let (way, address, device) = match (are_programs(to), are_programs(from)) {
        (false, true) => (Way::In, from, to),
        (true, false) => (Way::Out, to, from),
        // SAFETY: by the caller's promise.
        _ => return unsafe { copy(opcode, &line(to, from, size), stream) },
    };
    let memory = Memory { address: address as usize, size, way };
    let Some(mut call) = lines::begin(opcode, memory, device)? else {
        // SAFETY: by the caller's promise.
        return unsafe { copy(opcode, &line(to, from, size), stream) };
    };
    let stream = call.handle_or_null(stream, kind::CUstream)?;
    let travels = End { memory: UNIFIED, travels: true, ..End::default() };
    let request = |part: Part| {
        let stays = End { memory: UNIFIED, address: device + part.offset, ..End::default() };
        let (source, target) = (Data::Region(part.slice), Place::Region(part.slice));
        let (to, from, source, target) = match way {
            Way::In => (stays, travels, source, Place::Null),
            Way::Out => (travels, stays, Data::Null, target),
        };
        Copy { to, from, extent: [part.slice.len, 1, 1], stream, source, target }
    };
    let status = |reply: &ArchivedCopied<'_>| reply.ret.to_native();
    // SAFETY: by the caller's promise.
    unsafe { staging::copy(&mut call, memory, request, status) }
}

pub fn line(to: u64, from: u64, size: usize) -> Asked {
    let end = |device| Described {
        at: [0; 3],
        lod: 0,
        memory: UNIFIED,
        host: std::ptr::null_mut(),
        device,
        array: std::ptr::null_mut(),
        context: std::ptr::null_mut(),
        pitch: 0,
        height: 0,
    };
    Asked { to: end(to), from: end(from), extent: [size, 1, 1] }
}

/// # Safety
/// What is described is null or leads to a `CUDA_MEMCPY2D`.
unsafe fn rectangle(opcode: u32, described: *const c_void, stream: *mut c_void) -> Result<u32, Fault> {
    if described.is_null() {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    // SAFETY: by the caller's promise.
    let of = unsafe { described.cast::<CUDA_MEMCPY2D_v2>().read() };
    let from = Described {
        at: [of.srcXInBytes, of.srcY, 0],
        lod: 0,
        memory: of.srcMemoryType,
        host: of.srcHost,
        device: of.srcDevice,
        array: of.srcArray,
        context: std::ptr::null_mut(),
        pitch: of.srcPitch,
        height: 0,
    };
    let to = Described {
        at: [of.dstXInBytes, of.dstY, 0],
        lod: 0,
        memory: of.dstMemoryType,
        host: of.dstHost,
        device: of.dstDevice,
        array: of.dstArray,
        context: std::ptr::null_mut(),
        pitch: of.dstPitch,
        height: 0,
    };
    // SAFETY: by the caller's promise.
    unsafe { copy(opcode, &Asked { to, from, extent: [of.WidthInBytes, of.Height, 1] }, stream) }
}

/// # Safety
/// What is described is null or leads to a `CUDA_MEMCPY3D`: like one between contexts, with other bytes where they are named.
unsafe fn within_a_context(opcode: u32, described: *const c_void, stream: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let Some(mut asked) = (unsafe { box_of(described) }) else { return Ok(CUDA_ERROR_INVALID_VALUE) };
    (asked.to.context, asked.from.context) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: by the caller's promise.
    unsafe { copy(opcode, &asked, stream) }
}

/// # Safety
/// What is described is null or leads to a `CUDA_MEMCPY3D_PEER`.
unsafe fn between_contexts(opcode: u32, described: *const c_void, stream: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let Some(asked) = (unsafe { box_of(described) }) else { return Ok(CUDA_ERROR_INVALID_VALUE) };
    // SAFETY: by the caller's promise.
    unsafe { copy(opcode, &asked, stream) }
}

/// # Safety
/// What is described is null or leads to a `CUDA_MEMCPY3D` or a `CUDA_MEMCPY3D_PEER`.
unsafe fn box_of(described: *const c_void) -> Option<Asked> {
    if described.is_null() {
        return None;
    }
    // SAFETY: by the caller's promise.
    let of = unsafe { described.cast::<CUDA_MEMCPY3D_PEER_v1>().read() };
    let from = Described {
        at: [of.srcXInBytes, of.srcY, of.srcZ],
        lod: of.srcLOD,
        memory: of.srcMemoryType,
        host: of.srcHost,
        device: of.srcDevice,
        array: of.srcArray,
        context: of.srcContext,
        pitch: of.srcPitch,
        height: of.srcHeight,
    };
    let to = Described {
        at: [of.dstXInBytes, of.dstY, of.dstZ],
        lod: of.dstLOD,
        memory: of.dstMemoryType,
        host: of.dstHost,
        device: of.dstDevice,
        array: of.dstArray,
        context: of.dstContext,
        pitch: of.dstPitch,
        height: of.dstHeight,
    };
    Some(Asked { to, from, extent: [of.WidthInBytes, of.Height, of.Depth] })
}

/// Memory of the program's, which travels: where the first byte lies, and its rows from there; `None` for rows beyond all
/// memory.
struct Travels {
    at: *mut c_void,
    rows: Option<Rows>,
}

/// # Safety
/// The program's memory is there for the copy.
pub unsafe fn copy(opcode: u32, asked: &Asked, stream: *mut c_void) -> Result<u32, Fault> {
    if let Some(twin) = is_of_a_stream(opcode)
        // SAFETY: by the caller's promise.
        && let Some(status) = unsafe { recorded::copy(stream, twin, || asked.params())? }
    {
        return Ok(status);
    }
    let mut call = Call::begin(SLOT.current()?, opcode);
    let stream = call.handle_or_null(stream, kind::CUstream)?;
    let extent = asked.extent.map(|size| size as u64);
    let (to, target) = end(&mut call, &asked.to, extent)?;
    let (from, source) = end(&mut call, &asked.from, extent)?;
    let source = match source {
        // SAFETY: by the caller's promise.
        Some(Travels { at, rows }) => unsafe { call.bytes(at, rows, false)? },
        None => Data::Null,
    };
    let room = target.as_ref().map(|target| call.place(target.at, target.rows, false)).transpose()?;
    let place = room.map_or(Place::Null, |room| room.place);
    let request = Copy { to, from, extent, stream, source, target: place };
    call.transact(&request, |reply: &ArchivedCopied<'_>, call| {
        let status = reply.ret.to_native();
        if let (Some(room), Some(target)) = (&room, &target) {
            // SAFETY: by the caller's promise: it is what the room was made for.
            unsafe { call.put(target.at, room, &reply.target, target.rows) };
        }
        (status == 0, status)
    })
}

/// An end as it crosses, and what travels with it. What its kind of memory does not need may be anything, and stays here.
fn end(call: &mut Call, of: &Described, extent: [u64; 3]) -> Result<(End, Option<Travels>), Fault> {
    let (pitch, height) = (of.pitch as u64, of.height as u64);
    let at = of.at.map(|offset| offset as u64);
    let mut end = End { at, lod: of.lod as u64, memory: of.memory, pitch, height, ..End::default() };
    end.context = call.handle_or_null(of.context, kind::CUcontext)?;
    if of.memory == ARRAY {
        end.array = call.handle_or_null(of.array, kind::CUarray)?;
        return Ok((end, None));
    }
    let mut rows = layout::boxed(at, extent, pitch, height);
    let start = rows.as_mut().map_or(0, |rows| std::mem::take(&mut rows.start));
    let base = if of.memory == HOST { of.host as u64 } else { of.device };
    let first = if base == 0 { 0 } else { base.wrapping_add(start) };
    end.travels = match of.memory {
        HOST => true,
        UNIFIED => places::is_programs(first),
        _ => false,
    };
    if end.travels {
        return Ok((end, Some(Travels { at: first as *mut c_void, rows })));
    }
    end.address = base;
    Ok((end, None))
}
