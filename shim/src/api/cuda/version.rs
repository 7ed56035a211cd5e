//! The driver's version, asked for once.

use super::state::SLOT;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;

/// The driver's version.
///
/// # Errors
/// The driver's, or there is no session.
pub fn own() -> Result<i32, Fault> {
    let known = &SLOT.current()?.state.version;
    if let Some(version) = known.get() {
        return Ok(*version);
    }
    let mut version = 0;
    // SAFETY: a place for a number.
    match unsafe { marshal::cuDriverGetVersion(&raw mut version)? } {
        0 => Ok(*known.get_or_init(|| version)),
        status => Err(Fault::Status(status.into())),
    }
}
