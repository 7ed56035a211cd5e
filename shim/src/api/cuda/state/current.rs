//! The context that is current in a thread, as far as it is known.

use std::cell::Cell;
use std::ffi::c_void;

thread_local! {
    /// The session and the thread's current context in it, if that is known.
    static CURRENT: Cell<Option<(u32, *mut c_void)>> = const { Cell::new(None) };
}

/// The thread's current context in the session of this generation, if that is known.
#[inline]
pub fn known(generation: u32) -> Option<*mut c_void> {
    CURRENT.get().filter(|(of, _)| *of == generation).map(|(_, context)| context)
}

/// From now on it is this one, or not known.
pub fn set(generation: u32, context: Option<*mut c_void>) {
    CURRENT.set(context.map(|context| (generation, context)));
}
