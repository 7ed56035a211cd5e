//! The options that the help describes work.

use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::world::fake_worker;

#[test]
fn every_example_is_a_broker_that_listens() {
    let broker = Path::new(env!("CARGO_BIN_EXE_ava-broker"));
    let help = String::from_utf8(Command::new(broker).arg("--help").output().unwrap().stdout).unwrap();
    let examples = help.split_once("Examples:\n").unwrap().1.lines().filter_map(|line| line.strip_prefix("      "));
    for (at, line) in examples.clone().enumerate() {
        if line.contains("--group") && !rustix::process::getuid().is_root() {
            continue;
        }
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path();
        std::fs::create_dir(home.join("ava")).unwrap();
        let ready = UnixDatagram::bind(home.join("notify")).unwrap();
        ready.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
        let line = line.replace("/srv/ava", home.join("ava").to_str().unwrap());
        let mut child = Command::new("sh")
            .args(["-c", &format!("exec {line} --worker \"$WORKER\"")])
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", broker.parent().unwrap().display()))
            .env("HOME", home)
            .env("WORKER", fake_worker())
            .env("AVA_WARM", "0")
            .env("NOTIFY_SOCKET", home.join("notify"))
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut text = [0; 64];
        let length = ready.recv(&mut text).unwrap_or_else(|error| panic!("{at}: {line}: {error}"));
        assert_eq!(&text[..length], b"READY=1\n");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert!(child.wait().unwrap().success(), "{line}");
    }
    assert_eq!(examples.count(), 3);
}

#[test]
fn what_is_hidden_is_not_suggested() {
    for wrong in ["--manua", "--release-group", "--landlock"] {
        let output = Command::new(env!("CARGO_BIN_EXE_ava-broker")).arg(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("unexpected argument '{wrong}'")) && !said.contains("similar"), "{said}");
    }
}
