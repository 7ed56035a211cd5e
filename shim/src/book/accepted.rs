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

/// Where combinations are remembered, for all sessions that a process has with an API one after the other.
#[derive(Debug)]
pub struct Places(Box<[AtomicU64]>);

impl Default for Places {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::new(0)).collect())
    }
}

/// The combinations that the vendor has accepted in a session.
#[derive(Debug)]
pub struct Known {
    accepted: &'static Places,
    /// Every combination begins with this, which no other session's does.
    seed: u64,
    strict: bool,
}

impl Known {
    /// Knows nothing yet, and with `strict` never will.
    pub fn new(accepted: &'static Places, generation: u32, strict: bool) -> Self {
        Self { accepted, seed: mix(0x9E37_79B9_7F4A_7C15, generation.into()), strict }
    }

    /// What a call of this function is made with, as far as that is known at first.
    pub fn combination(&self, opcode: u32) -> Combination {
        let mut combination = Combination(self.seed);
        combination.mix(opcode.into());
        combination
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
        &self.accepted.0[(combination.0 >> 32) as usize % PLACES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(generation: u32, strict: bool) -> Known {
        Known::new(Box::leak(Box::default()), generation, strict)
    }

    fn combination(known: &Known, words: &[u64]) -> Combination {
        let mut combination = known.combination(7);
        words.iter().for_each(|word| combination.mix(*word));
        combination
    }

    #[test]
    fn what_was_accepted_is_known_and_nothing_else() {
        let known = known(1, false);
        known.learn(combination(&known, &[1, 2, 3]));
        assert!(known.has(combination(&known, &[1, 2, 3])));
        for other in [&[1, 2][..], &[1, 2, 4], &[1, 3, 2], &[2, 1, 3], &[0, 1, 2, 3], &[1, 2, 3, 0], &[]] {
            assert!(!known.has(combination(&known, other)), "{other:?}");
        }
    }

    #[test]
    fn what_was_accepted_in_one_session_is_not_known_in_the_next() {
        let old = known(1, false);
        let new = Known::new(old.accepted, 2, false);
        old.learn(combination(&old, &[1, 2, 3]));
        assert!(!new.has(combination(&new, &[1, 2, 3])));
        new.learn(combination(&new, &[1, 2, 3]));
        assert!(new.has(combination(&new, &[1, 2, 3])));
    }

    #[test]
    fn small_numbers_in_many_combinations_stay_apart() {
        let known = known(1, false);
        let mut seen = std::collections::HashSet::new();
        for a in 0..40 {
            for b in 0..40 {
                for c in 0..40 {
                    assert!(seen.insert(combination(&known, &[a, b, c]).0), "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn the_strict_and_the_blurred_know_nothing() {
        let strict = known(1, true);
        strict.learn(combination(&strict, &[1]));
        assert!(!strict.has(combination(&strict, &[1])));
        let known = known(1, false);
        let mut blurred = combination(&known, &[1]);
        blurred.blur();
        known.learn(blurred);
        assert!(!known.has(blurred));
    }
}
