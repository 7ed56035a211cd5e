//! The preloaded library is unnoticed until it is used, and found wherever a program searches for OpenCL.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ava_tests::{Answer, Ended, Program, Vendor, World, built};

/// The names and the absolute path of the loader.
fn names() -> [String; 3] {
    let path = built::must(Command::new("cc").arg("-print-file-name=libOpenCL.so.1"));
    let path = fs::canonicalize(path.trim()).expect("the loader is installed").with_file_name("libOpenCL.so.1");
    ["libOpenCL.so.1".into(), "libOpenCL.so".into(), path.display().to_string()]
}

fn open() -> Program {
    Program::new(built::compiled("open", "preload/open.c", &["-ldl"]))
}

fn plugin() -> PathBuf {
    built::compiled("libplugin.so", "preload/plugin.c", &["-shared", "-fPIC", "-lOpenCL"])
}

fn saxpy() -> PathBuf {
    built::compiled("saxpy", "apps/saxpy.c", &["-lOpenCL"])
}

#[track_caller]
fn same(native: &Answer, remote: &Answer) {
    assert_eq!(native.ended, Ended::With(0), "natively: {native}");
    assert!(native == remote, "natively: {native}\nthrough AvA: {remote}");
}

// Found under every name.

#[test]
fn every_name_of_the_loader_opens_ava() {
    let world = World::new(Vendor::Pocl);
    let open = open().args(names());
    let native = world.native(&open);
    assert_eq!(native.stdout.matches("platforms 1, Portable Computing Language").count(), 3, "{native}");
    same(&native, &world.remote(&open));
}

/// However a program gets the functions, it gets the same ones, and the driver is not loaded into its process.
#[test]
fn every_way_to_the_functions_leads_to_ava() {
    let world = World::new(Vendor::Pocl);
    let ways = built::compiled("ways", "preload/ways.c", &["-ldl"]);
    let [_, _, loader] = names();
    let real = fs::canonicalize(&loader).unwrap();
    let elsewhere = ways.with_file_name("elsewhere.so");
    let _ = fs::remove_file(&elsewhere);
    std::os::unix::fs::symlink(&real, &elsewhere).unwrap();
    let driver = fs::read_to_string("/etc/OpenCL/vendors/pocl.icd").unwrap();
    let driver_file = real.with_file_name(driver.trim());
    let mut all: Vec<Vec<&str>> =
        ["versions", "namespace", "noload", "global", "deep", "mode", "closed"].map(|way| vec![way]).to_vec();
    all.extend([&real, &elsewhere].map(|file| vec!["name", file.to_str().unwrap()]));
    all.extend([driver.trim(), driver_file.to_str().unwrap(), "libpocl.so.2"].map(|name| vec!["driver", name]));
    for way in all {
        let program = Program::new(&ways).args(&way);
        let (mut native, remote) = (world.native(&program), world.remote(&program));
        assert!(native.stdout.contains("platforms 1") || way == ["mode"], "{way:?}: {native}");
        native.stdout = native.stdout.replace("the driver is here", "the driver is elsewhere");
        same(&native, &remote);
    }
}

#[test]
fn avactl_run_covers_deep_binding_too() {
    let world = World::new(Vendor::Pocl);
    let open = open().args(["-p".into(), plugin().display().to_string()]).args(names());
    let native = world.native(&open);
    assert_eq!(native.stdout.matches("platforms 1, Portable Computing Language").count(), 4, "{native}");
    same(&native, &world.through_avactl(&open));
}

/// A program that is linked against the loader, on a machine without it. The loader that is found is an empty file: a
/// program that only searches for one fails.
#[test]
fn avactl_run_needs_no_loader() {
    let [empty, whole] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    fs::write(empty.path().join("libOpenCL.so.1"), "").unwrap();
    let loader = built::must(Command::new("cc").arg("-print-file-name=libOpenCL.so.1"));
    symlink(loader.trim(), whole.path().join("libOpenCL.so.1")).unwrap();
    // The worker does not start without it.
    let mut world = World::without_broker(Vendor::Pocl)
        .with_arguments([OsStr::new("--vendor-library-path"), whole.path().as_os_str()]);
    world.start_broker();
    let saxpy = Program::new(saxpy());
    let without_loader = saxpy.clone().env("LD_LIBRARY_PATH", empty.path());
    let fails = world.native(&without_loader);
    assert!(fails.stderr.contains("libOpenCL.so.1"), "{fails}");
    same(&world.native(&saxpy), &world.through_avactl(&without_loader));
}

#[test]
fn the_systems_loader_takes_ava_for_a_driver() {
    let world = World::new(Vendor::Pocl);
    for program in [Program::new(saxpy()), open().args(names())] {
        same(&world.native(&program), &world.through_icd(&program));
    }
}

/// Tools that run a program's instructions themselves hide some of what the kernel offers, and say so on standard error. (Natively
/// they would run the vendor library, too.)
#[test]
fn valgrind() {
    let world = World::new(Vendor::Pocl);
    let native = world.native(&Program::new(saxpy()));
    let arguments = [OsString::from("--tool=none"), "--quiet".into(), saxpy().into()];
    let remote = world.remote(&Program::new("valgrind").args(arguments).within(Duration::from_mins(2)));
    assert_eq!((&remote.stdout, remote.ended), (&native.stdout, Ended::With(0)), "{remote}");
}

#[test]
fn closed_outputs_are_no_obstacle() {
    let world = World::new(Vendor::Pocl);
    let command = format!("{} 3 >&- 2>&- && echo right >&9", saxpy().display());
    let shell = Program::new("sh").args(["-c", &format!("exec 9>&1; {command}")]);
    same(&world.native(&shell), &world.remote(&shell));
}

/// What no worker would find is not there: a program that probes for a device is told so as natively, and nothing is printed. What
/// a worker would find is there, though the program's own system has none.
#[test]
fn what_nobody_has_is_not_opened() {
    let names = ["libcuda.so.1", "libcuda.so", "libcuda.so.535.1", "libnvidia-ml.so.1", "libOpenCL.so.1"];
    let probe = "import ctypes, sys\n\
                 for name in sys.argv[1:]:\n\
                 \x20   try: ctypes.CDLL(name); print(name, 'is there')\n\
                 \x20   except OSError as why: print(why)";
    let probe = Program::new("python3").args(["-c", probe]).args(names);
    let world = World::new(Vendor::Pocl);
    let native = world.native(&probe);
    assert_eq!(native.stdout.matches("cannot open shared object file").count(), 4, "is there a driver? {native}");
    same(&native, &world.remote(&probe));
    // Where the linker finds a stub, it is asked for a file that is nowhere.
    let mut run = world.through_avactl(&probe);
    run.stdout = run.stdout.replace("/lib", "lib");
    same(&native, &run);
    let there = World::new(Vendor::SoftCuda).remote(&probe);
    assert_eq!((there.stdout.matches(" is there\n").count(), there.ended), (5, Ended::With(0)), "{there}");
    // Nobody says that it is not there.
    let alone = World::without_broker(Vendor::Pocl).remote(&probe);
    assert_eq!(alone.stdout.matches(" is there\n").count(), 5, "{alone}");
}

// Unnoticed.

/// Programs without OpenCL behave as before, and nobody connects to the broker's socket.
#[track_caller]
fn unnoticed(program: &Program) {
    let world = World::without_broker(Vendor::Pocl);
    let listener = UnixListener::bind(world.socket()).unwrap();
    listener.set_nonblocking(true).unwrap();
    same(&world.native(program), &world.remote(program));
    let nobody = listener.accept().unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock, "{program}");
}

#[test]
fn nothing_happens_without_opencl() {
    let world = World::without_broker(Vendor::Pocl);
    let remote = world.remote(&Program::new("/bin/true"));
    assert_eq!(remote, Answer { stdout: String::new(), stderr: String::new(), ended: Ended::With(0) });
    unnoticed(&Program::new("/bin/true"));
}

#[test]
fn python_with_a_pool_of_processes() {
    let pool = "import multiprocessing as m\n\
                m.set_start_method('fork')\n\
                with m.Pool(4) as pool: print(sum(pool.map(abs, range(-1000, 0))))\n\
                import ctypes.util, ssl, sqlite3, hashlib; print(hashlib.sha256(b'ava').hexdigest())";
    unnoticed(&Program::new("python3").args(["-c", pool]));
}

#[test]
fn node() {
    let [node, _] = ava_tests::vendor::node();
    unnoticed(&Program::new(node).args(["-e", "console.log([1, 2, 3].map(x => x * x), process.argv.length)"]));
}

/// Containers have older systems than the build machine: Debian 11, and RHEL 8 with glibc 2.28. The loader refuses a library
/// that needs a newer version of any function; it checks only the version names.
#[test]
fn loads_on_old_systems() {
    let symbols = built::must(Command::new("objdump").arg("-T").arg(built::file("libava.so")));
    let versions: BTreeSet<Vec<u32>> = symbols
        .split_whitespace()
        .filter_map(|word| word.trim_matches(['(', ')']).strip_prefix("GLIBC_"))
        .map(|version| version.split('.').map(|number| number.parse().expect("numbers")).collect())
        .collect();
    assert!(versions.contains(&vec![2, 2, 5]), "objdump says no versions: {symbols}");
    assert!(versions.last().is_some_and(|newest| newest <= &vec![2, 28]), "{versions:?} (see shim/src/base/glibc.rs)");
}

#[test]
fn gcc() {
    let compile =
        "echo 'int puts(const char *); int main(void) { return !puts(\"built\"); }' >a.c && gcc a.c && ./a.out";
    unnoticed(&Program::new("sh").args(["-c", compile]));
}

#[test]
fn git() {
    let commit =
        "git init -q && git -c user.name=a -c user.email=b commit -q --allow-empty -m first && git log --format=%s";
    unnoticed(&Program::new("sh").args(["-c", commit]));
}

#[test]
fn bash_and_perl() {
    unnoticed(&Program::new("bash").args(["-c", "for i in 1 2 3; do (echo $i) | cat & wait; done"]));
    unnoticed(&Program::new("perl").args(["-MPOSIX", "-e", "print floor(2.5), qq{\\n}; print `echo forked`"]));
}

/// `dlopen` uses its caller's search paths.
#[test]
fn search_paths_of_callers_hold() {
    let flags = |more: &[&'static str]| [&["-ldl"], more].concat();
    let library = |name: &str, more: &[&'static str]| {
        built::compiled(name, "preload/origin.c", &flags(&[&["-shared", "-fPIC"], more].concat()))
    };
    library("near/far/libfar.so", &[]);
    library("near/libnear.so", &["-DNEAR", "-Wl,-rpath,$ORIGIN/far"]);
    let origin = built::compiled("origin", "preload/origin.c", &flags(&["-DPROGRAM", "-Wl,-rpath,$ORIGIN/near"]));
    let world = World::without_broker(Vendor::Pocl);
    let native = world.native(&Program::new(&origin));
    assert!(native.stdout.contains("libfar.so is found"), "{native}");
    same(&native, &world.remote(&Program::new(origin)));
}

/// libava.so exports the tables' functions and the hooks; everything that the vendor's loader exports, libava.so exports.
#[test]
fn the_exports_are_the_tables() {
    let exports = |library: &Path| {
        let symbols = built::must(Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(library));
        let functions = symbols.lines().filter_map(|line| {
            let (name, kind) = line.split_once(' ')?;
            (!kind.starts_with('A')).then(|| name.split('@').next().unwrap_or(name).to_owned())
        });
        functions.collect::<BTreeSet<_>>()
    };
    let mut said = BTreeSet::from(["dlopen", "dlmopen", "dlvsym"].map(str::to_owned));
    for table in ava_tables::build::TABLES {
        let table = built::root().join("api-tables").join(format!("{table}.rs"));
        let api = ava_tables::read(&table).unwrap_or_else(|report| panic!("{report:?}"));
        let names = api.functions.into_iter().map(|function| function.name).collect::<BTreeSet<_>>();
        if api.function_list.is_none() {
            said.extend(names);
            continue;
        }
        // A module exports their names, as natively: no other library of the process finds them here.
        let module = exports(&built::file("stubs").join(&api.library));
        assert_eq!(module.symmetric_difference(&names).collect::<Vec<_>>(), Vec::<&String>::new(), "{}", api.library);
        said.extend(names.iter().map(|name| format!("ava_{name}")));
    }
    let ours = exports(&built::file("libava.so"));
    assert_eq!(
        ours.symmetric_difference(&said).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "tables and exports differ"
    );
    let [_, _, loader] = names();
    let theirs = exports(Path::new(&loader));
    let lacking: Vec<_> = theirs.difference(&ours).collect();
    assert!(lacking.is_empty(), "not in libava.so: {lacking:?}");
}

/// Programs that are linked with the newest loader find its version nodes in the stub.
#[test]
fn the_stub_has_the_versions_of_the_table() {
    let api = ava_tables::read(&built::root().join("api-tables/opencl.rs")).expect("the table is right");
    let versions = built::must(Command::new("readelf").arg("-V").arg(built::file("stubs/libOpenCL.so.1")));
    assert!(api.versions.iter().any(|version| version == "OPENCL_3.1"), "{:?}", api.versions);
    for version in &api.versions {
        assert!(versions.contains(&format!("Name: {version}\n")), "{version} is not in\n{versions}");
    }
}

/// libava.so has no symbols that could clash with a program's.
#[test]
fn only_the_c_library_is_needed() {
    let of_ava = ["libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"];
    let of_stubs = ["libava.so", "libpthread.so.0", "libdl.so.2"];
    for (file, known) in [("libava.so", of_ava), ("stubs/libOpenCL.so.1", of_stubs)] {
        let dynamic = built::must(Command::new("readelf").arg("-d").arg(built::file(file)));
        let needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
        let needed = needed.filter_map(|line| line.split(['[', ']']).nth(1));
        let strange: Vec<_> = needed.filter(|name| !known.contains(name)).collect();
        assert!(strange.is_empty(), "{file} needs {strange:?}");
    }
}

// Without a broker.

#[test]
fn without_a_broker_there_are_no_platforms_and_one_line_says_why() {
    let world = World::without_broker(Vendor::Pocl);
    let [soname, ..] = names();
    let answer = world.remote(&open().args([&soname, &soname]));
    assert_eq!(answer.stdout.matches("status -1001, platforms 0").count(), 2, "{answer}");
    assert_eq!(answer.stderr.lines().count(), 1, "{answer}");
    assert!(answer.stderr.contains("broker"), "{answer}");

    let answer = world.remote(&Program::new("clinfo"));
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    assert!(answer.stdout.contains("Number of platforms                               0\n"), "{answer}");
    assert_eq!(answer.stderr.lines().count(), 1, "{answer}");
}
