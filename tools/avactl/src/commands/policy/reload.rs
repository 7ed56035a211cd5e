//! `avactl policy reload`

use std::process::ExitCode;

use ava_cli::{Example, example};
use ava_protocol::admin::{Answer, Request};
use serde::Serialize;

use crate::commands::tenants::not_enforced_names;
use crate::error::{Failure, Kind};
use crate::output::{Format, show};
use crate::reach::Broker;

pub const EXAMPLES: &[Example] = &[
    example("Read the files again", "avactl policy reload"),
    example("Only if they are well-formed", "avactl policy check && avactl policy reload"),
];

/// Have the broker read the policy's files again
///
/// Sessions go on, in the tenant that they are of; its limits change at once. If a file has a mistake, nothing changes, and the
/// exit status is 1. What was set with `avactl policy set` stays. Only administrators may.
#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Debug, Serialize)]
struct Reloaded {
    accepted: bool,
    files: Vec<String>,
    rules: u64,
    not_enforced: Vec<String>,
    problems: Vec<String>,
}

/// Asks and shows.
pub fn run(_args: Args, format: Format) -> Result<ExitCode, Failure> {
    let Answer::Reloaded { accepted, policy, problems } = Broker::reach()?.ask(Request::Reload)? else {
        return Err(Failure::new(Kind::General, "the broker sent an unexpected answer"));
    };
    let reloaded =
        Reloaded { accepted, files: policy.files, rules: policy.rules, not_enforced: policy.not_enforced, problems };
    show(format, &reloaded, text)?;
    Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(reloaded: &Reloaded) -> String {
    let mut text: String = reloaded.problems.iter().map(|problem| format!("{problem}\n")).collect();
    text += &match (reloaded.accepted, reloaded.files.as_slice()) {
        (false, _) => "The files have mistakes: what was in force stays in force.\n".to_owned(),
        (true, []) => "There are no files, so that all tenants are equal.\n".to_owned(),
        (true, files) => format!("{} rules in {} are in force\n", reloaded.rules, files.join(", ")),
    };
    text + &not_enforced_names(&reloaded.not_enforced)
}
