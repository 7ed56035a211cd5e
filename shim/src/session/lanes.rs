//! The lanes of a session, one for each thread that calls.

use std::cell::RefCell;
use std::os::fd::AsFd;
use std::sync::Arc;

use ava_protocol::upcall::OPEN_LANE;
use ava_transport::lane::{self, Inbox, Lane};
use ava_transport::message;
use rkyv::ser::allocator::Arena;
use rkyv::util::AlignedVec;

use super::Session;
use crate::apis;
use crate::fault::Fault;
use crate::lines::Line;

impl Session {
    /// The number of the thread's lane.
    pub fn line(&'static self) -> Result<u32, Fault> {
        self.with_lane(|lane| Ok(lane.line.number))
    }

    /// Runs `f` with the thread's lane, which is made if there is none. A thread that is ending gets one for the call.
    pub(super) fn with_lane<R>(&'static self, f: impl FnOnce(&mut ThreadLane) -> Result<R, Fault>) -> Result<R, Fault> {
        let mut f = Some(f);
        let tried = LANES.try_with(|lanes| {
            let mut lanes = lanes.try_borrow_mut().ok()?;
            let slot = &mut lanes[self.slot.index];
            let f = f.take()?;
            let current = slot.as_ref().is_some_and(|lane| lane.generation == self.generation);
            if !current {
                *slot = match self.open_lane() {
                    Ok(lane) => Some(lane),
                    Err(fault) => return Some(Err(fault)),
                };
            }
            slot.as_mut().map(f)
        });
        match (tried, f) {
            (Ok(Some(result)), _) => result,
            (_, Some(f)) => f(&mut self.open_lane()?),
            (_, None) => Err(Fault::Panicked),
        }
    }

    fn open_lane(&'static self) -> Result<ThreadLane, Fault> {
        if self.is_lost() {
            return Err(Fault::Lost);
        }
        let counted = Thread::counted(self);
        let lane = match self.first_lane.lock().ok().and_then(|mut first| first.take()) {
            Some(lane) => lane,
            None => {
                let (lane, theirs) = lane::offer(self.transport).map_err(|_| Fault::Exhausted)?;
                if self.regions.populates() {
                    lane.populate().map_err(|_| Fault::Exhausted)?;
                }
                let theirs: Vec<_> = theirs.iter().map(AsFd::as_fd).collect();
                message::send(&*self.control()?, OPEN_LANE, &theirs).map_err(|_| self.lose())?;
                lane
            }
        };
        Ok(ThreadLane {
            generation: self.generation,
            lane,
            inbox: Inbox::new(),
            out: AlignedVec::new(),
            arena: Arena::new(),
            line: self.lines.open()?,
            thread: counted,
        })
    }
}

/// A thread's lane of a session.
pub(super) struct ThreadLane {
    generation: u32,
    pub lane: Box<dyn Lane>,
    pub inbox: Inbox,
    pub out: AlignedVec,
    pub arena: Arena,
    pub line: Arc<Line>,
    thread: Thread,
}

impl Drop for ThreadLane {
    fn drop(&mut self) {
        if self.thread.is_here() {
            self.thread.0.lines.close(Arc::clone(&self.line));
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

    /// In a forked child this is a copy of the parent's, whose locks another thread may have held.
    fn is_here(&self) -> bool {
        self.0.pid == rustix::process::getpid()
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if self.is_here()
            && let Ok(mut threads) = self.0.threads.lock()
        {
            *threads = threads.saturating_sub(1);
        }
    }
}

thread_local! {
    /// By the index of the API.
    static LANES: RefCell<[Option<ThreadLane>; apis::COUNT]> = const { RefCell::new([const { None }; apis::COUNT]) };
}
