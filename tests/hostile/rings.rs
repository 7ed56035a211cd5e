//! Lanes over shared memory whose other end is not a shim.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use ava_protocol::frame::{Frame, Tag};
use ava_protocol::opencl::{self, opcode};
use ava_protocol::upcall::OPEN_LANE;
use ava_transport::lane::{self, Inbox, Kind, Lane, Wake};
use ava_transport::message;
use ava_transport::region::Region;
use rustix::thread::futex;

use super::client::{call, plain};
use super::frames::nonsense;
use super::scene::{QUEUE, Scene};
use super::stage::Stage;

/// A lane of the session over shared memory, and the memory.
fn ring(scene: &Scene<'_>) -> (Box<dyn Lane>, Region) {
    let (lane, fds) = lane::offer(Kind::Ring).unwrap();
    let memory = memory(&fds[1]);
    let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
    message::send(&scene.client.stream, OPEN_LANE, &fds).unwrap();
    (lane, memory)
}

fn memory(fd: &OwnedFd) -> Region {
    let len = rustix::fs::fstat(fd).unwrap().st_size as u64;
    Region::open(fd, len).unwrap()
}

fn finish() -> rkyv::util::AlignedVec {
    call(opcode::clFinish, &opencl::clFinish::Request { command_queue: QUEUE })
}

#[test]
fn a_ring_carries_calls() {
    let stage = Stage::new();
    let scene = Scene::new(&stage);
    let (mut lane, _memory) = ring(&scene);
    let mut inbox = Inbox::new();
    for _ in 0..1000 {
        lane.send(&finish(), None, Wake::Now).unwrap();
        assert!(lane.recv(&mut inbox).unwrap());
        assert_eq!(Frame::parse(inbox.bytes()).unwrap().tag, Tag::Reply);
    }
    drop(lane);
    scene.leaves();
    stage.stays_unharmed();
}

/// Overwrites parts of the memory, above all the control words at its start, and wakes sleepers there.
fn scribble(memory: &Region, seed: u64, until: Instant) {
    let mut random = nonsense(seed);
    let mut word = || u64::from_le_bytes(std::array::from_fn(|_| random.next().unwrap()));
    while Instant::now() < until {
        for _ in 0..200 {
            let reach = if word() % 4 == 0 { memory.len() } else { 4096 };
            let at = (word() % (reach / 8)) as usize;
            let value = if word() % 2 == 0 { word() } else { word() % 4096 * 16 };
            // SAFETY: within the region, which is shared memory that every process may write.
            unsafe { memory.as_ptr().cast::<u64>().add(at).write_volatile(value) };
        }
        for at in 0..1024 {
            // SAFETY: a word within the region, used for its address only.
            let word = unsafe { &*memory.as_ptr().cast::<AtomicU32>().add(at) };
            let _ = futex::wake(word, futex::Flags::empty(), 1);
        }
    }
}

#[test]
fn who_scribbles_over_a_ring_ends_at_most_its_own_session() {
    let stage = Stage::new();
    let mut ended = 0;
    for seed in 1..=8 {
        let mut scene = Scene::new(&stage);
        let (mut lane, memory) = ring(&scene);
        lane.send(&finish(), None, Wake::Now).unwrap();
        assert!(lane.recv(&mut Inbox::new()).unwrap());
        scribble(&memory, seed, Instant::now() + Duration::from_millis(100));
        // The worker may not notice, if the words happen to be valid.
        if scene.client.is_over_by(Duration::from_secs(2)) {
            ended += 1;
        } else {
            scene.goes_on();
        }
    }
    let log = stage.log();
    assert!(ended > 0 && !log.contains("signal"), "{ended} ended; a worker crashed, or none noticed:\n{log}");
    stage.stays_unharmed();
}

#[test]
fn what_is_no_ring_is_none() {
    let stage = Stage::new();
    let bad = |change: &dyn Fn(Vec<OwnedFd>) -> Vec<OwnedFd>, reason: &str| {
        let scene = Scene::new(&stage);
        let (_lane, fds) = lane::offer(Kind::Ring).unwrap();
        let fds = change(fds);
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        message::send(&scene.client.stream, OPEN_LANE, &fds).unwrap();
        scene.ends(reason);
    };
    let (_region, other) = Region::create(4096).unwrap();
    bad(&|mut fds| vec![fds.remove(0), other.try_clone().unwrap()], "a lane: ");
    bad(&|mut fds| vec![fds.remove(1)], "a lane: ");
    bad(&|fds| fds.into_iter().rev().collect(), "a lane: ");
    stage.stays_unharmed();
}

#[test]
fn who_does_not_read_a_ring_waits_alone() {
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    let (mut deaf, _memory) = ring(&scene);
    // More than their replies have room for; the last of them wait in the ring to the worker.
    for _ in 0..6000 {
        deaf.send(&finish(), None, Wake::Later).unwrap();
    }
    scene.goes_on();
    assert_eq!(scene.lane.ask(Tag::Drain, &[]), [0; 8]);
    assert!(scene.lane.send(&plain(Tag::Drain, 0, &[]), None) && scene.lane.hear().is_some());
    let session = scene.client.session;
    drop((scene, deaf));
    assert!(stage.end_of(session).contains("the program has ended"), "{}", stage.log());
    stage.stays_unharmed();
}
