//! Handles: numbers that stand for objects. No number is used twice, so that a handle outlived is never taken for another.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

use crate::cuda::{Result, Status};

/// Where numbers begin: above what programs pass by mistake (small integers), and no address of this machine's user space.
static NEXT: AtomicUsize = AtomicUsize::new(0x00AA_0000_0000_0000);

/// A number that nothing else has.
pub fn fresh() -> usize {
    NEXT.fetch_add(16, Ordering::Relaxed)
}

/// The objects of one kind, by their handles.
pub struct Handles<T> {
    objects: RwLock<BTreeMap<usize, Arc<T>>>,
}

impl<T> Handles<T> {
    pub const fn new() -> Self {
        Self { objects: RwLock::new(BTreeMap::new()) }
    }

    pub fn insert(&self, handle: usize, object: Arc<T>) {
        self.write().insert(handle, object);
    }

    /// The object of a handle; `INVALID_HANDLE` if there is none.
    pub fn find(&self, handle: usize) -> Result<Arc<T>> {
        self.get(handle).ok_or(Status::INVALID_HANDLE)
    }

    pub fn get(&self, handle: usize) -> Option<Arc<T>> {
        self.objects.read().unwrap_or_else(|poisoned| poisoned.into_inner()).get(&handle).cloned()
    }

    /// Ends a handle; `INVALID_HANDLE` if there is none.
    pub fn remove(&self, handle: usize) -> Result<Arc<T>> {
        self.write().remove(&handle).ok_or(Status::INVALID_HANDLE)
    }

    /// Ends the handles of objects that meet a condition, in the order of their births; what they were.
    pub fn remove_all(&self, condition: impl Fn(&T) -> bool) -> Vec<Arc<T>> {
        let mut objects = self.write();
        let ended: Vec<usize> =
            objects.iter().filter(|(_, object)| condition(object)).map(|(handle, _)| *handle).collect();
        ended.iter().filter_map(|handle| objects.remove(handle)).collect()
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<usize, Arc<T>>> {
        self.objects.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
