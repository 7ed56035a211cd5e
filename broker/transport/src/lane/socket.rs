//! Lanes over a socket pair, and what ring lanes use theirs for.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

use super::{Doorbell, Inbox, Lane, Wake, check_length, invalid};

/// One end of a lane over a socket: every frame is a datagram.
#[derive(Debug)]
pub struct Socket {
    socket: OwnedFd,
}

impl Socket {
    pub fn new(socket: OwnedFd) -> Self {
        Self { socket }
    }
}

impl Lane for Socket {
    fn send(&mut self, frame: &[u8], fd: Option<BorrowedFd<'_>>, _: Wake) -> io::Result<()> {
        check_length(frame)?;
        send(&self.socket, frame, fd, SendFlags::empty())
    }

    fn recv(&mut self, inbox: &mut Inbox) -> io::Result<bool> {
        inbox.clear();
        let (len, fd) = loop {
            match recv(&self.socket, &mut inbox.bytes, RecvFlags::empty()) {
                Ok(received) => break received,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(false),
                // Whoever made the socket can make it non-blocking at any time.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => wait(&self.socket, PollFlags::IN)?,
                Err(error) => return Err(error),
            }
        };
        inbox.len = len;
        inbox.fd = fd;
        Ok(len > 0)
    }

    fn doorbell(&self) -> Doorbell {
        Doorbell(None)
    }
}

/// A connected pair of sockets as lanes use them.
///
/// # Errors
/// Those of `socketpair`.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// A descriptor from the peer, if it is a socket of the right type.
///
/// # Errors
/// `InvalidData` if it is not.
pub fn check(fd: OwnedFd) -> io::Result<OwnedFd> {
    match rustix::net::sockopt::socket_type(&fd) {
        Ok(SocketType::SEQPACKET) => Ok(fd),
        Ok(other) => Err(invalid(format!("a lane over {other:?}"))),
        Err(error) => Err(invalid(format!("a lane over what is no socket: {error}"))),
    }
}

/// Sends one datagram.
///
/// # Errors
/// `BrokenPipe` when the peer is gone; `WouldBlock` if `flags` ask for it; those of `sendmsg`.
pub fn send(socket: &OwnedFd, bytes: &[u8], fd: Option<BorrowedFd<'_>>, flags: SendFlags) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let fds = fd.as_slice();
    if !fds.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    loop {
        match rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, flags | SendFlags::NOSIGNAL) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if !flags.contains(SendFlags::DONTWAIT) => wait(socket, PollFlags::OUT)?,
            Err(Errno::CONNRESET) => return Err(io::ErrorKind::BrokenPipe.into()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Receives one datagram: its length, 0 at the end of the stream, and the descriptor that came with it.
///
/// # Errors
/// `InvalidData` if it is longer than `into` or has more than one descriptor; those of `recvmsg`, among them
/// `ConnectionReset` when the peer left without reading all, and `WouldBlock`.
pub fn recv(socket: &OwnedFd, into: &mut [u8], flags: RecvFlags) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    loop {
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut target = [IoSliceMut::new(into)];
        let received = match rustix::net::recvmsg(socket, &mut target, &mut ancillary, flags | RecvFlags::CMSG_CLOEXEC)
        {
            Ok(received) => received,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        // Padding has room for a second descriptor, which the kernel then delivers.
        let (mut fd, mut others) = (None, 0);
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(mut fds) = message {
                fd = fds.next();
                others += fds.count();
            }
        }
        if received.flags.contains(ReturnFlags::TRUNC) {
            return Err(invalid("a frame longer than allowed".into()));
        }
        if received.flags.contains(ReturnFlags::CTRUNC) || others > 0 {
            return Err(invalid("a frame with more than one descriptor, or than this process can hold".into()));
        }
        return Ok((received.bytes, fd));
    }
}

/// Whether the peer's end of the socket is closed, as it is when its process has died.
pub fn is_hung_up(socket: &OwnedFd) -> bool {
    let mut polled = [PollFd::new(socket, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut polled, Some(&now)).is_ok_and(|ready| ready > 0)
}

fn wait(socket: &OwnedFd, flags: PollFlags) -> io::Result<()> {
    match poll(&mut [PollFd::new(socket, flags)], None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
