//! Administration requests to a broker.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use ava_protocol::admin::{Answer, Detail, Request, Session, Status, Tenant};
use ava_protocol::session::{self, Opening, open, seal};
use ava_transport::client;

/// How long a spare worker may take to start, on a loaded machine.
const LOADING: Duration = Duration::from_mins(1);

/// The sessions of the broker at `socket`, with those that ended lately.
///
/// # Panics
/// If it does not answer.
#[must_use]
pub fn sessions(socket: &Path) -> Vec<Session> {
    let (stream, mut answer) = begin(socket, Request::Sessions { ended: true });
    let mut all = Vec::new();
    loop {
        match understood(&answer) {
            Answer::Sessions { sessions, more } => {
                all.extend(sessions);
                if !more {
                    return all;
                }
            }
            other => panic!("{other:?}"),
        }
        answer = client::next(&stream, client::Patience::QUESTION.answer).expect("the broker goes on");
    }
}

/// The same, once the sessions of ended programs have ended.
///
/// # Panics
/// If they do not end in time.
#[must_use]
pub fn settled_sessions(socket: &Path) -> Vec<Session> {
    let deadline = Instant::now() + LOADING;
    loop {
        let all = sessions(socket);
        let lives = |session: &Session| Path::new("/proc").join(session.pid.to_string()).exists();
        if all.iter().all(|session| session.ended.is_some() || lives(session)) {
            return all;
        }
        assert!(Instant::now() < deadline, "these do not end: {all:?}");
        std::thread::yield_now();
    }
}

/// Ends a session, as `avactl kill` does.
///
/// # Panics
/// If the broker refuses.
pub fn kill(socket: &Path, session: u64) {
    let answer = ask(socket, Request::Kill { session });
    assert!(matches!(answer, Answer::Killed { .. }), "{answer:?}");
}

/// The worker of the only session that `program` has had.
///
/// # Panics
/// If it has had another number of sessions.
#[must_use]
pub fn worker_of(socket: &Path, program: u32) -> u32 {
    let mut sessions = sessions(socket);
    sessions.retain(|session| u32::try_from(session.pid) == Ok(program));
    assert_eq!(sessions.len(), 1, "sessions of process {program}: {sessions:?}");
    sessions[0].worker_pid
}

/// Waits until a spare worker is ready.
///
/// # Panics
/// If none is in time.
pub fn wait_for_spare(socket: &Path) {
    let deadline = Instant::now() + LOADING;
    while status(socket).spares == 0 {
        assert!(Instant::now() < deadline, "no spare worker");
        std::thread::yield_now();
    }
}

/// The status of the broker at `socket`.
///
/// # Panics
/// If it does not answer.
#[must_use]
pub fn status(socket: &Path) -> Status {
    match ask(socket, Request::Status) {
        Answer::Status(status) => *status,
        other => panic!("{other:?}"),
    }
}

/// All data of a session of the broker at `socket`.
///
/// # Panics
/// If it does not answer.
#[must_use]
pub fn detail(socket: &Path, session: u64) -> Detail {
    match ask(socket, Request::Session { session }) {
        Answer::Session(detail) => *detail,
        other => panic!("{other:?}"),
    }
}

/// The tenant that the tests' programs are.
///
/// # Panics
/// If the broker does not answer.
#[must_use]
pub fn tenant(socket: &Path) -> Tenant {
    match ask(socket, Request::Tenants) {
        Answer::Tenants { mut tenants, .. } => tenants.swap_remove(0),
        other => panic!("{other:?}"),
    }
}

/// Sets what holds for a tenant, as `avactl policy set` does.
///
/// # Panics
/// If the broker refuses.
pub fn set_policy(socket: &Path, tenant: &str, key: &str, value: &str) {
    assert_eq!(try_policy(socket, tenant, key, value), Ok(()), "{key}={value}");
}

/// The same, which the broker may refuse.
///
/// # Errors
/// What the broker says is wrong with it.
///
/// # Panics
/// If the broker answers something else.
pub fn try_policy(socket: &Path, tenant: &str, key: &str, value: &str) -> Result<(), String> {
    let settings = vec![(key.to_owned(), value.to_owned())];
    match ask(socket, Request::Set { tenant: tenant.to_owned(), settings }) {
        Answer::Changed => Ok(()),
        Answer::Failed { reason, .. } => Err(reason),
        other => panic!("{other:?}"),
    }
}

fn ask(socket: &Path, request: Request) -> Answer {
    understood(&begin(socket, request).1)
}

fn begin(socket: &Path, request: Request) -> (UnixStream, Vec<u8>) {
    client::open(socket, &seal(&Opening::Admin(request))).expect("the broker answers")
}

fn understood(answer: &[u8]) -> Answer {
    match open(answer) {
        Ok(session::Answer::Admin(answer)) => answer,
        other => panic!("{other:?}"),
    }
}
