//! What the program may ask next: functions that it asks about one new object after the other, and events whose commands may
//! complete.
//!
//! - **Invariant**: a program that does not ask so pays nothing.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::objects::WORKERS;

/// Most events that are watched: of more, the oldest are asked about as if they were not.
const MOST: usize = 1024;
/// Most of them that are asked about in vain before the others wait for the next reply.
const MOST_IN_VAIN: usize = 4;

/// What has become of an event's command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Or there is no room to tell more.
    GoesOn,
    Over,
}

pub struct Ahead {
    /// By function.
    habits: Box<[Habit]>,
    /// Whether the program asks how commands have ended.
    watches: AtomicBool,
    /// Whether it wants to be told nothing ahead.
    is_strict: AtomicBool,
    /// Events that the program has made since, the oldest first.
    events: Mutex<VecDeque<u64>>,
}

/// What the program asks a function.
#[derive(Default)]
struct Habit {
    /// The object that it asked about last; 0 for none.
    last: AtomicU64,
    /// Whether it asks about one object after the other.
    is_one: AtomicBool,
}

impl Ahead {
    /// Of an API with so many functions.
    pub fn new(functions: usize) -> Self {
        let habits = (0..functions).map(|_| Habit::default()).collect();
        Self { habits, watches: AtomicBool::new(false), is_strict: AtomicBool::new(false), events: Mutex::default() }
    }

    /// The program, which has not asked anything yet, wants to be told nothing ahead: what it asks leads to nothing.
    pub fn stop(&self) {
        self.is_strict.store(true, Ordering::Relaxed);
    }

    /// `None` if nothing follows from what the program asks.
    fn habit(&self, function: u32) -> Option<&Habit> {
        self.habits.get(function as usize).filter(|_| !self.is_strict.load(Ordering::Relaxed))
    }

    /// The program asks a function about an object. Whether it will ask more: it has asked so about another object before.
    /// Of one object this is said once in a row.
    pub fn asks(&self, function: u32, object: u64) -> bool {
        let Some(habit) = self.habit(function) else { return false };
        // What the vendor names unasked is not made anew.
        if object & WORKERS != 0 {
            return false;
        }
        let before = habit.last.swap(object, Ordering::Relaxed);
        let is_next = before != 0 && before != object;
        if is_next {
            habit.is_one.store(true, Ordering::Relaxed);
        }
        is_next
    }

    /// The program asks a function how commands have ended. Whether it will ask so of others.
    pub fn asks_of_end(&self, function: u32) -> bool {
        let Some(habit) = self.habit(function) else { return false };
        habit.is_one.store(true, Ordering::Relaxed);
        self.watch();
        true
    }

    /// Whether the program will ask a function about an object that was just made, or whose command has completed.
    pub fn will_ask(&self, function: u32, object: u64) -> bool {
        let Some(habit) = self.habit(function) else { return false };
        let will = habit.is_one.load(Ordering::Relaxed);
        if will {
            habit.last.store(object, Ordering::Relaxed);
        }
        will
    }

    /// The program asks how commands have ended.
    pub fn watch(&self) {
        self.watches.store(!self.is_strict.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The program has made an event.
    pub fn event(&self, event: u64) {
        if !self.watches.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(mut events) = self.events.lock() {
            if events.len() >= MOST {
                events.pop_front();
            }
            events.push_back(event);
        }
    }

    /// The program is about to release an object for the last time: from now on nobody asks about it here.
    pub fn leaves(&self, object: u64) {
        if self.watches.load(Ordering::Relaxed)
            && let Ok(mut events) = self.events.lock()
            && let Some(at) = events.iter().position(|event| *event == object)
        {
            events.remove(at);
        }
    }

    /// Asks about the events, of which each is told once. Whoever is about to release one waits for the end of this; another
    /// thread that asks does not.
    pub fn ends(&self, mut ask: impl FnMut(u64) -> End) {
        if !self.watches.load(Ordering::Relaxed) {
            return;
        }
        let Ok(mut events) = self.events.try_lock() else { return };
        let mut in_vain = 0;
        events.retain(|event| {
            if in_vain >= MOST_IN_VAIN {
                return true;
            }
            let goes_on = ask(*event) == End::GoesOn;
            in_vain += usize::from(goes_on);
            goes_on
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ahead: &Ahead, over: &[u64]) -> (Vec<u64>, usize) {
        let (mut told, mut asked) = (Vec::new(), 0);
        ahead.ends(|event| {
            asked += 1;
            if over.contains(&event) {
                told.push(event);
                return End::Over;
            }
            End::GoesOn
        });
        (told, asked)
    }

    #[test]
    fn who_asks_about_one_object_after_the_other_will_ask_more() {
        let ahead = Ahead::new(2);
        assert!(!ahead.asks(0, 1) && !ahead.asks(0, 1) && !ahead.will_ask(0, 2));
        assert!(ahead.asks(0, 2) && !ahead.asks(0, 2));
        assert!(ahead.will_ask(0, 3) && !ahead.asks(0, 3) && ahead.asks(0, 4));
        assert!(!ahead.asks(1, 4) && !ahead.will_ask(1, 5) && !ahead.asks(2, 1));
        assert!(!ahead.asks(1, WORKERS + 1) && !ahead.will_ask(1, 5));
    }

    #[test]
    fn an_end_is_told_once_and_only_to_who_wants_to_know() {
        let ahead = Ahead::new(0);
        ahead.event(1);
        assert_eq!(told(&ahead, &[1]), (vec![], 0));
        ahead.watch();
        (2..=4).for_each(|event| ahead.event(event));
        ahead.leaves(3);
        assert_eq!(told(&ahead, &[4]), (vec![4], 2));
        assert_eq!(told(&ahead, &[2, 3, 4]), (vec![2], 1));
        assert_eq!(told(&ahead, &[2]), (vec![], 0));
    }

    #[test]
    fn from_what_a_strict_program_asks_nothing_follows() {
        let ahead = Ahead::new(2);
        ahead.stop();
        assert!(!ahead.asks(0, 1) && !ahead.asks(0, 2) && !ahead.will_ask(0, 3));
        assert!(!ahead.asks_of_end(1) && !ahead.will_ask(1, 4));
        ahead.watch();
        ahead.event(4);
        assert_eq!(told(&ahead, &[4]), (vec![], 0));
    }

    #[test]
    fn many_that_go_on_are_asked_about_a_few_at_a_time_and_the_oldest_are_left_out() {
        let ahead = Ahead::new(0);
        ahead.watch();
        (0..MOST as u64 + 2).for_each(|event| ahead.event(event));
        assert_eq!(told(&ahead, &[0, 1]), (vec![], MOST_IN_VAIN));
        assert_eq!(told(&ahead, &[2, 3, 7]), (vec![2, 3, 7], MOST_IN_VAIN + 3));
    }
}
