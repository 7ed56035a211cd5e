//! Forks: a child has nothing of its parent's, but what it goes on with where the table says that the vendor's library is good
//! for that (`forks`).
//!
//! Then the worker makes a copy of itself while the program forks, by the thread that forks, and the child becomes the copy's
//! program with its first call. A child that does not call, or becomes another program, closes the connection, and the copy
//! ends.

use std::cell::RefCell;
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::time::Duration;

use ava_protocol::frame::Tag;
use ava_protocol::session::{Opening, seal};
use ava_transport::guarded::Guarded;
use ava_transport::{client, message};

use crate::api;
use crate::book::order::After;
use crate::port::connect::Begun;
use crate::session::{Own, Session, Slot};

/// A page with a 1 at its start, which the kernel wipes on fork.
static WIPED: AtomicPtr<AtomicU64> = AtomicPtr::new(std::ptr::null_mut());

/// How long a child waits for a broker that takes no connections.
const PATIENCE: Duration = Duration::from_millis(100);

thread_local! {
    /// What the child that this thread forks will have, by the index of the API.
    static HEIRS: RefCell<[Option<Box<Heir>>; api::COUNT]> = const { RefCell::new([const { None }; api::COUNT]) };
}

/// What a child goes on with.
pub struct Heir {
    /// To the copy of its parent's worker.
    pub connection: Guarded,
    pub begun: Begun,
    pub own: Box<dyn Own>,
    /// What the broker is told, that the session may not end before the child does.
    join: Vec<u8>,
}

impl Heir {
    fn join(&self) {
        // A broker that is gone has no part in the session either.
        if let Ok(broker) = client::connect(self.begun.socket.path(), PATIENCE) {
            let _ = message::send(&broker, &self.join, &[]);
        }
    }
}

impl Session {
    /// Has the worker make a copy of itself for a child that this thread is about to fork; `None` if it would have nothing.
    fn heir(&'static self) -> Option<Box<Heir>> {
        let own = self.own.inherit()?;
        let (connection, theirs) = self.keeper.pair().ok()?;
        let connection = Guarded::high(connection.into()).ok()?;
        // SAFETY: it is open, as long as `theirs` lives, in the table that the lane sends it from.
        let fd = unsafe { BorrowedFd::borrow_raw(theirs.number().ok()?) };
        let nothing = |out, _: &mut _| Ok(out);
        self.exchange_with(Tag::Fork, 0, Vec::new(), After::All, Some(fd), nothing, |_| Ok(())).ok()?;
        let join = seal(&Opening::Join { session: self.begun.session });
        Some(Box::new(Heir { connection, begun: self.begun.clone(), own, join }))
    }
}

/// What a child would go on with that is forked now.
fn heir(slot: &'static Slot) -> Option<Box<Heir>> {
    let session = if slot.is_heir() { Session::latest(slot).ok()? } else { Session::existing(slot)? };
    session.heir()
}

extern "C" fn prepare() {
    for slot in api::ALL.iter().filter(|slot| slot.api.forks) {
        let heir = catch_unwind(AssertUnwindSafe(|| heir(slot))).ok().flatten();
        let _ = HEIRS.try_with(|heirs| heirs.borrow_mut()[slot.index] = heir);
    }
}

extern "C" fn parent() {
    let _ = HEIRS.try_with(|heirs| heirs.borrow_mut().iter_mut().for_each(|heir| *heir = None));
}

/// Whether this process was forked past the `pthread_atfork` handler.
#[inline]
pub fn was_forked() -> bool {
    let page = WIPED.load(Ordering::Relaxed);
    // SAFETY: the page is never unmapped.
    !page.is_null() && unsafe { &*page }.load(Ordering::Relaxed) == 0
}

pub fn watch_forks() {
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    if !REGISTERED.swap(true, Ordering::Relaxed) {
        // SAFETY: the handlers are this library's, which is never unloaded. Without anything to go on with the child's only
        // stores to atomics and closes descriptors.
        unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child_handler)) };
    }
    let mut page = WIPED.load(Ordering::Relaxed);
    if page.is_null() {
        // SAFETY: a fresh page of our own.
        page = unsafe {
            let page = libc::mmap(
                std::ptr::null_mut(),
                4096,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            if page == libc::MAP_FAILED || libc::madvise(page, 4096, libc::MADV_WIPEONFORK) != 0 {
                return;
            }
            page.cast()
        };
    }
    // SAFETY: the page is mapped and never unmapped.
    unsafe { &*page }.store(1, Ordering::Relaxed);
    WIPED.store(page, Ordering::Release);
}

extern "C" fn child_handler() {
    child();
    for slot in api::ALL {
        let heir = HEIRS.try_with(|heirs| heirs.borrow_mut()[slot.index].take()).ok().flatten();
        if let Some(heir) = heir {
            heir.join();
            slot.inherit(heir);
        }
    }
}

/// What a forked child does first. Async-signal-safe.
pub fn child() {
    api::ALL.iter().for_each(|slot| slot.leave_behind());
    let page = WIPED.load(Ordering::Relaxed);
    if !page.is_null() {
        // SAFETY: the page is never unmapped.
        unsafe { &*page }.store(1, Ordering::Relaxed);
    }
}
