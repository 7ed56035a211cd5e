//! Copies: linear ones, and boxes of up to three dimensions.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_void;

use super::current::{default_stream, stream};
use super::entry::entries;
use super::values::{In, Out};
use crate::cuda::{
    CUDA_MEMCPY2D, CUDA_MEMCPY3D, CUarray, CUcontext, CUdeviceptr, CUstream, CopySide, Result, STREAM_LEGACY, Status,
    memory_type,
};
use crate::device::array::ARRAYS;
use crate::device::operation::{Copy, Operation, Place};
use crate::device::{context, memory, process};

entries! { checked;
    fn cuMemcpy | cuMemcpy_ptds(to: CUdeviceptr, from: CUdeviceptr, size: usize) {
        now(linear(any(to), any(from), size)?)
    }

    fn cuMemcpyAsync | cuMemcpyAsync_ptsz(to: CUdeviceptr, from: CUdeviceptr, size: usize, stream: CUstream) {
        later(linear(any(to), any(from), size)?, stream)
    }

    fn cuMemcpyHtoD_v2 | cuMemcpyHtoD_v2_ptds(to: CUdeviceptr, from: *const c_void, size: usize) {
        now(linear(device(to), host(from), size)?)
    }

    fn cuMemcpyHtoDAsync_v2 | cuMemcpyHtoDAsync_v2_ptsz(
        to: CUdeviceptr,
        from: *const c_void,
        size: usize,
        stream: CUstream,
    ) {
        later(linear(device(to), host(from), size)?, stream)
    }

    fn cuMemcpyDtoH_v2 | cuMemcpyDtoH_v2_ptds(to: *mut c_void, from: CUdeviceptr, size: usize) {
        now(linear(host(to), device(from), size)?)
    }

    fn cuMemcpyDtoHAsync_v2 | cuMemcpyDtoHAsync_v2_ptsz(
        to: *mut c_void,
        from: CUdeviceptr,
        size: usize,
        stream: CUstream,
    ) {
        later(linear(host(to), device(from), size)?, stream)
    }

    fn cuMemcpyDtoD_v2 | cuMemcpyDtoD_v2_ptds(to: CUdeviceptr, from: CUdeviceptr, size: usize) {
        now(linear(device(to), device(from), size)?)
    }

    fn cuMemcpyDtoDAsync_v2 | cuMemcpyDtoDAsync_v2_ptsz(
        to: CUdeviceptr,
        from: CUdeviceptr,
        size: usize,
        stream: CUstream,
    ) {
        later(linear(device(to), device(from), size)?, stream)
    }

    fn cuMemcpyPeer | cuMemcpyPeer_ptds(
        to: CUdeviceptr,
        to_context: CUcontext,
        from: CUdeviceptr,
        from_context: CUcontext,
        size: usize,
    ) {
        check_peers(to_context, from_context)?;
        now(linear(device(to), device(from), size)?)
    }

    fn cuMemcpyPeerAsync | cuMemcpyPeerAsync_ptsz(
        to: CUdeviceptr,
        to_context: CUcontext,
        from: CUdeviceptr,
        from_context: CUcontext,
        size: usize,
        stream: CUstream,
    ) {
        check_peers(to_context, from_context)?;
        later(linear(device(to), device(from), size)?, stream)
    }

    fn cuMemcpyHtoA_v2 | cuMemcpyHtoA_v2_ptds(to: CUarray, offset: usize, from: *const c_void, size: usize) {
        now(linear(array(to, offset), host(from), size)?)
    }

    fn cuMemcpyHtoAAsync_v2 | cuMemcpyHtoAAsync_v2_ptsz(
        to: CUarray,
        offset: usize,
        from: *const c_void,
        size: usize,
        stream: CUstream,
    ) {
        later(linear(array(to, offset), host(from), size)?, stream)
    }

    fn cuMemcpyAtoH_v2 | cuMemcpyAtoH_v2_ptds(to: *mut c_void, from: CUarray, offset: usize, size: usize) {
        now(linear(host(to), array(from, offset), size)?)
    }

    fn cuMemcpyAtoHAsync_v2 | cuMemcpyAtoHAsync_v2_ptsz(
        to: *mut c_void,
        from: CUarray,
        offset: usize,
        size: usize,
        stream: CUstream,
    ) {
        later(linear(host(to), array(from, offset), size)?, stream)
    }

    fn cuMemcpyDtoA_v2 | cuMemcpyDtoA_v2_ptds(to: CUarray, offset: usize, from: CUdeviceptr, size: usize) {
        now(linear(array(to, offset), device(from), size)?)
    }

    fn cuMemcpyAtoD_v2 | cuMemcpyAtoD_v2_ptds(to: CUdeviceptr, from: CUarray, offset: usize, size: usize) {
        now(linear(device(to), array(from, offset), size)?)
    }

    fn cuMemcpyAtoA_v2 | cuMemcpyAtoA_v2_ptds(
        to: CUarray,
        to_offset: usize,
        from: CUarray,
        from_offset: usize,
        size: usize,
    ) {
        now(linear(array(to, to_offset), array(from, from_offset), size)?)
    }

    /// The first interface: of a copy that is wrong, the number.
    fn cuMemcpyBatchAsync | cuMemcpyBatchAsync_ptsz(
        to: In<CUdeviceptr>,
        from: In<CUdeviceptr>,
        sizes: In<usize>,
        count: usize,
        _attributes: *const c_void,
        _indices: In<usize>,
        _attribute_count: usize,
        failed: Out<usize>,
        stream: CUstream,
    ) {
        batch(to, from, sizes, count, stream).map_err(|(status, number)| {
            failed.set_if(number);
            status
        })
    }

    fn cuMemcpyBatchAsync_v2 | cuMemcpyBatchAsync_v2_ptsz(
        to: In<CUdeviceptr>,
        from: In<CUdeviceptr>,
        sizes: In<usize>,
        count: usize,
        _attributes: *const c_void,
        _indices: In<usize>,
        _attribute_count: usize,
        stream: CUstream,
    ) {
        batch(to, from, sizes, count, stream).map_err(|(status, _)| status)
    }

    fn cuMemcpy2D_v2 | cuMemcpy2D_v2_ptds(copy: In<CUDA_MEMCPY2D>) {
        now(boxed(&flat(&copy.get()?))?)
    }

    fn cuMemcpy2DUnaligned_v2 | cuMemcpy2DUnaligned_v2_ptds(copy: In<CUDA_MEMCPY2D>) {
        now(boxed(&flat(&copy.get()?))?)
    }

    fn cuMemcpy2DAsync_v2 | cuMemcpy2DAsync_v2_ptsz(copy: In<CUDA_MEMCPY2D>, stream: CUstream) {
        later(boxed(&flat(&copy.get()?))?, stream)
    }

    fn cuMemcpy3D_v2 | cuMemcpy3D_v2_ptds(copy: In<CUDA_MEMCPY3D>) {
        now(boxed(&copy.get()?)?)
    }

    fn cuMemcpy3DAsync_v2 | cuMemcpy3DAsync_v2_ptsz(copy: In<CUDA_MEMCPY3D>, stream: CUstream) {
        later(boxed(&copy.get()?)?, stream)
    }

    fn cuMemcpy3DPeer | cuMemcpy3DPeer_ptds(copy: In<CUDA_MEMCPY3D>) {
        let copy = copy.get()?;
        check_peers(copy.dst.context, copy.src.context)?;
        now(boxed(&copy)?)
    }

    fn cuMemcpy3DPeerAsync | cuMemcpy3DPeerAsync_ptsz(copy: In<CUDA_MEMCPY3D>, stream: CUstream) {
        let copy = copy.get()?;
        check_peers(copy.dst.context, copy.src.context)?;
        later(boxed(&copy)?, stream)
    }
}

fn device(address: CUdeviceptr) -> CopySide {
    CopySide { memoryType: memory_type::DEVICE, device: address, ..CopySide::default() }
}

fn host(address: *const c_void) -> CopySide {
    CopySide { memoryType: memory_type::HOST, host: address as usize, ..CopySide::default() }
}

/// Memory of a device or of the host, as its address says.
fn any(address: CUdeviceptr) -> CopySide {
    CopySide { memoryType: memory_type::UNIFIED, device: address, ..CopySide::default() }
}

fn array(handle: CUarray, offset: usize) -> CopySide {
    CopySide { memoryType: memory_type::ARRAY, array: handle, xInBytes: offset, ..CopySide::default() }
}

/// A copy of consecutive bytes.
fn linear(to: CopySide, from: CopySide, size: usize) -> Result<Copy> {
    boxed(&CUDA_MEMCPY3D { src: from, dst: to, WidthInBytes: size, Height: 1, Depth: 1 })
}

/// A copy of two dimensions as one of three.
fn flat(copy: &CUDA_MEMCPY2D) -> CUDA_MEMCPY3D {
    let src = CopySide {
        xInBytes: copy.srcXInBytes,
        y: copy.srcY,
        memoryType: copy.srcMemoryType,
        host: copy.srcHost,
        device: copy.srcDevice,
        array: copy.srcArray,
        pitch: copy.srcPitch,
        ..CopySide::default()
    };
    let dst = CopySide {
        xInBytes: copy.dstXInBytes,
        y: copy.dstY,
        memoryType: copy.dstMemoryType,
        host: copy.dstHost,
        device: copy.dstDevice,
        array: copy.dstArray,
        pitch: copy.dstPitch,
        ..CopySide::default()
    };
    CUDA_MEMCPY3D { src, dst, WidthInBytes: copy.WidthInBytes, Height: copy.Height, Depth: 1 }
}

/// A copy of a box: its sides are found and checked.
pub fn boxed(copy: &CUDA_MEMCPY3D) -> Result<Copy> {
    context::usable()?;
    let extent = [copy.WidthInBytes, copy.Height, copy.Depth];
    Ok(Copy {
        from: place(&copy.src, extent)?,
        to: place(&copy.dst, extent)?,
        extent,
        described: Box::new(*copy),
        staged: None,
    })
}

fn place(side: &CopySide, extent: [usize; 3]) -> Result<Place> {
    let [width, height, depth] = extent;
    let at = [side.xInBytes, side.y, side.z];
    let base = match side.memoryType {
        memory_type::ARRAY => return ARRAYS.find(side.array)?.place(at, extent),
        memory_type::HOST => side.host as u64,
        memory_type::DEVICE | memory_type::UNIFIED => side.device,
        _ => return Err(Status::INVALID_VALUE),
    };
    let end = side.xInBytes.checked_add(width).ok_or(Status::INVALID_VALUE)?;
    let pitch = if side.pitch == 0 || height <= 1 && side.y == 0 { side.pitch.max(end) } else { side.pitch };
    let rows = side.y.checked_add(height).ok_or(Status::INVALID_VALUE)?;
    let tall = if side.height == 0 || depth <= 1 && side.z == 0 { side.height.max(rows) } else { side.height };
    if pitch < end || tall < rows {
        return Err(Status::INVALID_VALUE);
    }
    let slice = pitch.checked_mul(tall).ok_or(Status::INVALID_VALUE)?;
    let offset = |[x, y, z]: [usize; 3]| z.checked_mul(slice)?.checked_add(y.checked_mul(pitch)?)?.checked_add(x);
    let address = offset(at).and_then(|offset| base.checked_add(offset as u64)).ok_or(Status::INVALID_VALUE)?;
    if !extent.contains(&0) {
        let size = offset([width, height - 1, depth - 1]).ok_or(Status::INVALID_VALUE)?;
        // What no device knows is the program's own memory, which it answers for.
        if side.memoryType == memory_type::DEVICE || memory::find(address).is_some() {
            memory::check(address, size)?;
        }
        if address == 0 {
            return Err(Status::INVALID_VALUE);
        }
    }
    Ok(Place { address, pitch, slice })
}

/// Copies in the default stream, and waits for the end.
fn now(copy: Copy) -> Result {
    let stream = default_stream()?;
    if !copy.extent.contains(&0) {
        stream.push(Operation::Copy(copy)).wait();
    }
    stream.health.flush();
    stream.health.check()
}

/// Copies in a stream. What comes from memory that is not page-locked is read at once; of what goes there, the end is waited
/// for (API synchronization behavior, CUDA driver API).
fn later(mut copy: Copy, handle: CUstream) -> Result {
    let stream = stream(handle)?;
    if copy.extent.contains(&0) {
        return Ok(());
    }
    if stream.capture().is_some() {
        return stream.submit(Operation::Copy(copy)).map(drop);
    }
    if is_pageable(&copy.from) {
        copy.stage();
    }
    let waits = is_pageable(&copy.to);
    let mark = stream.submit(Operation::Copy(copy))?;
    if let Some(mark) = mark.filter(|_| waits) {
        mark.wait();
        stream.health.check()?;
    }
    Ok(())
}

/// Copies one after another, as every order of access allows; an error with the number of the copy that is wrong, and none is
/// made.
fn batch(
    to: In<CUdeviceptr>,
    from: In<CUdeviceptr>,
    sizes: In<usize>,
    count: usize,
    handle: CUstream,
) -> std::result::Result<(), (Status, usize)> {
    let all = |status| (status, usize::MAX);
    // The legacy stream takes no batches.
    if matches!(handle, 0 | STREAM_LEGACY) && !process::is_per_thread() || count == 0 {
        return Err(all(Status::INVALID_VALUE));
    }
    let (to, from, sizes) =
        (to.all(count).map_err(all)?, from.all(count).map_err(all)?, sizes.all(count).map_err(all)?);
    let copies = to.into_iter().zip(from).zip(sizes).enumerate();
    let copies =
        copies.map(|(number, ((to, from), size))| linear(any(to), any(from), size).map_err(|why| (why, number)));
    let copies = copies.collect::<std::result::Result<Vec<_>, _>>()?;
    copies.into_iter().try_for_each(|copy| later(copy, handle)).map_err(all)
}

fn is_pageable(place: &Place) -> bool {
    memory::find(place.address).is_none()
}

fn check_peers(to: CUcontext, from: CUcontext) -> Result {
    context::find(to)?;
    context::find(from).map(drop)
}
