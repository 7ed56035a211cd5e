//! The version of an API in what a vendor says of itself: no newer one than the table describes.

use ava_protocol::api::Version;

/// As Khronos packs a version.
fn packed((major, minor, patch): Version) -> u32 {
    major << 22 | minor << 12 | patch
}

/// A version that Khronos has packed.
pub fn unpacked(number: u32) -> Version {
    (number >> 22, number >> 12 & 0x3ff, number & 0xfff)
}

/// Whether a version is of a newer API, whatever its patch.
fn is_newer((major, minor, _): Version, newest: Option<Version>) -> bool {
    newest.is_some_and(|newest| (major, minor) > (newest.0, newest.1))
}

/// `OpenCL 3.7 more`: the first word that is a version is no newer one than the newest.
pub fn text(bytes: &[u8], newest: Option<Version>) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let version = |word: &str| {
        let (major, minor) = word.trim_end_matches('\0').split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?, 0))
    };
    let mut found = text.split(' ').filter_map(|word| Some((word, version(word)?)));
    match (found.next(), newest) {
        (Some((word, version)), Some((major, minor, _))) if is_newer(version, newest) => {
            let end = if word.ends_with('\0') { "\0" } else { "" };
            text.replacen(word, &format!("{major}.{minor}{end}"), 1).into_bytes()
        }
        _ => bytes.to_vec(),
    }
}

/// A packed version.
pub fn number(bytes: [u8; 4], newest: Option<Version>) -> [u8; 4] {
    match newest {
        Some(version) if is_newer(unpacked(u32::from_le_bytes(bytes)), newest) => packed(version).to_le_bytes(),
        _ => bytes,
    }
}

/// Structs that begin with a packed version: those that are no newer.
pub fn numbers(bytes: &[u8], size: usize, newest: Option<Version>) -> Vec<u8> {
    let known =
        |one: &&[u8]| one.first_chunk().is_none_or(|version| !is_newer(unpacked(u32::from_le_bytes(*version)), newest));
    bytes.chunks_exact(size).filter(known).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEWEST: Option<Version> = Some((3, 1, 0));

    #[test]
    fn texts_say_no_newer_version() {
        let said = |was: &str| String::from_utf8(text(was.as_bytes(), NEWEST)).unwrap();
        assert_eq!(said("OpenCL 3.2 Vendor 9.9\0"), "OpenCL 3.1 Vendor 9.9\0");
        assert_eq!(said("OpenCL C 10.1\0"), "OpenCL C 3.1\0");
        assert_eq!(said("OpenCL 3.1 (Build 3.2)\0"), "OpenCL 3.1 (Build 3.2)\0");
        assert_eq!(said("OpenCL C 1.2 \0"), "OpenCL C 1.2 \0");
        assert_eq!(said("something else\0"), "something else\0");
    }

    #[test]
    fn numbers_likewise() {
        let bytes = |version| packed(version).to_le_bytes();
        assert_eq!(number(bytes((3, 2, 5)), NEWEST), bytes((3, 1, 0)));
        assert_eq!(number(bytes((4, 0, 0)), NEWEST), bytes((3, 1, 0)));
        assert_eq!(number(bytes((3, 1, 7)), NEWEST), bytes((3, 1, 7)));
        assert_eq!(number(bytes((4, 0, 0)), None), bytes((4, 0, 0)));
        let structs =
            |versions: &[Version]| versions.iter().flat_map(|v| [bytes(*v), [7; 4]].concat()).collect::<Vec<_>>();
        assert_eq!(numbers(&structs(&[(3, 2, 0), (3, 0, 0), (1, 0, 0)]), 8, NEWEST), structs(&[(3, 0, 0), (1, 0, 0)]));
    }
}
