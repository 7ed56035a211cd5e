//! Forks: a child inherits nothing of its parent's sessions, unless the table says that the vendor's library supports forks
//! (`forks`); then it continues with a copy.
//!
//! - **Invariant**: the child's state is null before its first instruction (`pthread_atfork`), and a page that the kernel
//!   wipes on fork tells where that handler was bypassed.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

use super::registry::{Inheritance, Member, members};

/// A page with a 1 at its start, which the kernel wipes on fork.
static WIPED: AtomicPtr<AtomicU64> = AtomicPtr::new(std::ptr::null_mut());

thread_local! {
    /// The sessions that the child of this thread's fork will continue.
    static INHERITED: RefCell<Vec<Box<dyn Inheritance>>> = const { RefCell::new(Vec::new()) };
}

/// Whether this process was forked without the `pthread_atfork` handler.
#[inline]
pub fn was_forked() -> bool {
    let page = WIPED.load(Ordering::Relaxed);
    // SAFETY: the page is never unmapped.
    !page.is_null() && unsafe { &*page }.load(Ordering::Relaxed) == 0
}

/// Has the APIs asked when the process forks. Not as the library is loaded: the handlers of who registers first run last
/// before a fork, and by then an allocator of the program's may have locked itself.
pub fn watch() {
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    if !REGISTERED.swap(true, Ordering::Relaxed) {
        // SAFETY: the handlers are this library's, which is never unloaded. Without anything to go on with the child's only
        // stores to atomics and closes descriptors.
        unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child_handler)) };
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

extern "C" fn prepare() {
    let prepared =
        |member: &'static dyn Member| catch_unwind(AssertUnwindSafe(|| member.prepare_fork())).ok().flatten();
    let inherited: Vec<_> = members().filter_map(prepared).collect();
    if !inherited.is_empty() {
        let _ = INHERITED.try_with(|place| *place.borrow_mut() = inherited);
    }
}

extern "C" fn parent() {
    let _ = INHERITED.try_with(|place| drop(place.take()));
}

extern "C" fn child_handler() {
    child();
    let inherited = INHERITED.try_with(RefCell::take).unwrap_or_default();
    inherited.into_iter().for_each(Inheritance::accept);
}

/// The handler in the child. Async-signal-safe.
pub fn child() {
    members().for_each(Member::leave_behind);
    let page = WIPED.load(Ordering::Relaxed);
    if !page.is_null() {
        // SAFETY: the page is never unmapped.
        unsafe { &*page }.store(1, Ordering::Relaxed);
    }
}
