//! Transfers whose command goes on after the call: when it has completed, the shim is told in every reply until it has
//! said that it took the data.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ThreadId;

use ava_protocol::frame::{Malformed, Notice};
use ava_transport::region::Region;

use crate::session::Session;

/// Most transfers at once: the shim keeps fewer.
const MOST: usize = 6000;

/// What is to be done when the command of a transfer has completed, before the shim is told.
pub type Finish = Box<dyn FnOnce() + Send>;

struct Transfer {
    id: u64,
    queue: u64,
    event: usize,
    /// Whether the event's reference is ours, rather than the program's.
    owned: bool,
    /// Keeps the memory that the vendor uses.
    _region: Option<Arc<Region>>,
    finish: Option<Finish>,
    /// `None` while the command goes on; then whether it failed.
    done: Option<bool>,
    /// Commands of the queue complete in order.
    ordered: bool,
    /// Who made it. Only of one thread's transfers is it known that they were enqueued in the order they are listed in.
    thread: ThreadId,
}

#[derive(Default)]
pub struct Pending {
    transfers: Mutex<Vec<Transfer>>,
    count: AtomicUsize,
}

impl Pending {
    #[allow(clippy::too_many_arguments)]
    pub fn insert(
        &self,
        session: &Session,
        id: u64,
        queue: u64,
        event: *mut std::ffi::c_void,
        programs_event: bool,
        region: Option<Arc<Region>>,
        finish: Option<Finish>,
    ) -> Result<(), Malformed> {
        let ordered = session.api.events().is_ordered(session, queue);
        let Ok(mut transfers) = self.transfers.lock() else {
            return Ok(());
        };
        if transfers.len() >= MOST {
            return Err(Malformed::TooMany { what: "pending transfers", limit: MOST as u64 });
        }
        if transfers.iter().any(|t| t.id == id) {
            return Err(Malformed::Pending(id));
        }
        let event = event as usize;
        let owned = !programs_event;
        let thread = std::thread::current().id();
        transfers.push(Transfer { id, queue, event, owned, _region: region, finish, done: None, ordered, thread });
        self.count.store(transfers.len(), Ordering::Release);
        Ok(())
    }

    /// A transfer has failed before there was a command.
    pub fn fail(&self, id: u64) {
        if let Ok(mut transfers) = self.transfers.lock()
            && transfers.len() < MOST
            && transfers.iter().all(|t| t.id != id)
        {
            let done = Some(true);
            transfers.push(Transfer {
                id,
                queue: 0,
                event: 0,
                owned: false,
                _region: None,
                finish: None,
                done,
                ordered: false,
                thread: std::thread::current().id(),
            });
            self.count.store(transfers.len(), Ordering::Release);
        }
    }

    /// The program is about to release an event for the last time: transfers that go by it keep it.
    pub fn adopt(&self, session: &Session, event: usize) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let Ok(mut transfers) = self.transfers.lock() else {
            return;
        };
        for transfer in transfers.iter_mut().filter(|t| t.event == event && !t.owned && t.done.is_none()) {
            session.api.events().retain(event);
            transfer.owned = true;
        }
    }

    /// Tells of every transfer that has completed and is not taken yet.
    pub fn notices(&self, session: &Session, out: &mut Vec<Notice>) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let Ok(mut transfers) = self.transfers.lock() else {
            return;
        };
        let mut waiting: Vec<(u64, ThreadId)> = Vec::new();
        for transfer in transfers.iter_mut() {
            if transfer.done.is_none() && !waiting.contains(&(transfer.queue, transfer.thread)) {
                transfer.done = session.api.events().outcome(transfer.event);
                match transfer.done {
                    Some(failed) => {
                        if let (Some(finish), false) = (transfer.finish.take(), failed) {
                            finish();
                        }
                        if transfer.owned {
                            session.api.events().release(transfer.event);
                        }
                    }
                    None if transfer.ordered => waiting.push((transfer.queue, transfer.thread)),
                    None => (),
                }
            }
            if let Some(failed) = transfer.done {
                out.push(Notice::Completed { pending: transfer.id, failed });
            }
        }
    }

    /// The shim has the data.
    pub fn taken(&self, id: u64) {
        let Ok(mut transfers) = self.transfers.lock() else {
            return;
        };
        if let Some(at) = transfers.iter().position(|t| t.id == id && t.done.is_some()) {
            transfers.remove(at);
            self.count.store(transfers.len(), Ordering::Release);
        }
    }

    /// Waits for the command of a transfer.
    pub fn wait(&self, session: &Session, id: u64) -> Result<(), Malformed> {
        let event = {
            let Ok(transfers) = self.transfers.lock() else {
                return Ok(());
            };
            // One that was taken meanwhile, by another thread's reply, needs no waiting.
            let Some(transfer) = transfers.iter().find(|t| t.id == id) else {
                return Ok(());
            };
            if transfer.done.is_some() {
                return Ok(());
            }
            session.api.events().retain(transfer.event);
            transfer.event
        };
        session.api.events().wait(event);
        session.api.events().release(event);
        Ok(())
    }

    /// Whether the command of a transfer has completed, and its `finish` has run. If not, `finish` never will.
    pub fn settle(&self, session: &Session, id: u64) -> bool {
        self.notices(session, &mut Vec::new());
        let Ok(mut transfers) = self.transfers.lock() else {
            return true;
        };
        match transfers.iter_mut().find(|t| t.id == id && t.done.is_none()) {
            Some(transfer) => {
                transfer.finish = None;
                false
            }
            None => true,
        }
    }
}
