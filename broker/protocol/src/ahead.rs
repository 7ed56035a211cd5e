//! Answers that the program has not asked for yet: the body of a [`Tag::Answers`](crate::frame::Tag::Answers) frame.

use rkyv::{Archive, Serialize};

/// The longest answer that is sent unasked, in bytes.
pub const LONGEST: usize = 16;
/// Most answers in one frame.
pub const MOST: usize = 2048;
/// With the events beside them they fit a frame.
const _: () = assert!(MOST * size_of::<ArchivedKnown>() < crate::frame::LONGEST / 4 * 3);

/// What the worker knows before its next reply.
#[derive(Archive, Serialize, Debug, Default)]
pub struct Answers {
    /// Events whose commands have completed, with success.
    pub over: Vec<u64>,
    pub known: Vec<Known>,
}

/// The answer of a query by key, which stays, or else is that about a new object.
#[derive(Archive, Serialize, Debug, Clone, Copy)]
pub struct Known {
    /// The object that it is about.
    pub object: u64,
    pub key: i64,
    pub value: [u8; LONGEST],
    pub function: u32,
    /// The handle type of the objects that the value is ids of; 0 for plain bytes.
    pub kind: u16,
    pub len: u8,
    /// It may change when something is done to the object: for objects that are made alike.
    pub changes: bool,
}
