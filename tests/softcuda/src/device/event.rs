//! Events: what was recorded last, and whether and when it was reached.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::handles::Handles;
use crate::cuda::{Result, Status};

pub static EVENTS: Handles<Event> = Handles::new();

/// `CU_EVENT_BLOCKING_SYNC`, `CU_EVENT_DISABLE_TIMING`, `CU_EVENT_INTERPROCESS`.
pub mod flags {
    pub const BLOCKING_SYNC: u32 = 1;
    pub const DISABLE_TIMING: u32 = 2;
    pub const INTERPROCESS: u32 = 4;
}

/// A point in a stream that is reached once.
#[derive(Default)]
pub struct Signal {
    reached: Mutex<Option<Instant>>,
    changed: Condvar,
}

impl Signal {
    pub fn set(&self) {
        self.lock().get_or_insert_with(Instant::now);
        self.changed.notify_all();
    }

    /// When it was reached.
    pub fn time(&self) -> Option<Instant> {
        *self.lock()
    }

    pub fn wait(&self) {
        let mut reached = self.lock();
        while reached.is_none() {
            reached = self.changed.wait(reached).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an event stands for.
#[derive(Clone, Default)]
pub enum Record {
    /// Nothing yet: it counts as reached.
    #[default]
    Nothing,
    /// A point in a stream.
    Point(Arc<Signal>),
    /// A place in a capture, by its number: the nodes that came last.
    Captured { capture: u64, nodes: Vec<usize> },
}

pub struct Event {
    pub handle: usize,
    pub context: usize,
    pub flags: u32,
    record: Mutex<Record>,
}

impl Event {
    pub fn new(handle: usize, context: usize, flags: u32) -> Self {
        Self { handle, context, flags, record: Mutex::default() }
    }

    pub fn record(&self) -> Record {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set(&self, record: Record) {
        *self.record.lock().unwrap_or_else(PoisonError::into_inner) = record;
    }

    /// Records it at a new point.
    pub fn renew(&self) -> Arc<Signal> {
        let signal = Arc::<Signal>::default();
        self.set(Record::Point(signal.clone()));
        signal
    }

    /// The point that it was recorded at; none if there was none.
    pub fn point(&self) -> Result<Option<Arc<Signal>>> {
        match self.record() {
            Record::Nothing => Ok(None),
            Record::Point(signal) => Ok(Some(signal)),
            Record::Captured { .. } => Err(Status::CAPTURED_EVENT),
        }
    }

    /// Milliseconds from an event to this one. `INVALID_HANDLE` if one was not recorded or has no time, `NOT_READY` if one is
    /// not reached.
    pub fn milliseconds_since(&self, start: &Event) -> Result<f32> {
        if (self.flags | start.flags) & flags::DISABLE_TIMING != 0 {
            return Err(Status::INVALID_HANDLE);
        }
        let time = |event: &Event| {
            let signal = event.point()?.ok_or(Status::INVALID_HANDLE)?;
            signal.time().ok_or(Status::NOT_READY)
        };
        let (start, end) = (time(start)?, time(self)?);
        let seconds = match end.checked_duration_since(start) {
            Some(forwards) => forwards.as_secs_f64(),
            None => -start.duration_since(end).as_secs_f64(),
        };
        Ok((seconds * 1e3) as f32)
    }
}
