//! `avactl ps`

use std::time::SystemTime;

use ava_protocol::admin::{Answer, Request};
use serde::Serialize;

use super::shown::{Shown, user_name};
use crate::error::{Failure, Kind};
use crate::output::{Format, show};
use crate::reach::Broker;
use crate::table::{Align, render};
use crate::units::{bytes, duration};

/// Show the sessions: which program of whom uses what
///
/// One line for each program that has a session: its process and user, the API, the devices, the device memory it holds,
/// the calls it made, the bytes that went in and came out, and for how long. A `*` marks numbers that are not fresh
/// because the worker did not answer in time.
///
/// In JSON an ended session has `ended` (why), `ended_unix_seconds` and `duration_seconds`, which no longer grows.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also show sessions that ended lately
    #[arg(short, long)]
    all: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Sessions {
    pub sessions: Vec<Shown>,
}

/// Asks and shows.
pub fn run(args: Args, format: Format) -> Result<(), Failure> {
    let broker = Broker::reach()?;
    let mut all = Vec::new();
    let mut answer = broker.ask(Request::Sessions { ended: args.all })?;
    loop {
        let Answer::Sessions { sessions, more } = answer else {
            return Err(Failure::new(Kind::General, "the broker answered something else"));
        };
        all.extend(sessions);
        if !more {
            break;
        }
        answer = broker.next()?;
    }
    let now = SystemTime::now();
    let sessions = all.into_iter().map(|session| Shown::new(session, now, user_name)).collect();
    show(format, &Sessions { sessions }, table)
}

/// The sessions in columns.
pub(super) fn table(sessions: &Sessions) -> String {
    use Align::{Left, Right};
    let columns = [
        ("SESSION", Right),
        ("PID", Right),
        ("USER", Left),
        ("PROGRAM", Left),
        ("API", Left),
        ("DEVICE", Left),
        ("MEM", Right),
        ("CALLS", Right),
        ("IN", Right),
        ("OUT", Right),
        ("SINCE", Right),
        ("", Left),
    ];
    let rows: Vec<_> = sessions.sessions.iter().map(row).collect();
    render(&columns, &rows)
}

fn row(session: &Shown) -> Vec<String> {
    let devices = match session.devices.as_slice() {
        [] => "-".to_owned(),
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} +{}", rest.len()),
    };
    let note = match (&session.ended, session.state) {
        (Some(reason), _) => format!("ended: {reason}"),
        (None, "running") => String::new(),
        (None, state) => state.to_owned(),
    };
    let stale = if session.stale { "*" } else { "" };
    vec![
        session.session.to_string(),
        session.pid.to_string(),
        session.user.clone(),
        session.program.clone(),
        session.api.clone(),
        devices,
        bytes(session.memory_bytes) + stale,
        session.calls.to_string() + stale,
        bytes(session.bytes_in) + stale,
        bytes(session.bytes_out) + stale,
        duration(session.lasted),
        note,
    ]
}
