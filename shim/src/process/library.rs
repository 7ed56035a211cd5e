//! Finds the vendor library file that the program would load without AvA: the one that it opens by its path, or the one
//! that it, or one of its libraries, is linked to find.
//!
//! - **Invariant:** before the first call, one path per API is kept, and only once its library is opened.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicPtr, Ordering};

use ava_protocol::api::{APIS, Api};
use ava_protocol::surroundings::LIBRARY_PATH_VARIABLE;

/// What `dlopen` was last given a path for, resolved then, since the working directory may change; null for none.
static OPENED: [AtomicPtr<c_char>; APIS.len()] = [const { AtomicPtr::new(std::ptr::null_mut()) }; APIS.len()];

/// The name of this library's file, whatever folder it is in.
const OWN: &str = "libava.so";
/// The folder beside it whose files stand in for vendors' libraries.
const STUBS: &str = "stubs";

/// The program opens one of the names of an API's library. Called by `dlopen`.
pub fn opened(name: &CStr) {
    let path = Path::new(OsStr::from_bytes(name.to_bytes()));
    let (Some(file), true) = (path.file_name(), name.to_bytes().contains(&b'/')) else { return };
    let Some(at) = APIS.iter().position(|api| is_library(api, file)) else { return };
    // SAFETY: the name is a text; the result is null or a text of its own.
    let real = unsafe { libc::realpath(name.as_ptr(), std::ptr::null_mut()) };
    if let (Some(place), false) = (OPENED.get(at), real.is_null()) {
        // The one before stays where it is: another thread may look at it.
        place.store(real, Ordering::Release);
    }
}

/// Whether this is a name of the API's own library, and not of another that it stands in for.
fn is_library(api: &Api, file: &OsStr) -> bool {
    let stem = |name: &str| name.find(".so").map(|end| name[..end].to_owned());
    let file = file.to_str().and_then(stem);
    file.is_some() && file == stem(api.library)
}

/// The file of an API's library that the program would have.
pub fn of(api: &Api) -> Option<PathBuf> {
    let at = APIS.iter().position(|known| known.name == api.name)?;
    let opened = OPENED.get(at)?.load(Ordering::Acquire);
    if !opened.is_null() {
        // SAFETY: what is stored there is a text that is never freed.
        let path = PathBuf::from(OsStr::from_bytes(unsafe { CStr::from_ptr(opened) }.to_bytes()));
        return Some(path).filter(|path| !is_ours(path));
    }
    linked(api)
}

/// Whether a file is this library, or one that stands in for a vendor's beside it.
pub fn is_ours(path: &Path) -> bool {
    let Ok(real) = std::fs::canonicalize(path) else { return false };
    let in_stubs = |path: &Path| path.ends_with(STUBS) && path.with_file_name(OWN).exists();
    real.file_name().is_some_and(|name| name == OWN) || real.parent().is_some_and(in_stubs) || in_stubs(&real)
}

/// Whether the linker finds a stub of ours by a name, and nothing else by that of the API's library.
pub fn is_a_stub(name: &CStr, api: &Api) -> bool {
    let name = OsStr::from_bytes(name.to_bytes());
    let searched = std::env::var_os(LIBRARY_PATH_VARIABLE).unwrap_or_default();
    let (stubs, others): (Vec<_>, Vec<_>) =
        std::env::split_paths(&searched).partition(|folder| is_ours(&folder.join(name)));
    let others = std::env::join_paths(others).unwrap_or_default();
    !name.as_bytes().contains(&b'/') && !stubs.is_empty() && ava_surroundings::is_nowhere(api, None, &others)
}

/// What the search for the library has found, over all that is loaded.
struct Search<'a> {
    api: &'a Api,
    found: Option<PathBuf>,
}

/// The vendor's own file, if it is loaded, though nobody gets to it; else where those who are linked with it look for it.
fn linked(api: &Api) -> Option<PathBuf> {
    let mut search = Search { api, found: None };
    // SAFETY: the function is called back with what is loaded, and with this search, which lives as long as the call.
    unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut search).cast()) };
    search.found
}

/// Looks at one object that is loaded; not zero when the search is over.
unsafe extern "C" fn look(info: *mut libc::dl_phdr_info, _size: usize, search: *mut c_void) -> c_int {
    // SAFETY: both are what `dl_iterate_phdr` was given, and gives, for the length of this call; the name is null or a
    // text.
    let (info, search, name) = unsafe {
        let info = &*info;
        let name = (!info.dlpi_name.is_null()).then(|| CStr::from_ptr(info.dlpi_name).to_bytes());
        (info, &mut *search.cast::<Search>(), name.unwrap_or_default())
    };
    let object = if name.is_empty() { "/proc/self/exe".into() } else { PathBuf::from(OsStr::from_bytes(name)) };
    let is_the_library = object.file_name().is_some_and(|file| is_library(search.api, file));
    search.found = if is_the_library {
        // What the system's loader finds by itself needs no name.
        Some(object).filter(|object| !is_ours(object) && !is_usual(object))
    } else {
        // SAFETY: by the same promise.
        unsafe { Dynamic::of(info) }.and_then(|dynamic| dynamic.finds(search.api, &object))
    };
    c_int::from(search.found.is_some())
}

/// Whether a file is where the system's libraries are.
fn is_usual(file: &Path) -> bool {
    const USUAL: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"];
    let Some(folder) = file.parent() else { return false };
    let is_of_machine = folder.file_name().is_some_and(|name| name.as_bytes().ends_with(b"-linux-gnu"));
    let folder = if is_of_machine { folder.parent().unwrap_or(folder) } else { folder };
    USUAL.iter().any(|usual| folder == Path::new(usual))
}

/// What an object says to the dynamic linker.
#[derive(Default)]
struct Dynamic {
    needed: Vec<&'static CStr>,
    /// `DT_RPATH`, which counts before `LD_LIBRARY_PATH`, and `DT_RUNPATH`, which counts after it and instead.
    rpath: Option<&'static CStr>,
    runpath: Option<&'static CStr>,
}

impl Dynamic {
    /// # Safety
    /// The object is loaded, and stays so while this is used.
    unsafe fn of(info: &libc::dl_phdr_info) -> Option<Self> {
        const NEEDED: i64 = 1;
        const STRINGS: i64 = 5;
        const RPATH: i64 = 15;
        const RUNPATH: i64 = 29;
        // SAFETY: program headers are where the loader says, so many of them.
        let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        let dynamic = headers.iter().find(|header| header.p_type == libc::PT_DYNAMIC)?;
        let mut entry = (info.dlpi_addr + dynamic.p_vaddr) as *const [i64; 2];
        let (mut entries, mut strings) = (Vec::new(), 0_u64);
        loop {
            // SAFETY: the section is loaded, and ends with an entry of zeroes.
            let [tag, value] = unsafe { entry.read() };
            match tag {
                0 => break,
                STRINGS => strings = value as u64,
                NEEDED | RPATH | RUNPATH => entries.push((tag, value as usize)),
                _ => {}
            }
            // SAFETY: it was not the last one.
            entry = unsafe { entry.add(1) };
        }
        // The loader has made an address of it, except where the section cannot be written.
        let base = if strings < info.dlpi_addr { info.dlpi_addr } else { 0 };
        if strings == 0 {
            return None;
        }
        let mut made = Self::default();
        for (tag, at) in entries {
            // SAFETY: the entry's value is where in the table of strings its text begins.
            let text: &'static CStr = unsafe { CStr::from_ptr(((base + strings) as *const c_char).add(at)) };
            match tag {
                NEEDED => made.needed.push(text),
                RPATH => made.rpath = Some(text),
                _ => made.runpath = Some(text),
            }
        }
        Some(made)
    }

    /// Where the object finds the API's library by itself, and not where the worker does.
    fn finds(&self, api: &Api, object: &Path) -> Option<PathBuf> {
        let soname = self.needed.iter().map(|name| OsStr::from_bytes(name.to_bytes()));
        let soname = soname.into_iter().find(|name| is_library(api, name))?;
        let real = std::fs::canonicalize(object).ok()?;
        let origin = real.parent()?;
        let within = |path: &CStr| {
            let text = String::from_utf8_lossy(path.to_bytes());
            let text = text.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", &origin.to_string_lossy());
            std::env::split_paths(&text).map(|folder| folder.join(soname)).find(|file| is_there(file))
        };
        if let Some(runpath) = self.runpath {
            let earlier = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
            let is_found = std::env::split_paths(&earlier).any(|folder| is_there(&folder.join(soname)));
            return if is_found { None } else { within(runpath) };
        }
        self.rpath.and_then(within)
    }
}

fn is_there(file: &Path) -> bool {
    file.is_absolute() && file.is_file() && !is_ours(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_known_by_its_name_up_to_the_version() {
        let is = |api: &str, name: &str| is_library(Api::find(api).unwrap(), name.as_ref());
        assert!(is("opencl", "libOpenCL.so.1") && is("opencl", "libOpenCL.so"));
        assert!(is("tflite", "libtensorflowlite_c.so") && !is("tflite", "libexternal_delegate_obj.so"));
        assert!(!is("opencl", "libOpenCL-1ef0.so") && !is("pkcs11", "opensc-pkcs11.so"));
    }

    #[test]
    fn where_the_system_has_libraries_is_known() {
        for usual in ["/usr/lib/x86_64-linux-gnu/libx.so", "/usr/lib/libx.so", "/lib64/libx.so"] {
            assert!(is_usual(Path::new(usual)), "{usual}");
        }
        assert!(!is_usual(Path::new("/opt/lib/libx.so")) && !is_usual(Path::new("/usr/lib/softhsm/libx.so")));
    }

    #[test]
    fn what_is_loaded_says_what_it_needs() {
        let mut needs_libc = 0;
        unsafe extern "C" fn count(info: *mut libc::dl_phdr_info, _: usize, count: *mut c_void) -> c_int {
            // SAFETY: as in `look`.
            let dynamic = unsafe { Dynamic::of(&*info) };
            let needs = dynamic.is_some_and(|dynamic| dynamic.needed.contains(&c"libc.so.6"));
            // SAFETY: the counter below.
            unsafe { *count.cast::<i32>() += i32::from(needs) };
            0
        }
        // SAFETY: the counter lives as long as the call.
        unsafe { libc::dl_iterate_phdr(Some(count), (&raw mut needs_libc).cast()) };
        assert!(needs_libc > 0);
    }
}
