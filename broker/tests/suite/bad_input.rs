//! Peers that violate the protocol.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use ava_protocol::admin::Request;
use ava_protocol::envelope::BUILD;
use ava_protocol::session::{Answer, Hello, Opening, Refusal, seal};
use ava_protocol::surroundings::Surroundings;
use ava_transport::message::send;

use super::world::{self, World, fd, pipe};

fn answer(stream: &UnixStream) -> (Refusal, String) {
    match world::answer(stream) {
        Answer::Refused { code, reason } => (code, reason),
        other => panic!("{other:?}"),
    }
}

fn hello() -> Hello {
    Hello::new("opencl", "p", 1, "p", "/")
}

#[test]
fn malformed_openings_are_refused_with_a_reason() {
    let world = World::new();
    let good = seal(&Opening::Session(hello()));
    let mut cases = vec![b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![], vec![0xff; 4000]];
    cases.extend((0..good.len()).step_by(7).map(|length| good[..length].to_vec()));
    for case in cases {
        let stream = UnixStream::connect(world.socket()).unwrap();
        send(&stream, &case, &[]).unwrap();
        assert_eq!(answer(&stream).0, Refusal::Malformed, "{case:?}");
    }
    // Lengths that nobody has.
    for length in [1_u32 << 20, u32::MAX] {
        let mut stream = UnixStream::connect(world.socket()).unwrap();
        stream.write_all(&length.to_le_bytes()).unwrap();
        assert_eq!(answer(&stream).0, Refusal::Malformed);
    }
    assert_eq!(world.tenant().ask("fine"), "fine");
}

#[test]
fn another_build_is_told_which_one_this_is() {
    let world = World::new();
    let mut bytes = seal(&Opening::Session(hello()));
    bytes[8..13].copy_from_slice(b"9.9.9");
    let stream = UnixStream::connect(world.socket()).unwrap();
    send(&stream, &bytes, &[]).unwrap();
    let (code, reason) = answer(&stream);
    assert_eq!(code, Refusal::Version);
    assert!(reason.contains("of build 9.9.9 (") && reason.contains(BUILD), "{reason}");
}

#[test]
fn surroundings_that_no_program_has_are_refused() {
    let world = World::new();
    let with = |variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let surroundings = Surroundings { variables, ..Surroundings::default() };
        world.open(&Opening::Session(Hello { surroundings: Some(surroundings), ..hello() }))
    };
    assert!(with(&[("POCL_FAKE", "")]).is_ok());
    for bad in [("LD_PRELOAD", "/evil.so"), ("PATH", "/evil"), ("POCL_A\0", ""), ("POCL_A", "\0")] {
        assert_eq!(with(&[bad]).err().unwrap().0, Refusal::Malformed, "{bad:?}");
    }
    assert_eq!(with(&[("POCL_B", ""), ("POCL_A", "")]).err().unwrap().0, Refusal::Malformed);
}

/// A taken-over worker cannot open a session of its own.
#[test]
fn a_process_of_a_workers_is_refused() {
    let world = World::new();
    let tenant = world.tenant();
    let answer = tenant.ask(&format!("knock {}", world.socket().display()));
    assert!(answer.contains("Denied") && answer.contains("workers may not use the broker"), "{answer}");
    assert_eq!(tenant.ask("goes on"), "goes on");
}

#[test]
fn openings_bring_no_descriptors() {
    let world = World::new();
    for opening in [Opening::Session(hello()), Opening::Join { session: 1 }, Opening::Admin(Request::Status)] {
        for count in [1, 8] {
            let (mut read, write) = pipe();
            let stream = UnixStream::connect(world.socket()).unwrap();
            send(&stream, &seal(&opening), &vec![fd(&write); count]).unwrap();
            drop(write);
            let (code, reason) = answer(&stream);
            assert!(code == Refusal::Malformed && reason.contains("descriptors"), "{opening:?}: {reason}");
            assert_eq!(read.read(&mut [0; 1]).unwrap(), 0, "what came is closed");
        }
    }
    assert_eq!(world.tenant().ask("fine"), "fine");
}

#[test]
fn unknown_apis_are_refused_and_nothing_odd_reaches_the_terminal() {
    let world = World::new();
    let opening = Opening::Session(Hello { api: "../../bin/sh\u{1b}[2J".into(), ..hello() });
    let (code, reason) = world.open(&opening).err().unwrap();
    assert_eq!(code, Refusal::UnknownApi);
    assert!(!reason.contains('\u{1b}'), "{reason}");
}

#[test]
fn who_says_nothing_or_trickles_is_sent_away() {
    let world = World::new();
    let started = Instant::now();
    let silent = UnixStream::connect(world.socket()).unwrap();
    let mut trickling = UnixStream::connect(world.socket()).unwrap();
    trickling.write_all(&[100, 0, 0]).unwrap();
    assert_eq!(answer(&silent).0, Refusal::Silent);
    assert_eq!(answer(&trickling).0, Refusal::Silent);
    assert!((Duration::from_secs(4)..Duration::from_secs(20)).contains(&started.elapsed()));
}

#[test]
fn ten_thousand_connections_are_survived() {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit { current: files.maximum, maximum: files.maximum };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, raised);
    let world = World::new();
    let tenant = world.tenant();
    let memory = world.status("VmRSS");
    let mut most = 0;
    let mut held = Vec::new();
    for number in 0..10_000 {
        match UnixStream::connect(world.socket()) {
            Ok(stream) => held.push(stream),
            // This process has no more descriptors: those it has stay open.
            Err(_) => drop(held.drain(..held.len() / 2)),
        }
        if number % 500 == 0 {
            most = most.max(world.open_files());
            assert_eq!(tenant.ask("are you there"), "are you there");
        }
    }
    assert!(most < 1200, "{most} open files in the broker");
    assert!(world.status("VmRSS") < memory + 20_000, "{} kB now, {memory} before", world.status("VmRSS"));
    drop(held);
    // Closed connections make room at once.
    let started = Instant::now();
    while world.try_tenant().is_err() {
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    assert_eq!(tenant.ask("still there"), "still there");
}

#[test]
fn sessions_are_limited() {
    let world = World::with("", &["--sessions-per-user", "2"]);
    let (one, _two) = (world.tenant(), world.tenant());
    let (code, reason) = world.try_tenant().err().unwrap();
    assert_eq!(code, Refusal::Busy);
    assert!(reason.contains(" has as many sessions as a user may (2): session 1 (test program, process "), "{reason}");
    let worker = world.sessions(false)[0].worker_pid;
    drop(one);
    super::world::wait_for_death(worker);
    let started = Instant::now();
    while world.try_tenant().is_err() {
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn workers_that_talk_nonsense_are_ended() {
    let mut world = World::with("nonsense", &[]);
    let (code, reason) = world.try_tenant().err().unwrap();
    assert_eq!(code, Refusal::Worker);
    assert!(reason.contains("nonsense"), "{reason}");
    world.logged("session ended");
}

#[test]
fn a_worker_that_floods_the_log_does_not_keep_the_broker_busy() {
    let mut world = World::with("flood", &[]);
    let socket = world.socket();
    let tenant = std::thread::spawn(move || {
        let stream = UnixStream::connect(socket).unwrap();
        send(&stream, &seal(&Opening::Session(hello())), &[]).unwrap();
        answer(&stream)
    });
    let line = world.logged("worker: again");
    assert!(!line.contains('\u{1b}'));
    // The broker answers during the flood, and can end it.
    while world.sessions(false).is_empty() {}
    assert!(matches!(world.ask(Request::Kill { session: 1 }), ava_protocol::admin::Answer::Killed { .. }));
    assert_eq!(tenant.join().unwrap().0, Refusal::Worker);
}
