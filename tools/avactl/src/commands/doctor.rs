//! `avactl doctor`

mod checks;

#[cfg(test)]
pub(super) use checks::{isolation, vendor};

use std::process::ExitCode;

use ava_cli::{Example, example};
use serde::Serialize;

use crate::error::Failure;
use crate::output::{Format, show};

pub const EXAMPLES: &[Example] = &[
    example("What is found, and what to do about what is missing", "avactl doctor"),
    example("For a script", "avactl doctor --format json"),
];

/// Find out whether programs can run here, and what to do if not
///
/// Looks for the broker, AvA's library, the worker and the vendor's library, tries to load what programs would load, and
/// lists the functions that do not cross. Ends with status 1 if something is broken.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Health {
    /// As it should be.
    Ok,
    /// It works, but you should know.
    Note,
    /// It is not installed, and other things work without it.
    Absent,
    /// It does not work.
    Broken,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub name: &'static str,
    pub health: Health,
    /// What was found: one line.
    pub found: String,
    /// What to do: a line each.
    pub fixes: Vec<String>,
}

/// A function that does not cross, or an extension that programs do not see.
#[derive(Debug, Serialize)]
pub(super) struct Unsupported {
    pub api: &'static str,
    pub function: &'static str,
    pub reason: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Diagnosis {
    pub healthy: bool,
    pub checks: Vec<Check>,
    pub unsupported: Vec<Unsupported>,
}

impl Check {
    fn new(name: &'static str, health: Health, found: impl Into<String>) -> Self {
        Self { name, health, found: found.into(), fixes: Vec::new() }
    }

    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fixes.push(fix.into());
        self
    }

    /// A part that was not found.
    fn missing(name: &'static str, failure: Failure) -> Self {
        Self { name, health: Health::Broken, found: failure.message, fixes: failure.hints }
    }
}

/// Looks at everything and shows it.
pub fn run(_args: Args, format: Format) -> Result<ExitCode, Failure> {
    let diagnosis = checks::all();
    show(format, &diagnosis, text)?;
    Ok(if diagnosis.healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The diagnosis in lines.
pub(super) fn text(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    for check in &diagnosis.checks {
        let mark = match check.health {
            Health::Ok => "ok    ",
            Health::Note => "note  ",
            Health::Absent => "absent",
            Health::Broken => "BROKEN",
        };
        text += &format!("{mark}  {:<14}  {}\n", check.name, check.found);
        for fix in &check.fixes {
            text += &format!("                          {fix}\n");
        }
    }
    let mut reasons: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for unsupported in &diagnosis.unsupported {
        let known =
            reasons.iter_mut().find(|(api, reason, _)| (*api, *reason) == (unsupported.api, unsupported.reason));
        match known {
            Some((.., functions)) => functions.push(unsupported.function),
            None => reasons.push((unsupported.api, unsupported.reason, vec![unsupported.function])),
        }
    }
    if !reasons.is_empty() {
        text += "\nFunctions that are refused, and extensions that programs do not see:\n";
        for (api, reason, functions) in reasons {
            text += &format!("  {api}: {reason}\n    {}\n", functions.join(" "));
        }
    }
    text += if diagnosis.healthy { "\nPrograms can run here.\n" } else { "\nPrograms cannot run here yet.\n" };
    text
}
