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

/// What is noted of an event: [`IS_OVER`] and its status, or [`WAS_POLLED`], what had been heard then, and how often the
/// board has answered since.
const IS_OVER: u64 = 1 << 63;
const WAS_POLLED: u64 = 1 << 62;
const COUNT_BITS: u32 = 16;
/// Most answers of the board before the worker is asked again: a vendor may get on with its commands only when asked.
const MOST: u64 = 4096;

/// What is known of an event without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Nothing,
    /// Its command has this status for good.
    Over(i32),
    /// Nothing was heard since it was polled, so that what the board shows counts.
    Shown(u64),
}

/// Reads an event's note, when so much has been heard.
pub fn known(note: &AtomicU64, heard: u64) -> Known {
    let noted = note.load(Ordering::Relaxed);
    if noted & IS_OVER != 0 {
        return Known::Over(noted as i32);
    }
    let is_fresh = noted & WAS_POLLED != 0 && noted >> COUNT_BITS == polled(heard) >> COUNT_BITS;
    if is_fresh && noted & ((1 << COUNT_BITS) - 1) < MOST { Known::Shown(noted) } else { Known::Nothing }
}

/// The board has answered. Not counted if another thread has noted something meanwhile, above all that the command is over.
pub fn answered(note: &AtomicU64, noted: u64) {
    let _ = note.compare_exchange(noted, noted + 1, Ordering::Relaxed, Ordering::Relaxed);
}

/// The worker has answered, and its answer was heard.
pub fn note(note: &AtomicU64, status: i32, heard: u64) {
    let noted = if status > OVER { polled(heard) } else { IS_OVER | u64::from(status as u32) };
    note.store(noted, Ordering::Relaxed);
}

/// The command is known to have completed, with success.
pub fn completed(note: &AtomicU64) {
    note.store(IS_OVER | u64::from(OVER as u32), Ordering::Relaxed);
}

fn polled(heard: u64) -> u64 {
    WAS_POLLED | heard << COUNT_BITS & (WAS_POLLED - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_board_counts_until_something_is_heard_or_it_has_answered_often() {
        let event = AtomicU64::new(0);
        assert_eq!(known(&event, 0), Known::Nothing);
        note(&event, 2, 7);
        assert_eq!(known(&event, 8), Known::Nothing);
        for _ in 0..MOST {
            let Known::Shown(noted) = known(&event, 7) else { panic!("the board does not count") };
            answered(&event, noted);
        }
        assert_eq!(known(&event, 7), Known::Nothing);
    }

    #[test]
    fn what_is_over_stays_so() {
        let event = AtomicU64::new(0);
        note(&event, 3, 7);
        let Known::Shown(noted) = known(&event, 7) else { panic!("the board does not count") };
        note(&event, -5, 8);
        answered(&event, noted);
        assert_eq!((known(&event, 7), known(&event, 9)), (Known::Over(-5), Known::Over(-5)));
    }
}
