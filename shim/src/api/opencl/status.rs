//! `clGetEventInfo`: how far a command has got is read from shared memory while the program polls, and never asked again
//! once the command is over.
//!
//! - **Invariant**: a command whose end the program can know of, because a call has returned or a callback was called, is
//!   not said to go on: what the board shows counts only if nothing was heard from the worker since it was asked.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use ava_protocol::opencl::constant::CL_EVENT_COMMAND_EXECUTION_STATUS;
use ava_protocol::opencl::custom::board::{ArchivedPolled, BYTES, OVER, Poll, Share, read, slot};
use ava_protocol::opencl::custom::{ArchivedStatus, own};
use ava_protocol::opencl::kind;
use ava_protocol::wire::Slice;

use super::state::{SLOT, State};
use crate::api::generated::opencl::marshal;
use crate::base::fault::Fault;
use crate::book::regions::Lease;
use crate::call::Call;
use crate::session::ApiSession;

/// The board, once the worker has it; `None` if there was no memory for it.
#[derive(Default)]
pub struct Board(OnceLock<Option<Lease>>);

/// What is noted of an event: [`IS_OVER`] and its status, or [`WAS_POLLED`], what had been heard then, and how often the
/// board has answered since.
const IS_OVER: u64 = 1 << 63;
const WAS_POLLED: u64 = 1 << 62;
const COUNT_BITS: u32 = 16;
/// Most answers of the board before the worker is asked again: a vendor may get on with its commands only when asked.
const MOST: u64 = 4096;

pub unsafe fn clGetEventInfo(
    event: *mut c_void,
    param_name: u32,
    param_value_size: usize,
    param_value: *mut c_void,
    param_value_size_ret: *mut usize,
) -> Result<i32, Fault> {
    let session = SLOT.current()?;
    let polls = param_name == CL_EVENT_COMMAND_EXECUTION_STATUS
        && param_value_size >= size_of::<i32>()
        && !param_value.is_null()
        && param_value_size_ret.is_null()
        && !session.book.accepted.is_strict();
    if polls && let Some((ret, status)) = poll(session, event)? {
        if ret == 0 {
            // SAFETY: the program passed the address of so many bytes, at least.
            unsafe { param_value.cast::<i32>().write_unaligned(status) };
        }
        return Ok(ret);
    }
    // SAFETY: the program vouches for its pointers.
    unsafe { marshal::clGetEventInfo(event, param_name, param_value_size, param_value, param_value_size_ret) }
}

/// What the vendor returns, and the status of the event's command. `None` if this is to be asked in the usual way.
fn poll(session: &'static ApiSession<State>, event: *mut c_void) -> Result<Option<(i32, i32)>, Fault> {
    let (Some(found), Some(note)) =
        (session.book.handles.find(event, kind::cl_event), session.book.handles.note(event))
    else {
        return Ok(None);
    };
    let noted = note.load(Ordering::Relaxed);
    if noted & IS_OVER != 0 {
        return Ok(Some((0, noted as i32)));
    }
    if noted & WAS_POLLED != 0
        && noted >> COUNT_BITS == polled(session.heard()) >> COUNT_BITS
        && noted & ((1 << COUNT_BITS) - 1) < MOST
        && let Some(status) = session.state.board.status(found.id)
    {
        // Not counted if another thread has noted something meanwhile, above all that the command is over.
        let _ = note.compare_exchange(noted, noted + 1, Ordering::Relaxed, Ordering::Relaxed);
        return Ok(Some((0, status)));
    }
    if !session.state.board.is_shared(session)? {
        return Ok(None);
    }
    let heard = session.heard();
    let mut call = Call::begin(session, own::POLL);
    let request = Poll { event: call.handle(event, kind::cl_event) };
    let (ret, status) = call.transact(&request, |reply: &ArchivedPolled, _| {
        let ret = reply.ret.to_native();
        (ret == 0, (ret, reply.status.to_native()))
    })?;
    if ret == 0 {
        // The answer itself was heard, too.
        let noted = if status > OVER { polled(heard + 1) } else { IS_OVER | u64::from(status as u32) };
        note.store(noted, Ordering::Relaxed);
    }
    Ok(Some((ret, status)))
}

fn polled(heard: u64) -> u64 {
    WAS_POLLED | heard << COUNT_BITS & (WAS_POLLED - 1)
}

impl Board {
    /// The session is lost: nothing is written there any more.
    pub fn close(&self) {
        self.0.get().into_iter().flatten().for_each(|lease| lease.region.discard());
    }

    /// How far a command has got that goes on, if the board shows it.
    fn status(&self, event: u64) -> Option<i32> {
        let lease = self.0.get()?.as_ref()?;
        let (shown, status) = read(lease.region.word(slot(event))?.load(Ordering::Acquire));
        (shown == event && status > OVER).then_some(status)
    }

    /// Whether the worker has the board. It is given it first if it has not.
    fn is_shared(&self, session: &'static ApiSession<State>) -> Result<bool, Fault> {
        if let Some(shared) = self.0.get() {
            return Ok(shared.is_some());
        }
        let Ok(mut lease) = session.book.regions.acquire(BYTES) else { return Ok(false) };
        let mut call = Call::begin(session, own::SHARE_BOARD);
        call.announce(&mut lease);
        let region = Slice { region: lease.id, offset: 0, len: BYTES, pending: 0 };
        let mut asked = Ok(());
        let shared = self.0.get_or_init(|| {
            let shared = call.transact(&Share { region }, |_: &ArchivedStatus, _| (true, ()));
            asked = shared;
            shared.is_ok().then_some(lease)
        });
        asked.map(|()| shared.is_some())
    }
}
