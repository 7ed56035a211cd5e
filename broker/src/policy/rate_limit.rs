//! A rate limit for log lines: at most so many a second, and a count of the lines left out.

use std::time::{Duration, Instant};

/// The rate limit of one kind of lines.
#[derive(Debug)]
pub struct RateLimit {
    per_second: u32,
    since: Option<Instant>,
    lines: u32,
    left_out: u64,
}

/// What to do with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Write it, with the number of lines left out before it.
    Write { left_out: u64 },
    /// Leave it out.
    LeaveOut,
}

impl RateLimit {
    /// A limit of this many lines a second.
    pub fn new(per_second: u32) -> Self {
        Self { per_second, since: None, lines: 0, left_out: 0 }
    }

    /// Decides about one line.
    pub fn line(&mut self, now: Instant) -> Line {
        let fresh = self.since.is_none_or(|since| now.saturating_duration_since(since) >= Duration::from_secs(1));
        if fresh {
            (self.since, self.lines) = (Some(now), 0);
        }
        if self.lines >= self.per_second {
            self.left_out = self.left_out.saturating_add(1);
            return Line::LeaveOut;
        }
        self.lines += 1;
        Line::Write { left_out: std::mem::take(&mut self.left_out) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_becomes_a_few_lines_and_a_number() {
        let (mut log_limit, now) = (RateLimit::new(2), Instant::now());
        assert_eq!(log_limit.line(now), Line::Write { left_out: 0 });
        assert_eq!(log_limit.line(now), Line::Write { left_out: 0 });
        for _ in 0..10_000 {
            assert_eq!(log_limit.line(now), Line::LeaveOut);
        }
        assert_eq!(log_limit.line(now + Duration::from_secs(1)), Line::Write { left_out: 10_000 });
    }
}
