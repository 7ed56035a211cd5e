//! One session, as the pacer sees it: what it has used, and whether it wants anything.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ava_protocol::usage::{ASKED, BUSY, SERVER, WHEN_BUSY, WHEN_IDLE};
use ava_transport::region::Region;
use rustix::process::Pid;

use super::order::{Entry, Held};
use crate::clock::ProcessorClock;
use crate::leash::Leash;

/// Who has used less than this part of one processor since the last look, computes nothing.
const STILL: u32 = 8;
/// So often somebody is seen to compute, or not to, before that is believed. The kernel's clocks are a tick behind.
pub const SURE: u32 = 3;

/// A session that serves no call counts as wanting something for so long at least, and longer only where its calls come less
/// than so long after each other.
const SHORT_GAP: Duration = Duration::from_micros(100);
const LONG_GAP: Duration = Duration::from_millis(1);
/// Of how much the last gap counts for the usual one: one part of so many.
const INERTIA: u32 = 8;
/// A bell is heard so many times in so long.
const MOST_RINGS: u32 = 16;
const WHILE: Duration = Duration::from_millis(4);

/// A session.
pub struct Runner {
    pub tenant: Arc<str>,
    leash: Leash,
    clock: ProcessorClock,
    page: Arc<Region>,
    bell: OwnedFd,
    held: Held,
    /// What its clock showed when that was charged last, and when that was.
    charged: Duration,
    charged_at: Duration,
    /// What it showed when somebody looked whether it computes, and when that was.
    seen: (Duration, Duration),
    /// How often in a row it was seen to compute nothing where it could have.
    still: u32,
    /// How often in a row it was seen to compute.
    moving: u32,
    /// It says that it serves calls, and computes nothing for them.
    stalls: bool,
    /// Since it rests it has computed nothing, so that a thread of it may be put first.
    calm: bool,
    stopped: bool,
    /// It seems to want nothing; looked at again then.
    pub lingers_until: Option<Duration>,
    /// Since when it serves no call, and how long that usually lasts.
    idle_since: Option<Duration>,
    usual_gap: Duration,
    /// Its bell is heard.
    armed: bool,
    /// How often its bell was heard since then.
    rings: (u32, Duration),
}

impl Runner {
    pub fn new(entry: Entry, now: Duration) -> Self {
        let Entry { tenant, leash, clock, page, bell, held, .. } = entry;
        let charged = clock.read();
        let (seen, still, moving) = ((charged, now), SURE, 0);
        let (stalls, calm, stopped, lingers_until) = (false, false, false, None);
        let (armed, rings) = (true, (0, now));
        Self {
            tenant,
            leash,
            clock,
            page,
            bell,
            held,
            charged,
            charged_at: now,
            seen,
            still,
            moving,
            stalls,
            calm,
            stopped,
            lingers_until,
            idle_since: None,
            usual_gap: LONG_GAP,
            armed,
            rings,
        }
    }

    pub fn bell(&self) -> &OwnedFd {
        &self.bell
    }

    /// The processor time that was not charged yet.
    pub fn charge(&mut self, now: Duration) -> Duration {
        let shown = self.clock.read();
        self.charged_at = now;
        shown.saturating_sub(std::mem::replace(&mut self.charged, shown))
    }

    /// Whether it was charged no longer ago than this.
    pub fn is_fresh(&self, age: Duration, now: Duration) -> bool {
        now.saturating_sub(self.charged_at) < age
    }

    /// Whether it wants a processor, as far as can be seen when its time was just charged, once in a tick. Where the machine has
    /// no room, one that computes nothing may be waiting for a processor.
    pub fn wants(&mut self, wanted: bool, has_room: bool, now: Duration) -> bool {
        let (before, at) = std::mem::replace(&mut self.seen, (self.charged, now));
        let busy = self.is_busy();
        if self.charged.saturating_sub(before) * STILL >= now.saturating_sub(at) {
            if !wanted {
                self.calm = false;
                self.comes_as_usual();
            }
            (self.still, self.moving) = (0, self.moving.saturating_add(1));
        } else {
            self.moving = 0;
            self.still = self.still.saturating_add(if busy { u32::from(has_room) } else { 2 });
        }
        let wants = if wanted { self.still < SURE } else { self.moving >= SURE || busy && self.moving > 0 };
        self.stalls = !wants && busy;
        wants
    }

    /// It begins to compute.
    pub fn stir(&mut self, now: Duration) {
        if let Some(since) = self.idle_since.take() {
            let gap = now.saturating_sub(since).min(2 * LONG_GAP);
            self.usual_gap = (self.usual_gap * (INERTIA - 1) + gap) / INERTIA;
        }
        self.computes();
    }

    /// It has computed again before anybody looked: after less time than was expected.
    pub fn stirred(&mut self) {
        self.idle_since = None;
        self.usual_gap -= self.usual_gap / INERTIA;
        self.computes();
    }

    fn computes(&mut self) {
        (self.still, self.stalls, self.calm, self.lingers_until) = (0, false, false, None);
        self.comes_as_usual();
    }

    /// It serves no call. Most programs ask for the next thing soon, and it counts as wanting something for as long as that may
    /// take; not if that usually takes long.
    pub fn linger(&mut self, now: Duration) {
        if self.lingers_until.is_none() {
            self.idle_since.get_or_insert(now);
            let usual = if self.usual_gap < LONG_GAP { 2 * self.usual_gap } else { Duration::ZERO };
            self.lingers_until = Some(now + usual.max(SHORT_GAP));
        }
    }

    /// Whether it is worth knowing at once that it serves no call: not where its next one comes at once, and not where it could
    /// not tell of that any more.
    pub fn has_gaps(&self) -> bool {
        self.usual_gap >= SHORT_GAP && self.rings.0 < MOST_RINGS / 2
    }

    /// It wants nothing.
    pub fn rest(&mut self, now: Duration) {
        self.idle_since.get_or_insert(now);
        (self.seen, self.still, self.moving, self.calm) = ((self.charged, now), SURE, 0, true);
    }

    /// Has the thread that will serve its next call run as soon as that comes, since only then it can ask for its turn: others
    /// compute, and each of them would keep a processor for a slice. Once it has asked it is [usual](Self::comes_as_usual) again; and
    /// so is one that computes without asking.
    pub fn comes_first(&self) {
        let server = self.page.words()[SERVER].load(Ordering::Relaxed);
        if self.calm
            && let Some(thread) = i32::try_from(server).ok().and_then(Pid::from_raw)
        {
            // Who may not be put first waits as long as anybody.
            let _ = self.leash.put_first(Some(thread));
        }
    }

    /// Whether a thread of it does.
    pub fn is_first(&self) -> bool {
        self.leash.is_first()
    }

    /// No thread of it comes before others.
    pub fn comes_as_usual(&self) {
        let _ = self.leash.put_first(None);
    }

    /// Whether it serves calls without computing anything, as one that waits for its program.
    pub fn stalls(&self) -> bool {
        self.stalls
    }

    /// Whether it says that it serves calls.
    pub fn is_busy(&self) -> bool {
        self.page.words()[BUSY].load(Ordering::SeqCst) != 0
    }

    /// Asks to be told when it is busy, or idle, or nothing; whether it is so already. Its bell is to be armed if it is not.
    pub fn ask(&self, what: Ask) -> bool {
        let word = match what {
            Ask::Nothing => 0,
            Ask::WhenBusy => WHEN_BUSY,
            Ask::WhenIdle => WHEN_IDLE,
        };
        let asked = &self.page.words()[ASKED];
        if asked.load(Ordering::Relaxed) != word {
            asked.store(word, Ordering::SeqCst);
        }
        match what {
            Ask::Nothing => false,
            Ask::WhenBusy => self.is_busy(),
            Ask::WhenIdle => !self.is_busy(),
        }
    }

    /// Its bell has rung, and is not heard again before it is armed.
    pub fn hear(&mut self) {
        let _ = rustix::io::read(&self.bell, &mut [0; 8]);
        self.armed = false;
        self.rings.0 += 1;
    }

    /// Whether its bell is to be armed now. One that rings all the time is heard so many times in a while.
    pub fn arms(&mut self, now: Duration) -> bool {
        let (count, since) = &mut self.rings;
        if now.saturating_sub(*since) >= WHILE {
            (*count, *since) = (0, now);
        }
        let arms = !self.armed && *count < MOST_RINGS;
        self.armed |= arms;
        arms
    }

    /// # Errors
    /// The broker may not stop it.
    pub fn stop(&mut self) -> io::Result<()> {
        self.leash.set(true)?;
        self.stopped = true;
        self.held.stop();
        Ok(())
    }

    pub fn go_on(&mut self, now: Duration) {
        // What could be stopped can go on.
        let _ = self.leash.set(false);
        self.stopped = false;
        self.held.go_on();
        // It has computed nothing meanwhile, and wants what it wanted.
        self.seen = (self.charged, now);
        self.stir(now);
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped
    }
}

/// What a worker is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Nothing,
    WhenBusy,
    WhenIdle,
}
