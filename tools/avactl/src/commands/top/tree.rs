//! Devices, their tenants, and their sessions.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use ava_protocol::admin::{Session, Tenant};
use clap::ValueEnum;

use super::super::rates::{Rates, Reading, percent, whole};
use crate::table::{Cell, Column, View, render};
use crate::units::{count, short_bytes, time};

/// Sort keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Key {
    /// The part of the time on the device
    Device,
    /// The time on the device since the beginning
    Time,
    /// Device memory
    #[value(alias = "mem")]
    Memory,
    /// Commands per second
    Commands,
    /// Bytes per second
    Bytes,
    /// The part of the time for which work is held back
    Held,
    /// Names of devices, tenants and programs
    Name,
}

impl Key {
    /// The next one, in a circle.
    pub fn next(self) -> Self {
        let all = Self::value_variants();
        let at = all.iter().position(|key| *key == self).unwrap_or(0);
        all[(at + 1) % all.len()]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Commands => "commands",
            Self::Bytes => "bytes",
            Self::Held => "held",
            Self::Name => "name",
        }
    }
}

/// A line of the tree: a device, a tenant on it, or a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub depth: usize,
    pub name: String,
    /// The session, if it is one.
    pub session: Option<u64>,
    pub user: String,
    pub rates: Rates,
    pub memory_bytes: u64,
    pub device_ns: u64,
    /// Of a tenant that uses the device: which part of its use that is, and which is due to it while others want the device.
    pub share: Option<(f64, f64)>,
    /// How much memory a tenant may hold.
    pub quota: Option<u64>,
}

/// What of the tree is shown, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub sort: Key,
    pub reverse: bool,
    /// Only sessions whose program, user, tenant, API or device contains this.
    pub filter: String,
}

/// The lines of the tree.
pub fn tree(now: &Reading, before: &Reading, order: &Order, user: impl Fn(u32) -> String) -> Vec<Line> {
    let mut devices: BTreeMap<String, BTreeMap<String, Vec<Line>>> = BTreeMap::new();
    for (session, rates) in now.sessions.iter().zip(now.rates_since(before)) {
        let device = if session.devices.is_empty() { "no device".to_owned() } else { session.devices.join(", ") };
        let user = user(session.uid);
        if fits(&order.filter, [&session.program, &user, &session.tenant, &session.api, &device]) {
            let line = of_session(session, rates, user);
            devices.entry(device).or_default().entry(session.tenant.clone()).or_default().push(line);
        }
    }
    let branch = |depth, name, below: Vec<Vec<Line>>| {
        let mut top = Line { depth, name, session: None, user: String::new(), ..EMPTY };
        for line in below.iter().filter_map(|lines| lines.first()) {
            top.rates.add(&line.rates);
            top.memory_bytes = top.memory_bytes.saturating_add(line.memory_bytes);
            top.device_ns = top.device_ns.saturating_add(line.device_ns);
        }
        let mut below = below;
        below.sort_by(|a, b| compare(&a[0], &b[0], order));
        [top].into_iter().chain(below.into_iter().flatten()).collect::<Vec<_>>()
    };
    let sessions = |all: Vec<Line>| all.into_iter().map(|line| vec![line]).collect();
    let tenants = |all: BTreeMap<String, Vec<Line>>| {
        let mut all: Vec<_> = all.into_iter().map(|(tenant, lines)| branch(1, tenant, sessions(lines))).collect();
        compare_shares(&mut all, &now.tenants);
        all
    };
    let mut all: Vec<_> = devices.into_iter().map(|(device, all)| branch(0, device, tenants(all))).collect();
    all.sort_by(|a, b| compare(&a[0], &b[0], order));
    all.into_iter().flatten().collect()
}

const EMPTY: Line = Line {
    depth: 0,
    name: String::new(),
    session: None,
    user: String::new(),
    rates: Rates { device: 0.0, held: 0.0, commands: 0.0, calls: 0.0, bytes_in: 0.0, bytes_out: 0.0 },
    memory_bytes: 0,
    device_ns: 0,
    share: None,
    quota: None,
};

fn of_session(session: &Session, rates: Rates, user: String) -> Line {
    Line {
        depth: 2,
        name: session.program.clone(),
        session: Some(session.session),
        user,
        rates,
        memory_bytes: session.memory_bytes,
        device_ns: session.device_ns,
        ..EMPTY
    }
}

/// What a tenant's rules say that matters here.
struct Said {
    weight: f64,
    class: String,
    quota: Option<u64>,
}

fn said(tenants: &[Tenant], name: &str) -> Said {
    let tenant = tenants.iter().find(|tenant| tenant.name == name);
    let of = |key: &str| {
        tenant.and_then(|tenant| tenant.settings.iter().find(|one| one.key == key)).map(|one| one.value.clone())
    };
    Said {
        weight: of("weight").and_then(|weight| weight.parse().ok()).unwrap_or(1.0),
        class: of("priority").unwrap_or_else(|| "normal".to_owned()),
        quota: tenant.and_then(|tenant| tenant.memory_limit),
    }
}

/// Compares what a device's tenants use with their weights, among those of one class that use it.
fn compare_shares(lines: &mut [Vec<Line>], tenants: &[Tenant]) {
    let uses = |line: &Line| line.rates.device >= 0.001;
    let all: f64 = lines.iter().map(|lines| lines[0].rates.device).sum();
    let of = |lines: &[Line]| said(tenants, &lines[0].name);
    let known: Vec<_> = lines.iter().map(|lines| (uses(&lines[0]), of(lines))).collect();
    for (lines, (uses, own)) in lines.iter_mut().zip(&known) {
        let alike = known.iter().filter(|(uses, other)| *uses && other.class == own.class);
        let weights: f64 = alike.map(|(_, other)| other.weight).sum();
        lines[0].quota = own.quota;
        lines[0].share = uses.then(|| (lines[0].rates.device / all, own.weight / weights));
    }
}

fn fits<const N: usize>(filter: &str, texts: [&String; N]) -> bool {
    let wanted = filter.to_lowercase();
    texts.iter().any(|text| text.to_lowercase().contains(&wanted))
}

fn compare(a: &Line, b: &Line, order: &Order) -> Ordering {
    let by = |value: fn(&Line) -> f64| value(b).total_cmp(&value(a));
    let ordering = match order.sort {
        Key::Device => by(|line| line.rates.device),
        Key::Time => b.device_ns.cmp(&a.device_ns),
        Key::Memory => b.memory_bytes.cmp(&a.memory_bytes),
        Key::Commands => by(|line| line.rates.commands),
        Key::Bytes => by(|line| line.rates.bytes_in + line.rates.bytes_out),
        Key::Held => by(|line| line.rates.held),
        Key::Name => a.name.cmp(&b.name),
    };
    let ordering = if order.reverse { ordering.reverse() } else { ordering };
    ordering.then_with(|| (&a.name, a.session).cmp(&(&b.name, b.session)))
}

const COLUMNS: [Column; 13] = [
    Column::text("DEVICE / TENANT / PROGRAM", 0).cut_to(16),
    Column::number("SESSION", 2),
    Column::text("USER", 6).cut_to(8),
    Column::number("DEVICE %", 1),
    Column::number("SHARE %", 7),
    Column::number("DUE %", 8),
    Column::number("HELD %", 9),
    Column::number("MEM", 3),
    Column::number("QUOTA", 10),
    Column::number("COMMANDS/S", 5),
    Column::number("IN/S", 11),
    Column::number("OUT/S", 12),
    Column::number("TIME", 4),
];

/// The lines as a table.
pub fn table(lines: &[Line], view: View) -> String {
    let row = |line: &Line| -> Vec<Cell> {
        vec![
            format!("{}{}", "  ".repeat(line.depth), line.name).into(),
            line.session.map(|session| session.to_string()).unwrap_or_default().into(),
            line.user.clone().into(),
            percent(line.rates.device).into(),
            line.share.map(|(used, _)| percent(used)).unwrap_or_default().into(),
            line.share.map(|(_, due)| percent(due)).unwrap_or_default().into(),
            percent(line.rates.held).into(),
            short_bytes(line.memory_bytes).into(),
            line.quota.map(short_bytes).unwrap_or_default().into(),
            count(whole(line.rates.commands)).into(),
            short_bytes(whole(line.rates.bytes_in)).into(),
            short_bytes(whole(line.rates.bytes_out)).into(),
            time(line.device_ns).into(),
        ]
    };
    render(&COLUMNS, &lines.iter().map(row).collect::<Vec<_>>(), view)
}
