//! What is to be written next.

use std::collections::BTreeMap;

use crate::record::{Amounts, Key, Labels, Record, SessionId};

/// The most records that wait to be written.
const MOST: usize = 16_384;

/// Amounts that wait to be written.
#[derive(Debug, Default)]
pub struct Batch {
    pub(crate) records: BTreeMap<Key, Record>,
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
        assert_eq!(batch.records.values().map(|record| record.amounts.calls).sum::<u64>(), MOST as u64 + 1);
    }
}
