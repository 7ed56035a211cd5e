//! The `dlopen` hook: programs that open the vendor library by name get this one.
//!
//! The hook is a naked function that *jumps* to the real `dlopen`, which therefore still sees its caller: RUNPATH,
//! `$ORIGIN` and link-map namespaces depend on that. For a vendor library's name it jumps to [`open_self`]; the handle
//! is a real one, so `dlsym`, `dlclose` and `dladdr` need no hook.

use std::arch::naked_asm;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use ava_protocol::api::APIS;

type Dlopen = unsafe extern "C" fn(*const c_char, c_int) -> *mut c_void;

static REAL: AtomicUsize = AtomicUsize::new(0);

/// The C library's `dlopen`, found without the hook.
fn real() -> usize {
    match REAL.load(Ordering::Relaxed) {
        0 => {
            let found = [c"GLIBC_2.34", c"GLIBC_2.2.5", c"GLIBC_2.17"].into_iter().find_map(|version| {
                // SAFETY: plain look-ups by NUL-terminated names.
                let at = unsafe { libc::dlvsym(libc::RTLD_NEXT, c"dlopen".as_ptr(), version.as_ptr()) } as usize;
                (at != 0).then_some(at)
            });
            let found = found.unwrap_or(none as *const () as usize);
            REAL.store(found, Ordering::Relaxed);
            found
        }
        found => found,
    }
}

/// Stands in where the C library has no `dlopen`, which is not known to happen.
extern "C" fn none(_name: *const c_char, _flags: c_int) -> *mut c_void {
    std::ptr::null_mut()
}

/// Where a call of `dlopen` goes on.
extern "C" fn pick(name: *const c_char, _flags: c_int) -> usize {
    if name.is_null() {
        return real();
    }
    // SAFETY: a caller of `dlopen` passes a NUL-terminated name.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let base = name.rsplit(|b| *b == b'/').next().unwrap_or(name);
    if APIS.iter().any(|api| api.sonames.iter().any(|soname| soname.as_bytes() == base)) {
        open_self as *const () as usize
    } else {
        real()
    }
}

/// `dlopen` for a vendor library's name: one more reference to this library.
unsafe extern "C" fn open_self(_name: *const c_char, flags: c_int) -> *mut c_void {
    // SAFETY: `Dl_info` is plain data; `dladdr` fills it for an address of this library; the real `dlopen` has the type.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        if libc::dladdr(pick as *const c_void, &mut info) == 0 {
            return std::ptr::null_mut();
        }
        let dlopen = std::mem::transmute::<usize, Dlopen>(real());
        dlopen(info.dli_fname, libc::RTLD_NOW | (flags & libc::RTLD_GLOBAL))
    }
}

/// # Safety
/// As the C library's `dlopen`.
#[cfg(target_arch = "x86_64")]
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn dlopen(_name: *const c_char, _flags: c_int) -> *mut c_void {
    naked_asm!(
        "push rdi",
        "push rsi",
        "sub rsp, 8", // the stack is a multiple of 16 at a call
        "call {pick}",
        "add rsp, 8",
        "pop rsi",
        "pop rdi",
        "jmp rax",
        pick = sym pick,
    )
}

/// # Safety
/// As the C library's `dlopen`.
#[cfg(target_arch = "aarch64")]
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn dlopen(_name: *const c_char, _flags: c_int) -> *mut c_void {
    naked_asm!(
        "stp x29, x30, [sp, #-32]!",
        "stp x0, x1, [sp, #16]",
        "bl {pick}",
        "mov x16, x0",
        "ldp x0, x1, [sp, #16]",
        "ldp x29, x30, [sp], #32",
        "br x16",
        pick = sym pick,
    )
}
