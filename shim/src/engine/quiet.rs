//! Transfers of memory objects in regions by queues that are known to be empty: the program makes them itself, and nothing
//! crosses. The vendor has accepted a transfer of the same queue and of an object of the same class before.
//!
//! A blocking read leaves a queue that is in order empty. A vendor's blocking write may return before its command has completed.

use std::sync::atomic::AtomicU64;

use ava_protocol::engine::opcode;

use super::resident::Transfer;
use crate::base::fault::Fault;
use crate::base::readable::is_readable;
use crate::book::accepted::Key;
use crate::book::queues::{self, Seen};
use crate::session::Session;

/// The longest transfer that a thread makes while another that has begun to use the queue waits for it, in bytes.
const SHORT: usize = 64 << 10;

/// What is known before a transfer that crosses.
pub struct Crossing {
    /// What the vendor accepts with the transfer, if it does.
    key: Option<Key>,
    /// What was noted of a queue that is in order.
    seen: Option<Seen>,
}

/// Makes a transfer, which reads the object or `writes` it: `None` if it is done. `in_order` asks whether the queue is.
///
/// # Safety
/// The memory is as the vendor's API demands.
///
/// # Errors
/// The session is lost.
pub unsafe fn transfer(
    session: &'static Session,
    transfer: &Transfer,
    writes: bool,
    in_order: impl FnOnce() -> Result<bool, Fault>,
) -> Result<Option<Crossing>, Fault> {
    let nothing = Crossing { key: None, seen: None };
    let handles = &session.book.handles;
    let (of_queues, of_memory, _) = transfer.kinds;
    let is_plain = transfer.wait.0 == 0 && transfer.wait.1.is_null() && transfer.event.is_null();
    let (Some(queue), Some(object)) =
        (handles.find(transfer.queue, of_queues), handles.find(transfer.object, of_memory))
    else {
        return Ok(Some(nothing));
    };
    let Some(note) = handles.note(transfer.queue).filter(|_| !session.book.accepted.is_strict()) else {
        return Ok(Some(nothing));
    };
    let is_in_order = !writes && queues::is_in_order(note, in_order)?;
    let bytes = session.book.residents.bytes(object.id, transfer.offset, transfer.size);
    let key = (is_plain && bytes.is_some() && transfer.size > 0).then(|| {
        let mut key = session.book.accepted.key(if writes { opcode::WRITE_RESIDENT } else { opcode::READ_RESIDENT });
        key.mix(queue.id);
        key.mix(object.class);
        key
    });
    let Some(seen) = session.book.queues.unless_empty(note) else {
        if let (Some(key), Some(bytes)) = (key, bytes)
            && session.book.accepted.contains(key)
            // SAFETY: by the caller's promise; the object has as many bytes.
            && unsafe { copy(session, transfer, note, writes, bytes)? }
        {
            return Ok(None);
        }
        return Ok(Some(Crossing { key, seen: None }));
    };
    Ok(Some(Crossing { key, seen: is_in_order.then_some(seen) }))
}

/// Copies between the object's bytes and the program's memory while the queue is empty; `false` if that is not for this thread to do.
///
/// # Safety
/// The object has the transfer's bytes at `bytes`, `note` is the queue's, and the program's memory is as the vendor's API demands.
unsafe fn copy(
    session: &'static Session,
    transfer: &Transfer,
    note: &AtomicU64,
    writes: bool,
    bytes: *mut u8,
) -> Result<bool, Fault> {
    let Transfer { address, size, queue, .. } = *transfer;
    if writes && !is_readable(address as *const u8, size) {
        return Ok(false);
    }
    session.wait_for_memory(address, size as u64)?;
    let lane = session.lane()?;
    let Some(mark) = session.book.handles.user(queue) else { return Ok(false) };
    let copy = || {
        let program = address as *mut u8;
        let (from, to) = if writes { (program, bytes) } else { (bytes, program) };
        // SAFETY: by the caller's promise. Where the program's memory overlaps with the object's, which it may have mapped, the
        // bytes are moved as if there were memory between.
        unsafe { std::ptr::copy(from, to, size) };
    };
    let copy_alone = || session.book.queues.while_empty(note, mark, lane.number(), copy);
    if size <= SHORT {
        return Ok(copy_alone());
    }
    let mut done = false;
    session.alone(|| done = copy_alone());
    Ok(done)
}

impl Crossing {
    /// The vendor has accepted the transfer, which crossed.
    pub fn made(self, session: &Session, transfer: &Transfer) {
        if let Some(key) = self.key {
            session.book.accepted.insert(key);
        }
        if let Some(seen) = self.seen
            && let Some(note) = session.book.handles.note(transfer.queue)
        {
            session.book.queues.emptied(note, seen);
        }
    }
}
