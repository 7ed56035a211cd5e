//! The verbs, one per file.

mod completion;
mod devices;
mod doctor;
mod inspect;
mod kill;
mod man;
mod ps;
mod run;
mod shown;
mod start_broker;
mod version;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Failure;
use crate::output::Format;

/// Run programs on shared accelerators, and see who uses them
///
/// AvA runs unmodified programs with the vendor's library in another process, under a broker's control.
/// `avactl run PROGRAM` is all it takes; the other verbs look at what runs.
///
/// The broker is the one AVA_SOCKET names, else the system's (/run/ava/broker.sock), else the user's private one, which
/// `run` and `devices` start when it is needed.
///
/// Exit status: 0 on success, 1 on failure, 2 for a wrong command line, 3 if something is not allowed, 4 if no broker
/// answers. `run` ends as the program does.
#[derive(Debug, Parser)]
#[command(name = "avactl", version, max_term_width = 100)]
pub struct Cli {
    /// How to write answers
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value = "table")]
    pub format: Format,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    Ps(ps::Args),
    Devices(devices::Args),
    Inspect(inspect::Args),
    Kill(kill::Args),
    Doctor(doctor::Args),
    Version(version::Args),
    Completion(completion::Args),
    #[command(hide = true)]
    Man(man::Args),
    #[command(hide = true)]
    StartBroker(start_broker::Args),
}

/// Does what the command line says.
pub fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    let done = |()| ExitCode::SUCCESS;
    match cli.command {
        Command::Run(args) => Err(run::run(args)),
        Command::Ps(args) => ps::run(args, cli.format).map(done),
        Command::Devices(args) => devices::run(args, cli.format).map(done),
        Command::Inspect(args) => inspect::run(args, cli.format).map(done),
        Command::Kill(args) => kill::run(args, cli.format).map(done),
        Command::Doctor(args) => doctor::run(args, cli.format),
        Command::Version(args) => version::run(args, cli.format).map(done),
        Command::Completion(args) => completion::run(args).map(done),
        Command::Man(args) => man::run(args).map(done),
        Command::StartBroker(args) => start_broker::run(args).map(done),
    }
}

#[cfg(test)]
mod tests;
