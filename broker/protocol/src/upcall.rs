//! What travels on a session's control channel between shim and worker once the broker has welcomed it.

use rkyv::{Archive, Deserialize, Serialize};

/// Shim to worker, with one descriptor attached: the worker's end of a new lane.
pub const OPEN_LANE: &[u8] = b"lane";

/// Worker to shim, in the order in which it happened.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Called(Upcall),
    Said(Said),
}

/// The vendor has written to an output that it believes to be the program's.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub stream: Stream,
    pub bytes: Vec<u8>,
    /// Count of the session's messages of this kind with this one, from 1.
    pub number: u64,
}

/// Where the vendor has written to, which is where the program's library writes.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// `stdout` of the C library, with the buffer that the program has there.
    Buffered,
    /// Descriptor 1.
    Output,
    /// Descriptor 2.
    Error,
}

/// Longest run of bytes in one [`Said`].
pub const LONGEST_SAID: usize = 32 << 10;

/// Worker to shim: the vendor has called one of the program's callbacks.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Upcall {
    /// The registration, as the shim numbered it.
    pub callback: u64,
    pub args: Vec<Arg>,
    /// Notices that hold by the time of the call, as in a frame.
    pub notices: Vec<u64>,
    /// Count of the session's upcalls with this one, from 1.
    pub number: u64,
}

/// How long a callback of the program's is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Until it is called.
    Call,
    /// As long as the object that the registering call is about.
    Object,
    /// As long as the session: what it is about may be gone before it is called for the last time.
    Session,
}

/// One argument of a callback.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// A scalar, sign-extended.
    Int(u64),
    /// An object id; 0 is null.
    Handle(u64),
    /// Bytes behind a pointer, `None` for null.
    Bytes(Option<Vec<u8>>),
}

/// Longest run of bytes that a callback's argument carries: with as many notices as there may be, the message of a
/// callback with two such arguments must not be too long.
pub const LONGEST_BYTES: usize = 7 << 10;
