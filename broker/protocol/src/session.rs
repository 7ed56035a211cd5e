//! How a conversation with the broker begins, and where its socket is.
//!
//! A client connects, sends one [`Opening`], and gets one [`Answer`], or [`Answer::Starting`] and then another. Both travel in an envelope (a magic number and
//! [`PROTOCOL`]), so that two versions that cannot read each other's messages can still say so.
//!
//! After [`Answer::Welcome`] the very same connection is the session's control channel between shim and worker: the
//! broker has given its end to the worker and takes no further part. A program may send what is for the worker right behind
//! its opening, as messages of their own: the broker takes its own message from the connection and not a byte or descriptor
//! more.
//!
//! - **Invariant:** the broker writes its answer before it gives the connection to the worker, which has no other way to it.
//!   So the answer is always the first thing a client reads, whenever it sends what follows.
//! - **Invariant:** what a [`Hello`] says about its sender is for people to read. Who the sender is comes from the
//!   kernel.

use std::path::{Path, PathBuf};

use rkyv::{Archive, Deserialize, Serialize};

use crate::admin;
use crate::archive::{Malformed, Message};

/// The version of everything in this crate. Raised with every change of any message.
pub const PROTOCOL: u32 = 3;

/// The first bytes of every envelope.
const MAGIC: [u8; 4] = *b"AvA\n";
/// Magic number and version.
const ENVELOPE: usize = 8;

/// The longest [`Hello::program`] and [`Hello::cwd`] that [`Hello::new`] makes, in bytes.
pub const MAX_NAME: usize = 256;
/// The longest [`Hello::command_line`] that [`Hello::new`] makes, in bytes.
pub const MAX_COMMAND_LINE: usize = 1024;

/// The first message on a connection to the broker.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum Opening {
    /// A program wants a session. The descriptors of its standard output and standard error come with the message, in
    /// this order, as far as [`Hello::stdout`] and [`Hello::stderr`] say.
    Session(Hello),
    /// A child that a session's program has forked goes on with what that has: the session lasts as long as it does. The
    /// connection ends without an answer.
    Join {
        /// The session's number.
        session: u64,
    },
    /// Somebody asks the broker something. Further requests may follow on the same connection.
    Admin(admin::Request),
}

/// A program's request for a session.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`] of the shim.
    pub protocol: u32,
    /// What the shim's tables and layouts look like; 0 if unknown. Shim and worker must agree.
    pub fingerprint: u64,
    /// The table's name: `opencl`.
    pub api: String,
    /// The program's name, for people.
    pub program: String,
    /// The program's idea of its process id, for people: in a container it differs from the kernel's answer.
    pub pid: i32,
    /// The program and its arguments, separated by spaces, for people.
    pub command_line: String,
    /// The program's working directory, for people: the broker and the worker never open it.
    pub cwd: String,
    /// The program's standard output comes with the message.
    pub stdout: bool,
    /// The program's standard error comes with the message, after standard output.
    pub stderr: bool,
}

impl Hello {
    /// A hello of this protocol version. Texts are cut to what the broker keeps of them.
    #[must_use]
    pub fn new(api: &str, fingerprint: u64, program: &str, pid: i32, command_line: &str, cwd: &str) -> Self {
        Self {
            protocol: PROTOCOL,
            fingerprint,
            api: clip(api, MAX_NAME),
            program: clip(program, MAX_NAME),
            pid,
            command_line: clip(command_line, MAX_COMMAND_LINE),
            cwd: clip(cwd, MAX_NAME),
            stdout: false,
            stderr: false,
        }
    }
}

/// The broker's answer to an [`Opening`].
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum Answer {
    /// There will be a session if its worker can load the vendor's library, which may take a while. Another answer follows
    /// on this connection.
    Starting {
        /// The session's number, unique as long as the broker runs.
        session: u64,
    },
    /// The session exists: its worker has the vendor library and listens on this connection from now on.
    Welcome {
        /// The session's number, unique as long as the broker runs.
        session: u64,
        /// The worker's memory is accounted apart from the program's: the program touches the pages of regions first, so
        /// that they are charged to it.
        populate: bool,
        /// The most bytes of regions that the session may have at a time; a program that wants more is out of memory.
        memory: u64,
    },
    /// There will be no session. The connection ends.
    Refused {
        /// The kind of refusal, for programs.
        code: Refusal,
        /// The reason, for people: one line.
        reason: String,
    },
    /// The answer to [`Opening::Admin`].
    Admin(admin::Answer),
}

/// Why the broker refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub enum Refusal {
    /// The sender speaks another version of the protocol or has other tables.
    Version,
    /// The message was not well-formed, or came with the wrong descriptors.
    Malformed,
    /// The broker knows no such API.
    UnknownApi,
    /// This user may not use the broker.
    Denied,
    /// Too many connections or sessions; later may be better.
    Busy,
    /// The worker could not be started, or could not load the vendor library.
    Worker,
    /// Workers of this user crashed too often lately; later may be better.
    Damped,
    /// The sender took too long to say what it wants.
    Silent,
    /// The broker is going away.
    Stopping,
}

/// Why the bytes of an envelope were not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not an envelope at all.
    #[error("{0} bytes that do not begin like a message of AvA")]
    Foreign(usize),
    /// An envelope of another version.
    #[error("the peer speaks protocol {theirs}, this side {PROTOCOL}")]
    Version {
        /// The peer's version.
        theirs: u32,
    },
    /// An envelope of this version around something else.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// The bytes of an opening or an answer, in their envelope.
#[must_use]
pub fn seal<T: Message>(message: &T) -> Vec<u8> {
    let body = message.encode();
    let mut bytes = Vec::with_capacity(ENVELOPE + body.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&PROTOCOL.to_le_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

/// The opening or answer in an envelope.
///
/// # Errors
/// [`EnvelopeError`] says whether it is the peer's version or its bytes that are wrong.
pub fn open<T: Message>(bytes: &[u8]) -> Result<T, EnvelopeError> {
    let Some((head, body)) = bytes.split_at_checked(ENVELOPE) else {
        return Err(EnvelopeError::Foreign(bytes.len()));
    };
    let (magic, version) = head.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(EnvelopeError::Foreign(bytes.len()));
    }
    let theirs = version.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
    if theirs != PROTOCOL {
        return Err(EnvelopeError::Version { theirs });
    }
    Ok(T::decode(body)?)
}

/// `text`, cut to at most `limit` bytes at a character's boundary.
#[must_use]
pub fn clip(text: &str, limit: usize) -> String {
    text[..text.floor_char_boundary(limit)].to_owned()
}

/// Where the system's broker listens.
pub const SYSTEM_SOCKET: &str = "/run/ava/broker.sock";
/// Where the system's broker listens for administrators: not in the directory that containers get.
pub const ADMIN_SOCKET: &str = "/run/ava-admin/broker.sock";
/// The environment variable that names another socket.
pub const SOCKET_VARIABLE: &str = "AVA_SOCKET";

/// The variable by which a broker tells its workers which libraries a program may have them load.
pub const PLUGINS_VARIABLE: &str = "AVA_PLUGINS";

/// Where a broker may be, as [`discover`] found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Socket {
    /// Named by `AVA_SOCKET`; nothing else is tried.
    Named(PathBuf),
    /// The system's broker.
    System(PathBuf),
    /// The user's private broker.
    Private(PathBuf),
}

impl Socket {
    /// The path to connect to.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::System(path) | Self::Private(path) => path,
        }
    }

    /// `named`, `system` or `private`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Named(_) => "named",
            Self::System(_) => "system",
            Self::Private(_) => "private",
        }
    }
}

/// The socket a client of this environment talks to: `AVA_SOCKET`, else the system's if it is there, else the private one.
///
/// `variable` looks up an environment variable, `exists` says whether a path is there, `uid` is the caller's.
pub fn discover(
    variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    exists: impl Fn(&Path) -> bool,
    uid: u32,
) -> Socket {
    if let Some(path) = variable(SOCKET_VARIABLE).filter(|path| !path.is_empty()) {
        return Socket::Named(path.into());
    }
    let system = Path::new(SYSTEM_SOCKET);
    if exists(system) {
        return Socket::System(system.into());
    }
    Socket::Private(private_socket(variable, uid))
}

/// The socket of the user's private broker: `$XDG_RUNTIME_DIR/ava/broker.sock`, else `/tmp/ava-UID/broker.sock`.
///
/// The directory that holds it must be the user's own, mode 0700: the broker sees to it, and clients check it.
pub fn private_socket(variable: impl Fn(&str) -> Option<std::ffi::OsString>, uid: u32) -> PathBuf {
    match variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute()) {
        Some(runtime) => runtime.join("ava/broker.sock"),
        None => PathBuf::from(format!("/tmp/ava-{uid}/broker.sock")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Opening {
        Opening::Session(Hello::new("opencl", 7, "clinfo", 42, "clinfo -l", "/tmp"))
    }

    #[test]
    fn an_opening_arrives() {
        assert_eq!(open::<Opening>(&seal(&hello())).unwrap(), hello());
    }

    #[test]
    fn another_version_is_named() {
        let mut bytes = seal(&hello());
        bytes[4..8].copy_from_slice(&0x0102_0304_u32.to_le_bytes());
        assert_eq!(open::<Opening>(&bytes), Err(EnvelopeError::Version { theirs: 0x0102_0304 }));
    }

    #[test]
    fn foreign_and_short_bytes_are_refused() {
        assert_eq!(open::<Opening>(b"GET / HTTP/1.1\r\n"), Err(EnvelopeError::Foreign(16)));
        assert_eq!(open::<Opening>(b""), Err(EnvelopeError::Foreign(0)));
        let bytes = seal(&hello());
        for length in 0..bytes.len() {
            assert!(open::<Opening>(&bytes[..length]).is_err());
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(clip("añb", 2), "a");
        assert_eq!(clip("añb", 3), "añ");
        assert_eq!(clip("añb", 99), "añb");
    }

    #[test]
    fn discovery_prefers_the_named_then_the_system_then_the_private_socket() {
        let none = |_: &str| None;
        let named = |name: &str| (name == SOCKET_VARIABLE).then(|| "/x/y".into());
        let runtime = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| "/run/user/7".into());
        let relative = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| "here".into());
        assert_eq!(discover(named, |_| true, 7), Socket::Named("/x/y".into()));
        assert_eq!(discover(none, |_| true, 7), Socket::System(SYSTEM_SOCKET.into()));
        assert_eq!(discover(runtime, |_| false, 7), Socket::Private("/run/user/7/ava/broker.sock".into()));
        assert_eq!(discover(none, |_| false, 7), Socket::Private("/tmp/ava-7/broker.sock".into()));
        assert_eq!(discover(relative, |_| false, 7), Socket::Private("/tmp/ava-7/broker.sock".into()));
    }
}
