//! A client that speaks the shim's protocol, and can send whatever a test wants.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use ava_protocol::frame::{self, Frame, Notice, Tag};
use ava_protocol::session::{Answer, Hello, Opening, Refusal, open, seal};
use ava_protocol::upcall::OPEN_LANE;
use ava_tests::running::ready;
use ava_transport::{client, message};
use rkyv::api::high::{HighSerializer, HighValidator, to_bytes_in};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;
use rkyv::{Portable, Serialize};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::stage::PATIENCE;
use super::wire::Wire;

pub fn hello() -> Hello {
    Hello::new("opencl", "hostile", 1, "hostile", "/")
}

/// A session.
pub struct Client {
    pub session: u64,
    pub stream: UnixStream,
}

impl Client {
    pub fn open(socket: &Path) -> Self {
        Self::with(socket, hello()).unwrap()
    }

    pub fn with(socket: &Path, hello: Hello) -> Result<Self, (Refusal, String)> {
        let (stream, answer) = client::open(socket, &seal(&Opening::Session(hello))).unwrap();
        match open(&answer).unwrap() {
            Answer::Welcome { session, .. } => Ok(Self { session, stream }),
            Answer::Refused { code, reason } => Err((code, reason)),
            other => panic!("{other:?}"),
        }
    }

    pub fn lane(&self) -> Thread {
        Thread::open(&self.stream)
    }

    /// Waits until the worker has closed the session.
    pub fn is_over(&self) -> bool {
        self.is_over_by(PATIENCE)
    }

    /// Waits likewise, until the deadline.
    pub fn is_over_by(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            if !ready(&[self.stream.as_fd()], deadline) {
                return false;
            }
            match message::recv(&self.stream) {
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return true,
            }
        }
    }
}

/// A lane, and the frames on it.
pub struct Thread {
    pub lane: Wire,
}

impl Thread {
    /// A lane of the session that this connection is, or will be.
    pub fn open(stream: &UnixStream) -> Self {
        let (lane, theirs) = Wire::pair();
        message::send(stream, OPEN_LANE, &[theirs.as_fd()]).unwrap();
        Self { lane }
    }

    /// Sends a frame, if the worker accepts it.
    pub fn send(&self, frame: &[u8], fd: Option<BorrowedFd<'_>>) -> bool {
        self.is_free(PATIENCE) && self.lane.send(frame, fd)
    }

    /// Whether the worker accepts another frame in so much time.
    pub fn is_free(&self, within: Duration) -> bool {
        let limit = Timespec::try_from(within).unwrap();
        poll(&mut [PollFd::new(&self.lane, PollFlags::OUT)], Some(&limit)).unwrap() > 0
    }

    /// The worker's next frame; `None` when it has closed the lane.
    pub fn hear(&mut self) -> Option<Frame<'_>> {
        assert!(ready(&[self.lane.as_fd()], Instant::now() + PATIENCE), "no answer");
        self.lane.recv().map(|(bytes, _)| Frame::parse(bytes).unwrap())
    }

    /// Calls a function that has a reply.
    pub fn call<R, T>(&mut self, opcode: u32, request: &impl Body, read: impl FnOnce(&R) -> T) -> T
    where
        R: Portable + for<'c> CheckBytes<HighValidator<'c, Failure>>,
    {
        assert!(self.send(&call(opcode, request), None));
        let frame = self.hear().expect("an answer");
        assert_eq!(frame.tag, Tag::Reply, "status {}", frame.status());
        read(rkyv::access::<R, Failure>(frame.body).unwrap())
    }

    /// Calls a function that is refused; returns the status.
    pub fn refused(&mut self, opcode: u32, request: &impl Body) -> i32 {
        assert!(self.send(&call(opcode, request), None));
        let frame = self.hear().expect("an answer");
        assert_eq!(frame.tag, Tag::Refused);
        frame.status()
    }

    /// Sends a frame that is no call and has a reply.
    pub fn ask(&mut self, tag: Tag, body: &[u8]) -> Vec<u8> {
        assert!(self.send(&plain(tag, 0, body), None));
        self.hear().expect("an answer").body.to_vec()
    }

    /// Announces a region of `len` bytes.
    pub fn region(&self, id: u32, len: u64, fd: Option<BorrowedFd<'_>>) {
        assert!(self.send(&plain(Tag::AddRegion, id, &len.to_le_bytes()), fd));
    }
}

/// A type that can be the body of a call.
pub trait Body: for<'b> Serialize<HighSerializer<AlignedVec, ArenaHandle<'b>, Failure>> {}
impl<T: for<'b> Serialize<HighSerializer<AlignedVec, ArenaHandle<'b>, Failure>>> Body for T {}

pub fn call(opcode: u32, request: &impl Body) -> AlignedVec {
    let mut out = AlignedVec::new();
    frame::begin(&mut out, Tag::Call, opcode, std::iter::empty());
    to_bytes_in::<_, Failure>(request, out).unwrap()
}

pub fn plain(tag: Tag, word: u32, body: &[u8]) -> AlignedVec {
    noticed(tag, word, &[], body)
}

pub fn noticed(tag: Tag, word: u32, notices: &[Notice], body: &[u8]) -> AlignedVec {
    let mut out = AlignedVec::new();
    frame::begin(&mut out, tag, word, notices.iter().copied());
    out.extend_from_slice(body);
    out
}
