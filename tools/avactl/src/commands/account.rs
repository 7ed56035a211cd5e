//! `avactl account`

mod by;
pub(super) mod counted;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ava_cli::{Example, example};
use ava_protocol::admin::{self, Used};
use serde::Serialize;

pub(super) use self::by::By;
use self::by::{quoted, shown_name};
use self::counted::Counted;
use super::shown::user_name;
use crate::error::{Failure, Kind};
use crate::output::{Format, TableArgs, print, show};
use crate::reach::Broker;
use crate::table::{Cell, Column, View, only, render};
use crate::units::{count, of_nanoseconds, seconds, short_bytes, time};

pub const EXAMPLES: &[Example] = &[
    example("Who used the devices today", "avactl account"),
    example(
        "The programs of the last four weeks, for a spreadsheet",
        "avactl account --since 4w --by program --format csv",
    ),
    example("Which kernels were launched most", "avactl account --since 7d --by kernel"),
    example("Each session of one day", "avactl account --since 2026-11-30 --until 2026-11-30T23:59:59Z --by session"),
];

/// Show what was used: by tenants, users, programs, devices or kernels, over hours or weeks
///
/// The broker keeps what sessions used, hour by hour, also over its restarts. So the time shown is in whole hours: from the
/// beginning of the hour of --since to the end of that of --until. A session that goes on is counted up to now.
///
/// Administrators see all, other users their own. TIME is the time on devices, HELD that for which work was held back so that
/// others got their share or a limit was kept, PEAK the most device memory that one session was seen to hold. SESSIONS began in
/// the time shown; others may have begun before.
///
/// By function and by kernel it is how often programs called and launched them, and nothing else. Of each session and hour the
/// most frequent have their names, and all more count as "(others)"; `avactl inspect` says what is no launch of its own.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Since when: so long ago (90m, 24h, 7d, 4w), or a day or moment of UTC (2026-11-30, 2026-11-30T12:00:00Z)
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = moment)]
    since: Moment,

    /// Until when, likewise [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,

    /// What to add up
    #[arg(long, value_enum, value_name = "WHAT", default_value = "tenant")]
    by: By,

    #[command(flatten)]
    table: TableArgs,
}

/// A time on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Ago(Duration),
    At(SystemTime),
}

impl Moment {
    fn unix_ms(self, now: SystemTime) -> u64 {
        let at = match self {
            Self::Ago(time) => now.checked_sub(time).unwrap_or(UNIX_EPOCH),
            Self::At(at) => at,
        };
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(time) = humantime::parse_duration(text) {
        return Ok(Moment::Ago(time));
    }
    let whole = if text.contains(['T', ' ']) { text.to_owned() } else { format!("{text}T00:00:00Z") };
    humantime::parse_rfc3339_weak(&whole)
        .map(Moment::At)
        .map_err(|_| "no time such as 24h, 7d, 2026-11-30 or 2026-11-30T12:00:00Z".to_owned())
}

#[derive(Debug, Serialize)]
pub(super) struct Account {
    pub since_unix_seconds: f64,
    pub until_unix_seconds: f64,
    pub by: By,
    pub rows: Vec<Row>,
}

/// What a group of sessions used.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// What they have in common; empty for all groups that have no row of their own.
    pub name: String,
    /// Of how many groups this is.
    pub groups: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<One>,
    pub sessions: u64,
    pub device_seconds: f64,
    pub held_seconds: f64,
    pub commands: u64,
    pub calls: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub memory_peak_bytes: u64,
    #[serde(skip)]
    pub device_ns: u64,
    #[serde(skip)]
    pub held_ns: u64,
}

/// Which session it is.
#[derive(Debug, Serialize)]
pub(super) struct One {
    /// When its broker started: each counts its sessions from 1 on.
    pub broker_unix_seconds: f64,
    pub user: String,
    pub tenant: String,
    pub api: String,
    pub program: String,
}

impl Row {
    pub fn new(used: Used, by: By, user: impl Fn(u32) -> String) -> Self {
        let name = match (by, used.name.parse()) {
            (By::User, Ok(uid)) => user(uid),
            _ => used.name,
        };
        let one = |one: admin::UsedBy| One {
            broker_unix_seconds: seconds(one.broker_unix_ms),
            user: user(one.uid),
            tenant: one.tenant,
            api: one.api,
            program: one.program,
        };
        Self {
            name,
            groups: used.groups,
            session: used.session.map(one),
            sessions: used.sessions,
            device_seconds: of_nanoseconds(used.device_ns),
            held_seconds: of_nanoseconds(used.held_ns),
            commands: used.commands,
            calls: used.calls,
            bytes_in: used.bytes_in,
            bytes_out: used.bytes_out,
            memory_peak_bytes: used.memory_peak_bytes,
            device_ns: used.device_ns,
            held_ns: used.held_ns,
        }
    }

    fn shown_name(&self) -> String {
        shown_name(&self.name, self.groups)
    }
}

/// Asks and shows.
pub fn run(args: Args, format: Format) -> Result<(), Failure> {
    const HOUR_MS: u64 = 3_600_000;
    let now = SystemTime::now();
    let (since, until) = (args.since.unix_ms(now), args.until.unwrap_or(Moment::At(now)).unix_ms(now));
    if until < since {
        return Err(Failure::new(Kind::Usage, "--until is before --since"));
    }
    let rows = Broker::reach()?.account(since, until, args.by.into())?;
    let (since_unix_seconds, until_unix_seconds) = (seconds(since - since % HOUR_MS), seconds(until));
    if args.by.is_of_counts() {
        let counted =
            Counted { since_unix_seconds, until_unix_seconds, by: args.by, rows: counted::rows(rows, args.by) };
        return match format {
            Format::Csv => print(&counted::csv(&counted, !args.table.no_headers)),
            _ => show(format, &counted, |counted| counted::table(counted, args.table.view(), args.table.bytes)),
        };
    }
    let account = Account {
        since_unix_seconds,
        until_unix_seconds,
        by: args.by,
        rows: rows.into_iter().map(|used| Row::new(used, args.by, user_name)).collect(),
    };
    match format {
        Format::Csv => print(&csv(&account, !args.table.no_headers)),
        _ => show(format, &account, |account| table(account, args.table.view(), args.table.bytes)),
    }
}

const COLUMNS: [Column; 13] = [
    Column::text("NAME", 0).cut_to(12),
    Column::text("USER", 10).cut_to(8),
    Column::text("TENANT", 11).cut_to(8),
    Column::text("API", 12),
    Column::text("PROGRAM", 2).cut_to(8),
    Column::number("SESSIONS", 5),
    Column::number("TIME", 1),
    Column::number("HELD", 9),
    Column::number("PEAK", 3),
    Column::number("COMMANDS", 4),
    Column::number("CALLS", 8),
    Column::number("IN", 6),
    Column::number("OUT", 7),
];

/// The account as a table.
pub(super) fn table(account: &Account, view: View, exact: bool) -> String {
    let size = |amount: u64| if exact { amount.to_string() } else { short_bytes(amount) };
    let number = |amount: u64| if exact { amount.to_string() } else { count(amount) };
    let lasting = |amount: u64| if exact { amount.to_string() } else { time(amount) };
    let row = |row: &Row| {
        let of_one =
            |what: fn(&One) -> &String| Cell::from(row.session.as_ref().map(what).cloned().unwrap_or_default());
        vec![
            row.shown_name().into(),
            of_one(|one| &one.user),
            of_one(|one| &one.tenant),
            of_one(|one| &one.api),
            of_one(|one| &one.program),
            number(row.sessions).into(),
            lasting(row.device_ns).into(),
            lasting(row.held_ns).into(),
            size(row.memory_peak_bytes).into(),
            number(row.commands).into(),
            number(row.calls).into(),
            size(row.bytes_in).into(),
            size(row.bytes_out).into(),
        ]
    };
    let rows: Vec<_> = account.rows.iter().map(row).collect();
    let (columns, rows) = only(&COLUMNS, rows, |column| match column.title() {
        "USER" | "TENANT" | "API" | "PROGRAM" => account.by == By::Session,
        "SESSIONS" => account.by != By::Session,
        _ => true,
    });
    let titled = |column: Column| if column.title() == "NAME" { column.titled(account.by.title()) } else { column };
    render(&columns.into_iter().map(titled).collect::<Vec<_>>(), &rows, view)
}

/// The account as comma-separated values (RFC 4180, with plain line ends), in base units.
pub(super) fn csv(account: &Account, headers: bool) -> String {
    const AMOUNTS: &str = "sessions,device_seconds,held_seconds,commands,calls,bytes_in,bytes_out,memory_peak_bytes";
    let is_each = account.by == By::Session;
    let name = account.by.title().to_lowercase();
    let more = if is_each { ",broker_unix_seconds,user,tenant,api,program" } else { "" };
    let mut text = if headers { format!("{name},groups{more},{AMOUNTS}\n") } else { String::new() };
    for row in &account.rows {
        let mut cells = vec![quoted(&row.name), row.groups.to_string()];
        if is_each {
            let one = row.session.as_ref();
            cells.push(one.map(|one| one.broker_unix_seconds.to_string()).unwrap_or_default());
            let texts: [fn(&One) -> &String; 4] =
                [|one| &one.user, |one| &one.tenant, |one| &one.api, |one| &one.program];
            cells.extend(texts.map(|text| quoted(one.map_or("", |one| text(one)))));
        }
        cells.extend([row.sessions.to_string(), row.device_seconds.to_string(), row.held_seconds.to_string()]);
        let counts = [row.commands, row.calls, row.bytes_in, row.bytes_out, row.memory_peak_bytes];
        cells.extend(counts.map(|count| count.to_string()));
        text += &cells.join(",");
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spans_days_or_moments() {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let at = |text: &str| moment(text).map(|moment| moment.unix_ms(now) / 1000);
        assert_eq!(at("24h"), Ok(1_700_000_000 - 86_400));
        assert_eq!(at("4w"), Ok(1_700_000_000 - 28 * 86_400));
        assert_eq!(at("90m"), Ok(1_700_000_000 - 5400));
        assert_eq!(at("1000y"), Ok(0));
        assert_eq!(at("2023-11-14"), Ok(1_699_920_000));
        assert_eq!(at("2023-11-14T22:13:20Z"), Ok(1_700_000_000));
        assert_eq!(at("2023-11-14 22:13:20"), Ok(1_700_000_000));
        for wrong in ["", "yesterday", "24", "-3h", "2023-13-01", "99999999999999999999d"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }
}
