//! `avactl kill`

use std::process::ExitCode;

use ava_cli::{Example, example};
use ava_protocol::admin::{Answer, Request};
use serde::Serialize;

use super::selection::{Selection, what_there_is};
use crate::error::{Failure, Kind};
use crate::output::{Format, print, show};
use crate::reach::Broker;

pub const EXAMPLES: &[Example] = &[
    example("End two sessions", "avactl kill 3 5"),
    example("End all sessions of a process", "avactl kill --pid 4711"),
    example("End the sessions of one user's programs of one name", "avactl kill --user alice --program hashcat"),
];

/// End sessions
///
/// The programs themselves continue: their calls fail with the API's own error, as if the device had gone. A program that
/// starts again gets another session.
///
/// Several criteria must all match: `kill --user alice --program hashcat` ends no other program of alice's. avactl reports
/// each session that has ended, and each that could not be ended; then the exit status is not 0.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End all sessions that you may end: your own, as an administrator all
    #[arg(short, long)]
    all: bool,

    #[command(flatten)]
    selection: Selection,
}

/// The result for one session.
#[derive(Debug, Serialize)]
struct Killed {
    session: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// Why it was not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

#[derive(Debug, Serialize)]
struct All {
    sessions: Vec<Killed>,
}

/// The number of sessions that are ended in parallel; one whose worker does not react takes seconds.
const AT_ONCE: usize = 16;

/// Ends the sessions, and shows how each ended.
pub fn run(args: Args, format: Format) -> Result<ExitCode, Failure> {
    let broker = Broker::reach()?;
    let selection = &args.selection;
    let numbers = match args.all {
        true => selection.of(broker.sessions(false)?)?.iter().map(|session| session.session).collect(),
        false => selection.numbers(&broker)?,
    };
    let mut killed = Vec::new();
    let mut failures = Vec::new();
    for some in numbers.chunks(AT_ONCE) {
        for (session, outcome) in kill_at_once(some) {
            let (ended, failed) = match outcome {
                Ok(ended) => (Some(ended), None),
                // It ended by itself before its turn came, which is what was wanted.
                Err(failure) if failure.kind == Kind::NoSession && (args.all || !selection.only_numbers()) => continue,
                Err(failure) => {
                    let failed = Some(failure.message.clone());
                    failures.push(failure);
                    (None, failed)
                }
            };
            killed.push(Killed { session, ended, failed });
        }
    }
    match killed.as_slice() {
        // As at the time when there could be no more.
        [one] if numbers.len() == 1 && one.failed.is_none() => show(format, one, line)?,
        _ if format == Format::Table => print(&killed.iter().map(line).collect::<String>())?,
        _ => show(format, &All { sessions: killed }, |_| String::new())?,
    }
    Ok(tell(&broker, failures))
}

/// Each over a connection of its own: the broker answers when the session has ended.
fn kill_at_once(sessions: &[u64]) -> Vec<(u64, Result<String, Failure>)> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = sessions.iter().map(|session| (*session, scope.spawn(move || kill(*session)))).collect();
        let outcome = |thread: std::thread::ScopedJoinHandle<'_, Result<String, Failure>>| {
            thread.join().unwrap_or_else(|_| Err(Failure::new(Kind::General, "avactl failed")))
        };
        threads.into_iter().map(|(session, thread)| (session, outcome(thread))).collect()
    })
}

fn kill(session: u64) -> Result<String, Failure> {
    match Broker::reach()?.ask(Request::Kill { session })? {
        Answer::Killed { reason, .. } => Ok(reason),
        _ => Err(Failure::new(Kind::General, "the broker sent an unexpected answer")),
    }
}

fn line(killed: &Killed) -> String {
    killed.ended.as_ref().map_or_else(String::new, |ended| format!("session {} {ended}\n", killed.session))
}

/// Reports what could not be ended; the list of existing sessions is shown once.
fn tell(broker: &Broker, failures: Vec<Failure>) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    let last = failures.len().saturating_sub(1);
    for (at, mut failure) in failures.into_iter().enumerate() {
        let unknown = failure.kind == Kind::NoSession;
        if at < last || unknown {
            failure.hints.clear();
        }
        let failure = if at == last && unknown { what_there_is(broker, failure) } else { failure };
        code = failure.report();
    }
    code
}
