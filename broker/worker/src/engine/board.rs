//! The status of commands where the shim sees it: a program that polls an event is answered from shared memory.
//!
//! An event is shown once it was polled while its command went on. From then on the vendor's callbacks write down what the
//! command has reached.
//!
//! - **Invariant**: what the board says is never relied on here: the shim can write to it.

use std::ffi::c_void;
use std::sync::atomic::Ordering;

use ava_protocol::engine::board::{ArchivedPoll, ArchivedShare, BYTES, OVER, Polled, read, slot, word};
use ava_protocol::engine::{Done, opcode};
use ava_protocol::frame::Malformed;

use crate::call::{Call, Outcome};
use crate::session::{self, Session};
use crate::state::events::Events;

/// How often a callback tries to write when somebody else does too.
const TRIES: u32 = 16;

/// The shim gives a region for the board.
pub fn share(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "a board";
    let r = call.read::<ArchivedShare>(body, NAME)?;
    let region = call.session.regions.find(&r.region)?;
    let is_all = r.region.offset.to_native() == 0 && r.region.len.to_native() == BYTES;
    if !is_all || call.session.board.set(region).is_err() {
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
    let Some(slot) = session.board.get().and_then(|board| board.word(slot(id))) else { return };
    let (shown, reached_by_it) = read(slot.load(Ordering::Relaxed));
    let is_taken = shown == id || (reached_by_it > OVER && session.objects.pointer(shown).is_some());
    if is_taken {
        return;
    }
    slot.store(word(id, status), Ordering::Release);
    for next in (OVER..status).rev() {
        events.notify(event as usize, next, reached, id as *mut c_void);
    }
}

/// A command has got so far, or failed.
unsafe extern "C" fn reached(_event: *mut c_void, status: i32, id: *mut c_void) {
    let id = id as u64;
    let Some(slot) = session::of_process().and_then(|session| session.board.get()?.word(slot(id))) else { return };
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
