//! Address ranges of the process: anonymous, reserved, or of a file.

use std::ffi::c_void;
use std::os::fd::BorrowedFd;

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap, mmap_anonymous, mprotect, munmap};

use crate::cuda::{Result, Status};

/// Pages of the host, in bytes.
pub const PAGE: usize = 4096;

/// A range that is unmapped when dropped.
pub struct Mapping {
    address: u64,
    length: usize,
}

impl Mapping {
    /// Zeroed memory of at least so many bytes, taken from the system only as it is touched.
    pub fn anonymous(size: usize) -> Result<Self> {
        let length = size.checked_next_multiple_of(PAGE).ok_or(Status::OUT_OF_MEMORY)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the system chooses a range that nothing else has.
        let address =
            unsafe { mmap_anonymous(std::ptr::null_mut(), length, ProtFlags::READ | ProtFlags::WRITE, flags) };
        Ok(Self { address: address.map_err(|_| Status::OUT_OF_MEMORY)? as u64, length })
    }

    /// A part of a file, from an offset on that pages begin at.
    pub fn of_file(file: BorrowedFd<'_>, offset: u64, size: usize) -> Result<Self> {
        let length = size.checked_next_multiple_of(PAGE).ok_or(Status::OUT_OF_MEMORY)?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the system chooses a range that nothing else has.
        let address = unsafe { mmap(std::ptr::null_mut(), length, access, MapFlags::SHARED, file, offset) };
        Ok(Self { address: address.map_err(|_| Status::OUT_OF_MEMORY)? as u64, length })
    }

    /// Addresses without memory: at the wanted one if it is free, elsewhere if not. `align` is a power of two.
    pub fn reserve(size: usize, align: usize, wanted: u64) -> Result<Self> {
        if wanted != 0 && wanted.is_multiple_of(align as u64) {
            let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED_NOREPLACE;
            // SAFETY: the system refuses a range that something else has.
            let address = unsafe { mmap_anonymous(wanted as *mut c_void, size, ProtFlags::empty(), flags) };
            if let Ok(address) = address {
                return Ok(Self { address: address as u64, length: size });
            }
        }
        let length = size.checked_add(align).ok_or(Status::OUT_OF_MEMORY)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the system chooses a range that nothing else has.
        let address = unsafe { mmap_anonymous(std::ptr::null_mut(), length, ProtFlags::empty(), flags) };
        let whole = address.map_err(|_| Status::OUT_OF_MEMORY)? as u64;
        let aligned = whole.next_multiple_of(align as u64);
        unmap(whole, (aligned - whole) as usize);
        unmap(aligned + size as u64, length - size - (aligned - whole) as usize);
        Ok(Self { address: aligned, length: size })
    }

    pub fn address(&self) -> u64 {
        self.address
    }

    pub fn length(&self) -> usize {
        self.length
    }

    /// Lays a part of a file over a part of this range, without access.
    pub fn lay(&self, offset: usize, length: usize, file: BorrowedFd<'_>, file_offset: u64) -> Result {
        self.part(offset, length)?;
        let at = (self.address + offset as u64) as *mut c_void;
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: the range is this mapping's own.
        let laid = unsafe { mmap(at, length, ProtFlags::empty(), flags, file, file_offset) };
        laid.map(drop).map_err(|_| Status::OUT_OF_MEMORY)
    }

    /// Takes what was laid over a part away: addresses without memory remain.
    pub fn clear(&self, offset: usize, length: usize) -> Result {
        self.part(offset, length)?;
        let at = (self.address + offset as u64) as *mut c_void;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        // SAFETY: the range is this mapping's own.
        let cleared = unsafe { mmap_anonymous(at, length, ProtFlags::empty(), flags) };
        cleared.map(drop).map_err(|_| Status::OUT_OF_MEMORY)
    }

    /// Sets what a part allows.
    pub fn protect(&self, offset: usize, length: usize, access: MprotectFlags) -> Result {
        self.part(offset, length)?;
        let at = (self.address + offset as u64) as *mut c_void;
        // SAFETY: the range is this mapping's own, and only device code and the program's copies touch it.
        unsafe { mprotect(at, length, access) }.map_err(|_| Status::INVALID_VALUE)
    }

    fn part(&self, offset: usize, length: usize) -> Result {
        let end = offset.checked_add(length).ok_or(Status::INVALID_VALUE)?;
        if end <= self.length { Ok(()) } else { Err(Status::INVALID_VALUE) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        unmap(self.address, self.length);
    }
}

fn unmap(address: u64, length: usize) {
    if length > 0 {
        // SAFETY: callers own the range, and nothing refers to it any more.
        let _ = unsafe { munmap(address as *mut c_void, length) };
    }
}
