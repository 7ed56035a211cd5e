//! Waits for a descriptor, by whichever system call this process may make.

use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

/// The events that a descriptor is ready for, within the time given; none if it ran out.
///
/// # Errors
/// Those of `ppoll`, or of `poll` where the former is forbidden.
pub fn poll(fd: &impl AsFd, flags: PollFlags, limit: Option<Duration>) -> Result<PollFlags, Errno> {
    let timeout = limit.map(Timespec::try_from).transpose().map_err(|_| Errno::INVAL)?;
    let mut fds = [PollFd::new(fd, flags)];
    match rustix::event::poll(&mut fds, timeout.as_ref()) {
        Ok(_) => Ok(fds[0].revents()),
        Err(Errno::PERM | Errno::NOSYS) => older(fd, flags, limit),
        Err(error) => Err(error),
    }
}

fn older(fd: &impl AsFd, flags: PollFlags, limit: Option<Duration>) -> Result<PollFlags, Errno> {
    let milliseconds = limit.map_or(-1, |limit| limit.as_micros().div_ceil(1000).try_into().unwrap_or(i32::MAX));
    let mut polled = libc::pollfd { fd: fd.as_fd().as_raw_fd(), events: flags.bits() as i16, revents: 0 };
    // SAFETY: one live structure, and its number.
    if unsafe { libc::poll(&raw mut polled, 1, milliseconds) } < 0 {
        return Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL));
    }
    Ok(PollFlags::from_bits_retain(polled.revents as u16))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn both_calls_tell_the_same() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let short = Some(Duration::from_micros(1));
        for wait in [poll, older] {
            assert_eq!(wait(&ours, PollFlags::IN, short), Ok(PollFlags::empty()));
        }
        theirs.write_all(b"x").unwrap();
        for wait in [poll, older] {
            assert_eq!(wait(&ours, PollFlags::IN, None), Ok(PollFlags::IN));
        }
    }
}
