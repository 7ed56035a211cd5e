//! Programs that are linked with a vendor library whose functions other libraries may have too, so that this library does not
//! export them for all: what is bound to the vendor's is bound to the module that takes its place, and what looks for the
//! vendor's finds the module's. This happens once, before the program begins, and only where the vendor's library is there;
//! `avactl run` lets the linker find the module instead, where the program names no place.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ops::Range;

use ava_protocol::api::Api;

use crate::preload::{names, open_module, open_real};

/// Of 64-bit ELF files.
#[repr(C)]
#[derive(Clone, Copy)]
struct Dynamic {
    tag: i64,
    value: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Relocation {
    offset: usize,
    info: u64,
    addend: i64,
}

const DT_NULL: i64 = 0;
const DT_PLTRELSZ: i64 = 2;
const DT_RELA: i64 = 7;
const DT_RELASZ: i64 = 8;
const DT_JMPREL: i64 = 23;
/// Relocations that put a symbol's address somewhere: of data, of an entry of the global offset table, of a call.
#[cfg(target_arch = "x86_64")]
const ADDRESSES: [u64; 3] = [1, 6, 7];
#[cfg(target_arch = "aarch64")]
const ADDRESSES: [u64; 3] = [257, 1025, 1026];

#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = at_start;

extern "C" fn at_start() {
    let mut found: Option<(&'static Api, CString)> = None;
    let mut look = |object: &libc::dl_phdr_info| {
        // SAFETY: the linker keeps the names of what is loaded.
        let name = unsafe { object.dlpi_name.as_ref().map(|name| CStr::from_ptr(name)) };
        let Some(name) = name else { return };
        // Without a look at the file, which every program would pay for.
        if let Some(api) = names::of_file(name.to_bytes()).filter(|api| api.function_list) {
            found = Some((api, name.to_owned()));
        }
    };
    for_each_object(&mut look);
    if let Some((api, name)) = found {
        // SAFETY: the program has not begun, so that nothing is called or bound meanwhile.
        unsafe { rebind(api, &name) };
    }
}

/// Puts the module in the place of the vendor's library, which is loaded by that name.
///
/// # Safety
/// Nothing else binds or calls the library's functions meanwhile.
unsafe fn rebind(api: &Api, name: &CStr) {
    // SAFETY: plain look-ups by NUL-terminated names; the module is one more library.
    let functions: Vec<(usize, usize)> = unsafe {
        let vendor = open_real(name, libc::RTLD_LAZY | libc::RTLD_NOLOAD);
        let module = open_module(api.library, libc::RTLD_NOW);
        let same = vendor.is_null() || module.is_null() || vendor == module;
        if same {
            return;
        }
        let names = api.functions.iter().filter_map(|name| CString::new(*name).ok());
        let both = names.map(|name| (libc::dlsym(vendor, name.as_ptr()), libc::dlsym(module, name.as_ptr())));
        both.filter(|(theirs, ours)| !theirs.is_null() && !ours.is_null() && theirs != ours)
            .map(|(theirs, ours)| (theirs as usize, ours as usize))
            .collect()
    };
    // What is bound already, before what is looked for finds something else.
    for_each_object(&mut |object| {
        // SAFETY: the linker's own description of what it has loaded.
        unsafe { bind_again(object, &functions) };
    });
    for (theirs, ours) in &functions {
        // SAFETY: an address that the linker has found.
        unsafe { rename(*theirs, *ours) };
    }
}

/// Has an object's addresses of some functions be those of others.
///
/// # Safety
/// The object is loaded, and nothing calls the functions.
unsafe fn bind_again(object: &libc::dl_phdr_info, functions: &[(usize, usize)]) {
    let base = object.dlpi_addr as usize;
    // SAFETY: as many program headers belong to the object.
    let headers = unsafe { std::slice::from_raw_parts(object.dlpi_phdr, usize::from(object.dlpi_phnum)) };
    let part = |kind: u32| headers.iter().find(|header| header.p_type == kind);
    let within =
        |header: &libc::Elf64_Phdr| base + header.p_vaddr as usize..base + (header.p_vaddr + header.p_memsz) as usize;
    // Of its own functions the vendor's library goes on to use its own.
    let holds = |address: usize| {
        headers.iter().any(|header| header.p_type == libc::PT_LOAD && within(header).contains(&address))
    };
    let Some(dynamic) = part(libc::PT_DYNAMIC) else { return };
    if functions.first().is_none_or(|(theirs, _)| holds(*theirs)) {
        return;
    }
    let protected = part(libc::PT_GNU_RELRO).map_or(0..0, within);
    let value = |tag: i64| {
        let mut at = within(dynamic).start as *const Dynamic;
        loop {
            // SAFETY: the section ends with an entry of no tag.
            let entry = unsafe { at.read() };
            match entry.tag {
                DT_NULL => return None,
                found if found == tag => return Some(entry.value),
                _ => at = at.wrapping_add(1),
            }
        }
    };
    // The linker has made most addresses absolute, not those in memory that it could not write.
    let absolute = |address: usize| if address < base { base + address } else { address };
    for (table, size) in [(DT_RELA, DT_RELASZ), (DT_JMPREL, DT_PLTRELSZ)] {
        let (Some(table), Some(size)) = (value(table), value(size)) else { continue };
        // SAFETY: the section says that as many stand there.
        let relocations = unsafe {
            let first = absolute(table) as *const Relocation;
            std::slice::from_raw_parts(first, size / size_of::<Relocation>())
        };
        for relocation in relocations.iter().filter(|relocation| ADDRESSES.contains(&(relocation.info & 0xffff_ffff))) {
            let place = (base + relocation.offset) as *mut usize;
            // SAFETY: the linker has written an address there.
            let bound = unsafe { place.read_unaligned() };
            if let Some((_, ours)) = functions.iter().find(|(theirs, _)| *theirs == bound) {
                // SAFETY: as above; the function takes what the other one takes.
                unsafe { write(place, *ours, protected.contains(&(place as usize))) };
            }
        }
    }
}

/// Has who looks for the function at `theirs` by its name find `ours`.
///
/// # Safety
/// Nothing looks for it meanwhile.
unsafe fn rename(theirs: usize, ours: usize) {
    type Dladdr1 = unsafe extern "C" fn(*const c_void, *mut libc::Dl_info, *mut *mut c_void, c_int) -> c_int;
    const RTLD_DL_SYMENT: c_int = 1;
    // SAFETY: a look-up of a function of this type, which fills plain data; what it finds is the symbol that the linker reads.
    unsafe {
        let dladdr1 = libc::dlsym(libc::RTLD_DEFAULT, c"dladdr1".as_ptr());
        if dladdr1.is_null() {
            return;
        }
        let dladdr1 = std::mem::transmute::<*mut c_void, Dladdr1>(dladdr1);
        let mut info: libc::Dl_info = std::mem::zeroed();
        let mut symbol = std::ptr::null_mut();
        if dladdr1(theirs as *const c_void, &mut info, &mut symbol, RTLD_DL_SYMENT) == 0 || symbol.is_null() {
            return;
        }
        let symbol = symbol.cast::<libc::Elf64_Sym>();
        let value = (&raw mut (*symbol).st_value).cast::<usize>();
        if value.read_unaligned().wrapping_add(info.dli_fbase as usize) == theirs {
            write(value, ours.wrapping_sub(info.dli_fbase as usize), true);
        }
    }
}

/// # Safety
/// A word is there, which is the linker's.
unsafe fn write(place: *mut usize, word: usize, protected: bool) {
    const PAGE: usize = 4096;
    let pages: Range<usize> =
        place as usize / PAGE * PAGE..(place as usize + size_of::<usize>()).next_multiple_of(PAGE);
    // SAFETY: pages of an object that is loaded, which come to be as they were.
    let allow = |access: c_int| unsafe { libc::mprotect(pages.start as *mut c_void, pages.len(), access) == 0 };
    if protected && !allow(libc::PROT_READ | libc::PROT_WRITE) {
        return;
    }
    // SAFETY: by the caller's promise, and writable.
    unsafe { place.write_unaligned(word) };
    if protected {
        allow(libc::PROT_READ);
    }
}

fn for_each_object(f: &mut dyn FnMut(&libc::dl_phdr_info)) {
    unsafe extern "C" fn each(object: *mut libc::dl_phdr_info, _size: usize, f: *mut c_void) -> c_int {
        // SAFETY: `f` is the closure below, and the linker describes an object.
        unsafe { (*f.cast::<&mut dyn FnMut(&libc::dl_phdr_info)>())(&*object) };
        0
    }
    let mut f = f;
    // SAFETY: the callback is given what it expects.
    unsafe { libc::dl_iterate_phdr(Some(each), (&raw mut f).cast()) };
}

const _: () = assert!(size_of::<*const c_char>() == 8, "the tables of 64-bit ELF files");
