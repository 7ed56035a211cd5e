//! Buffers: how they are made, read and written where they live in regions, and otherwise.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::opencl::clCreateBuffer::Request;
use ava_protocol::opencl::constant::{CL_MEM_COPY_HOST_PTR, CL_MEM_USE_HOST_PTR, CL_OUT_OF_RESOURCES};
use ava_protocol::opencl::{kind, opcode};
use ava_protocol::wire::{Data, Place};

use super::state::SLOT;
use crate::api::generated::opencl::marshal;
use crate::base::fault::Fault;
use crate::book::accepted::mix;
use crate::call::{Call, Wake};
use crate::engine::chunks::{self, Commands};
use crate::engine::resident::{New, Transfer, WORTHWHILE};
use crate::session::Session;

/// The handle types of a transfer's queue, memory object and events.
const KINDS: (u16, u16, u16) = (kind::cl_command_queue, kind::cl_mem, kind::cl_event);

pub unsafe fn clCreateBuffer(
    context: *mut c_void,
    flags: u64,
    size: usize,
    host_ptr: *const c_void,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    let session = SLOT.current()?;
    let of = session.book.handles.find(context, kind::cl_context).map_or(0, |found| found.id);
    let class = [of, flags, size as u64].into_iter().fold(opcode::clCreateBuffer.into(), mix);
    let mut key = session.book.accepted.key(opcode::clCreateBuffer);
    key.mix(class);
    let copies = flags & CL_MEM_COPY_HOST_PTR != 0;
    let plain = flags & CL_MEM_USE_HOST_PTR == 0 && copies != host_ptr.is_null() && of != 0;
    let new = New { kind: kind::cl_mem, of, flags, size, class, key };
    let known = plain && session.book.accepted.contains(key) && session.book.residents.has_room(size as u64);
    let mut made = None;
    if plain && new.may_be_resident(session) {
        // SAFETY: the program vouches for its pointers.
        made = unsafe { new.in_region(session, copies.then_some(host_ptr), known)? };
    } else if known && !copies {
        made = Some((posted(&new, session, context)?, 0));
    }
    if let Some((buffer, status)) = made {
        if !errcode_ret.is_null() {
            // SAFETY: the program passed the address of a status.
            unsafe { errcode_ret.write(status as i32) };
        }
        return Ok(buffer);
    }
    // SAFETY: as above.
    let buffer = unsafe { marshal::clCreateBuffer(context, flags, size, host_ptr, errcode_ret)? };
    if plain && let Some(found) = session.book.handles.find(buffer, kind::cl_mem) {
        session.book.handles.set_class(buffer, class);
        new.made(session, found.id, 0, true);
        session.book.accepted.insert(key);
    }
    Ok(buffer)
}

/// Makes a buffer without waiting.
fn posted(new: &New, session: &'static Session, context: *mut c_void) -> Result<*mut c_void, Fault> {
    let mut call = Call::begin(session, opcode::clCreateBuffer);
    let context = call.handle(context, kind::cl_context);
    let id = call.mint_of_class(new.kind, new.class)?;
    let request = Request {
        context,
        flags: new.flags,
        size: new.size as u64,
        host_ptr: Data::Null,
        host_ptr_address: 0,
        errcode_ret: Place::Scalar(0),
        new_object: id,
    };
    call.post(&request, Wake::Later)?;
    new.made(session, id, 0, false);
    Ok(call.object(id))
}

pub unsafe fn clCreateSubBuffer(
    buffer: *mut c_void,
    flags: u64,
    buffer_create_type: u32,
    buffer_create_info: *const c_void,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    // SAFETY: the program vouches for its pointers.
    let part =
        unsafe { marshal::clCreateSubBuffer(buffer, flags, buffer_create_type, buffer_create_info, errcode_ret)? };
    if !part.is_null() {
        // With its part it overlaps, which another buffer does not.
        SLOT.current()?.book.handles.set_class(buffer, 0);
    }
    Ok(part)
}

#[allow(clippy::too_many_arguments)]
pub unsafe fn clEnqueueReadBuffer(
    queue: *mut c_void,
    object: *mut c_void,
    blocking: u32,
    offset: usize,
    size: usize,
    ptr: *mut c_void,
    num_events: u32,
    events: *const *mut c_void,
    event: *mut *mut c_void,
) -> Result<i32, Fault> {
    let wait = (num_events, events);
    if blocking != 0 && size >= WORTHWHILE && !ptr.is_null() {
        let session = SLOT.current()?;
        let whole = Transfer { queue, object, offset, size, address: ptr as usize, wait, event, kinds: KINDS };
        let enqueue = |t: &Transfer, waits: bool| {
            let (to, (count, list)) = (t.address as *mut c_void, t.wait);
            // SAFETY: the program vouches for its pointers; this is a part of the transfer.
            unsafe {
                marshal::clEnqueueReadBuffer(
                    t.queue,
                    t.object,
                    waits.into(),
                    t.offset,
                    t.size,
                    to,
                    count,
                    list,
                    t.event,
                )
            }
        };
        // SAFETY: as above.
        let read = unsafe { whole.read(session, release)? };
        if let Some(status) = read {
            return Ok(status as i32);
        }
        if let Some(status) = chunks::transfer(session, &whole, &commands(enqueue))? {
            return Ok(status);
        }
    }
    // SAFETY: as above.
    unsafe { marshal::clEnqueueReadBuffer(queue, object, blocking, offset, size, ptr, num_events, events, event) }
}

#[allow(clippy::too_many_arguments)]
pub unsafe fn clEnqueueWriteBuffer(
    queue: *mut c_void,
    object: *mut c_void,
    blocking: u32,
    offset: usize,
    size: usize,
    ptr: *const c_void,
    num_events: u32,
    events: *const *mut c_void,
    event: *mut *mut c_void,
) -> Result<i32, Fault> {
    let wait = (num_events, events);
    if blocking != 0 && size >= WORTHWHILE && !ptr.is_null() {
        let session = SLOT.current()?;
        session.wait_for_memory(ptr as usize, size as u64)?;
        let whole = Transfer { queue, object, offset, size, address: ptr as usize, wait, event, kinds: KINDS };
        let enqueue = |t: &Transfer, waits: bool| {
            let (from, (count, list)) = (t.address as *const c_void, t.wait);
            // SAFETY: the program vouches for its pointers; this is a part of the transfer.
            unsafe {
                marshal::clEnqueueWriteBuffer(
                    t.queue,
                    t.object,
                    waits.into(),
                    t.offset,
                    t.size,
                    from,
                    count,
                    list,
                    t.event,
                )
            }
        };
        // SAFETY: as above.
        let written = unsafe { whole.write(session, release)? };
        if let Some(status) = written {
            return Ok(status as i32);
        }
        if let Some(status) = chunks::transfer(session, &whole, &commands(enqueue))? {
            return Ok(status);
        }
    }
    // SAFETY: as above.
    unsafe { marshal::clEnqueueWriteBuffer(queue, object, blocking, offset, size, ptr, num_events, events, event) }
}

/// Gives an event back that the program has not seen.
fn release(event: *mut c_void) {
    // SAFETY: a handle, which the call looks up.
    let _ = unsafe { marshal::clReleaseEvent(event) };
}

/// A queue's commands that make parts of a transfer.
fn commands<E>(enqueue: E) -> Commands<E, impl Fn(*mut c_void) -> Result<i32, Fault>> {
    // SAFETY: a handle, which the call looks up.
    let flush = |queue| unsafe { marshal::clFlush(queue) };
    Commands { enqueue, flush, ok: 0, failed: CL_OUT_OF_RESOURCES }
}
