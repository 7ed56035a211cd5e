//! The identity of a library's file, independent of its path.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

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

#[cfg(test)]
mod tests {
    use super::*;

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
