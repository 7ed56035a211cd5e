//! Of interpreters that are gone nothing is left: neither in the program nor in the worker.

use std::fs;
use std::time::Duration;

use ava_tests::administration::worker_of;
use ava_tests::{Ended, Running};

use super::{New, Old, world};

const COUNT: u32 = 20_000;
/// Kilobytes that may come and go: some fifty bytes for each interpreter.
const SLACK: u64 = 1024;

/// Resident kilobytes.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn thousands_of_interpreters() {
    for version in [Old, New] {
        let world = world(version);
        let program = version.program("leaks").args([COUNT.to_string()]).within(Duration::from_mins(4));
        let mut program: Running = world.start_through_avactl(&program);
        let mut sizes = Vec::new();
        for count in [COUNT / 10, COUNT] {
            program.wait_for(&format!("after {count}: "));
            sizes.push([program.id(), worker_of(&world.socket(), program.id())].map(resident));
            program.tell("go on\n");
        }
        let answer = program.answer();
        assert_eq!(answer.ended, Ended::With(0), "{answer}\n{}", world.log());
        for (before, after) in sizes[0].iter().zip(sizes[1]) {
            assert!(after < before + SLACK, "kilobytes of program and worker: {sizes:?}");
        }
    }
}
