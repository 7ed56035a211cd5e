//! One lane: a thread of the program, served by a thread of its own.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ava_protocol::frame::{Frame, Malformed, Notice, Tag};
use ava_transport::lane::{Doorbell, Inbox, Lane};
use rkyv::ser::allocator::Arena;
use rkyv::util::AlignedVec;

use super::worker::Worker;
use crate::call::{Call, Outcome, Stop};
use crate::state::copies::SocketGuard;
use crate::state::lanes::Answering;
use crate::state::occupancy::Server;
use crate::state::order::{ANYBODYS, Served};
use crate::upcall::{callbacks, stdio};

/// Serves one thread of the program until it ends.
///
/// # Errors
/// The program has sent what no shim sends.
pub fn serve_lane(
    worker: &'static Worker,
    lane: Box<dyn Lane>,
    answering: Answering,
    socket: Option<SocketGuard<'_>>,
) -> Result<(), Malformed> {
    let mut inbox = Inbox::new();
    let mut server = LaneServer::new(worker, lane);
    server.answering = answering;
    // Dropped before the lane's end closes the socket, whose number may then be another's.
    let _socket = socket;
    loop {
        let received = server.lane.borrow_mut().recv(&mut inbox);
        match received {
            Ok(true) => (),
            Ok(false) => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(Malformed::Lane(error.to_string()));
            }
            Err(_) => return Ok(()),
        }
        // A program's thread that sends what this process cannot hold is told so by the end of its session.
        let fd = inbox.take_fd().map_err(|_| Malformed::Unsaid)?;
        if !server.serve(inbox.bytes(), fd)? {
            return Ok(());
        }
    }
}

impl Drop for LaneServer {
    fn drop(&mut self) {
        self.served.ends(&self.bell);
    }
}

/// Serves the frames of one lane.
pub struct LaneServer {
    worker: &'static Worker,
    lane: Rc<RefCell<Box<dyn Lane>>>,
    bell: Doorbell,
    /// The thread that made this.
    server: Server,
    /// The frame in hand is one that the program waits for.
    answering: Answering,
    /// The number that the shim knows the lane by, and how many oneways came by it.
    number: Option<u32>,
    served: Arc<Served>,
    out: AlignedVec,
    arena: Arena,
}

impl LaneServer {
    pub fn new(worker: &'static Worker, lane: Box<dyn Lane>) -> Self {
        let bell = lane.doorbell();
        let lane = Rc::new(RefCell::new(lane));
        callbacks::set_lane(&lane);
        Self {
            worker,
            lane,
            bell,
            server: Server::this(),
            answering: Answering::default(),
            number: None,
            served: Arc::default(),
            out: AlignedVec::new(),
            arena: Arena::new(),
        }
    }

    /// Does what a frame says and answers on the lane; `false` when the peer is gone.
    ///
    /// # Errors
    /// The frame is none that a shim sends: the session is to end.
    pub fn serve(&mut self, frame: &[u8], fd: Option<OwnedFd>) -> Result<bool, Malformed> {
        let session = &self.worker.session;
        let _busy = session.occupancy.begin(self.server);
        let frame = Frame::parse(frame)?;
        for notice in frame.notices() {
            match notice {
                Notice::Taken { pending } => session.pending.taken(pending),
                Notice::After { lane, count } => {
                    session.order.wait_for(lane, count)?;
                }
                other => return Err(Malformed::Notice(other)),
            }
        }
        if self.number != Some(frame.lane) {
            self.number = Some(frame.lane);
            self.served.ends(&self.bell);
            self.served = session.order.of(frame.lane)?;
            self.served.begins(&self.bell);
        }
        let mut call =
            Call::new(session, &*self.worker.api, &self.lane, &self.answering, &mut self.out, &mut self.arena);
        let waits = matches!(frame.tag, Tag::Call | Tag::Await | Tag::Drain | Tag::Held);
        self.answering.store(waits, Ordering::Release);
        if waits {
            session.usage.wait();
        }
        let outcome = serve_frame(self.worker, &frame, fd, &mut call);
        self.answering.store(false, Ordering::Release);
        if frame.tag == Tag::Oneway {
            // Whoever comes next finds what this call was to make, if only in error.
            self.served.add();
        }
        match outcome {
            Ok(()) => Ok(true),
            Err(Stop::Closed) => Ok(false),
            Err(Stop::Malformed(malformed)) => Err(malformed),
            // Of what is no call there is nothing to refuse.
            Err(Stop::Refused(_) | Stop::Missing(_)) => Ok(true),
        }
    }
}

fn serve_frame(worker: &'static Worker, frame: &Frame<'_>, fd: Option<OwnedFd>, call: &mut Call<'_>) -> Outcome {
    let number = || frame.body.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    match frame.tag {
        Tag::Call => {
            call.count(frame.word);
            call.came(fd);
            // Where anybody is told, what a oneway has failed with before.
            match call.session.failures.take(ANYBODYS) {
                Some(status) => call.refuse(status),
                None => dispatch(worker, frame, call),
            }
        }
        Tag::Oneway => {
            match worker.api.oneway(frame.word) {
                Some(true) => call.go_oneway(),
                Some(false) => return Err(Malformed::Answered(frame.word).into()),
                None => return Err(Malformed::Opcode(frame.word).into()),
            }
            call.count(frame.word);
            dispatch(worker, frame, call)
        }
        Tag::AddRegion => {
            let len = number().ok_or(Malformed::Body("a region"))?;
            Ok(worker.session.add_region(frame.word, len, fd)?)
        }
        Tag::DropRegion => Ok(worker.session.regions.drop_region(frame.word)?),
        Tag::Await => {
            let transfer = number().ok_or(Malformed::Body("a wait"))?;
            worker.session.pending.wait(worker.api.events(), transfer);
            call.reply_bytes(&[])
        }
        Tag::Fork => {
            let tenant = fd.filter(|_| worker.session.table.forks).ok_or(Malformed::Body("a fork"))?;
            if worker.copy(tenant) { call.reply_bytes(&[]) } else { call.refuse(0) }
        }
        Tag::Held => call.reply_bytes(&worker.session.usage.memory().to_le_bytes()),
        Tag::Returned => {
            worker.session.outbox.returned(number().ok_or(Malformed::Body("the end of a callback"))?);
            Ok(())
        }
        Tag::Drain => {
            stdio::gather_all();
            let called = worker.session.outbox.drain();
            call.reply_bytes(&called.to_le_bytes())
        }
        Tag::Reply | Tag::Refused | Tag::Upcall | Tag::Answers => Err(Malformed::Tag(frame.tag as u32).into()),
    }
}

/// Calls the vendor, and answers if it could not be called.
fn dispatch(worker: &'static Worker, frame: &Frame<'_>, call: &mut Call<'_>) -> Outcome {
    let status = match worker.api.serve(frame.word, call, frame.body) {
        Err(Stop::Refused(status)) => status,
        Err(Stop::Missing(function)) => {
            tracing::warn!("the vendor's library lacks {function}");
            worker.session.table.absent
        }
        outcome => return outcome,
    };
    call.refuse(status)
}
