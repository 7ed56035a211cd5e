//! A thread that reads the worker's messages other than replies: it writes the vendor's output, and queues callbacks for
//! the thread that calls them. So the worker never waits for a callback of the program.
//!
//! - **Invariant**: the threads of this library block the program's signals.
//! - **Invariant**: the vendor's output from before a call's return is written before the call returns here; at the end of
//!   the session, too.
//! - **Invariant**: a callback's data is in the program's memory before the callback runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

use ava_protocol::upcall::Told;
use ava_transport::message;
use rkyv::rancor::Failure;

use crate::base::fault::Fault;
use crate::base::threads::{self, Role};
use crate::book::callbacks::Callbacks;
use crate::port::keeper::Keeper;
use crate::process::{exit, stdio};

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
    /// Whether there is a thread that calls the program's callbacks.
    is_calling: AtomicBool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Absent,
    Listening,
    Ended,
}

impl Listener {
    /// Has a thread listen, if none does; `at_end` is called when the worker tells no more.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(
        &'static self,
        keeper: &Arc<Keeper>,
        callbacks: &'static Callbacks,
        at_end: impl FnOnce() + Send + 'static,
    ) -> Result<(), Fault> {
        let mut state = self.state.lock().map_err(|_| Fault::Panicked)?;
        if *state != State::Absent {
            return Ok(());
        }
        exit::watch();
        // One thread has the connection, the other the program's standard output.
        let (tell, told) = mpsc::sync_channel(MOST_TOLD);
        let its = Arc::clone(keeper);
        keeper.spawn("ava-reader", move || {
            let Ok(control) = its.control() else { return };
            while let Ok(Ok(Some((bytes, _)))) = control.get().map(|control| message::recv(&control))
                && tell.send(bytes).is_ok()
            {}
        })?;
        let hear = move |blocked: &libc::sigset_t| {
            self.hear(callbacks, &told, blocked);
            at_end();
        };
        threads::spawn_as(Role::Receiver, "ava-listener", hear).map_err(|_| Fault::Exhausted)?;
        *state = State::Listening;
        Ok(())
    }

    /// Has a thread call the program's callbacks, if none does, by `call_all`.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start_calling(&self, call_all: impl FnOnce() + Send + 'static) -> Result<(), Fault> {
        if self.is_calling.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        threads::spawn_as(Role::Callbacks, "ava-callbacks", move |_| call_all()).map_err(|_| {
            self.is_calling.store(false, Ordering::Release);
            Fault::Exhausted
        })
    }

    fn hear(&self, callbacks: &Callbacks, told: &mpsc::Receiver<Vec<u8>>, blocked: &libc::sigset_t) {
        for bytes in told {
            let mut aligned = rkyv::util::AlignedVec::<16>::new();
            aligned.extend_from_slice(&bytes);
            match rkyv::from_bytes::<Told, Failure>(&aligned) {
                Ok(Told::Called(upcall)) => callbacks.queue(upcall),
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
        callbacks.close();
        if let Ok(mut state) = self.state.lock() {
            *state = State::Ended;
        }
        self.changed.notify_all();
    }

    /// Whether the calling thread is to wait until what the vendor wrote is written, up to a number.
    #[inline]
    pub fn misses(&self, number: u64) -> bool {
        self.written.load(Ordering::Acquire) < number && !threads::is(Role::Receiver)
    }

    /// Waits until what the vendor wrote is written, up to a number, as long as somebody listens.
    pub fn wait_for(&self, number: u64) {
        let misses = || self.written.load(Ordering::Acquire) < number;
        if let Ok(state) = self.state.lock() {
            drop(self.changed.wait_while(state, |state| *state == State::Listening && misses()));
        }
    }

    /// The connection has ended, and the worker's last words are to be out before anything else is said.
    pub fn wait_for_end(&self) {
        if let Ok(state) = self.state.lock() {
            drop(self.changed.wait_timeout_while(state, PATIENCE, |state| *state == State::Listening));
        }
    }
}
