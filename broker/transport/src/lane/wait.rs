//! How an end of a ring waits for the other, and how it is woken.
//!
//! Each end has one word in the shared memory that says whether it sleeps, and what for. Who is about to sleep sets the
//! word and then looks a last time; who has published something looks at the word afterwards. A fence between the two
//! steps, on both sides, makes sure that at least one of them sees what the other did, so that no wake-up is lost.
//! `model` checks that, with the code below, for every order in which the steps can happen.

use std::cell::Cell;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::futex;

/// The end does not sleep.
const AWAKE: u32 = 0;
/// The end sleeps until there is a frame.
pub const FOR_FRAMES: u32 = 1;
/// The end sleeps until there is room.
pub const FOR_ROOM: u32 = 2;

/// How often an end looks before it offers its processor to others: threads of the vendor's and the program's own may be
/// what it waits for. On x86 a `PAUSE` takes 10 to 50 ns, so this is a few microseconds; an offer that nobody takes costs a
/// fifth of one. (More offers help programs with many threads, and hurt those that wait for events of several queues.)
const SPINS: u32 = 100;
/// How often it does both, some 100 µs in all: a short kernel on a CPU device, whose end is then not missed by the time that
/// falling asleep and being woken take.
const ROUNDS: u32 = 30;
/// How often an end gives its processor away before it sleeps. When both ends share a processor, a peer that is ready to
/// run mostly answers within a few of these, at a tenth of the price of two wake-ups.
const YIELDS: u32 = 20;
/// A sleep that ends sooner than this, and for nothing, is suspect.
const SUSPECT: Duration = Duration::from_micros(100);
/// So many suspect sleeps on end are chance: wake-ups on their way when their reason was already gone.
const MOST_SUSPECT: u32 = 16;
/// What comes after: a sleep that no peer can end, so that one that plays with the word cannot keep this end busy.
const NAP: Duration = Duration::from_millis(1);

/// A word that says whether an end sleeps. Anybody can change it at any time.
pub trait Word {
    fn load(&self) -> u32;
    fn store(&self, value: u32);
    fn swap(&self, value: u32) -> u32;
    /// Orders all accesses before it before all accesses after it, for all that do the same.
    fn fence(&self);
    /// Sleeps, if the word has this value, until woken or for the time given; can return early.
    fn sleep(&self, value: u32, limit: Option<Duration>);
    /// Wakes who sleeps.
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
        // Whether it was woken, interrupted, or did not sleep at all makes no difference: the caller looks again.
        let _ = futex::wait(self, futex::Flags::empty(), value, limit.as_ref());
    }

    fn wake(&self) {
        let _ = futex::wake(self, futex::Flags::empty(), 1);
    }
}

/// How one end waits.
#[derive(Debug)]
pub struct Patience {
    pub reason: u32,
    /// Whether spinning can help, which it cannot if the peer needs this processor to get on.
    pub spin: bool,
    /// How long to sleep before asking whether the peer still exists; `None` for as long as it takes.
    pub slice: Option<Duration>,
    /// Whether it came to sleeping.
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
        let (rounds, spins) = if self.spin { (ROUNDS, SPINS) } else { (YIELDS, 1) };
        for _ in 0..rounds {
            for _ in 0..spins {
                if let Some(found) = look() {
                    return Some(found);
                }
                spin_loop();
            }
            thread::yield_now();
        }
        self.slept.set(true);
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
                // Where no peer can wake it: see `NAP`.
                thread::sleep(NAP);
            }
        }
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

/// Makes this process's own end look again if it sleeps, whatever the peer may have written to the word.
pub fn rouse(word: &impl Word) {
    word.fence();
    word.swap(AWAKE);
    word.wake();
}

#[cfg(test)]
mod model;
