//! The process and its threads: whether the device is initialised, forks, what a thread is in the middle of.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cuda::{Result, Status};

static IS_INITIALIZED: AtomicBool = AtomicBool::new(false);
/// Set in a child that was forked from an initialised process: nothing of the device works in it.
static IS_FORKED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IS_IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
    static IS_PER_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Initialises the process (`cuInit`). As often as wanted.
pub fn initialize() -> Result {
    if IS_FORKED.load(Ordering::Relaxed) {
        return Err(Status::NOT_INITIALIZED);
    }
    if !IS_INITIALIZED.swap(true, Ordering::AcqRel) {
        // SAFETY: the handler only stores to an atomic, which is allowed in the child of a threaded process.
        unsafe { libc::pthread_atfork(None, None, Some(forked)) };
    }
    Ok(())
}

extern "C" fn forked() {
    IS_FORKED.store(true, Ordering::Relaxed);
}

/// Whether a call may go on: the process is initialised and no forked child, the thread in no callback.
pub fn check() -> Result {
    if !IS_INITIALIZED.load(Ordering::Acquire) || IS_FORKED.load(Ordering::Relaxed) {
        return Err(Status::NOT_INITIALIZED);
    }
    if IS_IN_CALLBACK.get() { Err(Status::NOT_PERMITTED) } else { Ok(()) }
}

/// Runs a function of the program's in stream order: what it calls of the device is not permitted.
pub fn in_callback(function: impl FnOnce()) {
    IS_IN_CALLBACK.set(true);
    function();
    IS_IN_CALLBACK.set(false);
}

/// Runs a call for which stream 0 is the thread's own default stream, not the legacy one.
pub fn per_thread<T>(call: impl FnOnce() -> T) -> T {
    let before = IS_PER_THREAD.replace(true);
    let result = call();
    IS_PER_THREAD.set(before);
    result
}

/// Whether stream 0 is the thread's own default stream in this call.
pub fn is_per_thread() -> bool {
    IS_PER_THREAD.get()
}
