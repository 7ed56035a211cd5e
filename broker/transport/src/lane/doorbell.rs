//! Doorbells: how this process's other threads wake an end of a lane that sleeps.

use std::sync::Arc;

use super::memory::Memory;
use super::wait::{self, FOR_FRAMES};

/// Makes a sleeping `recv` check for frames again, also for those sent with [`Wake::Later`].
///
/// The `recv` sees every frame that the peer had sent before the ringing thread learned of it.
#[derive(Debug, Clone)]
pub struct Doorbell(pub(super) Option<Bell>);

impl Doorbell {
    /// Costs a system call only if the end says that it sleeps.
    pub fn ring(&self) {
        if let Some(bell) = &self.0 {
            bell.ring();
        }
    }

    /// Whether both ring at the same end of a lane with rings.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(&one.memory, &other.memory) && one.side == other.side,
            _ => false,
        }
    }

    /// The peer will send no more: a `recv` returns the frames that it has sent, and then reports that the peer is gone. (A
    /// socket reports this itself.)
    pub fn hang_up(&self) {
        if let Some(bell) = &self.0 {
            bell.hang_up();
        }
    }
}

/// The doorbell of one end of a ring lane.
#[derive(Debug, Clone)]
pub struct Bell {
    pub(super) memory: Arc<Memory>,
    pub(super) side: usize,
}

impl Bell {
    fn ring(&self) {
        if self.memory.is_mapped() {
            wait::wake(&self.memory.end(self.side).sleep.0, FOR_FRAMES);
        }
    }

    /// Records that the peer will send no more, and wakes the end whatever the peer may have written to its sleep word.
    fn hang_up(&self) {
        self.memory.set_over();
        if self.memory.is_mapped() {
            wait::rouse(&self.memory.end(self.side).sleep.0);
        }
    }
}
