//! Tests every order in which the steps of sleeping and waking can happen, with up to three preemptions.
//!
//! A lost wake-up shows as a deadlock: nothing here ever sleeps for a limited time.

use std::sync::Arc;
use std::time::Duration;

use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use loom::sync::{Condvar, Mutex};
use loom::thread;

use super::{FOR_FRAMES, FOR_ROOM, FOR_URGENT, Word, rouse, sleep, wake};

/// A word with a futex: for the waking thread, comparison and falling asleep are one step.
struct Modelled<const FENCED: bool> {
    word: AtomicU32,
    queue: Mutex<()>,
    woken: Condvar,
}

impl<const FENCED: bool> Modelled<FENCED> {
    fn new() -> Self {
        Self { word: AtomicU32::new(0), queue: Mutex::new(()), woken: Condvar::new() }
    }
}

impl<const FENCED: bool> Word for Modelled<FENCED> {
    fn load(&self) -> u32 {
        self.word.load(Ordering::Relaxed)
    }

    fn store(&self, value: u32) {
        self.word.store(value, Ordering::Relaxed);
    }

    fn swap(&self, value: u32) -> u32 {
        self.word.swap(value, Ordering::Relaxed)
    }

    fn fence(&self) {
        if FENCED {
            fence(Ordering::SeqCst);
        }
    }

    fn sleep(&self, value: u32, _: Option<Duration>) {
        let queue = self.queue.lock().unwrap();
        if self.word.load(Ordering::Relaxed) == value {
            drop(self.woken.wait(queue).unwrap());
        }
    }

    fn wake(&self) {
        let _queue = self.queue.lock().unwrap();
        self.woken.notify_one();
    }
}

/// One direction: the cursors, and the sleep words of sender and receiver.
struct Direction<const FENCED: bool> {
    tail: AtomicU64,
    head: AtomicU64,
    sender: Modelled<FENCED>,
    receiver: Modelled<FENCED>,
}

impl<const FENCED: bool> Direction<FENCED> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            tail: AtomicU64::new(0),
            head: AtomicU64::new(0),
            sender: Modelled::new(),
            receiver: Modelled::new(),
        })
    }

    fn publish(&self, tail: u64) {
        self.tail.store(tail, Ordering::Release);
        wake(&self.receiver, FOR_FRAMES | FOR_URGENT);
    }

    /// Waits until the tail is beyond `read`.
    fn receive(&self, read: u64) -> u64 {
        wait(&self.receiver, FOR_FRAMES, || Some(self.tail.load(Ordering::Acquire)).filter(|tail| *tail > read))
    }

    fn release(&self, head: u64) {
        self.head.store(head, Ordering::Release);
        wake(&self.sender, FOR_ROOM);
    }

    /// Waits until the head has come to `wanted`.
    fn await_room(&self, wanted: u64) {
        wait(&self.sender, FOR_ROOM, || Some(self.head.load(Ordering::Acquire)).filter(|head| *head >= wanted));
    }
}

fn wait<T>(word: &impl Word, reason: u32, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = look().or_else(|| sleep(word, reason, None, &mut look)) {
            return found;
        }
    }
}

fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

fn two_frames<const FENCED: bool>() {
    check(|| {
        let there = Direction::<FENCED>::new();
        let here = there.clone();
        let sender = thread::spawn(move || {
            there.publish(1);
            there.publish(2);
        });
        let mut read = 0;
        while read < 2 {
            read = here.receive(read);
        }
        sender.join().unwrap();
    });
}

#[test]
fn a_frame_is_always_noticed() {
    two_frames::<true>();
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_fence_a_wake_up_is_lost() {
    two_frames::<false>();
}

/// A command that a dozing end is not woken for is seen at the latest when an urgent frame follows.
#[test]
fn an_urgent_frame_is_noticed_by_who_dozes() {
    check(|| {
        let there = Direction::<true>::new();
        let here = there.clone();
        let sender = thread::spawn(move || {
            there.tail.store(1, Ordering::Release);
            wake(&there.receiver, FOR_FRAMES);
            there.publish(2);
        });
        let read = || Some(here.tail.load(Ordering::Acquire)).filter(|tail| *tail == 2);
        assert_eq!(wait(&here.receiver, FOR_URGENT, read), 2);
        sender.join().unwrap();
    });
}

#[test]
fn room_is_always_noticed() {
    check(|| {
        let there = Direction::<true>::new();
        let here = there.clone();
        let sender = thread::spawn(move || {
            there.publish(1);
            // The ring holds one frame.
            there.await_room(1);
            there.publish(2);
        });
        for read in 0..2 {
            assert_eq!(here.receive(read), read + 1);
            here.release(read + 1);
        }
        sender.join().unwrap();
    });
}

/// A sleeping end sees what was published without a wake-up, once another thread that knows of it has rung the doorbell.
fn rung<const FENCED: bool>() {
    check(|| {
        let there = Direction::<FENCED>::new();
        let here = there.clone();
        let other = thread::spawn(move || {
            let program = there.clone();
            let program = thread::spawn(move || program.tail.store(1, Ordering::Release));
            program.join().unwrap();
            wake(&there.receiver, FOR_FRAMES);
        });
        assert_eq!(here.receive(0), 1);
        other.join().unwrap();
    });
}

#[test]
fn a_doorbell_is_always_heard() {
    rung::<true>();
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_fence_a_doorbell_is_not_heard() {
    rung::<false>();
}

#[test]
fn a_doorbell_does_not_swallow_a_wake_up() {
    for ring in [|end: &Direction<true>| wake(&end.receiver, FOR_FRAMES), |end: &Direction<true>| rouse(&end.receiver)]
    {
        check(move || {
            let there = Direction::<true>::new();
            let (here, door) = (there.clone(), there.clone());
            let sender = thread::spawn(move || there.publish(1));
            let visitor = thread::spawn(move || ring(&door));
            assert_eq!(here.receive(0), 1);
            sender.join().unwrap();
            visitor.join().unwrap();
        });
    }
}
