//! Structs that lead to more memory, rebuilt from their flat form, and flattened again when they come out.
//!
//! **Invariant**: every pointer in them is null or leads to memory of the length that the struct tells, all of it private,
//! or to less, behind which nothing can be touched; no address of this process goes out.

use std::ffi::c_void;

use ava_protocol::flat::{DEEPEST, Led};
use ava_protocol::frame::Malformed;
use ava_protocol::spec::{MemorySpec, StructSpec};

use super::cut::Cut;
use super::private::Private;
use crate::outcome::Stop;

/// A run of memory, with what the structs in it lead to.
#[derive(Debug)]
struct Run {
    memory: Private,
    /// The place of each pointer that is not null, and where it leads.
    led: Vec<(usize, Behind)>,
}

/// What a pointer leads to.
#[derive(Debug)]
enum Behind {
    Run(Led, Run),
    Cut(Cut),
}

/// Structs with all that they lead to.
#[derive(Debug)]
pub struct Structs {
    spec: &'static StructSpec,
    run: Run,
}

impl Structs {
    /// Rebuilds `len` bytes of structs.
    ///
    /// # Errors
    /// The bytes are no flattened structs, or a key in them is refused.
    pub fn build(spec: &'static StructSpec, len: u64, flat: &[u8], what: &'static str) -> Result<Self, Stop> {
        let mut rest = flat;
        let run = Run::build(Some(spec), len, &mut rest, DEEPEST, what)?;
        match rest {
            [] => Ok(Self { spec, run }),
            _ => Err(Malformed::Body(what).into()),
        }
    }

    pub fn as_ptr(&self) -> *const c_void {
        self.run.memory.as_ptr()
    }

    pub fn as_mut_ptr(&mut self) -> *mut c_void {
        self.run.memory.as_mut_ptr()
    }

    /// The structs themselves.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.run.memory.bytes_mut()
    }

    /// The bytes that the structs lead to, as many as they now say.
    pub fn led_bytes(&self) -> u64 {
        let all = self.run.memory.bytes().chunks_exact(self.spec.size).enumerate();
        let each =
            all.flat_map(|(i, one)| self.spec.memory.iter().map(move |memory| (i * self.spec.size, one, memory)));
        let bytes = |(start, one, memory): (usize, &[u8], &MemorySpec)| {
            let (_, led) = self.run.led.iter().find(|(at, _)| *at == start + memory.at)?;
            let room = match led {
                Behind::Run(_, run) => run.memory.bytes().len(),
                Behind::Cut(cut) => cut.bytes().len(),
            };
            Some(memory.len(one)?.min(room as u64))
        };
        each.filter_map(bytes).sum()
    }

    /// What the vendor has left of them, flattened.
    pub fn flatten(&self) -> Vec<u8> {
        let mut flat = Vec::new();
        self.run.flatten(&mut flat);
        flat
    }
}

impl Run {
    fn build(
        spec: Option<&StructSpec>,
        len: u64,
        rest: &mut &[u8],
        depth: usize,
        what: &'static str,
    ) -> Result<Self, Stop> {
        let short = Malformed::Size { what, got: rest.len() as u64, wanted: len };
        let split = usize::try_from(len).ok().and_then(|len| rest.split_at_checked(len)).filter(|_| depth > 0);
        let (bytes, behind) = split.ok_or(short)?;
        *rest = behind;
        let mut run = Self { memory: Private::copy(bytes), led: Vec::new() };
        let Some(spec) = spec else { return Ok(run) };
        for (i, one) in bytes.chunks_exact(spec.size).enumerate() {
            if let Some(status) = spec.refusal(one) {
                return Err(Stop::Refused(status));
            }
            for memory in spec.memory {
                let at = i * spec.size + memory.at;
                let led = Led::of(memory.pointer(one)).ok_or(Malformed::Body(what))?;
                let address = match led {
                    Led::Null => 0,
                    Led::Run | Led::Unknown => {
                        let len = memory.len(one).ok_or(Malformed::Overflow(what))?;
                        let behind = memory.behind(one).map_err(Stop::Refused)?;
                        let run_behind = Self::build(behind, len, rest, depth - 1, what)?;
                        let address = run_behind.memory.as_ptr() as u64;
                        run.led.push((at, Behind::Run(led, run_behind)));
                        address
                    }
                    Led::Cut => {
                        memory.behind(one).map_err(Stop::Refused)?;
                        let cut = Self::cut(rest, what)?;
                        let address = cut.as_ptr() as u64;
                        run.led.push((at, Behind::Cut(cut)));
                        address
                    }
                };
                run.memory.bytes_mut()[at..at + 8].copy_from_slice(&address.to_le_bytes());
            }
        }
        Ok(run)
    }

    fn cut(rest: &mut &[u8], what: &'static str) -> Result<Cut, Stop> {
        let (len, behind) = rest.split_first_chunk().ok_or(Malformed::Body(what))?;
        let len = u64::from_le_bytes(*len);
        let short = Malformed::Size { what, got: behind.len() as u64, wanted: len };
        let (bytes, behind) = usize::try_from(len).ok().and_then(|len| behind.split_at_checked(len)).ok_or(short)?;
        *rest = behind;
        Ok(Cut::new(bytes).map_err(|_| Malformed::Overflow(what))?)
    }

    fn flatten(&self, flat: &mut Vec<u8>) {
        let start = flat.len();
        flat.extend_from_slice(self.memory.bytes());
        for (at, behind) in &self.led {
            let led = match behind {
                Behind::Run(led, run) => {
                    run.flatten(flat);
                    *led
                }
                Behind::Cut(cut) => {
                    flat.extend_from_slice(&(cut.bytes().len() as u64).to_le_bytes());
                    flat.extend_from_slice(cut.bytes());
                    Led::Cut
                }
            };
            flat[start + at..start + at + 8].copy_from_slice(&(led as u64).to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::spec::{Behind as Keyed, Content, Says};

    use super::*;

    static ATTRIBUTE: StructSpec = StructSpec {
        size: 24,
        handles: &[],
        unions: &[],
        says: None,
        memory: &[MemorySpec { at: 8, len_at: 16, len_size: 8, element: 1, content: Content::Bytes }],
    };

    fn words(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn pointers_lead_to_what_came_with_them() {
        let flat = [&words(&[1, 1, 4, 2, 0, 9])[..], b"abcd"].concat();
        let structs = Structs::build(&ATTRIBUTE, 48, &flat, "test").unwrap();
        let fields = structs.run.memory.bytes().chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap()));
        let fields: Vec<u64> = fields.collect();
        let Behind::Run(Led::Run, run) = &structs.run.led[0].1 else { panic!("{structs:?}") };
        assert_eq!((fields[4], run.memory.bytes()), (0, &b"abcd"[..]));
        assert_eq!(fields[1], run.memory.as_ptr() as u64);
        assert_eq!(structs.flatten(), flat);
    }

    #[test]
    fn what_is_cut_ends_where_nothing_can_be_touched() {
        let flat = [&words(&[1, 2, 1 << 40, 4])[..], b"abcd"].concat();
        let structs = Structs::build(&ATTRIBUTE, 24, &flat, "test").unwrap();
        let Behind::Cut(cut) = &structs.run.led[0].1 else { panic!("{structs:?}") };
        assert_eq!(cut.bytes(), b"abcd");
        assert_eq!(structs.flatten(), flat);
        for len in 24..flat.len() {
            assert!(matches!(Structs::build(&ATTRIBUTE, 24, &flat[..len], "test"), Err(Stop::Malformed(_))));
        }
        for word in [4, u64::MAX] {
            let other = words(&[1, word, 0]);
            assert!(matches!(Structs::build(&ATTRIBUTE, 24, &other, "test"), Err(Stop::Malformed(_))));
        }
    }

    static MECHANISM: StructSpec = StructSpec {
        size: 24,
        handles: &[],
        unions: &[],
        says: None,
        memory: &[MemorySpec {
            at: 8,
            len_at: 16,
            len_size: 8,
            element: 1,
            content: Content::Keyed { at: 0, size: 8, keys: &[(9, Keyed::Refused(0x71))] },
        }],
    };

    #[test]
    fn a_key_is_refused_where_something_is_behind_it() {
        for led in [Led::Run, Led::Cut, Led::Unknown] {
            let flat = words(&[9, led as u64, 8, 8, 8]);
            assert!(matches!(Structs::build(&MECHANISM, 24, &flat, "test"), Err(Stop::Refused(0x71))), "{led:?}");
        }
        assert_eq!(Structs::build(&MECHANISM, 24, &words(&[9, 0, 8]), "test").unwrap().flatten(), words(&[9, 0, 8]));
    }

    static SAID: StructSpec = StructSpec {
        size: 16,
        handles: &[],
        unions: &[],
        memory: &[],
        says: Some(Says { at: 0, size: 4, value: 7, otherwise: 0x25 }),
    };

    #[test]
    fn what_says_that_it_is_another_is_refused() {
        assert_eq!(Structs::build(&SAID, 16, &words(&[7, 1]), "test").unwrap().flatten(), words(&[7, 1]));
        for flat in [words(&[8, 1]), words(&[0, 7])] {
            assert!(matches!(Structs::build(&SAID, 16, &flat, "test"), Err(Stop::Refused(0x25))));
        }
        assert!(matches!(Structs::build(&SAID, 16, &words(&[7]), "test"), Err(Stop::Malformed(_))));
    }

    #[test]
    fn other_lengths_are_malformed() {
        let flat = [&words(&[1, 1, 4])[..], b"abcd"].concat();
        for len in 0..flat.len() {
            assert!(matches!(Structs::build(&ATTRIBUTE, 24, &flat[..len], "test"), Err(Stop::Malformed(_))));
        }
        let longer = [&flat[..], b"e"].concat();
        assert!(matches!(Structs::build(&ATTRIBUTE, 24, &longer, "test"), Err(Stop::Malformed(_))));
        let endless = words(&[1, 1, u64::MAX]);
        assert!(matches!(Structs::build(&ATTRIBUTE, 24, &endless, "test"), Err(Stop::Malformed(_))));
    }
}
