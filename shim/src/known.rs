//! Calls whose success is known beforehand, which are sent without waiting for a reply.
//!
//! A call that the table calls oneway waits the first time that it is made with a combination of objects and sizes. Once
//! the vendor has accepted the combination it accepts it again, for what could make a difference is part of it: the
//! objects, what was done to them (a kernel's arguments), where their events come from, the sizes. `AVA_STRICT=1` has
//! every call cross and wait.

use std::sync::atomic::{AtomicU64, Ordering};

/// Combinations that are remembered; a new one may take the place of another.
const PLACES: usize = 8192;

/// What a call is made with, as a number.
#[derive(Debug, Clone, Copy)]
pub struct Combination(u64);

impl Combination {
    pub fn of(opcode: u32) -> Self {
        let mut combination = Self(0x9E37_79B9_7F4A_7C15);
        combination.mix(opcode.into());
        combination
    }

    pub fn mix(&mut self, word: u64) {
        self.0 = mix(self.0, word);
    }

    /// Makes the combination one of its own kind, which is never known.
    pub fn blur(&mut self) {
        self.0 = 0;
    }
}

/// Two numbers as one. Multiplying and folding the halves spreads every bit of either over all of the result.
pub fn mix(one: u64, other: u64) -> u64 {
    let wide = u128::from(one ^ other.rotate_left(32)) * 0xD6E8_FEB8_6659_FD93;
    // An odd number, so that what was mixed does not vanish.
    (wide as u64 ^ (wide >> 64) as u64 ^ other) | 1
}

/// The combinations that the vendor has accepted.
#[derive(Debug)]
pub struct Known {
    accepted: Box<[AtomicU64]>,
    strict: bool,
}

impl Known {
    /// Knows nothing yet, and with `strict` never will.
    pub fn new(strict: bool) -> Self {
        Self { accepted: (0..PLACES).map(|_| AtomicU64::new(0)).collect(), strict }
    }

    /// Whether no call may go without waiting.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    pub fn has(&self, combination: Combination) -> bool {
        !self.strict && combination.0 != 0 && self.place(combination).load(Ordering::Relaxed) == combination.0
    }

    pub fn learn(&self, combination: Combination) {
        if combination.0 != 0 {
            self.place(combination).store(combination.0, Ordering::Relaxed);
        }
    }

    fn place(&self, combination: Combination) -> &AtomicU64 {
        &self.accepted[(combination.0 >> 32) as usize % PLACES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn combination(words: &[u64]) -> Combination {
        let mut combination = Combination::of(7);
        words.iter().for_each(|word| combination.mix(*word));
        combination
    }

    #[test]
    fn what_was_accepted_is_known_and_nothing_else() {
        let known = Known::new(false);
        known.learn(combination(&[1, 2, 3]));
        assert!(known.has(combination(&[1, 2, 3])));
        for other in [&[1, 2][..], &[1, 2, 4], &[1, 3, 2], &[2, 1, 3], &[0, 1, 2, 3], &[1, 2, 3, 0], &[]] {
            assert!(!known.has(combination(other)), "{other:?}");
        }
    }

    #[test]
    fn small_numbers_in_many_combinations_stay_apart() {
        let mut seen = std::collections::HashSet::new();
        for a in 0..40 {
            for b in 0..40 {
                for c in 0..40 {
                    assert!(seen.insert(combination(&[a, b, c]).0), "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn the_strict_and_the_blurred_know_nothing() {
        let strict = Known::new(true);
        strict.learn(combination(&[1]));
        assert!(!strict.has(combination(&[1])));
        let known = Known::new(false);
        let mut blurred = combination(&[1]);
        blurred.blur();
        known.learn(blurred);
        assert!(!known.has(blurred));
    }
}
