//! `avactl completion`

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use crate::error::Failure;
use crate::output::print;

/// Write a shell's completion script
///
/// For example: avactl completion bash > ~/.local/share/bash-completion/completions/avactl
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Writes the script.
pub fn run(args: Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "avactl", &mut script);
    print(&String::from_utf8_lossy(&script))
}
