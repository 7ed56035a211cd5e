//! What sessions use goes to the ledger, and answers about it come from there.

use std::time::{Duration, Instant};

use ava_ledger::{By, Group, Query, Report, Whose};
use ava_protocol::admin::{self, Answer, Failure, Used};
use tracing::warn;

use super::requests::{Asker, failed, parts};
use super::{Due, Server};
use crate::ledger::Ledger;
use crate::session::{Session, unix_ms};

/// The time between two notes of a session.
const NOTE_TIME: Duration = Duration::from_secs(5);
/// The most notes of ended sessions that wait for room.
const MOST_WAITING: usize = 1024;
/// The most questions that wait for their answers, and the most of one user.
const ASKED: usize = 8;
const ASKED_PER_USER: usize = 2;
/// The most rows in one reply. A row takes less than two kilobytes.
const PER_ANSWER: usize = 24;
const HOUR_MS: u64 = 60 * 60 * 1000;

impl Server {
    /// Notes what all sessions used since they were last noted.
    pub(super) fn note_sessions(&mut self, now: Instant) {
        let Some(ledger) = &self.ledger else { return };
        let broker = unix_ms(self.settings.started).max(1);
        let ended = std::mem::take(&mut self.noted.ended);
        let ended_count = ended.len();
        let mut notes = ended;
        for session in self.sessions.values_mut() {
            session.count();
            notes.extend(session.note(broker));
        }
        if !self.sessions.is_empty() {
            self.deadlines.set(Due::Ledger, now + NOTE_TIME);
        }
        if notes.is_empty() {
            return;
        }
        match ledger.note(notes) {
            Ok(()) => self.sessions.values_mut().for_each(Session::noted),
            Err(mut notes) => {
                // What living sessions used is noted the next time.
                notes.truncate(ended_count);
                self.noted.ended = notes;
                self.deadlines.set(Due::Ledger, now + NOTE_TIME);
            }
        }
        if self.noted.lost > 0 {
            warn!(lost = self.noted.lost, "what sessions used is not in the ledger, which is too slow");
            self.noted.lost = 0;
        }
    }

    /// Notes what a session that has ended used last.
    pub(super) fn note_end(&mut self, session: &Session) {
        if self.ledger.is_none() {
            return;
        }
        if self.noted.ended.len() >= MOST_WAITING {
            self.noted.lost += 1;
        } else {
            self.noted.ended.extend(session.note(unix_ms(self.settings.started).max(1)));
        }
        self.watch_ledger();
    }

    /// There will be something to note.
    pub(super) fn watch_ledger(&mut self) {
        if self.ledger.is_some() {
            self.deadlines.set_first(Due::Ledger, Instant::now() + NOTE_TIME);
        }
    }

    /// Somebody asks for what was used; answered when the ledger has answered.
    pub(super) fn account(&mut self, client: u64, asker: &Asker, (since, until): (u64, u64), by: admin::By) {
        let uid = asker.uid();
        let full = self.asked.len() >= ASKED || self.asked.values().filter(|of| **of == uid).count() >= ASKED_PER_USER;
        self.note_sessions(Instant::now());
        let whose = (!asker.admin).then(|| asker.whose());
        let query = Query { since: since / HOUR_MS, until: until / HOUR_MS, by: kind(by), whose };
        let refused = match &self.ledger {
            None => Some(failed(Failure::NoLedger, "this broker keeps no ledger (--ledger-days 0)".to_owned())),
            Some(ledger) if full || !ledger.ask(client, query) => {
                Some(failed(Failure::Busy, "too many ask at the same time".to_owned()))
            }
            Some(_) => None,
        };
        if let Some(answer) = refused {
            return self.answer(client, vec![answer]);
        }
        self.asked.insert(client, uid);
        self.rest(client);
    }

    /// The ledger has answered.
    pub(super) fn accounted(&mut self) {
        let reports = self.ledger.as_ref().map(Ledger::take_reports).unwrap_or_default();
        for (client, report) in reports {
            self.asked.remove(&client);
            let answers = match report {
                Ok(report) => parts(rows(report), PER_ANSWER, |used, more| Answer::Account { used, more }),
                Err(reason) => vec![failed(Failure::NoLedger, format!("the ledger cannot be read: {reason}"))],
            };
            self.answer(client, answers);
        }
    }
}

fn kind(by: admin::By) -> By {
    match by {
        admin::By::Tenant => By::Tenant,
        admin::By::User => By::User,
        admin::By::Cgroup => By::Cgroup,
        admin::By::Program => By::Program,
        admin::By::Device => By::Device,
        admin::By::Api => By::Api,
        admin::By::Session => By::Session,
        admin::By::Function => By::Function,
        admin::By::Kernel => By::Kernel,
    }
}

/// A report as rows, the last of all groups that have none of their own.
fn rows(report: Report) -> Vec<Used> {
    let Report { groups, others, of_others, times_of_others } = report;
    let rest = Group { name: String::new(), session: None, amounts: of_others, times: times_of_others };
    let rest = (others > 0).then(|| Used { groups: others, ..row(rest) });
    groups.into_iter().map(row).chain(rest).collect()
}

fn row(group: Group) -> Used {
    let Group { name, session, amounts, times } = group;
    let session = session.map(|(id, labels)| admin::UsedBy {
        broker_unix_ms: id.broker,
        tenant: labels.tenant,
        uid: labels.uid,
        program: labels.program,
        api: labels.api,
    });
    Used {
        name,
        groups: 1,
        session,
        times,
        sessions: amounts.sessions,
        device_ns: amounts.device_ns,
        held_ns: amounts.held_ns,
        commands: amounts.commands,
        calls: amounts.calls,
        bytes_in: amounts.bytes_in,
        bytes_out: amounts.bytes_out,
        memory_peak_bytes: amounts.memory_peak_bytes,
    }
}

impl Asker {
    /// Whose use they may see.
    fn whose(&self) -> Whose {
        let container = self.tenant.container.as_deref().unwrap_or_default().to_owned();
        Whose { uid: self.uid(), container }
    }

    fn uid(&self) -> u32 {
        self.tenant.uid
    }
}
