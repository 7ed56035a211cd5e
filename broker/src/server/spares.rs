//! Spares: workers that are started in advance, load the vendor library, and wait for a session.
//!
//! - **Invariant:** a spare holds no program's data, and is given to at most one session.
//! - **Invariant:** spares are not sessions: they do not count towards the limits, and keep no idle broker alive.

use std::time::Instant;

use ava_protocol::admin::State;
use ava_protocol::api::{APIS, Api};
use ava_protocol::control::{FromWorker, ToWorker};
use tracing::{debug, warn};

use super::sessions::{GRACE, LAST_WORDS, LONGEST_LINE, START_TIME, log_worker};
use super::{Due, Server};
use crate::events::{Interest, Source};
use crate::policy::rate_limit::Line;
use crate::policy::spares::Whose;
use crate::policy::tenancy::Allowance;
use crate::session::Session;
use crate::spare::{Loaded, Spare};
use crate::tenant::TenantId;
use crate::text::clean;
use crate::worker::{Heard, in_words};

impl Server {
    /// A tenant is about to open a session: with the APIs that it used recently, or, if none is known, with the first API,
    /// whose libraries take longest to load.
    pub(super) fn expect_session(&mut self, tenant: &TenantId, own: bool, allowance: Allowance) {
        let first = APIS.first().map(|api| Whose {
            tenant: tenant.clone(),
            api: api.name,
            surroundings: own.then(|| self.own_surroundings(api)),
            allowance: allowance.clone(),
        });
        let mut expected = self.spare_policy.of(tenant);
        // The others were made before the rules changed.
        expected.retain(|whose| whose.allowance == allowance);
        if expected.is_empty() {
            expected.extend(first);
        }
        for whose in &expected {
            self.spare_policy.used(whose, Instant::now());
        }
    }

    /// Ends spares that are not needed any more, and schedules the start of missing ones.
    pub(super) fn watch_spares(&mut self, now: Instant) {
        let forgetting = self.spare_policy.forget(now);
        let unwanted =
            self.spares.iter().filter(|(_, spare)| !spare.dismissed && !self.spare_policy.keeps(&spare.whose));
        for number in unwanted.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.dismiss(number);
        }
        let starting = self.next_spare().map(|(_, at)| at);
        match [forgetting, starting].into_iter().flatten().min() {
            Some(at) => self.deadlines.set(Due::Spares, at),
            None => self.deadlines.cancel(Due::Spares),
        }
    }

    /// Which tenant gets the next spare, and when. Not one with a starting session, because the two would compete for
    /// processors.
    fn next_spare(&self) -> Option<(Whose, Instant)> {
        let have = |whose: &Whose| self.spares.values().filter(|spare| spare.whose == *whose).count();
        let starts = |session: &Session| session.state() == State::Starting;
        self.spare_policy
            .next(have, |whose| self.sessions.values().any(|session| session.whose == *whose && starts(session)))
    }

    /// Starts the next spare if it is due.
    pub(super) fn start_spare(&mut self, now: Instant) {
        let Some((whose, at)) = self.next_spare() else {
            return;
        };
        let (true, Some(api)) = (at <= now, Api::find(whose.api)) else {
            return;
        };
        let uid = whose.tenant.uid;
        let worker = match self.start_worker(&whose, api, true) {
            Ok(worker) => worker,
            Err(error) => {
                warn!(uid, %error, "no spare worker can be started");
                return self.spare_policy.failed(&whose, now);
            }
        };
        self.last_spare += 1;
        let number = self.last_spare;
        debug!(uid, worker = worker.pid(), "a spare worker starts");
        let added = self.events.add(&worker.control, Source::Spare(number), Interest::Read);
        let added = added.and_then(|()| self.events.add(worker.process(), Source::SpareWorker(number), Interest::Read));
        self.spares.insert(number, Spare::new(whose, worker));
        self.deadlines.set(Due::Spare(number), now + START_TIME);
        if added.is_err() {
            self.end_spare(number, "it cannot be watched");
        }
    }

    /// Takes a spare for a session: a ready one, else the oldest.
    pub(super) fn take_spare(&mut self, whose: &Whose) -> Option<Spare> {
        let free = self.spares.iter().filter(|(_, spare)| spare.whose == *whose && spare.is_free());
        let (&number, _) = free.min_by_key(|(number, spare)| (spare.loaded.is_none(), **number))?;
        self.remove_spare(number)
    }

    /// The spares that are ready for a session.
    pub(super) fn ready_spares(&self) -> usize {
        self.spares.values().filter(|spare| spare.loaded.is_some() && spare.is_free()).count()
    }

    /// Handles a spare's messages, at most this many.
    pub(super) fn hear_spare(&mut self, number: u64, messages: usize) {
        for _ in 0..messages {
            let Some(spare) = self.spares.get_mut(&number) else {
                return;
            };
            match spare.worker.hear() {
                Heard::Nothing => return,
                Heard::Message(message) => self.heard_spare(number, message),
                Heard::Closed => {
                    // It usually exits at the same time.
                    self.events.remove(&spare.worker.control);
                    spare.word.get_or_insert_with(|| "it stopped talking to the broker".to_owned());
                    return self.deadlines.set(Due::Spare(number), Instant::now() + GRACE);
                }
                Heard::OtherBuild(why) => {
                    self.events.remove(&spare.worker.control);
                    return self.end_spare(number, &why);
                }
                Heard::Nonsense(what) => {
                    self.events.remove(&spare.worker.control);
                    return self.end_spare(number, &format!("it sent nonsense: {what}"));
                }
            }
        }
    }

    fn heard_spare(&mut self, number: u64, message: FromWorker) {
        let Some(spare) = self.spares.get_mut(&number) else {
            return;
        };
        match message {
            FromWorker::Ready { library, identity, sandbox } if spare.loaded.is_none() => {
                debug!(uid = spare.whose.tenant.uid, worker = spare.worker.pid(), "a spare worker is ready");
                spare.loaded = Some(Loaded { library, identity, sandbox });
                self.deadlines.cancel(Due::Spare(number));
            }
            FromWorker::Ready { .. } => {}
            FromWorker::Ended { reason, .. } => spare.word = Some(clean(&reason, LONGEST_LINE)),
            FromWorker::Log { level, text } => {
                if let Line::Write { left_out } = spare.log_limit.line(Instant::now()) {
                    log_worker(None, level, &text, left_out);
                }
            }
        }
    }

    /// Ends a spare that is not needed: it is told, and killed if it takes too long.
    fn dismiss(&mut self, number: u64) {
        let Some(spare) = self.spares.get_mut(&number) else {
            return;
        };
        spare.dismissed = true;
        // A spare that cannot be told is killed.
        let _ = spare.worker.say(&ToWorker::Shutdown { reason: "its user had no session for long".to_owned() });
        self.deadlines.set(Due::Spare(number), Instant::now() + GRACE);
    }

    /// A spare did not load the library, or did not end, in time.
    pub(super) fn spare_late(&mut self, number: u64) {
        self.end_spare(number, "it did not become ready in time");
        self.spare_over(number);
    }

    /// Kills a spare.
    fn end_spare(&mut self, number: u64, why: &str) {
        let Some(spare) = self.spares.get_mut(&number) else {
            return;
        };
        spare.word.get_or_insert_with(|| why.to_owned());
        spare.worker.kill();
        // Its end may give no event.
        self.deadlines.set(Due::Spare(number), Instant::now() + GRACE);
    }

    /// A spare's process ended.
    pub(super) fn spare_over(&mut self, number: u64) {
        self.hear_spare(number, LAST_WORDS);
        let Some(status) = self.spares.get_mut(&number).and_then(|spare| spare.worker.reap()) else {
            return;
        };
        let Some(mut spare) = self.remove_spare(number) else {
            return;
        };
        self.give_back_group(spare.worker.take_group());
        let (uid, worker, exit) = (spare.whose.tenant.uid, spare.worker.pid(), in_words(status));
        if spare.dismissed {
            return debug!(uid, worker, exit, "a spare worker was not needed any more");
        }
        let reason = spare.word.unwrap_or_else(|| format!("the worker {exit}"));
        warn!(uid, worker, reason, exit, "a spare worker ended");
        self.spare_policy.failed(&spare.whose, Instant::now());
    }

    /// Removes a spare, its events and its deadline.
    fn remove_spare(&mut self, number: u64) -> Option<Spare> {
        let spare = self.spares.remove(&number)?;
        self.events.remove(&spare.worker.control);
        self.events.remove(spare.worker.process());
        self.deadlines.cancel(Due::Spare(number));
        Some(spare)
    }
}
