//! Which addresses of the process are reserved, so that nothing of the program's comes to lie there.

use std::collections::BTreeMap;
use std::ops::Range;

/// Ranges of addresses that neither overlap nor touch.
#[derive(Debug)]
pub struct Reserved {
    /// Their ends, by where they start.
    ends: BTreeMap<usize, usize>,
}

impl Reserved {
    pub const fn new() -> Self {
        Self { ends: BTreeMap::new() }
    }

    /// The parts of a range that are not reserved yet.
    pub fn lacking(&self, of: Range<usize>) -> Vec<Range<usize>> {
        let mut lacking = Vec::new();
        let mut from = of.start;
        for (start, end) in self.touching(&of) {
            if from < start {
                lacking.push(from..start);
            }
            from = from.max(end);
        }
        if from < of.end {
            lacking.push(from..of.end);
        }
        lacking
    }

    /// Another range is reserved.
    pub fn insert(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let (mut first, mut last) = (range.start, range.end);
        for (start, end) in self.touching(&range) {
            self.ends.remove(&start);
            (first, last) = (first.min(start), last.max(end));
        }
        self.ends.insert(first, last);
    }

    /// Those that a range overlaps or touches, in order.
    fn touching(&self, range: &Range<usize>) -> Vec<(usize, usize)> {
        let before = self.ends.range(..range.start).next_back().filter(|(_, end)| **end >= range.start);
        before.into_iter().chain(self.ends.range(range.start..=range.end)).map(|(start, end)| (*start, *end)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_what_no_range_covers() {
        let mut reserved = Reserved::new();
        assert_eq!(reserved.lacking(10..20), vec![10..20]);
        reserved.insert(10..20);
        reserved.insert(30..40);
        assert_eq!(reserved.lacking(0..50), vec![0..10, 20..30, 40..50]);
        assert_eq!(reserved.lacking(15..35), vec![20..30]);
        assert!(reserved.lacking(12..20).is_empty() && reserved.lacking(20..20).is_empty());
    }

    #[test]
    fn ranges_that_touch_become_one() {
        let mut reserved = Reserved::new();
        for range in [10..20, 40..50, 20..30, 28..40, 60..60] {
            reserved.insert(range);
        }
        assert_eq!(reserved.ends.into_iter().collect::<Vec<_>>(), vec![(10, 50)]);
    }
}
