//! Calls that are not answered: the order they run in, and where their failures go.
//!
//! - **Invariant**: oneways run in the order of their tickets, whichever lanes they come by, and a call that is answered
//!   runs after those that the program sent before it. What the program can order stays in order.
//! - **Invariant**: a failure is told. What the call was to make ends in error, and so does the next answered call with
//!   the object that the failed one was about.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// How long a lane waits before it has the others look again, at first and at most.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(1));

/// The session's oneways, counted.
#[derive(Default)]
pub struct Tickets {
    done: AtomicU64,
    waiting: AtomicUsize,
    turn: Mutex<()>,
    moved: Condvar,
}

impl Tickets {
    /// Waits until every oneway up to this ticket has run. `wake` has the other lanes look for what they were not woken
    /// for; it may come too early, so it is done again.
    pub fn wait_for(&self, ticket: u64, wake: impl Fn()) {
        if self.done.load(Ordering::Acquire) >= ticket {
            return;
        }
        wake();
        let (mut patience, longest) = LOOK_AGAIN;
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut turn = self.turn.lock();
        while let Ok(guard) = turn
            && self.done.load(Ordering::SeqCst) < ticket
        {
            turn = match self.moved.wait_timeout(guard, patience) {
                Ok((guard, waited)) => {
                    if waited.timed_out() {
                        wake();
                        patience = (patience * 2).min(longest);
                    }
                    Ok(guard)
                }
                Err(_) => break,
            };
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    /// The oneway with this ticket has run.
    pub fn done(&self, ticket: u64) {
        // A tenant that gives a ticket twice only confuses itself.
        self.done.fetch_max(ticket, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            drop(self.turn.lock());
            self.moved.notify_all();
        }
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
    fn what_is_sent_by_several_lanes_runs_in_the_order_of_its_tickets() {
        let tickets = Tickets::default();
        let order = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for lane in 0..4_u64 {
                let (tickets, order) = (&tickets, &order);
                scope.spawn(move || {
                    for ticket in (1..=400).filter(|ticket| ticket % 4 == lane) {
                        tickets.wait_for(ticket - 1, || ());
                        order.lock().unwrap().push(ticket);
                        tickets.done(ticket);
                    }
                    tickets.wait_for(400, || ());
                });
            }
        });
        assert_eq!(order.into_inner().unwrap(), (1..=400).collect::<Vec<_>>());
    }

    #[test]
    fn who_waits_has_the_others_look_until_they_have_seen() {
        let tickets = Tickets::default();
        let looks = AtomicUsize::new(0);
        tickets.wait_for(1, || {
            if looks.fetch_add(1, Ordering::Relaxed) == 3 {
                tickets.done.store(1, Ordering::SeqCst);
            }
        });
        assert_eq!(looks.load(Ordering::Relaxed), 4);
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
