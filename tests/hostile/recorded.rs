//! Recordings of real programs, and mutations of them, sent to a worker without a vendor: `broker/worker/fuzz`.

use std::fs;
use std::time::Duration;

use ava_tests::{Ended, Program, Vendor, World, built};

use super::recorder::Recorder;

/// Inputs made from the recordings.
const ROUNDS: u32 = 3000;

#[test]
fn recorded_programs_and_changed_ones() {
    let world = World::new(Vendor::Pocl);
    let recorder = Recorder::new(world.socket().with_file_name("recorder"), world.socket());
    let conformance = Program::new(built::conformance().join("conformance"));
    let programs = [conformance.args(["all"]).env("CONFORMANCE_REMOTE", "1"), Program::new("clinfo")];
    for program in programs {
        let program = program.within(Duration::from_mins(5));
        let answer = world.remote(&program.env("AVA_SOCKET", &recorder.socket).env("AVA_TRANSPORT", "socket"));
        assert_eq!(answer.ended, Ended::With(0), "{answer}");
    }
    // The fuzzer's folder: see its README.
    let directory = built::directory().join("ava-tests/recorded");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let files: Vec<_> = recorder
        .sessions()
        .iter()
        .enumerate()
        .map(|(i, session)| {
            let file = directory.join(format!("{i:03}"));
            fs::write(&file, session).unwrap();
            file.into_os_string()
        })
        .collect();
    assert!(files.len() > 1, "{} sessions recorded", files.len());
    let replay = Program::new(built::file("ava-worker-replay")).args([ROUNDS.to_string()]).args(files);
    let answer = world.native(&replay.within(Duration::from_mins(5)));
    let last: Vec<_> = answer.stdout.lines().rev().take(3).collect();
    assert_eq!(answer.ended, Ended::With(0), "{last:?}\n{}", answer.stderr);
}
