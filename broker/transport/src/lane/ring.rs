//! Lanes over ring buffers in shared memory.
//!
//! Each end keeps its own cursors in private memory and checks the other's before it uses them. A sender publishes by moving
//! its tail. A receiver copies frames out and moves its head when it has read a quarter of the ring, which is seldom enough
//! that a sender that streams keeps the cache line of the head.
//!
//! - **Invariant:** a cursor of the peer is read once, and used only if it is aligned, has not moved back, and has not
//!   passed its possible maximum; a frame's length is read once, and used only if the frame ends before the tail.

use std::cell::Cell;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ava_protocol::frame::LONGEST;

use super::contention::{PROCESSORS, Time};
use super::deferral::Deferral;
use super::doorbell::{Bell, Doorbell};
use super::end::{Carried, Carrier, Lane, Wake};
use super::frame::{Inbox, UNASKED, check_length, invalid};
use super::memory::{ALIGN, CAPACITY, DESCRIPTOR, End, Memory, PREFIX, span};
use super::placement::{self, Placement};
use super::wait::{self, FOR_FRAMES, FOR_ROOM, FOR_URGENT, Patience, Way};

/// How many bytes a receiver reads before it publishes that they are free.
const RELEASE: u64 = CAPACITY as u64 / 4;
/// A sleeping peer is woken after so many frames or bytes, even without [`Wake::Now`].
const MOST_FRAMES_LATER: u32 = 64;
const MOST_BYTES_LATER: u64 = 32 << 10;
/// How long the program's end sleeps before it checks whether the worker still exists.
const SLICE: Duration = Duration::from_millis(100);

// When a receiver has read everything, there is room for any frame, even if it has not yet published that the last ones are
// read.
const _: () = assert!(span(LONGEST) as u64 <= CAPACITY as u64 - RELEASE);

/// The end that offered the lane: the program's.
const OFFERING: usize = 0;
/// The end that accepted it: the worker's.
const ACCEPTING: usize = 1;

/// One end of a lane over rings.
#[derive(Debug)]
pub struct Ring {
    memory: Arc<Memory>,
    carrier: Box<dyn Carrier>,
    side: usize,
    /// The peer's process has died, which the shared memory does not show.
    gone: bool,
    /// How far this end has written and published.
    tail: u64,
    /// How far the peer has read this end's frames, as far as is known.
    peer_head: u64,
    /// How far this end has read.
    head: u64,
    /// How far this end has published that it has read.
    released: u64,
    /// How far the peer has written, as far as is known.
    peer_tail: u64,
    /// What was sent since this end last checked whether the peer sleeps.
    later_frames: u32,
    later_bytes: u64,
    /// The processor that this end has published as its own.
    cpu: u32,
    placement: Placement,
    deferral: Deferral,
}

impl Ring {
    /// The program's end, and the descriptor of the memory.
    ///
    /// # Errors
    /// Those of `memfd_create`, `ftruncate`, `mmap`.
    pub fn offer(carrier: Box<dyn Carrier>) -> io::Result<(Self, OwnedFd)> {
        let (memory, fd) = Memory::create()?;
        Ok((Self::new(memory, carrier, OFFERING), fd))
    }

    /// The worker's end.
    ///
    /// # Errors
    /// `InvalidData` if the memory is not a lane's; those of `mmap`.
    pub fn accept(carrier: Box<dyn Carrier>, memory: &OwnedFd) -> io::Result<Self> {
        Ok(Self::new(Memory::open(memory)?, carrier, ACCEPTING))
    }

    fn new(memory: Memory, carrier: Box<dyn Carrier>, side: usize) -> Self {
        Self {
            memory: Arc::new(memory),
            carrier,
            side,
            gone: false,
            tail: 0,
            peer_head: 0,
            head: 0,
            released: 0,
            peer_tail: 0,
            later_frames: 0,
            later_bytes: 0,
            cpu: 0,
            placement: Placement::new(),
            deferral: Deferral::default(),
        }
    }

    fn ours(&self) -> &End {
        self.memory.end(self.side)
    }

    fn theirs(&self) -> &End {
        self.memory.end(1 - self.side)
    }

    fn room(&self) -> u64 {
        CAPACITY as u64 - (self.tail - self.peer_head)
    }

    /// Waits until the peer has read enough to make room for so many bytes.
    #[cold]
    fn await_room(&mut self, bytes: u64) -> io::Result<()> {
        self.announce();
        let (theirs, tail, known) = (self.theirs(), self.tail, self.peer_head);
        let look = || {
            let head = theirs.head.0.load(Ordering::Acquire);
            // The unread bytes can neither increase nor become negative.
            let unread = tail.wrapping_sub(head);
            if unread > tail - known || !unread.is_multiple_of(ALIGN as u64) {
                return Some(Err(invalid(format!("{head} bytes read, {known} before, of {tail}"))));
            }
            if CAPACITY as u64 - unread >= bytes {
                return Some(Ok(head));
            }
            let closed = theirs.outgoing.0.closed.load(Ordering::Acquire) != 0 || self.memory.is_over();
            closed.then(|| Err(io::ErrorKind::BrokenPipe.into()))
        };
        match self.wait(FOR_ROOM, look) {
            Some(head) => self.peer_head = head?,
            None => {
                self.gone = true;
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
        Ok(())
    }

    /// Waits until the peer has published a frame; `false` when it is gone.
    fn await_frame(&mut self) -> io::Result<bool> {
        let found = self.look_for_frame().or_else(|| {
            if self.later_frames > 0 {
                // The peer's reply may be what this end waits for.
                self.announce();
            }
            self.wait(FOR_FRAMES, || self.look_for_frame())
        });
        match found {
            Some(tail) => self.peer_tail = tail?,
            None => self.gone = true,
        }
        Ok(self.peer_tail != self.head)
    }

    /// The peer's tail, if there is a frame or never will be another.
    fn look_for_frame(&self) -> Option<io::Result<u64>> {
        // Frames sent before the end come first, so this is checked before the tail is read.
        let over = self.memory.is_over();
        new_tail(self.theirs(), self.head).or(over.then_some(Ok(self.head)))
    }

    fn wait<T>(&self, reason: u32, look: impl FnMut() -> Option<T>) -> Option<T> {
        let patience = Patience {
            reason,
            way: self.way(reason),
            // When the program dies, the worker's process is ended by other means, so only the program's end checks.
            slice: (self.side == OFFERING).then_some(SLICE),
            slept: Cell::new(false),
        };
        let found = patience.wait(&self.ours().sleep.0, look, || self.carrier.is_hung_up());
        if patience.slept.get() {
            self.placement.slept();
        }
        self.tell_wanted();
        found
    }

    /// The way of a wait that begins.
    fn way(&self, reason: u32) -> Way {
        let peer = &self.theirs().outgoing.0;
        let is_worker = self.side == ACCEPTING;
        let is_busy = PROCESSORS.are_wanted(peer.wanted.load(Ordering::Relaxed));
        let cpu = peer.cpu.load(Ordering::Relaxed);
        self.placement.waits(cpu, is_busy, is_worker);
        match is_busy {
            true if is_worker && reason == FOR_FRAMES => Way::Doze,
            true => Way::Sleep,
            false if placement::is_apart(cpu) => Way::Spin,
            false => Way::Yield,
        }
    }

    /// Wakes the peer if it sleeps for frames.
    fn announce(&mut self) {
        self.later_frames = 0;
        self.later_bytes = 0;
        wait::wake(&self.theirs().sleep.0, FOR_FRAMES | FOR_URGENT);
    }

    /// Whether the peer dozes and need not be woken for a frame that nobody waits for.
    fn defers(&mut self) -> bool {
        self.theirs().sleep.0.load(Ordering::Relaxed) == FOR_URGENT && self.deferral.may_defer(Time::now())
    }

    /// Publishes what was read, and wakes the peer if it sleeps for room.
    fn release(&mut self) {
        self.tell_cpu();
        self.released = self.head;
        self.ours().head.0.store(self.head, Ordering::Release);
        wait::wake(&self.theirs().sleep.0, FOR_ROOM);
    }

    /// Publishes until when the processors count as wanted, so that the peer need not find out by itself.
    fn tell_wanted(&self) {
        let (until, told) = (PROCESSORS.until(), &self.ours().outgoing.0.wanted);
        if told.load(Ordering::Relaxed) != until {
            told.store(until, Ordering::Relaxed);
        }
    }

    /// Publishes this end's processor, which only serves this end.
    fn tell_cpu(&mut self) {
        let cpu = placement::current();
        if cpu != self.cpu {
            self.cpu = cpu;
            self.ours().outgoing.0.cpu.store(cpu, Ordering::Relaxed);
        }
    }
}

impl Lane for Ring {
    fn send(&mut self, frame: &[u8], fd: Option<BorrowedFd<'_>>, wake: Wake) -> io::Result<()> {
        check_length(frame)?;
        if self.gone || self.theirs().outgoing.0.closed.load(Ordering::Relaxed) != 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let bytes = span(frame.len()) as u64;
        if self.room() < bytes {
            self.await_room(bytes)?;
        }
        if let Some(fd) = fd {
            // The peer receives descriptors with their frames, so it must be awake.
            let theirs = &self.memory.end(1 - self.side).sleep.0;
            self.carrier.send(fd, &mut || wait::wake(theirs, FOR_FRAMES | FOR_URGENT))?;
        }
        let prefix = frame.len() as u64 | if fd.is_some() { DESCRIPTOR } else { 0 };
        let at = self.memory.frame(self.side, self.tail);
        // SAFETY:
        // - the frame and its prefix are no longer than a ring, so they can be written at `at`
        // - `frame` is private memory, so the two do not overlap
        unsafe {
            at.cast::<u64>().write_volatile(prefix);
            std::ptr::copy_nonoverlapping(frame.as_ptr(), at.add(PREFIX), frame.len());
        }
        self.tell_cpu();
        self.tail += bytes;
        self.ours().outgoing.0.tail.store(self.tail, Ordering::Release);
        self.later_frames += 1;
        self.later_bytes += bytes;
        if wake == Wake::Now {
            self.deferral.waits(Time::now);
        }
        let is_much = self.later_frames >= MOST_FRAMES_LATER || self.later_bytes >= MOST_BYTES_LATER;
        if wake == Wake::Now || is_much || (wake == Wake::Soon && !self.defers()) {
            self.announce();
        }
        Ok(())
    }

    fn recv(&mut self, inbox: &mut Inbox) -> io::Result<bool> {
        inbox.clear();
        if self.head == self.peer_tail && !self.await_frame()? {
            return Ok(false);
        }
        let at = self.memory.frame(1 - self.side, self.head);
        // SAFETY: a frame's prefix is shorter than a ring and aligned.
        let prefix = unsafe { at.cast::<u64>().read_volatile() };
        let len = (prefix & !DESCRIPTOR) as usize;
        let there = self.peer_tail - self.head;
        if len == 0 || len > LONGEST || span(len) as u64 > there {
            return Err(invalid(format!("a frame of {len} bytes in {there}")));
        }
        // SAFETY:
        // - a frame and its prefix are shorter than a ring, and `LONGEST` is the inbox's size
        // - the inbox is private memory, so the two do not overlap
        // - if the peer writes meanwhile, the inbox gets a mixture, which is as hostile as any other frame could be
        unsafe { std::ptr::copy_nonoverlapping(at.add(PREFIX), inbox.bytes.as_mut_ptr(), len) };
        if prefix & DESCRIPTOR != 0 {
            if !inbox.takes {
                return Err(invalid(UNASKED.into()));
            }
            match self.carrier.recv()? {
                Carried::Here(fd) => inbox.fd = Ok(Some(fd)),
                Carried::Missed(error) => inbox.fd = Err(error),
                Carried::Gone => {
                    self.gone = true;
                    return Ok(false);
                }
            }
        }
        inbox.len = len;
        self.head += span(len) as u64;
        if self.head - self.released >= RELEASE {
            self.release();
        }
        Ok(true)
    }

    fn populate(&self) -> io::Result<()> {
        self.memory.populate()
    }

    fn doorbell(&self) -> Doorbell {
        Doorbell(Some(Bell { memory: self.memory.clone(), side: self.side }))
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        if self.memory.is_mapped() {
            self.ours().outgoing.0.closed.store(1, Ordering::Release);
            wait::wake(&self.theirs().sleep.0, FOR_FRAMES | FOR_URGENT | FOR_ROOM);
        }
    }
}

/// The peer's tail if it is beyond `head`, up to which this end has read, or if the peer has left.
///
/// # Errors
/// `InvalidData` if it is invalid.
fn new_tail(theirs: &End, head: u64) -> Option<io::Result<u64>> {
    let theirs = &theirs.outgoing.0;
    // What it published before it left comes first, so the tail is read after the flag.
    let closed = theirs.closed.load(Ordering::Acquire) != 0;
    let tail = theirs.tail.load(Ordering::Acquire);
    let unread = tail.wrapping_sub(head);
    if unread > CAPACITY as u64 || !unread.is_multiple_of(ALIGN as u64) {
        return Some(Err(invalid(format!("{tail} bytes sent, {head} read"))));
    }
    (closed || unread > 0).then_some(Ok(tail))
}

#[cfg(test)]
mod tests;
