//! What the library itself says to the program's user.

/// One line on the program's standard error.
pub fn tell(what: &str) {
    let line = format!("ava: {what}\n");
    // SAFETY: writes to a descriptor number from a live buffer; a closed one is an error that is of no matter.
    unsafe { libc::write(2, line.as_ptr().cast(), line.len()) };
}
