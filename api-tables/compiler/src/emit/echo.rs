//! Emits the echo vendor, a library with every function of an API, and its driver, a program that calls them all.
//!
//! The vendor logs its inputs and returns made-up outputs; the driver logs the inputs that it passes and the outputs that
//! it gets. Run natively or through AvA, the two logs are equal: the vendor saw what the program passed, and the reverse.
//! Both write their lines with the same emitted C code ([`lines`]), which uses the runtime in `tests/echo`.
//!
//! Every function of the table is served in one way ([`served`]). What a table does not say (what an address points to,
//! which calls hand-written code makes) is written by hand in `tests/echo/API`; a function that is served in no way is
//! an error.

mod arguments;
mod common;
mod driver;
mod lines;
mod refused;
mod served;
mod table;
mod vendor;

pub use served::{ByHand, Served, served};

use crate::model::Api;

/// The emitted C files.
#[derive(Debug)]
pub struct Files {
    /// `echo_table.h`: types, lists, answers.
    pub table: String,
    /// The functions of the vendor.
    pub vendor: String,
    /// The calls of the driver.
    pub driver: String,
}

/// Emits everything that is not written by hand.
///
/// # Errors
/// The functions that the echo cannot serve, one line for each.
pub fn emit(api: &Api, by_hand: &ByHand) -> Result<Files, Vec<String>> {
    let served = served(api, by_hand)?;
    Ok(Files {
        table: table::emit(api),
        vendor: vendor::emit(api, &served, by_hand),
        driver: driver::emit(api, &served, by_hand),
    })
}
