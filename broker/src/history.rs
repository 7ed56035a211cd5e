//! The sessions that ended lately.

use std::collections::VecDeque;

use ava_protocol::admin::{Detail, State};

/// So many are remembered.
const LENGTH: usize = 64;

/// The last ended sessions, oldest first.
#[derive(Debug, Default)]
pub struct History {
    ended: VecDeque<Detail>,
}

impl History {
    /// Remembers one, and forgets the oldest if there are too many.
    pub fn push(&mut self, mut detail: Detail, reason: String) {
        detail.session.state = State::Ended;
        detail.session.ended = Some(reason);
        if self.ended.len() == LENGTH {
            self.ended.pop_front();
        }
        self.ended.push_back(detail);
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Detail> {
        self.ended.iter()
    }

    /// The one with this number.
    pub fn find(&self, session: u64) -> Option<&Detail> {
        self.ended.iter().find(|detail| detail.session.session == session)
    }
}
