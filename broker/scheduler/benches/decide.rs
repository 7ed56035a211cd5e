//! Measures how long a decision takes, with all that precedes it: somebody was charged, and somebody else stirs or rests.
//!
//! Run with `cargo bench --package ava-scheduler`. It prints the time of half of all decisions at most, of 99 in 100, and of all.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ava_scheduler::{Cap, Class, Pace, Terms, Weight};

/// Tenants, and the sessions of each.
const CASES: [(usize, usize); 5] = [(2, 1), (8, 1), (200, 1), (4, 50), (1000, 1)];
const DECISIONS: usize = 20_000;

fn main() {
    // `cargo test --benches` passes nothing, `cargo bench` this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("{:>8} {:>8} {:>10} {:>10} {:>10}", "TENANTS", "SESSIONS", "p50", "p99", "most");
    for (tenants, sessions) in CASES {
        let mut times = decisions(tenants, sessions);
        times.sort_unstable();
        let [half, most, all] = [50, 99, 100].map(|percent| times[(times.len() * percent / 100).min(times.len() - 1)]);
        println!("{tenants:>8} {:>8} {half:>10.1?} {most:>10.1?} {all:>10.1?}", tenants * sessions);
    }
}

fn decisions(tenants: usize, sessions: usize) -> Vec<Duration> {
    let mut pace = Pace::default();
    let all: Vec<(usize, usize)> =
        (0..tenants).flat_map(|tenant| (0..sessions).map(move |at| (tenant, tenant * sessions + at))).collect();
    for (tenant, session) in &all {
        let class = Class::ALL[tenant % Class::ALL.len()];
        let weight = Weight::new(1 + (tenant % 8) as u32).unwrap_or(Weight::ONE);
        let cap = (tenant % 4 == 0).then(|| Cap::new(250)).flatten();
        pace.enter(tenant, *session, Terms { weight, class, cap }, Duration::ZERO);
        pace.wants(tenant, *session, true);
    }
    let (mut now, mut state) = (Duration::ZERO, 7_usize);
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    let one = |_| {
        now += Duration::from_micros(100);
        let (charged, stirs) = (all[next(all.len())], all[next(all.len())]);
        let (used, wants) = (Duration::from_micros(next(4000) as u64), next(4) > 0);
        let before = Instant::now();
        pace.charge(&charged.0, charged.1, used, now);
        pace.wants(&stirs.0, stirs.1, wants);
        black_box(pace.decide(true, now));
        before.elapsed()
    };
    (0..DECISIONS).map(one).collect()
}
