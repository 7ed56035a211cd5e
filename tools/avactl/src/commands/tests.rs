//! Snapshots of what people and programs read.

use std::time::{Duration, UNIX_EPOCH};

use ava_protocol::admin::{self, Detail, Session, Setting, State};
use ava_protocol::usage::{FunctionStats, KernelStats, Stats};
use insta::assert_snapshot;

use super::shown::Shown;
use super::{account, command, devices, examples, inspect, policy, ps, tenants, version};
use crate::devices::Device;
use crate::output::{TableArgs, json};
use crate::table::View;

pub(super) fn session(number: u64) -> Session {
    Session {
        session: number,
        pid: 4242,
        uid: 1000,
        tenant: "user1000".into(),
        program: "hashcat".into(),
        api: "opencl".into(),
        worker_pid: 4300,
        state: State::Running,
        devices: vec!["cpu-haswell".into(), "another".into()],
        device_ns: 83_456_000_000,
        held_ns: 1_250_000_000,
        memory_bytes: 25_600_000,
        calls: 123_456,
        waits: 23_456,
        commands: 1000,
        bytes_in: 5 << 30,
        bytes_out: 999,
        since_unix_ms: 1_700_000_000_500,
        ended: None,
        ended_unix_ms: None,
    }
}

fn shown(session: Session) -> Shown {
    Shown::new(session, now(), |uid| format!("user{uid}"))
}

fn now() -> std::time::SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_126)
}

fn sessions() -> ps::Sessions {
    let starting = Session { state: State::Starting, devices: vec![], program: "clinfo".into(), ..session(12) };
    let ended = Session {
        state: State::Ended,
        ended: Some("the program ended".into()),
        ended_unix_ms: Some(1_700_000_042_500),
        ..session(3)
    };
    let one = Session { devices: vec!["one".into()], ..session(7) };
    // In a container a user is a tenant of its own.
    let ended = Session { tenant: "user1000@docker-0123".into(), ..ended };
    ps::Sessions { sessions: [ended, one, session(8), starting].into_iter().map(shown).collect() }
}

fn detail() -> Detail {
    Detail {
        session: session(8),
        command_line: "hashcat -m 0 -a 3 hash ?l?l?l".into(),
        cwd: "/home/user".into(),
        cgroup: "/user.slice".into(),
        label: "gold".into(),
        container: "docker-0123".into(),
        sandbox: "Landlock 7, seccomp filter, user 65600".into(),
        library: "/usr/lib/x86_64-linux-gnu/libOpenCL.so.1".into(),
        stats: Stats {
            objects: vec![("cl_context".into(), 1), ("cl_mem".into(), 37)],
            functions: vec![
                FunctionStats { name: "clSetKernelArg".into(), calls: 100_000, bytes: 6_400_000 },
                FunctionStats { name: "clFinish".into(), calls: 1, bytes: 64 },
            ],
            kernels: vec![
                KernelStats { name: "_Z9mandelbrotPjf".into(), launches: 1_234 },
                KernelStats { name: "(others)".into(), launches: 2 },
            ],
            ..Stats::default()
        },
    }
}

#[test]
fn the_command_line_makes_sense() {
    command().debug_assert();
}

#[test]
fn help() {
    let mut command = command().term_width(100);
    command.build();
    let mut text = command.render_long_help().to_string();
    text += &helps(&mut command);
    assert_snapshot!(text);
}

/// Of all subcommands, and of theirs.
fn helps(command: &mut clap::Command) -> String {
    let verbs = command.get_subcommands_mut().filter(|verb| verb.get_name() != "help");
    let help = |verb: &mut clap::Command| {
        let name = verb.get_bin_name().unwrap_or_default().trim_start_matches("avactl ").to_owned();
        format!("\n==== {name} ====\n{}{}", verb.render_long_help(), helps(verb))
    };
    verbs.map(help).collect()
}

fn tenants() -> tenants::Tenants {
    let setting = |(key, value, said_by): (&str, &str, &str)| Setting {
        key: key.into(),
        value: value.into(),
        said_by: said_by.into(),
    };
    let vision = [
        ("weight", "4", "/etc/ava/ava.toml:7"),
        ("sessions", "8", "avactl policy set"),
        ("device_memory", "4G", "/etc/ava/ava.toml:8"),
        ("region_bytes", "2G", "/etc/ava/ava.d/10-vision.toml:3"),
        ("apis", "opencl,cuda", "/etc/ava/ava.d/10-vision.toml:4"),
        ("compute_units", "50%", "/etc/ava/ava.toml:9"),
    ];
    let of = |name: &str, settings: &[(&str, &str, &str)]| {
        tenants::Tenant::new(admin::Tenant {
            name: name.into(),
            sessions: 3,
            sessions_limit: 8,
            waiting: 1,
            device_ns: 3_725_000_000_000,
            held_ns: 12_500_000_000,
            memory_bytes: 3 << 20,
            memory_limit: (name == "vision").then_some(4 << 30),
            host_memory_bytes: 0,
            host_memory_limit: None,
            settings: settings.iter().copied().map(setting).collect(),
        })
    };
    tenants::Tenants { tenants: vec![of("alice@docker-0123", &[]), of("vision", &vision)] }
}

#[test]
fn tenants_table_and_json() {
    let table = at_widths_with(|view| tenants::table(&tenants(), view), "not enforced yet");
    assert_snapshot!(table + &json(&tenants()).unwrap());
}

#[test]
fn policy_table() {
    assert_snapshot!(at_widths_with(|view| policy::shown(&tenants(), view), "not enforced yet"));
}

#[test]
fn every_verb_has_examples_and_what_is_hidden_has_none() {
    for verb in command().get_subcommands() {
        assert_eq!(examples(verb.get_name()).is_empty(), verb.is_hide_set(), "{}", verb.get_name());
    }
}

/// At several widths, as a pipe, a terminal and a narrow one would show it.
fn at_widths(table: impl Fn(View) -> String) -> String {
    at_widths_with(table, "\n")
}

/// The same, where lines that begin with this are as long as they are.
fn at_widths_with(table: impl Fn(View) -> String, note: &str) -> String {
    let widths = [None, Some(120), Some(80), Some(60), Some(40)];
    let at = |width| {
        let table = anstream::adapter::strip_str(&table(View { width, headers: true })).to_string();
        let longest =
            table.lines().filter(|line| !line.starts_with(note)).map(|line| line.chars().count()).max().unwrap();
        assert!(width.is_none_or(|width| longest <= width), "{table}");
        format!("---- {}\n{table}", width.map_or("any".into(), |width| width.to_string()))
    };
    widths.map(at).concat()
}

#[test]
fn ps_table() {
    assert_snapshot!(at_widths(|view| ps::table(&sessions(), view, false)));
}

#[test]
fn ps_table_of_nothing_and_of_exact_numbers() {
    let nothing = ps::Sessions { sessions: vec![] };
    let one = ps::Sessions { sessions: vec![shown(session(8))] };
    let text = ps::table(&nothing, View::WHOLE, false) + &ps::table(&one, View::WHOLE, true);
    assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
}

#[test]
fn ps_table_in_colours() {
    let text = ps::table(&sessions(), View { width: Some(60), headers: false }, false);
    assert_snapshot!(text.replace('\u{1b}', "ESC"));
}

#[test]
fn sessions_are_sorted() {
    let order = |key, reverse| {
        let mut sessions = sessions().sessions;
        sessions[1].memory_bytes = 1 << 40;
        ps::sort(&mut sessions, key, reverse);
        sessions.iter().map(|session| session.session).collect::<Vec<_>>()
    };
    assert_eq!(order(ps::Key::Session, true), [12, 8, 7, 3]);
    assert_eq!(order(ps::Key::Program, false), [12, 3, 7, 8]);
    assert_eq!(order(ps::Key::Memory, false), [7, 3, 8, 12]);
    assert_eq!(order(ps::Key::Device, false), [12, 3, 8, 7]);
}

#[test]
fn ps_json() {
    assert_snapshot!(json(&sessions()).unwrap());
}

#[test]
fn inspect_text() {
    let text = inspect::text(&inspect::inspected(detail(), now(), |_| "somebody".into()), TableArgs::default());
    assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
}

#[test]
fn inspect_json() {
    assert_snapshot!(json(&inspect::inspected(detail(), now(), |_| "somebody".into())).unwrap());
}

fn some_devices() -> devices::Devices {
    let device = Device {
        api: "opencl".into(),
        platform: "Portable Computing Language".into(),
        name: "cpu-haswell-Intel(R) Xeon(R)".into(),
        r#type: "cpu".into(),
        vendor: "GenuineIntel".into(),
        version: "OpenCL 3.0 PoCL HSTR: cpu-x86_64-pc-linux-gnu-haswell".into(),
        driver: "3.1+debian".into(),
        compute_units: 2,
        memory_bytes: 24 << 30,
        resource: "processors".into(),
    };
    let of_cuda = Device {
        api: "cuda".into(),
        platform: "NVIDIA CUDA".into(),
        name: "Software CUDA device".into(),
        r#type: "gpu".into(),
        resource: "pci 0000:c1:00.0".into(),
        ..device.clone()
    };
    let known = |session: Session, name: &str| Session { devices: vec![name.into()], ..session };
    let its = [known(session(7), "cpu-haswell-Intel(R) Xeon(R)"), known(session(9), "another")];
    devices::Devices::new(vec![device, of_cuda], &its)
}

#[test]
fn devices_table_and_json() {
    let table = at_widths(|view| devices::table(&some_devices(), view, false));
    assert_snapshot!(table + &json(&some_devices()).unwrap());
}

#[test]
fn versions() {
    let none = version::Versions {
        avactl: "0.1.0",
        protocol: 1,
        build: "0.1.0 (0123456789abcdef)",
        broker: None,
        socket: None,
        failure: None,
    };
    let socket = Some("/run/ava/broker.sock".to_owned());
    let one = version::Versions { broker: Some("0.1.0".into()), socket, ..none };
    let none = version::Versions {
        avactl: "0.1.0",
        protocol: 1,
        build: "0.1.0 (0123456789abcdef)",
        broker: None,
        socket: None,
        failure: None,
    };
    assert_snapshot!(version::text(&none, None) + &version::text(&one, None) + &json(&one).unwrap());
}

fn account(by: account::By) -> account::Account {
    let used = |name: &str, groups, device_ns| admin::Used {
        name: name.into(),
        groups,
        session: (by == account::By::Session && groups == 1).then(|| admin::UsedBy {
            broker_unix_ms: 1_700_000_000_500,
            tenant: "vision".into(),
            uid: 1000,
            program: "a,\"b\"".into(),
            api: "opencl".into(),
        }),
        times: 0,
        sessions: 12,
        device_ns,
        held_ns: 20_000_000,
        commands: 1_234_567,
        calls: 7,
        bytes_in: 5 << 30,
        bytes_out: 999,
        memory_peak_bytes: 25_600_000,
    };
    let names = if by == account::By::Session { ["8", "3"] } else { ["1000", ""] };
    let rows = [used(names[0], 1, 12_345_000_000_000), used(names[1], 1, 0), used("", 20, 1_500_000_000)];
    account::Account {
        since_unix_seconds: 1_700_000_000.0,
        until_unix_seconds: 1_700_086_400.0,
        by,
        rows: rows.into_iter().map(|used| account::Row::new(used, by, |uid| format!("user{uid}"))).collect(),
    }
}

#[test]
fn account_in_each_format() {
    let mut text = String::new();
    for by in [account::By::User, account::By::Device, account::By::Session] {
        let account = account(by);
        text += &at_widths(|view| account::table(&account, view, false));
        text += &account::csv(&account, true);
    }
    assert_snapshot!(text + &json(&account(account::By::Session)).unwrap());
}
