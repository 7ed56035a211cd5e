//! The files under test and the C programs that test them.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, OnceLock};

/// The repository.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// This crate's directory.
#[must_use]
pub fn tests() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Cargo's output directory for the profile of the running test: `target/debug` or the like.
///
/// # Panics
/// If the test is not in `deps` there.
#[must_use]
pub fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let test = std::env::current_exe().expect("the test's own path");
        let deps = test.parent().filter(|directory| directory.ends_with("deps"));
        deps.and_then(Path::parent).expect("a test in target/PROFILE/deps").to_owned()
    })
}

/// A file of the workspace's build: `libava.so`, `ava-broker`, `avactl`, `stubs/libOpenCL.so.1`. If it does not exist, the
/// workspace is built; a file that is older than its sources is used as it is.
///
/// # Panics
/// If the file does not exist even then.
#[must_use]
pub fn file(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    let file = directory().join(name);
    if !file.exists() {
        BUILT.get_or_init(build);
    }
    assert!(file.exists(), "{} is missing", file.display());
    file
}

/// Builds the workspace with the profile of the running test.
fn build() {
    eprintln!("building the workspace, which the tests run");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--workspace", "--quiet"]).current_dir(root());
    if directory().ends_with("release") {
        cargo.arg("--release");
    }
    must(&mut cargo);
}

/// The output directory for what the tests compile themselves.
fn own() -> PathBuf {
    let own = directory().join("ava-tests");
    std::fs::create_dir_all(&own).expect("a directory for the tests' programs");
    own
}

/// The program or library `name`, compiled from `source` (below `tests/`) with `cc -O1` and `flags`, once per test run.
/// Libraries must follow the sources, so all flags come last.
///
/// # Panics
/// With the compiler's messages.
#[must_use]
pub fn compiled(name: &str, source: &str, flags: &[&str]) -> PathBuf {
    compiled_by("cc", name, source, flags)
}

/// The same with another compiler, for headers that `cc` does not read.
///
/// # Panics
/// With what the compiler said.
#[must_use]
pub fn compiled_by<S: AsRef<OsStr>>(compiler: &str, name: &str, source: &str, flags: &[S]) -> PathBuf {
    static DONE: LazyLock<Mutex<HashMap<String, PathBuf>>> = LazyLock::new(Mutex::default);
    // Several tests may come here first; a failed build leaves no partial output.
    let mut done = DONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(path) = done.get(name) {
        return path.clone();
    }
    let path = own().join(name);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory for the program");
    let mut cc = Command::new(compiler);
    cc.arg("-O1").arg("-Wall").arg("-o").arg(&path).arg(tests().join(source)).args(flags);
    must(&mut cc);
    done.insert(name.to_owned(), path.clone());
    path
}

/// A file that all users can read and execute: the file itself, or a copy in a folder that they can enter. A name to search in PATH
/// stays as it is.
///
/// # Panics
/// If it cannot be copied.
#[must_use]
pub fn shared(file: &Path, public: &Path) -> PathBuf {
    static COPYING: Mutex<()> = Mutex::new(());
    let open = |path: &Path| std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o001 != 0);
    let Ok(whole) = file.canonicalize() else { return file.to_owned() };
    if !file.is_absolute() || whole.ancestors().all(open) {
        return file.to_owned();
    }
    let copy = public.join(file.file_name().expect("a file has a name"));
    let _copying = COPYING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !copy.exists() {
        // Copied by another process: a child of this one might inherit a descriptor for writing, and the copy could not
        // be executed.
        must(Command::new("install").args(["-D", "-m", "755"]).arg(file).arg(&copy));
        // The shim finds its stubs beside itself.
        let stubs = file.with_file_name("stubs");
        if file.ends_with("libava.so") && stubs.is_dir() {
            must(Command::new("cp").args(["-r", "--no-preserve=mode"]).arg(stubs).arg(public));
        }
    }
    copy
}

/// The directory with the programs of `tests/conformance`, made once per test run.
///
/// # Panics
/// With make's messages.
#[must_use]
pub fn conformance() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| made("conformance"))
}

/// The directory with the programs of `tests/pkcs11`, made once per test run.
///
/// # Panics
/// With make's messages.
#[must_use]
pub fn pkcs11() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| made("pkcs11"))
}

/// The directory with the programs of `tests/tflite`, made likewise.
///
/// # Panics
/// With make's messages.
#[must_use]
pub fn tflite() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| made("tflite"))
}

/// The directory with the programs of `tests/cuda`, made likewise.
///
/// # Panics
/// With make's messages.
#[must_use]
pub fn cuda() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| made("cuda"))
}

/// The directory with the programs of `tests/hostile/worker`, made likewise.
///
/// # Panics
/// With make's messages.
#[must_use]
pub fn hostile_worker() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| made("hostile/worker"))
}

/// The output of the Makefile in this directory below `tests/`.
fn made(name: &str) -> PathBuf {
    let out = own().join(name);
    let mut make = Command::new("make");
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    make.arg("-s").arg(format!("-j{jobs}")).arg("-C").arg(tests().join(name)).arg(format!("OUT={}", out.display()));
    must(&mut make);
    out
}

/// Runs a tool that must succeed.
///
/// # Panics
/// With its output, if it fails.
pub fn must(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error} (tools/setup installs it)"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}{complaint}", output.status);
    said
}
