//! What kernels' arguments were last set to.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::maps;
use crate::book::accepted::mix;
use crate::book::handles::Handles;

/// Arguments of a kernel that are kept apart. A kernel with more waits for every answer about the others.
const KEPT: usize = 32;

/// What kernels' arguments were last set to, as far as a launch's success may depend on it: the object, or the size of
/// local memory.
pub struct Arguments {
    set: maps::ById<[AtomicU64; KEPT]>,
    others: AtomicU64,
}

impl Default for Arguments {
    fn default() -> Self {
        Self { set: maps::busy(), others: AtomicU64::new(0) }
    }
}

impl Arguments {
    /// The session is lost.
    pub fn clear(&self) {
        self.set.clear();
        self.set.shrink_to_fit();
    }

    /// The argument of a kernel was set. The difference that this makes to the kernel's state.
    pub fn set(&self, handles: &Handles, kernel: u64, index: u32, meaning: u64) -> u64 {
        if index as usize >= KEPT {
            // Never the same again.
            return mix(self.others.fetch_add(1, Ordering::Relaxed), index.into());
        }
        let swap = |set: &[AtomicU64; KEPT]| set[index as usize].swap(meaning, Ordering::Relaxed) ^ meaning;
        if let Some(set) = self.set.get(&kernel) {
            return swap(&set);
        }
        if !handles.mark_remembered(kernel) {
            return meaning;
        }
        swap(&self.set.entry(kernel).or_default())
    }

    /// The object is gone.
    pub fn forget(&self, kernel: u64) {
        self.set.remove(&kernel);
    }
}
