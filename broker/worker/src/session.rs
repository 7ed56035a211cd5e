//! The session that this process serves: one program, its lanes, its objects.
//!
//! - **Invariant**: one thread per lane, so that a program's thread that waits makes nobody else wait.
//! - **Invariant**: malformed input ends the session, with the reason in the broker's log.

pub mod copies;

use std::any::Any;
use std::cell::RefCell;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use ava_protocol::control::{EndKind, FromWorker, LogLevel, ToWorker};
use ava_protocol::envelope::{open, seal};
use ava_protocol::frame::{Frame, MOST_NOTICES, Malformed, Notice, Tag};
use ava_protocol::upcall::OPEN_LANE;
use ava_sandbox::Home;
use ava_transport::lane::{self, Inbox, Lane};
use ava_transport::message::{self, Progress, Reader};
use ava_transport::region::Region;
use rkyv::ser::allocator::Arena;
use rkyv::util::AlignedVec;
use rustix::event::{PollFd, PollFlags, poll};

use crate::api::Api;
use crate::call::{Call, Outcome, Stop};
use crate::session::copies::{Copies, Kept, Sockets};
use crate::state::included::Included;
use crate::state::lanes::{Answering, Lanes};
use crate::state::mappings::Mappings;
use crate::state::mirrors::Mirrors;
use crate::state::objects::Objects;
use crate::state::order::{Failures, Order, Served};
use crate::state::outbox::Outbox;
use crate::state::pending::Pending;
use crate::state::regions::Regions;
use crate::state::residents::Residents;
use crate::state::usage::Usage;
use crate::upcall::callbacks;
use crate::upcall::stdio;
use crate::vendor::boundary;

pub struct Session {
    pub api: Arc<dyn Api>,
    pub objects: Objects,
    pub mirrors: Mirrors,
    pub regions: Regions,
    pub mappings: Mappings,
    pub residents: Residents,
    /// Files of the program that its sources include.
    pub included: Included,
    /// The status of commands that the program polls, once the shim has given a region for it.
    pub board: OnceLock<Arc<Region>>,
    pub pending: Pending,
    pub order: Order,
    pub failures: Failures,
    pub outbox: Outbox,
    pub usage: Usage,
    /// Bytes that the session may map in all.
    memory_limit: u64,
    /// The worker's directories, unless this is a test without any.
    home: Option<Home>,
    tenant: OwnedFd,
    control: OwnedFd,
    to_broker: Mutex<()>,
    lanes: Lanes,
    pub sockets: Sockets,
    pub copies: Copies,
    ending: AtomicBool,
}

impl Session {
    pub fn new(api: Box<dyn Api>, tenant: OwnedFd, control: OwnedFd, usage: Usage) -> Self {
        Self::with_api(Arc::from(api), tenant, control, usage)
    }

    /// One in a copy of this process: the vendor's library is all that it has of this one.
    pub fn copied(&self, tenant: OwnedFd, control: OwnedFd) -> Self {
        let usage = self.usage.of_copy();
        Self { memory_limit: self.memory_limit, ..Self::with_api(Arc::clone(&self.api), tenant, control, usage) }
    }

    fn with_api(api: Arc<dyn Api>, tenant: OwnedFd, control: OwnedFd, usage: Usage) -> Self {
        Self {
            usage,
            api,
            objects: Objects::new(usage),
            mirrors: Mirrors::default(),
            regions: Regions::default(),
            mappings: Mappings::default(),
            residents: Residents::default(),
            included: Included::default(),
            board: OnceLock::new(),
            pending: Pending::default(),
            order: Order::default(),
            failures: Failures::default(),
            outbox: Outbox::default(),
            memory_limit: rustix::system::sysinfo().totalram as u64,
            home: None,
            tenant,
            control,
            to_broker: Mutex::new(()),
            lanes: Lanes::default(),
            sockets: Sockets::default(),
            copies: Copies::default(),
            ending: AtomicBool::new(false),
        }
    }

    /// With a limit to its memory, and directories to leave at its end.
    #[must_use]
    pub fn with(mut self, memory: Option<u64>, home: Home) -> Self {
        self.memory_limit = memory.unwrap_or(self.memory_limit);
        self.home = Some(home);
        self
    }

    /// What the session's API remembers, which is a `T`.
    pub fn api<T: Api>(&self) -> &T {
        let api: &dyn Any = &*self.api;
        match api.downcast_ref() {
            Some(api) => api,
            None => unreachable!("an API's functions serve sessions with that API"),
        }
    }

    /// The program's end of the control channel.
    pub fn tenant(&self) -> &OwnedFd {
        &self.tenant
    }

    /// The conversation with the broker.
    pub fn control(&self) -> &OwnedFd {
        &self.control
    }

    /// Serves until the program is gone, and the copies that serve its children. Does not return.
    pub fn serve(&'static self) -> ! {
        // A panic is a bug of ours: better a session less than one that is half alive, and not a word to the program.
        std::panic::set_hook(Box::new(|panic| self.end(EndKind::Failed, &format!("a bug in the worker: {panic}"))));
        let mut broker = Some(self.control.as_fd());
        let mut program = Some(self.tenant.as_fd());
        let mut tenants = Reader::limited(OPEN_LANE.len(), 2);
        loop {
            let copies = if program.is_some() { Vec::new() } else { self.copies.lives() };
            if program.is_none() && copies.is_empty() {
                self.left();
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
            if tenant && !self.hear_tenant(&mut tenants) {
                program = None;
            }
            if control && !self.hear_broker(self.control.as_fd()) {
                // The broker is gone; the program is not.
                broker = None;
            }
        }
    }

    /// Takes what there is of a message, so that one that never becomes whole keeps nobody waiting. `false` when the program
    /// has ended.
    fn hear_tenant(&'static self, reader: &mut Reader) -> bool {
        match reader.poll(&self.tenant) {
            Ok(Progress::Pending) => (),
            Ok(Progress::Closed) => return false,
            Ok(Progress::Message((bytes, fds))) => {
                if let Err(malformed) = self.open_lane(&bytes, fds) {
                    self.malformed(&malformed);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return false,
            Err(error) => self.end(EndKind::Malformed, &format!("on the control channel: {error}")),
        }
        true
    }

    fn open_lane(&'static self, message: &[u8], fds: Vec<OwnedFd>) -> Result<(), Malformed> {
        if message != OPEN_LANE {
            return Err(Malformed::Lane("asked for with other words".into()));
        }
        let socket = fds.first().map_or(-1, AsRawFd::as_raw_fd);
        let lane = lane::accept(fds).map_err(|error| Malformed::Lane(error.to_string()))?;
        let (number, answering) = self.lanes.add(lane.doorbell())?;
        let kept = self.sockets.keep(socket);
        let spawned = std::thread::Builder::new().name("lane".into()).spawn(move || {
            if let Err(malformed) = boundary::within(|| self.serve_lane(lane, answering, kept)) {
                self.malformed(&malformed);
            }
            self.lanes.remove(number);
        });
        if let Err(error) = spawned {
            self.end(EndKind::Failed, &format!("cannot start a thread: {error}"));
        }
        Ok(())
    }

    /// Serves one thread of the program until it ends.
    fn serve_lane(
        &'static self,
        lane: Box<dyn Lane>,
        answering: Answering,
        kept: Option<Kept<'_>>,
    ) -> Result<(), Malformed> {
        let mut inbox = Inbox::new();
        let mut server = Server::new(self, lane);
        server.answering = answering;
        // Forgotten before the lane's end closes the socket, whose number may then be another's.
        let _kept = kept;
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
            let fd = inbox.take_fd();
            if !server.serve(inbox.bytes(), fd)? {
                return Ok(());
            }
        }
    }

    fn serve_frame(&'static self, frame: &Frame<'_>, fd: Option<OwnedFd>, call: &mut Call<'_>) -> Outcome {
        let number = || frame.body.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        match frame.tag {
            Tag::Call => {
                call.count(frame.word);
                self.dispatch(frame, call)
            }
            Tag::Oneway => {
                match self.api.oneway(frame.word) {
                    Some(true) => call.go_oneway(),
                    Some(false) => return Err(Malformed::Answered(frame.word).into()),
                    None => return Err(Malformed::Opcode(frame.word).into()),
                }
                call.count(frame.word);
                self.dispatch(frame, call)
            }
            Tag::AddRegion => {
                let len = number().ok_or(Malformed::Body("a region"))?;
                Ok(self.regions.add(frame.word, len, fd, self.memory_limit)?)
            }
            Tag::DropRegion => Ok(self.regions.drop_region(frame.word)?),
            Tag::Await => {
                self.pending.wait(self, number().ok_or(Malformed::Body("a wait"))?)?;
                call.reply_bytes(&[])
            }
            Tag::Fork => {
                let tenant = fd.filter(|_| self.api.table().forks).ok_or(Malformed::Body("a fork"))?;
                if self.copy(tenant) { call.reply_bytes(&[]) } else { call.refuse(0) }
            }
            Tag::Drain => {
                stdio::gather();
                let called = self.outbox.drain();
                call.reply_bytes(&called.to_le_bytes())
            }
            Tag::Reply | Tag::Refused | Tag::Upcall => Err(Malformed::Tag(frame.tag as u32).into()),
        }
    }

    /// Calls the vendor, and answers if it could not be called.
    fn dispatch(&'static self, frame: &Frame<'_>, call: &mut Call<'_>) -> Outcome {
        let status = match self.api.serve(frame.word, call, frame.body) {
            Err(Stop::Refused(status)) => status,
            Err(Stop::Missing(function)) => {
                self.log(LogLevel::Warn, &format!("the vendor's library lacks {function}"));
                self.api.table().lost
            }
            outcome => return outcome,
        };
        call.refuse(status)
    }

    /// What the shim is to be told with the next frame.
    pub fn notices(&self) -> Vec<Notice> {
        let mut notices = Vec::new();
        self.pending.notices(self, &mut notices);
        let room = MOST_NOTICES.saturating_sub(notices.len());
        self.residents.notices(room, &mut notices);
        let room = MOST_NOTICES.saturating_sub(notices.len());
        notices.extend(self.objects.take_gone(room).into_iter().map(|object| Notice::Gone { object }));
        notices
    }

    /// Hears the broker; `false` when it is gone.
    fn hear_broker(&self, control: BorrowedFd<'_>) -> bool {
        let Ok(Some((bytes, _))) = message::recv(&control) else {
            return false;
        };
        match open::<ToWorker>(&bytes) {
            Ok(ToWorker::TenantLeft) => self.left(),
            Ok(ToWorker::Shutdown { reason }) => self.end(EndKind::Shutdown, &reason),
            // No broker gives a worker a second tenant.
            Ok(ToWorker::Serve { .. }) | Err(_) => false,
        }
    }

    /// Names the devices that the program knows to whoever looks at its usage.
    pub fn name_devices(&self) {
        self.usage.name_devices(&self.api.device_names(self));
    }

    pub fn log(&self, level: LogLevel, text: &str) {
        self.tell(&FromWorker::Log { level, text: text.into() });
    }

    /// Tells the broker; one that is gone is no matter.
    pub fn tell(&self, message: &FromWorker) {
        let _one_at_a_time = self.to_broker.lock();
        let _ = message::send(&self.control, &seal(message), &[]);
    }

    /// The program has sent what no shim sends: the session ends.
    pub fn malformed(&self, malformed: &Malformed) -> ! {
        self.end(EndKind::Malformed, &malformed.to_string())
    }

    /// The program is gone.
    fn left(&self) -> ! {
        self.lanes.drain();
        self.end(EndKind::TenantLeft, "the program has ended")
    }

    /// Ends the session and this process, without the vendor's exit handlers.
    pub fn end(&self, kind: EndKind, reason: &str) -> ! {
        if self.ending.swap(true, Ordering::AcqRel) {
            // Another thread is at it.
            loop {
                std::thread::park();
            }
        }
        self.tell(&FromWorker::Ended { kind, reason: reason.into() });
        self.home.iter().for_each(Home::leave);
        // SAFETY: ends the process at once; nothing of it is needed any more.
        unsafe { libc::_exit(i32::from(kind == EndKind::Failed)) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The number may be another lane's soon.
        self.served.is_at(None);
    }
}

/// Serves the frames of one lane.
pub struct Server {
    session: &'static Session,
    lane: Rc<RefCell<Box<dyn Lane>>>,
    /// The frame in hand is one that the program waits for.
    answering: Answering,
    /// The number that the shim knows the lane by, and how many oneways came by it.
    number: Option<u32>,
    served: Arc<Served>,
    out: AlignedVec,
    arena: Arena,
}

impl Server {
    pub fn new(session: &'static Session, lane: Box<dyn Lane>) -> Self {
        let lane = Rc::new(RefCell::new(lane));
        callbacks::speak_by(&lane);
        Self {
            session,
            lane,
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
        let frame = Frame::parse(frame)?;
        for notice in frame.notices() {
            match notice {
                Notice::Taken { pending } => self.session.pending.taken(pending),
                Notice::After { lane, count } => {
                    self.session.order.wait_for(lane, count, || self.session.lanes.wake())?;
                }
                other => return Err(Malformed::Notice(other)),
            }
        }
        if self.number != Some(frame.lane) {
            self.number = Some(frame.lane);
            self.served.is_at(None);
            self.served = self.session.order.of(frame.lane)?;
            self.served.is_at(Some(self.lane.borrow().doorbell()));
        }
        let mut call = Call::new(self.session, &self.lane, &self.answering, &mut self.out, &mut self.arena);
        let waits = matches!(frame.tag, Tag::Call | Tag::Await | Tag::Drain);
        self.answering.store(waits, Ordering::Release);
        let outcome = self.session.serve_frame(&frame, fd, &mut call);
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
