//! Events: what a handle type says of the commands that its objects stand for.

use proc_macro2::Span;

/// `#[event(status = f(KEY), wait = g, notify = h, unordered = q(KEY) & BITS)]`: objects of this type tell how far commands
/// have got.
#[derive(Debug)]
pub struct Event {
    /// How far the command has got: greater than 0 while it goes on, 0 when it has completed, less when it has failed.
    pub status: Asked,
    /// Waits for the command.
    pub wait: Named,
    /// Has the vendor call back when the command has got so far.
    pub notify: Option<Named>,
    /// The question to a queue, and the bits of its answer that are set if the queue's commands complete in any order.
    pub unordered: Option<(Asked, i128)>,
    pub span: Span,
}

/// A function that an attribute of a type names.
#[derive(Debug)]
pub struct Named {
    pub function: String,
    pub at: Span,
}

/// `f(KEY)`: the number that a query answers by a key.
#[derive(Debug)]
pub struct Asked {
    pub by: Named,
    /// The constant's name.
    pub key: String,
}
