//! Which files stand for a vendor's library, by their names.

use std::ffi::{CStr, CString, OsStr, c_void};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ava_protocol::api::{APIS, Api};

/// How many links are followed from one name to another.
const MOST_LINKS: usize = 8;

/// The API whose vendor's library a program means that opens this.
pub fn vendors(name: &[u8]) -> Option<&'static Api> {
    library(name).or_else(|| of_driver(base(name))).or_else(|| of_driver(&last(name)))
}

/// The library that it means, if that is one whose functions other libraries may have too.
pub fn module(name: &[u8]) -> Option<&'static str> {
    library(name).filter(|api| api.function_list).map(|api| api.library)
}

/// The API whose library has this name, or the name that a link leads to.
fn library(name: &[u8]) -> Option<&'static Api> {
    names(name).find_map(|name| of_library(base(&name)))
}

/// The API whose library a file is, by its own name.
pub fn of_file(name: &[u8]) -> Option<&'static Api> {
    of_library(base(name))
}

/// The name at the end of all links.
fn last(name: &[u8]) -> Vec<u8> {
    names(name).last().map(|name| base(&name).to_vec()).unwrap_or_default()
}

/// A name, and those that links lead to.
fn names(name: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let path = PathBuf::from(OsStr::from_bytes(name));
    let is_path = name.contains(&b'/');
    let further = move |path: &PathBuf| {
        let target = if is_path { link(path) } else { None };
        Some(path.parent().unwrap_or(Path::new("/")).join(target?))
    };
    std::iter::successors(Some(path), further).take(MOST_LINKS + 1).map(|path| path.into_os_string().into_vec())
}

/// The module in the place of a vendor's library, which is beside this library.
pub fn beside(library: &str) -> Option<CString> {
    // SAFETY: `Dl_info` is plain data; `dladdr` fills it for an address of this library, which stays loaded with its name.
    let own = unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        (libc::dladdr(beside as *const c_void, &raw mut info) != 0).then(|| CStr::from_ptr(info.dli_fname))
    };
    let own = PathBuf::from(OsStr::from_bytes(own?.to_bytes()));
    // A relative name is one of where the program began, and that it may have left.
    let own = if own.is_absolute() { own } else { mapped()? };
    CString::new(own.with_file_name("stubs").join(library).into_os_string().into_vec()).ok()
}

/// The file of this library, as the kernel knows it.
fn mapped() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let here = mapped as *const () as usize;
    let line = maps.lines().find(|line| {
        let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
        let hex = |digits| usize::from_str_radix(digits, 16).unwrap_or(0);
        range.is_some_and(|(from, to)| (hex(from)..hex(to)).contains(&here))
    })?;
    line.find('/').map(|at| PathBuf::from(&line[at..]))
}
fn of_library(base: &[u8]) -> Option<&'static Api> {
    APIS.iter().find(|api| api.sonames.iter().any(|soname| are_one(soname.as_bytes(), base))).copied()
}

/// Whether two names are one library's, of whatever versions.
fn are_one(known: &[u8], name: &[u8]) -> bool {
    const ENDING: &[u8] = b".so";
    let end = known.windows(ENDING.len()).position(|window| window == ENDING).map(|at| at + ENDING.len());
    let version = end.and_then(|end| name.strip_prefix(&known[..end]));
    version.is_some_and(|version| version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
}

/// The API whose drivers, which are registered here to be opened in the library's place, include this.
fn of_driver(base: &[u8]) -> Option<&'static Api> {
    static DRIVERS: OnceLock<Vec<(&Api, Vec<u8>)>> = OnceLock::new();
    let of = |api: &&'static Api| drivers(api).into_iter().map(|driver| (*api, driver)).collect::<Vec<_>>();
    let drivers = DRIVERS.get_or_init(|| APIS.iter().flat_map(of).collect());
    drivers.iter().find(|(_, driver)| are_one(driver, base)).map(|(api, _)| *api)
}

fn drivers(api: &Api) -> Vec<Vec<u8>> {
    let files = api.drivers.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let texts = files.filter_map(|file| std::fs::read(file.path()).ok());
    let lines = texts
        .flat_map(|text| text.split(|byte| *byte == b'\n').map(|line| line.trim_ascii().to_vec()).collect::<Vec<_>>());
    lines.map(|line| base(&line).to_vec()).filter(|name| !name.is_empty()).collect()
}

/// Whether a function has these names in a vendor's library.
pub fn has_version(function: &[u8], version: &[u8]) -> bool {
    let is = |name: &&str, asked: &[u8]| name.as_bytes() == asked;
    let of = |api: &&&Api| api.versions.iter().any(|name| is(name, version));
    APIS.iter().find(of).is_some_and(|api| api.functions.iter().any(|name| is(name, function)))
}

fn base(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| *byte == b'/').next().unwrap_or(name)
}

/// What a link leads to. It leaves no error behind that its caller could see.
fn link(path: &Path) -> Option<PathBuf> {
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut target = [0_u8; libc::PATH_MAX as usize];
    // SAFETY: a NUL-terminated path, and room of the length that is named.
    let len = unsafe { libc::readlink(path.as_ptr(), target.as_mut_ptr().cast(), target.len()) };
    let len = usize::try_from(len).ok()?;
    Some(PathBuf::from(OsStr::from_bytes(target.get(..len)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_has_its_name_with_any_version() {
        for name in [
            "libOpenCL.so",
            "libOpenCL.so.1",
            "/usr/lib/libOpenCL.so.1.0.0",
            "./libsofthsm2.so",
            "libtensorflowlite_c.so.2.17",
        ] {
            assert!(vendors(name.as_bytes()).is_some(), "{name}");
        }
        for name in [
            "",
            "libOpenCL",
            "libOpenCL.so.1x",
            "libOpenCLxml.so",
            "libc.so.6",
            "libOpenCL.so/libm.so.6",
            "xlibOpenCL.so",
        ] {
            assert!(vendors(name.as_bytes()).is_none(), "{name}");
        }
    }

    #[test]
    fn a_link_to_a_library_is_the_library() {
        let folder = tempfile::tempdir().unwrap();
        let [named, other] = ["own.so", "other.so"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink("libOpenCL.so.1.0.0", folder.path().join("middle.so")).unwrap();
        std::os::unix::fs::symlink("middle.so", &named).unwrap();
        std::os::unix::fs::symlink(&other, &other).unwrap();
        assert!(vendors(named.as_os_str().as_bytes()).is_some());
        assert!(vendors(other.as_os_str().as_bytes()).is_none());
    }

    #[test]
    fn versions_are_those_of_the_table() {
        assert!(has_version(b"clGetPlatformIDs", b"OPENCL_1.0"));
        assert!(!has_version(b"clGetPlatformIDs", b"GLIBC_2.34"));
        assert!(!has_version(b"dlopen", b"OPENCL_1.0"));
    }
}
