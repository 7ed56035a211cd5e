//! Before the vendor: every call whose table entry has a `charge` passes here before the vendor is called, with what it is
//! about to cost, and again when the vendor has accepted it, with what it has cost.
//!
//! Nothing is refused or delayed yet: sharing out device time and memory is to be done in [`admit`].

use crate::outcome::Outcome;
use crate::session::Session;

/// What a call costs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Commands for the device.
    pub commands: u64,
    /// Bytes of device memory that a new object takes; they are counted with the object, as long as it lives.
    pub device_memory: u64,
    /// Bytes of data that the program gives, and that it gets.
    pub bytes_in: u64,
    pub bytes_out: u64,
}

/// Device memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub free: u64,
    pub total: u64,
}

/// What a program is told that there is of device memory, where the vendor says what there is for all. A limit of the session's
/// is to be told here, too.
pub fn told_memory(_session: &Session, there: Memory) -> Memory {
    there
}

/// A call is about to be made: commands and device memory are known, data that comes out may be less than the cost says. The
/// cost is computed only if it is asked for.
///
/// # Errors
/// The call is not to be made.
#[inline]
pub fn admit(_session: &Session, _function: u32, _cost: impl FnOnce() -> Cost) -> Outcome {
    Ok(())
}

/// The vendor has accepted the call of a function.
#[inline]
pub fn charge(session: &Session, function: u32, cost: Cost) {
    let usage = &session.usage;
    if cost.commands > 0 {
        usage.commands(cost.commands);
    }
    if cost.bytes_in > 0 {
        usage.bytes_in(function, cost.bytes_in);
    }
    if cost.bytes_out > 0 {
        usage.bytes_out(function, cost.bytes_out);
    }
}
