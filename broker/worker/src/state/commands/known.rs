//! What a command is known by, and what the vendor says of that.

use crate::state::events::Events;
use crate::state::marks::{Mark, Marks};

/// What a vendor says of a command that runs, where 0 is one that is over.
const RUNS: i32 = 1;

/// What a command is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Its event.
    Event(usize),
    /// Marks before and behind it. There is none behind it until its call has returned.
    Marks(Mark, Option<Mark>),
}

/// What the vendor says of it.
pub(super) enum State {
    Waits,
    Runs,
    IsOver,
}

/// Whom to ask.
#[derive(Clone, Copy)]
pub struct Vendor<'a> {
    pub events: &'a dyn Events,
    pub marks: &'a dyn Marks,
}

impl Vendor<'_> {
    /// How far a command has got.
    pub(super) fn state(&self, known: Known) -> State {
        match known {
            Known::Event(event) => match self.events.status(event) {
                Ok(RUNS) => State::Runs,
                Ok(1..) => State::Waits,
                _ => State::IsOver,
            },
            Known::Marks(before, _) if !self.marks.is_reached(before) => State::Waits,
            Known::Marks(_, Some(behind)) if self.marks.is_reached(behind) => State::IsOver,
            Known::Marks(..) => State::Runs,
        }
    }

    /// Whether a command of a queue runs behind those that were given before.
    pub(super) fn is_ordered(&self, known: Known, queue: usize) -> bool {
        match known {
            Known::Event(_) => self.events.is_ordered(queue),
            Known::Marks(..) => true,
        }
    }

    /// Nobody asks about it any more.
    pub(super) fn release(&self, known: Known) {
        match known {
            Known::Event(event) => self.events.release(event),
            Known::Marks(before, behind) => {
                self.marks.give_back(before);
                behind.into_iter().for_each(|mark| self.marks.give_back(mark));
            }
        }
    }
}
