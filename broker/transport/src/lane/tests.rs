//! What both kinds of lanes promise.

use std::os::fd::AsFd;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ava_protocol::frame::LONGEST;

use super::*;

const KINDS: [Kind; 2] = [Kind::Socket, Kind::Ring];

pub fn pair(kind: Kind) -> (Box<dyn Lane>, Box<dyn Lane>) {
    let (ours, fds) = offer(kind).unwrap();
    (ours, accept(fds).unwrap())
}

pub fn memfd() -> OwnedFd {
    rustix::fs::memfd_create(c"x", rustix::fs::MemfdFlags::CLOEXEC).unwrap()
}

#[test]
fn frames_keep_their_bounds_and_descriptors() {
    for kind in KINDS {
        let (mut ours, mut theirs) = pair(kind);
        for _ in 0..2 {
            let file = memfd();
            ours.send(b"one", None, Wake::Later).unwrap();
            ours.send(&vec![7; LONGEST], Some(file.as_fd()), Wake::Now).unwrap();
            let mut inbox = Inbox::new();
            assert!(theirs.recv(&mut inbox).unwrap());
            assert_eq!(inbox.bytes(), b"one");
            assert!(inbox.take_fd().unwrap().is_none());
            assert!(theirs.recv(&mut inbox).unwrap());
            assert_eq!(inbox.bytes(), vec![7; LONGEST]);
            let same = inbox.take_fd().unwrap().unwrap();
            assert_eq!(rustix::fs::fstat(same).unwrap().st_ino, rustix::fs::fstat(file).unwrap().st_ino);
            std::mem::swap(&mut ours, &mut theirs);
        }
    }
}

#[test]
fn no_descriptor_comes_where_none_is_taken() {
    for kind in KINDS {
        let (mut ours, mut theirs) = pair(kind);
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        ours.send(b"one", None, Wake::Now).unwrap();
        ours.send(b"two", Some(writer.as_fd()), Wake::Now).unwrap();
        drop(writer);
        let mut inbox = Inbox::new();
        inbox.set_takes(false);
        assert!(theirs.recv(&mut inbox).unwrap());
        assert_eq!(theirs.recv(&mut inbox).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(inbox.take_fd().unwrap().is_none());
        // Nobody holds the other end of the pipe, which would wait otherwise.
        drop((ours, theirs));
        assert_eq!(rustix::io::read(&reader, &mut [0; 1]).unwrap(), 0);
    }
}

#[test]
fn a_populated_lane_has_all_its_pages_and_works() {
    let (mut lane, mut theirs) = offer(Kind::Ring).unwrap();
    let memory = std::fs::File::from(theirs.pop().unwrap());
    let bytes = || std::os::unix::fs::MetadataExt::blocks(&memory.metadata().unwrap()) * 512;
    let before = bytes();
    lane.populate().unwrap();
    assert!(before < 64 << 10 && bytes() >= 512 << 10, "{before} {}", bytes());
    let mut worker = accept(vec![theirs.pop().unwrap(), memory.try_clone().unwrap().into()]).unwrap();
    lane.send(b"frame", None, Wake::Now).unwrap();
    let mut inbox = Inbox::new();
    assert!(worker.recv(&mut inbox).unwrap());
    assert_eq!(inbox.bytes(), b"frame");
    let (socket, _theirs) = offer(Kind::Socket).unwrap();
    socket.populate().unwrap();
}

#[test]
fn frames_too_long_or_empty_are_the_senders_error() {
    for kind in KINDS {
        let (mut ours, mut theirs) = pair(kind);
        for len in [0, LONGEST + 1] {
            let error = ours.send(&vec![7; len], None, Wake::Now).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
        ours.send(b"next", None, Wake::Now).unwrap();
        let mut inbox = Inbox::new();
        assert!(theirs.recv(&mut inbox).unwrap());
        assert_eq!(inbox.bytes(), b"next");
    }
}

#[test]
fn what_is_no_lane_is_refused() {
    let refused = |fds: Vec<OwnedFd>| accept(fds).err().unwrap().kind() == io::ErrorKind::InvalidData;
    let socket = || socket::pair().unwrap().0;
    let stream = || OwnedFd::from(std::os::unix::net::UnixStream::pair().unwrap().0);
    let memory = || offer(Kind::Ring).unwrap().1.pop().unwrap();
    assert!(refused(vec![]));
    assert!(refused(vec![memfd()]));
    assert!(refused(vec![stream()]));
    assert!(refused(vec![stream(), memory()]));
    assert!(refused(vec![memory(), socket()]));
    assert!(refused(vec![socket(), memfd()]));
    assert!(refused(vec![socket(), socket()]));
    assert!(refused(vec![socket(), memory(), memory()]));
    assert!(accept(vec![socket(), memory()]).is_ok());
}

#[test]
fn a_peer_that_is_gone_is_noticed_after_what_it_sent() {
    for kind in KINDS {
        for _ in 0..2 {
            let (mut ours, mut theirs) = pair(kind);
            ours.send(b"last", None, Wake::Later).unwrap();
            drop(ours);
            let mut inbox = Inbox::new();
            assert!(theirs.recv(&mut inbox).unwrap());
            assert_eq!(inbox.bytes(), b"last");
            assert!(!theirs.recv(&mut inbox).unwrap());
            assert!(inbox.bytes().is_empty());
            assert_eq!(theirs.send(b"x", None, Wake::Now).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        }
    }
}

#[test]
fn a_peer_that_was_said_to_be_gone_is_heard_to_its_last_word() {
    let (mut ours, mut theirs) = pair(Kind::Ring);
    let bell = theirs.doorbell();
    let hears = std::thread::spawn(move || {
        let mut inbox = Inbox::new();
        let mut heard = Vec::new();
        while theirs.recv(&mut inbox).unwrap() {
            heard.push(inbox.bytes().to_vec());
        }
        heard
    });
    ours.send(b"first", None, Wake::Now).unwrap();
    ours.send(b"last", None, Wake::Later).unwrap();
    bell.hang_up();
    assert_eq!(hears.join().unwrap(), [&b"first"[..], b"last"]);
    // The lane still works.
    drop(ours);
}

#[test]
fn a_peer_that_never_came_is_noticed() {
    for kind in KINDS {
        let (mut ours, fds) = offer(kind).unwrap();
        drop(fds);
        assert!(!ours.recv(&mut Inbox::new()).unwrap());
        assert_eq!(ours.send(b"x", None, Wake::Now).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}

#[test]
fn a_threads_end_is_heard_by_who_sleeps() {
    for kind in KINDS {
        for swapped in [false, true] {
            let (mut ours, mut theirs) = pair(kind);
            if swapped {
                std::mem::swap(&mut ours, &mut theirs);
            }
            let sleeper = thread::spawn(move || theirs.recv(&mut Inbox::new()).unwrap());
            // Long enough for the other thread to fall asleep; if it does not, less is tested.
            thread::sleep(Duration::from_millis(20));
            drop(ours);
            assert!(!sleeper.join().unwrap());
        }
    }
}

#[test]
fn who_waits_for_room_hears_that_the_peer_left() {
    for kind in KINDS {
        for swapped in [false, true] {
            let (mut ours, mut theirs) = pair(kind);
            if swapped {
                std::mem::swap(&mut ours, &mut theirs);
            }
            let sender = thread::spawn(move || {
                loop {
                    if let Err(error) = ours.send(&[1; 5000], None, Wake::Now) {
                        return error.kind();
                    }
                }
            });
            // Long enough for the other thread to fall asleep; if it does not, less is tested.
            thread::sleep(Duration::from_millis(20));
            assert!(!sender.is_finished());
            drop(theirs);
            assert_eq!(sender.join().unwrap(), io::ErrorKind::BrokenPipe);
        }
    }
}

#[test]
fn a_full_lane_holds_the_sender_and_goes_on() {
    for kind in KINDS {
        for len in [1, 3000, LONGEST] {
            let (mut ours, mut theirs) = pair(kind);
            let count = 4 * (512 << 10) / (len + 600);
            let (progress, sent) = mpsc::channel();
            let sender = thread::spawn(move || {
                for i in 0..count {
                    ours.send(&vec![i as u8; len], None, Wake::Later).unwrap();
                    progress.send(i).unwrap();
                }
                ours
            });
            while sent.recv_timeout(Duration::from_millis(100)).is_ok() {}
            if len > 1 {
                assert!(!sender.is_finished());
            }
            let mut inbox = Inbox::new();
            for i in 0..count {
                assert!(theirs.recv(&mut inbox).unwrap());
                assert!(inbox.bytes().len() == len && inbox.bytes().iter().all(|byte| *byte == i as u8));
            }
            sender.join().unwrap();
        }
    }
}

#[test]
fn a_peer_that_makes_the_socket_non_blocking_changes_nothing() {
    for kind in KINDS {
        let (mut ours, fds) = offer(kind).unwrap();
        rustix::io::ioctl_fionbio(&fds[0], true).unwrap();
        let mut theirs = accept(fds).unwrap();
        let receiver = thread::spawn(move || {
            let mut inbox = Inbox::new();
            (0..2).all(|_| theirs.recv(&mut inbox).unwrap())
        });
        for _ in 0..2 {
            // Long enough for the other thread to fall asleep; if it does not, less is tested.
            thread::sleep(Duration::from_millis(10));
            ours.send(b"x", Some(memfd().as_fd()), Wake::Now).unwrap();
        }
        assert!(receiver.join().unwrap());
    }
}

#[test]
fn many_descriptors_that_the_peer_does_not_read_hold_the_sender_only() {
    for kind in KINDS {
        let (mut ours, mut theirs) = pair(kind);
        let reader = thread::spawn(move || {
            let mut inbox = Inbox::new();
            // Time for frames to accumulate; if they do not, less is tested.
            thread::sleep(Duration::from_millis(50));
            for _ in 0..400 {
                assert!(theirs.recv(&mut inbox).unwrap() && inbox.take_fd().unwrap().is_some());
            }
        });
        let file = memfd();
        for _ in 0..400 {
            ours.send(b"x", Some(file.as_fd()), Wake::Later).unwrap();
        }
        drop(ours);
        reader.join().unwrap();
    }
}

/// Some 200,000 frames each way, of sizes and with pauses that follow no pattern, each checked in full.
#[test]
fn soak() {
    let start = Instant::now();
    for (kind, frames) in [(Kind::Socket, 10_000), (Kind::Ring, 200_000)] {
        let (mut ours, mut theirs) = pair(kind);
        let worker = thread::spawn(move || {
            let mut dice = Dice(2);
            let mut inbox = Inbox::new();
            let mut answers = 0;
            for i in 0..frames {
                assert!(theirs.recv(&mut inbox).unwrap());
                assert_eq!(check(inbox.bytes()), i);
                dice.pause();
                if inbox.bytes()[8] == 1 {
                    theirs.send(&make(answers, 0, &mut dice), None, Wake::Now).unwrap();
                    answers += 1;
                }
            }
        });
        let mut dice = Dice(1);
        let mut inbox = Inbox::new();
        let mut answers = 0;
        for i in 0..frames {
            let asks = dice.roll(4) == 0 || i + 1 == frames;
            let wake = if asks { Wake::Now } else { Wake::Later };
            ours.send(&make(i, u8::from(asks), &mut dice), None, wake).unwrap();
            dice.pause();
            if asks {
                assert!(ours.recv(&mut inbox).unwrap());
                assert_eq!(check(inbox.bytes()), answers);
                answers += 1;
            }
        }
        worker.join().unwrap();
        eprintln!("soak: {kind:?}, {frames} frames, {answers} answers, {:?}", start.elapsed());
    }
}

/// A frame of some size with a number, a mark, and a checksum.
fn make(number: u64, mark: u8, dice: &mut Dice) -> Vec<u8> {
    let limit = [64, 64, 64, 512, 512, 4096][dice.roll(6)];
    let limit = if dice.roll(1000) == 0 { LONGEST - 17 } else { limit };
    let len = 17 + dice.roll(limit);
    let mut frame = vec![number as u8 ^ len as u8; len];
    frame[..8].copy_from_slice(&number.to_le_bytes());
    frame[8] = mark;
    frame[9..17].copy_from_slice(&(len as u64).to_le_bytes());
    frame
}

fn check(frame: &[u8]) -> u64 {
    let number = u64::from_le_bytes(*frame.first_chunk().unwrap());
    assert_eq!(frame[9..17], (frame.len() as u64).to_le_bytes());
    assert!(frame[17..].iter().all(|byte| *byte == number as u8 ^ frame.len() as u8));
    number
}

/// Numbers without a pattern that are the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    /// Seldom a sleep, sometimes a while of doing something else.
    fn pause(&mut self) {
        match self.roll(4000) {
            // The test is about pauses.
            0 => thread::sleep(Duration::from_micros(self.roll(2000) as u64)),
            1..20 => thread::yield_now(),
            20..60 => (0..self.roll(3000)).for_each(|_| std::hint::spin_loop()),
            _ => (),
        }
    }
}
