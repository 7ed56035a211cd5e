//! Admission: limits on connections, in all and for each user, and on sessions, in all and for each tenant.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use ava_transport::message::MOST_AT_ONCE;

use crate::tenant::TenantId;

/// The limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections that are not sessions yet, or never will be.
    pub connections: usize,
    /// Connections of one user.
    pub connections_per_user: usize,
    /// Sessions.
    pub sessions: usize,
    /// Sessions of one tenant, if no rule says otherwise.
    pub sessions_per_user: usize,
}

/// How many sessions a tenant may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    pub most: usize,
    /// Which rule says so; `None` for the limit of all tenants.
    pub said_by: Option<String>,
}

/// The most descriptors a connection holds: its socket and its process.
const FILES_PER_CONNECTION: usize = 2;
/// The most descriptors a session holds: its tenant's socket and process, its worker's process and control socket.
const FILES_PER_SESSION: usize = 4;
/// Descriptors for everything else: listener, epoll, standard streams, log, spawning, spares, waiting programs; descriptors
/// of several users that wait to be closed; and as many as one message can bring, for the kernel itself would close those
/// that do not fit, and the broker would block on that.
const FILES_RESERVED: usize = 256 + 2 * MOST_AT_ONCE;

impl Limits {
    /// These limits, lowered so that their descriptors fit into `files`. Sessions have priority, up to a part of them.
    pub fn fit(self, files: usize) -> Self {
        let files = files.saturating_sub(FILES_RESERVED);
        let sessions = self.sessions.min(files * 3 / 4 / FILES_PER_SESSION).max(1);
        let rest = files.saturating_sub(sessions * FILES_PER_SESSION);
        let connections = self.connections.min(rest / FILES_PER_CONNECTION).max(1);
        Self {
            connections,
            connections_per_user: self.connections_per_user.min(connections.div_ceil(2)),
            sessions,
            sessions_per_user: self.sessions_per_user.min(sessions),
        }
    }
}

/// The limit that was reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// [`Limits::connections`] or [`Limits::sessions`].
    #[error("all {0} {1} are taken")]
    All(usize, &'static str),
    /// The limit of one user or tenant.
    #[error("{2} has as many {1} as a user may ({0})")]
    User(usize, &'static str, String),
    /// A limit that a rule sets.
    #[error("tenant {0} may have {1} sessions at most, says {2}")]
    Rule(Arc<str>, usize, String),
}

/// Counts per user or tenant.
#[derive(Debug)]
struct Counter<K> {
    what: &'static str,
    limit: usize,
    all: usize,
    each: HashMap<K, usize>,
}

impl<K: Hash + Eq + Clone> Counter<K> {
    fn new(what: &'static str, limit: usize) -> Self {
        Self { what, limit, all: 0, each: HashMap::new() }
    }

    /// Counts one more, unless there are as many as there may be; `own` says which limit is this one's own.
    fn take(&mut self, whose: &K, most: usize, own: impl FnOnce(usize) -> Full) -> Result<(), Full> {
        let held = self.held(whose);
        if held >= most {
            return Err(own(held));
        }
        if self.all >= self.limit {
            return Err(Full::All(self.all, self.what));
        }
        self.all += 1;
        self.each.insert(whose.clone(), held + 1);
        Ok(())
    }

    fn held(&self, whose: &K) -> usize {
        self.each.get(whose).copied().unwrap_or(0)
    }

    fn give(&mut self, whose: &K) {
        self.all = self.all.saturating_sub(1);
        match self.each.get_mut(whose) {
            Some(held) if *held > 1 => *held -= 1,
            _ => drop(self.each.remove(whose)),
        }
    }
}

/// Counts connections and sessions, and decides whether one more is admitted.
#[derive(Debug)]
pub struct Admission {
    limits: Limits,
    connections: Counter<TenantId>,
    /// By the names of tenants.
    sessions: Counter<Arc<str>>,
}

impl Admission {
    /// With all counts zero.
    pub fn new(limits: Limits) -> Self {
        Self {
            connections: Counter::new("connections", limits.connections),
            sessions: Counter::new("sessions", limits.sessions),
            limits,
        }
    }

    /// Admits and counts a connection of `who`.
    pub fn connect(&mut self, user: &TenantId) -> Result<(), Full> {
        let full = |held| Full::User(held, "connections", user.to_string());
        self.connections.take(user, self.limits.connections_per_user, full)
    }

    /// A connection of `who` closed, or became a session.
    pub fn disconnect(&mut self, user: &TenantId) {
        self.connections.give(user);
    }

    /// Admits and counts a session of a tenant.
    pub fn begin(&mut self, tenant: &Arc<str>, quota: &Quota) -> Result<(), Full> {
        self.sessions.take(tenant, quota.most, |held| match &quota.said_by {
            Some(rule) => Full::Rule(Arc::clone(tenant), quota.most, rule.clone()),
            None => Full::User(held, "sessions", format!("tenant {tenant}")),
        })
    }

    /// Whether one more session of a tenant could begin.
    pub fn has_place(&self, tenant: &Arc<str>, quota: &Quota) -> bool {
        self.sessions.held(tenant) < quota.most && self.sessions.all < self.sessions.limit
    }

    /// How many sessions a tenant has.
    pub fn sessions_of(&self, tenant: &Arc<str>) -> usize {
        self.sessions.held(tenant)
    }

    /// A session of a tenant ended.
    pub fn end(&mut self, tenant: &Arc<str>) {
        self.sessions.give(tenant);
    }

    /// Connections and sessions now.
    pub fn counts(&self) -> (usize, usize) {
        (self.connections.all, self.sessions.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { connections: 4, connections_per_user: 2, sessions: 3, sessions_per_user: 2 };

    #[test]
    fn one_user_cannot_take_what_is_left_for_others() {
        let mut admission = Admission::new(LIMITS);
        admission.connect(&TenantId::user(1)).unwrap();
        admission.connect(&TenantId::user(1)).unwrap();
        assert_eq!(
            admission.connect(&TenantId::user(1)),
            Err(Full::User(2, "connections", TenantId::user(1).to_string()))
        );
        admission.connect(&TenantId::user(2)).unwrap();
        admission.connect(&TenantId::user(3)).unwrap();
        assert_eq!(admission.connect(&TenantId::user(4)), Err(Full::All(4, "connections")));
        admission.disconnect(&TenantId::user(1));
        admission.connect(&TenantId::user(4)).unwrap();
        assert_eq!(admission.counts(), (4, 0));
    }

    #[test]
    fn what_ends_makes_room_and_leaves_no_trace() {
        let mut admission = Admission::new(LIMITS);
        let quota = Quota { most: 1, said_by: None };
        for number in 0..1000 {
            let tenant = number.to_string().into();
            admission.begin(&tenant, &quota).unwrap();
            admission.end(&tenant);
        }
        assert_eq!(admission.counts(), (0, 0));
        assert!(admission.sessions.each.is_empty());
    }

    #[test]
    fn a_rule_that_refuses_is_named_and_may_change() {
        let (mut admission, tenant) = (Admission::new(LIMITS), Arc::from("vision"));
        let quota = |most| Quota { most, said_by: Some("/etc/ava/ava.toml:3".to_owned()) };
        admission.begin(&tenant, &quota(1)).unwrap();
        let full = admission.begin(&tenant, &quota(1)).unwrap_err();
        assert_eq!(full.to_string(), "tenant vision may have 1 sessions at most, says /etc/ava/ava.toml:3");
        assert!(!admission.has_place(&tenant, &quota(1)) && admission.has_place(&tenant, &quota(2)));
        admission.begin(&tenant, &quota(2)).unwrap();
        assert!(admission.begin(&tenant, &quota(0)).is_err(), "what began before counts on");
        let other = Quota { most: 9, said_by: None };
        admission.begin(&"other".into(), &other).unwrap();
        assert_eq!(admission.begin(&"other".into(), &other), Err(Full::All(3, "sessions")));
    }

    #[test]
    fn limits_are_lowered_to_the_descriptors_there_are() {
        let wish = Limits { connections: 1024, connections_per_user: 256, sessions: 1024, sessions_per_user: 256 };
        assert_eq!(wish.fit(1 << 20), wish);
        for files in [0, 64, 256, 1024, 4096, 16384] {
            let fit = wish.fit(files);
            let needed = fit.connections * FILES_PER_CONNECTION + fit.sessions * FILES_PER_SESSION;
            assert!(needed <= files.saturating_sub(FILES_RESERVED).max(8), "{files}: {fit:?}");
            assert!(fit.connections >= 1 && fit.sessions_per_user >= 1 && fit.connections_per_user >= 1);
        }
    }
}
