//! What the broker's loop tells the pacer's thread, and hears of it.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ava_scheduler::Terms;
use ava_transport::region::Region;

use crate::clock::ProcessorClock;
use crate::leash::Leash;

/// What the broker's loop tells the thread.
pub enum Order {
    Enter(Box<Entry>),
    Terms(Arc<str>, Terms),
    Leave(u64),
}

/// A session whose worker is to be paced.
pub struct Entry {
    pub session: u64,
    pub tenant: Arc<str>,
    pub terms: Terms,
    pub leash: Leash,
    pub clock: ProcessorClock,
    /// The session's page, and what its worker writes to when the page asks for it.
    pub page: Arc<Region>,
    pub bell: OwnedFd,
    pub held: Held,
}

/// For how long a session was stopped.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    before: Duration,
    since: Option<Instant>,
}

impl Held {
    /// Until now.
    pub fn get(&self) -> Duration {
        let state = self.state();
        state.before + state.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// It stops, if it is not stopped yet.
    pub fn stop(&self) {
        self.state().since.get_or_insert_with(Instant::now);
    }

    /// It goes on.
    pub fn go_on(&self) {
        let mut state = self.state();
        if let Some(since) = state.since.take() {
            state.before += since.elapsed();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_time_between_stops_and_goes_on_counts() {
        let held = Held::default();
        held.go_on();
        assert_eq!(held.get(), Duration::ZERO);
        held.stop();
        // Time is what is counted.
        std::thread::sleep(Duration::from_millis(2));
        assert!(held.get() >= Duration::from_millis(2), "while it lasts, too");
        held.stop();
        held.go_on();
        let first = held.get();
        // Time is what is counted.
        std::thread::sleep(Duration::from_millis(2));
        assert!(first >= Duration::from_millis(2) && held.get() == first);
    }
}
