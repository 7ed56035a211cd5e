//! Polls of commands: how far one has got is read from shared memory while the program polls, and never asked again once the
//! command is over.
//!
//! - **Invariant**: a command whose end the program can know of, because a call has returned or a callback was called, is
//!   not said to go on: what the board shows counts only if nothing was heard from the worker since it was asked.

use std::ffi::c_void;

use ava_protocol::engine::board::{ArchivedPolled, BYTES, Poll, Share};
use ava_protocol::engine::{ArchivedDone, opcode};
use ava_protocol::wire::Slice;

use crate::base::fault::Fault;
use crate::book::board::{self, Known};
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
    match board::known(note, session.heard()) {
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
    let heard = session.heard();
    let request = Poll { event: call.handle(event, kind) };
    let polled = call.transact_as(opcode::POLL, &request, |reply: &ArchivedPolled, _| {
        let (ret, status) = (reply.ret.to_native(), reply.status.to_native());
        (reply.ok, if reply.ok { Ok(status) } else { Err(ret) })
    })?;
    if let Ok(status) = polled {
        // The answer itself was heard, too.
        board::note(note, status, heard + 1);
    }
    Ok(Some(polled))
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
