//! Messages on a session's control channel between shim and worker, after the broker's welcome.

use rkyv::{Archive, Deserialize, Serialize};

/// Shim to worker, with one descriptor attached: the worker's end of a new lane.
pub const OPEN_LANE: &[u8] = b"lane";
/// The same, from a program that asks for every answer itself and is to be sent none ahead. It says so with its first lane.
pub const OPEN_STRICT_LANE: &[u8] = b"lane, strict";

/// Worker to shim, in order.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Called(Upcall),
    Said(Said),
}

/// Output that the vendor has written for the program.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub stream: Stream,
    pub bytes: Vec<u8>,
    /// Number of this message among the session's messages of this kind, from 1.
    pub number: u64,
}

/// The stream that the vendor has written to, and the shim writes to.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// `stdout` of the C library, through the program's buffer.
    Buffered,
    /// Descriptor 1.
    Output,
    /// Descriptor 2.
    Error,
}

/// Most bytes in one [`Said`].
pub const LONGEST_SAID: usize = 32 << 10;

/// Worker to shim: the vendor has called one of the program's callbacks.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Upcall {
    /// The registration, as the shim numbered it.
    pub callback: u64,
    pub args: Vec<Arg>,
    /// Notices that apply at the time of the call, as in a frame.
    pub notices: Vec<u64>,
    /// Number of this message among the session's upcalls, from 1.
    pub number: u64,
    /// The vendor waits until the program's function has returned: the shim says when.
    pub awaited: bool,
    /// The vendor may call it again, though it is one that is called once as a rule.
    pub again: bool,
}

impl Upcall {
    /// A call of a registration that nobody waits for.
    #[must_use]
    pub fn new(callback: u64, args: Vec<Arg>) -> Self {
        Self { callback, args, notices: Vec::new(), number: 0, awaited: false, again: false }
    }
}

/// The lifetime of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Until it is called.
    Call,
    /// As long as the object that the registering call is about.
    Object,
    /// As long as the session: its object may be gone before its last call.
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

/// Most bytes of a callback's argument: with the maximum number of notices, the message of a callback with two such
/// arguments must not be too long.
pub const LONGEST_BYTES: usize = 7 << 10;
