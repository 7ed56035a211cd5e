//! Timers: at most one deadline for each thing.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::{Duration, Instant};

/// A set of deadlines.
#[derive(Debug)]
pub struct Deadlines<T> {
    by_time: BTreeSet<(Instant, T)>,
    by_thing: HashMap<T, Instant>,
}

impl<T: Copy + Ord + Hash> Deadlines<T> {
    /// An empty set.
    pub fn new() -> Self {
        Self { by_time: BTreeSet::new(), by_thing: HashMap::new() }
    }

    /// Sets or moves the deadline of `thing`.
    pub fn set(&mut self, thing: T, at: Instant) {
        self.cancel(thing);
        self.by_time.insert((at, thing));
        self.by_thing.insert(thing, at);
    }

    /// Sets the deadline of `thing` unless it has one.
    pub fn set_first(&mut self, thing: T, at: Instant) {
        if !self.by_thing.contains_key(&thing) {
            self.set(thing, at);
        }
    }

    /// Removes the deadline of `thing`, if it has one.
    pub fn cancel(&mut self, thing: T) {
        if let Some(at) = self.by_thing.remove(&thing) {
            self.by_time.remove(&(at, thing));
        }
    }

    /// Removes and returns one thing whose deadline has passed.
    pub fn due(&mut self, now: Instant) -> Option<T> {
        let (at, thing) = *self.by_time.first()?;
        if at > now {
            return None;
        }
        self.cancel(thing);
        Some(thing)
    }

    /// The time until the next deadline.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        self.by_time.first().map(|(at, _)| at.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_in_order_and_each_thing_has_one() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut deadlines = Deadlines::new();
        deadlines.set('a', at(3));
        deadlines.set('b', at(2));
        deadlines.set('a', at(1));
        deadlines.set_first('a', at(0));
        deadlines.set('c', at(9));
        deadlines.cancel('c');
        assert_eq!(deadlines.wait(start), Some(Duration::from_secs(1)));
        assert_eq!(deadlines.due(at(0)), None);
        assert_eq!(deadlines.due(at(5)), Some('a'));
        assert_eq!(deadlines.due(at(5)), Some('b'));
        assert_eq!(deadlines.due(at(99)), None);
        assert_eq!(deadlines.wait(start), None);
        assert!(deadlines.by_thing.is_empty());
    }
}
