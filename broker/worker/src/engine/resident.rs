//! Memory objects that live in a region. On a device that works on the memory of the host, such as a CPU, the vendor uses the
//! region in place of memory of its own, and the program, which has it too, copies to and from it without anybody in between.

use std::ffi::c_void;

use ava_protocol::engine::resident::{ArchivedCreate, ArchivedTransfer, Created, Transferred};
use ava_protocol::frame::Malformed;
use ava_transport::region::Region;

use crate::call::{Call, Outcome, Stop};
use crate::gate::Cost;
use crate::hooks::{Command, InPlace};
use crate::memory::Input;
use crate::session;
use crate::state::events::Events;
use crate::state::residents::Place;

/// Objects lie at multiples of this, in bytes: the longest vector of an API has so many.
const ALIGNMENT: u64 = 128;

/// Keeps an input that is in use until the object that was made with it is gone; where the vendor uses it in place, until it
/// has destroyed the object.
pub fn hold(call: &Call, id: u64, input: Input, address: u64) {
    let session = call.session;
    let Some(in_place) = call.in_place() else {
        return session.objects.keep(id, Box::new(input));
    };
    let Some(object) = session.objects.pointer(id).map(|object| object as *mut c_void) else { return };
    if in_place.flags(object) & in_place.description().use_host != 0
        && let Some(base) = session.residents.keep(input, address)
    {
        in_place.when_destroyed(object, drop_copy, base as *mut c_void);
    }
}

/// The vendor has destroyed an object whose memory stands in for the program's.
unsafe extern "C" fn drop_copy(_object: *mut c_void, base: *mut c_void) {
    if let Some(session) = session::of_process() {
        session.residents.drop_copy(base as usize);
    }
}

/// The vendor has destroyed the object that lived in a region.
unsafe extern "C" fn vacate(_object: *mut c_void, base: *mut c_void) {
    if let Some(session) = session::of_process() {
        session.residents.vacate(base as usize);
    }
}

/// Makes an object in a region.
pub fn create(call: &mut Call, in_place: &dyn InPlace, body: &[u8]) -> Outcome {
    const NAME: &str = "a memory object in a region";
    let r = call.read::<ArchivedCreate>(body, NAME)?;
    let is = in_place.description();
    call.count(is.creates);
    let session = call.session;
    let id = r.new_object.to_native();
    session.objects.check_new(id)?;
    call.expect(id, is.object)?;
    let of = call.handle(r.of.to_native(), is.of)?;
    let region = session.regions.find(&r.region)?;
    let (offset, len) = (r.region.offset.to_native(), r.region.len.to_native());
    let flags = r.flags.to_native();
    if !offset.is_multiple_of(ALIGNMENT) || flags & is.use_host != 0 {
        return Err(Malformed::Body(NAME).into());
    }
    let source = r.of.to_native();
    let refuse = |call: &mut Call, suits, status| {
        if call.is_oneway() {
            return call.end_oneway(false, status);
        }
        call.reply(&Created { suits, made: false, status })
    };
    if !session.residents.suits(source, || !of.is_null() && in_place.suits(of)) {
        let status = if call.is_oneway() { is.exhausted } else { 0 };
        return refuse(call, false, status);
    }
    let said = match session.residents.said(source, flags, || said(in_place, of, flags)) {
        Ok(said) => said,
        Err(status) => return refuse(call, true, status),
    };
    let bytes_in = if flags & is.copy_host != 0 { len } else { 0 };
    call.admit(|| Cost { device_memory: len, bytes_in, ..Cost::default() })?;
    let theirs = said & !(is.alloc_host | is.copy_host) | is.use_host;
    let (number, of_region) = (r.place.to_native(), r.region.region.to_native());
    let place = Place { number, region, of: of_region, offset, len };
    let base = place.base();
    if !session.residents.occupy(place) {
        return Err(Malformed::BadRegion { region: of_region, why: "in use by another object".into() }.into());
    }
    // SAFETY: the region has `len` bytes and is kept until the vendor has destroyed the object.
    let object = match unsafe { in_place.create(of, theirs, base.cast(), len as usize) } {
        Ok(object) => object,
        Err(status) => {
            if call.is_oneway() {
                session.residents.vacate(base as usize);
            } else {
                // The shim takes the region back with the reply.
                session.residents.take_back(base as usize);
            }
            return refuse(call, true, status);
        }
    };
    in_place.when_destroyed(object, vacate, base.cast());
    session.residents.made(id, said);
    call.born(id, is.object, object, &[source], Some(len))?;
    if bytes_in > 0 {
        call.charge_bytes_in(bytes_in);
    }
    if call.is_oneway() {
        return call.end_oneway(true, 0);
    }
    call.reply(&Created { suits: true, made: true, status: 0 })
}

/// What the vendor makes of flags that a program gives: those that it says an object made with them has, or its status.
fn said(in_place: &dyn InPlace, of: *mut c_void, flags: u64) -> Result<u64, i64> {
    const LEN: usize = 128;
    let source = [0_u8; LEN];
    let copies = flags & in_place.description().copy_host != 0;
    let memory = if copies { source.as_ptr().cast_mut().cast() } else { std::ptr::null_mut() };
    // SAFETY: a live object or null; what is copied has as many bytes, and the program's memory is in no such object.
    let object = unsafe { in_place.create(of, flags, memory, LEN)? };
    let said = in_place.flags(object);
    in_place.release(object);
    Ok(said)
}

/// Whether what the device of a queue does to memory of ours is there at once, and what is there it sees, whether that is of whole
/// pages or small. `of` and the queue are live.
pub fn is_seen(in_place: &dyn InPlace, events: &dyn Events, of: *mut c_void, queue: *mut c_void) -> bool {
    const LEN: usize = 64 << 10;
    let Ok((region, _)) = Region::create(LEN as u64) else { return false };
    let base = region.as_ptr();
    let seen = [(0, LEN, 4099), (4096, 100, 99), (256, 1, 0)].into_iter().all(|(offset, len, at)| {
        // SAFETY: memory that outlives the object, which is released before it, or stays.
        unsafe { is_seen_at(in_place, events, (of, queue), base.add(offset), len, at) }
    });
    if !seen {
        // A vendor that keeps a copy may look at the memory once more.
        std::mem::forget(region);
    }
    seen
}

/// The same of an object of `len` bytes at `base`: the byte `at` is written through the device and looked for in memory, and the
/// other way round.
///
/// # Safety
/// The memory stays for as long as the vendor may look at it.
unsafe fn is_seen_at(
    in_place: &dyn InPlace,
    events: &dyn Events,
    (of, queue): (*mut c_void, *mut c_void),
    base: *mut u8,
    len: usize,
    at: usize,
) -> bool {
    let is = in_place.description();
    // SAFETY: by the caller's promise.
    let Ok(object) = (unsafe { in_place.create(of, is.use_host, base.cast(), len) }) else { return false };
    let moved = |byte: &mut u8, writes| {
        let mut event = std::ptr::null_mut();
        let place = &raw mut event;
        let command = Command { queue, object, offset: at, wait_count: 0, wait_list: std::ptr::null(), event: place };
        // SAFETY: live objects, and a byte that outlives the command, which is waited for.
        let status = unsafe { in_place.move_byte(&command, byte, writes) };
        // A blocking write may return as soon as the vendor has the byte.
        status == Some(is.ok) && completed(events, event, true)
    };
    let (mut there, mut back) = (0xA5, 0);
    // SAFETY: a place within the object.
    let seen = unsafe {
        let written = moved(&mut there, true) && base.add(at).read_volatile() == there;
        base.add(at).write_volatile(0x5A);
        written && moved(&mut back, false) && back == 0x5A
    };
    in_place.release(object);
    seen
}

/// Waits for a command; whether it has done what it was to do.
fn completed(events: &dyn Events, event: *mut c_void, is_own: bool) -> bool {
    events.wait(event as usize);
    let failed = events.outcome(event as usize);
    if is_own {
        events.release(event as usize);
    }
    failed == Some(false)
}

/// Has a read or a write take its place in the queue.
pub fn transfer(call: &mut Call, in_place: &dyn InPlace, body: &[u8], writes: bool) -> Outcome {
    const NAME: &str = "a transfer of a memory object in a region";
    let is = in_place.description();
    call.count(if writes { is.writes } else { is.reads });
    let r = call.read::<ArchivedTransfer>(body, NAME)?;
    let queue = call.handle(r.queue.to_native(), is.queue)?;
    let object = call.handle(r.object.to_native(), is.object)?;
    let wait_count = r.wait_count.to_native();
    let wait = call.handles(&r.wait_list, Some(wait_count.into()), is.event, NAME)?;
    let mut event = call.birth(r.event.to_native(), is.event)?;
    let offset = r.offset.to_native() as usize;
    let size = r.size.to_native();
    let (bytes_in, bytes_out) = if writes { (size, 0) } else { (0, size) };
    call.admit(|| Cost { commands: 1, bytes_in, bytes_out, ..Cost::default() })?;
    // A read without others to wait for has happened when the vendor returns. A write that waits may return as soon as the
    // vendor has the bytes, and the program's copy must not overtake what comes before it in the queue: hence an event.
    let mut own = std::ptr::null_mut();
    let asked = event.as_mut_ptr();
    let needs = writes || wait_count > 0;
    let place = if asked.is_null() && needs { &raw mut own } else { asked };
    let command = Command { queue, object, offset, wait_count, wait_list: wait.as_ptr().cast(), event: place };
    let mut byte = r.first;
    // SAFETY: live objects or null, an array of the length that is named, and a byte that outlives the command.
    let status = unsafe { in_place.move_byte(&command, &raw mut byte, writes) }.ok_or(Stop::Missing(NAME))?;
    let accepted = status == is.ok;
    let made = if asked.is_null() { own } else { event.pointer() };
    let done = accepted && (!needs || completed(call.events(), made, asked.is_null()));
    if accepted {
        call.delivered(&mut event, &[r.queue.to_native()])?;
        call.charge_commands(Some(1));
    }
    if done {
        if writes { call.charge_bytes_in(size) } else { call.charge_bytes_out(size) }
    }
    call.reply(&Transferred { status, accepted, event: event.stored(), done })
}
