//! Processes that are killed while a program waits for the device.

use std::time::{Duration, Instant};

use ava_tests::running::ready;
use ava_tests::{Ended, Program, Running, built};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use super::stage::Stage;

/// A program that waits in clFinish, and its session.
fn waiting(stage: &Stage) -> (Running, u64) {
    let program = built::compiled("waits", "hostile/waits.c", &["-lOpenCL", "-lpthread"]);
    let mut program = stage.world.start_remote(&Program::new(program).within(super::stage::PATIENCE));
    program.wait_for("waiting\n");
    let session = stage.session_of(program.id());
    (program, session)
}

#[track_caller]
pub fn is_gone(process: u32) {
    let process = Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
    if let Ok(process) = pidfd_open(process, PidfdFlags::empty()) {
        assert!(ready(&[std::os::fd::AsFd::as_fd(&process)], Instant::now() + super::stage::PATIENCE), "still there");
    }
}

#[test]
fn a_program_within_a_call() {
    let stage = Stage::new();
    let (mut program, session) = waiting(&stage);
    let worker = stage.worker_of(session);
    program.kill();
    let line = stage.end_of(session);
    assert!(line.contains("the program"), "{line}");
    is_gone(worker);
    assert_eq!(program.answer().ended, Ended::By(9));
    stage.stays_unharmed();
}

#[test]
fn a_worker_within_a_call() {
    let stage = Stage::new();
    let (mut program, session) = waiting(&stage);
    let worker = Pid::from_raw(i32::try_from(stage.worker_of(session)).unwrap()).unwrap();
    let killed = Instant::now();
    kill_process(worker, Signal::KILL).unwrap();
    program.wait_for("clFinish: -");
    assert!(killed.elapsed() < Duration::from_secs(10), "{:?}", killed.elapsed());
    let answer = program.answer();
    assert_eq!(answer.ended, Ended::With(3), "{answer}");
    assert!(stage.end_of(session).contains("signal"));
    stage.stays_unharmed();
}

#[test]
fn the_broker_within_a_call() {
    let mut stage = Stage::new();
    let (mut program, session) = waiting(&stage);
    let worker = stage.worker_of(session);
    stage.kill_broker();
    program.tell("on\n");
    program.wait_for("clFinish: 0\n");
    assert_eq!(program.answer().ended, Ended::With(0));
    is_gone(worker);
}
