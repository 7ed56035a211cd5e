//! Descriptions that the table compiler generates: how structs, property lists and values by key are translated between the
//! ids on the wire and the pointers on either side.
//!
//! All translations keep the size: an id, a handle and a vendor pointer are 8 bytes each.

/// A handle type.
#[derive(Debug)]
pub struct KindSpec {
    pub name: &'static str,
    /// Status of a call with anything else than a live handle of this type.
    pub invalid: i64,
    /// One-way calls name such objects: calls of one thread of the program on an object are served before later calls of
    /// other threads on it.
    pub ordered: bool,
    /// Such objects are events, which tell how far a command has got.
    pub event: bool,
    /// Such objects are queues: calls that name one may give it commands, and some call tells that these have completed.
    pub queue: bool,
    /// Such objects answer alike if they are made alike.
    pub alike: bool,
    /// The values from 1 up to this one are no objects, and cross as they are; 0 if all others are.
    pub plain: u64,
    /// Other types whose objects are accepted where one of this type is asked for.
    pub also: &'static [u16],
    /// An object of this type ends with the one of these types that it was made from, or found through.
    pub within: &'static [u16],
}

/// Marks ids that stand for values which are no objects. No object has such an id: an end's own are below.
const PLAIN: u64 = 1 << 61;

impl KindSpec {
    /// One of this name in which nothing else is said, for tests to fill; `invalid` is -1.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        let (ordered, event, queue, alike) = (false, false, false, false);
        Self { name, invalid: -1, ordered, event, queue, alike, plain: 0, also: &[], within: &[] }
    }

    /// The id that stands for a value of this type which is no object.
    #[must_use]
    pub fn plain_id(&self, value: usize) -> Option<u64> {
        (1..=self.plain).contains(&(value as u64)).then_some(PLAIN | value as u64)
    }

    /// The value of this type that an id stands for which is no object's.
    #[must_use]
    pub fn plain_value(&self, id: u64) -> Option<usize> {
        plain_value(id, self.plain)
    }
}

/// The value that an id stands for which is no object's, of any type that has none above `greatest`.
#[must_use]
pub fn plain_value(id: u64, greatest: u64) -> Option<usize> {
    let value = id ^ PLAIN;
    (1..=greatest).contains(&value).then_some(value as usize)
}

/// The greatest value of any of these types that is no object.
#[must_use]
pub fn greatest_plain(kinds: &[KindSpec]) -> u64 {
    kinds.iter().map(|spec| spec.plain).max().unwrap_or(0)
}

/// A C struct: its size in bytes, the offset and kind of each handle in it, its unions, and its pointers to memory.
#[derive(Debug)]
pub struct StructSpec {
    pub size: usize,
    pub handles: &'static [(usize, u16)],
    pub unions: &'static [UnionSpec],
    pub memory: &'static [MemorySpec],
    /// Only what says that it is this struct goes in as one: another may be shorter.
    pub says: Option<Says>,
}

/// A union in a struct, by offsets and sizes in bytes. Its part is the one of a key, the number at `tag_at`: a handle of a kind
/// at its beginning, or plain bytes.
#[derive(Debug)]
pub struct UnionSpec {
    pub at: usize,
    pub size: usize,
    pub tag_at: usize,
    pub tag_size: usize,
    pub parts: &'static [(i64, Option<u16>)],
}

/// A number in a struct that says which struct it is.
#[derive(Debug)]
pub struct Says {
    /// Its offset and size in bytes.
    pub at: usize,
    pub size: usize,
    pub value: u64,
    /// The status of a call with any other number there.
    pub otherwise: i64,
}

impl StructSpec {
    /// The status of a call with this struct, if it says that it is another.
    #[must_use]
    pub fn refusal(&self, one: &[u8]) -> Option<i64> {
        self.says.as_ref().filter(|says| number(one, says.at, says.size) != says.value).map(|says| says.otherwise)
    }

    /// Calls `translate` with each handle of this struct, and its kind. A union of which no part has the key that is there
    /// becomes null: nothing is known of what it holds.
    ///
    /// # Errors
    /// The first of `translate`.
    pub fn each_handle<E>(
        &self,
        one: &mut [u8],
        mut translate: impl FnMut(&mut [u8], u16) -> Result<(), E>,
    ) -> Result<(), E> {
        for union in self.unions {
            let key = number(one, union.tag_at, union.tag_size) as i64;
            let Some(place) = one.get_mut(union.at..union.at + union.size) else { continue };
            match union.parts.iter().find(|(part, _)| *part == key) {
                Some((_, Some(kind))) => translate(&mut place[..8], *kind)?,
                Some((_, None)) => (),
                None => place.fill(0),
            }
        }
        for (at, kind) in self.handles {
            if let Some(place) = one.get_mut(*at..*at + 8) {
                translate(place, *kind)?;
            }
        }
        Ok(())
    }
}

/// A number of `size` bytes in a struct; 0 where it ends before.
#[must_use]
pub fn number(one: &[u8], at: usize, size: usize) -> u64 {
    let mut wide = [0; 8];
    if let Some(bytes) = one.get(at..at + size.min(8)) {
        wide[..bytes.len()].copy_from_slice(bytes);
    }
    u64::from_le_bytes(wide)
}

/// A pointer of a struct to memory.
#[derive(Debug)]
pub struct MemorySpec {
    /// Offset of the pointer.
    pub at: usize,
    /// Offset and size of the field with the number of elements.
    pub len_at: usize,
    pub len_size: usize,
    /// Bytes of one element.
    pub element: usize,
    pub content: Content,
}

/// The contents of such memory.
#[derive(Debug)]
pub enum Content {
    Bytes,
    Structs(&'static StructSpec),
    /// By the key at an offset, of a size; keys that are not listed have plain bytes.
    Keyed {
        at: usize,
        size: usize,
        keys: &'static [(i64, Behind)],
    },
}

/// The memory of a key.
#[derive(Debug)]
pub enum Behind {
    /// As many structs as fit.
    Structs(&'static StructSpec),
    /// A call that uses the key fails with this status.
    Refused(i64),
}

/// Values whose meaning depends on a key.
#[derive(Debug)]
pub struct TaggedSpec {
    /// The status for a key that is not listed: its value might contain addresses.
    pub otherwise: i64,
    pub answers: &'static [(i64, Answer)],
}

impl TaggedSpec {
    pub fn answer(&self, key: i64) -> Option<&'static Answer> {
        self.answers.iter().find(|(k, _)| *k == key).map(|(_, answer)| answer)
    }

    /// Whether the answer can be cached: it is plain memory and no reference count, which changes.
    pub fn stays(&self, key: i64) -> bool {
        !matches!(self.answer(key), Some(Answer::References | Answer::Texts))
    }

    /// The status of a key that is refused, if it is.
    pub fn refusal(&self, key: i64) -> Option<i64> {
        match self.answer(key) {
            None => Some(self.otherwise),
            Some(Answer::Refused(status)) => Some(*status),
            Some(_) => None,
        }
    }
}

impl Answer {
    /// Whether an answer about an object is also that about any other which was made alike: an address is the object's own, and
    /// so is another object of a type that is made alike.
    #[must_use]
    pub fn is_shared(&self, value: &[u8], is_alike: impl Fn(u16) -> bool) -> bool {
        let is_null = || value.iter().all(|byte| *byte == 0);
        match self {
            Self::Plain | Self::Hidden { .. } | Self::VersionNumber | Self::HostFlags => true,
            Self::Handles(kind) => !is_alike(*kind) || is_null(),
            Self::HostPtr => is_null(),
            Self::List(list) => !list.values.iter().any(|(_, value)| matches!(value, ListValue::Handle(_))),
            Self::Refused(_)
            | Self::Texts
            | Self::VersionText
            | Self::Paths
            | Self::VersionNumbers { .. }
            | Self::Names
            | Self::NameVersions { .. }
            | Self::DeviceMemory
            | Self::References => false,
        }
    }
}

#[derive(Debug)]
pub enum Answer {
    /// Bytes, as they are.
    Plain,
    /// A query with this key fails with this status.
    Refused(i64),
    /// Addresses of permanent texts. They cross as the texts, each with its NUL.
    Texts,
    /// A text with the API's version behind its first words: `OpenCL C 3.0 more`. A version newer than the table's is
    /// replaced.
    VersionText,
    /// A text with paths of files that the worker laid out for the program, which are told as the program has them.
    Paths,
    /// The version as Khronos packs it: 10 bits, 10 bits, 12 bits. Limited likewise.
    VersionNumber,
    /// Structs of `size` bytes that begin with such a version. Those with a newer one are removed.
    VersionNumbers { size: usize },
    /// As many handles of this kind as fit the answer.
    Handles(u16),
    /// A bit field of `size` bytes in which `bits` are cleared.
    Hidden { size: usize, bits: u64 },
    /// A space-separated list of extension names; hidden ones are removed.
    Names,
    /// Structs of `size` bytes with a NUL-terminated extension name at offset `name`, filtered likewise.
    NameVersions { size: usize, name: usize },
    /// A property list.
    List(&'static ListSpec),
    /// The program's address of the memory that the object was made with.
    HostPtr,
    /// Flags in 8 bytes, as the program passed them: the worker may have made the object with other memory.
    HostFlags,
    /// Memory of a device in 8 bytes: no more than the tenant may have.
    DeviceMemory,
    /// A reference count in 4 bytes, to which the shim adds the references that it counts itself.
    References,
}

/// Keys and values in elements of `size` bytes, ended by the key `end`.
#[derive(Debug)]
pub struct ListSpec {
    pub size: usize,
    pub end: i64,
    /// The status of a call with a key that is not listed: its value may be an address, or a descriptor.
    pub otherwise: i64,
    pub values: &'static [(i64, ListValue)],
}

#[derive(Debug)]
pub enum ListValue {
    Plain,
    Handle(u16),
    /// The value is several elements with a terminator of their own.
    Run {
        end: i64,
    },
    /// A call that uses the key fails with this status.
    Refused(i64),
}

/// Longest property list that is read, in elements.
pub const LONGEST_LIST: usize = 4096;

/// One step through a property list: a key with its value, or the end.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// The element at this index is a handle of this kind.
    Handle(usize, u16),
    Refused(i64),
}

impl ListSpec {
    /// Walks a list whose element i is `element(i)`: calls `see` for every handle and every refused key, and returns
    /// the number of elements with the end included. `None` if it does not end within [`LONGEST_LIST`] or where
    /// `element` ends.
    pub fn walk(&self, mut element: impl FnMut(usize) -> Option<i64>, mut see: impl FnMut(Step)) -> Option<usize> {
        let mut at = 0;
        while at < LONGEST_LIST {
            let key = element(at)?;
            at += 1;
            if key == self.end {
                return Some(at);
            }
            match self.values.iter().find(|(k, _)| *k == key).map(|(_, v)| v) {
                Some(ListValue::Run { end }) => {
                    while element(at)? != *end {
                        at += 1;
                        if at >= LONGEST_LIST {
                            return None;
                        }
                    }
                }
                Some(ListValue::Handle(kind)) => {
                    element(at)?;
                    see(Step::Handle(at, *kind));
                }
                Some(ListValue::Refused(status)) => {
                    element(at)?;
                    see(Step::Refused(*status));
                }
                Some(ListValue::Plain) => {
                    element(at)?;
                }
                None => {
                    element(at)?;
                    see(Step::Refused(self.otherwise));
                }
            }
            at += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: ListSpec = ListSpec {
        size: 8,
        end: 0,
        otherwise: -30,
        values: &[
            (1, ListValue::Handle(7)),
            (2, ListValue::Run { end: 0 }),
            (3, ListValue::Refused(-64)),
            (5, ListValue::Plain),
        ],
    };

    fn walk(elements: &[i64]) -> (Option<usize>, Vec<Step>) {
        let mut steps = Vec::new();
        let len = LIST.walk(|i| elements.get(i).copied(), |s| steps.push(s));
        (len, steps)
    }

    #[test]
    fn a_union_holds_what_its_key_says() {
        const UNIONS: &[UnionSpec] =
            &[UnionSpec { at: 8, size: 16, tag_at: 0, tag_size: 4, parts: &[(0, Some(7)), (2, None)] }];
        const SPEC: StructSpec = StructSpec { size: 32, handles: &[(24, 9)], unions: UNIONS, memory: &[], says: None };
        let translated = |key: u8| {
            let mut one = [1_u8; 32];
            one[..4].copy_from_slice(&[key, 0, 0, 0]);
            let seen: Result<(), ()> = SPEC.each_handle(&mut one, |word, kind| {
                word.fill(kind as u8);
                Ok(())
            });
            assert_eq!(seen, Ok(()));
            [8, 16, 24].map(|at| one[at])
        };
        assert_eq!([0, 2, 1].map(translated), [[7, 1, 9], [1, 1, 9], [0, 0, 9]]);
        let stopped = SPEC.each_handle(&mut [0; 32], |_, kind| Err(kind));
        assert_eq!(stopped, Err(7));
    }

    #[test]
    fn walks_to_the_end() {
        assert_eq!(walk(&[0]), (Some(1), vec![]));
        assert_eq!(walk(&[1, 99, 5, 6, 0]), (Some(5), vec![Step::Handle(1, 7)]));
        assert_eq!(walk(&[4, 1, 5, 6, 0]), (Some(5), vec![Step::Refused(-30)]));
        assert_eq!(walk(&[2, 4, 4, 4, 0, 0]), (Some(6), vec![]));
        assert_eq!(walk(&[3, 1, 0]), (Some(3), vec![Step::Refused(-64)]));
    }

    #[test]
    fn a_list_without_end_is_no_list() {
        assert_eq!(walk(&[1]).0, None);
        assert_eq!(walk(&[2, 1, 1]).0, None);
        let mut endless = |_| Some(5);
        assert_eq!(LIST.walk(&mut endless, |_| ()), None);
    }
}
