//! What the shim is still to be told by a reply.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// A list that any thread adds to and replies take from. Most replies find it empty, and then take no lock.
pub struct Untold<T> {
    any: AtomicBool,
    all: Mutex<Vec<T>>,
}

impl<T> Default for Untold<T> {
    fn default() -> Self {
        Self { any: AtomicBool::new(false), all: Mutex::default() }
    }
}

impl<T> Untold<T> {
    pub fn add(&self, one: T) {
        if let Ok(mut all) = self.all.lock() {
            all.push(one);
            self.any.store(true, Ordering::Release);
        }
    }

    /// Moves the latest of them into `out`, as `told` words them, but no more than there is room for.
    pub fn take<U>(&self, room: usize, out: &mut Vec<U>, told: impl FnMut(T) -> U) {
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        let Ok(mut all) = self.all.lock() else { return };
        let first = all.len().saturating_sub(room);
        out.extend(all.drain(first..).map(told));
        self.any.store(!all.is_empty(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_once_and_what_finds_no_room_later() {
        let untold = Untold::default();
        let take = |room| {
            let mut out = Vec::new();
            untold.take(room, &mut out, |one: u32| one * 10);
            out
        };
        assert!(take(9).is_empty());
        (1..=3).for_each(|one| untold.add(one));
        assert_eq!((take(0), take(2), take(9), take(9)), (vec![], vec![20, 30], vec![10], vec![]));
        untold.add(4);
        assert_eq!(take(9), [40]);
    }
}
