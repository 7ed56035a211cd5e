//! `avactl ps`

use std::cmp::Reverse;
use std::process::ExitCode;
use std::time::SystemTime;

use anstyle::{AnsiColor, Style};
use ava_cli::{Example, example};
use clap::ValueEnum;
use serde::Serialize;

use super::selection::{Selection, what_there_is};
use super::shown::{Shown, user_name};
use crate::error::{Failure, Kind};
use crate::output::{Format, TableArgs, print, show};
use crate::reach::Broker;
use crate::table::{Cell, Column, View, only, render};
use crate::units::{count, duration, short_bytes, time};

pub const EXAMPLES: &[Example] = &[
    example("Who uses the devices most", "avactl ps --sort time"),
    example("All sessions of one user, also those that ended lately", "avactl ps --all --user \"$USER\""),
    example("The session of a process", "avactl ps --pid $$"),
    example("The numbers of one user's sessions, for a script", "avactl ps --quiet --user \"$USER\""),
    example("All data, for a program", "avactl ps --format json"),
];

/// Show the sessions: which user's program uses what
///
/// One line for each program that has a session: its process and user, the API, the devices, the time it used on them, the
/// device memory it holds, the calls it made, the bytes of data that went in and came out, its age, and its name. TENANT appears if the limits of something else
/// than the user apply to a session: of a tenant that a rule names, or of a user in a container. A last column appears if there is more to
/// say: that a session is starting or ending, how it ended, or that its numbers are old because its worker did not answer in time.
///
/// Options select the sessions to list; several criteria must all match.
///
/// In JSON an ended session has `ended` (the reason), `ended_unix_seconds` and a final `duration_seconds`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also show sessions that ended lately
    #[arg(short, long)]
    all: bool,

    /// Show only the numbers of the sessions, one per line
    #[arg(short, long, conflicts_with = "json")]
    quiet: bool,

    /// Sort by this: names from a to z, sizes and times from the largest on
    #[arg(short, long, value_enum, value_name = "KEY", default_value = "session")]
    sort: Key,

    /// Reverse the order
    #[arg(short, long)]
    reverse: bool,

    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    selection: Selection,
}

/// Sort keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Key {
    Session,
    Pid,
    User,
    Program,
    Api,
    Device,
    Time,
    #[value(alias = "mem")]
    Memory,
    Calls,
    In,
    Out,
    #[value(alias = "age")]
    Since,
}

#[derive(Debug, Serialize)]
pub(super) struct Sessions {
    pub sessions: Vec<Shown>,
}

/// Asks and shows.
pub fn run(args: Args, format: Format) -> Result<ExitCode, Failure> {
    let broker = Broker::reach()?;
    let found = args.selection.of(broker.sessions(args.all || args.selection.may_be_ended())?)?;
    let now = SystemTime::now();
    let mut sessions: Vec<_> = found.into_iter().map(|session| Shown::new(session, now, user_name)).collect();
    sort(&mut sessions, args.sort, args.reverse);
    let sessions = Sessions { sessions };
    if args.quiet {
        print(&sessions.sessions.iter().map(|session| format!("{}\n", session.session)).collect::<String>())?;
    } else {
        show_all(&sessions, args.table, format)?;
    }
    let is_there = |number: &u64| sessions.sessions.iter().any(|session| session.session == *number);
    let missing = args.selection.sessions.iter().filter(|number| !is_there(number));
    let mut code = ExitCode::SUCCESS;
    for number in missing.filter(|_| args.selection.only_numbers()) {
        let failure = Failure::new(Kind::General, format!("there is no session {number}"));
        code = what_there_is(&broker, failure).report();
    }
    Ok(code)
}

fn show_all(sessions: &Sessions, args: TableArgs, format: Format) -> Result<(), Failure> {
    show(format, sessions, |sessions| table(sessions, args.view(), args.bytes))
}

pub(super) fn sort(sessions: &mut [Shown], key: Key, reverse: bool) {
    match key {
        Key::Session => sessions.sort_by_key(|session| session.session),
        Key::Pid => sessions.sort_by_key(|session| session.pid),
        Key::User => sessions.sort_by(|a, b| a.user.cmp(&b.user)),
        Key::Program => sessions.sort_by(|a, b| a.program.cmp(&b.program)),
        Key::Api => sessions.sort_by(|a, b| a.api.cmp(&b.api)),
        Key::Device => sessions.sort_by(|a, b| a.devices.cmp(&b.devices)),
        Key::Time => sessions.sort_by_key(|session| Reverse(session.device_ns)),
        Key::Memory => sessions.sort_by_key(|session| Reverse(session.memory_bytes)),
        Key::Calls => sessions.sort_by_key(|session| Reverse(session.calls)),
        Key::In => sessions.sort_by_key(|session| Reverse(session.bytes_in)),
        Key::Out => sessions.sort_by_key(|session| Reverse(session.bytes_out)),
        Key::Since => sessions.sort_by_key(|session| Reverse(session.lasted)),
    }
    if reverse {
        sessions.reverse();
    }
}

/// Columns from left to right; a column's rank decides whether it is left out on a narrow terminal.
const COLUMNS: [Column; 14] = [
    Column::number("SESSION", 0),
    Column::number("PID", 1),
    Column::text("USER", 3).cut_to(8),
    Column::text("TENANT", 13).cut_to(8),
    Column::text("API", 8),
    Column::text("DEVICE", 9).cut_to(8),
    Column::number("TIME", 4),
    Column::number("MEM", 5),
    Column::number("CALLS", 12),
    Column::number("IN", 10),
    Column::number("OUT", 11),
    Column::number("SINCE", 6),
    Column::text("PROGRAM", 2).cut_to(8),
    Column::text("STATE", 7).cut_to(8),
];

/// The sessions as a table.
pub(super) fn table(sessions: &Sessions, view: View, exact: bool) -> String {
    let rows: Vec<_> = sessions.sessions.iter().map(|session| row(session, exact)).collect();
    let any = |says: fn(&Shown) -> bool| sessions.sessions.iter().any(says);
    let says_something = |column: &Column| match column.title() {
        "TENANT" => any(|session| session.tenant != session.user),
        "STATE" => any(|session| !session.note().is_empty()),
        _ => true,
    };
    let (columns, rows) = only(&COLUMNS, rows, says_something);
    render(&columns, &rows, view)
}

fn row(session: &Shown, exact: bool) -> Vec<Cell> {
    let devices = match session.devices.as_slice() {
        [] => "-".to_owned(),
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} +{}", rest.len()),
    };
    let style = match session.state {
        "ended" => Style::new().dimmed(),
        _ => Style::new(),
    };
    let note = match session.state {
        "ended" => style,
        _ => AnsiColor::Yellow.on_default(),
    };
    let size = |amount: u64| if exact { amount.to_string() } else { short_bytes(amount) };
    let number = |amount: u64| if exact { amount.to_string() } else { count(amount) };
    let cell = |text: String| Cell::styled(text, style);
    vec![
        cell(session.session.to_string()),
        cell(session.pid.to_string()),
        cell(session.user.clone()),
        cell(session.tenant.clone()),
        cell(session.api.clone()),
        cell(devices),
        cell(if exact { session.device_ns.to_string() } else { time(session.device_ns) }),
        cell(size(session.memory_bytes)),
        cell(number(session.calls)),
        cell(size(session.bytes_in)),
        cell(size(session.bytes_out)),
        cell(duration(session.lasted)),
        cell(session.program.clone()),
        Cell::styled(session.note(), note),
    ]
}
