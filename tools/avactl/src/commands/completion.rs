//! `avactl completion`: completion scripts for shells.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use ava_cli::{Example, example};
use ava_policy::keys::{Definition, KEYS};
use ava_protocol::admin::Session;
use clap::builder::PossibleValuesParser;
use clap_complete::engine::{PathCompleter, ValueCompleter};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, CompletionCandidate};

use super::shown::user_name;
use crate::error::{Failure, Kind};
use crate::output::print;
use crate::reach::Broker;

pub const EXAMPLES: &[Example] = &[
    example("For this bash", "source <(avactl completion bash)"),
    example("For all your shells", "echo 'source <(avactl completion bash)' >> ~/.bashrc"),
    example(
        "For fish, in its completion directory",
        "cd ~/.config/fish/completions && avactl completion fish > avactl.fish",
    ),
    example("For zsh, in a directory of its fpath", "mkdir -p ~/.zfunc && avactl completion zsh > ~/.zfunc/_avactl"),
];

/// With this variable set, a shell's script asks avactl for completions.
const VARIABLE: &str = "AVACTL_COMPLETE";
/// The limit of a broker's answer, since the user waits after a key press.
const PATIENCE: Duration = Duration::from_secs(1);

/// Write a shell's completion script
///
/// The script calls the avactl in PATH, so that it completes the numbers of existing sessions, processes and users.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_parser = PossibleValuesParser::new(Shells::builtins().names().collect::<Vec<_>>()))]
    shell: String,
}

/// Writes the script.
pub fn run(args: Args) -> Result<(), Failure> {
    let shells = Shells::builtins();
    let shell = shells.completer(&args.shell);
    let shell = shell.ok_or_else(|| Failure::new(Kind::Usage, format!("there is no completion for {}", args.shell)))?;
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, "avactl", "avactl", "avactl", &mut script)?;
    print(&String::from_utf8_lossy(&script))
}

/// Answers a shell's script about `command` and exits, if a script called this process.
pub fn answer(command: fn() -> clap::Command) {
    CompleteEnv::with_factory(command).var(VARIABLE).complete();
}

fn there_are() -> Vec<Session> {
    let asked = Broker::running().ok().map(|broker| broker.within(PATIENCE).sessions(false));
    asked.and_then(Result::ok).unwrap_or_default()
}

/// The numbers of sessions, with program and user.
pub fn sessions() -> Vec<CompletionCandidate> {
    let candidate = |session: &Session| {
        let whose = format!("{} ({}) of {}", session.program, session.pid, user_name(session.uid));
        CompletionCandidate::new(session.session.to_string()).help(Some(whose.into()))
    };
    there_are().iter().map(candidate).collect()
}

/// The processes that have sessions.
pub fn pids() -> Vec<CompletionCandidate> {
    distinct(there_are().iter().map(|session| (session.pid.to_string(), session.program.clone())).collect())
}

/// The users who have sessions.
pub fn users() -> Vec<CompletionCandidate> {
    distinct(there_are().iter().map(|session| (user_name(session.uid), String::new())).collect())
}

/// A program and its arguments.
pub struct Words;

impl ValueCompleter for Words {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        self.complete_at(0, current)
    }

    fn complete_at(&self, index: usize, current: &OsStr) -> Vec<CompletionCandidate> {
        let files = PathCompleter::any().complete(current);
        if index > 0 || current.as_encoded_bytes().contains(&b'/') { files } else { programs(current) }
    }
}

/// The programs whose names begin with this text.
fn programs(current: &OsStr) -> Vec<CompletionCandidate> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::env::split_paths(&path).filter_map(|directory| std::fs::read_dir(directory).ok());
    let names = directories.flatten().flatten().map(|entry| entry.file_name());
    let mut names: Vec<OsString> =
        names.filter(|name| name.as_encoded_bytes().starts_with(current.as_encoded_bytes())).collect();
    names.sort();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// The tenants.
pub fn tenants() -> Vec<CompletionCandidate> {
    let asked = Broker::running().ok().and_then(|broker| broker.within(PATIENCE).tenants().ok());
    asked.unwrap_or_default().into_iter().map(|tenant| CompletionCandidate::new(tenant.name)).collect()
}

/// What can be said of a tenant, as the beginning of `KEY=VALUE`.
pub fn settings() -> Vec<CompletionCandidate> {
    let candidate = |key: &Definition| CompletionCandidate::new(format!("{}=", key.name)).help(Some(key.means.into()));
    KEYS.iter().map(candidate).collect()
}

fn distinct(mut values: Vec<(String, String)>) -> Vec<CompletionCandidate> {
    values.sort();
    values.dedup();
    let help = |text: String| (!text.is_empty()).then(|| text.into());
    values.into_iter().map(|(value, text)| CompletionCandidate::new(value).help(help(text))).collect()
}
