//! AvA as installed in a directory of its own, with the broker's fake worker in place of the real one.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use ava_protocol::session::{Answer, Hello, Opening, open, seal};
use ava_transport::{client, message};
use rustix::process::{Pid, Signal, kill_process};

/// A directory with `bin/` and `run/`, and whatever private broker was started for it.
pub struct Installation {
    pub directory: tempfile::TempDir,
}

/// The directory with the broker and its fake worker, built if need be.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let avactl = Path::new(env!("CARGO_BIN_EXE_avactl"));
        let directory = avactl.parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "-p", "ava-broker", "--bin", "ava-broker", "--example", "fake-worker"]);
        if directory.file_name().is_some_and(|name| name == "release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success());
        directory.to_owned()
    })
}

impl Installation {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bin = directory.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        let run = directory.path().join("run");
        std::fs::create_dir(&run).unwrap();
        std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o700)).unwrap();
        let from = built();
        let link = |name: &str, to: &str| {
            let (original, copy) = (from.join(name), bin.join(to));
            // A copy where it lies on another file system.
            std::fs::hard_link(&original, &copy).or_else(|_| std::fs::copy(&original, &copy).map(drop)).unwrap();
        };
        link("avactl", "avactl");
        link("ava-broker", "ava-broker");
        link("examples/fake-worker", "ava-worker");
        Self { directory }
    }

    /// An avactl with a clean environment.
    pub fn avactl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.directory.path().join("bin/avactl"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.directory.path())
            .env("XDG_RUNTIME_DIR", self.directory.path().join("run"))
            // Any library that does no harm when it is preloaded stands for AvA's.
            .env("AVA_SHIM", harmless_library())
            .stdin(Stdio::null());
        command
    }

    pub fn output(&self, arguments: &[&str]) -> Output {
        self.avactl(arguments).output().unwrap()
    }

    /// What a successful avactl printed.
    pub fn text(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("run/ava/broker.sock")
    }

    /// The private broker's process, if one was started.
    pub fn broker(&self) -> Option<String> {
        let lock = std::fs::read_to_string(self.directory.path().join("run/ava/broker.sock.lock")).ok()?;
        Some(lock.trim().to_owned())
    }

    /// A session of this process.
    pub fn session(&self) -> std::os::unix::net::UnixStream {
        let hello = Hello::new("opencl", "a program", 1, "a program with arguments", "/");
        let (stream, answer) = client::open(&self.socket(), &seal(&Opening::Session(hello))).unwrap();
        assert!(matches!(open(&answer).unwrap(), Answer::Welcome { .. }));
        // A fake worker that answers has counted.
        message::send(&stream, b"counted", &[]).unwrap();
        message::recv(&stream).unwrap().unwrap();
        stream
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(broker) = self.broker().and_then(|pid| Pid::from_raw(pid.parse().ok()?)) {
            let _ = kill_process(broker, Signal::TERM);
        }
    }
}

fn harmless_library() -> PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps.lines().filter_map(|line| line.split_whitespace().nth(5)).find(|path| path.contains("libc.so"));
    libc.unwrap().into()
}
