//! Starts sessions at once, or queues programs until the limits allow one.

use std::time::{Duration, Instant};

use ava_protocol::session::{Answer, Refusal, WAIT_FOREVER};
use tracing::info;

use super::{Due, Server};
use crate::connection::{Candidate, Phase, tell};
use crate::policy::admission::Full;
use crate::tenant::TenantId;
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
        match self.admission.begin(&account) {
            Ok(()) => self.begin(number, candidate),
            Err(full) if candidate.hello.wait > 0 => self.enqueue(number, candidate, &account, &full),
            Err(full) => {
                let reason = self.in_full(&account, &full);
                self.refuse(number, Refusal::Busy, &reason);
            }
        }
    }

    fn enqueue(&mut self, number: u64, candidate: Candidate, account: &TenantId, full: &Full) {
        let reason = self.in_full(account, full);
        let ahead = match self.queue.join(number, account) {
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
        while let Some(number) = self.queue.next(&self.admission) {
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
    fn in_full(&self, account: &TenantId, full: &Full) -> String {
        let Full::User(..) = full else {
            return full.to_string();
        };
        let own = self.sessions.values().filter(|session| session.peer.account == *account);
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
        format!("{full}: {}", names.join(", "))
    }
}
