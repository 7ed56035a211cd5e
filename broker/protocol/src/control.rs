//! Messages between broker and worker, over a socket pair made at spawn.
//!
//! They travel in an [`envelope`](crate::envelope): the worker's file may have been replaced under a running broker.
//!
//! The worker finds its end of the socket at [`CONTROL_FD`]. It sends [`FromWorker::Ready`] once the vendor library is
//! loaded (or [`FromWorker::Ended`] if that fails). It gets its tenant with [`ToWorker::Serve`], at once or, as a spare
//! worker, later. It counts what the tenant uses in a page that both map ([`usage`](crate::usage)).
//!
//! - **Invariant:** the broker never blocks on a worker; a worker waits for the broker only until it has a tenant.
//! - **Invariant:** a worker that can no longer reach its broker continues to serve its tenant. A worker without a tenant
//!   exits, because it would never get one.
//! - **Invariant:** a worker gets one tenant in its life.
//! - **Invariant:** the broker does not trust a worker: it runs vendor code on a tenant's data.

use rkyv::{Archive, Deserialize, Serialize};

/// The worker's descriptor number of its control socket to the broker.
pub const CONTROL_FD: i32 = 3;

/// The broker's messages to a worker.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum ToWorker {
    /// Serve this tenant, which has been welcomed. Its connection comes with the message, the session's [`usage`](crate::usage)
    /// page with the bell by which the worker tells what that asks for, and the tenant's page of [`quota`](crate::quota)s.
    Serve {
        /// The session's number.
        session: u64,
        /// The session's seat in the tenant's page.
        seat: u32,
        /// The program and its user, for the process title: one line.
        title: String,
    },
    /// The tenant's process has ended, whatever still holds its connection: end the session after serving the calls that it
    /// had sent.
    TenantLeft,
    /// End the session now. The broker kills a worker that does not end soon.
    Shutdown {
        /// For the log, and for the tenant if it can still be reached.
        reason: String,
    },
}

/// A worker's messages to the broker.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub enum FromWorker {
    /// The vendor library is loaded and the worker can serve a tenant.
    Ready {
        /// The vendor library's file, as far as known.
        library: String,
        /// The identity of that file, as far as known.
        identity: String,
        /// The parts of its sandbox that are in force, for people.
        sandbox: String,
    },
    /// The session has ended and the worker exits. Before `Ready`: there will be no session.
    Ended {
        /// The kind of end.
        kind: EndKind,
        /// One line for people.
        reason: String,
    },
    /// A line for the broker's log.
    Log {
        /// Its severity.
        level: LogLevel,
        /// One line.
        text: String,
    },
}

/// Why a session ended, according to its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub enum EndKind {
    /// The tenant closed its connection or died.
    TenantLeft,
    /// The tenant violated the protocol.
    Malformed,
    /// The broker told the worker to end.
    Shutdown,
    /// The vendor library or the worker itself failed.
    Failed,
    /// The vendor library is about to end the process by a signal.
    Crashed,
}

/// The severity of a [`FromWorker::Log`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Archive, Serialize, Deserialize)]
pub enum LogLevel {
    /// An error.
    Error,
    /// A possible error.
    Warn,
    /// Information.
    Info,
    /// For developers.
    Debug,
    /// For developers, verbose.
    Trace,
}
