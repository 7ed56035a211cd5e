//! The end of the process: everything that the vendor has written and called by then reaches the program.

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, Ordering};

use super::registry::{Member, members};

/// Has the APIs asked at exit.
pub fn watch() {
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if !WATCHED.swap(true, Ordering::Relaxed) {
        // SAFETY: the library is linked never to be unloaded, so the handler stays.
        unsafe { libc::atexit(at_exit) };
    }
}

extern "C" fn at_exit() {
    let _ = catch_unwind(|| members().for_each(Member::finish));
}
