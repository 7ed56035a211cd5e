//! What administrators ask, and the answers.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ava_protocol::admin::{Answer, Detail, Failure, Request, Session, State, Status};
use ava_protocol::control::ToWorker;
use ava_protocol::session::{self, seal};
use tracing::info;

use super::{Due, Server};
use crate::connection::{Connection, Phase};
use crate::events::{Interest, Source};
use crate::gathering::Gathering;
use crate::names;
use crate::session::unix_ms;
use crate::tenant::Who;

/// Reports that take longer are not waited for.
const REPORT_TIME: Duration = Duration::from_millis(500);
/// A kill that takes longer is not waited for.
const KILL_TIME: Duration = Duration::from_secs(6);
/// Sessions in one answer. A session takes less than a kilobyte.
const PER_ANSWER: usize = 48;
/// Programs of one user that may be expected at the same time.
const EXPECTED_PER_USER: usize = 256;

impl Server {
    pub(super) fn request(&mut self, client: u64, request: Request) {
        let Some(connection) = self.connections.get_mut(&client) else {
            return;
        };
        let (uid, asker) = (connection.tenant.uid, Asker::of(connection));
        connection.phase = Phase::Waiting;
        self.deadlines.cancel(Due::Connection(client));
        match request {
            Request::Status => self.answer(client, vec![Answer::Status(Box::new(self.status(&asker)))]),
            Request::Expect => self.expect(client),
            Request::Kill { session } => match self.may(&asker, session) {
                Ok(()) => self.kill_for(client, uid, session),
                Err((code, reason)) => self.answer(client, vec![failed(code, reason)]),
            },
            Request::Session { session } => match self.may(&asker, session) {
                Ok(()) => self.gather(client, request, BTreeSet::from([session])),
                Err((code, reason)) => self.answer(client, vec![failed(code, reason)]),
            },
            Request::Sessions { .. } => {
                let visible = self.sessions.values().filter(|session| asker.sees(&session.tenant.who));
                let visible = visible.map(|session| session.number).collect();
                self.gather(client, request, visible);
            }
        }
    }

    /// May `asker` look at or end this session?
    fn may(&self, asker: &Asker, session: u64) -> Result<(), (Failure, String)> {
        let living = self.sessions.get(&session).map(|session| &session.tenant.who);
        let owner = living.or_else(|| self.history.owner(session));
        match owner {
            Some(owner) if asker.sees(owner) => Ok(()),
            Some(_) => Err((Failure::Denied, format!("session {session} is another user's"))),
            None => Err((Failure::NoSession, format!("there is no session {session}"))),
        }
    }

    fn status(&self, asker: &Asker) -> Status {
        let (connections, sessions) = self.admission.counts();
        let vendor = &self.settings.wishes.vendor_library_path;
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
            admin: asker.admin,
        }
    }

    fn expect(&mut self, client: u64) {
        let Some(tenant) = self.connections.get(&client).map(|connection| &connection.tenant) else {
            return;
        };
        let (who, own) = (tenant.who.clone(), self.is_own(tenant));
        let of_user = self.expected.values().filter(|(owner, _)| owner.uid == who.uid).count();
        if of_user >= EXPECTED_PER_USER {
            let reason = format!("{of_user} programs of {who} are expected already");
            return self.answer(client, vec![failed(Failure::Busy, reason)]);
        }
        let process = self.connections.get_mut(&client).and_then(|connection| connection.tenant.process.take());
        if let Some(process) = process
            && self.events.add(&process, Source::Expected(client), Interest::Read).is_ok()
        {
            self.expect_session(&who, own);
            self.expected.insert(client, (who, process));
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
        info!(session = number, by = uid, "told to end a session");
        self.doom(number, format!("ended by user {}", names::user(uid)));
    }

    /// A session that `client` wanted to end has ended.
    pub(super) fn killed(&mut self, client: u64, session: u64, reason: &str) {
        self.answer(client, vec![Answer::Killed { session, reason: reason.to_owned() }]);
    }

    /// What `client` waits for takes too long, or it does not take its answer.
    pub(super) fn answer_late(&mut self, client: u64) {
        match self.connections.get(&client).map(|connection| connection.writer.queued()) {
            Some(0) => self.answer(client, vec![failed(Failure::Stuck, "the session does not end".to_owned())]),
            _ => self.drop_connection(client),
        }
    }

    /// Asks these sessions' workers for reports, and answers the request when they came.
    fn gather(&mut self, client: u64, request: Request, sessions: BTreeSet<u64>) {
        let mut missing = BTreeSet::new();
        for number in sessions {
            let Some(session) = self.sessions.get_mut(&number) else {
                continue;
            };
            if session.state() != State::Running {
                continue;
            }
            missing.insert(number);
            // Who has not answered the last one yet is not asked again.
            if !session.asked {
                session.asked = true;
                if let Ok(false) = session.worker.say(&ToWorker::ReportRequest { ticket: number }) {
                    let _ = self.events.change(&session.worker.control, Source::Control(number), Interest::Both);
                }
            }
        }
        let gathering = Gathering { client, request, missing };
        if gathering.missing.is_empty() {
            return self.gathered(gathering);
        }
        let ticket = self.gatherings.begin(gathering);
        self.deadlines.set(Due::Gathering(ticket), Instant::now() + REPORT_TIME);
        self.rest(client);
    }

    /// A session has reported, or has ended.
    pub(super) fn reported(&mut self, session: u64) {
        for (ticket, gathering) in self.gatherings.heard(session) {
            self.deadlines.cancel(Due::Gathering(ticket));
            self.gathered(gathering);
        }
    }

    pub(super) fn gathering_late(&mut self, ticket: u64) {
        if let Some(gathering) = self.gatherings.take(ticket) {
            self.gathered(gathering);
        }
    }

    fn gathered(&mut self, gathering: Gathering) {
        let Gathering { client, request, missing } = gathering;
        let Some(asker) = self.connections.get(&client).map(Asker::of) else {
            return;
        };
        let fresh = |detail: &Detail| {
            let mut shown = detail.session.clone();
            shown.stale = missing.contains(&shown.session);
            shown
        };
        let answers = match request {
            Request::Session { session } => {
                let living = self.sessions.get(&session).map(|session| &session.detail);
                match living.or_else(|| self.history.find(session)) {
                    Some(detail) => {
                        let detail = Detail { session: fresh(detail), ..detail.clone() };
                        vec![Answer::Session(Box::new(detail))]
                    }
                    None => vec![failed(Failure::NoSession, format!("there is no session {session}"))],
                }
            }
            Request::Sessions { ended } => {
                let past = self.history.iter().filter(|_| ended);
                let living = self.sessions.values().map(|session| (&session.tenant.who, &session.detail));
                let all = past.chain(living).filter(|(owner, _)| asker.sees(owner));
                in_parts(all.map(|(_, detail)| fresh(detail)).collect())
            }
            Request::Status | Request::Kill { .. } | Request::Expect => Vec::new(),
        };
        self.answer(client, answers);
    }

    /// Listens to a connection no further than to hear that it is gone.
    pub(super) fn rest(&mut self, client: u64) {
        if let Some(connection) = self.connections.get(&client) {
            let _ = self.events.change(&connection.stream, Source::Connection(client), Interest::End);
        }
    }

    fn answer(&mut self, client: u64, answers: Vec<Answer>) {
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

/// Who asks.
#[derive(Debug)]
struct Asker {
    who: Who,
    admin: bool,
}

impl Asker {
    fn of(connection: &Connection) -> Self {
        Self { who: connection.tenant.who.clone(), admin: connection.admin }
    }

    /// Administrators see and end all, everybody else their own.
    fn sees(&self, owner: &Who) -> bool {
        self.admin || self.who == *owner
    }
}

fn failed(code: Failure, reason: String) -> Answer {
    Answer::Failed { code, reason }
}

/// Sessions, by number, in answers that are not too long.
fn in_parts(mut sessions: Vec<Session>) -> Vec<Answer> {
    sessions.sort_by_key(|session| session.session);
    let mut parts: Vec<Vec<Session>> = Vec::new();
    while sessions.len() > PER_ANSWER {
        let rest = sessions.split_off(PER_ANSWER);
        parts.push(std::mem::replace(&mut sessions, rest));
    }
    parts.push(sessions);
    let last = parts.len() - 1;
    let numbered = parts.into_iter().enumerate();
    numbered.map(|(at, sessions)| Answer::Sessions { sessions, more: at < last }).collect()
}
