//! Device memory that numbers stand for: addresses, and handles that the table has no type of. Only the vendor's calls show
//! what becomes of it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::usage::Usage;

/// A number, with the name of its type: two types may have the same numbers.
pub type Number = (&'static str, u64);

/// How many bytes each number stands for.
#[derive(Debug, Default)]
pub struct Allotted(Mutex<HashMap<Number, u64>>);

impl Allotted {
    /// The vendor has given so much, in place of what the number stood for before, of which nothing is left.
    pub fn add(&self, usage: &Usage, number: Number, bytes: u64) {
        let before = self.all().insert(number, bytes);
        usage.took(bytes);
        usage.gave_back(before.unwrap_or(0));
    }

    /// The vendor is about to be given it back: while it still has the number for this memory, and nobody gets the number for
    /// other memory.
    pub fn remove(&self, usage: &Usage, number: Number) -> Option<u64> {
        let bytes = self.all().remove(&number)?;
        usage.gave_back(bytes);
        Some(bytes)
    }

    /// What no number stands for any more.
    pub fn sweep(&self, usage: &Usage, is_there: impl Fn(Number) -> bool) {
        let numbers: Vec<_> = self.all().keys().copied().collect();
        // The vendor is asked without the lock.
        numbers.into_iter().filter(|number| !is_there(*number)).for_each(|number| {
            self.remove(usage, number);
        });
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Number, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::api::Api;

    use super::*;

    #[test]
    fn memory_counts_as_long_as_its_number() {
        let usage = Usage::unread(Api::find("cuda").unwrap());
        let allotted = Allotted::default();
        let (one, other) = (("address", 4096), ("handle", 4096));
        allotted.add(&usage, one, 100);
        allotted.add(&usage, other, 10);
        assert_eq!(usage.memory(), 110);
        assert_eq!(allotted.remove(&usage, one), Some(100));
        assert_eq!((allotted.remove(&usage, one), usage.memory()), (None, 10));
        allotted.add(&usage, other, 7);
        assert_eq!(usage.memory(), 7, "the number is another memory's");
        allotted.add(&usage, one, u64::MAX - 100);
        allotted.sweep(&usage, |(of, _)| of == "handle");
        assert_eq!(usage.memory(), 7);
    }
}
