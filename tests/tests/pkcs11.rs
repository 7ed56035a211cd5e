//! PKCS#11: our client and other projects' tools produce the same output natively and through AvA, each with a token of its
//! own.

use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use ava_tests::administration::worker_of;
use ava_tests::running::{Running, ready};
use ava_tests::vendor::softhsm;
use ava_tests::{Case, Ended, Program, Vendor, World, assert_same, built};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// `tests/pkcs11/client`, with these arguments.
fn client(arguments: &[&str]) -> Program {
    Program::new(built::pkcs11().join("client")).args(arguments).env("PKCS11_MODULE", softhsm())
}

/// All cases of the client, which pass natively.
fn all() -> Program {
    client(&["all"])
}

#[test]
fn the_client_says_the_same() {
    let list = World::without_broker(Vendor::SoftHsm).native(&client(&["list"]));
    assert!(list.stdout.lines().count() > 25, "{list}");
    assert_same(Vendor::SoftHsm, &Case::new(all()));
}

#[test]
fn the_client_says_the_same_over_sockets() {
    assert_same(Vendor::SoftHsm, &Case::new(all().env("AVA_TRANSPORT", "socket")));
}

#[test]
fn the_client_says_the_same_with_every_call_waiting() {
    assert_same(Vendor::SoftHsm, &Case::new(all().env("AVA_STRICT", "1")));
}

/// Threads in one search at once, which SoftHSM does not survive: calls about one search take turns.
#[test]
fn threads_may_share_a_search() {
    let program = client(&["run", "find_by_threads"]).env("UNLOCKED", "1");
    let answer = World::new(Vendor::SoftHsm).remote(&program);
    assert_eq!(answer.stdout, "find_by_threads ok\n1 passed, 0 failed\n", "{answer}");
}

/// pkcs11-tool, openssl and p11tool, one after the other on one token.
#[test]
fn tools_say_the_same() {
    let tools = Program::new(built::tests().join("pkcs11/tools.sh")).args([softhsm()]);
    assert_same(Vendor::SoftHsm, &Case::new(tools).without_stderr());
}

/// p11-kit finds the module by its system-wide registration, beside other modules.
#[test]
fn p11_kit_lists_the_same_modules() {
    let list = Program::new("p11-kit").args(["list-modules"]);
    let native = World::without_broker(Vendor::SoftHsm).native(&list);
    assert!(native.stdout.contains("token: AvA\n"), "{native}");
    assert_same(Vendor::SoftHsm, &Case::new(list));
}

// Linked with the module.

/// However a program gets the module's functions, they are AvA's: the program or one of its libraries is linked with it,
/// bound at once or lazily, found by path or by search, with the library preloaded alone or by `avactl run`.
#[test]
fn linked_programs_have_the_module() {
    let module = softhsm();
    let folder = module.parent().expect("a folder").display().to_string();
    let common = ["-I/usr/include/p11-kit-1", "-DCRYPTOKI_COMPAT", "-D_GNU_SOURCE"];
    let place = [format!("-L{folder}"), "-l:libsofthsm2.so".to_owned()];
    let found = |how: &str| format!("-Wl,-rpath,{folder},{how}");
    let library = {
        let mut flags = common.to_vec();
        let found = found("--enable-new-dtags");
        flags.extend(["-DLIBRARY", "-shared", "-fPIC", &place[0], &place[1], &found]);
        built::compiled("libthrough.so", "pkcs11/linked.c", &flags)
    };
    let beside = format!("-Wl,-rpath,{}", library.parent().expect("a folder").display());
    let library = vec![found("-z,now"), "-DWITH_LIBRARY".to_owned(), library.display().to_string(), beside];
    let world = World::new(Vendor::SoftHsm);
    for (name, ways) in [
        ("lazy", vec![found("-z,lazy,--enable-new-dtags")]),
        ("now", vec![found("-z,now,-z,relro,--disable-new-dtags")]),
        (
            "fixed",
            vec![
                "-no-pie".to_owned(),
                "-fno-pie".to_owned(),
                "-DFIXED".to_owned(),
                found("-z,lazy,--disable-new-dtags"),
            ],
        ),
        ("library", library),
    ] {
        let mut flags = common.to_vec();
        flags.extend(ways.iter().chain(&place).map(String::as_str));
        let program =
            Program::new(built::compiled(&format!("linked-{name}"), "pkcs11/linked.c", &flags)).args([&module]);
        let native = world.native(&program);
        assert!(native.stdout.contains("as in the list: 1"), "{native}");
        assert!(native.stdout.contains("C_GetInfo 0: SoftHSM"), "{native}");
        for (way, remote) in [("preloaded", world.remote(&program)), ("avactl", world.through_avactl(&program))] {
            assert!(native == remote, "{name}, {way}: natively: {native}\nthrough AvA: {remote}");
        }
    }
}

// Forks.

/// SoftHSM with its default settings: a forked child continues with its parent's state.
#[test]
fn forked_children_go_on() {
    for (name, value) in [("AVA_TRANSPORT", "ring"), ("AVA_TRANSPORT", "socket"), ("AVA_STRICT", "1")] {
        assert_same(Vendor::SoftHsmForking, &Case::new(client(&["forks"]).env(name, value)));
    }
}

// Other modules.

/// One that `tools/setup` installs.
fn other(name: &str) -> PathBuf {
    let library = built::must(Command::new("cc").arg("-print-file-name=libp11-kit.so.0"));
    let module = PathBuf::from(library.trim()).with_file_name("pkcs11").join(name);
    assert!(module.exists(), "{} is missing: tools/setup test", module.display());
    module
}

/// A program with several modules uses each of them: other modules than the vendor's stay in the program. The spy module
/// among them opens the vendor's itself.
#[test]
fn other_modules_are_left_alone() {
    let names = ["opensc-pkcs11.so", "p11-kit-trust.so", "pkcs11-spy.so"];
    let modules = std::iter::once(softhsm()).chain(names.map(other));
    let beside = client(&["beside"]).args(modules).env("PKCS11SPY", softhsm()).env("PKCS11SPY_OUTPUT", "spy.log");
    let native = World::without_broker(Vendor::SoftHsm).native(&beside);
    for manufacturer in ["SoftHSM", "OpenSC Project", "PKCS#11 Kit"] {
        assert!(native.stdout.contains(&format!("manufacturer: {manufacturer}\n")), "{native}");
    }
    assert_same(Vendor::SoftHsm, &Case::new(beside));
}

/// A program without the vendor's module has no session, and needs no broker.
#[test]
fn other_modules_need_no_broker() {
    let world = World::without_broker(Vendor::SoftHsm);
    let beside = client(&["beside"]).args([other("p11-kit-trust.so"), other("opensc-pkcs11.so")]);
    let (native, remote) = (world.native(&beside), world.remote(&beside));
    assert_eq!(native.ended, Ended::With(0), "{native}");
    assert!(native == remote, "natively: {native}\nthrough AvA: {remote}");
}

// Programs come and go; each has a session of its own.

/// A program with an open session that prints its state, and its worker.
fn hold(world: &World, arguments: &[&str], state: &str) -> (Running, Pid) {
    let program = client(&["hold"]).args(arguments).within(Duration::from_mins(1));
    let mut program = world.start_remote(&program);
    program.wait_for(&format!("state {state}\n"));
    let worker = worker_of(&world.socket(), program.id());
    (program, Pid::from_raw(i32::try_from(worker).unwrap()).unwrap())
}

/// `CK_SESSION_INFO` of a read-write session: public, and of the logged-in user.
const PUBLIC: &str = "2";
const USER: &str = "3";

/// The session still has this state, and the program exits normally.
#[track_caller]
fn goes_on(mut program: Running, state: &str) {
    program.tell("while\n");
    program.wait_for(&format!("after while\nstate {state}\n"));
    let answer = program.answer();
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    assert!(answer.stdout.ends_with("right to the end\n"), "{answer}");
}

#[test]
fn one_program_logs_in_and_the_other_is_not() {
    let world = World::new(Vendor::SoftHsm);
    let (before, its_worker) = hold(&world, &[], PUBLIC);
    let (user, users_worker) = hold(&world, &["login"], USER);
    let (after, _) = hold(&world, &[], PUBLIC);
    assert_ne!(its_worker, users_worker);
    goes_on(before, PUBLIC);
    goes_on(user, USER);
    goes_on(after, PUBLIC);
    // It has exited; nothing of its session remains.
    goes_on(hold(&world, &[], PUBLIC).0, PUBLIC);
}

#[test]
fn a_killed_worker_is_a_device_removed_for_its_program_and_nothing_for_others() {
    let world = World::new(Vendor::SoftHsm);
    let (mut victim, its_worker) = hold(&world, &["login"], USER);
    let (other, _) = hold(&world, &["login"], USER);
    let gone = pidfd_open(its_worker, PidfdFlags::empty()).expect("it lives");
    kill_process(its_worker, Signal::KILL).unwrap();
    assert!(ready(&[gone.as_fd()], Instant::now() + Duration::from_secs(20)), "still there");
    victim.tell("that\n");
    victim.wait_for("after that\nC_GetSessionInfo: CKR_DEVICE_REMOVED\n");
    let answer = victim.answer();
    assert_eq!(answer.ended, Ended::With(1), "{answer}");
    goes_on(other, USER);
    goes_on(hold(&world, &["login"], USER).0, USER);
}

// Missing parts.

#[test]
fn without_a_broker_nothing_is_initialised_and_one_line_says_why() {
    let answer = World::without_broker(Vendor::SoftHsm).remote(&client(&["hold"]));
    assert_eq!(answer.stdout, "C_Initialize: CKR_GENERAL_ERROR\n", "{answer}");
    assert_eq!(answer.stderr.lines().count(), 1, "{answer}");
    assert!(answer.stderr.contains("broker"), "{answer}");
}

/// A program may pass a length beyond any memory: only what the vendor writes counts.
#[test]
fn room_without_bounds_is_no_matter() {
    let boundless = client(&["boundless"]);
    let native = World::without_broker(Vendor::SoftHsm).native(&boundless);
    assert_eq!(native.stdout.matches(": CKR_OK\n").count(), 7, "{native}");
    assert_same(Vendor::SoftHsm, &Case::new(boundless));
}
