//! Recordings of real programs of every API, and mutations of them, sent to a worker without a vendor: `broker/worker/fuzz`.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use ava_protocol::api::Api;
use ava_protocol::{nvml, opencl, pkcs11, tflite};
use ava_tests::vendor::{nvml_client, softhsm, tflite as tensorflow};
use ava_tests::{Ended, Program, Vendor, World, built};
use ava_worker_fuzz::records;

use super::recorder::Recorder;

/// Inputs made from the recordings, as many of each API.
const ROUNDS: u32 = 9000;

#[test]
fn recorded_programs_and_changed_ones() {
    // The fuzzer's folder: see its README.
    let directory = built::directory().join("ava-tests/recorded");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();

    let conformance = Program::new(built::conformance().join("conformance"));
    let programs = [conformance.args(["all"]).env("CONFORMANCE_REMOTE", "1"), Program::new("clinfo")];
    let mut files = recorded(&opencl::API, World::new(Vendor::Pocl), &programs, &directory);

    let client = Program::new(built::pkcs11().join("client")).args(["all"]).env("PKCS11_MODULE", softhsm());
    files.extend(recorded(&pkcs11::API, World::new(Vendor::SoftHsm), &[client], &directory));

    let (libraries, programs) = (tensorflow("2.17"), built::tflite());
    let delegate = programs.join("delegate/libedgetpu.so.1");
    let arguments = [Path::new("--vendor-library-path"), &libraries, Path::new("--plugin"), &delegate];
    let mut world = World::without_broker(Vendor::Pocl).with_arguments(arguments);
    world.start_broker();
    let client = Program::new(programs.join("2.17/client")).args(["all"]).env("LD_LIBRARY_PATH", &libraries);
    let client = client.env("TFLITE_MODELS", tensorflow("models")).env("TFLITE_DELEGATE", &delegate);
    files.extend(recorded(&tflite::API, world, &[client], &directory));

    let clients = ["ask", "wrong"].map(|what| Program::new(nvml_client()).args([what]));
    files.extend(recorded(&nvml::API, World::new(Vendor::SoftCuda), &clients, &directory));

    let replay = Program::new(built::file("ava-worker-replay")).args([ROUNDS.to_string()]).args(files);
    let answer = World::without_broker(Vendor::Pocl).native(&replay.within(Duration::from_mins(5)));
    let last: Vec<_> = answer.stdout.lines().rev().take(3).collect();
    assert_eq!(answer.ended, Ended::With(0), "{last:?}\n{}", answer.stderr);
}

/// The files with what programs say to their workers, at least one for each program.
fn recorded(api: &Api, world: World, programs: &[Program], directory: &Path) -> Vec<OsString> {
    let recorder = Recorder::new(world.socket().with_file_name("recorder"), world.socket());
    for program in programs {
        let program = program.clone().within(Duration::from_mins(5));
        let answer = world.remote(&program.env("AVA_SOCKET", &recorder.socket).env("AVA_TRANSPORT", "socket"));
        assert_eq!(answer.ended, Ended::With(0), "{answer}");
    }
    let sessions = recorder.sessions();
    assert!(sessions.len() >= programs.len(), "{}: {} sessions recorded", api.name, sessions.len());
    let files = sessions.iter().enumerate().map(|(i, session)| {
        let file = directory.join(format!("{}-{i:03}", api.name));
        fs::write(&file, [records::begin(api).as_slice(), session].concat()).unwrap();
        file.into_os_string()
    });
    files.collect()
}
