//! Starts sessions at once, or queues programs until the limits allow one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ava_protocol::session::{Answer, Refusal, WAIT_FOREVER};
use tracing::info;

use super::{Due, Server};
use crate::connection::{Candidate, Phase, tell};
use crate::policy::admission::Full;
use crate::text::clean;

/// The most sessions that a refusal names.
const NAMED: usize = 3;

impl Server {
    /// Starts a program's session, queues it if it wants to wait, or refuses it.
    pub(super) fn admit(&mut self, number: u64, candidate: Candidate) {
        let Some(connection) = self.connections.get(&number) else {
            return;
        };
        let account = connection.peer.account.clone();
        let wait = self.backoff.wait(&account, Instant::now());
        if !wait.is_zero() {
            let wait = wait.as_secs_f64();
            let reason = format!("workers of {account} crashed too often; the next may start in {wait:.1} s");
            return self.refuse(number, Refusal::Damped, &reason);
        }
        let tenant = self.tenant(number);
        if let Some(rule) = self.tenancy.refuses(&tenant, candidate.api.name) {
            let reason = format!("tenant {tenant} may not use {}, says {rule}", candidate.api.name);
            return self.refuse(number, Refusal::Denied, &reason);
        }
        match self.admission.begin(&tenant, &self.tenancy.quota(&tenant)) {
            Ok(()) => self.begin(number, tenant, candidate),
            Err(full) if candidate.hello.wait > 0 => self.enqueue(number, candidate, &tenant, &full),
            Err(full) => {
                let reason = self.in_full(&tenant, &full);
                self.refuse(number, Refusal::Busy, &reason);
            }
        }
    }

    /// The tenant of a connection, which is known from now on.
    fn tenant(&mut self, number: u64) -> Arc<str> {
        let Some(peer) = self.connections.get(&number).map(|connection| &connection.peer) else {
            return "".into();
        };
        let who = peer.who();
        let tenant = self.tenancy.tenant(&who, &peer.account.own_name());
        let (admission, queue) = (&self.admission, &self.queue);
        self.tenancy.keep(|tenant| admission.sessions_of(tenant) + queue.waiting_of(tenant) > 0);
        self.tenancy.enter(&tenant, who);
        tenant
    }

    fn enqueue(&mut self, number: u64, candidate: Candidate, tenant: &Arc<str>, full: &Full) {
        let reason = self.in_full(tenant, full);
        let ahead = match self.queue.join(number, tenant) {
            Ok(ahead) => ahead,
            Err(full) => return self.refuse(number, Refusal::Busy, &format!("{reason}; {full}")),
        };
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        let wait = candidate.hello.wait;
        info!(
            uid = connection.peer.uid,
            pid = connection.peer.pid,
            program = clean(&candidate.hello.program, 64),
            ahead,
            reason,
            "queued"
        );
        connection.phase = Phase::Queued(Box::new(candidate));
        self.deadlines.cancel(Due::Connection(number));
        if wait != WAIT_FOREVER {
            self.deadlines.set(Due::Connection(number), Instant::now() + Duration::from_secs(wait.into()));
        }
        let told = tell(&connection.stream, &Answer::Waiting { reason, ahead: ahead as u64 });
        self.rest(number);
        if told.is_err() {
            self.drop_connection(number);
        }
    }

    /// Starts sessions from the queue, as far as the limits allow.
    pub(super) fn serve_queue(&mut self) {
        while let Some(number) = self.queue.next(&self.admission, |tenant| self.tenancy.quota(tenant)) {
            self.queue.leave(number);
            let phase = self.connections.get_mut(&number).map(|one| std::mem::replace(&mut one.phase, Phase::Opening));
            if let Some(Phase::Queued(candidate)) = phase {
                self.admit(number, *candidate);
            }
        }
    }

    /// A queued program's waiting time is over.
    pub(super) fn waited_too_long(&mut self, number: u64) {
        let Some(connection) = self.connections.get(&number) else {
            return;
        };
        let Phase::Queued(candidate) = &connection.phase else {
            return;
        };
        let reason = format!("no place was free within {} s", candidate.hello.wait);
        self.refuse(number, Refusal::Busy, &reason);
    }

    /// Describes a limit, with the sessions of the tenant that reached it.
    fn in_full(&self, tenant: &Arc<str>, full: &Full) -> String {
        if matches!(full, Full::All(..)) {
            return full.to_string();
        }
        let own = self.sessions.values().filter(|session| session.tenant == *tenant);
        let mut names: Vec<_> = own
            .take(NAMED + 1)
            .map(|session| {
                let shown = &session.detail.session;
                format!("session {} ({}, process {})", shown.session, shown.program, shown.pid)
            })
            .collect();
        if names.len() > NAMED {
            names.truncate(NAMED);
            names.push("others".to_owned());
        }
        if names.is_empty() { full.to_string() } else { format!("{full}: {}", names.join(", ")) }
    }
}
