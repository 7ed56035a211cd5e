//! The contexts in which there are events of the worker's own, and which of these are free.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The contexts, by their addresses.
#[derive(Debug, Default)]
pub struct Contexts(Mutex<HashMap<usize, Context>>);

/// Which context it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Which {
    pub device: i32,
    /// It is the device's own, which ends when nobody retains it any more, and may begin again at the same address.
    pub is_primary: bool,
}

#[derive(Debug)]
struct Context {
    which: Which,
    free: Vec<usize>,
}

impl Contexts {
    /// A context that has events from now on.
    pub fn add(&self, context: usize, which: Which) {
        self.all().entry(context).or_insert(Context { which, free: Vec::new() });
    }

    pub fn has(&self, context: usize) -> bool {
        self.all().contains_key(&context)
    }

    /// A free event, which is not free any more.
    pub fn take(&self, context: usize) -> Option<usize> {
        self.all().get_mut(&context)?.free.pop()
    }

    /// An event is free. One of a context that has ended has ended with it.
    pub fn give_back(&self, context: usize, event: usize) {
        if let Some(context) = self.all().get_mut(&context) {
            context.free.push(event);
        }
    }

    /// Forgets what has ended.
    pub fn sweep(&self, is_there: impl Fn(usize, Which) -> bool) {
        let known: Vec<_> = self.all().iter().map(|(context, of)| (*context, of.which)).collect();
        // The driver is asked without the lock.
        let ended = known.into_iter().filter(|(context, which)| !is_there(*context, *which));
        ended.for_each(|(context, _)| drop(self.all().remove(&context)));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<usize, Context>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_end_with_their_context() {
        let contexts = Contexts::default();
        let which = Which { device: 0, is_primary: false };
        contexts.give_back(1, 10);
        assert!(!contexts.has(1) && contexts.take(1).is_none());
        contexts.add(1, which);
        contexts.add(2, Which { is_primary: true, ..which });
        [(1, 10), (2, 20), (1, 11)].into_iter().for_each(|(context, event)| contexts.give_back(context, event));
        contexts.add(1, which);
        assert_eq!([contexts.take(1), contexts.take(1), contexts.take(1)], [Some(11), Some(10), None]);
        contexts.sweep(|_, which| !which.is_primary);
        assert!(contexts.has(1) && !contexts.has(2));
        contexts.give_back(2, 20);
        assert_eq!(contexts.take(2), None);
    }
}
