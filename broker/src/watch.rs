//! For how long a session's commands have been running: which run its worker says, and for how long the broker measures.
//!
//! - **Invariant:** what a worker says is a few numbers, and only these are remembered. A number that it keeps showing is a command
//!   that keeps running, so that one which hangs is noticed even if its worker does, too.
//! - **Invariant:** time in which a session was stopped counts for none of its commands.

use std::time::{Duration, Instant};

use ava_protocol::usage::Running;

/// A session's times when somebody looks.
pub struct Clocks<'a> {
    pub now: Instant,
    /// For how long the session was stopped until now.
    pub held: Duration,
    /// The processor time that its worker has used.
    pub processor: &'a dyn Fn() -> Duration,
}

/// A session's commands.
#[derive(Debug, Default)]
pub struct Watch(Vec<Seen>);

/// A command, and the times when it was first seen.
#[derive(Debug)]
struct Seen {
    number: u64,
    at: Instant,
    held: Duration,
    processor: Option<Duration>,
}

impl Watch {
    /// For how long the command has been running that has for longest, of those that run now. One that runs on processors has not
    /// been running for longer than its worker has used them: it may have waited for one.
    pub fn look(&mut self, running: &[Running], clocks: &Clocks<'_>) -> Duration {
        self.0.retain(|seen| running.iter().any(|one| one.number == seen.number));
        let processor = running.iter().any(|one| one.on_processors).then(clocks.processor);
        let mut longest = Duration::ZERO;
        for one in running {
            match self.0.iter().find(|seen| seen.number == one.number) {
                None => self.0.push(Seen {
                    number: one.number,
                    at: clocks.now,
                    held: clocks.held,
                    processor: processor.filter(|_| one.on_processors),
                }),
                Some(seen) => {
                    let stopped = clocks.held.saturating_sub(seen.held);
                    let ran = clocks.now.saturating_duration_since(seen.at).saturating_sub(stopped);
                    let used = processor.zip(seen.processor).map(|(now, before)| now.saturating_sub(before));
                    longest = longest.max(used.map_or(ran, |used| used.min(ran)));
                }
            }
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(number: u64, on_processors: bool) -> Running {
        Running { number, on_processors }
    }

    /// Looks so many milliseconds after the beginning, of which a part was stopped, and a part used of processors.
    fn look(watch: &mut Watch, began: Instant, running: &[Running], [now, held, used]: [u64; 3]) -> u64 {
        let ms = Duration::from_millis;
        let clocks = Clocks { now: began + ms(now), held: ms(held), processor: &|| ms(used) };
        watch.look(running, &clocks).as_millis() as u64
    }

    #[test]
    fn a_command_runs_from_when_it_is_seen_until_it_is_not() {
        let (mut watch, began) = (Watch::default(), Instant::now());
        let mut look = |running: &[Running], now| look(&mut watch, began, running, [now, 0, 0]);
        assert_eq!(look(&[runs(1, false)], 100), 0);
        assert_eq!(look(&[runs(1, false)], 350), 250);
        // Short ones in a row.
        assert_eq!(look(&[runs(2, false)], 400), 0);
        assert_eq!(look(&[runs(3, false)], 500), 0);
        assert_eq!(look(&[runs(4, false), runs(3, false)], 600), 100);
        assert_eq!(look(&[runs(4, false)], 650), 50);
        assert_eq!(look(&[], 700), 0);
        assert_eq!(watch.0.len(), 0);
    }

    #[test]
    fn who_is_stopped_or_waits_for_a_processor_runs_nothing() {
        let (mut watch, began) = (Watch::default(), Instant::now());
        let both = [runs(1, true), runs(2, false)];
        assert_eq!(look(&mut watch, began, &both, [0, 0, 0]), 0);
        assert_eq!(look(&mut watch, began, &both[..1], [1000, 600, 300]), 300, "no more than it used");
        assert_eq!(look(&mut watch, began, &both[..1], [2000, 600, 9000]), 1400, "threads do not add up");
        let mut watch = Watch::default();
        assert_eq!(look(&mut watch, began, &both, [0, 0, 0]), 0);
        assert_eq!(look(&mut watch, began, &both[1..], [1000, 600, 0]), 400, "a device of its own uses no processor");
    }
}
