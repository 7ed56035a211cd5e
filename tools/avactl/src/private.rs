//! The user's private broker, for machines without the system's: started when a program is run, ends when idle.
//!
//! A short-lived `avactl start-broker` starts it, so that the broker is no child of the process when `avactl run` becomes
//! the program: a program that waits for any child must not find one that it did not create.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};

use ava_protocol::admin::Request;
use ava_protocol::api::APIS;
use ava_transport::client::{self, Patience, check_private};
use ava_transport::spawn::{Child, Program, Spawner};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, MemfdFlags, flock, memfd_create};

use crate::error::{Failure, Kind};
use crate::locate::BROKER;
use crate::reach::{self, Broker, Unreached};

/// A private broker exits after so many seconds without a session.
const IDLE_SECONDS: &str = "30";
/// If a broker does not listen after so many seconds, starting it has failed.
const START_SECONDS: i64 = 20;
/// Variables of its starter's environment that a private broker gets, in addition to those for the first program's worker.
/// Every program sends its own surroundings for its worker.
const ENVIRONMENT: &[&str] = &[
    "AVA_LEDGER_DAYS",
    "AVA_LEDGER_SIZE",
    "AVA_LOG",
    "AVA_WARM",
    "HOME",
    "LANG",
    "LOGNAME",
    "PATH",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
];

/// A broker that this process may use, and that stays as long as this process lives, whatever program it becomes.
pub fn ensure() -> Result<Broker, Failure> {
    let mut started = false;
    loop {
        let (failure, private) = match Broker::running() {
            // An idle broker may exit between connecting and asking: then it is as if there had been none.
            Ok(broker) => match broker.ask(Request::Expect) {
                Ok(_) => return Ok(broker),
                // A broker that does not answer is no reason to start another.
                Err(failure) if broker.is_silent() => return Err(failure),
                Err(failure) => {
                    let private = matches!(broker.socket, ava_protocol::session::Socket::Private(_));
                    (failure, private && broker.ask(Request::Status).is_err())
                }
            },
            Err(Unreached::Failed(failure)) => return Err(failure),
            Err(Unreached::Nobody) => {
                let private = !matches!(reach::discover(), ava_protocol::session::Socket::Named(_));
                (nobody_there(), private)
            }
        };
        if started || !private || failure.kind != Kind::Unreachable {
            return Err(failure);
        }
        start_apart()?;
        started = true;
    }
}

fn nobody_there() -> Failure {
    let path = reach::discover().path().display().to_string();
    Failure::new(Kind::Unreachable, format!("no broker listens on {path}"))
        .hint("without AVA_SOCKET, avactl starts a private broker where there is none")
}

/// Starts the broker through a process of its own.
fn start_apart() -> Result<(), Failure> {
    let socket = reach::private();
    // A file, not a pipe: a process that it starts could keep a pipe open.
    let mut said = File::from(memfd_create(c"said", MemfdFlags::CLOEXEC).map_err(io::Error::from)?);
    let status = Command::new(std::env::current_exe()?)
        .arg("start-broker")
        .arg(socket.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(said.try_clone()?)
        .status()?;
    if status.success() {
        return Ok(());
    }
    let mut text = String::new();
    said.rewind().and_then(|()| said.read_to_string(&mut text))?;
    Err(told(&text))
}

/// The failure that another avactl has printed.
fn told(text: &str) -> Failure {
    let mut failure = Failure::new(Kind::Unreachable, "no private broker could be started");
    for line in text.lines() {
        match (line.strip_prefix("avactl: "), line.trim_start().strip_prefix("hint: ")) {
            (Some(message), _) => failure.message = message.to_owned(),
            (None, Some(hint)) => failure.hints.push(hint.to_owned()),
            (None, None) => {}
        }
    }
    failure
}

/// Starts a broker at `socket` unless there is one, and returns when it listens.
pub fn start(socket: &Path) -> Result<(), Failure> {
    let directory = socket.parent().unwrap_or(Path::new("/"));
    match DirBuilder::new().recursive(true).mode(0o700).create(directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(failure(directory, &error));
        }
        _ => {}
    }
    check_private(socket).map_err(|error| Failure::new(Kind::Denied, error.to_string()))?;
    // If several processes do this at the same time, one starts the broker and the others find it.
    let lock = private_file(&directory.join("start.lock"))?;
    flock(&lock, FlockOperation::LockExclusive).map_err(io::Error::from)?;
    match client::connect(socket, Patience::QUESTION.connect) {
        Err(client::Error::Connect(_)) => {}
        // A broker that accepts no connections exists all the same: its clients report what is wrong.
        Ok(_) | Err(_) => return Ok(()),
    }
    let program = BROKER.find()?;
    let notify = directory.join("start.notify");
    let _ = std::fs::remove_file(&notify);
    let ready = UnixDatagram::bind(&notify).map_err(|error| failure(&notify, &error))?;
    let log = directory.join("broker.log");
    let mut environment: Vec<(OsString, OsString)> =
        std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(passes)).collect();
    environment.push(("NOTIFY_SOCKET".into(), notify.clone().into()));
    let errors = private_file(&log)?;
    let child = Spawner::new()?.spawn(&Program {
        path: Some(&program),
        arguments: ["--socket".into(), socket.into(), "--idle-exit".into(), IDLE_SECONDS.into()].to_vec(),
        environment,
        output: [None, Some(errors.as_fd())],
        ..Program::default()
    });
    let child = child.map_err(|error| failure(&program, &error))?;
    let outcome = wait(&ready, &child, &log);
    let _ = std::fs::remove_file(&notify);
    outcome
}

fn passes(name: &str) -> bool {
    ENVIRONMENT.contains(&name) || APIS.iter().any(|api| api.passes(name))
}

/// Waits until the broker is ready or has exited.
fn wait(ready: &UnixDatagram, child: &Child, log: &Path) -> Result<(), Failure> {
    let limit = Timespec { tv_sec: START_SECONDS, tv_nsec: 0 };
    let mut fds = [PollFd::new(ready, PollFlags::IN), PollFd::new(&child.process, PollFlags::IN)];
    let happened = poll(&mut fds, Some(&limit)).map_err(io::Error::from)?;
    if !fds[0].revents().is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    let _ = File::open(log).and_then(|mut file| file.read_to_string(&mut text));
    let what = if happened == 0 { "does not listen" } else { "ended at once" };
    let mut failure = Failure::new(Kind::Unreachable, format!("the private broker {what}"));
    failure.hints = last_lines(&text).map(|line| format!("it said: {line}")).collect();
    Err(failure.hint(format!("its log is {}", log.display())))
}

/// The last lines of a log, in order.
fn last_lines(log: &str) -> impl Iterator<Item = &str> {
    const COUNT: usize = 3;
    log.lines().skip(log.lines().count().saturating_sub(COUNT))
}

fn private_file(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true).mode(0o600);
    options.open(path).map_err(|error| failure(path, &error))
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Kind::Unreachable, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{last_lines, passes, told};

    #[test]
    fn what_the_starter_says_is_passed_on() {
        let failure = told("avactl: the private broker ended at once\n  hint: it said: no\n  hint: its log is /l\n");
        assert_eq!(failure.message, "the private broker ended at once");
        assert_eq!(failure.hints, ["it said: no", "its log is /l"]);
        assert_eq!(told("").message, "no private broker could be started");
    }

    #[test]
    fn the_last_lines_of_a_log_are_in_order() {
        assert_eq!(last_lines("a\nb\nc\nd\n").collect::<Vec<_>>(), ["b", "c", "d"]);
        assert_eq!(last_lines("a\n").collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn a_private_broker_gets_what_it_needs_and_nothing_that_loads_code() {
        let names = ["HOME", "POCL_DEVICES", "LD_PRELOAD", "LD_LIBRARY_PATH", "AVA_SOCKET", "AVA_WARM"];
        let kept: Vec<_> = names.into_iter().filter(|name| passes(name)).collect();
        assert_eq!(kept, ["HOME", "POCL_DEVICES", "AVA_WARM"]);
    }
}
