//! What a call's command occupies, while sessions end whose commands take too long: marks stand before it and behind it.

use std::ffi::c_void;

use ava_protocol::api::Occupies;

use super::Call;
use crate::hooks::{self, Occupied};

impl Call<'_> {
    /// The vendor is given a command next, in this queue; null is the one of calls that name none. For how long it may go on the
    /// table says (`occupies`).
    #[inline]
    pub fn occupy(&self, id: u64, queue: *mut c_void) {
        if self.session.commands.are_watched() {
            self.put_before(id, queue);
        }
    }

    #[cold]
    fn put_before(&self, id: u64, queue: *mut c_void) {
        let twin = self.session.table.work(self.function).is_twin;
        let Some(mark) = self.api.marks().put(queue, twin) else { return };
        // What is no object is a queue of the place that it is in. The id of an object is never another's.
        let of = self.session.objects.pointer(id).map_or(mark.place, |_| id as usize);
        let number = hooks::watch_behind(self.session, self.api, mark, of);
        self.occupied.set(Some(Occupied { number, queue }));
    }

    /// The vendor has taken what it was given.
    pub(super) fn given(&self) {
        if let Some(Occupied { number, queue }) = self.occupied.get() {
            let work = self.session.table.work(self.function);
            let marks = self.api.marks();
            let behind = if work.occupies == Occupies::Queue { marks.put(queue, work.is_twin) } else { None };
            match behind.map(|mark| self.session.commands.given(number, mark)) {
                Some(Ok(())) => self.occupied.set(None),
                Some(Err(mark)) => marks.give_back(mark),
                None => self.no_more(),
            }
        }
    }

    /// Nothing goes on that the call has given, or nobody will see when it ends.
    pub(super) fn no_more(&self) {
        if let Some(Occupied { number, .. }) = self.occupied.take()
            && let Some(mark) = self.session.commands.withdraw(number)
        {
            self.api.marks().give_back(mark);
        }
    }
}
