use super::*;

const TEXT: &[u8] = b".version 8.0\n.target sm_75\n\0";

/// An entry of a fatbin with its bytes.
fn entry(kind: u16, sm: u32, flags: u64, bytes: &[u8], plain: u64) -> Vec<u8> {
    let padded = bytes.len().next_multiple_of(8);
    let mut entry = Vec::new();
    entry.extend(kind.to_le_bytes());
    entry.extend(0x101u16.to_le_bytes());
    entry.extend(64u32.to_le_bytes());
    entry.extend((padded as u64).to_le_bytes());
    entry.extend((if flags == 0 { 0 } else { bytes.len() as u32 }).to_le_bytes());
    entry.resize(28, 0);
    entry.extend(sm.to_le_bytes());
    entry.resize(40, 0);
    entry.extend(flags.to_le_bytes());
    entry.resize(56, 0);
    entry.extend(plain.to_le_bytes());
    entry.extend(bytes);
    entry.resize(64 + padded, 0);
    entry
}

fn fatbin(entries: &[Vec<u8>]) -> Vec<u8> {
    let size: usize = entries.iter().map(Vec::len).sum();
    let mut fatbin = FATBIN.to_le_bytes().to_vec();
    fatbin.extend(1u16.to_le_bytes());
    fatbin.extend(16u16.to_le_bytes());
    fatbin.extend((size as u64).to_le_bytes());
    fatbin.extend(entries.concat());
    fatbin
}

fn read(image: &[u8]) -> Result<Vec<String>, ImageError> {
    // SAFETY: the size is that of the slice.
    unsafe { ptx(image.as_ptr().cast(), Some(image.len()), 75) }
}

fn named(name: &str) -> Vec<u8> {
    format!(".version {name}\0").into_bytes()
}

#[test]
fn text_is_read_to_its_end() {
    assert_eq!(read(TEXT), Ok(vec![".version 8.0\n.target sm_75\n".into()]));
    // SAFETY: the text ends with 0.
    let unknown = unsafe { ptx(TEXT.as_ptr().cast(), None, 75) };
    assert_eq!(unknown, read(TEXT));
    assert_eq!(read(b"\xff\xfe\xfd\xfc\xfb"), Err(ImageError::Invalid));
    assert_eq!(read(&[1, 2, 3, 4, 0]), Err(ImageError::Invalid));
}

#[test]
fn the_newest_ptx_that_the_device_runs_is_taken() {
    let plain = |sm: u32| entry(1, sm, 0, &named(&sm.to_string()), 0);
    assert_eq!(read(&fatbin(&[plain(50), plain(75), plain(70), plain(90)])), Ok(vec![".version 75".into()]));
    assert_eq!(read(&fatbin(&[plain(90)])), Err(ImageError::NoBinary));
    assert_eq!(read(&fatbin(&[entry(2, 75, 0, b"ELF", 0)])), Err(ImageError::NoBinary));
    assert_eq!(read(b"\x7fELF\x02\x01\x01\0"), Err(ImageError::NoBinary));
}

#[test]
fn entries_may_be_compressed() {
    let lz4 = lz4_flex::block::compress(TEXT);
    let image = fatbin(&[entry(1, 75, 0x2000, &lz4, TEXT.len() as u64)]);
    assert_eq!(read(&image), read(TEXT));
    let zstd = ruzstd::encoding::compress_to_vec(TEXT, ruzstd::encoding::CompressionLevel::Fastest);
    let image = fatbin(&[entry(1, 75, 0x8000, &zstd, TEXT.len() as u64)]);
    assert_eq!(read(&image), read(TEXT));
}

#[test]
fn wrappers_point_to_fatbins() {
    let (one, two) = (fatbin(&[entry(1, 50, 0, &named("a"), 0)]), fatbin(&[entry(1, 60, 0, &named("b"), 0)]));
    let list = [one.as_ptr() as u64, two.as_ptr() as u64, 0];
    let wrapper = |version: u32, data: u64, list: u64| {
        let mut wrapper = WRAPPER.to_le_bytes().to_vec();
        wrapper.extend(version.to_le_bytes());
        wrapper.extend(data.to_le_bytes());
        wrapper.extend(list.to_le_bytes());
        wrapper
    };
    assert_eq!(read(&wrapper(1, list[1], 0)), Ok(vec![".version b".into()]));
    assert_eq!(read(&wrapper(2, list[0], list.as_ptr() as u64)), Ok(vec![".version a".into(), ".version b".into()]));
    assert_eq!(read(&wrapper(1, 0, 0)), Err(ImageError::Invalid));
    assert_eq!(read(&wrapper(1, list[1], 0)[..20]), Err(ImageError::Invalid));
}

#[test]
fn what_says_more_than_it_has_is_refused() {
    let right = fatbin(&[entry(1, 75, 0, &named("a"), 0)]);
    for length in 0..right.len() {
        let cut = read(&right[..length]);
        assert!(cut.is_err() || length < 16, "{length}: {cut:?}");
    }
    let with = |at: usize, bytes: &[u8]| {
        let mut image = right.clone();
        image[at..at + bytes.len()].copy_from_slice(bytes);
        read(&image)
    };
    let huge = (1u64 << 40).to_le_bytes();
    assert_eq!(with(8, &huge), Err(ImageError::Invalid));
    assert_eq!(with(16 + 8, &huge), Err(ImageError::Invalid));
    assert_eq!(with(16 + 8, &u64::MAX.to_le_bytes()), Err(ImageError::Invalid));
    assert_eq!(with(16 + 4, &u32::MAX.to_le_bytes()), Err(ImageError::Invalid));
}

#[test]
fn bombs_are_refused() {
    let lz4 = lz4_flex::block::compress(&[0; 100_000]);
    for plain in [1 << 40, u64::MAX, 10] {
        assert_eq!(read(&fatbin(&[entry(1, 75, 0x2000, &lz4, plain)])), Err(ImageError::Invalid));
    }
    let zstd = ruzstd::encoding::compress_to_vec(&[0u8; 100_000][..], ruzstd::encoding::CompressionLevel::Fastest);
    for plain in [1 << 40, u64::MAX, 10] {
        assert_eq!(read(&fatbin(&[entry(1, 75, 0x8000, &zstd, plain)])), Err(ImageError::Invalid));
    }
}
