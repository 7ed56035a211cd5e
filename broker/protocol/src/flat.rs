//! Flattened structs with pointers: the structs themselves, with a [`Led`] in place of each pointer, and behind them, one
//! after the other, the memory behind each pointer that is not null, followed by the memory behind its own pointers.
//!
//! A struct may contain uninitialized fields that the vendor does not read. So a pointer that is invalid, or leads to less
//! memory than the struct says, is no error: the readable part crosses, and the vendor gets an address with as much readable
//! memory.
//!
//! The size is the same in both directions: the output of a call has the shape of its input.

use std::ops::Range;

use crate::spec::{Behind, Content, MemorySpec, StructSpec, number};

/// The greatest nesting of structs.
pub const DEEPEST: usize = 8;
/// The most memory behind a struct, in bytes: more than any vendor accepts, and less than an address taken for a length.
pub const LARGEST: usize = 4 << 30;
/// The most bytes that cross of memory that ends before its length.
pub const LONGEST_CUT: usize = 64 << 10;
/// The space in bytes for output whose length is implausible: one that was never set, or a mark that an earlier call left in its
/// place, as programs reuse their structs.
const UNKNOWN: usize = 64 << 10;

/// The direction of structs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    In,
    /// In and out.
    Both,
}

/// Stands in place of a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Led {
    /// It is null.
    Null,
    /// It leads to as many bytes as the struct says.
    Run,
    /// It leads to less: a number follows, in 8 bytes, and as many bytes.
    Cut,
    /// The struct does not say how many bytes the vendor may write; its length now says how much space there is.
    Unknown,
}

impl Led {
    /// Decodes the word in place of a pointer.
    #[must_use]
    pub fn of(word: u64) -> Option<Self> {
        [Self::Null, Self::Run, Self::Cut, Self::Unknown].into_iter().find(|led| *led as u64 == word)
    }
}

/// Memory of a process: `read` appends up to so many bytes at an address to a vector: all, or the readable ones, at most
/// [`LONGEST_CUT`]; it returns how many.
pub trait Memory {
    fn read(&mut self, address: u64, len: u64, out: &mut Vec<u8>) -> u64;
}

/// Why structs cannot be flattened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The call fails with this status: a key is refused.
    Refused(i64),
    /// They point to too much memory, or form a cycle.
    Large,
    /// The structs themselves cannot be read.
    Unreadable,
}

impl MemorySpec {
    /// The pointer in a struct.
    #[must_use]
    pub fn pointer(&self, one: &[u8]) -> u64 {
        number(one, self.at, 8)
    }

    /// How many bytes the struct says are behind its pointer.
    #[must_use]
    pub fn len(&self, one: &[u8]) -> Option<u64> {
        number(one, self.len_at, self.len_size).checked_mul(self.element as u64)
    }

    /// The same, if so many are possible.
    fn known(&self, one: &[u8]) -> Option<usize> {
        self.len(one).and_then(|len| usize::try_from(len).ok()).filter(|len| *len <= LARGEST)
    }

    /// The space for output whose length is implausible.
    fn unknown(&self) -> usize {
        UNKNOWN - UNKNOWN % self.element
    }

    fn set_unknown(&self, one: &mut [u8]) {
        let count = (self.unknown() / self.element) as u64;
        one[self.len_at..self.len_at + self.len_size].copy_from_slice(&count.to_le_bytes()[..self.len_size]);
    }

    /// The structs behind the pointer, if it does not lead to plain bytes.
    ///
    /// # Errors
    /// The status of a refused key.
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

/// Flattens `len` bytes of memory at `address`, which hold structs.
///
/// # Errors
/// A key is refused, there is too much memory, or the structs cannot be read.
pub fn flatten(
    spec: &StructSpec,
    way: Way,
    address: u64,
    len: usize,
    memory: &mut dyn Memory,
) -> Result<Vec<u8>, Unfit> {
    if len > 0 {
        says(spec, address, memory)?;
    }
    let mut flat = Vec::new();
    if memory.read(address, len as u64, &mut flat) < len as u64 {
        return Err(Unfit::Unreadable);
    }
    lead(&mut flat, spec, way, 0, DEEPEST, memory)?;
    Ok(flat)
}

/// Refuses a struct that says that it is another. The rest of it is not looked at, since another may be shorter.
///
/// # Errors
/// It is refused, or cannot be read.
pub fn says(spec: &StructSpec, address: u64, memory: &mut dyn Memory) -> Result<(), Unfit> {
    let Some(says) = &spec.says else { return Ok(()) };
    let mut said = Vec::new();
    let at = address.checked_add(says.at as u64).ok_or(Unfit::Unreadable)?;
    match memory.read(at, says.size as u64, &mut said) {
        read if read < says.size as u64 => Err(Unfit::Unreadable),
        _ if number(&said, 0, says.size) != says.value => Err(Unfit::Refused(says.otherwise)),
        _ => Ok(()),
    }
}

/// Flattens the memory behind the structs from `start` to the end.
fn lead(
    flat: &mut Vec<u8>,
    spec: &StructSpec,
    way: Way,
    start: usize,
    depth: usize,
    memory: &mut dyn Memory,
) -> Result<(), Unfit> {
    if depth == 0 {
        return Err(Unfit::Large);
    }
    for at in (start..flat.len()).step_by(spec.size).take((flat.len() - start) / spec.size) {
        if let Some(status) = spec.refusal(&flat[at..at + spec.size]) {
            return Err(Unfit::Refused(status));
        }
        for field in spec.memory {
            let one = &flat[at..at + spec.size];
            let pointer = field.pointer(one);
            let led =
                if pointer == 0 { Led::Null } else { field.follow(flat, at..at + spec.size, way, depth, memory)? };
            let word = at + field.at;
            flat[word..word + 8].copy_from_slice(&(led as u64).to_le_bytes());
        }
    }
    Ok(())
}

impl MemorySpec {
    /// Appends the memory behind a pointer of the struct at `one`.
    fn follow(
        &self,
        flat: &mut Vec<u8>,
        one: Range<usize>,
        way: Way,
        depth: usize,
        memory: &mut dyn Memory,
    ) -> Result<Led, Unfit> {
        let (pointer, len) = (self.pointer(&flat[one.clone()]), self.len(&flat[one.clone()]).unwrap_or(u64::MAX));
        let behind = self.behind(&flat[one.clone()]).map_err(Unfit::Refused)?;
        let start = flat.len();
        let known = self.known(&flat[one.clone()]).is_some();
        let got = memory.read(pointer, len, flat);
        match behind {
            _ if flat.len() > LARGEST => Err(Unfit::Large),
            Some(spec) if got == len => {
                lead(flat, spec, way, start, depth - 1, memory)?;
                Ok(Led::Run)
            }
            None if got == len && known => Ok(Led::Run),
            None if got > 0 && way == Way::Both => {
                self.set_unknown(&mut flat[one]);
                flat.truncate(start);
                flat.resize(start + self.unknown(), 0);
                Ok(Led::Unknown)
            }
            _ => {
                // Incomplete structs are left out: their pointers would have to be followed.
                let cut = if behind.is_none() { flat.split_off(start) } else { Vec::new() };
                flat.truncate(start);
                flat.extend((cut.len() as u64).to_le_bytes());
                flat.extend(cut);
                Ok(Led::Cut)
            }
        }
    }
}

/// Copies the output of a call back to `len` bytes of memory at `address`: of each array as much as its struct says now, if
/// that is no more than before. Pointers stay unchanged.
pub fn scatter(
    spec: &StructSpec,
    address: u64,
    len: usize,
    flat: &[u8],
    memory: &mut dyn Memory,
    write: &mut dyn FnMut(u64, &[u8]),
) {
    let mut rest = flat;
    scatter_from(&mut rest, Some(spec), (address, len), len, DEEPEST, memory, write);
}

fn scatter_from(
    rest: &mut &[u8],
    spec: Option<&StructSpec>,
    (address, len): (u64, usize),
    valid: usize,
    depth: usize,
    memory: &mut dyn Memory,
    write: &mut dyn FnMut(u64, &[u8]),
) -> Option<()> {
    let (bytes, behind) = rest.split_at_checked(len).filter(|_| depth > 0)?;
    *rest = behind;
    let Some(spec) = spec else {
        write(address, &bytes[..valid]);
        return Some(());
    };
    let mut before = Vec::new();
    if memory.read(address, len as u64, &mut before) < len as u64 {
        return None;
    }
    let mut after = bytes.to_vec();
    for i in 0..len / spec.size {
        let at = i * spec.size;
        for field in spec.memory {
            let (one, now) = (&before[at..at + spec.size], &bytes[at..at + spec.size]);
            let word = field.at..field.at + 8;
            after[at..][word.clone()].copy_from_slice(&one[word]);
            let pointer = field.pointer(one);
            let (len, valid) = match Led::of(field.pointer(now))? {
                Led::Null => continue,
                Led::Cut => {
                    let (count, bytes) = rest.split_first_chunk()?;
                    *rest = bytes.get(usize::try_from(u64::from_le_bytes(*count)).ok()?..)?;
                    continue;
                }
                Led::Run => {
                    let len = field.known(one)?;
                    (len, field.known(now).filter(|now| *now <= len).unwrap_or(0))
                }
                Led::Unknown => {
                    let len = field.unknown();
                    let told = field.known(now).filter(|now| *now < len);
                    if told.is_none() {
                        // Its length was not set.
                        let told = field.len_at..field.len_at + field.len_size;
                        after[at..][told.clone()].copy_from_slice(&one[told]);
                    }
                    (len, told.unwrap_or(0))
                }
            };
            let behind = field.behind(one).ok()?;
            scatter_from(rest, behind, (pointer, len), valid, depth - 1, memory, write)?;
        }
    }
    write(address, &after[..valid]);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Says;

    static LEAF: StructSpec = StructSpec {
        size: 24,
        handles: &[],
        unions: &[],
        says: None,
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
    struct Process(std::cell::RefCell<Vec<u8>>);

    impl Memory for &Process {
        fn read(&mut self, at: u64, len: u64, out: &mut Vec<u8>) -> u64 {
            let memory = self.0.borrow();
            let there = memory.get(at as usize - 1..).unwrap_or_default();
            let got = if len <= there.len() as u64 { len as usize } else { there.len().min(LONGEST_CUT) };
            out.extend_from_slice(&there[..got]);
            got as u64
        }
    }

    impl Process {
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
            flatten(&LEAF, way, at, len, &mut &*self)
        }
        fn scatter(&self, at: u64, len: usize, flat: &[u8]) {
            let mut write = |at: u64, bytes: &[u8]| {
                self.0.borrow_mut()[at as usize - 1..][..bytes.len()].copy_from_slice(bytes);
            };
            scatter(&LEAF, at, len, flat, &mut &*self, &mut write);
        }
    }

    #[test]
    fn structs_come_with_what_they_lead_to() {
        let memory = Process(Vec::new().into());
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
        let memory = Process(Vec::new().into());
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
        let memory = Process(Vec::new().into());
        let refused = memory.leaf(9, 1, 0);
        assert_eq!(memory.flatten(Way::Both, refused, 24), Err(Unfit::Refused(0x71)));
        let nothing = memory.leaf(9, 0, 8);
        assert!(memory.flatten(Way::Both, nothing, 24).is_ok());
        let round = memory.0.borrow().len() as u64 + 1;
        memory.leaf(7, round, 24);
        assert_eq!(memory.flatten(Way::In, round, 24), Err(Unfit::Large));
    }

    static SAID: StructSpec = StructSpec {
        size: 16,
        handles: &[],
        unions: &[],
        memory: &[],
        says: Some(Says { at: 4, size: 4, value: 7, otherwise: 0x25 }),
    };

    #[test]
    fn what_says_that_it_is_another_is_refused_and_not_read() {
        let flatten = |words: &[u32], count: usize| {
            let memory = Process(Vec::new().into());
            let at = memory.put(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>());
            flatten(&SAID, Way::Both, at, count * SAID.size, &mut &memory).map(|flat| flat.len())
        };
        // All that there is of it.
        assert_eq!(flatten(&[1, 8], 1), Err(Unfit::Refused(0x25)));
        assert_eq!((flatten(&[1, 7], 1), flatten(&[1], 1)), (Err(Unfit::Unreadable), Err(Unfit::Unreadable)));
        assert_eq!(flatten(&[1, 7, 1, 1], 1), Ok(16));
        assert_eq!(flatten(&[1, 7, 1, 1, 1, 7, 1, 1], 2), Ok(32));
        assert_eq!(flatten(&[1, 7, 1, 1, 1, 8, 1, 1], 2), Err(Unfit::Refused(0x25)));
        assert_eq!(flatten(&[], 0), Ok(0));
    }

    #[test]
    fn what_cannot_be_read_is_cut_where_it_ends() {
        let memory = Process(Vec::new().into());
        let (nowhere, text) = (1 << 40, memory.put(b"abcd"));
        let unset = memory.leaf(1, nowhere, 16);
        let flat = [&[1_u64, 2, 16, 0].map(u64::to_le_bytes).concat()[..]].concat();
        for way in [Way::In, Way::Both] {
            assert_eq!(memory.flatten(way, unset, 24).unwrap(), flat);
            assert_eq!(memory.flatten(way, nowhere, 24), Err(Unfit::Unreadable));
        }
        memory.scatter(unset, 24, &flat);
        assert_eq!(memory.read(unset + 8, 8), nowhere.to_le_bytes());
        // More than there is: as much as there is, but of structs nothing.
        let endless = memory.leaf(1, text, u64::MAX);
        let there = memory.0.borrow().len() as u64;
        let flat = memory.flatten(Way::In, endless, 24).unwrap();
        assert_eq!(flat[..32], [1_u64, 2, u64::MAX, there].map(u64::to_le_bytes).concat());
        assert_eq!((flat.len() as u64, &flat[32..36]), (32 + there, &b"abcd"[..]));
        let endless = memory.leaf(7, text, u64::MAX);
        assert_eq!(
            memory.flatten(Way::In, endless, 24).unwrap(),
            [7_u64, 2, u64::MAX, 0].map(u64::to_le_bytes).concat()
        );
    }

    #[test]
    fn a_length_that_is_none_leaves_room_for_an_answer() {
        let memory = Process(Vec::new().into());
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
        let memory = Process(Vec::new().into());
        let text = memory.put(b"abcd");
        let at = memory.leaf(1, text, 4);
        let flat = memory.flatten(Way::Both, at, 24).unwrap();
        for len in 0..flat.len() {
            memory.scatter(at, 24, &flat[..len]);
        }
        assert_eq!(memory.read(text, 4), b"abcd");
    }
}
