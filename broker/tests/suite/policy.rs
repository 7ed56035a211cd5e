//! Rules: from files, and from administrators.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use ava_protocol::admin::{Answer, Failure, Request, Tenant};
use ava_protocol::session::{self, Hello, Opening, Refusal, seal};
use ava_transport::client;

use super::world::{World, fake_worker};

/// A policy's file in a directory of its own.
struct File(tempfile::TempDir);

impl File {
    fn new(text: &str) -> Self {
        let file = Self(tempfile::tempdir().unwrap());
        file.write(text);
        file
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path(), text).unwrap();
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("ava.toml")
    }

    fn world(&self) -> World {
        World::with("", &["--config", self.path().to_str().unwrap()])
    }
}

/// Rules for whoever runs the tests.
fn rule(says: &str) -> String {
    format!("[[rule]]\nmatch = {{ user = {} }}\ntenant = \"vision\"\n{says}\n", rustix::process::getuid().as_raw())
}

fn refused(world: &World, expected: &str) -> Refusal {
    let Err((code, reason)) = world.try_tenant() else { panic!("{expected}: it is not refused") };
    assert!(reason.contains(expected), "{reason}: {expected}");
    code
}

fn reload(world: &World) -> (bool, Vec<String>) {
    match world.ask(Request::Reload) {
        Answer::Reloaded { accepted, problems, .. } => (accepted, problems),
        other => panic!("{other:?}"),
    }
}

fn tenants(world: &World) -> Vec<Tenant> {
    match world.ask(Request::Tenants) {
        Answer::Tenants { tenants, more: false } => tenants,
        other => panic!("{other:?}"),
    }
}

fn set(world: &World, tenant: &str, key: &str, value: &str) -> Answer {
    world.ask(Request::Set { tenant: tenant.to_owned(), settings: vec![(key.to_owned(), value.to_owned())] })
}

#[test]
fn a_rule_limits_sessions_and_is_named() {
    let file = File::new(&rule("sessions = 1"));
    let world = file.world();
    let first = world.tenant();
    assert_eq!(world.sessions(false)[0].tenant, "vision");
    let named = format!("tenant vision may have 1 sessions at most, says {}:4: session 1 (", file.path().display());
    assert_eq!(refused(&world, &named), Refusal::Busy);
    file.write(&rule("sessions = 2"));
    assert_eq!(reload(&world), (true, vec![]));
    let _second = world.tenant();
    refused(&world, "2 sessions at most");
    // What began stays, and counts.
    file.write(&rule("sessions = 0"));
    assert_eq!(reload(&world), (true, vec![]));
    assert_eq!(first.ask("still there"), "still there");
    assert_eq!(world.sessions(false).len(), 2);
    refused(&world, "0 sessions at most");
    let status = world.status_answer();
    assert_eq!((status.policy.rules, status.policy.files), (1, vec![file.path().display().to_string()]));
}

#[test]
fn who_waits_is_let_in_when_the_rules_change() {
    let file = File::new(&rule("sessions = 0"));
    let world = file.world();
    let stream = client::connect(&world.socket(), std::time::Duration::from_secs(60)).unwrap();
    let hello = Hello { wait: 600, ..Hello::new("opencl", "waiting program", 1, "waiting program", "/") };
    ava_transport::message::send(&stream, &seal(&Opening::Session(hello)), &[]).unwrap();
    let (answer, _) = ava_transport::message::recv(&stream).unwrap().unwrap();
    assert!(matches!(session::open(&answer).unwrap(), session::Answer::Waiting { .. }));
    assert_eq!((tenants(&world)[0].waiting, tenants(&world)[0].sessions_limit), (1, 0));
    assert_eq!(set(&world, "vision", "sessions", "1"), Answer::Changed);
    assert!(matches!(super::world::answer(&stream), session::Answer::Welcome { .. }));
}

#[test]
fn a_rule_limits_apis_and_what_a_worker_is_made_with() {
    let file = File::new(&rule(
        "apis = [\"opencl\"]\nplugins = [\"/opt/one.so\", \"/opt/two.so\"]\nlanes = 7\nregion_bytes = \"4M\"",
    ));
    let world = file.world();
    let tenant = world.tenant();
    let told = tenant.ask("surroundings");
    assert!(told.contains("AVA_PLUGINS=/opt/one.so:/opt/two.so\n"), "{told}");
    assert!(told.contains("\"--lanes\", \"7\"") && told.contains("\"--memory\", \"5242880\""), "{told}");
    let other = Opening::Session(Hello::new("pkcs11", "x", 1, "x", "/"));
    let Err((Refusal::Denied, reason)) = world.open(&other) else { panic!("not refused") };
    assert_eq!(reason, format!("tenant vision may not use pkcs11, says {}:4", file.path().display()));
}

#[test]
fn a_spare_of_other_rules_serves_nobody() {
    let file = File::new(&rule("lanes = 7"));
    let world = World::warm("", 1, &["--config", file.path().to_str().unwrap()]);
    world.wait_for_spares(1);
    assert_eq!(set(&world, "vision", "lanes", "8"), Answer::Changed);
    assert!(world.tenant().ask("surroundings").contains("\"--lanes\", \"8\""));
}

#[test]
fn bad_files_are_refused_at_the_start_and_change_nothing_later() {
    let file = File::new("[default]\nsesions = 1\n[[rule]]\nmatch = 7\n");
    let broker = |file: &str| {
        let socket = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ava-broker"));
        command.arg("--socket").arg(socket.path().join("broker.sock")).arg("--worker").arg(fake_worker());
        let output = command.args(["--config", file]).stdin(Stdio::null()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = broker(file.path().to_str().unwrap());
    assert_eq!(code, Some(1));
    assert!(said.contains("ava.toml:2:1: \"sesions\" is no key; did you mean \"sessions\"?"), "{said}");
    assert!(said.contains("ava.toml:4:9: `match` must be a table"), "{said}");
    let (code, said) = broker("/nowhere/ava.toml");
    assert_eq!(code, Some(1));
    assert!(said.contains("/nowhere/ava.toml: No such file"), "{said}");

    file.write(&rule("sessions = 1"));
    let mut world = file.world();
    let _tenant = world.tenant();
    for bad in ["[default]\nsesions = 1\n", "[[rule", "\u{0}", "[[rule]]\nmatch = {}\nweight = 0\n"] {
        file.write(bad);
        let (accepted, problems) = reload(&world);
        assert!(!accepted && problems[0].contains("ava.toml:"), "{problems:?}");
        world.logged("what was in force stays in force");
        refused(&world, "1 sessions at most");
        let Answer::Failed { code: Failure::Policy, reason } = world.ask(Request::Compare) else { panic!("compared") };
        assert!(reason.contains("ava.toml:"), "{reason}");
    }
    std::fs::remove_file(file.path()).unwrap();
    assert!(!reload(&world).0, "an option names it");
    file.write("");
    assert_eq!(reload(&world), (true, vec![]));
    let _second = world.tenant();
}

#[test]
fn hostile_files_delay_nobody() {
    let file = File::new("");
    let world = file.world();
    let rules = |count: usize| (0..count).map(|at| format!("[[rule]]\nmatch={{user={at}}}\n")).collect::<String>();
    for bad in [rules(30_000), rules(1_000_000), "x".repeat(1 << 20), "[".repeat(1 << 19), "a=1\n".repeat(200_000)] {
        file.write(&bad);
        let (accepted, problems) = reload(&world);
        assert!(!accepted && problems.len() <= 49, "{problems:?}");
    }
    assert!(world.status("VmHWM") < 600 << 10, "{} KiB", world.status("VmHWM"));
    let _tenant = world.tenant();
}

#[test]
fn who_has_no_session_is_told_what_would_hold() {
    let rule = rule("sessions = 3").replace("tenant", "# tenant");
    let world = File::new(&rule).world();
    let shown = tenants(&world);
    assert_eq!((shown.len(), shown[0].sessions, shown[0].sessions_limit), (1, 0, 3));
    assert_eq!(shown[0].settings.len(), 1);
}

#[test]
fn what_is_set_is_shown_compared_and_taken_back() {
    let file = File::new(&format!("[default]\nlanes = 9\n{}", rule("weight = 4")));
    let world = file.world();
    let same = Answer::Compared { in_force: vec![], in_files: vec![], reordered: false };
    assert_eq!(world.ask(Request::Compare), same);
    assert_eq!(set(&world, "vision", "weight", "8"), Answer::Changed);
    let _tenant = world.tenant();
    let shown = tenants(&world);
    assert_eq!((shown.len(), shown[0].name.as_str(), shown[0].sessions), (1, "vision", 1));
    let said: Vec<_> =
        shown[0].settings.iter().map(|one| format!("{}={} {}", one.key, one.value, one.said_by)).collect();
    assert_eq!(said, ["weight=8 avactl policy set".to_owned(), format!("lanes=9 {}:2", file.path().display())]);
    let in_force = vec!["set for tenant vision: weight 8".to_owned()];
    assert_eq!(world.ask(Request::Compare), Answer::Compared { in_force, in_files: vec![], reordered: false });
    for (tenant, key, value) in [("a b", "weight", "1"), ("a", "wieght", "1"), ("a", "weight", "0")] {
        let Answer::Failed { code: Failure::Policy, .. } = set(&world, tenant, key, value) else { panic!("{key}") };
    }
    let unset = |keys: &[&str]| {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        world.ask(Request::Unset { tenant: "vision".to_owned(), keys })
    };
    assert!(matches!(unset(&["lanes"]), Answer::Failed { code: Failure::Policy, .. }));
    assert_eq!(unset(&[]), Answer::Changed);
    assert_eq!(world.ask(Request::Compare), same);
    file.write("");
    let Answer::Compared { in_force, .. } = world.ask(Request::Compare) else { panic!("not compared") };
    assert_eq!(in_force.len(), 2, "{in_force:?}");
}

/// What a worker was given stands for what it takes of its tenant's memory.
#[test]
fn a_tenants_sessions_share_a_quota_of_memory_that_changes_at_once() {
    let file = File::new(&rule("device_memory = 100"));
    let mut world = file.world();
    let [first, second] = [world.tenant(), world.tenant()];
    let level = |world: &World| {
        let vision = tenants(world).into_iter().find(|tenant| tenant.name == "vision").unwrap();
        (vision.memory_bytes, vision.memory_limit)
    };
    assert_eq!(
        (first.ask("take 70"), second.ask("take 31"), second.ask("take 30")),
        words("taken", "refused", "taken")
    );
    assert_eq!(level(&world), (100, Some(100)));
    assert_eq!(set(&world, "vision", "device_memory", "0"), Answer::Changed);
    assert_eq!((second.ask("take 1"), level(&world)), ("refused".to_owned(), (100, Some(0))));
    assert_eq!(set(&world, "vision", "device_memory", "101"), Answer::Changed);
    assert_eq!((first.ask("take 2"), second.ask("take 1"), first.ask("take 1")), words("refused", "taken", "refused"));
    // A worker that crashes gives back what it held, and no more than that.
    first.tell("abort");
    first.wait_for_end();
    world.logged("session ended");
    assert_eq!(level(&world), (31, Some(101)));
    let third = world.tenant();
    assert_eq!((third.ask("take 71"), third.ask("take 70")), ("refused".to_owned(), "taken".to_owned()));
    file.write("");
    assert!(reload(&world).0);
    let unset = Request::Unset { tenant: "vision".to_owned(), keys: vec![] };
    assert_eq!((world.ask(unset), third.ask("take 1000")), (Answer::Changed, "taken".to_owned()));
}

/// Whatever its worker does besides.
#[test]
fn a_session_ends_whose_command_runs_for_too_long() {
    let file = File::new(&rule("longest_command = \"1s\""));
    let mut world = file.world();
    let [hangs, goes_on] = [world.tenant(), world.tenant()];
    assert_eq!(hangs.ask("run 1"), "runs");
    for number in 1..=100 {
        assert_eq!(goes_on.ask(&format!("run {number}")), "runs");
        // All of them together take longer than one may.
        std::thread::sleep(Duration::from_millis(20));
    }
    hangs.wait_for_end();
    world.logged("a command ran for longer than 1s (longest_command, ");
    assert_eq!(goes_on.ask("run 0"), "runs", "each of its commands was short");
    // Who may run for longer from now on does.
    assert_eq!(set(&world, "vision", "longest_command", "1h"), Answer::Changed);
    assert_eq!(goes_on.ask("run 101"), "runs");
    // It runs for longer than it could before.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(goes_on.ask("run 101"), "runs");
}

fn words(first: &str, second: &str, third: &str) -> (String, String, String) {
    (first.to_owned(), second.to_owned(), third.to_owned())
}
