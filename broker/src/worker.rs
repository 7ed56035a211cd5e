//! A worker process as the broker sees it: started, spoken to, and in the end reaped.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use ava_protocol::control::{FromWorker, ToWorker};
use ava_protocol::envelope::{BUILD, EnvelopeError, open, seal};
use ava_transport::handover;
use ava_transport::message::{Progress, Reader, Writer};
use ava_transport::spawn::{Child, Program, Spawner};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Rlimit, Signal, kill_process_group};

use crate::cgroup::Group;
use crate::foreign::{Foreign, Inbox, Origin};

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
    /// Its working directory.
    pub directory: Option<&'a Path>,
    /// Its arguments: what it is to serve, and how it is to shut itself in.
    pub arguments: Vec<OsString>,
    /// All of its environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The limit of open files that the broker itself was started with.
    pub files: Option<Rlimit>,
    /// Its control group, and the files to join it by.
    pub group: Option<(Group, Vec<OwnedFd>)>,
    /// Who is behind what comes from it.
    pub origin: Origin,
}

/// A worker process and the conversation with it. Whoever it serves may have taken it over: what it sends is a stranger's.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    /// The broker's end of the conversation.
    pub control: Foreign<UnixStream>,
    inbox: Inbox,
    writer: Writer,
    group: Option<Group>,
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
    /// Something that only workers of another build understand; this is said to those who asked for it.
    OtherBuild(String),
    /// What no worker says.
    Nonsense(String),
}

impl Worker {
    /// Starts one.
    ///
    /// # Errors
    /// Those of making descriptors and of the program's start.
    pub fn start(spawner: &mut Spawner, start: Start<'_>) -> io::Result<Self> {
        let (control, theirs) = UnixStream::pair()?;
        // Workers send none. Older kernels deliver them all the same, which is nonsense and closed elsewhere.
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
            ..Program::default()
        })?;
        let inbox = Inbox::new(Reader::new(), start.origin.clone());
        Ok(Self { child, control: start.origin.own(control), inbox, writer: Writer::new(), group })
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.pid().as_raw_pid().unsigned_abs()
    }

    /// Readable when the process is over.
    pub fn process(&self) -> &OwnedFd {
        &self.child.process
    }

    /// The next thing the worker said.
    pub fn hear(&mut self) -> Heard {
        match self.inbox.poll(&self.control) {
            Ok(Progress::Pending) => Heard::Nothing,
            Ok(Progress::Closed) => Heard::Closed,
            Ok(Progress::Message((_, fds))) if !fds.is_empty() => Heard::Nonsense(format!("{} descriptors", fds.len())),
            Ok(Progress::Message((body, _))) => match open(&body) {
                Ok(message) => Heard::Message(message),
                Err(EnvelopeError::Build { theirs }) => Heard::OtherBuild(format!(
                    "the worker is of build {theirs}, and this broker of {BUILD}: install them together, and start the broker anew"
                )),
                Err(error) => Heard::Nonsense(error.to_string()),
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
        self.writer.push(&seal(message))?;
        self.flush()
    }

    /// Gives it its tenant, and the page of its usage.
    ///
    /// # Errors
    /// The socket's, also if it could not take all of it at once: the worker is of no use then.
    pub fn serve(&self, session: u64, title: String, program: &impl AsFd, page: &OwnedFd) -> io::Result<()> {
        if self.writer.queued() > 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        handover::give(&self.control, session, title, program.as_fd(), page.as_fd())
    }

    /// The process is over, though it may not have been heard of yet.
    pub fn is_over(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut fds = [PollFd::new(&self.child.process, PollFlags::IN)];
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
        // The control group has whatever the process made, wherever that has gone.
        if self.group.as_ref().is_some_and(Group::kill) {
            return;
        }
        // So has the process group, which the sandbox lets nothing leave. It cannot be anybody else's: its leader is our
        // child and not reaped yet.
        let _ = kill_process_group(self.child.pid(), Signal::KILL);
        let _ = self.child.kill();
    }

    /// Takes the exit status once the process is over. What the worker started and left behind is ended first.
    pub fn reap(&mut self) -> Option<ExitStatus> {
        self.kill();
        self.child.try_reap()
    }

    /// It ended because its memory had reached its bound.
    pub fn lacked_memory(&self) -> bool {
        self.group.as_ref().is_some_and(Group::lacked_memory)
    }

    /// Its control group, when it is over.
    pub fn take_group(&mut self) -> Option<Group> {
        self.group.take()
    }
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
