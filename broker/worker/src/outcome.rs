//! What becomes of a call that gets no reply of its own.

use ava_protocol::frame::Malformed;

/// Why a call gets no reply of its own.
#[derive(Debug)]
pub enum Stop {
    /// The session ends.
    Malformed(Malformed),
    /// The call fails with this status, without the vendor.
    Refused(i64),
    /// The vendor's library has no such function.
    Missing(&'static str),
    /// The shim is gone.
    Closed,
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// A call that was answered, or why it was not.
pub type Outcome = Result<(), Stop>;
