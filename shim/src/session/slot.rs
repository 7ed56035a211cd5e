//! An API in this process: its sessions, once a call has been made.

use std::any::Any;
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use ava_protocol::api::Api;

use super::Session;
use super::attempts::Attempts;
use crate::base::console::tell;
use crate::base::fault::Fault;
use crate::book::accepted;
use crate::book::callbacks::Args;
use crate::book::handles::{Departed, Entry, Range};
use crate::book::regions::Lease;
use crate::book::texts::Texts;
use crate::port::connect;
use crate::port::notes::Once;
use crate::process::fork::Heir;

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

    /// The status of a call in the session once it is lost, where it is not the table's.
    fn when_lost(&self) -> Option<i64> {
        None
    }

    /// What a forked child has of it that goes on with a copy of what the session has; `None` if it has nothing.
    fn inherit(&self) -> Option<Box<dyn Own>> {
        None
    }

    /// The session is lost: memory that the program does not look at is given back.
    fn give_up(&self) {}

    /// The session is lost, and another takes its place: what every session has gets its old handles there.
    fn renew(&self, _new: &'static Session) -> Result<(), Fault> {
        Ok(())
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
    /// What of the program's surroundings does not count was told.
    pub told: [Once; 2],
    /// What this process, a forked child, goes on with once it calls.
    heir: AtomicPtr<Heir>,
}

#[derive(Default)]
struct State {
    /// The session that calls go to; null before there is one.
    session: AtomicPtr<Session>,
    /// All that there have been: handles may still stand for what they had.
    past: Mutex<Vec<&'static Session>>,
    /// What came of beginning one. Held while one is begun, so that it is one.
    attempts: Mutex<Attempts>,
    shared: OnceLock<Option<Shared>>,
}

/// What the sessions have in common that a process has with an API one after the other.
pub struct Shared {
    pub range: Range,
    pub texts: Texts,
    pub known: accepted::Places,
    /// Whether every call crosses and waits.
    pub strict: bool,
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
            told: [const { Once::new() }; 2],
            heir: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// A call's name, for the log; those beside the API's functions have none.
    pub fn name(&self, opcode: u32) -> &'static str {
        self.api.functions.get(opcode as usize).copied().unwrap_or("a call beside the functions")
    }

    /// The session that calls go to, lost or not.
    #[inline]
    pub fn session(&self) -> Option<&'static Session> {
        // SAFETY: sessions are leaked, so the pointer stays valid.
        unsafe { self.known()?.session.load(Ordering::Acquire).as_ref() }
    }

    /// The first session, which is begun if nobody else has done so.
    pub fn first(&'static self) -> Result<&'static Session, Fault> {
        let mut attempts = self.state().attempts.lock().map_err(|_| Fault::Panicked)?;
        if let Some(session) = self.session() {
            return Ok(session);
        }
        // A process without a session at first stays without one.
        if attempts.is_refused() {
            return Err(Fault::NoBroker);
        }
        // Where the copy of the parent's worker is gone, the child has nothing, and begins anew.
        let gone_on = self.take_heir().and_then(|heir| connect::adopt(self, heir).ok());
        match gone_on.map_or_else(|| connect::connect(self), Ok) {
            Ok(session) => Ok(self.publish(session)),
            Err(refused) => {
                attempts.refused(Instant::now(), "");
                if let Some(why) = refused {
                    tell(&format!("no session {why}"));
                }
                Err(Fault::NoBroker)
            }
        }
    }

    /// The session in the place of a lost one, which is begun if nobody else has done so.
    pub fn replace(&'static self, lost: &'static Session) -> Result<&'static Session, Fault> {
        let mut attempts = self.state().attempts.lock().map_err(|_| Fault::Panicked)?;
        if let Some(session) = self.session()
            && !session.is_lost()
        {
            return Ok(session);
        }
        let lost = self.session().unwrap_or(lost);
        if !attempts.may(Instant::now()) {
            return Err(Fault::Lost);
        }
        let session = match connect::connect(self) {
            Ok(session) => &*Box::leak(session),
            Err(refused) => {
                let why = refused.unwrap_or_else(|| "there is no memory for it".to_owned());
                if attempts.refused(Instant::now(), &why) {
                    tell(&format!("no new session {why}"));
                }
                return Err(Fault::Lost);
            }
        };
        attempts.succeeded();
        let renewed = lost.own.renew(session);
        self.remember(session);
        if renewed.is_err() && session.is_lost() {
            return Err(Fault::Lost);
        }
        Ok(session)
    }

    /// Whether a handle stands for an object of a lost session, to which another reference is taken.
    pub fn retain_lost(&self, handle: *mut c_void, kind: u16) -> bool {
        self.known().and_then(State::shared).is_some_and(|shared| shared.range.retain_lost(handle, kind))
    }

    /// Whether a handle stands for an object of a lost session, to which a reference is given back.
    pub fn release_lost(&self, handle: *mut c_void, kind: u16) -> bool {
        let released = self.known().and_then(State::shared).and_then(|shared| shared.range.release_lost(handle, kind));
        if let Some(Departed::Gone { generation, id }) = released
            && let Some(session) = self.past(generation)
        {
            // The program looks at none of what was kept for it any more.
            drop(session.own.forget(id));
        }
        released.is_some()
    }

    /// The lost session that a handle is of, and the id that the object had there.
    pub fn lost(&self, handle: *mut c_void) -> Option<(&'static Session, u64)> {
        let (generation, id) = self.known()?.shared()?.range.whose(handle)?;
        self.past(generation).filter(|session| session.is_lost()).map(|session| (session, id))
    }

    /// In a forked child: what it goes on with.
    pub fn inherit(&self, heir: Box<Heir>) {
        self.heir.store(Box::into_raw(heir), Ordering::Release);
    }

    /// Whether this process is a forked child that has not called yet.
    pub fn is_heir(&self) -> bool {
        !self.heir.load(Ordering::Relaxed).is_null()
    }

    fn take_heir(&self) -> Option<Heir> {
        let heir = self.heir.swap(std::ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: made by `inherit`, and taken once.
        (!heir.is_null()).then(|| *unsafe { Box::from_raw(heir) })
    }

    /// In a forked child: nothing of the parent's is left. Async-signal-safe.
    pub fn leave_behind(&self) {
        let heir = self.heir.swap(std::ptr::null_mut(), Ordering::Relaxed);
        if !heir.is_null() {
            // SAFETY: this process's copy of its parent's, which nothing else uses.
            unsafe { (*heir).connection.close() };
        }
        let session = self.session();
        self.state.store(std::ptr::null_mut(), Ordering::Release);
        // Where the keeper's table is the program's, the child has a copy of it.
        if let Some(Ok(control)) = session.map(|session| session.keeper.control()) {
            control.close();
        }
    }

    /// What the sessions have in common; `None` if there is no memory for it.
    pub fn shared(&'static self) -> Option<&'static Shared> {
        let dispatch = self.dispatch.first().map_or(std::ptr::null(), |first| std::ptr::from_ref(first).cast());
        self.state().shared.get_or_init(|| Shared::new(dispatch)).as_ref()
    }

    fn publish(&'static self, session: Box<Session>) -> &'static Session {
        let session = &*Box::leak(session);
        self.remember(session);
        session
    }

    /// Calls go to this session from now on.
    fn remember(&'static self, session: &'static Session) {
        let state = self.state();
        if let Ok(mut past) = state.past.lock() {
            past.push(session);
        }
        state.session.store(std::ptr::from_ref(session).cast_mut(), Ordering::Release);
    }

    fn past(&self, generation: u32) -> Option<&'static Session> {
        let past = self.known()?.past.lock().ok()?;
        past.iter().rev().find(|session| session.generation == generation).copied()
    }

    /// The state, if there is one.
    #[inline]
    fn known(&self) -> Option<&'static State> {
        // SAFETY: states are leaked, so the pointer stays valid.
        unsafe { self.state.load(Ordering::Acquire).as_ref() }
    }

    /// The state, which is made if there is none.
    fn state(&self) -> &'static State {
        if let Some(known) = self.known() {
            return known;
        }
        let fresh = Box::into_raw(Box::<State>::default());
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
}

impl State {
    fn shared(&self) -> Option<&Shared> {
        self.shared.get()?.as_ref()
    }
}

impl Shared {
    fn new(dispatch: *const c_void) -> Option<Self> {
        let strict = connect::is_strict();
        let range = Range::new(!strict, dispatch).ok()?;
        Some(Self { range, texts: Texts::default(), known: accepted::Places::default(), strict })
    }
}
