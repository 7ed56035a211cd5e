//! Answers that are numbers and structs and do not change: what was asked before is not asked again.

use std::ffi::c_void;

use crate::book::handles::ALIKE;
use crate::session::Session;

/// What questions are about that name no object.
const NOTHING: u64 = ALIKE | 1;

/// What is asked: the function, the object, and all else that the answer depends on.
pub struct Question {
    session: &'static Session,
    words: [u64; 3],
}

/// Where a part of an answer goes, and its size in bytes.
pub type Place = (*mut u8, usize);

impl Question {
    /// A question by a function about objects (handles and their types) and numbers. The answer `changes` with certain calls.
    ///
    /// `None` if a handle is neither live nor a value that is no object, or if nothing is known of what the answer depends on
    /// besides.
    pub fn new(
        session: &'static Session,
        opcode: u32,
        objects: &[(*mut c_void, u16)],
        numbers: &[u64],
        changes: bool,
    ) -> Option<Self> {
        let book = &session.book;
        let mut key = book.accepted.key(opcode);
        key.mix(session.foresight.map_or(Some(0), |foresight| foresight.place())?);
        key.mix(if changes { book.answers.changes() } else { 0 });
        let mut about = NOTHING;
        for (handle, kind) in objects {
            let id = match book.handles.find(*handle, *kind) {
                Some(found) => {
                    about = if about == NOTHING { found.id } else { about };
                    found.id
                }
                None if handle.is_null() => 0,
                None => book.handles.plain(*handle, *kind)?,
            };
            key.mix(id);
        }
        numbers.iter().for_each(|number| key.mix(*number));
        Some(Self { session, words: [opcode.into(), about, key.class()] })
    }

    /// Answers it, if the answer is known and each part has a place.
    ///
    /// # Safety
    /// The places are null or as large as is said.
    pub unsafe fn recall(&self, places: &[Place]) -> bool {
        let len = places.iter().map(|(_, size)| size).sum();
        let has_places = places.iter().all(|(place, _)| !place.is_null());
        has_places
            && self.session.book.answers.give(&self.words, |mut bytes| {
                if bytes.len() != len {
                    return false;
                }
                for (place, size) in places {
                    let (part, rest) = bytes.split_at(*size);
                    // SAFETY: by the caller's promise.
                    unsafe { std::ptr::copy_nonoverlapping(part.as_ptr(), *place, *size) };
                    bytes = rest;
                }
                true
            })
    }

    /// Keeps the answer, which is in its places.
    ///
    /// # Safety
    /// As for [`Question::recall`].
    pub unsafe fn remember(&self, places: &[Place]) {
        if places.iter().any(|(place, _)| place.is_null()) {
            return;
        }
        // SAFETY: by the caller's promise.
        let part = |&(place, size): &Place| unsafe { std::slice::from_raw_parts(place.cast_const(), size) };
        let bytes: Vec<u8> = places.iter().flat_map(part).copied().collect();
        self.session.book.answers.learn(&self.session.book.handles, &self.words, &bytes);
    }
}
