//! A session as shown in JSON and tables.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ava_protocol::admin::{Session, State};
use clap::ValueEnum;
use serde::Serialize;

use crate::error::{Failure, Kind};
use crate::units::{of_nanoseconds, seconds, since};

/// A session in JSON.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub session: u64,
    pub pid: i32,
    pub uid: u32,
    pub user: String,
    pub tenant: String,
    pub program: String,
    pub api: String,
    pub state: &'static str,
    pub worker_pid: u32,
    pub devices: Vec<String>,
    pub device_seconds: f64,
    /// For which its work was held back, so that others got their share or a limit was kept.
    pub held_seconds: f64,
    pub memory_bytes: u64,
    pub calls: u64,
    pub waits: u64,
    pub commands: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub since_unix_seconds: f64,
    /// How it ended, if it did.
    pub ended: Option<String>,
    /// When it ended, likewise.
    pub ended_unix_seconds: Option<f64>,
    /// Its duration: until now, or until it ended.
    pub duration_seconds: f64,
    #[serde(skip)]
    pub lasted: Duration,
    #[serde(skip)]
    pub device_ns: u64,
    #[serde(skip)]
    pub held_ns: u64,
}

impl Shown {
    /// `session` as it is at `now`; `user` looks up its user's name.
    pub fn new(session: Session, now: SystemTime, user: impl Fn(u32) -> String) -> Self {
        let until = session.ended_unix_ms.map_or(now, |ended| UNIX_EPOCH + Duration::from_millis(ended));
        let lasted = since(session.since_unix_ms, until);
        Self {
            session: session.session,
            pid: session.pid,
            uid: session.uid,
            user: user(session.uid),
            tenant: session.tenant,
            program: session.program,
            api: session.api,
            state: Stage::of(session.state).name(),
            worker_pid: session.worker_pid,
            devices: session.devices,
            device_seconds: of_nanoseconds(session.device_ns),
            held_seconds: of_nanoseconds(session.held_ns),
            memory_bytes: session.memory_bytes,
            calls: session.calls,
            waits: session.waits,
            commands: session.commands,
            bytes_in: session.bytes_in,
            bytes_out: session.bytes_out,
            since_unix_seconds: seconds(session.since_unix_ms),
            ended: session.ended,
            ended_unix_seconds: session.ended_unix_ms.map(seconds),
            duration_seconds: lasted.as_secs_f64(),
            lasted,
            device_ns: session.device_ns,
            held_ns: session.held_ns,
        }
    }

    /// A remark about the session's state; none for a running one.
    pub fn note(&self) -> String {
        match (&self.ended, self.state) {
            (Some(reason), _) if reason.starts_with("ended ") => reason.clone(),
            (Some(reason), _) => format!("ended: {reason}"),
            (None, "running") => String::new(),
            (None, state) => state.to_owned(),
        }
    }
}

/// A session's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Its worker loads the vendor's library
    Starting,
    /// It runs
    Running,
    /// It was told to end
    Ending,
    /// It is over
    Ended,
}

impl Stage {
    /// The broker's name for it.
    pub fn of(state: State) -> Self {
        match state {
            State::Starting => Self::Starting,
            State::Running => Self::Running,
            State::Ending => Self::Ending,
            State::Ended => Self::Ended,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }
}

/// The user's name, or the number if there is none.
pub fn user_name(uid: u32) -> String {
    let user = uzers::get_user_by_uid(uid);
    user.map_or_else(|| uid.to_string(), |user| user.name().to_string_lossy().into_owned())
}

/// The number of a user given by name or number.
pub fn uid(user: &str) -> Result<u32, Failure> {
    let named = uzers::get_user_by_name(user).map(|user| user.uid());
    let uid = named.or_else(|| user.parse().ok());
    uid.ok_or_else(|| Failure::new(Kind::Usage, format!("there is no user {user:?}")))
}
