//! What the worker tells beside replies, heard on a thread that does nothing else: what the vendor has written is written,
//! and callbacks are queued for the thread that calls them. So the worker never waits for a callback of the program's.
//!
//! - **Invariant**: the threads of this library take none of the program's signals.
//! - **Invariant**: what the vendor wrote before a call returned is written before it returns here; at the end of the
//!   session, too.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::Builder;
use std::time::Duration;

use ava_protocol::frame::Tag;
use ava_protocol::upcall::Told;
use ava_transport::message;
use rkyv::rancor::Failure;

use crate::api;
use crate::base::fault::Fault;
use crate::base::threads;
use crate::book::order::After;
use crate::process::stdio;
use crate::session::Session;

/// How long the end of a session waits for what the worker has told before.
const PATIENCE: Duration = Duration::from_secs(1);

/// Messages that were read and are not heard yet. More wait in the worker, which knows how many it can keep.
const MOST_TOLD: usize = 16;

#[derive(Default)]
pub struct Listener {
    state: Mutex<State>,
    changed: Condvar,
    /// The number of the last message that was written out.
    written: AtomicU64,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Absent,
    Listening,
    Ended,
}

/// What a thread is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Programs,
    /// It calls the program's callbacks, and can wait for none.
    Calls,
    /// It listens, and can wait for nothing that is told.
    Listens,
}

thread_local! {
    static ROLE: Cell<Role> = const { Cell::new(Role::Programs) };
}

/// Whether the thread that asks has the role.
pub fn is(role: Role) -> bool {
    ROLE.try_with(Cell::get).is_ok_and(|own| own == role)
}

/// Starts a thread of this library's. It is told which signals the thread that starts it has blocked.
pub fn spawn(role: Role, name: &str, body: impl FnOnce(&libc::sigset_t) + Send + 'static) -> Result<(), Fault> {
    let started = threads::spawn(Builder::new().name(name.into()), move |blocked| {
        ROLE.set(role);
        body(blocked);
    });
    started.map_err(|_| Fault::Exhausted)
}

impl Listener {
    /// Has a thread listen, if none does.
    pub fn listen(&self, session: &'static Session) -> Result<(), Fault> {
        let mut state = self.state.lock().map_err(|_| Fault::Panicked)?;
        if *state != State::Absent {
            return Ok(());
        }
        static AT_EXIT: AtomicBool = AtomicBool::new(false);
        if !AT_EXIT.swap(true, Ordering::Relaxed) {
            // SAFETY: the library is linked never to be unloaded, so the handler stays.
            unsafe { libc::atexit(drain) };
        }
        // One thread has the connection, the other the program's standard output.
        let (tell, told) = mpsc::sync_channel(MOST_TOLD);
        let keeper = Arc::clone(&session.keeper);
        session.keeper.spawn("ava-reader", move || {
            let Ok(control) = keeper.control() else { return };
            while let Ok(Ok(Some((bytes, _)))) = control.get().map(|control| message::recv(&control))
                && tell.send(bytes).is_ok()
            {}
        })?;
        spawn(Role::Listens, "ava-listener", move |blocked| session.listener.hear(session, &told, blocked))?;
        *state = State::Listening;
        Ok(())
    }

    fn hear(&self, session: &'static Session, told: &mpsc::Receiver<Vec<u8>>, blocked: &libc::sigset_t) {
        for bytes in told {
            let mut aligned = rkyv::util::AlignedVec::<16>::new();
            aligned.extend_from_slice(&bytes);
            match rkyv::from_bytes::<Told, Failure>(&aligned) {
                Ok(Told::Called(upcall)) => session.callbacks.queue(upcall),
                Ok(Told::Said(said)) => {
                    stdio::write(said.stream, &said.bytes, blocked);
                    self.written.store(said.number, Ordering::Release);
                    // Who waits has looked before, or finds the number.
                    drop(self.state.lock());
                    self.changed.notify_all();
                }
                Err(_) => break,
            }
        }
        session.callbacks.close();
        if let Ok(mut state) = self.state.lock() {
            *state = State::Ended;
        }
        self.changed.notify_all();
        session.lose();
    }

    /// Waits until what the vendor wrote is written, up to a number.
    pub fn wait_for(&self, session: &'static Session, number: u64) {
        let missing = || self.written.load(Ordering::Acquire) < number;
        if missing()
            && !is(Role::Listens)
            && self.listen(session).is_ok()
            && let Ok(state) = self.state.lock()
        {
            drop(self.changed.wait_while(state, |state| *state == State::Listening && missing()));
        }
    }

    /// The connection has ended, and the worker's last words are to be out before anything else is said.
    pub fn wait_for_end(&self) {
        if let Ok(state) = self.state.lock() {
            drop(self.changed.wait_timeout_while(state, PATIENCE, |state| *state == State::Listening));
        }
    }
}

/// At exit: everything that the vendor has written and called reaches the program.
extern "C" fn drain() {
    let _ = std::panic::catch_unwind(|| {
        api::ALL.iter().filter_map(|slot| Session::existing(slot)).for_each(hear_the_rest);
    });
}

fn hear_the_rest(session: &'static Session) {
    if is(Role::Listens) {
        return;
    }
    let number = session.exchange(
        Tag::Drain,
        0,
        Vec::new(),
        After::All,
        |out, _| Ok(out),
        |frame| Ok(frame.body.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))),
    );
    if let Ok(number) = number
        && !is(Role::Calls)
    {
        session.callbacks.wait_for(number);
    }
}
