//! The memory that the two ends of a ring lane share.
//!
//! The file holds a page of control words and two rings, the first for frames of the end that offered the lane. Every ring
//! is mapped twice, one mapping behind the other, so that a frame beyond the ring's end is still contiguous. Pages are
//! allocated when they are first touched.
//!
//! - **Invariant:** there are no references into this memory except to atomics: the peer may write at any time.
//! - **Invariant:** the file can neither shrink nor grow, so that a peer cannot make an access fault.

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use ava_protocol::frame::LONGEST;
use rustix::fs::SealFlags;
use rustix::mm::{Advice, MapFlags, ProtFlags};

use super::frame::invalid;
use crate::region::{SEALS, memory_file, named, populate};

/// Bytes of each ring.
pub const CAPACITY: usize = 256 << 10;
/// Frames are aligned to so many bytes.
pub const ALIGN: usize = 8;
/// Bytes before a frame: a word with its length and the flag [`DESCRIPTOR`].
pub const PREFIX: usize = size_of::<u64>();
/// The flag of a frame whose descriptor is in the socket.
pub const DESCRIPTOR: u64 = 1 << 63;

/// Bytes before the first ring: a page, of any page size.
const WORDS: usize = 64 << 10;
const FILE: usize = WORDS + 2 * CAPACITY;
const MAPPED: usize = WORDS + 4 * CAPACITY;

const _: () = assert!(CAPACITY.is_power_of_two() && CAPACITY >= 2 * LONGEST);
const _: () = assert!(size_of::<[End; 2]>() <= 4096);

/// The control words that one end writes. The other end trusts none of them.
#[derive(Debug)]
#[repr(C)]
pub struct End {
    pub outgoing: Line<Outgoing>,
    /// How many bytes of the peer's frames this end has read in total; updated seldom.
    pub head: Line<AtomicU64>,
    /// Whether this end sleeps, and for what.
    pub sleep: Line<AtomicU32>,
}

/// The words that the peer reads when it waits for frames.
#[derive(Debug)]
#[repr(C)]
pub struct Outgoing {
    /// How many bytes of frames this end has published in total.
    pub tail: AtomicU64,
    /// Not 0 once the end has been dropped.
    pub closed: AtomicU32,
    /// The processor that this end last ran on, plus one.
    pub cpu: AtomicU32,
    /// Until when this end counts the processors as wanted.
    pub wanted: AtomicU32,
}

/// Two cache lines, because processors fetch pairs of them: one end's writes do not slow down the other's.
#[derive(Debug)]
#[repr(C, align(128))]
pub struct Line<T>(pub T);

/// The mapped memory of a lane.
#[derive(Debug)]
pub struct Memory {
    at: NonNull<u8>,
    /// The process that mapped it. A forked child does not have the mapping.
    process: u32,
    /// This process knows that the peer will send no more.
    over: AtomicBool,
}

// SAFETY: the memory is accessed through atomics and raw pointers only.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    /// Creates and maps the file of a lane.
    ///
    /// # Errors
    /// Those of `memfd_create`, `ftruncate`, `mmap`.
    pub fn create() -> io::Result<(Self, OwnedFd)> {
        let fd = memory_file(c"ava lane", FILE as u64)?;
        Ok((Self::map(&fd)?, fd))
    }

    /// Maps the file that a peer has created.
    ///
    /// # Errors
    /// `InvalidData` if it lacks a seal, has another size, or cannot be written; those of `mmap`.
    pub fn open(fd: &OwnedFd) -> io::Result<Self> {
        let seals = rustix::fs::fcntl_get_seals(fd).map_err(|error| invalid(format!("no memory file: {error}")))?;
        if !seals.contains(SEALS) || seals.intersects(SealFlags::WRITE | SealFlags::FUTURE_WRITE) {
            return Err(invalid(format!("a lane's memory sealed by {seals:?}")));
        }
        let size = rustix::fs::fstat(fd)?.st_size;
        if usize::try_from(size) != Ok(FILE) {
            return Err(invalid(format!("a lane's memory of {size} bytes")));
        }
        Self::map(fd).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => invalid("a lane's memory that cannot be written".into()),
            _ => error,
        })
    }

    fn map(fd: &impl AsFd) -> io::Result<Self> {
        // SAFETY: a new mapping at an address that the kernel chooses replaces no other.
        let at = unsafe {
            rustix::mm::mmap_anonymous(null_mut(), MAPPED, ProtFlags::empty(), MapFlags::PRIVATE | MapFlags::NORESERVE)
                .map_err(named("mmap"))?
        };
        let at = NonNull::new(at.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        let memory = Self { at, process: std::process::id(), over: AtomicBool::new(false) };
        // The file from its start to the first ring's end; both rings; the second ring.
        memory.put(fd, 0, 0, WORDS + CAPACITY)?;
        memory.put(fd, WORDS + CAPACITY, WORDS, 2 * CAPACITY)?;
        memory.put(fd, WORDS + 3 * CAPACITY, WORDS + CAPACITY, CAPACITY)?;
        // Where the kernel refuses the advice, a forked child has the mapping, too, and does not use it.
        // SAFETY: this is the mapping's own range, and the advice changes nothing in this process.
        let _ = unsafe { rustix::mm::madvise(memory.at.as_ptr().cast(), MAPPED, Advice::LinuxDontFork) };
        Ok(memory)
    }

    /// Maps `len` bytes of the file from `from` on at offset `to` of the mapping.
    fn put(&self, fd: &impl AsFd, to: usize, from: usize, len: usize) -> io::Result<()> {
        assert!(to + len <= MAPPED && from + len <= FILE);
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the range lies within the mapping, in which nobody holds a pointer yet.
        unsafe {
            let at = self.at.as_ptr().add(to).cast::<c_void>();
            rustix::mm::mmap(at, len, protection, MapFlags::SHARED | MapFlags::FIXED, fd, from as u64)
                .map_err(named("mmap"))?;
        }
        Ok(())
    }

    /// Makes this process touch the pages first: those of the control words, and both rings.
    pub fn populate(&self) -> io::Result<()> {
        for (from, len) in [(0, size_of::<[End; 2]>()), (WORDS, CAPACITY), (WORDS + 2 * CAPACITY, CAPACITY)] {
            // SAFETY: the range lies within the mapping.
            unsafe { populate(self.at.as_ptr().add(from), len)? };
        }
        Ok(())
    }

    /// Whether this is the process that mapped the memory.
    pub fn is_mapped(&self) -> bool {
        crate::client::is_still(self.process)
    }

    /// Records that the peer will send no more.
    pub fn set_over(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// Whether the peer will send no more than what is visible after this call.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// The control words of an end, 0 or 1.
    #[inline]
    pub fn end(&self, side: usize) -> &End {
        // SAFETY:
        // - the first page holds two of them, aligned, and is mapped as long as `self` lives
        // - they are atomics, for which any bytes are valid and which the peer may change
        let ends = unsafe { self.at.cast::<[End; 2]>().as_ref() };
        &ends[side & 1]
    }

    /// The address of byte number `cursor` of an end's frames; valid for [`CAPACITY`] bytes as long as `self` lives.
    #[inline]
    pub fn frame(&self, side: usize, cursor: u64) -> *mut u8 {
        let offset = WORDS + (side & 1) * 2 * CAPACITY + (cursor as usize & (CAPACITY - 1));
        // SAFETY: a ring is mapped twice from its start on, so `CAPACITY` bytes from any offset in it are mapped.
        unsafe { self.at.as_ptr().add(offset) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.is_mapped() {
            // SAFETY: the mapping belongs to this object, and it has no other users: they would hold a reference to `self`.
            let _ = unsafe { rustix::mm::munmap(self.at.as_ptr().cast(), MAPPED) };
        }
    }
}

/// Bytes that a frame of `len` bytes takes in a ring.
#[inline]
pub const fn span(len: usize) -> usize {
    (PREFIX + len).next_multiple_of(ALIGN)
}

#[cfg(test)]
mod tests {
    use rustix::fs::MemfdFlags;

    use super::*;

    #[test]
    fn a_ring_goes_on_behind_its_end() {
        let (ours, fd) = Memory::create().unwrap();
        let theirs = Memory::open(&fd).unwrap();
        for side in 0..2 {
            let edge = ours.frame(side, CAPACITY as u64 - 4);
            // SAFETY: 8 bytes are fewer than a ring has.
            unsafe { edge.cast::<u64>().write_unaligned(0x0807_0605_0403_0201 + side as u64) };
            let start = theirs.frame(side, 7 * CAPACITY as u64);
            // SAFETY: as above.
            assert_eq!(unsafe { start.cast::<u32>().read() }, 0x0807_0605);
            // SAFETY: as above.
            let all = unsafe { theirs.frame(side, CAPACITY as u64 - 4).cast::<u64>().read_unaligned() };
            assert_eq!(all, 0x0807_0605_0403_0201 + side as u64);
        }
    }

    #[test]
    fn what_is_not_sealed_or_not_of_its_size_is_refused() {
        let file = |size: u64, seals| {
            let fd = rustix::fs::memfd_create(c"x", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
            rustix::fs::ftruncate(&fd, size).unwrap();
            rustix::fs::fcntl_add_seals(&fd, seals).unwrap();
            Memory::open(&fd).map_err(|error| error.kind())
        };
        let size = FILE as u64;
        assert!(file(size, SEALS).is_ok());
        for (size, seals) in [
            (size, SealFlags::SHRINK | SealFlags::SEAL),
            (size, SEALS | SealFlags::WRITE),
            (size, SEALS | SealFlags::FUTURE_WRITE),
            (size - 1, SEALS),
            (size + 4096, SEALS),
            (0, SEALS),
        ] {
            assert_eq!(file(size, seals).unwrap_err(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        use std::os::fd::AsRawFd;
        let (_memory, fd) = Memory::create().unwrap();
        let read_only = std::fs::File::open(format!("/proc/self/fd/{}", fd.as_raw_fd())).unwrap();
        assert_eq!(Memory::open(&read_only.into()).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
