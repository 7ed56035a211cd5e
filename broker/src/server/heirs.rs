//! A session's programs: the one that began it, and the children it forked that go on with what it has. The session lasts as
//! long as any of them.

use std::time::{Duration, Instant};

use ava_protocol::api::Api;
use ava_protocol::control::ToWorker;
use tracing::debug;

use super::sessions::AFTERMATH;
use super::{Due, Server};
use crate::events::{Interest, Source};
use crate::peer::is_over;
use crate::session::Session;

/// A program may end right after it has forked, before its child is heard of.
const TO_JOIN: Duration = Duration::from_secs(2);

impl Server {
    /// A child of a session's program says so. Each is counted like a session, since it takes a descriptor.
    pub(super) fn join(&mut self, connection: u64, number: u64) {
        let Some(connection) = self.take_connection(connection) else {
            return;
        };
        let peer = connection.peer;
        let refused = |server: &mut Self, reason: &str| server.log_refusal(peer.uid, peer.pid, reason);
        let of_this = |session: &&mut Session| session.peer.tenant == peer.tenant && inherits(session);
        let Some(session) = self.sessions.get_mut(&number).filter(of_this) else {
            return refused(self, "it has no part in that session");
        };
        let Some(process) = peer.process else {
            return refused(self, "the kernel gives no handle on it");
        };
        if let Err(full) = self.admission.begin(&session.peer.account) {
            return refused(self, &full.to_string());
        }
        if let Err(error) = self.events.add(&process, Source::Program(number), Interest::Read) {
            self.admission.end(&session.peer.account);
            return refused(self, &error.to_string());
        }
        debug!(session = number, pid = peer.pid, "a child of its program goes on with it");
        session.heirs.push(process);
        self.deadlines.cancel(Due::Orphan(number));
    }

    /// One of a session's programs has ended.
    pub(super) fn program_over(&mut self, number: u64) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        if let Some(process) = session.peer.process.take_if(|process| is_over(process)) {
            self.events.remove(&process);
        }
        for process in session.heirs.extract_if(.., |process| is_over(process)) {
            self.events.remove(&process);
            self.admission.end(&session.peer.account);
        }
        if session.peer.process.is_some() || !session.heirs.is_empty() {
            return;
        }
        if inherits(session) {
            self.deadlines.set_first(Due::Orphan(number), Instant::now() + TO_JOIN);
        } else {
            self.orphaned(number);
        }
    }

    /// No program of a session is left.
    pub(super) fn orphaned(&mut self, number: u64) {
        self.doom_with(number, "the program ended".to_owned(), &ToWorker::TenantLeft, AFTERMATH);
    }

    /// A session is over, and nobody looks for its programs any more.
    pub(super) fn let_go(&mut self, session: &mut Session) {
        if let Some(process) = &session.peer.process {
            self.events.remove(process);
        }
        for process in session.heirs.drain(..) {
            self.events.remove(&process);
            self.admission.end(&session.peer.account);
        }
    }
}

/// Whether children go on with what its program has.
fn inherits(session: &Session) -> bool {
    Api::find(&session.detail.session.api).is_some_and(|api| api.forks)
}
