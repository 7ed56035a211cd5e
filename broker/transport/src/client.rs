//! The client's side of a connection's start: connect, send an opening, receive the answer.
//!
//! This runs inside tenants' processes too: no panics, no signals, no threads.
//!
//! - **Invariant:** nothing here waits for ever: a broker that is stopped, silent or overloaded causes an error that says
//!   so.

use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ava_protocol::session::{self as wire, Answer, Socket};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::message;
use crate::region::named;

/// A client's deadlines.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until the connection is accepted.
    pub connect: Duration,
    /// Until the first answer.
    pub answer: Duration,
    /// Until the next one, after [`Answer::Starting`].
    pub starting: Duration,
    /// Until a session is free, after [`Answer::Waiting`].
    pub place: Duration,
    /// Called when the client has to wait for a session: the reason, and how many of the same user are before it.
    pub told: fn(&str, u64),
    /// Until a broker listens, while a new one may be replacing the old.
    pub absent: Duration,
}

impl Patience {
    /// For a program.
    pub const PROGRAM: Self = Self {
        connect: Duration::from_secs(5),
        answer: Duration::from_secs(20),
        starting: Duration::from_secs(70),
        place: Duration::ZERO,
        told: |_, _| {},
        absent: Duration::from_secs(5),
    };
    /// For requests.
    pub const QUESTION: Self = Self { answer: Duration::from_secs(10), absent: Duration::ZERO, ..Self::PROGRAM };
}

/// The pause before a program retries, at first and at most.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// The number of brokers that may end while they start a worker, one after the other, before the client gives up.
const MOST_GONE: usize = 3;

/// The socket that a client of this environment uses.
#[must_use]
pub fn discover() -> Socket {
    wire::discover(|name| std::env::var_os(name), |path| path.exists(), owner, uid())
}

/// The socket of the user's private broker.
#[must_use]
pub fn private_socket() -> PathBuf {
    wire::private_socket(|name| std::env::var_os(name), owner, uid())
}

fn uid() -> u32 {
    users().1
}

/// The owner of a directory.
fn owner(directory: &Path) -> Option<u32> {
    std::fs::metadata(directory).ok().filter(std::fs::Metadata::is_dir).map(|found| found.uid())
}

/// Checks that the directory of a private broker's socket belongs to the caller and is closed to others. In `/tmp` anybody
/// could make a directory of that name, and then impersonate the broker.
///
/// # Errors
/// `NotFound` if it does not exist, `PermissionDenied` with the reason if it is not the caller's own.
pub fn check_private(socket: &Path) -> io::Result<()> {
    let directory = socket.parent().unwrap_or(Path::new("/"));
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", directory.display()));
    let found = std::fs::symlink_metadata(directory).map_err(named)?;
    let complaint = if !found.is_dir() {
        "is not a directory".to_owned()
    } else if found.uid() != uid() {
        format!("belongs to user {}", found.uid())
    } else if found.mode() & 0o077 != 0 {
        format!("is open to others (mode {:o})", found.mode() & 0o7777)
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{} {complaint}", directory.display())))
}

/// The C library returns error numbers as they are for calls without errors; these or -1.
const ERRORS: std::ops::RangeFrom<u32> = (u32::MAX - 4095)..;

/// The process's real and effective user, also if a seccomp filter forbids asking.
pub fn users() -> (u32, u32) {
    // SAFETY: none of the calls takes a pointer.
    unsafe {
        let or_at_start = |user, key| if ERRORS.contains(&user) { libc::getauxval(key) as u32 } else { user };
        (or_at_start(libc::getuid(), libc::AT_UID), or_at_start(libc::geteuid(), libc::AT_EUID))
    }
}

/// Whether this is still the process of that number, and no forked child. A process that may not ask counts as the same.
pub fn is_still(process: u32) -> bool {
    let own = std::process::id();
    own == process || ERRORS.contains(&own)
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Error {
    /// Nobody listens there, or the caller may not connect (`PermissionDenied`).
    Connect(io::Error),
    /// The connection broke before the answer.
    Broken(io::Error),
    /// Somebody listens, but the expected answer did not come in time.
    Late {
        /// What is missing: `no answer to the hello`.
        what: &'static str,
        /// The deadline.
        limit: Duration,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "cannot connect: {error}"),
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
            Self::Late { what, limit } => {
                write!(f, "{what} within {} s: the broker may be stopped", limit.as_secs_f64())
            }
        }
    }
}

impl std::error::Error for Error {}

const NOT_TAKEN: &str = "the connection was not taken";
const NO_ANSWER: &str = "no answer";
const NO_ANSWER_TO_HELLO: &str = "no answer to the hello";
const NO_PLACE: &str = "no place was free";
const NO_WORKER: &str = "no worker was ready";

/// Connects to `socket`.
///
/// # Errors
/// [`Error::Connect`], or [`Error::Late`] if the queue of a broker that accepts no connections stays full until the
/// deadline.
pub fn connect(socket: &Path, limit: Duration) -> Result<UnixStream, Error> {
    let failed = |call| move |error: Errno| Error::Connect(named(call)(error));
    let deadline = Instant::now() + limit;
    let address = SocketAddrUnix::new(socket).map_err(|error| Error::Connect(error.into()))?;
    let stream = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .map(UnixStream::from)
        .map_err(failed("socket"))?;
    loop {
        // The kernel's limit on connecting, too. Zero would mean no limit.
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        // A process that may not set one waits without a limit.
        let _ = set_socket_timeout(&stream, Timeout::Send, Some(left));
        match rustix::net::connect(&stream, &address) {
            Ok(()) => break,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Err(Error::Late { what: NOT_TAKEN, limit }),
            Err(error @ (Errno::PERM | Errno::NOSYS)) => return Err(failed("connect")(error)),
            Err(error) => return Err(Error::Connect(error.into())),
        }
    }
    let _ = set_socket_timeout(&stream, Timeout::Send, None);
    Ok(stream)
}

/// Connects to `socket`, sends `opening`, and waits for the answer.
///
/// # Errors
/// [`Error`] says which step failed.
pub fn open(socket: &Path, opening: &[u8]) -> Result<(UnixStream, Vec<u8>), Error> {
    let patience = Patience { absent: Duration::ZERO, ..Patience::PROGRAM };
    let stream = connect(socket, patience.connect)?;
    let answer = converse(&stream, &[(opening, &[])], NO_ANSWER, patience).map_err(|broken| broken.error)?;
    Ok((stream, answer))
}

/// The same for a session, with the messages `more` and their descriptors behind the opening: these are for the worker, and
/// have no answer.
///
/// If a broker is being replaced, the client waits for the next one: if nobody listens on its socket, or it hangs up before
/// it has welcomed or refused; and, if it `may_come`, if its socket does not exist.
///
/// # Errors
/// [`Error`] says which step failed.
pub fn open_session(
    socket: &Path,
    opening: &[u8],
    more: (&[u8], &[BorrowedFd<'_>]),
    may_come: bool,
    patience: Patience,
) -> Result<(UnixStream, Vec<u8>), Error> {
    let mut until = Instant::now() + patience.absent;
    let mut pause = PAUSE;
    let mut gone = 0;
    loop {
        let broken = match connect(socket, patience.connect) {
            Ok(stream) => match converse(&stream, &[(opening, &[]), more], NO_ANSWER_TO_HELLO, patience) {
                Ok(answer) => return Ok((stream, answer)),
                Err(broken) => broken,
            },
            Err(error) => Broken { error, heard: false },
        };
        // A broker that ended while it started a worker may have run for long. Nothing was served yet: that begins with a
        // welcome.
        if broken.heard && gone < MOST_GONE {
            gone += 1;
            until = Instant::now() + patience.absent;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || !broken.may_pass(socket, may_come) {
            return Err(broken.error);
        }
        // There is no event for a broker's start.
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Sends `request` on a connection and waits until the deadline for one answer.
///
/// # Errors
/// [`Error::Broken`], [`Error::Late`].
pub fn ask(stream: &UnixStream, request: &[u8], limit: Duration) -> Result<Vec<u8>, Error> {
    let patience = Patience { answer: limit, ..Patience::QUESTION };
    converse(stream, &[(request, &[])], NO_ANSWER, patience).map_err(|broken| broken.error)
}

/// Waits until the deadline for the next of several answers.
///
/// # Errors
/// [`Error::Broken`], [`Error::Late`].
pub fn next(stream: &UnixStream, limit: Duration) -> Result<Vec<u8>, Error> {
    answer(stream, Ok(()), NO_ANSWER, limit)
}

/// An exchange that was interrupted.
struct Broken {
    error: Error,
    /// Whether the broker has sent anything.
    heard: bool,
}

impl Broken {
    /// Whether the next broker may succeed.
    fn may_pass(&self, socket: &Path, may_come: bool) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotFound, UnexpectedEof};
        match &self.error {
            Error::Connect(error) if error.kind() == NotFound => may_come && socket.parent().is_some_and(Path::is_dir),
            Error::Connect(error) => error.kind() == ConnectionRefused,
            Error::Broken(error) => {
                matches!(error.kind(), UnexpectedEof | ConnectionReset | BrokenPipe)
                    || Errno::from_io_error(error) == Some(Errno::TOOMANYREFS)
            }
            Error::Late { .. } => false,
        }
    }
}

/// Sends messages, and waits for the final answer.
fn converse(
    stream: &UnixStream,
    messages: &[(&[u8], &[BorrowedFd<'_>])],
    what: &'static str,
    patience: Patience,
) -> Result<Vec<u8>, Broken> {
    let deadline = Instant::now() + patience.answer;
    let sent = messages.iter().try_for_each(|(body, fds)| message::send_before(stream, body, fds, deadline));
    let first = answer(stream, sent, what, patience.answer).map_err(|error| Broken { error, heard: false })?;
    let mut last = first;
    loop {
        let (what, limit) = match wire::open::<Answer>(&last) {
            Ok(Answer::Waiting { reason, ahead }) => {
                (patience.told)(&reason, ahead);
                (NO_PLACE, patience.place)
            }
            Ok(Answer::Starting { .. }) => (NO_WORKER, patience.starting),
            _ => return Ok(last),
        };
        last = answer(stream, Ok(()), what, limit).map_err(|error| Broken { error, heard: true })?;
    }
}

/// The answer to what was sent. A broker that refuses at once closes its end; its reason can still be read. Any other error
/// while sending is final: the broker waits for the message, and has nothing to say.
fn answer(stream: &UnixStream, sent: io::Result<()>, what: &'static str, limit: Duration) -> Result<Vec<u8>, Error> {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, TimedOut};
    let failed = |error: io::Error| match error.kind() {
        TimedOut => Error::Late { what, limit },
        _ => Error::Broken(error),
    };
    let sent = match sent {
        Err(error) if !matches!(error.kind(), BrokenPipe | ConnectionReset) => return Err(failed(error)),
        sent => sent,
    };
    match (message::recv_before(stream, Instant::now() + limit), sent) {
        (Ok(Some((answer, _))), _) => Ok(answer),
        (_, Err(error)) | (Err(error), Ok(())) => Err(failed(error)),
        (Ok(None), Ok(())) => Err(Error::Broken(io::ErrorKind::UnexpectedEof.into())),
    }
}

#[cfg(test)]
mod tests;
