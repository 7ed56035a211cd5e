//! The process at the other end of a Unix socket: its pidfd, its number, its groups, its process group; and a pair of sockets
//! of which this process has both ends, where `socketpair` does not do.
//!
//! A process may be in a PID namespace that this one cannot see (a broker in a container, and a program outside): then the
//! kernel says 0 for its number, and for its session's if only the leader is there.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

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

/// The most groups that are asked for.
const MOST_GROUPS: usize = 1024;

/// The supplementary groups of the process that connected `socket`, as they were then.
///
/// # Errors
/// `ERANGE` if there are more than 1,024; those of `getsockopt`.
pub fn groups(socket: &impl AsFd) -> io::Result<Vec<u32>> {
    let mut groups: Vec<libc::gid_t> = vec![0; MOST_GROUPS];
    let room = size_of_val(groups.as_slice());
    let mut length = libc::socklen_t::try_from(room).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: `socket` is open for as long as it is borrowed; `groups` has `length` bytes, any of which make numbers.
    let result = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERGROUPS,
            groups.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    groups.truncate(length as usize / size_of::<libc::gid_t>());
    Ok(groups)
}

/// The leader of the process group that a process is in; `None` if either is not visible, or the process is gone.
#[must_use]
pub fn group(process: i32) -> Option<u32> {
    // 0 would mean this process.
    let process = positive(process)?;
    // SAFETY: a system call without pointers.
    positive(unsafe { libc::getpgid(process as libc::pid_t) })
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

/// The two ends of a connection, without `socketpair`: the first listens at an address that the kernel chooses, the second is
/// what `connect` makes with it.
///
/// For a process that may not call `socketpair`, and for ends in different tables of descriptors: the first is in the calling
/// thread's, the second in that of the thread which connects.
///
/// # Errors
/// Those of the system calls, and those of `connect`.
pub fn pair<T>(kind: SocketType, connect: impl FnOnce(&SocketAddrUnix) -> io::Result<T>) -> io::Result<(OwnedFd, T)> {
    let listener = socket(kind)?;
    rustix::net::bind(&listener, &SocketAddrUnix::new_unnamed())?;
    rustix::net::listen(&listener, 1)?;
    let address = SocketAddrUnix::try_from(rustix::net::getsockname(&listener)?)?;
    let other = connect(&address)?;
    loop {
        let one = match rustix::net::accept_with(&listener, SocketFlags::CLOEXEC) {
            Err(Errno::INTR) => continue,
            accepted => accepted?,
        };
        // Another process may have connected first: everyone can see the address.
        if process(&one)? == Some(std::process::id()) {
            return Ok((one, other));
        }
    }
}

/// The second end of a [`pair`].
///
/// # Errors
/// Those of the system calls.
pub fn connect(kind: SocketType, address: &SocketAddrUnix) -> io::Result<OwnedFd> {
    let socket = socket(kind)?;
    rustix::net::connect(&socket, address)?;
    Ok(socket)
}

fn socket(kind: SocketType) -> rustix::io::Result<OwnedFd> {
    rustix::net::socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::net::UnixStream;

    use rustix::net::{SocketAddrUnix, SocketType};

    /// In another process: connects, and tells its number by ending.
    fn stranger(address: &SocketAddrUnix) {
        let name = address.abstract_name().unwrap().to_vec();
        let script = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(bytes.fromhex(sys.argv[1]))";
        let name: String = [0].iter().chain(&name).map(|byte| format!("{byte:02x}")).collect();
        assert!(std::process::Command::new("python3").args(["-c", script, &name]).status().unwrap().success());
    }

    #[test]
    fn a_pair_is_of_this_process_alone() {
        let (one, other) = super::pair(SocketType::STREAM, |address| {
            stranger(address);
            let address = address.clone();
            // As a thread with a table of its own does.
            std::thread::spawn(move || super::connect(SocketType::STREAM, &address)).join().unwrap()
        })
        .unwrap();
        let (one, other) = (UnixStream::from(one), UnixStream::from(other));
        std::io::Write::write_all(&mut &one, b"one").unwrap();
        std::io::Write::write_all(&mut &other, b"two").unwrap();
        let read = |mut from: &UnixStream| {
            let mut bytes = [0; 3];
            std::io::Read::read_exact(&mut from, &mut bytes).unwrap();
            bytes
        };
        assert_eq!((read(&one), read(&other)), (*b"two", *b"one"));
        assert_eq!(super::process(&other).unwrap(), Some(std::process::id()));
    }

    #[test]
    fn a_pair_that_is_not_connected_is_none() {
        let refuses = |_: &SocketAddrUnix| Err::<OwnedFd, _>(std::io::ErrorKind::NotConnected.into());
        assert_eq!(super::pair(SocketType::SEQPACKET, refuses).unwrap_err().kind(), std::io::ErrorKind::NotConnected);
    }

    #[test]
    fn numbers_are_there_or_not() {
        let (socket, _peer) = UnixStream::pair().unwrap();
        assert_eq!(super::process(&socket).unwrap(), Some(std::process::id()));
        assert!(super::process(&std::io::stderr()).is_err());
        let own = rustix::process::getgroups().unwrap();
        let own: Vec<u32> = own.into_iter().map(rustix::process::Gid::as_raw).collect();
        assert_eq!(super::groups(&socket).unwrap(), own);
        assert!(super::groups(&std::io::stderr()).is_err());
        assert_eq!([0, -1, i32::MAX].map(super::group), [None; 3]);
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
