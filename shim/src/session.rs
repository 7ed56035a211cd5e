//! The process's sessions, one for each API: made at its first call, its own in every process, gone with its worker.
//!
//! - **Invariant**: nothing of a parent is used in a forked child: the child's state is null before its first
//!   instruction (`pthread_atfork`), and a page that the kernel wipes on fork tells where that handler was bypassed.
//! - **Invariant**: a child does not hold its parent's control socket, whose end-of-file tells the worker of the parent's
//!   death.

mod connect;
mod slot;

use std::any::Any;
use std::cell::RefCell;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ava_protocol::frame::{self, Frame, Notice, Tag};
use ava_protocol::upcall::OPEN_LANE;
use ava_transport::lane::{self, Inbox, Lane, Wake};
use ava_transport::message;
use rkyv::ser::allocator::Arena;
use rkyv::util::AlignedVec;
use rustix::process::Pid;

use crate::answers::Answers;
use crate::apis;
use crate::callbacks::Callbacks;
use crate::fault::Fault;
use crate::handles::Handles;
use crate::known::Known;
use crate::lines::{After, Line, Lines};
use crate::pending::{Meeting, Pending};
use crate::regions::{Announcement, Lease, Pool};
use crate::texts::Texts;

pub use slot::{Own, Slot};

/// Most calls in a row that a thread sends without waiting.
const MOST_POSTED: u64 = 4096;

/// A session with a worker.
pub struct Session {
    pub slot: &'static Slot,
    control: UnixStream,
    transport: lane::Kind,
    /// Made with the session, for the first thread that calls.
    first_lane: Mutex<Option<Box<dyn Lane>>>,
    /// Tells this process's session from those of its ancestors.
    generation: u64,
    lost: AtomicBool,
    pub lines: Lines,
    pub handles: Handles,
    pub known: Known,
    pub answers: Answers,
    pub regions: Pool,
    pub pending: Pending,
    pub callbacks: Callbacks,
    pub texts: Texts,
    /// What the API's hand-written code keeps.
    own: Box<dyn Own>,
    /// How often the worker was heard.
    heard: AtomicU64,
    /// The process that it belongs to.
    pid: Pid,
    /// Threads that have a lane.
    threads: Mutex<usize>,
}

static GENERATION: AtomicU64 = AtomicU64::new(0);
/// A page with a 1 at its start, which the kernel wipes on fork.
static WIPED: AtomicPtr<AtomicU64> = AtomicPtr::new(std::ptr::null_mut());

impl Session {
    /// The session of this process with an API.
    pub fn current(slot: &'static Slot) -> Result<&'static Self, Fault> {
        if was_forked() {
            child();
        }
        let session = match slot.known().and_then(|state| state.session.get()) {
            Some(session) => session.as_ref(),
            None => {
                watch_forks();
                slot.session()
            }
        };
        let session = session.ok_or(Fault::NoBroker)?;
        if session.lost.load(Ordering::Relaxed) { Err(Fault::Lost) } else { Ok(session) }
    }

    /// The session with an API, if this process has one and it lives.
    pub fn existing(slot: &Slot) -> Option<&'static Self> {
        if was_forked() {
            return None;
        }
        let session = slot.known()?.session.get()?.as_ref()?;
        (!session.lost.load(Ordering::Relaxed)).then_some(session)
    }

    /// What the API's hand-written code keeps, which is a `T`.
    pub fn own<T: Own>(&self) -> &T {
        let own: &dyn Any = &*self.own;
        match own.downcast_ref() {
            Some(own) => own,
            None => unreachable!("each API asks for its own"),
        }
    }

    /// The socket on which the worker calls back.
    pub fn control(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    /// The worker is gone: every call fails from now on.
    pub fn lose(&self) -> Fault {
        if !self.lost.swap(true, Ordering::Relaxed) {
            tell("the worker of this program's session has ended; its calls fail from now on");
        }
        Fault::Lost
    }

    /// Sends a frame and hands the reply's frame to `read`, in which the notices have been seen to.
    ///
    /// `encode` puts the body behind the header; `regions` are those that the worker does not know yet.
    pub fn exchange<R>(
        &'static self,
        tag: Tag,
        word: u32,
        regions: Vec<Announcement>,
        after: After,
        encode: impl FnOnce(AlignedVec, &mut Arena) -> Result<AlignedVec, Fault>,
        read: impl FnOnce(&Frame<'_>) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        self.with_lane(|lane| {
            self.begin(lane, tag, word, regions, &after, encode)?;
            lane.lane.send(&lane.out, None, Wake::Now).map_err(|_| self.lose())?;
            let frame = loop {
                if !lane.lane.recv(&mut lane.inbox).unwrap_or(false) {
                    return Err(self.lose());
                }
                let frame = Frame::parse(lane.inbox.bytes()).map_err(|_| self.lose())?;
                if frame.tag != Tag::Upcall {
                    break frame;
                }
                self.callbacks.call_now(self, frame.body).map_err(|_| self.lose())?;
            };
            lane.line.all_served();
            let dropped = self.heed(frame.notices());
            let result = match frame.tag {
                Tag::Reply => read(&frame),
                Tag::Refused => Err(Fault::Status(i64::from(frame.status()))),
                _ => Err(self.lose()),
            };
            drop_regions(&mut *lane.lane, dropped);
            result
        })
    }

    /// Sends a call that is not answered.
    pub fn post(
        &'static self,
        opcode: u32,
        regions: Vec<Announcement>,
        after: After,
        encode: impl FnOnce(AlignedVec, &mut Arena) -> Result<AlignedVec, Fault>,
        wake: Wake,
    ) -> Result<(), Fault> {
        let crowded = self.with_lane(|lane| {
            self.begin(lane, Tag::Oneway, opcode, regions, &after, encode)?;
            // Last, since whatever is counted must be sent: others wait for it.
            let waiting = lane.line.posted();
            lane.lane.send(&lane.out, None, wake).map_err(|_| self.lose())?;
            Ok(waiting >= MOST_POSTED)
        })?;
        if crowded {
            // For the notices of a reply: what has completed or is gone is not to pile up.
            self.wait_for(0)?;
        }
        Ok(())
    }

    fn begin(
        &self,
        lane: &mut ThreadLane,
        tag: Tag,
        word: u32,
        regions: Vec<Announcement>,
        after: &After,
        encode: impl FnOnce(AlignedVec, &mut Arena) -> Result<AlignedVec, Fault>,
    ) -> Result<(), Fault> {
        let notices = self.pending.notices().into_iter().chain(self.lines.notices(after, &lane.line));
        frame::begin(&mut lane.out, tag, word, notices);
        frame::set_lane(&mut lane.out, lane.line.number);
        lane.out = encode(std::mem::take(&mut lane.out), &mut lane.arena)?;
        for region in regions {
            let mut frame = AlignedVec::<16>::new();
            frame::begin(&mut frame, Tag::AddRegion, region.id, std::iter::empty());
            frame.extend_from_slice(&region.len.to_le_bytes());
            lane.lane.send(&frame, Some(region.fd.as_fd()), Wake::Later).map_err(|_| self.lose())?;
        }
        Ok(())
    }

    /// An object is gone.
    ///
    /// Returns regions to tell the worker to drop.
    pub fn forget(&self, id: u64) -> Vec<u32> {
        if !self.handles.forget(id) {
            return Vec::new();
        }
        self.answers.forget(id);
        self.callbacks.forget_about(id);
        self.own.forget(id).into_iter().flat_map(|lease| self.regions.release(lease)).collect()
    }

    /// How often a call has returned, or a callback was called.
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Acts on what the worker tells beside the matter. Returns regions to tell it to drop.
    pub fn heed(&self, notices: impl Iterator<Item = Notice>) -> Vec<u32> {
        self.heard.fetch_add(1, Ordering::Relaxed);
        let mut dropped = Vec::new();
        for notice in notices {
            match notice {
                Notice::Completed { pending, failed } => {
                    dropped.extend(self.pending.complete(pending, failed, &self.regions));
                }
                Notice::Gone { object } => dropped.extend(self.forget(object)),
                Notice::Vacant { region } => {
                    dropped
                        .extend(self.own.vacate(region).map(|lease| self.regions.release(lease)).unwrap_or_default());
                }
                Notice::Taken { .. } | Notice::After { .. } => (),
            }
        }
        dropped
    }

    /// Gives regions back, and tells the worker of those that are unmapped.
    pub fn release(&'static self, leases: Vec<Lease>) {
        let dropped: Vec<_> = leases.into_iter().flat_map(|lease| self.regions.release(lease)).collect();
        if !dropped.is_empty() {
            let _ = self.with_lane(|lane| {
                drop_regions(&mut *lane.lane, dropped);
                Ok(())
            });
        }
    }

    /// Waits until the command of a pending transfer has completed and its data is in place.
    pub fn wait_for(&'static self, pending: u64) -> Result<(), Fault> {
        let encode = |mut out: AlignedVec, _: &mut Arena| {
            out.extend_from_slice(&pending.to_le_bytes());
            Ok(out)
        };
        self.exchange(Tag::Await, 0, Vec::new(), After::All, encode, |_| Ok(()))
    }

    /// Waits for transfers that are to change these bytes of the program's memory.
    pub fn settle(&'static self, address: usize, len: u64) -> Result<(), Fault> {
        loop {
            match self.pending.meet(address, len) {
                Meeting::Nothing => return Ok(()),
                Meeting::Within { transfer, .. } | Meeting::Overlap { transfer } => self.wait_for(transfer)?,
            }
        }
    }

    /// Whether only one thread has called, or is still there of those that have.
    pub fn is_alone(&self) -> bool {
        self.threads.lock().is_ok_and(|threads| *threads == 1)
    }

    /// Runs `f` while only one thread calls: another that begins to waits for it. `false` if it has begun already.
    pub fn alone(&self, f: impl FnOnce()) -> bool {
        match self.threads.lock() {
            Ok(threads) if *threads == 1 => {
                f();
                true
            }
            _ => false,
        }
    }

    /// The number of the thread's lane.
    pub fn line(&'static self) -> Result<u32, Fault> {
        self.with_lane(|lane| Ok(lane.line.number))
    }

    /// Runs `f` with the thread's lane, which is made if there is none. A thread that is ending gets one for the call.
    fn with_lane<R>(&'static self, f: impl FnOnce(&mut ThreadLane) -> Result<R, Fault>) -> Result<R, Fault> {
        let mut f = Some(f);
        let tried = LANES.try_with(|lanes| {
            let mut lanes = lanes.try_borrow_mut().ok()?;
            let slot = &mut lanes[self.slot.index];
            let f = f.take()?;
            let current = slot.as_ref().is_some_and(|lane| lane.generation == self.generation);
            if !current {
                *slot = match self.open_lane() {
                    Ok(lane) => Some(lane),
                    Err(fault) => return Some(Err(fault)),
                };
            }
            slot.as_mut().map(f)
        });
        match (tried, f) {
            (Ok(Some(result)), _) => result,
            (_, Some(f)) => f(&mut self.open_lane()?),
            (_, None) => Err(Fault::Panicked),
        }
    }

    fn open_lane(&'static self) -> Result<ThreadLane, Fault> {
        if let Ok(mut threads) = self.threads.lock() {
            *threads += 1;
        }
        let lane = match self.first_lane.lock().ok().and_then(|mut first| first.take()) {
            Some(lane) => lane,
            None => {
                let (lane, theirs) = lane::offer(self.transport).map_err(|_| Fault::Exhausted)?;
                let theirs: Vec<_> = theirs.iter().map(AsFd::as_fd).collect();
                message::send(&self.control, OPEN_LANE, &theirs).map_err(|_| self.lose())?;
                lane
            }
        };
        Ok(ThreadLane {
            session: self,
            generation: self.generation,
            lane,
            inbox: Inbox::new(),
            out: AlignedVec::new(),
            arena: Arena::new(),
            line: self.lines.open()?,
        })
    }
}

struct ThreadLane {
    session: &'static Session,
    generation: u64,
    lane: Box<dyn Lane>,
    inbox: Inbox,
    out: AlignedVec,
    arena: Arena,
    line: Arc<Line>,
}

impl Drop for ThreadLane {
    fn drop(&mut self) {
        // In a forked child this is a copy of the parent's, whose lock another thread may have held.
        if self.session.pid == rustix::process::getpid()
            && let Ok(mut threads) = self.session.threads.lock()
        {
            *threads = threads.saturating_sub(1);
            self.session.lines.close(Arc::clone(&self.line));
        }
    }
}

thread_local! {
    /// By the index of the API.
    static LANES: RefCell<[Option<ThreadLane>; apis::COUNT]> = const { RefCell::new([const { None }; apis::COUNT]) };
}

fn drop_regions(lane: &mut dyn Lane, regions: Vec<u32>) {
    for region in regions {
        let mut frame = AlignedVec::<16>::new();
        frame::begin(&mut frame, Tag::DropRegion, region, std::iter::empty());
        let _ = lane.send(&frame, None, Wake::Later);
    }
}

/// Whether this process was forked past the `pthread_atfork` handler.
fn was_forked() -> bool {
    let page = WIPED.load(Ordering::Relaxed);
    // SAFETY: the page is never unmapped.
    !page.is_null() && unsafe { &*page }.load(Ordering::Relaxed) == 0
}

fn watch_forks() {
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    if !REGISTERED.swap(true, Ordering::Relaxed) {
        // SAFETY: the handler only stores to atomics and closes a descriptor.
        unsafe { libc::pthread_atfork(None, None, Some(child_handler)) };
    }
    let mut page = WIPED.load(Ordering::Relaxed);
    if page.is_null() {
        // SAFETY: a fresh page of our own.
        page = unsafe {
            let page = libc::mmap(
                std::ptr::null_mut(),
                4096,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            if page == libc::MAP_FAILED || libc::madvise(page, 4096, libc::MADV_WIPEONFORK) != 0 {
                return;
            }
            page.cast()
        };
    }
    // SAFETY: the page is mapped and never unmapped.
    unsafe { &*page }.store(1, Ordering::Relaxed);
    WIPED.store(page, Ordering::Release);
}

extern "C" fn child_handler() {
    child();
}

/// What a forked child does first. Async-signal-safe.
fn child() {
    apis::ALL.iter().for_each(|slot| slot.leave_behind());
    let page = WIPED.load(Ordering::Relaxed);
    if !page.is_null() {
        // SAFETY: the page is never unmapped.
        unsafe { &*page }.store(1, Ordering::Relaxed);
    }
}

/// One line on the program's standard error.
fn tell(what: &str) {
    let line = format!("ava: {what}\n");
    // SAFETY: writes to a descriptor number from a live buffer; a closed one is an error that is of no matter.
    unsafe { libc::write(2, line.as_ptr().cast(), line.len()) };
}
