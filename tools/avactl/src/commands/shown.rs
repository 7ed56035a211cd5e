//! A session as JSON and tables show it.

use ava_protocol::admin::{Session, State};
use serde::Serialize;

use crate::units::seconds;

/// A session in JSON.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub session: u64,
    pub pid: i32,
    pub uid: u32,
    pub user: String,
    pub program: String,
    pub api: String,
    pub state: &'static str,
    pub worker_pid: u32,
    pub devices: Vec<String>,
    pub memory_bytes: u64,
    pub calls: u64,
    pub commands: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub since_unix_seconds: f64,
    /// The worker did not answer in time: the numbers are the last it gave.
    pub stale: bool,
    /// How it ended, if it did.
    pub ended: Option<String>,
    #[serde(skip)]
    pub since_unix_ms: u64,
}

impl Shown {
    /// `session`, with the name `user` gives to its user.
    pub fn new(session: Session, user: impl Fn(u32) -> String) -> Self {
        Self {
            session: session.session,
            pid: session.pid,
            uid: session.uid,
            user: user(session.uid),
            program: session.program,
            api: session.api,
            state: match session.state {
                State::Starting => "starting",
                State::Running => "running",
                State::Ending => "ending",
                State::Ended => "ended",
            },
            worker_pid: session.worker_pid,
            devices: session.devices,
            memory_bytes: session.memory_bytes,
            calls: session.calls,
            commands: session.commands,
            bytes_in: session.bytes_in,
            bytes_out: session.bytes_out,
            since_unix_seconds: seconds(session.since_unix_ms),
            stale: session.stale,
            ended: session.ended,
            since_unix_ms: session.since_unix_ms,
        }
    }
}

/// The user's name, or the number of a user without one.
pub fn user_name(uid: u32) -> String {
    let user = uzers::get_user_by_uid(uid);
    user.map_or_else(|| uid.to_string(), |user| user.name().to_string_lossy().into_owned())
}
