//! Users, their programs, and their expected ends.

use std::collections::HashMap;
use std::fmt::Debug;
use std::fs;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use ava_protocol::admin::{Session, State};
use ava_tests::running::ready;
use ava_tests::{Answer, Ended, Program, Running, Somebody, SystemWorld, built};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// The deadline of any step, on a loaded machine.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// User numbers that no system uses.
pub const ALICE: Somebody = Somebody::user(31_234);
pub const BOB: Somebody = Somebody::user(31_235);

/// A program that computes until its input ends, and checks its results.
pub fn steady(seed: u32) -> Program {
    let program = built::compiled("steady", "isolation/steady.c", &["-lOpenCL"]);
    // It pauses between its steps, so that many of them do not occupy all processors.
    Program::new(program).args([seed.to_string(), "10".to_owned()]).within(2 * PATIENCE)
}

/// A program that computes, and its session.
pub fn begin(world: &SystemWorld, who: &Somebody, seed: u32) -> (Running, Session) {
    let mut program = world.start(who, &steady(seed));
    program.wait_for("steady\n");
    let session = world.session_of(program.id());
    (program, session)
}

/// The program still computes, and exits normally.
#[track_caller]
pub fn goes_on(mut program: Running) {
    program.tell("another\n");
    program.wait_for("round another\n");
    ends_well(&program.answer());
}

#[track_caller]
pub fn ends_well(answer: &Answer) {
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    assert!(answer.stdout.ends_with("right to the end\n"), "{answer}");
}

/// Waits until a condition holds.
#[track_caller]
pub fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < deadline, "{what}: not within {} s", PATIENCE.as_secs());
        std::thread::yield_now();
    }
}

/// Waits until what `look` sees is right, and returns that. If it never is, the failure says what it saw last.
#[track_caller]
pub fn wait_to_see<T: Debug>(what: &str, mut look: impl FnMut() -> T, is_right: impl Fn(&T) -> bool) -> T {
    let mut seen = look();
    let deadline = Instant::now() + PATIENCE;
    while !is_right(&seen) {
        assert!(Instant::now() < deadline, "{what}: not within {} s, but {seen:?}", PATIENCE.as_secs());
        std::thread::yield_now();
        seen = look();
    }
    seen
}

/// Waits until a process is gone.
#[track_caller]
pub fn is_gone(process: u32) {
    if let Ok(handle) = pidfd_open(pid(process), PidfdFlags::empty()) {
        assert!(ready(&[handle.as_fd()], Instant::now() + PATIENCE), "process {process} is still there");
    }
}

pub fn kill(process: u32) {
    kill_process(pid(process), Signal::KILL).expect("a process of ours");
}

/// How the last session of a program ended, if it has.
#[track_caller]
pub fn end_of(world: &SystemWorld, program: u32) -> String {
    let ended = |session: &Session| session.state == State::Ended;
    wait_to_see("the session's end", || world.session_of(program), ended).ended.expect("a reason")
}

/// The lines of a process's `status`, by name.
pub fn status_of(process: u32) -> HashMap<String, String> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).expect("it lives");
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name.to_owned(), value.split_whitespace().collect::<Vec<_>>().join(" "))).collect()
}

fn pid(process: u32) -> Pid {
    i32::try_from(process).ok().and_then(Pid::from_raw).expect("the number of a process")
}
