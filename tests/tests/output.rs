//! Vendor output goes to the program's current standard output and error.

use std::path::Path;

use ava_tests::{Answer, Ended, Program, Vendor, World, built};

/// How a program may have redirected its standard output.
const MODES: [&str; 15] = [
    "usual",
    "unbuffered",
    "line_buffered",
    "reopened",
    "captured",
    "same_file",
    "closed",
    "to_a_socket",
    "no_reader",
    "no_reader_ignored",
    "no_reader_caught",
    "no_reader_blocked",
    "without_a_call",
    "in_a_callback",
    "polled",
];

fn same(vendor: Vendor) {
    let world = World::new(vendor);
    let print = built::compiled("print", "output/print.c", &["-lOpenCL"]);
    for mode in MODES {
        for whose in [&[mode][..], &[mode, "forked"]] {
            let program = Program::new(&print).args(whose);
            let (native, remote) = (world.native(&program), world.remote(&program));
            assert!(native.ended != Ended::With(2) && native.ended != Ended::With(3), "{whose:?}: natively: {native}");
            assert!(native == remote, "{whose:?}: natively: {native}\nthrough AvA: {remote}");
        }
    }
    through_a_file(&world, &print);
}

/// To a file that others append to, and that is closed at the start.
fn through_a_file(world: &World, print: &Path) {
    let command = format!(
        "echo first >file; {0} usual >>file; echo last >>file; {0} usual >&-; {0} usual 1<>file; cat file",
        print.display()
    );
    let shell = Program::new("sh").args(["-c", &command]);
    let native: Answer = world.native(&shell);
    assert!(native.stdout.contains("kernel 1\n"), "{native}");
    assert!(native == world.remote(&shell), "natively: {native}\nthrough AvA: {}", world.remote(&shell));
}

#[test]
fn on_pocl() {
    same(Vendor::Pocl);
}

#[test]
fn on_intel() {
    same(Vendor::Intel);
}
