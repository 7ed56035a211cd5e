//! What holds where everybody computes at once: shares, classes, caps, and that nobody pauses for nothing.

use std::time::Duration;

use ava_scheduler::{Cap, Class, Pace, Terms, Weight};
use proptest::collection::vec;
use proptest::prelude::*;

const STEP: Duration = Duration::from_millis(1);
/// Usage is read so often.
const TICK: u32 = 4;

fn terms(weight: u32, class: Class, cap: Option<u32>) -> Terms {
    Terms { weight: Weight::new(weight).unwrap(), class, cap: cap.and_then(Cap::new) }
}

/// A session of a tenant: how much of the device it gets for each that others get, and how much it can use at most.
#[derive(Debug, Clone, Copy)]
struct Greed {
    pull: u32,
    most: f64,
}

/// Processors that divide themselves among all sessions that do not pause.
struct Machine {
    pace: Pace<usize, usize>,
    greeds: Vec<Greed>,
    paused: Vec<bool>,
    wants: Vec<bool>,
    used: Vec<Duration>,
    unread: Vec<Duration>,
    idle: Duration,
    now: Duration,
    steps: u32,
}

impl Machine {
    fn new(tenants: &[(Terms, Greed)]) -> Self {
        let mut pace = Pace::default();
        for (tenant, (terms, _)) in tenants.iter().enumerate() {
            pace.enter(&tenant, tenant, *terms, Duration::ZERO);
            pace.wants(&tenant, tenant, true);
        }
        let count = tenants.len();
        Self {
            pace,
            greeds: tenants.iter().map(|(_, greed)| *greed).collect(),
            paused: vec![false; count],
            wants: vec![true; count],
            used: vec![Duration::ZERO; count],
            unread: vec![Duration::ZERO; count],
            idle: Duration::ZERO,
            now: Duration::ZERO,
            steps: 0,
        }
    }

    fn want(&mut self, tenant: usize, wants: bool) {
        self.wants[tenant] = wants;
        self.pace.wants(&tenant, tenant, wants);
        self.decide();
    }

    fn decide(&mut self) {
        let verdict = self.pace.decide(true, self.now);
        for session in verdict.pause {
            assert!(!std::mem::replace(&mut self.paused[session], true), "{session} pauses already");
        }
        for session in verdict.resume {
            assert!(std::mem::replace(&mut self.paused[session], false), "{session} does not pause");
        }
        assert!(verdict.again.is_none_or(|again| again > self.now));
    }

    fn step(&mut self) {
        let runs: Vec<usize> = (0..self.greeds.len()).filter(|one| self.wants[*one] && !self.paused[*one]).collect();
        let pull: u32 = runs.iter().map(|one| self.greeds[*one].pull).sum();
        let mut left = STEP;
        for one in runs {
            let fair = STEP * self.greeds[one].pull / pull;
            let used = fair.min(STEP.mul_f64(self.greeds[one].most));
            self.used[one] += used;
            self.unread[one] += used;
            left -= used;
        }
        self.idle += left;
        self.now += STEP;
        self.steps += 1;
        if self.steps.is_multiple_of(TICK) {
            for (one, used) in self.unread.iter_mut().enumerate() {
                self.pace.charge(&one, one, std::mem::take(used), self.now);
            }
            self.decide();
        }
    }

    fn run(&mut self, time: Duration) -> Vec<Duration> {
        let (before, end) = (self.used.clone(), self.now + time);
        while self.now < end {
            self.step();
        }
        self.used.iter().zip(before).map(|(now, before)| *now - before).collect()
    }
}

fn greedy() -> impl Strategy<Value = Greed> {
    (1_u32..5).prop_map(|pull| Greed { pull, most: 1.0 })
}

proptest! {
    /// However a machine divides itself, each gets its share, and all of the machine is used.
    #[test]
    fn shares_are_what_weights_say(tenants in vec((1_u32..9, greedy()), 2..7)) {
        let all: Vec<_> = tenants.iter().map(|(weight, greed)| (terms(*weight, Class::Normal, None), *greed)).collect();
        let mut machine = Machine::new(&all);
        machine.run(Duration::from_secs(1));
        let used = machine.run(Duration::from_secs(5));
        let weights: u32 = tenants.iter().map(|(weight, _)| weight).sum();
        for ((weight, _), used) in tenants.iter().zip(used) {
            let share = Duration::from_secs(5) * *weight / weights;
            prop_assert!(used.abs_diff(share) < share.mul_f64(0.03), "{used:?} of {share:?}");
        }
        prop_assert!(machine.idle < Duration::from_millis(1), "{:?} idle", machine.idle);
    }

    /// Who comes and goes harms nobody, and nothing stays of who has gone.
    #[test]
    fn who_comes_back_has_no_credit(pull in 1_u32..5, away in 1_u64..5000) {
        let both = [(terms(1, Class::Normal, None), Greed { pull, most: 1.0 }), (terms(1, Class::Normal, None), Greed { pull: 1, most: 1.0 })];
        let mut machine = Machine::new(&both);
        machine.run(Duration::from_millis(500));
        machine.want(0, false);
        machine.run(Duration::from_millis(away));
        machine.want(0, true);
        let used = machine.run(Duration::from_secs(1));
        prop_assert!(used[0].abs_diff(used[1]) < Duration::from_millis(24), "{used:?}");
        machine.pace.leave(&0, 0, machine.now);
        machine.pace.leave(&1, 1, machine.now);
        machine.pace.enter(&7, 7, Terms::default(), machine.now);
        machine.pace.leave(&7, 7, machine.now);
        prop_assert!(machine.pace.tenants() <= 1, "only who owes is remembered");
    }

    #[test]
    fn a_cap_is_a_cap(cap in 50_u32..900, others in 0_usize..3) {
        let greed = Greed { pull: 4, most: 1.0 };
        let mut all = vec![(terms(100, Class::Normal, Some(cap)), greed)];
        all.extend(std::iter::repeat_n((terms(1, Class::Normal, None), Greed { pull: 1, most: 1.0 }), others));
        let mut machine = Machine::new(&all);
        machine.run(Duration::from_secs(1));
        let used = machine.run(Duration::from_secs(5))[0].as_secs_f64() / 5.0;
        let cap = f64::from(cap) / 1000.0;
        prop_assert!(used < cap + 0.01 && used > cap * 0.93 - 0.01, "{used} of {cap}");
    }
}

/// While somebody urgent computes all others pause; but for ever they do not.
#[test]
fn classes_come_first_and_nobody_starves() {
    let greed = Greed { pull: 1, most: 1.0 };
    let classes = [Class::High, Class::Normal, Class::Background];
    let mut machine = Machine::new(&classes.map(|class| (terms(1, class, None), greed)));
    machine.want(0, false);
    machine.want(0, true);
    assert_eq!(machine.paused, [false, true, true], "at once");
    let used = machine.run(Duration::from_secs(10));
    assert!(used[0] > Duration::from_millis(9500), "{used:?}");
    assert!(used[1] > Duration::from_millis(100) && used[2] > Duration::from_millis(100), "{used:?}");
    machine.want(0, false);
    assert_eq!(machine.paused, [false, false, true], "at once, too");
}

/// Somebody who wants little gets it first, and takes nothing from the device.
#[test]
fn who_wants_little_does_not_wait() {
    let greed = Greed { pull: 1, most: 1.0 };
    let mut machine = Machine::new(&[(Terms::default(), greed), (Terms::default(), greed), (Terms::default(), greed)]);
    machine.run(Duration::from_secs(1));
    machine.want(0, false);
    machine.run(Duration::from_millis(50));
    for _ in 0..50 {
        machine.want(0, true);
        assert_eq!(machine.paused, [false, true, true]);
        machine.run(Duration::from_millis(1));
        machine.want(0, false);
        assert_eq!(
            machine.paused.iter().filter(|paused| **paused).count(),
            usize::from(machine.paused[1] || machine.paused[2])
        );
        machine.run(Duration::from_millis(9));
    }
    assert!(machine.idle < Duration::from_millis(1));
}

/// On a device that has room for all nobody pauses, but for a cap.
#[test]
fn where_there_is_room_nobody_pauses() {
    let mut pace: Pace<usize, usize> = Pace::default();
    for (tenant, class) in [Class::High, Class::Normal, Class::Normal].into_iter().enumerate() {
        pace.enter(&tenant, tenant, terms(1, class, None), Duration::ZERO);
        pace.wants(&tenant, tenant, true);
    }
    pace.charge(&1, 1, Duration::from_secs(1), Duration::from_secs(1));
    assert!(pace.decide(false, Duration::from_secs(1)).pause.is_empty());
    assert_eq!(pace.decide(true, Duration::from_secs(1)).pause, [1, 2]);
    assert_eq!(pace.decide(false, Duration::from_secs(1)).resume, [1, 2]);
}
