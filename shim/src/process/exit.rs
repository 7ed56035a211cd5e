//! The exit of the process: all output and callbacks of the vendor until then reach the program.

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
