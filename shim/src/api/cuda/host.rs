//! Memory of the host that devices use: made here, at an address that the worker has for it as well, where the driver takes it
//! for memory that its program registers. Memory of the program's own is none that the worker could have: it counts as
//! registered, and is copied from and to as any other.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::constant::{
    CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, CUDA_ERROR_INVALID_CONTEXT,
    CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_NOT_SUPPORTED,
};
use ava_protocol::cuda::custom::{ArchivedHostAnswer, ArchivedHostMade, ArchivedStatus, HostAddress, HostMemory};
use ava_protocol::cuda::opcode;

use super::contexts::current;
use super::state::SLOT;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;
use crate::book::fixed::Memory;
use crate::call::Call;
use crate::engine::fixed;

/// The kinds of memory: page-locked, and managed.
const PINNED: u8 = 0;
const MANAGED: u8 = 1;

/// `CU_MEMHOSTALLOC_PORTABLE` and `…_DEVICEMAP`, which `cuMemHostRegister` has, too; `…_WRITECOMBINED`, which it has not.
const PORTABLE: u32 = 1;
const MAPPED: u32 = 2;
const WRITE_COMBINED: u32 = 4;
/// All flags of `cuMemHostRegister`.
const REGISTERS: u32 = 15;

pub unsafe fn cuMemAllocHost_v2(pointer: *mut *mut c_void, size: usize) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { allocate(opcode::cuMemAllocHost_v2, pointer.cast(), size, 0, PINNED) }
}

pub unsafe fn cuMemHostAlloc(pointer: *mut *mut c_void, size: usize, flags: u32) -> Result<u32, Fault> {
    if flags > PORTABLE | MAPPED | WRITE_COMBINED {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    // SAFETY: by the caller's promise.
    unsafe { allocate(opcode::cuMemHostAlloc, pointer.cast(), size, flags, PINNED) }
}

/// Managed memory is at home with the host: devices work on it there.
pub unsafe fn cuMemAllocManaged(address: *mut u64, size: usize, flags: u32) -> Result<u32, Fault> {
    const GLOBAL: u32 = 1;
    const HOST: u32 = 2;
    if ![GLOBAL, HOST].contains(&flags) {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    // SAFETY: by the caller's promise.
    unsafe { allocate(opcode::cuMemAllocManaged, address.cast(), size, PORTABLE | MAPPED, MANAGED) }
}

/// # Safety
/// `address` is null or leads to an address.
unsafe fn allocate(opcode: u32, address: *mut usize, size: usize, flags: u32, kind: u8) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    if address.is_null() || size == 0 {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    let size = size as u64;
    let (lease, status) = fixed::make(at, opcode, size, |call, offer| {
        let request = HostMemory { offer, size, flags: flags & (PORTABLE | MAPPED) };
        call.transact(&request, |reply: &ArchivedHostMade, _| {
            let status = reply.ret.to_native();
            (reply.placed && status == 0, reply.placed.then_some(status))
        })
    })?;
    if status == 0 {
        let made = lease.region.as_ptr() as usize;
        at.book.fixed.insert(Memory { size, flags, kind, lease });
        // SAFETY: by the caller's promise.
        unsafe { address.write(made) };
    }
    Ok(status)
}

pub unsafe fn cuMemFreeHost(pointer: *mut c_void) -> Result<u32, Fault> {
    free(opcode::cuMemFreeHost, pointer as usize, PINNED)
}

pub unsafe fn cuMemFree_v2(address: u64) -> Result<u32, Fault> {
    let managed = |memory: &Memory| memory.kind == MANAGED;
    if SLOT.current()?.book.fixed.of(address as usize, managed) == Some(true) {
        return free(opcode::cuMemFreeHost, address as usize, MANAGED);
    }
    // SAFETY: numbers only.
    let status = unsafe { marshal::cuMemFree_v2(address)? };
    if status == 0 {
        SLOT.current()?.state.standing.freed(address);
    }
    Ok(status)
}

fn free(opcode: u32, address: usize, kind: u8) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    // Taken first, so that the calls of two threads are not about the same memory.
    let Some(memory) = at.book.fixed.take(address, kind) else { return Ok(CUDA_ERROR_INVALID_VALUE) };
    let request = HostAddress { address: address as u64, flags: 0 };
    let status = Call::begin(at, opcode).transact(&request, |reply: &ArchivedStatus, _| {
        let status = reply.ret.to_native();
        (status == 0, status)
    });
    match status {
        Ok(0) => Ok(0),
        // Its context has ended, and the memory with that.
        Ok(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED) => Ok(CUDA_ERROR_INVALID_VALUE),
        other => {
            at.book.fixed.insert(memory);
            other
        }
    }
}

/// Whether a range is managed memory.
pub fn is_managed(address: u64, size: usize) -> Result<bool, Fault> {
    let fixed = &SLOT.current()?.book.fixed;
    let managed = fixed.of(address as usize, |memory| memory.kind == MANAGED) == Some(true);
    Ok(managed && fixed.holds(address as usize, size as u64))
}

/// The answer of the driver about an address.
pub(super) fn ask(opcode: u32, pointer: *mut c_void, flags: u32) -> Result<(u32, u64), Fault> {
    let request = HostAddress { address: pointer as u64, flags };
    Call::begin(SLOT.current()?, opcode).transact(&request, |reply: &ArchivedHostAnswer, _| {
        let status = reply.ret.to_native();
        (status == 0, (status, reply.value.to_native()))
    })
}

pub unsafe fn cuMemHostGetDevicePointer_v2(address: *mut u64, pointer: *mut c_void, flags: u32) -> Result<u32, Fault> {
    if address.is_null() {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    if flags == 0 && SLOT.current()?.state.registered.overlaps(pointer as usize, 1) {
        return Ok(CUDA_ERROR_NOT_SUPPORTED);
    }
    let (status, value) = ask(opcode::cuMemHostGetDevicePointer_v2, pointer, flags)?;
    if status == 0 {
        // SAFETY: by the caller's promise.
        unsafe { address.write(value) };
    }
    Ok(status)
}

pub unsafe fn cuMemHostGetFlags(flags: *mut u32, pointer: *mut c_void) -> Result<u32, Fault> {
    if flags.is_null() {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    let pinned = |memory: &Memory| (memory.kind == PINNED).then_some(memory.flags);
    let Some(known) = SLOT.current()?.book.fixed.of(pointer as usize, pinned).flatten() else {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    };
    // SAFETY: by the caller's promise. With unified addresses all of it is mapped.
    unsafe { flags.write(known | MAPPED) };
    Ok(0)
}

pub unsafe fn cuMemHostRegister_v2(pointer: *mut c_void, size: usize, flags: u32) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    if current()?.is_null() {
        return Ok(CUDA_ERROR_INVALID_CONTEXT);
    }
    let from = pointer as usize;
    let to = from.checked_add(size).filter(|to| *to > from && from != 0 && flags <= REGISTERS);
    let Some(to) = to else { return Ok(CUDA_ERROR_INVALID_VALUE) };
    let known = at.book.fixed.of(from, |_| ()).is_some();
    if known || !at.state.registered.add(from..to) {
        return Ok(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    }
    Ok(0)
}

pub unsafe fn cuMemHostUnregister(pointer: *mut c_void) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    if current()?.is_null() {
        return Ok(CUDA_ERROR_INVALID_CONTEXT);
    }
    let done = at.state.registered.remove(pointer as usize);
    Ok(if done { 0 } else { CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED })
}
