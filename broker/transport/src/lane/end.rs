//! What both kinds of lanes do, and what a ring lane needs a socket for.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use super::doorbell::Doorbell;
use super::frame::Inbox;

/// When a sleeping peer must process a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// At once.
    Now,
    /// Soon: a sleeping peer is woken, but on a busy machine one that has just fallen asleep is not. It looks for frames again
    /// after a moment.
    Soon,
    /// The frame is visible at once, but a sleeping peer is woken only by a frame with another `Wake`, when this end waits,
    /// or when more than 64 frames or 32 KiB were sent. A socket always wakes its peer.
    Later,
}

/// One end of a lane.
///
/// In a forked child an end cannot be used, only dropped, which its peer does not notice.
pub trait Lane: Send {
    /// Sends one frame, with a descriptor if there is one. Blocks while there is no room.
    ///
    /// # Errors
    /// `BrokenPipe` when the peer is gone, as far as that is known by now; `InvalidInput` if the frame is empty or longer
    /// than [`LONGEST`](ava_protocol::frame::LONGEST), which sends nothing; `InvalidData` if the peer violated the protocol.
    fn send(&mut self, frame: &[u8], fd: Option<BorrowedFd<'_>>, wake: Wake) -> io::Result<()>;

    /// Waits for a frame; `false` when the peer is gone and all its frames are read.
    ///
    /// # Errors
    /// `InvalidData` if the peer violated the protocol: a frame longer than allowed, more or fewer descriptors than
    /// announced, one where the inbox takes none, an invalid cursor. The lane cannot be used after that.
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

/// What becomes of a frame's descriptor.
#[derive(Debug)]
pub enum Carried {
    Here(OwnedFd),
    /// It came, and this process cannot hold it. It is closed.
    Missed(io::Error),
    /// The peer is gone.
    Gone,
}

/// The operations that a ring lane needs its socket for.
pub trait Carrier: Send + std::fmt::Debug {
    /// Sends the descriptor of the next frame. `is_full` is called once if that has to wait for the peer.
    ///
    /// # Errors
    /// `BrokenPipe` when the peer is gone.
    fn send(&self, fd: BorrowedFd<'_>, is_full: &mut dyn FnMut()) -> io::Result<()>;

    /// Receives the descriptor of a frame, into the table of the calling thread.
    ///
    /// # Errors
    /// `InvalidData` if there is none, or anything else.
    fn recv(&self) -> io::Result<Carried>;

    /// Whether the peer's process has died.
    fn is_hung_up(&self) -> bool;
}
