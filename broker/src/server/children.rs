//! A session's programs: the one that began it, and forked children that continue it. The session lasts as long as any of
//! them.

use std::time::{Duration, Instant};

use ava_protocol::api::Api;
use ava_protocol::control::ToWorker;
use tracing::debug;

use super::sessions::AFTERMATH;
use super::{Due, Server};
use crate::events::{Interest, Source};
use crate::peer::is_over;
use crate::session::Session;

/// A program may end right after a fork, before the child's message arrives.
const TO_JOIN: Duration = Duration::from_secs(2);

impl Server {
    /// A forked child of a session's program joins the session. Each counts like a connection, because it takes
    /// a descriptor.
    pub(super) fn join(&mut self, connection: u64, number: u64) {
        let Some(connection) = self.take_connection(connection) else {
            return;
        };
        let peer = connection.peer;
        let refused = |server: &mut Self, reason: &str| server.log_refusal(peer.uid, peer.pid, reason);
        let of_this = |session: &&mut Session| session.peer.tenant == peer.tenant && inherits(session);
        let Some(session) = self.sessions.get_mut(&number).filter(of_this) else {
            return refused(self, "it does not belong to that session");
        };
        let Some(process) = peer.process else {
            return refused(self, "the kernel gives no process descriptor for it");
        };
        if let Err(full) = self.admission.connect(&session.peer.account) {
            return refused(self, &full.to_string());
        }
        if let Err(error) = self.events.add(&process, Source::Program(number), Interest::Read) {
            self.admission.disconnect(&session.peer.account);
            return refused(self, &error.to_string());
        }
        debug!(session = number, pid = peer.pid, "a forked child continues it");
        session.children.push(process);
        self.deadlines.cancel(Due::Orphan(number));
    }

    /// One of a session's programs ended.
    pub(super) fn program_over(&mut self, number: u64) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        if let Some(process) = session.peer.process.take_if(|process| is_over(process)) {
            self.events.remove(&process);
        }
        for process in session.children.extract_if(.., |process| is_over(process)) {
            self.events.remove(&process);
            self.admission.disconnect(&session.peer.account);
        }
        if session.peer.process.is_some() || !session.children.is_empty() {
            return;
        }
        if inherits(session) {
            self.deadlines.set_first(Due::Orphan(number), Instant::now() + TO_JOIN);
        } else {
            self.orphaned(number);
        }
    }

    /// All programs of a session ended.
    pub(super) fn orphaned(&mut self, number: u64) {
        self.end_session_with(number, "the program ended".to_owned(), &ToWorker::TenantLeft, AFTERMATH);
    }

    /// A session ended: stops watching its programs.
    pub(super) fn let_go(&mut self, session: &mut Session) {
        if let Some(process) = &session.peer.process {
            self.events.remove(process);
        }
        for process in session.children.drain(..) {
            self.events.remove(&process);
            self.admission.disconnect(&session.peer.account);
        }
    }
}

/// Whether forked children continue its program's session.
fn inherits(session: &Session) -> bool {
    Api::find(&session.detail.session.api).is_some_and(|api| api.forks)
}
