//! Marks in queues: how far a queue has got, where the vendor says of no command whether it runs.

use std::ffi::c_void;

/// A mark, which a queue reaches when all is done that it was given before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The vendor's event, which is the worker's own.
    pub event: usize,
    /// What the event is in, and ends with.
    pub place: usize,
}

/// What an API's vendor has for marks.
pub trait Marks {
    /// Puts a mark behind all that a queue was given; null is the queue of calls that name none, or of a `twin`'s. `None` where that
    /// fails, or what the queue is given is only recorded.
    fn put(&self, queue: *mut c_void, twin: bool) -> Option<Mark>;

    /// The calling thread asks about marks from now on, and does nothing else.
    fn begin_asking(&self) {}

    /// Whether a queue has got so far, or nobody will ever know. Never waits.
    fn is_reached(&self, mark: Mark) -> bool;

    /// Nobody asks about a mark any more, which may be reached or not: it is put again.
    fn give_back(&self, mark: Mark);

    /// Forgets the places that have ended.
    fn sweep(&self);

    /// Whether a place has marks, and has not been forgotten.
    fn has(&self, place: usize) -> bool;
}

/// For APIs that need none.
pub struct NoMarks;

impl Marks for NoMarks {
    fn put(&self, _: *mut c_void, _: bool) -> Option<Mark> {
        None
    }
    fn is_reached(&self, _: Mark) -> bool {
        true
    }
    fn give_back(&self, _: Mark) {}
    fn sweep(&self) {}
    fn has(&self, _: usize) -> bool {
        false
    }
}
