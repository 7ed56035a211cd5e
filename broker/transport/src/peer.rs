//! The process at the other end of a Unix socket: its pidfd, its number, its POSIX session.
//!
//! A process may be in a PID namespace that this one cannot see (a broker in a container, and a program outside): then the
//! kernel says 0 for its number, and for its session's if only the leader is there.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// `SO_PEERPIDFD`, Linux 6.5, the same number on every architecture that uses the generic socket options.
const SO_PEERPIDFD: libc::c_int = 77;

/// A pidfd of the peer that connected `socket`, which stays correct when process numbers are reused.
///
/// # Errors
/// `ENOPROTOOPT` before Linux 6.5; `ESRCH` or `EINVAL` if the peer is already gone.
pub fn pidfd(socket: &impl AsFd) -> io::Result<OwnedFd> {
    let mut fd: libc::c_int = -1;
    let mut length = libc::socklen_t::try_from(size_of_val(&fd)).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY:
    // - `socket` is open for as long as it is borrowed
    // - `fd` and `length` are live, and `length` is the size of `fd`
    let result = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            SO_PEERPIDFD,
            (&raw mut fd).cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    if fd < 0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    // SAFETY: the kernel has just made this descriptor for us, close-on-exec, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The number of the process that connected `socket`; `None` if it is not visible.
///
/// # Errors
/// Those of `getsockopt`.
pub fn process(socket: &impl AsFd) -> io::Result<Option<u32>> {
    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut length = libc::socklen_t::try_from(size_of_val(&peer)).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: `socket` is open for as long as it is borrowed; `peer` and `length` are live, and `length` is the size of `peer`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(positive(peer.pid))
}

/// The leader of the POSIX session that a process is in; `None` if either is not visible, or the process is gone.
#[must_use]
pub fn session(process: i32) -> Option<u32> {
    // 0 would mean this process.
    let process = positive(process)?;
    // SAFETY: a system call without pointers.
    positive(unsafe { libc::getsid(process as libc::pid_t) })
}

fn positive(number: i32) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| *number != 0)
}

/// `SO_PASSRIGHTS`, Linux 6.16, the same number on every architecture that uses the generic socket options.
const SO_PASSRIGHTS: libc::c_int = 83;

/// Makes the kernel refuse descriptors that the peer sends to this socket; the peer gets an error.
///
/// # Errors
/// `ENOPROTOOPT` before Linux 6.16.
pub fn refuse_descriptors(socket: &impl AsFd) -> io::Result<()> {
    let no: libc::c_int = 0;
    let length = libc::socklen_t::try_from(size_of_val(&no)).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: `socket` is open for as long as it is borrowed, and `no` is live and of this length.
    let result = unsafe {
        libc::setsockopt(socket.as_fd().as_raw_fd(), libc::SOL_SOCKET, SO_PASSRIGHTS, (&raw const no).cast(), length)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn numbers_are_there_or_not() {
        let (socket, _peer) = UnixStream::pair().unwrap();
        assert_eq!(super::process(&socket).unwrap(), Some(std::process::id()));
        assert!(super::process(&std::io::stderr()).is_err());
        assert_eq!([0, -1, i32::MAX].map(super::session), [None; 3]);
        assert_eq!([0, -3, 7].map(super::positive), [None, None, Some(7)]);
    }

    #[test]
    fn descriptors_are_refused_where_the_kernel_can() {
        let (a, b) = UnixStream::pair().unwrap();
        match super::refuse_descriptors(&a) {
            Ok(()) => {
                assert!(crate::message::send(&b, b"x", &[b.as_fd()]).is_err());
                crate::message::send(&b, b"x", &[]).unwrap();
                crate::message::send(&a, b"x", &[b.as_fd()]).unwrap();
            }
            Err(error) => assert_eq!(error.raw_os_error(), Some(libc::ENOPROTOOPT)),
        }
    }

    #[test]
    fn the_peer_is_this_process() {
        let (a, _b) = UnixStream::pair().unwrap();
        match super::pidfd(&a) {
            Ok(fd) => {
                assert!(rustix::io::fcntl_getfd(&fd).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
                let info =
                    std::fs::read_to_string(format!("/proc/self/fdinfo/{}", std::os::fd::AsRawFd::as_raw_fd(&fd)));
                assert!(info.unwrap().contains(&format!("Pid:\t{}\n", std::process::id())));
            }
            Err(error) => assert_eq!(error.raw_os_error(), Some(libc::ENOPROTOOPT)),
        }
    }
}
