//! Calls that are not answered: the order they run in, and where their failures go.
//!
//! - **Invariant**: the oneways of a lane run in order, and a frame runs after those of other lanes that it says it comes
//!   after. The shim says so of what the program can have put in order: what another thread did with the same objects.
//! - **Invariant**: a failure is told. What the call was to make ends in error, and so does the next answered call with
//!   the object that the failed one was about.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use ava_protocol::frame::Malformed;
use ava_transport::lane::Doorbell;
use dashmap::DashMap;

/// How long a lane waits before it has the others look again, at first and at most.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(1));
/// Most lanes that are counted: those that have ended are, too.
const MOST: usize = 64 << 10;

/// How many oneways each lane has served.
#[derive(Default)]
pub struct Order(DashMap<u32, Arc<Served>>);

/// How many oneways a lane has served, and who waits for more.
#[derive(Default)]
pub struct Served {
    count: AtomicU64,
    waiting: AtomicUsize,
    turn: Mutex<()>,
    moved: Condvar,
    /// Rings at the lane, once it was heard of.
    bell: Mutex<Option<Doorbell>>,
}

impl Order {
    /// The count of a lane.
    pub fn of(&self, lane: u32) -> Result<Arc<Served>, Malformed> {
        if let Some(served) = self.0.get(&lane) {
            return Ok(Arc::clone(&served));
        }
        if self.0.len() >= MOST {
            return Err(Malformed::TooMany { what: "lanes that are counted", limit: MOST as u64 });
        }
        Ok(Arc::clone(&self.0.entry(lane).or_default()))
    }

    /// Waits until a lane has served so many. It has it look for what it was not woken for, and `wake` all lanes if it was
    /// not heard of yet; that may come too early, so it is done again.
    pub fn wait_for(&self, lane: u32, count: u64, wake: impl Fn()) -> Result<(), Malformed> {
        let served = self.of(lane)?;
        if served.count.load(Ordering::Acquire) >= count {
            return Ok(());
        }
        let look = || served.ring().unwrap_or_else(&wake);
        look();
        let (mut patience, longest) = LOOK_AGAIN;
        served.waiting.fetch_add(1, Ordering::SeqCst);
        let mut turn = served.turn.lock();
        while let Ok(guard) = turn
            && served.count.load(Ordering::SeqCst) < count
        {
            turn = match served.moved.wait_timeout(guard, patience) {
                Ok((guard, waited)) => {
                    if waited.timed_out() {
                        look();
                        patience = (patience * 2).min(longest);
                    }
                    Ok(guard)
                }
                Err(_) => break,
            };
        }
        served.waiting.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }
}

impl Served {
    /// The lane has served another.
    pub fn add(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            drop(self.turn.lock());
            self.moved.notify_all();
        }
    }

    /// This rings at the lane from now on; `None` when it has ended.
    pub fn is_at(&self, bell: Option<Doorbell>) {
        if let Ok(mut known) = self.bell.lock() {
            *known = bell;
        }
    }

    fn ring(&self) -> Option<()> {
        self.bell.lock().ok()?.as_ref().map(Doorbell::ring)
    }
}

/// Failures that nobody has been told of, by the object that the call was about.
#[derive(Default)]
pub struct Failures {
    any: AtomicBool,
    by_object: Mutex<HashMap<u64, i64>>,
}

impl Failures {
    /// A oneway about the object has failed; the first failure counts.
    pub fn note(&self, object: u64, status: i64) {
        if let (true, Ok(mut by_object)) = (object != 0, self.by_object.lock()) {
            by_object.entry(object).or_insert(status);
            self.any.store(true, Ordering::Release);
        }
    }

    /// What is to be told of the object.
    pub fn take(&self, object: u64) -> Option<i64> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut by_object = self.by_object.lock().ok()?;
        let status = by_object.remove(&object);
        self.any.store(!by_object.is_empty(), Ordering::Release);
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_after_others_waits_for_them() {
        let order = Order::default();
        let seen = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            // Each turn of a lane comes after the same turn of the lane before it.
            for lane in 1..=4_u32 {
                let (order, seen) = (&order, &seen);
                scope.spawn(move || {
                    let count = order.of(lane).unwrap();
                    for turn in 1..=100 {
                        if lane > 1 {
                            order.wait_for(lane - 1, turn, || ()).unwrap();
                        }
                        seen.lock().unwrap().push((turn, lane));
                        count.add();
                    }
                });
            }
        });
        let seen = seen.into_inner().unwrap();
        let place = |one| seen.iter().position(|other| *other == one).unwrap();
        for turn in 1..=100 {
            assert!((1..4).all(|lane| place((turn, lane)) < place((turn, lane + 1))));
        }
    }

    #[test]
    fn who_waits_has_the_others_look_until_they_have_seen() {
        let order = Order::default();
        let looks = AtomicUsize::new(0);
        let wake = || {
            if looks.fetch_add(1, Ordering::Relaxed) == 3 {
                order.of(7).unwrap().count.store(1, Ordering::SeqCst);
            }
        };
        order.wait_for(7, 1, wake).unwrap();
        assert_eq!(looks.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn lanes_are_counted_up_to_a_limit() {
        let order = Order::default();
        for lane in 0..MOST as u32 {
            order.of(lane).unwrap();
        }
        assert!(matches!(order.of(u32::MAX), Err(Malformed::TooMany { .. })));
        assert!(order.of(5).is_ok());
    }

    #[test]
    fn a_failure_is_told_once() {
        let failures = Failures::default();
        failures.note(0, -1);
        failures.note(7, -5);
        failures.note(7, -6);
        assert_eq!((failures.take(8), failures.take(0)), (None, None));
        assert_eq!((failures.take(7), failures.take(7)), (Some(-5), None));
    }
}
