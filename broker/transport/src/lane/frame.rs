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
    pub(super) fd: Option<OwnedFd>,
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

    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.fd = None;
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

/// The peer violated the protocol.
pub fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
