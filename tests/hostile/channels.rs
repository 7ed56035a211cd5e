//! Connections and lanes used in ways that no shim uses them.

use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use ava_protocol::frame::Tag;
use ava_protocol::opencl::{self, opcode};
use ava_protocol::session::{Answer, Hello, Opening, Refusal, open, seal};
use ava_protocol::surroundings::Surroundings;
use ava_protocol::upcall::{OPEN_LANE, Told};
use ava_protocol::wire::Place;
use ava_transport::message;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::client::{Client, Thread, call, hello, plain};
use super::scene::{GATE, QUEUE, Scene, first};
use super::stage::Stage;
use super::wire::Wire;

#[test]
fn hellos() {
    let stage = Stage::new();
    let refused = |hello: Hello| Client::with(&stage.socket(), hello).err().unwrap();
    let variables = vec![("LD_PRELOAD".to_owned(), b"/evil.so".to_vec())];
    let evil = Surroundings { variables, ..Surroundings::default() };
    assert_eq!(refused(Hello { surroundings: Some(evil), ..hello() }).0, Refusal::Malformed);
    assert_eq!(refused(Hello { api: "vulkan".into(), ..hello() }).0, Refusal::UnknownApi);
    // A message with a descriptor, which is closed.
    let stream = UnixStream::connect(stage.socket()).unwrap();
    let (read, write) = rustix::pipe::pipe().unwrap();
    message::send(&stream, &seal(&Opening::Session(hello())), &[write.as_fd()]).unwrap();
    drop(write);
    let (answer, _) = message::recv(&stream).unwrap().unwrap();
    assert!(matches!(open(&answer).unwrap(), Answer::Refused { code: Refusal::Malformed, .. }));
    assert_eq!(rustix::io::read(&read, &mut [0; 1]), Ok(0));
    stage.stays_unharmed();
}

/// No client has to wait for the welcome: the bytes behind the hello wait for the worker.
#[test]
fn hellos_and_calls_at_once() {
    let stage = Stage::new();
    let stream = UnixStream::connect(stage.socket()).unwrap();
    message::send(&stream, &seal(&Opening::Session(hello())), &[]).unwrap();
    let mut lane = Thread::open(&stream);
    let request =
        opencl::clGetPlatformIDs::Request { num_entries: 1, platforms: Place::Inline, num_platforms: Place::Null };
    let platform = |r: &opencl::clGetPlatformIDs::ArchivedReply<'_>| first(&r.platforms);
    assert_ne!(lane.call(opcode::clGetPlatformIDs, &request, platform), 0);
    let (answer, _) = message::recv(&stream).unwrap().unwrap();
    assert!(matches!(open(&answer).unwrap(), Answer::Welcome { .. }));
    drop((stream, lane));
    stage.stays_unharmed();
}

#[test]
fn control_channels() {
    let stage = Stage::new();
    let said = |say: &dyn Fn(&UnixStream), reason: &str| {
        let scene = Scene::new(&stage);
        say(&scene.client.stream);
        scene.ends(reason);
    };
    let send = |body: &'static [u8], fds: &[BorrowedFd<'_>]| {
        let fds: Vec<_> = fds.iter().map(|fd| fd.try_clone_to_owned().unwrap()).collect();
        move |stream: &UnixStream| {
            let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
            let _ = message::send(stream, body, &fds);
        }
    };
    let (_ours, lane) = Wire::pair();
    let lane = lane.as_fd();
    let no_lane = "a lane: asked for with other words";
    said(&send(b"", &[lane]), no_lane);
    said(&send(b"fine", &[lane]), no_lane);
    said(&send(OPEN_LANE, &[]), "a lane: a lane is made of one descriptor or two");
    said(&send(OPEN_LANE, &[lane; 2]), "a lane: ");
    said(&send(OPEN_LANE, &[lane; 3]), "on the control channel: a message with more than 2 descriptors");
    said(&send(&[b'x'; 60_000], &[lane]), "on the control channel: a message of 60000 bytes; 12 are allowed");
    let head = |length: u32| move |mut stream: &UnixStream| stream.write_all(&length.to_le_bytes()).unwrap();
    said(&head(u32::MAX), "on the control channel: a message of 4294967295 bytes");
    for kind in [SocketType::STREAM, SocketType::DGRAM] {
        let (one, _other) = socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None).unwrap();
        said(&send(OPEN_LANE, &[one.as_fd()]), "a lane: a lane over");
    }
    let (pipe, _write) = rustix::pipe::pipe().unwrap();
    said(&send(OPEN_LANE, &[pipe.as_fd()]), "a lane: ");
    let listener = rustix::net::socket(AddressFamily::UNIX, SocketType::SEQPACKET, None).unwrap();
    // A socket of the right type without a peer is a lane on which nothing is ever sent.
    let mut scene = Scene::new(&stage);
    send(OPEN_LANE, &[listener.as_fd()])(&scene.client.stream);
    // Half a message blocks nobody.
    (&scene.client.stream).write_all(&4_u32.to_le_bytes()[..3]).unwrap();
    scene.goes_on();
    let session = scene.client.session;
    drop(scene);
    assert!(stage.end_of(session).contains("3 bytes into a message"));
    stage.stays_unharmed();
}

#[test]
fn more_lanes_than_any_program_has_threads() {
    let stage = Stage::new();
    let scene = Scene::new(&stage);
    let (_ours, theirs) = Wire::pair();
    for _ in 0..5000 {
        if message::send(&scene.client.stream, OPEN_LANE, &[theirs.as_fd()]).is_err() {
            break;
        }
    }
    scene.ends("lanes beyond the limit of 1024");
    stage.stays_unharmed();
}

#[test]
fn who_does_not_read_answers_waits_alone() {
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    let worker = stage.worker_of(scene.client.session);
    let deaf = scene.client.lane();
    let before = super::stage::memory(worker);
    let frame = call(opcode::clFinish, &opencl::clFinish::Request { command_queue: QUEUE });
    let mut sent = 0;
    while deaf.is_free(Duration::from_secs(1)) {
        assert!(deaf.send(&frame, None));
        sent += 1;
        assert!(sent < 100_000, "nobody waits");
    }
    // The rest of the session continues, and unread messages stay in the sockets.
    scene.goes_on();
    assert!(super::stage::memory(worker) < before + 16_000);
    let session = scene.client.session;
    drop(scene);
    assert!(stage.end_of(session).contains("the program has ended"), "{}", stage.log());
    drop(deaf);
    stage.stays_unharmed();
}

/// More callbacks than the worker's queue holds: the vendor's thread waits, and nothing is lost.
#[test]
fn who_does_not_hear_callbacks_has_the_vendor_wait() {
    const COUNT: u64 = 90_000;
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    let worker = stage.worker_of(scene.client.session);
    let request = opencl::clSetEventCallback::Request {
        event: GATE,
        command_exec_callback_type: 0,
        pfn_notify: 7,
        user_data: true,
    };
    let frame = call(opcode::clSetEventCallback, &request);
    for _ in 0..COUNT {
        assert!(scene.lane.send(&frame, None) && scene.lane.hear().is_some());
    }
    let before = super::stage::memory(worker);
    let request = opencl::clSetUserEventStatus::Request { event: GATE, execution_status: 0 };
    assert!(scene.lane.send(&call(opcode::clSetUserEventStatus, &request), None));
    let mut heard = 0;
    while heard < COUNT {
        let (bytes, _) = message::recv(&scene.client.stream).unwrap().expect("the session goes on");
        let mut aligned = rkyv::util::AlignedVec::<16>::new();
        aligned.extend_from_slice(&bytes);
        let told = rkyv::from_bytes::<Told, rkyv::rancor::Failure>(&aligned).unwrap();
        heard += 1;
        assert!(matches!(told, Told::Called(upcall) if upcall.number == heard));
        if heard % 1000 == 0 {
            assert!(super::stage::memory(worker) < before + 64_000);
        }
    }
    assert!(scene.lane.hear().is_some());
    scene.leaves();
    stage.stays_unharmed();
}

#[test]
fn who_says_nothing_disturbs_nobody() {
    let stage = Stage::new();
    let client = Client::open(&stage.socket());
    let lane = client.lane();
    let mut ten_thousand = Vec::new();
    for _ in 0..10_000 {
        match UnixStream::connect(stage.socket()) {
            Ok(stream) => ten_thousand.push(stream),
            // This process has no more descriptors, or the broker accepts no more at once.
            Err(_) => drop(ten_thousand.drain(..ten_thousand.len() / 2)),
        }
    }
    assert!(super::stage::open_files(stage.broker()) < 3000);
    drop(ten_thousand);
    // The next one is served soon.
    let deadline = Instant::now() + super::stage::PATIENCE;
    while Client::with(&stage.socket(), hello()).is_err() {
        assert!(Instant::now() < deadline, "{}", stage.log());
    }
    let session = client.session;
    drop((lane, client));
    assert!(stage.end_of(session).contains("the program has ended"));
    stage.stays_unharmed();
}

#[test]
fn a_lane_that_closes_within_a_call_is_no_end() {
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    for _ in 0..50 {
        let lane = scene.client.lane();
        assert!(lane.send(&call(opcode::clFinish, &opencl::clFinish::Request { command_queue: QUEUE }), None));
    }
    let empty = scene.client.lane();
    assert!(empty.send(&[], None), "a frame of no bytes closes a lane");
    assert_eq!(scene.lane.ask(Tag::Drain, &[]), [0; 8]);
    assert!(scene.lane.send(&plain(Tag::Drain, 9, b"more than needed"), None) && scene.lane.hear().is_some());
    scene.leaves();
    stage.stays_unharmed();
}
