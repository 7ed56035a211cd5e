//! Threads of the library's: the program's signals are none of their business.

use std::cell::Cell;
use std::io;
use std::thread::Builder;

/// What a thread is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// One of the program's.
    Program,
    /// It runs the program's callbacks, and so cannot wait for one.
    Callbacks,
    /// It receives what the worker tells beside replies, and so cannot wait for that.
    Receiver,
}

thread_local! {
    static ROLE: Cell<Role> = const { Cell::new(Role::Program) };
    /// The number of the API whose callback the thread runs; 0 for none.
    static CALLBACK_OF: Cell<u16> = const { Cell::new(0) };
}

/// Runs a callback of the program's that an API calls.
pub fn in_callback_of(api: u16, callback: impl FnOnce()) {
    let before = CALLBACK_OF.replace(api);
    callback();
    CALLBACK_OF.set(before);
}

/// Whether the calling thread runs a callback of this API.
#[inline]
pub fn is_in_callback_of(api: u16) -> bool {
    CALLBACK_OF.try_with(Cell::get).is_ok_and(|of| of == api)
}

/// Whether the calling thread has a role.
pub fn is(role: Role) -> bool {
    ROLE.try_with(Cell::get).is_ok_and(|own| own == role)
}

/// Starts a thread with a role. It gets the signal mask of the thread that starts it.
pub fn spawn_as(role: Role, name: &str, run: impl FnOnce(&libc::sigset_t) + Send + 'static) -> io::Result<()> {
    spawn(Builder::new().name(name.into()), move |blocked| {
        ROLE.set(role);
        run(blocked);
    })
}

/// Starts a thread, with all signals blocked. It gets the signal mask of the thread that starts it.
pub fn spawn(thread: Builder, run: impl FnOnce(&libc::sigset_t) + Send + 'static) -> io::Result<()> {
    let old = block_signals();
    let started = thread.spawn(move || run(&old));
    // SAFETY: restores the mask that `block_signals` returned.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, std::ptr::null_mut()) };
    started.map(drop)
}

fn block_signals() -> libc::sigset_t {
    // SAFETY: plain sets on the stack, filled before they are read.
    unsafe {
        let mut all = std::mem::zeroed();
        let mut old = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut old);
        old
    }
}
