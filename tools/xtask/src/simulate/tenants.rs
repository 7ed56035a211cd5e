//! What tenants want of a device, and when.

use std::time::Duration;

/// What a program does between two commands, one of which waits for the other.
const PAUSE: Duration = Duration::from_micros(15);

/// An interactive tenant wants something so often.
const PERIOD: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Short,
    Medium,
    /// Most of its kernels are short beside the longest, which take most of the time.
    Heavy,
    Interactive,
}

impl Kind {
    /// Which part of the processors its kernels can use: the shortest leave some idle.
    pub fn width(self) -> f64 {
        match self {
            Self::Short => 0.8,
            Self::Medium | Self::Heavy | Self::Interactive => 1.0,
        }
    }
}

/// A tenant's commands, one after the other.
#[derive(Debug)]
pub struct Tenant {
    pub kind: Kind,
    /// When its command is there.
    pub ready: Duration,
    /// What is left of that.
    pub left: Duration,
    random: u64,
    /// How long its commands took that are over, from when they were there.
    pub latencies: Vec<Duration>,
    /// What its commands would have taken alone.
    pub done: Duration,
}

impl Tenant {
    pub fn new(kind: Kind, seed: u64) -> Self {
        let mut tenant = Self {
            kind,
            ready: Duration::ZERO,
            left: Duration::ZERO,
            random: seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15),
            latencies: Vec::new(),
            done: Duration::ZERO,
        };
        tenant.left = tenant.command();
        tenant
    }

    /// So much of the command is done, until now.
    pub fn work(&mut self, time: Duration, now: Duration) {
        let time = time.min(self.left);
        self.left -= time;
        self.done += time;
        if self.left.is_zero() {
            self.latencies.push(now - self.ready);
            self.left = self.command();
            self.ready = match self.kind {
                Kind::Interactive => (self.ready + PERIOD).max(now),
                Kind::Short | Kind::Medium | Kind::Heavy => now + PAUSE,
            };
        }
    }

    /// How long the next command takes.
    fn command(&mut self) -> Duration {
        match self.kind {
            Kind::Short => Duration::from_micros(40),
            Kind::Medium => Duration::from_micros(1500),
            Kind::Interactive => Duration::from_micros(300),
            Kind::Heavy => {
                // Pareto's distribution, cut: 13 ms at least, 150 at most, 33 in the mean.
                let even = self.next() as f64 / u64::MAX as f64;
                Duration::from_secs_f64((0.013 / even.max(1e-9).powf(0.7)).min(0.150))
            }
        }
    }

    /// Marsaglia's xorshift: the same numbers each time.
    fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}
