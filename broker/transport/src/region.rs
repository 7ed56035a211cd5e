//! Shared memory for bulk data: sealed anonymous files that both sides map.
//!
//! - **Invariant:** there are no references into a region, only raw pointers: the peer may write at any time.
//! - **Invariant:** a region can neither shrink nor grow, so that a peer cannot make an access fault.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use ava_protocol::layout::Rows;
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, MremapFlags, ProtFlags};

/// Largest region, in bytes.
pub const LARGEST: u64 = 1 << 36;

/// A mapped region.
#[derive(Debug)]
pub struct Region {
    at: NonNull<u8>,
    len: usize,
}

// SAFETY: a region is memory that threads and the peer access through raw pointers only.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// Makes a region of `len` bytes, zeroed, and the descriptor to send to the peer.
    ///
    /// # Errors
    /// Those of `memfd_create`, `ftruncate`, `mmap`; `OutOfMemory` if it is larger than [`LARGEST`].
    pub fn create(len: u64) -> io::Result<(Self, OwnedFd)> {
        if len == 0 || len > LARGEST {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let fd = memory_file(c"ava", len)?;
        Ok((Self::map(&fd, len, None)?, fd))
    }

    /// Makes a region likewise, mapped at an address where nothing is mapped yet.
    ///
    /// # Errors
    /// Those of [`Region::create`]; `AlreadyExists` if something is mapped there.
    pub fn create_at(len: u64, address: usize) -> io::Result<(Self, OwnedFd)> {
        if len == 0 || len > LARGEST {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let fd = memory_file(c"ava", len)?;
        Ok((Self::map(&fd, len, Some(address))?, fd))
    }

    /// Maps a region that a peer has made.
    ///
    /// # Errors
    /// `InvalidData` if it is not sealed, or not of `len` bytes; those of `mmap`.
    pub fn open(fd: &impl AsFd, len: u64) -> io::Result<Self> {
        let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        let seals = rustix::fs::fcntl_get_seals(fd)?;
        if !seals.contains(SEALS) {
            return Err(invalid(format!("sealed by {seals:?} only")));
        }
        let size = u64::try_from(rustix::fs::fstat(fd)?.st_size).unwrap_or(0);
        if size != len || len == 0 || len > LARGEST {
            return Err(invalid(format!("{size} bytes, announced as {len}")));
        }
        Self::map(fd, len, None)
    }

    fn map(fd: &impl AsFd, len: u64, address: Option<usize>) -> io::Result<Self> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let (flags, wanted) = match address {
            None => (MapFlags::SHARED, 0),
            Some(address) => (MapFlags::SHARED | MapFlags::FIXED_NOREPLACE, address),
        };
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let wanted = std::ptr::without_provenance_mut(wanted);
        // SAFETY: a new mapping, which replaces no other: at an address that the kernel chooses, or where nothing is mapped.
        let at = unsafe { rustix::mm::mmap(wanted, len, access, flags, fd, 0).map_err(named("mmap"))? };
        let region = Self { at: NonNull::new(at.cast()).ok_or(io::ErrorKind::OutOfMemory)?, len };
        // A kernel that does not know the flag takes the address for a wish.
        if address.is_some() && at != wanted { Err(io::ErrorKind::AlreadyExists.into()) } else { Ok(region) }
    }

    /// Moves the mapping to an address where nothing is mapped yet.
    ///
    /// # Errors
    /// `AlreadyExists` if something is mapped there; those of `mmap` and `mremap`. The region is gone then.
    pub fn move_to(self, address: usize) -> io::Result<Self> {
        let wanted = std::ptr::without_provenance_mut(address);
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED_NOREPLACE;
        // SAFETY: a new mapping where nothing is mapped, which cannot be accessed.
        let held = unsafe { rustix::mm::mmap_anonymous(wanted, self.len, ProtFlags::empty(), flags)? };
        let held = Self { at: NonNull::new(held.cast()).ok_or(io::ErrorKind::OutOfMemory)?, len: self.len };
        if held.at.as_ptr() != wanted.cast() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let at = self.at.as_ptr().cast();
        // SAFETY: what is moved is this object's mapping, and what it replaces is the one that was made for it.
        unsafe { rustix::mm::mremap_fixed(at, self.len, self.len, MremapFlags::MAYMOVE, wanted)? };
        std::mem::forget(self);
        Ok(held)
    }

    /// Leaves the mapping out of forked children.
    ///
    /// # Errors
    /// That of `madvise`.
    pub fn leave_out_of_children(&self) -> io::Result<()> {
        // SAFETY: the range is this mapping; what a child does not have it cannot access by a reference.
        unsafe { rustix::mm::madvise(self.at.as_ptr().cast(), self.len, rustix::mm::Advice::LinuxDontFork)? };
        Ok(())
    }

    /// The first byte. Valid for [`Region::len`] bytes as long as the region lives.
    pub fn as_ptr(&self) -> *mut u8 {
        self.at.as_ptr()
    }

    pub fn len(&self) -> u64 {
        self.len as u64
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A word of the region, by its index; `None` beyond the end. The peer may change it at any time.
    pub fn word(&self, index: usize) -> Option<&AtomicU64> {
        let at = index.checked_mul(size_of::<AtomicU64>())?;
        let end = at.checked_add(size_of::<AtomicU64>())?;
        // SAFETY: the word lies in the mapping, which begins with a page and lives as long as `self`; others write it only
        // from another process, which atomics allow for, or through this function.
        (end <= self.len).then(|| unsafe { &*self.as_ptr().add(at).cast::<AtomicU64>() })
    }

    /// All words of the region. The peer may change them at any time.
    pub fn words(&self) -> &[AtomicU64] {
        // SAFETY: the words lie in the mapping, which begins with a page and lives as long as `self`. Other writers are another
        // process, which atomics allow, or use this function or `word`.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast(), self.len / size_of::<AtomicU64>()) }
    }

    /// Frees the memory; the region reads as zeroes afterwards.
    pub fn discard(&self) {
        // SAFETY: the range is this mapping; reads through raw pointers afterwards get zeroes.
        let _ = unsafe { rustix::mm::madvise(self.at.as_ptr().cast(), self.len, rustix::mm::Advice::LinuxRemove) };
    }

    /// Makes this process touch all of its pages first, so that the kernel charges them to this process.
    ///
    /// # Errors
    /// That of `madvise`: there is no memory for them. Nothing is done where the kernel cannot do it (before 5.14) or a
    /// seccomp filter forbids it.
    pub fn populate(&self) -> io::Result<()> {
        // SAFETY: the range is this mapping, which holds no references.
        unsafe { populate(self.at.as_ptr(), self.len) }
    }

    /// Copies bytes from `offset` on out of the region, as far as it reaches.
    pub fn read(&self, offset: u64, into: &mut [u8]) {
        let offset = (offset as usize).min(self.len);
        let len = into.len().min(self.len - offset);
        // SAFETY: both ranges have `len` bytes and cannot overlap: `into` is private memory.
        unsafe { std::ptr::copy_nonoverlapping(self.at.as_ptr().add(offset), into.as_mut_ptr(), len) }
    }

    /// Copies bytes to the region's start, as many as fit.
    pub fn write(&self, from: &[u8]) {
        let len = from.len().min(self.len);
        // SAFETY: as for `read`.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), self.at.as_ptr(), len) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the mapping belongs to this object, and it has no other users: they would hold a reference to `self`.
        let _ = unsafe { rustix::mm::munmap(self.at.as_ptr().cast(), self.len) };
    }
}

/// A memory file of `len` bytes that can neither shrink nor grow.
///
/// # Errors
/// Those of `memfd_create`, `ftruncate` and `fcntl`, which name the call: a program may have forbidden itself any of them.
pub(crate) fn memory_file(name: &CStr, len: u64) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = rustix::fs::memfd_create(name, flags).map_err(named("memfd_create"))?;
    rustix::fs::ftruncate(&fd, len).map_err(named("ftruncate"))?;
    rustix::fs::fcntl_add_seals(&fd, SEALS).map_err(named("fcntl"))?;
    Ok(fd)
}

/// Adds the name of the system call to an error, if a filter has forbidden the call.
pub(crate) fn named(call: &'static str) -> impl Fn(Errno) -> io::Error {
    move |errno| match errno {
        Errno::PERM | Errno::ACCESS | Errno::NOSYS => {
            let error = io::Error::from(errno);
            io::Error::new(error.kind(), format!("{call}: {error}"))
        }
        _ => errno.into(),
    }
}

/// Touches pages like a write, without changing them.
///
/// # Safety
/// The range is a mapping of the caller's that may be written.
pub(crate) unsafe fn populate(at: *mut u8, len: usize) -> io::Result<()> {
    // SAFETY: by the caller's promise; the contents do not change.
    match unsafe { rustix::mm::madvise(at.cast(), len, rustix::mm::Advice::LinuxPopulateWrite) } {
        Err(error @ (Errno::NOMEM | Errno::FAULT)) => Err(error.into()),
        // A kernel that does not know the advice, or a filter that forbids it.
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Copies rows from `from` to `to`, both of which hold their span; the callers add [`Rows::start`].
///
/// # Safety
/// `from` is readable and `to` writable where the rows are, and they do not overlap.
pub unsafe fn copy_rows(from: *const u8, rows: &Rows, to: *mut u8) {
    let Some(span) = rows.span().filter(|span| *span > 0) else { return };
    if rows.is_flat() {
        // SAFETY: by the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from, to, span as usize) };
        return;
    }
    for offset in rows.offsets() {
        let at = offset as usize;
        // SAFETY: by the caller's promise; every row lies within the span.
        unsafe { std::ptr::copy_nonoverlapping(from.add(at), to.add(at), rows.row as usize) };
    }
}

pub(crate) const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::SEAL);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_the_region_does() {
        use std::sync::atomic::Ordering::Relaxed;
        let (ours, fd) = Region::create(20).unwrap();
        let theirs = Region::open(&fd, 20).unwrap();
        ours.word(1).unwrap().store(7, Relaxed);
        assert_eq!(theirs.word(1).unwrap().load(Relaxed), 7);
        assert!(ours.word(2).is_none() && ours.word(usize::MAX).is_none());
        assert_eq!(ours.words().iter().map(|word| word.load(Relaxed)).collect::<Vec<_>>(), [0, 7]);
    }

    #[test]
    fn both_sides_see_the_same_bytes() {
        let (ours, fd) = Region::create(5000).unwrap();
        let theirs = Region::open(&fd, 5000).unwrap();
        ours.write(b"hello");
        let mut read = [0; 5];
        theirs.read(0, &mut read);
        assert_eq!(&read, b"hello");
        theirs.discard();
        ours.read(0, &mut read);
        assert_eq!(read, [0; 5]);
    }

    #[test]
    fn all_pages_of_a_populated_region_are_there_and_hold_what_they_held() {
        use std::os::unix::fs::MetadataExt;
        const LEN: u64 = 1 << 20;
        let (region, fd) = Region::create(LEN).unwrap();
        let bytes = || std::fs::File::from(fd.try_clone().unwrap()).metadata().unwrap().blocks() * 512;
        region.write(b"hello");
        assert!(bytes() < LEN);
        region.populate().unwrap();
        assert_eq!(bytes(), LEN);
        let mut read = [0; 5];
        region.read(0, &mut read);
        assert_eq!(&read, b"hello");
        region.discard();
        assert_eq!(bytes(), 0);
    }

    #[test]
    fn a_region_lies_where_nothing_else_does() {
        let (taken, _fd) = Region::create(8192).unwrap();
        let (region, fd) = Region::create(8192).unwrap();
        let occupied = taken.as_ptr() as usize;
        assert_eq!(Region::create_at(4096, occupied).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let theirs = Region::open(&fd, 8192).unwrap();
        assert_eq!(theirs.move_to(occupied + 4096).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        // Where a kernel that may choose puts nothing.
        const FREE: usize = 0x3100_0000_0000;
        let (there, _fd) = Region::create_at(4096, FREE).unwrap();
        assert_eq!(there.as_ptr() as usize, FREE);
        drop(there);
        let theirs = Region::open(&fd, 8192).unwrap().move_to(FREE).unwrap();
        assert_eq!((theirs.as_ptr() as usize, theirs.len()), (FREE, 8192));
        region.write(b"hello");
        let mut read = [0; 5];
        theirs.read(0, &mut read);
        assert_eq!(&read, b"hello");
    }

    #[test]
    fn what_is_not_sealed_or_not_of_its_size_is_refused() {
        let (_, fd) = Region::create(4096).unwrap();
        assert!(Region::open(&fd, 8192).is_err());
        let open = rustix::fs::memfd_create(c"x", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        rustix::fs::ftruncate(&open, 4096).unwrap();
        let error = Region::open(&open, 4096).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(Region::open(&rustix::stdio::stdin(), 1).is_err());
        assert!(Region::create(0).is_err() && Region::create(LARGEST + 1).is_err());
    }

    #[test]
    fn a_region_cannot_shrink() {
        let (_region, fd) = Region::create(4096).unwrap();
        assert!(rustix::fs::ftruncate(&fd, 0).is_err());
    }
}
