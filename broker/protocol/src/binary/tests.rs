//! Images whole, cut and mutated.

use super::*;

/// Numbers that look like none.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, most: usize) -> usize {
        self.roll() as usize % most.max(1)
    }
}

fn fatbin_of(payload: usize) -> Vec<u8> {
    let mut bytes = FATBIN.to_le_bytes().to_vec();
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(16_u16.to_le_bytes());
    bytes.extend((payload as u64).to_le_bytes());
    bytes.extend((0..payload).map(|i| i as u8));
    bytes
}

/// An ELF file of a segment and two sections, of which the second has no bytes in the file.
fn elf_of(payload: usize) -> Vec<u8> {
    let (segments, sections) = (64, 64 + 56);
    let content = sections + 2 * 64;
    let mut bytes = vec![0; content + payload];
    bytes[..5].copy_from_slice(b"\x7fELF\x02");
    put(&mut bytes, 32, segments as u64);
    put(&mut bytes, 40, sections as u64);
    for (at, value) in [(54, 56_u16), (56, 1), (58, 64), (60, 2)] {
        bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    put(&mut bytes, segments + 8, content as u64);
    put(&mut bytes, segments + 32, payload as u64 / 2);
    put(&mut bytes, sections + 24, content as u64);
    put(&mut bytes, sections + 32, payload as u64);
    bytes[sections + 64 + 4] = 8;
    put(&mut bytes, sections + 64 + 24, content as u64);
    put(&mut bytes, sections + 64 + 32, 1 << 40);
    bytes
}

/// A wrapper at 0 in memory where its fatbins follow it, with their addresses.
fn wrapper_of(version: u32, data: Option<&[u8]>, list: Option<&[&[u8]]>) -> Vec<u8> {
    let mut bytes = vec![0; 256];
    bytes[..4].copy_from_slice(&WRAPPER.to_le_bytes());
    bytes[4..8].copy_from_slice(&version.to_le_bytes());
    let append = |bytes: &mut Vec<u8>, fatbin: &[u8]| {
        let at = bytes.len() as u64;
        bytes.extend(fatbin);
        at
    };
    if let Some(data) = data {
        let at = append(&mut bytes, data);
        put(&mut bytes, DATA, at);
    }
    if let Some(list) = list {
        put(&mut bytes, LIST, 64);
        for (place, fatbin) in list.iter().enumerate() {
            let at = append(&mut bytes, fatbin);
            put(&mut bytes, 64 + 8 * place, at);
        }
    }
    bytes
}

/// What crosses of the wrapper at 0.
fn crossing(memory: &[u8]) -> Vec<u8> {
    let laid = lay(&Bytes(memory), 0, |from, len| from + len <= memory.len() as u64).expect("a wrapper");
    let mut bytes = vec![0xA5; laid.len as usize];
    bytes[..laid.head.len()].copy_from_slice(&laid.head);
    for Run { from, to, len } in laid.runs {
        bytes[to as usize..(to + len) as usize].copy_from_slice(&memory[from as usize..(from + len) as usize]);
    }
    bytes
}

const BASE: u64 = 1 << 44;
const NOTHING: u64 = 77;

/// The fatbins that the vendor finds: that of the wrapper and those of its list; `None` where it finds none.
type Found = (Option<Option<Vec<u8>>>, Option<Vec<Option<Vec<u8>>>>);

fn found(bytes: &[u8]) -> Found {
    let fatbin = |address: u64| {
        (address != NOTHING).then(|| {
            let at = (address - BASE) as usize;
            let len = super::fatbin(&Bytes(bytes), at as u64).expect("a fatbin") as usize;
            bytes[at..at + len].to_vec()
        })
    };
    let data = Some(u64_in(bytes, DATA)).filter(|address| *address != 0).map(fatbin);
    let list = Some(u64_in(bytes, LIST)).filter(|address| *address != 0).map(|list| {
        let list = fatbins(&Bytes(bytes), list - BASE).expect("a list");
        list.into_iter().map(fatbin).collect()
    });
    (data, list)
}

fn arrived(memory: &[u8]) -> Found {
    let mut bytes = crossing(memory);
    relocate(&mut bytes, BASE, NOTHING).expect("a wrapper");
    found(&bytes)
}

#[test]
fn each_kind_of_image_says_its_length() {
    let behind = [7; 100];
    for payload in [0, 1, 500] {
        for image in [fatbin_of(payload), elf_of(payload)] {
            let all = [&image[..], &behind].concat();
            assert_eq!(super::image(&Bytes(&all), 0), Some(Image::Run(image.len() as u64)), "{payload}");
        }
    }
    let text = [&b".version 8.0\0"[..], &behind].concat();
    assert_eq!(image(&Bytes(&text), 0), Some(Image::Run(13)));
    assert_eq!(image(&Bytes(&text), 9), Some(Image::Run(4)));
    assert_eq!(image(&Bytes(b"\0"), 0), Some(Image::Run(1)));
    assert_eq!(image(&Bytes(b"endless"), 0), None);
    assert_eq!(image(&Bytes(&[]), 0), None);
    assert_eq!(image(&Bytes(&text), u64::MAX), None);
}

#[test]
fn lengths_that_make_no_sense_are_none() {
    for size in [u64::MAX, u64::MAX - 15, LONGEST - 15, LONGEST] {
        let mut bytes = fatbin_of(0);
        put(&mut bytes, 8, size);
        assert_eq!(image(&Bytes(&bytes), 0), None, "{size:#x}");
    }
    // A head of less than it has.
    let mut bytes = fatbin_of(8);
    bytes[6] = 0;
    assert_eq!(image(&Bytes(&bytes), 0), Some(Image::Run(24)));
    let whole = elf_of(100);
    for (at, word) in [(32, u64::MAX), (40, u64::MAX - 8), (64 + 8, u64::MAX), (64 + 32, LONGEST), (120 + 24, 1 << 63)]
    {
        let mut bytes = whole.clone();
        put(&mut bytes, at, word);
        assert_eq!(image(&Bytes(&bytes), 0), None, "{at}");
    }
    // Entries that overlap, and files of 32 bits.
    for (at, byte) in [(54, 1), (58, 63), (4, 1)] {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        assert_eq!(image(&Bytes(&bytes), 0), None, "{at}");
    }
}

#[test]
fn many_sections_are_counted_by_the_first() {
    let mut bytes = elf_of(100);
    bytes[60] = 0;
    put(&mut bytes, 120 + 32, 2);
    assert_eq!(image(&Bytes(&bytes), 0), Some(Image::Run(bytes.len() as u64 - 50)));
    put(&mut bytes, 120 + 32, u64::MAX / 8);
    assert_eq!(image(&Bytes(&bytes), 0), None);
}

#[test]
fn wrappers_cross_with_what_they_lead_to() {
    let (one, two) = (fatbin_of(40), fatbin_of(1000));
    let some = |fatbin: &Vec<u8>| Some(fatbin.clone());
    assert_eq!(image(&Bytes(&wrapper_of(1, None, None)), 0), Some(Image::Wrapper));
    assert_eq!(arrived(&wrapper_of(1, Some(&one), None)), (Some(some(&one)), None));
    assert_eq!(arrived(&wrapper_of(2, Some(&one), Some(&[&two, &one]))), {
        (Some(some(&one)), Some(vec![some(&two), some(&one)]))
    });
    assert_eq!(arrived(&wrapper_of(2, None, Some(&[]))), (None, Some(vec![])));
    // The list of the first version is the name of a file.
    assert_eq!(arrived(&wrapper_of(1, Some(&two), Some(&[&one]))), (Some(some(&two)), None));
    assert_eq!(arrived(&wrapper_of(1, None, None)), (None, None));
}

#[test]
fn what_wrappers_lead_to_and_is_no_fatbin_is_nothing() {
    let one = fatbin_of(40);
    assert_eq!(arrived(&wrapper_of(1, Some(b"no fatbin, but a text"), None)), (Some(None), None));
    assert_eq!(arrived(&wrapper_of(2, None, Some(&[&one, &one[..30]]))).1, Some(vec![Some(one.clone()), None]));
    let mut far = wrapper_of(2, None, Some(&[&one]));
    put(&mut far, DATA, 1 << 50);
    put(&mut far, LIST, 1 << 50);
    assert_eq!(arrived(&far), (Some(None), Some(vec![])));
    let endless = vec![8_u8; 64 + 8 * (MOST + 2)];
    assert_eq!(fatbins(&Bytes(&endless), 0), None);
    assert!(lay(&Bytes(&far[..23]), 0, |_, _| true).is_none());
}

#[test]
fn what_is_no_wrapper_is_not_relocated() {
    let whole = crossing(&wrapper_of(2, Some(&fatbin_of(3)), Some(&[&fatbin_of(5)])));
    for (at, word) in [(0, 0), (LIST, 16), (LIST, u64::MAX)] {
        let mut bytes = whole.clone();
        put(&mut bytes, at, word);
        assert_eq!(relocate(&mut bytes, BASE, NOTHING), None, "{at}");
    }
    assert_eq!(relocate(&mut whole[..HEAD - 1].to_vec(), BASE, NOTHING), None);
    // The list's end is cut off.
    assert_eq!(relocate(&mut whole[..HEAD + 8].to_vec(), BASE, NOTHING), None);
}

#[test]
fn hostile_bytes_lead_nowhere_and_more_bytes_change_nothing() {
    let mut dice = Dice(9);
    let images = [fatbin_of(300), elf_of(300), b".version 8.0\n.target sm_75\n\0".to_vec()];
    for round in 0..20_000 {
        let mut bytes = images[round % images.len()].clone();
        for _ in 0..dice.below(6) {
            let at = dice.below(bytes.len().min(260));
            bytes[at] = [0, 1, 0x7f, 0xff, dice.roll() as u8][dice.below(5)];
        }
        let whole = image(&Bytes(&bytes), 0);
        let part = dice.below(bytes.len() + 1);
        match image(&Bytes(&bytes[..part]), 0) {
            None => (),
            found => assert_eq!(found, whole, "round {round}, {part} bytes"),
        }
        if let Some(Image::Run(len)) = whole {
            assert!(len > 0 && len <= LONGEST, "round {round}");
            // What is long enough says the same by itself.
            if let Some(enough) = bytes.get(..len as usize) {
                assert_eq!(image(&Bytes(enough), 0), whole, "round {round}");
            }
        }
    }
}

#[test]
fn hostile_wrappers_lead_to_whole_fatbins_or_nowhere() {
    let mut dice = Dice(4);
    let memory = wrapper_of(2, Some(&fatbin_of(70)), Some(&[&fatbin_of(90), &fatbin_of(0)]));
    let whole = crossing(&memory);
    for _ in 0..20_000 {
        let mut bytes = whole[..whole.len() - dice.below(2) * dice.below(whole.len())].to_vec();
        for _ in 0..dice.below(6) {
            let at = dice.below(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte = [0, 1, 64, 0xff, dice.roll() as u8][dice.below(5)];
            }
        }
        if relocate(&mut bytes, BASE, NOTHING).is_some() {
            // Each address leads to a fatbin that ends before the bytes do: `found` takes as many.
            found(&bytes);
        }
        // In the program, likewise.
        let mut memory = memory.clone();
        for _ in 0..dice.below(6) {
            let at = 4 + dice.below(250);
            memory[at] = dice.roll() as u8;
        }
        arrived(&memory);
    }
}
