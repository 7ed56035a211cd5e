//! Messages with file descriptors over a Unix stream socket.
//!
//! A message is a little-endian `u32` length, that many bytes, and up to [`MAX_FDS`] descriptors, which travel with the
//! length's first byte. This runs inside tenants' processes too: it raises no signal and does not panic. It leaves the
//! socket's flags alone (they belong to the open file, which other processes share): each call says whether it may block.
//!
//! - **Invariant:** the length is checked before anything is allocated.
//! - **Invariant:** a receiver reads no byte beyond the message, so the connection can be passed on after any message.
//! - **Invariant:** every received descriptor is close-on-exec. One that does not become part of a message stays with the
//!   [`Reader`]: a caller that must not block in `close` takes them from there. The kernel discards none, for the buffer has
//!   room for as many as it lets anybody send.

use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

use crate::ready;
use crate::region::named;

/// The longest message, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// The most descriptors with one message.
pub const MAX_FDS: usize = 8;
/// The most descriptors that the kernel delivers at once (`SCM_MAX_FD`).
pub const MOST_AT_ONCE: usize = 253;

const HEAD: usize = 4;

/// A received message: its bytes and its descriptors.
pub type Message = (Vec<u8>, Vec<OwnedFd>);

/// Sends one message; blocks until the socket has taken all of it.
///
/// # Errors
/// `InvalidInput` if it is too long or has too many descriptors; otherwise the socket's own, `BrokenPipe` if the peer is
/// gone.
pub fn send(socket: &impl AsFd, body: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    send_until(socket, body, fds, None)
}

/// The same, blocking until `deadline` at most.
///
/// # Errors
/// Those of [`send`], and `TimedOut`. After any error the stream is to be closed.
pub fn send_before(socket: &impl AsFd, body: &[u8], fds: &[BorrowedFd<'_>], deadline: Instant) -> io::Result<()> {
    send_until(socket, body, fds, Some(deadline))
}

fn send_until(socket: &impl AsFd, body: &[u8], fds: &[BorrowedFd<'_>], deadline: Option<Instant>) -> io::Result<()> {
    let head = head(body, fds)?;
    let flags = SendFlags::NOSIGNAL | if deadline.is_some() { SendFlags::DONTWAIT } else { SendFlags::empty() };
    let mut sent = 0;
    while sent < HEAD + body.len() {
        match send_some(socket, &head, body, sent, fds, flags) {
            Ok(count) => sent += count,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait(socket, PollFlags::OUT, deadline)?,
            Err(error) => return Err(named("sendmsg")(error)),
        }
    }
    Ok(())
}

/// Sends one message at once or not at all.
///
/// # Errors
/// Those of [`send`], and `WouldBlock` if the socket does not take all of it now. Then nothing was sent, unless the socket
/// was all but full of other messages: after any error the stream is to be closed.
pub fn send_now(socket: &impl AsFd, body: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let head = head(body, fds)?;
    loop {
        return match send_some(socket, &head, body, 0, fds, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Ok(count) if count == HEAD + body.len() => Ok(()),
            Ok(_) => Err(ErrorKind::WouldBlock.into()),
            Err(Errno::INTR) => continue,
            Err(error) => Err(error.into()),
        };
    }
}

/// Receives one message, blocking until it is complete; `None` at the end of the stream.
///
/// # Errors
/// `UnexpectedEof` if the stream ends inside a message, `InvalidData` if the message is too long or brings more
/// descriptors than allowed (or than this process can hold); otherwise the socket's own.
pub fn recv(socket: &impl AsFd) -> io::Result<Option<Message>> {
    recv_until(socket, None)
}

/// The same, blocking until `deadline` at most.
///
/// # Errors
/// Those of [`recv`], and `TimedOut`. After any error the stream is to be closed.
pub fn recv_before(socket: &impl AsFd, deadline: Instant) -> io::Result<Option<Message>> {
    recv_until(socket, Some(deadline))
}

fn recv_until(socket: &impl AsFd, deadline: Option<Instant>) -> io::Result<Option<Message>> {
    let flags = if deadline.is_some() { RecvFlags::DONTWAIT } else { RecvFlags::empty() };
    let mut reader = Reader::new();
    loop {
        match reader.advance(socket, flags)? {
            Progress::Message(message) => return Ok(Some(message)),
            Progress::Closed => return Ok(None),
            Progress::Pending => wait(socket, PollFlags::IN, deadline)?,
        }
    }
}

/// The result of a [`Reader`]'s step.
#[derive(Debug)]
pub enum Progress<Fd = OwnedFd> {
    /// The socket has nothing more for now.
    Pending,
    /// A whole message: its bytes and its descriptors. There may be more in the socket.
    Message((Vec<u8>, Vec<Fd>)),
    /// The peer closed the stream between two messages.
    Closed,
}

impl<Fd> Progress<Fd> {
    /// The same with other descriptors.
    pub fn map_fds<Other>(self, change: impl FnMut(Fd) -> Other) -> Progress<Other> {
        match self {
            Self::Pending => Progress::Pending,
            Self::Message((body, fds)) => Progress::Message((body, fds.into_iter().map(change).collect())),
            Self::Closed => Progress::Closed,
        }
    }
}

/// Receives messages in parts, without ever blocking.
///
/// It holds at most one message: [`MAX_BODY`] bytes and [`MAX_FDS`] descriptors, or the limits that it was made with.
#[derive(Debug)]
pub struct Reader {
    head: [u8; HEAD],
    filled: usize,
    body: Vec<u8>,
    fds: Vec<OwnedFd>,
    max_body: usize,
    max_fds: usize,
}

impl Default for Reader {
    fn default() -> Self {
        Self::limited(MAX_BODY, MAX_FDS)
    }
}

impl Reader {
    /// A reader at the beginning of a message.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader of messages of at most so many bytes and descriptors.
    #[must_use]
    pub fn limited(max_body: usize, max_fds: usize) -> Self {
        Self {
            head: [0; HEAD],
            filled: 0,
            body: Vec::new(),
            fds: Vec::new(),
            max_body: max_body.min(MAX_BODY),
            max_fds: max_fds.min(MAX_FDS),
        }
    }

    /// Whether the reader is inside a message.
    #[must_use]
    pub fn is_midway(&self) -> bool {
        self.filled > 0
    }

    /// The descriptors that came with an incomplete message.
    #[must_use]
    pub fn take_fds(&mut self) -> Vec<OwnedFd> {
        std::mem::take(&mut self.fds)
    }

    /// Reads what the socket has, up to the end of the current message.
    ///
    /// # Errors
    /// Those of [`recv`]. After one, the stream is out of step and must be closed.
    pub fn poll(&mut self, socket: &impl AsFd) -> io::Result<Progress> {
        self.advance(socket, RecvFlags::DONTWAIT)
    }

    fn advance(&mut self, socket: &impl AsFd, flags: RecvFlags) -> io::Result<Progress> {
        loop {
            let target = if self.filled < HEAD {
                &mut self.head[self.filled..]
            } else {
                let body = self.filled - HEAD;
                if body == self.body.len() {
                    self.filled = 0;
                    return Ok(Progress::Message((std::mem::take(&mut self.body), std::mem::take(&mut self.fds))));
                }
                &mut self.body[body..]
            };
            match recv_some(socket, target, &mut self.fds, self.max_fds, flags) {
                Ok(0) if self.filled == 0 => return Ok(Progress::Closed),
                Ok(0) => {
                    return Err(io::Error::new(
                        ErrorKind::UnexpectedEof,
                        format!("the stream ended {} bytes into a message", self.filled),
                    ));
                }
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok(Progress::Pending);
                }
                Err(error) => return Err(error),
            }
            if self.filled == HEAD && self.body.is_empty() {
                let length = u32::from_le_bytes(self.head) as usize;
                if length > self.max_body {
                    return Err(invalid(format!("a message of {length} bytes; {} are allowed", self.max_body)));
                }
                self.body = vec![0; length];
            }
        }
    }
}

/// Sends messages in parts, without ever blocking. It sends no descriptors.
#[derive(Debug, Default)]
pub struct Writer {
    queue: Vec<u8>,
}

impl Writer {
    /// A writer with nothing to send.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Queues a message. The queue has no limit of its own: see [`Writer::queued`].
    ///
    /// # Errors
    /// `InvalidInput` if it is too long.
    pub fn push(&mut self, body: &[u8]) -> io::Result<()> {
        let head = head(body, &[])?;
        self.queue.extend_from_slice(&head);
        self.queue.extend_from_slice(body);
        Ok(())
    }

    /// How many bytes wait to be sent.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Sends what the socket takes; `true` when nothing is left.
    ///
    /// # Errors
    /// The socket's, `BrokenPipe` if the peer is gone.
    pub fn flush(&mut self, socket: &impl AsFd) -> io::Result<bool> {
        while !self.queue.is_empty() {
            match rustix::net::send(socket, &self.queue, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(count) => drop(self.queue.drain(..count)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }
}

fn invalid(text: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, text)
}

fn head(body: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<[u8; HEAD]> {
    if body.len() > MAX_BODY || fds.len() > MAX_FDS {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            format!(
                "a message of {} bytes and {} descriptors; {MAX_BODY} and {MAX_FDS} are allowed",
                body.len(),
                fds.len()
            ),
        ));
    }
    let length = u32::try_from(body.len()).map_err(|_| ErrorKind::InvalidInput)?;
    Ok(length.to_le_bytes())
}

/// Waits until the socket is ready, or until the deadline. Without a deadline it serves sockets that another process has
/// made non-blocking.
fn wait(socket: &impl AsFd, flags: PollFlags, deadline: Option<Instant>) -> io::Result<()> {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    match ready::poll(socket, flags, left) {
        Ok(ready) if ready.is_empty() && left.is_some_and(|left| left.is_zero()) => Err(ErrorKind::TimedOut.into()),
        // A thread that was woken late checks once more before it gives up.
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(named("poll")(error)),
    }
}

/// Sends a part of head and body from `sent` on; descriptors go with the first byte.
fn send_some(
    socket: &impl AsFd,
    head: &[u8; HEAD],
    body: &[u8],
    sent: usize,
    fds: &[BorrowedFd<'_>],
    flags: SendFlags,
) -> Result<usize, Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if sent == 0 && !fds.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(Errno::INVAL);
    }
    let rest = [IoSlice::new(&head[sent.min(HEAD)..]), IoSlice::new(&body[sent.saturating_sub(HEAD)..])];
    sendmsg(socket, &rest, &mut ancillary, flags)
}

/// Receives some bytes into `target` and any descriptors that come with them into `fds`.
fn recv_some(
    socket: &impl AsFd,
    target: &mut [u8],
    fds: &mut Vec<OwnedFd>,
    max_fds: usize,
    flags: RecvFlags,
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_AT_ONCE))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut target = [IoSliceMut::new(target)];
    let received = recvmsg(socket, &mut target, &mut ancillary, flags | RecvFlags::CMSG_CLOEXEC);
    let received = received.map_err(named("recvmsg"))?;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    if received.flags.contains(ReturnFlags::CTRUNC) || fds.len() > max_fds {
        return Err(invalid(format!("a message with more than {max_fds} descriptors, or than this process can hold")));
    }
    Ok(received.bytes)
}

#[cfg(test)]
mod tests;
