//! Polls of commands: how far one has got is read from shared memory while the program polls. In an API whose events stand for one
//! command each, it is never asked again once the command is over.
//!
//! - **Invariant**: a command whose end the program can know of, because a call has returned or a callback was called, is
//!   not said to go on: what the board shows counts only if nothing was heard from the worker since it was asked.

use std::ffi::c_void;

use ava_protocol::engine::board::{ArchivedPolled, BYTES, OVER, Poll, Share};
use ava_protocol::engine::{ArchivedDone, opcode};
use ava_protocol::wire::Slice;
use rustix::time::{ClockId, clock_gettime};

use crate::base::fault::Fault;
use crate::book::board::{self, Known, Now};
use crate::call::Call;
use crate::session::Session;

/// What the vendor's function returns if it does not tell the status, else the status of the event's command. `None` if this
/// is to be asked in the usual way.
pub fn poll(session: &'static Session, event: *mut c_void, kind: u16) -> Result<Option<Result<i32, i32>>, Fault> {
    if session.book.accepted.is_strict() {
        return Ok(None);
    }
    let (Some(found), Some(note)) = (session.book.handles.find(event, kind), session.book.handles.note(event)) else {
        return Ok(None);
    };
    match board::known(note, now(session, 0)) {
        Known::Over(status) => return Ok(Some(Ok(status))),
        Known::Shown(noted) => {
            if let Some(status) = session.book.board.status(found.id) {
                board::answered(note, noted);
                return Ok(Some(Ok(status)));
            }
        }
        Known::Nothing => (),
    }
    let mut call = Call::begin(session, opcode::POLL);
    if !is_shared(&mut call)? {
        return Ok(None);
    }
    let before = now(session, 0);
    let request = Poll { event: call.handle(event, kind) };
    let polled = call.transact_as(opcode::POLL, &request, |reply: &ArchivedPolled, _| {
        let (ret, status) = (reply.ret.to_native(), reply.status.to_native());
        (reply.ok, if reply.ok { Ok(status) } else { Err(ret) })
    })?;
    if let Ok(status) = polled {
        // The answer itself was heard, too.
        board::note(note, status, Now { heard: before.heard + 1, ..before });
    }
    Ok(Some(polled))
}

/// What the vendor's function returns of an object, as `ask` hears it: `goes_on` while something does that the object was given.
/// As long as the board shows that, nobody asks. The object may be given something anew at any time.
pub fn asked<R: Copy + PartialEq>(
    session: &'static Session,
    object: *mut c_void,
    kind: u16,
    goes_on: R,
    ask: impl FnOnce() -> Result<R, Fault>,
) -> Result<R, Fault> {
    let handles = &session.book.handles;
    let (Some(found), Some(note)) = (handles.find(object, kind), handles.note(object)) else { return ask() };
    if session.book.accepted.is_strict() {
        return ask();
    }
    if let Known::Shown(noted) = board::known(note, now(session, time())) {
        if session.book.board.status(found.id).is_some() {
            board::answered(note, noted);
            return Ok(goes_on);
        }
        // It is asked about again, and nothing else has been heard since.
        if session.book.board.0.get().is_none() {
            is_shared(&mut Call::begin(session, opcode::SHARE_BOARD))?;
        }
    }
    let before = now(session, time());
    let answer = ask()?;
    match answer == goes_on {
        // That something goes on is no news: what was heard is the same, unless it was something else.
        true => board::note(note, OVER + 1, before),
        false => board::forget(note),
    }
    Ok(answer)
}

fn now(session: &Session, time: u64) -> Now {
    Now { heard: session.heard(), time }
}

/// The time in units of four milliseconds, which is about what this clock tells apart.
fn time() -> u64 {
    let now = clock_gettime(ClockId::MonotonicCoarse);
    (now.tv_sec as u64).wrapping_mul(250).wrapping_add(now.tv_nsec as u64 / 4_000_000)
}

/// Whether the worker has the board. It is given it first if it has not.
fn is_shared(call: &mut Call) -> Result<bool, Fault> {
    let session = call.session;
    let board = &session.book.board.0;
    if let Some(shared) = board.get() {
        return Ok(shared.is_some());
    }
    let Ok(mut lease) = session.book.regions.acquire(BYTES) else { return Ok(false) };
    let region = Slice { region: lease.id, offset: 0, len: BYTES, pending: 0 };
    let mut asked = Ok(());
    let shared = board.get_or_init(|| {
        call.announce(&mut lease);
        let shared = call.transact_as(opcode::SHARE_BOARD, &Share { region }, |_: &ArchivedDone, _| (true, ()));
        asked = shared;
        shared.is_ok().then_some(lease)
    });
    asked.map(|()| shared.is_some())
}
