//! Buffers that live in a region, where the device works on the memory of the host: the program reads and writes them with
//! one copy, as it does natively, and maps them with none.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::opencl::constant::{CL_MEM_COPY_HOST_PTR, CL_MEM_USE_HOST_PTR};
use ava_protocol::opencl::custom::own;
use ava_protocol::opencl::custom::resident::{ArchivedCreated, ArchivedTransferred, Create, Transfer};
use ava_protocol::opencl::kind;
use ava_protocol::wire::Slice;
use dashmap::DashMap;

use crate::call::Call;
use crate::fault::Fault;
use crate::generated::marshal;
use crate::regions::Lease;
use crate::session::Session;

/// The smallest buffer that gets a region of its own, in bytes, and the largest. Between them are whole pages: a vendor
/// may keep a copy of what is not aligned.
const SMALLEST: usize = 64 << 10;
const LARGEST: usize = 1 << 30;
const PAGE: usize = 4096;
/// The smallest transfer that the program copies itself, in bytes.
const WORTHWHILE: usize = 8 << 10;

/// Buffers in regions.
#[derive(Default)]
pub struct Residents {
    by_object: DashMap<u64, u32>,
    leases: DashMap<u32, Lease>,
    /// Contexts whose devices have memory of their own.
    unsuited: DashMap<u64, ()>,
}

impl Residents {
    /// The vendor has destroyed the buffer that lived in the region.
    pub fn vacate(&self, region: u32) -> Option<Lease> {
        self.leases.remove(&region).map(|(_, lease)| lease)
    }

    /// The object is gone.
    pub fn forget(&self, object: u64) {
        self.by_object.remove(&object);
        self.unsuited.remove(&object);
    }

    /// Where an offset of a region lies in this process.
    pub fn address(&self, region: u32, offset: u64) -> Option<*mut u8> {
        let lease = self.leases.get(&region)?;
        (offset < lease.region.len()).then(|| lease.region.as_ptr().wrapping_add(offset as usize))
    }

    /// Where `size` bytes at `offset` of a buffer lie, if it has so many.
    fn bytes(&self, buffer: u64, offset: usize, size: usize) -> Option<*mut u8> {
        let region = *self.by_object.get(&buffer)?;
        let lease = self.leases.get(&region)?;
        // The buffer has the region's first bytes, as many as it was made with; see `create`.
        let end = offset.checked_add(size)?;
        (end as u64 <= lease.used).then(|| lease.region.as_ptr().wrapping_add(offset))
    }
}

pub unsafe fn clCreateBuffer(
    context: *mut c_void,
    flags: u64,
    size: usize,
    host_ptr: *const c_void,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    let copies = flags & CL_MEM_COPY_HOST_PTR != 0;
    let plain = flags & CL_MEM_USE_HOST_PTR == 0 && copies != host_ptr.is_null();
    if plain && (SMALLEST..=LARGEST).contains(&size) && size.is_multiple_of(PAGE) {
        let source = if copies { host_ptr } else { std::ptr::null() };
        // SAFETY: the program vouches for its pointers.
        if let Some(buffer) = unsafe { create(context, flags, size, source, errcode_ret)? } {
            return Ok(buffer);
        }
    }
    // SAFETY: as above.
    unsafe { marshal::clCreateBuffer(context, flags, size, host_ptr, errcode_ret) }
}

/// Makes the buffer in a region; `None` if it is to be made in the usual way.
unsafe fn create(
    context: *mut c_void,
    flags: u64,
    size: usize,
    source: *const c_void,
    errcode_ret: *mut i32,
) -> Result<Option<*mut c_void>, Fault> {
    let session = Session::current()?;
    let residents = &session.residents;
    let mut call = Call::begin(session, own::CREATE_RESIDENT);
    let context = call.handle(context, kind::cl_context);
    if context == 0 || residents.unsuited.contains_key(&context) {
        return Ok(None);
    }
    let Ok(mut lease) = session.regions.acquire(size as u64) else { return Ok(None) };
    if !source.is_null() {
        session.settle(source as usize, size as u64)?;
        // SAFETY: the program vouches for the bytes that it has copied; the region holds as many.
        unsafe { std::ptr::copy_nonoverlapping(source.cast(), lease.region.as_ptr(), size) };
    }
    lease.used = size as u64;
    call.announce(&mut lease);
    let id = call.mint(kind::cl_mem)?;
    let region = lease.id;
    // The vendor has it from now on: it may be destroyed before the reply is read.
    residents.leases.insert(region, lease);
    let region_slice = Slice { region, offset: 0, len: size as u64, pending: 0 };
    let request = Create { context, flags, region: region_slice, new_object: id };
    let reply = call.transact(&request, |reply: &ArchivedCreated, call| {
        let buffer = if reply.made { call.object(id) } else { std::ptr::null_mut() };
        (reply.made, (reply.suits, buffer, reply.status.to_native()))
    });
    match reply {
        Ok((true, buffer, status)) => {
            if buffer.is_null() {
                session.release(residents.vacate(region).into_iter().collect());
            } else {
                session.handles.mark_remembered(id);
                residents.by_object.insert(id, region);
            }
            if !errcode_ret.is_null() {
                // SAFETY: the program passed the address of a status.
                unsafe { errcode_ret.write(status) };
            }
            Ok(Some(buffer))
        }
        other => {
            session.release(residents.vacate(region).into_iter().collect());
            other?;
            session.handles.mark_remembered(context);
            residents.unsuited.insert(context, ());
            Ok(None)
        }
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
        let session = Session::current()?;
        let copy = |bytes: *mut u8| {
            // SAFETY: the program vouches for its memory; the buffer has as many bytes.
            unsafe { std::ptr::copy_nonoverlapping(bytes.cast_const(), ptr.cast(), size) };
        };
        let call = Call::begin(session, own::READ_RESIDENT);
        // SAFETY: the program vouches for its pointers.
        if let Some(status) = unsafe { transfer(call, command_queue, buffer, (offset, size), 0, wait, event, copy)? } {
            return Ok(status);
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
        let session = Session::current()?;
        session.settle(ptr as usize, size as u64)?;
        // SAFETY: the program vouches for its memory.
        let first = unsafe { ptr.cast::<u8>().read() };
        let copy = |bytes: *mut u8| {
            // SAFETY: as above; the buffer has as many bytes.
            unsafe { std::ptr::copy_nonoverlapping(ptr.cast(), bytes, size) };
        };
        let call = Call::begin(session, own::WRITE_RESIDENT);
        // SAFETY: the program vouches for its pointers.
        let status = unsafe { transfer(call, command_queue, buffer, (offset, size), first, wait, event, copy)? };
        if let Some(status) = status {
            return Ok(status);
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
    mut call: Call,
    command_queue: *mut c_void,
    buffer: *mut c_void,
    (offset, size): (usize, usize),
    first: u8,
    (count, list): (u32, *const *mut c_void),
    event: *mut *mut c_void,
    copy: impl FnOnce(*mut u8),
) -> Result<Option<i32>, Fault> {
    let session = call.session;
    let queue = call.handle(command_queue, kind::cl_command_queue);
    let object = call.handle(buffer, kind::cl_mem);
    let Some(bytes) = session.residents.bytes(object, offset, size) else { return Ok(None) };
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
    let status = call.transact(&request, |reply: &ArchivedTransferred, call| {
        let status = reply.ret.to_native();
        // SAFETY: as above.
        unsafe { call.put_new(event, event_id, reply.event) };
        (status == 0, status)
    })?;
    if status == 0 && !session.alone(|| copy(bytes)) {
        // A second thread has begun to call meanwhile. What it does is not ordered with this transfer, which is made
        // once more as if it began now.
        if !event.is_null() {
            // SAFETY: the program's place for the event, which it has not seen yet.
            unsafe { crate::generated::marshal::clReleaseEvent(event.read())? };
        }
        return Ok(None);
    }
    Ok(Some(status))
}
