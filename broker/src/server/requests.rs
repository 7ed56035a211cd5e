//! Requests of administrators and their replies.

use std::time::{Duration, Instant};

use ava_protocol::admin::{Answer, Failure, Request, Session, Status};
use ava_protocol::session::{self, seal};
use ava_protocol::surroundings::Surroundings;
use tracing::info;

use super::{Due, Expected, Server};
use crate::connection::{Connection, Phase};
use crate::events::{Interest, Source};
use crate::ledger::Ledger;
use crate::names;
use crate::session::unix_ms;
use crate::tenant::TenantId;

/// The longest wait for a session that is to end.
const KILL_TIME: Duration = Duration::from_secs(6);
/// The most sessions in one reply. A session takes less than a kilobyte.
const PER_ANSWER: usize = 48;
/// The most programs of one tenant that are expected at the same time.
const EXPECTED_PER_TENANT: usize = 256;

impl Server {
    pub(super) fn request(&mut self, client: u64, request: Request) {
        let Some(connection) = self.connections.get_mut(&client) else {
            return;
        };
        let (uid, asker) = (connection.peer.uid, Asker::of(connection));
        connection.phase = Phase::Waiting;
        self.deadlines.cancel(Due::Connection(client));
        match request {
            Request::Status => self.answer(client, vec![Answer::Status(Box::new(self.status(&asker)))]),
            Request::Expect => self.expect(client),
            Request::Library { api, surroundings } => self.say_whether_there(client, &api, surroundings.as_ref()),
            Request::Kill { session } => match self.may(&asker, session) {
                Ok(()) => self.kill_for(client, uid, session),
                Err((code, reason)) => self.answer(client, vec![failed(code, reason)]),
            },
            Request::Session { session } => match self.may(&asker, session) {
                Ok(()) => {
                    let detail = self.detail(session);
                    self.answer(client, vec![detail]);
                }
                Err((code, reason)) => self.answer(client, vec![failed(code, reason)]),
            },
            Request::Tenants => self.show_tenants(client, &asker),
            Request::Set { tenant, settings } => self.set(client, &asker, &tenant, &settings),
            Request::Unset { tenant, keys } => self.unset(client, &asker, &tenant, &keys),
            Request::Reload => self.reload(client, &asker),
            Request::Compare => self.compare(client, &asker),
            Request::Account { since_unix_ms, until_unix_ms, by } => {
                self.account(client, &asker, (since_unix_ms, until_unix_ms), by);
            }
            Request::Sessions { ended } => {
                let sessions = self.visible(&asker, ended);
                self.answer(client, in_parts(sessions));
            }
        }
    }

    /// One session, with all details.
    fn detail(&mut self, number: u64) -> Answer {
        if let Some(session) = self.sessions.get_mut(&number) {
            session.count();
        }
        let living = self.sessions.get(&number).map(|session| &session.detail);
        match living.or_else(|| self.history.find(number)) {
            Some(detail) => Answer::Session(Box::new(detail.clone())),
            None => failed(Failure::NoSession, format!("there is no session {number}")),
        }
    }

    /// The sessions that `asker` may see.
    fn visible(&mut self, asker: &Asker, ended: bool) -> Vec<Session> {
        let past = self.history.iter().filter(|(owner, _)| ended && asker.sees(owner));
        let mut all: Vec<Session> = past.map(|(_, detail)| detail.session.clone()).collect();
        for session in self.sessions.values_mut().filter(|session| asker.sees(&session.peer.tenant)) {
            session.count();
            all.push(session.detail.session.clone());
        }
        all
    }

    /// Whether `asker` may see or end this session.
    fn may(&self, asker: &Asker, session: u64) -> Result<(), (Failure, String)> {
        let living = self.sessions.get(&session).map(|session| &session.peer.tenant);
        let owner = living.or_else(|| self.history.owner(session));
        match owner {
            Some(owner) if asker.sees(owner) => Ok(()),
            Some(_) => Err((Failure::Denied, format!("session {session} is another user's"))),
            None => Err((Failure::NoSession, format!("there is no session {session}"))),
        }
    }

    fn status(&self, asker: &Asker) -> Status {
        let (connections, sessions) = self.admission.counts();
        let vendor = &self.settings.worker_options.vendor_library_path;
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            uid: self.settings.uid,
            worker: self.settings.worker.display().to_string(),
            vendor_library_path: vendor.display().to_string(),
            started_unix_ms: unix_ms(self.settings.started),
            sessions: sessions as u64,
            sessions_limit: self.settings.limits.sessions as u64,
            sessions_per_user_limit: self.settings.limits.sessions_per_user as u64,
            spares: self.ready_spares() as u64,
            connections: connections as u64,
            idle_exit_s: self.settings.idle_exit.map_or(0, |time| time.as_secs()),
            isolation: self.isolation.describe(),
            policy: self.policy(),
            ledger: self.ledger.as_ref().map(Ledger::describe),
            admin: asker.admin,
        }
    }

    /// Whether an API's library is anywhere, for a program that is about to open it.
    fn say_whether_there(&mut self, client: u64, api: &str, surroundings: Option<&Surroundings>) {
        let Some(connection) = self.connections.get(&client) else {
            return;
        };
        let answer = match self.lacks_library(&connection.peer, api, surroundings) {
            Ok(nowhere) => Answer::Library { nowhere },
            Err((_, reason)) => failed(Failure::Malformed, reason),
        };
        self.answer(client, vec![answer]);
    }

    fn expect(&mut self, client: u64) {
        let Some(peer) = self.connections.get(&client).map(|connection| &connection.peer) else {
            return;
        };
        let (tenant, account, own) = (peer.tenant.clone(), peer.account.clone(), self.is_own(peer));
        let who = peer.who();
        let allowance = self.tenancy.allowance(&self.tenancy.tenant(&who, &account.own_name()), &who);
        let of_account = self.expected.values().filter(|expected| expected.account == account).count();
        if of_account >= EXPECTED_PER_TENANT {
            let reason = format!("{of_account} programs of {account} are expected already");
            return self.answer(client, vec![failed(Failure::Busy, reason)]);
        }
        let process = self.connections.get_mut(&client).and_then(|connection| connection.peer.process.take());
        if let Some(process) = process
            && self.events.add(&process, Source::Expected(client), Interest::Read).is_ok()
        {
            self.expect_session(&tenant, own, allowance);
            self.expected.insert(client, Expected { account, process });
        }
        self.answer(client, vec![Answer::Expected]);
    }

    fn kill_for(&mut self, client: u64, uid: u32, number: u64) {
        let Some(session) = self.sessions.get_mut(&number) else {
            let answer = failed(Failure::NoSession, format!("session {number} has ended already"));
            return self.answer(client, vec![answer]);
        };
        session.killers.push(client);
        self.deadlines.set(Due::Connection(client), Instant::now() + KILL_TIME);
        self.rest(client);
        info!(session = number, by = uid, "a session is to end");
        self.end_session(number, format!("ended by user {}", names::user(uid)));
    }

    /// A session whose end `client` waits for has ended.
    pub(super) fn killed(&mut self, client: u64, session: u64, reason: &str) {
        self.answer(client, vec![Answer::Killed { session, reason: reason.to_owned() }]);
    }

    /// The end that `client` waits for takes too long, or it does not read its reply.
    pub(super) fn answer_late(&mut self, client: u64) {
        match self.connections.get(&client).map(|connection| connection.writer.queued()) {
            Some(0) => self.answer(client, vec![failed(Failure::Stuck, "the session does not end".to_owned())]),
            _ => self.drop_connection(client),
        }
    }

    /// From now on, only notices when the connection closes.
    pub(super) fn rest(&mut self, client: u64) {
        if let Some(connection) = self.connections.get(&client) {
            let _ = self.events.change(&connection.stream, Source::Connection(client), Interest::End);
        }
    }

    pub(super) fn answer(&mut self, client: u64, answers: Vec<Answer>) {
        let Some(connection) = self.connections.get_mut(&client) else {
            return;
        };
        let queued: std::io::Result<()> =
            answers.into_iter().try_for_each(|answer| connection.writer.push(&seal(&session::Answer::Admin(answer))));
        match queued.and_then(|()| connection.writer.flush(&connection.stream)) {
            Ok(true) => self.ask_again(client),
            Ok(false) => {
                let source = Source::Connection(client);
                self.deadlines.set(Due::Connection(client), Instant::now() + KILL_TIME);
                if self.events.change(&connection.stream, source, Interest::Write).is_err() {
                    self.drop_connection(client);
                }
            }
            Err(_) => self.drop_connection(client),
        }
    }
}

/// The peer that makes a request.
#[derive(Debug)]
pub(super) struct Asker {
    pub tenant: TenantId,
    pub admin: bool,
}

impl Asker {
    fn of(connection: &Connection) -> Self {
        Self { tenant: connection.peer.tenant.clone(), admin: connection.admin }
    }

    /// Administrators see and end all sessions, other users their own.
    pub fn sees(&self, owner: &TenantId) -> bool {
        self.admin || self.tenant == *owner
    }
}

pub(super) fn failed(code: Failure, reason: String) -> Answer {
    Answer::Failed { code, reason }
}

/// The sessions, by number, in replies of limited size.
fn in_parts(mut sessions: Vec<Session>) -> Vec<Answer> {
    sessions.sort_by_key(|session| session.session);
    parts(sessions, PER_ANSWER, |sessions, more| Answer::Sessions { sessions, more })
}

/// Splits what is to be said into replies with so many each; at least one.
pub(super) fn parts<T>(mut all: Vec<T>, each: usize, answer: impl Fn(Vec<T>, bool) -> Answer) -> Vec<Answer> {
    let mut answers = Vec::new();
    while all.len() > each {
        let rest = all.split_off(each);
        answers.push(answer(std::mem::replace(&mut all, rest), true));
    }
    answers.push(answer(all, false));
    answers
}
