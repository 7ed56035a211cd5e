//! Threads of the library's: the program's signals are none of their business.

use std::io;
use std::thread::Builder;

/// Starts a thread. It is told which signals the thread that starts it has blocked.
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
