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

mod memory;
mod ring;
mod socket;
#[cfg(test)]
mod tests;
mod wait;

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rkyv::util::AlignedVec;

use ava_protocol::frame::LONGEST;

use crate::guarded::Guarded;

use ring::{Bell, Ring};
use socket::Socket;

/// When a sleeping peer must process a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// At once.
    Now,
    /// The frame is visible at once, but a sleeping peer is woken only by a frame with [`Wake::Now`], when this end waits,
    /// or when more than 64 frames or 32 KiB were sent. A socket always wakes its peer.
    Later,
}

/// The carrier of a lane's frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Socket,
    Ring,
}

/// One end of a lane.
///
/// In a forked child an end cannot be used, only dropped, which its peer does not notice.
pub trait Lane: Send {
    /// Sends one frame, with a descriptor if there is one. Blocks while there is no room.
    ///
    /// # Errors
    /// `BrokenPipe` when the peer is gone, as far as that is known by now; `InvalidInput` if the frame is empty or longer
    /// than [`LONGEST`], which sends nothing; `InvalidData` if the peer violated the protocol.
    fn send(&mut self, frame: &[u8], fd: Option<BorrowedFd<'_>>, wake: Wake) -> io::Result<()>;

    /// Waits for a frame; `false` when the peer is gone and all its frames are read.
    ///
    /// # Errors
    /// `InvalidData` if the peer violated the protocol: a frame longer than allowed, more or fewer descriptors than
    /// announced (or than this process can hold), an invalid cursor. The lane cannot be used after that.
    fn recv(&mut self, inbox: &mut Inbox) -> io::Result<bool>;

    /// Makes this process touch the shared memory first, so that the kernel charges it to this process.
    ///
    /// # Errors
    /// There is no memory.
    fn populate(&self) -> io::Result<()> {
        Ok(())
    }

    /// A doorbell with which this process's other threads make a `recv` of this end check again.
    fn doorbell(&self) -> Doorbell;
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

/// The operations that a ring lane needs its socket for.
pub trait Carrier: Send + std::fmt::Debug {
    /// Sends the descriptor of the next frame. `is_full` is called once if that has to wait for the peer.
    ///
    /// # Errors
    /// `BrokenPipe` when the peer is gone.
    fn send(&self, fd: BorrowedFd<'_>, is_full: &mut dyn FnMut()) -> io::Result<()>;

    /// Receives the descriptor of a frame; `None` when the peer is gone.
    ///
    /// # Errors
    /// `InvalidData` if there is none, or anything else.
    fn recv(&self) -> io::Result<Option<OwnedFd>>;

    /// Whether the peer's process has died.
    fn is_hung_up(&self) -> bool;
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

/// Makes a sleeping `recv` check for frames again, also for those sent with [`Wake::Later`].
///
/// The `recv` sees every frame that the peer had sent before the ringing thread learned of it.
#[derive(Debug, Clone)]
pub struct Doorbell(Option<Bell>);

impl Doorbell {
    pub fn ring(&self) {
        if let Some(bell) = &self.0 {
            bell.ring();
        }
    }

    /// The peer will send no more: a `recv` returns the frames that it has sent, and then reports that the peer is gone. (A
    /// socket reports this itself.)
    pub fn hang_up(&self) {
        if let Some(bell) = &self.0 {
            bell.hang_up();
        }
    }
}

/// The receive buffer: private memory, aligned for rkyv.
#[derive(Debug)]
pub struct Inbox {
    bytes: AlignedVec,
    len: usize,
    fd: Option<OwnedFd>,
}

impl Inbox {
    pub fn new() -> Self {
        let mut bytes = AlignedVec::with_capacity(LONGEST);
        bytes.resize(LONGEST, 0);
        Self { bytes, len: 0, fd: None }
    }

    /// The last received frame.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The descriptor that came with it.
    pub fn take_fd(&mut self) -> Option<OwnedFd> {
        self.fd.take()
    }

    fn clear(&mut self) {
        self.len = 0;
        self.fd = None;
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}

fn check_length(frame: &[u8]) -> io::Result<()> {
    if frame.is_empty() || frame.len() > LONGEST {
        let what = format!("a frame of {} bytes; 1 to {LONGEST} are allowed", frame.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    Ok(())
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
