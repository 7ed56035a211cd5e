//! `avactl man`, for packages.

use std::path::PathBuf;

use clap::CommandFactory;

use super::Cli;
use crate::error::Failure;

/// Write the manual pages
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The directory to write them to
    directory: PathBuf,
}

/// Writes one page for avactl and one for each verb.
pub fn run(args: Args) -> Result<(), Failure> {
    std::fs::create_dir_all(&args.directory)?;
    Ok(clap_mangen::generate_to(Cli::command(), &args.directory)?)
}
