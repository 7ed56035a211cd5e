//! Sessions begin, are served, and end, each for its own reason.

use std::process::Command;
use std::time::{Duration, Instant};

use ava_protocol::session::Refusal;
use rustix::process::{Pid, Signal, kill_process};

use super::world::{World, wait_for_death};

fn signal(pid: impl TryInto<i32>, signal: Signal) {
    let pid = pid.try_into().ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, signal).unwrap();
}

#[test]
fn a_tenant_talks_to_its_worker_and_the_end_is_logged() {
    let mut world = World::new();
    let tenant = world.tenant();
    assert_eq!(tenant.session, 1);
    assert_eq!(tenant.ask("hello"), "hello");
    drop(tenant);
    let line = world.logged("session ended");
    assert!(line.contains("the program left: end of file") && line.contains("calls=2"), "{line}");
    assert_eq!(world.tenant().session, 2);
}

#[test]
fn a_worker_gets_nothing_it_is_not_meant_to_have() {
    let world = World::with("", &["--vendor-library-path", "/opt/vendor/lib"]);
    let text = world.tenant().ask("surroundings");
    let names: Vec<_> = text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let expected = [
        "AVA_LOG",
        "HOME",
        "LD_LIBRARY_PATH",
        "PATH",
        "POCL_FAKE",
        "XDG_CACHE_HOME",
        "args",
        "directory",
        "fds",
        "session",
        "title",
    ];
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    let title = format!(", process {}: test program\n", std::process::id());
    assert!(text.contains("title=session 1 of ") && text.contains(&title), "{text}");
    assert!(text.contains("LD_LIBRARY_PATH=/opt/vendor/lib\n"));
    // The last one is the directory that was listed.
    assert!(text.contains("fds=[0, 1, 2, 3, 4, 5]\n"), "{text}");
    assert!(text.contains(r#"args=["--api", "opencl", "--sandbox", "best", "--memory", "#), "{text}");
}

#[test]
fn a_senseless_variable_is_named_with_what_is_allowed() {
    let directory = tempfile::tempdir().unwrap();
    for (name, value, allowed) in [("AVA_LOG", "loud", "error, warn"), ("AVA_WARM", "many", "a number from 0 to 16")] {
        let mut broker = Command::new(env!("CARGO_BIN_EXE_ava-broker"));
        let output = broker.arg("--socket").arg(directory.path().join("s")).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.starts_with(&format!("ava-broker: {name}={value}: ")) && text.contains(allowed), "{text}");
    }
}

#[test]
fn a_crashed_worker_ends_its_session_and_no_other() {
    let mut world = World::new();
    let (one, other) = (world.tenant(), world.tenant());
    one.tell("abort");
    one.wait_for_end();
    let line = world.logged("session ended");
    assert!(line.contains("the worker was ended by signal 6 (SIGABRT)"), "{line}");
    assert_eq!(other.ask("still there"), "still there");
}

#[test]
fn a_killed_worker_is_reaped() {
    let mut world = World::new();
    let tenant = world.tenant();
    let worker = world.sessions(false)[0].worker_pid;
    signal(worker, Signal::KILL);
    tenant.wait_for_end();
    assert!(world.logged("session ended").contains("signal 9 (SIGKILL)"));
    assert!(!std::path::Path::new(&format!("/proc/{worker}")).exists());
    assert!(world.sessions(false).is_empty());
}

#[test]
fn sessions_survive_their_broker_and_end_with_their_tenant() {
    let mut world = World::new();
    let tenant = world.tenant();
    let worker = world.sessions(false)[0].worker_pid;
    world.broker.kill().unwrap();
    world.broker.wait().unwrap();
    assert_eq!(tenant.ask("who needs a broker"), "who needs a broker");
    drop(tenant);
    wait_for_death(worker);
}

#[test]
fn a_broker_that_is_told_to_end_leaves_sessions_alone_and_no_socket() {
    let mut world = World::new();
    let tenant = world.tenant();
    signal(world.broker.id(), Signal::TERM);
    assert!(world.broker.wait().unwrap().success());
    assert!(!world.socket().exists());
    assert_eq!(tenant.ask("x"), "x");
}

#[test]
fn a_worker_that_cannot_begin_is_a_reason_for_the_tenant() {
    let world = World::with("fail", &[]);
    for _ in 0..20 {
        let (code, reason) = world.try_tenant().err().unwrap();
        assert_eq!(code, Refusal::Worker);
        assert!(reason.contains("libOpenCL.so.1: cannot open"), "{reason}");
    }
}

#[test]
fn workers_that_crash_at_once_are_damped() {
    let world = World::with("crash", &[]);
    let refusals: Vec<_> = (0..12).map(|_| world.try_tenant().err().unwrap()).collect();
    assert_eq!(refusals[0].0, Refusal::Worker);
    assert!(refusals[0].1.contains("SIGABRT"), "{}", refusals[0].1);
    assert_eq!(refusals[11].0, Refusal::Damped);
    assert!(refusals[11].1.contains("crashed too often"), "{}", refusals[11].1);
}

#[test]
fn a_worker_that_does_not_listen_is_killed_when_its_tenant_dies() {
    let mut world = World::with("deaf", &[]);
    // A process that opens a session and dies: python, since killing a thread of ours would not be a death.
    let opening = world.directory.path().join("opening");
    let hello = ava_protocol::session::Hello::new("opencl", "short", 1, "short", "/");
    let body = ava_protocol::session::seal(&ava_protocol::session::Opening::Session(hello));
    let mut bytes = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    bytes.extend(body);
    std::fs::write(&opening, bytes).unwrap();
    let script = "import socket,struct,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\ns.sendall(open(sys.argv[2],'rb').read())\nr=lambda n:s.recv(n,socket.MSG_WAITALL)\nfor _ in 'starting','welcome': r(struct.unpack('<I',r(4))[0])";
    let started = Instant::now();
    let status = Command::new("python3").args(["-c", script]).arg(world.socket()).arg(&opening).status().unwrap();
    assert!(status.success());
    let line = world.logged("session ended");
    assert!(line.contains("the program ended") && line.contains("SIGKILL"), "{line}");
    assert!(started.elapsed() >= Duration::from_secs(2), "it had its grace");
}

#[test]
fn an_idle_broker_ends_but_not_under_a_session() {
    let mut world = World::with("", &["--idle-exit", "2"]);
    let started = Instant::now();
    let tenant = world.tenant();
    let served = std::thread::spawn(move || {
        // Longer than an idle broker would last.
        std::thread::sleep(Duration::from_millis(2500));
        tenant.ask("x")
    });
    assert!(world.broker.wait().unwrap().success());
    let lasted = started.elapsed();
    assert!((Duration::from_millis(4400)..Duration::from_millis(6000)).contains(&lasted), "{lasted:?}");
    assert_eq!(served.join().unwrap(), "x");
    assert!(!world.socket().exists());
}
