//! Buffers. Where the device works on the memory of the host they live in regions: the program reads and writes them with
//! one copy, as it does natively, and maps them with none. And one that is made as others were before, when there is room
//! for it, is made without waiting.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::opencl::clCreateBuffer::Request;
use ava_protocol::opencl::constant::{CL_MEM_COPY_HOST_PTR, CL_MEM_USE_HOST_PTR};
use ava_protocol::opencl::custom::own;
use ava_protocol::opencl::custom::resident::{ArchivedCreated, ArchivedTransferred, Create, Transfer};
use ava_protocol::opencl::{kind, opcode};
use ava_protocol::wire::{Data, Place, Slice};
use dashmap::DashMap;

use super::state::{SLOT, State};
use crate::api::generated::opencl::marshal;
use crate::api::opencl::chunks;
use crate::base::fault::Fault;
use crate::base::maps;
use crate::book::accepted::mix;
use crate::book::regions::Lease;
use crate::call::{Call, Wake};
use crate::session::{ApiSession, Session};

/// The smallest buffer that gets a region of its own, in bytes, and the largest. Between them are whole pages: a vendor
/// may keep a copy of what is not aligned.
const SMALLEST: usize = 64 << 10;
const LARGEST: usize = 1 << 30;
const PAGE: usize = 4096;
/// The smallest transfer that the program copies itself, in bytes.
const WORTHWHILE: usize = 8 << 10;

/// The session's buffers.
pub struct Buffers {
    by_object: DashMap<u64, Buffer>,
    /// The regions of those that live in one.
    leases: DashMap<u32, Lease>,
    /// Whether buffers of a context live in regions, as far as that is known.
    suited: DashMap<u64, bool>,
    /// Bytes of all buffers that are not known to be gone, and most of them when the vendor last made one.
    live: AtomicU64,
    peak: AtomicU64,
}

struct Buffer {
    size: u64,
    /// 0 for none.
    region: u32,
}

impl Default for Buffers {
    fn default() -> Self {
        Self {
            by_object: maps::busy(),
            leases: maps::quiet(),
            suited: maps::quiet(),
            live: AtomicU64::new(0),
            peak: AtomicU64::new(0),
        }
    }
}

impl Buffers {
    /// The session is lost: the memory of buffers is given back, but for what the program has mapped.
    pub fn close(&self, is_mapped: impl Fn(&Lease) -> bool) {
        self.by_object.retain(|_, buffer| buffer.region != 0);
        self.by_object.shrink_to_fit();
        self.suited.clear();
        self.suited.shrink_to_fit();
        // Their addresses stay: a thread may be about to copy.
        self.leases.iter().filter(|lease| !is_mapped(lease)).for_each(|lease| lease.region.discard());
    }

    /// The program has unmapped what lies at an address, of a session that is lost.
    pub fn discard(&self, address: usize) {
        self.leases.iter().filter(|lease| lease.contains(address)).for_each(|lease| lease.region.discard());
    }

    /// The program has released a buffer of a session that is lost. The region that it lived in.
    pub fn forget_lost(&self, object: u64) -> Option<Lease> {
        let (_, buffer) = self.by_object.remove(&object)?;
        self.vacate(buffer.region)
    }

    /// The vendor has destroyed the buffer that lived in the region.
    pub fn vacate(&self, region: u32) -> Option<Lease> {
        self.leases.remove(&region).map(|(_, lease)| lease)
    }

    /// The object is gone.
    pub fn forget(&self, object: u64) {
        if let Some((_, buffer)) = self.by_object.remove(&object) {
            self.live.fetch_sub(buffer.size, Ordering::Relaxed);
        }
        self.suited.remove(&object);
    }

    /// Where an offset of a region lies in this process.
    pub fn address(&self, region: u32, offset: u64) -> Option<*mut u8> {
        let lease = self.leases.get(&region)?;
        (offset < lease.region.len()).then(|| lease.region.as_ptr().wrapping_add(offset as usize))
    }

    /// Where `size` bytes at `offset` of a buffer lie, if it lives in a region and has so many.
    fn bytes(&self, buffer: u64, offset: usize, size: usize) -> Option<*mut u8> {
        let buffer = self.by_object.get(&buffer).filter(|buffer| buffer.region != 0)?;
        let end = offset.checked_add(size)?;
        if end as u64 > buffer.size {
            return None;
        }
        self.address(buffer.region, offset as u64)
    }

    /// Whether a buffer has `size` bytes at `offset`, as far as that is known.
    pub fn reaches(&self, buffer: u64, offset: usize, size: usize) -> bool {
        let end = offset.checked_add(size);
        self.by_object.get(&buffer).is_some_and(|buffer| end.is_some_and(|end| end as u64 <= buffer.size))
    }

    /// Whether the vendor has had room for so much before.
    fn has_room(&self, size: u64) -> bool {
        self.live.load(Ordering::Relaxed).saturating_add(size) <= self.peak.load(Ordering::Relaxed)
    }

    /// A buffer has been made; `confirmed` if the vendor has said so.
    fn insert(&self, session: &Session, id: u64, buffer: Buffer, confirmed: bool) {
        let live = self.live.fetch_add(buffer.size, Ordering::Relaxed) + buffer.size;
        if confirmed {
            self.peak.fetch_max(live, Ordering::Relaxed);
        }
        self.by_object.insert(id, buffer);
        session.book.handles.mark_remembered(id);
    }
}

pub unsafe fn clCreateBuffer(
    context: *mut c_void,
    flags: u64,
    size: usize,
    host_ptr: *const c_void,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    let session = SLOT.current()?;
    let mut call = Call::begin(session, opcode::clCreateBuffer);
    let context_id = call.handle(context, kind::cl_context);
    let class = [context_id, flags, size as u64].into_iter().fold(opcode::clCreateBuffer.into(), mix);
    call.combine_only(context_id, class);
    let copies = flags & CL_MEM_COPY_HOST_PTR != 0;
    let plain = flags & CL_MEM_USE_HOST_PTR == 0 && copies != host_ptr.is_null() && context_id != 0;
    let fits = (SMALLEST..=LARGEST).contains(&size) && size.is_multiple_of(PAGE);
    let new = New { context: context_id, flags, size, class };
    let known = plain && call.is_accepted() && session.state.buffers.has_room(size as u64);
    let mut made = None;
    if plain && fits && session.state.buffers.suited.get(&context_id).is_none_or(|suited| *suited) {
        // SAFETY: the program vouches for its pointers.
        made = unsafe { new.in_region(session, call, copies.then_some(host_ptr), known)? };
    } else if known && !copies {
        made = Some((new.posted(session, call)?, 0));
    }
    if let Some((buffer, status)) = made {
        if !errcode_ret.is_null() {
            // SAFETY: the program passed the address of a status.
            unsafe { errcode_ret.write(status) };
        }
        return Ok(buffer);
    }
    // SAFETY: as above.
    let buffer = unsafe { marshal::clCreateBuffer(context, flags, size, host_ptr, errcode_ret)? };
    if plain && let Some(found) = session.book.handles.find(buffer, kind::cl_mem) {
        session.book.handles.set_class(buffer, class);
        session.state.buffers.insert(session, found.id, Buffer { size: size as u64, region: 0 }, true);
        let mut call = Call::begin(session, opcode::clCreateBuffer);
        call.combine_only(context_id, class);
        call.accept();
    }
    Ok(buffer)
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

/// A buffer to be made.
struct New {
    context: u64,
    flags: u64,
    size: usize,
    class: u64,
}

impl New {
    /// Makes it without waiting.
    fn posted(&self, session: &ApiSession<State>, mut call: Call) -> Result<*mut c_void, Fault> {
        let id = call.mint_of_class(kind::cl_mem, self.class)?;
        let request = Request {
            context: self.context,
            flags: self.flags,
            size: self.size as u64,
            host_ptr: Data::Null,
            host_ptr_address: 0,
            errcode_ret: Place::Scalar(0),
            new_object: id,
        };
        call.post(&request, Wake::Later)?;
        session.state.buffers.insert(session, id, Buffer { size: self.size as u64, region: 0 }, false);
        Ok(session.book.handles.pointer(id))
    }

    /// Makes it in a region, filled with a copy of `source`; `None` if the context's buffers do not live in regions, or
    /// there is no region.
    ///
    /// # Safety
    /// `source` leads to as many bytes as the buffer has.
    unsafe fn in_region(
        &self,
        session: &'static ApiSession<State>,
        known: Call,
        source: Option<*const c_void>,
        post: bool,
    ) -> Result<Option<(*mut c_void, i32)>, Fault> {
        let buffers = &session.state.buffers;
        let len = self.size as u64;
        let mut lease = match session.book.regions.acquire(len) {
            Ok(lease) => lease,
            // Memory that is the program's own to have is not to be had of the worker instead.
            Err(fault) if session.book.regions.populates() => return Err(fault),
            Err(_) => return Ok(None),
        };
        if let Some(source) = source {
            session.wait_for_memory(source as usize, len)?;
            // SAFETY: by the caller's promise; the region holds as many.
            unsafe { std::ptr::copy_nonoverlapping(source.cast(), lease.region.as_ptr(), self.size) };
        }
        let mut call = Call::begin(session, own::CREATE_RESIDENT);
        call.announce(&mut lease);
        let id = call.mint_of_class(kind::cl_mem, self.class)?;
        let region = lease.id;
        // The vendor has it from now on: it may be destroyed before the reply is read.
        buffers.leases.insert(region, lease);
        let slice = Slice { region, offset: 0, len, pending: 0 };
        let request = Create { context: self.context, flags: self.flags, region: slice, new_object: id };
        if post {
            call.post(&request, Wake::Later)?;
            buffers.insert(session, id, Buffer { size: len, region }, false);
            return Ok(Some((session.book.handles.pointer(id), 0)));
        }
        let reply = call.transact(&request, |reply: &ArchivedCreated, _| {
            (reply.made, (reply.suits, reply.made, reply.status.to_native()))
        });
        let (suits, made, status) = match reply {
            Ok(reply) => reply,
            Err(fault) => {
                session.release(buffers.vacate(region).into_iter().collect());
                return Err(fault);
            }
        };
        session.book.handles.mark_remembered(self.context);
        buffers.suited.insert(self.context, suits);
        if !made {
            session.release(buffers.vacate(region).into_iter().collect());
            return Ok(suits.then_some((std::ptr::null_mut(), status)));
        }
        known.accept();
        buffers.insert(session, id, Buffer { size: len, region }, true);
        Ok(Some((session.book.handles.pointer(id), status)))
    }
}

#[allow(clippy::too_many_arguments)]
pub unsafe fn clEnqueueReadBuffer(
    command_queue: *mut c_void,
    buffer: *mut c_void,
    blocking_read: u32,
    offset: usize,
    size: usize,
    ptr: *mut c_void,
    num_events_in_wait_list: u32,
    event_wait_list: *const *mut c_void,
    event: *mut *mut c_void,
) -> Result<i32, Fault> {
    let wait = (num_events_in_wait_list, event_wait_list);
    if blocking_read != 0 && size >= WORTHWHILE && !ptr.is_null() {
        let session = SLOT.current()?;
        let copy = |bytes: *mut u8| {
            // SAFETY: the program vouches for its memory; the buffer has as many bytes.
            unsafe { std::ptr::copy_nonoverlapping(bytes.cast_const(), ptr.cast(), size) };
        };
        let call = Call::begin(session, own::READ_RESIDENT);
        // SAFETY: the program vouches for its pointers.
        let status = unsafe { transfer(session, call, command_queue, buffer, (offset, size), 0, wait, event, copy)? };
        if let Some(status) = status {
            return Ok(status);
        }
        let chunked = chunks::Transfer { queue: command_queue, buffer, offset, size, address: ptr as usize, wait };
        if event.is_null() {
            // SAFETY: as above.
            let status = unsafe { chunked.read(session)? };
            if let Some(status) = status {
                return Ok(status);
            }
        }
    }
    // SAFETY: as above.
    unsafe {
        marshal::clEnqueueReadBuffer(command_queue, buffer, blocking_read, offset, size, ptr, wait.0, wait.1, event)
    }
}

#[allow(clippy::too_many_arguments)]
pub unsafe fn clEnqueueWriteBuffer(
    command_queue: *mut c_void,
    buffer: *mut c_void,
    blocking_write: u32,
    offset: usize,
    size: usize,
    ptr: *const c_void,
    num_events_in_wait_list: u32,
    event_wait_list: *const *mut c_void,
    event: *mut *mut c_void,
) -> Result<i32, Fault> {
    let wait = (num_events_in_wait_list, event_wait_list);
    if blocking_write != 0 && size >= WORTHWHILE && !ptr.is_null() {
        let session = SLOT.current()?;
        session.wait_for_memory(ptr as usize, size as u64)?;
        // SAFETY: the program vouches for its memory.
        let first = unsafe { ptr.cast::<u8>().read() };
        let copy = |bytes: *mut u8| {
            // SAFETY: as above; the buffer has as many bytes.
            unsafe { std::ptr::copy_nonoverlapping(ptr.cast(), bytes, size) };
        };
        let call = Call::begin(session, own::WRITE_RESIDENT);
        // SAFETY: the program vouches for its pointers.
        let status =
            unsafe { transfer(session, call, command_queue, buffer, (offset, size), first, wait, event, copy)? };
        if let Some(status) = status {
            return Ok(status);
        }
        let chunked = chunks::Transfer { queue: command_queue, buffer, offset, size, address: ptr as usize, wait };
        if event.is_null() {
            // SAFETY: as above.
            let status = unsafe { chunked.write(session)? };
            if let Some(status) = status {
                return Ok(status);
            }
        }
    }
    // SAFETY: as above.
    unsafe {
        marshal::clEnqueueWriteBuffer(command_queue, buffer, blocking_write, offset, size, ptr, wait.0, wait.1, event)
    }
}

/// Has the command take its place in the queue, and copies when it has completed; `None` if the transfer is to be made in
/// the usual way.
#[allow(clippy::too_many_arguments)]
unsafe fn transfer(
    session: &'static ApiSession<State>,
    mut call: Call,
    command_queue: *mut c_void,
    buffer: *mut c_void,
    (offset, size): (usize, usize),
    first: u8,
    (count, list): (u32, *const *mut c_void),
    event: *mut *mut c_void,
    copy: impl FnOnce(*mut u8),
) -> Result<Option<i32>, Fault> {
    let queue = call.handle(command_queue, kind::cl_command_queue);
    let object = call.handle(buffer, kind::cl_mem);
    let Some(bytes) = session.state.buffers.bytes(object, offset, size) else { return Ok(None) };
    if !session.is_alone() {
        return Ok(None);
    }
    // SAFETY: the program vouches for its pointers.
    let (event_wait_list, event_id) = unsafe {
        let list = call.handles(list.cast(), Some(count.into()), kind::cl_event)?;
        (list, if event.is_null() { 0 } else { call.mint_from_first(kind::cl_event)? })
    };
    let request = Transfer {
        command_queue: queue,
        buffer: object,
        offset: offset as u64,
        size: size as u64,
        first,
        num_events_in_wait_list: count,
        event_wait_list,
        event: event_id,
    };
    let (status, done) = call.transact(&request, |reply: &ArchivedTransferred, call| {
        let status = reply.ret.to_native();
        // SAFETY: as above.
        unsafe { call.put_new(event, event_id, reply.event) };
        (status == 0, (status, reply.done))
    })?;
    if done && !session.alone(|| copy(bytes)) {
        // A second thread has begun to call meanwhile. What it does is not ordered with this transfer, which is made
        // once more as if it began now.
        if !event.is_null() {
            // SAFETY: the program's place for the event, which it has not seen yet.
            unsafe { crate::api::generated::opencl::marshal::clReleaseEvent(event.read())? };
        }
        return Ok(None);
    }
    Ok(Some(status))
}
