//! One call on its way through the worker: the generated servers and the hand-written ones are written against this.

mod ahead;
mod answer;
mod costs;
mod descriptors;
mod inputs;
mod numbers;
mod occupied;
mod outputs;

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_void};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ava_protocol::ahead::Answers;
use ava_protocol::frame::{self, Malformed, Tag};
use ava_protocol::quota::{RESOURCES, Resource};
use ava_protocol::rate::RATES;
use ava_protocol::upcall::Life;
use ava_protocol::wire::{ArchivedSlice, Data, Stored};
use ava_transport::lane::{Lane, Wake};
use ava_transport::region::Region;
use rkyv::api::high::{HighSerializer, HighValidator, to_bytes_in_with_alloc};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::{Arena, ArenaHandle};
use rkyv::util::AlignedVec;
use rkyv::{Portable, Serialize};

use crate::hooks::{self, Hooks, InPlace, Occupied};
use crate::memory::NOWHERE;
pub use crate::outcome::{Outcome, Stop};
use crate::session::Session;
use crate::state::events::Events;
use crate::state::lanes::Answering;
use crate::state::objects::Found;
use crate::state::order::ANYBODYS;
use crate::state::pending;
use crate::state::usage::Tally;
use crate::upcall::callbacks::Registered;
use crate::upcall::stdio;
use crate::vendor::Loaded;
use crate::vendor::visible::Visible;

/// Finds an API's functions in its vendor's library, of which some devices are visible, or says what that lacks.
pub type Load = fn(&mut Loaded, Visible) -> Result<Arc<dyn Api>, String>;

/// An API as a worker serves it; the table compiler makes it.
pub trait Api: Hooks {
    /// Serves one call.
    fn serve(&'static self, opcode: u32, call: &mut Call<'_>, body: &[u8]) -> Outcome;

    /// Asks the vendor for all answers of a function about an object, which [`Call::ask_ahead`] keeps.
    fn ahead(&'static self, _function: u32, _call: &Call<'_>, _id: u64, _object: *mut c_void) {}
}

pub struct Call<'a> {
    pub session: &'static Session,
    api: &'static dyn Api,
    lane: &'a RefCell<Box<dyn Lane>>,
    /// Whether the program waits for it.
    answering: &'a Answering,
    out: &'a mut AlignedVec,
    arena: &'a mut Arena,
    /// The function's number.
    function: u32,
    /// Nobody waits for a reply.
    oneway: bool,
    /// The program learns that something goes on, and of nothing that has ended.
    no_news: bool,
    /// The first object that the call names; 0 for none.
    first: Cell<u64>,
    /// Where launches of the kernel are counted that it names, if it was launched before.
    tally: Cell<Option<Tally>>,
    /// What a oneway is to make: objects, and transfers. Whether or not it does, they are spoken of afterwards.
    births: RefCell<Vec<(u64, u16)>>,
    transfers: RefCell<Vec<u64>>,
    /// The lengths of texts, if they came in a region: looked at twice, but copied once.
    lengths: RefCell<Option<(ArchivedSlice, Vec<u8>)>>,
    /// What the program is sent before the reply.
    answers: RefCell<Answers>,
    /// Memory that was reserved for the call and is nobody's yet, in bytes.
    reserved: [Cell<u64>; RESOURCES.len()],
    /// What the call may do of what is limited in a second, and what it has done.
    passed: [Cell<u64>; RATES.len()],
    done: [Cell<u64>; RATES.len()],
    /// The number of the command that runs as long as the call; 0 for none.
    command: Cell<u64>,
    /// What it gives a queue.
    occupied: Cell<Option<Occupied>>,
    /// The descriptor that came with the request, and the one that goes with the reply.
    came: Option<OwnedFd>,
    brings: Option<OwnedFd>,
}

/// An object that the call may make through a pointer.
#[derive(Debug)]
pub struct Birth {
    id: u64,
    kind: u16,
    slot: *mut c_void,
    /// Whether the vendor is asked for it.
    wanted: bool,
    /// Whether it is asked for it also to know when its command is over.
    watched: bool,
    made: bool,
}

impl Birth {
    /// Asks for the object even if the program did not.
    pub fn want(&mut self) {
        self.wanted = true;
    }

    pub fn as_mut_ptr(&mut self) -> *mut *mut c_void {
        if self.wanted || self.watched { &raw mut self.slot } else { std::ptr::null_mut() }
    }

    /// What the program finds in its place: what the vendor has left in it of a call that has failed is no object.
    pub fn stored(&self) -> Stored {
        match self.made {
            true => Stored::Made,
            false if self.slot.is_null() => Stored::Null,
            false => Stored::Untouched,
        }
    }

    /// What the vendor has stored; null for nothing.
    pub fn pointer(&self) -> *mut c_void {
        if self.slot == NOWHERE { std::ptr::null_mut() } else { self.slot }
    }

    /// Whether the program asked for it.
    pub fn is_programs(&self) -> bool {
        self.id != 0
    }
}

impl<'a> Call<'a> {
    pub fn new(
        session: &'static Session,
        api: &'static dyn Api,
        lane: &'a RefCell<Box<dyn Lane>>,
        answering: &'a Answering,
        out: &'a mut AlignedVec,
        arena: &'a mut Arena,
    ) -> Self {
        Self {
            session,
            api,
            lane,
            answering,
            out,
            arena,
            function: u32::MAX,
            oneway: false,
            no_news: false,
            first: Cell::new(0),
            tally: Cell::new(None),
            births: RefCell::default(),
            transfers: RefCell::default(),
            lengths: RefCell::default(),
            answers: RefCell::default(),
            reserved: Default::default(),
            passed: Default::default(),
            done: Default::default(),
            command: Cell::new(0),
            occupied: Cell::new(None),
            came: None,
            brings: None,
        }
    }

    /// It is a call of this function, which is counted.
    pub fn count(&mut self, function: u32) {
        self.function = function;
        self.session.usage.call(function);
    }

    /// From now on nobody waits for a reply.
    pub fn go_oneway(&mut self) {
        self.oneway = true;
    }

    /// The reply says that something goes on, and nothing else.
    pub fn tells_no_news(&mut self) {
        self.no_news = true;
    }

    pub fn is_oneway(&self) -> bool {
        self.oneway
    }

    /// The vendor has answered a oneway.
    pub fn end_oneway(&self, ok: bool, status: i64) -> Outcome {
        if !ok {
            self.fail(status);
        }
        Ok(())
    }

    /// A oneway has failed: what it was to make ends in error, and the next call with the object that it was about is told.
    fn fail(&self, status: i64) {
        for (id, kind) in self.births.take() {
            self.api.creation_failed(self.session, id, kind, self.first.get(), status);
        }
        for transfer in self.transfers.take() {
            self.session.pending.fail(transfer);
        }
        if !self.session.table.lasting.is_empty() {
            // Such an API tells whoever asks next.
            self.session.failures.note(ANYBODYS, status);
        } else if self.session.objects.may_be_named(self.first.get()) {
            // No later call can name an object that is gone.
            self.session.failures.note(self.first.get(), status);
        }
    }

    /// The request, checked.
    pub fn read<'b, T>(&self, body: &'b [u8], function: &'static str) -> Result<&'b T, Malformed>
    where
        T: Portable + for<'c> CheckBytes<HighValidator<'c, Failure>>,
    {
        rkyv::access::<T, Failure>(body).map_err(|_| Malformed::Body(function))
    }

    /// The vendor's object behind an id; null for 0. Fails with what is to be told of the object.
    pub fn handle(&self, id: u64, kind: u16) -> Result<*mut c_void, Stop> {
        match self.session.failures.take(id) {
            Some(status) => {
                self.counted_handle(id, kind)?;
                Err(Stop::Refused(status))
            }
            None => self.counted_handle(id, kind),
        }
    }

    /// The vendor's object, which the API has no words for the lack of.
    pub fn live_handle(&self, id: u64, kind: u16) -> Result<*mut c_void, Stop> {
        match id {
            0 => Err(Malformed::Handle(0).into()),
            id => self.handle(id, kind),
        }
    }

    /// The vendor's object likewise, for calls that only count references and for handles among others in an array.
    pub fn counted_handle(&self, id: u64, kind: u16) -> Result<*mut c_void, Stop> {
        if id == 0 {
            return Ok(std::ptr::null_mut());
        }
        if self.first.get() == 0 {
            self.first.set(id);
        }
        match self.session.objects.look(id, kind)? {
            (Found::Pointer(pointer), tally) => {
                if tally.is_some() {
                    self.tally.set(tally);
                }
                Ok(pointer as *mut c_void)
            }
            (Found::Gone, _) => Err(Stop::Refused(self.session.invalid(kind))),
        }
    }

    /// A oneway is to make this object. Said before anything that can fail: later calls may name it, whether or not it is made.
    ///
    /// # Errors
    /// The id is taken.
    pub fn expect(&self, id: u64, kind: u16) -> Result<(), Malformed> {
        if self.oneway {
            self.session.objects.check_new(id)?;
            self.births.borrow_mut().push((id, kind));
        }
        Ok(())
    }

    /// A oneway is to end this transfer.
    fn spoken_of(&self, transfer: u64) {
        if self.oneway && transfer != 0 {
            self.transfers.borrow_mut().push(transfer);
        }
    }

    /// An object that the call may make through a pointer; the program wants it unless `id` is 0.
    pub fn birth(&self, id: u64, kind: u16) -> Result<Birth, Malformed> {
        if id != 0 {
            self.session.objects.check_new(id)?;
            self.expect(id, kind)?;
        }
        let watched = self.session.table.kind(kind).event && self.session.commands.are_watched();
        Ok(Birth { id, kind, slot: NOWHERE, wanted: id != 0, watched, made: false })
    }

    /// The object that the vendor has returned.
    ///
    /// # Errors
    /// The id is taken; or the object takes more than was reserved, and than the tenant may have: the vendor has it back.
    pub fn born(&self, id: u64, kind: u16, pointer: *mut c_void, parents: &[u64], memory: Option<u64>) -> Outcome {
        self.session.objects.check_new(id)?;
        let told = || self.taken(kind, pointer, parents);
        let memory = memory.filter(|bytes| *bytes > 0).unwrap_or_else(told);
        self.bind(id, kind, pointer, parents, memory)
    }

    fn bind(&self, id: u64, kind: u16, pointer: *mut c_void, parents: &[u64], memory: u64) -> Outcome {
        if let Err(stop) = self.hand_over(Resource::DeviceMemory, memory) {
            self.api.destroy(kind, pointer);
            return Err(stop);
        }
        Ok(self.session.objects.bind(id, kind, pointer as usize, parents, memory)?)
    }

    /// The object that the vendor has stored through a pointer.
    pub fn delivered(&self, birth: &mut Birth, parents: &[u64]) -> Outcome {
        let takes = self.api.takes(birth.kind, birth.pointer());
        self.delivered_with(birth, parents, takes)
    }

    /// The same of one that takes so much device memory.
    pub fn delivered_with(&self, birth: &mut Birth, parents: &[u64], memory: u64) -> Outcome {
        let pointer = birth.pointer();
        if birth.watched && !pointer.is_null() {
            hooks::watch(self.session, self.api, self.first.get(), pointer as usize, birth.wanted);
        }
        if birth.id != 0 && !pointer.is_null() {
            self.session.objects.check_new(birth.id)?;
            self.bind(birth.id, birth.kind, pointer, parents, memory)?;
            birth.made = true;
            if self.session.table.kind(birth.kind).event {
                self.session.ahead.event(birth.id);
            }
        }
        Ok(())
    }

    /// Objects that the vendor has named since there were `before` may be devices, of which the broker gets the names.
    fn named(&self, before: u64) {
        if self.session.objects.found() != before {
            self.session.name_devices(&self.api.device_names(self.session));
        }
    }

    /// A transfer goes on after the call, until the event has completed.
    pub fn pend(&self, id: u64, queue: u64, event: &mut Birth, region: Option<Arc<Region>>) -> Outcome {
        let (pointer, is_programs) = (event.pointer() as usize, event.is_programs());
        self.pend_with(id, queue, pointer, is_programs, region, None)
    }

    /// The same with what is to be done when the command has completed.
    pub fn pend_with(
        &self,
        id: u64,
        queue: u64,
        event: usize,
        is_programs: bool,
        region: Option<Arc<Region>>,
        finish: Option<pending::Finish>,
    ) -> Outcome {
        let queue_pointer = self.session.objects.pointer(queue);
        let new = pending::New { id, queue, queue_pointer, event, is_programs, region, finish };
        Ok(self.session.pending.insert(self.api.events(), new)?)
    }

    /// What the API has for memory that its devices may use in place.
    pub fn in_place(&self) -> Option<&'static dyn InPlace> {
        self.api.in_place()
    }

    /// What the API adds by hand.
    pub fn hooks(&self) -> &'static dyn Hooks {
        self.api
    }

    /// What the API's commands are asked by.
    pub fn events(&self) -> &'static dyn Events {
        self.api.events()
    }

    /// A callback of the program's.
    pub fn registration(&self, callback: u64, handles: &[u64], made: u64, life: Life) -> Registered {
        Registered::new(self.session, callback, handles, made, life)
    }

    /// Why a call is not made of which the table's `condition` does not hold: as one on no object, with the two `sides` that
    /// were compared, if it compares.
    pub fn refused(&self, kind: u16, condition: &str, sides: &[Option<u64>]) -> Stop {
        let sides = sides.iter().map(|side| side.map_or("a number too large".into(), |side| (side as i64).to_string()));
        let sides = sides.collect::<Vec<String>>().join(" and ");
        let of = if sides.is_empty() { String::new() } else { format!(" of {sides}") };
        tracing::warn!("{condition} does not hold{of}");
        Stop::Refused(self.session.invalid(kind))
    }

    /// A text that the vendor returns.
    ///
    /// # Safety
    /// `text` is null or NUL-terminated, and stays as it is until the reply is sent.
    pub unsafe fn text_answer<'b>(&self, text: *const c_char) -> Data<'b> {
        if text.is_null() {
            return Data::Null;
        }
        // SAFETY: by the caller's promise.
        Data::Inline(unsafe { CStr::from_ptr(text) }.to_bytes())
    }

    pub fn before_release(&self, id: u64) {
        if let Some(pointer) = self.session.objects.leaving(id) {
            self.session.ahead.leaves(id);
            self.session.pending.retain_event(self.api.events(), pointer);
        }
    }

    pub fn retained(&self, id: u64) {
        self.session.objects.retained(id);
    }

    /// The vendor did not release it.
    pub fn stays(&self, id: u64) {
        self.session.objects.stays(id);
    }

    pub fn released(&self, id: u64) {
        for gone in self.session.objects.released(id) {
            self.session.failures.take(gone);
            self.session.mirrors.forget(gone);
            self.session.residents.forget(gone);
            self.api.forget(gone);
        }
    }

    /// Sends the reply.
    pub fn reply<R>(&mut self, reply: &R) -> Outcome
    where
        R: for<'b> Serialize<HighSerializer<AlignedVec, ArenaHandle<'b>, Failure>>,
    {
        self.begin(Tag::Reply, if self.no_news { frame::NO_NEWS } else { 0 })?;
        let out = std::mem::take(self.out);
        *self.out =
            to_bytes_in_with_alloc::<_, _, Failure>(reply, out, self.arena.acquire()).map_err(|_| Stop::Closed)?;
        self.send()
    }

    /// Answers with plain bytes.
    pub fn reply_bytes(&mut self, body: &[u8]) -> Outcome {
        self.begin(Tag::Reply, 0)?;
        self.out.extend_from_slice(body);
        self.send()
    }

    /// Answers that the call fails, without the vendor.
    pub fn refuse(&mut self, status: i64) -> Outcome {
        if self.oneway {
            self.fail(status);
            return Ok(());
        }
        self.begin(Tag::Refused, status as u32)?;
        self.send()
    }

    fn begin(&mut self, tag: Tag, word: u32) -> Outcome {
        self.send_answers()?;
        // What the device printed comes before the program goes on.
        let said = stdio::notice(self.session);
        let notices = hooks::notices(self.session, self.api);
        frame::begin(self.out, tag, word, said.into_iter().chain(notices));
        Ok(())
    }

    fn send(&mut self) -> Outcome {
        if self.out.len() > frame::LONGEST {
            // Results that a shim would have asked for in regions.
            return Err(Malformed::Long(self.out.len()).into());
        }
        // With the reply the program may go on to send what it does not wait for.
        self.answering.store(false, Ordering::Release);
        let fd = self.brings.take();
        let fd = fd.as_ref().map(AsFd::as_fd);
        self.lane.borrow_mut().send(self.out, fd, Wake::Now).map_err(|_| Stop::Closed)
    }
}
