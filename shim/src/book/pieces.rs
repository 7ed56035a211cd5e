//! Lists that are read in pieces: what the vendor has given of each, and the program has not asked for yet.
//!
//! A list belongs to a number, its owner. A call about it has it from before it crosses until what it brought is kept, so that here
//! the calls about a list have the order that they have at the vendor.
//!
//! - **Invariant**: of a list in doubt the program gets nothing before the vendor has gone on with it.
//! - **Invariant**: a call waits only for calls about the same list, and for forks.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most lists of which something is kept: there may be more and more whose end is not seen.
const MOST: usize = 1024;
/// How long a fork waits for calls about lists.
const PATIENCE: Duration = Duration::from_millis(100);

/// The lists of a session.
#[derive(Debug)]
pub struct Pieces {
    lists: Mutex<Lists>,
    /// A call about a list is over.
    over: Condvar,
    /// How often lists may have ended unseen.
    doubts: AtomicU64,
    /// Whether the vendor is asked for more than the program asks for.
    asks_ahead: AtomicBool,
}

#[derive(Debug, Default)]
struct Lists {
    /// By their owners; `None` while a call has the list.
    kept: BTreeMap<u64, Option<List>>,
    /// How many threads wait for a call to be over.
    waiting: usize,
}

/// What is kept of a list.
#[derive(Debug, Clone, Default)]
pub struct List {
    pub elements: VecDeque<u64>,
    /// How often lists had been doubted when the vendor went on with this one; `None` if it is in doubt whatever happened.
    sure: Option<u64>,
}

/// A list that a call has.
pub struct Taken<'a> {
    pieces: &'a Pieces,
    owner: u64,
    list: List,
}

/// All lists, for a forked child.
pub struct Copied(Vec<(u64, List)>);

impl Pieces {
    pub fn new(asks_ahead: bool) -> Self {
        Self {
            lists: Mutex::default(),
            over: Condvar::new(),
            doubts: AtomicU64::new(0),
            asks_ahead: AtomicBool::new(asks_ahead),
        }
    }

    /// The list of an owner, once no other call has it.
    pub fn take(&self, owner: u64) -> Taken<'_> {
        let mut lists = self.lists();
        while let Some(None) = lists.kept.get(&owner) {
            lists.waiting += 1;
            lists = self.over.wait(lists).unwrap_or_else(PoisonError::into_inner);
            lists.waiting -= 1;
        }
        let list = lists.kept.insert(owner, None).flatten().unwrap_or_default();
        Taken { pieces: self, owner, list }
    }

    /// How often lists were doubted.
    pub fn doubts(&self) -> u64 {
        self.doubts.load(Ordering::Acquire)
    }

    /// Lists may have ended.
    pub fn doubt(&self) {
        self.doubts.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether the vendor may be asked for more than the program asks for.
    pub fn asks_ahead(&self) -> bool {
        self.asks_ahead.load(Ordering::Relaxed)
    }

    /// The vendor gives only what the program asks for.
    pub fn ask_no_more(&self) {
        self.asks_ahead.store(false, Ordering::Relaxed);
    }

    /// Runs `fork`, which copies the vendor's lists, while no call is about any, and copies what is kept of them. A call that takes
    /// long, or that this thread has interrupted, is not waited for; what is kept of its list is not copied.
    pub fn copied_with<R>(&self, fork: impl FnOnce() -> R) -> (Copied, R) {
        let until = Instant::now() + PATIENCE;
        let mut lists = self.lists();
        while lists.kept.values().any(Option::is_none)
            && let Some(left) = until.checked_duration_since(Instant::now())
        {
            lists.waiting += 1;
            lists = self.over.wait_timeout(lists, left).unwrap_or_else(PoisonError::into_inner).0;
            lists.waiting -= 1;
        }
        let copied = lists.kept.iter().filter_map(|(owner, list)| Some((*owner, list.clone()?))).collect();
        let result = fork();
        drop(lists);
        (Copied(copied), result)
    }

    /// Has, in a forked child, what its parent had. The child's vendor may not go on with any of it.
    pub fn inherit(&self, copied: Copied) {
        let doubted = |(owner, list)| (owner, Some(List { sure: None, ..list }));
        self.lists().kept.extend(copied.0.into_iter().map(doubted));
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        // No panic leaves it half changed.
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken<'_> {
    /// A list with nothing is none.
    fn drop(&mut self) {
        let mut lists = self.pieces.lists();
        if self.list.elements.is_empty() {
            lists.kept.remove(&self.owner);
        } else {
            lists.kept.insert(self.owner, Some(std::mem::take(&mut self.list)));
        }
        if lists.waiting > 0 {
            self.pieces.over.notify_all();
        }
    }
}

impl Taken<'_> {
    /// Whether elements may be kept.
    pub fn has_room(&self) -> bool {
        !self.elements.is_empty() || self.pieces.lists().kept.len() <= MOST
    }
}

impl Deref for Taken<'_> {
    type Target = List;

    fn deref(&self) -> &List {
        &self.list
    }
}

impl DerefMut for Taken<'_> {
    fn deref_mut(&mut self) -> &mut List {
        &mut self.list
    }
}

impl List {
    /// Whether so many can be given without asking.
    pub fn has(&self, most: u64, doubts: u64) -> bool {
        self.sure == Some(doubts) && self.elements.len() as u64 >= most
    }

    /// The vendor has gone on with the list, asked after lists were doubted so often.
    pub fn went_on(&mut self, doubts: u64) {
        self.sure = Some(doubts);
    }

    /// The list may be over.
    pub fn doubt(&mut self) {
        self.sure = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pieces: &Pieces, owner: u64) -> Vec<u64> {
        pieces.take(owner).elements.iter().copied().collect()
    }

    fn keep(pieces: &Pieces, owner: u64, elements: &[u64]) {
        let mut list = pieces.take(owner);
        list.elements.extend(elements);
        list.went_on(pieces.doubts());
    }

    #[test]
    fn a_child_has_what_its_parent_had_in_doubt() {
        let (parent, child) = (Pieces::new(true), Pieces::new(true));
        keep(&parent, 1, &[10, 11]);
        keep(&parent, 2, &[20]);
        let (copied, is_held) = parent.copied_with(|| parent.lists.try_lock().is_err());
        assert!(is_held, "a call may begin while the vendor is copied");
        child.inherit(copied);
        assert_eq!((kept(&child, 1), kept(&child, 2), kept(&child, 3)), (vec![10, 11], vec![20], vec![]));
        assert!(!child.take(1).has(1, child.doubts()));
        assert!(parent.take(1).has(1, parent.doubts()));
    }

    #[test]
    fn a_fork_comes_after_a_call() {
        let (parent, child) = (Pieces::new(true), Pieces::new(true));
        let mut list = parent.take(1);
        std::thread::scope(|scope| {
            let fork = scope.spawn(|| parent.copied_with(|| ()).0);
            while parent.lists().waiting == 0 {
                std::thread::yield_now();
            }
            list.elements.push_back(10);
            drop(list);
            child.inherit(fork.join().expect("it does not panic"));
        });
        assert_eq!(kept(&child, 1), [10]);
    }

    /// As of a signal's handler that forks.
    #[test]
    fn a_fork_does_not_wait_for_good() {
        let (parent, child) = (Pieces::new(true), Pieces::new(true));
        keep(&parent, 1, &[10]);
        keep(&parent, 2, &[20]);
        let list = parent.take(1);
        child.inherit(parent.copied_with(|| ()).0);
        drop(list);
        assert_eq!((kept(&child, 1), kept(&child, 2)), (vec![], vec![20]));
    }

    #[test]
    fn calls_about_one_list_take_turns_and_others_do_not_wait() {
        let pieces = Pieces::new(true);
        let mut list = pieces.take(1);
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(kept(&pieces, 1), [10]));
            while pieces.lists().waiting == 0 {
                std::thread::yield_now();
            }
            keep(&pieces, 2, &[20]);
            list.elements.push_back(10);
            drop(list);
        });
    }

    #[test]
    fn lists_that_end_unseen_take_limited_memory() {
        let pieces = Pieces::new(true);
        (0..MOST as u64).for_each(|owner| keep(&pieces, owner, &[1]));
        assert!(pieces.take(0).has_room());
        assert!(!pieces.take(MOST as u64).has_room());
        pieces.take(0).elements.clear();
        assert!(pieces.take(MOST as u64).has_room());
    }
}
