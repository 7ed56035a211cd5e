//! What sessions use per second: the difference of two readings.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ava_protocol::admin::{Session, Tenant};

use crate::error::Failure;
use crate::reach::Broker;

/// The sessions and their tenants at one time.
#[derive(Debug, Clone)]
pub struct Reading {
    pub at: Instant,
    pub sessions: Vec<Session>,
    pub tenants: Vec<Tenant>,
}

/// What is used per second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// Seconds on the device: 1 is one device, or one processor, all the time.
    pub device: f64,
    /// Seconds for which work was held back.
    pub held: f64,
    pub commands: f64,
    pub calls: f64,
    pub bytes_in: f64,
    pub bytes_out: f64,
}

impl Reading {
    /// Asks a broker.
    pub fn take(broker: &Broker) -> Result<Self, Failure> {
        let (sessions, tenants) = (broker.sessions(false)?, broker.tenants()?);
        Ok(Self { at: Instant::now(), sessions, tenants })
    }

    /// The rate of each session since `earlier`, in the order of this reading. A session that is new has used nothing before.
    pub fn rates_since(&self, earlier: &Self) -> Vec<Rates> {
        // Each broker begins at 1, and a count that goes back is another broker's.
        let key = |session: &Session| (session.session, session.since_unix_ms);
        let before: HashMap<_, _> = earlier.sessions.iter().map(|session| (key(session), session)).collect();
        let elapsed = self.at.saturating_duration_since(earlier.at);
        self.sessions.iter().map(|now| Rates::of(before.get(&key(now)).copied(), now, elapsed)).collect()
    }
}

impl Rates {
    fn of(before: Option<&Session>, now: &Session, elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs_f64();
        let rate = |count: fn(&Session) -> u64| {
            let used = count(now).saturating_sub(before.map_or(0, count));
            if seconds > 0.0 { used as f64 / seconds } else { 0.0 }
        };
        Self {
            device: rate(|session| session.device_ns) / 1e9,
            held: rate(|session| session.held_ns) / 1e9,
            commands: rate(|session| session.commands),
            calls: rate(|session| session.calls),
            bytes_in: rate(|session| session.bytes_in),
            bytes_out: rate(|session| session.bytes_out),
        }
    }

    /// Adds those of another session.
    pub fn add(&mut self, other: &Self) {
        self.device += other.device;
        self.held += other.held;
        self.commands += other.commands;
        self.calls += other.calls;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
    }
}

/// A share as percents: `0.0%`, `99.9%`, `215%`.
pub fn percent(share: f64) -> String {
    let percents = share * 100.0;
    if percents < 99.95 { format!("{percents:.1}%") } else { format!("{percents:.0}%") }
}

/// A number of things or bytes per second, as a whole number.
pub fn whole(rate: f64) -> u64 {
    rate.round() as u64
}

#[cfg(test)]
mod tests {
    use super::super::tests::session;
    use super::*;

    #[test]
    fn rates_are_differences_and_what_goes_back_has_not_moved() {
        let at = Instant::now();
        let later = at + Duration::from_secs(2);
        let before = session(3);
        let now = Session {
            device_ns: before.device_ns + 1_000_000_000,
            commands: before.commands + 10,
            bytes_in: before.bytes_in - 1,
            ..before.clone()
        };
        let new = Session { since_unix_ms: before.since_unix_ms + 1, device_ns: 4_000_000_000, ..session(3) };
        let earlier = Reading { at, sessions: vec![before], tenants: vec![] };
        let rates = Reading { at: later, sessions: vec![now, new], tenants: vec![] }.rates_since(&earlier);
        assert_eq!((rates[0].device, rates[0].commands, rates[0].bytes_in), (0.5, 5.0, 0.0));
        assert_eq!(rates[1].device, 2.0, "another broker's session of the same number");
        let same = Reading { at, sessions: vec![session(3)], tenants: vec![] }.rates_since(&earlier);
        assert_eq!(same, [Rates::default()], "no time has passed");
    }

    #[test]
    fn shares_have_three_digits() {
        assert_eq!([0.0, 0.0004, 0.9994, 0.9996, 2.154].map(percent), ["0.0%", "0.0%", "99.9%", "100%", "215%"]);
    }
}
