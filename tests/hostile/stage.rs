//! A broker whose log is read as it comes, a bystander program that works during the tests, and checks that both are
//! unaffected afterwards.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use ava_tests::administration::wait_for_spare;
use ava_tests::vendor::Vendor;
use ava_tests::{Ended, Program, Running, World, built};

/// The deadline of any step: much longer than it should take, on a loaded machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub struct Stage {
    broker: Broker,
    log: Arc<Log>,
    /// The bystander program, to be started as often as needed.
    steady: Program,
    bystander: Running,
    /// Open files and kilobytes of the broker at the start.
    before: (usize, u64),
    pub world: World,
}

/// Gone when this is.
struct Broker(Child);

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    grown: Condvar,
}

impl Stage {
    pub fn new() -> Self {
        let steady = built::compiled("steady", "isolation/steady.c", &["-lOpenCL"]);
        let stage = Self::start(Program::new(steady), &[]);
        // The broker must have started everything before the measurement.
        wait_for_spare(&stage.socket());
        stage.measured()
    }

    /// With this bystander program, these libraries for its workers, and no spare worker: the API of the first spare would
    /// depend on when programs connect.
    pub fn beside(steady: Program, libraries: &Path) -> Self {
        let arguments = ["--warm".as_ref(), "0".as_ref(), "--vendor-library-path".as_ref(), libraries.as_os_str()];
        Self::start(steady, &arguments).measured()
    }

    fn measured(mut self) -> Self {
        // The ledger opens its file when it first has something to write, which is a while after that.
        let deadline = Instant::now() + PATIENCE;
        while !has_open(self.broker(), "ledger") {
            assert!(Instant::now() < deadline, "the ledger is not written\n{}", self.log());
            std::thread::yield_now();
        }
        self.before = (open_files(self.broker()), memory(self.broker()));
        self
    }

    fn start(steady: Program, arguments: &[&OsStr]) -> Self {
        // It lives as long as its test, which may be long on a busy machine.
        let steady = steady.within(20 * PATIENCE);
        let world = World::without_broker(Vendor::Pocl).with_arguments(arguments);
        let socket = world.socket();
        let home = socket.with_file_name("broker");
        let mut command = Command::new(built::file("ava-broker"));
        command.arg("--socket").arg(&socket);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("AVA_LOG", "info");
        command.env("HOME", &home).env("XDG_CACHE_HOME", &home);
        world.serve_by(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut broker = Broker(command.spawn().unwrap());
        let log = Arc::new(Log::default());
        let (stderr, ours) = (broker.0.stderr.take().unwrap(), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                ours.lines.lock().unwrap().push(line);
                ours.grown.notify_all();
            }
        });
        log.wait("listens", |line| line.contains(" listens "));
        let bystander = begin(&world, &steady);
        Self { broker, log, steady, bystander, before: (0, 0), world }
    }

    pub fn socket(&self) -> PathBuf {
        self.world.socket()
    }

    pub fn broker(&self) -> u32 {
        self.broker.0.id()
    }

    /// Waits for the log's line on the end of a session.
    pub fn end_of(&self, session: u64) -> String {
        let number = format!(" session={session} ");
        self.log.wait("end of a session", |line| line.contains("session ended") && line.contains(&number))
    }

    /// The session of a program. With a spare worker the program may be ahead of the log.
    pub fn session_of(&self, program: u32) -> u64 {
        let number = format!(" pid={program} ");
        field(&self.log.wait("session", |line| line.contains("session begins") && line.contains(&number)), "session=")
    }

    /// The worker of a session.
    pub fn worker_of(&self, session: u64) -> u32 {
        let number = format!(" session={session} ");
        field(&self.log.wait("session", |line| line.contains("session begins") && line.contains(&number)), "worker=")
    }

    pub fn log(&self) -> String {
        self.log.lines.lock().unwrap().join("\n")
    }

    pub fn kill_broker(&mut self) {
        let _ = self.broker.0.kill();
        let _ = self.broker.0.wait();
    }

    /// The bystander program continues, another one can start, and the broker's resources are as before.
    pub fn stays_unharmed(mut self) {
        self.bystander.tell("another\n");
        self.bystander.wait_for("round another\n");
        let (files, kilobytes) = self.before;
        let deadline = Instant::now() + PATIENCE;
        // Ended sessions are removed soon, if not at once.
        while open_files(self.broker()) > files {
            assert!(Instant::now() < deadline, "{} open files, {files} before", open_files(self.broker()));
            std::thread::yield_now();
        }
        let now = memory(self.broker());
        assert!(now < kilobytes + 16_000, "{now} kB in the broker, {kilobytes} before");
        let log = self.log();
        let another = begin(&self.world, &self.steady);
        for program in [self.bystander, another] {
            let answer = program.answer();
            assert_eq!(answer.ended, Ended::With(0), "{answer}\n{log}");
            assert!(answer.stdout.ends_with("right to the end\n"), "{answer}\n{log}");
        }
    }
}

fn begin(world: &World, steady: &Program) -> Running {
    let mut program = world.start_remote(steady);
    program.wait_for("steady\n");
    program
}

/// The number after `name` in a line of the log.
fn field<N: FromStr>(line: &str, name: &str) -> N {
    let number = line.split_once(name).and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no {name} in {line}"))
}

impl Log {
    fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = self.lines.lock().unwrap();
        loop {
            if let Some(line) = lines.iter().rev().find(|line| wanted(line)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {what} in the log:\n{}", lines.join("\n"));
            lines = self.grown.wait_timeout(lines, left).unwrap().0;
        }
    }
}

pub fn open_files(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count)
}

/// Whether a process has a file open in whose path this is.
fn has_open(process: u32, part: &str) -> bool {
    let files = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).any(|file| file.to_string_lossy().contains(part))
}

/// Resident kilobytes.
pub fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
