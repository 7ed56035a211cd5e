//! Administration requests to the broker: by `avactl` and other clients of the socket.
//!
//! - **Invariant:** a user sees and ends their own sessions; only peers at the administrator's socket, or the user of a
//!   broker for one user, see and end all.

use rkyv::{Archive, Deserialize, Serialize};

use crate::surroundings::Surroundings;
use crate::usage::Stats;

/// A request. Each is answered by one [`Answer`], [`Request::Sessions`] by one or more.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum Request {
    /// Asks for the broker's status.
    Status,
    /// The sessions that the peer may see, with current numbers.
    Sessions {
        /// Also those that ended lately.
        ended: bool,
    },
    /// All data of one session.
    Session {
        /// Its number.
        session: u64,
    },
    /// Ends a session; answered when it has ended.
    Kill {
        /// Its number.
        session: u64,
    },
    /// The peer's process will become a program that opens a session: the broker must not exit idle while it lives.
    Expect,
    /// Whether a session of the peer's with this API would find the vendor's library: a program is about to open it.
    Library {
        /// The table's name.
        api: String,
        /// The program's surroundings; `None` if they equal the broker's.
        surroundings: Option<Surroundings>,
    },
}

/// The answer to a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Request::Status`].
    Status(Box<Status>),
    /// To [`Request::Sessions`].
    Sessions {
        /// Some of them, by number.
        sessions: Vec<Session>,
        /// Another answer with the next ones follows.
        more: bool,
    },
    /// To [`Request::Session`].
    Session(Box<Detail>),
    /// To [`Request::Kill`].
    Killed {
        /// Its number.
        session: u64,
        /// How it ended.
        reason: String,
    },
    /// To [`Request::Expect`].
    Expected,
    /// To [`Request::Library`].
    Library {
        /// No worker would find it. What is not certain is not said: then a session tells.
        nowhere: bool,
    },
    /// There is no such session, or it belongs to another user.
    Failed {
        /// For programs.
        code: Failure,
        /// For people: one line.
        reason: String,
    },
}

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub enum Failure {
    /// No session has this number.
    NoSession,
    /// The session belongs to another user.
    Denied,
    /// Too many such requests.
    Busy,
    /// The session did not end in time.
    Stuck,
    /// The question is none that a program asks.
    Malformed,
}

/// A broker's status.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Status {
    /// The broker's version.
    pub version: String,
    /// The broker's process.
    pub pid: u32,
    /// The user the broker runs as.
    pub uid: u32,
    /// The worker program it starts.
    pub worker: String,
    /// The directories in which its workers search for vendor libraries, before the system's.
    pub vendor_library_path: String,
    /// When it started, in milliseconds since 1970.
    pub started_unix_ms: u64,
    /// Sessions it serves.
    pub sessions: u64,
    /// Sessions it may serve at most.
    pub sessions_limit: u64,
    /// Sessions each user may have at most.
    pub sessions_per_user_limit: u64,
    /// Spare workers: they wait for a session with the vendor's library loaded.
    pub spares: u64,
    /// Connections that are not sessions.
    pub connections: u64,
    /// Seconds without a session after which it exits; 0 for never.
    pub idle_exit_s: u64,
    /// How well tenants are isolated.
    pub isolation: Isolation,
    /// The peer is an administrator.
    pub admin: bool,
}

/// How well a broker isolates tenants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Isolation {
    /// `require`, `best` or `off`.
    pub sandbox: String,
    /// The version of Landlock that the kernel has; 0 for none.
    pub landlock: u32,
    /// The users of its workers, if tenants have some of their own.
    pub users: Option<String>,
    /// The control groups of its workers, if they have some.
    pub groups: Option<String>,
    /// Limits of memory in bytes: of one session, of one tenant, and in total.
    pub memory: [u64; 3],
    /// The missing parts and their consequences: a line each.
    pub missing: Vec<String>,
}

/// A session's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub enum State {
    /// Its worker loads the vendor library.
    Starting,
    /// It runs.
    Running,
    /// It was told to end.
    Ending,
    /// It has ended.
    Ended,
}

/// One session: a line of `avactl ps`.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Session {
    /// Its number.
    pub session: u64,
    /// The program's process number, from the kernel.
    pub pid: i32,
    /// The program's user.
    pub uid: u32,
    /// The program's name, from the program.
    pub program: String,
    /// The table's name.
    pub api: String,
    /// The worker's process.
    pub worker_pid: u32,
    /// Its state.
    pub state: State,
    /// The devices in use.
    pub devices: Vec<String>,
    /// Device memory of its objects, in bytes.
    pub memory_bytes: u64,
    /// Calls served.
    pub calls: u64,
    /// How often the program waited for an answer.
    pub waits: u64,
    /// Commands that the device has accepted.
    pub commands: u64,
    /// Bytes of data from the program.
    pub bytes_in: u64,
    /// Bytes of data to the program.
    pub bytes_out: u64,
    /// Its start, in milliseconds since 1970.
    pub since_unix_ms: u64,
    /// How it ended, if it did.
    pub ended: Option<String>,
    /// Its end, in milliseconds since 1970, if it ended.
    pub ended_unix_ms: Option<u64>,
}

/// All data of one session.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Detail {
    /// The line of `ps`.
    pub session: Session,
    /// The program and its arguments, from the program.
    pub command_line: String,
    /// The program's working directory, from the program.
    pub cwd: String,
    /// The program's control group, from the kernel.
    pub cgroup: String,
    /// The container that the program is in; empty for none.
    pub container: String,
    /// The vendor library.
    pub library: String,
    /// The parts of its worker's sandbox.
    pub sandbox: String,
    /// The worker's counts.
    pub stats: Stats,
}
