//! `avactl policy check`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ava_cli::{Example, example};
use ava_policy::{Policy, Problem, files};
use ava_protocol::session::Socket;
use serde::Serialize;

use crate::commands::tenants::not_enforced_names;
use crate::error::{Failure, Kind};
use crate::output::{Format, show};
use crate::reach::discover;

pub const EXAMPLES: &[Example] = &[
    example("Before the broker reads it", "avactl policy check"),
    example("A file that is still being written", "avactl policy check ./ava.toml"),
];

/// Check the policy's files, without a broker
///
/// Shows all mistakes with their places, and which keys have no effect yet. The exit status is 1 if there are mistakes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The first file; those in its directory, with its name and `.d`, are checked with it [default: the broker's]
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Checked {
    valid: bool,
    files: Vec<String>,
    rules: usize,
    not_enforced: Vec<String>,
    problems: Vec<Shown>,
}

#[derive(Debug, Serialize)]
struct Shown {
    severity: &'static str,
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    message: String,
    #[serde(skip)]
    text: String,
}

impl Shown {
    fn new(problem: &Problem) -> Self {
        let place = problem.place.as_ref().map(|(place, ..)| *place);
        Self {
            severity: if problem.is_error() { "error" } else { "warning" },
            file: problem.file.display().to_string(),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            message: problem.message.clone(),
            text: problem.with_source(),
        }
    }
}

/// Checks and shows.
pub fn run(args: Args, format: Format) -> Result<ExitCode, Failure> {
    let required = args.file.is_some();
    let file = args.file.map_or_else(usual, Ok)?;
    let (policy, problems) = match Policy::load(&file, required) {
        Ok((policy, warnings)) => (Some(policy), warnings),
        Err(problems) => (None, problems),
    };
    let valid = policy.is_some();
    let policy = policy.unwrap_or_default();
    let checked = Checked {
        valid,
        files: policy.files.iter().map(|file| file.display().to_string()).collect(),
        rules: policy.rules.len(),
        not_enforced: policy.not_enforced(),
        problems: problems.iter().map(Shown::new).collect(),
    };
    show(format, &checked, |checked| text(checked, &file))?;
    Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The file that the broker of this environment reads, unless an option of its names another.
fn usual() -> Result<PathBuf, Failure> {
    if matches!(discover(), Socket::System(_)) {
        return Ok(files::SYSTEM.into());
    }
    let own = files::private(|name| std::env::var_os(name), rustix::process::geteuid().as_raw());
    own.ok_or_else(|| Failure::new(Kind::Usage, "neither XDG_CONFIG_HOME nor HOME is this user's: name a file"))
}

fn text(checked: &Checked, file: &Path) -> String {
    let mut text: String = checked.problems.iter().map(|problem| problem.text.as_str()).collect();
    text += &match (checked.valid, checked.files.as_slice()) {
        (false, _) => "The broker does not take these files.\n".to_owned(),
        (true, []) => format!("There is no {}, so that all tenants are equal.\n", file.display()),
        (true, files) => format!("{} rules in {}: well-formed\n", checked.rules, files.join(", ")),
    };
    text + &not_enforced_names(&checked.not_enforced)
}
