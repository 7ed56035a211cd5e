//! The objects that a call names: their ids, the calls of other threads that it comes after, and the queues that it may give
//! commands.

use std::ffi::c_void;

use super::Call;
use crate::base::fault::Fault;
use crate::book::queues::{self, Fills};

impl Call {
    /// A handle argument. What is no live handle crosses as null, which the vendor refuses as it sees fit.
    pub fn handle(&mut self, pointer: *mut c_void, kind: u16) -> u64 {
        let Some(found) = self.session.book.handles.find(pointer, kind) else {
            let id = self.not_an_object(pointer, kind);
            self.key.mix(id);
            if self.first == 0 {
                self.first = id;
            }
            return id;
        };
        self.key.mix(found.class);
        self.key.mix(found.state);
        // An object twice is something else than two that are as good as each other.
        self.key.mix(u64::from(found.id == self.last));
        self.last = found.id;
        self.uses(pointer, found.kind);
        if self.first == 0 {
            self.first = found.id;
        }
        found.id
    }

    /// The id of something that is no live object: a value of the type that is none, or else 0.
    pub fn not_an_object(&mut self, pointer: *mut c_void, kind: u16) -> u64 {
        match self.session.book.handles.plain(pointer, kind) {
            Some(id) => {
                self.uses_plain(kind);
                id
            }
            None => {
                // Where values are no objects, null is none of them: the one that the vendor uses if nothing is said.
                if pointer.is_null() && self.session.api.kind(kind).plain > 0 {
                    self.uses_plain(kind);
                }
                self.missed(pointer);
                0
            }
        }
    }

    /// The call names something that is not live. What is of a lost session keeps it from being made.
    pub fn missed(&mut self, pointer: *mut c_void) {
        if self.session.book.handles.is_lost(pointer) {
            self.hindrance = Some(Fault::Lost);
        }
    }

    /// The call is about a value that is no object: nothing says who used it last, or what it was given.
    fn uses_plain(&mut self, kind: u16) {
        let kind = self.session.api.kind(kind);
        if kind.queue {
            self.fills = Fills::All;
        }
        if kind.ordered {
            self.concerns_all();
        }
    }

    /// The call names no object that calls are put in order by, and may be about what any call is about.
    pub fn concerns_all(&mut self) {
        let lane = self.lane();
        if lane != 0 {
            self.turn.concerns_all(&self.session.book.order, lane);
        }
    }

    /// A handle argument that may be null, so that something else than a live handle is refused here.
    pub fn handle_or_null(&mut self, pointer: *mut c_void, kind: u16) -> Result<u64, Fault> {
        match self.handle(pointer, kind) {
            0 if !pointer.is_null() => Err(self.refused(kind)),
            id => Ok(id),
        }
    }

    /// A handle argument that must be a live object: the API has no words for others.
    pub fn live_handle(&mut self, pointer: *mut c_void, kind: u16) -> Result<u64, Fault> {
        match self.handle(pointer, kind) {
            0 => Err(self.refused(kind)),
            id => Ok(id),
        }
    }

    /// Why a call is not made that names something else than a live object of a kind.
    fn refused(&self, kind: u16) -> Fault {
        self.hindrance.unwrap_or_else(|| Fault::Status(self.session.api.kind(kind).invalid))
    }

    /// The call is about a live object.
    pub fn uses(&mut self, pointer: *mut c_void, kind: u16) {
        let kind = self.session.api.kind(kind);
        if kind.queue && self.fills != Fills::One(pointer) {
            self.fills = if self.fills == Fills::None { Fills::One(pointer) } else { Fills::All };
        }
        if kind.alike && !self.asks {
            self.session.book.handles.touch(pointer);
        }
        if kind.ordered {
            let (book, lane) = (&self.session.book, self.lane());
            if lane != 0 && self.turn.uses(&book.order, &book.handles, pointer, lane) && kind.queue {
                book.queues.settle();
            }
        }
    }

    /// The number of the lane by which the call goes, which stays the thread's as long as the call, and is under way; 0 if
    /// there is none, and the call is not made.
    #[inline(always)]
    pub(super) fn lane(&mut self) -> u32 {
        if let Some(lane) = &self.lane {
            return lane.number();
        }
        match self.session.lane() {
            Ok(lane) => {
                let number = self.lane.insert(lane).number();
                self.turn.begin(&self.session.book.order, number);
                number
            }
            Err(fault) => {
                self.hindrance = Some(fault);
                0
            }
        }
    }

    /// The call comes after all that other threads have sent.
    pub fn comes_after_all(&mut self) {
        self.turn.comes_after_all();
    }

    /// The call may give any queue commands.
    pub fn fills_all(&mut self) {
        self.fills = Fills::All;
    }

    /// The call gives no queue commands.
    pub fn fills_nothing(&mut self) {
        self.fills = Fills::None;
    }

    /// The call does nothing with the objects that it names.
    pub fn only_asks(&mut self) {
        self.asks = true;
    }

    /// Cached answers may change with the call.
    pub fn changes_answers(&mut self) {
        self.changes_answers = true;
    }

    /// The call was sent.
    pub(super) fn sent(&self, posted: bool) {
        if let Some(foresight) = self.session.foresight {
            foresight.sent(self.session.api.work(self.opcode), self.first, posted && !self.in_place);
        }
        let book = &self.session.book;
        if self.changes_answers {
            // Who asks from now on comes after the call.
            book.answers.change();
        }
        match self.fills {
            Fills::None => (),
            Fills::One(queue) => book.handles.note(queue).into_iter().for_each(queues::fill),
            Fills::All => book.queues.fill_all(),
        }
    }
}
