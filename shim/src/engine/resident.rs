//! Memory objects in regions. Where the device works on the memory of the host, the program reads and writes them with one
//! copy, as it does natively, and maps them with none. And one that is made as others were before, when there is room for it,
//! is made without waiting.

use std::ffi::c_void;

use ava_protocol::engine::opcode;
use ava_protocol::engine::resident::{ArchivedCreated, ArchivedTransferred, Create, Transfer as Request};
use ava_protocol::wire::Slice;

use crate::base::fault::Fault;
use crate::base::readable::is_readable;
use crate::book::accepted::Key;
use crate::book::regions::Lease;
use crate::book::slots::{self, Growth, Place};
use crate::call::{Call, Wake};
use crate::session::Session;

/// The largest object in a region, in bytes.
const LARGEST: usize = 1 << 30;
/// The smallest object, in bytes, that is not made if the program cannot have its memory.
const ITS_OWN: usize = 64 << 10;
/// The smallest transfer that the program copies itself after a crossing, in bytes.
pub const WORTHWHILE: usize = 8 << 10;

/// What a program asks for that makes a memory object.
pub struct Asked {
    pub opcode: u32,
    /// The handle types of memory objects, and of what they are made of: a context.
    pub kinds: (u16, u16),
    pub of: *mut c_void,
    pub flags: u64,
    /// In bytes.
    pub size: usize,
    /// The memory that it is filled from.
    pub source: Option<*const c_void>,
    /// It does not use the program's memory, and there is memory to fill it from if it is to be filled.
    pub is_plain: bool,
}

/// Makes a memory object: in a region, or by `make`, in the usual way. Its handle; and its status, except where the program has
/// been told.
///
/// # Safety
/// The source leads to as many bytes as the object has.
pub unsafe fn create(
    session: &'static Session,
    asked: &Asked,
    make: impl FnOnce() -> Result<*mut c_void, Fault>,
) -> Result<(*mut c_void, Option<i64>), Fault> {
    let (kind, of_kind) = asked.kinds;
    let Asked { opcode, flags, size, .. } = *asked;
    let of = session.book.handles.find(asked.of, of_kind).map_or(0, |found| found.id);
    let mut key = session.book.accepted.key(opcode);
    [of, flags, size as u64].into_iter().for_each(|word| key.mix(word));
    let plain = asked.is_plain && of != 0;
    let new = New { kind, of, flags, size, key };
    if plain && new.may_be_resident(session) {
        let known = session.book.accepted.contains(key) && session.book.residents.has_room(size as u64);
        // SAFETY: by the caller's promise.
        if let Some((object, status)) = unsafe { new.in_region(session, asked.source, known)? } {
            return Ok((object, Some(status)));
        }
    }
    let object = make()?;
    // What it was filled from does not matter once it is made.
    if plain
        && asked.source.is_some()
        && let Some(found) = session.book.handles.find(object, kind)
    {
        session.book.handles.set_class(object, key.class());
        new.made(session, found.id, None, true);
    }
    Ok((object, None))
}

/// An object shares its memory with another, which objects of a class do not.
pub fn overlaps(session: &Session, object: *mut c_void) {
    session.book.handles.set_class(object, 0);
}

/// A memory object to be made.
struct New {
    /// Its handle type.
    kind: u16,
    /// What it is made of: a context.
    of: u64,
    flags: u64,
    /// In bytes.
    size: usize,
    /// What the vendor accepts when it makes the object, so that the next of its class need not wait: objects of a class are as
    /// good as each other.
    key: Key,
}

impl New {
    /// Whether it may live in a region. Where every call crosses, the vendor gets each as the program made it.
    fn may_be_resident(&self, session: &Session) -> bool {
        let is_strict = session.book.accepted.is_strict();
        !is_strict && (1..=LARGEST).contains(&self.size) && session.book.residents.may_suit(self.of)
    }

    /// Takes note that it has been made, in a region if it has a place; `confirmed` if the vendor has said so.
    fn made(&self, session: &Session, id: u64, place: Option<Place>, confirmed: bool) {
        session.book.residents.insert(id, self.size as u64, place, confirmed);
        session.book.handles.mark_remembered(id);
    }

    /// Makes it in a region, filled with a copy of `source`, without waiting if `post`. Its handle and the vendor's status;
    /// `None` if what it is made of has no memory in regions, or there is no region.
    ///
    /// # Safety
    /// `source` leads to as many bytes as the object has.
    unsafe fn in_region(
        &self,
        session: &'static Session,
        source: Option<*const c_void>,
        post: bool,
    ) -> Result<Option<(*mut c_void, i64)>, Fault> {
        let residents = &session.book.residents;
        let len = self.size as u64;
        if let Some(source) = source {
            if !is_readable(source.cast(), self.size) {
                return Ok(None);
            }
            session.wait_for_memory(source as usize, len)?;
        }
        let mut call = Call::begin(session, opcode::CREATE_RESIDENT);
        // With the thread's lane, for which it may wait, before the region's descriptor: there may be few of both.
        let id = call.mint_of_class(self.kind, self.key.class())?;
        let (place, mut fresh, _growth) = match self.place(session) {
            Ok(place) => place,
            // Memory that is the program's own to have is not to be had of the worker instead, but for a little.
            Err(fault) if session.book.regions.populates() && self.size >= ITS_OWN => return Err(fault),
            Err(_) => return Ok(None),
        };
        let is_shared = place != Place::whole(place.region);
        let bytes = fresh.as_ref().map(|lease| lease.region.as_ptr());
        let Some(bytes) = bytes.or_else(|| residents.address(place.region, place.offset)) else { return Ok(None) };
        if let Some(source) = source {
            // SAFETY: by the caller's promise; the place has as many.
            unsafe { std::ptr::copy_nonoverlapping(source.cast(), bytes, self.size) };
        }
        // Others may lie in a new region once the worker is known to have it.
        let opens = is_shared && fresh.is_some();
        if let Some(lease) = &mut fresh {
            call.announce(lease);
        }
        // The vendor has it from now on: it may be destroyed before the reply is read.
        if let Some(lease) = fresh {
            residents.occupy(lease, is_shared);
        }
        let region = Slice { region: place.region, offset: place.offset, len, pending: 0 };
        let request = Create { of: self.of, flags: self.flags, region, place: place.number, new_object: id };
        if post && !opens {
            call.post(&request, Wake::Later)?;
            self.made(session, id, Some(place), false);
            return Ok(Some((session.book.handles.pointer(id), 0)));
        }
        let reply = call.transact(&request, |reply: &ArchivedCreated, _| {
            (reply.made, (reply.suits, reply.made, reply.status.to_native()))
        });
        if opens {
            match reply {
                Ok(_) => residents.slots.open(place),
                // Nothing lies there, now or later: the worker may not have the region.
                Err(fault) => {
                    drop(residents.abandon(place.region));
                    return if fault == Fault::Exhausted { Ok(None) } else { Err(fault) };
                }
            }
        }
        let (suits, made, status) = match reply {
            Ok(reply) => reply,
            Err(fault) => {
                session.release(residents.vacate(place.number).into_iter().collect());
                return Err(fault);
            }
        };
        session.book.handles.mark_remembered(self.of);
        residents.suits(self.of, suits);
        if !made {
            session.release(residents.vacate(place.number).into_iter().collect());
            return Ok(suits.then_some((std::ptr::null_mut(), status)));
        }
        session.book.accepted.insert(self.key);
        self.made(session, id, Some(place), true);
        Ok(Some((session.book.handles.pointer(id), status)))
    }

    /// A place for it; with a region that the worker may not have been told of, except where others lie in it.
    fn place<'a>(&self, session: &'a Session) -> Result<(Place, Option<Lease>, Option<Growth<'a>>), Fault> {
        let (regions, slots) = (&session.book.regions, &session.book.residents.slots);
        if self.size > slots::LARGEST {
            let lease = regions.acquire(self.size as u64)?;
            return Ok((Place::whole(lease.id), Some(lease), None));
        }
        if let Some(place) = slots.take(self.size) {
            return Ok((place, None, None));
        }
        let growth = slots.grow(self.size).ok_or(Fault::Exhausted)?;
        let lease = regions.acquire(slots::region_for(self.size) as u64)?;
        let place = slots.divide(lease.id, lease.region.len(), self.size).ok_or(Fault::Exhausted)?;
        Ok((place, Some(lease), Some(growth)))
    }
}

/// A transfer between `size` bytes at `offset` of a memory object and the program's memory at `address`.
#[derive(Clone, Copy)]
pub struct Transfer {
    pub queue: *mut c_void,
    pub object: *mut c_void,
    pub offset: usize,
    pub size: usize,
    pub address: usize,
    /// The length of the wait list, and the list.
    pub wait: (u32, *const *mut c_void),
    /// Where the program wants an event.
    pub event: *mut *mut c_void,
    /// The handle types of queues, memory objects and events.
    pub kinds: (u16, u16, u16),
}

impl Transfer {
    /// Has the command take its place in the queue, and reads when it has completed; `None` if the transfer is to be made in
    /// the usual way. `release` gives an event back.
    ///
    /// # Safety
    /// The memory and the wait list are as the vendor's API demands.
    pub unsafe fn read(
        &self,
        session: &'static Session,
        release: impl FnOnce(*mut c_void),
    ) -> Result<Option<i64>, Fault> {
        let copy = |bytes: *mut u8| {
            // SAFETY: by the caller's promise; the object has as many bytes.
            unsafe { std::ptr::copy_nonoverlapping(bytes.cast_const(), self.address as *mut u8, self.size) };
        };
        // SAFETY: as above.
        unsafe { self.go(session, opcode::READ_RESIDENT, 0, copy, release) }
    }

    /// The same to write. No pending transfer is to change the memory.
    ///
    /// # Safety
    /// As for [`Transfer::read`].
    pub unsafe fn write(
        &self,
        session: &'static Session,
        release: impl FnOnce(*mut c_void),
    ) -> Result<Option<i64>, Fault> {
        let from = self.address as *const u8;
        let copy = |bytes: *mut u8| {
            // SAFETY: by the caller's promise; the object has as many bytes.
            unsafe { std::ptr::copy_nonoverlapping(from, bytes, self.size) };
        };
        // SAFETY: as above; there is a byte at least.
        unsafe { self.go(session, opcode::WRITE_RESIDENT, from.read(), copy, release) }
    }

    unsafe fn go(
        &self,
        session: &'static Session,
        opcode: u32,
        first: u8,
        copy: impl FnOnce(*mut u8),
        release: impl FnOnce(*mut c_void),
    ) -> Result<Option<i64>, Fault> {
        let (of_queues, of_memory, of_events) = self.kinds;
        let bytes = session.book.handles.find(self.object, of_memory);
        let bytes = bytes.and_then(|found| session.book.residents.bytes(found.id, self.offset, self.size));
        let Some(bytes) = bytes else { return Ok(None) };
        if !session.is_alone() {
            return Ok(None);
        }
        let mut call = Call::begin(session, opcode);
        let (queue, object) = (call.handle(self.queue, of_queues), call.handle(self.object, of_memory));
        let (count, list) = self.wait;
        // SAFETY: the program vouches for its pointers.
        let (wait_list, event_id) = unsafe {
            let list = call.handles(list.cast(), Some(count.into()), of_events)?;
            (list, if self.event.is_null() { 0 } else { call.mint_from_first(of_events)? })
        };
        if opcode == opcode::READ_RESIDENT {
            call.fills_nothing();
        }
        let request = Request {
            queue,
            object,
            offset: self.offset as u64,
            size: self.size as u64,
            first,
            wait_count: count,
            wait_list,
            event: event_id,
        };
        let (status, done) = call.transact(&request, |reply: &ArchivedTransferred, call| {
            let status = reply.status.to_native();
            // SAFETY: as above.
            unsafe { call.put_new(self.event, event_id, &reply.event) };
            (reply.accepted, (status, reply.done))
        })?;
        if done && !session.alone(|| copy(bytes)) {
            // A second thread has begun to call meanwhile. What it does is not ordered with this transfer, which is made
            // once more as if it began now.
            if !self.event.is_null() {
                // SAFETY: the program's place for the event, which it has not seen yet.
                release(unsafe { self.event.read() });
            }
            return Ok(None);
        }
        Ok(Some(status))
    }
}
