//! What a worker makes of frames that nobody has checked, on a vendor library that is none: [`vendor`] looks at all the
//! memory that it is handed, as a real one would, so that too little of it is noticed, and makes up the rest. Every API
//! has such a vendor, and a well-formed request of each of its functions ([`seeds`]).
//!
//! - **Invariant:** no code of a vendor runs here, and no process but this one.
//!
//! # Layers
//!
//! - the form of inputs: `records`
//! - inputs from inputs: `mutate`
//! - what vendors share: `vendor::common`
//! - by hand and from the tables: `vendor`, `generated`
//! - inputs from the tables: `seeds`

pub mod mutate;
pub mod records;
pub mod seeds;
mod vendor;

/// What the table compiler emits: for each API the functions of a vendor, and a request of each function.
#[allow(clippy::all, clippy::undocumented_unsafe_blocks)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}

pub use records::Seed;

use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, mpsc};

use ava_protocol::api::{APIS, Api};
use ava_protocol::frame::{Frame, HEADER, LONGEST, Malformed, Notice, Tag};
use ava_transport::lane;
use ava_transport::region::Region;
use ava_worker::{Bounds, LaneServer, Occupancy, Usage, Worker};
use rkyv::util::AlignedVec;
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, socketpair};

use records::{Attached, Record};

/// The largest region that an input gets.
const LARGEST: u64 = 64 << 20;

/// What became of an input's frames.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Answered by the vendor.
    pub replies: usize,
    /// Answered without it.
    pub refusals: usize,
    /// Would have ended a session.
    pub malformed: usize,
}

/// Serves an input's frames. Unlike a worker it goes on after a malformed one: there is more to see that way.
pub fn run(input: &[u8]) -> Tally {
    run_with(input, |_, _| ())
}

/// The same, while somebody else writes to the regions that the input brings.
pub fn run_scribbled(input: &[u8]) -> Tally {
    run_with(input, scribble)
}

/// Where all inputs are counted: nobody looks.
fn usage(api: &Api) -> Usage {
    static USAGE: OnceLock<Vec<Usage>> = OnceLock::new();
    let all = USAGE.get_or_init(|| APIS.iter().map(|api| Usage::unread(api)).collect());
    let place = APIS.iter().position(|one| one.number == api.number);
    all[place.expect("an API of the tables")]
}

fn run_with(input: &[u8], meanwhile: impl FnOnce(mpsc::Receiver<Region>, &AtomicBool) + Send) -> Tally {
    let Some((api, input)) = records::api(input) else { return Tally::default() };
    let Some(state) = vendor::state(api.name) else { return Tally::default() };
    let Ok((ours, theirs)) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None) else {
        return Tally::default();
    };
    let Ok(theirs) = lane::accept(vec![theirs]) else { return Tally::default() };
    let (Some(tenant), Some(control)) = (deaf(), deaf()) else { return Tally::default() };
    let raw = Box::into_raw(Box::new(Worker::new(
        state,
        tenant,
        control,
        (usage(api), Occupancy::unread()),
        Bounds::default(),
        None,
    )));
    let mut tally = Tally::default();
    let (regions, brought) = mpsc::channel();
    let over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let helper = threads.spawn(|| meanwhile(brought, &over));
        // SAFETY: the session was leaked just now and is freed below, when nothing uses it any more.
        let mut server = LaneServer::new(unsafe { &*raw }, theirs);
        let mut inbox = AlignedVec::<16>::new();
        inbox.resize(LONGEST, 0);
        // Frames are read in place, at the alignment that an inbox has.
        let mut frame = AlignedVec::<16>::new();
        for record in records::read(input) {
            frame.clear();
            frame.extend_from_slice(record.frame);
            // Here is no other lane to come after.
            for word in frame.get_mut(HEADER..).unwrap_or_default().chunks_exact_mut(8) {
                let mut notice = [0; 8];
                notice.copy_from_slice(word);
                if matches!(Notice::from_word(u64::from_le_bytes(notice)), Notice::After { .. }) {
                    word[7] = 0;
                }
            }
            let fd = attach(&record, &regions);
            match server.serve(&frame, fd) {
                Ok(_) => hear(&ours, &mut inbox, &mut tally),
                Err(Malformed::TooMany { .. }) => break,
                Err(_) => tally.malformed += 1,
            }
        }
        over.store(true, Ordering::Release);
        let _ = helper.join();
    });
    // SAFETY: made by `Box::into_raw` above. The lane is gone; the vendor calls nothing back; no callback was ever
    // accepted, so no thread of the session runs.
    drop(unsafe { Box::from_raw(raw) });
    tally
}

/// A socket whose other end is closed.
fn deaf() -> Option<OwnedFd> {
    Some(socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).ok()?.0)
}

/// Takes the answer, if there is one.
fn hear(socket: &OwnedFd, inbox: &mut [u8], tally: &mut Tally) {
    while let Ok((_, len @ 1..)) = rustix::net::recv(socket, &mut *inbox, RecvFlags::DONTWAIT) {
        // A shim can read whatever a worker says.
        match Frame::parse(&inbox[..len]).map(|frame| frame.tag) {
            Ok(Tag::Reply) => tally.replies += 1,
            Ok(Tag::Refused) => tally.refusals += 1,
            other => panic!("a worker says {other:?}"),
        }
    }
}

/// The descriptor that comes with a frame. `regions` has the region of it as the program's side does.
fn attach(record: &Record<'_>, regions: &mpsc::Sender<Region>) -> Option<OwnedFd> {
    match record.attached {
        Attached::Nothing => None,
        Attached::Other => deaf(),
        Attached::Region => {
            let announced = Frame::parse(record.frame).ok()?.body.first_chunk().map(|len| u64::from_le_bytes(*len));
            let len = announced.filter(|len| (1..=LARGEST).contains(len)).unwrap_or(4096);
            let fd = rustix::fs::memfd_create(c"fuzz", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).ok()?;
            rustix::fs::ftruncate(&fd, len).ok()?;
            rustix::fs::fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL).ok()?;
            if let Ok(region) = Region::open(&fd.as_fd(), len) {
                // Nobody writes to it in most runs.
                let _ = regions.send(region);
            }
            Some(fd)
        }
    }
}

/// Writes this and that to the regions that an input brings, until it is over. No lock is shared with who serves the input:
/// whoever writes all the time would keep it.
fn scribble(brought: mpsc::Receiver<Region>, over: &AtomicBool) {
    let mut random = mutate::Random::new(1);
    let mut regions = Vec::new();
    while !over.load(Ordering::Acquire) {
        regions.extend(brought.try_iter());
        for region in &regions {
            let word = match random.below(3) {
                0 => random.next(),
                1 => u64::MAX,
                _ => random.below(64) as u64,
            };
            region.write(&word.to_le_bytes().repeat(1 + random.below(64)));
        }
        std::thread::yield_now();
    }
}
