//! The hooks of the dynamic linker's functions: programs that open the vendor library, by whatever name, get this one.
//!
//! A hook is a naked function that *jumps* to the real one, which therefore still sees its caller: RUNPATH, `$ORIGIN` and
//! link-map namespaces depend on that. For a vendor library's name it jumps to [`open_self`]; the handle is a real one, so
//! `dlsym`, `dlclose`, `dladdr` and `dlinfo` need no hook. `dlvsym` has one because this library's functions have no versions.

mod linked;
pub mod names;

use std::arch::naked_asm;
use std::ffi::{CStr, CString, c_char, c_int, c_long, c_void};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::port::vendor;
use crate::process::library;

type Dlopen = unsafe extern "C" fn(*const c_char, c_int) -> *mut c_void;

/// A function of the C library's, found without the hook.
struct Real {
    name: &'static CStr,
    address: AtomicUsize,
}

impl Real {
    const fn new(name: &'static CStr) -> Self {
        Self { name, address: AtomicUsize::new(0) }
    }

    fn get(&self) -> usize {
        match self.address.load(Ordering::Relaxed) {
            0 => {
                // SAFETY: a plain look-up by a NUL-terminated name. The next one may be another library's hook.
                let found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) } as usize;
                let found = if found == 0 { none as *const () as usize } else { found };
                self.address.store(found, Ordering::Relaxed);
                found
            }
            found => found,
        }
    }
}

static DLOPEN: Real = Real::new(c"dlopen");
static DLMOPEN: Real = Real::new(c"dlmopen");
static DLVSYM: Real = Real::new(c"dlvsym");
static DLSYM: Real = Real::new(c"dlsym");

/// Stands in where the C library lacks one of these, which is not known to happen.
extern "C" fn none() -> *mut c_void {
    std::ptr::null_mut()
}

/// What a program means that opens a name.
enum Meant {
    /// What this library stands for.
    Ours,
    /// What this library would stand for if anybody had it, of which the linker finds a stub of ours.
    Nobodys,
    Others,
}

/// Whether this library stands for what a name names. What no worker would find it does not stand for: the program is told as
/// natively that there is none.
///
/// # Safety
/// `name` is null or NUL-terminated.
unsafe fn meant(name: *const c_char) -> Meant {
    // SAFETY: the place of the thread's error number, which the look-up is not to change.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above; the name by the caller's promise.
    let (before, name) = unsafe { (*errno, (!name.is_null()).then(|| CStr::from_ptr(name))) };
    let found = name.and_then(|name| Some((name, names::vendors(name.to_bytes())?)));
    let meant = found.map_or(Meant::Others, |(name, api)| {
        library::opened(name);
        match vendor::is_nowhere(api) {
            false => Meant::Ours,
            true if library::is_a_stub(name, api) => Meant::Nobodys,
            true => Meant::Others,
        }
    });
    // SAFETY: as above.
    unsafe { *errno = before };
    meant
}

/// Where a call of `dlopen` goes on.
unsafe extern "C" fn pick_dlopen(name: *const c_char, _flags: c_int) -> usize {
    // SAFETY: a caller of `dlopen` passes a NUL-terminated name.
    match unsafe { meant(name) } {
        Meant::Ours => open_self as *const () as usize,
        Meant::Nobodys => open_nobodys as *const () as usize,
        Meant::Others => DLOPEN.get(),
    }
}

/// Where a call of `dlmopen` goes on.
unsafe extern "C" fn pick_dlmopen(_namespace: c_long, name: *const c_char, _flags: c_int) -> usize {
    // SAFETY: a caller of `dlmopen` passes a NUL-terminated name.
    match unsafe { meant(name) } {
        Meant::Ours => open_self_anywhere as *const () as usize,
        Meant::Nobodys => open_nobodys_anywhere as *const () as usize,
        Meant::Others => DLMOPEN.get(),
    }
}

/// Where a call of `dlvsym` goes on. `dlsym` takes the same arguments but the version.
unsafe extern "C" fn pick_dlvsym(_handle: *mut c_void, name: *const c_char, version: *const c_char) -> usize {
    if name.is_null() || version.is_null() {
        return DLVSYM.get();
    }
    // SAFETY: a caller of `dlvsym` passes NUL-terminated names.
    let (name, version) = unsafe { (CStr::from_ptr(name), CStr::from_ptr(version)) };
    if names::has_version(name.to_bytes(), version.to_bytes()) { DLSYM.get() } else { DLVSYM.get() }
}

/// `dlopen` for a vendor library's name: one more reference to this library.
unsafe extern "C" fn open_self(name: *const c_char, flags: c_int) -> *mut c_void {
    /// Whether the program has opened it: until then it is as little loaded as the vendor's would be.
    static OPENED: AtomicBool = AtomicBool::new(false);
    const KEPT: c_int = libc::RTLD_LAZY | libc::RTLD_NOW | libc::RTLD_GLOBAL | libc::RTLD_NODELETE;
    // SAFETY: `Dl_info` is plain data; `dladdr` fills it for an address of this library; the real `dlopen` has the type.
    unsafe {
        let dlopen = std::mem::transmute::<usize, Dlopen>(DLOPEN.get());
        if let Some(library) = names::module(CStr::from_ptr(name).to_bytes()) {
            return open_module(library, flags);
        }
        if flags & libc::RTLD_NOLOAD != 0 && !OPENED.load(Ordering::Relaxed) {
            // A program that is linked against the vendor's library has it.
            let linked = dlopen(name, libc::RTLD_LAZY | libc::RTLD_NOLOAD);
            if linked.is_null() {
                return linked;
            }
            libc::dlclose(linked);
        }
        let mut info: libc::Dl_info = std::mem::zeroed();
        if libc::dladdr(open_self as *const c_void, &raw mut info) == 0 {
            return std::ptr::null_mut();
        }
        let opened = dlopen(info.dli_fname, flags & KEPT);
        OPENED.fetch_or(!opened.is_null(), Ordering::Relaxed);
        opened
    }
}

/// `dlopen` for a name by which there is nothing but a stub of ours: it fails as natively, with the linker's words about a file
/// in the root directory, where no library is.
unsafe extern "C" fn open_nobodys(name: *const c_char, flags: c_int) -> *mut c_void {
    // SAFETY: the caller passes a NUL-terminated name.
    let name = unsafe { CStr::from_ptr(name) };
    let Ok(absent) = CString::new([b"/", name.to_bytes()].concat()) else { return std::ptr::null_mut() };
    // SAFETY: a NUL-terminated name.
    unsafe { open_real(&absent, flags) }
}

unsafe extern "C" fn open_nobodys_anywhere(_namespace: c_long, name: *const c_char, flags: c_int) -> *mut c_void {
    // SAFETY: as the caller promises.
    unsafe { open_nobodys(name, flags) }
}

/// A vendor's library whose functions other libraries may have too: the module beside this library that has them. It comes and
/// goes as the vendor's would.
pub fn open_module(library: &str, flags: c_int) -> *mut c_void {
    let Some(module) = names::beside(library) else { return std::ptr::null_mut() };
    // SAFETY: a NUL-terminated name.
    unsafe { open_real(&module, flags) }
}

/// The C library's `dlopen`.
///
/// # Safety
/// As that.
pub unsafe fn open_real(name: &CStr, flags: c_int) -> *mut c_void {
    // SAFETY: by the caller's promise; the real `dlopen` has the type.
    unsafe { std::mem::transmute::<usize, Dlopen>(DLOPEN.get())(name.as_ptr(), flags) }
}

/// `dlmopen` likewise, in whatever namespace: there is one session in a process, and one of this library.
unsafe extern "C" fn open_self_anywhere(_namespace: c_long, name: *const c_char, flags: c_int) -> *mut c_void {
    // SAFETY: as the caller promises.
    unsafe { open_self(name, flags & !libc::RTLD_GLOBAL) }
}

/// A function that asks `pick`, with its own arguments, where it goes on.
macro_rules! hook {
    ($name:ident($($argument:ident: $type:ty),*), $pick:path) => {
        /// # Safety
        /// As the C library's function of the name.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        pub unsafe extern "C" fn $name($($argument: $type),*) -> *mut c_void {
            #[cfg(target_arch = "x86_64")]
            naked_asm!(
                "push rdi",
                "push rsi",
                "push rdx", // the stack is a multiple of 16 at a call
                "call {pick}",
                "pop rdx",
                "pop rsi",
                "pop rdi",
                "jmp rax",
                pick = sym $pick,
            );
            #[cfg(target_arch = "aarch64")]
            naked_asm!(
                "stp x29, x30, [sp, #-48]!",
                "stp x0, x1, [sp, #16]",
                "str x2, [sp, #32]",
                "bl {pick}",
                "mov x16, x0",
                "ldr x2, [sp, #32]",
                "ldp x0, x1, [sp, #16]",
                "ldp x29, x30, [sp], #48",
                "br x16",
                pick = sym $pick,
            );
        }
    };
}

hook!(dlopen(_name: *const c_char, _flags: c_int), pick_dlopen);
hook!(dlmopen(_namespace: c_long, _name: *const c_char, _flags: c_int), pick_dlmopen);
hook!(dlvsym(_handle: *mut c_void, _name: *const c_char, _version: *const c_char), pick_dlvsym);
