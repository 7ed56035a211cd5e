//! How long code for NVIDIA's GPUs is, as programs hand it to CUDA: by its address alone. The layout `binary` of tables.
//!
//! - A *fatbin* has its length in its head.
//! - An *ELF* file (a cubin) ends where its headers, sections and segments do.
//! - A *wrapper*, as compilers put into programs, leads to a fatbin, and may lead to a list of more.
//! - Anything else is a text, PTX, that ends with a NUL.
//!
//! Wrappers cross with what they lead to behind them, and with offsets in the places of addresses ([`lay`]); the worker puts
//! its own addresses there ([`relocate`]).
//!
//! - **Invariant**: what is found of some bytes does not change if more follow.

/// Marks, which images begin with.
const WRAPPER: u32 = 0x4662_43B1;
const FATBIN: u32 = 0xBA55_ED50;
const ELF: u32 = u32::from_le_bytes(*b"\x7fELF");

/// The longest image in bytes, with all that it leads to: more than any program has.
pub const LONGEST: u64 = 2 << 30;
/// The most fatbins in a wrapper's list.
pub const MOST: usize = 4096;

/// Bytes of a wrapper: mark, version, address of a fatbin, address of a list of fatbins that ends with null.
const HEAD: usize = 24;
/// Where a wrapper has these addresses.
const DATA: usize = 8;
const LIST: usize = 16;
/// The version whose list counts.
const LINKED: u32 = 2;
/// Fatbins are aligned to so many bytes.
const ALIGNED: u64 = 64;
/// An offset that leads to no fatbin.
const NO_FATBIN: u64 = 1;

/// Memory that images lie in, by addresses or by offsets.
pub trait View {
    /// Fills `out` from an address on; whether all of it can be read.
    fn fill(&self, at: u64, out: &mut [u8]) -> bool;
    /// How many bytes there are before the first NUL, if it is before the memory's end.
    fn text(&self, at: u64) -> Option<u64>;
}

/// Bytes by their offsets.
pub struct Bytes<'a>(pub &'a [u8]);

impl View for Bytes<'_> {
    fn fill(&self, at: u64, out: &mut [u8]) -> bool {
        let from = usize::try_from(at).ok().and_then(|at| self.0.get(at..)?.get(..out.len()));
        from.is_some_and(|from| {
            out.copy_from_slice(from);
            true
        })
    }

    fn text(&self, at: u64) -> Option<u64> {
        let rest = self.0.get(usize::try_from(at).ok()?..)?;
        rest.iter().position(|byte| *byte == 0).map(|len| len as u64)
    }
}

/// An image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Image {
    /// So many bytes; the last may lie where nothing can be read.
    Run(u64),
    /// A wrapper, to be laid out with what it leads to.
    Wrapper,
}

/// The image that lies there, as far as it says itself what it is; `None` for what says nothing that makes sense.
#[must_use]
pub fn image(view: &impl View, at: u64) -> Option<Image> {
    let len = match word(view, at) {
        Some(WRAPPER) => return Some(Image::Wrapper),
        Some(FATBIN) => fatbin(view, at)?,
        Some(ELF) => elf(view, at)?,
        _ => view.text(at)?.checked_add(1)?,
    };
    (len <= LONGEST).then_some(Image::Run(len))
}

/// The length of a fatbin; `None` for anything else.
fn fatbin(view: &impl View, at: u64) -> Option<u64> {
    let mut head = [0; 16];
    if !view.fill(at, &mut head) || u32_in(&head, 0) != FATBIN {
        return None;
    }
    let own = u64::from(u16_in(&head, 6)).max(head.len() as u64);
    own.checked_add(u64_in(&head, 8)).filter(|len| *len <= LONGEST)
}

/// The length of an ELF file of 64 bits: the end of what reaches furthest.
fn elf(view: &impl View, at: u64) -> Option<u64> {
    const CLASS_64: u8 = 2;
    const NOBITS: u32 = 8;
    /// Bytes of the file's header, of a segment's and of a section's.
    const FILE: usize = 64;
    const SEGMENT: usize = 56;
    const SECTION: usize = 64;
    let mut file = [0; FILE];
    if !view.fill(at, &mut file) || file[4] != CLASS_64 {
        return None;
    }
    let mut section = [0; SECTION];
    let (segments, sections) = (u64_in(&file, 32), u64_in(&file, 40));
    let (segment_size, section_size) = (u16_in(&file, 54), u16_in(&file, 58));
    let mut count = u64::from(u16_in(&file, 60));
    if count == 0 && sections != 0 {
        // More than its field can say: the first section says it.
        if !view.fill(at.checked_add(sections)?, &mut section) {
            return None;
        }
        count = u64_in(&section, 32);
    }
    let mut end = FILE as u64;
    let mut reaches = |from: u64, len: u64| {
        end = end.max(from.checked_add(len)?);
        (end <= LONGEST).then_some(())
    };
    let table = |from: u64, each: u16, count: u64, least: usize| {
        let len = u64::from(each).checked_mul(count)?;
        (count == 0 || usize::from(each) >= least).then_some((from, len))
    };
    let (from, len) = table(segments, segment_size, u64::from(u16_in(&file, 56)), SEGMENT)?;
    if len > 0 {
        reaches(from, len)?;
    }
    for one in (0..len).step_by(usize::from(segment_size).max(1)) {
        let mut segment = [0; SEGMENT];
        if !view.fill(at.checked_add(from)?.checked_add(one)?, &mut segment) {
            return None;
        }
        reaches(u64_in(&segment, 8), u64_in(&segment, 32))?;
    }
    let (from, len) = table(sections, section_size, count, SECTION)?;
    if len > 0 {
        reaches(from, len)?;
    }
    for one in (0..len).step_by(usize::from(section_size).max(1)) {
        if !view.fill(at.checked_add(from)?.checked_add(one)?, &mut section) {
            return None;
        }
        if u32_in(&section, 4) != NOBITS {
            reaches(u64_in(&section, 24), u64_in(&section, 32))?;
        }
    }
    Some(end)
}

/// A wrapper as it crosses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laid {
    /// The wrapper and its list, with offsets for addresses.
    pub head: Vec<u8>,
    /// The fatbins behind it.
    pub runs: Vec<Run>,
    /// The length of all.
    pub len: u64,
}

/// Bytes that are to lie at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The address at which they are now.
    pub from: u64,
    pub to: u64,
    pub len: u64,
}

/// Lays out the wrapper at an address; `None` if it cannot be read. What `holds` denies or is no fatbin is left out, and
/// the vendor finds none there; a list that does not end is empty.
#[must_use]
pub fn lay(view: &impl View, at: u64, holds: impl Fn(u64, u64) -> bool) -> Option<Laid> {
    let mut head = [0; HEAD];
    if !view.fill(at, &mut head) {
        return None;
    }
    let list = match u64_in(&head, LIST) {
        list if list != 0 && u32_in(&head, 4) == LINKED => Some(fatbins(view, list).unwrap_or_default()),
        // Of another version it is the name of a file, of which drivers take no notice.
        _ => None,
    };
    let mut laid = Laid { head: head.to_vec(), runs: Vec::new(), len: 0 };
    let places = list.as_ref().map_or(0, |list| list.len() + 1);
    laid.len = (HEAD + 8 * places) as u64;
    let data = match u64_in(&head, DATA) {
        0 => 0,
        data => laid.append(view, data, &holds),
    };
    put(&mut laid.head, DATA, data);
    put(&mut laid.head, LIST, if list.is_some() { HEAD as u64 } else { 0 });
    if let Some(list) = list {
        for from in list {
            let to = laid.append(view, from, &holds);
            laid.head.extend_from_slice(&to.to_le_bytes());
        }
        laid.head.extend_from_slice(&[0; 8]);
    }
    Some(laid)
}

impl Laid {
    /// Puts the fatbin at an address behind what there is. Its offset.
    fn append(&mut self, view: &impl View, from: u64, holds: impl Fn(u64, u64) -> bool) -> u64 {
        let to = self.len.next_multiple_of(ALIGNED);
        let Some(len) = fatbin(view, from).filter(|len| to + len <= LONGEST && holds(from, *len)) else {
            return NO_FATBIN;
        };
        self.runs.push(Run { from, to, len });
        self.len = to + len;
        to
    }
}

/// The addresses in a list that ends with null.
fn fatbins(view: &impl View, list: u64) -> Option<Vec<u64>> {
    let mut found = Vec::new();
    for place in 0..=MOST as u64 {
        let mut address = [0; 8];
        if !view.fill(list.checked_add(8 * place)?, &mut address) {
            return None;
        }
        match u64::from_le_bytes(address) {
            0 => return Some(found),
            address => found.push(address),
        }
    }
    None
}

/// Puts addresses in the places of a wrapper's offsets: `base` is that of its first byte, and `nothing` that of memory
/// that is no fatbin, for offsets that do not lead to a whole one behind the wrapper. `None` if this is no wrapper.
#[must_use]
pub fn relocate(bytes: &mut [u8], base: u64, nothing: u64) -> Option<()> {
    if bytes.len() < HEAD || u32_in(bytes, 0) != WRAPPER {
        return None;
    }
    let places = match u64_in(bytes, LIST) {
        0 => 0,
        list if list == HEAD as u64 => fatbins(&Bytes(bytes), list)?.len(),
        _ => return None,
    };
    let head = if u64_in(bytes, LIST) == 0 { HEAD } else { HEAD + 8 * (places + 1) };
    let end = bytes.len() as u64;
    let address = |bytes: &[u8], offset: u64| {
        let len = fatbin(&Bytes(bytes), offset).filter(|_| offset >= head as u64 && offset.is_multiple_of(ALIGNED));
        let fits = len.and_then(|len| offset.checked_add(len)).is_some_and(|to| to <= end);
        if fits { base + offset } else { nothing }
    };
    if u64_in(bytes, DATA) != 0 {
        let data = address(bytes, u64_in(bytes, DATA));
        put(bytes, DATA, data);
    }
    for place in 0..places {
        let at = HEAD + 8 * place;
        let fatbin = address(bytes, u64_in(bytes, at));
        put(bytes, at, fatbin);
    }
    if head > HEAD {
        put(bytes, LIST, base + HEAD as u64);
    }
    Some(())
}

fn word(view: &impl View, at: u64) -> Option<u32> {
    let mut word = [0; 4];
    view.fill(at, &mut word).then(|| u32::from_le_bytes(word))
}

fn u16_in(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_in(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_in(bytes, at)) | u32::from(u16_in(bytes, at + 2)) << 16
}

fn u64_in(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_in(bytes, at)) | u64::from(u32_in(bytes, at + 4)) << 32
}

fn put(bytes: &mut [u8], at: usize, word: u64) {
    bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
}

#[cfg(test)]
mod tests;
