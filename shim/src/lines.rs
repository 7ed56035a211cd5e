//! What each thread has sent without waiting, so that another thread's call can come after it.
//!
//! A program puts calls of several threads in order by means of its own, and only of calls with the same objects can it see
//! whether they were made in order. So every object knows who used it last, and whoever uses it next has the worker first
//! serve what that thread has sent until then, all of it. A call that names no such object, or lets go of one that others
//! may use without naming it, comes after everything.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use ava_protocol::frame::{MOST_LANE, Notice};

use crate::fault::Fault;

/// The session's threads, by the numbers of their lanes, which count from 1.
#[derive(Debug, Default)]
pub struct Lines {
    lines: RwLock<Vec<Arc<Line>>>,
}

/// One thread's.
#[derive(Debug)]
pub struct Line {
    pub number: u32,
    /// Calls that were sent without waiting, and how many of them the worker is known to have served.
    posted: AtomicU64,
    served: AtomicU64,
}

/// Whose calls another comes after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Those of these lines.
    Lines(Vec<u32>),
    All,
}

impl Lines {
    pub fn open(&self) -> Result<Arc<Line>, Fault> {
        let mut lines = self.lines.write().map_err(|_| Fault::Panicked)?;
        let number = u32::try_from(lines.len() + 1).ok().filter(|number| *number <= MOST_LANE);
        let (posted, served) = Default::default();
        let line = Arc::new(Line { number: number.ok_or(Fault::Exhausted)?, posted, served });
        lines.push(Arc::clone(&line));
        Ok(line)
    }

    /// What a frame of the line `own` says about those that it comes after.
    pub fn notices(&self, after: &After, own: u32) -> Vec<Notice> {
        if matches!(after, After::Lines(lines) if lines.is_empty()) {
            return Vec::new();
        }
        let Ok(lines) = self.lines.read() else { return Vec::new() };
        let notice = |line: &Arc<Line>| {
            let count = line.posted.load(Ordering::Acquire);
            let wanted = line.number != own && line.served.load(Ordering::Relaxed) < count;
            wanted.then_some(Notice::After { lane: line.number, count })
        };
        match after {
            After::All => lines.iter().filter_map(notice).collect(),
            After::Lines(numbers) => {
                numbers.iter().filter_map(|number| lines.get(*number as usize - 1).and_then(notice)).collect()
            }
        }
    }
}

impl Line {
    /// Another call is sent without waiting. How many are now that may not have been served.
    pub fn posted(&self) -> u64 {
        self.posted.fetch_add(1, Ordering::AcqRel) + 1 - self.served.load(Ordering::Relaxed)
    }

    /// A call was answered, and so all before it have been served.
    pub fn all_served(&self) {
        self.served.store(self.posted.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_after_what_others_have_sent_and_nobody_has_answered() {
        let lines = Lines::default();
        let (one, two, three) = (lines.open().unwrap(), lines.open().unwrap(), lines.open().unwrap());
        assert_eq!((one.posted(), one.posted(), two.posted()), (1, 2, 1));
        let after = |lane, count| Notice::After { lane, count };
        assert_eq!(lines.notices(&After::All, 3), [after(1, 2), after(2, 1)]);
        assert_eq!(lines.notices(&After::All, 1), [after(2, 1)]);
        assert_eq!(lines.notices(&After::Lines(vec![2, 3]), 1), [after(2, 1)]);
        assert_eq!(lines.notices(&After::Lines(Vec::new()), 3), []);
        one.all_served();
        assert_eq!(lines.notices(&After::All, three.number), [after(2, 1)]);
        assert_eq!(one.posted(), 1);
        assert_eq!(lines.notices(&After::Lines(vec![1]), 3), [after(1, 3)]);
    }
}
