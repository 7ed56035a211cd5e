//! A socket lane at the level of bytes, for what no end of a lane sends.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ava_protocol::frame::LONGEST;
use rkyv::util::AlignedVec;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

pub struct Wire {
    socket: OwnedFd,
    bytes: AlignedVec,
}

impl Wire {
    /// Of a lane's socket.
    pub fn new(socket: OwnedFd) -> Self {
        let mut bytes = AlignedVec::new();
        bytes.resize(LONGEST, 0);
        Self { socket, bytes }
    }

    /// A lane, and the descriptor of its other end.
    pub fn pair() -> (Self, OwnedFd) {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        (Self::new(ours), theirs)
    }

    /// Sends any bytes, if the peer exists.
    pub fn send(&self, frame: &[u8], fd: Option<BorrowedFd<'_>>) -> bool {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let fds = fd.as_slice();
        assert!(fds.is_empty() || ancillary.push(SendAncillaryMessage::ScmRights(fds)));
        sendmsg(&self.socket, &[IoSlice::new(frame)], &mut ancillary, SendFlags::NOSIGNAL).is_ok()
    }

    /// Waits for a frame; `None` when the peer is gone.
    pub fn recv(&mut self) -> Option<(&[u8], Option<OwnedFd>)> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut target = [IoSliceMut::new(&mut self.bytes)];
        let len = recvmsg(&self.socket, &mut target, &mut ancillary, RecvFlags::CMSG_CLOEXEC).ok()?.bytes;
        let fd = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
            _ => None,
        });
        (len > 0).then(|| (&self.bytes[..len], fd))
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
