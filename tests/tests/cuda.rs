//! CUDA: programs of the driver and of the runtime compute on the software device what arithmetic says, and get the statuses
//! that NVIDIA documents. The programs are in `tests/cuda`.

use std::path::Path;

use ava_tests::vendor::{cuda as installed, cuda_python};
use ava_tests::{Answer, Ended, Program, Vendor, World, built};

/// What the device of the tests has, in bytes: cases use all of it.
const MEMORY: &str = "1073741824";

/// What one device cannot do, and what the software device lacks.
const SKIPPED: [&str; 2] =
    ["device_peers skip: one device", "memory_handle_for_other_processes skip: the device has no IPC"];

/// The directory with what is made of `tests/cuda`.
fn made() -> &'static Path {
    let _ = installed();
    built::cuda()
}

/// Runs a program on a software device.
fn on_the_device(program: &Program) -> Answer {
    World::without_broker(Vendor::SoftCuda).native(&program.clone().env("AVA_SOFTCUDA_MEMORY", MEMORY))
}

fn client(arguments: &[&str]) -> Program {
    Program::new(made().join("client")).args(arguments)
}

/// Everything but what passes.
fn complaints(answer: &Answer) -> String {
    answer
        .stdout
        .lines()
        .filter(|line| !line.ends_with(" ok") && !line.contains(" note: "))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_case_of_the_client_passes() {
    let cases = on_the_device(&client(&["list"])).stdout.lines().count();
    assert!(cases >= 120, "only {cases} cases");
    let answer = on_the_device(&client(&["all"]));
    let passed = answer.stdout.lines().filter(|line| line.ends_with(" ok")).count();
    let skipped: Vec<_> = answer.stdout.lines().filter(|line| line.contains(" skip: ")).collect();
    assert_eq!(answer.ended, Ended::With(0), "{}\n{}", complaints(&answer), answer.stderr);
    assert_eq!(skipped, SKIPPED);
    assert_eq!(passed + skipped.len(), cases, "{}", complaints(&answer));
}

/// The cases that do not pass through AvA yet, one per line.
const NOT_YET: &str = include_str!("../cuda/not-yet.txt");

/// Those that pass natively pass through AvA, too, but for the list.
#[test]
fn every_case_of_the_client_passes_through_ava() {
    passes_through(&World::new(Vendor::SoftCuda));
}

/// The marks that the worker puts into streams then are not noticed.
#[test]
fn every_case_of_the_client_passes_while_its_commands_are_watched() {
    let mut world = World::without_broker(Vendor::SoftCuda);
    let file = world.directory().join("ava.toml");
    std::fs::write(&file, "[default]\nlongest_command = \"1h\"\n").unwrap();
    world = world.with_arguments(["--config".as_ref(), file.as_os_str()]);
    world.start_broker();
    passes_through(&world);
}

#[track_caller]
fn passes_through(world: &World) {
    let _ = installed();
    let answer = world.through_avactl(&client(&["all"]).env("AVA_SOFTCUDA_MEMORY", MEMORY));
    let failed: Vec<_> = answer
        .stdout
        .lines()
        .filter(|line| line.contains(" FAIL "))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        failed,
        NOT_YET.lines().collect::<Vec<_>>(),
        "{:?}\n{}\n{}",
        answer.ended,
        complaints(&answer),
        answer.stderr
    );
    // What does not work says so.
    for line in answer.stdout.lines().filter(|line| line.contains(" FAIL ")) {
        assert!(line.contains("(801 CUDA_ERROR_NOT_SUPPORTED, not "), "{line}");
    }
    let passed = answer.stdout.lines().filter(|line| line.ends_with(" ok")).count();
    let skipped: Vec<_> = answer.stdout.lines().filter(|line| line.contains(" skip: ")).collect();
    assert!(passed > failed.len(), "{answer}");
    assert_eq!(skipped, SKIPPED);
}

/// Cases about images and arguments that are not what they say.
const HOSTILE: [&str; 5] = ["image_", "arguments_", "arrays_", "options_", "kernels_"];

/// What is refused is refused by the same status, and what is let pass does the same.
#[test]
fn what_is_not_what_it_says_is_answered_as_natively() {
    let list = on_the_device(&client(&["list"])).stdout;
    let names: Vec<_> = list.lines().filter(|name| HOSTILE.iter().any(|kind| name.starts_with(kind))).collect();
    let program = client(&["run"]).args(&names);
    let natively = on_the_device(&program);
    assert_eq!(natively.ended, Ended::With(0), "{natively}");
    let answer = World::new(Vendor::SoftCuda).through_avactl(&program.env("AVA_SOFTCUDA_MEMORY", MEMORY));
    assert_eq!(answer.stdout, natively.stdout, "{}", answer.stderr);
}

/// What a driver of NVIDIA's finds, by name, version and flags.
#[test]
fn functions_are_found_as_a_driver_finds_them() {
    let lookups = Program::new("python3").args([built::tests().join("cuda/lookups.py")]);
    let _ = installed();
    for answer in [on_the_device(&lookups), World::new(Vendor::SoftCuda).through_avactl(&lookups)] {
        assert_eq!(answer.stdout, "1545 compared, 0 wrong\n", "{answer}");
    }
}

#[test]
fn every_case_about_devices_passes_with_two() {
    let list = on_the_device(&client(&["list"])).stdout;
    let names: Vec<_> = list.lines().filter(|name| name.starts_with("device")).collect();
    let answer = on_the_device(&client(&["run"]).args(&names).env("AVA_SOFTCUDA_DEVICES", "2"));
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    assert!(answer.stdout.ends_with(&format!("{} passed, 0 failed, 0 skipped\n", names.len())), "{answer}");
}

/// The program ends well, and says so last.
#[track_caller]
fn is_right(program: &Program, says: &str) {
    let answer = on_the_device(program);
    assert_eq!(answer.ended, Ended::With(0), "{program}: {answer}");
    assert_eq!(answer.stdout, format!("{says}right\n"), "{program}: {answer}");
}

/// Programs of the runtime, and what they say before they say that they are right.
const RUNTIME: [(&str, &str); 10] = [
    ("atomics", "first: 33550336, power: 2099150849\n"),
    ("errors", "refused: cudaErrorInvalidValue\nrefused: cudaErrorInvalidValue\nrefused: cudaErrorInvalidValue\n"),
    ("graphs", ""),
    ("matmul", "float 96: trace 0\nfloat 100: trace -69\ndouble 64: trace 18\nint 50: trace -5\n"),
    ("pools", ""),
    ("reduce", "sum -1388, largest 500, even 50048\n"),
    ("reset", ""),
    ("streams", "sum of all: 160201300000\n"),
    ("symbols", ""),
    ("vector_add", "sum of all: 508999995.00\n"),
];

/// Those that do not pass through AvA yet.
const RUNTIME_NOT_YET: [&str; 1] = ["symbols"];

#[test]
fn programs_of_the_runtime_are_right() {
    for (name, says) in RUNTIME {
        is_right(&Program::new(made().join("runtime").join(name)), says);
    }
}

#[test]
fn programs_of_the_runtime_are_right_through_ava() {
    let _ = installed();
    let world = World::new(Vendor::SoftCuda);
    for (name, says) in RUNTIME.iter().filter(|(name, _)| !RUNTIME_NOT_YET.contains(name)) {
        is_right_through_ava(&world, &Program::new(made().join("runtime").join(name)), says);
    }
    // What does not work says so.
    for name in RUNTIME_NOT_YET {
        let program = Program::new(made().join("runtime").join(name)).env("AVA_SOFTCUDA_MEMORY", MEMORY);
        let answer = world.through_avactl(&program);
        assert_eq!(answer.ended, Ended::With(1), "{name}: {answer}");
        assert!(answer.stdout.contains("cudaErrorNotSupported"), "{name}: {answer}");
    }
    for (version, says) in shared() {
        is_right_through_ava(&world, &Program::new(made().join(version).join("shared")), &says);
    }
    is_right_through_ava(&world, &python(), PYTHON);
}

/// The program says the same through AvA.
#[track_caller]
fn is_right_through_ava(world: &World, program: &Program, says: &str) {
    let answer = world.through_avactl(&program.clone().env("AVA_SOFTCUDA_MEMORY", MEMORY));
    assert_eq!(answer.ended, Ended::With(0), "{program}: {answer}");
    assert_eq!(answer.stdout, format!("{says}right\n"), "{program}: {answer}");
}

/// The versions of shared runtimes, and what the program says with each: the sum of the squares below 256 is 255 · 256 · 511 / 6.
fn shared() -> [(&'static str, String); 2] {
    ["11.8", "12.8"].map(|version| (version, format!("runtime {version}\nsum of squares: 5559680\n")))
}

#[test]
fn programs_with_shared_runtimes_are_right() {
    for (version, says) in shared() {
        is_right(&Program::new(made().join(version).join("shared")), &says);
    }
}

/// Not initialised, missing, of no size, too large a block, no context.
const PYTHON: &str = "cuCtxSynchronize: 3\nlast: 2498.5 sum: 1749250.0\ncuModuleGetFunction: 500\ncuMemAlloc_v2: 1\n\
                      cuLaunchKernel: 1\ncuCtxSynchronize: 201\n";

fn python() -> Program {
    Program::new("python3").args([built::tests().join("cuda/driver.py")])
}

#[test]
fn python_without_a_wrapper_is_right() {
    is_right(&python(), PYTHON);
}

/// A script of a library that compiles kernels in Python says the same natively and through AvA, and that all is right. NVRTC's
/// code is for genuine devices, but for PTX.
#[track_caller]
fn library_is_right(script: &str) {
    let script = built::tests().join("cuda/libraries").join(script);
    let program =
        Program::new(cuda_python()).args([script]).env("CUPY_COMPILE_WITH_PTX", "1").env("CUPY_ACCELERATORS", "");
    let natively = on_the_device(&program);
    assert_eq!(natively.ended, Ended::With(0), "{natively}");
    assert!(natively.stdout.ends_with("\nright\n"), "{natively}");
    let answer = World::new(Vendor::SoftCuda).through_avactl(&program.env("AVA_SOFTCUDA_MEMORY", MEMORY));
    assert_eq!(answer.stdout, natively.stdout, "{}", answer.stderr);
}

#[test]
#[ignore = "much to download: tools/check --all"]
fn numba_is_right() {
    library_is_right("with_numba.py");
}

#[test]
#[ignore = "much to download: tools/check --all"]
fn cupy_is_right() {
    library_is_right("with_cupy.py");
}

#[test]
#[ignore = "much to download: tools/check --all"]
fn triton_is_right() {
    library_is_right("with_triton.py");
}
