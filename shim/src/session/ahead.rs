//! Answers that the worker sends before the program asks.
//!
//! - **Invariant**: they count when all that came with the reply behind them is in place: data, and what the vendor wrote.

use ava_protocol::ahead::{ArchivedAnswers, ArchivedKnown, LONGEST, MOST};
use ava_protocol::spec::Answer;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use super::core::Session;
use crate::base::fault::Fault;
use crate::book::board;
use crate::book::handles::Found;

/// Whom an answer is about.
enum Holder {
    Object,
    Class,
}

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
            let found = handles.any(handles.pointer(object));
            let (mut shared, mut own) = (Vec::with_capacity(of_one.len()), Vec::with_capacity(of_one.len()));
            for known in of_one {
                let (value, len) = self.value(known).ok_or_else(|| self.refuse("an answer that is none"))?;
                match found.and_then(|found| self.holder(found, known, &value[..len])) {
                    Some(Holder::Class) => shared.push((known, value, len)),
                    Some(Holder::Object) => own.push((known, value, len)),
                    None => (),
                }
            }
            if let Some(class) = found.and_then(|found| found.alike()) {
                let shared = shared.iter().map(|(known, value, len)| (*known, &value[..*len]));
                self.book.answers.bring_shared(class, shared);
            }
            let own = own.iter().map(|(known, value, len)| (*known, &value[..*len]));
            self.book.answers.bring(handles, object, own);
        }
        Ok(())
    }

    /// Whose answer it is; `None` if it is none to be kept.
    fn holder(&self, found: Found, known: &ArchivedKnown, value: &[u8]) -> Option<Holder> {
        let query = self.api.ahead.iter().find(|query| query.function == known.function.to_native());
        let answer = query.and_then(|query| query.values.answer(known.key.to_native()));
        let is_alike = |kind: u16| self.api.kind(kind).alike;
        let is_shared = found.alike().is_some() && answer.is_some_and(|answer| answer.is_shared(value, is_alike));
        if !known.changes {
            return Some(if is_shared { Holder::Class } else { Holder::Object });
        }
        // A count is one of 4 bytes, to which more is added.
        let is_count = found.alike().is_some() && matches!(answer, Some(Answer::References)) && value.len() == 4;
        (found.untouched && (is_shared || is_count)).then_some(Holder::Class)
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
