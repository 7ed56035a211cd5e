//! A broker with its programs, in a temporary directory.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tempfile::TempDir;

use crate::built;
use crate::program::{Answer, Program};
use crate::running::{Running, pid_of, ready};
use crate::vendor::{Needed, Vendor};

/// The group of a broker for several users: that of users without another group.
const GROUP: (&str, u32) = ("nogroup", 65534);

/// How long a broker may take to start.
const START: Duration = Duration::from_secs(30);

/// A vendor library, a broker that serves it, and a directory for its programs. Everything is removed when this is dropped.
#[derive(Debug)]
pub struct World {
    needed: Needed,
    broker: Option<Child>,
    arguments: Vec<OsString>,
    several: bool,
    runs: AtomicUsize,
    directory: TempDir,
}

/// How a program finds its API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Native,
    Preloaded,
    Avactl,
    Icd,
}

impl World {
    /// With a running broker.
    #[must_use]
    pub fn new(vendor: Vendor) -> Self {
        let mut world = Self::without_broker(vendor);
        world.start_broker();
        world
    }

    /// Without a broker.
    ///
    /// # Panics
    /// If there is no temporary directory, or the vendor library is not installed.
    #[must_use]
    pub fn without_broker(vendor: Vendor) -> Self {
        let directory = tempfile::Builder::new().prefix("ava-tests-").tempdir().expect("a temporary directory");
        let needed = vendor.needed(directory.path());
        Self { needed, broker: None, arguments: Vec::new(), several: false, runs: AtomicUsize::new(0), directory }
    }

    /// Adds arguments for the broker, before it is started.
    #[must_use]
    pub fn with_arguments<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Makes the broker serve several users: programs may run [by](Program::by) others, too.
    ///
    /// # Panics
    /// If the directory is not ours.
    #[must_use]
    pub fn for_all(mut self) -> Self {
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.directory.path(), open).expect("a directory of our own");
        self.several = true;
        let administrators = self.administrators();
        self.with_arguments([
            "--group".as_ref(),
            GROUP.0.as_ref(),
            "--admin-socket".as_ref(),
            administrators.as_os_str(),
        ])
    }

    /// The broker's socket for administrators.
    #[must_use]
    pub fn administrators(&self) -> PathBuf {
        if self.several { self.directory.path().join("administrators.sock") } else { self.socket() }
    }

    /// The temporary directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The broker's process.
    ///
    /// # Panics
    /// If none is running.
    #[must_use]
    pub fn broker(&self) -> u32 {
        self.broker.as_ref().expect("a broker that was started").id()
    }

    /// The broker's socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("broker.sock")
    }

    /// Starts the broker and waits until it reports that it is ready.
    ///
    /// # Panics
    /// If it does not.
    pub fn start_broker(&mut self) {
        let notices = self.directory.path().join("notify");
        let _ = fs::remove_file(&notices);
        let notified = UnixDatagram::bind(&notices).expect("a socket for the broker's notice");
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_file()).expect("the broker's log");
        let mut command = Command::new(built::file("ava-broker"));
        command.arg("--socket").arg(self.socket()).env_clear().env("PATH", path());
        let home = self.directory.path().join("broker");
        command.env("HOME", &home).env("XDG_CACHE_HOME", &home);
        self.serve_by(&mut command);
        command.env("NOTIFY_SOCKET", &notices).env("AVA_LOG", "warn");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = self.broker.insert(command.spawn().expect("the broker starts"));
        let started = wait_for_notice(&notified, pid_of(child));
        started.unwrap_or_else(|why| panic!("{why}\n{}", self.log()));
    }

    /// Kills the broker with SIGKILL.
    pub fn kill_broker(&mut self) {
        if let Some(mut broker) = self.broker.take() {
            let _ = broker.kill();
            let _ = broker.wait();
        }
    }

    /// The broker's log.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    /// The living child processes of the broker.
    #[must_use]
    pub fn workers(&self) -> Vec<u32> {
        let Some(broker) = &self.broker else {
            return Vec::new();
        };
        let tasks = fs::read_dir(format!("/proc/{}/task", broker.id())).into_iter().flatten().flatten();
        tasks
            .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
            .flat_map(|children| children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
            .collect()
    }

    /// Runs `program` on the vendor library itself.
    #[must_use]
    pub fn native(&self, program: &Program) -> Answer {
        self.start(program, Way::Native).answer()
    }

    /// Runs `program` with libava.so preloaded.
    #[must_use]
    pub fn remote(&self, program: &Program) -> Answer {
        self.start(program, Way::Preloaded).answer()
    }

    /// Runs `program` with `avactl run`, which sets the preload.
    #[must_use]
    pub fn through_avactl(&self, program: &Program) -> Answer {
        self.start(program, Way::Avactl).answer()
    }

    /// Runs `program` without a preload, with libava.so as the loader's only driver.
    #[must_use]
    pub fn through_icd(&self, program: &Program) -> Answer {
        self.start(program, Way::Icd).answer()
    }

    /// Starts `program` with `avactl run`.
    #[must_use]
    pub fn start_through_avactl(&self, program: &Program) -> Running {
        self.start(program, Way::Avactl)
    }

    /// Starts `program` with libava.so preloaded.
    #[must_use]
    pub fn start_remote(&self, program: &Program) -> Running {
        self.start(program, Way::Preloaded)
    }

    fn start(&self, program: &Program, way: Way) -> Running {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let scratch = self.directory.path().join(format!("run{number:03}"));
        let work = scratch.join("work");
        for directory in ["work", "tmp", "cache", "data", "config"] {
            fs::create_dir_all(scratch.join(directory)).expect("a directory to run in");
        }
        program.files.iter().for_each(|file| copy(file, &work));

        // Other users cannot enter every folder in which there may be a build.
        let reached = |file: PathBuf| match program.user {
            Some(_) => built::shared(&file, &self.directory.path().join("public")),
            None => file,
        };
        let mut command = Command::new(match way {
            Way::Avactl => reached(built::file("avactl")),
            Way::Native | Way::Preloaded | Way::Icd => reached(program.name.clone().into()),
        });
        if way == Way::Avactl {
            command.args(["run", "--"]).arg(&program.name);
        }
        command.args(&program.arguments).current_dir(&work).env_clear();
        command.env("PATH", path()).env("LANG", "C.UTF-8").env("TERM", "dumb").env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("HOME", &scratch).env("TMPDIR", scratch.join("tmp"));
        if way == Way::Native {
            command.env("POCL_CACHE_DIR", scratch.join("cache/pocl"));
        }
        for (name, directory) in [("CACHE", "cache"), ("DATA", "data"), ("CONFIG", "config")] {
            command.env(format!("XDG_{name}_HOME"), scratch.join(directory));
        }
        if way == Way::Preloaded {
            command.env("LD_PRELOAD", reached(built::file("libava.so")));
        }
        if way != Way::Native {
            command.env("AVA_SOCKET", self.socket());
        }
        command.env(
            self.needed.variable,
            match way {
                Way::Native => self.needed.natively.clone(),
                Way::Preloaded | Way::Avactl => self.needed.in_worker.clone(),
                Way::Icd => built::file("libava.so"),
            },
        );
        command.envs(program.environment.iter().map(|(name, value)| (name, value)));
        if let Some(user) = program.user {
            give(&scratch, user);
            command.uid(user).gid(GROUP.1);
        }
        Running::start(&mut command, program.limit, scratch.display().to_string())
    }

    /// Configures a broker for the programs of this world, whose workers find the vendor.
    pub fn serve_by(&self, broker: &mut Command) {
        broker.args(self.arguments()).env(self.needed.variable, &self.needed.in_worker);
    }

    /// The broker's arguments; the folders of vendor libraries come behind the test's own.
    fn arguments(&self) -> Vec<OsString> {
        const OPTION: &str = "--vendor-library-path";
        let mut all = self.arguments.clone();
        let Some(libraries) = &self.needed.libraries else { return all };
        match all.iter().position(|argument| argument == OPTION) {
            Some(at) => {
                all[at + 1].push(":");
                all[at + 1].push(libraries);
            }
            None => all.extend([OPTION.into(), libraries.into()]),
        }
        all
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("broker.log")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill_broker();
    }
}

/// Waits until a broker reports that it is ready; otherwise a message that says why it does not.
pub(crate) fn wait_for_notice(notified: &UnixDatagram, broker: Pid) -> Result<(), String> {
    let process = pidfd_open(broker, PidfdFlags::empty()).expect("a descriptor of our own child");
    let deadline = Instant::now() + START;
    notified.set_nonblocking(true).expect("a socket that does not block");
    let mut notice = [0; 4096];
    loop {
        if !ready(&[notified.as_fd(), process.as_fd()], deadline) {
            return Err("no broker in time".to_owned());
        }
        match notified.recv(&mut notice) {
            Ok(count) if notice[..count].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") => return Ok(()),
            Ok(_) => {}
            Err(_) if ready(&[process.as_fd()], Instant::now()) => return Err("the broker ended".to_owned()),
            Err(_) => {}
        }
    }
}

fn path() -> impl AsRef<OsStr> {
    std::env::var_os("PATH").unwrap_or_default()
}

/// Gives a directory and its contents to another user.
fn give(path: &Path, user: u32) {
    chown(path, Some(user), Some(GROUP.1)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for file in fs::read_dir(path).into_iter().flatten().flatten() {
        match file.path() {
            directory if directory.is_dir() => give(&directory, user),
            file => chown(&file, Some(user), Some(GROUP.1)).expect("a file of our own"),
        }
    }
}

/// Copies a file, or the files of a directory.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for file in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())).flatten() {
            if file.path().is_file() {
                copy(&file.path(), to);
            }
        }
    } else {
        let name = from.file_name().expect("a file has a name");
        fs::copy(from, to.join(name)).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}
