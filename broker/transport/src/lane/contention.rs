//! Whether others want the processors that a waiting end would spin on.
//!
//! On an idle machine it is fastest to spin, and to yield the processor to whoever needs it for a moment. On a busy machine, who
//! gets the processor keeps it for a time slice of milliseconds, and who has spun is scheduled later. So an end notices that
//! some microseconds of spinning and a yield took far longer. If that happens again soon, its process counts the processors as
//! wanted, and its ends sleep at once instead of spinning. Then they try again. Each time that they are wrong, the period doubles,
//! so that on a machine that stays busy the attempts cost little. (A vendor's threads that spin take a slice now and then on an
//! idle machine, too; to sleep because of one costs more than it does.)

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Some microseconds of spinning and a yield that take this long have lost the processor.
pub const LOST: Duration = Duration::from_micros(400);
/// Two losses so close to each other, in milliseconds, are no accident.
const AGAIN: u32 = 16;
/// How long the processors count as wanted, in milliseconds: at first, and at most.
const SHORTEST: u32 = 16;
const LONGEST: u32 = 256;

/// A time of the monotonic clock, which all processes share.
#[derive(Debug, Clone, Copy)]
pub struct Time(Duration);

impl From<Duration> for Time {
    fn from(since_start: Duration) -> Self {
        Self(since_start)
    }
}

impl Time {
    pub fn now() -> Self {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // Of the C library, which also works where there is no vDSO, or a tool such as valgrind hides it.
        // SAFETY: the structure is written to.
        unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
        Self(Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32))
    }

    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Milliseconds, which overflow after seven weeks.
    fn millis(self) -> u32 {
        self.0.as_millis() as u32
    }

    /// Whether it is before `until`, which is 0 for never. What lies further ahead than a process ever says does not count: a
    /// peer can say anything.
    pub fn is_before(self, until: u32) -> bool {
        until != 0 && (1..=LONGEST).contains(&until.wrapping_sub(self.millis()))
    }
}

/// What is known of the processors.
#[derive(Debug, Default)]
pub struct Contention {
    /// Until when they count as wanted, in milliseconds; 0 if they do not.
    until: AtomicU32,
    /// How long they counted as wanted last.
    period: AtomicU32,
    /// When a thread lost its processor last, or when the last period ended.
    last: AtomicU32,
}

impl Contention {
    const fn new() -> Self {
        Self { until: AtomicU32::new(0), period: AtomicU32::new(0), last: AtomicU32::new(0) }
    }

    /// Until when the processors count as wanted; 0 if they do not.
    pub fn until(&self) -> u32 {
        self.until.load(Ordering::Relaxed)
    }

    /// Whether the processors count as wanted, here or by the word of a peer.
    pub fn are_wanted(&self, peer: u32) -> bool {
        let until = self.until();
        // On an idle machine nobody looks at the clock.
        if until | peer == 0 {
            return false;
        }
        let now = Time::now();
        if now.is_before(until) {
            return true;
        }
        if until != 0 {
            // Who finds them wanted at this moment does so again.
            self.until.store(0, Ordering::Relaxed);
        }
        now.is_before(peer)
    }

    /// A thread has lost its processor while it waited.
    pub fn lost(&self, now: Time) {
        if now.is_before(self.until()) {
            return;
        }
        let (period, last) = (self.period.load(Ordering::Relaxed), self.last.load(Ordering::Relaxed));
        let (now, since) = (now.millis(), now.millis().wrapping_sub(last));
        if since > AGAIN {
            self.last.store(now, Ordering::Relaxed);
            self.period.store(0, Ordering::Relaxed);
            return;
        }
        let period = (period * 2).clamp(SHORTEST, LONGEST);
        let until = now.wrapping_add(period).max(1);
        self.period.store(period, Ordering::Relaxed);
        self.last.store(until, Ordering::Relaxed);
        self.until.store(until, Ordering::Relaxed);
    }
}

/// What this process knows. The processors are the machine's, so that all lanes share it.
pub static PROCESSORS: Contention = Contention::new();

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from(Duration::from_millis(millis))
    }

    /// A processor is lost. How long the processors count as wanted from then on.
    fn lost(contention: &Contention, millis: u64) -> u32 {
        contention.lost(at(millis));
        let until = contention.until();
        if at(millis).is_before(until) { until.wrapping_sub(at(millis).millis()) } else { 0 }
    }

    #[test]
    fn one_loss_now_and_then_is_an_accident() {
        let contention = Contention::default();
        for time in [1000, 1020, 1040, 2000] {
            assert_eq!(lost(&contention, time), 0);
        }
        assert_eq!(lost(&contention, 2010), SHORTEST);
    }

    #[test]
    fn a_machine_that_stays_busy_is_tried_less_and_less_often() {
        let contention = Contention::default();
        let mut now = 1_000_000;
        assert_eq!(lost(&contention, now - 5), 0);
        for period in [16, 32, 64, 128, 256, 256] {
            assert_eq!(lost(&contention, now), period);
            assert!(at(now + u64::from(period) - 1).is_before(contention.until()));
            now += u64::from(period);
            assert!(!at(now).is_before(contention.until()));
            now += 6;
        }
        // It was idle in between.
        now += 1000;
        assert_eq!([lost(&contention, now), lost(&contention, now + 5)], [0, SHORTEST]);
    }

    #[test]
    fn many_threads_that_lose_during_a_period_change_nothing() {
        let contention = Contention::default();
        assert_eq!([5000, 5003, 5008].map(|time| lost(&contention, time)), [0, 16, 11]);
    }

    #[test]
    fn the_clock_may_overflow() {
        let contention = Contention::default();
        let now = u64::from(u32::MAX) - 3;
        contention.lost(at(now - 1000));
        assert_eq!([lost(&contention, now - 3), lost(&contention, now)], [0, 16]);
        assert!(at(now + 10).is_before(contention.until()));
        assert!(!at(now + 16).is_before(contention.until()));
        assert_eq!(lost(&contention, now + 18), 32);
    }

    #[test]
    fn a_peer_that_lies_is_believed_for_a_moment_at_most() {
        for until in [0, 4999, 5000, 5257, u32::MAX] {
            assert!(!at(5000).is_before(until), "{until}");
        }
        assert!(at(5000).is_before(5256));
    }
}
