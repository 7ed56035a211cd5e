//! Memory of the program's own that it has registered.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The ranges, by where they begin.
#[derive(Default)]
pub struct Registered(Mutex<BTreeMap<usize, usize>>);

impl Registered {
    /// Adds a range; `false` if part of it is registered already.
    pub fn add(&self, range: Range<usize>) -> bool {
        let mut all = self.all();
        let is_free = !overlap(&all, &range);
        if is_free {
            all.insert(range.start, range.end);
        }
        is_free
    }

    /// Removes the range that begins at an address; `false` if none does.
    pub fn remove(&self, start: usize) -> bool {
        self.all().remove(&start).is_some()
    }

    /// Whether some of `len` bytes is registered.
    pub fn overlaps(&self, address: usize, len: usize) -> bool {
        overlap(&self.all(), &(address..address.saturating_add(len)))
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<usize, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn overlap(all: &BTreeMap<usize, usize>, range: &Range<usize>) -> bool {
    all.range(..range.end).next_back().is_some_and(|(_, end)| *end > range.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_do_not_overlap() {
        let registered = Registered::default();
        assert!(registered.add(100..200) && registered.add(300..400) && registered.add(200..300));
        for range in [50..101, 199..200, 150..160, 399..500, 0..1000] {
            assert!(!registered.add(range));
        }
        assert!(registered.overlaps(100, 1) && registered.overlaps(0, 101));
        assert!(!registered.overlaps(0, 100) && !registered.overlaps(400, 1));
        assert!(!registered.remove(150) && registered.remove(200) && !registered.remove(200));
        assert!(registered.add(250..300));
    }
}
