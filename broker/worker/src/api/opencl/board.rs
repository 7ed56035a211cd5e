//! The status of commands where the shim sees it: a program that polls an event is answered from shared memory.
//!
//! An event is shown once it was polled while its command went on. From then on the vendor's callbacks write down what the
//! command has reached.
//!
//! - **Invariant**: what the board says is never relied on here: the shim can write to it.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use ava_protocol::frame::Malformed;
use ava_protocol::opencl::constant::CL_EVENT_COMMAND_EXECUTION_STATUS;
use ava_protocol::opencl::custom::Status;
use ava_protocol::opencl::custom::board::{ArchivedPoll, ArchivedShare, BYTES, OVER, Polled, read, slot, word};
use ava_protocol::opencl::{kind, opcode};
use ava_transport::region::Region;

use crate::call::{Call, Outcome, Stop};
use crate::session::Session;

/// How often a callback tries to write when somebody else does too.
const TRIES: u32 = 16;

/// What a command comes to, one after the other.
const STAGES: [i32; 3] = [CL_SUBMITTED, CL_RUNNING, OVER];
const CL_SUBMITTED: i32 = 2;
const CL_RUNNING: i32 = 1;

#[derive(Default)]
pub struct Board(OnceLock<Arc<Region>>);

impl Board {
    fn of(&self, event: u64) -> Option<&AtomicU64> {
        self.0.get()?.word(slot(event))
    }
}

pub fn share(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "a board";
    let r = call.read::<ArchivedShare>(body, NAME)?;
    let region = call.session.regions.find(&r.region)?;
    let is_all = r.region.offset.to_native() == 0 && r.region.len.to_native() == BYTES;
    if !is_all || super::state(call.session).board.0.set(region).is_err() {
        return Err(Malformed::Body(NAME).into());
    }
    call.reply(&Status { ret: 0 })
}

pub fn poll(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clGetEventInfo";
    let r = call.read::<ArchivedPoll>(body, NAME)?;
    call.count(opcode::clGetEventInfo);
    let id = r.event.to_native();
    let event = call.handle(id, kind::cl_event)?;
    let info = super::vendor(call.session).clGetEventInfo.ok_or(Stop::Missing(NAME))?;
    let mut status = 0_i32;
    let null = std::ptr::null_mut();
    // SAFETY: a live event or null, and memory of the size that is named.
    let ret = unsafe { info(event, CL_EVENT_COMMAND_EXECUTION_STATUS, 4, (&raw mut status).cast(), null) };
    if ret == 0 && status > OVER {
        publish(call.session, id, event, status);
    }
    call.reply(&Polled { ret, status })
}

/// Shows the status of an event, now and when it changes, unless the place is taken.
fn publish(session: &'static Session, id: u64, event: *mut c_void, status: i32) {
    let (Some(slot), Some(set_callback)) =
        (super::state(session).board.of(id), super::state(session).vendor.clSetEventCallback)
    else {
        return;
    };
    let (shown, reached_by_it) = read(slot.load(Ordering::Relaxed));
    let is_taken = shown == id || (reached_by_it > OVER && session.objects.pointer(shown).is_some());
    if is_taken {
        return;
    }
    super::SESSION.get_or_init(|| session);
    slot.store(word(id, status), Ordering::Release);
    for next in STAGES.into_iter().filter(|next| *next < status) {
        // SAFETY: the event is alive; the callback takes its id as user data.
        unsafe { set_callback(event, next, Some(reached), id as *mut c_void) };
    }
}

/// A command has got so far, or failed.
unsafe extern "C" fn reached(_event: *mut c_void, status: i32, id: *mut c_void) {
    let id = id as u64;
    let Some(slot) = super::SESSION.get().and_then(|session| super::state(session).board.of(id)) else { return };
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
