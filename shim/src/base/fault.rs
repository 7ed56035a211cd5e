//! What keeps a call from being made, and the guard around every entry point.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::base::cancel;

/// Why a call was not made. An answer of the vendor, whatever its status, is not a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no broker, or it refused a session.
    NoBroker,
    /// The session's worker is gone.
    Lost,
    /// Shared memory for the call's data could not be had.
    Exhausted,
    /// The call fails with this status of the API.
    Status(i64),
    /// A bug of the shim, caught.
    Panicked,
}

/// The statuses of an API for faults.
#[derive(Debug, Clone, Copy)]
pub struct Statuses {
    pub lost: i64,
    pub no_broker: i64,
    pub exhausted: i64,
}

impl Fault {
    pub fn status(self, of: Statuses) -> i64 {
        match self {
            Self::NoBroker => of.no_broker,
            Self::Lost | Self::Panicked => of.lost,
            Self::Exhausted => of.exhausted,
            Self::Status(status) => status,
        }
    }
}

/// Runs the body of an entry point: neither a fault nor a panic crosses into the program, nor is its thread cancelled
/// meanwhile.
pub fn guard<R: Copy>(body: impl FnOnce() -> Result<R, Fault>, fail: impl FnOnce(Fault) -> R) -> R {
    cancel::off(|| match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(result)) => result,
        Ok(Err(fault)) => fail(fault),
        Err(_) => fail(Fault::Panicked),
    })
}

/// A function that the table refuses.
pub fn unsupported(function: &str, why: &str, status: i64, _about: *const c_void) -> Fault {
    tracing::warn!(function, why, "refused");
    Fault::Status(status)
}
