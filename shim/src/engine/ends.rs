//! Waits for commands that are known to be over: they return without asking.
//!
//! What is known was heard: a call has waited for the commands, or the worker has said so with a reply.

use std::ffi::c_void;

use crate::base::readable::is_readable;
use crate::book::board;
use crate::book::queues::Seen;
use crate::session::Session;

/// Most events that a wait is answered for here.
const MOST: u64 = 64;

/// The events of an array, if they are few and can be read.
///
/// # Safety
/// The array is null or has so many elements.
unsafe fn listed<'a>(events: *const *mut c_void, count: Option<u64>) -> &'a [*mut c_void] {
    let count = count.filter(|count| *count <= MOST && !events.is_null()).unwrap_or(0) as usize;
    if !events.is_aligned() || !is_readable(events.cast(), count * size_of::<*mut c_void>()) {
        return &[];
    }
    // SAFETY: by the caller's promise; the memory can be read.
    if count == 0 { &[] } else { unsafe { std::slice::from_raw_parts(events, count) } }
}

/// Whether all of these are events whose commands are known to have completed, and the vendor would not complain that they do
/// not belong together.
///
/// # Safety
/// `events` is null or leads to so many handles.
pub unsafe fn are_known(session: &Session, events: *const *mut c_void, count: Option<u64>, kind: u16) -> bool {
    if session.book.accepted.is_strict() {
        return false;
    }
    // SAFETY: by the caller's promise.
    let events = unsafe { listed(events, count) };
    let handles = &session.book.handles;
    let class = |event: *mut c_void| {
        let found = handles.find(event, kind)?;
        board::has_completed(handles.note(event)?).then_some(found.class)
    };
    let Some(first) = events.first().and_then(|event| class(*event)) else { return false };
    events[1..].iter().all(|event| class(*event) == Some(first))
}

/// A call has waited for the commands of these events, and none has failed.
///
/// # Safety
/// `events` is null or leads to so many handles.
pub unsafe fn heard(session: &Session, events: *const *mut c_void, count: Option<u64>, kind: u16) {
    // SAFETY: by the caller's promise.
    for event in unsafe { listed(events, count) } {
        if session.book.handles.find(*event, kind).is_some()
            && let Some(note) = session.book.handles.note(*event)
        {
            board::completed(note);
        }
    }
}

/// What is noted of a queue before a call waits for its commands; `None` if it is known to have none.
pub fn unless_empty(session: &Session, queue: *mut c_void, kind: u16) -> Option<Option<Seen>> {
    let handles = &session.book.handles;
    let note = handles.find(queue, kind).and_then(|_| handles.note(queue));
    let Some(note) = note.filter(|_| !session.book.accepted.is_strict()) else { return Some(None) };
    session.book.queues.unless_empty(note).map(Some)
}

/// A call has waited for the commands of a queue, and succeeded.
pub fn emptied(session: &Session, queue: *mut c_void, seen: Option<Seen>) {
    if let (Some(seen), Some(note)) = (seen, session.book.handles.note(queue)) {
        session.book.queues.emptied(note, seen);
    }
}
