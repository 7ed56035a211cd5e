//! A broker of its own for each test.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ava_protocol::admin;
use ava_protocol::session::{Answer, Hello, Opening, Refusal, open, seal};
use ava_transport::{client, message};

/// A broker with a fake worker in a directory of its own.
pub struct World {
    pub directory: tempfile::TempDir,
    pub broker: Child,
    log: Option<BufReader<std::process::ChildStderr>>,
}

/// A session from the tenant's side.
pub struct Tenant {
    pub session: u64,
    pub stream: UnixStream,
}

pub fn fake_worker() -> PathBuf {
    let broker = Path::new(env!("CARGO_BIN_EXE_ava-broker"));
    broker.parent().unwrap().join("examples/fake-worker")
}

impl World {
    pub fn new() -> Self {
        Self::with("", &[])
    }

    /// A broker that keeps `each` spare workers.
    pub fn warm(fake: &str, each: usize, arguments: &[&str]) -> Self {
        Self::with(fake, &[&["--warm", &each.to_string()], arguments].concat())
    }

    /// A broker whose workers behave like `fake`, with more arguments.
    pub fn with(fake: &str, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let notify = directory.path().join("notify");
        let ready = UnixDatagram::bind(&notify).unwrap();
        let mut broker = Command::new(env!("CARGO_BIN_EXE_ava-broker"))
            .arg("--socket")
            .arg(directory.path().join("broker.sock"))
            .arg("--worker")
            .arg(fake_worker())
            .args(arguments)
            .env_clear()
            .env("POCL_FAKE", fake)
            .env("SECRET", "not for workers")
            .env("AVA_WARM", "0")
            .env("XDG_CACHE_HOME", directory.path().join("cache"))
            .env("NOTIFY_SOCKET", &notify)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut text = [0; 64];
        let length = ready.recv(&mut text).unwrap();
        assert_eq!(&text[..length], b"READY=1\n");
        let log = broker.stderr.take().map(BufReader::new);
        Self { directory, broker, log }
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("broker.sock")
    }

    pub fn try_tenant(&self) -> Result<Tenant, (Refusal, String)> {
        let hello = Hello::new("opencl", "test program", 1, "test program --flag", "/somewhere");
        self.open(&Opening::Session(hello))
    }

    pub fn open(&self, opening: &Opening) -> Result<Tenant, (Refusal, String)> {
        let (stream, mut answer) = client::open(&self.socket(), &seal(opening)).unwrap();
        if let Answer::Starting { .. } = open(&answer).unwrap() {
            (answer, _) = message::recv(&stream).unwrap().unwrap();
        }
        match open(&answer).unwrap() {
            Answer::Welcome { session, .. } => Ok(Tenant { session, stream }),
            Answer::Refused { code, reason } => Err((code, reason)),
            other @ (Answer::Admin(_) | Answer::Starting { .. } | Answer::Waiting { .. }) => panic!("{other:?}"),
        }
    }

    pub fn tenant(&self) -> Tenant {
        self.try_tenant().unwrap()
    }

    pub fn ask(&self, request: admin::Request) -> admin::Answer {
        Admin::connect(&self.socket()).ask(request)
    }

    pub fn sessions(&self, ended: bool) -> Vec<admin::Session> {
        match self.ask(admin::Request::Sessions { ended }) {
            admin::Answer::Sessions { sessions, more: false } => sessions,
            other => panic!("{other:?}"),
        }
    }

    /// The next log line that contains `text`.
    pub fn logged(&mut self, text: &str) -> String {
        self.logged_until(text).pop().unwrap()
    }

    /// The log's lines up to the next one that contains `text`.
    pub fn logged_until(&mut self, text: &str) -> Vec<String> {
        let log = self.log.as_mut().unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "the log ended without {text:?}");
            let found = line.contains(text);
            lines.push(line);
            if found {
                return lines;
            }
        }
    }

    pub fn status_answer(&self) -> admin::Status {
        match self.ask(admin::Request::Status) {
            admin::Answer::Status(status) => *status,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until so many spare workers are ready.
    pub fn wait_for_spares(&self, count: u64) {
        let started = std::time::Instant::now();
        while self.status_answer().spares != count {
            assert!(started.elapsed() < std::time::Duration::from_secs(60), "no {count} spares");
            std::thread::yield_now();
        }
    }

    /// The broker's children that serve no session.
    pub fn spares(&self) -> Vec<u32> {
        let broker = self.broker.id();
        let children = std::fs::read_to_string(format!("/proc/{broker}/task/{broker}/children")).unwrap();
        let workers: Vec<u32> = self.sessions(false).iter().map(|session| session.worker_pid).collect();
        children.split_whitespace().map(|pid| pid.parse().unwrap()).filter(|pid| !workers.contains(pid)).collect()
    }

    /// A number from the broker's `/proc/PID/status`, as in `VmRSS: 1234 kB`.
    pub fn status(&self, field: &str) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.broker.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
    }

    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.broker.id())).unwrap().count()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.broker.kill();
        let _ = self.broker.wait();
        if let Some(mut log) = self.log.take().filter(|_| std::thread::panicking()) {
            let mut text = String::new();
            let _ = log.get_mut().read_to_string(&mut text);
            eprintln!("{}{text}", String::from_utf8_lossy(log.buffer()));
        }
    }
}

impl Tenant {
    pub fn ask(&self, text: &str) -> String {
        message::send(&self.stream, text.as_bytes(), &[]).unwrap();
        let (body, _) = message::recv(&self.stream).unwrap().unwrap();
        String::from_utf8(body).unwrap()
    }

    pub fn tell(&self, text: &str) {
        message::send(&self.stream, text.as_bytes(), &[]).unwrap();
    }

    /// The worker's end is closed.
    pub fn wait_for_end(&self) {
        assert!(!matches!(message::recv(&self.stream), Ok(Some(_))));
    }
}

/// The broker's final answer to a program: "the worker starts" is none.
pub fn answer(stream: &UnixStream) -> Answer {
    loop {
        let (answer, _) = message::recv(stream).unwrap().unwrap();
        match open(&answer).unwrap() {
            Answer::Starting { .. } => {}
            last => return last,
        }
    }
}

/// An administrator's connection.
pub struct Admin {
    stream: UnixStream,
}

impl Admin {
    pub fn connect(socket: &Path) -> Self {
        Self { stream: UnixStream::connect(socket).unwrap() }
    }

    pub fn ask(&self, request: admin::Request) -> admin::Answer {
        let answer =
            client::ask(&self.stream, &seal(&Opening::Admin(request)), client::Patience::QUESTION.answer).unwrap();
        match open(&answer).unwrap() {
            Answer::Admin(answer) => answer,
            other => panic!("{other:?}"),
        }
    }
}

/// A pipe, to send an end of.
pub fn pipe() -> (File, File) {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    (read.into(), write.into())
}

/// Waits until a process is gone, whoever its parent is.
pub fn wait_for_death(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    let Ok(process) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) else {
        return;
    };
    let mut fds = [rustix::event::PollFd::new(&process, rustix::event::PollFlags::IN)];
    rustix::event::poll(&mut fds, None).unwrap();
}

pub fn fd(file: &File) -> BorrowedFd<'_> {
    file.as_fd()
}
