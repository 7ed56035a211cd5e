//! Spare workers.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use ava_protocol::session::{Answer, Hello, Opening, Refusal, open, seal};
use ava_transport::message;
use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::process::{Pid, Signal, kill_process};

use super::world::{World, answer, fd, pipe, wait_for_death};

/// The only spare, once it is ready and the workers of ended sessions are gone.
fn spare(world: &World) -> u32 {
    loop {
        world.wait_for_spares(1);
        if let [spare] = world.spares()[..] {
            return spare;
        }
    }
}

fn kill(pid: u32) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
    wait_for_death(pid);
}

#[test]
fn a_spare_serves_the_next_session_and_no_other() {
    let world = World::warm("", 1, &[]);
    let first = spare(&world);
    let one = world.tenant();
    assert_eq!(world.sessions(false)[0].worker_pid, first);
    let second = spare(&world);
    assert_ne!(first, second);
    let other = world.tenant();
    assert_eq!(world.sessions(false)[1].worker_pid, second);
    assert_eq!((one.ask("one"), other.ask("other")), ("one".into(), "other".into()));
    let text = other.ask("surroundings");
    assert!(text.contains("\nsession=2\n"), "{text}");
    // Its socket to the broker, its tenant, and the directory that was listed.
    assert!(text.contains("\nfds=[0, 1, 2, 3, 4, 5]\n"), "{text}");
    drop(one);
    wait_for_death(first);
    assert_eq!(other.ask("still there"), "still there");
}

#[test]
fn a_spare_holds_nothing_but_its_conversation_with_the_broker() {
    let world = World::warm("", 2, &[]);
    let _tenant = world.tenant();
    world.wait_for_spares(2);
    for spare in world.spares() {
        let link = |number: u32| fs::read_link(format!("/proc/{spare}/fd/{number}"));
        for number in 0..3 {
            assert_eq!(link(number).unwrap(), Path::new("/dev/null"));
        }
        assert!(link(3).unwrap().to_string_lossy().starts_with("socket:"));
        assert!(link(4).is_err());
        let arguments = fs::read(format!("/proc/{spare}/cmdline")).unwrap();
        assert!(String::from_utf8_lossy(&arguments).contains("\0--api\0opencl\0--spare\0"));
    }
}

#[test]
fn a_spare_that_dies_is_replaced() {
    let mut world = World::warm("", 1, &[]);
    let first = spare(&world);
    kill(first);
    // Whether the broker knows of it yet or not: no session gets the dead one.
    let tenant = world.tenant();
    assert_eq!(tenant.ask("x"), "x");
    let line = world.logged("a spare worker ended");
    assert!(line.contains("SIGKILL") && line.contains(&format!("worker={first} ")), "{line}");
    assert_ne!(spare(&world), first);
}

#[test]
fn spares_that_cannot_begin_are_not_tried_for_ever() {
    let mut world = World::warm("fail", 1, &[]);
    for _ in 0..3 {
        let line = world.logged("a spare worker ended");
        assert!(line.contains("libOpenCL.so.1: cannot open"), "{line}");
    }
    for _ in 0..10 {
        let (code, reason) = world.try_tenant().err().unwrap();
        assert_eq!(code, Refusal::Worker);
        assert!(reason.contains("libOpenCL.so.1: cannot open"), "{reason}");
    }
    for session in 1..=10 {
        let lines = world.logged_until(&format!("session ended session={session} "));
        assert!(!lines.concat().contains("spare"), "{lines:?}");
    }
}

#[test]
fn sessions_do_not_depend_on_spares() {
    let mut world = World::warm("fail ahead", 1, &[]);
    world.logged("spares are not for us");
    world.logged("spares are not for us");
    world.logged("spares are not for us");
    let tenant = world.tenant();
    assert_eq!(tenant.ask("x"), "x");
    // A session succeeded: another attempt is worthwhile.
    world.logged("spares are not for us");
}

#[test]
fn a_crash_of_a_spare_is_held_against_nobody() {
    let mut world = World::warm("crash", 4, &[]);
    for _ in 0..3 {
        assert!(world.logged("a spare worker ended").contains("SIGABRT"));
    }
    // Eight crashes are free, and none counted for this user.
    for _ in 0..8 {
        assert_eq!(world.try_tenant().err().unwrap().0, Refusal::Worker);
    }
}

#[test]
fn a_spare_that_still_loads_is_better_than_none() {
    let directory = tempfile::tempdir().unwrap();
    let gate = directory.path().join("gate");
    mkfifoat(CWD, &gate, Mode::RUSR | Mode::WUSR).unwrap();
    let world = World::warm(&format!("gate {}", gate.display()), 1, &[]);
    let spare = loop {
        if let [spare] = world.spares()[..] {
            break spare;
        }
        std::thread::yield_now();
    };
    assert_eq!(world.status_answer().spares, 0);
    let stream = UnixStream::connect(world.socket()).unwrap();
    let hello = Hello::new("opencl", "p", 1, "p", "/");
    message::send(&stream, &seal(&Opening::Session(hello)), &[]).unwrap();
    let session = loop {
        if let Some(session) = world.sessions(false).pop() {
            break session;
        }
    };
    assert_eq!((session.worker_pid, session.state), (spare, ava_protocol::admin::State::Starting));
    drop(OpenOptions::new().write(true).open(&gate).unwrap());
    assert!(matches!(answer(&stream), Answer::Welcome { session: 1, populate: false, .. }));
    message::send(&stream, b"x", &[]).unwrap();
    assert_eq!(message::recv(&stream).unwrap().unwrap().0, b"x");
    drop(stream);
    // The next one, which may be starting already, must not wait there for ever.
    let held = OpenOptions::new().read(true).write(true).open(&gate).unwrap();
    let no_gate = directory.path().join("no gate");
    File::create(&no_gate).unwrap();
    fs::rename(no_gate, &gate).unwrap();
    drop(held);
    world.wait_for_spares(1);
}

#[test]
fn spares_count_for_no_limit_and_are_no_sessions() {
    let world = World::warm("", 3, &["--sessions", "1"]);
    world.wait_for_spares(3);
    assert_eq!(world.status_answer().sessions, 0);
    assert!(world.sessions(true).is_empty());
    let _tenant = world.tenant();
    assert_eq!(world.try_tenant().err().unwrap().0, Refusal::Busy);
    world.wait_for_spares(3);
}

#[test]
fn more_sessions_than_spares_are_served_all_the_same() {
    let world = World::warm("", 2, &[]);
    world.wait_for_spares(2);
    let tenants: Vec<_> = (0..5).map(|_| world.tenant()).collect();
    let mut workers: Vec<_> = world.sessions(false).iter().map(|session| session.worker_pid).collect();
    workers.sort_unstable();
    workers.dedup();
    assert_eq!(workers.len(), tenants.len());
    tenants.iter().for_each(|tenant| assert_eq!(tenant.ask("x"), "x"));
}

#[test]
fn a_worker_of_another_build_is_named() {
    let mut world = World::warm("other build", 1, &[]);
    let named = |text: &str| text.contains("of build 9.9.9 (") && text.contains(ava_protocol::envelope::BUILD);
    let line = world.logged("a spare worker ended");
    assert!(named(&line), "{line}");
    let (code, reason) = world.try_tenant().err().unwrap();
    assert!(code == Refusal::Worker && named(&reason), "{reason}");
}

#[test]
fn an_idle_broker_ends_and_its_spares_with_it() {
    let mut world = World::warm("", 2, &["--idle-exit", "1"]);
    world.wait_for_spares(2);
    let spares = world.spares();
    assert!(world.broker.wait().unwrap().success());
    spares.into_iter().for_each(wait_for_death);
}

#[test]
fn spares_end_with_a_killed_broker_and_sessions_do_not() {
    let mut world = World::warm("", 1, &[]);
    world.wait_for_spares(1);
    let tenant = world.tenant();
    let spare = spare(&world);
    world.broker.kill().unwrap();
    world.broker.wait().unwrap();
    wait_for_death(spare);
    assert_eq!(tenant.ask("who needs a broker"), "who needs a broker");
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_spare_is_its_users() {
    let world = World::warm("", 1, &["--group", "root"]);
    let open_to_all = |path: &Path, mode: &str| {
        Command::new("chmod").arg(mode).arg(path).status().unwrap();
    };
    open_to_all(world.directory.path(), "755");
    open_to_all(&world.socket(), "666");
    assert!(world.spares().is_empty(), "nobody is known yet");
    drop(world.tenant());
    let roots = spare(&world);
    let body = seal(&Opening::Session(Hello::new("opencl", "p", 1, "p", "/")));
    let framed = |body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        length.iter().chain(body).map(|b| format!("{b:02x}")).collect::<String>()
    };
    let script = "import os,socket,struct,sys\nos.setgroups([]);os.setgid(65534);os.setuid(65534)\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\ns.sendall(bytes.fromhex(sys.argv[2]))\ns.sendall(bytes.fromhex(sys.argv[3]))\nwhile True:\n n=struct.unpack('<I',s.recv(4))[0]\n b=s.recv(n)\n if b'HOME=' in b: break\nsys.stdout.buffer.write(b)";
    let mut python = Command::new("python3");
    python.args(["-c", script]).arg(world.socket()).arg(framed(&body)).arg(framed(b"surroundings"));
    let output = python.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{text}"));
    assert!(line("HOME=").ends_with("/65534"), "{text}");
    // Both have a spare now, each of their own.
    world.wait_for_spares(2);
    assert!(world.spares().contains(&roots));
    let _tenant = world.tenant();
    assert_eq!(world.sessions(false).last().unwrap().worker_pid, roots);
}

#[test]
fn a_program_need_not_wait_for_the_answer() {
    for spares in [0, 1] {
        let world = World::warm("", spares, &[]);
        world.wait_for_spares(spares as u64);
        let (mut read, write) = pipe();
        let stream = UnixStream::connect(world.socket()).unwrap();
        let hello = Hello::new("opencl", "p", 1, "p", "/");
        message::send(&stream, &seal(&Opening::Session(hello)), &[]).unwrap();
        message::send(&stream, b"write", &[fd(&write)]).unwrap();
        message::send(&stream, b"echoed", &[]).unwrap();
        drop(write);
        let mut text = String::new();
        read.read_to_string(&mut text).unwrap();
        assert_eq!(text, "written");
        assert!(matches!(answer(&stream), Answer::Welcome { session: 1, populate: false, .. }));
        assert_eq!(message::recv(&stream).unwrap().unwrap().0, b"echoed");
    }
}

#[test]
fn a_refused_program_that_did_not_wait_hears_why_and_gets_its_descriptors_closed() {
    let world = World::new();
    let (mut read, write) = pipe();
    let stream = UnixStream::connect(world.socket()).unwrap();
    let hello = Hello::new("no such API", "p", 1, "p", "/");
    message::send(&stream, &seal(&Opening::Session(hello)), &[]).unwrap();
    // The broker may have hung up by now.
    let _ = message::send(&stream, b"write", &[fd(&write)]);
    drop(write);
    let (answer, _) = message::recv(&stream).unwrap().unwrap();
    assert!(matches!(open(&answer).unwrap(), Answer::Refused { code: Refusal::UnknownApi, .. }));
    assert_eq!(File::read(&mut read, &mut [0; 9]).unwrap(), 0);
}
