//! Counts the one-way calls of each lane, so that a call of another thread can be ordered after them.
//!
//! A program synchronizes its threads by itself, which AvA cannot see; only calls on the same objects show the order. So
//! every object records the lane that used it last, and the next call on it makes the worker first serve everything that
//! this lane has sent before. A call that names no such object, or releases one that others may use without naming it, is
//! ordered after all calls.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

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
}

/// The number of one-way calls that a lane sent, and of those that the worker is known to have served.
#[derive(Debug, Default)]
struct Lane {
    posted: AtomicU64,
    served: AtomicU64,
}

/// The lanes whose calls come before a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Those of these lanes.
    Lanes(Vec<u32>),
    All,
}

impl Order {
    /// What the next frame of the lane `own` says about the lanes that it comes after. Of a lane that is `fresh`, it is the
    /// first: an earlier lane may have had the number, and what that has sent comes first.
    pub fn notices(&self, after: &After, own: u32, fresh: bool) -> Vec<Notice> {
        let notice = |number: u32| {
            let lane = self.lane(number)?;
            let count = lane.posted.load(Ordering::Acquire);
            (lane.served.load(Ordering::Relaxed) < count).then_some(Notice::After { lane: number, count })
        };
        let mut notices = Vec::new();
        if fresh {
            self.used.fetch_max(own as usize, Ordering::Relaxed);
            notices.extend(notice(own));
        }
        let is_other = |number: &u32| *number != own;
        match after {
            After::All => {
                let used = self.used.load(Ordering::Acquire) as u32;
                notices.extend((1..=used).filter(is_other).filter_map(notice));
            }
            After::Lanes(numbers) => notices.extend(numbers.iter().copied().filter(is_other).filter_map(notice)),
        }
        notices
    }

    /// A lane sends another one-way call. Returns how many of its calls may not have been served yet.
    pub fn post(&self, number: u32) -> u64 {
        let Some(lane) = self.lane(number) else { return 0 };
        lane.posted.fetch_add(1, Ordering::AcqRel) + 1 - lane.served.load(Ordering::Relaxed)
    }

    /// The number of one-way calls that a lane has sent.
    pub fn posted(&self, number: u32) -> u64 {
        self.lane(number).map_or(0, |lane| lane.posted.load(Ordering::Relaxed))
    }

    /// A call was answered before which its lane had posted so many, which have all been served.
    pub fn answered(&self, number: u32, posted: u64) {
        if let Some(lane) = self.lane(number)
            && lane.served.load(Ordering::Relaxed) < posted
        {
            lane.served.store(posted, Ordering::Relaxed);
        }
    }

    fn lane(&self, number: u32) -> Option<&Lane> {
        let at = (number as usize).checked_sub(1)?;
        let chunk = self.lanes.get(at / CHUNK)?.get_or_init(Box::default);
        Some(&chunk[at % CHUNK])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lane: u32, count: u64) -> Notice {
        Notice::After { lane, count }
    }

    /// Three lanes that have sent their first frames.
    fn three() -> Order {
        let order = Order::default();
        for number in 1..=3 {
            assert_eq!(order.notices(&After::Lanes(Vec::new()), number, true), []);
        }
        order
    }

    #[test]
    fn a_frame_comes_after_what_others_have_sent_and_nobody_has_answered() {
        let order = three();
        assert_eq!((order.post(1), order.post(1), order.post(2)), (1, 2, 1));
        assert_eq!(order.notices(&After::All, 3, false), [after(1, 2), after(2, 1)]);
        assert_eq!(order.notices(&After::All, 1, false), [after(2, 1)]);
        assert_eq!(order.notices(&After::Lanes(vec![2, 3]), 1, false), [after(2, 1)]);
        assert_eq!(order.notices(&After::Lanes(Vec::new()), 3, false), []);
        order.answered(1, order.posted(1));
        assert_eq!(order.notices(&After::All, 3, false), [after(2, 1)]);
        assert_eq!(order.post(1), 1);
        assert_eq!(order.notices(&After::Lanes(vec![1]), 3, false), [after(1, 3)]);
    }

    #[test]
    fn what_is_posted_while_a_call_waits_is_not_served_with_it() {
        let order = three();
        order.post(1);
        let before = order.posted(1);
        // By a callback in the call.
        order.post(1);
        order.answered(1, before);
        assert_eq!(order.notices(&After::All, 2, false), [after(1, 2)]);
        // The callback's own call is answered, and then read what came before.
        order.answered(1, 2);
        order.answered(1, before);
        assert_eq!(order.notices(&After::All, 2, false), []);
    }

    #[test]
    fn the_first_frame_of_a_lane_comes_after_the_earlier_lane_of_its_number() {
        let order = three();
        order.post(1);
        assert_eq!(order.notices(&After::Lanes(Vec::new()), 1, false), []);
        assert_eq!(order.notices(&After::Lanes(Vec::new()), 1, true), [after(1, 1)]);
        assert_eq!(order.notices(&After::All, 1, false), []);
    }

    #[test]
    fn a_number_without_a_lane_orders_nothing() {
        let order = three();
        assert_eq!((order.post(0), order.posted(0)), (0, 0));
        assert_eq!(order.notices(&After::Lanes(vec![0, (CHUNKS * CHUNK) as u32 + 1]), 1, false), []);
    }
}
