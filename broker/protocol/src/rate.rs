//! How much a tenant's sessions may do in a second, all together: a bucket of tokens in two words that their workers share.
//!
//! One word says how many tokens come in a second, the other until when all that came are used up, as a time. So time itself fills
//! the bucket, and who takes tokens moves that time on, in one step: nobody is asked, and a worker that dies leaves nothing wrong.
//! A bucket holds what comes in a second. Who wants more than that takes a full bucket, and owes the rest: the next one waits
//! until that has come, too.
//!
//! - **Invariant:** what is taken, without what is owed, is never more than came since the limit was written, and one bucket.
//! - **Invariant:** nothing here reads a clock: times are arguments, in nanoseconds, of a clock that all workers have.
//! - **Invariant:** a worker can write anything there, at any time. It harms its own tenant: no word makes others wait for
//!   longer than [`MOST_OWED`].

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// Commands for devices.
    Commands,
    /// Bytes of data to and from them.
    Bytes,
}

/// All of them.
pub const RATES: [Rate; 2] = [Rate::Commands, Rate::Bytes];
/// The rate of who has no limit.
pub const UNLIMITED: u64 = u64::MAX;
/// A bucket fills in so long, and holds as much.
pub const FILLS_IN: u64 = 1_000_000_000;
/// How much may be owed, as the time in which it comes.
pub const MOST_OWED: u64 = 3600 * FILLS_IN;

/// The two words.
#[derive(Debug, Clone, Copy)]
pub struct Bucket<'a> {
    pub per_second: &'a AtomicU64,
    pub used_up: &'a AtomicU64,
}

impl Bucket<'_> {
    /// Whether there is a limit.
    #[must_use]
    #[inline]
    pub fn is_limited(self) -> bool {
        self.per_second.load(Relaxed) != UNLIMITED
    }

    /// Takes so many tokens; `now` is nanoseconds, as in all that follow.
    ///
    /// # Errors
    /// There are not as many: in how many nanoseconds there may be.
    pub fn take(self, amount: u64, now: u64) -> Result<(), u64> {
        let Some(time) = self.time(amount) else { return Ok(()) };
        let mut seen = self.used_up.load(SeqCst);
        loop {
            let used_up = seen.clamp(now.saturating_sub(FILLS_IN), now.saturating_add(MOST_OWED));
            let ready = used_up.saturating_add(time.min(FILLS_IN));
            // Of what was owed beyond all bounds the rest is forgotten, or it would never come.
            let next = if ready > now { used_up } else { used_up.saturating_add(time) };
            let wait = ready.saturating_sub(now);
            if wait > 0 && seen <= used_up {
                return Err(wait);
            }
            match self.used_up.compare_exchange_weak(seen, next, SeqCst, SeqCst) {
                Ok(_) if wait > 0 => return Err(wait),
                Ok(_) => return Ok(()),
                Err(changed) => seen = changed,
            }
        }
    }

    /// So many were used that nobody has taken.
    pub fn owe(self, amount: u64, now: u64) {
        let Some(time) = self.time(amount) else { return };
        let later = |seen: u64| {
            let used_up = seen.max(now.saturating_sub(FILLS_IN)).saturating_add(time);
            Some(used_up.min(now.saturating_add(MOST_OWED)))
        };
        let _ = self.used_up.fetch_update(SeqCst, SeqCst, later);
    }

    /// Gives back what was taken and not used.
    pub fn give(self, amount: u64) {
        let Some(time) = self.time(amount) else { return };
        let _ = self.used_up.fetch_update(SeqCst, SeqCst, |seen| Some(seen.saturating_sub(time)));
    }

    /// In which so many tokens come; `None` without a limit, and for nothing.
    fn time(self, amount: u64) -> Option<u64> {
        let per_second = self.per_second.load(Relaxed);
        let time = || (u128::from(amount) * u128::from(FILLS_IN)).div_ceil(u128::from(per_second.max(1)));
        (per_second != UNLIMITED && amount > 0).then(|| u64::try_from(time()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = FILLS_IN;

    struct Words(AtomicU64, AtomicU64);

    impl Words {
        fn new(per_second: u64, used_up: u64) -> Self {
            Self(AtomicU64::new(per_second), AtomicU64::new(used_up))
        }

        fn bucket(&self) -> Bucket<'_> {
            Bucket { per_second: &self.0, used_up: &self.1 }
        }
    }

    #[test]
    fn no_more_is_taken_than_has_come_and_a_bucket() {
        let words = Words::new(1000, 100 * SECOND);
        let bucket = words.bucket();
        assert_eq!(bucket.take(1, 100 * SECOND), Err(SECOND / 1000), "it was empty");
        let mut now = 105 * SECOND;
        let taken = (0..5000).filter(|_| bucket.take(1, now).is_ok()).count();
        assert_eq!(taken, 1000, "older tokens are lost");
        let mut taken = 0;
        let mut random = 1_u64;
        while now < 115 * SECOND {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            now += random >> 42;
            while bucket.take(1, now).is_ok() {
                taken += 1;
            }
        }
        assert!((9990..=10_005).contains(&taken), "{taken}");
    }

    #[test]
    fn who_waits_as_long_as_it_is_told_gets_it() {
        for per_second in [1, 3, 7, 1000, 999_999_937, 1 << 40] {
            let words = Words::new(per_second, 0);
            let mut now = 7 * SECOND;
            for amount in [1, 2, 5 * per_second, 1, per_second, 3] {
                if let Err(wait) = words.bucket().take(amount, now) {
                    assert_eq!(words.bucket().take(amount, now + wait - 1), Err(1));
                    now += wait;
                    assert_eq!(words.bucket().take(amount, now), Ok(()), "{amount} of {per_second}");
                }
            }
        }
    }

    #[test]
    fn who_wants_more_than_a_bucket_owes_the_rest() {
        let words = Words::new(100, 0);
        let bucket = words.bucket();
        assert_eq!(bucket.take(1000, 50 * SECOND), Ok(()));
        assert_eq!(bucket.take(1, 50 * SECOND), Err(9 * SECOND + SECOND / 100));
        assert_eq!(bucket.take(1000, 58 * SECOND), Err(2 * SECOND), "nobody takes from a bucket that is not full");
        bucket.owe(100, 58 * SECOND);
        assert_eq!(bucket.take(1, 60 * SECOND), Err(SECOND / 100));
        // What the vendor has refused.
        bucket.give(50);
        assert_eq!(bucket.take(50, 60 * SECOND), Ok(()));
    }

    #[test]
    fn a_limit_that_changes_counts_at_once_and_without_one_all_is_taken() {
        let words = Words::new(UNLIMITED, 0);
        let bucket = words.bucket();
        assert!(!bucket.is_limited());
        assert_eq!(bucket.take(u64::MAX, SECOND), Ok(()));
        words.0.store(10, SeqCst);
        assert!(bucket.is_limited() && bucket.take(10, 2 * SECOND).is_ok());
        assert_eq!(bucket.take(1, 2 * SECOND), Err(SECOND / 10));
        words.0.store(1000, SeqCst);
        assert_eq!(bucket.take(1, 2 * SECOND), Err(SECOND / 1000));
    }

    #[test]
    fn nonsense_makes_nobody_wait_for_ever() {
        let words = Words::new(0, u64::MAX);
        let bucket = words.bucket();
        let wait = bucket.take(1, 10 * SECOND).unwrap_err();
        assert_eq!(wait, MOST_OWED + SECOND);
        assert_eq!(bucket.take(1, 10 * SECOND + wait), Ok(()));
        bucket.owe(u64::MAX, SECOND);
        bucket.give(u64::MAX);
        assert_eq!(bucket.take(u64::MAX, u64::MAX), Ok(()));
    }
}
