//! systemd's own verdict on the units.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd")
}

/// Runs one of systemd's tools; `None` where it is not installed.
fn systemd(tool: &str, arguments: &[&str], files: &[PathBuf]) -> Option<Output> {
    match Command::new(tool).args(arguments).args(files).output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("not checked: {tool}: {error}");
            None
        }
    }
}

fn assert_quiet(output: &Output) {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

/// The units, with the freshly built broker in place of the installed one.
fn units(to: &Path) -> Vec<PathBuf> {
    let copy = |name: &str| {
        let text = std::fs::read_to_string(directory().join(name)).unwrap();
        let text = text.replace("/usr/libexec/ava/ava-broker", env!("CARGO_BIN_EXE_ava-broker"));
        let path = to.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let units = vec![copy("ava.socket"), copy("ava-admin.socket"), copy("ava.service")];
    // With all of the examples.
    std::fs::create_dir(to.join("ava.service.d")).unwrap();
    for example in std::fs::read_dir(directory().join("ava.service.d")).unwrap().flatten() {
        let name = example.file_name().into_string().unwrap();
        std::fs::copy(example.path(), to.join("ava.service.d").join(name.trim_end_matches(".example"))).unwrap();
    }
    units
}

#[test]
fn the_units_are_verified() {
    let temporary = tempfile::tempdir().unwrap();
    let units = units(temporary.path());
    if let Some(output) = systemd("systemd-analyze", &["verify"], &units) {
        assert_quiet(&output);
    }
}

#[test]
fn the_service_is_confined() {
    let temporary = tempfile::tempdir().unwrap();
    let units = units(temporary.path());
    // Tenths: 17 is 1.7 of 10.
    let arguments = ["security", "--no-pager", "--offline=yes", "--threshold=17"];
    if let Some(output) = systemd("systemd-analyze", &arguments, &units[2..]) {
        let table = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{table}{}", String::from_utf8_lossy(&output.stderr));
        for line in table.lines().filter(|line| line.contains("Overall exposure level")) {
            println!("{line}");
        }
    }
}

/// A system without anything, and in it the users and groups of the service, if there is systemd here.
fn with_users() -> (tempfile::TempDir, String) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("etc")).unwrap();
    let here = format!("--root={}", root.path().display());
    if let Some(output) = systemd("systemd-sysusers", &[&here], &[directory().join("ava.sysusers.conf")]) {
        assert!(output.status.success(), "{output:?}");
        let passwd = std::fs::read_to_string(root.path().join("etc/passwd")).unwrap();
        assert!(passwd.contains("AvA broker:/var/lib/ava:/usr/sbin/nologin"), "{passwd}");
        let group = std::fs::read_to_string(root.path().join("etc/group")).unwrap();
        assert!(group.lines().any(|line| line.starts_with("render:") && line.ends_with(":ava")), "{group}");
    }
    (root, here)
}

#[test]
fn the_user_is_made() {
    with_users();
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn the_directory_is_made() {
    let (root, here) = with_users();
    if let Some(output) = systemd("systemd-tmpfiles", &["--create", &here], &[directory().join("ava.tmpfiles.conf")]) {
        assert!(output.status.success(), "{output:?}");
        assert!(root.path().join("run/ava").is_dir());
    }
}
