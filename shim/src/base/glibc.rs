//! Lets the library load on glibc 2.28 and newer, wherever it was built.
//!
//! The linker asks for the newest version of a function that the building machine's glibc has, though what a program in an
//! older container has would do. So the functions that got a new version since 2.28 are defined here, for this library only,
//! and lead on to the version that each glibc has: most moved from libpthread and libdl into libc as they were.
//! The test `preload::loads_on_old_systems` keeps the lists complete.

use std::ffi::{c_char, c_int, c_void};
use std::mem::offset_of;

/// `NAME` of this library goes on to `NAME@VERSION` of glibc's.
///
/// Up to glibc 2.33 that is in libpthread or libdl, which a program need not have. A library that needs them would have them
/// loaded into every program, so this one only takes them if they are there (a weak symbol), and else has them loaded with the
/// first call.
macro_rules! lead_on {
    ($($name:literal $version:literal)*) => {
        $(std::arch::global_asm!(
            concat!(".globl ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ", @function"),
            concat!($name, ":"),
            concat!("mov of_glibc_", $name, "@GOTPCREL(%rip), %rax"),
            "test %rax, %rax",
            "jz 1f",
            // A jump: dlsym looks at where it returns to.
            "jmp *%rax",
            "1:",
            "push %rdi",
            "push %rsi",
            "push %rdx",
            "push %rcx",
            "push %rcx", // aligns the stack
            "lea 2f(%rip), %rdi",
            "call {late}",
            "pop %rcx",
            "pop %rcx",
            "pop %rdx",
            "pop %rsi",
            "pop %rdi",
            "jmp *%rax",
            "2:",
            concat!(".asciz \"", $name, "\""),
            concat!(".weak of_glibc_", $name),
            concat!(".symver of_glibc_", $name, ", ", $name, "@", $version),
            late = sym late,
            options(att_syntax)
        );)*
    };
}

lead_on! {
    "dladdr" "GLIBC_2.2.5"
    "dlclose" "GLIBC_2.2.5"
    "dlsym" "GLIBC_2.2.5"
    "pthread_attr_getguardsize" "GLIBC_2.2.5"
    "pthread_attr_getstack" "GLIBC_2.2.5"
    "pthread_attr_setstacksize" "GLIBC_2.2.5"
    "pthread_create" "GLIBC_2.2.5"
    "pthread_detach" "GLIBC_2.2.5"
    "pthread_getattr_np" "GLIBC_2.2.5"
    "pthread_key_create" "GLIBC_2.2.5"
    "__pthread_key_create" "GLIBC_2.2.5"
    "pthread_key_delete" "GLIBC_2.2.5"
    "pthread_once" "GLIBC_2.2.5"
    "pthread_setname_np" "GLIBC_2.12"
    "pthread_setspecific" "GLIBC_2.2.5"
    "pthread_sigmask" "GLIBC_2.2.5"
}

/// A function of libpthread's, in a program that does without. The program has libdl, or it would not have come to this
/// library's functions: it opened the vendor's library, or is linked with a stub, which needs both.
extern "C" fn late(name: *const c_char) -> *mut c_void {
    // SAFETY: `name` is a string of the macro's above; the library stays loaded, as nothing closes it.
    unsafe {
        let library = libc::dlopen(c"libpthread.so.0".as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL);
        let function = if library.is_null() { library } else { libc::dlsym(library, name) };
        if function.is_null() {
            libc::abort();
        }
        function
    }
}

/// `NAME` of this library is a function of this module.
macro_rules! stand_in {
    ($($name:literal $function:ident)*) => {
        $(std::arch::global_asm!(
            concat!(".globl ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ", @function"),
            concat!($name, ":"),
            "jmp {function}",
            function = sym $function,
            options(att_syntax)
        );)*
    };
}

stand_in! {
    "stat64" stat
    "lstat64" lstat
    "fstat" fstat
    "fstat64" fstat
    "gettid" gettid
    "_dl_find_object" find_object
}

// As glibc does them since 2.33; on x86-64 the kernel's structure is the program's.

extern "C" fn stat(path: *const c_char, found: *mut libc::stat) -> c_int {
    status(libc::AT_FDCWD, path, found, 0)
}

extern "C" fn lstat(path: *const c_char, found: *mut libc::stat) -> c_int {
    status(libc::AT_FDCWD, path, found, libc::AT_SYMLINK_NOFOLLOW)
}

extern "C" fn fstat(file: c_int, found: *mut libc::stat) -> c_int {
    status(file, c"".as_ptr(), found, libc::AT_EMPTY_PATH)
}

fn status(folder: c_int, path: *const c_char, found: *mut libc::stat, flags: c_int) -> c_int {
    // SAFETY: the caller passes what `stat(2)` demands.
    unsafe { libc::syscall(libc::SYS_newfstatat, folder, path, found, flags) as c_int }
}

extern "C" fn gettid() -> libc::pid_t {
    // SAFETY: a system call without arguments.
    unsafe { libc::syscall(libc::SYS_gettid) as libc::pid_t }
}

/// What the unwinder asks `_dl_find_object` for: `struct dl_find_object` of `<dlfcn.h>` since glibc 2.35.
#[repr(C)]
struct Found {
    flags: u64,
    start: *mut c_void,
    end: *mut c_void,
    link_map: *mut c_void,
    /// The object's `PT_GNU_EH_FRAME`, which is all that the unwinder uses.
    frames: *mut c_void,
    reserved: [u64; 7],
}

struct Wanted {
    address: usize,
    frames: usize,
}

/// `_dl_find_object(3)` by older means; only a panic takes this way.
extern "C" fn find_object(address: *mut c_void, found: *mut Found) -> c_int {
    let mut wanted = Wanted { address: address as usize, frames: 0 };
    // SAFETY: `look` takes what `wanted` is, which lives until the call returns.
    let hit = unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut wanted).cast()) };
    if hit == 0 || wanted.frames == 0 {
        return -1;
    }
    // SAFETY: the unwinder passes room for one `Found`; nobody has read the other fields of what it may not have written.
    unsafe { found.byte_add(offset_of!(Found, frames)).cast::<*mut c_void>().write(wanted.frames as *mut c_void) };
    0
}

/// For `dl_iterate_phdr`: 1 when the object holds the address.
unsafe extern "C" fn look(object: *mut libc::dl_phdr_info, _: usize, wanted: *mut c_void) -> c_int {
    // SAFETY: the loader passes an object that lives for the call, and `find_object` its own `Wanted`.
    let (object, wanted) = unsafe { (&*object, &mut *wanted.cast::<Wanted>()) };
    // SAFETY: the loader's table of so many headers.
    let headers = unsafe { std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()) };
    let start = |header: &libc::Elf64_Phdr| (object.dlpi_addr + header.p_vaddr) as usize;
    let holds = |header: &libc::Elf64_Phdr| {
        header.p_type == libc::PT_LOAD
            && (start(header)..start(header) + header.p_memsz as usize).contains(&wanted.address)
    };
    if !headers.iter().any(holds) {
        return 0;
    }
    wanted.frames = headers.iter().find(|header| header.p_type == libc::PT_GNU_EH_FRAME).map_or(0, start);
    1
}
