//! Forks: a child has nothing of its parent's.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

use crate::apis;

/// A page with a 1 at its start, which the kernel wipes on fork.
static WIPED: AtomicPtr<AtomicU64> = AtomicPtr::new(std::ptr::null_mut());

/// Whether this process was forked past the `pthread_atfork` handler.
#[inline]
pub fn was_forked() -> bool {
    let page = WIPED.load(Ordering::Relaxed);
    // SAFETY: the page is never unmapped.
    !page.is_null() && unsafe { &*page }.load(Ordering::Relaxed) == 0
}

pub fn watch_forks() {
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
pub fn child() {
    apis::ALL.iter().for_each(|slot| slot.leave_behind());
    let page = WIPED.load(Ordering::Relaxed);
    if !page.is_null() {
        // SAFETY: the page is never unmapped.
        unsafe { &*page }.store(1, Ordering::Relaxed);
    }
}
