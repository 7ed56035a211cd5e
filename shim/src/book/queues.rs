//! Queues that are known to have no commands left, which a call has told that waited for them: noted on the queue's handle.
//!
//! A call that may give a queue commands notes so when it has been sent. A call that waits looks before it is sent, so that it is
//! ordered after what it has seen noted; what is noted while it waits keeps the queue from counting as empty.
//!
//! - **Invariant**: once a call has returned that may have given a queue commands, the queue is not known to be empty until a
//!   later call has waited for it.
//!
//! While a queue is known to be empty and no other thread has a call on it, this process may do what a command would do
//! ([`Queues::while_empty`]). The queue's mark tells the latter ([`crate::book::turn`]): it is the own lane's only if no other
//! call on the queue is under way that comes after the own lane's last. A thread that sets a mark in the place of another's waits
//! until nobody does such a thing. All of this is in one order (`SeqCst`), so that one of the two sees the other.
//!
//! - **Invariant**: what is done in the place of a command is over before another thread's call on the queue is sent.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Of a note: whether the queue was empty when last heard of; whether it is known to be in order or not to be, and which; and
/// whether somebody has wanted to know. Below them, how often the queue was filled; then, how often all queues had been filled
/// when it was found empty.
const EMPTY: u64 = 1 << 63;
const ORDER_KNOWN: u64 = 1 << 62;
const IN_ORDER: u64 = 1 << 61;
const ORDER_WANTED: u64 = 1 << 60;
const FILLED: u64 = 1 << 32;
const ALL_FILLED: u64 = FILLED - 1;
const COUNT: u64 = (ORDER_WANTED - 1) & !ALL_FILLED;

/// The queues of a session.
#[derive(Debug, Default)]
pub struct Queues {
    /// How often calls were made that may have given commands to any queue.
    all: AtomicU32,
    /// How many threads do what a command would do, or are about to look whether they may.
    busy: AtomicU32,
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
        let empty = EMPTY | seen.note & !ALL_FILLED | u64::from(seen.all);
        let _ = note.compare_exchange(seen.note, empty, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Does what a command would do if the queue has none, and the thread of this lane has made the last call on it: `mark` is
    /// the queue's. Whether it was done.
    pub fn while_empty(&self, note: &AtomicU64, mark: &AtomicU32, lane: u32, act: impl FnOnce()) -> bool {
        let _busy = Busy::begin(&self.busy);
        let may = mark.load(Ordering::SeqCst) == lane && self.unless_empty(note).is_none();
        if may {
            act();
        }
        may
    }

    /// Waits until nobody does what a command would do. The own thread has set a mark before.
    pub fn settle(&self) {
        while self.busy.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
    }

    /// A call was sent that may have given commands to any queue.
    pub fn fill_all(&self) {
        self.all.fetch_add(1, Ordering::AcqRel);
    }
}

/// A call was sent that may have given a queue commands.
pub fn fill(note: &AtomicU64) {
    let filled = |noted: u64| Some(noted & !(EMPTY | COUNT) | noted.wrapping_add(FILLED) & COUNT);
    let _ = note.fetch_update(Ordering::AcqRel, Ordering::Relaxed, filled);
}

/// Whether a queue's commands are done in their order, so that who has waited for one has waited for those before it. `ask` finds
/// out, which costs a crossing: for queues of which this is wanted a second time. `false` where it is not known.
///
/// # Errors
/// Those of `ask`.
pub fn is_in_order<E>(note: &AtomicU64, ask: impl FnOnce() -> Result<bool, E>) -> Result<bool, E> {
    let noted = note.load(Ordering::Relaxed);
    if noted & ORDER_KNOWN != 0 {
        return Ok(noted & IN_ORDER != 0);
    }
    if noted & ORDER_WANTED == 0 {
        note.fetch_or(ORDER_WANTED, Ordering::Relaxed);
        return Ok(false);
    }
    let is = ask()?;
    note.fetch_or(ORDER_KNOWN | if is { IN_ORDER } else { 0 }, Ordering::Relaxed);
    Ok(is)
}

/// A thread that does what a command would do, as long as it lives.
struct Busy<'a>(&'a AtomicU32);

impl<'a> Busy<'a> {
    fn begin(threads: &'a AtomicU32) -> Self {
        threads.fetch_add(1, Ordering::SeqCst);
        Self(threads)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
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

    #[test]
    fn what_is_known_of_the_order_stays() {
        let (queues, note) = (Queues::default(), AtomicU64::new(0));
        let order = |answer| is_in_order(&note, || Ok::<_, ()>(answer)).unwrap();
        // Asked when it is wanted again.
        assert!(!order(true) && order(true) && order(false));
        for _ in 0..3 {
            fill(&note);
            queues.emptied(&note, queues.unless_empty(&note).unwrap());
            assert!(queues.unless_empty(&note).is_none() && order(false));
        }
        let other = AtomicU64::new(COUNT);
        assert_eq!(is_in_order(&other, || Err(())), Ok(false));
        assert_eq!(is_in_order(&other, || Err(())), Err(()));
        // The count begins again, and changes nothing else.
        fill(&other);
        assert_eq!(other.load(Ordering::Relaxed), ORDER_WANTED);
        assert_eq!(is_in_order(&other, || Ok::<_, ()>(false)), Ok(false));
        assert_eq!(is_in_order(&other, || Ok::<_, ()>(true)), Ok(false));
    }

    #[test]
    fn what_a_command_would_do_is_done_by_the_last_user_of_an_empty_queue() {
        let (queues, note, mark) = (Queues::default(), AtomicU64::new(0), AtomicU32::new(1));
        let mut done = 0;
        let mut act = |lane| queues.while_empty(&note, &mark, lane, || done += 1);
        assert!(!act(1));
        queues.emptied(&note, queues.unless_empty(&note).unwrap());
        assert!(act(1) && act(1) && !act(2));
        mark.store(2, Ordering::SeqCst);
        assert!(!act(1) && act(2));
        fill(&note);
        assert!(!act(2));
        assert_eq!(done, 3);
        queues.settle();
    }

    #[test]
    fn another_threads_call_waits_for_what_is_done() {
        let (queues, note, mark) = (Queues::default(), AtomicU64::new(0), AtomicU32::new(1));
        queues.emptied(&note, queues.unless_empty(&note).unwrap());
        let (began, over) = (std::sync::Barrier::new(2), std::sync::atomic::AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                began.wait();
                mark.store(2, Ordering::SeqCst);
                queues.settle();
                assert!(over.load(Ordering::Relaxed));
            });
            assert!(queues.while_empty(&note, &mark, 1, || {
                began.wait();
                // Long enough for the other to go on too early; if it does not, less is tested.
                std::thread::sleep(std::time::Duration::from_millis(20));
                over.store(true, Ordering::Relaxed);
            }));
        });
    }
}
