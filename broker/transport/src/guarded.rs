//! Descriptors that this process may lose without notice: the shim runs in programs that close unknown descriptors by
//! number, and open files of their own under these numbers.
//!
//! - **Invariant:** a descriptor is used, and closed, only while its number refers to the file that it referred to at first.
//!   (Between check and use another thread may still close it; high numbers ensure that the number is not reused soon.)

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use crate::region::named;

/// The first numbers to try: programs seldom have so many descriptors open, or use higher numbers with `select`.
const HIGH: usize = 900;
const CLOSED: RawFd = -1;

/// A descriptor that is used only as long as nobody else has closed it.
pub struct Guarded {
    number: AtomicI32,
    device: u64,
    inode: u64,
}

impl Guarded {
    /// A descriptor that keeps its number.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn new(fd: OwnedFd) -> io::Result<Self> {
        let (device, inode) = identity(fd.as_raw_fd()).ok_or_else(|| {
            let error = io::Error::last_os_error();
            io::Error::new(error.kind(), format!("fstat: {error}"))
        })?;
        Ok(Self { number: AtomicI32::new(fd.into_raw_fd()), device, inode })
    }

    /// A descriptor that gets a high number, if one is free.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn high(fd: OwnedFd) -> io::Result<Self> {
        let limit = most_descriptors();
        let from = HIGH.min(limit - limit / 8) as RawFd;
        Self::new(raised(&fd, from).unwrap_or(fd))
    }

    /// A descriptor that is none of the standard ones.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn beyond_standard(fd: OwnedFd) -> io::Result<Self> {
        Self::new(if fd.as_raw_fd() > 2 { fd } else { raised(&fd, 3)? })
    }

    /// The descriptor.
    ///
    /// # Errors
    /// `NotConnected` if the program has closed it.
    pub fn get(&self) -> io::Result<BorrowedFd<'_>> {
        let number = self.number.load(Ordering::Relaxed);
        if self.is(number) {
            // SAFETY: it is open, and still this object's; the module's documentation says what happens if it is closed
            // meanwhile.
            return Ok(unsafe { BorrowedFd::borrow_raw(number) });
        }
        Err(io::Error::new(io::ErrorKind::NotConnected, "the program has closed a descriptor of AvA's library"))
    }

    /// Its number, whatever that refers to by now.
    pub fn number(&self) -> RawFd {
        self.number.load(Ordering::Relaxed)
    }

    /// Closes it, if nobody else has. Async-signal-safe.
    pub fn close(&self) {
        let number = self.number.swap(CLOSED, Ordering::Relaxed);
        if self.is(number) {
            // SAFETY: it is open, and still this object's.
            drop(unsafe { OwnedFd::from_raw_fd(number) });
        }
    }

    fn is(&self, number: RawFd) -> bool {
        number >= 0 && identity(number) == Some((self.device, self.inode))
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guarded").field(&self.number.load(Ordering::Relaxed)).finish()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.close();
    }
}

/// The device and inode that a number refers to, by whichever system call the C library uses.
fn identity(number: RawFd) -> Option<(u64, u64)> {
    // SAFETY: plain data, which the call fills for any open number.
    let mut found: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    (unsafe { libc::fstat(number, &raw mut found) } == 0).then_some((found.st_dev, found.st_ino))
}

/// The number of descriptors that this process may have; the usual number if it may not ask.
pub fn most_descriptors() -> usize {
    const USUAL: usize = 1024;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is live.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0;
    if asked { limit.rlim_cur.try_into().unwrap_or(usize::MAX) } else { USUAL }
}

/// A copy with a number of at least `from`.
fn raised(fd: &impl AsFd, from: RawFd) -> io::Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(fd, from).map_err(named("fcntl"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_number_that_is_another_files_is_left_alone() {
        let (ours, mut peer) = UnixStream::pair().unwrap();
        let guarded = Guarded::high(ours.into()).unwrap();
        let number = guarded.get().unwrap().as_raw_fd();
        assert!(number > 100, "{number}");
        // The same as a program that reuses the number.
        let (theirs, mut other) = UnixStream::pair().unwrap();
        // SAFETY: the test owns this number and gives it away, which is what is tested.
        assert_eq!(unsafe { libc::dup2(theirs.as_raw_fd(), number) }, number);
        assert_eq!(peer.read(&mut [0]).unwrap(), 0, "the descriptor was not the last of its file");
        assert_eq!(guarded.get().unwrap_err().kind(), io::ErrorKind::NotConnected);
        drop(guarded);
        // SAFETY: the copy made above, which nobody has closed.
        let mut copy = UnixStream::from(unsafe { OwnedFd::from_raw_fd(number) });
        copy.write_all(b"still open").unwrap();
        let mut read = [0; 10];
        other.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"still open");
    }

    #[test]
    fn a_closed_number_is_noticed_and_closed_once() {
        let (ours, mut peer) = UnixStream::pair().unwrap();
        let guarded = Guarded::new(ours.into()).unwrap();
        guarded.close();
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        assert!(guarded.get().is_err());
        guarded.close();
    }
}
