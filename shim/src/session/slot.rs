//! An API in this process: its session, once a call has been made.

use std::any::Any;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use ava_protocol::api::Api;

use super::{Session, connect};
use crate::callbacks::Args;
use crate::handles::Entry;
use crate::regions::Lease;

/// What an API's hand-written code keeps of a session.
pub trait Own: Any + Send + Sync {
    /// An object is gone about which something is remembered. Returns the regions that were kept for it.
    fn forget(&self, _id: u64) -> Vec<Lease> {
        Vec::new()
    }

    /// The worker does not use a region any more that is kept here.
    fn vacate(&self, _region: u32) -> Option<Lease> {
        None
    }
}

/// One API's place in the process.
pub struct Slot {
    pub api: &'static Api,
    /// Its number among the APIs of this library.
    pub index: usize,
    /// Calls a callback of the program's by the number of its signature.
    pub deliver: unsafe fn(u32, usize, usize, &Args),
    /// What the first word of every handle points at.
    pub dispatch: &'static [Entry],
    /// Makes what is kept of a session.
    pub own: fn() -> Box<dyn Own>,
    state: AtomicPtr<State>,
    /// The session's control socket, for the child of a fork to close.
    pub(super) control: AtomicI32,
}

pub(super) struct State {
    pub session: OnceLock<Option<Session>>,
}

impl Slot {
    pub const fn new(
        index: usize,
        api: &'static Api,
        deliver: unsafe fn(u32, usize, usize, &Args),
        dispatch: &'static [Entry],
        own: fn() -> Box<dyn Own>,
    ) -> Self {
        Self {
            api,
            index,
            deliver,
            dispatch,
            own,
            state: AtomicPtr::new(std::ptr::null_mut()),
            control: AtomicI32::new(-1),
        }
    }

    /// A call's name, for the log; those beside the API's functions have none.
    pub fn name(&self, opcode: u32) -> &'static str {
        self.api.functions.get(opcode as usize).copied().unwrap_or("a call beside the functions")
    }

    /// The state, if there is one.
    pub(super) fn known(&self) -> Option<&'static State> {
        // SAFETY: states are leaked, so the pointer stays valid.
        unsafe { self.state.load(Ordering::Acquire).as_ref() }
    }

    /// The state, which is made if there is none.
    pub(super) fn state(&self) -> &'static State {
        if let Some(known) = self.known() {
            return known;
        }
        let fresh = Box::into_raw(Box::new(State { session: OnceLock::new() }));
        match self.state.compare_exchange(std::ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: just made, and leaked from here on.
            Ok(_) => unsafe { &*fresh },
            Err(other) => {
                // SAFETY: `fresh` was not published; `other` is a leaked state.
                unsafe {
                    drop(Box::from_raw(fresh));
                    &*other
                }
            }
        }
    }

    /// The session, which is begun if there is none; `None` if there will be none.
    pub(super) fn session(&'static self) -> Option<&'static Session> {
        self.state().session.get_or_init(|| connect::connect(self)).as_ref()
    }

    /// In a forked child: nothing of the parent's is left. Async-signal-safe.
    pub(super) fn leave_behind(&self) {
        self.state.store(std::ptr::null_mut(), Ordering::Release);
        let control = self.control.swap(-1, Ordering::Relaxed);
        if control >= 0 {
            // SAFETY: the descriptor is the child's copy of the parent's socket, which nothing in the child uses: the
            // parent's session is unreachable here.
            unsafe { libc::close(control) };
        }
    }
}
