//! The other verbs, asked of a living broker.

use std::process::{Child, Output, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};

use super::installation::Installation;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn sessions_are_listed_inspected_and_ended() {
    let here = Installation::new();
    here.text(&["run", "true"]);
    let mut tenant = here.session();
    let table = here.text(&["ps"]);
    assert!(table.starts_with("SESSION") && table.lines().count() == 2, "{table}");
    assert!(table.contains("a program") && table.contains("fake device") && table.contains("4.00K"), "{table}");
    let all = json(&here.text(&["ps", "--format", "json"]));
    assert_eq!((&all["schema"], &all["sessions"][0]["pid"]), (&1.into(), &std::process::id().into()));
    assert_eq!(all["sessions"][0]["memory_bytes"], 4096);
    let session = json(&here.text(&["--format", "json", "inspect", "1"]));
    assert_eq!(session["functions"][0]["name"], "clFinish");
    assert_eq!(session["kernels"], serde_json::json!([{ "name": "fake?kernel", "launches": 3 }]));
    assert_eq!(session["command_line"], "a program with arguments");
    assert!(here.text(&["kill", "1"]).starts_with("session 1 ended by user "));
    assert_eq!(std::io::Read::read(&mut tenant, &mut [0; 9]).unwrap(), 0);
    assert_eq!(here.text(&["ps"]).lines().count(), 1);
    assert!(here.text(&["ps", "--all"]).contains(" ended by user "));
    let gone = here.output(&["inspect", "77"]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8(gone.stderr).unwrap().contains("hint: `avactl ps`"));
}

fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn several_sessions_are_named_by_number_process_user_and_name() {
    let here = Installation::new();
    here.text(&["run", "true"]);
    let mut tenants: Vec<_> = (0..6).map(|_| here.session()).collect();
    let own = std::process::id().to_string();
    let uid = rustix::process::getuid().as_raw().to_string();
    let numbers = |arguments: &[&str]| -> Vec<u64> {
        let all = json(&here.text(&[&["ps", "--json"], arguments].concat()));
        all["sessions"].as_array().unwrap().iter().map(|one| one["session"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(&[]), [1, 2, 3, 4, 5, 6]);
    assert_eq!(numbers(&["--pid", &own, "--user", &uid, "--sort", "session", "-r", "5", "2"]), [5, 2]);
    assert_eq!(numbers(&["--program", "another"]), [] as [u64; 0]);
    assert_eq!(numbers(&["--api", "pkcs11"]), [] as [u64; 0]);
    assert_eq!(numbers(&["--device", "FAKE", "--state", "running,starting"]).len(), 6);
    assert_eq!(here.text(&["ps", "-q", "--sort=pid", "3", "1"]), "1\n3\n");
    let worker = json(&here.text(&["--json", "inspect", "4"]))["worker_pid"].to_string();
    assert_eq!(numbers(&["--pid", &worker]), [4]);
    let both = json(&here.text(&["inspect", "2", "4", "--json"]));
    assert_eq!(both["sessions"][1]["session"], 4);
    let texts = here.text(&["inspect", "--pid", &worker, "4"]);
    assert_eq!(texts.matches("session:").count(), 1, "{texts}");

    let killed = here.text(&["kill", "1", "3"]);
    assert!(killed.starts_with("session 1 ended by user ") && killed.contains("\nsession 3 ended by "), "{killed}");
    let half = here.output(&["kill", "2", "3", "99"]);
    assert_eq!(half.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&half.stdout).starts_with("session 2 ended by "), "{half:?}");
    assert!(said(&half).contains("avactl: session 3 has ended already\n"), "{half:?}");
    assert!(
        said(&half)
            .contains("avactl: there is no session 99\n  hint: `avactl ps` lists the sessions: 4 (a program), 5"),
        "{half:?}"
    );
    let none = here.output(&["kill", "--program", "another"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(said(&none).starts_with("avactl: there is no such session\n  hint: "), "{none:?}");
    let which = here.output(&["kill"]);
    assert_eq!(which.status.code(), Some(2));
    assert!(said(&which).starts_with("avactl: no session given\n  hint: "), "{which:?}");
    let rest = json(&here.text(&["kill", "--user", &uid, "--program", "a program", "--json"]));
    assert_eq!(rest["sessions"].as_array().unwrap().len(), 3);
    for tenant in &mut tenants {
        assert_eq!(std::io::Read::read(tenant, &mut [0; 9]).unwrap(), 0);
    }
    assert_eq!(here.text(&["kill", "--all"]), "", "nothing is left, which is what was wanted");
    assert_eq!(numbers(&["3"]), [3], "one that has ended is shown if it is named");
    assert_eq!(numbers(&["--state", "ended"]).len(), 6);
    let missing = here.output(&["ps", "3", "77"]);
    assert_eq!(
        (missing.status.code(), said(&missing).lines().next()),
        (Some(1), Some("avactl: there is no session 77"))
    );
}

#[test]
fn tables_fit_and_have_colours_where_they_are_wanted() {
    let here = Installation::new();
    here.text(&["run", "true"]);
    let _tenant = here.session();
    let wide = here.text(&["ps"]);
    let narrow = |columns: &str, arguments: &[&str]| {
        String::from_utf8(here.avactl(arguments).env("COLUMNS", columns).output().unwrap().stdout).unwrap()
    };
    assert!(narrow("40", &["ps"]).lines().all(|line| line.chars().count() <= 40));
    assert_eq!(narrow("40", &["ps", "--wide"]), wide);
    let rows = narrow("80", &["ps", "--no-headers", "--bytes"]);
    assert!(rows.lines().count() == 1 && rows.contains(" 4096 "), "{rows}");
    assert!(!wide.contains('\u{1b}'), "a pipe has no colours");
    assert!(here.text(&["ps", "--color", "always"]).contains('\u{1b}'));
    let forced = |name: &str, arguments: &[&str]| {
        let output = here.avactl(arguments).env("CLICOLOR_FORCE", "1").env(name, "1").output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains('\u{1b}')
    };
    assert!(forced("OTHER", &["ps"]) && !forced("NO_COLOR", &["ps"]) && !forced("OTHER", &["ps", "--color=never"]));
}

#[test]
fn nobody_is_told_of_hidden_verbs() {
    let here = Installation::new();
    for (wrong, similar) in [("start-brokr", Some("stats")), ("mann", None), ("insect", Some("inspect"))] {
        let output = here.output(&[wrong]);
        assert_eq!(output.status.code(), Some(2));
        assert!(!said(&output).contains("start-broker") && !said(&output).contains("'man'"), "{output:?}");
        assert_eq!(said(&output).contains("similar"), similar.is_some(), "{output:?}");
        assert!(similar.is_none_or(|verb| said(&output).contains(verb)), "{output:?}");
    }
    assert!(!here.text(&["--help"]).contains("start-broker"));
}

#[test]
fn without_a_broker_looking_starts_none() {
    let here = Installation::new();
    for verb in [&["ps"][..], &["inspect", "1"], &["kill", "1"]] {
        let output = here.output(verb);
        assert_eq!(output.status.code(), Some(4), "{output:?}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("avactl: no broker is running\n  hint: "));
    }
    assert!(here.text(&["version"]).contains("not running"));
    assert!(here.broker().is_none());
}

#[test]
fn a_stopped_broker_is_told_of_in_time() {
    let here = Installation::new();
    here.text(&["run", "true"]);
    let broker = Pid::from_raw(here.broker().unwrap().parse().unwrap()).unwrap();
    kill_process(broker, Signal::STOP).unwrap();
    let verbs = [&["ps"][..], &["inspect", "1"], &["kill", "1"], &["run", "true"], &["version"], &["doctor"]];
    // Each waits, all of them at the same time.
    let asked = verbs.map(|verb| {
        here.avactl(verb).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap().wait_with_output_apart()
    });
    let [ps, inspect, kill, run, version, doctor] = asked.map(|output| output.join().unwrap());
    kill_process(broker, Signal::CONT).unwrap();
    for output in [ps, inspect, kill, run] {
        assert_eq!(output.status.code(), Some(4), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("did not answer: no answer within 10 s: the broker may be stopped\n  hint: "), "{said}");
    }
    let version = String::from_utf8(version.stdout).unwrap();
    assert!(version.contains("did not answer"), "{version}");
    assert_eq!(doctor.status.code(), Some(1), "{doctor:?}");
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    let words = doctor.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the broker may be stopped"), "{doctor}");
    assert!(here.text(&["ps"]).starts_with("SESSION"));
}

/// A process that is waited for while others are.
trait Apart {
    fn wait_with_output_apart(self) -> JoinHandle<Output>;
}

impl Apart for Child {
    fn wait_with_output_apart(self) -> JoinHandle<Output> {
        std::thread::spawn(|| self.wait_with_output().unwrap())
    }
}

#[test]
fn a_wrong_command_line_is_status_2() {
    let here = Installation::new();
    for wrong in [&["frobnicate"][..], &["run"], &["kill", "one"], &["ps", "--format", "xml"], &[]] {
        assert_eq!(here.output(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn doctor_says_what_is_broken() {
    let here = Installation::new();
    let diagnosis = |output: Output| {
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        json(&String::from_utf8(output.stdout).unwrap())
    };
    let of = |diagnosis: &serde_json::Value, name: &str| {
        let checks = diagnosis["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).cloned().unwrap_or_default()
    };
    let found = diagnosis(here.output(&["doctor", "--format", "json"]));
    assert_eq!((&found["healthy"], &of(&found, "broker")["health"]), (&false.into(), &"ok".into()), "{found}");
    // What stands here for AvA's library has no such function.
    assert_eq!(of(&found, "opencl")["health"], "broken", "{found}");
    assert!(found["unsupported"].as_array().unwrap().iter().any(|one| one["function"] == "clSVMAlloc"));
    let elsewhere = here.avactl(&["doctor", "--format", "json"]).env("AVA_SOCKET", "/nowhere/s").output().unwrap();
    let found = diagnosis(elsewhere);
    assert_eq!(of(&found, "broker")["found"], "no broker listens on /nowhere/s");
    let without = here.avactl(&["doctor"]).env("AVA_SHIM", "/nowhere").output().unwrap();
    let text = String::from_utf8(without.stdout).unwrap();
    assert!(text.contains("BROKEN  library") && without.status.code() == Some(1), "{text}");
}

#[test]
fn doctor_of_an_installation_without_a_broker_says_so() {
    let here = Installation::new();
    std::fs::remove_file(here.directory.path().join("bin/ava-broker")).unwrap();
    let text = String::from_utf8(here.output(&["doctor"]).stdout).unwrap();
    assert!(text.contains("BROKEN  broker"), "{text}");
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let here = Installation::new();
    let mut child = here.avactl(&["completion", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
