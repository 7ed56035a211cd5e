//! Device memory that numbers stand for: addresses, and handles that the table has no type of. Only the vendor's calls show
//! what becomes of it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::usage::Usage;

/// A number, with the name of its type: two types may have the same numbers.
pub type Number = (&'static str, u64);

/// What each number stands for.
#[derive(Debug, Default)]
pub struct Allotted(Mutex<HashMap<Number, Held>>);

#[derive(Debug)]
struct Held {
    bytes: u64,
    /// How often it has to be given back.
    holders: u64,
}

/// What the vendor is given back.
#[derive(Debug, PartialEq, Eq)]
pub enum GivenBack {
    /// So many bytes.
    Last(u64),
    /// Nothing yet: others hold the number.
    Once,
}

impl Allotted {
    /// The vendor has given so much, in place of what the number stood for before, of which nothing is left.
    pub fn add(&self, usage: &Usage, number: Number, bytes: u64) {
        let before = self.all().insert(number, Held { bytes, holders: 1 });
        usage.took(bytes);
        usage.gave_back(before.map_or(0, |before| before.bytes));
    }

    /// The vendor has given the number once more.
    pub fn add_holder(&self, number: Number) {
        if let Some(held) = self.all().get_mut(&number) {
            held.holders += 1;
        }
    }

    /// The vendor is about to be given it back: while it still has the number for this memory, and nobody gets the number for
    /// other memory.
    pub fn remove(&self, usage: &Usage, number: Number) -> Option<GivenBack> {
        let mut all = self.all();
        let held = all.get_mut(&number)?;
        held.holders -= 1;
        if held.holders > 0 {
            return Some(GivenBack::Once);
        }
        let bytes = all.remove(&number)?.bytes;
        usage.gave_back(bytes);
        Some(GivenBack::Last(bytes))
    }

    /// What no number stands for any more.
    pub fn sweep(&self, usage: &Usage, is_there: impl Fn(Number) -> bool) {
        let numbers: Vec<_> = self.all().keys().copied().collect();
        // The vendor is asked without the lock.
        for number in numbers.into_iter().filter(|number| !is_there(*number)) {
            let gone = self.all().remove(&number);
            usage.gave_back(gone.map_or(0, |gone| gone.bytes));
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Number, Held>> {
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
        allotted.add_holder(one);
        assert_eq!((allotted.remove(&usage, one), usage.memory()), (Some(GivenBack::Once), 110));
        assert_eq!(allotted.remove(&usage, one), Some(GivenBack::Last(100)));
        allotted.add_holder(one);
        assert_eq!((allotted.remove(&usage, one), usage.memory()), (None, 10));
        allotted.add(&usage, other, 7);
        assert_eq!(usage.memory(), 7, "the number is another memory's");
        allotted.add(&usage, one, u64::MAX - 100);
        allotted.sweep(&usage, |(of, _)| of == "handle");
        assert_eq!(usage.memory(), 7);
    }
}
