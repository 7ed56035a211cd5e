//! The commands that run, which the broker sees in the session's page while its tenant's may not run for as long as they like.
//!
//! A command that is over when its call returns runs as long as the call does. Others are known by the vendor's events, or run between
//! two marks in their queue: a thread asks the vendor about them, which sleeps while there are none.
//!
//! - **Invariant**: while there is no limit, nothing is noted and nobody is asked.
//! - **Invariant**: what runs for longest is shown first, so that no number of short commands hides a long one.
//! - **Invariant**: nobody asks about what may be ending.

mod known;
#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use ava_protocol::quota::longest_command;
use ava_protocol::rate::UNLIMITED;
use ava_protocol::usage::{RUNNING, Running};

use self::known::{Known, State};
use super::marks::{Mark, Marks};

pub use self::known::Vendor;

/// The vendor is asked so often while a command may run: in parts of how long it may, and within these bounds.
const LOOKS: u64 = 16;
const OFTEN: u64 = 2;
const RARELY: u64 = 50;

/// The session's commands.
pub struct Commands {
    /// The tenant's page, and the session's.
    limits: &'static [AtomicU64],
    shown: &'static [AtomicU64],
    list: Mutex<List>,
    /// Held while the vendor is asked.
    asking: Mutex<()>,
    /// There is one to ask about.
    more: Condvar,
    has_thread: AtomicBool,
}

#[derive(Default)]
struct List {
    last: u64,
    /// Those that run, by number.
    running: Vec<Running>,
    /// In the order in which they were given, and of their numbers.
    asked: VecDeque<Asked>,
    /// How many calls may be ending what is asked about, how many have begun to, and how many had at the last look.
    sweeps: u32,
    begun: u64,
    looked_at: u64,
}

/// A command that the vendor is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    number: u64,
    known: Known,
    queue: usize,
    on_processors: bool,
    /// Who gave it. Only of one thread's commands is it known that they were given in the order they are listed in.
    thread: ThreadId,
}

impl Commands {
    /// None yet; `limits` is the tenant's page of quotas, `page` that of the session.
    pub fn new(limits: &'static [AtomicU64], page: &'static [AtomicU64]) -> Self {
        Self {
            limits,
            shown: &page[RUNNING],
            list: Mutex::default(),
            asking: Mutex::default(),
            more: Condvar::new(),
            has_thread: AtomicBool::new(false),
        }
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
        self.push(Known::Event(event), queue, on_processors);
        self.wants_thread()
    }

    /// The vendor is about to be given a command behind this mark: its number.
    pub fn add_behind(&self, mark: Mark, queue: usize) -> u64 {
        self.push(Known::Marks(mark, None), queue, false)
    }

    /// The vendor has it, before this mark. The mark again, if the command is forgotten.
    pub fn given(&self, number: u64, mark: Mark) -> Result<(), Mark> {
        match self.list().find(number).map(|one| &mut one.known) {
            Some(Known::Marks(_, behind)) => {
                *behind = Some(mark);
                Ok(())
            }
            _ => Err(mark),
        }
    }

    /// The vendor has not taken it, or it is over: the mark that was put for it.
    pub fn withdraw(&self, number: u64) -> Option<Mark> {
        let mut list = self.list();
        let at = list.at(number)?;
        list.running.retain(|one| one.number != number);
        self.show(&list);
        match list.asked.remove(at)?.known {
            Known::Marks(mark, _) => Some(mark),
            Known::Event(_) => None,
        }
    }

    fn push(&self, known: Known, queue: usize, on_processors: bool) -> u64 {
        let mut list = self.list();
        let number = list.next();
        list.asked.push_back(Asked { number, known, queue, on_processors, thread: std::thread::current().id() });
        drop(list);
        self.more.notify_one();
        number
    }

    /// Whether a thread is to be started that asks: once.
    pub fn wants_thread(&self) -> bool {
        !self.has_thread.load(Ordering::Relaxed) && !self.has_thread.swap(true, Ordering::AcqRel)
    }

    /// Places of marks may be about to end. Until [`Commands::end_sweep`] nobody asks, and what is shown goes on as it is.
    pub fn begin_sweep(&self) {
        // Whoever asks at the moment comes to an end first.
        let _asking = lock(&self.asking);
        let mut list = self.list();
        list.sweeps += 1;
        list.begun += 1;
    }

    /// They have ended, or not.
    pub fn end_sweep(&self, marks: &dyn Marks) {
        let mut list = self.list();
        list.sweeps -= 1;
        let has_ended = |one: &Asked| matches!(one.known, Known::Marks(mark, _) if !marks.has(mark.place));
        let ended: HashSet<u64> = list.asked.iter().filter(|one| has_ended(one)).map(|one| one.number).collect();
        list.asked.retain(|one| !ended.contains(&one.number));
        list.running.retain(|one| !ended.contains(&one.number));
        self.show(&list);
    }

    /// Asks the vendor about all that it has, for ever.
    pub fn ask(&self, vendor: Vendor<'_>) {
        vendor.marks.begin_asking();
        loop {
            let list = self.list();
            drop(self.more.wait_while(list, |list| list.asked.is_empty()).unwrap_or_else(PoisonError::into_inner));
            self.look(vendor);
            let pause = (longest_command(self.limits) / LOOKS).clamp(OFTEN, RARELY);
            // No vendor tells that a command begins to run.
            std::thread::sleep(Duration::from_millis(pause));
        }
    }

    /// Asks once. Behind a command of an ordered queue that is not over there is none that runs.
    fn look(&self, vendor: Vendor<'_>) {
        let _asking = lock(&self.asking);
        let asked: Vec<Asked> = {
            let mut list = self.list();
            if list.sweeps > 0 {
                list.endure();
                self.show(&list);
                return;
            }
            list.asked.iter().copied().collect()
        };
        let (mut running, mut over) = (Vec::new(), HashSet::new());
        let mut waiting = HashSet::new();
        // Without the lock: the vendor may take its time.
        for one in asked {
            if waiting.contains(&one.place()) {
                continue;
            }
            let state = vendor.state(one.known);
            match state {
                State::Runs => running.push(Running { number: one.number, on_processors: one.on_processors }),
                State::Waits => {}
                State::IsOver => drop(over.insert(one.number)),
            }
            if !matches!(state, State::IsOver) && vendor.is_ordered(one.known, one.queue) {
                waiting.insert(one.place());
            }
        }
        let mut list = self.list();
        let mut ended = Vec::new();
        list.asked.retain(|one| {
            let is_over = over.contains(&one.number);
            ended.extend(is_over.then_some(one.known));
            !is_over
        });
        // Those that were withdrawn meanwhile are over.
        running.retain(|one| list.at(one.number).is_some());
        list.running = running;
        self.show(&list);
        drop(list);
        ended.into_iter().for_each(|known| vendor.release(known));
    }

    fn show(&self, list: &List) {
        let words = list.running.iter().map(|one| one.word()).chain(std::iter::repeat(0));
        self.shown.iter().zip(words).for_each(|(shown, word)| shown.store(word, Ordering::Relaxed));
    }

    fn list(&self) -> MutexGuard<'_, List> {
        lock(&self.list)
    }
}

impl Asked {
    /// In which commands are given one behind the other, as far as that is known.
    fn place(&self) -> (usize, ThreadId) {
        (self.queue, self.thread)
    }
}

impl List {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Nobody may ask. If that lasts, commands may run by now that follow in their queues, and others be over.
    fn endure(&mut self) {
        if std::mem::replace(&mut self.looked_at, self.begun) == self.begun {
            let asked = &self.asked;
            self.running.retain(|one| {
                let place = asked.iter().find(|asked| asked.number == one.number).map(Asked::place);
                !asked.iter().any(|asked| asked.number > one.number && Some(asked.place()) == place)
            });
        }
    }

    fn at(&self, number: u64) -> Option<usize> {
        self.asked.binary_search_by_key(&number, |one| one.number).ok()
    }

    fn find(&mut self, number: u64) -> Option<&mut Asked> {
        let at = self.at(number)?;
        self.asked.get_mut(at)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
