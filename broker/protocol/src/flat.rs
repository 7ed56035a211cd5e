//! Structs that lead to more memory, flattened: the structs themselves, with 0 or 1 in the place of each pointer, and
//! behind them, one after the other and each with what it leads to in turn, the runs of memory that their pointers that
//! are not null lead to.
//!
//! Both ways the bytes are as many: what comes out of a call has the shape of what went in.

use crate::spec::{Behind, Content, MemorySpec, StructSpec};

/// How deep structs may lead.
pub const DEEPEST: usize = 8;
/// The most that structs may lead to, in bytes.
pub const LARGEST: usize = 64 << 20;
/// What stands for a run that is longer than anything, where it is to be written: a length that was never known, or a mark
/// that an earlier call left in its place, as programs use their structs again.
const UNKNOWN: usize = 64 << 10;

/// Which way structs go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    In,
    /// In and out.
    Both,
}

/// What keeps structs from being flattened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The call fails with this status: a key is refused.
    Refused(i64),
    /// They lead to too much, or in a circle.
    Large,
}

impl MemorySpec {
    /// The pointer in a struct.
    #[must_use]
    pub fn pointer(&self, one: &[u8]) -> u64 {
        number(one, self.at, 8)
    }

    /// How many bytes a struct says that its pointer leads to.
    #[must_use]
    pub fn len(&self, one: &[u8]) -> Option<u64> {
        number(one, self.len_at, self.len_size).checked_mul(self.element as u64)
    }

    /// The same, if it can be that many.
    fn known(&self, one: &[u8]) -> Option<usize> {
        self.len(one).and_then(|len| usize::try_from(len).ok()).filter(|len| *len <= LARGEST)
    }

    /// How many bytes stand for a length that is not known.
    fn unknown(&self) -> usize {
        UNKNOWN - UNKNOWN % self.element
    }

    fn set_unknown(&self, one: &mut [u8]) {
        let count = (self.unknown() / self.element) as u64;
        one[self.len_at..self.len_at + self.len_size].copy_from_slice(&count.to_le_bytes()[..self.len_size]);
    }

    /// The structs that the pointer leads to, if these are no plain bytes.
    ///
    /// # Errors
    /// The status that a refused key is answered with.
    pub fn behind(&self, one: &[u8]) -> Result<Option<&'static StructSpec>, i64> {
        match &self.content {
            Content::Bytes => Ok(None),
            Content::Structs(spec) => Ok(Some(spec)),
            Content::Keyed { at, size, keys } => {
                let key = number(one, *at, *size);
                match keys.iter().find(|(known, _)| *known as u64 == key).map(|(_, behind)| behind) {
                    Some(Behind::Structs(spec)) => Ok(Some(spec)),
                    Some(Behind::Refused(status)) => Err(*status),
                    None => Ok(None),
                }
            }
        }
    }
}

/// A number of `size` bytes in a struct.
fn number(one: &[u8], at: usize, size: usize) -> u64 {
    let mut wide = [0; 8];
    if let Some(bytes) = one.get(at..at + size.min(8)) {
        wide[..bytes.len()].copy_from_slice(bytes);
    }
    u64::from_le_bytes(wide)
}

/// Flattens `len` bytes of memory at `address`, which hold structs. `read` appends memory of the process to a vector.
///
/// # Errors
/// A key is refused, or it is too much.
pub fn flatten(
    spec: &StructSpec,
    way: Way,
    address: u64,
    len: usize,
    read: &mut dyn FnMut(u64, usize, &mut Vec<u8>),
) -> Result<Vec<u8>, Unfit> {
    let mut flat = Vec::new();
    flatten_into(&mut flat, Some(spec), way, (address, len), DEEPEST, read)?;
    Ok(flat)
}

fn flatten_into(
    flat: &mut Vec<u8>,
    spec: Option<&StructSpec>,
    way: Way,
    (address, len): (u64, usize),
    depth: usize,
    read: &mut dyn FnMut(u64, usize, &mut Vec<u8>),
) -> Result<(), Unfit> {
    if depth == 0 || flat.len().saturating_add(len) > LARGEST {
        return Err(Unfit::Large);
    }
    let start = flat.len();
    read(address, len, flat);
    let Some(spec) = spec else { return Ok(()) };
    for i in 0..len / spec.size {
        let at = start + i * spec.size;
        for memory in spec.memory {
            let one = &flat[at..at + spec.size];
            let pointer = memory.pointer(one);
            let word = at + memory.at;
            flat[word..word + 8].copy_from_slice(&u64::from(pointer != 0).to_le_bytes());
            if pointer == 0 {
                continue;
            }
            let one = &flat[at..at + spec.size];
            let behind = memory.behind(one).map_err(Unfit::Refused)?;
            match memory.known(one) {
                Some(len) => flatten_into(flat, behind, way, (pointer, len), depth - 1, read)?,
                None if way == Way::Both && behind.is_none() => {
                    memory.set_unknown(&mut flat[at..at + spec.size]);
                    flat.resize(flat.len() + memory.unknown(), 0);
                }
                None => return Err(Unfit::Large),
            }
        }
    }
    Ok(())
}

/// Brings what came out of a call back to `len` bytes of memory at `address`: of every run as much as its struct now says
/// that it has, if that is no more than before. Pointers stay as they are.
pub fn scatter(
    spec: &StructSpec,
    address: u64,
    len: usize,
    flat: &[u8],
    read: &mut dyn FnMut(u64, usize, &mut Vec<u8>),
    write: &mut dyn FnMut(u64, &[u8]),
) {
    let mut rest = flat;
    scatter_from(&mut rest, Some(spec), (address, len), len, DEEPEST, read, write);
}

fn scatter_from(
    rest: &mut &[u8],
    spec: Option<&StructSpec>,
    (address, len): (u64, usize),
    valid: usize,
    depth: usize,
    read: &mut dyn FnMut(u64, usize, &mut Vec<u8>),
    write: &mut dyn FnMut(u64, &[u8]),
) -> Option<()> {
    let (bytes, behind) = rest.split_at_checked(len).filter(|_| depth > 0)?;
    *rest = behind;
    let Some(spec) = spec else {
        write(address, &bytes[..valid]);
        return Some(());
    };
    let mut before = Vec::new();
    read(address, len, &mut before);
    let mut after = bytes.to_vec();
    for i in 0..len / spec.size {
        let at = i * spec.size;
        for memory in spec.memory {
            let (one, now) = (&before[at..at + spec.size], &bytes[at..at + spec.size]);
            let word = memory.at..memory.at + 8;
            after[at..][word.clone()].copy_from_slice(&one[word]);
            let pointer = memory.pointer(one);
            if pointer == 0 {
                continue;
            }
            let len = memory.known(one).unwrap_or(memory.unknown());
            let mut valid = memory.known(now).filter(|now| *now <= len).unwrap_or(0);
            if memory.known(one).is_none() && valid == len {
                // Nobody has said how much it is.
                let told = memory.len_at..memory.len_at + memory.len_size;
                after[at..][told.clone()].copy_from_slice(&one[told]);
                valid = 0;
            }
            let behind = memory.behind(one).ok()?;
            scatter_from(rest, behind, (pointer, len), valid, depth - 1, read, write)?;
        }
    }
    write(address, &after[..valid]);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    static LEAF: StructSpec = StructSpec {
        size: 24,
        handles: &[],
        memory: &[MemorySpec {
            at: 8,
            len_at: 16,
            len_size: 8,
            element: 1,
            content: Content::Keyed {
                at: 0,
                size: 8,
                keys: &[(7, Behind::Structs(&LEAF)), (9, Behind::Refused(0x71))],
            },
        }],
    };

    /// A process's memory: its byte i is at address 1 + i.
    struct Memory(std::cell::RefCell<Vec<u8>>);

    impl Memory {
        fn put(&self, bytes: &[u8]) -> u64 {
            let mut memory = self.0.borrow_mut();
            memory.extend_from_slice(bytes);
            (memory.len() - bytes.len() + 1) as u64
        }
        fn leaf(&self, key: u64, at: u64, len: u64) -> u64 {
            self.put(&[key, at, len].map(u64::to_le_bytes).concat())
        }
        fn read(&self, at: u64, len: usize) -> Vec<u8> {
            self.0.borrow()[at as usize - 1..][..len].to_vec()
        }
        fn flatten(&self, way: Way, at: u64, len: usize) -> Result<Vec<u8>, Unfit> {
            flatten(&LEAF, way, at, len, &mut |at, len, out| out.extend(self.read(at, len)))
        }
        fn scatter(&self, at: u64, len: usize, flat: &[u8]) {
            let mut read = |at, len, out: &mut Vec<u8>| out.extend(self.read(at, len));
            let mut write = |at: u64, bytes: &[u8]| {
                self.0.borrow_mut()[at as usize - 1..][..bytes.len()].copy_from_slice(bytes);
            };
            scatter(&LEAF, at, len, flat, &mut read, &mut write);
        }
    }

    #[test]
    fn structs_come_with_what_they_lead_to() {
        let memory = Memory(Vec::new().into());
        let text = memory.put(b"abcd");
        let inner = memory.leaf(1, text, 4);
        let outer = memory.leaf(7, inner, 24);
        let second = memory.leaf(2, 0, u64::MAX);
        assert_eq!(second, outer + 24);
        let flat = memory.flatten(Way::In, outer, 48).unwrap();
        let words = [[7_u64, 1, 24], [2, 0, u64::MAX], [1, 1, 4]].concat();
        let words: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
        assert_eq!(flat, [&words[..], b"abcd"].concat());
    }

    #[test]
    fn what_came_out_goes_where_the_pointers_lead() {
        let memory = Memory(Vec::new().into());
        let text = memory.put(b"abcd");
        let two = [[1, text, 4], [3, text + 2, 2]].concat().into_iter().flat_map(u64::to_le_bytes).collect::<Vec<_>>();
        let at = memory.put(&two);
        let mut flat = memory.flatten(Way::Both, at, 48).unwrap();
        // The vendor has written two bytes of the first, and nothing of the second.
        flat[16] = 2;
        flat[40..48].copy_from_slice(&u64::MAX.to_le_bytes());
        flat[48..].copy_from_slice(b"wxyz??");
        memory.scatter(at, 48, &flat);
        assert_eq!(memory.read(text, 4), b"wxcd");
        let fields: Vec<u64> =
            memory.read(at, 48).chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
        assert_eq!(fields, [1, text, 2, 3, text + 2, u64::MAX]);
    }

    #[test]
    fn what_is_too_much_or_refused_does_not_cross() {
        let memory = Memory(Vec::new().into());
        let refused = memory.leaf(9, 1, 0);
        assert_eq!(memory.flatten(Way::Both, refused, 24), Err(Unfit::Refused(0x71)));
        let endless = memory.leaf(1, 1, u64::MAX);
        assert_eq!(memory.flatten(Way::In, endless, 24), Err(Unfit::Large));
        let round = memory.0.borrow().len() as u64 + 1;
        memory.leaf(7, round, 24);
        assert_eq!(memory.flatten(Way::In, round, 24), Err(Unfit::Large));
    }

    #[test]
    fn a_length_that_is_none_leaves_room_for_an_answer() {
        let memory = Memory(Vec::new().into());
        let text = memory.put(b"abcd");
        let at = memory.leaf(1, text, u64::MAX);
        let mut flat = memory.flatten(Way::Both, at, 24).unwrap();
        assert_eq!(flat.len(), 24 + UNKNOWN);
        memory.scatter(at, 24, &flat);
        assert_eq!((memory.read(at + 16, 8), memory.read(text, 4)), (vec![0xFF; 8], b"abcd".to_vec()));
        flat[16..24].copy_from_slice(&3_u64.to_le_bytes());
        flat[24..27].copy_from_slice(b"xyz");
        memory.scatter(at, 24, &flat);
        assert_eq!((memory.read(at + 16, 1), memory.read(text, 4)), (vec![3], b"xyzd".to_vec()));
    }

    #[test]
    fn bytes_that_end_too_early_are_no_harm() {
        let memory = Memory(Vec::new().into());
        let text = memory.put(b"abcd");
        let at = memory.leaf(1, text, 4);
        let flat = memory.flatten(Way::Both, at, 24).unwrap();
        for len in 0..flat.len() {
            memory.scatter(at, 24, &flat[..len]);
        }
        assert_eq!(memory.read(text, 4), b"abcd");
    }
}
