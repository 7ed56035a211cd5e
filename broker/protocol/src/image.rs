//! Images of structs that programs read: the struct's bytes, and behind them, one after the other, what its pointers lead
//! to. A table says of each pointer what that is.
//!
//! In the place of a pointer stands 1 if what it leads to follows, else 0. A text has its length in front, in 8 bytes; an
//! array begins with its own count; a struct is an image in turn.

use crate::flat::DEEPEST;

/// A struct: its size in bytes, and its pointers in the order of their places.
#[derive(Debug)]
pub struct ImageSpec {
    pub size: usize,
    pub pointers: &'static [PointerSpec],
}

/// A pointer in a struct.
#[derive(Debug)]
pub struct PointerSpec {
    /// Its offset, a multiple of 8.
    pub at: usize,
    pub to: Target,
}

/// What a pointer leads to.
#[derive(Debug)]
pub enum Target {
    /// Something that means nothing in another process: the image has null.
    Nothing,
    /// Memory that both processes have: the image says whether there is any.
    Data,
    Text,
    Counted(&'static CountedSpec),
    Struct(&'static ImageSpec),
    /// A struct by the number at an offset, of a size; for a key that is not listed the image has null.
    Keyed {
        at: usize,
        size: usize,
        keys: &'static [(i64, &'static ImageSpec)],
    },
}

/// A struct that ends with as many elements as a number of 4 bytes in it says. Less than none is none.
#[derive(Debug)]
pub struct CountedSpec {
    pub count_at: usize,
    pub data_at: usize,
    /// Bytes of one element.
    pub element: usize,
}

/// A struct of the vendor's of which the program has an image, kept as the vendor's is.
#[derive(Debug)]
pub struct MirrorSpec {
    pub image: ImageSpec,
    /// Offset of the pointer to the memory that both processes have, and of the number of bytes there.
    pub data: usize,
    pub len: usize,
    /// Offset of a byte that is not 0 if what the program writes to that memory is meant for the vendor.
    pub input: Option<usize>,
    /// The kind of the objects that such structs belong to.
    pub owner: u16,
    /// Status of a call that is given something else.
    pub invalid: i64,
}

/// Memory from which an image is made.
pub trait Source {
    /// Appends so many bytes.
    fn bytes(&self, address: u64, len: usize, out: &mut Vec<u8>);
    /// Appends a text without its NUL.
    fn text(&self, address: u64, out: &mut Vec<u8>);
}

impl CountedSpec {
    /// Bytes of an array with so many elements.
    #[must_use]
    pub fn bytes(&self, count: i32) -> usize {
        self.data_at + self.element * usize::try_from(count).unwrap_or(0)
    }

    /// How many elements the array has that begins here.
    #[must_use]
    pub fn count(&self, head: &[u8]) -> i32 {
        let count = head.get(self.count_at..).and_then(<[u8]>::first_chunk);
        count.map_or(0, |count| i32::from_le_bytes(*count))
    }

    fn write(&self, address: u64, source: &dyn Source, out: &mut Vec<u8>) {
        let start = out.len();
        source.bytes(address, self.data_at, out);
        let len = self.bytes(self.count(&out[start..])) - self.data_at;
        source.bytes(address.wrapping_add(self.data_at as u64), len, out);
    }
}

impl ImageSpec {
    /// Appends the image of the struct at an address.
    pub fn write(&self, address: u64, source: &dyn Source, out: &mut Vec<u8>) {
        self.write_to(address, source, DEEPEST, out);
    }

    fn write_to(&self, address: u64, source: &dyn Source, depth: usize, out: &mut Vec<u8>) {
        let start = out.len();
        source.bytes(address, self.size, out);
        for pointer in self.pointers {
            let to = word(&out[start..], pointer.at);
            let leads = to != 0 && depth > 0 && pointer.follow(to, start, source, depth - 1, out);
            out[start + pointer.at..][..8].copy_from_slice(&u64::from(leads).to_le_bytes());
        }
    }

    /// Appends what tells whether an image would be another than the last: the struct's bytes, and the arrays that it leads
    /// to itself, which vendors change in place.
    pub fn surface(&self, address: u64, source: &dyn Source, out: &mut Vec<u8>) {
        let start = out.len();
        source.bytes(address, self.size, out);
        for pointer in self.pointers {
            if let (Target::Counted(counted), to @ 1..) = (&pointer.to, word(&out[start..], pointer.at)) {
                counted.write(to, source, out);
            }
        }
    }
}

impl PointerSpec {
    /// Appends what the pointer leads to that is in the struct which stands at `start`. Whether there is anything.
    fn follow(&self, to: u64, start: usize, source: &dyn Source, depth: usize, out: &mut Vec<u8>) -> bool {
        let behind = match &self.to {
            Target::Nothing => return false,
            Target::Data => return true,
            Target::Text => {
                let at = out.len();
                out.extend([0; 8]);
                source.text(to, out);
                let len = (out.len() - at - 8) as u64;
                out[at..at + 8].copy_from_slice(&len.to_le_bytes());
                return true;
            }
            Target::Counted(counted) => {
                counted.write(to, source, out);
                return true;
            }
            Target::Struct(spec) => Some(*spec),
            Target::Keyed { .. } => self.behind(&out[start..]),
        };
        if let Some(spec) = behind {
            spec.write_to(to, source, depth, out);
        }
        behind.is_some()
    }

    /// The struct that the pointer in `one` leads to.
    fn behind(&self, one: &[u8]) -> Option<&'static ImageSpec> {
        match &self.to {
            Target::Struct(spec) => Some(spec),
            Target::Keyed { at, size, keys } => {
                let key = word(one, *at) & (u64::MAX >> (64 - 8 * size.clamp(&1, &8)));
                let is = |known: i64| known as u64 & (u64::MAX >> (64 - 8 * size.clamp(&1, &8))) == key;
                keys.iter().find(|(known, _)| is(*known)).map(|(_, spec)| *spec)
            }
            _ => None,
        }
    }
}

/// A number in a struct: as many of 8 bytes as there are.
fn word(one: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    let bytes = one.get(at..).unwrap_or_default();
    let len = bytes.len().min(8);
    word[..len].copy_from_slice(&bytes[..len]);
    u64::from_le_bytes(word)
}

/// An image in the memory of the process that reads it: the struct, whose pointers lead to what is here too.
#[derive(Debug)]
pub struct Image {
    /// The struct. It stays where it is.
    memory: Box<[u64]>,
    /// What each of its pointers leads to.
    behind: Vec<Option<Image>>,
}

impl Image {
    /// A struct of zeroes.
    #[must_use]
    pub fn empty(spec: &ImageSpec) -> Self {
        Self { memory: vec![0; spec.size.div_ceil(8)].into(), behind: spec.pointers.iter().map(|_| None).collect() }
    }

    /// Where the struct is.
    #[must_use]
    pub fn address(&self) -> usize {
        self.memory.as_ptr() as usize
    }

    /// Sets the word at an offset of the struct, a multiple of 8.
    pub fn set(&mut self, at: usize, word: u64) {
        self.memory[at / 8] = word;
    }

    /// Changes the struct to what an image says; `data` is where it finds the memory that both processes have. What stays
    /// the same stays where it is, and no pointer ever leads nowhere, for the program may be reading.
    ///
    /// `None` if this is no image of such a struct, which may then be changed in part.
    pub fn update(&mut self, spec: &ImageSpec, image: &[u8], data: u64) -> Option<()> {
        let mut rest = image;
        self.update_from(spec, &mut rest, data)?;
        rest.is_empty().then_some(())
    }

    fn update_from(&mut self, spec: &ImageSpec, rest: &mut &[u8], data: u64) -> Option<()> {
        let one = take(rest, spec.size)?;
        let mut words = words(one);
        let mut before = std::mem::take(&mut self.behind);
        for (i, pointer) in spec.pointers.iter().enumerate() {
            let (mut behind, mut address) = (None, 0);
            match (word(one, pointer.at), &pointer.to) {
                (0, _) => {}
                (1, Target::Data) => address = data,
                (1, _) => {
                    let image = Self::behind(pointer, one, before.get_mut(i).and_then(Option::take), rest)?;
                    address = image.address() as u64;
                    behind = Some(image);
                }
                _ => return None,
            }
            words[pointer.at / 8] = address;
            self.behind.push(behind);
        }
        self.memory.copy_from_slice(&words);
        Some(())
    }

    fn behind(pointer: &PointerSpec, one: &[u8], before: Option<Self>, rest: &mut &[u8]) -> Option<Self> {
        let bytes = match &pointer.to {
            Target::Nothing | Target::Data => return None,
            Target::Text => {
                let len = take(rest, 8).map(|len| word(len, 0))?;
                let text = take(rest, usize::try_from(len).ok()?)?;
                &[text, &[0]].concat()
            }
            Target::Counted(counted) => {
                let len = counted.bytes(counted.count(rest));
                take(rest, len)?
            }
            Target::Struct(_) | Target::Keyed { .. } => {
                let spec = pointer.behind(one)?;
                let mut image = before.unwrap_or_else(|| Self::empty(spec));
                image.update_from(spec, rest, 0)?;
                return Some(image);
            }
        };
        let words = words(bytes);
        Some(match before {
            Some(mut before) if before.memory.len() == words.len() => {
                before.memory.copy_from_slice(&words);
                before
            }
            _ => Self { memory: words.into(), behind: Vec::new() },
        })
    }
}

/// The next bytes of an image.
fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (bytes, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    Some(bytes)
}

/// Bytes as words, filled up with zeroes.
fn words(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks(8).map(|chunk| word(chunk, 0)).collect()
}

impl MirrorSpec {
    /// Whether the image has data, and how many bytes.
    #[must_use]
    pub fn data(&self, image: &[u8]) -> (bool, u64) {
        (word(image, self.data) != 0, word(image, self.len))
    }
}

#[cfg(test)]
mod tests;
