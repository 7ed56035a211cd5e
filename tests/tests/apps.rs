//! Unmodified programs produce through AvA the same results as natively.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use ava_tests::vendor::{pyopencl_tests, python, softhsm, tflite};
use ava_tests::{Case, Ended, Program, Vendor, World, built};

/// A module with the same tests for either vendor. A test in brackets is long; one with a vendor is so on the other
/// vendor, where it makes the same calls.
macro_rules! on_each_vendor {
    ($($name:ident,)* [pocl: $pocl:ident], [intel: $intel:ident], [$($long:ident),*]) => {
        on_each_vendor!(pocl Pocl: $($name)* $pocl [$intel $($long)*]);
        on_each_vendor!(intel Intel: $($name)* $intel [$pocl $($long)*]);
    };
    ($module:ident $vendor:ident: $($name:ident)* [$($long:ident)*]) => {
        mod $module {
            use ava_tests::{Vendor, assert_same};
            $(#[test]
            fn $name() {
                assert_same(Vendor::$vendor, &super::$name());
            })*
            $(#[test]
            #[ignore = "long: tools/check --all"]
            fn $long() {
                assert_same(Vendor::$vendor, &super::$long());
            })*
        }
    };
}

on_each_vendor!(
    clinfo,
    ffmpeg_boxblur,
    ffmpeg_unsharp,
    ffmpeg_avgblur,
    saxpy,
    clbench_linked,
    clbench_opened,
    cpp_bindings,
    pyopencl_wrapper,
    reikna,
    vkfft,
    clblast,
    opencv,
    [pocl: clpeak_memory],
    [intel: hashcat_optimized],
    [clpeak_whole, hashcat_md5, hashcat_sha1, hashcat_sha256, pyopencl_rest]
);

fn app(file: &str) -> PathBuf {
    built::tests().join("apps").join(file)
}

// clinfo.

/// Extensions that AvA hides: those that share memory with the program, return the vendor's pointers, or have functions that
/// AvA does not support.
const HIDDEN: &[&str] =
    &["cl_intel_exec_by_local_thread", "cl_intel_unified_shared_memory", "cl_khr_command_buffer_mutable_dispatch"];

/// `clinfo` prints "No" for these: AvA removes the capabilities of shared virtual memory and native kernels.
const DENIED: &[&str] = &[
    "    Coarse-grained buffer sharing  ",
    "    Fine-grained buffer sharing  ",
    "    Fine-grained system sharing  ",
    "    Atomics  ",
    "    Run native kernels  ",
];

/// Lines that `clinfo` prints for devices that have one of the extensions.
const GONE: &[&str] = &["USM", "Local thread execution (Intel)"];

/// `clinfo`'s output without what AvA hides on purpose.
fn hide(text: &str) -> String {
    let mut lines = Vec::new();
    let mut label = "";
    for line in text.lines() {
        let (name, value) = line.split_at_checked(50).unwrap_or((line, ""));
        let value = value.trim();
        let with_version = label.trim_end().ends_with("Extensions with Version");
        if !name.trim().is_empty() {
            label = name;
        }
        let versions = label.trim_end().ends_with("Extensions with Version");
        if versions && HIDDEN.contains(&value.split(' ').next().unwrap_or_default()) {
            // The first line of the list carries its label.
            assert!(with_version, "{line}: hidden, and first in its list");
        } else if name.trim_end().ends_with("Extensions") {
            let left: Vec<_> = value.split(' ').filter(|extension| !HIDDEN.contains(extension)).collect();
            lines.push(format!("{name}{}", left.join(" ")));
        } else if DENIED.iter().any(|denied| name.starts_with(denied)) {
            lines.push(format!("{name}No"));
        } else if !GONE.iter().any(|gone| name.contains(gone)) {
            lines.push(line.trim_end().to_owned());
        }
    }
    lines.join("\n")
}

fn clinfo() -> Case {
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    Case::new(Program::new("clinfo")).hiding(hide).masking(trimmed)
}

// clpeak: its figures must exist, not be equal.

fn without_figures(text: &str) -> String {
    text.lines().map(|line| line.split(" : ").next().unwrap_or(line).trim_end()).collect::<Vec<_>>().join("\n")
}

fn clpeak_memory() -> Case {
    let quick = Program::new("clpeak").args(["--kernel-latency", "--global-bandwidth"]);
    Case::new(quick).masking(without_figures)
}

/// The whole benchmark: its transfers move some hundred gigabytes.
fn clpeak_whole() -> Case {
    Case::new(Program::new("clpeak").within(Duration::from_mins(20))).masking(without_figures)
}

// hashcat: each start first runs the self-test of the hash type and ends with an error if that fails.

fn hashcat(arguments: &[&str]) -> Case {
    let quiet = ["--quiet", "--potfile-disable", "--logfile-disable"];
    Case::new(Program::new("hashcat").args(quiet).args(arguments).with([app("words")]).within(Duration::from_mins(5)))
}

/// MD5 of "ab12" by a mask, with the optimized kernels.
fn hashcat_optimized() -> Case {
    hashcat(&["-m", "0", "-a", "3", "-O", "749d7048edd2de31c2c7a88d4d196254", "?l?l?d?d"])
}

/// MD5 of "ava-secret".
fn hashcat_md5() -> Case {
    hashcat(&["-m", "0", "bdb0d06de5d459ea61263d14691336d0", "words"])
}

/// SHA-1 of "hashcat".
fn hashcat_sha1() -> Case {
    hashcat(&["-m", "100", "b89eaac7e61417341b710b727768294d0e6a277b", "words"])
}

/// SHA-256 of "letmein".
fn hashcat_sha256() -> Case {
    hashcat(&["-m", "1400", "1c8bfe8f801d79745c4631d09fff36c82aa37fc4cce4fc946683d7b336b63032", "words"])
}

// ffmpeg: the MD5 of every frame of a test picture, filtered on the device.

fn ffmpeg(filter: &str) -> Program {
    let chain = format!("format=yuv420p,hwupload,{filter},hwdownload,format=yuv420p");
    let device = ["-init_hw_device", "opencl=device", "-filter_hw_device", "device"];
    let source = ["-f", "lavfi", "-i", "testsrc=size=320x240:duration=1"];
    let program = Program::new("ffmpeg").args(["-hide_banner", "-nostdin", "-v", "error"]).args(device).args(source);
    program.args(["-vf", &chain, "-f", "framemd5", "-"])
}

const BOXBLUR: &str = "boxblur_opencl=2:1";
const UNSHARP: &str = "unsharp_opencl=lx=5:ly=5:la=1.5";

fn ffmpeg_boxblur() -> Case {
    Case::new(ffmpeg(BOXBLUR))
}

fn ffmpeg_unsharp() -> Case {
    Case::new(ffmpeg(UNSHARP))
}

fn ffmpeg_avgblur() -> Case {
    Case::new(ffmpeg("avgblur_opencl=3"))
}

/// Both vendors compute the same pictures, natively and through AvA.
#[test]
fn ffmpeg_is_the_same_on_both_vendors() {
    let worlds = [World::new(Vendor::Pocl), World::new(Vendor::Intel)];
    for filter in [BOXBLUR, UNSHARP] {
        let [pocl, intel] = worlds.each_ref().map(|world| world.remote(&ffmpeg(filter)));
        assert_eq!(pocl, intel, "{filter}");
        assert!(pocl.stdout.lines().count() > 25, "{filter}: {pocl}");
    }
}

// Programs in C and C++.

fn saxpy() -> Case {
    Case::new(Program::new(built::compiled("saxpy", "apps/saxpy.c", &["-lOpenCL"])).args(["3"]))
}

fn clbench(program: PathBuf) -> Case {
    let short = "--iters 200 --async 500 --batch 100 --warmup 20 --sizes 4k,1m --bw-bytes 16m";
    let without_times = |text: &str| {
        let fields = text.split_inclusive([',', '\n']);
        let is_figure = |field: &str| field.contains("_ns\":") || field.contains("GBps");
        fields.filter(|field| !is_figure(field)).collect::<String>()
    };
    Case::new(Program::new(program).args(short.split(' '))).masking(without_times)
}

fn clbench_linked() -> Case {
    clbench(built::compiled("clbench", "bench/clbench.c", &["-lOpenCL", "-lm"]))
}

fn clbench_opened() -> Case {
    clbench(built::compiled("clbench-opened", "bench/clbench.c", &["-DCLBENCH_DLOPEN", "-ldl", "-lm"]))
}

fn cpp_bindings() -> Case {
    Case::new(Program::new(built::conformance().join("cpp_bindings")))
}

// Python.

fn script(file: &str) -> Case {
    Case::new(Program::new(python()).args([app(file)])).without_stderr()
}

fn reikna() -> Case {
    script("reikna_linalg.py")
}

fn vkfft() -> Case {
    script("vkfft.py")
}

fn clblast() -> Case {
    script("clblast.py")
}

fn opencv() -> Case {
    script("opencv.py")
}

/// The verdicts of pyopencl's own tests.
fn pyopencl(files: &[&str], limit: Duration) -> Case {
    let pytest = ["-m", "pytest", "-v", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore"];
    let program = Program::new(python()).args(pytest).args(files).with([pyopencl_tests()]).within(limit);
    let verdicts = |text: &str| {
        let verdicts = text.lines().filter(|line| line.starts_with("test_"));
        let percentage = |line: &str| line.rsplit_once('[').map_or(line, |(verdict, _)| verdict).trim_end().to_owned();
        verdicts.map(percentage).collect::<Vec<_>>().join("\n")
    };
    // The tests do not use shared virtual memory on a device without it.
    let without_svm = |text: &str| {
        let line = |line: &str| {
            if line.contains("svm") { line.replace(" PASSED", " SKIPPED") } else { line.to_owned() }
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    };
    Case::new(program).masking(verdicts).hiding(without_svm).without_stderr()
}

fn pyopencl_wrapper() -> Case {
    let files = ["test_wrapper.py", "test_enqueue_copy.py", "test_arrays_in_structs.py", "test_clrandom.py"];
    pyopencl(&files, Duration::from_mins(3))
}

/// One of these fails natively on both vendors: it expects a directory that pyopencl no longer makes.
fn pyopencl_rest() -> Case {
    let files = ["test_algorithm.py", "test_array.py", "test_clmath.py"];
    pyopencl(&files, Duration::from_mins(30)).ending_with(1)
}

// Several APIs.

/// One process with a session for each API, in threads and in a forked child too.
#[test]
fn three_apis() {
    let libraries = tflite("2.9");
    let program = Program::new(python()).args([app("three_apis.py"), tflite("models").join("fc.tflite")]);
    let mut world = World::without_broker(Vendor::SoftHsm)
        .with_arguments([OsStr::new("--vendor-library-path"), libraries.as_os_str()]);
    world.start_broker();
    let modules = softhsm();
    let path = env::join_paths([&*libraries, modules.parent().unwrap()]).unwrap();
    let native = world.native(&program.clone().env("LD_LIBRARY_PATH", path));
    assert_eq!(native.ended, Ended::With(0), "{native}");
    let remote = world.through_avactl(&program);
    assert_eq!(remote, native, "natively:\n{native}\nthrough AvA:\n{remote}");
}
