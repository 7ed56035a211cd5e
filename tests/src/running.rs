//! A running process: its output is read as it comes, and it is killed when its handle is dropped.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::program::{Answer, Ended};

/// A running process, leader of a process group of its own.
#[derive(Debug)]
pub struct Running {
    child: Child,
    process: OwnedFd,
    stdin: Option<ChildStdin>,
    stdout: Stream<ChildStdout>,
    stderr: Stream<ChildStderr>,
    deadline: Instant,
    scratch: String,
}

impl Running {
    /// Starts `command`; the path `scratch` in its output is replaced by `SCRATCH`.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command, limit: Duration, scratch: String) -> Self {
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{}: {error} (tools/setup installs programs)", command.get_program().display())
        });
        let process = pidfd_open(pid_of(&child), PidfdFlags::empty()).expect("a descriptor of our own child");
        Self {
            process,
            stdin: child.stdin.take(),
            stdout: Stream::new(child.stdout.take()),
            stderr: Stream::new(child.stderr.take()),
            deadline: Instant::now() + limit,
            scratch,
            child,
        }
    }

    /// The process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until standard output contains `text`, and returns all of it.
    ///
    /// # Panics
    /// If the program exits before, or its time is over.
    pub fn wait_for(&mut self, text: &str) -> String {
        while !self.stdout.text().contains(text) {
            assert!(self.listen(), "no {text:?} from the program, {}", self.so_far());
        }
        self.stdout.text()
    }

    /// Waits until standard output contains `text`. `false` if the program exits before, or its time is over.
    pub fn says(&mut self, text: &str) -> bool {
        while !self.stdout.text().contains(text) {
            if !self.listen() {
                return false;
            }
        }
        true
    }

    /// Waits until standard error contains `text`.
    ///
    /// # Panics
    /// If the program exits before, or its time is over.
    pub fn wait_for_complaint(&mut self, text: &str) {
        while !self.stderr.text().contains(text) {
            assert!(self.listen(), "no {text:?} from the program, {}", self.so_far());
        }
    }

    /// The standard error until now.
    #[must_use]
    pub fn complaints(&self) -> String {
        self.stderr.text()
    }

    /// The standard output until now.
    #[must_use]
    pub fn said(&self) -> String {
        self.stdout.text()
    }

    /// Writes to the program's standard input.
    ///
    /// # Panics
    /// If the program does not read it.
    pub fn tell(&mut self, text: &str) {
        self.stdin.as_mut().expect("standard input is open").write_all(text.as_bytes()).expect("the program listens");
    }

    /// Writes to the program's standard input, if it reads it.
    ///
    /// # Errors
    /// Those of writing: it has exited.
    pub fn try_tell(&mut self, text: &str) -> std::io::Result<()> {
        self.stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(text.as_bytes()))
    }

    /// Kills the process with SIGKILL.
    pub fn kill(&mut self) {
        let _ = kill_process_group(pid_of(&self.child), Signal::KILL);
    }

    /// Waits for its end and that of its output.
    #[must_use]
    pub fn answer(mut self) -> Answer {
        drop(self.stdin.take());
        while self.listen() {}
        let ended = match self.child.try_wait().ok().flatten() {
            Some(status) if self.stdout.done() && self.stderr.done() => status.into(),
            Some(_) => Ended::Held,
            None => Ended::Late,
        };
        let text = |stream: &str| stream.replace(&self.scratch, "SCRATCH");
        Answer { stdout: text(&self.stdout.text()), stderr: text(&self.stderr.text()), ended }
    }

    /// Reads available output, or waits for more. `false` when there can be no more, or the time is over.
    fn listen(&mut self) -> bool {
        let streams = [self.stdout.fd(), self.stderr.fd()];
        let all_read = streams.iter().all(Option::is_none);
        let process = all_read.then_some(self.process.as_fd());
        if all_read && self.child.try_wait().ok().flatten().is_some() {
            return false;
        }
        let waiting: Vec<_> = streams.into_iter().flatten().chain(process).collect();
        if !ready(&waiting, self.deadline) {
            return false;
        }
        self.stdout.take();
        self.stderr.take();
        true
    }

    fn so_far(&mut self) -> String {
        let state = match self.child.try_wait() {
            Ok(Some(status)) => Ended::from(status).to_string(),
            _ => "still running".to_owned(),
        };
        format!("{state}\n{}{}", self.stdout.text(), self.stderr.text())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}

/// Waits until one of `descriptors` is readable. `false` if none was by the deadline.
///
/// # Panics
/// If `poll` fails.
#[must_use]
pub fn ready(descriptors: &[BorrowedFd<'_>], deadline: Instant) -> bool {
    loop {
        let mut waiting: Vec<_> = descriptors.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).expect("a limit below centuries");
        match poll(&mut waiting, Some(&left)) {
            Ok(count) => return count > 0,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("poll: {error}"),
        }
    }
}

/// The process of `child`.
///
/// # Panics
/// Never: process numbers are positive.
#[must_use]
pub fn pid_of(child: &Child) -> Pid {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("the number of a process")
}

/// One of a process's outputs and the text read from it.
#[derive(Debug)]
struct Stream<T> {
    open: Option<T>,
    bytes: Vec<u8>,
}

impl<T: AsFd + Read> Stream<T> {
    fn new(open: Option<T>) -> Self {
        Self { open, bytes: Vec::new() }
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.open.as_ref().map(AsFd::as_fd)
    }

    fn done(&self) -> bool {
        self.open.is_none()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Reads the available output.
    fn take(&mut self) {
        let Some(open) = &mut self.open else { return };
        if !ready(&[open.as_fd()], Instant::now()) {
            return;
        }
        let mut buffer = [0; 1 << 16];
        match open.read(&mut buffer) {
            Ok(0) => self.open = None,
            Ok(count) => self.bytes.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => self.open = None,
        }
    }
}
