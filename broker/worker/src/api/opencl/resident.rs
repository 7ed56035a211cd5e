//! Buffers that live in a region. On a device that works on the memory of the host, such as a CPU, the vendor uses the
//! region in place of memory of its own (`CL_MEM_USE_HOST_PTR`), and the program, which has it too, copies to and from it
//! without anybody in between.
//!
//! - **Invariant**: a region is vacant when the vendor has destroyed the buffer, not when the program has released it: a
//!   command may still use it.

#![allow(non_snake_case)]

use std::collections::{BTreeMap, HashMap};
use std::ffi::c_void;
use std::sync::{Arc, Mutex};

use ava_protocol::frame::{Malformed, Notice};
use ava_protocol::opencl::constant::{
    CL_CONTEXT_DEVICES, CL_DEVICE_HOST_UNIFIED_MEMORY, CL_DEVICE_TYPE, CL_DEVICE_TYPE_CPU, CL_MEM_ALLOC_HOST_PTR,
    CL_MEM_COPY_HOST_PTR, CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_MEM_USE_HOST_PTR,
};
use ava_protocol::opencl::custom::resident::{ArchivedCreate, ArchivedTransfer, Created, Transferred};
use ava_protocol::opencl::{kind, opcode};
use ava_transport::region::Region;
use dashmap::DashMap;

use crate::call::{Call, Outcome, Stop};
use crate::session::Session;

/// What is known of buffers in regions.
#[derive(Default)]
pub struct Residents {
    /// By the first byte's address.
    places: Mutex<BTreeMap<usize, Place>>,
    /// The flags that the vendor would say an object has, had it been made as the program asked.
    flags: DashMap<u64, u64>,
    contexts: DashMap<u64, Context>,
    vacant: Mutex<Vec<u32>>,
}

/// What is known of a context.
struct Context {
    /// Whether its devices work on the memory of the host.
    suits: bool,
    /// What the vendor makes of flags that a program gives: those that it says the buffer has, or a status.
    flags: HashMap<u64, Result<u64, i32>>,
}

/// Most flags that are remembered of a context.
const MOST_FLAGS: usize = 256;

struct Place {
    number: u32,
    region: Arc<Region>,
}

impl Residents {
    /// An object is gone.
    pub fn forget(&self, id: u64) {
        self.flags.remove(&id);
        self.contexts.remove(&id);
    }

    /// The region that an address of the vendor's lies in, and where in it.
    pub fn find(&self, address: usize) -> Option<(u32, u64)> {
        let places = self.places.lock().ok()?;
        let (base, place) = places.range(..=address).next_back()?;
        let offset = (address - base) as u64;
        (offset < place.region.len()).then_some((place.number, offset))
    }

    /// Regions that are used no more, at most so many.
    pub fn notices(&self, room: usize, out: &mut Vec<Notice>) {
        let Ok(mut vacant) = self.vacant.lock() else { return };
        let first = vacant.len().saturating_sub(room);
        out.extend(vacant.drain(first..).map(|region| Notice::Vacant { region }));
    }
}

/// The flags of an object, as if it, or the buffer that it is part of, had been made as the program asked.
pub fn program_flags(session: &Session, about: u64, vendors: u64) -> u64 {
    const HOW: u64 = CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR;
    let residents = &super::state(session).residents;
    if let Some(said) = residents.flags.get(&about) {
        return *said;
    }
    let parents = session.objects.parents(about);
    let inherited = parents.iter().find_map(|parent| residents.flags.get(parent).map(|flags| *flags));
    match inherited {
        Some(said) if vendors & CL_MEM_USE_HOST_PTR != 0 => vendors & !HOW | said & HOW,
        _ => vendors,
    }
}

pub fn create(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clCreateBuffer";
    let r = call.read::<ArchivedCreate>(body, NAME)?;
    call.count(opcode::clCreateBuffer);
    let session = call.session;
    let context = call.handle(r.context.to_native(), kind::cl_context)?;
    let id = r.new_object.to_native();
    session.objects.check_new(id)?;
    let region = session.regions.find(&r.region)?;
    let (offset, len) = (r.region.offset.to_native(), r.region.len.to_native());
    let flags = r.flags.to_native();
    if offset != 0 || flags & CL_MEM_USE_HOST_PTR != 0 {
        return Err(Malformed::Body(NAME).into());
    }
    call.expect(id, kind::cl_mem);
    if !suits(session, r.context.to_native(), context) {
        if call.is_oneway() {
            return call.settle(false, CL_MEM_OBJECT_ALLOCATION_FAILURE.into());
        }
        return call.reply(&Created { suits: false, made: false, status: 0 });
    }
    let create = super::vendor(call.session).clCreateBuffer.ok_or(Stop::Missing(NAME))?;
    let said = match said(session, r.context.to_native(), context, flags) {
        Ok(said) => said,
        Err(status) if call.is_oneway() => return call.settle(false, status.into()),
        Err(status) => return call.reply(&Created { suits: true, made: false, status }),
    };
    let theirs = said & !(CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR) | CL_MEM_USE_HOST_PTR;
    let base = region.as_ptr() as usize;
    let number = r.region.region.to_native();
    {
        let mut places = super::state(session).residents.places.lock().map_err(|_| Stop::Closed)?;
        if places.contains_key(&base) {
            return Err(Malformed::BadRegion { region: number, why: "in use by another buffer".into() }.into());
        }
        places.insert(base, Place { number, region: Arc::clone(&region) });
    }
    let mut status = 0;
    // SAFETY: a live context or null; the region has `len` bytes and is kept until the vendor has destroyed the buffer.
    let buffer = unsafe { create(context, theirs, len as usize, region.as_ptr().cast(), &raw mut status) };
    if buffer.is_null() {
        if call.is_oneway() {
            vacate(session, base);
            return call.settle(false, status.into());
        }
        // The shim takes the region back with the reply.
        if let Ok(mut places) = super::state(session).residents.places.lock() {
            places.remove(&base);
        }
        return call.reply(&Created { suits: true, made: false, status });
    }
    super::when_destroyed(session, buffer, base, vacated);
    super::state(session).residents.flags.insert(id, said);
    call.born(id, kind::cl_mem, buffer, &[r.context.to_native()], Some(len))?;
    if flags & CL_MEM_COPY_HOST_PTR != 0 {
        call.charge_bytes_in(len);
    }
    if call.is_oneway() {
        return call.settle(true, 0);
    }
    call.reply(&Created { suits: true, made: true, status })
}

/// The vendor has destroyed the buffer whose memory begins there.
unsafe extern "C" fn vacated(_buffer: *mut c_void, base: *mut c_void) {
    if let Some(session) = super::SESSION.get() {
        vacate(session, base as usize);
    }
}

fn vacate(session: &Session, base: usize) {
    let residents = &super::state(session).residents;
    let place = residents.places.lock().ok().and_then(|mut places| places.remove(&base));
    if let (Some(place), Ok(mut vacant)) = (place, residents.vacant.lock()) {
        vacant.push(place.number);
    }
}

pub fn read(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clEnqueueReadBuffer";
    let enqueue = super::vendor(call.session).clEnqueueReadBuffer.ok_or(Stop::Missing(NAME))?;
    call.count(opcode::clEnqueueReadBuffer);
    let charge = |call: &Call, size| call.charge_bytes_out(size);
    transfer(call, body, NAME, charge, |call, queue, buffer, offset, _, n, wait, event| {
        let mut byte = 0_u8;
        let mut own = std::ptr::null_mut();
        // Without others to wait for, it has happened.
        let done = if event.is_null() && n > 0 { &raw mut own } else { event };
        // SAFETY: live objects or null, an array of the length that is named, and room for a byte.
        let status = unsafe { enqueue(queue, buffer, 1, offset, 1, (&raw mut byte).cast(), n, wait, done) };
        // SAFETY: an event that was just made.
        (status, status == 0 && (n == 0 || unsafe { completed(call, done, own) }))
    })
}

pub fn write(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clEnqueueWriteBuffer";
    let enqueue = super::vendor(call.session).clEnqueueWriteBuffer.ok_or(Stop::Missing(NAME))?;
    call.count(opcode::clEnqueueWriteBuffer);
    let charge = |call: &Call, size| call.charge_bytes_in(size);
    transfer(call, body, NAME, charge, |call, queue, buffer, offset, first, n, wait, event| {
        // A blocking write may return as soon as the vendor has the bytes. The program's copy must not overtake what
        // comes before it in the queue, hence an event.
        let mut own = std::ptr::null_mut();
        let done = if event.is_null() { &raw mut own } else { event };
        // SAFETY: as for a read, and a byte that outlives the command, or was copied.
        let status = unsafe { enqueue(queue, buffer, 1, offset, 1, (&raw const first).cast(), n, wait, done) };
        // SAFETY: an event that was just made.
        (status, status == 0 && unsafe { completed(call, done, own) })
    })
}

/// Waits for a command; whether it has done what it was to do. The event is released if it is our own.
///
/// # Safety
/// The event is alive.
unsafe fn completed(call: &Call, event: Event, own: *mut c_void) -> bool {
    let events = call.session.api.events();
    // SAFETY: by the caller's promise.
    let failed = unsafe {
        events.wait(event.read() as usize);
        events.outcome(event.read() as usize)
    };
    if !own.is_null() {
        events.release(own as usize);
    }
    failed == Some(false)
}

type Wait = *const *mut c_void;
type Event = *mut *mut c_void;

fn transfer(
    call: &mut Call,
    body: &[u8],
    name: &'static str,
    charge: impl FnOnce(&Call, u64),
    enqueue: impl FnOnce(&Call, *mut c_void, *mut c_void, usize, u8, u32, Wait, Event) -> (i32, bool),
) -> Outcome {
    let r = call.read::<ArchivedTransfer>(body, name)?;
    let queue = call.handle(r.command_queue.to_native(), kind::cl_command_queue)?;
    let buffer = call.handle(r.buffer.to_native(), kind::cl_mem)?;
    let count = r.num_events_in_wait_list.to_native();
    let wait = call.handles(&r.event_wait_list, Some(count.into()), kind::cl_event, name)?;
    let mut event = call.birth(r.event.to_native(), kind::cl_event)?;
    let offset = r.offset.to_native() as usize;
    let (ret, done) = enqueue(call, queue, buffer, offset, r.first, count, wait.as_ptr().cast(), event.as_mut_ptr());
    if ret == 0 {
        call.delivered(&mut event, &[r.command_queue.to_native()])?;
        call.charge_commands(Some(1));
    }
    if done {
        charge(call, r.size.to_native());
    }
    call.reply(&Transferred { ret, event: event.is_made(), done })
}

/// Whether what the context's devices do to a buffer in memory of ours is there at once, and what is there they see.
fn suits(session: &Session, id: u64, context: *mut c_void) -> bool {
    let contexts = &super::state(session).residents.contexts;
    if let Some(known) = contexts.get(&id) {
        return known.suits;
    }
    let suits = !context.is_null() && try_context(session, context).unwrap_or(false);
    contexts.insert(id, Context { suits, flags: HashMap::new() });
    suits
}

/// What the vendor makes of flags in a context that suits: it says so of a small buffer.
fn said(session: &Session, id: u64, context: *mut c_void, flags: u64) -> Result<u64, i32> {
    let contexts = &super::state(session).residents.contexts;
    if let Some(known) = contexts.get(&id).and_then(|known| known.flags.get(&flags).copied()) {
        return known;
    }
    let said = try_flags(session, context, flags);
    if let Some(mut known) = contexts.get_mut(&id)
        && known.flags.len() < MOST_FLAGS
    {
        known.flags.insert(flags, said);
    }
    said
}

fn try_flags(session: &Session, context: *mut c_void, flags: u64) -> Result<u64, i32> {
    const LEN: usize = 128;
    let vendor = super::vendor(session);
    let (Some(create), Some(release)) = (vendor.clCreateBuffer, vendor.clReleaseMemObject) else { return Ok(flags) };
    let source = [0_u8; LEN];
    let host = if flags & CL_MEM_COPY_HOST_PTR != 0 { source.as_ptr() } else { std::ptr::null() };
    let mut status = 0;
    // SAFETY: a live context; what is copied has as many bytes, and the buffer is ours until it is released.
    unsafe {
        let buffer = create(context, flags, LEN, host.cast_mut().cast(), &raw mut status);
        if buffer.is_null() {
            return Err(status);
        }
        let said = super::mem_flags(session, buffer);
        release(buffer);
        Ok(said)
    }
}

fn try_context(session: &Session, context: *mut c_void) -> Option<bool> {
    const MOST: usize = 64;
    let vendor = super::vendor(session);
    let mut devices = [std::ptr::null_mut::<c_void>(); MOST];
    let mut len = 0_usize;
    // SAFETY: a live context, and memory of the size that is named.
    let asked = unsafe {
        let info = vendor.clGetContextInfo?;
        info(context, CL_CONTEXT_DEVICES, size_of_val(&devices), devices.as_mut_ptr().cast(), &raw mut len)
    };
    let devices = devices.get(..len / 8).filter(|devices| asked == 0 && !devices.is_empty())?;
    for device in devices {
        let (mut ty, mut unified) = (0_u64, 0_u32);
        // SAFETY: a device of the context, and memory of the sizes that are named.
        let asked = unsafe {
            let info = vendor.clGetDeviceInfo?;
            let null = std::ptr::null_mut();
            info(*device, CL_DEVICE_TYPE, 8, (&raw mut ty).cast(), null)
                | info(*device, CL_DEVICE_HOST_UNIFIED_MEMORY, 4, (&raw mut unified).cast(), null)
        };
        if asked != 0 || ty & CL_DEVICE_TYPE_CPU == 0 || unified == 0 || !try_device(session, context, *device)? {
            return Some(false);
        }
    }
    Some(true)
}

/// Writes a byte through the device and looks for it in memory, and the other way round.
fn try_device(session: &Session, context: *mut c_void, device: *mut c_void) -> Option<bool> {
    const LEN: usize = 64 << 10;
    const AT: usize = 4099;
    let vendor = super::vendor(session);
    let (create_queue, release_queue) = (vendor.clCreateCommandQueue?, vendor.clReleaseCommandQueue?);
    let (create, release) = (vendor.clCreateBuffer?, vendor.clReleaseMemObject?);
    let (write, read, finish) = (vendor.clEnqueueWriteBuffer?, vendor.clEnqueueReadBuffer?, vendor.clFinish?);
    let (region, _) = Region::create(LEN as u64).ok()?;
    let mut status = 0;
    // SAFETY: a device of the context.
    let queue = unsafe { create_queue(context, device, 0, &raw mut status) };
    if queue.is_null() {
        return Some(false);
    }
    let base = region.as_ptr();
    // SAFETY: a live context, and memory that outlives the buffer, which is released before it.
    let buffer = unsafe { create(context, CL_MEM_USE_HOST_PTR, LEN, base.cast(), &raw mut status) };
    let mut seen = false;
    if !buffer.is_null() {
        let (there, mut back) = (0xA5_u8, 0_u8);
        let none = std::ptr::null();
        // SAFETY: live objects, blocking transfers of a byte, and a place within the region.
        unsafe {
            let wrote = write(queue, buffer, 1, AT, 1, (&raw const there).cast(), 0, none, std::ptr::null_mut()) == 0;
            // A blocking write may return as soon as the vendor has the byte.
            let written = finish(queue) == 0 && base.add(AT).read_volatile() == there;
            base.add(AT).write_volatile(0x5A);
            let read = read(queue, buffer, 1, AT, 1, (&raw mut back).cast(), 0, none, std::ptr::null_mut()) == 0;
            seen = wrote && written && read && back == 0x5A;
            release(buffer);
        }
    }
    // SAFETY: our own queue, on which nothing goes on.
    unsafe { release_queue(queue) };
    if !seen {
        // A vendor that keeps a copy may look at the memory once more.
        std::mem::forget(region);
    }
    Some(seen)
}
