//! `avactl stats`

use std::io::{self, IsTerminal};
use std::thread;
use std::time::{Duration, SystemTime};

use ava_cli::{Example, example};
use serde::Serialize;

use super::rates::{Rates, Reading, percent, whole};
use super::selection::Selection;
use super::shown::user_name;
use crate::error::Failure;
use crate::output::{Format, TableArgs, print, show};
use crate::reach::Broker;
use crate::table::{Cell, Column, View, render};
use crate::units::{count, of_nanoseconds, short_bytes, since, time};

pub const EXAMPLES: &[Example] = &[
    example("What is used now, once", "avactl stats --no-stream"),
    example("For a program, one line every ten seconds", "avactl stats --json --interval 10"),
];

/// Show what sessions use per second
///
/// Two readings of the broker's counts make a line, so the first appears after --interval. It goes on until it is ended,
/// with --no-stream it ends after the first. With JSON each reading is a document on one line. `avactl top` shows the same by device and
/// tenant.
///
/// DEVICE % is the time on the device: 100 % is one device, or one processor of a CPU device, all the time. AVG % is the same since the
/// session began.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show one reading only
    #[arg(long)]
    no_stream: bool,

    /// Seconds between two readings
    #[arg(short, long, value_name = "SECONDS", default_value = "2", value_parser = interval)]
    interval: Duration,

    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    selection: Selection,
}

/// A time between two readings.
pub fn interval(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=3600.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "must be 0.1 to 3600 seconds".to_owned())
}

#[derive(Debug, Serialize)]
pub(super) struct Stats {
    pub sessions: Vec<Line>,
}

/// What a session uses.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub session: u64,
    pub program: String,
    pub user: String,
    pub tenant: String,
    /// Seconds on the device per second.
    pub device_share: f64,
    /// The same since it began.
    pub device_share_average: f64,
    pub held_share: f64,
    pub memory_bytes: u64,
    pub bytes_in_per_second: f64,
    pub bytes_out_per_second: f64,
    pub commands_per_second: f64,
    pub calls_per_second: f64,
    pub device_seconds: f64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    #[serde(skip)]
    pub device_ns: u64,
}

/// Reads and shows, again and again.
pub fn run(args: &Args, format: Format) -> Result<(), Failure> {
    let broker = Broker::reach()?;
    let mut before = Reading::take(&broker)?;
    let clears = format == Format::Table && !args.no_stream && io::stdout().is_terminal();
    loop {
        // A rate is over a time.
        thread::sleep(args.interval);
        let now = Reading::take(&broker)?;
        let shown = stats(&now, &before, &args.selection, SystemTime::now(), user_name)?;
        if clears {
            // The cursor goes to the first place, and what is there goes away.
            print("\u{1b}[H\u{1b}[J")?;
        }
        match format {
            Format::Json if !args.no_stream => print(&crate::output::json_line(&shown)?)?,
            _ => show(format, &shown, |shown| table(shown, args.table.view(), args.table.bytes))?,
        }
        if args.no_stream {
            return Ok(());
        }
        before = now;
    }
}

pub(super) fn stats(
    now: &Reading,
    before: &Reading,
    selection: &Selection,
    clock: SystemTime,
    user: impl Fn(u32) -> String,
) -> Result<Stats, Failure> {
    let rates = now.rates_since(before);
    let wanted = selection.of(now.sessions.clone())?;
    let is_wanted = |number| wanted.iter().any(|session| session.session == number);
    let all = now.sessions.iter().zip(rates).filter(|(session, _)| is_wanted(session.session));
    let line = |(session, rates): (&ava_protocol::admin::Session, Rates)| {
        let lasted = since(session.since_unix_ms, clock).as_secs_f64();
        let device_seconds = of_nanoseconds(session.device_ns);
        Line {
            session: session.session,
            program: session.program.clone(),
            user: user(session.uid),
            tenant: session.tenant.clone(),
            device_share: rates.device,
            device_share_average: if lasted > 0.0 { device_seconds / lasted } else { 0.0 },
            held_share: rates.held,
            memory_bytes: session.memory_bytes,
            bytes_in_per_second: rates.bytes_in,
            bytes_out_per_second: rates.bytes_out,
            commands_per_second: rates.commands,
            calls_per_second: rates.calls,
            device_seconds,
            bytes_in: session.bytes_in,
            bytes_out: session.bytes_out,
            device_ns: session.device_ns,
        }
    };
    Ok(Stats { sessions: all.map(line).collect() })
}

const COLUMNS: [Column; 9] = [
    Column::number("SESSION", 0),
    Column::text("NAME", 1).cut_to(8),
    Column::number("DEVICE %", 2),
    Column::number("MEM USAGE", 3),
    Column::text("DATA IN / OUT", 4),
    Column::number("COMMANDS/S", 6),
    Column::number("CALLS/S", 8),
    Column::number("DEVICE TIME", 5),
    Column::number("AVG %", 7),
];

/// The columns of `podman stats`, as far as they make sense here.
pub(super) fn table(stats: &Stats, view: View, exact: bool) -> String {
    let size = |amount: u64| if exact { amount.to_string() } else { short_bytes(amount) };
    let number = |rate: f64| if exact { whole(rate).to_string() } else { count(whole(rate)) };
    let row = |line: &Line| -> Vec<Cell> {
        vec![
            line.session.to_string().into(),
            line.program.clone().into(),
            percent(line.device_share).into(),
            size(line.memory_bytes).into(),
            format!("{} / {}", size(line.bytes_in), size(line.bytes_out)).into(),
            number(line.commands_per_second).into(),
            number(line.calls_per_second).into(),
            if exact { line.device_ns.to_string() } else { time(line.device_ns) }.into(),
            percent(line.device_share_average).into(),
        ]
    };
    render(&COLUMNS, &stats.sessions.iter().map(row).collect::<Vec<_>>(), view)
}
