//! The objects that a call names: their ids, the calls of other threads that it comes after, and the queues that it may give
//! commands.

use std::ffi::c_void;

use super::Call;
use crate::base::fault::Fault;
use crate::book::order::After;
use crate::book::queues::{self, Fills};
use crate::port::Use;

impl Call {
    /// A handle argument. What is no live handle crosses as null, which the vendor refuses as it sees fit.
    pub fn handle(&mut self, pointer: *mut c_void, kind: u16) -> u64 {
        let Some(found) = self.session.book.handles.find(pointer, kind) else {
            self.missed(pointer);
            self.key.mix(0);
            return 0;
        };
        self.key.mix(found.class);
        self.key.mix(found.state);
        // An object twice is something else than two that are as good as each other.
        self.key.mix(u64::from(found.id == self.last));
        self.last = found.id;
        self.uses(pointer, kind);
        if self.first == 0 {
            self.first = found.id;
        }
        found.id
    }

    /// The call names something that is not live. What is of a lost session keeps it from being made.
    pub fn missed(&mut self, pointer: *mut c_void) {
        self.lost |= self.session.book.handles.is_lost(pointer);
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
        if self.lost { Fault::Lost } else { Fault::Status(self.session.api.kind(kind).invalid) }
    }

    /// The call is about a live object.
    pub fn uses(&mut self, pointer: *mut c_void, kind: u16) {
        let kind = self.session.api.kind(kind);
        if kind.queue && self.fills != Fills::One(pointer) {
            self.fills = if self.fills == Fills::None { Fills::One(pointer) } else { Fills::All };
        }
        if kind.ordered {
            self.ordered = true;
            let lane = self.lane();
            let user = self.session.book.handles.used(pointer, lane);
            if user != 0 && !self.after.contains(&user) {
                self.after.push(user);
            }
        }
    }

    /// The number of the lane by which the call goes; 0 if there is none. The lane stays the thread's as long as the call.
    pub(super) fn lane(&mut self) -> u32 {
        if self.lane.is_none() {
            self.lane = self.session.port.lane().ok();
        }
        self.lane.as_ref().map_or(0, Use::number)
    }

    /// The call comes after all that other threads have sent.
    pub fn comes_after_all(&mut self) {
        self.after_all = true;
    }

    /// The call may give any queue commands.
    pub fn fills_all(&mut self) {
        self.fills = Fills::All;
    }

    /// The call gives no queue commands.
    pub fn fills_nothing(&mut self) {
        self.fills = Fills::None;
    }

    /// The call was sent.
    pub(super) fn sent(&self) {
        let book = &self.session.book;
        match self.fills {
            Fills::None => (),
            Fills::One(queue) => book.handles.note(queue).into_iter().for_each(queues::fill),
            Fills::All => book.queues.fill_all(),
        }
    }

    pub(super) fn after(&mut self, waits: bool) -> After {
        // What is waited for may depend on anything, unless it says on what.
        if self.after_all || (waits && !self.ordered) {
            return After::All;
        }
        After::Lanes(std::mem::take(&mut self.after))
    }
}
