//! Administration requests to the broker: by `avactl` and other clients of the socket.
//!
//! - **Invariant:** a user sees and ends their own sessions, and sees what holds for them; only peers at the administrator's
//!   socket, or the user of a broker for one user, see and end all, and change what holds for a tenant.

use rkyv::{Archive, Deserialize, Serialize};

use crate::surroundings::Surroundings;
use crate::usage::Stats;

/// A request. Each is answered by one [`Answer`]; [`Request::Sessions`], [`Request::Tenants`] and [`Request::Account`] by one or
/// more.
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
    /// The tenants that the peer may see, and what holds for them.
    Tenants,
    /// Says something of a tenant, until the broker ends.
    Set {
        /// Its name.
        tenant: String,
        /// Keys and values, as on a command line.
        settings: Vec<(String, String)>,
    },
    /// Takes something back that was set.
    Unset {
        /// The tenant's name.
        tenant: String,
        /// The keys; none for all.
        keys: Vec<String>,
    },
    /// Reads the files of the policy again.
    Reload,
    /// Compares the files of the policy with what is in force.
    Compare,
    /// What the peer's sessions used, or an administrator's all, also before this broker started.
    Account {
        /// Since when, in milliseconds since 1970: from the beginning of that hour on.
        since_unix_ms: u64,
        /// Until when: to the end of that hour.
        until_unix_ms: u64,
        /// What is added up.
        by: By,
    },
}

/// What sessions are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub enum By {
    /// Their tenant.
    Tenant,
    /// Their user.
    User,
    /// The control group of their program.
    Cgroup,
    /// The name of their program.
    Program,
    /// The devices that they use.
    Device,
    /// Their API.
    Api,
    /// Each alone.
    Session,
    /// How often functions were called: [`Used::times`], and nothing else.
    Function,
    /// How often kernels were launched, likewise.
    Kernel,
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
    /// To [`Request::Tenants`].
    Tenants {
        /// Some of them, by name.
        tenants: Vec<Tenant>,
        /// Another answer with the next ones follows.
        more: bool,
    },
    /// To [`Request::Set`] and [`Request::Unset`].
    Changed,
    /// To [`Request::Reload`].
    Reloaded {
        /// The files are in force; if not, what was in force still is.
        accepted: bool,
        /// The broker's policy now.
        policy: Policy,
        /// What is wrong or doubtful with the files: a line each.
        problems: Vec<String>,
    },
    /// To [`Request::Compare`].
    Compared {
        /// What is in force, and not in the files: a line each.
        in_force: Vec<String>,
        /// What is in the files, and not in force.
        in_files: Vec<String>,
        /// Both have the same rules, in another order.
        reordered: bool,
    },
    /// To [`Request::Account`].
    Account {
        /// Some of the groups, those that used devices longest first.
        used: Vec<Used>,
        /// Another answer with the next ones follows.
        more: bool,
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
    /// What is to be said of a tenant is no policy.
    Policy,
    /// No ledger is kept, or it cannot be read.
    NoLedger,
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
    /// What rules say.
    pub policy: Policy,
    /// Where the use of devices is kept; `None` if it is not.
    pub ledger: Option<Ledger>,
    /// The peer is an administrator.
    pub admin: bool,
}

/// The policy that is in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Policy {
    /// The files that were read.
    pub files: Vec<String>,
    /// The number of their rules.
    pub rules: u64,
    /// Keys that they use and that have no effect yet.
    pub not_enforced: Vec<String>,
}

/// The file in which the use of devices is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Ledger {
    /// Its path.
    pub file: String,
    /// Its size in bytes; 0 before it was opened.
    pub bytes: u64,
    /// Why it is not kept at the moment; empty if it is.
    pub trouble: String,
}

/// What a group of sessions used.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Used {
    /// What they have in common, a number for a user or session; or the name of a function or kernel.
    pub name: String,
    /// Of how many groups this is: one, or, last and without a name, all that are not listed.
    pub groups: u64,
    /// More of a single session.
    pub session: Option<UsedBy>,
    /// How often a function was called, or a kernel launched.
    pub times: u64,
    /// Sessions that began in that time.
    pub sessions: u64,
    /// Time on devices, in nanoseconds.
    pub device_ns: u64,
    /// Time for which work was held back so that others got their share or a limit was kept, in nanoseconds.
    pub held_ns: u64,
    /// Commands that devices accepted.
    pub commands: u64,
    /// Calls served.
    pub calls: u64,
    /// Bytes of data from programs.
    pub bytes_in: u64,
    /// Bytes of data to programs.
    pub bytes_out: u64,
    /// The most device memory that one session was seen to hold, in bytes.
    pub memory_peak_bytes: u64,
}

/// Which session used something.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct UsedBy {
    /// When its broker started, in milliseconds since 1970: each broker counts sessions from 1 on.
    pub broker_unix_ms: u64,
    /// The tenant whose limits applied.
    pub tenant: String,
    /// The program's user.
    pub uid: u32,
    /// The program's name, from the program.
    pub program: String,
    /// The table's name.
    pub api: String,
}

/// A tenant, and what holds for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Tenant {
    /// Its name.
    pub name: String,
    /// Its sessions.
    pub sessions: u64,
    /// How many there may be.
    pub sessions_limit: u64,
    /// Programs that wait for a session.
    pub waiting: u64,
    /// Time on devices, of its sessions now and of those that ended while this broker ran, in nanoseconds.
    pub device_ns: u64,
    /// Time for which their work was held back, likewise.
    pub held_ns: u64,
    /// Device memory that its sessions hold, in bytes, and the most that they may hold.
    pub memory_bytes: u64,
    pub memory_limit: Option<u64>,
    /// The same of pinned memory of the host.
    pub host_memory_bytes: u64,
    pub host_memory_limit: Option<u64>,
    /// What is said of it.
    pub settings: Vec<Setting>,
}

/// One thing that is said of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Setting {
    /// The key.
    pub key: String,
    /// The value, as on a command line.
    pub value: String,
    /// Who says so: a file and line, or an administrator.
    pub said_by: String,
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
    /// The tenant whose limits apply.
    pub tenant: String,
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
    /// Time on the device, in nanoseconds. Of a processor: the processor time of its worker, as the kernel counts it.
    pub device_ns: u64,
    /// Time for which its work was held back so that others got their share or a limit was kept, in nanoseconds.
    pub held_ns: u64,
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
    /// The label that root gave this group, or the nearest around it; empty for none.
    pub label: String,
    /// The container that the program is in; empty for none.
    pub container: String,
    /// The vendor library.
    pub library: String,
    /// The parts of its worker's sandbox.
    pub sandbox: String,
    /// The worker's counts.
    pub stats: Stats,
}
