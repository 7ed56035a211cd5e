//! Exponential backoff: a tenant whose workers crash repeatedly waits longer each time for the next one.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::tenant::TenantId;

/// The number of crashes without a wait.
const FREE: u32 = 8;
/// The wait after the first further crash; it doubles with each one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The counts are dropped after this long without a crash.
const MEMORY: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy)]
struct Record {
    crashes: u32,
    last: Instant,
}

impl Record {
    fn wait(&self) -> Duration {
        match self.crashes.checked_sub(FREE + 1) {
            None => Duration::ZERO,
            Some(over) => (FIRST_WAIT * 2_u32.saturating_pow(over.min(16))).min(LONGEST_WAIT),
        }
    }

    fn is_old(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) > MEMORY
    }
}

/// Recent crashes, per tenant.
#[derive(Debug, Default)]
pub struct Backoff {
    users: HashMap<TenantId, Record>,
}

impl Backoff {
    /// A worker of `who` crashed.
    pub fn crashed(&mut self, tenant: &TenantId, now: Instant) {
        self.users.retain(|_, record| !record.is_old(now));
        let record = self.users.entry(tenant.clone()).or_insert(Record { crashes: 0, last: now });
        record.crashes = record.crashes.saturating_add(1);
        record.last = now;
    }

    /// How long `who` has to wait for the next worker; zero means no wait.
    pub fn wait(&self, tenant: &TenantId, now: Instant) -> Duration {
        match self.users.get(tenant) {
            Some(record) if !record.is_old(now) => {
                record.wait().saturating_sub(now.saturating_duration_since(record.last))
            }
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_crashes_are_free_and_the_next_wait_ever_longer() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for _ in 0..FREE {
            backoff.crashed(&TenantId::user(1), now);
            assert_eq!(backoff.wait(&TenantId::user(1), now), Duration::ZERO);
        }
        let mut waits = Vec::new();
        for _ in 0..8 {
            backoff.crashed(&TenantId::user(1), now);
            waits.push(backoff.wait(&TenantId::user(1), now).as_millis());
        }
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        assert_eq!(backoff.wait(&TenantId::user(2), now), Duration::ZERO, "others are not concerned");
    }

    #[test]
    fn time_heals() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for _ in 0..=FREE {
            backoff.crashed(&TenantId::user(1), now);
        }
        assert_eq!(backoff.wait(&TenantId::user(1), now + FIRST_WAIT), Duration::ZERO);
        assert_eq!(backoff.wait(&TenantId::user(1), now + FIRST_WAIT / 2), FIRST_WAIT / 2);
        let later = now + MEMORY + Duration::from_secs(1);
        backoff.crashed(&TenantId::user(2), later);
        assert_eq!(backoff.users.len(), 1, "user 1 is forgotten");
    }
}
