//! A lane: one program thread's ordered channel to one worker thread.
//!
//! Frames travel as datagrams of a `SOCK_SEQPACKET` socket pair. This is the one door to the transport: the shim and the
//! worker know `Lane` and [`Inbox`], not the socket.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rkyv::util::AlignedVec;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

use ava_protocol::frame::LONGEST;

/// When a peer that sleeps is to look at a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    Now,
    Later,
}

/// One end of a lane.
#[derive(Debug)]
pub struct Lane {
    socket: OwnedFd,
}

impl Lane {
    /// A new lane and the descriptor of its other end.
    ///
    /// # Errors
    /// Those of `socketpair`.
    pub fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        Ok((Self { socket: ours }, theirs))
    }

    /// A lane from the descriptor that the peer sent.
    ///
    /// # Errors
    /// `InvalidData` if it is no socket of a lane.
    pub fn from_fd(socket: OwnedFd) -> io::Result<Self> {
        match rustix::net::sockopt::socket_type(&socket) {
            Ok(SocketType::SEQPACKET) => Ok(Self { socket }),
            Ok(other) => Err(io::Error::new(io::ErrorKind::InvalidData, format!("a lane over {other:?}"))),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends one frame, with a descriptor if there is one. Waits while the peer has not read what it was sent before.
    ///
    /// # Errors
    /// `BrokenPipe` when the peer is gone.
    pub fn send(&self, frame: &[u8], fd: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let fds = fd.as_slice();
        if !fds.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        loop {
            match rustix::net::sendmsg(&self.socket, &[IoSlice::new(frame)], &mut ancillary, SendFlags::NOSIGNAL) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for a frame; `false` when the peer is gone.
    ///
    /// # Errors
    /// `InvalidData` for a frame longer than allowed or with more than one descriptor; those of the socket.
    pub fn recv(&self, inbox: &mut Inbox) -> io::Result<bool> {
        inbox.len = 0;
        inbox.fd = None;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let received = loop {
            let mut ancillary = RecvAncillaryBuffer::new(&mut space);
            let mut target = [IoSliceMut::new(&mut inbox.bytes)];
            let received =
                match rustix::net::recvmsg(&self.socket, &mut target, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                    Ok(received) => received,
                    Err(Errno::INTR) => continue,
                    Err(Errno::CONNRESET) => return Ok(false),
                    Err(error) => return Err(error.into()),
                };
            for message in ancillary.drain() {
                if let RecvAncillaryMessage::ScmRights(mut fds) = message {
                    inbox.fd = fds.next();
                }
            }
            break received;
        };
        for (flag, what) in [
            (ReturnFlags::TRUNC, "a frame longer than allowed"),
            (ReturnFlags::CTRUNC, "a frame with more than one descriptor, or than this process can hold"),
        ] {
            if received.flags.contains(flag) {
                inbox.fd = None;
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
        inbox.len = received.bytes;
        Ok(received.bytes > 0)
    }
}

impl AsFd for Lane {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Where frames are received: private memory, aligned for rkyv.
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

    /// The frame received last.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The descriptor that came with it.
    pub fn take_fd(&mut self) -> Option<OwnedFd> {
        self.fd.take()
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_keep_their_bounds_and_descriptors() {
        let (ours, theirs) = Lane::pair().unwrap();
        let theirs = Lane::from_fd(theirs).unwrap();
        let file = rustix::fs::memfd_create(c"x", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        ours.send(b"one", None).unwrap();
        ours.send(&vec![7; LONGEST], Some(file.as_fd())).unwrap();
        let mut inbox = Inbox::new();
        assert!(theirs.recv(&mut inbox).unwrap());
        assert_eq!(inbox.bytes(), b"one");
        assert!(inbox.take_fd().is_none());
        assert!(theirs.recv(&mut inbox).unwrap());
        assert_eq!(inbox.bytes().len(), LONGEST);
        assert!(inbox.take_fd().is_some());
        drop(ours);
        assert!(!theirs.recv(&mut inbox).unwrap());
    }

    #[test]
    fn a_frame_that_is_too_long_is_an_error() {
        let (ours, theirs) = Lane::pair().unwrap();
        let theirs = Lane::from_fd(theirs).unwrap();
        ours.send(&vec![7; LONGEST + 1], None).unwrap();
        assert_eq!(theirs.recv(&mut Inbox::new()).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_descriptor_that_is_no_lane_is_refused() {
        let file = rustix::fs::memfd_create(c"x", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        assert!(Lane::from_fd(file).is_err());
    }
}
