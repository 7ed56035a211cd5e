//! What is said of managed memory, which the driver knows as pinned: it is at home with the host, so that advice and prefetching
//! change nothing.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::c::CUmemLocation_v1;
use ava_protocol::cuda::constant::{CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_INVALID_VALUE};
use ava_protocol::cuda::kind;

use super::host::is_managed;
use super::state::SLOT;
use super::status::answered;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;
use crate::call::Call;

/// The last `CUmem_advise`, which begin with 1.
const LAST_ADVICE: u32 = 6;

pub unsafe fn cuMemAdvise(address: u64, size: usize, advice: u32, device: i32) -> Result<u32, Fault> {
    if is_managed(address, size)? {
        return Ok(advise(advice));
    }
    // SAFETY: numbers only.
    unsafe { marshal::cuMemAdvise(address, size, advice, device) }
}

pub unsafe fn cuMemAdvise_v2(address: u64, size: usize, advice: u32, location: CUmemLocation_v1) -> Result<u32, Fault> {
    if is_managed(address, size)? {
        return Ok(advise(advice));
    }
    // SAFETY: numbers only.
    unsafe { marshal::cuMemAdvise_v2(address, size, advice, location) }
}

fn advise(advice: u32) -> u32 {
    if (1..=LAST_ADVICE).contains(&advice) { 0 } else { CUDA_ERROR_INVALID_VALUE }
}

pub unsafe fn cuMemPrefetchAsync(
    opcode: u32,
    address: u64,
    size: usize,
    device: i32,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    if is_managed(address, size)? {
        return check_stream(opcode, stream);
    }
    // SAFETY: numbers, and a handle that is looked up.
    unsafe { marshal::cuMemPrefetchAsync(opcode, address, size, device, stream) }
}

pub unsafe fn cuMemPrefetchAsync_v2(
    opcode: u32,
    address: u64,
    size: usize,
    location: CUmemLocation_v1,
    flags: u32,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    if is_managed(address, size)? {
        return if flags == 0 { check_stream(opcode, stream) } else { Ok(CUDA_ERROR_INVALID_VALUE) };
    }
    // SAFETY: as above.
    unsafe { marshal::cuMemPrefetchAsync_v2(opcode, address, size, location, flags, stream) }
}

pub unsafe fn cuMemRangeGetAttributes(
    places: *mut *mut c_void,
    sizes: *const usize,
    attributes: *const u32,
    count: usize,
    address: u64,
    size: usize,
) -> Result<u32, Fault> {
    if count > 0 && (places.is_null() || sizes.is_null() || attributes.is_null()) {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    for i in 0..count {
        // SAFETY: by the caller's promise there are as many of each.
        answered(unsafe {
            let (place, len) = (places.add(i).read_unaligned(), sizes.add(i).read_unaligned());
            marshal::cuMemRangeGetAttribute(place, len, attributes.add(i).read_unaligned(), address, size)?
        })?;
    }
    Ok(0)
}

pub unsafe fn cuStreamAttachMemAsync(
    opcode: u32,
    stream: *mut c_void,
    address: u64,
    size: usize,
    flags: u32,
) -> Result<u32, Fault> {
    const GLOBAL: u32 = 1;
    const HOST: u32 = 2;
    const SINGLE: u32 = 4;
    if is_managed(address, size)? {
        let known = [GLOBAL, HOST, SINGLE].contains(&flags);
        return if known { check_stream(opcode, stream) } else { Ok(CUDA_ERROR_INVALID_VALUE) };
    }
    // SAFETY: as above.
    unsafe { marshal::cuStreamAttachMemAsync(opcode, stream, address, size, flags) }
}

/// The status of a call that has nothing to do but to name a stream.
fn check_stream(opcode: u32, stream: *mut c_void) -> Result<u32, Fault> {
    let id = Call::begin(SLOT.current()?, opcode).handle(stream, kind::CUstream);
    Ok(if id == 0 && !stream.is_null() { CUDA_ERROR_INVALID_HANDLE } else { 0 })
}
