//! The session's lanes, as threads know them that do not serve them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ava_protocol::frame::Malformed;
use ava_transport::lane::Doorbell;

use super::map::Map;

/// Most lanes of any session: threads of the program that call. Each takes a thread of the worker's and up to half a megabyte.
pub const MOST: usize = 1024;
/// What a program that is gone has sent ahead is served for so long.
const AFTERMATH: Duration = Duration::from_secs(5);
/// Between two looks at how far that has got.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

pub struct Lanes {
    open: Map<u64, Entry>,
    last: AtomicU64,
    most: usize,
}

struct Entry {
    bell: Doorbell,
    answering: Answering,
}

/// Whether a lane serves a call that the program waits for: behind it nothing was sent.
pub type Answering = Arc<AtomicBool>;

impl Lanes {
    /// None yet, and at most so many.
    pub fn new(most: usize) -> Self {
        Self { open: Map::default(), last: AtomicU64::new(0), most: most.min(MOST) }
    }

    /// Another one: its number, and what it tells of itself.
    pub fn add(&self, bell: Doorbell) -> Result<(u64, Answering), Malformed> {
        if self.open.len() >= self.most {
            return Err(Malformed::TooMany { what: "lanes", limit: self.most as u64 });
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let answering = Answering::default();
        self.open.insert(number, Entry { bell, answering: Arc::clone(&answering) });
        Ok((number, answering))
    }

    /// One has ended.
    pub fn remove(&self, number: u64) {
        self.open.remove(&number);
    }

    /// The program is gone: what it has sent ahead is done and counted, as it would be if the program had called the vendor
    /// itself. Who shares the program's memory could go on for ever, hence a limit.
    pub fn drain(&self) {
        self.open.iter().for_each(|lane| lane.bell.hang_up());
        let limit = Instant::now() + AFTERMATH;
        while !self.open.iter().all(|lane| lane.answering.load(Ordering::Acquire)) && Instant::now() < limit {
            // Lanes tell nobody when they begin to answer, and nobody waits for this any more.
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

#[cfg(test)]
mod tests {
    use ava_transport::lane::{Kind, Lane, offer};

    use super::*;

    fn lane() -> Box<dyn Lane> {
        offer(Kind::Socket).unwrap().0
    }

    #[test]
    fn lanes_are_bounded_and_those_that_have_ended_do_not_count() {
        let (lanes, lane) = (Lanes::new(9), lane());
        let numbers: Vec<u64> = (0..9).map(|_| lanes.add(lane.doorbell()).unwrap().0).collect();
        assert!(matches!(lanes.add(lane.doorbell()), Err(Malformed::TooMany { limit: 9, .. })));
        assert_eq!(Lanes::new(usize::MAX).most, MOST);
        lanes.remove(numbers[3]);
        let (number, _) = lanes.add(lane.doorbell()).unwrap();
        assert!(!numbers.contains(&number), "no number is given twice");
    }

    #[test]
    fn what_was_sent_ahead_is_served_until_every_lane_answers() {
        let (lanes, lane) = (Lanes::new(usize::MAX), lane());
        let (_, first) = lanes.add(lane.doorbell()).unwrap();
        let (_, second) = lanes.add(lane.doorbell()).unwrap();
        first.store(true, Ordering::Release);
        std::thread::scope(|scope| {
            let draining = scope.spawn(|| lanes.drain());
            assert!(!draining.is_finished());
            second.store(true, Ordering::Release);
        });
    }
}
