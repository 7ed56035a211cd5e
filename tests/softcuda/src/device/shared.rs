//! Files that stand for memory between processes: the memory, and behind it a page that says what it is.
//!
//! A descriptor of one may come from anybody. It counts if its file is of this kind, cannot change its length, and was made by
//! a process of the same user: that is whom this driver shares memory with.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::memfd_create;
use rustix::fs::{
    FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate,
};
use rustix::io::{pread, pwrite};
use rustix::process::geteuid;

use super::mapping::PAGE;
use crate::cuda::{CUdevice, Result, Status};

/// What a file's memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// One memory without an address.
    Memory = 1,
    /// What the allocations of a pool are parts of.
    Pool = 2,
}

/// `b"softcuda"`.
const MAGIC: u64 = u64::from_le_bytes(*b"softcuda");
/// The words of the last page: what it is, the content, the device, and a number that no other file of the process has.
const WORDS: usize = 4;

pub struct File {
    pub file: OwnedFd,
    /// Without the last page.
    pub size: usize,
    pub device: CUdevice,
    /// The same for every process that has the file.
    pub id: u64,
}

impl File {
    pub fn create(content: Content, size: usize, device: CUdevice) -> Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = memfd_create("softcuda", flags).map_err(|_| Status::OUT_OF_MEMORY)?;
        let whole = size.checked_add(PAGE).ok_or(Status::OUT_OF_MEMORY)?;
        ftruncate(&file, whole as u64).map_err(|_| Status::OUT_OF_MEMORY)?;
        let id = fstat(&file).map_err(|_| Status::OPERATING_SYSTEM)?.st_ino;
        let mut page = [0; WORDS * 8];
        for (at, word) in [MAGIC, content as u64, device as u64, id].into_iter().enumerate() {
            page[at * 8..at * 8 + 8].copy_from_slice(&word.to_le_bytes());
        }
        pwrite(&file, &page, size as u64).map_err(|_| Status::OUT_OF_MEMORY)?;
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        fcntl_add_seals(&file, seals).map_err(|_| Status::OPERATING_SYSTEM)?;
        Ok(Self { file, size, device, id })
    }

    /// `INVALID_VALUE` if the descriptor stands for nothing like it, `NOT_PERMITTED` if it is another user's.
    pub fn open(content: Content, file: OwnedFd) -> Result<Self> {
        let seals = fcntl_get_seals(&file).map_err(|_| Status::INVALID_VALUE)?;
        let about = fstat(&file).map_err(|_| Status::INVALID_VALUE)?;
        let size = (about.st_size as usize).checked_sub(PAGE).ok_or(Status::INVALID_VALUE)?;
        let mut page = [0; WORDS * 8];
        let read = pread(&file, &mut page, size as u64).map_err(|_| Status::INVALID_VALUE)?;
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| page[at * 8 + byte]));
        let is_whole = read == page.len() && seals.contains(SealFlags::SHRINK | SealFlags::GROW);
        if !is_whole || size == 0 || [word(0), word(1)] != [MAGIC, content as u64] || word(3) != about.st_ino {
            return Err(Status::INVALID_VALUE);
        }
        if about.st_uid != geteuid().as_raw() {
            return Err(Status::NOT_PERMITTED);
        }
        let device = CUdevice::try_from(word(2)).map_err(|_| Status::INVALID_VALUE)?;
        Ok(Self { file, size, device, id: word(3) })
    }

    /// Another descriptor of it.
    pub fn export(&self) -> Result<OwnedFd> {
        self.file.try_clone().map_err(|_| Status::OPERATING_SYSTEM)
    }

    /// Gives the memory of a part back; it is zeroes then.
    pub fn clear(&self, offset: u64, length: usize) {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let _ = fallocate(&self.file, flags, offset, length as u64);
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(file: impl Into<OwnedFd>) -> bool {
        File::open(Content::Memory, file.into()).is_err_and(|status| status == Status::INVALID_VALUE)
    }

    #[test]
    fn what_is_exported_is_opened_as_what_it_is() {
        let made = File::create(Content::Memory, 8 * PAGE, 0).unwrap();
        let opened = File::open(Content::Memory, made.export().unwrap()).unwrap();
        assert_eq!((opened.size, opened.device, opened.id), (8 * PAGE, 0, made.id));
        assert!(File::open(Content::Pool, made.export().unwrap()).is_err());
    }

    /// Only root can have another user's file here.
    #[test]
    fn another_users_memory_is_refused() {
        let made = File::create(Content::Memory, 8 * PAGE, 0).unwrap();
        if rustix::fs::fchown(&made.file, Some(rustix::fs::Uid::from_raw(4711)), None).is_ok() {
            let opened = File::open(Content::Memory, made.export().unwrap());
            assert!(opened.is_err_and(|status| status == Status::NOT_PERMITTED));
        }
    }

    #[test]
    fn other_files_are_refused() {
        assert!(is_refused(std::fs::File::open("/dev/null").unwrap()));
        assert!(is_refused(std::fs::File::open("/proc/self/exe").unwrap()));
        assert!(is_refused(std::os::unix::net::UnixStream::pair().unwrap().0));
        let bare = memfd_create("bare", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        ftruncate(&bare, 9 * PAGE as u64).unwrap();
        assert!(is_refused(bare.try_clone().unwrap()));
        // Nor what says that it is one, and may shrink.
        let page: Vec<u8> =
            [MAGIC, 1, 0, fstat(&bare).unwrap().st_ino].iter().flat_map(|word| word.to_le_bytes()).collect();
        pwrite(&bare, &page, 8 * PAGE as u64).unwrap();
        assert!(is_refused(bare.try_clone().unwrap()));
        fcntl_add_seals(&bare, SealFlags::SHRINK | SealFlags::GROW).unwrap();
        assert!(!is_refused(bare));
    }
}
