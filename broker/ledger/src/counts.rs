//! How often things were done that have names: functions called, kernels launched.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rkyv::{Archive, Deserialize, Serialize};

/// In place of names for which there is no room.
pub const OTHERS: &str = "(others)";
/// The most functions and kernels of a record that are told apart, those that are done most first.
const MOST_FUNCTIONS: usize = 64;
const MOST_KERNELS: usize = 32;

/// How often, by name.
pub type Times = BTreeMap<String, u64>;

/// How often each function was called, and each kernel launched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Counts {
    /// Calls of functions.
    pub functions: Times,
    /// Launches of kernels.
    pub kernels: Times,
}

impl Counts {
    /// What was done since it was `earlier`. A count that went back has not moved.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self { functions: since(&self.functions, &earlier.functions), kernels: since(&self.kernels, &earlier.kernels) }
    }

    /// Whether nothing was done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.kernels.is_empty()
    }

    /// Adds what more was done, as far as there is room for names.
    pub(crate) fn add(&mut self, more: &Self) {
        add(&mut self.functions, &more.functions, MOST_FUNCTIONS);
        add(&mut self.kernels, &more.kernels, MOST_KERNELS);
    }
}

fn since(now: &Times, earlier: &Times) -> Times {
    let more = |(name, times): (&String, &u64)| {
        let more = times.saturating_sub(earlier.get(name).copied().unwrap_or(0));
        (more > 0).then(|| (name.clone(), more))
    };
    now.iter().filter_map(more).collect()
}

fn add(all: &mut Times, more: &Times, most: usize) {
    let mut more: Vec<_> = more.iter().collect();
    more.sort_by_key(|(_, times)| Reverse(**times));
    for (name, times) in more {
        let names = all.len() - usize::from(all.contains_key(OTHERS));
        let has_room = names < most || name == OTHERS || all.contains_key(name);
        let sum = all.entry(if has_room { name.clone() } else { OTHERS.to_owned() }).or_default();
        *sum = sum.saturating_add(*times);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernels(kernels: &[(&str, u64)]) -> Counts {
        let kernels = kernels.iter().map(|(name, times)| ((*name).to_owned(), *times)).collect();
        Counts { kernels, ..Counts::default() }
    }

    #[test]
    fn only_what_is_new_is_counted() {
        let now = kernels(&[("fill", 7), ("turn", 3), ("back", 1)]);
        assert_eq!(now.since(&kernels(&[("fill", 5), ("turn", 3), ("back", 9)])), kernels(&[("fill", 2)]));
        assert!(now.since(&now).is_empty() && !now.is_empty());
    }

    #[test]
    fn names_have_bounds_and_what_is_done_most_keeps_its_own() {
        let many: Vec<_> = (0..100).map(|number| (format!("{number:03}"), 1 + number)).collect();
        let more = Counts { kernels: many.iter().cloned().collect(), functions: many.into_iter().collect() };
        let mut all = kernels(&[("fill", u64::MAX)]);
        all.add(&more);
        all.add(&more);
        assert_eq!((all.kernels.len(), all.functions.len()), (MOST_KERNELS + 1, MOST_FUNCTIONS + 1));
        assert_eq!((all.kernels["fill"], all.kernels["099"], all.kernels.get("050")), (u64::MAX, 200, None));
        assert_eq!(all.functions.values().sum::<u64>(), 2 * (1..=100).sum::<u64>(), "no call is lost");
        all.add(&kernels(&[("fill", 1)]));
        assert_eq!(all.kernels["fill"], u64::MAX);
        // What comes without names takes no name's place.
        let mut whole = kernels(&[(OTHERS, 5)]);
        whole.add(&Counts { kernels: (0..32).map(|number| (number.to_string(), 1)).collect(), ..Counts::default() });
        assert_eq!((whole.kernels.len(), whole.kernels[OTHERS]), (MOST_KERNELS + 1, 5));
    }
}
