//! A proxy between programs and a broker, which records the programs' frames to their workers. Programs use sockets only
//! (`AVA_TRANSPORT=socket`): a ring has no place for a proxy.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ava_protocol::upcall::OPEN_LANE;
use ava_transport::message;
use ava_worker_fuzz::records::{self, Attached, Record};
use rustix::event::{PollFd, PollFlags, poll};

use super::wire::Wire;

/// The most bytes that are recorded of one session.
const LONGEST: usize = 256 << 10;

/// The frames of each session, in the form of the fuzzer's inputs.
pub struct Recorder {
    pub socket: PathBuf,
    sessions: Arc<Mutex<Vec<Arc<Session>>>>,
}

type Session = Mutex<Vec<u8>>;

impl Recorder {
    /// Listens at `socket` for programs of the broker at `broker`.
    pub fn new(socket: PathBuf, broker: PathBuf) -> Self {
        let listener = UnixListener::bind(&socket).unwrap();
        let sessions = Arc::<Mutex<Vec<_>>>::default();
        let ours = Arc::clone(&sessions);
        std::thread::spawn(move || {
            for program in listener.incoming().map_while(Result::ok) {
                let session = Arc::<Session>::default();
                ours.lock().unwrap().push(Arc::clone(&session));
                let broker = broker.clone();
                std::thread::spawn(move || serve(&program, &broker, &session));
            }
        });
        Self { socket, sessions }
    }

    pub fn sessions(&self) -> Vec<Vec<u8>> {
        let sessions = self.sessions.lock().unwrap();
        sessions.iter().map(|session| session.lock().unwrap().clone()).filter(|session| !session.is_empty()).collect()
    }
}

/// Forwards messages both ways until one side is gone.
fn serve(program: &UnixStream, broker: &Path, session: &Arc<Session>) -> Option<()> {
    let worker = UnixStream::connect(broker).ok()?;
    loop {
        let (from_program, from_worker) = wait(program, &worker)?;
        if from_program {
            let (body, fds) = message::recv(program).ok()??;
            let fds = if body == OPEN_LANE { splice(fds, session)? } else { fds };
            let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
            message::send(&worker, &body, &fds).ok()?;
        }
        if from_worker {
            let (body, _) = message::recv(&worker).ok()??;
            message::send(program, &body, &[]).ok()?;
        }
    }
}

/// Replaces the program's lane with one of ours.
fn splice(mut fds: Vec<OwnedFd>, session: &Arc<Session>) -> Option<Vec<OwnedFd>> {
    let program = Wire::new(fds.pop()?);
    let (worker, theirs) = Wire::pair();
    let session = Arc::clone(session);
    std::thread::spawn(move || carry(program, worker, &session));
    Some(vec![theirs])
}

/// Forwards frames both ways until one side is gone.
fn carry(mut program: Wire, mut worker: Wire, session: &Session) -> Option<()> {
    loop {
        let (from_program, from_worker) = wait(&program, &worker)?;
        if from_program {
            let (frame, fd) = program.recv()?;
            keep(session, frame, fd.is_some());
            worker.send(frame, fd.as_ref().map(AsFd::as_fd)).then_some(())?;
        }
        if from_worker {
            let (frame, fd) = worker.recv()?;
            program.send(frame, fd.as_ref().map(AsFd::as_fd)).then_some(())?;
        }
    }
}

fn keep(session: &Session, frame: &[u8], with_fd: bool) {
    let mut session = session.lock().unwrap();
    if session.len() + frame.len() < LONGEST {
        let attached = if with_fd { Attached::Region } else { Attached::Nothing };
        records::write(&mut session, Record { attached, frame });
    }
}

/// Waits until one of the two is readable.
fn wait(one: &impl AsFd, other: &impl AsFd) -> Option<(bool, bool)> {
    let mut fds = [PollFd::new(one, PollFlags::IN), PollFd::new(other, PollFlags::IN)];
    while poll(&mut fds, None).is_err_and(|error| error == rustix::io::Errno::INTR) {}
    Some((!fds[0].revents().is_empty(), !fds[1].revents().is_empty()))
}
