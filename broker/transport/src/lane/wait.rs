//! How an end of a ring waits for the other, and how it is woken.
//!
//! Each end has one word in the shared memory that says whether it sleeps, and for what. An end that is about to sleep sets
//! the word and then checks a last time; an end that has published something reads the word afterwards. A fence between the
//! two steps, on both sides, ensures that at least one of them sees the other's write, so that no wake-up is lost. `model`
//! checks that, with the code below, for every order in which the steps can happen.

use std::cell::Cell;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::futex;

use super::contention::{LOST, PROCESSORS, Time};

/// The end does not sleep.
const AWAKE: u32 = 0;
/// The end sleeps until there is a frame.
pub const FOR_FRAMES: u32 = 1;
/// The end sleeps until there is room.
pub const FOR_ROOM: u32 = 2;
/// The end sleeps until there is a frame that must be processed at once, or for a moment: it then sleeps for all frames.
pub const FOR_URGENT: u32 = 4;

/// How often an end checks before it yields its processor: it may be waiting for threads of the vendor's and of the
/// program's own. On x86 a `PAUSE` takes 10 to 50 ns, so this is a few microseconds; a yield without a taker costs a fifth
/// of one. (More yields help programs with many threads, and hurt those that wait for events of several queues.)
const SPINS: u32 = 100;
/// How often it does both, some 100 µs in all: a short kernel on a CPU device ends within that time, and then saves the cost
/// of a sleep and a wake-up.
const ROUNDS: u32 = 30;
/// How often an end yields its processor before it sleeps. When both ends share a processor, a peer that is ready to run
/// usually replies within a few of these, at a tenth of the cost of two wake-ups.
const YIELDS: u32 = 20;
/// How long an end sleeps for urgent frames only. The kernel's tick of a busy processor is about as long, so that this timer
/// costs nothing; a shorter one has to be programmed, which takes several times as long as the wake-up that it avoids.
const DOZE: Duration = Duration::from_millis(5);
/// A sleep that ends sooner than this, without a reason, is suspect.
const SUSPECT: Duration = Duration::from_micros(100);
/// So many suspect sleeps in a row are normal: late wake-ups whose reason is already handled.
const MOST_SUSPECT: u32 = 16;
/// After these: a sleep that no peer can end, so that a peer that plays with the word cannot keep this end busy.
const NAP: Duration = Duration::from_millis(1);

/// A word that says whether an end sleeps. The peer can change it at any time.
pub trait Word {
    fn load(&self) -> u32;
    fn store(&self, value: u32);
    fn swap(&self, value: u32) -> u32;
    /// A fence: orders all accesses before it before all accesses after it, for all that call it.
    fn fence(&self);
    /// Sleeps, if the word has this value, until woken or for the time given; can return early.
    fn sleep(&self, value: u32, limit: Option<Duration>);
    /// Wakes the sleeper.
    fn wake(&self);
}

impl Word for AtomicU32 {
    fn load(&self) -> u32 {
        self.load(Ordering::Relaxed)
    }

    fn store(&self, value: u32) {
        self.store(value, Ordering::Relaxed);
    }

    fn swap(&self, value: u32) -> u32 {
        self.swap(value, Ordering::Relaxed)
    }

    fn fence(&self) {
        fence(Ordering::SeqCst);
    }

    fn sleep(&self, value: u32, limit: Option<Duration>) {
        let limit = limit.and_then(|limit| limit.try_into().ok());
        // Woken, interrupted, or not asleep at all makes no difference: the caller checks again.
        let _ = futex::wait(self, futex::Flags::empty(), value, limit.as_ref());
    }

    fn wake(&self) {
        let _ = futex::wake(self, futex::Flags::empty(), 1);
    }
}

/// What an end does before it sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It spins, and yields its processor now and then: for some 100 µs.
    Spin,
    /// It only yields, since the peer needs this processor.
    Yield,
    /// Nothing: others want the processors.
    Sleep,
    /// As [`Sleep`](Self::Sleep), and it sleeps for urgent frames only at first.
    Doze,
}

/// How one end waits.
#[derive(Debug)]
pub struct Patience {
    pub reason: u32,
    pub way: Way,
    /// How long to sleep before checking whether the peer still exists; `None` for no limit.
    pub slice: Option<Duration>,
    /// Whether the wait has slept.
    pub slept: Cell<bool>,
}

impl Patience {
    /// Waits until `look` finds something; `None` if it does not and `is_over` says that it never will.
    pub fn wait<T>(
        &self,
        word: &impl Word,
        mut look: impl FnMut() -> Option<T>,
        is_over: impl Fn() -> bool,
    ) -> Option<T> {
        if let Some(found) = self.spin(&mut look) {
            return Some(found);
        }
        self.slept.set(true);
        if self.way == Way::Doze {
            let found = sleep(word, FOR_URGENT, Some(DOZE), &mut look).or_else(&mut look);
            if found.is_some() {
                return found;
            }
        }
        let mut suspect = 0;
        loop {
            let start = Instant::now();
            if let Some(found) = sleep(word, self.reason, self.slice, &mut look).or_else(&mut look) {
                return Some(found);
            }
            if self.slice.is_some() && is_over() {
                // What the peer published before it died counts.
                return look();
            }
            suspect = if start.elapsed() < SUSPECT { suspect + 1 } else { 0 };
            if suspect > MOST_SUSPECT {
                suspect = MOST_SUSPECT;
                // Sleeps where no peer can wake it: see `NAP`.
                thread::sleep(NAP);
            }
        }
    }

    /// Spins as long as it is worth it.
    fn spin<T>(&self, look: &mut impl FnMut() -> Option<T>) -> Option<T> {
        let (rounds, spins) = match self.way {
            Way::Spin => (ROUNDS, SPINS),
            Way::Yield => (YIELDS, 1),
            Way::Sleep | Way::Doze => return look(),
        };
        let mut start = None;
        for _ in 0..rounds {
            for _ in 0..spins {
                if let Some(found) = look() {
                    return Some(found);
                }
                spin_loop();
            }
            let before = start.unwrap_or_else(Time::now);
            thread::yield_now();
            let after = Time::now();
            if after.since(before) > LOST {
                PROCESSORS.lost(after);
                break;
            }
            start = Some(after);
        }
        None
    }
}

/// Sleeps until woken, unless `look` finds something first.
fn sleep<T>(word: &impl Word, reason: u32, limit: Option<Duration>, look: impl FnOnce() -> Option<T>) -> Option<T> {
    word.store(reason);
    word.fence();
    let found = look();
    if found.is_none() {
        word.sleep(reason, limit);
    }
    word.store(AWAKE);
    found
}

/// Wakes the peer if it sleeps for one of these reasons, after something was published for it.
pub fn wake(word: &impl Word, reasons: u32) {
    word.fence();
    if word.load() & reasons != 0 && word.swap(AWAKE) != AWAKE {
        word.wake();
    }
}

/// Makes this process's own end check again if it sleeps, whatever the peer may have written to the word.
pub fn rouse(word: &impl Word) {
    word.fence();
    word.swap(AWAKE);
    word.wake();
}

#[cfg(test)]
mod model;
