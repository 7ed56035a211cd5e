//! A library's file: its identity, independent of its path, and whether the dynamic linker finds one at all.

use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ava_protocol::api::Api;

/// The name and type of the note that linkers write.
const GNU: &[u8] = b"GNU\0";
const BUILD_ID: u32 = 3;
/// Program headers are at the beginning of a file, and notes soon after.
const HEAD: usize = 16 << 10;

/// The build ID of a library (64 bits, little-endian), or its length if it has none; empty if it cannot be read.
#[must_use]
pub fn identity(file: &Path) -> String {
    let Ok(opened) = File::open(file) else { return String::new() };
    let mut head = vec![0; HEAD];
    let read = opened.read_at(&mut head, 0).unwrap_or(0);
    head.truncate(read);
    match (build_id(&head), opened.metadata()) {
        (Some(id), _) => id.iter().map(|byte| format!("{byte:02x}")).collect(),
        (None, Ok(found)) => format!("{} bytes", found.len()),
        (None, Err(_)) => String::new(),
    }
}

/// The build ID at the beginning of a file.
fn build_id(head: &[u8]) -> Option<&[u8]> {
    const NOTE: u32 = 4;
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let table = usize::try_from(number::<8>(head, 32)?).ok()?;
    let (each, count) = (number::<2>(head, 54)?, number::<2>(head, 56)?);
    for at in 0..usize::try_from(count).ok()? {
        let entry = table.checked_add(at.checked_mul(usize::try_from(each).ok()?)?)?;
        if number::<4>(head, entry)? != u64::from(NOTE) {
            continue;
        }
        let (offset, length) = (number::<8>(head, entry + 8)?, number::<8>(head, entry + 32)?);
        let start = usize::try_from(offset).ok()?;
        let notes = head.get(start..start.checked_add(usize::try_from(length).ok()?)?);
        if let Some(id) = notes.and_then(in_notes) {
            return Some(id);
        }
    }
    None
}

fn in_notes(mut notes: &[u8]) -> Option<&[u8]> {
    loop {
        let [name, description, kind] = [0, 4, 8].map(|at| number::<4>(notes, at));
        let (name, description) = (usize::try_from(name?).ok()?, usize::try_from(description?).ok()?);
        let padded = |length: usize| Some(length.checked_add(3)? / 4 * 4);
        let start = padded(name)?.checked_add(12)?;
        let end = start.checked_add(description)?;
        if kind? == u64::from(BUILD_ID) && notes.get(12..12 + GNU.len())? == GNU {
            return notes.get(start..end);
        }
        notes = notes.get(padded(end)?..)?;
    }
}

/// A little-endian number of that many bytes.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(N)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// What the dynamic linker knows of libraries in the system's folders.
const CACHE: &str = "/etc/ld.so.cache";

/// Whether a worker certainly finds no library of an API's: not this file, or without one none by its name in these folders, in
/// the system's, or in the table's places. Nothing is loaded.
#[must_use]
pub fn is_nowhere(api: &Api, file: Option<&Path>, folders: &OsStr) -> bool {
    if let Some(file) = file {
        return is_absent(file);
    }
    let cache = match std::fs::read(CACHE) {
        Ok(cache) => cache,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(_) => return false,
    };
    let given = std::env::split_paths(folders).filter(|folder| !folder.as_os_str().is_empty());
    let places = api.places.iter().map(PathBuf::from);
    given.chain(usual()).chain(places).all(|folder| lacks(&folder, api.library))
        && cached(&cache, api.library.as_bytes()).is_none_or(|files| files.iter().all(|file| is_absent(file)))
}

/// Where the dynamic linker looks without being told.
fn usual() -> impl Iterator<Item = PathBuf> {
    let of_machine = format!("{}-linux-gnu", std::env::consts::ARCH);
    ["/lib", "/lib64", "/usr/lib", "/usr/lib64"].into_iter().flat_map(move |folder| {
        let folder = PathBuf::from(folder);
        [folder.join(&of_machine), folder]
    })
}

/// Whether a folder has no library of this name, nor one for certain processors.
fn lacks(folder: &Path, name: &str) -> bool {
    let for_processors = match folder.join("glibc-hwcaps").read_dir() {
        Ok(found) => found.flatten().map(|entry| entry.path()).collect(),
        Err(_) => Vec::new(),
    };
    std::iter::once(folder)
        .chain(for_processors.iter().map(PathBuf::as_path))
        .all(|folder| is_absent(&folder.join(name)))
}

/// Whether there is certainly no such file. One that may not be looked at may be there.
fn is_absent(file: &Path) -> bool {
    let found = file.metadata().map_err(|error| error.kind());
    matches!(found, Err(ErrorKind::NotFound | ErrorKind::NotADirectory))
}

/// The files of a name in the linker's cache; `None` if it does not have the name. Names and files are texts in it, of which one
/// may be the end of another.
fn cached(cache: &[u8], name: &[u8]) -> Option<Vec<PathBuf>> {
    let text = [name, b"\0"].concat();
    let ends = cache.windows(text.len()).enumerate().filter(|(_, window)| *window == text);
    let texts = ends.map(|(at, _)| {
        let start = cache[..at].iter().rposition(|byte| *byte == 0).map_or(0, |end| end + 1);
        &cache[start..at + name.len()]
    });
    let mut texts = texts.filter(|text| text.len() == name.len() || text.ends_with(&[b"/", name].concat())).peekable();
    texts.peek()?;
    let files: Vec<_> =
        texts.filter(|text| text.starts_with(b"/")).map(|text| OsStr::from_bytes(text).into()).collect();
    // A name alone leads to a file of another: who knows which.
    Some(if files.is_empty() { vec!["/".into()] } else { files })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_nowhere_if_no_folder_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let api = Api::find("cuda").unwrap();
        let file = folder.path().join(api.library);
        let hwcaps = folder.path().join("glibc-hwcaps/x86-64-v3");
        std::fs::create_dir_all(&hwcaps).unwrap();
        assert!(lacks(folder.path(), api.library) && is_nowhere(api, Some(&file), OsStr::new("")));
        std::fs::write(hwcaps.join(api.library), "").unwrap();
        assert!(!lacks(folder.path(), api.library));
        std::fs::remove_file(hwcaps.join(api.library)).unwrap();
        std::os::unix::fs::symlink("nothing", &file).unwrap();
        assert!(lacks(folder.path(), api.library), "a link that leads nowhere");
        std::fs::write(folder.path().join("nothing"), "").unwrap();
        assert!(!lacks(folder.path(), api.library) && !is_nowhere(api, Some(&file), OsStr::new("")));
        assert!(!is_nowhere(api, None, folder.path().as_os_str()));
        assert!(is_absent(&file.join("below")), "below a file");
    }

    #[test]
    fn the_systems_own_libraries_are_somewhere() {
        assert!(usual().any(|folder| !lacks(&folder, "libc.so.6")));
        let cache = std::fs::read(CACHE).unwrap_or_default();
        if !cache.is_empty() {
            let files = cached(&cache, b"libc.so.6").unwrap();
            assert!(files.iter().any(|file| !is_absent(file)), "{files:?}");
        }
    }

    #[test]
    fn the_cache_has_names_and_files() {
        let cache =
            b"\0glibc-ld.so.cache1.1\0\x01liba.so.1\0/x/libb.so.1\0libb.so.1\0libc.so.1\0/y/xlibd.so.1\0/x/libb.so";
        let files = |name: &[u8]| cached(cache, name);
        assert_eq!(files(b"libb.so.1"), Some(vec!["/x/libb.so.1".into()]));
        assert_eq!(files(b"libc.so.1"), Some(vec!["/".into()]), "of another name");
        assert_eq!((files(b"libd.so.1"), files(b"libb.so"), cached(b"", b"libb.so")), (None, None, None));
    }

    #[test]
    fn a_build_id_is_found_and_its_lack_is_no_mistake() {
        let own = std::env::current_exe().unwrap();
        let id = identity(&own);
        assert!(!id.is_empty());
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy");
        std::fs::copy(own, &copy).unwrap();
        assert_eq!(identity(&copy), id, "independent of its path");
        std::fs::write(&copy, "no library").unwrap();
        assert_eq!(identity(&copy), "10 bytes");
        assert_eq!(identity(&folder.path().join("missing")), "");
    }

    #[test]
    fn any_bytes_are_a_library_or_none() {
        let mut note = [4, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0].to_vec();
        note.extend(b"GNU\0\xab\xcd\0\0");
        assert_eq!(in_notes(&note), Some(&b"\xab\xcd"[..]));
        for length in 0..note.len() {
            let found = in_notes(&note[..length]);
            assert!(found.is_none() || length >= 18);
        }
        let mut head = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        head.truncate(1024);
        for at in 0..head.len() {
            let kept = std::mem::replace(&mut head[at], 0xff);
            let _ = build_id(&head);
            head[at] = kept;
        }
    }
}
