//! Fatbins: entries of PTX and of machine code for several architectures, one behind the other.

use super::memory::Memory;
use super::text::{ImageError, text};
use std::io::Read;

/// Kinds of entries.
const PTX: u16 = 1;
const MACHINE_CODE: u16 = 2;
/// How an entry is compressed.
const LZ4: u64 = 0x2000;
const ZSTD: u64 = 0x8000;
/// Bytes of the head of an entry that are read.
const HEAD: usize = 64;
/// Most bytes of a text.
const LONGEST: u64 = 256 << 20;

/// The PTX for the newest architecture that is not above the device's.
pub fn ptx(fatbin: Memory, device_sm: u32) -> Result<String, ImageError> {
    let invalid = ImageError::Invalid;
    let head = usize::from(fatbin.half(6).ok_or(invalid)?);
    let size = fatbin.long(8).and_then(|size| usize::try_from(size).ok()).ok_or(invalid)?;
    let end = head.checked_add(size).ok_or(invalid)?;
    let (mut at, mut best, mut has_code) = (head, None, false);
    while end.checked_sub(at).is_some_and(|left| left >= HEAD) {
        let entry = Entry::read(&fatbin, at).filter(|entry| entry.next <= end && entry.next > at).ok_or(invalid)?;
        has_code |= entry.kind == MACHINE_CODE;
        let is_better = best.as_ref().is_none_or(|best: &Entry| best.sm < entry.sm);
        at = entry.next;
        if entry.kind == PTX && entry.sm <= device_sm && is_better {
            best = Some(entry);
        }
    }
    match best {
        Some(entry) => text(&entry.plain(&fatbin).ok_or(invalid)?),
        None if has_code || at > head => Err(ImageError::NoBinary),
        None => Err(invalid),
    }
}

struct Entry {
    kind: u16,
    sm: u32,
    flags: u64,
    /// Where its bytes are.
    data: usize,
    /// How many, compressed if they are.
    length: usize,
    /// How many they are when they are not compressed.
    plain: u64,
    /// Where the next entry begins.
    next: usize,
}

impl Entry {
    fn read(fatbin: &Memory, at: usize) -> Option<Self> {
        fatbin.bytes(at, HEAD)?;
        let data = at.checked_add(fatbin.word(at + 4)? as usize)?;
        let padded = usize::try_from(fatbin.long(at + 8)?).ok()?;
        let compressed = fatbin.word(at + 16)? as usize;
        let length = if compressed == 0 { padded } else { compressed };
        Some(Self {
            kind: fatbin.half(at)?,
            sm: fatbin.word(at + 28)?,
            flags: fatbin.long(at + 40)?,
            data,
            length,
            plain: fatbin.long(at + 56)?,
            next: data.checked_add(padded)?,
        })
    }

    /// Its bytes, not compressed.
    fn plain(&self, fatbin: &Memory) -> Option<Vec<u8>> {
        if self.data.checked_add(self.length)? > self.next || self.length as u64 > LONGEST {
            return None;
        }
        let bytes = fatbin.bytes(self.data, self.length)?;
        match self.flags & (LZ4 | ZSTD) {
            0 => Some(bytes.to_vec()),
            // LZ4 makes at most 255 bytes of one.
            LZ4 if self.plain <= LONGEST.min(256 * self.length as u64) => {
                lz4_flex::block::decompress(bytes, usize::try_from(self.plain).ok()?).ok()
            }
            ZSTD if self.plain <= LONGEST => {
                let mut plain = Vec::new();
                let decoder = ruzstd::decoding::StreamingDecoder::new(bytes).ok()?;
                decoder.take(self.plain + 1).read_to_end(&mut plain).ok()?;
                (plain.len() as u64 <= self.plain).then_some(plain)
            }
            _ => None,
        }
    }
}
