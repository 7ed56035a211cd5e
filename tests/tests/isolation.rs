//! Programs, workers and brokers start and end without affecting others.

use std::time::{Duration, Instant};

use ava_tests::administration::worker_of;
use ava_tests::running::{Running, ready};
use ava_tests::{Answer, Ended, Program, Vendor, World, built};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

fn steady(seed: u32) -> Program {
    let program = built::compiled("steady", "isolation/steady.c", &["-lOpenCL"]);
    Program::new(program).args([seed.to_string()]).within(Duration::from_mins(1))
}

/// A program that computes until it is told to stop, and its worker.
fn begin(world: &World, seed: u32) -> (Running, Pid) {
    let mut program = world.start_remote(&steady(seed));
    program.wait_for("steady\n");
    let worker = worker_of(&world.socket(), program.id());
    (program, Pid::from_raw(i32::try_from(worker).unwrap()).unwrap())
}

/// The program still computes, and exits normally.
#[track_caller]
fn goes_on(mut program: Running) {
    program.tell("another\n");
    program.wait_for("round another\n");
    ends_well(&program.answer());
}

#[track_caller]
fn ends_well(answer: &Answer) {
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    assert!(answer.stdout.ends_with("right to the end\n"), "{answer}");
}

#[track_caller]
fn is_gone(process: Pid) {
    // If the process no longer exists, it is gone already.
    if let Ok(process) = pidfd_open(process, PidfdFlags::empty()) {
        assert!(ready(&[std::os::fd::AsFd::as_fd(&process)], Instant::now() + Duration::from_secs(20)), "still there");
    }
}

#[test]
fn programs_do_not_disturb_each_other() {
    let world = World::new(Vendor::Pocl);
    let programs: Vec<_> = (1..=4).map(|seed| begin(&world, seed)).collect();
    let workers: Vec<_> = programs.iter().map(|(_, worker)| *worker).collect();
    programs.into_iter().for_each(|(program, _)| goes_on(program));
    workers.into_iter().for_each(is_gone);
}

#[test]
fn a_killed_program_takes_its_worker_with_it_and_nothing_else() {
    let world = World::new(Vendor::Pocl);
    let (mut victim, its_worker) = begin(&world, 1);
    let (other, _) = begin(&world, 2);
    victim.kill();
    is_gone(its_worker);
    assert_eq!(victim.answer().ended, Ended::By(9));
    goes_on(other);
    goes_on(begin(&world, 3).0);
}

#[test]
fn a_killed_worker_is_an_api_error_for_its_program_and_nothing_for_others() {
    for vendor in [Vendor::Pocl, Vendor::Intel] {
        let world = World::new(vendor);
        let (mut victim, its_worker) = begin(&world, 1);
        let (other, _) = begin(&world, 2);
        kill_process(its_worker, Signal::KILL).unwrap();
        victim.wait_for(": -2\n"); // CL_DEVICE_NOT_AVAILABLE
        let answer = victim.answer();
        assert_eq!(answer.ended, Ended::With(3), "{answer}");
        goes_on(other);
        goes_on(begin(&world, 3).0);
    }
}

#[test]
fn sessions_outlive_their_broker() {
    let mut world = World::new(Vendor::Pocl);
    let (program, worker) = begin(&world, 1);
    world.kill_broker();
    let refused = world.remote(&steady(2));
    assert_eq!(refused.stdout, "clGetPlatformIDs: -1001\n", "{refused}");
    world.start_broker();
    goes_on(program);
    is_gone(worker);
    goes_on(begin(&world, 3).0);
}

#[test]
fn where_all_places_are_taken_a_program_waits_for_one_if_it_is_told_to() {
    let mut world = World::without_broker(Vendor::Pocl).with_arguments(["--sessions-per-user", "1"]);
    world.start_broker();
    let (first, _) = begin(&world, 1);
    let refused = world.remote(&steady(2));
    assert_eq!(refused.ended, Ended::With(3), "{refused}");
    let named = format!(" as a user may (1): session 1 (steady, process {})", first.id());
    assert!(refused.stderr.contains(&named) && refused.stderr.contains("avactl run --wait"), "{refused}");
    assert!(!refused.stderr.contains("Start the program"), "it was started as it should be: {refused}");

    let waiting = |seed, seconds: &str| {
        let mut program = world.start_remote(&steady(seed).env("AVA_WAIT", seconds));
        program.wait_for_complaint("this program waits for a place: tenant ");
        program
    };
    let interrupted = waiting(3, "forever");
    let mut next = waiting(4, "100");
    next.wait_for_complaint("; one program is before it\n");
    // (What a shell has started in the background ignores SIGINT, and so does what the tests start then.)
    kill_process(Pid::from_raw(i32::try_from(interrupted.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(interrupted.answer().ended, Ended::By(15));
    let late = world.remote(&steady(5).env("AVA_WAIT", "1"));
    assert_eq!(late.ended, Ended::With(3), "{late}");
    assert!(late.stderr.contains(": no place was free within 1 s"), "{late}");
    let wrong = world.remote(&steady(6).env("AVA_WAIT", "1m"));
    assert!(wrong.stderr.contains("with AVA_WAIT=1m: must be a number of seconds, or forever"), "{wrong}");
    goes_on(first);
    next.wait_for("steady\n");
    assert_eq!(next.complaints().matches("waits for a place").count(), 1, "{}", next.complaints());
    goes_on(next);
}

#[test]
fn lists_of_processes_say_whose_a_worker_is() {
    let world = World::new(Vendor::Pocl);
    let (program, worker) = begin(&world, 1);
    let worker = worker.as_raw_pid();
    let title = |worker: i64| {
        let shown = std::fs::read_to_string(format!("/proc/{worker}/cmdline")).unwrap_or_default();
        shown.trim_end_matches('\0').to_owned()
    };
    let shown = title(worker.into());
    assert!(shown.starts_with("ava-worker: session 1 of "), "{shown}");
    assert!(shown.ends_with(&format!(", process {}: steady", program.id())), "{shown}");
    let name = std::fs::read_to_string(format!("/proc/{worker}/comm")).unwrap();
    assert_eq!(name, "ava-worker 1\n");
    // The worker that waits for the next session reports that it has loaded its library.
    let deadline = Instant::now() + Duration::from_mins(1);
    while !world.workers().into_iter().any(|other| title(other.into()) == "ava-worker: spare for opencl") {
        assert!(Instant::now() < deadline, "no spare");
        std::thread::yield_now();
    }
    goes_on(program);
}
