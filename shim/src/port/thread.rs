//! A session's port: its connection, and the lane of the thread that asks.
//!
//! - **Invariant**: a thread's lane is its own from its first call to its very end: to what other destructors of the thread
//!   call, too, and to what a callback calls in the midst of a call.

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ava_protocol::api::APIS;
use ava_transport::client;
use ava_transport::lane::{self, Lane};

use super::connect::{Begun, Connection};
use super::keeper::{Keeper, OpenError};
use super::lanes::{Lanes, ThreadLane};
use crate::base::cancel;
use crate::base::fault::Fault;

/// The way to a session's worker.
pub struct Port {
    /// Has the session's descriptors.
    pub keeper: Arc<Keeper>,
    /// What the broker was told and has answered.
    pub begun: Begun,
    pub lanes: Lanes,
    transport: lane::Kind,
    /// Made with the session, for the first thread that calls.
    first_lane: Mutex<Option<Box<dyn Lane>>>,
    /// Where threads have their lanes of sessions with this API.
    index: usize,
    is_lost: AtomicBool,
    /// The process that it belongs to.
    process: u32,
}

impl Port {
    /// The port of a session with the API of this place in [`APIS`].
    pub fn new(connection: Connection, index: usize) -> Self {
        let Connection { keeper, begun, transport, first_lane } = connection;
        Self {
            keeper,
            begun,
            lanes: Lanes::new(),
            transport,
            first_lane: Mutex::new(Some(first_lane)),
            index,
            is_lost: AtomicBool::new(false),
            process: std::process::id(),
        }
    }

    /// Whether the worker is gone.
    #[inline]
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// The worker is gone. Whether nobody has known.
    pub fn set_lost(&self) -> bool {
        !self.is_lost.swap(true, Ordering::AcqRel)
    }

    /// Whether this is the process that it belongs to. In a forked child nothing of it is used.
    pub fn is_here(&self) -> bool {
        client::is_still(self.process)
    }

    /// Closes all lanes but those that threads use.
    pub fn close(&self) {
        if let Ok(mut lane) = self.first_lane.lock() {
            *lane = None;
        }
        self.lanes.close();
    }

    /// The calling thread's lane, which is opened if there is none.
    ///
    /// # Errors
    /// `Lost` when the worker is gone; `Exhausted` if the process can have no lane.
    #[inline]
    pub fn lane(&'static self) -> Result<Use, Fault> {
        if let Some(held) = PLACES.with(|places| NonNull::new(places[self.index].get())) {
            // SAFETY: what is in the thread's place lives, and only this thread uses it.
            let known = unsafe { held.as_ref() };
            if std::ptr::eq(known.port, self) && !known.is_busy.get() {
                known.uses.set(known.uses.get() + 1);
                return Ok(Use { held });
            }
        }
        self.enter()
    }

    /// The lane of a thread that has none of this session.
    #[cold]
    fn enter(&'static self) -> Result<Use, Fault> {
        let lane = self.lanes.take(|| self.open())?;
        let passes = lane.is_shared() || !stays();
        let (uses, is_placed, is_busy) = (Cell::new(1), Cell::new(true), Cell::new(false));
        let (number, lane) = (lane.number, UnsafeCell::new(lane));
        let held = Box::new(Held { port: self, number, uses, is_placed, is_busy, passes, lane });
        let held = NonNull::from(Box::leak(held));
        PLACES.with(|places| {
            let place = &places[self.index];
            let Some(before) = NonNull::new(place.get()) else { return place.set(held.as_ptr()) };
            // SAFETY: as above.
            let other = unsafe { before.as_ref() };
            // A signal's handler that interrupts a call has a lane for itself.
            if std::ptr::eq(other.port, self) {
                // SAFETY: just made.
                return unsafe { held.as_ref() }.is_placed.set(false);
            }
            place.set(held.as_ptr());
            other.is_placed.set(false);
            if other.uses.get() == 0 {
                // SAFETY: it is in no place any more, and nobody uses it.
                unsafe { leave(before) };
            }
        });
        Ok(Use { held })
    }

    fn open(&self) -> Result<Box<dyn Lane>, Fault> {
        if let Some(lane) = self.first_lane.lock().ok().and_then(|mut first| first.take()) {
            return Ok(lane);
        }
        let lane = self.keeper.open_lane(self.transport).map_err(|error| match error {
            OpenError::Lost => Fault::Lost,
            OpenError::Local(_) => Fault::Exhausted,
        })?;
        if self.begun.populate {
            lane.populate().map_err(|_| Fault::Exhausted)?;
        }
        Ok(lane)
    }
}

/// A lane in a thread's hands.
struct Held {
    port: &'static Port,
    /// The lane's number.
    number: u32,
    uses: Cell<u32>,
    /// Whether it is in the thread's place. One that is not is given back with its last use.
    is_placed: Cell<bool>,
    /// Whether [`Use::with`] runs.
    is_busy: Cell<bool>,
    /// Whether it is given back with its last use.
    passes: bool,
    lane: UnsafeCell<ThreadLane>,
}

/// A use of the thread's lane, which stays the thread's as long.
pub struct Use {
    held: NonNull<Held>,
}

impl Use {
    /// Runs `f` with the lane.
    pub fn with<R>(&self, f: impl FnOnce(&mut ThreadLane) -> R) -> R {
        struct Busy<'a>(&'a Cell<bool>);
        impl Drop for Busy<'_> {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        // SAFETY: it lives as long as this use.
        let held = unsafe { self.held.as_ref() };
        assert!(!held.is_busy.replace(true), "a lane is used twice at a time");
        let _busy = Busy(&held.is_busy);
        // SAFETY: nobody else has a reference: uses are one thread's, and this is the only one that is busy.
        f(unsafe { &mut *held.lane.get() })
    }

    /// The lane's number.
    pub fn number(&self) -> u32 {
        // SAFETY: it lives as long as this use.
        unsafe { self.held.as_ref() }.number
    }
}

impl Drop for Use {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: it lives as long as this use.
        let held = unsafe { self.held.as_ref() };
        let left = held.uses.get() - 1;
        held.uses.set(left);
        if left > 0 || (held.is_placed.get() && !held.passes) {
            return;
        }
        if held.is_placed.get() {
            PLACES.with(|places| places[held.port.index].set(std::ptr::null_mut()));
        }
        // SAFETY: it is in no place any more, and this was the last use.
        unsafe { leave(self.held) };
    }
}

/// Gives a lane back.
///
/// # Safety
/// The thread has it in no place, and nobody uses it.
#[cold]
unsafe fn leave(held: NonNull<Held>) {
    // SAFETY: made by `enter`, and by the caller's promise nobody has it any more.
    let held = unsafe { Box::from_raw(held.as_ptr()) };
    // In a forked child it is a copy of the parent's, whose locks another thread may have held.
    if held.port.is_here() {
        held.port.lanes.give_back(held.lane.into_inner());
    }
}

thread_local! {
    /// By the API's place in [`APIS`]. They need no destructor, so that they are there as long as the thread.
    static PLACES: [Cell<*mut Held>; APIS.len()] = const { [const { Cell::new(std::ptr::null_mut()) }; APIS.len()] };
    /// Whether the thread gives its lanes back when it ends, or has done so.
    static LIFE: Cell<Life> = const { Cell::new(Life::Unknown) };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Unknown,
    IsWatched,
    HasEnded,
}

/// Sees to it that the thread gives its lanes back when it ends. `false` if it cannot be seen to.
fn stays() -> bool {
    LIFE.with(|life| {
        if life.get() == Life::Unknown && set_round(FIRST_ROUND) {
            life.set(Life::IsWatched);
        }
        life.get() == Life::IsWatched
    })
}

/// Has [`at_end`] called with this number when the thread ends. `false` if that cannot be had.
fn set_round(round: usize) -> bool {
    // SAFETY: a key of this library's, whose values lead nowhere.
    key().is_some_and(|key| unsafe { libc::pthread_setspecific(key, round as *const c_void) } == 0)
}

/// The key whose destructor is [`at_end`], which is made if there is none. Without a lock, which a forked child might find
/// locked.
fn key() -> Option<libc::pthread_key_t> {
    /// The key and one more; 0 for none.
    static KEY: AtomicU64 = AtomicU64::new(0);
    if let Some(known) = KEY.load(Ordering::Acquire).checked_sub(1) {
        return Some(known as libc::pthread_key_t);
    }
    let mut key = 0;
    // SAFETY: the destructor is this library's, which is never unloaded.
    if unsafe { libc::pthread_key_create(&raw mut key, Some(at_end)) } != 0 {
        return None;
    }
    match KEY.compare_exchange(0, u64::from(key) + 1, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => Some(key),
        Err(other) => {
            // SAFETY: just made, and no thread has a value for it.
            unsafe { libc::pthread_key_delete(key) };
            Some((other - 1) as libc::pthread_key_t)
        }
    }
}

/// The C library calls the destructors of a thread's keys in rounds, as long as some have a value again.
const FIRST_ROUND: usize = 1;
const LAST_ROUND: usize = 4;

/// The thread ends: in the last round, after all that others have it call, its lanes are the next thread's.
unsafe extern "C" fn at_end(round: *mut c_void) {
    let round = round as usize;
    if round < LAST_ROUND && set_round(round + 1) {
        return;
    }
    LIFE.with(|life| life.set(Life::HasEnded));
    // What waits for the thread's end may cancel it: that is not to cut this short.
    cancel::off(|| {
        PLACES.with(|places| {
            for place in places {
                let Some(held) = NonNull::new(place.replace(std::ptr::null_mut())) else { continue };
                // A thread that ends is within no call, or leaves it without an end. Then nobody gives it back.
                // SAFETY: what was in the thread's place lives.
                let left = unsafe { held.as_ref() };
                left.is_placed.set(false);
                if left.uses.get() == 0 {
                    // SAFETY: it is in no place any more, and nobody uses it.
                    unsafe { leave(held) };
                }
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    /// A port whose worker takes what it is sent and never answers.
    fn port() -> &'static Port {
        let transport = lane::Kind::Ring;
        let keeper = Keeper::start(false, None).unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        std::mem::forget(theirs);
        keeper.adopt(ours.into()).unwrap();
        let (first_lane, descriptors) = keeper.make_lane(transport).unwrap();
        std::mem::forget(descriptors);
        Box::leak(Box::new(Port::new(Connection { keeper, begun: Begun::made_up(), transport, first_lane }, 0)))
    }

    #[test]
    fn a_call_within_a_call_goes_by_the_same_lane() {
        let port = port();
        let call = port.lane().unwrap();
        let within = port.lane().unwrap();
        assert_eq!((call.number(), within.number()), (1, 1));
        drop(call);
        // The outer one ended first, as after a jump: the lane is still the thread's.
        assert_eq!((within.number(), port.lane().unwrap().number()), (1, 1));
        drop(within);
        assert_eq!(port.lane().unwrap().number(), 1);
        assert!(port.lanes.is_used_by_one());
    }

    #[test]
    fn a_handler_that_interrupts_a_call_has_another_lane() {
        let port = port();
        let call = port.lane().unwrap();
        call.with(|lane| {
            assert_eq!(lane.number, 1);
            let handler = port.lane().unwrap();
            assert_eq!(handler.number(), 2);
        });
        assert_eq!(port.lane().unwrap().number(), 1);
    }

    /// What a thread's key destructor finds and leaves.
    struct Ending {
        port: &'static Port,
        key: libc::pthread_key_t,
        rounds: Cell<usize>,
        numbers: std::cell::RefCell<Vec<u32>>,
    }

    unsafe extern "C" fn end_of(ending: *mut c_void) {
        // SAFETY: the test waits for the thread.
        let ending = unsafe { &*ending.cast::<Ending>() };
        ending.numbers.borrow_mut().push(ending.port.lane().unwrap().number());
        ending.rounds.set(ending.rounds.get() - 1);
        if ending.rounds.get() > 0 {
            // SAFETY: as for the first round.
            unsafe { libc::pthread_setspecific(ending.key, (&raw const *ending).cast()) };
        }
    }

    #[test]
    fn destructors_of_a_thread_have_its_lane_which_is_then_the_next_threads() {
        let port = port();
        let mut key = 0;
        // SAFETY: the destructor is this test's.
        assert_eq!(unsafe { libc::pthread_key_create(&raw mut key, Some(end_of)) }, 0);
        for rounds in [1, 3] {
            let ending = Ending { port, key, rounds: Cell::new(rounds), numbers: std::cell::RefCell::default() };
            let place = &raw const ending as usize;
            let thread = std::thread::spawn(move || {
                let number = port.lane().unwrap().number();
                // SAFETY: the key is live, and the value lives longer than the thread.
                assert_eq!(unsafe { libc::pthread_setspecific(key, place as *const c_void) }, 0);
                number
            });
            assert_eq!(thread.join().unwrap(), 1);
            assert_eq!(*ending.numbers.borrow(), vec![1; rounds]);
        }
        // Both threads had the same, and it was given back.
        let lane = port.lane().unwrap();
        assert!(lane.number() == 1 && port.lanes.is_used_by_one());
        // SAFETY: no thread has a value for it.
        unsafe { libc::pthread_key_delete(key) };
    }
}
