//! `avactl start-broker`, which `avactl run` calls.

use std::path::PathBuf;

use crate::error::Failure;
use crate::private;

/// Start a private broker unless there is one, and exit when it listens
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its socket
    socket: PathBuf,
}

/// Starts it.
pub fn run(args: Args) -> Result<(), Failure> {
    private::start(&args.socket)
}
