//! Descriptors that cross: the vendor gets a copy of the program's, and the program what the vendor has made.
//!
//! - **Invariant**: of what a worker sends, a program's table takes one descriptor at most, in a call that asks for one.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};

use ava_protocol::wire::ArchivedBrought;

use super::Call;
use crate::base::fault::Fault;

impl Call {
    /// A copy of a descriptor of the program's goes along; `false` if the number is of none.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn descriptor(&mut self, number: RawFd) -> Result<bool, Fault> {
        if number < 0 {
            return Ok(false);
        }
        // SAFETY: the number goes to the kernel only, which says if it is of nothing.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        match self.session.port.keeper.copy_of(fd) {
            Ok(copy) => self.taken().descriptor = Some(copy),
            Err(error) if error.raw_os_error() == Some(libc::EBADF) => return Ok(false),
            Err(_) => return Err(Fault::Exhausted),
        }
        Ok(true)
    }

    /// The reply may bring a descriptor, if the program asks for one.
    pub fn descriptor_place(&mut self, is_wanted: bool) -> bool {
        self.brings |= is_wanted;
        is_wanted
    }

    /// The descriptor that came is the program's from now on, if the reply says that there is one.
    ///
    /// # Safety
    /// `to` is null or leads to a number.
    pub unsafe fn put_descriptor(&mut self, to: *mut RawFd, said: &ArchivedBrought) {
        let came = std::mem::replace(&mut self.brought, Ok(None));
        let fault = match (said, came) {
            (ArchivedBrought::Nothing, Ok(None)) => return,
            (ArchivedBrought::Nothing, _) | (_, Ok(None)) => {
                self.session.refuse("a descriptor more or less than it says")
            }
            // The program's table is full.
            (_, Err(_)) => Fault::Exhausted,
            (said, Ok(Some(fd))) => {
                if matches!(said, ArchivedBrought::ClosedOnExec) || inherit(&fd).is_ok() {
                    // SAFETY: by the caller's promise.
                    return unsafe { put(to, fd) };
                }
                Fault::Exhausted
            }
        };
        self.hindrance = Some(fault);
    }
}

/// # Safety
/// `to` is null or leads to a number.
unsafe fn put(to: *mut RawFd, fd: OwnedFd) {
    if !to.is_null() {
        // SAFETY: by the caller's promise.
        unsafe { to.write_unaligned(fd.into_raw_fd()) };
    }
}

/// A program that this one executes has the descriptor, too.
fn inherit(fd: &OwnedFd) -> io::Result<()> {
    // SAFETY: a plain system call.
    match unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests;
