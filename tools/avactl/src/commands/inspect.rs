//! `avactl inspect`

use std::process::ExitCode;
use std::time::SystemTime;

use ava_cli::{Example, example};
use ava_protocol::admin::{Answer, Detail, Request};
use serde::Serialize;

use super::selection::{Selection, what_there_is};
use super::shown::{Shown, user_name};
use crate::error::{Failure, Kind};
use crate::output::{Format, TableArgs, show};
use crate::reach::Broker;
use crate::table::{Cell, Column, properties, render};
use crate::units::{bytes, duration, time};

pub const EXAMPLES: &[Example] = &[
    example("Everything about one session", "avactl inspect 3"),
    example("About the sessions of a process", "avactl inspect --pid 4711"),
];

/// Show everything about sessions
///
/// The objects that a program holds, the bytes it moved, and how often it called each function and launched each kernel. Works
/// also for sessions that ended lately, by number. Of the first 32 kernels launches are counted by name, of all others together;
/// those of recorded graphs count as calls of the function that plays the graph.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    selection: Selection,
}

#[derive(Debug, Serialize)]
pub(super) struct Inspected {
    #[serde(flatten)]
    pub session: Shown,
    pub command_line: String,
    pub cwd: String,
    pub cgroup: String,
    pub label: String,
    pub container: String,
    pub library: String,
    pub sandbox: String,
    pub objects: Vec<Objects>,
    pub functions: Vec<Function>,
    pub kernels: Vec<Kernel>,
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

#[derive(Debug, Serialize)]
pub(super) struct Kernel {
    pub name: String,
    pub launches: u64,
}

#[derive(Debug, Serialize)]
struct All {
    sessions: Vec<Inspected>,
}

/// Asks and shows.
pub fn run(args: Args, format: Format) -> Result<ExitCode, Failure> {
    let broker = Broker::reach()?;
    let numbers = args.selection.numbers(&broker)?;
    let now = SystemTime::now();
    let mut sessions = Vec::new();
    let mut code = ExitCode::SUCCESS;
    for session in &numbers {
        match broker.ask(Request::Session { session: *session }) {
            Ok(Answer::Session(detail)) => sessions.push(inspected(*detail, now, user_name)),
            Ok(_) => return Err(Failure::new(Kind::General, "the broker sent an unexpected answer")),
            Err(mut failure) if failure.kind == Kind::NoSession => {
                failure.hints.clear();
                code = what_there_is(&broker, failure).report();
            }
            Err(failure) if failure.kind == Kind::Denied => code = failure.report(),
            Err(failure) => return Err(failure),
        }
    }
    match sessions.as_slice() {
        [] => {}
        // As at the time when there could be no more.
        [one] if numbers.len() == 1 => show(format, one, |one| text(one, args.table))?,
        _ => show(format, &All { sessions }, |all| {
            let texts: Vec<_> = all.sessions.iter().map(|one| text(one, args.table)).collect();
            texts.join("\n")
        })?,
    }
    Ok(code)
}

pub(super) fn inspected(detail: Detail, now: SystemTime, user: impl Fn(u32) -> String) -> Inspected {
    let function = |function: ava_protocol::usage::FunctionStats| Function {
        name: function.name,
        calls: function.calls,
        bytes: function.bytes,
    };
    let kernel = |kernel: ava_protocol::usage::KernelStats| Kernel { name: kernel.name, launches: kernel.launches };
    Inspected {
        session: Shown::new(detail.session, now, user),
        command_line: detail.command_line,
        cwd: detail.cwd,
        cgroup: detail.cgroup,
        label: detail.label,
        container: detail.container,
        library: detail.library,
        sandbox: detail.sandbox,
        objects: detail.stats.objects.into_iter().map(|(r#type, live)| Objects { r#type, live }).collect(),
        functions: detail.stats.functions.into_iter().map(function).collect(),
        kernels: detail.stats.kernels.into_iter().map(kernel).collect(),
    }
}

/// The session as text.
pub(super) fn text(inspected: &Inspected, table: TableArgs) -> String {
    let size = |amount: u64| if table.bytes { amount.to_string() } else { bytes(amount) };
    let session = &inspected.session;
    let state = match &session.ended {
        Some(reason) => format!("ended: {reason}"),
        None => session.state.to_owned(),
    };
    let mut text = properties(
        &[
            ("session", session.session.to_string()),
            ("state", state),
            ("program", inspected.command_line.clone()),
            ("directory", inspected.cwd.clone()),
            ("process", session.pid.to_string()),
            ("user", format!("{} ({})", session.user, session.uid)),
            ("tenant", session.tenant.clone()),
            ("control group", inspected.cgroup.clone()),
            ("label", inspected.label.clone()),
            ("container", inspected.container.clone()),
            ("worker", session.worker_pid.to_string()),
            ("sandbox", inspected.sandbox.clone()),
            ("library", inspected.library.clone()),
            ("devices", session.devices.join(", ")),
            ("since", duration(session.lasted)),
            ("device time", time(session.device_ns)),
            ("held back", time(session.held_ns)),
            ("memory", size(session.memory_bytes)),
            ("calls", session.calls.to_string()),
            ("waits", session.waits.to_string()),
            ("commands", session.commands.to_string()),
            ("in", size(session.bytes_in)),
            ("out", size(session.bytes_out)),
        ],
        table.view().width,
    );
    if !inspected.objects.is_empty() {
        let row = |kind: &Objects| vec![Cell::from(kind.r#type.as_str()), kind.live.to_string().into()];
        let rows: Vec<_> = inspected.objects.iter().map(row).collect();
        text += "\n";
        text += &render(&OBJECTS, &rows, table.view());
    }
    if !inspected.functions.is_empty() {
        let row = |function: &Function| {
            vec![Cell::from(function.name.as_str()), function.calls.to_string().into(), size(function.bytes).into()]
        };
        let rows: Vec<_> = inspected.functions.iter().map(row).collect();
        text += "\n";
        text += &render(&FUNCTIONS, &rows, table.view());
    }
    if !inspected.kernels.is_empty() {
        let row = |kernel: &Kernel| vec![Cell::from(kernel.name.as_str()), kernel.launches.to_string().into()];
        let rows: Vec<_> = inspected.kernels.iter().map(row).collect();
        text += "\n";
        text += &render(&KERNELS, &rows, table.view());
    }
    text
}

const OBJECTS: [Column; 2] = [Column::text("OBJECTS", 0).cut_to(20), Column::number("LIVE", 1)];
const FUNCTIONS: [Column; 3] =
    [Column::text("FUNCTION", 0).cut_to(20), Column::number("CALLS", 1), Column::number("BYTES", 2)];
const KERNELS: [Column; 2] = [Column::text("KERNEL", 0).cut_to(20), Column::number("LAUNCHES", 1)];
