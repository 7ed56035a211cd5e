//! The status of commands where the shim sees it: a program that polls an event is answered from shared memory.
//!
//! An event is shown once it was polled while its command went on. From then on the vendor's callbacks write down what the
//! command has reached. In an API without such callbacks an object is shown that the program asks about again and again, if the API
//! can have the vendor tell when all is done that the object was given by then.
//!
//! - **Invariant**: what the board says is never relied on here: the shim can write to it.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::engine::board::{ArchivedPoll, ArchivedShare, BYTES, OVER, Polled, read, word};
use ava_protocol::engine::{Done, opcode};
use ava_protocol::frame::Malformed;

use crate::call::{Call, Outcome};
use crate::session::{self, Session};
use crate::state::board::Board;
use crate::state::events::Events;

/// How often a callback tries to write when somebody else does too.
const TRIES: u32 = 16;

/// The shim gives a region for the board.
pub fn share(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "a board";
    let r = call.read::<ArchivedShare>(body, NAME)?;
    let region = call.session.regions.find(&r.region)?;
    let is_all = r.region.offset.to_native() == 0 && r.region.len.to_native() == BYTES;
    if !is_all || call.session.board.set(Board::new(region)).is_err() {
        return Err(Malformed::Body(NAME).into());
    }
    call.reply(&Done {})
}

/// Asks the vendor how far a command has got, and shows it from then on.
pub fn poll(call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<ArchivedPoll>(body, "a poll")?;
    let events = call.events();
    let (kind, query) = events.polled().ok_or(Malformed::Opcode(opcode::POLL))?;
    call.count(query);
    call.session.ahead.watch();
    let id = r.event.to_native();
    let event = call.handle(id, kind)?;
    let (ok, ret, status) = match events.status(event as usize) {
        Ok(status) => (true, 0, status),
        Err(ret) => (false, ret, 0),
    };
    if ok && status > OVER {
        publish(call.session, events, id, event, status);
    }
    call.reply(&Polled { ok, ret, status })
}

/// Shows the status of an event, now and when it changes, unless the place is taken.
fn publish(session: &Session, events: &dyn Events, id: u64, event: *mut c_void, status: i32) {
    let Some(slot) = session.board.get().and_then(|board| board.word(id)) else { return };
    if read(slot.load(Ordering::Relaxed)).0 == id || is_taken(session, slot) {
        return;
    }
    slot.store(word(id, status), Ordering::Release);
    for next in (OVER..status).rev() {
        events.notify(event as usize, next, reached, id as *mut c_void);
    }
}

/// Whether a place shows what goes on for an object that is still there.
fn is_taken(session: &Session, slot: &AtomicU64) -> bool {
    let (shown, status) = read(slot.load(Ordering::Relaxed));
    status > OVER && session.objects.pointer(shown).is_some()
}

/// The vendor was asked whether something goes on for an object. If the program asks that again and again, the board shows it from
/// now on.
pub fn asked(call: &mut Call, id: u64, kind: u16, object: *mut c_void, goes_on: bool) {
    if goes_on {
        // Of what else the program asks about, what the board shows still counts.
        call.tells_no_news();
    }
    let Some(board) = call.session.board.get() else { return };
    if !goes_on {
        board.is_over(id);
        reach(id, OVER);
    } else if board.goes_on(id)
        && let Some(slot) = board.word(id)
        && !is_taken(call.session, slot)
    {
        // First, since the vendor may tell at once.
        slot.store(word(id, OVER + 1), Ordering::Release);
        if !call.hooks().tell_when_done(kind, object, done, id as *mut c_void) {
            slot.store(word(id, OVER), Ordering::Release);
        }
    }
}

/// All is done that an object was given when it was first shown.
unsafe extern "C" fn done(id: *mut c_void) {
    reach(id as u64, OVER);
}

/// A command has got so far, or failed.
unsafe extern "C" fn reached(_event: *mut c_void, status: i32, id: *mut c_void) {
    reach(id as u64, status);
}

/// Notes how far an object has got, if it is shown.
fn reach(id: u64, status: i32) {
    let Some(slot) = session::of_process().and_then(|session| session.board.get()?.word(id)) else { return };
    for _ in 0..TRIES {
        let current = slot.load(Ordering::Relaxed);
        // Callbacks may come in any order, and after the place has got another event.
        if read(current).0 != id || read(current).1 <= status.max(OVER) {
            return;
        }
        if slot.compare_exchange(current, word(id, status), Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            return;
        }
    }
}
