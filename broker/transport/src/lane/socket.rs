//! Lanes over a socket pair, and the sockets of ring lanes.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

use super::doorbell::Doorbell;
use super::end::{Carried, Carrier, Lane, Wake};
use super::frame::{Inbox, UNASKED, check_length, invalid};
use crate::guarded::Guarded;
use crate::peer;
use crate::ready;
use crate::region::named;

/// The descriptor that came with a datagram, or why this process cannot hold it.
type Came = io::Result<Option<OwnedFd>>;

/// One end of a lane over a socket: every frame is a datagram.
#[derive(Debug)]
pub struct Socket {
    socket: Guarded,
}

impl Socket {
    pub fn new(socket: Guarded) -> Self {
        Self { socket }
    }
}

impl Lane for Socket {
    fn send(&mut self, frame: &[u8], fd: Option<BorrowedFd<'_>>, _: Wake) -> io::Result<()> {
        check_length(frame)?;
        send(self.socket.get()?, frame, fd, SendFlags::empty())
    }

    fn recv(&mut self, inbox: &mut Inbox) -> io::Result<bool> {
        inbox.clear();
        let (len, fd) = loop {
            let socket = self.socket.get()?;
            match recv(socket, &mut inbox.bytes, RecvFlags::empty(), inbox.takes) {
                Ok(received) => break received,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(false),
                // The process that created the socket can make it non-blocking at any time.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => wait(socket, PollFlags::IN)?,
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

impl Carrier for OwnedFd {
    fn send(&self, fd: BorrowedFd<'_>, is_full: &mut dyn FnMut()) -> io::Result<()> {
        match send(self, &[0], Some(fd), SendFlags::DONTWAIT) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                is_full();
                send(self, &[0], Some(fd), SendFlags::empty())
            }
            sent => sent,
        }
    }

    fn recv(&self) -> io::Result<Carried> {
        carried(self.as_fd())
    }

    fn is_hung_up(&self) -> bool {
        is_hung_up(self)
    }
}

/// Receives the descriptor of a ring lane's frame, which is there before the frame.
///
/// # Errors
/// `InvalidData` if it is not, or something else is.
pub fn carried(socket: BorrowedFd<'_>) -> io::Result<Carried> {
    match recv(socket, &mut [0], RecvFlags::DONTWAIT, true) {
        Ok((1, Ok(Some(fd)))) => Ok(Carried::Here(fd)),
        Ok((1, Err(error))) => Ok(Carried::Missed(error)),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(Carried::Gone),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(error),
        _ => Err(invalid("a frame without the descriptor it announces".into())),
    }
}

/// A connected pair of sockets for a lane.
///
/// # Errors
/// Those of `socketpair`, which name it.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
        .or_else(|error| introduced().map_err(|_| error))
        .map_err(named("socketpair"))
}

/// Such a pair for a process that may not call `socketpair`.
fn introduced() -> io::Result<(OwnedFd, OwnedFd)> {
    peer::pair(SocketType::SEQPACKET, |address| peer::connect(SocketType::SEQPACKET, address))
}

/// A descriptor from the peer, if it is a socket of the right type.
///
/// # Errors
/// `InvalidData` if it is not.
pub fn check(fd: OwnedFd) -> io::Result<OwnedFd> {
    match rustix::net::sockopt::socket_type(&fd) {
        Ok(SocketType::SEQPACKET) => Ok(fd),
        Ok(other) => Err(invalid(format!("a lane over {other:?}"))),
        Err(error) => Err(invalid(format!("a lane over a descriptor that is no socket: {error}"))),
    }
}

/// Sends one datagram.
///
/// # Errors
/// `BrokenPipe` when the peer is gone; `WouldBlock` if `flags` ask for it; those of `sendmsg`.
pub fn send(socket: impl AsFd, bytes: &[u8], fd: Option<BorrowedFd<'_>>, flags: SendFlags) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let fds = fd.as_slice();
    if !fds.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    loop {
        match rustix::net::sendmsg(&socket, &[IoSlice::new(bytes)], &mut ancillary, flags | SendFlags::NOSIGNAL) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if !flags.contains(SendFlags::DONTWAIT) => wait(&socket, PollFlags::OUT)?,
            Err(Errno::CONNRESET) => return Err(io::ErrorKind::BrokenPipe.into()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Receives one datagram: its length, 0 at the end of the stream, and the descriptor that came with it, or why this process
/// cannot hold that. Unless one is to be taken, none gets into this process.
///
/// # Errors
/// `InvalidData` if it is longer than `into`, or has more descriptors than are taken; those of `recvmsg`, among them
/// `ConnectionReset` when the peer left without reading all, and `WouldBlock`.
pub fn recv(socket: impl AsFd, into: &mut [u8], flags: RecvFlags, takes: bool) -> io::Result<(usize, Came)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let room = if takes { space.len() } else { 0 };
    loop {
        let mut ancillary = RecvAncillaryBuffer::new(&mut space[..room]);
        let mut target = [IoSliceMut::new(into)];
        let received = match rustix::net::recvmsg(&socket, &mut target, &mut ancillary, flags | RecvFlags::CMSG_CLOEXEC)
        {
            Ok(received) => received,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        // The padding leaves room for a second descriptor, which the kernel then delivers.
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
        // What there is no room for the kernel closes. Without room for one it says the same.
        let is_cut = received.flags.contains(ReturnFlags::CTRUNC);
        return match fd {
            None if is_cut && takes => Ok((received.bytes, Err(Errno::MFILE.into()))),
            None if is_cut => Err(invalid(UNASKED.into())),
            Some(_) if is_cut || others > 0 => Err(invalid("a frame with more than one descriptor".into())),
            fd => Ok((received.bytes, Ok(fd))),
        };
    }
}

/// Whether the peer's end of the socket is closed, as it is when its process has died.
pub fn is_hung_up(socket: impl AsFd) -> bool {
    ready::poll(&socket, PollFlags::empty(), Some(Duration::ZERO)).is_ok_and(|ready| !ready.is_empty())
}

fn wait(socket: impl AsFd, flags: PollFlags) -> io::Result<()> {
    match ready::poll(&socket, flags, None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_make_a_pair_is_introduced() {
        let (ours, theirs) = introduced().unwrap();
        check(theirs.try_clone().unwrap()).unwrap();
        let mut bytes = [0; 8];
        send(&ours, b"hello", None, SendFlags::empty()).unwrap();
        assert_eq!(recv(&theirs, &mut bytes, RecvFlags::empty(), true).unwrap().0, 5);
        assert_eq!(&bytes[..5], b"hello");
        drop(ours);
        assert_eq!(recv(&theirs, &mut bytes, RecvFlags::empty(), true).unwrap().0, 0);
    }
}
