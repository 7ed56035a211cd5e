//! The sessions that ended lately, and what the ended ones of each tenant used.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use ava_protocol::admin::{Detail, Session, State};

use crate::session::unix_ms;
use crate::tenant::TenantId;

/// The number of ended sessions that are kept.
const LENGTH: usize = 64;

/// The most tenants whose use is kept.
const TENANTS: usize = 1024;

/// The last ended sessions, oldest first.
#[derive(Debug, Default)]
pub struct History {
    ended: VecDeque<(TenantId, Detail)>,
    used: BTreeMap<Arc<str>, Used>,
    /// Counts all that ended.
    last: u64,
}

/// What the ended sessions of a tenant used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Time on devices, in nanoseconds.
    pub device_ns: u64,
    /// Time for which work was held back, in nanoseconds.
    pub held_ns: u64,
    /// The number of the one that ended last.
    last: u64,
}

impl Used {
    /// The same with that of another session.
    pub fn with(self, session: &Session) -> Self {
        Self {
            device_ns: self.device_ns.saturating_add(session.device_ns),
            held_ns: self.held_ns.saturating_add(session.held_ns),
            ..self
        }
    }
}

impl History {
    /// Adds a session that ended now, and removes the oldest if there are too many.
    pub fn push(&mut self, owner: TenantId, mut detail: Detail, reason: String, now: SystemTime) {
        self.add(&detail.session);
        detail.session.state = State::Ended;
        detail.session.ended = Some(reason);
        // The clock may have been set back in the meantime.
        detail.session.ended_unix_ms = Some(unix_ms(now).max(detail.session.since_unix_ms));
        if self.ended.len() == LENGTH {
            self.ended.pop_front();
        }
        self.ended.push_back((owner, detail));
    }

    /// Adds to what its tenant used. There is room for so many tenants; the one forgotten is whose last session ended first.
    fn add(&mut self, session: &Session) {
        self.last += 1;
        if self.used.len() == TENANTS && !self.used.contains_key(session.tenant.as_str()) {
            let oldest = self.used.iter().min_by_key(|(_, used)| used.last).map(|(tenant, _)| Arc::clone(tenant));
            oldest.map(|tenant| self.used.remove(&tenant));
        }
        let used = self.used.entry(session.tenant.as_str().into()).or_default();
        *used = Used { last: self.last, ..used.with(session) };
    }

    /// What a tenant's ended sessions used.
    pub fn used(&self, tenant: &str) -> Used {
        self.used.get(tenant).copied().unwrap_or_default()
    }

    /// All of them, with their owners.
    pub fn iter(&self) -> impl Iterator<Item = (&TenantId, &Detail)> {
        self.ended.iter().map(|(owner, detail)| (owner, detail))
    }

    /// The owner of the session with this number.
    pub fn owner(&self, session: u64) -> Option<&TenantId> {
        self.iter().find(|(_, detail)| detail.session.session == session).map(|(owner, _)| owner)
    }

    /// The session with this number.
    pub fn find(&self, session: u64) -> Option<&Detail> {
        self.iter().map(|(_, detail)| detail).find(|detail| detail.session.session == session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_that_come_and_go_leave_nothing_behind() {
        let mut history = History::default();
        let session = |tenant: &str| Session {
            session: 1,
            pid: 1,
            uid: 0,
            tenant: tenant.to_owned(),
            program: String::new(),
            api: String::new(),
            worker_pid: 2,
            state: State::Running,
            devices: Vec::new(),
            device_ns: 2,
            held_ns: 1,
            memory_bytes: 0,
            calls: 0,
            waits: 0,
            commands: 0,
            bytes_in: 0,
            bytes_out: 0,
            since_unix_ms: 0,
            ended: None,
            ended_unix_ms: None,
        };
        for number in 0..10_000 {
            history.add(&session("always"));
            history.add(&session(&format!("tenant {number}")));
        }
        assert_eq!(history.used.len(), TENANTS);
        assert_eq!((history.used("always").device_ns, history.used("always").held_ns), (20_000, 10_000));
        assert_eq!((history.used("tenant 0").device_ns, history.used("tenant 9999").device_ns), (0, 2));
    }
}
