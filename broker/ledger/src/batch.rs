//! What is to be written next.

use std::collections::BTreeMap;

use crate::counts::Counts;
use crate::record::{Amounts, Key, Labels, Record, SessionId};

/// The most records that wait to be written.
const MOST: usize = 16_384;
/// Those of them that have counts by name, which take more room.
const MOST_COUNTED: usize = 4096;

/// Amounts that wait to be written.
#[derive(Debug, Default)]
pub struct Batch {
    pub(crate) records: BTreeMap<Key, Record>,
    /// Each belongs to a record.
    pub(crate) counts: BTreeMap<Key, Counts>,
    lost: u64,
}

impl Batch {
    /// Adds what a session used in an hour. If too much waits already, it is lost, and counted.
    pub fn add(&mut self, hour: u64, id: SessionId, labels: Labels, amounts: Amounts) {
        let (key, record) = (Key { hour, id }, Record { labels, amounts });
        let is_full = self.records.len() >= MOST;
        match self.records.get_mut(&key) {
            Some(earlier) => earlier.add(&record),
            None if is_full => self.lost += 1,
            None => drop(self.records.insert(key, record)),
        }
    }

    /// Adds what a session did in an hour, which has a record of it.
    pub fn count(&mut self, hour: u64, id: SessionId, more: &Counts) {
        let key = Key { hour, id };
        if more.is_empty() {
            return;
        }
        let has_room = self.counts.len() < MOST_COUNTED || self.counts.contains_key(&key);
        if has_room && self.records.contains_key(&key) {
            self.counts.entry(key).or_default().add(more);
        } else {
            self.lost += 1;
        }
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How often something was lost since this was last asked.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// All was written.
    pub fn clear(&mut self) {
        self.records.clear();
        self.counts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_has_a_bound_and_what_is_lost_is_counted() {
        let mut batch = Batch::default();
        let one = Amounts { calls: 1, ..Amounts::default() };
        for session in 0..MOST as u64 + 3 {
            batch.add(5, SessionId { broker: 1, session }, Labels::default(), one);
        }
        batch.add(5, SessionId { broker: 1, session: 0 }, Labels::default(), one);
        assert_eq!((batch.records.len(), batch.take_lost(), batch.take_lost()), (MOST, 3, 0));
        let more = Counts { kernels: [("turn".to_owned(), 1)].into(), ..Counts::default() };
        (0..MOST_COUNTED as u64 + 2).for_each(|session| batch.count(5, SessionId { broker: 1, session }, &more));
        batch.count(5, SessionId { broker: 1, session: 0 }, &more);
        batch.count(6, SessionId { broker: 1, session: 0 }, &more);
        assert_eq!((batch.counts.len(), batch.take_lost()), (MOST_COUNTED, 3));
        assert_eq!(batch.counts.values().map(|counts| counts.kernels["turn"]).sum::<u64>(), MOST_COUNTED as u64 + 1);
        assert_eq!(batch.records.values().map(|record| record.amounts.calls).sum::<u64>(), MOST as u64 + 1);
    }
}
