//! How a connection to the broker begins, and where the broker's socket is.
//!
//! A client connects, sends one [`Opening`], and gets one [`Answer`], or [`Answer::Waiting`] or [`Answer::Starting`] and
//! then another. Both travel in an [`envelope`](crate::envelope), so that two builds that cannot read each other's messages
//! can still report that.
//!
//! After [`Answer::Welcome`] the same connection is the session's control channel between shim and worker: the broker has
//! passed its end to the worker and no longer takes part. A program may send messages for the worker right behind its
//! opening: the broker takes its own message from the connection and not a byte or descriptor more.
//!
//! - **Invariant:** the broker writes its answer before it passes the connection to the worker, which has no other way to
//!   it. So the answer is always the first message a client reads, whenever it sends what follows.
//! - **Invariant:** what a [`Hello`] says about its sender is for display only. The kernel tells who the sender is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rkyv::{Archive, Deserialize, Serialize};

use crate::admin;
use crate::surroundings::Surroundings;

pub use crate::envelope::{EnvelopeError, open, seal};
pub use crate::surroundings::PLUGINS_VARIABLE;

/// The longest [`Hello::program`] and [`Hello::cwd`] that [`Hello::new`] makes, in bytes.
pub const MAX_NAME: usize = 256;
/// The longest [`Hello::command_line`] that [`Hello::new`] makes, in bytes.
pub const MAX_COMMAND_LINE: usize = 1024;

/// The first message on a connection to the broker. No descriptors come with it.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum Opening {
    /// A program wants a session.
    Session(Hello),
    /// A forked child of a session's program joins the session, which then lasts as long as the child. The connection ends
    /// without an answer.
    Join {
        /// The session's number.
        session: u64,
    },
    /// An administration request. Further requests may follow on the same connection.
    Admin(admin::Request),
}

/// A program's request for a session.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Hello {
    /// The table's name: `opencl`.
    pub api: String,
    /// The program's name, for people.
    pub program: String,
    /// The program's own process number, for people: in a container it differs from the kernel's answer.
    pub pid: i32,
    /// The program and its arguments, separated by spaces, for people.
    pub command_line: String,
    /// The program's working directory, for people: the broker and the worker never open it.
    pub cwd: String,
    /// How many seconds the program waits when a limit of sessions is reached; 0 for not at all.
    pub wait: u32,
    /// The program's surroundings; `None` if they equal the broker's.
    pub surroundings: Option<Surroundings>,
}

/// In [`Hello::wait`]: without a limit.
pub const WAIT_FOREVER: u32 = u32::MAX;
/// The environment variable for the wait: a number of seconds, or [`FOREVER`].
pub const WAIT_VARIABLE: &str = "AVA_WAIT";
/// Without a limit, in words.
pub const FOREVER: &str = "forever";

/// A [`Hello::wait`] in words.
#[must_use]
pub fn wait(text: &str) -> Option<u32> {
    if text == FOREVER { Some(WAIT_FOREVER) } else { text.parse().ok() }
}

impl Hello {
    /// A hello of this protocol version. Texts are cut to the lengths that the broker keeps.
    #[must_use]
    pub fn new(api: &str, program: &str, pid: i32, command_line: &str, cwd: &str) -> Self {
        Self {
            api: clip(api, MAX_NAME),
            program: clip(program, MAX_NAME),
            pid,
            command_line: clip(command_line, MAX_COMMAND_LINE),
            cwd: clip(cwd, MAX_NAME),
            wait: 0,
            surroundings: None,
        }
    }
}

/// The broker's answer to an [`Opening`].
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum Answer {
    /// The worker has to load the vendor's library first, which may take a while. Another answer follows on this connection.
    Starting {
        /// The session's number, unique as long as the broker runs.
        session: u64,
    },
    /// A limit of sessions is reached, and the program is in the queue. Another answer follows on this connection.
    Waiting {
        /// Which limit, for people: one line.
        reason: String,
        /// How many programs of the same user are before it.
        ahead: u64,
    },
    /// The session exists: its worker has the vendor library and listens on this connection from now on.
    Welcome {
        /// The session's number, unique as long as the broker runs.
        session: u64,
        /// The worker's memory is accounted apart from the program's: the program touches the pages of regions first, so
        /// that the kernel charges them to it.
        populate: bool,
        /// The most bytes of regions that the session may have at a time; a program that wants more is out of memory.
        memory: u64,
        /// The worker has the program's surroundings, not the broker's.
        own: bool,
        /// Variables of the program's surroundings that are ignored because the worker has others.
        ignored: Vec<String>,
        /// The vendor's library, for people.
        library: String,
        /// The identity of the library's file, as far as known.
        identity: String,
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
    /// The sender is of another build.
    Version,
    /// The message was not well-formed, or came with descriptors.
    Malformed,
    /// The broker knows no such API.
    UnknownApi,
    /// The user may not use the broker.
    Denied,
    /// Too many connections or sessions; a retry later may succeed.
    Busy,
    /// The worker could not be started, or could not load the vendor library.
    Worker,
    /// Workers of this user crashed too often lately; a retry later may succeed.
    Damped,
    /// The sender took too long to send its opening.
    Silent,
    /// The broker is shutting down.
    Stopping,
}

/// `text`, cut to at most `limit` bytes at a character's boundary.
#[must_use]
pub fn clip(text: &str, limit: usize) -> String {
    text[..text.floor_char_boundary(limit)].to_owned()
}

/// Where the system's broker listens.
pub const SYSTEM_SOCKET: &str = "/run/ava/broker.sock";
/// The system broker's socket for administrators: not in the directory that containers get.
pub const ADMIN_SOCKET: &str = "/run/ava-admin/broker.sock";
/// The environment variable that names another socket.
pub const SOCKET_VARIABLE: &str = "AVA_SOCKET";

/// The socket of a broker, as [`discover`] found it.
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

/// The socket for a client of this environment: `AVA_SOCKET`, else the system's if it exists, else the private one.
///
/// `variable` looks up an environment variable, `exists` says whether a path exists, `owner` returns a directory's owner,
/// `uid` is the caller's.
pub fn discover(
    variable: impl Fn(&str) -> Option<OsString>,
    exists: impl Fn(&Path) -> bool,
    owner: impl Fn(&Path) -> Option<u32>,
    uid: u32,
) -> Socket {
    if let Some(path) = variable(SOCKET_VARIABLE).filter(|path| !path.is_empty()) {
        return Socket::Named(path.into());
    }
    let system = Path::new(SYSTEM_SOCKET);
    if exists(system) {
        return Socket::System(system.into());
    }
    Socket::Private(private_socket(variable, owner, uid))
}

/// The socket of the user's private broker: `$XDG_RUNTIME_DIR/ava/broker.sock`, else `/tmp/ava-UID/broker.sock`. A runtime
/// directory that belongs to another user, as after `su`, or does not exist, is ignored.
///
/// The directory that holds the socket must belong to the user, with mode 0700: the broker ensures it, and clients check it.
pub fn private_socket(
    variable: impl Fn(&str) -> Option<OsString>,
    owner: impl Fn(&Path) -> Option<u32>,
    uid: u32,
) -> PathBuf {
    let runtime = variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    match runtime.filter(|path| owner(path) == Some(uid)) {
        Some(runtime) => runtime.join("ava/broker.sock"),
        None => PathBuf::from(format!("/tmp/ava-{uid}/broker.sock")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Opening {
        Opening::Session(Hello::new("opencl", "clinfo", 42, "clinfo -l", "/tmp"))
    }

    #[test]
    fn an_opening_arrives() {
        assert_eq!(open::<Opening>(&seal(&hello())).unwrap(), hello());
    }

    #[test]
    fn a_wait_is_a_number_or_for_ever() {
        assert_eq!((wait("forever"), wait("0"), wait("90")), (Some(WAIT_FOREVER), Some(0), Some(90)));
        assert_eq!((wait(""), wait("-1"), wait("1m"), wait("Forever")), (None, None, None, None));
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
        let find = |variable: &dyn Fn(&str) -> Option<OsString>, system: bool, owner: u32| {
            discover(variable, |_| system, |_| Some(owner), 7)
        };
        assert_eq!(find(&named, true, 7), Socket::Named("/x/y".into()));
        assert_eq!(find(&none, true, 7), Socket::System(SYSTEM_SOCKET.into()));
        assert_eq!(find(&runtime, false, 7), Socket::Private("/run/user/7/ava/broker.sock".into()));
        let in_tmp = Socket::Private("/tmp/ava-7/broker.sock".into());
        assert_eq!(find(&none, false, 7), in_tmp);
        assert_eq!(find(&relative, false, 7), in_tmp);
        assert_eq!(find(&runtime, false, 8), in_tmp, "another user's");
    }
}
