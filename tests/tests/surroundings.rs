//! A worker's environment and library: a private broker serves each program with its own surroundings, as natively; a broker
//! for several users has its own, and says so.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ava_tests::vendor::{softhsm, tflite};
use ava_tests::{Answer, Ended, Program, Somebody, SystemWorld, Vendor, World, built};

// Stores of PKCS#11.

/// A store with an empty token, and its configuration.
fn store(world: &World, name: &str) -> PathBuf {
    let store = world.directory().join(name);
    built::must(Command::new("sh").arg(built::tests().join("pkcs11/token.sh")).arg(&store));
    store.join("softhsm2.conf")
}

fn program() -> PathBuf {
    built::compiled("stores", "surroundings/stores.c", &["-I/usr/include/p11-kit-1", "-ldl"])
}

fn stores<S: AsRef<OsStr>>(arguments: &[S]) -> Program {
    Program::new(program()).args([softhsm()]).args(arguments)
}

/// The output of a program that succeeds.
#[track_caller]
fn said(answer: &Answer) -> &str {
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    assert_eq!(answer.stderr, "", "{answer}");
    &answer.stdout
}

const NO: [&str; 0] = [];

#[test]
fn two_stores_by_turns() {
    let world = World::new(Vendor::SoftHsm);
    let [one, other] = ["one", "other"].map(|name| store(&world, name));
    for objects in ["0 objects\n", "1 objects\n", "2 objects\n"] {
        for conf in [&one, &other] {
            let answer = world.remote(&stores(&NO).env("SOFTHSM2_CONF", conf));
            assert_eq!(said(&answer), objects, "{}", conf.display());
        }
    }
    let native = world.native(&stores(&NO).env("SOFTHSM2_CONF", one));
    assert_eq!(said(&native), "3 objects\n", "they are where they belong");
}

#[test]
fn a_program_sets_its_variables_itself() {
    let world = World::new(Vendor::SoftHsm);
    for (way, prefix) in [(World::native as fn(&World, &Program) -> Answer, "native"), (World::remote, "remote")] {
        let [one, other] = ["one", "other"].map(|name| store(&world, &format!("{prefix}-{name}")));
        let answer = way(&world, &stores(&[&one, &other, &one]));
        assert_eq!(said(&answer), "0 objects\n0 objects\n1 objects\n", "{prefix}");
    }
}

#[test]
fn relative_paths_lead_from_where_the_program_is() {
    let world = World::new(Vendor::SoftHsm);
    let conf = store(&world, "relative");
    let text = fs::read_to_string(&conf).unwrap();
    let absolute = conf.with_file_name("tokens").display().to_string();
    fs::write(&conf, text.replace(&absolute, "tokens")).unwrap();
    let within = Program::new("sh").args(["-c", "cd \"$1\" && exec \"$2\" \"$3\" softhsm2.conf", "sh"]);
    let within = within.args([conf.parent().unwrap()]).args([program(), softhsm()]);
    assert_eq!(said(&world.remote(&within)), "0 objects\n");
    assert_eq!(said(&world.native(&within)), "1 objects\n");
}

#[test]
fn the_configuration_in_the_home_counts() {
    let world = World::new(Vendor::SoftHsm);
    let home = world.directory().join("home");
    let conf = home.join(".config/softhsm2/softhsm2.conf");
    fs::create_dir_all(conf.parent().unwrap()).unwrap();
    fs::copy(store(&world, "of-home"), &conf).unwrap();
    let program = Program::new("env").args(["-u", "SOFTHSM2_CONF"]).args([program(), softhsm()]).env("HOME", &home);
    assert_eq!(said(&world.remote(&program)), "0 objects\n");
    assert_eq!(said(&world.native(&program)), "1 objects\n");
}

/// A spare worker for this store has seen the old one.
#[test]
fn a_store_that_was_made_anew_is_another() {
    let world = World::new(Vendor::SoftHsm);
    for _ in 0..3 {
        let conf = store(&world, "anew");
        assert_eq!(said(&world.remote(&stores(&[&conf]))), "0 objects\n");
        assert_eq!(said(&world.remote(&stores(&[&conf]))), "1 objects\n");
        fs::rename(conf.with_file_name("tokens"), conf.with_file_name("old")).unwrap();
        fs::remove_dir_all(conf.with_file_name("old")).unwrap();
    }
}

// Variables of drivers.

#[test]
fn settings_of_a_driver_are_the_programs() {
    let world = World::new(Vendor::Pocl);
    let units = |answer: &Answer| {
        let line = answer.stdout.lines().find(|line| line.contains("Max compute units")).unwrap_or_default();
        (line.to_owned(), answer.ended)
    };
    let clinfo = Program::new("clinfo");
    let (one, all) = (clinfo.clone().env("POCL_MAX_PTHREAD_COUNT", "1"), clinfo);
    for program in [&one, &all, &one] {
        let native = units(&world.native(program));
        assert!(!native.0.is_empty());
        assert_eq!(units(&world.remote(program)), native);
    }
}

// Versions of a library.

fn version(arguments: &[&Path]) -> Program {
    Program::new(built::compiled("version", "surroundings/version.c", &["-ldl"])).args(arguments)
}

/// Linked with the library of this version, which it finds by its own search path.
fn linked(of: &str, tag: &str) -> Program {
    let library = tflite(of);
    let flags = ["-DLINKED".into(), format!("-L{}", library.display()), "-ltensorflowlite_c".into()];
    let path = format!("-Wl,{tag},-rpath,{}", library.display());
    let flags: Vec<_> = flags.iter().map(String::as_str).chain([&*path]).collect();
    Program::new(built::compiled(&format!("version-{of}-{tag}"), "surroundings/version.c", &flags))
}

#[test]
fn each_program_has_the_version_that_it_names() {
    let world = World::new(Vendor::SoftHsm);
    let file = |of: &str| tflite(of).join("libtensorflowlite_c.so");
    let programs = [
        ("2.9", version(&[&file("2.9")])),
        ("2.17", version(&[&file("2.17")])),
        ("2.9", version(&[]).env("LD_LIBRARY_PATH", tflite("2.9"))),
        ("2.17", version(&[]).env("LD_LIBRARY_PATH", tflite("2.17"))),
        ("2.17", linked("2.17", "--enable-new-dtags")),
        ("2.9", linked("2.9", "--disable-new-dtags")),
    ];
    for (of, program) in &programs {
        let native = world.native(program);
        assert!(said(&native).starts_with(of), "{native}");
        assert_eq!(said(&world.remote(program)), said(&native));
        assert_eq!(said(&world.through_avactl(program)), said(&native));
    }
    // Also at the same time.
    let running = [&programs[0].1, &programs[1].1].map(|program| world.start_remote(program));
    let answers = running.map(|program| program.answer().stdout);
    assert!(answers[0].starts_with("2.9") && answers[1].starts_with("2.17"), "{answers:?}");
    let named = world.remote(&version(&[]).env("AVA_VENDOR_LIBRARY_PATH", tflite("2.17")));
    assert!(said(&named).starts_with("2.17"));
}

/// Who opens it is told as natively; who has the stub is told where it would be looked for.
#[test]
fn a_library_that_is_nowhere_is_looked_for_where_a_variable_says() {
    let world = World::new(Vendor::SoftHsm);
    let (opened, native) = (world.remote(&version(&[])), world.native(&version(&[])));
    assert!(opened == native && said(&native) == "none\n", "{opened}\nnatively: {native}");
    let answer = world.remote(&version(&[&built::file("stubs/libtensorflowlite_c.so")]));
    assert!(answer.stderr.contains("cannot open shared object file"), "{answer}");
    assert!(answer.stderr.contains("AVA_VENDOR_LIBRARY_PATH=DIRS"), "{answer}");
    assert!(!answer.stderr.contains("avactl run"), "it would not help: {answer}");
}

// AvA's own variables.

#[test]
fn senseless_values_are_errors() {
    let world = World::new(Vendor::Pocl);
    let bad = [
        ("AVA_TRANSPORT", "nonsense", "ring, socket"),
        ("AVA_STRICT", "yes", "0, 1"),
        ("AVA_LOG", "loud", "off, error, warn"),
        ("AVA_PLUGINS", "/nonexistent.so", "not an existing file"),
        ("AVA_VENDOR_LIBRARY_PATH", "/nonexistent", "not an existing folder"),
        ("AVA_SANDBOX", "weak", "require, best, off"),
    ];
    for (name, value, allowed) in bad {
        let program = Program::new("clinfo").args(["-l"]).env(name, value);
        for answer in [world.remote(&program), world.through_avactl(&program)] {
            let said = format!("{name}={value}: ");
            assert!(answer.stderr.contains(&said) && answer.stderr.contains(allowed), "{answer}");
            assert!(answer.stdout.is_empty() || answer.stdout.contains("0"), "{answer}");
        }
    }
}

#[test]
fn where_no_broker_is_is_said_with_what_helps() {
    let world = World::without_broker(Vendor::Pocl);
    let named = world.remote(&Program::new("clinfo").args(["-l"]));
    assert!(named.stderr.contains("broker.sock, which AVA_SOCKET names: there is no socket"), "{named}");
    assert!(!named.stderr.contains("avactl run"), "{named}");
    let runtime = world.directory().join("runtime");
    fs::create_dir(&runtime).unwrap();
    let private = Program::new("env").args(["-u", "AVA_SOCKET", "clinfo", "-l"]).env("XDG_RUNTIME_DIR", &runtime);
    let answer = world.remote(&private);
    let path = runtime.join("ava/broker.sock").display().to_string();
    assert!(answer.stderr.contains(&path) && answer.stderr.contains("avactl run -- PROGRAM"), "{answer}");
}

// A broker for several.

const ALICE: Somebody = Somebody::user(31_234);

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_broker_for_several_says_once_what_does_not_count() {
    let Some(world) = SystemWorld::new() else { return };
    let library = world.path("public").join("libOpenCL.so.1");
    built::must(Command::new("cc").args(["-shared", "-Wl,--build-id", "-o"]).arg(&library).args([
        "-x",
        "c",
        "/dev/null",
    ]));
    let script = "import ctypes, os, sys
cl = ctypes.CDLL(sys.argv[1])
count = ctypes.c_uint()
def ask(): assert cl.clGetPlatformIDs(0, None, ctypes.byref(count)) == 0 and count.value == 1
ask()
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        ask()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
";
    let program = Program::new("/usr/bin/python3").args(["-c", script]).args([&library]).env("POCL_DEVICES", "none");
    let answer = world.run(&ALICE, &program);
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    let lines: Vec<_> = answer.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{answer}");
    assert!(lines[0].contains("do not count: ") && lines[0].contains("POCL_DEVICES=none"), "{answer}");
    assert!(lines[1].contains("libOpenCL.so.1") && lines[1].contains("another file"), "{answer}");
}
