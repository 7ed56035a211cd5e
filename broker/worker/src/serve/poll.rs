//! The thread that hears the program and the broker, and opens lanes; and the process's first, which serves the first lane.
//!
//! - **Invariant**: the first thread of a process serves the first lane, which is mostly that of the program's first thread.
//!   A vendor's library finds there what it finds natively: the C library's main heap, which grows in large steps (that
//!   of another thread has its pages made accessible one by one), a stack that grows, and in a copy the thread that forked.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::mpsc::{self, Sender};
use std::thread;

use ava_protocol::control::{EndKind, ToWorker};
use ava_protocol::envelope::open;
use ava_protocol::frame::Malformed;
use ava_protocol::upcall::{OPEN_LANE, OPEN_STRICT_LANE};
use ava_transport::lane::{self, Lane};
use ava_transport::message::{self, Progress, Reader};
use rustix::event::{PollFd, PollFlags, poll};

use super::lane::serve_lane;
use super::log;
use super::worker::Worker;
use crate::state::copies::SocketGuard;
use crate::state::lanes::Answering;
use crate::vendor::boundary;

/// A lane that the program has asked for.
struct Opened {
    lane: Box<dyn Lane>,
    number: u64,
    answering: Answering,
    socket: Option<SocketGuard<'static>>,
}

impl Worker {
    /// Serves until the program is gone, and the copies that serve its children. Does not return.
    pub fn serve(&'static self) -> ! {
        // A panic is a bug of ours: better a session less than one that is half alive, and not a word to the program.
        std::panic::set_hook(Box::new(|panic| self.end(EndKind::Failed, &format!("a bug in the worker: {panic}"))));
        let session = &self.session;
        session.begin();
        log::send_to(&session.broker);
        session.outbox.connect(Box::new(move |told| self.send(told)));
        let (first, opened) = mpsc::channel();
        if let Err(error) = thread::Builder::new().name("hearing".into()).spawn(move || self.hear(first)) {
            self.end(EndKind::Failed, &format!("cannot start a thread: {error}"));
        }
        if let Ok(opened) = opened.recv() {
            self.serve_opened(opened);
        }
        // The process ends by the other thread.
        loop {
            thread::park();
        }
    }

    /// Hears the program and the broker. The first lane is whose thread waits for it, the others get threads of their own.
    fn hear(&'static self, first: Sender<Opened>) -> ! {
        let mut first = Some(first);
        let mut broker = Some(self.session.broker.connection().as_fd());
        let mut program = Some(self.session.tenant().as_fd());
        let mut tenants = Reader::limited(OPEN_STRICT_LANE.len(), 2);
        loop {
            let copies = if program.is_some() { Vec::new() } else { self.copies.lives() };
            if program.is_none() && copies.is_empty() {
                self.program_ended();
            }
            let known = program.iter().chain(&broker);
            let mut fds: Vec<_> = known.map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
            fds.extend(copies.iter().map(|copy| PollFd::new(&**copy, PollFlags::IN)));
            match poll(&mut fds, None) {
                Ok(_) => (),
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => self.end(EndKind::Failed, &format!("cannot wait: {error}")),
            }
            let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
            let tenant = program.is_some() && ready.next() == Some(true);
            let control = broker.is_some() && ready.next() == Some(true);
            if tenant && !self.hear_tenant(&mut tenants, &mut first) {
                program = None;
            }
            if control && !self.hear_broker(self.session.broker.connection().as_fd()) {
                // The broker is gone; the program is not.
                broker = None;
            }
        }
    }

    /// Takes what there is of a message, so that one that never becomes whole keeps nobody waiting. `false` when the program
    /// has ended.
    fn hear_tenant(&'static self, reader: &mut Reader, first: &mut Option<Sender<Opened>>) -> bool {
        match reader.poll(self.session.tenant()) {
            Ok(Progress::Pending) => (),
            Ok(Progress::Closed) => return false,
            Ok(Progress::Message((bytes, fds))) => {
                if let Err(malformed) = self.open_lane(&bytes, fds, first.take()) {
                    self.malformed(&malformed);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return false,
            Err(error) => self.end(EndKind::Malformed, &format!("on the control channel: {error}")),
        }
        true
    }

    /// Opens a lane. The one that waits for the first serves it, or else a new thread.
    fn open_lane(
        &'static self,
        message: &[u8],
        fds: Vec<OwnedFd>,
        first: Option<Sender<Opened>>,
    ) -> Result<(), Malformed> {
        match message {
            OPEN_LANE => (),
            OPEN_STRICT_LANE => self.session.ahead.stop(),
            _ => return Err(Malformed::Lane("asked for with other words".into())),
        }
        let socket = fds.first().map_or(-1, AsRawFd::as_raw_fd);
        let lane = lane::accept(fds).map_err(|error| Malformed::Lane(error.to_string()))?;
        let (number, answering) = self.session.lanes.add(lane.doorbell())?;
        let opened = Opened { lane, number, answering, socket: self.sockets.keep(socket) };
        let Some(opened) = unsent(first, opened) else { return Ok(()) };
        let spawned = thread::Builder::new().name("lane".into()).spawn(move || self.serve_opened(opened));
        if let Err(error) = spawned {
            self.end(EndKind::Failed, &format!("cannot start a thread: {error}"));
        }
        Ok(())
    }

    fn serve_opened(&'static self, opened: Opened) {
        let Opened { lane, number, answering, socket } = opened;
        if let Err(malformed) = boundary::within(|| serve_lane(self, lane, answering, socket)) {
            self.malformed(&malformed);
        }
        self.session.lanes.remove(number);
    }

    /// Hears the broker; `false` when it is gone.
    fn hear_broker(&self, control: BorrowedFd<'_>) -> bool {
        let Ok(Some((bytes, _))) = message::recv(&control) else {
            return false;
        };
        match open::<ToWorker>(&bytes) {
            Ok(ToWorker::TenantLeft) => self.program_ended(),
            Ok(ToWorker::Shutdown { reason }) => self.end(EndKind::Shutdown, &reason),
            // No broker gives a worker a second tenant.
            Ok(ToWorker::Serve { .. }) | Err(_) => false,
        }
    }
}

/// Gives the lane to who waits for it; back if nobody does.
fn unsent(first: Option<Sender<Opened>>, opened: Opened) -> Option<Opened> {
    match first {
        Some(first) => first.send(opened).err().map(|unsent| unsent.0),
        None => Some(opened),
    }
}
