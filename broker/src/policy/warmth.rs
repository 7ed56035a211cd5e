//! For whom workers are started ahead, and when the next one is.
//!
//! A worker's private directories are its tenant's, so a spare is kept for a tenant: for those who had a session lately, and
//! not for so many that spares become a burden of their own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ava_protocol::surroundings::Surroundings;

use crate::tenant::TenantId;

/// The most spares in all.
pub const MOST: usize = 16;
/// Of a tenant's programs with an API, those of so many surroundings get spares: the latest.
const MOST_SURROUNDINGS: usize = 2;
/// After so long without a session a tenant gets none any more.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// The next spare is started so long after a session began, when its program's first calls are through.
const PAUSE: Duration = Duration::from_millis(100);
/// So many failures in a row are followed by another attempt soon.
const FREE: u32 = 3;
/// The wait after one of them.
const SHORT_WAIT: Duration = Duration::from_secs(1);
/// The wait after each further one.
const LONG_WAIT: Duration = Duration::from_secs(60);

/// Whose sessions a worker can serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// The tenant.
    pub tenant: TenantId,
    /// The table's name.
    pub api: &'static str,
    /// What surrounds the program, if that and not what surrounds the broker is what its worker is made of.
    pub surroundings: Option<Arc<Surroundings>>,
}

impl Whose {
    /// Whether they differ in nothing but what surrounds their programs.
    fn is_akin(&self, other: &Self) -> bool {
        self.tenant == other.tenant && self.api == other.api
    }
}

#[derive(Debug)]
struct Record {
    whose: Whose,
    /// When a session last began or ended.
    last: Instant,
    /// In a row, until a session's worker was ready.
    failures: u32,
    /// No spare is started before.
    not_before: Instant,
}

/// Who gets spares.
#[derive(Debug)]
pub struct Warmth {
    each: usize,
    /// Those who get some, the latest last.
    records: Vec<Record>,
}

impl Warmth {
    /// So many spares for each, which may be none.
    pub fn new(each: usize) -> Self {
        Self { each: each.min(MOST), records: Vec::new() }
    }

    /// A session begins, and has taken a spare if there was one.
    pub fn begun(&mut self, whose: &Whose, now: Instant) {
        self.used(whose, now);
        if let Some(record) = self.record(whose) {
            // One that is due already is not put off: programs that follow each other closely get spares too.
            if record.not_before <= now {
                record.not_before = now + PAUSE;
            }
        }
    }

    /// A session ends, or is expected.
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

    /// A session's worker was ready.
    pub fn succeeded(&mut self, whose: &Whose, now: Instant) {
        if let Some(record) = self.record(whose)
            && record.failures > 0
        {
            (record.failures, record.not_before) = (0, now + PAUSE);
        }
    }

    /// A worker ended before it had a session, or before it was ready for the one it had.
    pub fn failed(&mut self, whose: &Whose, now: Instant) {
        if let Some(record) = self.record(whose) {
            record.failures = record.failures.saturating_add(1);
            record.not_before = now + if record.failures < FREE { SHORT_WAIT } else { LONG_WAIT };
        }
    }

    /// Forgets those who had no session for long, and says when there will be somebody to forget.
    pub fn forget(&mut self, now: Instant) -> Option<Instant> {
        self.records.retain(|record| record.last + KEPT > now);
        self.records.iter().map(|record| record.last + KEPT).min()
    }

    /// What a tenant has had sessions with.
    pub fn of(&self, tenant: &TenantId) -> Vec<Whose> {
        self.records.iter().map(|record| &record.whose).filter(|whose| whose.tenant == *tenant).cloned().collect()
    }

    /// Whether they still get spares.
    pub fn keeps(&self, whose: &Whose) -> bool {
        self.records.iter().any(|record| record.whose == *whose)
    }

    /// Who gets the next spare, and when, given how many each has and who has to wait for something else.
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
        Whose { tenant: TenantId::user(uid), api: "opencl", surroundings: None }
    }

    fn next(warmth: &Warmth, have: usize) -> Option<(Whose, Instant)> {
        warmth.next(|_| have, |_| false)
    }

    #[test]
    fn who_had_a_session_gets_a_spare_a_little_later() {
        let (mut warmth, now) = (Warmth::new(2), Instant::now());
        assert_eq!(next(&warmth, 0), None);
        warmth.used(&user(1), now);
        assert_eq!(next(&warmth, 0), Some((user(1), now)));
        warmth.begun(&user(1), now);
        assert_eq!(warmth.next(|_| 0, |_| true), None, "a session of theirs is still to be welcomed");
        warmth.succeeded(&user(1), now);
        assert_eq!(next(&warmth, 1), Some((user(1), now + PAUSE)));
        warmth.begun(&user(1), now + PAUSE / 2);
        assert_eq!(next(&warmth, 1), Some((user(1), now + PAUSE)), "not put off");
        assert_eq!(next(&warmth, 2), None, "that is all of them");
    }

    #[test]
    fn a_user_is_expected_to_use_what_they_have_used() {
        let (mut warmth, now) = (Warmth::new(1), Instant::now());
        let other = Whose { api: "pkcs11", ..user(1) };
        for whose in [user(1), user(2), other.clone()] {
            warmth.used(&whose, now);
        }
        assert_eq!((warmth.of(&TenantId::user(1)), warmth.of(&TenantId::user(3))), (vec![user(1), other], vec![]));
    }

    #[test]
    fn a_users_surroundings_give_way_to_later_ones_of_the_same_api() {
        let (mut warmth, now) = (Warmth::new(1), Instant::now());
        let of =
            |mark| Whose { surroundings: Some(Arc::new(Surroundings { mark, ..Surroundings::default() })), ..user(1) };
        warmth.used(&user(2), now);
        for mark in [1, 2, 1, 3] {
            warmth.used(&of(mark), now);
        }
        assert!(warmth.keeps(&of(1)) && !warmth.keeps(&of(2)) && warmth.keeps(&of(3)) && warmth.keeps(&user(2)));
    }

    #[test]
    fn none_are_none() {
        let mut warmth = Warmth::new(0);
        warmth.used(&user(1), Instant::now());
        assert_eq!(next(&warmth, 0), None);
    }

    #[test]
    fn failures_are_followed_by_ever_rarer_attempts_until_a_session_succeeds() {
        let (mut warmth, now) = (Warmth::new(1), Instant::now());
        warmth.used(&user(1), now);
        let mut waits = Vec::new();
        for _ in 0..5 {
            warmth.failed(&user(1), now);
            // That a session begins is no success.
            warmth.begun(&user(1), now);
            waits.push((next(&warmth, 0).unwrap().1 - now).as_secs());
        }
        assert_eq!(waits, [1, 1, 60, 60, 60]);
        warmth.succeeded(&user(1), now);
        warmth.failed(&user(1), now);
        assert_eq!(next(&warmth, 0), Some((user(1), now + SHORT_WAIT)));
    }

    #[test]
    fn users_give_way_to_later_ones_and_are_forgotten_in_the_end() {
        let (mut warmth, now) = (Warmth::new(4), Instant::now());
        for uid in 0..100 {
            warmth.used(&user(uid), now);
        }
        assert_eq!(warmth.records.len() * 4, MOST);
        assert!(warmth.keeps(&user(99)) && !warmth.keeps(&user(0)));
        assert_eq!(warmth.forget(now), Some(now + KEPT));
        warmth.used(&user(98), now + KEPT);
        warmth.forget(now + KEPT);
        assert!(warmth.keeps(&user(98)) && !warmth.keeps(&user(99)));
    }
}
