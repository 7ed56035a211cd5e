//! What the specification demands, case by case: each case passes through AvA where it passes natively.

use std::collections::BTreeMap;
use std::time::Duration;

use ava_tests::{Ended, Program, Vendor, World, built};

/// The verdict of each case: `ok`, `FAIL …`, `skip: …`.
fn verdicts(stdout: &str) -> BTreeMap<&str, &str> {
    let lines = stdout.lines().filter_map(|line| line.split_once(' '));
    lines.filter(|(_, rest)| ["ok", "FAIL ", "skip: "].iter().any(|verdict| rest.starts_with(verdict))).collect()
}

fn compare(vendor: Vendor, through_icd: bool) {
    let world = World::new(vendor);
    let all = Program::new(built::conformance().join("conformance")).args(["all"]).within(Duration::from_mins(5));
    let native = world.native(&all);
    // The system's loader keeps the platforms it found: what a forked child needs, it has when AvA is preloaded.
    let remote = if through_icd { world.through_icd(&all) } else { world.remote(&all.env("CONFORMANCE_REMOTE", "1")) };
    assert_eq!(native.ended, Ended::With(0), "fails natively: {native}");
    let (natively, remotely) = (verdicts(&native.stdout), verdicts(&remote.stdout));
    assert!(natively.len() > 100, "only {} cases: {native}", natively.len());

    let mut differences = Vec::new();
    for (case, verdict) in &natively {
        // Some cases only make sense, and then have to pass, where a broker is between.
        let only_remote = !through_icd && verdict.starts_with("skip: remote-only");
        let wanted = if only_remote { "ok" } else { verdict };
        let got = remotely.get(case).copied().unwrap_or("nothing");
        if got != wanted {
            differences.push(format!("{case}: natively {verdict}; through AvA {got}"));
        }
    }
    if remote.ended != native.ended {
        differences.push(format!("through AvA: {}\n{}", remote.ended, remote.stderr));
    }
    assert!(differences.is_empty(), "{vendor:?}:\n{}\nthe broker's log:\n{}", differences.join("\n"), world.log());
}

#[test]
fn on_pocl() {
    compare(Vendor::Pocl, false);
}

#[test]
fn on_intel() {
    compare(Vendor::Intel, false);
}

#[test]
#[ignore = "long: tools/check --all"]
fn on_pocl_as_a_driver_of_the_system_loader() {
    compare(Vendor::Pocl, true);
}
