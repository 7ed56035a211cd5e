//! What holds whatever tenants do: shares, progress, caps, and that nothing is left of who is gone.

use std::collections::BTreeMap;
use std::time::Duration;

use ava_scheduler::{Cap, Class, Next, Schedule, Terms, Weight};
use proptest::collection::vec;
use proptest::prelude::*;

const TURN: Duration = Duration::from_millis(4);

fn terms(weight: u32, class: Class, cap: Option<u32>) -> Terms {
    Terms { weight: Weight::new(weight).unwrap(), class, cap: cap.and_then(Cap::new) }
}

/// Tenants of one session each that always want the device, and never give it back before their commands are done.
struct Greedy {
    schedule: Schedule<usize, usize>,
    /// How long their commands are, one after the other, for ever.
    commands: Vec<Vec<Duration>>,
    used: Vec<Duration>,
    turns: Vec<usize>,
    last: Vec<Duration>,
    idle: Duration,
    now: Duration,
}

impl Greedy {
    fn new(tenants: &[(Terms, Vec<u64>)]) -> Self {
        let mut schedule = Schedule::new(1, TURN);
        for (tenant, (terms, _)) in tenants.iter().enumerate() {
            schedule.enter(&tenant, tenant, *terms, Duration::ZERO);
            schedule.want(&tenant, tenant, Duration::ZERO);
        }
        let commands =
            tenants.iter().map(|(_, all)| all.iter().map(|us| Duration::from_micros(*us)).collect()).collect();
        let zero = vec![Duration::ZERO; tenants.len()];
        Self {
            schedule,
            commands,
            used: zero.clone(),
            turns: vec![0; tenants.len()],
            last: zero,
            idle: Duration::ZERO,
            now: Duration::ZERO,
        }
    }

    /// Commands until the limit: the last may go beyond it.
    fn turn(&mut self, tenant: usize, limit: Duration) -> Duration {
        let mut used = Duration::ZERO;
        while used < limit {
            let all = &self.commands[tenant];
            used += all[self.turns[tenant] % all.len()];
            self.turns[tenant] += 1;
        }
        used
    }

    fn run(&mut self, until: Duration) {
        while self.now < until {
            match self.schedule.next(self.now) {
                Next::Turn(turn) => {
                    let tenant = turn.session;
                    let used = self.turn(tenant, turn.limit);
                    self.now += used;
                    self.used[tenant] += used;
                    self.last[tenant] = self.now;
                    self.schedule.end(&tenant, tenant, used, true, self.now);
                }
                Next::At(time) => {
                    assert!(time > self.now, "{time:?} is not after {:?}", self.now);
                    self.idle += time - self.now;
                    self.now = time;
                }
                Next::Nothing => panic!("all want the device, and nobody gets it"),
            }
        }
    }
}

/// Commands of 20 microseconds to 50 milliseconds.
fn commands() -> impl Strategy<Value = Vec<u64>> {
    vec(prop_oneof![20_u64..100, 1000_u64..2000, 5000_u64..50_000], 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// Nobody is further from its share than its own and another's longest turn, for any weights and lengths of commands.
    #[test]
    fn time_is_shared_by_weight(tenants in vec((1_u32..=16, commands()), 2..6)) {
        let tenants: Vec<_> = tenants.into_iter().map(|(weight, all)| (terms(weight, Class::Normal, None), all)).collect();
        let mut run = Greedy::new(&tenants);
        run.run(Duration::from_secs(5));
        prop_assert_eq!(run.idle, Duration::ZERO);
        let per_weight = |tenant: usize| run.used[tenant].as_secs_f64() / f64::from(tenants[tenant].0.weight.get());
        let turn = |tenant: usize| {
            let longest = *tenants[tenant].1.iter().max().unwrap();
            (TURN.as_secs_f64() + longest as f64 / 1e6) / f64::from(tenants[tenant].0.weight.get())
        };
        for one in 0..tenants.len() {
            for other in 0..one {
                let apart = (per_weight(one) - per_weight(other)).abs();
                prop_assert!(apart <= turn(one) + turn(other), "{} and {}: {} apart", one, other, apart);
            }
        }
    }

    /// Whoever wants the device gets it in the end, though others are always more urgent: each class has a turn now and then.
    #[test]
    fn nobody_starves(tenants in vec((prop::sample::select(&Class::ALL[..]), commands()), 2..6)) {
        let tenants: Vec<_> = tenants.into_iter().map(|(class, all)| (terms(1, class, None), all)).collect();
        let mut run = Greedy::new(&tenants);
        let mut served = [Duration::ZERO; Class::ALL.len()];
        // As long as a class waits, and then a turn of each class.
        let most = Duration::from_millis(100 + 3 * 54);
        while run.now < Duration::from_secs(10) {
            run.run(run.now + Duration::from_nanos(1));
            for (tenant, (terms, _)) in tenants.iter().enumerate() {
                let served = &mut served[terms.class as usize];
                *served = run.last[tenant].max(*served);
            }
            for (terms, _) in &tenants {
                let waits = run.now - served[terms.class as usize];
                prop_assert!(waits <= most, "{:?} has waited for {:?}", terms.class, waits);
            }
        }
        prop_assert!(run.turns.iter().all(|turns| *turns > 0), "{:?}", run.turns);
    }

    /// Nobody gets more than its cap, and as much where it is alone.
    #[test]
    fn caps_hold(cap in 10_u32..=900, all in commands(), others in 0_usize..3) {
        let mut tenants = vec![(terms(1000, Class::High, Some(cap)), all.clone())];
        tenants.extend((0..others).map(|_| (terms(1, Class::Normal, None), vec![500])));
        let mut run = Greedy::new(&tenants);
        run.run(Duration::from_secs(20));
        let used = run.used[0].as_secs_f64() / run.now.as_secs_f64() * 1000.0;
        let slack = 4.0 + *all.iter().max().unwrap() as f64 / 20_000.0;
        prop_assert!(used <= f64::from(cap) + slack, "{} of {}", used, cap);
        prop_assert!(used >= f64::from(cap) * 0.94 - slack, "{} of {}", used, cap);
        prop_assert!(others == 0 || run.idle == Duration::ZERO);
    }

    /// Any calls in any order, with times that jump: turns are of sessions that wait, never more than there may be, and
    /// somebody has one as long as anybody wants one.
    #[test]
    fn whatever_is_called(depth in 1_usize..4, calls in vec((0_u8..7, 0_usize..4, 0_usize..3, 0_u64..1 << 40), 0..400)) {
        let mut schedule = Schedule::new(depth, TURN);
        // What each session does: nothing, waits, serves.
        let mut states: BTreeMap<(usize, usize), u8> = BTreeMap::new();
        for (call, tenant, session, number) in calls {
            let key = (tenant, session);
            let now = Duration::from_nanos(number);
            match call {
                0 => {
                    schedule.enter(&tenant, key, Terms::default(), now);
                    states.entry(key).or_insert(0);
                }
                1 => {
                    schedule.leave(&tenant, key, now);
                    states.remove(&key);
                }
                2 => {
                    schedule.want(&tenant, key, now);
                    states.entry(key).and_modify(|state| *state = (*state).max(1));
                }
                3 => {
                    schedule.rest(&tenant, key, now);
                    states.entry(key).and_modify(|state| if *state == 1 { *state = 0 });
                }
                4 => {
                    let wants = number % 2 == 0;
                    schedule.end(&tenant, key, Duration::from_nanos(number / 3), wants, now);
                    states.entry(key).and_modify(|state| if *state == 2 { *state = u8::from(wants) });
                }
                5 => {
                    let class = Class::ALL[number as usize % 3];
                    schedule.set_terms(&tenant, terms(1 + number as u32 % 99, class, None), now);
                }
                _ => {
                    let serving = states.values().filter(|state| **state == 2).count();
                    let waiting = states.values().filter(|state| **state == 1).count();
                    match schedule.next(now) {
                        Next::Turn(turn) => {
                            prop_assert_eq!(states.insert(turn.session, 2), Some(1));
                            prop_assert!(serving < depth && turn.limit == TURN);
                        }
                        Next::At(_) => prop_assert!(false, "nobody has a cap"),
                        Next::Nothing => prop_assert!(serving == depth || waiting == 0),
                    }
                }
            }
        }
    }
}

#[test]
fn who_was_idle_has_no_credit() {
    let mut run = Greedy::new(&[(Terms::default(), vec![1000]), (Terms::default(), vec![1000])]);
    run.schedule.rest(&1, 1, Duration::ZERO);
    run.run(Duration::from_secs(10));
    assert_eq!(run.used[1], Duration::ZERO);
    run.schedule.want(&1, 1, run.now);
    let before = run.used[0];
    run.run(run.now + Duration::from_secs(1));
    let (one, other) = (run.used[0] - before, run.used[1]);
    assert!(one.abs_diff(other) <= 2 * TURN, "{one:?} and {other:?}");
}

#[test]
fn who_leaves_with_a_debt_finds_it_again() {
    let mut schedule: Schedule<&str, u32> = Schedule::new(1, TURN);
    schedule.enter(&"steady", 0, Terms::default(), Duration::ZERO);
    schedule.want(&"steady", 0, Duration::ZERO);
    let (mut now, mut used) = (Duration::ZERO, [Duration::ZERO; 2]);
    // Each of its sessions ends after one long command.
    for session in 1..100 {
        schedule.enter(&"changing", session, Terms::default(), now);
        schedule.want(&"changing", session, now);
        loop {
            let Next::Turn(turn) = schedule.next(now) else { panic!("somebody wants it") };
            let took = Duration::from_millis(if turn.session == 0 { 4 } else { 100 });
            now += took;
            used[usize::from(turn.session != 0)] += took;
            let tenant = if turn.session == 0 { "steady" } else { "changing" };
            schedule.end(&tenant, turn.session, took, turn.session == 0, now);
            if turn.session != 0 {
                schedule.leave(&"changing", session, now);
                break;
            }
        }
    }
    assert!(used[0].abs_diff(used[1]) <= Duration::from_millis(110), "{used:?}");
}

#[test]
fn nothing_is_left_of_tenants_that_are_gone() {
    let mut schedule: Schedule<u32, u32> = Schedule::new(2, TURN);
    let mut now = Duration::ZERO;
    for tenant in 0..10_000 {
        // Each second one has a cap, and a debt for a while.
        let cap = (tenant % 2 == 0).then_some(900);
        schedule.enter(&tenant, tenant, terms(1, Class::Normal, cap), now);
        schedule.want(&tenant, tenant, now);
        assert!(matches!(schedule.next(now), Next::Turn(turn) if turn.session == tenant));
        now += Duration::from_millis(u64::from(tenant % 50));
        schedule.end(&tenant, tenant, Duration::from_millis(u64::from(tenant % 50)), false, now);
        schedule.leave(&tenant, tenant, now);
        assert!(schedule.tenants() < 20);
    }
    now += Duration::from_secs(1);
    schedule.leave(&0, 0, now);
    assert_eq!(schedule.tenants(), 0);
}

#[test]
fn who_is_more_urgent_takes_over() {
    let mut schedule: Schedule<&str, &str> = Schedule::new(1, TURN);
    for (tenant, class) in [("usual", Class::Normal), ("urgent", Class::High)] {
        schedule.enter(&tenant, tenant, terms(1, class, None), Duration::ZERO);
    }
    schedule.want(&"usual", "usual", Duration::ZERO);
    assert!(matches!(schedule.next(Duration::ZERO), Next::Turn(turn) if turn.session == "usual"));
    assert_eq!(schedule.ousted(Duration::ZERO), None);
    assert!(schedule.is_alone());
    schedule.want(&"urgent", "urgent", Duration::ZERO);
    assert!(!schedule.is_alone());
    assert_eq!(schedule.ousted(Duration::ZERO), Some("usual"));
    schedule.end(&"usual", "usual", TURN / 2, true, TURN / 2);
    assert!(matches!(schedule.next(TURN / 2), Next::Turn(turn) if turn.session == "urgent"));
    // A turn that was given since the usual ones had waited too long is theirs to the end.
    let late = Duration::from_secs(1);
    schedule.end(&"urgent", "urgent", TURN, true, late);
    assert!(matches!(schedule.next(late), Next::Turn(turn) if turn.session == "usual"));
    assert_eq!(schedule.ousted(late), None);
}

#[test]
fn a_tenants_sessions_share_what_it_gets() {
    let mut schedule: Schedule<u32, u32> = Schedule::new(1, TURN);
    let (mut now, mut used) = (Duration::ZERO, BTreeMap::<u32, Duration>::new());
    // One tenant has sixteen sessions, the other one.
    for session in 0..17 {
        let tenant = u32::from(session == 16);
        schedule.enter(&tenant, session, Terms::default(), now);
        schedule.want(&tenant, session, now);
    }
    while now < Duration::from_secs(10) {
        let Next::Turn(turn) = schedule.next(now) else { panic!("all want it") };
        let took = Duration::from_micros(4000 + 100 * u64::from(turn.session));
        now += took;
        *used.entry(turn.session).or_default() += took;
        schedule.end(&u32::from(turn.session == 16), turn.session, took, true, now);
    }
    let one: Duration = (0..16).map(|session| used[&session]).sum();
    assert!(one.abs_diff(used[&16]) < 3 * TURN, "{one:?} and {:?}", used[&16]);
    let (least, most) = ((0..16).map(|s| used[&s]).min().unwrap(), (0..16).map(|s| used[&s]).max().unwrap());
    assert!(most - least < 3 * TURN, "{least:?} to {most:?}");
}
