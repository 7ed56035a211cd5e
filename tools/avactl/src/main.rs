//! `avactl`: runs programs through AvA and shows the broker's sessions.
//!
//! - **Invariant:** answers go to standard output, everything else to standard error.
//! - **Invariant:** JSON has `"schema": 1` and base units (bytes, seconds, counts); tables are for people.
//! - **Invariant:** unsafe code is only where a vendor API is called as any tenant would call it (`devices`, `doctor::vendors`).
//!
//! # Layers
//!
//! - text: `error`, `table`, `units`
//! - the machine: `devices`, `locate`, `output`, `program`, `reach`
//! - a broker of the user's own: `private`
//! - the command line: `commands`
#![deny(unsafe_code)]

mod commands;
mod devices;
mod error;
mod locate;
mod output;
mod private;
mod program;
mod reach;
mod table;
mod units;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::complete();
    match commands::dispatch(commands::parse()) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
