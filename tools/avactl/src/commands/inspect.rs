//! `avactl inspect`

use std::time::SystemTime;

use ava_protocol::admin::{Answer, Detail, Request};
use serde::Serialize;

use super::shown::{Shown, user_name};
use crate::error::{Failure, Kind};
use crate::output::{Format, show};
use crate::reach::Broker;
use crate::table::{Align, properties, render};
use crate::units::{bytes, duration};

/// Show everything about one session
///
/// The objects its program holds, the bytes it moved, and how often it called each function. Sessions that ended lately
/// can be looked at too.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The session's number, as `avactl ps` shows it
    session: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Inspected {
    #[serde(flatten)]
    pub session: Shown,
    pub command_line: String,
    pub cwd: String,
    pub cgroup: String,
    pub container: String,
    pub library: String,
    pub sandbox: String,
    pub objects: Vec<Objects>,
    pub functions: Vec<Function>,
}

#[derive(Debug, Serialize)]
pub(super) struct Objects {
    pub r#type: String,
    pub live: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Function {
    pub name: String,
    pub calls: u64,
    pub bytes: u64,
}

/// Asks and shows.
pub fn run(args: Args, format: Format) -> Result<(), Failure> {
    match Broker::reach()?.ask(Request::Session { session: args.session })? {
        Answer::Session(detail) => show(format, &inspected(*detail, SystemTime::now(), user_name), text),
        _ => Err(Failure::new(Kind::General, "the broker answered something else")),
    }
}

pub(super) fn inspected(detail: Detail, now: SystemTime, user: impl Fn(u32) -> String) -> Inspected {
    let function = |function: ava_protocol::control::FunctionStats| Function {
        name: function.name,
        calls: function.calls,
        bytes: function.bytes,
    };
    Inspected {
        session: Shown::new(detail.session, now, user),
        command_line: detail.command_line,
        cwd: detail.cwd,
        cgroup: detail.cgroup,
        container: detail.container,
        library: detail.library,
        sandbox: detail.sandbox,
        objects: detail.stats.objects.into_iter().map(|(r#type, live)| Objects { r#type, live }).collect(),
        functions: detail.stats.functions.into_iter().map(function).collect(),
    }
}

/// The session in paragraphs.
pub(super) fn text(inspected: &Inspected) -> String {
    let session = &inspected.session;
    let stale = if session.stale { " (the worker does not answer; its numbers are old)" } else { "" };
    let state = match &session.ended {
        Some(reason) => format!("ended: {reason}"),
        None => format!("{}{stale}", session.state),
    };
    let mut text = properties(&[
        ("session", session.session.to_string()),
        ("state", state),
        ("program", inspected.command_line.clone()),
        ("directory", inspected.cwd.clone()),
        ("process", session.pid.to_string()),
        ("user", format!("{} ({})", session.user, session.uid)),
        ("control group", inspected.cgroup.clone()),
        ("container", inspected.container.clone()),
        ("worker", session.worker_pid.to_string()),
        ("sandbox", inspected.sandbox.clone()),
        ("library", inspected.library.clone()),
        ("devices", session.devices.join(", ")),
        ("since", duration(session.lasted)),
        ("memory", bytes(session.memory_bytes)),
        ("calls", session.calls.to_string()),
        ("commands", session.commands.to_string()),
        ("in", bytes(session.bytes_in)),
        ("out", bytes(session.bytes_out)),
    ]);
    if !inspected.objects.is_empty() {
        let rows: Vec<_> =
            inspected.objects.iter().map(|kind| vec![kind.r#type.clone(), kind.live.to_string()]).collect();
        text += "\n";
        text += &render(&[("OBJECTS", Align::Left), ("LIVE", Align::Right)], &rows);
    }
    if !inspected.functions.is_empty() {
        let row = |function: &Function| vec![function.name.clone(), function.calls.to_string(), bytes(function.bytes)];
        let rows: Vec<_> = inspected.functions.iter().map(row).collect();
        text += "\n";
        text += &render(&[("FUNCTION", Align::Left), ("CALLS", Align::Right), ("BYTES", Align::Right)], &rows);
    }
    text
}
