//! Connections: acceptance, first message, timeouts.

use std::time::{Duration, Instant};

use ava_protocol::envelope::BUILD;
use ava_protocol::session::{EnvelopeError, Opening, Refusal, open};
use ava_transport::message::Progress;
use ava_transport::peer;
use interprocess::local_socket::traits::Listener as _;
use interprocess::os::unix::uds_local_socket::Stream;
use rustix::io::Errno;
use tracing::{debug, warn};

use super::{Due, Server};
use crate::connection::{Connection, Phase, refuse};
use crate::events::{Happened, Interest, Source};
use crate::foreign::{Origin, TOO_MANY};
use crate::names;
use crate::peer::{Peer, is_of_this_service};
use crate::place::Access;
use crate::tenant::TenantId;
use crate::worker::Worker;

/// A connection is closed if its first message takes longer.
const OPENING_TIME: Duration = Duration::from_secs(5);
/// The longest pause of an administrator's connection between two requests.
const ASKING_TIME: Duration = Duration::from_secs(60);
/// How long accepting pauses when there are no descriptors left.
const PAUSE: Duration = Duration::from_millis(200);
/// The most connections accepted, and messages read, per event.
const BATCH: usize = 32;

impl Server {
    /// Accepts connections, on the administrator's socket or the programs'.
    pub(super) fn accept(&mut self, admin: bool) {
        for _ in 0..BATCH {
            let listener = if admin { self.place.admin.as_ref() } else { Some(&self.place.listener) };
            let Some(listener) = listener else { return };
            match listener.accept() {
                Ok(stream) => self.accepted(stream, admin),
                Err(error) => match error.raw_os_error().map(Errno::from_raw_os_error) {
                    Some(Errno::AGAIN) => return,
                    Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                        return self.pause(&error.to_string());
                    }
                    // This peer closed its connection while it waited; go on with the next.
                    _ => debug!(%error, "accept"),
                },
            }
        }
    }

    /// Stops accepting for a while; connections wait in the kernel's queue.
    fn pause(&mut self, why: &str) {
        warn!(why, "no more connections for the moment");
        if self.listen(Interest::End).is_ok() {
            self.deadlines.set(Due::Accept, Instant::now() + PAUSE);
        }
    }

    pub(super) fn accept_again(&mut self) {
        if let Err(error) = self.listen(Interest::Read) {
            warn!(%error, "cannot listen again yet");
            self.deadlines.set(Due::Accept, Instant::now() + PAUSE);
        }
    }

    fn listen(&self, interest: Interest) -> std::io::Result<()> {
        if let Some(admin) = &self.place.admin {
            self.events.change(admin, Source::AdminListener, interest)?;
        }
        self.events.change(&self.place.listener, Source::Listener, interest)
    }

    fn accepted(&mut self, stream: Stream, admin: bool) {
        let (peer, stream) = Peer::of(stream, &self.closer);
        let peer = match peer {
            Ok(peer) => peer,
            Err(error) => {
                refuse(&stream, Refusal::Denied, &error.to_string());
                return self.log_refusal(u32::MAX, 0, &error.to_string());
            }
        };
        let (uid, pid, account) = (peer.uid, peer.pid, peer.account.clone());
        let admitted = self
            .may_connect(&peer)
            .and_then(|()| self.admission.connect(&account).map_err(|full| (Refusal::Busy, full.to_string())));
        if let Err((code, reason)) = admitted {
            refuse(&stream, code, &reason);
            return self.log_refusal(uid, pid, &reason);
        }
        self.last_connection += 1;
        let number = self.last_connection;
        if let Err(error) = self.events.add(&stream, Source::Connection(number), Interest::Read) {
            self.admission.disconnect(&account);
            return self.log_refusal(uid, pid, &error.to_string());
        }
        self.deadlines.set(Due::Connection(number), Instant::now() + OPENING_TIME);
        let admin = admin || self.is_its_users(&peer);
        let origin = Origin::new(account, &self.closer);
        self.connections.insert(number, Connection::new(peer, stream, origin, admin));
    }

    /// Whether the broker serves one user alone, and this peer is that user, outside of containers.
    fn is_its_users(&self, peer: &Peer) -> bool {
        self.place.access == Access::Only(peer.uid) && peer.tenant.container.is_none()
    }

    /// Whether workers for this peer are made from its environment: its user could start such a process anyway, and its
    /// paths mean the same to the broker.
    pub(super) fn is_own(&self, peer: &Peer) -> bool {
        self.is_its_users(peer) && peer.sees_our_files
    }

    /// Whether this peer may use the broker. Workers may not: a program that has taken one over must not connect through
    /// it.
    fn may_connect(&self, peer: &Peer) -> Result<(), (Refusal, String)> {
        let uid = peer.uid;
        let denied = |reason| Err((Refusal::Denied, reason));
        if !self.place.access.allows(uid) {
            return denied(format!("user {} may not use this broker", names::user(uid)));
        }
        if self.isolation.is_worker(uid) || self.is_of_a_worker(peer) {
            return denied("workers may not use the broker".to_owned());
        }
        self.may_send(&peer.account)
    }

    /// Whether the broker reads from this tenant: not while too many of its descriptors wait to be closed.
    fn may_send(&self, tenant: &TenantId) -> Result<(), (Refusal, String)> {
        match self.closer.pending(tenant) {
            pending if pending >= TOO_MANY => {
                let reason = format!("{pending} descriptors that {tenant} has sent take too long to close");
                Err((Refusal::Busy, reason))
            }
            _ => Ok(()),
        }
    }

    /// Whether a process is in the process group of one of our workers, which the sandbox lets no process leave, or in a
    /// control group of this service.
    fn is_of_a_worker(&self, peer: &Peer) -> bool {
        let group = peer::group(peer.pid);
        let mut workers = self.sessions.values().map(|session| &session.worker);
        let mut spares = self.spares.values().map(|spare| &spare.worker);
        let ours = |worker: &Worker| group == Some(worker.pid());
        workers.any(ours) || spares.any(ours) || self.place.activated && is_of_this_service(&peer.cgroup)
    }

    pub(super) fn connection_ready(&mut self, number: u64, happened: Happened) {
        for _ in 0..BATCH {
            let Some(connection) = self.connections.get_mut(&number) else {
                return;
            };
            if connection.writer.queued() > 0 {
                match connection.writer.flush(&connection.stream) {
                    Ok(true) => self.ask_again(number),
                    Ok(false) if happened.over => return self.drop_connection(number),
                    Ok(false) => return,
                    Err(_) => return self.drop_connection(number),
                }
                continue;
            }
            if matches!(connection.phase, Phase::Waiting | Phase::Queued(_)) {
                if happened.over {
                    self.drop_connection(number);
                }
                return;
            }
            // Each message may bring more descriptors.
            let account = connection.peer.account.clone();
            if let Err((code, reason)) = self.may_send(&account) {
                return self.refuse(number, code, &reason);
            }
            let Some(connection) = self.connections.get_mut(&number) else {
                return;
            };
            match connection.inbox.poll(&connection.stream) {
                Ok(Progress::Pending) => return,
                Ok(Progress::Closed) => return self.drop_connection(number),
                // A message with descriptors is an error.
                Ok(Progress::Message((body, _))) => self.opened(number, &body),
                Err(error) => return self.refuse(number, Refusal::Malformed, &error.to_string()),
            }
        }
    }

    fn opened(&mut self, number: u64, body: &[u8]) {
        let Some(connection) = self.connections.get(&number) else {
            return;
        };
        match open::<Opening>(body) {
            Ok(Opening::Session(hello)) if matches!(connection.phase, Phase::Opening) => self.hello(number, hello),
            Ok(Opening::Join { session }) if matches!(connection.phase, Phase::Opening) => self.join(number, session),
            Ok(Opening::Admin(request)) => self.request(number, request),
            Ok(_) => self.refuse(number, Refusal::Malformed, "a message that is not valid here"),
            Err(EnvelopeError::Build { theirs }) => {
                let reason = format!("the peer is of build {theirs}, and this broker of {BUILD}");
                self.refuse(number, Refusal::Version, &reason);
            }
            Err(error) => self.refuse(number, Refusal::Malformed, &error.to_string()),
        }
    }

    pub(super) fn connection_silent(&mut self, number: u64) {
        match self.connections.get(&number).map(|connection| &connection.phase) {
            Some(Phase::Opening) => self.refuse(number, Refusal::Silent, "no message was sent for too long"),
            Some(Phase::Waiting) => self.answer_late(number),
            Some(Phase::Queued(_)) => self.waited_too_long(number),
            Some(Phase::Asking) => self.drop_connection(number),
            None => {}
        }
    }

    /// An administrator's connection has its reply and may send another request.
    pub(super) fn ask_again(&mut self, number: u64) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        connection.phase = Phase::Asking;
        self.deadlines.set(Due::Connection(number), Instant::now() + ASKING_TIME);
        let waiting = self.events.change(&connection.stream, Source::Connection(number), Interest::Read);
        if waiting.is_err() {
            self.drop_connection(number);
        }
    }

    pub(super) fn refuse(&mut self, number: u64, code: Refusal, reason: &str) {
        let Some(connection) = self.take_connection(number) else {
            return;
        };
        refuse(&connection.stream, code, reason);
        self.log_refusal(connection.peer.uid, connection.peer.pid, reason);
    }

    pub(super) fn drop_connection(&mut self, number: u64) {
        drop(self.take_connection(number));
    }

    /// Removes a connection, its event and its deadline.
    pub(super) fn take_connection(&mut self, number: u64) -> Option<Connection> {
        let connection = self.connections.remove(&number)?;
        self.events.remove(&connection.stream);
        self.deadlines.cancel(Due::Connection(number));
        self.admission.disconnect(&connection.peer.account);
        self.queue.leave(number);
        Some(connection)
    }
}
