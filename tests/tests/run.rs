//! `avactl run` with programs that cannot be preloaded, or that need special settings.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use ava_tests::{Ended, Program, Vendor, World, built};

fn plain() -> PathBuf {
    built::compiled("plain", "run/platforms.c", &["-DNO_VENDOR"])
}

/// A program with changed bytes in its file.
fn changed(name: &str, program: &Path, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let path = plain().with_file_name(name);
    let mut bytes = fs::read(program).unwrap();
    change(&mut bytes);
    let _ = fs::remove_file(&path);
    fs::write(&path, bytes).unwrap();
    executable(&path, 0o755);
    path
}

/// A program with another dynamic linker.
fn linked_by(linker: &str, name: &str, program: &Path) -> PathBuf {
    changed(name, program, |bytes| {
        let usual = b"/lib64/ld-linux-x86-64.so.2";
        let start = bytes.windows(usual.len()).position(|window| window == usual).expect("a program of this machine");
        bytes[start..start + usual.len()].fill(0);
        bytes[start..start + linker.len()].copy_from_slice(linker.as_bytes());
    })
}

fn executable(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// It runs as before, and one line with a hint says what is missing.
#[track_caller]
fn says(world: &World, program: &Program, what: &str) {
    let (native, through) = (world.native(program), world.through_avactl(program));
    assert_eq!((&native.ended, &native.stdout), (&through.ended, &through.stdout), "{program}: {native}{through}");
    let said: Vec<_> = through.stderr.lines().filter(|line| line.contains("will not reach AvA")).collect();
    assert!(said.len() == 1 && said[0].contains(what), "{program}: {through}");
    assert!(through.stderr.contains("\n  hint: "), "{program}: {through}");
}

#[track_caller]
fn says_nothing(world: &World, program: &Program) {
    assert_eq!(world.native(program), world.through_avactl(program), "{program}");
}

#[test]
fn what_the_library_cannot_be_in_is_said() {
    let world = World::new(Vendor::Pocl);
    says_nothing(&world, &Program::new(plain()));
    let fixed = built::compiled("static", "run/platforms.c", &["-DNO_VENDOR", "-static"]);
    says(&world, &Program::new(&fixed), "statically linked");
    let pie = built::compiled("static-pie", "run/platforms.c", &["-DNO_VENDOR", "-static-pie"]);
    says(&world, &Program::new(pie), "statically linked");
    says(&world, &Program::new("env").args(["-i".as_ref(), plain().as_os_str()]), "env clears the environment");
    let script = plain().with_file_name("script");
    fs::write(&script, format!("#!/usr/bin/env -S A=b {}\n", fixed.display())).unwrap();
    executable(&script, 0o755);
    says(&world, &Program::new(&script), "statically linked");
    // What cannot run natively does not run with AvA either.
    let lacking = Program::new(linked_by("/lib/ld-nowhere.so.2", "lacking", &plain()));
    let through = world.through_avactl(&lacking);
    assert_eq!(through.ended, Ended::With(127), "{through}");
    assert!(through.stderr.contains("needs /lib/ld-nowhere.so.2, which does not exist"), "{through}");
    let narrow = Program::new(changed("narrow", &plain(), |bytes| (bytes[4], bytes[18], bytes[19]) = (1, 3, 0)));
    let through = world.through_avactl(&narrow);
    assert!(through.stderr.contains("is a program for 32-bit x86"), "{through}");
    let through = world.through_avactl(&Program::new("/"));
    assert_eq!((through.ended, &*through.stderr), (Ended::With(126), "avactl: /: Is a directory\n"));
}

/// A library of the GNU C library would keep it from running. (The dynamic linker is the usual one under musl's name.)
#[test]
fn a_musl_program_is_not_given_the_library() {
    let world = World::new(Vendor::Pocl);
    let linker = format!("/tmp/ld-musl-{}", std::process::id());
    std::os::unix::fs::symlink("/lib64/ld-linux-x86-64.so.2", &linker).unwrap();
    let printenv = linked_by(&linker, "musl", Path::new("/usr/bin/printenv"));
    for variable in ["LD_PRELOAD", "LD_LIBRARY_PATH"] {
        says(&world, &Program::new(&printenv).args([variable]), "uses musl");
    }
    fs::remove_file(linker).unwrap();
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn other_rights_are_said() {
    let world = World::new(Vendor::Pocl);
    for (name, mode, what) in [("as-user", 0o4755, "is set-user-ID"), ("as-group", 0o2755, "is set-group-ID")] {
        let path = changed(name, &plain(), |_| ());
        chown(&path, Some(54321), Some(54321)).unwrap();
        executable(&path, mode);
        says(&world, &Program::new(path), what);
    }
    // The rights of its own user and group change nothing.
    let own = changed("own", &plain(), |_| ());
    executable(&own, 0o6755);
    says_nothing(&world, &Program::new(own));
}

#[test]
fn sanitizers_bear_with_the_library() {
    let world = World::new(Vendor::Pocl);
    for (name, flags) in [
        ("address", &["-fsanitize=address", "-lOpenCL"][..]),
        ("address-static", &["-fsanitize=address", "-static-libasan", "-lOpenCL"]),
        ("thread", &["-fsanitize=thread", "-lOpenCL"]),
        ("leak", &["-fsanitize=leak", "-lOpenCL"]),
        ("undefined", &["-fsanitize=undefined", "-lOpenCL"]),
    ] {
        let program = Program::new(built::compiled(name, "run/platforms.c", flags));
        let through = world.through_avactl(&program);
        assert_eq!(through.ended, Ended::With(7), "{name}: {through}");
        assert_eq!((&*through.stdout, &*through.stderr), ("status 0, platforms 1\nends\n", ""), "{name}");
    }
}

/// The program's own values of these variables stay, and come first: a wrapper still wraps.
#[test]
fn the_programs_own_preloads_and_options_stay() {
    let world = World::new(Vendor::Pocl);
    let address = built::compiled("address-own", "run/platforms.c", &["-fsanitize=address", "-lOpenCL"]);
    let program =
        Program::new(address).env("ASAN_OPTIONS", "exitcode=7:abort_on_error=0").env("LD_PRELOAD", "libm.so.6");
    let through = world.through_avactl(&program);
    assert_eq!(through.stdout, "status 0, platforms 1\nends\n", "{through}");

    let wrapper = built::compiled("libwrapper.so", "run/wrapper.c", &["-shared", "-fPIC", "-ldl"]);
    let wrapped =
        Program::new(built::compiled("platforms", "run/platforms.c", &["-lOpenCL"])).env("LD_PRELOAD", wrapper);
    let native = world.native(&wrapped);
    assert_eq!(native.stdout, "wrapped\nstatus 0, platforms 1\nends\n", "{native}");
    assert_eq!(native, world.through_avactl(&wrapped));
}
