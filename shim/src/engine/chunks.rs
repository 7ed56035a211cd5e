//! Transfers that wait: of memory objects in regions by the program itself; long ones of others in chunks. While the vendor
//! copies one chunk, the program copies the next. Few of them are on their way at a time, so that their regions stay in the
//! processor's cache.

use std::collections::VecDeque;
use std::ffi::c_void;

use super::resident::Transfer;
use crate::base::fault::Fault;
use crate::session::Session;

/// The shortest transfer that goes in chunks, in bytes, and how much of it goes at once.
const WORTHWHILE: usize = 16 << 20;
const CHUNK: usize = 1 << 20;
/// Chunks on their way.
const DEPTH: usize = 4;

/// What an API has for a queue's commands.
pub struct Commands<E, F, R> {
    /// Makes a part of the transfer, and waits for it if it is to: the vendor's status.
    pub enqueue: E,
    /// Has the vendor begin with what was enqueued.
    pub flush: F,
    /// Gives an event back that the program has not seen.
    pub release: R,
    /// The status of success, and that of a transfer whose command has failed.
    pub ok: i32,
    pub failed: i32,
}

/// Makes a transfer that waits, and writes the object or reads it: the vendor's status; `None` if it is to be made in the usual
/// way.
///
/// # Safety
/// The memory and the wait list are as the vendor's API demands.
pub unsafe fn transfer<E, F, R>(
    session: &'static Session,
    whole: &Transfer,
    writes: bool,
    commands: &Commands<E, F, R>,
) -> Result<Option<i32>, Fault>
where
    E: Fn(&Transfer, bool) -> Result<i32, Fault>,
    F: Fn(*mut c_void) -> Result<i32, Fault>,
    R: Fn(*mut c_void) -> Result<i32, Fault>,
{
    let release = |event| {
        let _ = (commands.release)(event);
    };
    // SAFETY: by the caller's promise.
    let status = unsafe {
        if writes {
            session.wait_for_memory(whole.address, whole.size as u64)?;
            whole.write(session, release)?
        } else {
            whole.read(session, release)?
        }
    };
    match status {
        Some(status) => Ok(Some(status as i32)),
        None => in_chunks(session, whole, commands),
    }
}

/// Makes a transfer chunk by chunk, and waits for the last; `None` if it is to be made in one go.
fn in_chunks<E, F, R>(
    session: &'static Session,
    whole: &Transfer,
    commands: &Commands<E, F, R>,
) -> Result<Option<i32>, Fault>
where
    E: Fn(&Transfer, bool) -> Result<i32, Fault>,
    F: Fn(*mut c_void) -> Result<i32, Fault>,
{
    // Nobody else may see a part of it done, and an event's times would be those of the last chunk.
    let alone = session.is_alone() && !session.book.accepted.is_strict() && whole.event.is_null();
    let object = session.book.handles.find(whole.object, whole.kinds.1);
    let fits = object.is_some_and(|found| session.book.residents.reaches(found.id, whole.offset, whole.size));
    if whole.size < WORTHWHILE || !alone || !fits {
        return Ok(None);
    }
    let failures = session.book.pending.failures();
    let mut on_their_way = VecDeque::with_capacity(DEPTH);
    let mut done = 0;
    loop {
        let size = CHUNK.min(whole.size - done);
        let chunk = Transfer { offset: whole.offset + done, size, address: whole.address + done, ..*whole };
        done += size;
        let is_last = done == whole.size;
        let status = (commands.enqueue)(&chunk, is_last)?;
        if status != commands.ok || is_last {
            let failed = session.book.pending.failures() != failures;
            return Ok(Some(if failed && status == commands.ok { commands.failed } else { status }));
        }
        on_their_way.push_back(session.book.pending.latest());
        (commands.flush)(whole.queue)?;
        if on_their_way.len() == DEPTH
            && let Some(oldest) = on_their_way.pop_front()
        {
            session.wait_for_transfer(oldest)?;
        }
    }
}
