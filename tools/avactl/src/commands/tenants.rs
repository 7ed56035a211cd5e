//! `avactl tenants`

use ava_cli::{Example, example};
use ava_policy::{Key, Value};
use ava_protocol::admin::{self, Setting};
use serde::Serialize;

use crate::error::Failure;
use crate::output::{Format, TableArgs, show};
use crate::reach::Broker;
use crate::table::{Cell, Column, View, render};
use crate::units::{bytes, of_nanoseconds, seconds, time};

pub const EXAMPLES: &[Example] = &[
    example("Who has how many sessions, and what limits", "avactl tenants"),
    example("For a program", "avactl tenants --format json"),
];

/// Show the tenants: their sessions, and what rules say of them
///
/// A tenant is a user, in a container or outside of all, or what a rule of ava.toml(5) makes one tenant of. Administrators
/// see all that have sessions or are named by a rule, other users their own. TIME is the time that its sessions used on
/// devices since the broker started; `avactl account` shows that of earlier days too.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    table: TableArgs,
}

#[derive(Debug, Serialize)]
pub(super) struct Tenants {
    pub tenants: Vec<Tenant>,
}

#[derive(Debug, Serialize)]
pub(super) struct Tenant {
    pub name: String,
    pub sessions: u64,
    pub sessions_limit: u64,
    pub waiting: u64,
    pub device_seconds: f64,
    pub held_seconds: f64,
    #[serde(skip)]
    pub device_ns: u64,
    /// Bytes that its sessions hold, and the most that they may hold.
    pub memory_bytes: u64,
    pub memory_limit: Option<u64>,
    pub host_memory_bytes: u64,
    pub host_memory_limit: Option<u64>,
    pub settings: Vec<Said>,
}

/// One thing that is said of a tenant.
#[derive(Debug, Serialize)]
pub(super) struct Said {
    pub key: String,
    /// In base units: bytes, seconds, percents.
    pub value: serde_json::Value,
    /// As a command line has it.
    #[serde(skip)]
    pub word: String,
    pub said_by: String,
    /// Whether it has an effect, for all APIs that the tenant may use.
    pub enforced: bool,
    /// What of it has none.
    #[serde(skip)]
    gap: Option<String>,
}

impl Tenant {
    pub fn new(tenant: admin::Tenant) -> Self {
        let admin::Tenant {
            name,
            sessions,
            sessions_limit,
            waiting,
            device_ns,
            held_ns,
            memory_bytes,
            memory_limit,
            host_memory_bytes,
            host_memory_limit,
            settings,
        } = tenant;
        let apis = settings.iter().find(|setting| setting.key == Key::Apis.name());
        let apis: Option<Vec<_>> = apis.map(|setting| setting.value.split(',').map(str::to_owned).collect());
        Self {
            name,
            sessions,
            sessions_limit,
            waiting,
            device_seconds: of_nanoseconds(device_ns),
            held_seconds: of_nanoseconds(held_ns),
            device_ns,
            memory_bytes,
            memory_limit,
            host_memory_bytes,
            host_memory_limit,
            settings: settings.into_iter().map(|setting| Said::new(setting, apis.as_deref())).collect(),
        }
    }

    fn word(&self, key: Key) -> Option<&str> {
        self.settings.iter().find(|said| said.key == key.name()).map(|said| said.word.as_str())
    }
}

impl Said {
    fn new(setting: Setting, apis: Option<&[String]>) -> Self {
        let Setting { key, value: word, said_by } = setting;
        let definition = Key::find(&key).map(Key::definition);
        let value = definition.and_then(|definition| definition.kind.read_word(&word).ok());
        let value = match value {
            Some(Value::Count(number) | Value::Percent(number) | Value::Bytes(number)) => number.into(),
            Some(Value::Milliseconds(time)) => seconds(time).into(),
            Some(Value::List(all)) => all.into(),
            Some(Value::Word(_)) | None => word.clone().into(),
        };
        let gap = definition.and_then(|definition| definition.gap(apis));
        Self { key, value, word, said_by, enforced: definition.is_some() && gap.is_none(), gap }
    }
}

/// The tenants that this user may see.
pub(super) fn all() -> Result<Vec<Tenant>, Failure> {
    Ok(Broker::reach()?.tenants()?.into_iter().map(Tenant::new).collect())
}

/// Asks and shows.
pub fn run(args: Args, format: Format) -> Result<(), Failure> {
    show(format, &Tenants { tenants: all()? }, |tenants| table(tenants, args.table.view()))
}

const COLUMNS: [Column; 10] = [
    Column::text("TENANT", 0).cut_to(12),
    Column::number("SESSIONS", 1),
    Column::number("MOST", 2),
    Column::number("WAITING", 6),
    Column::number("TIME", 3),
    Column::number("WEIGHT", 4),
    Column::text("PRIORITY", 5),
    Column::number("MEM", 7),
    Column::number("QUOTA", 8),
    Column::text("LIMITS", 9).cut_to(12),
];

/// The tenants as a table, and below it what has no effect.
pub(super) fn table(tenants: &Tenants, view: View) -> String {
    let row = |tenant: &Tenant| {
        let own = [Key::Sessions, Key::Weight, Key::Priority, Key::DeviceMemory].map(Key::name);
        let others = tenant.settings.iter().filter(|said| !own.contains(&said.key.as_str()));
        let limits: Vec<_> = others.map(|said| format!("{} {}", said.key, said.word)).collect();
        vec![
            Cell::from(tenant.name.as_str()),
            tenant.sessions.to_string().into(),
            tenant.sessions_limit.to_string().into(),
            tenant.waiting.to_string().into(),
            time(tenant.device_ns).into(),
            tenant.word(Key::Weight).unwrap_or("1").into(),
            tenant.word(Key::Priority).unwrap_or("normal").into(),
            bytes(tenant.memory_bytes).into(),
            tenant.memory_limit.map_or_else(|| "-".to_owned(), bytes).into(),
            limits.join(", ").into(),
        ]
    };
    let rows: Vec<_> = tenants.tenants.iter().map(row).collect();
    render(&COLUMNS, &rows, view) + &not_enforced(tenants.tenants.iter().flat_map(|tenant| &tenant.settings))
}

/// A line that names what is said and has no effect, if there is any.
pub(super) fn not_enforced<'a>(said: impl Iterator<Item = &'a Said>) -> String {
    let mut names: Vec<_> = said.filter_map(|said| said.gap.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    not_enforced_names(&names)
}

/// The same for these names.
pub(super) fn not_enforced_names(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { String::new() } else { format!("not enforced yet: {}\n", names.join(", ")) }
}
