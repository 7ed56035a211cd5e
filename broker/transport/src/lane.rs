//! A lane: one program thread's ordered channel to one worker thread.
//!
//! This is the transport's only interface: the shim and the worker use [`Lane`] and [`Inbox`], not what carries the frames.
//! There are two kinds. A socket lane is a `SOCK_SEQPACKET` socket pair, one frame per datagram. A ring lane adds a memory
//! file with a ring buffer for each direction, so that a frame to an awake peer costs no system call; its socket pair
//! carries descriptors and signals the peer's death.
//!
//! - **Invariant:** a frame is copied to private memory, the [`Inbox`], before anything decodes it.
//! - **Invariant:** whatever the peer does to shared memory or sockets, a lane's methods return or sleep: they do not panic,
//!   access memory outside of the lane, or use up the processor.

mod contention;
mod deferral;
mod doorbell;
mod end;
mod frame;
mod memory;
mod placement;
mod ring;
mod socket;
#[cfg(test)]
mod tests;
mod wait;

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use crate::guarded::Guarded;

use frame::invalid;
use ring::Ring;
use socket::Socket;

pub use doorbell::Doorbell;
pub use end::{Carried, Carrier, Lane, Wake};
pub use frame::Inbox;

/// The carrier of a lane's frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Socket,
    Ring,
}

/// Makes a lane: the program's end, and the descriptors from which the peer makes the other one.
///
/// # Errors
/// Those of `socketpair`, `memfd_create`, `ftruncate` and `mmap`.
pub fn offer(kind: Kind) -> io::Result<(Box<dyn Lane>, Vec<OwnedFd>)> {
    offer_with(kind, |socket| Ok(Box::new(socket)))
}

/// The same, with another [`Carrier`] than the socket itself beside a ring.
///
/// # Errors
/// As for [`offer`], and those of `carrier`.
pub fn offer_with(
    kind: Kind,
    carrier: impl FnOnce(OwnedFd) -> io::Result<Box<dyn Carrier>>,
) -> io::Result<(Box<dyn Lane>, Vec<OwnedFd>)> {
    let (ours, theirs) = socket::pair()?;
    match kind {
        Kind::Socket => Ok((Box::new(Socket::new(Guarded::high(ours)?)), vec![theirs])),
        Kind::Ring => {
            let (ring, memory) = Ring::offer(carrier(ours)?)?;
            Ok((Box::new(ring), vec![theirs, memory]))
        }
    }
}

/// Sends the descriptor of a ring lane's next frame on its socket, if there is room.
///
/// # Errors
/// `WouldBlock` if there is none; `BrokenPipe` when the peer is gone.
pub fn send_descriptor(socket: BorrowedFd<'_>, fd: BorrowedFd<'_>) -> io::Result<()> {
    socket::send(socket, &[0], Some(fd), rustix::net::SendFlags::DONTWAIT)
}

/// Receives the descriptor of a ring lane's next frame from its socket.
///
/// # Errors
/// As for [`Carrier::recv`].
pub fn receive_descriptor(socket: BorrowedFd<'_>) -> io::Result<Carried> {
    socket::carried(socket)
}

/// The worker's end of a lane, from the descriptors that the peer sent.
///
/// # Errors
/// `InvalidData` if they are not a lane's; those of `mmap`.
pub fn accept(mut fds: Vec<OwnedFd>) -> io::Result<Box<dyn Lane>> {
    match (fds.pop(), fds.pop(), fds.is_empty()) {
        (Some(socket), None, _) => Ok(Box::new(Socket::new(Guarded::new(socket::check(socket)?)?))),
        (Some(memory), Some(socket), true) => Ok(Box::new(Ring::accept(Box::new(socket::check(socket)?), &memory)?)),
        _ => Err(invalid("a lane is made of one descriptor or two".into())),
    }
}
