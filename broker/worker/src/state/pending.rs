//! Transfers whose command goes on after the call: when it has completed, the shim is told in every reply until it has
//! said that it took the data.
//!
//! - **Invariant**: who is told of a transfer finds its data in place: it was copied before.
//! - **Invariant**: the vendor is asked, and data is copied, outside of the lock. Who needs a transfer that another thread is
//!   at waits for that one only.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::ThreadId;

use ava_protocol::frame::{Malformed, Notice};
use ava_transport::region::Region;

use super::events::Events;

/// Most transfers at once: the shim keeps fewer.
const MOST: usize = 6000;

/// What is to be done when the command of a transfer has completed, before the shim is told.
pub type Finish = Box<dyn FnOnce() + Send>;

/// A transfer that begins.
pub struct New {
    /// The shim's number for it.
    pub id: u64,
    /// The queue's id, and the vendor's pointer to it, if it is one.
    pub queue: u64,
    pub queue_pointer: Option<usize>,
    /// The vendor's event of the command.
    pub event: usize,
    /// Whether the program holds the event, so that the reference is not the transfer's.
    pub is_programs: bool,
    /// The memory that the vendor uses.
    pub region: Option<Arc<Region>>,
    pub finish: Option<Finish>,
}

struct Transfer {
    /// Counts up in the order of the list.
    number: u64,
    id: u64,
    queue: u64,
    event: usize,
    /// Whether the event's reference is the transfer's, rather than the program's.
    owned: bool,
    /// Keeps the memory that the vendor uses.
    _region: Option<Arc<Region>>,
    finish: Option<Finish>,
    /// `None` while the command goes on; then whether it failed.
    done: Option<bool>,
    /// A thread asks the vendor or copies.
    busy: bool,
    /// Commands of the queue complete in order.
    ordered: bool,
    /// Who made it. Only of one thread's transfers is it known that they were enqueued in the order they are listed in.
    thread: ThreadId,
}

type Guard<'a> = MutexGuard<'a, Vec<Transfer>>;

#[derive(Default)]
pub struct Pending {
    transfers: Mutex<Vec<Transfer>>,
    /// A transfer is no longer busy.
    idle: Condvar,
    count: AtomicUsize,
}

impl Pending {
    /// A transfer begins.
    ///
    /// # Errors
    /// There are too many, or its number is taken.
    pub fn insert(&self, events: &dyn Events, new: New) -> Result<(), Malformed> {
        let ordered = new.queue_pointer.is_some_and(|queue| events.is_ordered(queue));
        let Ok(mut transfers) = self.transfers.lock() else {
            return Ok(());
        };
        if transfers.len() >= MOST {
            return Err(Malformed::TooMany { what: "pending transfers", limit: MOST as u64 });
        }
        if transfers.iter().any(|t| t.id == new.id) {
            return Err(Malformed::Pending(new.id));
        }
        let number = next_number(&transfers);
        transfers.push(Transfer {
            number,
            id: new.id,
            queue: new.queue,
            event: new.event,
            owned: !new.is_programs,
            _region: new.region,
            finish: new.finish,
            done: None,
            busy: false,
            ordered,
            thread: std::thread::current().id(),
        });
        self.count.store(transfers.len(), Ordering::Release);
        Ok(())
    }

    /// A transfer has failed before there was a command.
    pub fn fail(&self, id: u64) {
        if let Ok(mut transfers) = self.transfers.lock()
            && transfers.len() < MOST
            && transfers.iter().all(|t| t.id != id)
        {
            let number = next_number(&transfers);
            transfers.push(Transfer {
                number,
                id,
                queue: 0,
                event: 0,
                owned: false,
                _region: None,
                finish: None,
                done: Some(true),
                busy: false,
                ordered: false,
                thread: std::thread::current().id(),
            });
            self.count.store(transfers.len(), Ordering::Release);
        }
    }

    /// The program is about to release an event for the last time: transfers that go by it retain it.
    pub fn retain_event(&self, events: &dyn Events, event: usize) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let Ok(mut transfers) = self.transfers.lock() else {
            return;
        };
        for transfer in transfers.iter_mut().filter(|t| t.event == event && !t.owned && t.done.is_none()) {
            events.retain(event);
            transfer.owned = true;
        }
    }

    /// Tells of every transfer that has completed and is not taken yet.
    pub fn notices(&self, events: &dyn Events, out: &mut Vec<Notice>) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let Ok(mut transfers) = self.transfers.lock() else { return };
        // Queues, by thread, whose commands behind the one that goes on go on as well.
        let mut waiting: Vec<(u64, ThreadId)> = Vec::new();
        let mut at = 0;
        while let Some(transfer) = transfers.get_mut(at) {
            let (number, place) = (transfer.number, (transfer.queue, transfer.thread));
            if transfer.busy {
                // Whether it completes is that thread's to find out; what it completes has to be in place here as well.
                let Ok(guard) = self.idle.wait(transfers) else { return };
                transfers = guard;
                at = transfers.partition_point(|t| t.number < number);
                continue;
            }
            if transfer.done.is_none() && !waiting.contains(&place) {
                if transfer.ordered {
                    waiting.push(place);
                }
                let Some(guard) = self.ask(events, transfers, at) else { return };
                transfers = guard;
                at = transfers.partition_point(|t| t.number < number);
                if transfers[at].done.is_some() {
                    waiting.retain(|other| *other != place);
                }
            }
            if let Some(failed) = transfers[at].done {
                out.push(Notice::Completed { pending: transfers[at].id, failed });
            }
            at += 1;
        }
    }

    /// Asks the vendor about a transfer, and copies its data if it has completed, without the lock. `None` if that is broken.
    fn ask<'a>(&'a self, events: &dyn Events, mut transfers: Guard<'a>, at: usize) -> Option<Guard<'a>> {
        let transfer = &mut transfers[at];
        transfer.busy = true;
        let (number, event, mut finish) = (transfer.number, transfer.event, transfer.finish.take());
        drop(transfers);
        let done = events.outcome(event);
        if done == Some(false)
            && let Some(finish) = finish.take()
        {
            finish();
        }
        let mut transfers = self.transfers.lock().ok()?;
        // It is where it was, or further to the front: nobody takes a transfer that is not done.
        let at = transfers.partition_point(|t| t.number < number);
        let transfer = &mut transfers[at];
        transfer.busy = false;
        transfer.done = done;
        if done.is_none() {
            transfer.finish = finish;
        } else if transfer.owned {
            events.release(event);
        }
        self.idle.notify_all();
        Some(transfers)
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
    pub fn wait(&self, events: &dyn Events, id: u64) {
        let event = {
            let Ok(transfers) = self.transfers.lock() else { return };
            // One that was taken meanwhile, by another thread's reply, needs no waiting.
            let Some(transfer) = transfers.iter().find(|t| t.id == id && t.done.is_none()) else { return };
            events.retain(transfer.event);
            transfer.event
        };
        events.wait(event);
        events.release(event);
    }

    /// Whether the command of a transfer has completed, and its `finish` has run. If not, `finish` never will.
    pub fn finish_or_cancel(&self, events: &dyn Events, id: u64) -> bool {
        self.notices(events, &mut Vec::new());
        let Ok(transfers) = self.transfers.lock() else {
            return true;
        };
        let is_busy = |transfers: &mut Vec<Transfer>| transfers.iter().any(|t| t.id == id && t.busy);
        let Ok(mut transfers) = self.idle.wait_while(transfers, is_busy) else { return true };
        match transfers.iter_mut().find(|t| t.id == id && t.done.is_none()) {
            Some(transfer) => {
                transfer.finish = None;
                false
            }
            None => true,
        }
    }
}

fn next_number(transfers: &[Transfer]) -> u64 {
    transfers.last().map_or(0, |last| last.number + 1)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc::channel;

    use super::*;

    /// Events by number: how each command has ended, and how many references there are.
    #[derive(Default)]
    struct Vendor {
        outcomes: Mutex<Vec<(usize, Option<bool>)>>,
        references: Mutex<Vec<(usize, i32)>>,
        asked: AtomicUsize,
        unordered: bool,
    }

    impl Vendor {
        fn end(&self, event: usize, failed: bool) {
            self.outcomes.lock().unwrap().push((event, Some(failed)));
        }

        fn references(&self, event: usize) -> i32 {
            self.references.lock().unwrap().iter().filter(|(e, _)| *e == event).map(|(_, n)| n).sum()
        }
    }

    impl Events for Vendor {
        fn polled(&self) -> Option<(u16, u32)> {
            None
        }
        fn status(&self, _: usize) -> Result<i32, i32> {
            Err(-1)
        }
        fn notify(&self, _: usize, _: i32, _: super::super::events::Reached, _: *mut std::ffi::c_void) {}
        fn outcome(&self, event: usize) -> Option<bool> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.outcomes.lock().unwrap().iter().find(|(e, _)| *e == event).and_then(|(_, outcome)| *outcome)
        }
        fn retain(&self, event: usize) {
            self.references.lock().unwrap().push((event, 1));
        }
        fn release(&self, event: usize) {
            self.references.lock().unwrap().push((event, -1));
        }
        fn wait(&self, _: usize) -> bool {
            false
        }
        fn is_ordered(&self, _: usize) -> bool {
            !self.unordered
        }
    }

    fn new(id: u64, finish: Option<Finish>) -> New {
        let event = id as usize;
        New { id, queue: 1, queue_pointer: Some(0x10), event, is_programs: false, region: None, finish }
    }

    fn told(pending: &Pending, vendor: &Vendor) -> Vec<(u64, bool)> {
        let mut notices = Vec::new();
        pending.notices(vendor, &mut notices);
        let completed = |notice| match notice {
            Notice::Completed { pending, failed } => (pending, failed),
            other => panic!("{other:?}"),
        };
        notices.into_iter().map(completed).collect()
    }

    #[test]
    fn a_transfer_is_told_of_until_it_is_taken() {
        let (pending, vendor) = (Pending::default(), Vendor::default());
        pending.insert(&vendor, new(7, None)).unwrap();
        assert!(matches!(pending.insert(&vendor, new(7, None)), Err(Malformed::Pending(7))));
        assert_eq!(told(&pending, &vendor), []);
        pending.taken(7);
        vendor.end(7, false);
        assert_eq!((told(&pending, &vendor), told(&pending, &vendor)), (vec![(7, false)], vec![(7, false)]));
        assert_eq!(vendor.references(7), -1);
        pending.taken(7);
        assert_eq!(told(&pending, &vendor), []);
    }

    #[test]
    fn behind_a_command_that_goes_on_nothing_is_asked_where_there_is_an_order() {
        for (unordered, asked) in [(false, 1), (true, 3)] {
            let (pending, vendor) = (Pending::default(), Vendor { unordered, ..Vendor::default() });
            for id in 1..=3 {
                pending.insert(&vendor, new(id, None)).unwrap();
            }
            vendor.end(3, false);
            let wanted = if unordered { vec![(3, false)] } else { vec![] };
            assert_eq!((told(&pending, &vendor), vendor.asked.into_inner()), (wanted, asked));
        }
    }

    #[test]
    fn a_command_that_failed_copies_nothing_and_one_without_a_command_has_failed() {
        let (pending, vendor) = (Pending::default(), Vendor::default());
        let copied = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&copied);
        pending.insert(&vendor, new(1, Some(Box::new(move || flag.store(true, Ordering::Relaxed))))).unwrap();
        vendor.end(1, true);
        pending.fail(2);
        assert_eq!(told(&pending, &vendor), [(1, true), (2, true)]);
        assert!(!copied.load(Ordering::Relaxed));
    }

    #[test]
    fn a_cancelled_transfer_copies_nothing() {
        let (pending, vendor) = (Pending::default(), Vendor::default());
        let copied = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&copied);
        pending.insert(&vendor, new(1, Some(Box::new(move || flag.store(true, Ordering::Relaxed))))).unwrap();
        assert!(!pending.finish_or_cancel(&vendor, 1));
        vendor.end(1, false);
        assert!(pending.finish_or_cancel(&vendor, 1));
        assert!(!copied.load(Ordering::Relaxed));
    }

    #[test]
    fn an_event_that_the_program_releases_is_kept() {
        let (pending, vendor) = (Pending::default(), Vendor::default());
        pending.insert(&vendor, New { is_programs: true, ..new(1, None) }).unwrap();
        pending.retain_event(&vendor, 1);
        pending.retain_event(&vendor, 1);
        assert_eq!(vendor.references(1), 1);
        vendor.end(1, false);
        told(&pending, &vendor);
        assert_eq!(vendor.references(1), 0);
    }

    #[test]
    fn who_copies_keeps_only_those_waiting_who_need_it() {
        let (pending, vendor) = (Pending::default(), Vendor::default());
        let ((began, begins), (go, goes)) = (channel(), channel::<()>());
        let finish: Finish = Box::new(move || {
            began.send(()).unwrap();
            goes.recv().unwrap();
        });
        pending.insert(&vendor, new(1, Some(finish))).unwrap();
        vendor.end(1, false);
        std::thread::scope(|scope| {
            let copying = scope.spawn(|| told(&pending, &vendor));
            begins.recv().unwrap();
            // The lock is free meanwhile.
            pending.insert(&vendor, new(2, None)).unwrap();
            pending.retain_event(&vendor, 9);
            pending.fail(3);
            pending.taken(3);
            let telling = scope.spawn(|| told(&pending, &vendor));
            go.send(()).unwrap();
            // Whoever tells of it does so when the data is there, and it is copied once.
            assert_eq!((copying.join().unwrap(), telling.join().unwrap()), (vec![(1, false)], vec![(1, false)]));
        });
    }
}
