//! Mapping: the vendor's memory on this side, a region that mirrors it on the other.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::sync::Arc;

use ava_protocol::frame::Malformed;
use ava_protocol::layout::{self, Rows};
use ava_protocol::opencl::constant::{CL_MAP_READ, CL_MAP_WRITE, CL_MAP_WRITE_INVALIDATE_REGION};
use ava_protocol::opencl::custom::map::{ArchivedExtent, ArchivedRequest, Reply};
use ava_protocol::opencl::custom::{ArchivedMapCall, Status, clEnqueueUnmapMemObject as unmap, fetch};
use ava_protocol::opencl::kind;
use ava_transport::region::{Region, copy_rows};
use dashmap::DashMap;

use crate::call::{Birth, Call, Outcome, Stop};
use crate::generated::opencl::cost;
use crate::memory::NOWHERE;

pub type Mappings = DashMap<u64, Mapping>;

pub struct Mapping {
    /// What is mapped.
    object: u64,
    pointer: usize,
    /// Where its bytes lie from the pointer on; what lies between is not the mapping's.
    rows: Rows,
    queue: u64,
    /// Whether what the vendor has is to be seen by the program.
    reads: bool,
    writes: bool,
    /// The event of a mapping that does not block, and whether the program holds it.
    event: Option<(usize, bool)>,
    region: Option<Arc<Region>>,
    /// The program has this very memory.
    shared: bool,
    pending: u64,
}

/// Most mappings at once.
const MOST: usize = 64 << 10;

pub fn clEnqueueMapBuffer(call: &mut Call, body: &[u8]) -> Outcome {
    serve(call, body, "clEnqueueMapBuffer", cost::clEnqueueMapBuffer)
}

pub fn clEnqueueMapImage(call: &mut Call, body: &[u8]) -> Outcome {
    serve(call, body, "clEnqueueMapImage", cost::clEnqueueMapImage)
}

fn serve(call: &mut Call, body: &[u8], name: &'static str, commands: u64) -> Outcome {
    match call.read::<ArchivedMapCall>(body, name)? {
        ArchivedMapCall::Map(request) => map(call, request, name, commands),
        ArchivedMapCall::Fetch(request) => fetch(call, request),
    }
}

fn map(call: &mut Call, r: &ArchivedRequest<'_>, name: &'static str, commands: u64) -> Outcome {
    let queue = call.handle(r.command_queue.to_native(), kind::cl_command_queue)?;
    let object = call.handle(r.object.to_native(), kind::cl_mem)?;
    let flags = r.flags.to_native();
    let blocking = u32::from(r.blocking);
    let count = r.num_events_in_wait_list.to_native();
    let wait = call.handles(&r.event_wait_list, Some(count.into()), kind::cl_event, name)?;
    let mut event = call.birth(r.event.to_native(), kind::cl_event)?;
    if !r.blocking {
        event.want();
    }
    let id = r.mapping.to_native();
    let mappings = &super::state(call.session).mappings;
    if mappings.len() >= MOST {
        // A program may release what it never unmapped.
        mappings.retain(|_, mapping| call.session.objects.pointer(mapping.object).is_some());
    }
    if mappings.len() >= MOST {
        return Err(Malformed::TooMany { what: "mappings", limit: MOST as u64 }.into());
    }
    if id == 0 || mappings.contains_key(&id) {
        return Err(Malformed::Id(id).into());
    }
    if !r.blocking && r.pending.to_native() == 0 {
        return Err(Malformed::Pending(0).into());
    }
    let (mut row_pitch, mut slice_pitch, mut status) = (0_usize, 0_usize, 0_i32);
    let (pointer, rows) = match &r.extent {
        ArchivedExtent::Buffer { offset, size } => {
            let map = super::vendor(call.session).clEnqueueMapBuffer.ok_or(Stop::Missing(name))?;
            let (offset, size) = (offset.to_native() as usize, size.to_native() as usize);
            let (wait, event) = (wait.as_ptr().cast(), event.as_mut_ptr());
            // SAFETY: live objects or null, and arrays of the sizes that are named.
            let pointer =
                unsafe { map(queue, object, blocking, flags, offset, size, count, wait, event, &raw mut status) };
            (pointer, Rows::flat(Some(size as u64)))
        }
        ArchivedExtent::Image { origin, region, row_pitch: wants_row, slice_pitch: wants_slice } => {
            let map = super::vendor(call.session).clEnqueueMapImage.ok_or(Stop::Missing(name))?;
            let three = |t: &rkyv::option::ArchivedOption<[rkyv::rend::u64_le; 3]>| {
                t.as_ref().map(|t| t.map(|n| n.to_native() as usize))
            };
            let (origin, region) = (three(origin), three(region));
            let address = |t: &Option<[usize; 3]>| t.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
            let pitch = |wanted: bool, at: *mut usize| if wanted { at } else { std::ptr::null_mut() };
            let (wait, event) = (wait.as_ptr().cast(), event.as_mut_ptr());
            let row = pitch(*wants_row, &raw mut row_pitch);
            let slice = pitch(*wants_slice, &raw mut slice_pitch);
            // SAFETY: as above.
            let pointer = unsafe {
                map(
                    queue,
                    object,
                    blocking,
                    flags,
                    address(&origin),
                    address(&region),
                    row,
                    slice,
                    count,
                    wait,
                    event,
                    &raw mut status,
                )
            };
            let region = region.map(|r| r.map(|n| n as u64));
            let rows =
                layout::pixels(super::pixel(call, object), region, Some(row_pitch as u64), Some(slice_pitch as u64));
            (pointer, rows)
        }
    };
    let mapped = !pointer.is_null();
    let rows = rows.filter(|_| mapped).unwrap_or(Rows::NOTHING);
    let (region, offset) = session_region(call, pointer).unwrap_or_default();
    if mapped {
        call.delivered(&mut event, &[r.command_queue.to_native()])?;
        call.charge_commands(Some(commands));
        if flags & CL_MAP_READ != 0 {
            call.charge_bytes_out(rows.bytes());
        }
        let mapping = Mapping {
            object: r.object.to_native(),
            pointer: pointer as usize,
            rows,
            queue: r.command_queue.to_native(),
            reads: flags & (CL_MAP_READ | CL_MAP_WRITE) != 0,
            writes: flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION) != 0,
            event: (!r.blocking).then(|| (event.pointer() as usize, event.is_programs())),
            region: None,
            shared: region != 0,
            pending: if region == 0 { r.pending.to_native() } else { 0 },
        };
        if let (true, false, Some((event, _))) = (region != 0, event.is_programs(), mapping.event) {
            // There will be nothing to fetch when it completes.
            call.session.api.events().release(event);
        }
        super::state(call.session).mappings.insert(id, mapping);
    }
    call.reply(&Reply {
        mapped,
        status,
        event: Birth::is_made(&event),
        row_pitch: row_pitch as u64,
        slice_pitch: slice_pitch as u64,
        rows,
        address: super::program_address(super::state(call.session), pointer as usize),
        region,
        offset,
    })
}

/// The region that a mapping lies in, and where, if its object lives in one.
fn session_region(call: &Call, pointer: *mut c_void) -> Option<(u32, u64)> {
    if pointer.is_null() { None } else { super::state(call.session).residents.find(pointer as usize) }
}

/// The shim has a region for a mapping: its contents go there when the map command has completed.
fn fetch(call: &mut Call, r: &fetch::ArchivedRequest) -> Outcome {
    let session = call.session;
    let id = r.mapping.to_native();
    let region = session.regions.find(&r.region)?;
    let mut mapping = super::state(session).mappings.get_mut(&id).ok_or(Malformed::Id(id))?;
    let len = mapping.rows.span().ok_or(Malformed::Overflow("a mapping"))?;
    if region.len() < len || mapping.region.is_some() || mapping.shared {
        return Err(Malformed::Size { what: "a mapping", got: region.len(), wanted: len }.into());
    }
    mapping.region = Some(Arc::clone(&region));
    let (pointer, rows, reads, queue) = (mapping.pointer, mapping.rows, mapping.reads, mapping.queue);
    let (event, pending) = (mapping.event.take(), mapping.pending);
    drop(mapping);
    let copy = move || {
        if reads {
            // SAFETY: the vendor has mapped these rows until unmap, which first sees to it that this does not run any
            // more; the region holds their span.
            unsafe { copy_rows(pointer as *const u8, &rows, region.as_ptr()) };
        }
    };
    match event {
        None => copy(),
        Some((event, programs)) => {
            let finish = Some(Box::new(copy) as crate::state::pending::Finish);
            session.pending.insert(session, pending, queue, event as *mut c_void, programs, None, finish)?;
        }
    }
    call.reply(&Status { ret: 0 })
}

pub fn clEnqueueUnmapMemObject(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clEnqueueUnmapMemObject";
    let r = call.read::<unmap::ArchivedRequest>(body, NAME)?;
    let session = call.session;
    let unmap = super::vendor(call.session).clEnqueueUnmapMemObject.ok_or(Stop::Missing(NAME))?;
    let queue = call.handle(r.command_queue.to_native(), kind::cl_command_queue)?;
    let object = call.handle(r.memobj.to_native(), kind::cl_mem)?;
    let count = r.num_events_in_wait_list.to_native();
    let wait = call.handles(&r.event_wait_list, Some(count.into()), kind::cl_event, NAME)?;
    let mut event = call.birth(r.event.to_native(), kind::cl_event)?;
    let id = r.mapping.to_native();
    let mut pointer = NOWHERE;
    let mut written = 0;
    if id != 0 {
        let mapping = super::state(session).mappings.get(&id).ok_or(Malformed::Id(id))?;
        let its_own = mapping.object == r.memobj.to_native();
        // That of another object is no address that this one is mapped at.
        pointer = if its_own { mapping.pointer as *mut c_void } else { NOWHERE };
        // A map command that has not completed has shown the program nothing, so there is nothing to carry back.
        let settled = !its_own || mapping.pending == 0 || session.pending.settle(session, mapping.pending);
        if mapping.writes && settled && its_own && !r.unseen {
            written = mapping.rows.bytes();
            if let Some(region) = &mapping.region {
                // SAFETY: the vendor has mapped these rows, and the region holds their span.
                unsafe { copy_rows(region.as_ptr(), &mapping.rows, pointer.cast::<u8>()) };
            }
        }
    }
    // SAFETY: live objects or null; an address that is no mapping's is the vendor's to refuse.
    let ret = unsafe { unmap(queue, object, pointer, count, wait.as_ptr().cast(), event.as_mut_ptr()) };
    if ret == 0 {
        super::state(session).mappings.remove(&id);
        call.delivered(&mut event, &[r.command_queue.to_native()])?;
        call.charge_commands(Some(cost::clEnqueueUnmapMemObject));
        call.charge_bytes_in(written);
    }
    call.reply(&unmap::Reply { ret, event: event.is_made() })
}
