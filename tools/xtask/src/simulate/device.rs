//! A device that works for one tenant at a time.

use std::time::Duration;

use ava_scheduler::{Next, Schedule, Terms, Turn};

use super::tenants::{Kind, Tenant};

/// A turn ends before its time if its tenant has wanted nothing for so long.
const LINGER: Duration = Duration::from_micros(100);

#[derive(Debug, Clone, Copy)]
pub struct Device {
    /// How long a turn is.
    pub turn: Duration,
    /// What it takes until the device works for another tenant.
    pub switch: Duration,
    /// A command can be stopped and go on later.
    pub stops: bool,
}

/// What has happened.
pub struct Run {
    device: Device,
    schedule: Schedule<usize, usize>,
    pub terms: Vec<Terms>,
    pub tenants: Vec<Tenant>,
    /// How long each tenant had the device, for each second.
    pub held: Vec<Vec<Duration>>,
    /// Whom the device works for.
    latest: Option<usize>,
    pub now: Duration,
    /// Which tenants the scheduler knows to want something.
    wants: Vec<bool>,
}

impl Run {
    pub fn new(device: Device, all: &[(Kind, Terms)]) -> Self {
        let mut schedule = Schedule::new(1, device.turn);
        for (tenant, (_, terms)) in all.iter().enumerate() {
            schedule.enter(&tenant, tenant, *terms, Duration::ZERO);
        }
        Self {
            device,
            schedule,
            terms: all.iter().map(|(_, terms)| *terms).collect(),
            tenants: (0_u64..).zip(all).map(|(seed, (kind, _))| Tenant::new(*kind, seed)).collect(),
            held: vec![Vec::new(); all.len()],
            latest: None,
            now: Duration::ZERO,
            wants: vec![false; all.len()],
        }
    }

    /// Lets time pass until then.
    pub fn until(mut self, end: Duration) -> Self {
        while self.now < end {
            self.tell();
            self.now = match self.schedule.next(self.now) {
                Next::Turn(turn) => {
                    self.serve(turn);
                    continue;
                }
                Next::At(time) => self.ready(|_| true).map_or(time, |ready| ready.min(time)),
                Next::Nothing => self.ready(|_| true).unwrap_or(end),
            };
        }
        self
    }

    /// Tells the scheduler who wants something by now.
    fn tell(&mut self) {
        for tenant in 0..self.tenants.len() {
            if !self.wants[tenant] && self.tenants[tenant].ready <= self.now {
                self.wants[tenant] = true;
                self.schedule.want(&tenant, tenant, self.now);
            }
        }
    }

    /// When the next tenant of some wants something that wants nothing now.
    fn ready(&self, whose: impl Fn(usize) -> bool) -> Option<Duration> {
        let resting = (0..self.tenants.len()).filter(|tenant| !self.wants[*tenant] && whose(*tenant));
        resting.map(|tenant| self.tenants[tenant].ready).min()
    }

    /// The device works for whoever has the turn.
    fn serve(&mut self, turn: Turn<usize>) {
        let tenant = turn.session;
        let begun = self.now;
        if self.latest != Some(tenant) {
            self.now += self.device.switch;
        }
        self.latest = Some(tenant);
        let class = self.terms[tenant].class;
        let mut lingered = false;
        let mut over = self.now + turn.limit;
        while self.now < over {
            let its = &self.tenants[tenant];
            if its.ready > self.now {
                if its.ready > (self.now + LINGER).min(over) {
                    lingered = its.ready > self.now + LINGER;
                    self.now = (self.now + LINGER).min(over);
                    break;
                }
                self.now = its.ready;
            }
            let whole = self.now + its.left;
            let end = if self.device.stops { whole.min(over) } else { whole };
            let urgent = self.ready(|other| self.terms[other].class < class).filter(|urgent| *urgent < end);
            self.finish(tenant, urgent.map_or(end, |urgent| urgent.max(self.now)));
            self.tell();
            if self.schedule.ousted(self.now).is_some() {
                over = self.now;
                if !self.device.stops {
                    self.finish(tenant, whole);
                }
            }
        }
        let used = self.now - begun;
        self.hold(tenant, begun, used);
        // Who has wanted something until just now is about to want more.
        self.wants[tenant] = !lingered;
        self.schedule.end(&tenant, tenant, used, !lingered, self.now);
    }

    /// The device works on the tenant's command until then.
    fn finish(&mut self, tenant: usize, end: Duration) {
        let worked = end - self.now;
        self.now = end;
        self.tenants[tenant].work(worked, end);
    }

    /// A tenant had the device for so long.
    fn hold(&mut self, tenant: usize, mut from: Duration, mut time: Duration) {
        while !time.is_zero() {
            let second = from.as_secs() as usize;
            let part = time.min(Duration::from_secs(second as u64 + 1) - from);
            let held = &mut self.held[tenant];
            held.resize(held.len().max(second + 1), Duration::ZERO);
            held[second] += part;
            (from, time) = (from + part, time - part);
        }
    }
}
