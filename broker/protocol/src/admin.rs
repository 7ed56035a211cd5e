//! What people ask the broker: `avactl` and whoever else has a socket.
//!
//! - **Invariant:** a user sees and ends their own sessions; only who comes by the administrator's socket, or whose broker it
//!   is alone, sees and ends all.

use rkyv::{Archive, Deserialize, Serialize};

use crate::control::Stats;

/// A request. Each is answered by one [`Answer`], [`Request::Sessions`] by one or more.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum Request {
    /// Who are you?
    Status,
    /// The sessions that the asker may see, with fresh numbers.
    Sessions {
        /// Also those that ended lately.
        ended: bool,
    },
    /// One session with everything that is known about it.
    Session {
        /// Its number.
        session: u64,
    },
    /// End a session; answered when it is gone.
    Kill {
        /// Its number.
        session: u64,
    },
    /// The asking process will become a program that opens a session: do not go away idle while it lives.
    Expect,
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
    /// There is no such session, or it is not the asker's.
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
    /// The session is somebody else's.
    Denied,
    /// Too many such requests.
    Busy,
    /// The session did not end in time.
    Stuck,
}

/// A broker about itself.
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
    /// The directories its workers find vendor libraries in, besides the system's.
    pub vendor_library_path: String,
    /// When it started, in milliseconds since 1970.
    pub started_unix_ms: u64,
    /// Sessions it serves.
    pub sessions: u64,
    /// Sessions it may serve at most.
    pub sessions_limit: u64,
    /// Sessions each user may have at most.
    pub sessions_per_user_limit: u64,
    /// Workers that wait for a session with the vendor's library loaded.
    pub spares: u64,
    /// Connections that have not become sessions.
    pub connections: u64,
    /// Seconds without a session after which it ends; 0 for never.
    pub idle_exit_s: u64,
    /// How far tenants are kept apart.
    pub isolation: Isolation,
    /// The asker is an administrator.
    pub admin: bool,
}

/// How far a broker keeps tenants apart.
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
    /// Bytes that one session may have in memory, one tenant's, and all.
    pub memory: [u64; 3],
    /// What is missing, and what follows from that: a line each.
    pub missing: Vec<String>,
}

/// Where a session is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub enum State {
    /// Its worker loads the vendor library.
    Starting,
    /// It runs.
    Running,
    /// It was told to end.
    Ending,
    /// It is over.
    Ended,
}

/// One session, a line of `avactl ps`.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Session {
    /// Its number.
    pub session: u64,
    /// The program's process, as the kernel names it to the broker.
    pub pid: i32,
    /// The program's user.
    pub uid: u32,
    /// The program's name, as it gave it.
    pub program: String,
    /// The table's name.
    pub api: String,
    /// The worker's process.
    pub worker_pid: u32,
    /// Where it is in its life.
    pub state: State,
    /// The devices in use.
    pub devices: Vec<String>,
    /// Device memory held, in bytes.
    pub memory_bytes: u64,
    /// Calls served.
    pub calls: u64,
    /// Commands given to the device.
    pub commands: u64,
    /// Bytes of data that the program gave.
    pub bytes_in: u64,
    /// Bytes of data that it got.
    pub bytes_out: u64,
    /// When it began, in milliseconds since 1970.
    pub since_unix_ms: u64,
    /// The worker did not answer in time: the numbers are the last it gave.
    pub stale: bool,
    /// How it ended, if it did.
    pub ended: Option<String>,
    /// When it ended, likewise.
    pub ended_unix_ms: Option<u64>,
}

/// One session with everything that is known.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Detail {
    /// What `ps` shows.
    pub session: Session,
    /// The program and its arguments, as it gave them.
    pub command_line: String,
    /// The program's working directory, as it gave it.
    pub cwd: String,
    /// The program's control group, as the kernel names it.
    pub cgroup: String,
    /// The container that the program is in; empty for none.
    pub container: String,
    /// The vendor library.
    pub library: String,
    /// What its worker is shut in with.
    pub sandbox: String,
    /// The worker's numbers.
    pub stats: Stats,
}
