//! Processors, on which everybody computes at once, and a pacer that looks now and then at what each has used.

use std::time::Duration;

use ava_scheduler::{Pace, Terms};

use super::tenants::{Kind, Tenant};

/// Time goes on in steps.
const STEP: Duration = Duration::from_micros(20);
/// The pacer reads the clocks so often.
const TICK: Duration = Duration::from_millis(4);
/// Who wants nothing for so long is taken to want nothing.
const LINGER: Duration = Duration::from_micros(100);
/// From here on the processors are full.
const FULL: f64 = 0.75;

/// What has happened.
pub struct Run {
    pace: Pace<usize, usize>,
    pub terms: Vec<Terms>,
    pub tenants: Vec<Tenant>,
    /// How much of the processors each tenant used, for each second.
    pub used: Vec<Vec<Duration>>,
    pub now: Duration,
    /// What each has used since its clock was read.
    uncharged: Vec<Duration>,
    wants: Vec<bool>,
    stopped: Vec<bool>,
    next_look: Duration,
}

impl Run {
    pub fn new(all: &[(Kind, Terms)]) -> Self {
        let mut pace = Pace::default();
        for (tenant, (_, terms)) in all.iter().enumerate() {
            pace.enter(&tenant, tenant, *terms, Duration::ZERO);
        }
        Self {
            pace,
            terms: all.iter().map(|(_, terms)| *terms).collect(),
            tenants: (0_u64..).zip(all).map(|(seed, (kind, _))| Tenant::new(*kind, seed)).collect(),
            used: vec![Vec::new(); all.len()],
            now: Duration::ZERO,
            uncharged: vec![Duration::ZERO; all.len()],
            wants: vec![false; all.len()],
            stopped: vec![false; all.len()],
            next_look: Duration::ZERO,
        }
    }

    /// Lets time pass until then.
    pub fn until(mut self, end: Duration) -> Self {
        while self.now < end {
            if self.tell() || self.next_look <= self.now {
                self.look();
            }
            self.compute();
            self.now += STEP;
        }
        self
    }

    /// Tells the pace who wants something by now; whether that has changed.
    fn tell(&mut self) -> bool {
        let mut changed = false;
        for tenant in 0..self.tenants.len() {
            let wants =
                self.tenants[tenant].ready <= self.now + if self.wants[tenant] { LINGER } else { Duration::ZERO };
            if wants != self.wants[tenant] {
                self.charge();
                self.pace.wants(&tenant, tenant, wants);
                self.wants[tenant] = wants;
                changed = true;
            }
        }
        changed
    }

    fn charge(&mut self) {
        for (tenant, used) in self.uncharged.iter_mut().enumerate() {
            self.pace.charge(&tenant, tenant, std::mem::take(used), self.now);
        }
    }

    /// The pacer reads the clocks and decides.
    fn look(&mut self) {
        self.charge();
        let wanted: f64 = (0..self.tenants.len())
            .filter(|tenant| self.wants[*tenant])
            .map(|tenant| self.tenants[tenant].kind.width())
            .sum();
        let verdict = self.pace.decide(wanted >= FULL, self.now);
        verdict.pause.iter().for_each(|tenant| self.stopped[*tenant] = true);
        verdict.resume.iter().for_each(|tenant| self.stopped[*tenant] = false);
        let tick = self.now + TICK;
        self.next_look = verdict.again.map_or(tick, |again| again.max(self.now + STEP).min(tick));
    }

    /// All who compute share the processors equally for a step; what one cannot use is for the others.
    fn compute(&mut self) {
        let mut active: Vec<usize> = (0..self.tenants.len())
            .filter(|tenant| !self.stopped[*tenant] && self.tenants[*tenant].ready <= self.now)
            .collect();
        active.sort_by(|a, b| self.tenants[*a].kind.width().total_cmp(&self.tenants[*b].kind.width()));
        let mut left = 1.0;
        for (at, tenant) in active.iter().enumerate() {
            let width = self.tenants[*tenant].kind.width();
            let part = width.min(left / (active.len() - at) as f64);
            left -= part;
            let used = STEP.mul_f64(part);
            self.tenants[*tenant].work(used.div_f64(width), self.now + STEP);
            self.uncharged[*tenant] += used;
            let second = self.now.as_secs() as usize;
            let of_it = &mut self.used[*tenant];
            of_it.resize(of_it.len().max(second + 1), Duration::ZERO);
            of_it[second] += used;
        }
    }
}
