//! What the broker's loop tells the pacer's thread, and hears of it.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ava_scheduler::Terms;
use ava_transport::region::Region;

use crate::clock::ProcessorClock;
use crate::leash::Leash;

/// What the broker's loop tells the thread.
pub enum Order {
    Enter(Box<Entry>),
    Terms(Arc<str>, Terms),
    Leave(u64),
}

/// A session whose worker is to be paced.
pub struct Entry {
    pub session: u64,
    pub tenant: Arc<str>,
    pub terms: Terms,
    pub leash: Leash,
    pub clock: ProcessorClock,
    /// The session's page, and what its worker writes to when the page asks for it.
    pub page: Arc<Region>,
    pub bell: OwnedFd,
    pub held: Held,
}

/// For how long a session's work was held back.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<AtomicU64>);

impl Held {
    pub fn get(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    pub fn add(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}
