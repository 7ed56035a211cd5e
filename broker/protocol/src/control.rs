//! Broker and worker, over a socket pair made at spawn.
//!
//! What they say travels in an [`envelope`](crate::envelope): the worker's file may have been replaced under a running broker.
//!
//! The worker finds its end of this conversation at [`CONTROL_FD`]. It says [`FromWorker::Ready`] once the vendor library is
//! loaded (or [`FromWorker::Ended`] if it cannot be), is given its tenant with [`ToWorker::Serve`], at once or, if it was
//! started ahead, some time later, and then answers [`ToWorker::ReportRequest`]s.
//!
//! - **Invariant:** the broker never waits for a worker; a worker waits for the broker only until it has a tenant.
//! - **Invariant:** a worker that can no longer reach its broker goes on serving its tenant. Only one without a tenant
//!   ends, because nobody would give it one.
//! - **Invariant:** a worker is given one tenant in its life.
//! - **Invariant:** to the broker a worker is not to be trusted: it runs vendor code on a tenant's data.

use rkyv::{Archive, Deserialize, Serialize};

/// The worker's descriptor number of its control socket to the broker.
pub const CONTROL_FD: i32 = 3;

/// What the broker says to a worker.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum ToWorker {
    /// Serve this tenant, who has been welcomed. Its connection comes with the message.
    Serve {
        /// The session's number.
        session: u64,
        /// Whose it is, for whoever lists processes: one line.
        title: String,
    },
    /// Answer with a [`FromWorker::Report`] of the same ticket, soon.
    ReportRequest {
        /// Comes back in the report.
        ticket: u64,
    },
    /// The tenant's process is over, whatever it has left open: end the session when what it had sent is done.
    TenantLeft,
    /// End the session now. What does not end is killed a little later.
    Shutdown {
        /// For the log, and for the tenant if it can still be told.
        reason: String,
    },
}

/// What a worker says to the broker.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum FromWorker {
    /// The vendor library is loaded and the worker can serve a tenant.
    Ready {
        /// The vendor library's file, as far as known.
        library: String,
        /// What tells the file from others of its name, as far as known.
        identity: String,
        /// What the worker has shut itself in with, for people.
        sandbox: String,
    },
    /// What this session holds and has used until now.
    Report {
        /// Of the request, or 0 for a report nobody asked for (the last one before [`FromWorker::Ended`]).
        ticket: u64,
        /// The numbers.
        stats: Stats,
    },
    /// The session is over and the worker ends. Before `Ready`: there will be no session.
    Ended {
        /// The kind of end.
        kind: EndKind,
        /// One line for people.
        reason: String,
    },
    /// A line for the broker's log.
    Log {
        /// How serious.
        level: LogLevel,
        /// One line.
        text: String,
    },
}

/// How a session came to its end, as its worker saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub enum EndKind {
    /// The tenant closed its connection or died.
    TenantLeft,
    /// The tenant sent what no shim sends.
    Malformed,
    /// The broker said so.
    Shutdown,
    /// The vendor library or the worker itself could not go on.
    Failed,
    /// The vendor library is about to end the process by a signal.
    Crashed,
}

/// How serious a [`FromWorker::Log`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Archive, Serialize, Deserialize)]
pub enum LogLevel {
    /// Something is broken.
    Error,
    /// Something may be broken.
    Warn,
    /// Worth knowing.
    Info,
    /// For developers.
    Debug,
    /// For developers, and much of it.
    Trace,
}

/// What a session holds and has used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Stats {
    /// Device memory that the session's objects take, in bytes.
    pub memory_bytes: u64,
    /// Calls served.
    pub calls: u64,
    /// Commands given to the device.
    pub commands: u64,
    /// Bytes of data that the program gave.
    pub bytes_in: u64,
    /// Bytes of data that it got.
    pub bytes_out: u64,
    /// Live objects by type: `("cl_mem", 3)`.
    pub objects: Vec<(String, u64)>,
    /// What each function was used for, unused functions left out.
    pub functions: Vec<FunctionStats>,
    /// The devices in use, by name.
    pub devices: Vec<String>,
}

/// What one function was used for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct FunctionStats {
    /// The function's name.
    pub name: String,
    /// How often it was called.
    pub calls: u64,
    /// The bytes of data that its calls moved, both ways.
    pub bytes: u64,
}
