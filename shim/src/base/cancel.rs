//! Cancellation of the program's threads, which must not come about within the library: what unwinds a cancelled thread is
//! nothing that Rust code can be unwound by, and locks would stay locked.
//!
//! A thread is cancelled where it calls a function of the C library that says so, or, if it asked for that, anywhere. Natively
//! a driver's calls are full of the former. Here they are none: a cancelled thread ends at its own next one.

use std::ffi::c_int;

unsafe extern "C-unwind" {
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
}

const DISABLE: c_int = 1;

/// Runs `f` so that the thread is not cancelled meanwhile.
///
/// If it is to be cancelled, and may be anywhere, it is unwound from the end on: so nothing may be left to drop there, which
/// is why the result is `Copy`.
#[inline]
pub fn off<R: Copy>(f: impl FnOnce() -> R) -> R {
    let old = disable();
    let result = f();
    restore(old);
    result
}

/// The thread is not cancelled from now on. Returns the state that it was in.
#[inline]
fn disable() -> c_int {
    let mut old = DISABLE;
    // SAFETY: changes how the calling thread takes a cancellation, and tells how it did.
    unsafe { pthread_setcancelstate(DISABLE, &raw mut old) };
    old
}

/// The thread is in the state again that it was in.
#[inline]
fn restore(old: c_int) {
    // SAFETY: as above.
    unsafe { pthread_setcancelstate(old, std::ptr::null_mut()) };
}
