//! Decides for which tenants spare workers are started, and when.
//!
//! A worker's private directories belong to a tenant, so each spare does: tenants with recent sessions get some, and their
//! number is limited.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ava_protocol::surroundings::Surroundings;

use super::tenancy::Allowance;
use crate::tenant::TenantId;

/// The most spares in all.
pub const MOST: usize = 16;
/// A tenant's programs with an API get spares for this many different environments and allowances: the latest ones.
const MOST_SURROUNDINGS: usize = 2;
/// A tenant gets no spares after this long without a session.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// The next spare is started this long after a session began, when its program's first calls are done.
const PAUSE: Duration = Duration::from_millis(100);
/// The number of failures in a row with a short wait.
const FREE: u32 = 3;
/// The wait after one of these.
const SHORT_WAIT: Duration = Duration::from_secs(1);
/// The wait after each further one.
const LONG_WAIT: Duration = Duration::from_secs(60);

/// Which sessions a worker can serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// The tenant.
    pub tenant: TenantId,
    /// The table's name.
    pub api: &'static str,
    /// The program's environment, if the worker is made from it and not from the broker's.
    pub surroundings: Option<Arc<Surroundings>>,
    /// What rules allow it.
    pub allowance: Allowance,
}

impl Whose {
    /// Whether they differ only in their programs' environments and allowances.
    fn is_akin(&self, other: &Self) -> bool {
        self.tenant == other.tenant && self.api == other.api
    }
}

#[derive(Debug)]
struct Record {
    whose: Whose,
    /// When a session last began or ended.
    last: Instant,
    /// Failures in a row; reset when a session's worker becomes ready.
    failures: u32,
    /// No spare is started before this time.
    not_before: Instant,
}

/// The tenants that get spares.
#[derive(Debug)]
pub struct SparePolicy {
    each: usize,
    /// Sorted by time, the latest last.
    records: Vec<Record>,
}

impl SparePolicy {
    /// With this many spares for each, possibly zero.
    pub fn new(each: usize) -> Self {
        Self { each: each.min(MOST), records: Vec::new() }
    }

    /// A session begins; it has taken a spare if there was one.
    pub fn begun(&mut self, whose: &Whose, now: Instant) {
        self.used(whose, now);
        if let Some(record) = self.record(whose) {
            // A spare that is due already is not delayed: programs in quick succession get spares too.
            if record.not_before <= now {
                record.not_before = now + PAUSE;
            }
        }
    }

    /// A session ended, or is expected.
    pub fn used(&mut self, whose: &Whose, now: Instant) {
        if self.each == 0 {
            return;
        }
        let known = self.records.iter().position(|record| record.whose == *whose);
        let record = match known {
            Some(at) => Record { last: now, ..self.records.remove(at) },
            None => Record { whose: whose.clone(), last: now, failures: 0, not_before: now },
        };
        self.records.push(record);
        let akin = |record: &Record| record.whose.is_akin(whose);
        if self.records.iter().filter(|record| akin(record)).count() > MOST_SURROUNDINGS
            && let Some(oldest) = self.records.iter().position(akin)
        {
            self.records.remove(oldest);
        }
        if self.records.len() > MOST / self.each {
            self.records.remove(0);
        }
    }

    /// A session's worker became ready.
    pub fn succeeded(&mut self, whose: &Whose, now: Instant) {
        if let Some(record) = self.record(whose)
            && record.failures > 0
        {
            (record.failures, record.not_before) = (0, now + PAUSE);
        }
    }

    /// A worker ended before it had a session, or before it was ready for its session.
    pub fn failed(&mut self, whose: &Whose, now: Instant) {
        if let Some(record) = self.record(whose) {
            record.failures = record.failures.saturating_add(1);
            record.not_before = now + if record.failures < FREE { SHORT_WAIT } else { LONG_WAIT };
        }
    }

    /// Removes tenants without a recent session, and returns when the next one is to be removed.
    pub fn forget(&mut self, now: Instant) -> Option<Instant> {
        self.records.retain(|record| record.last + KEPT > now);
        self.records.iter().map(|record| record.last + KEPT).min()
    }

    /// The APIs and environments of a tenant's recent sessions.
    pub fn of(&self, tenant: &TenantId) -> Vec<Whose> {
        self.records.iter().map(|record| &record.whose).filter(|whose| whose.tenant == *tenant).cloned().collect()
    }

    /// Whether it still gets spares.
    pub fn keeps(&self, whose: &Whose) -> bool {
        self.records.iter().any(|record| record.whose == *whose)
    }

    /// Which gets the next spare, and when, given how many each has and which may get one now.
    pub fn next(&self, have: impl Fn(&Whose) -> usize, waits: impl Fn(&Whose) -> bool) -> Option<(Whose, Instant)> {
        let missing = self.records.iter().filter(|record| have(&record.whose) < self.each && !waits(&record.whose));
        missing.map(|record| (record.whose.clone(), record.not_before)).min_by_key(|(_, at)| *at)
    }

    fn record(&mut self, whose: &Whose) -> Option<&mut Record> {
        self.records.iter_mut().find(|record| record.whose == *whose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn user(uid: u32) -> Whose {
        Whose { tenant: TenantId::user(uid), api: "opencl", surroundings: None, allowance: Allowance::USUAL }
    }

    fn next(spare_policy: &SparePolicy, have: usize) -> Option<(Whose, Instant)> {
        spare_policy.next(|_| have, |_| false)
    }

    #[test]
    fn who_had_a_session_gets_a_spare_a_little_later() {
        let (mut spare_policy, now) = (SparePolicy::new(2), Instant::now());
        assert_eq!(next(&spare_policy, 0), None);
        spare_policy.used(&user(1), now);
        assert_eq!(next(&spare_policy, 0), Some((user(1), now)));
        spare_policy.begun(&user(1), now);
        assert_eq!(spare_policy.next(|_| 0, |_| true), None, "a session of theirs is still to be welcomed");
        spare_policy.succeeded(&user(1), now);
        assert_eq!(next(&spare_policy, 1), Some((user(1), now + PAUSE)));
        spare_policy.begun(&user(1), now + PAUSE / 2);
        assert_eq!(next(&spare_policy, 1), Some((user(1), now + PAUSE)), "not put off");
        assert_eq!(next(&spare_policy, 2), None, "that is all of them");
    }

    #[test]
    fn a_user_is_expected_to_use_what_they_have_used() {
        let (mut spare_policy, now) = (SparePolicy::new(1), Instant::now());
        let other = Whose { api: "pkcs11", ..user(1) };
        for whose in [user(1), user(2), other.clone()] {
            spare_policy.used(&whose, now);
        }
        assert_eq!(
            (spare_policy.of(&TenantId::user(1)), spare_policy.of(&TenantId::user(3))),
            (vec![user(1), other], vec![])
        );
    }

    #[test]
    fn a_users_surroundings_give_way_to_later_ones_of_the_same_api() {
        let (mut spare_policy, now) = (SparePolicy::new(1), Instant::now());
        let of =
            |mark| Whose { surroundings: Some(Arc::new(Surroundings { mark, ..Surroundings::default() })), ..user(1) };
        spare_policy.used(&user(2), now);
        for mark in [1, 2, 1, 3] {
            spare_policy.used(&of(mark), now);
        }
        assert!(
            spare_policy.keeps(&of(1))
                && !spare_policy.keeps(&of(2))
                && spare_policy.keeps(&of(3))
                && spare_policy.keeps(&user(2))
        );
    }

    #[test]
    fn none_are_none() {
        let mut spare_policy = SparePolicy::new(0);
        spare_policy.used(&user(1), Instant::now());
        assert_eq!(next(&spare_policy, 0), None);
    }

    #[test]
    fn failures_are_followed_by_ever_rarer_attempts_until_a_session_succeeds() {
        let (mut spare_policy, now) = (SparePolicy::new(1), Instant::now());
        spare_policy.used(&user(1), now);
        let mut waits = Vec::new();
        for _ in 0..5 {
            spare_policy.failed(&user(1), now);
            // That a session begins is no success.
            spare_policy.begun(&user(1), now);
            waits.push((next(&spare_policy, 0).unwrap().1 - now).as_secs());
        }
        assert_eq!(waits, [1, 1, 60, 60, 60]);
        spare_policy.succeeded(&user(1), now);
        spare_policy.failed(&user(1), now);
        assert_eq!(next(&spare_policy, 0), Some((user(1), now + SHORT_WAIT)));
    }

    #[test]
    fn users_give_way_to_later_ones_and_are_forgotten_in_the_end() {
        let (mut spare_policy, now) = (SparePolicy::new(4), Instant::now());
        for uid in 0..100 {
            spare_policy.used(&user(uid), now);
        }
        assert_eq!(spare_policy.records.len() * 4, MOST);
        assert!(spare_policy.keeps(&user(99)) && !spare_policy.keeps(&user(0)));
        assert_eq!(spare_policy.forget(now), Some(now + KEPT));
        spare_policy.used(&user(98), now + KEPT);
        spare_policy.forget(now + KEPT);
        assert!(spare_policy.keeps(&user(98)) && !spare_policy.keeps(&user(99)));
    }
}
