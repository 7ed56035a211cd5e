//! Copies whose ends may be of any kind: what lies in the program's memory comes with the call, or goes back with its answer.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::c::{CUDA_MEMCPY2D_v2, CUDA_MEMCPY3D_PEER_v1};
use ava_protocol::cuda::custom::{ARRAY, ArchivedCopy, ArchivedEnd, Copied, HOST};
use ava_protocol::cuda::{API, kind};
use ava_protocol::layout::Rows;

use super::state::State;
use crate::call::{Call, Outcome, Stop};
use crate::gate::Cost;
use crate::generated::cuda::cost;

/// An end of a copy, as the driver gets it.
#[derive(Debug)]
struct End {
    at: [usize; 3],
    lod: usize,
    memory: u32,
    address: usize,
    array: *mut c_void,
    context: *mut c_void,
    pitch: usize,
    height: usize,
}

impl End {
    /// `travelled` is where the first byte lies here, if the end is memory of the program's.
    fn new(call: &Call<'_>, of: &ArchivedEnd, rows: Option<Rows>, travelled: *const c_void) -> Result<Self, Stop> {
        let at = [0, 1, 2].map(|i| of.at[i].to_native() as usize);
        let (mut memory, mut address) = (of.memory.to_native(), of.address.to_native() as usize);
        let (mut pitch, mut height) = (of.pitch.to_native() as usize, of.height.to_native() as usize);
        if of.travels {
            // The driver is told the same offsets as by the program.
            let start = rows.map_or(0, |rows| rows.start as usize);
            memory = HOST;
            address = if travelled.is_null() { 0 } else { travelled.wrapping_byte_sub(start) as usize };
            // Where the program leaves it to the driver how rows lie behind such offsets, it is told.
            if let Some(rows) = rows {
                pitch = if pitch == 0 && at[0] != 0 { rows.row_pitch as usize } else { pitch };
                height = if height == 0 && at[1] != 0 { at[1].saturating_add(rows.rows as usize) } else { height };
            }
        }
        Ok(Self {
            at,
            lod: of.lod.to_native() as usize,
            memory,
            address,
            array: call.handle(of.array.to_native(), kind::CUarray)?,
            context: call.handle(of.context.to_native(), kind::CUcontext)?,
            pitch,
            height,
        })
    }

    /// As an address of a device's, and as one of the host's; nothing for an array.
    fn addresses(&self) -> (u64, *mut c_void) {
        match self.memory {
            HOST => (0, self.address as *mut c_void),
            ARRAY => (0, std::ptr::null_mut()),
            _ => (self.address as u64, std::ptr::null_mut()),
        }
    }
}

/// A copy, as the driver gets it.
#[derive(Debug)]
struct Asked {
    to: End,
    from: End,
    /// Bytes of a row, rows, and layers.
    extent: [usize; 3],
    stream: *mut c_void,
}

/// Makes a copy with the vendor's function; `None` if there is none.
type Make = fn(&State, u32, &Asked) -> Option<u32>;

pub fn cuMemcpy(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    copy(opcode, api, call, body, cost::cuMemcpy, |api, opcode, asked| {
        // SAFETY: as for `copy`.
        unsafe {
            Some(api.vendor.cuMemcpy(opcode)?(asked.to.address as u64, asked.from.address as u64, asked.extent[0]))
        }
    })
}

pub fn cuMemcpyAsync(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    copy(opcode, api, call, body, cost::cuMemcpyAsync, |api, opcode, asked| {
        // SAFETY: as for `copy`.
        unsafe {
            Some(api.vendor.cuMemcpyAsync(opcode)?(
                asked.to.address as u64,
                asked.from.address as u64,
                asked.extent[0],
                asked.stream,
            ))
        }
    })
}

pub fn cuMemcpy2D_v2(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    copy(opcode, api, call, body, cost::cuMemcpy2D_v2, |api, opcode, asked| {
        let described = rectangle(asked);
        // SAFETY: as for `copy`.
        unsafe { Some(api.vendor.cuMemcpy2D_v2(opcode)?((&raw const described).cast())) }
    })
}

pub fn cuMemcpy2DUnaligned_v2(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    copy(opcode, api, call, body, cost::cuMemcpy2DUnaligned_v2, |api, opcode, asked| {
        let described = rectangle(asked);
        // SAFETY: as for `copy`.
        unsafe { Some(api.vendor.cuMemcpy2DUnaligned_v2(opcode)?((&raw const described).cast())) }
    })
}

pub fn cuMemcpy2DAsync_v2(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    copy(opcode, api, call, body, cost::cuMemcpy2DAsync_v2, |api, opcode, asked| {
        let described = rectangle(asked);
        // SAFETY: as for `copy`.
        unsafe { Some(api.vendor.cuMemcpy2DAsync_v2(opcode)?((&raw const described).cast(), asked.stream)) }
    })
}

pub fn cuMemcpy3D_v2(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    copy(opcode, api, call, body, cost::cuMemcpy3D_v2, |api, opcode, asked| {
        let described = box_of(asked);
        // SAFETY: as for `copy`.
        unsafe { Some(api.vendor.cuMemcpy3D_v2(opcode)?((&raw const described).cast())) }
    })
}

pub fn cuMemcpy3DAsync_v2(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    copy(opcode, api, call, body, cost::cuMemcpy3DAsync_v2, |api, opcode, asked| {
        let described = box_of(asked);
        // SAFETY: as for `copy`.
        unsafe { Some(api.vendor.cuMemcpy3DAsync_v2(opcode)?((&raw const described).cast(), asked.stream)) }
    })
}

pub fn cuMemcpy3DPeer(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    copy(opcode, api, call, body, cost::cuMemcpy3DPeer, |api, opcode, asked| {
        let described = box_of(asked);
        // SAFETY: as for `copy`.
        unsafe { Some(api.vendor.cuMemcpy3DPeer(opcode)?((&raw const described).cast())) }
    })
}

pub fn cuMemcpy3DPeerAsync(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    copy(opcode, api, call, body, cost::cuMemcpy3DPeerAsync, |api, opcode, asked| {
        let described = box_of(asked);
        // SAFETY: as for `copy`.
        unsafe { Some(api.vendor.cuMemcpy3DPeerAsync(opcode)?((&raw const described).cast(), asked.stream)) }
    })
}

fn rectangle(Asked { to, from, extent, .. }: &Asked) -> CUDA_MEMCPY2D_v2 {
    let ((srcDevice, srcHost), (dstDevice, dstHost)) = (from.addresses(), to.addresses());
    CUDA_MEMCPY2D_v2 {
        srcXInBytes: from.at[0],
        srcY: from.at[1],
        srcMemoryType: from.memory,
        srcHost,
        srcDevice,
        srcArray: from.array,
        srcPitch: from.pitch,
        dstXInBytes: to.at[0],
        dstY: to.at[1],
        dstMemoryType: to.memory,
        dstHost,
        dstDevice,
        dstArray: to.array,
        dstPitch: to.pitch,
        WidthInBytes: extent[0],
        Height: extent[1],
    }
}

/// Without contexts it is a `CUDA_MEMCPY3D`, too.
fn box_of(Asked { to, from, extent, .. }: &Asked) -> CUDA_MEMCPY3D_PEER_v1 {
    let ((srcDevice, srcHost), (dstDevice, dstHost)) = (from.addresses(), to.addresses());
    CUDA_MEMCPY3D_PEER_v1 {
        srcXInBytes: from.at[0],
        srcY: from.at[1],
        srcZ: from.at[2],
        srcLOD: from.lod,
        srcMemoryType: from.memory,
        srcHost,
        srcDevice,
        srcArray: from.array,
        srcContext: from.context,
        srcPitch: from.pitch,
        srcHeight: from.height,
        dstXInBytes: to.at[0],
        dstY: to.at[1],
        dstZ: to.at[2],
        dstLOD: to.lod,
        dstMemoryType: to.memory,
        dstHost,
        dstDevice,
        dstArray: to.array,
        dstContext: to.context,
        dstPitch: to.pitch,
        dstHeight: to.height,
        WidthInBytes: extent[0],
        Height: extent[1],
        Depth: extent[2],
    }
}

fn copy(opcode: u32, api: &State, call: &mut Call, body: &[u8], commands: u64, make: Make) -> Outcome {
    let name = API.functions[opcode as usize];
    let r = call.read::<ArchivedCopy>(body, name)?;
    let extent = [0, 1, 2].map(|i| r.extent[i].to_native());
    let rows_of = |end: &ArchivedEnd| if end.travels { end.rows(extent) } else { None };
    let (from_rows, to_rows) = (rows_of(&r.from), rows_of(&r.to));
    let stream = call.handle(r.stream.to_native(), kind::CUstream)?;
    // The driver has read memory that is not page-locked when it returns, so it may read it where it is.
    let source = call.input(&r.source, from_its_start(from_rows), true, name)?;
    let mut target = call.output_rows(&r.target, from_its_start(to_rows), name)?;
    let from = End::new(call, &r.from, from_rows, source.as_ptr())?;
    let to = End::new(call, &r.to, to_rows, target.as_mut_ptr())?;
    let (bytes_in, bytes_out) = (source.amount(), target.amount(None));
    call.admit(|| Cost { commands, bytes_in, bytes_out, ..Cost::default() })?;
    let asked = Asked { to, from, extent: extent.map(|size| size as usize), stream };
    call.occupy(r.stream.to_native(), stream);
    // SAFETY: live handles or null, and for each end that travels as much memory as the copy is of, which the driver does not
    // use after it has returned. Other addresses are of devices, or else of this process, which is the tenant's own.
    let ret = make(api, opcode, &asked).ok_or(Stop::Missing(name))?;
    if ret == 0 {
        call.charge_commands(Some(commands));
        call.charge_bytes_in(bytes_in);
        call.charge_bytes_out(bytes_out);
    }
    call.reply(&Copied { ret, target: target.returned(None, ret == 0) })
}

/// The rows likewise, without what lies before the first.
fn from_its_start(rows: Option<Rows>) -> Option<Rows> {
    rows.map(|rows| Rows { start: 0, ..rows })
}
