//! Queues that are known to have no commands left, which a call has told that waited for them: noted on the queue's handle.
//!
//! A call that may give a queue commands notes so when it has been sent. A call that waits looks before it is sent, so that it is
//! ordered after what it has seen noted; what is noted while it waits keeps the queue from counting as empty.
//!
//! - **Invariant**: once a call has returned that may have given a queue commands, the queue is not known to be empty until a
//!   later call has waited for it.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Of a note: whether the queue was empty when last heard of. Below it, how often the queue was filled; then, how often all
/// queues had been filled when it was found empty.
const EMPTY: u64 = 1 << 63;
const FILLED: u64 = 1 << 32;

/// The queues of a session.
#[derive(Debug, Default)]
pub struct Queues {
    /// How often calls were made that may have given commands to any queue.
    all: AtomicU32,
}

/// Queues that a call may give commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fills {
    None,
    One(*mut c_void),
    All,
}

/// What was noted before a call that waits.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    note: u64,
    all: u32,
}

impl Queues {
    /// What is noted of a queue, unless it is known to be empty.
    pub fn unless_empty(&self, note: &AtomicU64) -> Option<Seen> {
        let seen = Seen { note: note.load(Ordering::Acquire), all: self.all.load(Ordering::Acquire) };
        let is_empty = seen.note & EMPTY != 0 && seen.note as u32 == seen.all;
        (!is_empty).then_some(seen)
    }

    /// A call has waited for all that a queue was given. Nothing is known of it if it was given more since.
    pub fn emptied(&self, note: &AtomicU64, seen: Seen) {
        let empty = EMPTY | seen.note & !u64::from(u32::MAX) | u64::from(seen.all);
        let _ = note.compare_exchange(seen.note, empty, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// A call was sent that may have given commands to any queue.
    pub fn fill_all(&self) {
        self.all.fetch_add(1, Ordering::AcqRel);
    }
}

/// A call was sent that may have given a queue commands.
pub fn fill(note: &AtomicU64) {
    let filled = |noted: u64| Some((noted & !EMPTY).wrapping_add(FILLED) & !EMPTY);
    let _ = note.fetch_update(Ordering::AcqRel, Ordering::Relaxed, filled);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_empty_from_a_wait_to_the_next_command() {
        let (queues, note) = (Queues::default(), AtomicU64::new(0));
        for _ in 0..3 {
            let seen = queues.unless_empty(&note).expect("nobody has waited");
            queues.emptied(&note, seen);
            assert!(queues.unless_empty(&note).is_none());
            fill(&note);
        }
        let seen = queues.unless_empty(&note).expect("it was filled");
        queues.emptied(&note, seen);
        queues.fill_all();
        assert!(queues.unless_empty(&note).is_some());
    }

    #[test]
    fn what_is_given_while_a_call_waits_counts() {
        let (queues, note) = (Queues::default(), AtomicU64::new(0));
        let seen = queues.unless_empty(&note).expect("nobody has waited");
        fill(&note);
        queues.emptied(&note, seen);
        assert!(queues.unless_empty(&note).is_some());
        let seen = queues.unless_empty(&note).expect("it was filled");
        queues.fill_all();
        queues.emptied(&note, seen);
        assert!(queues.unless_empty(&note).is_some());
        // Two that wait at once.
        let (one, other) = (queues.unless_empty(&note).unwrap(), queues.unless_empty(&note).unwrap());
        queues.emptied(&note, one);
        fill(&note);
        queues.emptied(&note, other);
        assert!(queues.unless_empty(&note).is_some());
    }
}
