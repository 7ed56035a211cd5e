//! Admission: limits on connections and sessions, in all and for each tenant.

use std::collections::HashMap;

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
    /// Sessions of one user.
    pub sessions_per_user: usize,
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
    /// The limit of one user.
    #[error("{2} has as many {1} as a user may ({0})")]
    User(usize, &'static str, TenantId),
}

/// Counts per tenant.
#[derive(Debug)]
struct Counter {
    what: &'static str,
    limit: usize,
    limit_per_user: usize,
    all: usize,
    users: HashMap<TenantId, usize>,
}

impl Counter {
    fn new(what: &'static str, limit: usize, limit_per_user: usize) -> Self {
        Self { what, limit, limit_per_user, all: 0, users: HashMap::new() }
    }

    fn take(&mut self, tenant: &TenantId) -> Result<(), Full> {
        let held = self.held(tenant);
        if held >= self.limit_per_user {
            return Err(Full::User(held, self.what, tenant.clone()));
        }
        if self.all >= self.limit {
            return Err(Full::All(self.all, self.what));
        }
        self.all += 1;
        self.users.insert(tenant.clone(), held + 1);
        Ok(())
    }

    fn held(&self, tenant: &TenantId) -> usize {
        self.users.get(tenant).copied().unwrap_or(0)
    }

    fn has_room(&self, tenant: &TenantId) -> bool {
        self.held(tenant) < self.limit_per_user && self.all < self.limit
    }

    fn give(&mut self, tenant: &TenantId) {
        self.all = self.all.saturating_sub(1);
        match self.users.get_mut(tenant) {
            Some(held) if *held > 1 => *held -= 1,
            _ => drop(self.users.remove(tenant)),
        }
    }
}

/// Counts connections and sessions, and decides whether one more is admitted.
#[derive(Debug)]
pub struct Admission {
    connections: Counter,
    sessions: Counter,
}

impl Admission {
    /// With all counts zero.
    pub fn new(limits: Limits) -> Self {
        Self {
            connections: Counter::new("connections", limits.connections, limits.connections_per_user),
            sessions: Counter::new("sessions", limits.sessions, limits.sessions_per_user),
        }
    }

    /// Admits and counts a connection of `who`.
    pub fn connect(&mut self, tenant: &TenantId) -> Result<(), Full> {
        self.connections.take(tenant)
    }

    /// A connection of `who` closed, or became a session.
    pub fn disconnect(&mut self, tenant: &TenantId) {
        self.connections.give(tenant);
    }

    /// Admits and counts a session of `who`.
    pub fn begin(&mut self, tenant: &TenantId) -> Result<(), Full> {
        self.sessions.take(tenant)
    }

    /// Whether one more session of `who` could begin.
    pub fn has_place(&self, tenant: &TenantId) -> bool {
        self.sessions.has_room(tenant)
    }

    /// How many sessions `who` has.
    pub fn sessions_of(&self, tenant: &TenantId) -> usize {
        self.sessions.held(tenant)
    }

    /// A session of `who` ended.
    pub fn end(&mut self, tenant: &TenantId) {
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
        assert_eq!(admission.connect(&TenantId::user(1)), Err(Full::User(2, "connections", TenantId::user(1))));
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
        for uid in 0..1000 {
            admission.begin(&TenantId::user(uid)).unwrap();
            admission.end(&TenantId::user(uid));
        }
        assert_eq!(admission.counts(), (0, 0));
        assert!(admission.sessions.users.is_empty());
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
