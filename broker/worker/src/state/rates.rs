//! How much the tenant's sessions may do in a second (`ava_protocol::rate`): calls wait here until there is some left.
//!
//! - **Invariant**: who has no limit pays a look at one word.
//! - **Invariant**: who waits sleeps, and of a process's threads one at a time asks; the others wait for it, and for nothing that a
//!   thread needs which asks for nothing.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ava_protocol::quota::bucket;
use ava_protocol::rate::{RATES, Rate};
use rustix::time::{ClockId, clock_gettime};

/// A limit may change while somebody waits.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The tenant's buckets.
#[derive(Debug)]
pub struct Rates {
    page: &'static [AtomicU64],
    /// Taken by who waits.
    turns: [Mutex<()>; RATES.len()],
}

impl Rates {
    /// Those of a tenant's page.
    pub fn new(page: &'static [AtomicU64]) -> Self {
        Self { page, turns: Default::default() }
    }

    /// Whether there is a limit.
    #[inline]
    pub fn is_limited(&self, of: Rate) -> bool {
        bucket(self.page, of).is_limited()
    }

    /// Takes so much, if there is as much.
    pub fn try_take(&self, of: Rate, amount: u64) -> bool {
        // Who came first is first.
        match self.turns[of as usize].try_lock() {
            Ok(_) => bucket(self.page, of).take(amount, now()).is_ok(),
            Err(_) => false,
        }
    }

    /// Waits until so much was taken; for how long.
    pub fn take(&self, of: Rate, amount: u64) -> Duration {
        let began = Instant::now();
        let _turn = self.turns[of as usize].lock().unwrap_or_else(PoisonError::into_inner);
        while let Err(wait) = bucket(self.page, of).take(amount, now()) {
            // Only time fills a bucket; and a limit may change meanwhile.
            std::thread::sleep(Duration::from_nanos(wait).min(LOOK_AGAIN));
        }
        began.elapsed()
    }

    /// So much was used that was not taken before.
    pub fn owe(&self, of: Rate, amount: u64) {
        bucket(self.page, of).owe(amount, now());
    }

    /// So much was taken, and was not used.
    pub fn give(&self, of: Rate, amount: u64) {
        bucket(self.page, of).give(amount);
    }
}

/// The time by the clock that all of the tenant's workers have, in nanoseconds.
fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(now.tv_nsec.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use ava_protocol::quota::{self, Limits};
    use ava_protocol::rate::UNLIMITED;

    use super::*;

    fn limited(commands: u64) -> (&'static [AtomicU64], Rates) {
        let page: &'static [AtomicU64] = (0..quota::words(1)).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak();
        quota::set_limits(page, &Limits { per_second: [commands, UNLIMITED], ..Limits::NONE });
        quota::use_up(page, now());
        (page, Rates::new(page))
    }

    #[test]
    fn threads_of_two_processes_get_together_what_comes() {
        let began = Instant::now();
        let (page, one) = limited(1000);
        let other = Rates::new(page);
        let taken = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for of in [&one, &one, &other] {
                scope.spawn(|| {
                    while began.elapsed() < Duration::from_millis(300) {
                        of.take(Rate::Commands, 1);
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        let most = began.elapsed().as_millis() as u64;
        let taken = taken.into_inner();
        assert!(taken <= most + 1 && taken >= most / 4, "{taken} of {most}");
    }

    #[test]
    fn who_waits_goes_on_when_the_limit_is_lifted() {
        let (page, rates) = limited(1);
        assert!(rates.is_limited(Rate::Commands) && !rates.is_limited(Rate::Bytes));
        rates.owe(Rate::Commands, 3000);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| rates.take(Rate::Commands, 1));
            // In which it could go on if it did.
            std::thread::sleep(Duration::from_millis(10));
            assert!(!waits.is_finished() && !rates.try_take(Rate::Commands, 1));
            quota::set_limits(page, &Limits::NONE);
            assert!(waits.join().unwrap() >= Duration::from_millis(9));
        });
        assert!(rates.try_take(Rate::Commands, 1));
    }
}
