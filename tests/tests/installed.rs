//! The contents of an installation: `cargo xtask dist`.

use std::fs;
use std::path::Path;
use std::process::Command;

use ava_tests::built;

/// The tree, from cargo's build for these tests.
fn installation(out: &Path) {
    let mut xtask = Command::new(built::file("xtask"));
    built::must(xtask.args(["dist", "--built"]).arg(built::directory()).arg("--out").arg(out));
}

#[test]
fn programs_run_from_an_installation() {
    let place = tempfile::Builder::new().prefix("ava-tests-").tempdir().expect("a temporary directory");
    let tree = place.path().join("tree");
    installation(&tree);
    let mut run = Command::new(tree.join("usr/bin/avactl"));
    run.args(["run", "--"]).arg(built::compiled("saxpy", "apps/saxpy.c", &["-lOpenCL"]));
    run.env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("XDG_RUNTIME_DIR", place.path())
        .env("XDG_CACHE_HOME", place.path());
    let output = run.output().expect("avactl starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for page in ["man1/avactl.1", "man1/avactl-run.1", "man8/ava-broker.8"] {
        assert!(tree.join("usr/share/man").join(page).is_file(), "no {page}");
    }
}

/// A debugger finds a program's separate debug file by its build ID.
#[test]
fn debug_information_is_apart() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let tree = place.path().join("tree");
    installation(&tree);
    let sections = |file: &Path| built::must(Command::new("readelf").arg("-SW").arg(file));
    for program in
        ["usr/bin/avactl", "usr/libexec/ava/ava-broker", "usr/libexec/ava/ava-worker", "usr/lib/ava/libava.so"]
    {
        let program = tree.join(program);
        let within = sections(&program);
        assert!(!within.contains(".debug_line") && !within.contains(".symtab"), "{}: {within}", program.display());
        let notes = built::must(Command::new("readelf").arg("-n").arg(&program));
        let id = notes.lines().find_map(|line| line.trim().strip_prefix("Build ID: ")).expect("a build id");
        let apart = tree.join(format!("usr/lib/debug/.build-id/{}/{}.debug", &id[..2], &id[2..]));
        assert!(sections(&apart).contains(".debug_line"), "{}", apart.display());
    }
}

/// Containers get the paths of an installation.
#[test]
fn containers_get_what_is_installed() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let tree = place.path().join("tree");
    installation(&tree);
    let text = fs::read_to_string(tree.join("usr/share/doc/ava/cdi.json")).expect("the description of the device");
    let device = serde_json::from_str::<serde_json::Value>(&text).expect("JSON")["devices"][0]["containerEdits"].take();
    let preload =
        device["env"][0].as_str().and_then(|variable| variable.strip_prefix("LD_PRELOAD=/")).expect("a variable");
    assert!(tree.join(preload).is_file(), "{preload}");
    let mounts: Vec<_> = device["mounts"].as_array().into_iter().flatten().map(|mount| &mount["hostPath"]).collect();
    assert_eq!(mounts, ["/run/ava", "/usr/lib/ava"]);
    let socket = fs::read_to_string(tree.join("usr/lib/systemd/system/ava.socket")).expect("the socket's unit");
    assert!(socket.contains("ListenStream=/run/ava/"), "{socket}");
}

#[test]
fn a_folder_of_somebody_elses_is_not_removed() {
    let place = tempfile::tempdir().expect("a temporary directory");
    fs::write(place.path().join("thesis"), "of years").expect("a file");
    let mut xtask = Command::new(built::file("xtask"));
    let output = xtask.args(["dist", "--built"]).arg(built::directory()).arg("--out").arg(place.path()).output();
    let output = output.expect("xtask starts");
    assert!(!output.status.success() && place.path().join("thesis").exists());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no earlier layout"));
}
