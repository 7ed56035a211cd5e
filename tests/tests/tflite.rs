//! TensorFlow Lite: programs of either version produce the same results through AvA as natively, invalid calls get the API's
//! error, and nothing else is affected. The programs are in `tests/tflite`.

#[path = "../tflite/tests/bad.rs"]
mod bad;
#[path = "../tflite/tests/leaks.rs"]
mod leaks;

use std::path::{Path, PathBuf};

use ava_protocol::admin::Session;
use ava_tests::administration::settled_sessions;
use ava_tests::vendor::{node as installed_node, tflite};
use ava_tests::{Answer, Case, Ended, Program, Vendor, World, built};

/// The version of the worker's library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Old,
    New,
}

use Version::{New, Old};

impl Version {
    const fn name(self) -> &'static str {
        match self {
            Old => "2.9",
            New => "2.17",
        }
    }

    fn libraries(self) -> PathBuf {
        tflite(self.name())
    }

    /// A program of `tests/tflite` that is linked against this version.
    fn program(self, name: &str) -> Program {
        with_models(Program::new(built::tflite().join(self.name()).join(name)))
    }
}

fn models() -> PathBuf {
    tflite("models")
}

/// The external delegate.
fn delegate() -> PathBuf {
    built::tflite().join("delegate/libedgetpu.so.1")
}

fn with_models(program: Program) -> Program {
    program.env("TFLITE_MODELS", models()).env("TFLITE_DELEGATE", delegate())
}

/// As if the library and the delegate were installed.
fn installed(version: Version, program: Program) -> Program {
    let mut path = version.libraries().into_os_string();
    path.push(":");
    path.push(delegate().parent().unwrap());
    program.env("LD_LIBRARY_PATH", path)
}

/// A broker whose workers find these libraries, and may load the delegate.
fn world_of(libraries: &Path) -> World {
    let arguments = [Path::new("--vendor-library-path"), libraries, Path::new("--plugin"), &delegate()];
    // The programs find no OpenCL to use instead.
    let mut world = World::without_broker(Vendor::Pocl).with_arguments(arguments);
    world.start_broker();
    world
}

fn world(version: Version) -> World {
    world_of(&version.libraries())
}

/// The broker's sessions, which must all be of TensorFlow Lite.
fn served(world: &World) -> Vec<Session> {
    let sessions = settled_sessions(&world.socket());
    assert!(sessions.iter().all(|session| session.api == "tflite"), "{sessions:?}");
    sessions
}

/// How a program loads AvA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// `avactl run`, without an installed library of TensorFlow Lite.
    Run,
    /// `LD_PRELOAD`, likewise: only for programs that open the library themselves.
    Preloaded,
    /// `LD_PRELOAD`, and the library is installed.
    Beside,
}

use Way::{Beside, Preloaded, Run};

/// Runs it through AvA, and checks that it used AvA.
#[track_caller]
fn through(world: &World, version: Version, program: &Program, way: Way) -> Answer {
    let before = served(world).len();
    let answer = match way {
        Run => world.through_avactl(program),
        Preloaded => world.remote(program),
        Beside => world.remote(&installed(version, program.clone())),
    };
    let served = served(world);
    let calls: u64 = served[before..].iter().map(|session| session.calls).sum();
    assert!(calls > 10, "{program} {way:?}: only {calls} calls came to the broker: {served:?}\n{answer}");
    answer
}

/// The client's calls that AvA refuses, after which it continues: XNNPACK's thread pool stays in the worker.
const REFUSED: &str = "TfLiteXNNPackDelegateGetThreadPool";

/// The output without intended differences.
fn comparable(answer: &Answer) -> Answer {
    let without = |text: &str, what: &str| text.split_inclusive('\n').filter(|line| !line.contains(what)).collect();
    let Answer { stdout, stderr, ended } = answer;
    Answer { stdout: without(stdout, "thread pool: "), stderr: without(stderr, REFUSED), ended: *ended }
}

/// The program produces the same output as natively, each way.
#[track_caller]
fn same(version: Version, program: &Program, ways: &[Way]) {
    let world = world(version);
    let native = world.native(&installed(version, program.clone()));
    assert_eq!(native.ended, Ended::With(0), "{program} fails natively: {native}");
    assert!(native.stdout.lines().count() > 2, "{program} says little: {native}");
    assert!(served(&world).is_empty());
    for way in ways {
        let remote = through(&world, version, program, *way);
        let case = Case::new(program.clone());
        if let Some(differences) = case.differences(&comparable(&native), &comparable(&remote)) {
            panic!("{program} differs, {way:?}:\n{differences}\nthe broker's log:\n{}", world.log());
        }
    }
}

// The client.

fn client(version: Version) -> Program {
    version.program("client").args(["all"])
}

#[test]
fn the_client_of_2_9() {
    same(Old, &client(Old), &[Run, Beside]);
}

#[test]
fn the_client_of_2_17() {
    same(New, &client(New), &[Run, Beside]);
}

#[test]
fn the_client_over_sockets() {
    for version in [Old, New] {
        same(version, &client(version).env("AVA_TRANSPORT", "socket"), &[Run]);
    }
}

#[test]
fn the_client_with_every_call_waiting() {
    for version in [Old, New] {
        same(version, &client(version).env("AVA_STRICT", "1"), &[Beside]);
    }
}

// Other projects' programs.

#[test]
fn python_without_a_wrapper() {
    for version in [Old, New] {
        let script = built::tests().join("tflite/ctypes_client.py");
        let python = |library: PathBuf| Program::new("python3").args([&script, &library, &models()]);
        same(version, &python("libtensorflowlite_c.so".into()), &[Run, Preloaded, Beside]);
        // By its path, which no library search changes.
        same(version, &python(version.libraries().join("libtensorflowlite_c.so")), &[Run, Preloaded]);
    }
}

#[test]
fn rust_that_opens_the_library() {
    for version in [Old, New] {
        same(version, &Program::new(tflite("rust/opened")).args([models()]), &[Run, Preloaded, Beside]);
    }
}

#[test]
fn rust_linked_against_2_9() {
    same(Old, &Program::new(tflite("rust/linked-2-9")).args([models()]), &[Run, Beside]);
}

#[test]
fn rust_linked_against_2_17() {
    same(New, &Program::new(tflite("rust/linked-2-17")).args([models()]), &[Run, Beside]);
}

fn node() -> Program {
    let script = built::tests().join("tflite/node/client.js");
    let [node, packages] = installed_node();
    Program::new(node).args([script, models()]).env("NODE_PATH", packages)
}

#[test]
fn node_with_an_addon() {
    same(Old, &node(), &[Run, Preloaded, Beside]);
}

#[test]
fn node_on_coral() {
    same(Old, &node().args(["--coral"]), &[Run, Preloaded, Beside]);
}
