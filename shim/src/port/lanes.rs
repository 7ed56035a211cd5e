//! The lanes of a session: one for each thread that calls, as far as they go.
//!
//! A thread that ends leaves its lane to one that begins. Threads beyond a bound take one of a few lanes for each call; who
//! finds none waits for one.
//!
//! - **Invariant**: what a thread has sent is served before what the next one sends on the same lane, and a call's frames go
//!   by one lane: whoever holds a [`Use`] of the thread's lane keeps it there.
//! - **Invariant**: a lane that cannot be opened counts neither as a lane nor as a thread's.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Condvar, Mutex};

use ava_transport::guarded::most_descriptors;
use ava_transport::lane::{Inbox, Lane};
use rkyv::ser::allocator::Arena;
use rkyv::util::AlignedVec;

use crate::base::fault::Fault;

/// Most lanes that threads have to themselves, and most that the others share: together less than the worker's limit.
const MOST_OWN: usize = 880;
const MOST_SHARED: usize = 96;
/// Lanes of ended threads that are kept.
const MOST_IDLE: usize = 128;
/// Descriptors that are left for other things than lanes.
const SPARE: usize = 24;

/// A thread's lane.
pub struct ThreadLane {
    pub lane: Box<dyn Lane>,
    pub inbox: Inbox,
    pub out: AlignedVec,
    pub arena: Arena,
    /// Its number among the session's lanes, from 1 on. An earlier lane may have had it.
    pub number: u32,
    /// Whether the thread has not sent a call by it yet, and whether no thread has.
    pub is_fresh: bool,
    pub is_new: bool,
    /// Calls that wait for replies, and replies that have come, in the order in which they were asked for.
    pub asked: u64,
    pub answered: u64,
    /// The places in that order of replies that may bring descriptors.
    pub bringing: Vec<u64>,
    /// Replies that came while a call in a callback waited for its own.
    pub early: Vec<Early>,
    /// Answers that came unasked, until the reply behind them was heard.
    pub answers: AlignedVec,
    kind: Kind,
}

/// A descriptor that a reply has brought, in the table of the thread that heard it; an error if that could not hold it.
pub type Brought = io::Result<Option<OwnedFd>>;

/// A reply that another call was waiting for, by its place among the lane's replies.
pub struct Early {
    pub turn: u64,
    pub bytes: AlignedVec,
    pub brought: Brought,
}

/// How long a thread has a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As long as it lives.
    Own,
    /// For a call.
    Shared,
}

impl ThreadLane {
    /// Whether the thread has the lane for a call only.
    pub fn is_shared(&self) -> bool {
        self.kind == Kind::Shared
    }
}

/// The lanes that no thread uses, and how many there are.
pub struct Lanes {
    pool: Mutex<Pool>,
    returned: Condvar,
}

struct Pool {
    /// Of threads that have ended.
    idle: Vec<ThreadLane>,
    /// Of those that are shared.
    shared: Vec<ThreadLane>,
    /// How many there are of both kinds, used ones too, and the most that there may be.
    own_made: usize,
    shared_made: usize,
    most_own: usize,
    most_shared: usize,
    /// Threads that wait for one that is shared.
    waiting: usize,
    /// Threads that use one.
    using: usize,
    /// Numbers of lanes that are gone, and the last that was given.
    numbers: Vec<u32>,
    last_number: u32,
    /// Whether the session is lost.
    closed: bool,
}

impl Lanes {
    /// None yet: as many as the process can have descriptors for.
    pub fn new() -> Self {
        let lanes = most_descriptors().saturating_sub(SPARE);
        let most_shared = (lanes / 4).clamp(1, MOST_SHARED);
        Self::with_limits(lanes.saturating_sub(most_shared).clamp(1, MOST_OWN), most_shared)
    }

    fn with_limits(most_own: usize, most_shared: usize) -> Self {
        let pool = Pool {
            idle: Vec::new(),
            shared: Vec::new(),
            own_made: 0,
            shared_made: 0,
            most_own,
            most_shared,
            waiting: 0,
            using: 0,
            numbers: Vec::new(),
            last_number: 0,
            closed: false,
        };
        Self { pool: Mutex::new(pool), returned: Condvar::new() }
    }

    /// A lane that no other thread uses; `open` makes one.
    ///
    /// # Errors
    /// `Lost` when the session is; `Exhausted` where there is none and there can be none; those of `open`.
    pub fn take(&self, open: impl Fn() -> Result<Box<dyn Lane>, Fault>) -> Result<ThreadLane, Fault> {
        let mut pool = self.pool.lock().map_err(|_| Fault::Panicked)?;
        let kind = loop {
            if pool.closed {
                return Err(Fault::Lost);
            }
            if let Some(lane) = pool.idle.pop() {
                pool.using += 1;
                return Ok(lane);
            }
            if pool.own_made < pool.most_own {
                pool.own_made += 1;
                break Kind::Own;
            }
            if let Some(lane) = pool.shared.pop() {
                pool.using += 1;
                return Ok(lane);
            }
            if pool.shared_made < pool.most_shared {
                pool.shared_made += 1;
                break Kind::Shared;
            }
            if pool.shared_made == 0 {
                return Err(Fault::Exhausted);
            }
            pool.waiting += 1;
            pool = self.returned.wait(pool).map_err(|_| Fault::Panicked)?;
            pool.waiting -= 1;
        };
        pool.using += 1;
        let number = pool.number();
        drop(pool);
        match (open(), kind) {
            (Ok(lane), _) => Ok(ThreadLane::new(lane, number, kind)),
            (Err(fault), _) => {
                self.not_opened(number, kind, fault);
                match (fault, kind) {
                    // As many as this process can have are there; those that are shared were spared for that.
                    (Fault::Exhausted, Kind::Own) => self.take(open),
                    _ => Err(fault),
                }
            }
        }
    }

    /// There is no lane after all. Where the process can have no more, there are to be no more than there are.
    fn not_opened(&self, number: u32, kind: Kind, fault: Fault) {
        if let Ok(mut pool) = self.pool.lock() {
            pool.using -= 1;
            pool.numbers.push(number);
            let Pool { own_made, shared_made, most_own, most_shared, .. } = &mut *pool;
            let (made, most) = match kind {
                Kind::Own => (own_made, most_own),
                Kind::Shared => (shared_made, most_shared),
            };
            *made -= 1;
            if fault == Fault::Exhausted {
                *most = *made;
            }
        }
        self.returned.notify_all();
    }

    /// A thread uses its lane no more.
    pub fn give_back(&self, mut lane: ThreadLane) {
        lane.is_fresh = true;
        let Ok(mut pool) = self.pool.lock() else { return };
        pool.using -= 1;
        let waiting = pool.waiting > 0;
        let unused = match lane.kind {
            _ if pool.closed => Some(lane),
            Kind::Shared => {
                pool.shared.push(lane);
                None
            }
            Kind::Own if pool.idle.len() < MOST_IDLE || waiting => {
                pool.idle.push(lane);
                None
            }
            Kind::Own => {
                pool.own_made -= 1;
                pool.numbers.push(lane.number);
                Some(lane)
            }
        };
        drop(pool);
        drop(unused);
        if waiting {
            self.returned.notify_one();
        }
    }

    /// The session is lost: what nobody uses is closed, and nobody waits.
    pub fn close(&self) {
        if let Ok(mut pool) = self.pool.lock() {
            pool.closed = true;
            let unused = (std::mem::take(&mut pool.idle), std::mem::take(&mut pool.shared));
            drop(pool);
            drop(unused);
        }
        self.returned.notify_all();
    }

    /// Whether just one thread uses a lane.
    pub fn is_used_by_one(&self) -> bool {
        self.pool.lock().is_ok_and(|pool| pool.using == 1)
    }

    /// Runs `f` while just one thread uses a lane: another that begins to waits for it. `false` if there are several.
    pub fn while_used_by_one(&self, f: impl FnOnce()) -> bool {
        match self.pool.lock() {
            Ok(pool) if pool.using == 1 => {
                f();
                true
            }
            _ => false,
        }
    }
}

impl Pool {
    fn number(&mut self) -> u32 {
        self.numbers.pop().unwrap_or_else(|| {
            self.last_number += 1;
            self.last_number
        })
    }
}

impl ThreadLane {
    fn new(lane: Box<dyn Lane>, number: u32, kind: Kind) -> Self {
        Self {
            lane,
            inbox: Inbox::new(),
            out: AlignedVec::new(),
            arena: Arena::new(),
            number,
            is_fresh: true,
            is_new: true,
            asked: 0,
            answered: 0,
            bringing: Vec::new(),
            early: Vec::new(),
            answers: AlignedVec::new(),
            kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ava_transport::lane;

    fn open() -> Result<Box<dyn Lane>, Fault> {
        Ok(lane::offer(lane::Kind::Socket).unwrap().0)
    }

    #[test]
    fn a_lane_that_cannot_be_opened_counts_for_nothing() {
        let lanes = Lanes::with_limits(4, 2);
        assert!(matches!(lanes.take(|| Err(Fault::Lost)), Err(Fault::Lost)));
        let first = lanes.take(open).unwrap();
        assert!(lanes.is_used_by_one() && first.number == 1);
        // The process is out of descriptors for a while: from now on lanes are shared, as many as there can be.
        assert!(matches!(lanes.take(|| Err(Fault::Exhausted)), Err(Fault::Exhausted)));
        assert!(lanes.is_used_by_one());
        lanes.give_back(first);
        let again = lanes.take(|| Err(Fault::Exhausted)).unwrap();
        assert!(lanes.is_used_by_one() && again.number == 1);
    }

    #[test]
    fn threads_beyond_the_bound_share() {
        let lanes = Lanes::with_limits(1, 1);
        let (own, shared) = (lanes.take(open).unwrap(), lanes.take(open).unwrap());
        assert!(!own.is_shared() && shared.is_shared() && !lanes.is_used_by_one());
        assert_eq!((own.number, shared.number), (1, 2));
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| lanes.take(open).unwrap().number);
            while lanes.pool.lock().unwrap().waiting == 0 {
                std::thread::yield_now();
            }
            lanes.give_back(shared);
            assert_eq!(waits.join().unwrap(), 2);
        });
        lanes.give_back(own);
    }

    #[test]
    fn a_lane_is_the_next_threads_and_fresh_to_it() {
        let lanes = Lanes::with_limits(8, 2);
        let mut lane = lanes.take(open).unwrap();
        lane.is_fresh = false;
        lanes.give_back(lane);
        let lane = lanes.take(|| unreachable!("there is one")).unwrap();
        assert!(lane.is_fresh && lane.number == 1);
    }

    #[test]
    fn who_waits_when_the_session_is_lost_waits_no_more() {
        let lanes = Lanes::with_limits(1, 1);
        let kept = (lanes.take(open).unwrap(), lanes.take(open).unwrap());
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| matches!(lanes.take(open), Err(Fault::Lost)));
            while lanes.pool.lock().unwrap().waiting == 0 {
                std::thread::yield_now();
            }
            lanes.close();
            assert!(waits.join().unwrap());
        });
        lanes.give_back(kept.0);
        assert!(lanes.pool.lock().unwrap().idle.is_empty());
    }

    #[test]
    fn only_one_thread_runs_alone() {
        let lanes = Lanes::with_limits(8, 2);
        let one = lanes.take(open).unwrap();
        let mut ran = false;
        assert!(lanes.while_used_by_one(|| ran = true) && ran);
        let other = lanes.take(open).unwrap();
        assert!(!lanes.while_used_by_one(|| unreachable!("there are two")));
        lanes.give_back(other);
        assert!(lanes.is_used_by_one());
        drop(one);
    }
}
