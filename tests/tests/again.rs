//! A program whose worker has died gets a new session, with the same handles of platforms and devices; one that is run
//! again finds what the vendor has compiled for it.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ava_protocol::admin::{Session, State};
use ava_tests::administration::{kill, sessions, wait_for_spare};
use ava_tests::running::ready;
use ava_tests::vendor::{softhsm, tflite};
use ava_tests::{Answer, Ended, Program, Vendor, World, built};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// The deadline of any step, on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(2);

fn again(arguments: &[&str]) -> Program {
    let program = built::compiled("again-opencl", "again/opencl.c", &["-lOpenCL", "-lpthread"]);
    Program::new(program).args(arguments).within(PATIENCE)
}

/// The sessions that a program has had, in order.
fn sessions_of(world: &World, program: u32) -> Vec<Session> {
    let mut all = sessions(&world.socket());
    all.retain(|session| u32::try_from(session.pid) == Ok(program));
    all.sort_by_key(|session| session.session);
    all
}

/// Kills the worker of the program's current session, and waits until it is gone.
fn kill_worker(world: &World, program: u32) {
    let session = sessions_of(world, program).pop().expect("a session");
    assert_eq!(session.state, State::Running, "{session:?}");
    let worker = Pid::from_raw(i32::try_from(session.worker_pid).unwrap()).unwrap();
    let gone = pidfd_open(worker, PidfdFlags::empty()).expect("it lives");
    kill_process(worker, Signal::KILL).unwrap();
    assert!(ready(&[gone.as_fd()], Instant::now() + PATIENCE), "still there");
}

/// What a program prints about each of its lost sessions, once.
#[track_caller]
fn was_told(answer: &Answer, sessions: &[Session], reason: &str) {
    for session in sessions {
        let begins = format!("ava: the worker of this program's session {} has ended: ", session.session);
        let ends = "; what was made with it fails, what is made from now on gets a new one";
        let said = |line: &&str| line.contains(&begins) && line.contains(reason) && line.ends_with(ends);
        assert_eq!(answer.stderr.lines().filter(said).count(), 1, "nothing like {begins}{reason}{ends}: {answer}");
    }
    assert_eq!(answer.stderr.matches("ava: ").count(), sessions.len(), "{answer}");
}

#[track_caller]
fn ends_well(answer: &Answer) {
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    assert!(answer.stdout.ends_with("right to the end\n"), "{answer}");
}

/// Kills the program's worker so many times, each time after a computation.
#[track_caller]
fn dies_and_goes_on(world: &World, program: &Program, deaths: usize) {
    let mut program = world.start_remote(program);
    let id = program.id();
    program.wait_for("computed 1\n");
    for death in 1..=deaths {
        kill_worker(world, id);
        program.tell("killed\n");
        program.wait_for(&format!("computed {}\n", death + 1));
        // One for all threads.
        assert_eq!(sessions_of(world, id).len(), death + 1);
    }
    let answer = program.answer();
    ends_well(&answer);
    was_told(&answer, &sessions_of(world, id)[..deaths], "signal 9 (SIGKILL)");
}

#[test]
fn a_program_begins_again_with_the_device_that_it_has() {
    for vendor in [Vendor::Pocl, Vendor::Intel] {
        dies_and_goes_on(&World::new(vendor), &again(&[]), 2);
    }
}

#[test]
fn a_program_begins_again_over_sockets_and_with_every_call_waiting() {
    let world = World::new(Vendor::Pocl);
    dies_and_goes_on(&world, &again(&[]).env("AVA_TRANSPORT", "socket"), 1);
    dies_and_goes_on(&world, &again(&[]).env("AVA_STRICT", "1"), 1);
}

#[test]
fn threads_begin_again_with_one_worker() {
    dies_and_goes_on(&World::new(Vendor::Pocl), &again(&["8"]), 2);
}

#[test]
fn a_program_finalizes_and_initializes_again() {
    let program = built::compiled("again-pkcs11", "again/pkcs11.c", &["-I/usr/include/p11-kit-1", "-ldl"]);
    let program = Program::new(program).env("PKCS11_MODULE", softhsm()).within(PATIENCE);
    dies_and_goes_on(&World::new(Vendor::SoftHsm), &program, 3);
}

#[test]
fn a_program_begins_again_with_a_new_model() {
    let library = tflite("2.17");
    let flags = [format!("-I{}/include", library.display()), format!("-L{}", library.display())];
    let flags = [&flags[0], &flags[1], "-ltensorflowlite_c"];
    let program = Program::new(built::compiled("again-tflite", "again/tflite.c", &flags));
    let program = program.env("TFLITE_MODELS", tflite("models")).env("LD_LIBRARY_PATH", &library).within(PATIENCE);
    let arguments = [Path::new("--vendor-library-path"), &library];
    let mut world = World::without_broker(Vendor::Pocl).with_arguments(arguments);
    world.start_broker();
    dies_and_goes_on(&world, &program, 3);
}

// State of a lost session in the program.

fn memory(arguments: &[&str]) -> Program {
    let program = built::compiled("again-memory", "again/memory.c", &["-lOpenCL"]);
    Program::new(program).args(arguments).within(PATIENCE)
}

/// A number of `/proc/PID/status`, in KiB.
fn kib(program: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{program}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Waits until the program shares at most so many KiB with other processes.
#[track_caller]
fn shares_at_most(program: u32, limit: u64) {
    let deadline = Instant::now() + PATIENCE;
    while kib(program, "RssShmem") > limit {
        assert!(Instant::now() < deadline, "{} KiB are shared, more than {limit}", kib(program, "RssShmem"));
        std::thread::yield_now();
    }
}

#[test]
fn memory_of_a_lost_session_is_given_back_though_the_program_does_nothing() {
    const MAPPED: u64 = 4 << 10;
    /// Lanes and small regions.
    const SLACK: u64 = 2 << 10;
    let world = World::new(Vendor::Pocl);
    let mut program = world.start_remote(&memory(&["hold"]));
    program.wait_for("holding\n");
    let before = kib(program.id(), "RssShmem");
    assert!(before >= 64 << 10, "{before}");
    kill_worker(&world, program.id());
    shares_at_most(program.id(), MAPPED + SLACK);
    // Mapped memory stays until it is unmapped.
    assert!(kib(program.id(), "RssShmem") >= MAPPED);
    program.tell("look\n");
    program.wait_for("unmapped -2\nreleased\n");
    shares_at_most(program.id(), SLACK);
}

#[test]
fn many_lost_sessions_leave_little_behind() {
    const WARM_UP: usize = 8;
    const DEATHS: u64 = 16;
    let world = World::new(Vendor::Pocl);
    let mut program = world.start_remote(&memory(&[]));
    program.wait_for("again\n");
    let id = program.id();
    let look = || {
        let descriptors = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count();
        let mappings = std::fs::read_to_string(format!("/proc/{id}/maps")).unwrap().lines().count();
        (kib(id, "VmRSS"), descriptors, mappings)
    };
    let mut dies = |times: usize| {
        for _ in 0..times {
            // Ended by an administrator: so many crashes of its workers would throttle the user.
            kill(&world.socket(), sessions_of(&world, id).pop().unwrap().session);
            let before = program.said().matches("again\n").count();
            wait_for_spare(&world.socket());
            program.tell("killed\n");
            program.wait_for(&"again\n".repeat(before + 1));
        }
    };
    dies(WARM_UP);
    let (memory, descriptors, mappings) = look();
    dies(DEATHS as usize);
    let (now, descriptors_now, mappings_now) = look();
    assert!(now <= memory + DEATHS * 40, "{memory} KiB, after {DEATHS} deaths {now} KiB");
    assert!(descriptors_now <= descriptors + 2, "{descriptors} descriptors, then {descriptors_now}");
    assert!(mappings_now <= mappings + 8, "{mappings} mappings, then {mappings_now}");
}

// Restarts of the broker.

#[test]
fn a_broker_that_refuses_is_asked_again_and_its_reason_told_once() {
    let mut world = World::new(Vendor::Pocl);
    let mut program = world.start_remote(&again(&["1", "patient"]));
    program.wait_for("computed 1\n");
    let first = sessions_of(&world, program.id());
    world.kill_broker();
    let worker = Pid::from_raw(i32::try_from(first[0].worker_pid).unwrap()).unwrap();
    let gone = pidfd_open(worker, PidfdFlags::empty()).expect("it lives");
    kill_process(worker, Signal::KILL).unwrap();
    assert!(ready(&[gone.as_fd()], Instant::now() + PATIENCE), "still there");
    program.tell("killed\n");
    program.wait_for("no context: -2\n");
    world.start_broker();
    program.wait_for("computed 2\n");
    let answer = program.answer();
    ends_well(&answer);
    let told = |text: &str| answer.stderr.matches(text).count();
    // The broker that knew the reason has ended.
    let ended = "ava: the worker of this program's session 1 has ended; what was made with it fails";
    assert_eq!((told("ava: "), told(ended), told("ava: no new session at ")), (2, 1, 1), "{answer}");
}

#[test]
fn a_program_that_starts_while_the_broker_is_replaced_waits_for_the_next() {
    let mut world = World::new(Vendor::Pocl);
    // A broker that is killed while it starts a process leaves its lock to that process for a moment.
    wait_for_spare(&world.socket());
    world.kill_broker();
    let mut program = world.start_remote(&again(&[]));
    world.start_broker();
    program.wait_for("computed 1\n");
    ends_well(&program.answer());
}

/// The files of this name below `folder`, in order.
fn found(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(self::found(&entry.path(), name));
        } else if entry.file_name() == name {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

#[test]
fn what_includes_headers_is_compiled_once() {
    let world = World::new(Vendor::Pocl);
    let headers = world.directory().join("headers");
    std::fs::create_dir(&headers).unwrap();
    let header = |number: i32| std::fs::write(headers.join("number.h"), format!("#define NUMBER {number}\n")).unwrap();
    let program = built::compiled("again-include", "again/include.c", &["-lOpenCL"]);
    let program = Program::new(program).args([headers.to_str().unwrap()]).within(PATIENCE);
    // Each run has its own working directory.
    let run = |prints: &str| {
        let answer = world.remote(&program);
        assert_eq!((answer.stdout.as_str(), answer.ended), (prints, Ended::With(0)), "{answer}");
        found(&world.directory().join("broker"), "program.bc")
    };
    header(1);
    let first = run("2\n");
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!(run("2\n"), first);
    header(2);
    assert_eq!(run("3\n").len(), 2);
}
