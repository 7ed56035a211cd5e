//! How well tenants have shared.

use std::io::{self, Write as _};

use anyhow::Result;
use serde::Serialize;

use super::tenants::{Case, Run};

/// Shares are looked at over so many seconds.
const WINDOW: usize = 5;

/// What came of a case.
#[derive(Debug, Serialize)]
pub struct Figures {
    case: &'static str,
    /// The part of the processors' time that workers used.
    busy: f64,
    /// The tenants' work together, each one's in seconds of kernels as they take alone, in a second.
    work: f64,
    work_natively: f64,
    /// The work of each.
    work_of: Vec<f64>,
    /// The part of the device that each tenant used.
    used: Vec<f64>,
    /// The furthest that a tenant which always wants more was from its share in five seconds, in parts of its share.
    share_error: Option<f64>,
    /// Jain's index of what those have used, by weight.
    jain: Option<f64>,
    /// What the interactive tenant's launches took, in milliseconds: half of them at most, and 99 of 100.
    latency_ms: Option<(f64, f64)>,
    latency_natively_ms: Option<(f64, f64)>,
    /// The broker's memory.
    broker_mib: Option<f64>,
}

impl Figures {
    pub fn of(case: &Case, native: &Run, shared: &Run) -> Self {
        let count = case.tenants.len();
        let total = |tenant: usize, from: &[Vec<f64>]| from.iter().map(|second| second[tenant]).sum::<f64>();
        let used: Vec<f64> = (0..count).map(|one| total(one, &shared.used) / shared.used.len() as f64).collect();
        let greedy: Vec<usize> =
            (0..count).filter(|one| case.tenants[*one].kind.is_greedy() && case.tenants[*one].cap.is_none()).collect();
        let weights: f64 = greedy.iter().map(|one| f64::from(case.tenants[*one].weight)).sum();
        let errors = shared.used.chunks_exact(WINDOW).flat_map(|window| {
            let all: f64 = greedy.iter().map(|one| total(*one, window)).sum();
            let error = move |one: &usize| {
                let share = f64::from(case.tenants[*one].weight) / weights;
                (total(*one, window) / all / share - 1.0).abs()
            };
            greedy.iter().map(error).collect::<Vec<_>>()
        });
        let several = greedy.len() > 1;
        let error = errors.fold(0.0, f64::max);
        let per_weight: Vec<_> = greedy.iter().map(|one| used[*one] / f64::from(case.tenants[*one].weight)).collect();
        let interactive = case.tenants.iter().position(|tenant| !tenant.kind.is_greedy());
        Self {
            case: case.name,
            busy: used.iter().sum(),
            work: shared.work.iter().sum(),
            work_of: shared.work.clone(),
            work_natively: native.work.iter().sum(),
            share_error: (several && shared.used.len() >= WINDOW).then_some(error),
            jain: several.then(|| jain(&per_weight)),
            latency_ms: interactive.and_then(|one| shared.latencies[one]),
            latency_natively_ms: interactive.and_then(|one| native.latencies[one]),
            broker_mib: shared.broker,
            used,
        }
    }

    /// A line of the table.
    pub fn print(&self) -> Result<()> {
        let cell = |value: Option<f64>, digits| value.map_or("-".into(), |value: f64| format!("{value:.digits$}"));
        let pair = |both: Option<(f64, f64)>| both.map_or("-".into(), |(half, most)| format!("{half:.2}, {most:.2}"));
        let list = |all: &[f64]| all.iter().map(|one| format!("{one:.3}")).collect::<Vec<_>>().join(" ");
        Ok(writeln!(
            io::stdout(),
            "{:36}{:>7.3}{:>8.3}{:>9.3}{:>9}{:>8}{:>17}{:>17}{:>8}  {}; {}",
            self.case,
            self.busy,
            self.work,
            self.work_natively,
            cell(self.share_error, 4),
            cell(self.jain, 4),
            pair(self.latency_ms),
            pair(self.latency_natively_ms),
            self.broker_mib.map_or("-".into(), |mib| format!("{mib:.0} MiB")),
            list(&self.used),
            list(&self.work_of)
        )?)
    }
}

/// 1 if all have the same, and one by their number if one has all (Jain, Chiu, Hawe: "A Quantitative Measure Of Fairness",
/// 1984).
fn jain(values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    let squares: f64 = values.iter().map(|value| value * value).sum();
    if squares == 0.0 { 1.0 } else { sum * sum / (values.len() as f64 * squares) }
}

pub fn print_head() -> Result<()> {
    Ok(writeln!(
        io::stdout(),
        "{:36}{:>7}{:>8}{:>9}{:>9}{:>8}{:>17}{:>17}{:>8}  USED; WORK OF EACH",
        "TENANTS",
        "BUSY",
        "WORK",
        "NATIVE",
        "ERR 5 s",
        "JAIN",
        "P50, P99 ms",
        "NATIVE",
        "BROKER"
    )?)
}

pub fn print_json(all: &[Figures]) -> Result<()> {
    Ok(writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&serde_json::json!({ "schema": 1, "cases": all }))?)?)
}

#[cfg(test)]
mod tests {
    use super::super::super::vendor::Vendor;
    use super::super::tenants::{Kind, Tenant};
    use super::*;

    fn run(used: Vec<Vec<f64>>) -> Run {
        Run { work: vec![0.5, 0.4], latencies: vec![None, Some((1.0, 2.0))], used, broker: None }
    }

    #[test]
    fn shares_are_compared_with_weights() {
        let tenants = vec![Tenant { weight: 3, ..Tenant::of(Kind::Long) }, Tenant::of(Kind::Middle)];
        let case = Case { name: "two", vendor: Vendor::Pocl, tenants };
        let even = Figures::of(&case, &run(Vec::new()), &run(vec![vec![0.75, 0.25]; 5]));
        assert!(even.share_error.unwrap() < 1e-9 && (even.jain.unwrap() - 1.0).abs() < 1e-9);
        assert!((even.busy - 1.0).abs() < 1e-9 && (even.work - 0.9).abs() < 1e-9);
        let uneven = Figures::of(&case, &run(Vec::new()), &run(vec![vec![0.5, 0.5]; 5]));
        assert!((uneven.share_error.unwrap() - 1.0).abs() < 1e-9 && (uneven.jain.unwrap() - 0.8).abs() < 1e-9);
        assert_eq!(even.latency_ms, None, "nobody is interactive");
    }
}
