//! `avactl policy`

mod check;
mod diff;
mod reload;
mod set;
mod show;

use std::process::ExitCode;

use ava_cli::{Example, example};
use clap::Subcommand;

use crate::error::Failure;
use crate::output::Format;

pub const EXAMPLES: &[Example] = &[
    example("Is the policy well-formed, and does all of it have an effect?", "avactl policy check"),
    example("What applies to whom, and which line says so", "avactl policy show"),
    example("After a change of the files", "avactl policy reload"),
];

/// Check, show and change what holds for tenants
///
/// The policy is /etc/ava/ava.toml and /etc/ava/ava.d/*.toml, or for a broker of the user's own $XDG_CONFIG_HOME/ava/ava.toml
/// and its ava.d; ava.toml(5) explains them. Only administrators change it or compare it.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(check::Args),
    Show(show::Args),
    Set(set::SetArgs),
    Unset(set::UnsetArgs),
    Reload(reload::Args),
    Diff(diff::Args),
}

/// The command line, by subcommand.
pub fn examples(verb: &str) -> &'static [Example] {
    match verb {
        "policy" => EXAMPLES,
        "check" => check::EXAMPLES,
        "show" => show::EXAMPLES,
        "set" => set::EXAMPLES,
        "unset" => set::UNSET_EXAMPLES,
        "reload" => reload::EXAMPLES,
        "diff" => diff::EXAMPLES,
        _ => &[],
    }
}

#[cfg(test)]
pub(super) use show::table as shown;

/// Runs the subcommand.
pub fn run(args: Args, format: Format) -> Result<ExitCode, Failure> {
    let done = |()| ExitCode::SUCCESS;
    match args.verb {
        Verb::Check(args) => check::run(args, format),
        Verb::Show(args) => show::run(args, format).map(done),
        Verb::Set(args) => set::set(args, format).map(done),
        Verb::Unset(args) => set::unset(args, format).map(done),
        Verb::Reload(args) => reload::run(args, format),
        Verb::Diff(args) => diff::run(args, format),
    }
}
