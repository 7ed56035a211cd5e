//! The commands that run, which the broker sees in the session's page while its tenant's may not run for as long as they like.
//!
//! A command that is over when its call returns runs as long as the call does. Others are known by the vendor's events: a thread
//! asks the vendor about them, which sleeps while there are none.
//!
//! - **Invariant**: while there is no limit, nothing is noted and nobody is asked.
//! - **Invariant**: what runs for longest is shown first, so that no number of short commands hides a long one.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use ava_protocol::quota::longest_command;
use ava_protocol::rate::UNLIMITED;
use ava_protocol::usage::{RUNNING, Running};

use super::events::Events;

/// The vendor is asked so often while a command may run: in parts of how long it may, and within these bounds.
const LOOKS: u64 = 16;
const OFTEN: u64 = 2;
const RARELY: u64 = 50;
/// What a vendor says of a command that runs, where 0 is one that is over.
const RUNS: i32 = 1;

/// The session's commands.
pub struct Commands {
    /// The tenant's page, and the session's.
    limits: &'static [AtomicU64],
    shown: &'static [AtomicU64],
    list: Mutex<List>,
    /// There is one to ask about.
    more: Condvar,
    has_thread: AtomicBool,
}

#[derive(Default)]
struct List {
    last: u64,
    /// Those that run, by number.
    running: Vec<Running>,
    /// In the order in which they were given.
    asked: VecDeque<Asked>,
}

/// A command that the vendor is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    number: u64,
    event: usize,
    queue: usize,
    on_processors: bool,
    /// Who gave it. Only of one thread's commands is it known that they were given in the order they are listed in.
    thread: ThreadId,
}

impl Commands {
    /// None yet; `limits` is the tenant's page of quotas, `page` that of the session.
    pub fn new(limits: &'static [AtomicU64], page: &'static [AtomicU64]) -> Self {
        let shown = &page[RUNNING];
        Self { limits, shown, list: Mutex::default(), more: Condvar::new(), has_thread: AtomicBool::new(false) }
    }

    /// Whether anybody wants to know of them.
    #[inline]
    pub fn are_watched(&self) -> bool {
        longest_command(self.limits) != UNLIMITED
    }

    /// A command begins that is over when its call is: its number.
    pub fn begin(&self, on_processors: bool) -> u64 {
        let mut list = self.list();
        let number = list.next();
        list.running.push(Running { number, on_processors });
        self.show(&list);
        number
    }

    /// It is over.
    pub fn end(&self, number: u64) {
        let mut list = self.list();
        list.running.retain(|one| one.number != number);
        self.show(&list);
    }

    /// The vendor has a command, and with it this reference to its event; whether a thread is to be started that asks about it, by
    /// [`Commands::ask`].
    #[must_use]
    pub fn add(&self, event: usize, queue: usize, on_processors: bool) -> bool {
        let mut list = self.list();
        let number = list.next();
        list.asked.push_back(Asked { number, event, queue, on_processors, thread: std::thread::current().id() });
        drop(list);
        self.more.notify_one();
        !self.has_thread.swap(true, Ordering::AcqRel)
    }

    /// Asks the vendor about all that it has, for ever.
    pub fn ask(&self, events: &dyn Events) {
        loop {
            let list = self.list();
            drop(self.more.wait_while(list, |list| list.asked.is_empty()).unwrap_or_else(PoisonError::into_inner));
            self.look(events);
            let pause = (longest_command(self.limits) / LOOKS).clamp(OFTEN, RARELY);
            // No vendor tells that a command begins to run.
            std::thread::sleep(Duration::from_millis(pause));
        }
    }

    /// Asks once. Behind a command of an ordered queue that is not over there is none that runs.
    fn look(&self, events: &dyn Events) {
        let asked: Vec<Asked> = self.list().asked.iter().copied().collect();
        let (mut running, mut over) = (Vec::new(), HashSet::new());
        let mut waiting = HashSet::new();
        // Without the lock: the vendor may take its time.
        for one in asked {
            let place = (one.queue, one.thread);
            if waiting.contains(&place) {
                continue;
            }
            match events.status(one.event) {
                Ok(status @ 1..) => {
                    if status == RUNS {
                        running.push(Running { number: one.number, on_processors: one.on_processors });
                    }
                    if events.is_ordered(one.queue) {
                        waiting.insert(place);
                    }
                }
                _ => drop(over.insert(one.number)),
            }
        }
        let mut list = self.list();
        let mut ended = Vec::new();
        list.asked.retain(|one| {
            let is_over = over.contains(&one.number);
            ended.extend(is_over.then_some(one.event));
            !is_over
        });
        list.running = running;
        self.show(&list);
        drop(list);
        ended.into_iter().for_each(|event| events.release(event));
    }

    fn show(&self, list: &List) {
        let words = list.running.iter().map(|one| one.word()).chain(std::iter::repeat(0));
        self.shown.iter().zip(words).for_each(|(shown, word)| shown.store(word, Ordering::Relaxed));
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use ava_protocol::quota::{self, Limits};

    use super::super::events::Reached;
    use super::*;

    /// What the vendor says of each event; queues below 10 are ordered.
    #[derive(Default)]
    struct Vendor {
        statuses: Mutex<HashMap<usize, i32>>,
        released: Mutex<Vec<usize>>,
    }

    impl Vendor {
        fn say(&self, statuses: &[(usize, i32)]) {
            self.statuses.lock().unwrap().extend(statuses.iter().copied());
        }
    }

    impl Events for Vendor {
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
        let vendor = Vendor::default();
        assert!(commands.add(1, 5, false) && !commands.add(2, 5, false) && !commands.add(3, 15, false));
        assert!(!commands.add(4, 15, true));
        // The vendor says nothing of the second, and is not asked.
        vendor.say(&[(1, 1), (3, 3), (4, 1)]);
        commands.look(&vendor);
        assert_eq!(shown(page), [1, 4]);
        assert_eq!(
            Running::of(page[RUNNING.start + 1].load(Ordering::Relaxed)).map(|one| one.on_processors),
            Some(true)
        );
        vendor.say(&[(1, 0), (2, 2), (3, -5)]);
        commands.look(&vendor);
        assert_eq!((shown(page), vendor.released.lock().unwrap().clone()), (vec![4], vec![1, 3]));
        vendor.say(&[(2, 0), (4, 0)]);
        commands.look(&vendor);
        assert!(shown(page).is_empty() && commands.list().asked.is_empty());
    }

    #[test]
    fn threads_may_list_commands_in_another_order_than_the_queue_has() {
        let (_, page, commands) = commands();
        let vendor = Vendor::default();
        let _ = commands.add(1, 5, false);
        std::thread::scope(|scope| {
            scope.spawn(|| commands.add(2, 5, false));
        });
        vendor.say(&[(1, 3), (2, 1)]);
        commands.look(&vendor);
        assert_eq!(shown(page), [2]);
    }
}
