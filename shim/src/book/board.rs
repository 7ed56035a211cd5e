//! How far commands have got, where the worker writes it down: an event's note, and the board in shared memory.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::engine::board::{OVER, read, slot};

use crate::book::regions::Lease;

/// The board, once the worker has it; `None` if there was no memory for it.
#[derive(Default)]
pub struct Board(pub OnceLock<Option<Lease>>);

impl Board {
    /// The session is lost: nothing is written there any more.
    pub fn close(&self) {
        self.0.get().into_iter().flatten().for_each(|lease| lease.region.discard());
    }

    /// How far a command has got that goes on, if the board shows it.
    pub fn status(&self, event: u64) -> Option<i32> {
        let lease = self.0.get()?.as_ref()?;
        let (shown, status) = read(lease.region.word(slot(event))?.load(Ordering::Acquire));
        (shown == event && status > OVER).then_some(status)
    }
}

/// What is noted of an event: [`IS_OVER`] and its status, or [`WAS_POLLED`], what had been heard then, at what time, and how
/// often the board has answered since.
const IS_OVER: u64 = 1 << 63;
const WAS_POLLED: u64 = 1 << 62;
const COUNT_BITS: u32 = 16;
const TIME_BITS: u32 = 12;
/// Most answers of the board before the worker is asked again: a vendor may get on with its commands only when asked.
const MOST: u64 = 4096;
/// Most units of time that the board answers for.
const LONGEST: u64 = 1;

/// What is known of an event without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Nothing,
    /// Its command has this status for good.
    Over(i32),
    /// Nothing was heard since it was polled, so that what the board shows counts.
    Shown(u64),
}

/// What has been heard so far, and the time, in units of a few milliseconds: always 0 if the vendor tells of every end.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub heard: u64,
    pub time: u64,
}

/// Reads an event's note.
pub fn known(note: &AtomicU64, now: Now) -> Known {
    let noted = note.load(Ordering::Relaxed);
    if noted & IS_OVER != 0 {
        return Known::Over(noted as i32);
    }
    let is_news = noted & WAS_POLLED == 0 || (noted ^ polled(now)) >> (COUNT_BITS + TIME_BITS) != 0;
    let elapsed = now.time.wrapping_sub(noted >> COUNT_BITS) & ((1 << TIME_BITS) - 1);
    let often = noted & ((1 << COUNT_BITS) - 1);
    if is_news || elapsed > LONGEST || often >= MOST { Known::Nothing } else { Known::Shown(noted) }
}

/// The board has answered. Not counted if another thread has noted something meanwhile, above all that the command is over.
pub fn answered(note: &AtomicU64, noted: u64) {
    let _ = note.compare_exchange(noted, noted + 1, Ordering::Relaxed, Ordering::Relaxed);
}

/// The worker has answered, and its answer was heard.
pub fn note(note: &AtomicU64, status: i32, now: Now) {
    let noted = if status > OVER { polled(now) } else { IS_OVER | u64::from(status as u32) };
    note.store(noted, Ordering::Relaxed);
}

/// The worker has said nothing that stays.
pub fn forget(note: &AtomicU64) {
    note.store(0, Ordering::Relaxed);
}

/// The command is known to have completed, with success.
pub fn completed(note: &AtomicU64) {
    note.store(IS_OVER | u64::from(OVER as u32), Ordering::Relaxed);
}

/// Whether the command is known to have completed, with success.
pub fn has_completed(note: &AtomicU64) -> bool {
    note.load(Ordering::Relaxed) == IS_OVER | u64::from(OVER as u32)
}

/// A note that counts from now on.
fn polled(Now { heard, time }: Now) -> u64 {
    let time = (time & ((1 << TIME_BITS) - 1)) << COUNT_BITS;
    WAS_POLLED | heard << (COUNT_BITS + TIME_BITS) & (WAS_POLLED - 1) | time
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(heard: u64, time: u64) -> Now {
        Now { heard, time }
    }

    #[test]
    fn the_board_counts_until_something_is_heard_or_it_has_answered_often() {
        let event = AtomicU64::new(0);
        assert_eq!(known(&event, at(0, 0)), Known::Nothing);
        note(&event, 2, at(7, 0));
        assert_eq!(known(&event, at(8, 0)), Known::Nothing);
        for _ in 0..MOST {
            let Known::Shown(noted) = known(&event, at(7, 0)) else { panic!("the board does not count") };
            answered(&event, noted);
        }
        assert_eq!(known(&event, at(7, 0)), Known::Nothing);
    }

    #[test]
    fn the_board_counts_for_a_while() {
        let event = AtomicU64::new(0);
        for start in [0, 5, (1 << TIME_BITS) - 1] {
            note(&event, 2, at(7, start));
            let counts = |time| matches!(known(&event, at(7, time)), Known::Shown(_));
            assert!(counts(start) && counts(start + LONGEST), "{start}");
            assert!(!counts(start + LONGEST + 1) && !counts(start + 1000), "{start}");
        }
        forget(&event);
        assert_eq!(known(&event, at(0, 0)), Known::Nothing);
    }

    #[test]
    fn what_is_over_stays_so() {
        let event = AtomicU64::new(0);
        note(&event, 3, at(7, 0));
        let Known::Shown(noted) = known(&event, at(7, 0)) else { panic!("the board does not count") };
        note(&event, -5, at(8, 0));
        answered(&event, noted);
        assert_eq!((known(&event, at(7, 0)), known(&event, at(9, 0))), (Known::Over(-5), Known::Over(-5)));
    }
}
