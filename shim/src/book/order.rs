//! What each thread has sent without waiting, so that another thread's call can come after it.
//!
//! A program puts calls of several threads in order by means of its own, and only of calls with the same objects can it see
//! whether they were made in order. So every object knows who used it last, and whoever uses it next has the worker first
//! serve what that thread has sent until then, all of it. A call that names no such object, or lets go of one that others
//! may use without naming it, comes after everything.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use ava_protocol::frame::{MOST_LANE, Notice};

use crate::base::fault::Fault;

/// The session's threads, by the numbers of their lanes, which count from 1.
#[derive(Debug, Default)]
pub struct Lines {
    lines: RwLock<Vec<Arc<Line>>>,
    /// Of threads that have ended.
    free: Mutex<Vec<Arc<Line>>>,
}

/// One thread's.
#[derive(Debug)]
pub struct Line {
    pub number: u32,
    /// Calls that were sent without waiting, and how many of them the worker is known to have served.
    posted: AtomicU64,
    served: AtomicU64,
    /// Whether a thread has just taken it over from one that has ended: what that has sent comes first.
    inherited: AtomicBool,
}

/// Whose calls another comes after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Those of these lines.
    Lines(Vec<u32>),
    All,
}

impl Lines {
    /// A line for a thread, which may have been another's.
    pub fn open(&self) -> Result<Arc<Line>, Fault> {
        if let Some(line) = self.free.lock().ok().and_then(|mut free| free.pop()) {
            line.inherited.store(true, Ordering::Relaxed);
            return Ok(line);
        }
        let mut lines = self.lines.write().map_err(|_| Fault::Panicked)?;
        let number = u32::try_from(lines.len() + 1).ok().filter(|number| *number <= MOST_LANE);
        let (posted, served, inherited) = Default::default();
        let line = Arc::new(Line { number: number.ok_or(Fault::Exhausted)?, posted, served, inherited });
        lines.push(Arc::clone(&line));
        Ok(line)
    }

    /// The line's thread has ended.
    pub fn close(&self, line: Arc<Line>) {
        if let Ok(mut free) = self.free.lock() {
            free.push(line);
        }
    }

    /// What the next frame of the line `own` says about those that it comes after.
    pub fn notices(&self, after: &After, own: &Line) -> Vec<Notice> {
        let notice = |line: &Line| {
            let count = line.posted.load(Ordering::Acquire);
            let waits = line.served.load(Ordering::Relaxed) < count;
            waits.then_some(Notice::After { lane: line.number, count })
        };
        let mut notices = Vec::new();
        if own.inherited.swap(false, Ordering::Relaxed) {
            notices.extend(notice(own));
        }
        if matches!(after, After::Lines(lines) if lines.is_empty()) {
            return notices;
        }
        let Ok(lines) = self.lines.read() else { return notices };
        let other = |line: &&Arc<Line>| line.number != own.number;
        match after {
            After::All => notices.extend(lines.iter().filter(other).filter_map(|line| notice(line))),
            After::Lines(numbers) => {
                let lines = numbers.iter().filter_map(|number| lines.get(*number as usize - 1));
                notices.extend(lines.filter(other).filter_map(|line| notice(line)));
            }
        }
        notices
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
        assert_eq!(lines.notices(&After::All, &three), [after(1, 2), after(2, 1)]);
        assert_eq!(lines.notices(&After::All, &one), [after(2, 1)]);
        assert_eq!(lines.notices(&After::Lines(vec![2, 3]), &one), [after(2, 1)]);
        assert_eq!(lines.notices(&After::Lines(Vec::new()), &three), []);
        one.all_served();
        assert_eq!(lines.notices(&After::All, &three), [after(2, 1)]);
        assert_eq!(one.posted(), 1);
        assert_eq!(lines.notices(&After::Lines(vec![1]), &three), [after(1, 3)]);
    }

    #[test]
    fn threads_come_and_go_and_lines_stay_few() {
        let lines = Lines::default();
        for sent in 0..1000 {
            let line = lines.open().unwrap();
            assert_eq!(line.number, 1);
            // The first frame comes after what the thread before has sent, and only the first.
            let before = (sent > 0).then_some(Notice::After { lane: 1, count: sent });
            assert_eq!(lines.notices(&After::Lines(Vec::new()), &line), before.into_iter().collect::<Vec<_>>());
            assert_eq!(lines.notices(&After::All, &line), []);
            line.posted();
            lines.close(line);
        }
    }
}
