//! Requests that are answered when several workers have reported, or when it has taken too long.

use std::collections::{BTreeMap, BTreeSet};

use ava_protocol::admin::Request;

/// Somebody waits for reports.
#[derive(Debug)]
pub struct Gathering {
    /// The connection that waits.
    pub client: u64,
    /// What it asked.
    pub request: Request,
    /// The sessions that have not reported.
    pub missing: BTreeSet<u64>,
}

/// All that wait for reports, by ticket.
#[derive(Debug, Default)]
pub struct Gatherings {
    last: u64,
    open: BTreeMap<u64, Gathering>,
}

impl Gatherings {
    /// Adds one and gives its ticket.
    pub fn begin(&mut self, gathering: Gathering) -> u64 {
        self.last += 1;
        self.open.insert(self.last, gathering);
        self.last
    }

    /// A session has reported, or never will: gives those who waited for nothing else.
    pub fn heard(&mut self, session: u64) -> Vec<(u64, Gathering)> {
        for gathering in self.open.values_mut() {
            gathering.missing.remove(&session);
        }
        self.open.extract_if(.., |_, gathering| gathering.missing.is_empty()).collect()
    }

    /// Takes the one with this ticket, complete or not.
    pub fn take(&mut self, ticket: u64) -> Option<Gathering> {
        self.open.remove(&ticket)
    }

    /// A client is gone: gives the ticket it held.
    pub fn forget(&mut self, client: u64) -> Option<u64> {
        let ticket = *self.open.iter().find(|(_, gathering)| gathering.client == client)?.0;
        self.open.remove(&ticket);
        Some(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_complete_when_the_last_it_waits_for_was_heard() {
        let mut all = Gatherings::default();
        let gathering = |client, missing: &[u64]| Gathering {
            client,
            request: Request::Sessions { ended: false },
            missing: missing.iter().copied().collect(),
        };
        let first = all.begin(gathering(10, &[1, 2]));
        let second = all.begin(gathering(11, &[2]));
        all.begin(gathering(12, &[3]));
        assert!(all.heard(1).is_empty());
        let done: Vec<_> = all.heard(2).into_iter().map(|(ticket, _)| ticket).collect();
        assert_eq!(done, [first, second]);
        assert!(all.take(first).is_none());
        assert!(all.forget(12).is_some() && all.forget(12).is_none());
        assert!(all.heard(3).is_empty());
    }
}
