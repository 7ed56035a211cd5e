//! `avactl policy diff`

use std::process::ExitCode;

use ava_cli::{Example, example};
use ava_protocol::admin::{Answer, Request};
use serde::Serialize;

use crate::error::{Failure, Kind};
use crate::output::{Format, show};
use crate::reach::Broker;

pub const EXAMPLES: &[Example] = &[
    example("What a reload would change, and what was set", "avactl policy diff"),
    example("Reload if there is a difference", "avactl policy diff || avactl policy reload"),
];

/// Compare the policy's files with what is in force
///
/// Lines with `-` are in force only: from files as they were, or set with `avactl policy set`. Lines with `+` are in the files
/// only. The exit status is 1 if there is a difference, as with diff(1). Only administrators may.
#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Debug, Serialize)]
struct Difference {
    same: bool,
    in_force: Vec<String>,
    in_files: Vec<String>,
    reordered: bool,
}

/// Asks and shows.
pub fn run(_args: Args, format: Format) -> Result<ExitCode, Failure> {
    let Answer::Compared { in_force, in_files, reordered } = Broker::reach()?.ask(Request::Compare)? else {
        return Err(Failure::new(Kind::General, "the broker sent an unexpected answer"));
    };
    let same = in_force.is_empty() && in_files.is_empty() && !reordered;
    show(format, &Difference { same, in_force, in_files, reordered }, text)?;
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(difference: &Difference) -> String {
    let lines = |mark: char, lines: &[String]| lines.iter().map(|line| format!("{mark} {line}\n")).collect::<String>();
    let mut text = lines('-', &difference.in_force) + &lines('+', &difference.in_files);
    if difference.reordered {
        text += "The files have the same rules in another order.\n";
    }
    if difference.same {
        text += "The files are in force.\n";
    }
    text
}
