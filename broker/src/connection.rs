//! A connection that is not a session: it has sent nothing yet, it waits for a session, or it is an administrator's.

use std::io;
use std::os::fd::AsFd;

use ava_protocol::api::Api;
use ava_protocol::session::{Answer, Hello, Refusal, seal};
use ava_protocol::surroundings::{MOST_BYTES, MOST_VARIABLES};
use ava_transport::message::{Reader, Writer};
use interprocess::os::unix::uds_local_socket::Stream;

use crate::foreign::{Foreign, Inbox, Origin};
use crate::peer::Peer;

/// The longest first message, in bytes: a hello with all its texts at their longest takes half of the rest.
const LONGEST_OPENING: usize = 4096 + MOST_BYTES + 64 * MOST_VARIABLES;

/// The state of a connection.
#[derive(Debug)]
pub enum Phase {
    /// It has sent no complete message yet.
    Opening,
    /// An administrator's; the broker waits for a request.
    Asking,
    /// An administrator's; it waits for a reply.
    Waiting,
    /// A program's; it waits until the limits allow another session.
    Queued(Box<Candidate>),
}

/// A program that gets a session as soon as the limits allow one.
#[derive(Debug)]
pub struct Candidate {
    pub api: &'static Api,
    pub hello: Hello,
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    /// The process and user at the other end.
    pub peer: Peer,
    /// Whether it was accepted on the administrator's socket.
    pub admin: bool,
    /// The socket.
    pub stream: Foreign<Stream>,
    /// Received bytes.
    pub inbox: Inbox,
    /// Bytes to send.
    pub writer: Writer,
    /// Its state.
    pub phase: Phase,
}

impl Connection {
    /// A new connection.
    pub fn new(peer: Peer, stream: Foreign<Stream>, origin: Origin, admin: bool) -> Self {
        let inbox = Inbox::new(Reader::limited(LONGEST_OPENING, 0), origin);
        Self { peer, admin, stream, inbox, writer: Writer::new(), phase: Phase::Opening }
    }
}

/// Sends an answer that fits into the socket's empty buffer. Never blocks.
///
/// # Errors
/// Errors of the socket: the peer closed it, or reads nothing.
pub fn tell(stream: &impl AsFd, answer: &Answer) -> io::Result<()> {
    let mut writer = Writer::new();
    writer.push(&seal(answer))?;
    if writer.flush(stream)? { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
}

/// Sends a refusal, and ignores errors: the peer may be gone.
pub fn refuse(stream: &impl AsFd, code: Refusal, reason: &str) {
    let _ = tell(stream, &Answer::Refused { code, reason: reason.to_owned() });
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use ava_protocol::session::Opening;
    use ava_protocol::surroundings::Surroundings;

    use super::*;

    #[test]
    fn the_longest_hello_fits() {
        let long = "x".repeat(100_000);
        let mut hello = Hello::new(&long, &long, i32::MAX, &long, &long);
        let variables = (0..MOST_VARIABLES).map(|_| (String::new(), Vec::new())).collect();
        let library = long.as_bytes()[..MOST_BYTES].to_vec();
        hello.surroundings = Some(Surroundings { variables, library, ..Surroundings::default() });
        assert!(seal(&Opening::Session(hello)).len() <= LONGEST_OPENING);
    }

    #[test]
    fn refusing_a_silent_peer_does_not_wait() {
        let (a, _b) = UnixStream::pair().unwrap();
        for _ in 0..100_000 {
            refuse(&a, Refusal::Busy, "full");
        }
    }
}
