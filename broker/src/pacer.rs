//! Shares out the processors among the workers, which compute on them for their programs: who has used more than its share
//! pauses.
//!
//! Every worker takes part, whichever API it serves: a device that is a processor is used by nothing else, and a worker of
//! another device uses little of them. What each has used is read from outside ([`clock`](crate::clock)), and who is to pause
//! is stopped ([`leash`](crate::leash)), so that no worker can take more than it is given, whatever its program has it do.
//!
//! All of this is a thread of its own, which sleeps while at most one session computes. Then nothing is read, and no worker
//! tells anything.
//!
//! ```text
//!  the broker's loop ──Order──► this thread ──stop, go on──► workers
//!        session's held time ◄──        ▲──clocks, bells────────┘
//! ```
//!
//! - **Invariant:** where the processors have room for all, nobody pauses but for a cap.
//! - **Invariant:** a worker's word (its page, its bell) decides only when it is looked at, never what it has used. One that lies
//!   gets no more than its share.

mod order;
mod pulse;
mod runner;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;

use ava_scheduler::Terms;
use rustix::event::{EventfdFlags, eventfd};
use tracing::warn;

use order::Order;
use pulse::Pulse;

pub use order::{Entry, Held};

/// The thread, as the broker's loop knows it.
#[derive(Debug)]
pub struct Pacer {
    orders: Sender<Order>,
    wake: OwnedFd,
}

impl Pacer {
    /// Starts the thread.
    ///
    /// # Errors
    /// No thread or descriptor is left.
    pub fn start() -> io::Result<Self> {
        let wake = bell()?;
        let (orders, received) = mpsc::channel();
        let pulse = Pulse::new(wake.try_clone()?, received)?;
        thread::Builder::new().name("pacer".into()).spawn(move || pulse.run())?;
        Ok(Self { orders, wake })
    }

    /// A session begins.
    pub fn enter(&self, entry: Entry) {
        self.order(Order::Enter(Box::new(entry)));
    }

    /// A tenant's terms from now on.
    pub fn set_terms(&self, tenant: &Arc<str>, terms: Terms) {
        self.order(Order::Terms(Arc::clone(tenant), terms));
    }

    /// A session ends. Its worker was let off.
    pub fn leave(&self, session: u64) {
        self.order(Order::Leave(session));
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            return warn!("nobody shares out the processors any more");
        }
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }
}

/// A descriptor to ring by.
///
/// # Errors
/// No descriptor is left.
pub fn bell() -> io::Result<OwnedFd> {
    Ok(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?)
}
