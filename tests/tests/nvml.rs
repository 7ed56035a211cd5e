//! NVML: programs ask about the software devices natively and through AvA, and are told the same, but for what other tenants'
//! processes are and do. The programs are in `tests/nvml`.

use std::path::PathBuf;
use std::time::Duration;

use ava_tests::{Answer, Ended, Program, Vendor, World, built, vendor};

/// Processes that the library says are there, besides the program's own.
const OTHERS: (&str, &str) = ("AVA_SOFTNVML_PROCESSES", "4711:1048576,4712:2097152");

fn client(what: &str) -> Program {
    Program::new(vendor::nvml_client()).args([what])
}

fn python(script: &str) -> Program {
    let script = built::tests().join("nvml").join(script);
    Program::new(vendor::nvml().join("bin/python")).args([script]).within(Duration::from_mins(1))
}

fn world() -> World {
    World::new(Vendor::SoftCuda)
}

#[track_caller]
fn same(native: &Answer, remote: &Answer) {
    assert_eq!((&native.stdout, native.ended), (&remote.stdout, remote.ended), "{native}\n{remote}");
    assert_eq!(native.ended, Ended::With(0), "{native}");
}

#[test]
fn what_monitors_ask_is_answered_as_natively() {
    let ask = client("ask").env("AVA_SOFTCUDA_DEVICES", "2").env(OTHERS.0, OTHERS.1);
    let world = world();
    let native = world.native(&ask);
    assert!(native.stdout.contains("\nnvmlDeviceGetName 0 AvA software device\n"), "{native}");
    // What others use is not free.
    assert!(native.stdout.contains("\nmemory 0 4294967296 4290772992 4194304\n"), "{native}");
    same(&native, &world.remote(&ask));
    same(&native, &world.through_avactl(&ask));
    same(&native, &world.remote(&ask.clone().env("AVA_TRANSPORT", "socket")));
    same(&native, &world.remote(&ask.clone().env("AVA_STRICT", "1")));
}

#[test]
fn what_is_wrong_is_refused_as_natively() {
    let world = world();
    let native = world.native(&client("wrong"));
    same(&native, &world.remote(&client("wrong")));
    same(&native, &world.remote(&client("wrong").env("AVA_TRANSPORT", "socket")));
}

#[test]
fn nothing_is_changed() {
    let world = world();
    let says = |persistence: u32, status: u32, limit: u32| {
        format!(
            "nvmlInit_v2 0\nnvmlDeviceSetPersistenceMode {status}\nnvmlDeviceSetPowerManagementLimit {status}\n\
             nvmlDeviceGetPersistenceMode 0 {persistence}\nnvmlDeviceGetPowerManagementLimit 0 {limit}\n"
        )
    };
    assert_eq!(world.native(&client("change")).stdout, says(1, 0, 61000));
    let remote = world.remote(&client("change"));
    assert_eq!(remote.stdout, says(0, 4, 70000), "{remote}");
}

/// What the library says of a device that two others use, and what a program is told.
const BY_OTHERS: &str = "nvmlInit_v2 0\ndevice 0: 7 2 0 2\n  another 1048576 4294967295 4294967295\n  \
    another 2097152 4294967295 4294967295\n  versions 0 0 2 2 agree\n  drawing 0 0\n  samples 0 accounting 0 init 0\n";
const BY_NOBODY: &str = "nvmlInit_v2 0\ndevice 0: 0 0 0 0\n  versions 0 0 0 0 agree\n  drawing 0 0\n  \
    samples 4 accounting 4 init 4\n";

#[test]
fn others_are_not_seen() {
    let (world, program) = (world(), client("processes").env(OTHERS.0, OTHERS.1));
    assert_eq!(world.native(&program).stdout, BY_OTHERS);
    let remote = world.remote(&program);
    assert_eq!(remote.stdout, BY_NOBODY, "{remote}");
}

#[test]
fn a_program_sees_itself_and_its_memory() {
    let world = world();
    let program = client("cuda");
    // How the library samples, and what it keeps of processes, no program is told.
    let told = |answer: &Answer| -> String {
        answer.stdout.lines().filter(|line| !line.contains("samples")).map(|line| format!("{line}\n")).collect()
    };
    let native = world.native(&program);
    assert!(native.stdout.contains("memory 0\ndevice 0: 7 1 0 1\n  own 3145728 4294967295 4294967295\n"), "{native}");
    assert_eq!(native.stdout.matches("own ").count(), 2, "{native}");
    let remote = world.remote(&program);
    assert_eq!(told(&remote), told(&native), "{remote}");
    // Nor are others there then. The library itself only knows of primary contexts.
    let own = world.remote(&program.env(OTHERS.0, OTHERS.1).env("OWN_CONTEXT", "1"));
    assert_eq!((own.stdout.matches("own ").count(), own.stdout.matches("another").count()), (4, 0), "{own}");
    assert!(own.stdout.contains("one of its own 0\ndevice 0: 7 1 0 1\n  own 0 "), "{own}");
}

/// Nothing of a library that was initialized is there in a child: it initializes its own.
#[test]
fn a_forked_child_begins_anew() {
    let world = world();
    let remote = world.remote(&client("fork"));
    let says = "nvmlInit_v2 0\nas before 1\nnvmlDeviceGetName 1 \nnvmlDeviceGetName 0 AvA software device\n";
    assert_eq!(remote.stdout, says, "{remote}");
    let anew = client("fork").env("ANEW", "1");
    let told =
        |answer: &Answer| answer.stdout.replace("samples 4 accounting 4 init 4", "samples 6 accounting 0 init 0");
    let remote = world.remote(&anew);
    assert_eq!(told(&remote), world.native(&anew).stdout, "{remote}");
}

#[test]
fn nvidias_python_is_told_the_same() {
    let (world, program) = (world(), python("ask.py").env("AVA_SOFTCUDA_DEVICES", "2").env(OTHERS.0, OTHERS.1));
    let native = world.native(&program);
    assert!(native.stdout.contains("\nBoardPartNumber NVMLError_NotSupported Not Supported\n"), "{native}");
    // A library that lacks a function, and a program that AvA has all of them for.
    assert!(native.stdout.contains("\nRemappedRows NVMLError_FunctionNotFound Function Not Found\n"), "{native}");
    same(&native, &world.remote(&program));
    same(&native, &world.through_avactl(&program));
}

/// The tables that nvitop draws, without the machine's own load.
fn tables(answer: &Answer) -> String {
    let lines = answer.stdout.lines().filter(|line| line.starts_with(['+', '|']));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn nvitop_draws_the_same_without_the_others() {
    let nvitop: PathBuf = vendor::nvml().join("bin/nvitop");
    let program = Program::new(nvitop).args(["--once", "--no-unicode"]).within(Duration::from_mins(1));
    let program = program.env("AVA_SOFTCUDA_DEVICES", "2").env("LINES", "60").env("COLUMNS", "100");
    let world = world();
    let (native, remote) = (world.native(&program), world.through_avactl(&program));
    assert!(native.stdout.contains("AvA software device") && native.stdout.contains("40:00.0"), "{native}");
    assert_eq!(tables(&native), tables(&remote), "{native}\n{remote}");
    assert_eq!((native.ended, remote.ended), (Ended::With(0), Ended::With(0)), "{native}\n{remote}");
}
