//! The slot of an API in this process: its sessions, once a call has been made.

use std::ffi::c_void;
use std::ops::Deref;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use ava_protocol::api::Api;
use ava_protocol::frame::Tag;
use ava_protocol::session::{Opening, seal};
use ava_transport::guarded::Guarded;
use ava_transport::{client, message};

use super::core::{Hooks, Session};
use super::exchange::Outgoing;
use super::retry::Retry;
use crate::base::console::tell;
use crate::base::fault::Fault;
use crate::base::threads;
use crate::book::Shared;
use crate::book::callbacks::Deliver;
use crate::book::handles::{Departed, Entry};
use crate::book::pieces::Copied;
use crate::port::connect::{self, Begun, Connection, Told};
use crate::port::messages::Once;
use crate::process::fork;
use crate::process::registry::{Inheritance, Member};

/// How long a forked child waits for a broker that takes no connections.
const PATIENCE: Duration = Duration::from_millis(100);

/// An API's own state of a session.
pub trait State: Hooks + Default + Sized + 'static {
    /// What a forked child has of it that goes on with a copy of what the session has; `None` if it has nothing.
    fn inherit(&self) -> Option<Self> {
        None
    }

    /// The session is lost, and another takes its place: what every session has gets its old handles there.
    ///
    /// # Errors
    /// The new session is lost, too.
    fn renew(&self, _new: &'static ApiSession<Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// A session with an API, and what the API keeps of it.
pub struct ApiSession<S: 'static> {
    pub session: Session,
    pub state: &'static S,
}

impl<S> Deref for ApiSession<S> {
    type Target = Session;

    #[inline]
    fn deref(&self) -> &Session {
        &self.session
    }
}

/// One API's slot in the process.
pub struct Slot<S: State> {
    api: &'static Api,
    /// Calls a callback of the program's by the number of its signature.
    deliver: Deliver,
    /// What the first word of every handle points at.
    dispatch: &'static [Entry],
    sessions: AtomicPtr<Sessions<S>>,
    told: Told,
    /// What this process, a forked child, goes on with once it calls.
    heir: AtomicPtr<Heir<S>>,
    /// This process is a forked child of one that has called, and the library does not work there.
    forked: AtomicBool,
}

/// A process's sessions with an API.
struct Sessions<S: 'static> {
    /// The current session; null before the first.
    latest: AtomicPtr<ApiSession<S>>,
    /// All that there have been: handles may still stand for what they had.
    all: Mutex<Vec<&'static ApiSession<S>>>,
    /// What came of beginning one. Held while one is begun, so that it is one.
    retry: Mutex<Retry>,
    shared: OnceLock<Option<Shared>>,
}

impl<S> Default for Sessions<S> {
    fn default() -> Self {
        Self { latest: AtomicPtr::default(), all: Mutex::default(), retry: Mutex::default(), shared: OnceLock::new() }
    }
}

impl<S: State> Slot<S> {
    pub const fn new(api: &'static Api, deliver: Deliver, dispatch: &'static [Entry]) -> Self {
        Self {
            api,
            deliver,
            dispatch,
            sessions: AtomicPtr::new(std::ptr::null_mut()),
            told: [const { Once::new() }; 2],
            heir: AtomicPtr::new(std::ptr::null_mut()),
            forked: AtomicBool::new(false),
        }
    }

    /// The current session of this process.
    ///
    /// # Errors
    /// There is no session, or it is lost.
    #[inline]
    pub fn current(&'static self) -> Result<&'static ApiSession<S>, Fault> {
        let latest = self.latest()?;
        if let Some(status) = self.api.inside
            && threads::is_in_callback_of(self.api.number)
        {
            return Err(Fault::Status(status));
        }
        if latest.session.is_lost() { Err(latest.session.fault()) } else { Ok(latest) }
    }

    /// The same for an `afresh` call: a lost session is replaced by a new one.
    ///
    /// # Errors
    /// There is none.
    pub fn afresh(&'static self) -> Result<&'static ApiSession<S>, Fault> {
        let latest = self.latest()?;
        if latest.session.has_ended() { self.replace(latest) } else { Ok(latest) }
    }

    /// The same for a call that gives back a reference: `None` if that was one to an object of a lost session.
    ///
    /// # Errors
    /// As for [`Slot::current`].
    #[inline]
    pub fn releasing(&'static self, handle: *mut c_void, kind: u16) -> Result<Option<&'static ApiSession<S>>, Fault> {
        self.current_unless(|| self.release_lost(handle, kind))
    }

    /// The same for a call that takes another reference.
    ///
    /// # Errors
    /// As for [`Slot::current`].
    #[inline]
    pub fn retaining(&'static self, handle: *mut c_void, kind: u16) -> Result<Option<&'static ApiSession<S>>, Fault> {
        self.current_unless(|| self.shared().is_some_and(|shared| shared.range.retain_lost(handle, kind)))
    }

    /// The session of this process, or nothing where it is lost and the call was `done` without it.
    fn current_unless(&'static self, done: impl FnOnce() -> bool) -> Result<Option<&'static ApiSession<S>>, Fault> {
        match self.current() {
            Err(_) if done() => Ok(None),
            current => current.map(Some),
        }
    }

    /// The session, lost or not; the first is begun.
    ///
    /// # Errors
    /// There is none.
    #[inline]
    pub fn latest(&'static self) -> Result<&'static ApiSession<S>, Fault> {
        if fork::was_forked() {
            fork::child();
        }
        match self.known() {
            Some(session) => Ok(session),
            None => self.first(),
        }
    }

    /// The session, if this process has one and it lives.
    pub fn existing(&self) -> Option<&'static ApiSession<S>> {
        if fork::was_forked() {
            return None;
        }
        self.known().filter(|at| !at.session.is_lost())
    }

    /// Decrements a reference count of the program; `None` if the vendor need not know. Otherwise, whether it was the last.
    pub fn release(&self, session: &Session, handle: *mut c_void, kind: u16) -> Option<bool> {
        match session.book.handles.release(handle, kind) {
            Some(false) if session.book.handles.is_lost(handle) && self.release_lost(handle, kind) => None,
            Some(true) => {
                session.book.leaves(handle);
                Some(true)
            }
            release => release,
        }
    }

    /// The lost session that a handle is of, and the id that the object had there.
    pub fn lost(&self, handle: *mut c_void) -> Option<(&'static ApiSession<S>, u64)> {
        let (generation, id) = self.shared()?.range.whose(handle)?;
        self.of_generation(generation).filter(|at| at.session.is_lost()).map(|at| (at, id))
    }

    /// Gives back a reference, if the handle stands for an object of a lost session.
    fn release_lost(&self, handle: *mut c_void, kind: u16) -> bool {
        let released = self.shared().and_then(|shared| shared.range.release_lost(handle, kind));
        if let Some(Departed::Gone { generation, id }) = released
            && let Some(at) = self.of_generation(generation)
        {
            // The program looks at none of what was kept for it any more.
            drop(at.session.forget_notes(id));
        }
        released.is_some()
    }

    /// The session that calls go to, lost or not.
    #[inline]
    fn known(&self) -> Option<&'static ApiSession<S>> {
        // SAFETY: sessions are leaked, so the pointer stays valid.
        unsafe { self.known_sessions()?.latest.load(Ordering::Acquire).as_ref() }
    }

    /// The first session, which is begun if nobody else has done so.
    #[cold]
    fn first(&'static self) -> Result<&'static ApiSession<S>, Fault> {
        if let (Some(status), true) = (self.api.forked, self.forked.load(Ordering::Relaxed)) {
            return Err(Fault::Status(status));
        }
        fork::watch();
        let mut retry = self.sessions().retry.lock().map_err(|_| Fault::Panicked)?;
        if let Some(session) = self.known() {
            return Ok(session);
        }
        // If the first session cannot be made, the process never gets one.
        if retry.is_refused() {
            return Err(Fault::NoBroker);
        }
        // Where the copy of the parent's worker is gone, the child has nothing, and begins anew.
        let inherited = self.take_heir().and_then(|heir| {
            let connection = connect::adopt(&heir.connection, heir.begun, self.begin_shared().ok()?.is_strict).ok()?;
            let made = self.made(connection, heir.state).ok()?;
            made.session.book.pieces.inherit(heir.pieces);
            Some(made)
        });
        match inherited.map_or_else(|| self.begin(), Ok) {
            Ok(session) => {
                self.remember(session);
                Ok(session)
            }
            Err(refused) => {
                retry.refused(Instant::now(), "");
                if let Some(why) = refused {
                    tell(&format!("no session {why}"));
                }
                Err(Fault::NoBroker)
            }
        }
    }

    /// The session in the place of a lost one, which is begun if nobody else has done so.
    fn replace(&'static self, lost: &'static ApiSession<S>) -> Result<&'static ApiSession<S>, Fault> {
        let mut retry = self.sessions().retry.lock().map_err(|_| Fault::Panicked)?;
        let latest = self.known().unwrap_or(lost);
        if !latest.session.is_lost() {
            return Ok(latest);
        }
        if !retry.may(Instant::now()) {
            return Err(Fault::Lost);
        }
        let new = match self.begin() {
            Ok(new) => new,
            Err(refused) => {
                let why = refused.unwrap_or_else(|| "there is no memory for it".to_owned());
                if retry.refused(Instant::now(), &why) {
                    tell(&format!("no new session {why}"));
                }
                return Err(Fault::Lost);
            }
        };
        retry.succeeded();
        let renewed = latest.state.renew(new);
        self.remember(new);
        if renewed.is_err() && new.session.is_lost() {
            return Err(Fault::Lost);
        }
        Ok(new)
    }

    fn begin(&'static self) -> Result<&'static ApiSession<S>, Option<String>> {
        let is_strict = self.begin_shared()?.is_strict;
        self.made(connect::connect(self.api, is_strict, &self.told)?, S::default())
    }

    /// A session by a connection, for good.
    fn made(&'static self, connection: Connection, state: S) -> Result<&'static ApiSession<S>, Option<String>> {
        let shared = self.begin_shared()?;
        let state: &'static S = Box::leak(Box::new(state));
        let session = Session::new(self.api, shared, connection, state, self.deliver);
        Ok(Box::leak(Box::new(ApiSession { session, state })))
    }

    /// Makes this the current session.
    fn remember(&'static self, session: &'static ApiSession<S>) {
        let sessions = self.sessions();
        if let Ok(mut all) = sessions.all.lock() {
            all.push(session);
        }
        sessions.latest.store(std::ptr::from_ref(session).cast_mut(), Ordering::Release);
    }

    fn of_generation(&self, generation: u32) -> Option<&'static ApiSession<S>> {
        let all = self.known_sessions()?.all.lock().ok()?;
        all.iter().rev().find(|at| at.session.generation == generation).copied()
    }

    /// What the sessions have in common, also before the first.
    fn begin_shared(&self) -> Result<&'static Shared, Option<String>> {
        let dispatch = self.dispatch.first().map_or(std::ptr::null(), |first| std::ptr::from_ref(first).cast());
        self.sessions().shared.get_or_init(|| Shared::new(dispatch).ok()).as_ref().ok_or(None)
    }

    /// What the sessions have in common, once there has been one.
    fn shared(&self) -> Option<&'static Shared> {
        self.known_sessions()?.shared.get()?.as_ref()
    }

    /// The sessions, if there are any.
    #[inline]
    fn known_sessions(&self) -> Option<&'static Sessions<S>> {
        // SAFETY: they are leaked, so the pointer stays valid.
        unsafe { self.sessions.load(Ordering::Acquire).as_ref() }
    }

    /// The sessions, of which there may be none yet.
    fn sessions(&self) -> &'static Sessions<S> {
        if let Some(known) = self.known_sessions() {
            return known;
        }
        let fresh = Box::into_raw(Box::<Sessions<S>>::default());
        match self.sessions.compare_exchange(std::ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: just made, and leaked from here on.
            Ok(_) => unsafe { &*fresh },
            Err(other) => {
                // SAFETY: `fresh` was not published; `other` is leaked.
                unsafe {
                    drop(Box::from_raw(fresh));
                    &*other
                }
            }
        }
    }

    fn take_heir(&self) -> Option<Heir<S>> {
        let heir = self.heir.swap(std::ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: made by `accept`, and taken once.
        (!heir.is_null()).then(|| *unsafe { Box::from_raw(heir) })
    }

    /// Has the worker make a copy of itself for a child that this thread is about to fork; `None` if it would have nothing.
    fn heir(&'static self) -> Option<Heir<S>> {
        // A forked child that has not called yet has what its parent left it.
        let is_heir = !self.heir.load(Ordering::Relaxed).is_null();
        let at = if is_heir { self.latest().ok()? } else { self.existing()? };
        let state = at.state.inherit()?;
        let port = &at.session.port;
        let (connection, theirs) = port.keeper.pair().ok()?;
        let connection = Guarded::high(connection.into()).ok()?;
        // SAFETY: it is open, as long as `theirs` lives, in the table that the lane sends it from.
        let fd = unsafe { BorrowedFd::borrow_raw(theirs.number().ok()?) };
        let outgoing = Outgoing { fd: Some(fd), ..Outgoing::plain(Tag::Fork) };
        let fork = || at.session.exchange(outgoing, &mut |out, _| Ok(out), |_| ());
        let (pieces, forked) = at.session.book.pieces.copied_with(fork);
        forked.ok()?;
        let join = seal(&Opening::Join { session: port.begun.session });
        Some(Heir { slot: self, connection, begun: port.begun.clone(), state, pieces, join })
    }
}

impl<S: State> Member for Slot<S> {
    fn prepare_fork(&'static self) -> Option<Box<dyn Inheritance>> {
        if !self.api.forks {
            return None;
        }
        self.heir().map(|heir| Box::new(heir) as Box<dyn Inheritance>)
    }

    fn leave_behind(&self) {
        let heir = self.heir.swap(std::ptr::null_mut(), Ordering::Relaxed);
        if !heir.is_null() {
            // SAFETY: this process's copy of its parent's, which nothing else uses.
            unsafe { (*heir).connection.close() };
        }
        let latest = self.known();
        if latest.is_some() {
            self.forked.store(true, Ordering::Relaxed);
        }
        self.sessions.store(std::ptr::null_mut(), Ordering::Release);
        // Where the keeper's table is the program's, the child has a copy of it.
        if let Some(Ok(control)) = latest.map(|at| at.session.port.keeper.control()) {
            control.close();
        }
    }

    fn finish(&'static self) {
        if let Some(at) = self.existing() {
            at.session.hear_the_rest();
        }
    }
}

/// What a forked child goes on with: what its parent had in a session with an API whose library is good for that.
struct Heir<S: State> {
    slot: &'static Slot<S>,
    /// To the copy of its parent's worker.
    connection: Guarded,
    begun: Begun,
    state: S,
    /// What is kept of lists, which the copy has, too.
    pieces: Copied,
    /// What the broker is told, that the session may not end before the child does.
    join: Vec<u8>,
}

impl<S: State> Inheritance for Heir<S> {
    fn accept(self: Box<Self>) {
        // A broker that is gone has no part in the session either.
        if let Ok(broker) = client::connect(self.begun.socket.path(), PATIENCE) {
            let _ = message::send(&broker, &self.join, &[]);
        }
        let slot = self.slot;
        slot.heir.store(Box::into_raw(self), Ordering::Release);
    }
}
