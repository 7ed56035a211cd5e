//! Spare workers, with a vendor library loaded.

use std::time::Duration;

use ava_tests::administration::{sessions, wait_for_spare, worker_of};
use ava_tests::{Ended, Program, Vendor, World, built};

#[test]
fn a_program_gets_the_worker_that_was_started_ahead() {
    for vendor in [Vendor::Pocl, Vendor::Intel] {
        let world = World::new(vendor);
        let steady = built::compiled("steady", "isolation/steady.c", &["-lOpenCL"]);
        for seed in ["1", "2"] {
            wait_for_spare(&world.socket());
            let before = world.workers();
            let program = Program::new(&steady).args([seed]).within(Duration::from_mins(1));
            let mut program = world.start_remote(&program);
            program.wait_for("steady\n");
            let worker = worker_of(&world.socket(), program.id());
            assert!(before.contains(&worker), "{worker} is none of {before:?}");
            let answer = program.answer();
            assert_eq!(answer.ended, Ended::With(0), "{answer}");
            assert!(answer.stdout.ends_with("right to the end\n"), "{answer}");
        }
    }
}

#[test]
fn what_a_device_prints_there_is_the_programs_output() {
    let world = World::new(Vendor::Pocl);
    let print = Program::new(built::conformance().join("conformance")).args(["--child", "printf_once", "30 7"]);
    let native = world.native(&print);
    assert_eq!(native.stdout, "kernel says 7 text 1.50\n", "{native}");
    wait_for_spare(&world.socket());
    let before = world.workers();
    let remote = world.remote(&print);
    assert_eq!((&remote.stdout, &remote.stderr), (&native.stdout, &native.stderr));
    assert_eq!(remote.ended, Ended::With(0), "{remote}");
    let sessions = sessions(&world.socket());
    assert_eq!(sessions.len(), 1);
    assert!(before.contains(&sessions[0].worker_pid));
}
