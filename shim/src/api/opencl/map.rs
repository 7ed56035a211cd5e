//! Mapping: the program gets a mirror of the vendor's memory, filled when the map command completes and carried back
//! at unmap. An object made of the program's own memory is mirrored there.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::layout::Rows;
use ava_protocol::opencl::constant::{CL_MAP_WRITE, CL_MAP_WRITE_INVALIDATE_REGION};
use ava_protocol::opencl::custom::map::{self, Extent};
use ava_protocol::opencl::custom::{ArchivedStatus, MapCall, clEnqueueUnmapMemObject as unmap, fetch};
use ava_protocol::opencl::{kind, opcode};
use ava_protocol::wire::Slice;

use super::state::SLOT;
use crate::base::fault::Fault;
use crate::base::memory;
use crate::book::pending::{Keep, Transfer};
use crate::book::regions::Lease;
use crate::call::Call;
use rkyv::rancor::Failure;

/// The mappings that the program holds.
#[derive(Default)]
pub struct Mappings {
    held: Mutex<Vec<Mapping>>,
    last_id: AtomicU64,
}

struct Mapping {
    id: u64,
    /// The address that the program has.
    address: usize,
    object: u64,
    rows: Rows,
    /// Its transfer, if it did not block.
    pending: u64,
    writes: bool,
    /// Whether the address lies in the program's own memory, rather than in the region.
    own_memory: bool,
    /// `None` where the object lives in a region, which the address lies in.
    lease: Option<Lease>,
}

impl Mappings {
    fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn insert(&self, mapping: Mapping) {
        if let Ok(mut held) = self.held.lock() {
            held.push(mapping);
        }
    }

    /// The mapping of the object at an address, the latest first.
    fn take(&self, object: u64, address: usize) -> Option<Mapping> {
        let mut held = self.held.lock().ok()?;
        let at = held.iter().rposition(|m| m.address == address && m.object == object)?;
        Some(held.swap_remove(at))
    }

    fn give_back(&self, mapping: Mapping) {
        self.insert(mapping);
    }

    /// The session is lost: the program looks at what it has mapped, and not at mirrors of its own memory.
    pub fn close(&self) {
        if let Ok(held) = self.held.lock() {
            let mirrors = held.iter().filter(|mapping| mapping.own_memory);
            mirrors.filter_map(|mapping| mapping.lease.as_ref()).for_each(|lease| lease.region.discard());
        }
    }

    /// Whether the program has mapped some of a region.
    pub fn is_in(&self, lease: &Lease) -> bool {
        self.held.lock().is_ok_and(|held| held.iter().any(|mapping| lease.contains(mapping.address)))
    }

    /// The program has unmapped memory of an object of a lost session. The address, if the object lives in a region that is
    /// not mapped any more.
    fn unmap_lost(&self, object: u64, address: usize) -> Option<usize> {
        let mut held = self.held.lock().ok()?;
        let at = held.iter().rposition(|m| m.address == address && m.object == object)?;
        if let Some(lease) = &held[at].lease {
            // The addresses stay until the object is released: the program was told of an error.
            lease.region.discard();
            return None;
        }
        held.swap_remove(at);
        (!held.iter().any(|m| m.object == object)).then_some(address)
    }

    /// The program has released an object of a lost session.
    pub fn forget_lost(&self, object: u64) {
        if let Ok(mut held) = self.held.lock() {
            held.retain(|mapping| mapping.object != object);
        }
    }
}

#[allow(clippy::too_many_arguments)]
pub unsafe fn clEnqueueMapBuffer(
    command_queue: *mut c_void,
    buffer: *mut c_void,
    blocking_map: u32,
    map_flags: u64,
    offset: usize,
    size: usize,
    num_events_in_wait_list: u32,
    event_wait_list: *const *mut c_void,
    event: *mut *mut c_void,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    let extent = Extent::Buffer { offset: offset as u64, size: size as u64 };
    let wait = (num_events_in_wait_list, event_wait_list);
    let map = Map { command_queue, object: buffer, blocking: blocking_map != 0, flags: map_flags, extent };
    // SAFETY: the program vouches for its pointers.
    unsafe { map.enqueue(opcode::clEnqueueMapBuffer, wait, event, errcode_ret, |_| ()) }
}

#[allow(clippy::too_many_arguments)]
pub unsafe fn clEnqueueMapImage(
    command_queue: *mut c_void,
    image: *mut c_void,
    blocking_map: u32,
    map_flags: u64,
    origin: *const usize,
    region: *const usize,
    image_row_pitch: *mut usize,
    image_slice_pitch: *mut usize,
    num_events_in_wait_list: u32,
    event_wait_list: *const *mut c_void,
    event: *mut *mut c_void,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    let session = SLOT.current()?;
    let peek = Call::begin(session, opcode::clEnqueueMapImage);
    // SAFETY: the program vouches for its pointers.
    unsafe {
        let extent = Extent::Image {
            origin: peek.peek_three(origin),
            region: peek.peek_three(region),
            row_pitch: !image_row_pitch.is_null(),
            slice_pitch: !image_slice_pitch.is_null(),
        };
        let wait = (num_events_in_wait_list, event_wait_list);
        let map = Map { command_queue, object: image, blocking: blocking_map != 0, flags: map_flags, extent };
        map.enqueue(opcode::clEnqueueMapImage, wait, event, errcode_ret, |reply| {
            if !image_row_pitch.is_null() {
                image_row_pitch.write(reply.row_pitch.to_native() as usize);
            }
            if !image_slice_pitch.is_null() {
                image_slice_pitch.write(reply.slice_pitch.to_native() as usize);
            }
        })
    }
}

/// What the two map functions have in common.
struct Map {
    command_queue: *mut c_void,
    object: *mut c_void,
    blocking: bool,
    flags: u64,
    extent: Extent,
}

/// What the vendor answered.
struct Mapped {
    rows: Option<Rows>,
    address: u64,
    status: i32,
    mapped: bool,
    /// The region that the object lives in, and where in it.
    place: (u32, u64),
}

impl Map {
    unsafe fn enqueue(
        self,
        opcode: u32,
        wait: (u32, *const *mut c_void),
        event: *mut *mut c_void,
        errcode_ret: *mut i32,
        pitches: impl FnOnce(&map::ArchivedReply),
    ) -> Result<*mut c_void, Fault> {
        let session = SLOT.current()?;
        let mut call = Call::begin(session, opcode);
        let command_queue = call.handle(self.command_queue, kind::cl_command_queue);
        let object = call.handle(self.object, kind::cl_mem);
        let mapping = session.state.mappings.next_id();
        let pending = if self.blocking { 0 } else { session.book.pending.next_id() };
        // SAFETY: the program vouches for its pointers.
        let mapped = unsafe {
            let event_id = if event.is_null() { 0 } else { call.mint_from_first(kind::cl_event)? };
            let request = map::Request {
                command_queue,
                object,
                blocking: self.blocking,
                flags: self.flags,
                extent: self.extent,
                num_events_in_wait_list: wait.0,
                event_wait_list: call.handles(wait.1.cast(), Some(wait.0.into()), kind::cl_event)?,
                event: event_id,
                errcode_ret: !errcode_ret.is_null(),
                mapping,
                pending,
            };
            call.transact(&MapCall::Map(request), |reply: &map::ArchivedReply, call| {
                let mapped = reply.mapped;
                if mapped {
                    call.put_new(event, event_id, reply.event);
                    pitches(reply);
                }
                let answer = Mapped {
                    rows: rkyv::deserialize::<Rows, Failure>(&reply.rows).ok(),
                    address: reply.address.to_native(),
                    status: reply.status.to_native(),
                    mapped,
                    place: (reply.region.to_native(), reply.offset.to_native()),
                };
                (mapped, answer)
            })?
        };
        if !errcode_ret.is_null() {
            // SAFETY: the program passed the address of a status.
            unsafe { errcode_ret.write(mapped.status) };
        }
        let (true, Some(rows)) = (mapped.mapped, mapped.rows) else { return Ok(std::ptr::null_mut()) };
        let len = rows.span().ok_or_else(|| session.lose())?;
        let writes = self.flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION) != 0;
        if mapped.place.0 != 0 {
            let (region, offset) = mapped.place;
            let address = session.state.buffers.address(region, offset).ok_or_else(|| session.lose())? as usize;
            let mapping =
                Mapping { id: mapping, address, object, rows, pending: 0, writes, own_memory: false, lease: None };
            session.state.mappings.insert(mapping);
            return Ok(address as *mut c_void);
        }
        let mut lease = session.book.regions.acquire(len)?;
        let own_memory = mapped.address != 0;
        let address = if own_memory { mapped.address as usize } else { lease.region.as_ptr() as usize };
        let target = own_memory.then_some((address, rows));
        if !self.blocking {
            let lease = Keep::Mapped(lease.region.as_ptr() as usize);
            session.book.pending.insert(Transfer { id: pending, target, lease });
        }
        let fetch = fetch::Request { mapping, region: Slice { region: lease.id, offset: 0, len, pending } };
        let mut call = Call::begin(session, opcode);
        call.announce(&mut lease);
        call.transact(&MapCall::Fetch(fetch), |_: &ArchivedStatus, _| (true, ()))?;
        if self.blocking && own_memory {
            // SAFETY: the program vouches for the memory that the object was made of.
            unsafe { memory::scatter_changes(lease.region.as_ptr(), &rows, address as *mut c_void) };
        }
        let lease = Some(lease);
        session.state.mappings.insert(Mapping {
            id: mapping,
            address,
            object,
            rows,
            pending,
            writes,
            own_memory,
            lease,
        });
        Ok(address as *mut c_void)
    }
}

pub unsafe fn clEnqueueUnmapMemObject(
    command_queue: *mut c_void,
    memobj: *mut c_void,
    mapped_ptr: *mut c_void,
    num_events_in_wait_list: u32,
    event_wait_list: *const *mut c_void,
    event: *mut *mut c_void,
) -> Result<i32, Fault> {
    if let Some((session, object)) = SLOT.lost(memobj) {
        let state = session.state;
        state.mappings.unmap_lost(object, mapped_ptr as usize).into_iter().for_each(|at| state.buffers.discard(at));
        return Err(Fault::Lost);
    }
    let session = SLOT.current()?;
    let mut call = Call::begin(session, opcode::clEnqueueUnmapMemObject);
    let command_queue = call.handle(command_queue, kind::cl_command_queue);
    let object = call.handle(memobj, kind::cl_mem);
    let mapping = session.state.mappings.take(object, mapped_ptr as usize);
    // SAFETY: the program vouches for its pointers.
    unsafe {
        // What the program has not seen mapped it has not written: its memory does not hold the mapping yet.
        let unseen = mapping.as_ref().is_some_and(|m| session.book.pending.cancel(m.pending).is_some());
        if let Some(mapping) = mapping.as_ref().filter(|m| m.own_memory && m.writes && !unseen)
            && let Some(lease) = &mapping.lease
        {
            memory::gather(mapped_ptr, &mapping.rows, lease.region.as_ptr());
        }
        let event_id = if event.is_null() { 0 } else { call.mint_from_first(kind::cl_event)? };
        let count = num_events_in_wait_list;
        let request = unmap::Request {
            command_queue,
            memobj: object,
            mapping: mapping.as_ref().map_or(0, |m| m.id),
            unseen,
            num_events_in_wait_list: count,
            event_wait_list: call.handles(event_wait_list.cast(), Some(count.into()), kind::cl_event)?,
            event: event_id,
        };
        let status = call.transact(&request, |reply: &unmap::ArchivedReply, call| {
            let status = reply.ret.to_native();
            if status == 0 {
                call.put_new(event, event_id, reply.event);
            }
            (status == 0, status)
        });
        match (mapping, &status) {
            (Some(mapping), Ok(0)) => session.release(mapping.lease.into_iter().collect()),
            (Some(mapping), _) => session.state.mappings.give_back(mapping),
            (None, _) => (),
        }
        status
    }
}
