//! How well tenants have shared.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::device::Run;
use super::tenants::{Kind, Tenant};

/// What came of a case.
#[derive(Debug, Serialize)]
pub struct Figures {
    case: &'static str,
    /// The part of the processors that is used.
    busy: f64,
    /// The tenants' work together, each one's in seconds of commands as they take alone, in a second.
    work: f64,
    /// Jain's index of what tenants used, by weight; of those that always want more.
    jain: Option<f64>,
    /// The furthest that one of them was from its share, in a second and in five.
    share_error_1s: Option<f64>,
    share_error_5s: Option<f64>,
    /// The part of the processors that each tenant used.
    shares: Vec<f64>,
    /// How long the interactive tenant's commands took, in milliseconds: half of them at most, and 99 of 100.
    latency_p50_ms: Option<f64>,
    latency_p99_ms: Option<f64>,
}

impl Figures {
    pub fn of(case: &'static str, run: &Run) -> Self {
        let seconds = run.now.as_secs_f64();
        let done = |tenant: &Tenant| tenant.done.as_secs_f64() / seconds;
        let total = |tenant: &Vec<Duration>| tenant.iter().map(Duration::as_secs_f64).sum::<f64>();
        let greedy = greedy(run);
        let per_weight: Vec<_> = greedy
            .iter()
            .map(|tenant| total(&run.used[*tenant]) / f64::from(run.terms[*tenant].weight.get()))
            .collect();
        let error = |window| (greedy.len() > 1).then(|| share_error(run, &greedy, window));
        let mut latencies: Vec<_> = run
            .tenants
            .iter()
            .filter(|tenant| tenant.kind == Kind::Interactive)
            .flat_map(|tenant| &tenant.latencies)
            .collect();
        latencies.sort();
        let latency = |part: f64| {
            let at = (latencies.len() as f64 * part) as usize;
            latencies.get(at).map(|latency| latency.as_secs_f64() * 1000.0)
        };
        Self {
            case,
            busy: run.used.iter().map(|tenant| total(tenant) / seconds).sum(),
            work: run.tenants.iter().map(done).sum(),
            jain: (greedy.len() > 1).then(|| jain(&per_weight)),
            share_error_1s: error(1),
            share_error_5s: error(5),
            shares: run.used.iter().map(|tenant| total(tenant) / seconds).collect(),
            latency_p50_ms: latency(0.5),
            latency_p99_ms: latency(0.99),
        }
    }
}

/// The tenants that always want more and may have it, of the class that most are of.
fn greedy(run: &Run) -> Vec<usize> {
    let always = |tenant: &usize| run.tenants[*tenant].kind != Kind::Interactive && run.terms[*tenant].cap.is_none();
    let class = (0..run.tenants.len()).filter(always).map(|tenant| run.terms[tenant].class).min();
    (0..run.tenants.len()).filter(always).filter(|tenant| Some(run.terms[*tenant].class) == class).collect()
}

/// 1 if all have the same, and one by their number if one has all (Jain, Chiu, Hawe: "A Quantitative Measure Of Fairness",
/// 1984).
fn jain(values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    let squares: f64 = values.iter().map(|value| value * value).sum();
    if squares == 0.0 { 1.0 } else { sum * sum / (values.len() as f64 * squares) }
}

/// The greatest difference between what a tenant had of what some tenants had, in any window of so many seconds, and its part of
/// their weights.
fn share_error(run: &Run, tenants: &[usize], window: usize) -> f64 {
    let weights: f64 = tenants.iter().map(|tenant| f64::from(run.terms[*tenant].weight.get())).sum();
    let windows = run.now.as_secs() as usize / window;
    let mut worst: f64 = 0.0;
    for first in (0..windows).map(|at| at * window) {
        let used = |tenant: usize| -> f64 {
            run.used[tenant].iter().skip(first).take(window).map(Duration::as_secs_f64).sum()
        };
        let all: f64 = tenants.iter().map(|tenant| used(*tenant)).sum();
        for tenant in tenants {
            let due = f64::from(run.terms[*tenant].weight.get()) / weights;
            worst = worst.max((used(*tenant) / all - due).abs());
        }
    }
    worst
}

pub fn print(all: &[Figures]) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:24}{:>8}{:>8}{:>8}{:>9}{:>9}{:>9}{:>9}  SHARES",
        "TENANTS", "BUSY", "WORK", "JAIN", "ERR 1 s", "ERR 5 s", "P50 ms", "P99 ms"
    )?;
    for figures in all {
        let cell = |value: Option<f64>, digits| value.map_or("-".into(), |value: f64| format!("{value:.digits$}"));
        let shares: Vec<_> = figures.shares.iter().map(|share| format!("{share:.3}")).collect();
        writeln!(
            out,
            "{:24}{:>8.3}{:>8.3}{:>8}{:>9}{:>9}{:>9}{:>9}  {}",
            figures.case,
            figures.busy,
            figures.work,
            cell(figures.jain, 4),
            cell(figures.share_error_1s, 4),
            cell(figures.share_error_5s, 4),
            cell(figures.latency_p50_ms, 2),
            cell(figures.latency_p99_ms, 2),
            shares.join(" ")
        )?;
    }
    Ok(())
}

pub fn print_json(all: &[Figures]) -> Result<()> {
    Ok(writeln!(io::stdout(), "{}", serde_json::to_string_pretty(all)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jains_index_is_as_published() {
        assert!((jain(&[2.0, 2.0, 2.0]) - 1.0).abs() < 1e-12);
        assert!((jain(&[1.0, 0.0, 0.0, 0.0]) - 0.25).abs() < 1e-12);
    }
}
