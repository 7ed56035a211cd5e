//! Memory that numbers stand for: addresses, and handles that the table has no type of. Only the vendor's calls show what
//! becomes of it.
//!
//! - **Invariant**: memory counts until the vendor has it back: nobody else of the tenant takes it before.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ava_protocol::quota::Resource;

use super::usage::Usage;

/// A number, with the name of its type: two types may have the same numbers.
pub type Number = (&'static str, u64);

/// So many bytes of some memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    pub of: Resource,
    pub bytes: u64,
}

/// What each number stands for.
#[derive(Debug, Default)]
pub struct Allotted(Mutex<HashMap<Number, Held>>);

#[derive(Debug)]
struct Held {
    amount: Amount,
    /// How often it has to be given back.
    holders: u64,
}

/// What the vendor is about to be given back.
#[derive(Debug, PartialEq, Eq)]
pub enum GivenBack {
    /// All of it.
    Last(Amount),
    /// Nothing yet: others hold the number.
    Once,
}

impl Allotted {
    /// The vendor has given so much, which was reserved, in place of what the number stood for before, of which nothing is left.
    pub fn add(&self, usage: &Usage, number: Number, amount: Amount) {
        usage.took(amount.of, amount.bytes);
        if let Some(Held { amount: before, .. }) = self.put(number, amount) {
            usage.gave_back(before.of, before.bytes);
        }
    }

    /// The vendor has given the number once more.
    pub fn add_holder(&self, number: Number) {
        if let Some(held) = self.all().get_mut(&number) {
            held.holders += 1;
        }
    }

    /// The vendor is about to be given it back: while it still has the number for this memory, and nobody gets the number for
    /// other memory. Whether it takes it says [`Allotted::gone`] or [`Allotted::stays`].
    pub fn remove(&self, number: Number) -> Option<GivenBack> {
        let mut all = self.all();
        let held = all.get_mut(&number)?;
        held.holders -= 1;
        if held.holders > 0 {
            return Some(GivenBack::Once);
        }
        all.remove(&number).map(|held| GivenBack::Last(held.amount))
    }

    /// The vendor has it back.
    pub fn gone(&self, usage: &Usage, given_back: Option<GivenBack>) {
        if let Some(GivenBack::Last(Amount { of, bytes })) = given_back {
            usage.gave_back(of, bytes);
        }
    }

    /// The vendor has refused it.
    pub fn stays(&self, number: Number, given_back: Option<GivenBack>) {
        match given_back {
            Some(GivenBack::Last(amount)) => drop(self.put(number, amount)),
            Some(GivenBack::Once) => self.add_holder(number),
            None => (),
        }
    }

    /// What no number stands for any more.
    pub fn sweep(&self, usage: &Usage, is_there: impl Fn(Number) -> bool) {
        let numbers: Vec<_> = self.all().keys().copied().collect();
        // The vendor is asked without the lock.
        for number in numbers.into_iter().filter(|number| !is_there(*number)) {
            if let Some(Held { amount, .. }) = self.all().remove(&number) {
                usage.gave_back(amount.of, amount.bytes);
            }
        }
    }

    fn put(&self, number: Number, amount: Amount) -> Option<Held> {
        self.all().insert(number, Held { amount, holders: 1 })
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Number, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::api::Api;

    use super::*;

    fn device(bytes: u64) -> Amount {
        Amount { of: Resource::DeviceMemory, bytes }
    }

    #[test]
    fn memory_counts_as_long_as_its_number() {
        let usage = Usage::unread(Api::find("cuda").unwrap());
        let allotted = Allotted::default();
        let (one, other, pinned) = (("address", 4096), ("handle", 4096), ("host", 4096));
        allotted.add(&usage, one, device(100));
        allotted.add(&usage, other, device(10));
        allotted.add(&usage, pinned, Amount { of: Resource::HostMemory, bytes: 1000 });
        assert_eq!(usage.memory(), 110);
        allotted.add_holder(one);
        assert_eq!(allotted.remove(one), Some(GivenBack::Once));
        let last = allotted.remove(one);
        assert_eq!(
            (&last, usage.memory()),
            (&Some(GivenBack::Last(device(100))), 110),
            "the vendor still has to take it"
        );
        allotted.stays(one, last);
        let last = allotted.remove(one);
        allotted.gone(&usage, last);
        assert_eq!((allotted.remove(one), usage.memory()), (None, 10));
        allotted.add(&usage, other, device(7));
        assert_eq!(usage.memory(), 7, "the number is another memory's");
        allotted.add(&usage, one, device(u64::MAX - 100));
        allotted.sweep(&usage, |(of, _)| of == "handle");
        assert_eq!(usage.memory(), 7);
    }
}
