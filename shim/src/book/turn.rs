//! A call's turn: which calls of other threads it comes after, by the objects that it names.
//!
//! Each object has a mark, the lane that used it last. A call sets the marks of its objects when it reads its arguments, and is
//! counted and sent later, or never. In between, its mark says nothing of what came before: who comes after the lane would
//! come after its earlier calls only, and not after the call whose mark it replaced. So a lane is *under way* from before its
//! call's first mark until the call is counted, answered, or given up:
//!
//! - A call that finds the mark of a lane that is under way comes after all calls, and so does one that finds [`SEVERAL`].
//! - It leaves `SEVERAL` behind, since its own mark would hide the call under way, which may be counted after it.
//! - Who finds `SEVERAL` while no other lane is under way leaves its own mark: it comes after whatever was counted.
//! - A call that is given up, so that nothing comes after what it came after, leaves `SEVERAL`, too.
//!
//! **Invariant**: a call comes after each call on the same object that had returned when it began. For the mark that it finds is
//! that of a call that is counted, or answered, and came after the call of the mark before, and so on; or it comes after all.
//!
//! A call that names no object that calls are put in order by, and does not wait, may be about what any later call is about: it
//! comes after all, and leaves a mark that every call looks at ([`Order::anything`]).
//!
//! This needs one order of what threads do to marks and lanes, which `SeqCst` gives: a call is under way, then looks at a mark;
//! another sets the mark, then looks whether the first one's lane is under way. Either the first sees the new mark, or the
//! second that the first is under way or what it was counted with. So a call whose lane's mark stands already need not set it.
//!
//! A thread that leaves a call without an end (by a jump out of a callback) stays under way: others then come after more than
//! they have to. A forked child has a session, and so lanes, of its own.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::book::handles::Handles;
use crate::book::order::{After, Lane, Order, User};

/// The mark of an object that several lanes use at a time.
const SEVERAL: u32 = u32::MAX;

/// A call's turn.
#[derive(Debug, Default, Clone)]
pub struct Turn<'a> {
    /// The lane that is under way for this call; `None` before it has begun, and for a call within another.
    under_way: Option<&'a Lane>,
    /// Whether the call names an object that calls are put in order by.
    is_ordered: bool,
    comes_after_all: bool,
    /// The marks that the call has replaced, and whether it has left its own for every call.
    replaced: Vec<User>,
    concerns_all: bool,
}

impl<'a> Turn<'a> {
    /// The call goes by this lane, whose marks it sets from now on.
    #[inline]
    pub fn begin(&mut self, order: &'a Order, lane: u32) {
        self.under_way = order.lane(lane).filter(|lane| lane.begin());
        let user = order.anything.load(Ordering::SeqCst);
        if user != 0 && user != lane {
            self.follow(order, user, std::ptr::null_mut(), lane);
        }
    }

    /// The call comes after all that other threads have sent, and every call of theirs after it.
    pub fn concerns_all(&mut self, order: &Order, lane: u32) {
        self.comes_after_all = true;
        self.concerns_all = true;
        if order.anything.load(Ordering::SeqCst) != lane {
            let user = order.anything.swap(lane, Ordering::SeqCst);
            if self.follow(order, user, std::ptr::null_mut(), lane) {
                blur(&order.anything);
            }
        }
    }

    /// The call, which has begun, is about an object that calls are put in order by. Whether that had another mark.
    #[inline]
    pub fn uses(&mut self, order: &Order, handles: &Handles, object: *mut c_void, lane: u32) -> bool {
        self.is_ordered = true;
        if let Some(mark) = handles.user(object)
            && mark.load(Ordering::SeqCst) != lane
        {
            self.replace(order, mark, object, lane);
            return true;
        }
        false
    }

    /// Marks an object that has another mark.
    #[cold]
    fn replace(&mut self, order: &Order, mark: &AtomicU32, object: *mut c_void, lane: u32) {
        let user = mark.swap(lane, Ordering::SeqCst);
        if self.follow(order, user, object, lane) {
            blur(mark);
        }
    }

    /// The call comes after those of the lane whose mark it has found. Whether others may be counted after it, so that its own
    /// mark would hide them.
    #[cold]
    fn follow(&mut self, order: &Order, user: u32, object: *mut c_void, lane: u32) -> bool {
        let are_several = match user {
            0 => return false,
            SEVERAL => order.are_others_under_way(lane),
            user => order.is_under_way(user),
        };
        self.comes_after_all |= are_several || user == SEVERAL;
        self.replaced.push(User { lane: user, object });
        are_several
    }

    /// The call comes after all that other threads have sent.
    pub fn comes_after_all(&mut self) {
        self.comes_after_all = true;
    }

    /// What the call comes after that does not wait.
    #[inline]
    pub fn after(&self) -> After<'_> {
        if self.comes_after_all { After::All } else { After::Users(&self.replaced) }
    }

    /// What the call comes after that waits.
    pub fn after_of_waiting(&self) -> After<'_> {
        // What is waited for may depend on anything, unless it says on what.
        if self.is_ordered { self.after() } else { After::All }
    }

    /// The lane that is not under way any more when the call is counted.
    #[inline]
    pub fn ending(&self) -> Option<&'a Lane> {
        self.under_way
    }

    /// The call is counted: who comes after its lane comes after it.
    #[inline]
    pub fn counted(&mut self) {
        self.under_way = None;
        self.replaced.clear();
        self.concerns_all = false;
    }

    /// The call is answered, and so is what it came after.
    pub fn answered(&mut self) {
        self.replaced.clear();
        self.concerns_all = false;
    }

    /// The call ends; if it is neither counted nor answered, nobody is to rely on its marks.
    #[inline]
    pub fn end(&mut self, order: &Order, handles: &Handles) {
        // First the marks: who does not find the lane under way finds them.
        if self.concerns_all {
            blur(&order.anything);
        }
        if !self.replaced.is_empty() {
            self.replaced.drain(..).filter_map(|user| handles.user(user.object)).for_each(blur);
        }
        if let Some(lane) = self.under_way.take() {
            lane.end();
        }
    }
}

/// Nobody knows which lane used an object last. A swap, not a store, so that whoever finds it sees what all before it did.
fn blur(mark: &AtomicU32) {
    mark.swap(SEVERAL, Ordering::SeqCst);
}

#[cfg(test)]
mod tests;
