//! What the vendor says outside of answers: callbacks, and what it writes to standard output and error.

pub mod callbacks;
pub mod stdio;
