//! What a broker says about its sessions.

use std::path::Path;
use std::time::{Duration, Instant};

use ava_protocol::admin::{Answer, Request, Session, Status};
use ava_protocol::session::{self, Opening, open, seal};
use ava_transport::client;

/// How long a worker that is started ahead may take, on a machine that does much else.
const LOADING: Duration = Duration::from_mins(1);

/// The sessions of the broker at `socket`, with those that ended lately.
///
/// # Panics
/// If it does not tell.
#[must_use]
pub fn sessions(socket: &Path) -> Vec<Session> {
    match ask(socket, Request::Sessions { ended: true }) {
        Answer::Sessions { sessions, .. } => sessions,
        other => panic!("{other:?}"),
    }
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

/// Waits until a worker is ready for a session that does not exist yet.
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

fn status(socket: &Path) -> Status {
    match ask(socket, Request::Status) {
        Answer::Status(status) => status,
        other => panic!("{other:?}"),
    }
}

fn ask(socket: &Path, request: Request) -> Answer {
    let (_, answer) = client::open(socket, &seal(&Opening::Admin(request)), &[]).expect("the broker answers");
    match open(&answer) {
        Ok(session::Answer::Admin(answer)) => answer,
        other => panic!("{other:?}"),
    }
}
