//! Backoff: how often the broker is asked for a session to replace a lost one.
//!
//! A program may try again at once, and for ever; the broker is asked again only after a pause that grows. Time is an
//! argument.

use std::time::{Duration, Instant};

/// The pause after a refusal, at first and at most.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What came of asking.
#[derive(Debug, Default)]
pub struct Retry {
    refused: Option<Refused>,
}

#[derive(Debug)]
struct Refused {
    again: Instant,
    pause: Duration,
    why: String,
}

impl Retry {
    /// Whether the last one was refused.
    pub fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Whether the broker may be asked.
    pub fn may(&self, now: Instant) -> bool {
        self.refused.as_ref().is_none_or(|refused| refused.again <= now)
    }

    /// The broker has refused. Whether the reason is another than before.
    pub fn refused(&mut self, now: Instant, why: &str) -> bool {
        let last = self.refused.take();
        let pause = last.as_ref().map_or(PAUSE, |last| (last.pause * 2).min(LONGEST_PAUSE));
        let is_new = last.is_none_or(|last| last.why != why);
        self.refused = Some(Refused { again: now + pause, pause, why: why.to_owned() });
        is_new
    }

    pub fn succeeded(&mut self) {
        self.refused = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit_and_a_reason_is_told_once() {
        let mut retry = Retry::default();
        let mut now = Instant::now();
        assert!(retry.may(now) && retry.refused(now, "busy"));
        let mut paused = Vec::new();
        for _ in 0..8 {
            let begun = now;
            while !retry.may(now) {
                now += Duration::from_millis(10);
            }
            paused.push((now - begun).as_millis());
            assert!(!retry.refused(now, "busy"));
        }
        assert_eq!(paused, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert!(retry.refused(now, "damped") && retry.is_refused());
        retry.succeeded();
        assert!(retry.may(now) && retry.refused(now, "damped"));
        assert!(retry.may(now + PAUSE));
    }
}
