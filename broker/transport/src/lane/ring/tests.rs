//! What only rings promise: rare wake-ups, and little harm from a peer that writes where it should not.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use rustix::net::SendFlags;

use super::super::socket;
use super::super::tests::{Dice, memfd};
use super::*;

fn pair() -> (Ring, Ring) {
    let (ours, theirs) = socket::pair().unwrap();
    pair_over(ours, theirs)
}

fn pair_over(ours: OwnedFd, theirs: OwnedFd) -> (Ring, Ring) {
    let (offering, memory) = Ring::offer(Box::new(ours)).unwrap();
    (offering, Ring::accept(Box::new(theirs), &memory).unwrap())
}

fn until(mut what: impl FnMut() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(20));
        // Long enough for the other thread to fall asleep; if it does not, less is tested.
        thread::sleep(Duration::from_millis(1));
    }
}

/// A thread that receives at an end and forwards the frames; and its thread number.
fn listen(mut ring: Ring) -> (mpsc::Receiver<Vec<u8>>, i32) {
    let (sender, receiver) = mpsc::channel();
    let (number, thread) = mpsc::channel();
    thread::spawn(move || {
        number.send(rustix::thread::gettid().as_raw_nonzero().get()).unwrap();
        let mut inbox = Inbox::new();
        while ring.recv(&mut inbox).unwrap() {
            sender.send(inbox.bytes().to_vec()).unwrap();
        }
    });
    (receiver, thread.recv().unwrap())
}

/// Waits until an end does not just say that it sleeps but does.
fn until_asleep(memory: &Memory, side: usize, thread: i32) {
    until(|| {
        // In this order: a thread that has set the word and finds nothing can only go to sleep.
        let word = memory.end(side).sleep.0.load(Ordering::SeqCst);
        let status = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap();
        // A doze ends by itself.
        ![0, FOR_URGENT].contains(&word) && status.rsplit(") ").next().unwrap().starts_with('S')
    });
}

#[test]
fn later_wakes_at_the_threshold_only() {
    for (frames, len) in [(MOST_FRAMES_LATER as usize, 1), (8, 4096 - PREFIX)] {
        let (mut ours, theirs) = pair();
        let memory = ours.memory.clone();
        let (received, thread) = listen(theirs);
        until_asleep(&memory, ACCEPTING, thread);
        for _ in 1..frames {
            ours.send(&vec![5; len], None, Wake::Later).unwrap();
        }
        assert!(received.recv_timeout(Duration::from_millis(50)).is_err());
        ours.send(&vec![5; len], None, Wake::Later).unwrap();
        for _ in 0..frames {
            assert_eq!(received.recv_timeout(Duration::from_secs(20)).unwrap(), vec![5; len]);
        }
    }
}

#[test]
fn a_doorbell_shows_what_was_sent_for_later() {
    let (mut ours, theirs) = pair();
    let memory = ours.memory.clone();
    let doorbell = theirs.doorbell();
    let (received, thread) = listen(theirs);
    for _ in 1..MOST_FRAMES_LATER {
        until_asleep(&memory, ACCEPTING, thread);
        ours.send(b"later", None, Wake::Later).unwrap();
        assert!(received.recv_timeout(Duration::from_millis(1)).is_err());
        doorbell.ring();
        assert_eq!(received.recv_timeout(Duration::from_secs(20)).unwrap(), b"later");
        // With nothing to see, it goes back to sleep.
        doorbell.clone().ring();
    }
    drop(ours);
    until(|| received.recv().is_err());
    doorbell.ring();
}

#[test]
fn a_command_whose_wait_is_expected_wakes_nobody() {
    let (mut ours, _theirs) = pair();
    let memory = ours.memory.clone();
    let word = &memory.end(ACCEPTING).sleep.0;
    let wakes = |ours: &mut Ring, sleeps: u32, wake: Wake| {
        word.store(sleeps, Ordering::Relaxed);
        ours.send(b"command", None, wake).unwrap();
        word.load(Ordering::Relaxed) != sleeps
    };
    // Who is slow here only has to try more often.
    until(|| {
        ours.deferral = Deferral::default();
        for _ in 0..4 {
            assert!(wakes(&mut ours, FOR_URGENT, Wake::Soon), "nothing is known of the program yet");
            assert!(wakes(&mut ours, FOR_URGENT, Wake::Now));
        }
        !wakes(&mut ours, FOR_URGENT, Wake::Soon)
    });
    assert!(wakes(&mut ours, FOR_FRAMES, Wake::Soon), "it sleeps without a limit");
    assert!(wakes(&mut ours, FOR_URGENT, Wake::Now));
}

#[test]
fn who_waits_for_an_answer_wakes_the_peer() {
    let (mut ours, mut theirs) = pair();
    let memory = ours.memory.clone();
    let peer = thread::spawn(move || {
        let mut inbox = Inbox::new();
        assert!(theirs.recv(&mut inbox).unwrap());
        theirs.send(inbox.bytes(), None, Wake::Later).unwrap();
        assert!(!theirs.recv(&mut inbox).unwrap());
    });
    until(|| memory.end(ACCEPTING).sleep.0.load(Ordering::Relaxed) != 0);
    ours.send(b"question", None, Wake::Later).unwrap();
    let mut inbox = Inbox::new();
    assert!(ours.recv(&mut inbox).unwrap());
    assert_eq!(inbox.bytes(), b"question");
    drop(ours);
    peer.join().unwrap();
}

#[test]
fn a_worker_that_dies_is_noticed_while_waiting_for_room() {
    let (mut ours, fds) = super::super::offer(super::super::Kind::Ring).unwrap();
    let sender = thread::spawn(move || {
        loop {
            if let Err(error) = ours.send(&[0; 9000], None, Wake::Later) {
                return error.kind();
            }
        }
    });
    // Long enough for the other thread to fall asleep; if it does not, less is tested.
    thread::sleep(Duration::from_millis(20));
    drop(fds);
    assert_eq!(sender.join().unwrap(), io::ErrorKind::BrokenPipe);
}

#[test]
fn a_forked_childs_end_is_not_the_programs() {
    let (mut ours, mut theirs) = pair();
    let bell = ours.doorbell();
    // SAFETY: the child only drops what it has, which calls nothing but the allocator and the kernel, and exits.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        bell.ring();
        drop((ours, theirs, bell));
        // SAFETY: ends the child without the parent's exit handlers.
        unsafe { libc::_exit(0) };
    }
    let mut status = -1;
    // SAFETY: waits for the child just made, with a live status.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
    ours.send(b"still here", None, Wake::Now).unwrap();
    let mut inbox = Inbox::new();
    assert!(theirs.recv(&mut inbox).unwrap());
    assert_eq!(inbox.bytes(), b"still here");
}

fn kind<T>(result: io::Result<T>) -> Option<io::ErrorKind> {
    result.err().map(|error| error.kind())
}

const INVALID: Option<io::ErrorKind> = Some(io::ErrorKind::InvalidData);

#[test]
fn tails_that_make_no_sense_are_refused() {
    for tail in [7, 12, CAPACITY as u64 + 8, u64::MAX, u64::MAX - 7, 1 << 63] {
        let (ours, mut theirs) = pair();
        ours.ours().outgoing.0.tail.store(tail, Ordering::Release);
        assert_eq!(kind(theirs.recv(&mut Inbox::new())), INVALID);
    }
    let (mut ours, mut theirs) = pair();
    ours.send(b"x", None, Wake::Now).unwrap();
    theirs.recv(&mut Inbox::new()).unwrap();
    ours.ours().outgoing.0.tail.store(8, Ordering::Release);
    assert_eq!(kind(theirs.recv(&mut Inbox::new())), INVALID);
}

#[test]
fn heads_that_make_no_sense_are_refused() {
    for head in [7, 2 * CAPACITY as u64, u64::MAX, u64::MAX - 7, 1 << 63] {
        let (mut ours, theirs) = pair();
        theirs.ours().head.0.store(head, Ordering::Release);
        let error = (0..3).find_map(|_| kind(ours.send(&[1; LONGEST], None, Wake::Now)));
        assert_eq!(error, INVALID);
    }
}

#[test]
fn lengths_that_make_no_sense_are_refused() {
    for prefix in [0, 9, 1 << 31, 1 << 32, DESCRIPTOR, !DESCRIPTOR, u64::MAX, LONGEST as u64 + 1] {
        let (mut ours, mut theirs) = pair();
        ours.send(&[1; 8], None, Wake::Now).unwrap();
        // SAFETY: aligned, and 8 bytes are fewer than a ring has.
        unsafe { ours.memory.frame(OFFERING, 0).cast::<u64>().write(prefix) };
        assert_eq!(kind(theirs.recv(&mut Inbox::new())), INVALID, "{prefix:#x}");
    }
}

#[test]
fn descriptors_are_exactly_those_announced() {
    let announced = |send: &dyn Fn(&OwnedFd)| {
        let (socket, peer) = socket::pair().unwrap();
        let (mut ours, mut theirs) = pair_over(socket.try_clone().unwrap(), peer);
        ours.send(&[1; 8], None, Wake::Now).unwrap();
        // SAFETY: aligned, and 8 bytes are fewer than a ring has.
        unsafe { ours.memory.frame(OFFERING, 0).cast::<u64>().write(DESCRIPTOR | 8) };
        send(&socket);
        kind(theirs.recv(&mut Inbox::new()))
    };
    let file = memfd();
    assert_eq!(announced(&|_| ()), INVALID);
    assert_eq!(announced(&|socket| socket::send(socket, &[0], None, SendFlags::empty()).unwrap()), INVALID);
    let fd = Some(file.as_fd());
    assert_eq!(announced(&|socket| socket::send(socket, &[0, 0], fd, SendFlags::empty()).unwrap()), INVALID);
    assert_eq!(announced(&|socket| socket::send(socket, &[0], fd, SendFlags::empty()).unwrap()), None);
    let two = |socket: &OwnedFd| {
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut ancillary = rustix::net::SendAncillaryBuffer::new(&mut space);
        let fds = [file.as_fd(), file.as_fd()];
        assert!(ancillary.push(rustix::net::SendAncillaryMessage::ScmRights(&fds)));
        let bytes = [io::IoSlice::new(&[0])];
        rustix::net::sendmsg(socket, &bytes, &mut ancillary, SendFlags::empty()).unwrap();
    };
    assert_eq!(announced(&two), INVALID);
}

#[test]
fn a_peer_that_never_lets_us_sleep_does_not_keep_us_busy() {
    for side in [OFFERING, ACCEPTING] {
        for value in [0, 3, u32::MAX] {
            let (offering, accepting) = pair();
            let (mut ours, theirs) = if side == OFFERING { (offering, accepting) } else { (accepting, offering) };
            let stop = Arc::new(AtomicBool::new(false));
            let (memory, stopped) = (ours.memory.clone(), stop.clone());
            let hostile = thread::spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    memory.end(side).sleep.0.store(value, Ordering::Relaxed);
                    wait::rouse(&memory.end(side).sleep.0);
                }
            });
            let waiting = thread::spawn(move || {
                let start = busy();
                assert!(!ours.recv(&mut Inbox::new()).unwrap());
                busy() - start
            });
            // Time in which a thread that does not sleep would be caught at it.
            thread::sleep(Duration::from_millis(200));
            drop(theirs);
            let busy = waiting.join().unwrap();
            stop.store(true, Ordering::Relaxed);
            hostile.join().unwrap();
            assert!(busy < Duration::from_millis(60), "{busy:?} of 200 ms");
        }
    }
}

/// How long this thread has used a processor.
fn busy() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is live.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A peer that plays with the word by which this end says that it sleeps, until the flag is set.
fn player(memory: Arc<Memory>, side: usize, stop: Arc<AtomicBool>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut dice = Dice(9);
        while !stop.load(Ordering::Relaxed) {
            let value = [1, 3, 0x8000_0001][dice.roll(3)];
            memory.end(side).sleep.0.store(value, Ordering::Relaxed);
        }
    })
}

#[test]
fn a_program_whose_sleep_word_changes_all_the_time_loses_nothing() {
    let (mut ours, mut theirs) = pair();
    let stop = Arc::new(AtomicBool::new(false));
    let hostile = player(ours.memory.clone(), OFFERING, stop.clone());
    let echo = thread::spawn(move || {
        let mut inbox = Inbox::new();
        while theirs.recv(&mut inbox).unwrap() {
            theirs.send(inbox.bytes(), None, Wake::Now).unwrap();
        }
    });
    let mut inbox = Inbox::new();
    for i in 0..2000_u64 {
        ours.send(&i.to_le_bytes(), None, Wake::Now).unwrap();
        assert!(ours.recv(&mut inbox).unwrap());
        assert_eq!(inbox.bytes(), i.to_le_bytes());
    }
    drop(ours);
    echo.join().unwrap();
    stop.store(true, Ordering::Relaxed);
    hostile.join().unwrap();
}

/// A program can make its worker miss a wake-up, which harms nobody else. The next one works.
#[test]
fn a_worker_whose_sleep_word_has_changed_receives_all_with_the_next_frame() {
    let (mut ours, mut theirs) = pair();
    let stop = Arc::new(AtomicBool::new(false));
    let hostile = player(ours.memory.clone(), ACCEPTING, stop.clone());
    let sink = thread::spawn(move || {
        let mut inbox = Inbox::new();
        let mut received = Vec::new();
        while received.len() < 2001 && theirs.recv(&mut inbox).unwrap() {
            received.push(u64::from_le_bytes(inbox.bytes().try_into().unwrap()));
        }
        received
    });
    for i in 0..2000_u64 {
        ours.send(&i.to_le_bytes(), None, Wake::Now).unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    hostile.join().unwrap();
    ours.send(&2000_u64.to_le_bytes(), None, Wake::Now).unwrap();
    assert!(sink.join().unwrap().into_iter().eq(0..=2000));
}

#[test]
fn scribbling_ends_in_an_error_or_in_frames() {
    scribble(Duration::from_secs(1));
}

#[test]
#[ignore = "long"]
fn scribbling_for_long_ends_in_an_error_or_in_frames() {
    scribble(Duration::from_secs(120));
}

/// Lets lanes work while somebody writes all over the memory they share, one lane after the other.
fn scribble(length: Duration) {
    let start = Instant::now();
    let mut dice = Dice(start.elapsed().subsec_nanos().into());
    dice.0 |= 1;
    let (mut lanes, mut refused, mut frames) = (0, 0, 0_u64);
    while start.elapsed() < length {
        let (ours, theirs) = pair();
        let memory = ours.memory.clone();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, seed, cruelty) = (stop.clone(), dice.roll(1 << 30) as u64 | 1, dice.roll(3));
        let hostile = thread::spawn(move || {
            let mut dice = Dice(seed);
            while !stopped.load(Ordering::Relaxed) {
                scribble_once(&memory, &mut dice, cruelty);
            }
            // A thread that still sleeps is told that the lane is closed, as often as it takes.
            for side in [OFFERING, ACCEPTING] {
                memory.end(side).outgoing.0.closed.store(1, Ordering::SeqCst);
            }
            memory
        });
        let run = |mut ring: Ring, seed| {
            thread::spawn(move || {
                let mut dice = Dice(seed);
                let mut inbox = Inbox::new();
                for received in 0..2000 {
                    for _ in 0..dice.roll(3) {
                        let frame = vec![1; 1 + dice.roll(5000)];
                        if let Err(error) = ring.send(&frame, None, Wake::Now) {
                            return (received, error.kind());
                        }
                    }
                    match ring.recv(&mut inbox) {
                        Ok(true) => assert!((1..=LONGEST).contains(&inbox.bytes().len())),
                        Ok(false) => return (received, io::ErrorKind::BrokenPipe),
                        Err(error) => return (received, error.kind()),
                    }
                }
                (2000, io::ErrorKind::BrokenPipe)
            })
        };
        let ends = [run(ours, seed ^ 5), run(theirs, seed ^ 9)];
        let round = Instant::now();
        while round.elapsed() < Duration::from_millis(10) && !ends.iter().all(thread::JoinHandle::is_finished) {
            // The rate of the disturbance, not a wait for anything.
            thread::sleep(Duration::from_micros(200));
        }
        stop.store(true, Ordering::Relaxed);
        let memory = hostile.join().unwrap();
        let patience = Instant::now();
        while !ends.iter().all(thread::JoinHandle::is_finished) {
            assert!(patience.elapsed() < Duration::from_secs(20), "an end neither fails nor ends");
            for side in [OFFERING, ACCEPTING] {
                wait::rouse(&memory.end(side).sleep.0);
            }
            // The rate of the disturbance, not a wait for anything.
            thread::sleep(Duration::from_micros(200));
        }
        for end in ends {
            let (received, error) = end.join().unwrap();
            assert!(matches!(error, io::ErrorKind::InvalidData | io::ErrorKind::BrokenPipe), "{error:?}");
            refused += u64::from(error == io::ErrorKind::InvalidData);
            frames += received;
        }
        lanes += 1;
    }
    eprintln!("scribble: {lanes} lanes, {refused} ends refused, {frames} frames");
    assert!(refused > 0 && frames > 0);
}

/// Writes one value somewhere; with little cruelty, one that is nearly right.
fn scribble_once(memory: &Memory, dice: &mut Dice, cruelty: usize) {
    let side = dice.roll(2);
    let end = memory.end(side);
    let near = |word: &AtomicU64, dice: &mut Dice| {
        let now = word.load(Ordering::Relaxed);
        word.store(now.wrapping_add(8 * dice.roll(64) as u64).wrapping_sub(8 * (cruelty as u64)), Ordering::Relaxed);
    };
    match dice.roll(match cruelty {
        0 => 40,
        1 => 400,
        _ => 12,
    }) {
        0 => end.outgoing.0.tail.store(dice.0, Ordering::Relaxed),
        1 => near(&end.outgoing.0.tail, dice),
        2 => end.head.0.store(dice.0, Ordering::Relaxed),
        3 => near(&end.head.0, dice),
        4 => end.sleep.0.store(dice.roll(4) as u32, Ordering::Relaxed),
        5 => end.outgoing.0.cpu.store(dice.0 as u32, Ordering::Relaxed),
        _ => {
            let at = memory.frame(side, 8 * dice.roll(CAPACITY / 8) as u64);
            let value = [dice.0, dice.roll(LONGEST) as u64, DESCRIPTOR | 8][dice.roll(3)];
            // SAFETY: aligned, and 8 bytes are fewer than a ring has.
            unsafe { at.cast::<u64>().write_volatile(value) };
        }
    }
}
