//! `avactl doctor` reports what a program would meet, because it opens sessions itself.

use std::path::Path;
use std::time::Duration;

use ava_tests::{Answer, Ended, Program, Vendor, World, built};
use serde_json::Value;

/// doctor's report with the broker at this socket.
fn doctor(world: &World, socket: &Path, arguments: &[&str]) -> Answer {
    let program = Program::new(built::file("avactl")).args(["doctor"]).args(arguments).env("AVA_SOCKET", socket);
    // The vendor's variables are the caller's, like a program's.
    world.native(&program.env("HOME", "/nowhere").within(Duration::from_mins(2)))
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

fn check<'a>(diagnosis: &'a Value, name: &str) -> &'a Value {
    let checks = diagnosis["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {diagnosis}"))
}

#[test]
fn a_session_is_opened_with_each_api() {
    let world = World::new(Vendor::Pocl);
    let answer = doctor(&world, &world.socket(), &["--format", "json"]);
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    let diagnosis = json(&answer);
    assert_eq!((&diagnosis["schema"], &diagnosis["healthy"]), (&1.into(), &true.into()), "{diagnosis}");
    let opencl = check(&diagnosis, "opencl");
    assert_eq!(opencl["health"], "ok", "{opencl}");
    assert!(opencl["found"].as_str().unwrap().starts_with("Portable Computing Language (a session in "), "{opencl}");
    assert!(opencl["session"]["worker_pid"].as_u64().is_some_and(|worker| worker > 1), "{opencl}");
    assert!(opencl["session"]["sandbox"].as_str().unwrap().contains("seccomp filter"), "{opencl}");
    // This broker searches no other folder for the library.
    assert_eq!(check(&diagnosis, "tflite")["health"], "absent", "{diagnosis}");
}

#[test]
fn a_token_is_found() {
    let world = World::new(Vendor::SoftHsm);
    let diagnosis = json(&doctor(&world, &world.socket(), &["--format", "json"]));
    let found = check(&diagnosis, "pkcs11")["found"].as_str().unwrap().to_owned();
    assert!(found.starts_with("SoftHSM 2.") && found.contains(" token"), "{diagnosis}");
}

#[test]
fn it_fits_a_small_terminal() {
    let world = World::new(Vendor::Pocl);
    let answer = doctor(&world, &world.socket(), &[]);
    assert!(answer.stdout.lines().count() <= 24, "{answer}");
    // Only words that cannot be split are wider.
    let is_wide = |line: &&str| line.chars().count() > 80 && line.trim().contains(' ');
    assert_eq!(answer.stdout.lines().filter(is_wide).count(), 0, "{answer}");
    assert!(!answer.stdout.contains("clSVMAlloc") && answer.stdout.contains("set-user-ID"), "{answer}");
    let more = doctor(&world, &world.socket(), &["--verbose"]);
    assert!(more.stdout.contains("clSVMAlloc") && more.stdout.contains("ava-worker"), "{more}");
}

#[test]
fn a_socket_that_nobody_listens_at_is_no_health() {
    let world = World::without_broker(Vendor::Pocl);
    let answer = doctor(&world, Path::new("/nowhere/broker.sock"), &[]);
    assert_eq!(answer.ended, Ended::With(1), "{answer}");
    assert!(answer.stdout.contains("BROKEN  broker     no broker listens on /nowhere/broker.sock\n"), "{answer}");
    assert!(answer.stdout.contains("Programs cannot run here yet."), "{answer}");
}
