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
            let object = of_one[0].object.to_native();
            let class = handles.any(handles.pointer(object)).and_then(|found| found.alike());
            let (mut shared, mut own) = (Vec::with_capacity(of_one.len()), Vec::new());
            for known in of_one {
                let (value, len) = self.value(known).ok_or_else(|| self.refuse("an answer that is none"))?;
                let of = if class.is_some() && self.is_shared(known, &value[..len]) { &mut shared } else { &mut own };
                of.push((known, value, len));
            }
            if let Some(class) = class {
                let shared = shared.iter().map(|(known, value, len)| (*known, &value[..*len]));
                self.book.answers.bring_shared(class, shared);
            }
            let own = own.iter().map(|(known, value, len)| (*known, &value[..*len]));
            self.book.answers.bring(handles, object, own);
        }
        Ok(())
    }

    /// Whether an answer is also that about objects which were made alike.
    fn is_shared(&self, known: &ArchivedKnown, value: &[u8]) -> bool {
        let query = self.api.ahead.iter().find(|query| query.function == known.function.to_native());
        let answer = query.and_then(|query| query.values.answer(known.key.to_native()));
        answer.is_some_and(|answer| answer.is_shared(value, |kind| self.api.kind(kind).alike))
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
