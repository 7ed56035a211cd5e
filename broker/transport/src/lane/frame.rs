//! Frames as a lane checks and receives them.

use std::io;
use std::os::fd::OwnedFd;

use ava_protocol::frame::LONGEST;
use rkyv::util::AlignedVec;

/// The receive buffer: private memory, aligned for rkyv.
#[derive(Debug)]
pub struct Inbox {
    pub(super) bytes: AlignedVec,
    pub(super) len: usize,
    pub(super) fd: io::Result<Option<OwnedFd>>,
    pub(super) takes: bool,
}

impl Inbox {
    pub fn new() -> Self {
        let mut bytes = AlignedVec::with_capacity(LONGEST);
        bytes.resize(LONGEST, 0);
        Self { bytes, len: 0, fd: Ok(None), takes: true }
    }

    /// The last received frame.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The descriptor that came with it.
    ///
    /// # Errors
    /// One came that this process cannot hold.
    pub fn take_fd(&mut self) -> io::Result<Option<OwnedFd>> {
        std::mem::replace(&mut self.fd, Ok(None))
    }

    /// Whether the next frames may bring descriptors, as they may at first. Where they may not, none gets into this process.
    pub fn set_takes(&mut self, takes: bool) {
        self.takes = takes;
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.fd = Ok(None);
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a frame may be sent.
pub fn check_length(frame: &[u8]) -> io::Result<()> {
    if frame.is_empty() || frame.len() > LONGEST {
        let what = format!("a frame of {} bytes; 1 to {LONGEST} are allowed", frame.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    Ok(())
}

/// How the peer violates the protocol that sends a descriptor where none is taken.
pub const UNASKED: &str = "a descriptor that nobody has asked for";

/// The peer violated the protocol.
pub fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
