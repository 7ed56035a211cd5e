//! The status of commands in shared memory, so that a program that polls does not cross each time.
//!
//! The board is one region of [`SLOTS`] words, each of which is for the events whose ids fall on it. The worker writes, the
//! shim reads.

use crate::wire::Slice;
use rkyv::{Archive, Serialize};

pub const SLOTS: u64 = 512;
pub const BYTES: u64 = SLOTS * 8;

/// Where the word of an event is.
#[must_use]
pub fn slot(event: u64) -> usize {
    (event % SLOTS) as usize
}

/// The word of an event whose command has this status. [`OVER`] stands for all that are final.
#[must_use]
pub fn word(event: u64, status: i32) -> u64 {
    event << 8 | status.clamp(OVER, 0xff) as u64
}

/// The event of a word, and its status.
#[must_use]
pub fn read(word: u64) -> (u64, i32) {
    (word >> 8, (word & 0xff) as i32)
}

/// The command has completed, or failed. What goes on has a greater status.
pub const OVER: i32 = 0;

/// Gives the board; answered with [`Done`](super::Done).
#[derive(Archive, Serialize, Debug)]
pub struct Share {
    pub region: Slice,
}

/// Asks for the status of a command, which the board is to show from now on.
#[derive(Archive, Serialize, Debug)]
pub struct Poll {
    pub event: u64,
}

#[derive(Archive, Serialize, Debug)]
pub struct Polled {
    /// Whether the vendor has told the status; else what it returned instead.
    pub ok: bool,
    pub ret: i32,
    pub status: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_which_event_and_how_far_it_has_got() {
        assert_eq!(read(word(7, 2)), (7, 2));
        assert_eq!(read(word(u64::MAX >> 8, -5)), (u64::MAX >> 8, OVER));
        assert_eq!(slot(SLOTS + 3), slot(3));
        assert!(slot(u64::MAX) < SLOTS as usize);
    }
}
