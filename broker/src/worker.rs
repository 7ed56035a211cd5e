//! A worker process as the broker sees it: started, spoken to, and in the end reaped.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use ava_protocol::archive::{Malformed, Message};
use ava_protocol::control::{FromWorker, ToWorker};
use ava_transport::handover::{self, Output};
use ava_transport::message::{Progress, Reader, Writer};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Rlimit, Signal, kill_process_group, pidfd_open};

/// Where a worker program is looked for, relative to the broker's own.
const BESIDE: &[&str] = &["ava-worker", "../libexec/ava/ava-worker", "../lib/ava/ava-worker"];

/// The worker program beside the broker's.
///
/// # Errors
/// The places that were looked at.
pub fn find(executable: &Path) -> Result<PathBuf, Vec<PathBuf>> {
    let directory = executable.parent().unwrap_or(Path::new("/"));
    let places: Vec<PathBuf> = BESIDE.iter().map(|place| directory.join(place)).collect();
    places.iter().find(|place| place.is_file()).cloned().ok_or(places)
}

/// What a worker is started with.
#[derive(Debug)]
pub struct Start<'a> {
    /// The program.
    pub program: &'a Path,
    /// It is started ahead, before there is a session for it.
    pub spare: bool,
    /// The table's name.
    pub api: &'a str,
    /// All of its environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The tenant's output, as far as there is a tenant and it has one.
    pub output: Output,
    /// The limit of open files that the broker itself was started with.
    pub files: Option<Rlimit>,
}

/// A worker process and the conversation with it.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    /// Readable when the process is over.
    pub process: OwnedFd,
    /// The broker's end of the conversation.
    pub control: UnixStream,
    reader: Reader,
    writer: Writer,
}

/// What a worker said, or did instead.
#[derive(Debug)]
pub enum Heard {
    /// Nothing more for now.
    Nothing,
    /// A message.
    Message(FromWorker),
    /// It closed its end.
    Closed,
    /// What no worker says.
    Nonsense(String),
}

impl Worker {
    /// Starts one.
    ///
    /// # Errors
    /// Those of making descriptors and of the program's start.
    pub fn start(start: Start<'_>) -> io::Result<Self> {
        let (control, theirs) = UnixStream::pair()?;
        let stream = |fd: Option<OwnedFd>| fd.map_or_else(Stdio::null, Stdio::from);
        let mut command = Command::new(start.program);
        command
            .args(["--api", start.api])
            .args(start.spare.then_some("--spare"))
            .env_clear()
            .envs(start.environment)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(stream(start.output.stdout))
            .stderr(stream(start.output.stderr));
        let mut child = ava_transport::spawn::spawn(&mut command, vec![theirs.into()], start.files)?;
        match handle(&child) {
            Ok(process) => Ok(Self { child, process, control, reader: Reader::new(), writer: Writer::new() }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next thing the worker said.
    pub fn hear(&mut self) -> Heard {
        match self.reader.poll(&self.control) {
            Ok(Progress::Pending) => Heard::Nothing,
            Ok(Progress::Closed) => Heard::Closed,
            Ok(Progress::Message((_, fds))) if !fds.is_empty() => Heard::Nonsense(format!("{} descriptors", fds.len())),
            Ok(Progress::Message((body, _))) => match FromWorker::decode(&body) {
                Ok(message) => Heard::Message(message),
                Err(malformed @ Malformed { .. }) => Heard::Nonsense(malformed.to_string()),
            },
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Heard::Nonsense(error.to_string()),
            Err(_) => Heard::Closed,
        }
    }

    /// Says something, now or as soon as the worker listens. `true` if nothing waits any more.
    ///
    /// # Errors
    /// The socket's: the worker is about to be gone.
    pub fn say(&mut self, message: &ToWorker) -> io::Result<bool> {
        self.writer.push(&message.encode())?;
        self.flush()
    }

    /// Gives it its tenant, whose output it has already unless that comes along.
    ///
    /// # Errors
    /// The socket's, also if it could not take all of it at once: the worker is of no use then.
    pub fn serve(&self, session: u64, tenant: &UnixStream, output: &Output) -> io::Result<()> {
        if self.writer.queued() > 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        handover::give(&self.control, session, tenant.as_fd(), output)
    }

    /// The process is over, though it may not have been heard of yet.
    pub fn is_over(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut fds = [PollFd::new(&self.process, PollFlags::IN)];
        poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
    }

    /// Goes on saying what waits. `true` if nothing waits any more.
    ///
    /// # Errors
    /// The socket's.
    pub fn flush(&mut self) -> io::Result<bool> {
        self.writer.flush(&self.control)
    }

    /// Ends the process and all that it started, without asking.
    pub fn kill(&self) {
        if let Some(pid) = i32::try_from(self.pid()).ok().and_then(Pid::from_raw) {
            // The group cannot be anybody else's: its leader is our child and not reaped yet.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }

    /// Takes the exit status once `process` is readable. What the worker started and left behind is ended first.
    pub fn reap(&mut self) -> Option<ExitStatus> {
        self.kill();
        // An error can only mean that there is nothing to wait for.
        self.child.try_wait().unwrap_or(Some(ExitStatus::default()))
    }
}

fn handle(child: &Child) -> io::Result<OwnedFd> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

/// An exit status in words.
pub fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => {
            let name = match signal {
                4 => " (SIGILL)",
                6 => " (SIGABRT)",
                7 => " (SIGBUS)",
                8 => " (SIGFPE)",
                9 => " (SIGKILL)",
                11 => " (SIGSEGV)",
                15 => " (SIGTERM)",
                31 => " (SIGSYS)",
                _ => "",
            };
            format!("was ended by signal {signal}{name}")
        }
        (None, None) => "ended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_found_beside_the_broker_or_in_its_library_directory() {
        let directory = tempfile::tempdir().unwrap();
        let bin = directory.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        assert_eq!(find(&bin.join("ava-broker")).unwrap_err().len(), BESIDE.len());
        std::fs::create_dir_all(directory.path().join("libexec/ava")).unwrap();
        let there = bin.join("../libexec/ava/ava-worker");
        std::fs::write(&there, "").unwrap();
        assert_eq!(find(&bin.join("ava-broker")).unwrap(), there);
    }

    #[test]
    fn exit_statuses_have_words() {
        assert_eq!(in_words(ExitStatus::from_raw(0x0300)), "exited with status 3");
        assert_eq!(in_words(ExitStatus::from_raw(11)), "was ended by signal 11 (SIGSEGV)");
        assert_eq!(in_words(ExitStatus::from_raw(34)), "was ended by signal 34");
    }
}
