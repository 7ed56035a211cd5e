//! The process's sessions, one for each API: made at its first call, its own in every process, gone with its worker. What
//! starts afresh after that gets another.
//!
//! - **Invariant**: nothing of a parent's session is used in a forked child: the child's state is null before its first
//!   instruction (`pthread_atfork`), and a page that the kernel wipes on fork tells where that handler was bypassed.
//! - **Invariant**: what the program closes, opens or waits for is none of the session's descriptors, nor has a child a copy
//!   of the connection, whose end tells the worker of the program's death (`keeper`).
//! - **Invariant**: of a lost session nothing reaches another: neither an id, nor an answer, nor a callback.

mod attempts;
mod death;
pub mod listener;
mod slot;

use std::any::Any;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ava_protocol::frame::{self, Frame, Notice, Tag};
use ava_transport::lane::{self, Lane, Wake};
use rkyv::ser::allocator::Arena;
use rkyv::util::AlignedVec;

use crate::base::fault::Fault;
use crate::book::accepted::Known;
use crate::book::answers::Answers;
use crate::book::callbacks::Callbacks;
use crate::book::handles::Handles;
use crate::book::mirrors::Mirrors;
use crate::book::order::{After, Lines};
use crate::book::pending::{Meeting, Pending};
use crate::book::regions::{Announcement, Lease, Pool};
use crate::port::connect;
use crate::port::keeper::Keeper;
use crate::port::lanes::{Lanes, ThreadLane};
use crate::process::fork::{child, was_forked, watch_forks};
use crate::session::listener::Listener;

pub use slot::{Own, Shared, Slot};

/// Most calls in a row that a thread sends without waiting.
const MOST_POSTED: u64 = 4096;

/// A session with a worker.
pub struct Session {
    pub slot: &'static Slot,
    /// What the process's sessions with the API have in common.
    pub shared: &'static Shared,
    /// What the broker was told and has answered.
    pub begun: connect::Begun,
    /// Has the session's descriptors.
    pub keeper: Arc<Keeper>,
    pub transport: lane::Kind,
    /// Made with the session, for the first thread that calls.
    pub first_lane: Mutex<Option<Box<dyn Lane>>>,
    pub lanes: Lanes,
    /// Tells this process's session from those before it and from those of its ancestors.
    pub generation: u32,
    pub lost: AtomicBool,
    pub lines: Lines,
    pub handles: Handles,
    pub known: Known,
    pub answers: Answers,
    pub regions: Pool,
    pub pending: Pending,
    pub callbacks: Callbacks,
    pub mirrors: Mirrors,
    pub listener: Listener,
    /// What the API's hand-written code keeps.
    pub own: Box<dyn Own>,
    /// How often the worker was heard.
    pub heard: AtomicU64,
    /// The process that it belongs to.
    pub process: u32,
    /// Threads that have a lane.
    pub threads: Mutex<usize>,
}

pub static GENERATION: AtomicU32 = AtomicU32::new(0);

impl Session {
    /// The session of this process with an API.
    #[inline]
    pub fn current(slot: &'static Slot) -> Result<&'static Self, Fault> {
        let session = Self::latest(slot)?;
        if session.is_lost() { Err(session.fault()) } else { Ok(session) }
    }

    /// The same for a call that starts afresh: where the session is lost, another takes its place.
    pub fn afresh(slot: &'static Slot) -> Result<&'static Self, Fault> {
        let session = Self::latest(slot)?;
        if session.has_ended() { slot.replace(session) } else { Ok(session) }
    }

    /// The same for a call that gives back a reference: `None` if that was one to an object of a lost session.
    #[inline]
    pub fn releasing(
        slot: &'static Slot,
        handle: *mut std::ffi::c_void,
        kind: u16,
    ) -> Result<Option<&'static Self>, Fault> {
        Self::current_unless(slot, || slot.release_lost(handle, kind))
    }

    /// The same for a call that takes another reference.
    #[inline]
    pub fn retaining(
        slot: &'static Slot,
        handle: *mut std::ffi::c_void,
        kind: u16,
    ) -> Result<Option<&'static Self>, Fault> {
        Self::current_unless(slot, || slot.retain_lost(handle, kind))
    }

    /// The session of this process, or nothing where it is lost and the call was `done` without it.
    fn current_unless(slot: &'static Slot, done: impl FnOnce() -> bool) -> Result<Option<&'static Self>, Fault> {
        match Self::current(slot) {
            Err(_) if done() => Ok(None),
            current => current.map(Some),
        }
    }

    /// The session, lost or not; the first is begun.
    #[inline]
    pub fn latest(slot: &'static Slot) -> Result<&'static Self, Fault> {
        if was_forked() {
            child();
        }
        match slot.session() {
            Some(session) => Ok(session),
            None => {
                watch_forks();
                slot.first()
            }
        }
    }

    /// The session with an API, if this process has one and it lives.
    pub fn existing(slot: &Slot) -> Option<&'static Self> {
        if was_forked() {
            return None;
        }
        slot.session().filter(|session| !session.is_lost())
    }

    /// Whether the worker is gone.
    #[inline]
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// What the API's hand-written code keeps, which is a `T`.
    pub fn own<T: Own>(&self) -> &T {
        let own: &dyn Any = &*self.own;
        match own.downcast_ref() {
            Some(own) => own,
            None => unreachable!("each API asks for its own"),
        }
    }

    /// Whether this is the process that it belongs to. In a forked child nothing of it is used.
    pub fn is_here(&self) -> bool {
        ava_transport::client::is_still(self.process)
    }

    /// Counts a reference of the program's less; `None` if the vendor need not know. Else whether it was the last.
    pub fn release_handle(&self, handle: *mut std::ffi::c_void, kind: u16) -> Option<bool> {
        match self.handles.release(handle, kind) {
            Some(false) if self.handles.is_lost(handle) && self.slot.release_lost(handle, kind) => None,
            release => release,
        }
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
        self.exchange_with(tag, word, regions, after, None, encode, read)
    }

    /// The same, with a descriptor on the frame.
    #[allow(clippy::too_many_arguments)]
    pub fn exchange_with<R>(
        &'static self,
        tag: Tag,
        word: u32,
        regions: Vec<Announcement>,
        after: After,
        fd: Option<BorrowedFd<'_>>,
        encode: impl FnOnce(AlignedVec, &mut Arena) -> Result<AlignedVec, Fault>,
        read: impl FnOnce(&Frame<'_>) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let mut said = 0;
        let result = self.with_lane(|lane| {
            self.begin(lane, tag, word, regions, &after, encode)?;
            lane.lane.send(&lane.out, fd, Wake::Now).map_err(|_| self.lose())?;
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
            said = frame.notices().map(Notice::said).max().unwrap_or_default();
            let dropped = self.heed(frame.notices());
            let result = match frame.tag {
                Tag::Reply => read(&frame),
                Tag::Refused => Err(Fault::Status(i64::from(frame.status()))),
                _ => Err(self.lose()),
            };
            drop_regions(&mut *lane.lane, dropped);
            result
        });
        self.listener.wait_for(self, said);
        result
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
        &'static self,
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
            let number = region.fd.number().map_err(|_| self.lose())?;
            // SAFETY: it is open, as long as `region` lives, in the table that the lane sends it from.
            let fd = unsafe { BorrowedFd::borrow_raw(number) };
            lane.lane.send(&frame, Some(fd), Wake::Later).map_err(|_| self.lose())?;
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
        let leases = self.own.forget(id).into_iter().chain(self.mirrors.forget(id));
        leases.flat_map(|lease| self.regions.release(lease)).collect()
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
                Notice::Taken { .. } | Notice::After { .. } | Notice::Said { .. } => (),
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
}

fn drop_regions(lane: &mut dyn Lane, regions: Vec<u32>) {
    for region in regions {
        let mut frame = AlignedVec::<16>::new();
        frame::begin(&mut frame, Tag::DropRegion, region, std::iter::empty());
        let _ = lane.send(&frame, None, Wake::Later);
    }
}
