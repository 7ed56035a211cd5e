//! The sessions that ended lately.

use std::collections::VecDeque;

use ava_protocol::admin::{Detail, State};

use crate::tenant::Who;

/// So many are remembered.
const LENGTH: usize = 64;

/// The last ended sessions, oldest first.
#[derive(Debug, Default)]
pub struct History {
    ended: VecDeque<(Who, Detail)>,
}

impl History {
    /// Remembers one, and forgets the oldest if there are too many.
    pub fn push(&mut self, owner: Who, mut detail: Detail, reason: String) {
        detail.session.state = State::Ended;
        detail.session.ended = Some(reason);
        if self.ended.len() == LENGTH {
            self.ended.pop_front();
        }
        self.ended.push_back((owner, detail));
    }

    /// All of them, with their owners.
    pub fn iter(&self) -> impl Iterator<Item = (&Who, &Detail)> {
        self.ended.iter().map(|(owner, detail)| (owner, detail))
    }

    /// Whose one was.
    pub fn owner(&self, session: u64) -> Option<&Who> {
        self.iter().find(|(_, detail)| detail.session.session == session).map(|(owner, _)| owner)
    }

    /// The one with this number.
    pub fn find(&self, session: u64) -> Option<&Detail> {
        self.iter().map(|(_, detail)| detail).find(|detail| detail.session.session == session)
    }
}
