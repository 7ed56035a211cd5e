//! Limits of what a tenant's sessions may do in a second, and of how long a command may run.

use std::time::{Duration, Instant};

use ava_protocol::admin::Session;
use ava_tests::administration::{kill, sessions};
use ava_tests::vendor::softhsm;
use ava_tests::{Program, Running, Scene, Vendor, World, built, does};

/// The deadline of any step, on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// For so long commands are counted.
const WHILE: Duration = Duration::from_secs(3);

fn opencl(vendor: Vendor) -> Scene {
    let program = built::compiled("limits-opencl", "limits/opencl.c", &["-lOpenCL", "-pthread"]);
    Scene::new(World::new(vendor), Program::new(program).within(PATIENCE))
}

fn pkcs11() -> Scene {
    let flags = ["-I/usr/include/p11-kit-1", "-ldl"];
    let program = built::compiled("limits-pkcs11", "limits/pkcs11.c", &flags);
    let program = Program::new(program).env("PKCS11_MODULE", softhsm()).within(PATIENCE);
    Scene::new(World::new(Vendor::SoftHsm), program)
}

fn cuda(script: &str, arguments: &[&str]) -> Scene {
    let program = Program::new("python3").args([built::tests().join("limits").join(script)]).args(arguments);
    Scene::new(World::new(Vendor::SoftCuda), program.within(PATIENCE))
}

/// Of a program that occupies the device.
fn occupied() -> Scene {
    cuda("occupy.py", &[])
}

/// Waits until a session has ended, and returns why.
fn end(scene: &Scene, program: &Running) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(reason) = scene.session(program).ended {
            return reason;
        }
        assert!(Instant::now() < deadline, "the session goes on");
        // The broker is asked again and again, and is not to do much else.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How much all sessions together have done in a while, and the longest and shortest that it may have lasted.
fn done(scene: &Scene, of: impl Fn(&Session) -> u64) -> (u64, Duration, Duration) {
    let read = || {
        let before = Instant::now();
        let all = sessions(&scene.world.socket()).iter().map(&of).sum::<u64>();
        (before, all, Instant::now())
    };
    let first = read();
    // What is done in a time is measured.
    std::thread::sleep(WHILE);
    let last = read();
    (last.1 - first.1, last.2 - first.0, last.0 - first.2)
}

/// Sessions together do as much as they may in a second, and no more.
#[track_caller]
fn keeps_to(scene: &Scene, per_second: u64, of: impl Fn(&Session) -> u64) {
    let (done, longest, shortest) = done(scene, of);
    let of_rate = |time: Duration| time.as_secs_f64() * per_second as f64;
    // A bucket of one second may have been full, and a busy machine does less.
    let (most, least) = (of_rate(longest) + per_second as f64, of_rate(shortest) / 2.0);
    assert!((least..=most).contains(&(done as f64)), "{done}, not from {least} to {most}");
}

#[track_caller]
fn long_commands_end_their_session(vendor: Vendor) {
    let scene = opencl(vendor);
    let [mut long, mut short] = [scene.begin(), scene.begin()];
    scene.limit("longest_command", "1s");
    // Many that are short take longer all together.
    assert_eq!(does(&mut short, "row 20"), "0");
    long.tell("run 600000\n");
    let reason = end(&scene, &long);
    assert_eq!(reason, "a command ran for longer than 1s (longest_command, avactl policy set)");
    long.wait_for_complaint(&reason);
    // The program goes on, and gets the API's error.
    long.wait_for("\n1: run -");
    assert_eq!(does(&mut short, "row 20"), "0", "others are not affected");
    assert_eq!(scene.session(&short).ended, None);
}

#[test]
fn a_kernel_that_runs_for_too_long_ends_its_session_on_pocl() {
    long_commands_end_their_session(Vendor::Pocl);
}

#[test]
fn a_kernel_that_runs_for_too_long_ends_its_session_on_intels_runtime() {
    long_commands_end_their_session(Vendor::Intel);
}

/// Where a command is over when its call returns, it is the call that takes too long.
#[test]
fn a_token_that_computes_for_too_long_ends_the_session() {
    let scene = pkcs11();
    let mut program = scene.begin();
    scene.limit("longest_command", "100ms");
    assert_eq!(does(&mut program, "digest 5000"), "0");
    // A pair takes seconds.
    program.tell("keys 1000\n");
    assert_eq!(end(&scene, &program), "a command ran for longer than 100ms (longest_command, avactl policy set)");
    assert!(!program.wait_for("\n2: keys ").ends_with("keys 0\n"));
}

#[test]
fn a_kernel_of_cuda_that_runs_for_too_long_ends_its_session() {
    let scene = occupied();
    let mut short = scene.begin();
    scene.limit("longest_command", "500ms");
    for place in ["legacy", "thread", "blocking", "stream", "destroyed", "other", "graph"] {
        let mut long = scene.begin();
        long.tell(&format!("spin {place}\n"));
        let reason = end(&scene, &long);
        assert_eq!(reason, "a command ran for longer than 500ms (longest_command, avactl policy set)", "{place}");
        long.wait_for_complaint(&reason);
        // CUDA_ERROR_DEVICE_UNAVAILABLE
        long.wait_for("\n1: spin 46\n");
    }
    assert_eq!(does(&mut short, "copy 0"), "0", "others are not affected");
}

#[test]
fn what_a_stream_of_cuda_waits_for_does_not_count() {
    let scene = occupied();
    let mut program = scene.begin();
    scene.limit("longest_command", "1s");
    assert_eq!(does(&mut program, "hold 3000"), "0");
    assert_eq!(does(&mut program, "row 250"), "0", "ten short ones take longer all together");
    assert_eq!(scene.session(&program).ended, None);
}

#[test]
fn a_recording_of_cuda_is_not_disturbed_by_whoever_asks_about_kernels() {
    let scene = occupied();
    let mut program = scene.begin();
    scene.limit("longest_command", "1h");
    assert_eq!(does(&mut program, "record 1000"), "0 3 2");
}

#[test]
fn what_runs_in_a_context_of_cuda_ends_with_it_and_with_its_failure() {
    let scene = occupied();
    let mut program = scene.begin();
    scene.limit("longest_command", "1s");
    assert_eq!(does(&mut program, "leave own"), "0");
    assert_eq!(does(&mut program, "leave primary"), "0");
    // CUDA_ERROR_LAUNCH_FAILED
    assert_eq!(does(&mut program, "trap 0"), "719");
    // Longer than any command may go on.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(does(&mut program, "copy 0"), "719");
    assert_eq!(scene.session(&program).ended, None);
}

#[test]
fn tokens_are_given_no_more_commands_in_a_second_than_their_tenant_may() {
    let scene = pkcs11();
    let mut program = scene.begin();
    scene.limit("commands_per_second", "300");
    program.tell("digest 1000000\n");
    keeps_to(&scene, 300, |session| session.commands);
}

#[test]
fn a_limit_counts_for_kernels_that_are_given_after_it_was_set_and_ends_with_it() {
    let scene = opencl(Vendor::Pocl);
    let mut program = scene.begin();
    scene.limit("longest_command", "200ms");
    assert_eq!(does(&mut program, "row 2"), "0");
    scene.limit("longest_command", "1h");
    assert_eq!(does(&mut program, "run 1500"), "0");
}

#[test]
fn sessions_together_give_no_more_commands_in_a_second_than_their_tenant_may() {
    for vendor in [Vendor::Pocl, Vendor::Intel] {
        let scene = opencl(vendor);
        scene.limit("commands_per_second", "1000");
        let mut programs = [scene.begin(), scene.begin()];
        scene.limit("commands_per_second", "200");
        programs.iter_mut().for_each(|program| assert_eq!(does(program, "storm 2"), "0"));
        keeps_to(&scene, 200, |session| session.commands);
        let held = scene.session(&programs[0]).held_ns;
        assert!(held > 0);
        // From now on, without a word to the programs.
        scene.limit("commands_per_second", "50");
        keeps_to(&scene, 50, |session| session.commands);
        scene.limit("commands_per_second", "400");
        keeps_to(&scene, 400, |session| session.commands);
    }
}

#[test]
fn sessions_together_move_no_more_bytes_in_a_second_than_their_tenant_may() {
    let scene = opencl(Vendor::Pocl);
    let mut programs = [scene.begin(), scene.begin()];
    scene.limit("bytes_per_second", "4M");
    programs.iter_mut().for_each(|program| assert_eq!(does(program, "send"), "0"));
    keeps_to(&scene, 4 << 20, |session| session.bytes_in + session.bytes_out);
    scene.limit("bytes_per_second", "1M");
    keeps_to(&scene, 1 << 20, |session| session.bytes_in + session.bytes_out);
}

#[test]
fn who_waits_for_a_second_to_come_keeps_nobody_else_waiting() {
    let scene = opencl(Vendor::Pocl);
    let mut program = scene.begin();
    scene.limit("commands_per_second", "1");
    assert_eq!(does(&mut program, "hold 30"), "0");
    let began = Instant::now();
    for _ in 0..10 {
        assert_eq!(does(&mut program, "make 4096"), "0");
    }
    assert!(began.elapsed() < Duration::from_secs(15), "calls that cost nothing wait for nothing");
    // Nothing is lost of what waited.
    let before = scene.session(&program).commands;
    scene.limit("commands_per_second", "1000000");
    assert_eq!(does(&mut program, "join"), "0");
    let commands = scene.session(&program).commands;
    assert!(before < commands && commands >= 30, "{before} and {commands}");
}

#[test]
fn a_session_whose_calls_wait_ends_at_once() {
    let scene = opencl(Vendor::Pocl);
    let mut program = scene.begin();
    scene.limit("commands_per_second", "1");
    assert_eq!(does(&mut program, "hold 600"), "0");
    let began = Instant::now();
    kill(&scene.world.socket(), scene.session(&program).session);
    assert!(end(&scene, &program).contains("ended by user"), "{}", end(&scene, &program));
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn cuda_gives_no_more_commands_in_a_second_than_its_tenant_may() {
    for way in ["copy", "fill"] {
        let scene = cuda("cuda.py", &[way]);
        let _programs = [scene.begin(), scene.begin()];
        scene.limit("commands_per_second", "100");
        // What was done before counts for nothing.
        std::thread::sleep(Duration::from_millis(100));
        // Each call is one, so that none passes uncounted.
        keeps_to(&scene, 100, |session| session.calls);
    }
}
