//! Statuses of the driver.

use crate::base::fault::Fault;

/// # Errors
/// A status that is not success.
pub fn answered(status: u32) -> Result<(), Fault> {
    match status {
        0 => Ok(()),
        status => Err(Fault::Status(status.into())),
    }
}
