//! One call in the making: arguments into wire form, then the crossing, then results into the program's memory.
//!
//! The generated marshalling is written against this type. What a call takes (regions, new handles, callback
//! registrations, pending transfers) it gives back if the vendor did not accept it.

mod arguments;
mod binary;
mod combination;
mod descriptors;
mod objects;
mod results;
mod structs;
mod taken;

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use ava_protocol::frame::{INLINE_BUDGET, Tag};
use ava_protocol::layout::Rows;
use ava_protocol::upcall::Life;
use ava_protocol::wire::{ArchivedData, Place, Slice};
use rkyv::api::high::{HighSerializer, HighValidator, to_bytes_in_with_alloc};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::{Arena, ArenaHandle};
use rkyv::util::AlignedVec;
use rkyv::{Portable, Serialize};

pub use ava_transport::lane::Wake;

use taken::Taken;

use crate::base::fault::Fault;
use crate::base::readable::{self, holds, is_readable};
use crate::book::accepted::Key;
use crate::book::callbacks::Registration;
use crate::book::pending::{Keep, Transfer};
use crate::book::queues::Fills;
use crate::book::regions::{Announcement, Lease};
use crate::book::turn::Turn;
use crate::port::Use;
use crate::port::lanes::Brought;
use crate::session::{Asked, Encode, Outgoing, Session};

/// Longest result that comes back in the reply's frame, in bytes.
const INLINE_RESULT: u64 = 8 << 10;

/// Longest result of a call that says more than any memory takes, in bytes.
const LONGEST_CUT: usize = 1 << 20;

/// Whether the program's memory may take so many bytes. Of few it is believed: the vendor's are as many.
fn fits(pointer: *const c_void, span: u64) -> bool {
    span <= INLINE_RESULT || is_readable(pointer.cast(), usize::try_from(span).unwrap_or(usize::MAX))
}

pub struct Call {
    pub session: &'static Session,
    opcode: u32,
    /// What the call is made with, as far as its success may depend on it.
    key: Key,
    /// Whether an equal call is sent without waiting once the vendor has accepted this one.
    learns: bool,
    /// The first object that the call names; 0 for none.
    pub first: u64,
    /// The last so far.
    last: u64,
    /// The thread's lane, once its number is needed, and the call's turn among those of other lanes.
    lane: Option<Use>,
    turn: Turn<'static>,
    /// The queues that the call may give commands.
    fills: Fills,
    /// Bytes that may still go into the frame, and come back in the reply's.
    budget: usize,
    result_budget: u64,
    /// What the call has taken. Most take nothing, and pay nothing for it.
    taken: Option<Box<Taken>>,
    /// Why the call cannot be made: it names something of a lost session, or there is no lane.
    hindrance: Option<Fault>,
    /// The vendor takes data where the program has it.
    in_place: bool,
    /// The call does nothing with the objects that it names.
    asks: bool,
    /// Cached answers may change with it.
    changes_answers: bool,
    /// Whether the reply may bring a descriptor, and what it has brought.
    brings: bool,
    brought: Brought,
}

/// Room for a result: what the request says, and how many bytes the program's memory takes.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    pub place: Place,
    pub capacity: u64,
}

impl Room {
    /// Of bytes that go in and come out.
    pub fn exchanged(capacity: Option<u64>) -> Self {
        Self { place: Place::Inline, capacity: capacity.unwrap_or(0) }
    }
}

impl Call {
    pub fn begin(session: &'static Session, opcode: u32) -> Self {
        Self {
            session,
            opcode,
            key: session.book.accepted.key(opcode),
            learns: false,
            first: 0,
            last: 0,
            lane: None,
            turn: Turn::default(),
            fills: Fills::None,
            budget: INLINE_BUDGET,
            result_budget: INLINE_BUDGET as u64,
            taken: None,
            hindrance: None,
            in_place: false,
            asks: false,
            changes_answers: false,
            brings: false,
            brought: Ok(None),
        }
    }

    fn taken(&mut self) -> &mut Taken {
        self.taken.get_or_insert_default()
    }

    /// The memory that the call has taken for results.
    fn leases(&self) -> &[Lease] {
        self.taken.as_ref().map_or(&[], |taken| &taken.leases)
    }

    /// A text that came out, for good.
    pub fn kept_text(&self, text: &ArchivedData<'_>) -> *const c_char {
        match text {
            ArchivedData::Inline(bytes) => self.session.shared.texts.keep(bytes),
            _ => std::ptr::null(),
        }
    }

    /// Room for one scalar.
    ///
    /// # Safety
    /// `pointer` is null or leads to a `T`.
    pub unsafe fn scalar_place<T>(&self, pointer: *mut T) -> Room {
        if pointer.is_null() {
            return Room { place: Place::Null, capacity: 0 };
        }
        let size = size_of::<T>().min(8);
        if !holds(pointer) {
            // Nobody can have seen what it holds.
            return Room { place: Place::Inline, capacity: size as u64 };
        }
        let mut held = [0_u8; 8];
        // SAFETY: by the caller's promise; bytes that the program has not initialised are carried, not looked at.
        unsafe { std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), held.as_mut_ptr(), size) };
        Room { place: Place::Scalar(u64::from_le_bytes(held)), capacity: size as u64 }
    }

    /// Room for the address of a text that stays.
    pub fn text_place(pointer: *mut *const c_char) -> Room {
        let place = if pointer.is_null() { Place::Null } else { Place::Inline };
        Room { place, capacity: size_of::<*const c_char>() as u64 }
    }

    /// Room for bytes that come out, which the vendor writes where they belong if the worker has the same address there.
    pub fn room(&mut self, pointer: *mut c_void, rows: Option<Rows>) -> Result<Room, Fault> {
        match self.fixed(pointer, rows) {
            Some(extent) => Ok(Room { place: Place::Fixed(extent), capacity: 0 }),
            None => self.place(pointer, rows, false),
        }
    }

    /// Room for bytes that come out. With `pending`, they come when the command has completed.
    pub fn place(&mut self, pointer: *mut c_void, rows: Option<Rows>, pending: bool) -> Result<Room, Fault> {
        if pointer.is_null() {
            return Ok(Room { place: Place::Null, capacity: 0 });
        }
        let Some((rows, span)) = rows.and_then(|rows| Some((rows, rows.span()?))) else {
            return Ok(Room { place: Place::Inline, capacity: 0 });
        };
        if !pending && rows.is_flat() && !fits(pointer, span) {
            return self.cut_place(pointer);
        }
        let inline = !pending && span <= INLINE_RESULT.min(self.result_budget);
        if span == 0 || inline {
            self.result_budget -= span;
            return Ok(Room { place: Place::Inline, capacity: span });
        }
        let lease = self.session.book.regions.acquire(span)?;
        let target = pending.then_some(Some((pointer as usize, rows)));
        Ok(Room { place: Place::Region(self.slice(lease, span, target)?), capacity: span })
    }

    /// Room for bytes that come out, of which the program says more than its memory may take: as many as that.
    fn cut_place(&mut self, pointer: *mut c_void) -> Result<Room, Fault> {
        let capacity = readable::prefix(pointer as usize, LONGEST_CUT) as u64;
        if capacity == 0 {
            return Ok(Room { place: Place::Cut(None), capacity });
        }
        let lease = self.session.book.regions.acquire(capacity)?;
        Ok(Room { place: Place::Cut(Some(self.slice(lease, capacity, None)?)), capacity })
    }

    /// Takes a region for this call, or for a transfer to `target` that outlives it.
    fn slice(&mut self, mut lease: Lease, len: u64, transfer: Option<Option<(usize, Rows)>>) -> Result<Slice, Fault> {
        let region = lease.id;
        let Some(target) = transfer else {
            self.taken().leases.push(lease);
            return Ok(Slice { region, offset: 0, len, pending: 0 });
        };
        while let Some(oldest) = self.session.book.pending.crowded() {
            self.session.wait_for_transfer(oldest)?;
        }
        let id = self.session.book.pending.next_id();
        // The descriptor goes with this call; the transfer keeps the rest.
        self.taken().announcements.extend(lease.announce());
        self.session.book.pending.insert(Transfer { id, target, lease: Keep::Whole(Arc::new(lease)) });
        self.taken().transfers.push(id);
        Ok(Slice { region, offset: 0, len, pending: id })
    }

    /// A region for this call alone, and where its bytes are as long as the call.
    pub fn scratch(&mut self, len: u64) -> Result<(Slice, *mut u8), Fault> {
        let lease = self.session.book.regions.acquire(len)?;
        let bytes = lease.region.as_ptr();
        Ok((self.slice(lease, len, None)?, bytes))
    }

    /// Takes part of the region of a pending transfer for another.
    fn share(&mut self, lease: Arc<Lease>, offset: u64, len: u64) -> Result<Slice, Fault> {
        let (id, region) = (self.session.book.pending.next_id(), lease.id);
        self.session.book.pending.insert(Transfer { id, target: None, lease: Keep::Whole(lease) });
        self.taken().transfers.push(id);
        Ok(Slice { region, offset, len, pending: id })
    }

    /// Tells the worker of a region that somebody else keeps.
    pub fn announce(&mut self, lease: &mut Lease) {
        self.taken().announcements.extend(lease.announce());
    }

    /// An id for an object that the call makes.
    pub fn mint(&mut self, kind: u16) -> Result<u64, Fault> {
        self.mint_of_class(kind, 0)
    }

    /// An id likewise, for one of the many objects that the first object which the call names brings forth: an event.
    pub fn mint_from_first(&mut self, kind: u16) -> Result<u64, Fault> {
        self.mint_of_class(kind, self.first)
    }

    /// An id likewise, for an object that is as good as another of its class.
    pub fn mint_of_class(&mut self, kind: u16, class: u64) -> Result<u64, Fault> {
        let lane = self.lane();
        let id = self.session.book.handles.mint(kind, class, lane)?;
        self.taken().minted.push(id);
        Ok(id)
    }

    /// An id likewise, for an object that is as good as another that was made by an equal call: what the call is made with is
    /// combined by now.
    pub fn mint_alike(&mut self, kind: u16) -> Result<u64, Fault> {
        self.mint_of_class(kind, self.key.class())
    }

    /// Whether there is room for a memory object of a size, if it is known, as far as the vendor has had room before.
    pub fn has_room(&self, size: Option<u64>) -> bool {
        size.is_some_and(|size| self.session.book.residents.has_room(size))
    }

    /// A memory object of a class has been made; `confirmed` if the vendor has said so.
    pub fn made(&self, id: u64, size: Option<u64>, confirmed: bool) {
        let book = &self.session.book;
        if let (Some(size), true) = (size, self.key.class() != 0) {
            book.residents.insert(id, size, None, confirmed);
            book.handles.mark_remembered(id);
        }
    }

    /// The handle of an id minted before.
    pub fn object(&self, id: u64) -> *mut c_void {
        self.session.book.handles.pointer(id)
    }

    /// Registers the program's callback; 0 for none. `about` are the call's handles, which the vendor may hand to it.
    pub fn callback(
        &mut self,
        function: Option<usize>,
        user_data: usize,
        signature: u32,
        life: Life,
        about: &[(u64, *mut c_void)],
    ) -> Result<u64, Fault> {
        let Some(function) = function else {
            return Ok(0);
        };
        let about = about.iter().map(|(id, handle)| (*id, *handle as usize)).collect();
        let id = self.session.register_callback(Registration { function, user_data, signature, life, about })?;
        self.taken().callbacks.push(id);
        Ok(id)
    }

    /// Crosses without waiting. What the call makes is there as far as the program can tell.
    ///
    /// [`Wake::Later`] is for what nobody can see the effect of until another call is made; a command, or the release of
    /// an object that tells of its end, is to take effect though the program does nothing more.
    pub fn post<Q>(&mut self, request: &Q, wake: Wake) -> Result<(), Fault>
    where
        Q: for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Failure>>,
    {
        self.post_body(&mut |out, arena| encode(request, out, arena), wake)
    }

    fn post_body(&mut self, encode: Encode<'_>, wake: Wake) -> Result<(), Fault> {
        if let Some(fault) = self.hindrance {
            return Err(fault);
        }
        tracing::trace!(function = self.session.name(self.opcode), "oneway");
        let regions = self.announcements();
        let outgoing = Outgoing {
            tag: Tag::Oneway,
            word: self.opcode,
            regions,
            after: self.turn.after(),
            fd: None,
            brings: false,
        };
        let posted = self.session.post(self.lane.as_ref(), outgoing, encode, wake, self.turn.ending());
        self.sent(posted.is_ok());
        posted?;
        self.turn.counted();
        self.keep();
        Ok(())
    }

    /// What the call has taken stays taken.
    fn keep(&mut self) {
        if let Some(taken) = &mut self.taken {
            taken.minted.clear();
            taken.callbacks.clear();
            taken.transfers.clear();
        }
    }

    /// Regions that the worker is to be told of.
    fn announcements(&mut self) -> Vec<Announcement> {
        self.taken.as_mut().map_or_else(Vec::new, |taken| std::mem::take(&mut taken.announcements))
    }

    /// The program's callbacks stay registered, whatever becomes of the call.
    pub fn keep_callbacks(&mut self) {
        if let Some(taken) = &mut self.taken {
            taken.callbacks.clear();
        }
    }

    /// Crosses: `read` gets the reply and tells whether the vendor accepted the call.
    pub fn transact<Q, A, R>(&mut self, request: &Q, read: impl FnOnce(&A, &mut Self) -> (bool, R)) -> Result<R, Fault>
    where
        Q: for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Failure>>,
        A: Portable + for<'a> CheckBytes<HighValidator<'a, Failure>>,
    {
        let asked = self.ask(request)?;
        self.hear(asked, read)
    }

    /// Sends a request whose reply is to be heard. The call may send others before.
    pub fn ask<Q>(&mut self, request: &Q) -> Result<Asked, Fault>
    where
        Q: for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Failure>>,
    {
        self.ask_body(&mut |out, arena| encode(request, out, arena)).inspect_err(|fault| self.not_made(*fault))
    }

    fn ask_body(&mut self, encode: Encode<'_>) -> Result<Asked, Fault> {
        if let Some(fault) = self.hindrance {
            return Err(fault);
        }
        let mut regions = self.announcements();
        regions.extend(self.taken.iter_mut().flat_map(|taken| &mut taken.leases).filter_map(Lease::announce));
        let after = self.turn.after_of_waiting();
        let (fd, brings) = (self.taken.as_deref().map_or(Ok(None), Taken::along)?, self.brings);
        let outgoing = Outgoing { tag: Tag::Call, word: self.opcode, regions, after, fd, brings };
        tracing::trace!(function = self.session.name(self.opcode), "call");
        self.session.ask(outgoing, encode)
    }

    /// Waits for the reply: `read` gets it and tells whether the vendor accepted the call.
    pub fn hear<A, R>(&mut self, asked: Asked, read: impl FnOnce(&A, &mut Self) -> (bool, R)) -> Result<R, Fault>
    where
        A: Portable + for<'a> CheckBytes<HighValidator<'a, Failure>>,
    {
        let (mut read, mut result) = (Some(read), None);
        let heard = self.hear_body(asked, &mut |body, call| {
            let reply = rkyv::access::<A, Failure>(body).map_err(|_| call.session.lose())?;
            let Some(read) = read.take() else { return Ok(false) };
            let (ok, found) = read(reply, call);
            result = Some(found);
            Ok(ok)
        });
        heard.and_then(|()| result.ok_or_else(|| self.session.lose())).inspect_err(|fault| self.not_made(*fault))
    }

    /// The same: `read` gets the reply's body, once.
    fn hear_body(&mut self, asked: Asked, read: ReadBody<'_>) -> Result<(), Fault> {
        let mut accepted = false;
        let result = self.session.hear(asked, &mut |frame, brought| {
            self.brought = brought;
            accepted = read(frame.body, self)?;
            self.hindrance.map_or(Ok(()), Err)
        });
        self.sent(false);
        match &result {
            Ok(_) | Err(Fault::Status(_)) => self.turn.answered(),
            Err(_) => (),
        }
        if accepted {
            self.keep();
            if self.learns {
                self.accept();
            }
        }
        result
    }

    #[cold]
    fn not_made(&self, fault: Fault) {
        tracing::debug!(function = self.session.name(self.opcode), ?fault, "not made");
    }

    /// Crosses likewise with a request of another opcode: for what the call's function needs before or after its own.
    pub fn transact_as<Q, A, R>(
        &mut self,
        opcode: u32,
        request: &Q,
        read: impl FnOnce(&A, &mut Self) -> (bool, R),
    ) -> Result<R, Fault>
    where
        Q: for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Failure>>,
        A: Portable + for<'a> CheckBytes<HighValidator<'a, Failure>>,
    {
        // What is accepted is no call of the function.
        (self.opcode, self.learns) = (opcode, false);
        self.transact(request, read)
    }
}

/// Reads the body of a call's reply, and tells whether the vendor accepted the call.
type ReadBody<'a> = &'a mut dyn FnMut(&[u8], &mut Call) -> Result<bool, Fault>;

/// Puts a request behind a frame's header.
fn encode<Q>(request: &Q, out: AlignedVec, arena: &mut Arena) -> Result<AlignedVec, Fault>
where
    Q: for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Failure>>,
{
    to_bytes_in_with_alloc::<_, _, Failure>(request, out, arena.acquire()).map_err(|_| Fault::Exhausted)
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        self.turn.end(&self.session.book.order, &self.session.book.handles);
        if let Some(taken) = self.taken.take() {
            taken.give_back(self.session);
        }
    }
}
