//! Requests about tenants and the policy.

use std::sync::Arc;
use std::time::Instant;

use ava_policy::{Key, Policy, Problem, Term, Who};
use ava_protocol::admin::{self, Answer, Failure, Setting, Tenant};
use ava_protocol::quota::Resource;
use ava_protocol::session::clip;
use tracing::{error, info, warn};

use super::Server;
use super::requests::{Asker, failed, parts};
use crate::history::Used;
use crate::policy::tenancy;
use crate::session::Session;
use crate::text::clean;

/// The most tenants in one reply. A tenant takes less than 12 kilobytes.
const PER_ANSWER: usize = 4;
/// The longest text of a setting that a reply has, in bytes.
const LONGEST: usize = 320;
/// The most lines in a reply, and the longest one.
const MOST_LINES: usize = 48;
const LONGEST_LINE: usize = 512;

impl Server {
    /// The policy's files, for people.
    pub(super) fn policy(&self) -> admin::Policy {
        let policy = self.tenancy.policy();
        let files = policy.files.iter().map(|file| file.display().to_string());
        admin::Policy { files: limited(files), rules: policy.rules.len() as u64, not_enforced: policy.not_enforced() }
    }

    /// Administrators see all tenants, others that of their own programs.
    pub(super) fn show_tenants(&mut self, client: u64, asker: &Asker) {
        let Some(peer) = self.connections.get(&client).map(|connection| &connection.peer) else {
            return;
        };
        let who = peer.who();
        let own = self.tenancy.tenant(&who, &peer.account.own_name());
        let sessions = self.sessions.values().filter(|session| asker.sees(&session.peer.tenant));
        let mut names: Vec<_> = sessions.map(|session| session.tenant.clone()).chain([own.clone()]).collect();
        if asker.admin {
            names.extend(self.tenancy.all());
        }
        names.sort();
        names.dedup();
        self.sessions.values_mut().for_each(Session::count);
        let tenants: Vec<_> = names.iter().map(|name| self.shown(name, (*name == own).then_some(&who))).collect();
        self.answer(client, parts(tenants, PER_ANSWER, |tenants, more| Answer::Tenants { tenants, more }));
    }

    fn shown(&self, name: &Arc<str>, who: Option<&Who>) -> Tenant {
        let terms = self.tenancy.terms(name, who);
        let setting = |(key, Term { value, origin }): (&Key, &Term)| Setting {
            key: key.name().to_owned(),
            value: clip(&value.to_string(), LONGEST),
            said_by: clip(&origin.to_string(), LONGEST),
        };
        let living = self.sessions.values().filter(|session| session.tenant == *name);
        let living = living.map(|session| &session.detail.session);
        let used = living.fold(self.history.used(name), Used::with);
        let bytes = |key| terms.number(key).map(|(bytes, _)| bytes);
        Tenant {
            name: name.to_string(),
            sessions: self.admission.sessions_of(name) as u64,
            sessions_limit: self.tenancy.quota_in(&terms).most as u64,
            waiting: self.queue.waiting_of(name) as u64,
            device_ns: used.device_ns,
            held_ns: used.held_ns,
            memory_bytes: self.quotas.taken(name, Resource::DeviceMemory),
            memory_limit: bytes(Key::DeviceMemory),
            host_memory_bytes: self.quotas.taken(name, Resource::HostMemory),
            host_memory_limit: bytes(Key::HostMemory),
            settings: terms.0.iter().map(setting).collect(),
        }
    }

    pub(super) fn set(&mut self, client: u64, asker: &Asker, tenant: &str, settings: &[(String, String)]) {
        let (tenant, said) = (clean(tenant, LONGEST), settings.iter().map(|(key, value)| format!("{key}={value}")));
        let said = clean(&said.collect::<Vec<_>>().join(" "), LONGEST_LINE);
        self.change(client, asker, &format!("{tenant}: {said}"), |tenancy| tenancy.set(&tenant, settings));
    }

    pub(super) fn unset(&mut self, client: u64, asker: &Asker, tenant: &str, keys: &[String]) {
        let (tenant, said) = (clean(tenant, LONGEST), clean(&keys.join(" "), LONGEST_LINE));
        self.change(client, asker, &format!("{tenant}: without {said}"), |tenancy| tenancy.unset(&tenant, keys));
    }

    fn change(
        &mut self,
        client: u64,
        asker: &Asker,
        said: &str,
        change: impl FnOnce(&mut tenancy::Tenancy) -> Result<(), tenancy::Error>,
    ) {
        if !asker.admin {
            return self.deny(client);
        }
        let answer = match change(&mut self.tenancy) {
            Ok(()) => Answer::Changed,
            Err(error) => failed(Failure::Policy, clean(&error.to_string(), LONGEST_LINE)),
        };
        if answer == Answer::Changed {
            info!(said, "the policy was changed");
            self.policy_changed();
        }
        self.answer(client, vec![answer]);
    }

    /// What changes for sessions that exist, and for programs that wait.
    fn policy_changed(&mut self) {
        self.quotas.limit(|tenant| self.tenancy.limits(tenant));
        self.watch_commands(Instant::now());
        let mut tenants: Vec<_> = self.sessions.values().map(|session| &session.tenant).collect();
        tenants.sort();
        tenants.dedup();
        tenants.into_iter().for_each(|tenant| self.pacer.set_terms(tenant, self.tenancy.share(tenant)));
        self.serve_queue();
    }

    /// Reads the files again. Bad ones change nothing.
    pub(super) fn reload(&mut self, client: u64, asker: &Asker) {
        if !asker.admin {
            return self.deny(client);
        }
        let (accepted, problems) = match self.settings.config.load() {
            Ok((policy, warnings)) => {
                self.tenancy.replace(policy);
                (true, warnings)
            }
            Err(problems) => (false, problems),
        };
        log(&problems);
        if accepted {
            info!(rules = self.tenancy.policy().rules.len(), "the policy was read again");
            self.policy_changed();
        } else {
            error!("the policy's files have errors: what was in force stays in force");
        }
        let problems = limited(problems.iter().map(ToString::to_string));
        self.answer(client, vec![Answer::Reloaded { accepted, policy: self.policy(), problems }]);
    }

    /// What the files say, and what is in force and they do not say.
    pub(super) fn compare(&mut self, client: u64, asker: &Asker) {
        if !asker.admin {
            return self.deny(client);
        }
        let answer = match self.settings.config.load() {
            Ok((policy, _)) => difference(&self.tenancy.lines(), &policy),
            Err(problems) => {
                let first = problems.iter().find(|problem| problem.is_error()).or(problems.first());
                let reason = first.map(ToString::to_string).unwrap_or_default();
                failed(Failure::Policy, format!("the files have errors: {}", clean(&reason, LONGEST_LINE)))
            }
        };
        self.answer(client, vec![answer]);
    }

    fn deny(&mut self, client: u64) {
        let reason = "only administrators change or compare the policy".to_owned();
        self.answer(client, vec![failed(Failure::Denied, reason)]);
    }
}

/// Logs what is wrong or doubtful with the policy's files.
pub(super) fn log(problems: &[Problem]) {
    for problem in limited(problems.iter().map(ToString::to_string)) {
        warn!("policy: {problem}");
    }
}

fn difference(in_force: &[String], policy: &Policy) -> Answer {
    let in_files = policy.lines();
    let without = |all: &[String], others: &[String]| {
        let mut others = others.to_vec();
        others.sort();
        limited(all.iter().filter(|line| others.binary_search(line).is_err()).cloned())
    };
    let (only_in_force, only_in_files) = (without(in_force, &in_files), without(&in_files, in_force));
    let reordered = only_in_force.is_empty() && only_in_files.is_empty() && in_force != in_files;
    Answer::Compared { in_force: only_in_force, in_files: only_in_files, reordered }
}

/// The lines as far as a reply has room for them.
fn limited(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<_> = lines.map(|line| clean(&line, LONGEST_LINE)).collect();
    if all.len() > MOST_LINES {
        let more = all.len() - MOST_LINES;
        all.truncate(MOST_LINES);
        all.push(format!("and {more} more"));
    }
    all
}
