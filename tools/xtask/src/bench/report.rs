//! What was measured, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Everything measured.
pub struct Report {
    cpus: usize,
    rounds: u32,
    /// In the order of the program's tests.
    groups: Vec<Group>,
}

/// One implementation, one linkage.
struct Group {
    vendor: String,
    linkage: String,
    device: String,
    order: Vec<String>,
    times: BTreeMap<String, [Vec<f64>; 2]>,
}

impl Report {
    pub fn new(cpus: usize, rounds: u32) -> Self {
        Self { cpus, rounds, groups: Vec::new() }
    }

    /// Takes the answers of two runs of clbench.
    pub fn add(&mut self, vendor: &str, linkage: &str, native: &Value, remote: &Value) -> Result<()> {
        let known = self.groups.iter().position(|g| g.vendor == vendor && g.linkage == linkage);
        let at = known.unwrap_or(self.groups.len());
        if known.is_none() {
            self.groups.push(Group {
                vendor: vendor.to_owned(),
                linkage: linkage.to_owned(),
                device: native["device"].as_str().unwrap_or_default().to_owned(),
                order: Vec::new(),
                times: BTreeMap::new(),
            });
        }
        let group = &mut self.groups[at];
        for (side, answer) in [native, remote].into_iter().enumerate() {
            for (test, time) in times(answer)? {
                if !group.times.contains_key(&test) {
                    group.order.push(test.clone());
                }
                group.times.entry(test).or_default()[side].push(time);
            }
        }
        Ok(())
    }

    pub fn table(&self) -> String {
        let mut text = format!("medians of {} rounds, on {} CPUs\n", self.rounds, self.cpus);
        for group in &self.groups {
            let (vendor, linkage, device) = (&group.vendor, &group.linkage, &group.device);
            let _ = writeln!(text, "\n{vendor} ({device}), {linkage}");
            let _ = writeln!(text, "{:<28} {:>12} {:>12} {:>8}", "TEST", "NATIVE", "AVA", "RATIO");
            for (test, native, remote) in group.medians() {
                let ratio = remote / native.max(1.0);
                let _ = writeln!(text, "{test:<28} {:>12} {:>12} {ratio:>7.2}x", readable(native), readable(remote));
            }
        }
        text
    }

    /// `{"schema", "cpus", "rounds", "groups": [{"vendor", "device", "linkage", "tests": [{"test", "native_seconds",
    /// "ava_seconds", "ratio"}]}]}`
    pub fn json(&self) -> String {
        let groups: Vec<_> = self
            .groups
            .iter()
            .map(|group| {
                let tests: Vec<_> = group
                    .medians()
                    .map(|(test, native, remote)| {
                        let seconds = |ns: f64| ns / 1e9;
                        json!({"test": test, "native_seconds": seconds(native), "ava_seconds": seconds(remote),
                            "ratio": remote / native.max(1.0)})
                    })
                    .collect();
                json!({"vendor": group.vendor, "device": group.device, "linkage": group.linkage, "tests": tests})
            })
            .collect();
        let all = json!({"schema": 1, "cpus": self.cpus, "rounds": self.rounds, "groups": groups});
        serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
    }
}

impl Group {
    /// Each test with its native time and AvA's, in nanoseconds.
    fn medians(&self) -> impl Iterator<Item = (&str, f64, f64)> {
        self.order.iter().filter_map(|test| {
            let [native, remote] = self.times.get(test)?;
            Some((test.as_str(), median(native)?, median(remote)?))
        })
    }
}

/// Each test's median time, in nanoseconds: a size is part of the name, each step of the set-up is a test.
fn times(answer: &Value) -> Result<Vec<(String, f64)>> {
    let results = answer["results"].as_array().context("clbench has no results")?;
    let mut times = Vec::new();
    for result in results {
        let test = result["test"].as_str().context("a result without a test")?;
        if let Some(median) = result["median_ns"].as_f64() {
            let size = result["size"].as_u64().map(|size| format!(" {}", bytes(size))).unwrap_or_default();
            times.push((format!("{test}{size}"), median));
            continue;
        }
        let steps = result.as_object().into_iter().flatten();
        for (step, time) in steps.filter_map(|(name, v)| Some((name.strip_suffix("_ns")?, v.as_f64()?))) {
            times.push((format!("{test}: {step}"), time));
        }
    }
    Ok(times)
}

fn median(times: &[f64]) -> Option<f64> {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

fn readable(ns: f64) -> String {
    match ns {
        ..1e3 => format!("{ns:.0} ns"),
        ..1e6 => format!("{:.2} us", ns / 1e3),
        ..1e9 => format!("{:.2} ms", ns / 1e6),
        _ => format!("{:.2} s", ns / 1e9),
    }
}

fn bytes(size: u64) -> String {
    match size {
        size if size >= 1 << 20 => format!("{} MiB", size >> 20),
        size if size >= 1 << 10 => format!("{} KiB", size >> 10),
        size => format!("{size} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(query: u64, transfer: u64) -> Value {
        json!({"device": "cpu", "results": [
            {"test": "setup", "build_ns": 1_500_000, "n": 1},
            {"test": "query", "median_ns": query},
            {"test": "bw_write", "size": 4096, "median_ns": transfer},
        ]})
    }

    #[test]
    fn medians_and_ratios_are_shown() {
        let mut report = Report::new(2, 3);
        for (native, remote) in [(20, 5000), (10, 4000), (30, 9000)] {
            report.add("pocl", "direct", &answer(native, 1000), &answer(remote, 2500)).unwrap();
        }
        let expected = "medians of 3 rounds, on 2 CPUs\n\n\
            pocl (cpu), direct\n\
            TEST                               NATIVE          AVA    RATIO\n\
            setup: build                      1.50 ms      1.50 ms    1.00x\n\
            query                               20 ns      5.00 us  250.00x\n\
            bw_write 4 KiB                    1.00 us      2.50 us    2.50x\n";
        assert_eq!(report.table(), expected);
        let json: Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json["groups"][0]["tests"][2]["ratio"], 2.5);
    }
}
