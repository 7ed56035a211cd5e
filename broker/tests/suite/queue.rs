//! Programs that wait when a limit of sessions is reached.

use std::os::unix::net::UnixStream;

use ava_protocol::admin::{self, Request};
use ava_protocol::session::{Answer, Hello, Opening, Refusal, WAIT_FOREVER, open, seal};
use ava_transport::{client, message};

use super::world::World;

/// A program that waits so many seconds, and its first answer.
fn program(world: &World, wait: u32) -> (UnixStream, Answer) {
    let hello = Hello { wait, ..Hello::new("opencl", "waiting program", 1, "waiting program", "/") };
    let (stream, answer) = client::open(&world.socket(), &seal(&Opening::Session(hello))).unwrap();
    (stream, open(&answer).unwrap())
}

/// The same for one that has to wait; returns how many are before it.
fn waiting(world: &World, wait: u32) -> (UnixStream, u64) {
    // Without the client library, which would read the next answer.
    let stream = client::connect(&world.socket(), std::time::Duration::from_secs(60)).unwrap();
    let hello = Hello { wait, ..Hello::new("opencl", "waiting program", 1, "waiting program", "/") };
    message::send(&stream, &seal(&Opening::Session(hello)), &[]).unwrap();
    match next(&stream) {
        Answer::Waiting { reason, ahead } => {
            assert!(reason.contains(" has as many sessions as a user may ("), "{reason}");
            (stream, ahead)
        }
        other => panic!("{other:?}"),
    }
}

fn next(stream: &UnixStream) -> Answer {
    open(&message::recv(stream).unwrap().unwrap().0).unwrap()
}

/// The number of the session that has begun.
fn begun(stream: &UnixStream) -> u64 {
    match next(stream) {
        Answer::Welcome { session, .. } => session,
        Answer::Starting { .. } => begun(stream),
        other => panic!("{other:?}"),
    }
}

fn one_place() -> World {
    World::with("", &["--sessions-per-user", "1"])
}

#[test]
fn who_came_first_gets_the_place_that_is_free() {
    let world = one_place();
    let tenant = world.tenant();
    let (first, before_first) = waiting(&world, WAIT_FOREVER);
    let (second, before_second) = waiting(&world, 600);
    assert_eq!((before_first, before_second), (0, 1));
    assert_eq!(world.sessions(false).len(), 1);
    drop(tenant);
    assert_eq!(begun(&first), 2);
    // The bytes behind the hello are for the worker.
    message::send(&first, b"echo", &[]).unwrap();
    assert_eq!(message::recv(&first).unwrap().unwrap().0, b"echo");
    drop(first);
    assert_eq!(begun(&second), 3);
}

#[test]
fn who_has_gone_is_not_waited_for() {
    let world = one_place();
    let tenant = world.tenant();
    let (first, _) = waiting(&world, WAIT_FOREVER);
    let (second, _) = waiting(&world, WAIT_FOREVER);
    drop(first);
    let mut before = u64::MAX;
    while before != 1 {
        before = waiting(&world, WAIT_FOREVER).1;
    }
    drop(tenant);
    assert_eq!(begun(&second), 2);
}

#[test]
fn a_wait_has_an_end_and_a_program_that_does_not_wait_is_told_who_has_the_places() {
    let world = one_place();
    let _tenant = world.tenant();
    let (impatient, _) = waiting(&world, 1);
    let Answer::Refused { code: Refusal::Busy, reason } = next(&impatient) else { panic!("not refused") };
    assert_eq!(reason, "no place was free within 1 s");
    let (_, refused) = program(&world, 0);
    let Answer::Refused { code: Refusal::Busy, reason } = refused else { panic!("{refused:?}") };
    let own = std::process::id();
    assert!(reason.ends_with(&format!(" as a user may (1): session 1 (test program, process {own})")), "{reason}");
}

#[test]
fn a_crowd_that_waits_leaves_room_for_questions() {
    let world = one_place();
    let _tenant = world.tenant();
    let mut crowd = Vec::new();
    let refused = loop {
        let stream = client::connect(&world.socket(), std::time::Duration::from_secs(60)).unwrap();
        let hello = Hello { wait: WAIT_FOREVER, ..Hello::new("opencl", "crowd", 1, "crowd", "/") };
        message::send(&stream, &seal(&Opening::Session(hello)), &[]).unwrap();
        match next(&stream) {
            Answer::Waiting { ahead, .. } => assert_eq!(ahead, crowd.len() as u64),
            Answer::Refused { code: Refusal::Busy, reason } => break reason,
            other => panic!("{other:?}"),
        }
        crowd.push(stream);
        assert!(crowd.len() < 256);
    };
    assert!(refused.contains(" has as many programs in the queue as a user may ("), "{refused}");
    assert!(matches!(world.ask(Request::Status), admin::Answer::Status(_)));
    // All of them leave at once, and one of them had a session by then.
    drop(crowd);
    assert!(matches!(world.ask(Request::Kill { session: 1 }), admin::Answer::Killed { .. }));
    let mut answer = waiting_or_begun(&world);
    while !answer {
        answer = waiting_or_begun(&world);
    }
}

/// Whether a program that does not wait gets a session at once.
fn waiting_or_begun(world: &World) -> bool {
    matches!(program(world, 0).1, Answer::Welcome { .. })
}
