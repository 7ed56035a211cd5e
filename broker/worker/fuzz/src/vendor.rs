//! A vendor that reads what it is to read and writes what it is to write, every byte of it, and knows nothing else: objects
//! are numbers, commands complete, fail or go on as their event's number says, and callbacks are refused.
//!
//! Functions that are not here are missing, which a worker answers itself once it has decoded the call.

mod commands;
mod objects;
mod queries;

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

use ava_worker::Symbols;
use ava_worker::opencl::Vendor;

pub type Handle = *mut c_void;

const OUT_OF_RESOURCES: i32 = -5;
const INVALID_VALUE: i32 = -30;
const INVALID_WAIT_LIST: i32 = -57;
const INVALID_OPERATION: i32 = -59;

/// All that there is of the vendor.
pub fn vendor() -> Vendor {
    struct Nothing;
    impl Symbols for Nothing {
        fn find(&mut self, _: &str) -> Handle {
            std::ptr::null_mut()
        }
    }
    let mut vendor = Vendor::load(&mut Nothing);
    objects::install(&mut vendor);
    queries::install(&mut vendor);
    commands::install(&mut vendor);
    vendor
}

/// Functions of the API, and what puts them in their places.
macro_rules! functions {
    ($($name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty $body:block)*) => {
        $(
            #[allow(non_snake_case, clippy::too_many_arguments)]
            unsafe extern "C" fn $name($($arg: $ty),*) -> $ret $body
        )*
        pub fn install(vendor: &mut ava_worker::opencl::Vendor) {
            $(vendor.$name = Some($name);)*
        }
    };
}
use functions;

/// A new object.
fn object() -> Handle {
    static LAST: AtomicUsize = AtomicUsize::new(0x1_0000);
    LAST.fetch_add(64, Ordering::Relaxed) as Handle
}

/// A new object, if `ok`; what became of it goes to `error`.
fn made(ok: bool, error: *mut i32) -> Handle {
    put(error, if ok { 0 } else { INVALID_VALUE });
    if ok { object() } else { std::ptr::null_mut() }
}

/// Whether an address is one that the worker gives when there is nothing to read.
fn is_nowhere<T>(at: *const T) -> bool {
    !at.is_null() && (at as usize) < 4096
}

/// Whether an address is one that the worker gives where the program could not read either: a vendor dies of it.
fn is_unreadable<T>(at: *const T) -> bool {
    at as usize == 128
}

/// Whether so much memory ends before its length, as the program's does: a vendor dies of that, too.
fn is_cut<T>(at: *const T, len: usize) -> bool {
    let last = (at as usize).saturating_add(len - 1) / 4096 * 4096;
    // SAFETY: asks the kernel for what it does not do, with an address that it tries to read first.
    let answer = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, -1, last, 0_usize, 8_usize) };
    answer < 0 && std::io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT)
}

/// Reads `len` bytes.
fn take<T>(at: *const T, len: usize) {
    if at.is_null() || len == 0 || is_unreadable(at) {
        return;
    }
    assert!(!is_nowhere(at), "the vendor is to read {len} bytes from nowhere");
    if is_cut(at, len) {
        return;
    }
    let at = at.cast::<u8>();
    for i in (0..len).step_by(61).chain([len - 1]) {
        // SAFETY: the worker promises `len` bytes there. That it keeps its promise is what is tested.
        unsafe { at.add(i).read_volatile() };
    }
}

/// Writes `len` bytes.
fn give<T>(at: *mut T, len: usize) {
    if at.is_null() || len == 0 || is_unreadable(at) {
        return;
    }
    assert!(!is_nowhere(at), "the vendor is to write {len} bytes to nowhere");
    if is_cut(at, len) {
        return;
    }
    // SAFETY: as for `take`.
    unsafe { at.cast::<u8>().write_bytes(0x5a, len) };
}

/// Writes one value, if it is asked for.
fn put<T>(at: *mut T, value: T) {
    if !at.is_null() && !is_unreadable(at) {
        assert!(!is_nowhere(at), "the vendor is to write a value to nowhere");
        // SAFETY: as for `take`.
        unsafe { at.write_unaligned(value) };
    }
}

/// Element `i` of an array.
fn at<T: Copy>(array: *const T, i: usize) -> T {
    if is_unreadable(array) {
        // SAFETY: numbers, addresses and structs of these.
        return unsafe { std::mem::zeroed() };
    }
    assert!(!is_nowhere(array), "the vendor is to read element {i} of nothing");
    // SAFETY: as for `take`.
    unsafe { array.add(i).read_unaligned() }
}

/// Reads a text to its end; its length.
fn text(text: *const std::ffi::c_char) -> usize {
    if text.is_null() {
        return 0;
    }
    (0..).find(|i| at(text, *i) == 0).unwrap_or(0)
}

/// Reads a property list to its end.
fn list(properties: *const c_void) {
    let properties = properties.cast::<u64>();
    if !properties.is_null() {
        let mut i = 0;
        while at(properties, i) != 0 {
            i += 2;
        }
    }
}

/// Three sizes.
fn three(sizes: *const usize) -> Option<[u64; 3]> {
    (!sizes.is_null() && !is_nowhere(sizes)).then(|| [0, 1, 2].map(|i| at(sizes, i) as u64))
}
