//! Commands by what a vendor says of them.

use std::collections::HashMap;

use ava_protocol::quota::{self, Limits};

use super::*;
use crate::state::events::{Events, Reached};

/// What the vendor says of each event, and of marks, which are numbers below 100; queues below 10 are ordered.
#[derive(Default)]
struct Said {
    statuses: Mutex<HashMap<usize, i32>>,
    released: Mutex<Vec<usize>>,
    reached: Mutex<HashSet<usize>>,
    ended: Mutex<HashSet<usize>>,
}

impl Said {
    fn say(&self, statuses: &[(usize, i32)]) {
        self.statuses.lock().unwrap().extend(statuses.iter().copied());
    }

    fn reach(&self, marks: &[usize]) {
        self.reached.lock().unwrap().extend(marks);
    }

    fn released(&self) -> Vec<usize> {
        self.released.lock().unwrap().clone()
    }

    fn look(&self, commands: &Commands) {
        commands.look(Vendor { events: self, marks: self });
    }
}

/// In place 1 if it is below 50, and in place 2.
fn mark(event: usize) -> Mark {
    Mark { event, place: 1 + event / 50 }
}

impl Marks for Said {
    fn put(&self, _: *mut std::ffi::c_void, _: bool) -> Option<Mark> {
        None
    }
    fn is_reached(&self, mark: Mark) -> bool {
        assert!(self.has(mark.place), "asked about what has ended");
        self.reached.lock().unwrap().contains(&mark.event)
    }
    fn give_back(&self, mark: Mark) {
        self.released.lock().unwrap().push(mark.event);
    }
    fn sweep(&self) {}
    fn has(&self, place: usize) -> bool {
        !self.ended.lock().unwrap().contains(&place)
    }
}

impl Events for Said {
    fn polled(&self) -> Option<(u16, u32)> {
        None
    }
    fn status(&self, event: usize) -> Result<i32, i32> {
        Ok(self.statuses.lock().unwrap()[&event])
    }
    fn wait(&self, _: usize) -> bool {
        false
    }
    fn retain(&self, _: usize) {}
    fn release(&self, event: usize) {
        self.released.lock().unwrap().push(event);
    }
    fn notify(&self, _: usize, _: i32, _: Reached, _: *mut std::ffi::c_void) {}
    fn is_ordered(&self, queue: usize) -> bool {
        queue < 10
    }
}

fn commands() -> (&'static [AtomicU64], &'static [AtomicU64], Commands) {
    let words = |count| &*(0..count).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak();
    let (limits, page) = (words(quota::words(1)), words(16));
    quota::set_limits(limits, &Limits::NONE);
    (limits, page, Commands::new(limits, page))
}

fn shown(page: &[AtomicU64]) -> Vec<u64> {
    page[RUNNING].iter().filter_map(|word| Some(Running::of(word.load(Ordering::Relaxed))?.number)).collect()
}

#[test]
fn calls_are_shown_while_they_last_and_the_longest_first() {
    let (limits, page, commands) = commands();
    assert!(!commands.are_watched());
    quota::set_limits(limits, &Limits { longest_command: 1, ..Limits::NONE });
    assert!(commands.are_watched());
    let numbers: Vec<u64> = (0..9).map(|_| commands.begin(true)).collect();
    assert_eq!(shown(page), numbers[..5]);
    commands.end(numbers[1]);
    assert_eq!(shown(page), [numbers[0], numbers[2], numbers[3], numbers[4], numbers[5]]);
    numbers.iter().for_each(|number| commands.end(*number));
    assert!(shown(page).is_empty());
}

#[test]
fn of_an_ordered_queue_one_is_asked_about_and_of_another_all() {
    let (_, page, commands) = commands();
    let vendor = Said::default();
    assert!(commands.add(1, 5, false) && !commands.add(2, 5, false) && !commands.add(3, 15, false));
    assert!(!commands.add(4, 15, true));
    // The vendor says nothing of the second, and is not asked.
    vendor.say(&[(1, 1), (3, 3), (4, 1)]);
    vendor.look(&commands);
    assert_eq!(shown(page), [1, 4]);
    assert_eq!(Running::of(page[RUNNING.start + 1].load(Ordering::Relaxed)).map(|one| one.on_processors), Some(true));
    vendor.say(&[(1, 0), (2, 2), (3, -5)]);
    vendor.look(&commands);
    assert_eq!((shown(page), vendor.released()), (vec![4], vec![1, 3]));
    vendor.say(&[(2, 0), (4, 0)]);
    vendor.look(&commands);
    assert!(shown(page).is_empty() && commands.list().asked.is_empty());
}

#[test]
fn threads_may_list_commands_in_another_order_than_the_queue_has() {
    let (_, page, commands) = commands();
    let vendor = Said::default();
    let _ = commands.add(1, 5, false);
    std::thread::scope(|scope| {
        scope.spawn(|| commands.add(2, 5, false));
    });
    vendor.say(&[(1, 3), (2, 1)]);
    vendor.look(&commands);
    assert_eq!(shown(page), [2]);
}

#[test]
fn a_command_runs_from_the_mark_before_it_to_the_one_behind() {
    let (_, page, commands) = commands();
    let vendor = Said::default();
    // Three of a queue, the last of which is still in its call.
    let numbers = [1, 3, 5].map(|before| commands.add_behind(mark(before), 7));
    assert_eq!([commands.given(numbers[0], mark(2)), commands.given(numbers[1], mark(4))], [Ok(()); 2]);
    let other = commands.add_behind(mark(10), 8);
    vendor.look(&commands);
    assert!(shown(page).is_empty(), "what waits for others does not run");
    vendor.reach(&[1]);
    vendor.look(&commands);
    assert_eq!(shown(page), [numbers[0]]);
    vendor.reach(&[2, 10]);
    vendor.look(&commands);
    assert_eq!((shown(page), vendor.released()), (vec![other], vec![1, 2]), "the second waits for something");
    vendor.reach(&[3, 4, 5]);
    vendor.look(&commands);
    assert_eq!((shown(page), vendor.released()), (vec![numbers[2], other], vec![1, 2, 3, 4]));
    // Its call returns, and with it ends what it gave.
    assert_eq!((commands.withdraw(numbers[2]), shown(page)), (Some(mark(5)), vec![other]));
    assert_eq!((commands.withdraw(numbers[2]), commands.given(numbers[2], mark(6))), (None, Err(mark(6))));
}

#[test]
fn nobody_asks_about_what_may_be_ending() {
    let (_, page, commands) = commands();
    let vendor = Said::default();
    let command = |before, queue| {
        let number = commands.add_behind(mark(before), queue);
        commands.given(number, mark(before + 1)).unwrap();
        number
    };
    let [first, _, last, stays] = [(1, 7), (3, 7), (5, 8), (61, 9)].map(|(before, queue)| command(before, queue));
    vendor.reach(&[1, 5, 61]);
    vendor.look(&commands);
    assert_eq!(shown(page), [first, last, stays]);
    commands.begin_sweep();
    vendor.look(&commands);
    assert_eq!(shown(page), [first, last, stays], "many short sweeps hide nothing");
    vendor.look(&commands);
    // Of the first nobody would see when another of its queue runs.
    assert_eq!(shown(page), [last, stays]);
    vendor.ended.lock().unwrap().insert(1);
    vendor.look(&commands);
    assert_eq!(shown(page), [last, stays]);
    commands.end_sweep(&vendor);
    assert_eq!(shown(page), [stays]);
    vendor.reach(&[62]);
    vendor.look(&commands);
    assert!(shown(page).is_empty() && commands.list().asked.is_empty());
    assert_eq!(vendor.released(), [61, 62], "marks end with what they are in");
}
