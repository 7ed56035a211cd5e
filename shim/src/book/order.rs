//! Counts the one-way calls of each lane, so that a call of another thread can be ordered after them.
//!
//! A program synchronizes its threads by itself, which AvA cannot see; only calls on the same objects show the order. So
//! every object records the lane that used it last, and the next call on it makes the worker first serve everything that
//! this lane has sent before ([`super::turn`]). A call that names no such object, or releases one that others may use
//! without naming it, is ordered after all calls.
//!
//! With many threads a frame cannot name all lanes again and again. A one-way call that comes after all is a *milestone*:
//! a later one names the milestone, and only what was sent since. The worker serves a milestone after all that it names.
//!
//! - **Invariant**: what a lane's `covered` says, the milestone comes after, or the milestone before it.

use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use ava_protocol::frame::Notice;

/// Lanes, which have numbers from 1 on, have memory as many at a time, since a lost session leaves its memory behind.
const CHUNK: usize = 32;
const CHUNKS: usize = 32;

/// The counts of a session's lanes, by number.
#[derive(Debug, Default)]
pub struct Order {
    lanes: [OnceLock<Box<[Lane; CHUNK]>>; CHUNKS],
    /// How many lanes have numbers.
    used: AtomicUsize,
    /// The lane that was used last for what names no object, and may be about whatever any call names; a mark as of an object.
    pub anything: AtomicU32,
    /// The latest one-way call that comes after all, as the word of the notice that names it; 0 for none.
    milestone: AtomicU64,
}

/// The number of one-way calls that a lane sent, of those that the worker is known to have served, and of those that come
/// before the milestone.
#[derive(Debug, Default)]
pub struct Lane {
    /// Twice the number, and one more while a call is under way: in one word, so that a call ceases to be under way in the
    /// moment in which it counts.
    posted: AtomicU64,
    served: AtomicU64,
    covered: AtomicU64,
}

/// Of a lane's `posted`: whether a call is under way, and what another call adds.
const UNDER_WAY: u64 = 1;
const CALL: u64 = 2;

impl Lane {
    /// A call is under way from now on. `false` if one is already, in which this one is made.
    ///
    /// It is in one order for all threads with the marks that the call then sets or finds (`SeqCst`): whoever finds its mark
    /// finds that it is under way, or what it was counted with.
    pub fn begin(&self) -> bool {
        self.posted.fetch_or(UNDER_WAY, Ordering::SeqCst) & UNDER_WAY == 0
    }

    /// No call is under way any more.
    pub fn end(&self) {
        self.posted.fetch_and(!UNDER_WAY, Ordering::Release);
    }

    /// Counts another one-way call: its number, and how many may not have been served yet. With `ends`, it was under way.
    fn post(&self, ends: bool) -> (u64, u64) {
        let more = CALL - u64::from(ends) * UNDER_WAY;
        let posted = (self.posted.fetch_add(more, Ordering::AcqRel) + more) / CALL;
        (posted, posted - self.served.load(Ordering::Relaxed))
    }

    /// How many one-way calls it has sent.
    fn count(&self, order: Ordering) -> u64 {
        self.posted.load(order) / CALL
    }

    /// Whether a call is under way. What was counted before it ended is seen by whoever sees that none is.
    fn is_under_way(&self) -> bool {
        self.posted.load(Ordering::SeqCst) & UNDER_WAY != 0
    }
}

/// The lanes whose calls come before a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After<'a> {
    /// Those of the lanes that used these objects last.
    Users(&'a [User]),
    All,
}

/// The lane that used an object last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    pub lane: u32,
    pub object: *mut c_void,
}

/// What comes before a frame.
#[derive(Debug)]
pub struct Before {
    /// The frame's lane.
    own: u32,
    /// What the frame says about other lanes.
    pub others: Vec<Notice>,
    /// The milestone before this one, if the frame comes after all.
    milestone: Option<u64>,
}

impl Order {
    /// What comes before the next frame of the lane `own`. Of a lane that is `fresh`, it is the first: an earlier lane may have
    /// had the number, and what that has sent comes first.
    pub fn before(&self, after: After<'_>, own: u32, fresh: bool) -> Before {
        let mut before = Before { own, others: Vec::new(), milestone: None };
        if fresh {
            self.used.fetch_max(own as usize, Ordering::Relaxed);
            before.others.extend(self.unserved(own));
        }
        match after {
            After::Users(users) => {
                for number in users.iter().map(|user| user.lane).filter(|number| *number != own) {
                    let is_number = |other: &Notice| matches!(other, Notice::After { lane, .. } if *lane == number);
                    if !before.others.iter().any(is_number) {
                        before.others.extend(self.unserved(number));
                    }
                }
            }
            After::All => {
                let used = self.used.load(Ordering::Acquire) as u32;
                let others = (1..=used).filter(|number| *number != own);
                before.others.extend(others.filter_map(|number| self.uncovered(number)));
                // Read last: it comes after whatever was covered when the lanes were looked at.
                let milestone = self.milestone.load(Ordering::Acquire);
                before.milestone = Some(milestone);
                if let Notice::After { lane, count } = Notice::from_word(milestone)
                    && lane != own
                    && self.lane(lane).is_some_and(|lane| lane.served.load(Ordering::Relaxed) < count)
                {
                    before.others.push(Notice::After { lane, count });
                }
            }
        }
        before
    }

    /// What a lane has sent that may not have been served.
    fn unserved(&self, number: u32) -> Option<Notice> {
        let lane = self.lane(number)?;
        let count = lane.count(Ordering::Acquire);
        (lane.served.load(Ordering::Relaxed) < count).then_some(Notice::After { lane: number, count })
    }

    /// The same, unless it comes before the milestone.
    fn uncovered(&self, number: u32) -> Option<Notice> {
        let covered = self.lane(number)?.covered.load(Ordering::Acquire);
        self.unserved(number).filter(|notice| matches!(notice, Notice::After { count, .. } if *count > covered))
    }

    /// Whether a call of the lane is under way.
    pub fn is_under_way(&self, number: u32) -> bool {
        self.lane(number).is_some_and(Lane::is_under_way)
    }

    /// Whether a call of any other lane is under way.
    pub fn are_others_under_way(&self, own: u32) -> bool {
        let own = self.lane(own).map_or(std::ptr::null(), std::ptr::from_ref);
        let mut lanes = self.lanes.iter().filter_map(OnceLock::get).flat_map(|chunk| chunk.iter());
        lanes.any(|lane| !std::ptr::eq(lane, own) && lane.is_under_way())
    }

    /// A lane sends another one-way call, after which its lane is not under way any more if that is `ending`. Returns its
    /// number, and how many of the lane's may not have been served yet.
    pub fn post(&self, number: u32, ending: Option<&Lane>) -> (u64, u64) {
        match ending {
            Some(lane) => lane.post(true),
            None => self.lane(number).map_or((0, 0), |lane| lane.post(false)),
        }
    }

    /// A one-way call was sent, as the call of this number of its lane.
    #[inline]
    pub fn sent(&self, before: &Before, number: u64) {
        if let Some(known) = before.milestone {
            self.pass(before, number, known);
        }
    }

    /// The call is the next milestone, unless another has become that: of those two neither comes after the other.
    fn pass(&self, before: &Before, number: u64, known: u64) {
        let this = Notice::After { lane: before.own, count: number };
        if self.milestone.compare_exchange(known, this.to_word(), Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return;
        }
        for notice in before.others.iter().copied().chain([this]) {
            if let Notice::After { lane, count } = notice
                && let Some(lane) = self.lane(lane)
            {
                lane.covered.fetch_max(count, Ordering::Release);
            }
        }
    }

    /// The number of one-way calls that a lane has sent.
    pub fn posted(&self, number: u32) -> u64 {
        self.lane(number).map_or(0, |lane| lane.count(Ordering::Relaxed))
    }

    /// A call was answered before which its lane had posted so many: what comes before it has been served.
    pub fn answered(&self, before: &Before, posted: u64) {
        let own = Notice::After { lane: before.own, count: posted };
        for notice in before.others.iter().copied().chain([own]) {
            if let Notice::After { lane, count } = notice
                && let Some(lane) = self.lane(lane)
                && lane.served.load(Ordering::Relaxed) < count
            {
                lane.served.fetch_max(count, Ordering::Relaxed);
            }
        }
    }

    /// A lane by its number.
    #[inline]
    pub fn lane(&self, number: u32) -> Option<&Lane> {
        let at = (number as usize).checked_sub(1)?;
        let chunk = self.lanes.get(at / CHUNK)?.get_or_init(Box::default);
        Some(&chunk[at % CHUNK])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: After<'_> = After::Users(&[]);

    fn users(lanes: &[u32]) -> Vec<User> {
        lanes.iter().map(|lane| User { lane: *lane, object: std::ptr::null_mut() }).collect()
    }

    fn after(lane: u32, count: u64) -> Notice {
        Notice::After { lane, count }
    }

    /// So many lanes that have sent their first frames.
    fn lanes(count: u32) -> Order {
        let order = Order::default();
        for number in 1..=count {
            assert_eq!(named(&order, NOBODY, number, true), []);
        }
        order
    }

    /// What a frame of the lane says, which is not sent.
    fn named(order: &Order, after: After<'_>, own: u32, fresh: bool) -> Vec<Notice> {
        order.before(after, own, fresh).others
    }

    /// A one-way call that comes after all is sent: what it says.
    fn post_after_all(order: &Order, own: u32) -> Vec<Notice> {
        let before = order.before(After::All, own, false);
        order.sent(&before, order.post(own, None).0);
        before.others
    }

    /// A call of the lane is answered that was sent now.
    fn answer(order: &Order, own: u32) {
        order.answered(&order.before(NOBODY, own, false), order.posted(own));
    }

    #[test]
    fn a_frame_comes_after_what_others_have_sent_and_nobody_has_answered() {
        let order = lanes(3);
        assert_eq!((order.post(1, None), order.post(1, None), order.post(2, None)), ((1, 1), (2, 2), (1, 1)));
        assert_eq!(named(&order, After::All, 3, false), [after(1, 2), after(2, 1)]);
        assert_eq!(named(&order, After::All, 1, false), [after(2, 1)]);
        assert_eq!(named(&order, After::Users(&users(&[2, 3])), 1, false), [after(2, 1)]);
        assert_eq!(named(&order, NOBODY, 3, false), []);
        answer(&order, 1);
        assert_eq!(named(&order, After::All, 3, false), [after(2, 1)]);
        assert_eq!(order.post(1, None), (3, 1));
        assert_eq!(named(&order, After::Users(&users(&[1])), 3, false), [after(1, 3)]);
    }

    #[test]
    fn what_an_answered_call_came_after_is_not_named_again() {
        let order = lanes(3);
        assert_eq!((order.post(1, None), order.post(2, None)), ((1, 1), (1, 1)));
        order.answered(&order.before(After::All, 3, false), 0);
        assert_eq!(named(&order, After::All, 3, false), []);
        assert_eq!(named(&order, After::Users(&users(&[1])), 2, false), []);
    }

    #[test]
    fn what_is_posted_while_a_call_waits_is_not_served_with_it() {
        let order = lanes(3);
        order.post(1, None);
        let (call, posted) = (order.before(NOBODY, 1, false), order.posted(1));
        // By a callback in the call.
        assert_eq!(order.post(1, None), (2, 2));
        order.answered(&call, posted);
        assert_eq!(named(&order, After::All, 2, false), [after(1, 2)]);
        // The callback's own call is answered, and then read what came before.
        answer(&order, 1);
        order.answered(&call, posted);
        assert_eq!(named(&order, After::All, 2, false), []);
    }

    #[test]
    fn the_first_frame_of_a_lane_comes_after_the_earlier_lane_of_its_number() {
        let order = lanes(3);
        order.post(1, None);
        assert_eq!(named(&order, NOBODY, 1, false), []);
        assert_eq!(named(&order, NOBODY, 1, true), [after(1, 1)]);
        assert_eq!(named(&order, After::All, 1, false), []);
    }

    #[test]
    fn a_number_without_a_lane_orders_nothing() {
        let order = lanes(3);
        assert_eq!((order.post(0, None), order.posted(0)), ((0, 0), 0));
        assert_eq!(named(&order, After::Users(&users(&[0, (CHUNKS * CHUNK) as u32 + 1])), 1, false), []);
    }

    #[test]
    fn who_comes_after_all_names_the_milestone_and_what_came_since() {
        let order = lanes(4);
        assert_eq!((order.post(1, None), order.post(2, None)), ((1, 1), (1, 1)));
        assert_eq!(post_after_all(&order, 3), [after(1, 1), after(2, 1)]);
        assert_eq!(post_after_all(&order, 4), [after(3, 1)]);
        order.post(2, None);
        assert_eq!(post_after_all(&order, 1), [after(2, 2), after(4, 1)]);
        // Its own milestone is before it anyway.
        assert_eq!(named(&order, After::All, 1, false), []);
        // Who comes after certain lanes does not name it.
        assert_eq!(named(&order, After::Users(&users(&[2])), 3, false), [after(2, 2)]);
        // Once it is served, so is all that it came after.
        answer(&order, 1);
        assert_eq!(named(&order, After::All, 2, false), []);
    }

    #[test]
    fn of_two_that_come_after_all_at_the_same_time_one_is_the_milestone() {
        let order = lanes(4);
        order.post(1, None);
        let (one, other) = (order.before(After::All, 2, false), order.before(After::All, 3, false));
        order.post(4, None);
        order.sent(&other, order.post(3, None).0);
        order.sent(&one, order.post(2, None).0);
        assert_eq!(named(&order, After::All, 1, false), [after(2, 1), after(4, 1), after(3, 1)]);
    }

    #[test]
    fn many_threads_name_each_other_once() {
        const MANY: u32 = 500;
        let order = lanes(MANY);
        let named: usize = (1..=MANY).map(|own| post_after_all(&order, own).len()).sum();
        assert_eq!(named, MANY as usize - 1);
    }
}
