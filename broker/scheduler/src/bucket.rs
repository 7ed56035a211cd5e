//! A cap on device time, as a bucket of tokens that fills while time passes.

use std::time::Duration;

use crate::terms::Cap;

/// How long a bucket fills that was empty. What a tenant does not use before it is full is lost, so that over some seconds it
/// gets what its cap says.
const FILLS_IN: Duration = Duration::from_millis(40);

/// Device time that may be used, in thousandths of nanoseconds; what was used too much is owed.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    cap: Cap,
    tokens: i128,
    /// It was nearly empty, and nothing is taken before it is half full: turns of a few nanoseconds would only cost.
    dry: bool,
    at: Duration,
}

impl Bucket {
    /// A full one.
    pub fn new(cap: Cap, now: Duration) -> Self {
        Self { cap, tokens: most(cap), dry: false, at: now }
    }

    /// From now on this is the cap. What was used stays used.
    pub fn set(&mut self, cap: Cap, now: Duration) {
        self.fill(now);
        self.cap = cap;
        self.tokens = self.tokens.min(most(cap));
    }

    /// So much was used until now. While it was, the bucket was not full, however much there was before.
    pub fn take(&mut self, used: Duration, now: Duration) {
        self.pass(now);
        self.tokens -= used.as_nanos() as i128 * 1000;
        self.dry |= self.tokens <= most(self.cap) / 8;
        self.spill();
    }

    /// When something may be used, if that is not now.
    pub fn dry_until(&mut self, now: Duration) -> Option<Duration> {
        self.fill(now);
        let missing = (most(self.cap) / 2 - self.tokens).max(0) as u128;
        let wait = duration(missing.div_ceil(u128::from(self.cap.thousandths())));
        self.dry.then(|| now.saturating_add(wait))
    }

    /// Whether nothing was used lately.
    pub fn is_full(&mut self, now: Duration) -> bool {
        self.fill(now);
        self.tokens == most(self.cap)
    }

    fn fill(&mut self, now: Duration) {
        self.pass(now);
        self.spill();
    }

    /// A clock that goes back fills nothing.
    fn pass(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_nanos() as i128;
        self.at = self.at.max(now);
        self.tokens += passed * i128::from(self.cap.thousandths());
    }

    fn spill(&mut self) {
        self.tokens = self.tokens.min(most(self.cap));
        self.dry &= self.tokens < most(self.cap) / 2;
    }
}

fn most(cap: Cap) -> i128 {
    FILLS_IN.as_nanos() as i128 * i128::from(cap.thousandths())
}

fn duration(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Bucket {
        /// How much may be used.
        fn left(&mut self, now: Duration) -> Duration {
            self.fill(now);
            duration(self.tokens.max(0) as u128 / 1000)
        }
    }

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_quarter_is_a_quarter() {
        let mut bucket = Bucket::new(Cap::new(250).unwrap(), ms(0));
        assert_eq!(bucket.left(ms(0)), ms(10));
        // It was full, so that the time before counts for nothing; but not that of the use.
        assert_eq!(bucket.left(ms(4)), ms(10));
        bucket.take(ms(12), ms(12));
        assert_eq!((bucket.left(ms(12)), bucket.dry_until(ms(12))), (Duration::ZERO, Some(ms(32))));
        assert_eq!(bucket.dry_until(ms(31)), Some(ms(32)));
        assert_eq!((bucket.dry_until(ms(32)), bucket.left(ms(32))), (None, ms(5)));
        assert_eq!(bucket.left(ms(1000)), ms(10));
    }

    #[test]
    fn what_was_used_too_much_is_owed() {
        let mut bucket = Bucket::new(Cap::new(100).unwrap(), ms(0));
        bucket.take(ms(104), ms(0));
        assert_eq!(bucket.dry_until(ms(0)), Some(ms(1020)));
        bucket.set(Cap::new(1000).unwrap(), ms(0));
        assert_eq!(bucket.dry_until(ms(0)), Some(ms(120)));
    }

    #[test]
    fn a_clock_that_goes_back_or_jumps_gives_nothing_for_free() {
        let mut bucket = Bucket::new(Cap::new(500).unwrap(), ms(1000));
        bucket.take(ms(20), ms(1000));
        assert!(bucket.dry_until(ms(10)).is_some());
        assert_eq!(bucket.left(ms(1000)), Duration::ZERO);
        assert_eq!((bucket.dry_until(Duration::MAX), bucket.left(Duration::MAX)), (None, ms(20)));
    }
}
