//! The specification's requirements, case by case: each case passes through AvA if it passes natively.

use std::collections::BTreeMap;
use std::time::Duration;

use ava_tests::{Case, Ended, Program, Vendor, World, assert_same, built};

/// The verdict of each case: `ok`, `FAIL …`, `skip: …`.
fn verdicts(stdout: &str) -> BTreeMap<&str, &str> {
    let lines = stdout.lines().filter_map(|line| line.split_once(' '));
    lines.filter(|(_, rest)| ["ok", "FAIL ", "skip: "].iter().any(|verdict| rest.starts_with(verdict))).collect()
}

/// How the program's calls reach the worker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The default.
    Usual,
    /// The system's loader loads AvA as a driver.
    Icd,
    /// With this variable in the program's environment.
    With(&'static str, &'static str),
}

const STRICT: Way = Way::With("AVA_STRICT", "1");
const SOCKETS: Way = Way::With("AVA_TRANSPORT", "socket");

fn compare(vendor: Vendor, way: Way) {
    let through_icd = way == Way::Icd;
    let world = World::new(vendor);
    let all = Program::new(built::conformance().join("conformance")).args(["all"]).within(Duration::from_mins(5));
    let native = world.native(&all);
    // The system's loader keeps the platforms that it found: a forked child works only when AvA is preloaded.
    let preloaded = all.clone().env("CONFORMANCE_REMOTE", "1");
    let remote = match way {
        Way::Usual => world.remote(&preloaded),
        Way::Icd => world.through_icd(&all),
        Way::With(name, value) => world.remote(&preloaded.env(name, value)),
    };
    assert_eq!(native.ended, Ended::With(0), "fails natively: {native}");
    let (natively, remotely) = (verdicts(&native.stdout), verdicts(&remote.stdout));
    assert!(natively.len() > 100, "only {} cases: {native}", natively.len());

    let mut differences = Vec::new();
    for (case, verdict) in &natively {
        // Some cases need a broker, and must pass there.
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
    compare(Vendor::Pocl, Way::Usual);
}

#[test]
fn on_intel() {
    compare(Vendor::Intel, Way::Usual);
}

#[test]
fn on_pocl_with_every_call_waiting() {
    compare(Vendor::Pocl, STRICT);
}

#[test]
fn on_intel_over_sockets() {
    compare(Vendor::Intel, SOCKETS);
}

#[test]
#[ignore = "long: tools/check --all"]
fn on_intel_with_every_call_waiting() {
    compare(Vendor::Intel, STRICT);
}

#[test]
#[ignore = "long: tools/check --all"]
fn on_pocl_over_sockets() {
    compare(Vendor::Pocl, SOCKETS);
}

#[test]
#[ignore = "long: tools/check --all"]
fn on_pocl_as_a_driver_of_the_system_loader() {
    compare(Vendor::Pocl, Way::Icd);
}

/// Random calls, many of them wrong: each returns what it returns natively.
#[test]
fn calls_at_random_on_pocl() {
    for seed in ["1", "4"] {
        let program = Program::new(built::conformance().join("conformance")).args(["--child", "statuses", seed]);
        assert_same(Vendor::Pocl, &Case::new(program).without_stderr());
    }
}

/// An extension's functions belong to their platform, and have the form of its version: here one platform has command
/// buffers 0.9.0, the other 1.0.0.
#[test]
fn extensions_of_two_platforms() {
    const CASES: [&str; 7] = [
        "run",
        "command_buffer_of_buffers",
        "command_buffer_of_images",
        "command_buffer_of_kernels",
        "query_spirv",
        "suggested_local_work_size",
        "concurrent_work_groups",
    ];
    let world = World::new(Vendor::Both);
    for platform in ["0", "1"] {
        let cases = Program::new(built::conformance().join("conformance")).args(CASES);
        let cases = cases.env("CONFORMANCE_PLATFORM", platform);
        let (native, remote) = (world.native(&cases), world.remote(&cases));
        assert_eq!(native.ended, Ended::With(0), "fails natively: {native}");
        assert_eq!(verdicts(&remote.stdout), verdicts(&native.stdout), "{remote}\n{}", world.log());
        assert!(native.stdout.contains("command_buffer_of_buffers ok"), "{native}");
    }
}
