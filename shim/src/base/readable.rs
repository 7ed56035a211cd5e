//! What of the program's memory can be read.
//!
//! A vendor refuses a call for one argument without a look at the others, so a program may pass pointers that lead nowhere
//! and never notice. Here they are read first; so they are looked at, and where nothing can be read the vendor is given an
//! address like it. The kernel is asked: it takes a tenth of a microsecond for each page. Long runs are looked at where they
//! begin and end.

use std::cell::Cell;
use std::ffi::{CStr, c_char};

use ava_protocol::binary::View;
use ava_protocol::flat::{LONGEST_CUT, Memory};

const PAGE: usize = 4096;
/// As many pages of a run are looked at from either end.
const LOOKED_AT: usize = 8;
/// So much above where it is now a thread's stack is remembered: it does not go before the thread does.
const STACK: usize = 256 << 10;
const REMEMBERED: usize = 8;

thread_local! {
    static STACK_PAGES: [Cell<usize>; REMEMBERED] = const { [const { Cell::new(0) }; REMEMBERED] };
}

/// Whether so many bytes can be read.
pub fn is_readable(at: *const u8, len: usize) -> bool {
    let Some((first, last)) = pages(at as usize, len) else { return len == 0 };
    match last - first {
        between if between < 2 * LOOKED_AT => (first..=last).all(is_page_readable),
        _ => (first..first + LOOKED_AT).chain(last + 1 - LOOKED_AT..=last).all(is_page_readable),
    }
}

/// Whether a `T` can be read there.
pub fn holds<T>(at: *const T) -> bool {
    is_readable(at.cast(), size_of::<T>())
}

/// A number, unless the pointer is null or leads nowhere.
///
/// # Safety
/// Nobody else writes there.
pub unsafe fn number<T: Copy>(at: *const T) -> Option<T> {
    // SAFETY: it can be read, and the caller's promise.
    (!at.is_null() && holds(at)).then(|| unsafe { at.read_unaligned() })
}

/// A text, unless it leads to where nothing can be read.
///
/// # Safety
/// Nobody else writes there, as long as the text is used.
pub unsafe fn text<'a>(at: *const c_char) -> Option<&'a CStr> {
    let mut page = at as usize / PAGE;
    let mut from = at as usize;
    loop {
        if !is_page_readable(page) {
            return None;
        }
        page += 1;
        let len = page * PAGE - from;
        // SAFETY: so many bytes can be read, to the end of the page.
        if unsafe { !libc::memchr(from as *const _, 0, len).is_null() } {
            // SAFETY: there is a NUL before anything that cannot be read.
            return Some(unsafe { CStr::from_ptr(at) });
        }
        from = page * PAGE;
    }
}

/// How many bytes can be read, of so many.
pub fn prefix(at: usize, len: usize) -> usize {
    let len = len.min(usize::MAX - at);
    let Some((first, last)) = pages(at, len) else { return 0 };
    let readable = (first..=last).take_while(|page| is_page_readable(*page)).count();
    ((first + readable) * PAGE).saturating_sub(at).min(len)
}

/// The program's memory, for structs that lead to more of it.
pub struct Program;

impl Memory for Program {
    fn read(&mut self, at: u64, len: u64, out: &mut Vec<u8>) -> u64 {
        let (at, mut got) = (at as usize, usize::try_from(len).unwrap_or(usize::MAX));
        if !is_readable(at as *const u8, got) {
            got = prefix(at, got.min(LONGEST_CUT));
        }
        if got > 0 {
            // SAFETY: so many bytes can be read; copied at once.
            out.extend_from_slice(unsafe { std::slice::from_raw_parts(at as *const u8, got) });
        }
        got as u64
    }
}

impl View for Program {
    fn fill(&self, at: u64, out: &mut [u8]) -> bool {
        let can = is_readable(at as *const u8, out.len());
        if can {
            // SAFETY: so many bytes can be read; copied at once.
            unsafe { std::ptr::copy_nonoverlapping(at as *const u8, out.as_mut_ptr(), out.len()) };
        }
        can
    }

    fn text(&self, at: u64) -> Option<u64> {
        // SAFETY: the program does not change what it passes, and its length is all that is kept.
        unsafe { text(at as *const c_char) }.map(|text| text.count_bytes() as u64)
    }
}

/// The first page of a run and the last; `None` for one that has no bytes or is no run.
fn pages(at: usize, len: usize) -> Option<(usize, usize)> {
    let last = at.checked_add(len.checked_sub(1)?)?;
    Some((at / PAGE, last / PAGE))
}

fn is_page_readable(page: usize) -> bool {
    let here = (&raw const page) as usize / PAGE;
    let on_stack = page >= here && page - here < STACK / PAGE;
    if !on_stack {
        return ask(page);
    }
    STACK_PAGES.with(|pages| {
        let known = &pages[page % REMEMBERED];
        if known.get() != page {
            if !ask(page) {
                return false;
            }
            known.set(page);
        }
        true
    })
}

/// Asks the kernel for what no kernel does, with the page as its argument: it reads that before it refuses.
fn ask(page: usize) -> bool {
    const NO_WAY: i32 = -1;
    if page == 0 {
        // To the kernel its address is no argument at all.
        return false;
    }
    // SAFETY: changes nothing but the thread's error number, since there is no such way of changing the signal mask; and the
    // program's error number stays as it was.
    unsafe {
        let error = libc::__errno_location();
        let before = *error;
        let answer = libc::syscall(libc::SYS_rt_sigprocmask, NO_WAY, page * PAGE, 0_usize, 8_usize);
        // What is forbidden to ask is believed, as a vendor would.
        let readable = answer == 0 || *error != libc::EFAULT;
        *error = before;
        readable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three pages, of which the last cannot be read.
    fn fenced() -> *mut u8 {
        // SAFETY: new pages.
        unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let at = libc::mmap(std::ptr::null_mut(), 3 * PAGE, access, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
            assert_ne!(at, libc::MAP_FAILED);
            assert_eq!(libc::mprotect(at.byte_add(2 * PAGE), PAGE, libc::PROT_NONE), 0);
            at.cast()
        }
    }

    #[test]
    fn what_can_be_read_is_told_from_what_cannot() {
        let at = fenced();
        assert!(is_readable(at, 2 * PAGE) && !is_readable(at, 2 * PAGE + 1));
        assert!(is_readable(at.wrapping_add(2 * PAGE - 8), 8) && !is_readable(at.wrapping_add(2 * PAGE - 7), 8));
        for nowhere in [16_usize, 0, usize::MAX - 4, 1 << 62] {
            assert!(!is_readable(nowhere as *const u8, 8), "{nowhere:#x}");
            assert!(is_readable(nowhere as *const u8, 0), "{nowhere:#x}");
        }
        assert!(!is_readable(at, usize::MAX) && !is_readable(at, usize::MAX / 2));
        let mut out = Vec::new();
        assert_eq!(Program.read(at as u64 + 100, u64::MAX, &mut out), 2 * PAGE as u64 - 100);
        assert_eq!((out.len(), Program.read(16, 8, &mut out)), (2 * PAGE - 100, 0));
        let on_stack = [0_u8; 100];
        assert!(is_readable(on_stack.as_ptr(), on_stack.len()) && holds(&raw const on_stack));
    }

    #[test]
    fn a_text_ends_before_memory_does() {
        let at = fenced();
        // SAFETY: pages of this test's.
        unsafe {
            at.write_bytes(b'a', 2 * PAGE);
            let text_at = |offset| text(at.wrapping_add(offset).cast()).map(CStr::count_bytes);
            assert_eq!(text_at(0), None);
            at.add(2 * PAGE - 1).write(0);
            assert_eq!((text_at(0), text_at(2 * PAGE - 1)), (Some(2 * PAGE - 1), Some(0)));
            assert_eq!((text_at(2 * PAGE), text(16 as *const c_char)), (None, None));
        }
    }
}
