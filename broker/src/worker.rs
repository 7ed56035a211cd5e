//! A worker process: its start, its messages, its end.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use ava_protocol::control::{FromWorker, ToWorker};
use ava_protocol::envelope::{BUILD, EnvelopeError, open, seal};
use ava_transport::handover::{self, Given};
use ava_transport::message::{Progress, Reader, Writer};
use ava_transport::spawn::{Child, Program, Spawner};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Rlimit, Signal, kill_process_group};

use crate::cgroup::Group;
use crate::clock::ProcessorClock;
use crate::foreign::{Foreign, Inbox, Origin};
use crate::leash::Leash;

/// Candidates for the worker program, relative to the broker's own directory.
const BESIDE: &[&str] = &["ava-worker", "../libexec/ava/ava-worker", "../lib/ava/ava-worker"];

/// Finds the worker program.
///
/// # Errors
/// None exists; the error lists the paths tried.
pub fn find(executable: &Path) -> Result<PathBuf, Vec<PathBuf>> {
    let directory = executable.parent().unwrap_or(Path::new("/"));
    let places: Vec<PathBuf> = BESIDE.iter().map(|place| directory.join(place)).collect();
    places.iter().find(|place| place.is_file()).cloned().ok_or(places)
}

/// The parameters of a worker's start.
#[derive(Debug)]
pub struct Start<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its working directory.
    pub directory: Option<&'a Path>,
    /// Its arguments: the API to serve, and the sandbox.
    pub arguments: Vec<OsString>,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Its limit of open files: the broker's own before it was raised.
    pub files: Option<Rlimit>,
    /// Its control group, and the files through which it joins.
    pub group: Option<(Group, Vec<OwnedFd>)>,
    /// The tenant that is responsible for what it sends.
    pub origin: Origin,
}

/// A worker process and the connection to it. Its tenant may have taken it over, so its messages are untrusted.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    /// The broker's end of the connection.
    pub control: Foreign<UnixStream>,
    inbox: Inbox,
    writer: Writer,
    group: Option<Group>,
    /// The processor time that it used.
    pub clock: ProcessorClock,
    /// Stops it for a while.
    leash: Leash,
}

/// The result of reading from a worker.
#[derive(Debug)]
pub enum Heard {
    /// No complete message yet.
    Nothing,
    /// A message.
    Message(FromWorker),
    /// It closed its end.
    Closed,
    /// A message of another build; the text is for the program that asked for a session.
    OtherBuild(String),
    /// A message that no proper worker sends.
    Nonsense(String),
}

impl Worker {
    /// Starts a worker.
    ///
    /// # Errors
    /// Descriptors cannot be made, or the program cannot be started.
    pub fn start(spawner: &mut Spawner, start: Start<'_>) -> io::Result<Self> {
        let (control, theirs) = UnixStream::pair()?;
        // Workers send no descriptors. Older kernels deliver them nevertheless; they are closed by the closing threads.
        let _ = ava_transport::peer::refuse_descriptors(&control);
        let (group, joins) = start.group.unzip();
        let joins = joins.unwrap_or_default();
        let child = spawner.spawn(&Program {
            path: Some(start.program),
            directory: start.directory,
            arguments: start.arguments,
            environment: start.environment,
            conversation: Some(theirs.as_fd()),
            groups: joins.iter().map(AsFd::as_fd).collect(),
            files: start.files,
            // Whom the broker has stopped goes on when the broker ends.
            tethered: true,
            ..Program::default()
        })?;
        let inbox = Inbox::new(Reader::new(), start.origin.clone());
        let clock = ProcessorClock::of(child.pid(), group.as_ref());
        let mut files = group.iter().flat_map(|group| group.files(&["cgroup.freeze"]));
        let freezer = files.find_map(|file| OpenOptions::new().write(true).open(file).ok());
        drop(files);
        let leash = Leash::new(child.pid(), freezer);
        Ok(Self { child, control: start.origin.own(control), inbox, writer: Writer::new(), group, clock, leash })
    }

    /// Another clock of the same time, and what stops the worker.
    pub fn reins(&self) -> (ProcessorClock, Leash) {
        (ProcessorClock::of(self.child.pid(), self.group.as_ref()), self.leash.clone())
    }

    /// Whatever it has used, it goes on from now on.
    pub fn let_off(&self) {
        self.leash.let_off();
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.pid().as_raw_pid().unsigned_abs()
    }

    /// Readable once the process ended.
    pub fn process(&self) -> &OwnedFd {
        &self.child.process
    }

    /// Reads the worker's next message.
    pub fn hear(&mut self) -> Heard {
        match self.inbox.poll(&self.control) {
            Ok(Progress::Pending) => Heard::Nothing,
            Ok(Progress::Closed) => Heard::Closed,
            Ok(Progress::Message((_, fds))) if !fds.is_empty() => Heard::Nonsense(format!("{} descriptors", fds.len())),
            Ok(Progress::Message((body, _))) => match open(&body) {
                Ok(message) => Heard::Message(message),
                Err(EnvelopeError::Build { theirs }) => Heard::OtherBuild(format!(
                    "the worker is of build {theirs}, and this broker of {BUILD}: install them together, and restart the broker"
                )),
                Err(error) => Heard::Nonsense(error.to_string()),
            },
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Heard::Nonsense(error.to_string()),
            Err(_) => Heard::Closed,
        }
    }

    /// Sends a message, now or as soon as the socket has room. `true` if nothing is left to send.
    ///
    /// # Errors
    /// Errors of the socket: the worker is ending.
    pub fn say(&mut self, message: &ToWorker) -> io::Result<bool> {
        self.writer.push(&seal(message))?;
        self.flush()
    }

    /// Passes it its tenant's connection, with what belongs to the session.
    ///
    /// # Errors
    /// Errors of the socket, also if it cannot take the whole message at once: the worker is unusable then.
    pub fn serve(&self, program: &impl AsFd, given: Given<'_>) -> io::Result<()> {
        if self.writer.queued() > 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        handover::give(&self.control, program.as_fd(), given)
    }

    /// Whether the process ended, even if its event has not been handled yet.
    pub fn is_over(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut fds = [PollFd::new(&self.child.process, PollFlags::IN)];
        poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
    }

    /// Continues to send waiting messages. `true` if nothing is left to send.
    ///
    /// # Errors
    /// Errors of the socket.
    pub fn flush(&mut self) -> io::Result<bool> {
        self.writer.flush(&self.control)
    }

    /// Kills the process and everything that it started.
    pub fn kill(&self) {
        // The control group contains every process that it started.
        if self.group.as_ref().is_some_and(Group::kill) {
            return;
        }
        // So does the process group, which the sandbox lets no process leave. Its number cannot be reused: its leader is
        // our child and not reaped yet.
        let _ = kill_process_group(self.child.pid(), Signal::KILL);
        let _ = self.child.kill();
    }

    /// Reaps the process once it ended, after killing whatever it left behind.
    pub fn reap(&mut self) -> Option<ExitStatus> {
        self.kill();
        self.let_off();
        self.clock.read();
        self.child.try_reap().inspect(|_| self.clock.stop())
    }

    /// Whether the kernel killed it because it reached its memory limit.
    pub fn lacked_memory(&self) -> bool {
        self.group.as_ref().is_some_and(Group::lacked_memory)
    }

    /// Its control group, to remove once it ended.
    pub fn take_group(&mut self) -> Option<Group> {
        self.group.take()
    }
}

/// Describes an exit status.
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
