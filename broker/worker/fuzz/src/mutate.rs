//! Inputs made from inputs, the same ones in every run.

use crate::records::{self, Attached, Record};

/// Marsaglia's xorshift, with 64 bits of state.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`; 0 below 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from((self.next() >> 16) % (limit.max(1) as u64)).unwrap_or(0)
    }
}

/// Numbers at which things go wrong.
const ODD: [u64; 16] = [
    0,
    1,
    7,
    8,
    63,
    4096,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 32,
    1 << 48,
    1 << 60,
    (1 << 60) + 1,
    i64::MAX as u64,
    u64::MAX - 7,
    u64::MAX,
];

/// A few records of `input`, most of them as they are, some changed, left out, or said twice. It stays one of its API.
pub fn mutated(input: &[u8], random: &mut Random) -> Vec<u8> {
    let Some((api, rest)) = records::api(input) else { return Vec::new() };
    let all: Vec<_> = records::read(rest).collect();
    let mut out = records::begin(api);
    if all.is_empty() {
        return out;
    }
    out.reserve(input.len() + 64);
    // What comes later needs what came before, so the beginning is never left out.
    let until = 1 + random.below(all.len());
    let rate = 1 + random.below(12);
    for (i, record) in all.iter().take(until).enumerate() {
        if i > 4 && random.below(40) == 0 {
            continue;
        }
        let mut frame = record.frame.to_vec();
        let mut attached = record.attached;
        if random.below(rate) == 0 {
            change(&mut frame, api.functions.len(), random);
        }
        if random.below(200) == 0 {
            attached = [Attached::Nothing, Attached::Region, Attached::Other][random.below(3)];
        }
        records::write(&mut out, Record { attached, frame: &frame });
        if random.below(60) == 0 {
            records::write(&mut out, all[random.below(all.len())]);
        }
    }
    out
}

fn change(frame: &mut Vec<u8>, functions: usize, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let len = frame.len();
        let at = random.below(len);
        let odd = ODD[random.below(ODD.len())];
        match random.below(8) {
            0 => frame.truncate(at),
            1 => frame.extend((0..random.below(40)).map(|n| n as u8)),
            2 if len > 0 => frame[at] ^= 1 << random.below(8),
            3 if len > 0 => frame[at] = random.next() as u8,
            // Numbers lie at multiples of their size.
            4 => put(frame, at & !7, &odd.to_le_bytes()),
            5 => put(frame, at & !3, &(odd as u32).to_le_bytes()),
            6 => put(frame, at & !7, &random.next().to_le_bytes()),
            // Another function with the same arguments.
            _ => put(frame, 4, &(random.below(functions + 2) as u32).to_le_bytes()),
        }
    }
}

fn put(frame: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = frame.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}
