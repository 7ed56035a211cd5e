//! The subcommands, one per file.

mod account;
mod completion;
mod devices;
mod doctor;
mod inspect;
mod kill;
mod label;
mod man;
mod manual;
mod policy;
mod policy_file;
mod ps;
mod rates;
mod run;
mod selection;
mod shown;
mod start_broker;
mod stats;
mod tenants;
mod top;
mod version;

use std::process::ExitCode;

use ava_cli::{Example, example};
use clap::{Command as Clap, CommandFactory, Parser, Subcommand};

use crate::error::{Failure, Kind};
use crate::output::{Color, Format};

/// Run programs on shared accelerators, and see who uses them
///
/// AvA runs unmodified programs with the vendor's library in another process, under a broker's control. `avactl run PROGRAM`
/// starts one; the other subcommands show and end what runs.
///
/// The broker is the one AVA_SOCKET names, else the system's (/run/ava/broker.sock), else the user's private one, which
/// `run` and `devices` start when needed.
///
/// Exit status: 0 on success, 1 on failure, 2 for a wrong command line, 3 if something is not allowed, 4 if no broker
/// answers. `run` exits with the program's status.
#[derive(Debug, Parser)]
#[command(name = "avactl", version, max_term_width = 100)]
pub struct Cli {
    /// The output format
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    format: Format,

    /// The same as --format json
    #[arg(long, global = true, help_heading = "Output")]
    json: bool,

    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    color: Color,

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
    Tenants(tenants::Args),
    Account(account::Args),
    Top(top::Args),
    Stats(stats::Args),
    Policy(policy::Args),
    Label(label::Args),
    Doctor(doctor::Args),
    Version(version::Args),
    Completion(completion::Args),
    #[command(hide = true)]
    Man(man::Args),
    #[command(hide = true)]
    StartBroker(start_broker::Args),
}

const EXAMPLES: &[Example] = &[
    example("Run a program on AvA's devices", "avactl run clinfo"),
    example("See who uses them", "avactl ps"),
    example("Diagnose problems", "avactl doctor"),
];

/// The command line, by subcommand.
fn examples(verb: &str) -> &'static [Example] {
    match verb {
        "avactl" => EXAMPLES,
        "run" => run::EXAMPLES,
        "ps" => ps::EXAMPLES,
        "devices" => devices::EXAMPLES,
        "inspect" => inspect::EXAMPLES,
        "kill" => kill::EXAMPLES,
        "doctor" => doctor::EXAMPLES,
        "version" => version::EXAMPLES,
        "completion" => completion::EXAMPLES,
        "tenants" => tenants::EXAMPLES,
        "account" => account::EXAMPLES,
        "top" => top::EXAMPLES,
        "stats" => stats::EXAMPLES,
        "label" => label::EXAMPLES,
        verb => policy::examples(verb),
    }
}

/// The command line for clap, with the examples in its help.
fn command() -> Clap {
    with_examples(Cli::command())
}

fn with_examples(command: Clap) -> Clap {
    let command = match examples(command.get_name()) {
        [] => command,
        some => command.after_long_help(ava_cli::help(some)),
    };
    command.mut_subcommands(with_examples)
}

/// Answers a shell that asks for completions, and exits; returns if none does.
pub fn complete() {
    completion::answer(command);
}

/// This process's command line. An invalid one ends the process with status 2.
pub fn parse() -> Cli {
    ava_cli::parse(command())
}

/// Runs the subcommand.
pub fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    cli.color.apply();
    let format = if cli.json { Format::Json } else { cli.format };
    let done = |()| ExitCode::SUCCESS;
    if format == Format::Csv && !matches!(cli.command, Command::Account(_)) {
        return Err(Failure::new(Kind::Usage, "only `avactl account` writes comma-separated values"));
    }
    match cli.command {
        Command::Run(args) => Err(run::run(args)),
        Command::Ps(args) => ps::run(args, format),
        Command::Devices(args) => devices::run(args, format).map(done),
        Command::Inspect(args) => inspect::run(args, format),
        Command::Kill(args) => kill::run(args, format),
        Command::Tenants(args) => tenants::run(args, format).map(done),
        Command::Account(args) => account::run(args, format).map(done),
        Command::Top(args) => top::run(args, format).map(done),
        Command::Stats(args) => stats::run(&args, format).map(done),
        Command::Policy(args) => policy::run(args, format),
        Command::Label(args) => label::run(args, format).map(done),
        Command::Doctor(args) => doctor::run(args, format),
        Command::Version(args) => version::run(args, format).map(done),
        Command::Completion(args) => completion::run(args).map(done),
        Command::Man(args) => man::run(args, command(), examples).map(done),
        Command::StartBroker(args) => start_broker::run(args).map(done),
    }
}

#[cfg(test)]
mod tests;
