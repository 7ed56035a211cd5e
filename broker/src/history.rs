//! The sessions that ended lately.

use std::collections::VecDeque;
use std::time::SystemTime;

use ava_protocol::admin::{Detail, State};

use crate::session::unix_ms;
use crate::tenant::TenantId;

/// The number of ended sessions that are kept.
const LENGTH: usize = 64;

/// The last ended sessions, oldest first.
#[derive(Debug, Default)]
pub struct History {
    ended: VecDeque<(TenantId, Detail)>,
}

impl History {
    /// Adds a session that ended now, and removes the oldest if there are too many.
    pub fn push(&mut self, owner: TenantId, mut detail: Detail, reason: String, now: SystemTime) {
        detail.session.state = State::Ended;
        detail.session.ended = Some(reason);
        // The clock may have been set back in the meantime.
        detail.session.ended_unix_ms = Some(unix_ms(now).max(detail.session.since_unix_ms));
        if self.ended.len() == LENGTH {
            self.ended.pop_front();
        }
        self.ended.push_back((owner, detail));
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
