//! A session with a worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use ava_protocol::api::{APIS, Api, Work};
use ava_protocol::frame::Notice;

use super::listener::Listener;
use crate::base::fault::Fault;
use crate::book::callbacks::Deliver;
use crate::book::regions::Lease;
use crate::book::{Book, Shared};
use crate::port::Port;
use crate::port::connect::Connection;

/// What an API adds to a session, for the code that is common to all.
pub trait Hooks: Send + Sync {
    /// An object is gone about which something is remembered. Returns the regions that were kept for it.
    fn forget(&self, _id: u64) -> Vec<Lease> {
        Vec::new()
    }

    /// The status of a call in the session once it is lost, where it is not the table's.
    fn when_lost(&self) -> Option<i64> {
        None
    }

    /// What is known beforehand, where the success of one-way calls depends on more than their arguments.
    fn foresight(&self) -> Option<&dyn Foresight> {
        None
    }

    /// The session is lost: memory that the program does not look at is given back.
    fn close(&self) {}
}

/// What an API knows beforehand, so that a call which does not fail need not wait.
pub trait Foresight: Send + Sync {
    /// What else the success of a one-way call depends on, as a number; `None` if it is not to be sent without waiting.
    /// `in_place`: the vendor takes its data where the program has it.
    fn standing(&self, work: Work, in_place: bool) -> Option<u64>;

    /// What the answers depend on that do not change as long as it is the same, besides what calls name; `None` if that is not known.
    fn place(&self) -> Option<u64>;

    /// Whether a release may be sent without waiting.
    fn releases(&self) -> bool;

    /// What memory it is of which `len` bytes at an address are used, as a number; `None` if that is not known.
    fn extent(&self, address: u64, len: u64) -> Option<u64>;

    /// What memory it is that begins at an address.
    fn freed(&self, address: u64) -> Option<u64>;

    /// A call was made that names this object first, or none (0): with `quiet`, nobody waits for it, and all that it needs went
    /// along.
    fn sent(&self, work: Work, first: u64, quiet: bool);
}

/// A session with a worker.
pub struct Session {
    pub api: &'static Api,
    /// What the process's sessions with the API have in common.
    pub shared: &'static Shared,
    pub port: Port,
    pub book: Book,
    pub listener: Listener,
    pub hooks: &'static dyn Hooks,
    pub foresight: Option<&'static dyn Foresight>,
    pub deliver: Deliver,
    /// Tells this process's session from those before it and from those of its ancestors.
    pub generation: u32,
    /// How often the worker was heard, but for replies that are no news.
    heard: AtomicU64,
}

impl Session {
    /// A session that has just begun.
    pub fn new(
        api: &'static Api,
        shared: &'static Shared,
        connection: Connection,
        hooks: &'static dyn Hooks,
        deliver: Deliver,
    ) -> Self {
        static GENERATION: AtomicU32 = AtomicU32::new(0);
        let generation = GENERATION.fetch_add(1, Ordering::Relaxed) + 1;
        let (populate, memory) = (connection.begun.populate, connection.begun.memory);
        let book = Book::new(shared, generation, api.kinds, Arc::clone(&connection.keeper), populate, memory);
        let index = APIS.iter().position(|known| known.number == api.number).unwrap_or_default();
        let port = Port::new(connection, index);
        let (listener, heard) = (Listener::default(), AtomicU64::new(0));
        let foresight = hooks.foresight();
        Self { api, shared, port, book, listener, hooks, foresight, deliver, generation, heard }
    }

    /// Whether the worker is gone.
    #[inline]
    pub fn is_lost(&self) -> bool {
        self.port.is_lost()
    }

    /// What calls fail with once the session is lost.
    pub fn fault(&self) -> Fault {
        self.hooks.when_lost().map_or(Fault::Lost, Fault::Status)
    }

    /// A function's name, for the log; requests that belong to no function have none.
    pub fn name(&self, opcode: u32) -> &'static str {
        self.api.functions.get(opcode as usize).copied().unwrap_or("a request of no function")
    }

    /// How often a call has returned that may tell of what has ended, or a callback was called.
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// An object is gone. Returns regions to tell the worker to drop.
    pub fn forget(&self, id: u64) -> Vec<u32> {
        if !self.book.forget(id) {
            return Vec::new();
        }
        self.forget_notes(id).into_iter().flat_map(|lease| self.book.regions.release(lease)).collect()
    }

    /// What is remembered of an object is not needed any more. The regions that were kept for it.
    pub fn forget_notes(&self, id: u64) -> Vec<Lease> {
        let mut leases = self.hooks.forget(id);
        leases.extend(self.book.mirrors.forget(id));
        if self.is_lost() {
            self.book.mappings.forget_lost(id);
            leases.extend(self.book.residents.forget_lost(id));
        } else {
            self.book.residents.forget(id);
        }
        leases
    }

    /// Acts on the notices of a reply or a callback. Returns regions to tell the worker to drop.
    pub fn apply(&self, notices: impl Iterator<Item = Notice>) -> Vec<u32> {
        self.heard.fetch_add(1, Ordering::Relaxed);
        let regions = &self.book.regions;
        let mut dropped = Vec::new();
        for notice in notices {
            match notice {
                Notice::Completed { pending, failed } => {
                    dropped.extend(self.book.pending.complete(pending, failed, regions));
                }
                Notice::Gone { object } => dropped.extend(self.forget(object)),
                Notice::Vacant { place } => {
                    let vacated = self.book.residents.vacate(place).map(|lease| regions.release(lease));
                    dropped.extend(vacated.unwrap_or_default());
                }
                Notice::Taken { .. } | Notice::After { .. } | Notice::Said { .. } => (),
            }
        }
        dropped
    }

    /// Whether only one thread has called, or is still there of those that have.
    pub fn is_alone(&self) -> bool {
        self.port.lanes.is_used_by_one()
    }

    /// Runs `f` while only one thread calls: another that begins to waits for it. `false` if it has begun already.
    pub fn alone(&self, f: impl FnOnce()) -> bool {
        self.port.lanes.while_used_by_one(f)
    }
}
