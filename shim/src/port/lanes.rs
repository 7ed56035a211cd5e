//! The lanes of a session: one for each thread that calls, as far as they go.
//!
//! A thread that ends leaves its lane to one that begins. Threads beyond a bound take one of a few lanes for each call; who
//! finds none waits for one.
//!
//! - **Invariant**: what a thread has sent is served before what the next one sends on the same lane, and a call's frames go
//!   by one lane, that of its [`line`](Session::line).

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex};

use ava_transport::guarded::most_descriptors;
use ava_transport::lane::{Inbox, Lane};
use rkyv::ser::allocator::Arena;
use rkyv::util::AlignedVec;

use super::keeper::OpenError;
use crate::api;
use crate::base::cancel;
use crate::base::fault::Fault;
use crate::book::order::Line;
use crate::session::Session;

/// Most lanes that threads have to themselves, and most that the others share: together less than the worker's limit.
const MOST_OWN: usize = 880;
const MOST_SHARED: usize = 96;
/// Lanes of ended threads that are kept.
const MOST_IDLE: usize = 128;
/// Descriptors that are left for other things than lanes.
const SPARE: usize = 24;

/// The session's lanes that no thread uses, and how many there are.
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
}

impl Lanes {
    /// None yet, but the one that came with the session.
    pub fn new() -> Self {
        let lanes = most_descriptors().saturating_sub(SPARE);
        let most_shared = (lanes / 4).clamp(1, MOST_SHARED);
        let most_own = lanes.saturating_sub(most_shared).clamp(1, MOST_OWN);
        let pool = Pool {
            idle: Vec::new(),
            shared: Vec::new(),
            own_made: 0,
            shared_made: 0,
            most_own,
            most_shared,
            waiting: 0,
        };
        Self { pool: Mutex::new(pool), returned: Condvar::new() }
    }

    /// The session is lost: what nobody uses is given back, and nobody waits.
    pub fn give_up(&self) {
        if let Ok(mut pool) = self.pool.lock() {
            let unused = (std::mem::take(&mut pool.idle), std::mem::take(&mut pool.shared));
            drop(pool);
            drop(unused);
        }
        self.returned.notify_all();
    }
}

impl Session {
    /// The number of the lane by which this thread's next call goes. One that is shared stays with the thread until
    /// [`Session::hand_back`].
    pub fn line(&'static self) -> Result<(u32, Keeping), Fault> {
        self.with_lane(|lane| {
            if let Keeping::Borrowed = lane.keeping {
                lane.holds += 1;
            }
            Ok((lane.line.number, lane.keeping))
        })
    }

    /// A call is over that has asked for its [`Session::line`].
    pub fn hand_back(&'static self) {
        let _ = LANES.try_with(|lanes| {
            let Ok(mut lanes) = lanes.try_borrow_mut() else { return };
            if let Some(lane) = &mut lanes[self.slot.index].0 {
                lane.holds = lane.holds.saturating_sub(1);
            }
            lanes[self.slot.index].rest();
        });
    }

    /// Runs `f` with the thread's lane, which is made if there is none. A thread that is ending gets one for the call.
    pub fn with_lane<R>(&'static self, f: impl FnOnce(&mut ThreadLane) -> Result<R, Fault>) -> Result<R, Fault> {
        let mut f = Some(f);
        let tried = LANES.try_with(|lanes| {
            let mut lanes = lanes.try_borrow_mut().ok()?;
            let slot = &mut lanes[self.slot.index];
            let f = f.take()?;
            let current = slot.0.as_ref().is_some_and(|lane| lane.generation == self.generation);
            if !current {
                *slot = match self.take_lane() {
                    Ok(lane) => Place(Some(lane)),
                    Err(fault) => return Some(Err(fault)),
                };
            }
            let result = slot.0.as_mut().map(f);
            slot.rest();
            result
        });
        match (tried, f) {
            (Ok(Some(result)), _) => result,
            (_, Some(f)) => {
                let mut place = Place(Some(self.take_lane()?));
                place.0.as_mut().map_or(Err(Fault::Panicked), f)
            }
            (_, None) => Err(Fault::Panicked),
        }
    }

    /// A lane that no other thread uses.
    fn take_lane(&'static self) -> Result<ThreadLane, Fault> {
        let mut pool = self.lanes.pool.lock().map_err(|_| Fault::Panicked)?;
        let found = loop {
            if self.is_lost() {
                return Err(Fault::Lost);
            }
            if let Some(lane) = pool.idle.pop() {
                break Some(lane);
            }
            if pool.own_made < pool.most_own {
                pool.own_made += 1;
                break None;
            }
            if let Some(lane) = pool.shared.pop() {
                break Some(lane);
            }
            if pool.shared_made < pool.most_shared {
                pool.shared_made += 1;
                drop(pool);
                return self.open_lane(Keeping::Borrowed).inspect_err(|_| self.lower(Keeping::Borrowed));
            }
            if pool.shared_made == 0 {
                return Err(Fault::Exhausted);
            }
            pool.waiting += 1;
            pool = self.lanes.returned.wait(pool).map_err(|_| Fault::Panicked)?;
            pool.waiting -= 1;
        };
        drop(pool);
        match found {
            Some(mut lane) => {
                lane.thread = Some(Thread::counted(self));
                Ok(lane)
            }
            None => match self.open_lane(Keeping::Own) {
                // As many as this process can have are there; those that are shared were spared for that.
                Err(Fault::Exhausted) => {
                    self.lower(Keeping::Own);
                    self.take_lane()
                }
                opened => opened,
            },
        }
    }

    /// There can be no more lanes of a kind than there are.
    fn lower(&self, keeping: Keeping) {
        if let Ok(mut pool) = self.lanes.pool.lock() {
            let Pool { own_made, shared_made, most_own, most_shared, .. } = &mut *pool;
            let (made, most) = match keeping {
                Keeping::Own => (own_made, most_own),
                Keeping::Borrowed => (shared_made, most_shared),
            };
            *made = made.saturating_sub(1);
            *most = *made;
        }
        self.lanes.returned.notify_all();
    }

    fn open_lane(&'static self, keeping: Keeping) -> Result<ThreadLane, Fault> {
        let thread = Some(Thread::counted(self));
        let lane = match self.first_lane.lock().ok().and_then(|mut first| first.take()) {
            Some(lane) => lane,
            None => {
                let lane = self.keeper.open_lane(self.transport).map_err(|error| match error {
                    OpenError::Lost => self.lose(),
                    OpenError::Local(_) => Fault::Exhausted,
                })?;
                if self.regions.populates() {
                    lane.populate().map_err(|_| Fault::Exhausted)?;
                }
                lane
            }
        };
        Ok(ThreadLane {
            session: self,
            generation: self.generation,
            keeping,
            holds: 0,
            lane,
            inbox: Inbox::new(),
            out: AlignedVec::new(),
            arena: Arena::new(),
            line: self.lines.open()?,
            thread,
        })
    }

    /// A lane is not used any more.
    fn park(&'static self, mut lane: ThreadLane) {
        lane.thread = None;
        if self.is_lost() {
            return;
        }
        let Ok(mut pool) = self.lanes.pool.lock() else { return };
        match lane.keeping {
            Keeping::Borrowed => pool.shared.push(lane),
            Keeping::Own if pool.idle.len() < MOST_IDLE || pool.waiting > 0 => pool.idle.push(lane),
            Keeping::Own => {
                pool.own_made = pool.own_made.saturating_sub(1);
                drop(pool);
                drop(lane);
                return;
            }
        }
        let waiting = pool.waiting > 0;
        drop(pool);
        if waiting {
            self.lanes.returned.notify_one();
        }
    }
}

/// How long a thread has a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// As long as it lives.
    Own,
    /// For a call.
    Borrowed,
}

/// A thread's lane of a session.
pub struct ThreadLane {
    session: &'static Session,
    generation: u32,
    keeping: Keeping,
    /// Calls under way that keep a borrowed one.
    holds: u32,
    pub lane: Box<dyn Lane>,
    pub inbox: Inbox,
    pub out: AlignedVec,
    pub arena: Arena,
    pub line: Arc<Line>,
    thread: Option<Thread>,
}

impl Drop for ThreadLane {
    fn drop(&mut self) {
        if self.session.is_here() {
            self.session.lines.close(Arc::clone(&self.line));
        }
    }
}

/// A thread that is counted among those of a session.
struct Thread(&'static Session);

impl Thread {
    fn counted(session: &'static Session) -> Self {
        if let Ok(mut threads) = session.threads.lock() {
            *threads += 1;
        }
        Self(session)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if self.0.is_here()
            && let Ok(mut threads) = self.0.threads.lock()
        {
            *threads = threads.saturating_sub(1);
        }
    }
}

/// Where a thread has its lane of an API's session.
struct Place(Option<ThreadLane>);

impl Place {
    /// The thread is between calls, or in the midst of one.
    #[inline]
    fn rest(&mut self) {
        if self.0.as_ref().is_some_and(|lane| lane.keeping == Keeping::Borrowed && lane.holds == 0) {
            self.leave();
        }
    }

    #[cold]
    fn leave(&mut self) {
        if let Some(lane) = self.0.take()
            // In a forked child it is a copy of the parent's, whose locks another thread may have held.
            && lane.session.is_here()
        {
            let session = lane.session;
            session.park(lane);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A thread's end is not to be cut short by a cancellation that waits for it.
        cancel::off(|| self.leave());
    }
}

thread_local! {
    /// By the index of the API.
    static LANES: RefCell<[Place; api::COUNT]> = const { RefCell::new([const { Place(None) }; api::COUNT]) };
}
