//! Answers that the worker sends before the program asks.
//!
//! - **Invariant**: they count when all that came with the reply behind them is in place: data, and what the vendor wrote.

use ava_protocol::ahead::{ArchivedAnswers, ArchivedKnown, LONGEST, MOST};
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use super::core::Session;
use crate::base::fault::Fault;
use crate::book::board;

impl Session {
    /// Takes in what a frame says.
    ///
    /// # Errors
    /// It is none that a worker sends: the session is lost.
    pub(super) fn take_answers(&'static self, body: &AlignedVec) -> Result<(), Fault> {
        let answers =
            rkyv::access::<ArchivedAnswers, Failure>(body).map_err(|_| self.refuse("answers that are none"))?;
        if answers.known.len() > MOST {
            return Err(self.refuse("too many answers"));
        }
        if self.book.accepted.is_strict() {
            return Err(self.refuse("answers that nobody wants"));
        }
        let handles = &self.book.handles;
        for event in answers.over.iter() {
            let event = handles.pointer(event.to_native());
            if handles.any(event).is_some_and(|found| self.api.kind(found.kind).event)
                && let Some(note) = handles.note(event)
            {
                board::completed(note);
            }
        }
        for of_one in answers.known.chunk_by(|one, other| one.object == other.object) {
            let mut values = Vec::with_capacity(of_one.len());
            for known in of_one {
                values.push((known, self.value(known).ok_or_else(|| self.refuse("an answer that is none"))?));
            }
            let bytes = values.iter().map(|(known, (value, len))| (*known, &value[..*len]));
            self.book.answers.bring(handles, of_one[0].object.to_native(), bytes);
        }
        Ok(())
    }

    /// An answer as the program is given it, and its length; `None` if no worker sends such.
    fn value(&self, known: &ArchivedKnown) -> Option<([u8; LONGEST], usize)> {
        let (mut value, len, kind) = (known.value, usize::from(known.len), known.kind.to_native());
        let bytes = value.get_mut(..len)?;
        if kind != 0 {
            if usize::from(kind) > self.api.kinds.len() || len % size_of::<u64>() != 0 {
                return None;
            }
            self.book.handles.translate(bytes, kind, false);
        }
        Some((value, len))
    }
}

#[cfg(test)]
mod tests;
