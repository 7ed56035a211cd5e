//! Whose memory an address is of: the program's, or one that the driver knows.
//!
//! Addresses of device memory are the worker's, and mean something to the program's copies. So they are reserved in the
//! program, too, before it hears of them: nothing of its own comes to lie there, and what can be read is its own.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::base::readable;
use crate::book::reserved::Reserved;

const PAGE: usize = 4096;

/// What is reserved stays so as long as the process: device memory is soon allocated there again, and nobody else can have
/// made use of it unless he meant to.
static RESERVED: Mutex<Reserved> = Mutex::new(Reserved::new());

/// Whether it is the program's own memory, of which the driver knows nothing.
pub fn is_programs(address: u64) -> bool {
    readable::is_readable(address as *const u8, 1)
}

/// Keeps addresses of device memory clear; false if something of the program's lies there already.
pub fn reserve(address: u64, len: usize) -> bool {
    let Some(pages) = pages(address, len) else { return true };
    let mut reserved = RESERVED.lock().unwrap_or_else(PoisonError::into_inner);
    reserved.lacking(pages).into_iter().all(|lacking| match map(&lacking) {
        Mapped::There => {
            reserved.insert(lacking);
            true
        }
        Mapped::Taken => false,
        // No room for another mapping: then nothing of the program's comes to lie there, either.
        Mapped::No => true,
    })
}

/// The pages of a range; `None` for one that is none.
fn pages(address: u64, len: usize) -> Option<Range<usize>> {
    let end = (address as usize).checked_add(len)?.checked_next_multiple_of(PAGE)?;
    let start = address as usize / PAGE * PAGE;
    (address != 0 && len != 0).then_some(start..end)
}

enum Mapped {
    There,
    Taken,
    No,
}

/// Maps pages that cannot be touched.
fn map(pages: &Range<usize>) -> Mapped {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED_NOREPLACE;
    let at = pages.start as *mut _;
    // SAFETY: new pages, where there are none yet. Old kernels map them elsewhere, and they are given back.
    unsafe {
        match libc::mmap(at, pages.len(), libc::PROT_NONE, flags, -1, 0) {
            libc::MAP_FAILED if *libc::__errno_location() == libc::EEXIST => Mapped::Taken,
            libc::MAP_FAILED => Mapped::No,
            there if there == at => Mapped::There,
            elsewhere => {
                libc::munmap(elsewhere, pages.len());
                Mapped::Taken
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCESS: i32 = libc::PROT_READ | libc::PROT_WRITE;
    const ANONYMOUS: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

    /// Pages of the program's.
    fn mapped(at: usize, len: usize, flags: i32) -> usize {
        // SAFETY: new pages.
        unsafe { libc::mmap(at as *mut _, len, ACCESS, ANONYMOUS | flags, -1, 0) as usize }
    }

    /// An address far from where the kernel maps what asks for none: other threads' memory comes to lie there at any time.
    const FAR: usize = 0x1234_0000_0000;

    #[test]
    fn nothing_comes_to_lie_where_device_memory_is() {
        let at = mapped(FAR, 4 * PAGE, libc::MAP_FIXED_NOREPLACE);
        assert_eq!(at, FAR);
        assert!(is_programs(at as u64));
        assert!(!reserve(at as u64, 16), "it is the program's");
        // SAFETY: the pages of above.
        unsafe { libc::munmap(at as *mut _, 4 * PAGE) };
        assert!(reserve(at as u64 + 512, 16) && reserve(at as u64, 2 * PAGE + 1));
        assert!(reserve(at as u64, 3 * PAGE), "once more");
        assert!(!is_programs(at as u64) && !is_programs(at as u64 + 600));
        assert_eq!(mapped(at + 2 * PAGE, PAGE, libc::MAP_FIXED_NOREPLACE), libc::MAP_FAILED as usize);
        assert_eq!(mapped(at + 3 * PAGE, PAGE, libc::MAP_FIXED_NOREPLACE), at + 3 * PAGE, "nothing more than that");
        assert!(!reserve(at as u64, 4 * PAGE));
    }

    #[test]
    fn what_is_no_memory_is_not_reserved() {
        for (at, len) in [(0, 16), (4096, 0), (u64::MAX - 10, 16), (u64::MAX - 4096, usize::MAX), (1 << 62, 16)] {
            assert!(reserve(at, len), "{at:#x}");
        }
        assert!(!is_programs(0) && !is_programs(1 << 62));
    }
}
