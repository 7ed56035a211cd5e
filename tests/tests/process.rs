//! What programs do to their own process: they close unknown descriptors, have more threads than descriptors, cancel
//! threads, and install seccomp filters. (`device.h` has the programs' common code.)

use ava_tests::{Answer, Ended, Program, Vendor, World, built};

fn program(name: &str, arguments: &[&str]) -> Program {
    let compiled = built::compiled(name, &format!("process/{name}.c"), &["-lOpenCL", "-pthread"]);
    Program::new(compiled).args(arguments)
}

#[track_caller]
fn same(native: &Answer, remote: &Answer) {
    assert_eq!(native.ended, Ended::With(0), "natively: {native}");
    assert!(native == remote, "natively: {native}\nthrough AvA: {remote}");
}

#[test]
fn who_closes_all_descriptors_goes_on() {
    for vendor in [Vendor::Pocl, Vendor::Intel] {
        let world = World::new(vendor);
        for how in ["loop", "range", "from"] {
            let remote = world.remote(&program("closes", &[how]));
            assert_eq!((remote.ended, remote.stderr.as_str()), (Ended::With(0), ""), "{remote}");
            // Natively a vendor may have descriptors of its own, so the program says which result is right.
            assert!(remote.stdout.ends_with("called 8\n600 open, 0 bad\n"), "{remote}");
            assert!(!remote.stdout.contains('-'), "a status that is an error: {remote}");
        }
    }
}

/// Over sockets every thread has a descriptor that the program can close; the shim does not touch a file that reuses the
/// number.
#[test]
fn who_closes_all_descriptors_of_socket_lanes_is_told() {
    let world = World::new(Vendor::Pocl);
    let remote = world.remote(&program("closes", &["range"]).env("AVA_TRANSPORT", "socket"));
    assert_eq!(remote.ended, Ended::With(0), "{remote}");
    assert!(remote.stdout.ends_with("600 open, 0 bad\n"), "{remote}");
    assert!(remote.stderr.contains("this program has closed the connection of its session"), "{remote}");
}

#[test]
fn more_threads_than_descriptors_are_served() {
    let world = World::new(Vendor::Pocl);
    for arguments in [["at-once", "1500"], ["in-turn", "1500"], ["blocked", "1200"]] {
        same(&world.native(&program("crowd", &arguments)), &world.remote(&program("crowd", &arguments)));
    }
    let few = |program: &Program| Program::new("sh").args(["-c", &format!("ulimit -n 100; exec {program}")]);
    let crowd = few(&program("crowd", &["at-once", "400"]));
    same(&world.native(&crowd), &world.remote(&crowd));
}

/// Each thread's calls come after those of others, which nobody has waited for.
#[test]
fn many_threads_pass_objects_on() {
    for (vendor, count) in [(Vendor::Pocl, "500"), (Vendor::Intel, "100")] {
        let world = World::new(vendor);
        let crowd = program("crowd", &["passing", count]);
        same(&world.native(&crowd), &world.remote(&crowd));
        let sockets = crowd.env("AVA_TRANSPORT", "socket");
        same(&world.native(&sockets), &world.remote(&sockets));
    }
}

#[test]
fn cancelled_threads_leave_the_others_well() {
    let world = World::new(Vendor::Pocl);
    // Natively a thread that is cancelled within a call leaves the vendor's locks held.
    let remote = world.remote(&program("cancelled", &[]));
    let works = "who works is cancelled\n".repeat(8);
    let wanted = format!("who ends has ended\nwho waits is cancelled\n{works}small 0, large 0\n");
    assert_eq!(remote, Answer { stdout: wanted, stderr: String::new(), ended: Ended::With(0) });
}

/// Calls that the shim does not need once it has started, or can replace.
#[test]
fn forbidden_system_calls_are_done_without() {
    let world = World::new(Vendor::Pocl);
    let native = world.native(&program("forbidden", &["-1", "0", "before"]));
    let needed = [
        libc::SYS_memfd_create,
        libc::SYS_ftruncate,
        libc::SYS_fcntl,
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_sendmsg,
        libc::SYS_recvmsg,
    ];
    let not_needed = [
        libc::SYS_close_range,
        libc::SYS_fstat,
        libc::SYS_getcwd,
        libc::SYS_geteuid,
        libc::SYS_getpid,
        libc::SYS_getsockopt,
        libc::SYS_getuid,
        libc::SYS_madvise,
        libc::SYS_ppoll,
        libc::SYS_prlimit64,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_setsockopt,
        libc::SYS_socketpair,
        libc::SYS_unshare,
    ];
    for error in [libc::EPERM, libc::ENOSYS] {
        let forbidden =
            |call: i64, when| world.remote(&program("forbidden", &[&call.to_string(), &error.to_string(), when]));
        for call in not_needed {
            same(&native, &forbidden(call, "before"));
        }
        for call in needed.into_iter().chain(not_needed) {
            same(&native, &forbidden(call, "after"));
        }
    }
}

/// It names each call that it needs and may not make.
#[test]
fn a_forbidden_system_call_is_named() {
    let world = World::new(Vendor::Pocl);
    for error in [libc::EPERM, libc::ENOSYS] {
        let forbidden =
            |call: i64| world.remote(&program("forbidden", &[&call.to_string(), &error.to_string(), "before"]));
        for (call, name) in [
            (libc::SYS_socket, "socket: "),
            (libc::SYS_connect, "connect: "),
            (libc::SYS_sendmsg, "sendmsg: "),
            (libc::SYS_recvmsg, "recvmsg: "),
        ] {
            let answer = forbidden(call);
            assert_eq!((answer.ended, answer.stdout.as_str()), (Ended::With(1), "none: -1001\n"), "{answer}");
            assert!(answer.stderr.contains(name), "{answer}");
        }
        // Calls go over sockets.
        for (call, name) in [
            (libc::SYS_memfd_create, "memfd_create: "),
            (libc::SYS_ftruncate, "ftruncate: "),
            (libc::SYS_fcntl, "fcntl: "),
        ] {
            let answer = forbidden(call);
            assert!(answer.stdout.starts_with("small 0\n") && answer.stderr.contains(name), "{answer}");
        }
    }
}
