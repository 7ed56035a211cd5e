//! Calls whose success is known in advance, which are sent without waiting for a reply.
//!
//! A `oneway` call waits for its reply the first time that it is made with certain objects and sizes. If the vendor accepts
//! it, it also accepts an equal one, because everything that matters is part of the call's key: the objects, their state (a
//! kernel's arguments), the origin of their events, the sizes. With `AVA_STRICT=1` every call crosses and waits.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::book::handles::ALIKE;

/// The number of keys that are kept, in sets: a new one may replace another of its set.
const PLACES: usize = 16384;
const SET: usize = 4;

/// What a call is made with, as far as its success may depend on it, as a number.
#[derive(Debug, Clone, Copy)]
pub struct Key(u64);

impl Key {
    pub fn mix(&mut self, word: u64) {
        if self.0 != 0 {
            self.0 = mix(self.0, word);
        }
    }

    /// The class of objects that calls with this key make; 0 for none.
    pub fn class(self) -> u64 {
        if self.0 == 0 { 0 } else { self.0 | ALIKE }
    }

    /// Makes the key one that is never accepted, whatever else is mixed into it.
    pub fn never(&mut self) {
        self.0 = 0;
    }
}

/// Two numbers as one. Multiplying and folding the halves spreads every bit of either over all of the result.
pub fn mix(one: u64, other: u64) -> u64 {
    let wide = u128::from(one ^ other.rotate_left(32)) * 0xD6E8_FEB8_6659_FD93;
    // An odd number, so that what was mixed does not vanish.
    (wide as u64 ^ (wide >> 64) as u64 ^ other) | 1
}

/// Where keys are remembered, for all sessions that a process has with an API one after the other.
#[derive(Debug)]
pub struct Places(Box<[AtomicU64]>);

impl Default for Places {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::new(0)).collect())
    }
}

/// The calls that the vendor has accepted in a session.
#[derive(Debug)]
pub struct Accepted {
    places: &'static Places,
    /// Every key begins with this, which no other session's does.
    seed: u64,
    /// How often what was accepted has become doubtful.
    doubts: AtomicU64,
    strict: bool,
}

impl Accepted {
    /// None yet, and with `strict` none ever.
    pub fn new(places: &'static Places, generation: u32, strict: bool) -> Self {
        Self { places, seed: mix(0x9E37_79B9_7F4A_7C15, generation.into()), doubts: AtomicU64::new(0), strict }
    }

    /// The key of a call of this function, of which nothing else is known.
    pub fn key(&self, opcode: u32) -> Key {
        let mut key = Key(self.seed);
        key.mix(u64::from(opcode) << 32 | self.doubts.load(Ordering::Relaxed));
        key
    }

    /// What was accepted so far says nothing any more.
    pub fn doubt(&self) {
        self.doubts.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether every call must wait.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Whether the vendor has accepted such a call.
    pub fn contains(&self, key: Key) -> bool {
        !self.strict && key.0 != 0 && self.set(key).iter().any(|place| place.load(Ordering::Relaxed) == key.0)
    }

    /// The vendor has accepted such a call.
    pub fn insert(&self, key: Key) {
        let set = self.set(key);
        let is = |place: &&AtomicU64, known: u64| place.load(Ordering::Relaxed) == known;
        if key.0 == 0 || set.iter().any(|place| is(&place, key.0)) {
            return;
        }
        let free = set.iter().find(|place| is(place, 0));
        free.unwrap_or(&set[(key.0 >> 16) as usize % SET]).store(key.0, Ordering::Relaxed);
    }

    fn set(&self, key: Key) -> &[AtomicU64] {
        let at = (key.0 >> 32) as usize % (PLACES / SET) * SET;
        &self.places.0[at..at + SET]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(generation: u32, strict: bool) -> Accepted {
        Accepted::new(Box::leak(Box::default()), generation, strict)
    }

    fn key(accepted: &Accepted, words: &[u64]) -> Key {
        let mut key = accepted.key(7);
        words.iter().for_each(|word| key.mix(*word));
        key
    }

    #[test]
    fn an_equal_call_is_accepted_and_no_other() {
        let accepted = accepted(1, false);
        accepted.insert(key(&accepted, &[1, 2, 3]));
        assert!(accepted.contains(key(&accepted, &[1, 2, 3])));
        for other in [&[1, 2][..], &[1, 2, 4], &[1, 3, 2], &[2, 1, 3], &[0, 1, 2, 3], &[1, 2, 3, 0], &[]] {
            assert!(!accepted.contains(key(&accepted, other)), "{other:?}");
        }
    }

    #[test]
    fn as_many_as_programs_make_are_kept() {
        let accepted = accepted(1, false);
        let keys: Vec<_> = (0..PLACES as u64 / 4).map(|word| key(&accepted, &[word])).collect();
        keys.iter().for_each(|key| accepted.insert(*key));
        let kept = keys.iter().filter(|key| accepted.contains(**key)).count();
        assert!(kept * 100 > keys.len() * 99, "{kept} of {}", keys.len());
        (0..4 * PLACES as u64).for_each(|word| accepted.insert(key(&accepted, &[word])));
        let last = key(&accepted, &[u64::MAX]);
        accepted.insert(last);
        assert!(accepted.contains(last));
    }

    #[test]
    fn what_was_accepted_in_one_session_is_not_in_the_next() {
        let old = accepted(1, false);
        let new = Accepted::new(old.places, 2, false);
        old.insert(key(&old, &[1, 2, 3]));
        assert!(!new.contains(key(&new, &[1, 2, 3])));
        new.insert(key(&new, &[1, 2, 3]));
        assert!(new.contains(key(&new, &[1, 2, 3])));
    }

    #[test]
    fn what_is_doubtful_is_not_accepted() {
        let accepted = accepted(1, false);
        let before = key(&accepted, &[1]);
        accepted.insert(before);
        accepted.doubt();
        assert!(!accepted.contains(key(&accepted, &[1])));
        // The vendor was asked before, and has answered since.
        accepted.insert(before);
        assert!(!accepted.contains(key(&accepted, &[1])));
        accepted.insert(key(&accepted, &[1]));
        assert!(accepted.contains(key(&accepted, &[1])));
    }

    #[test]
    fn keys_of_small_numbers_differ() {
        let accepted = accepted(1, false);
        let mut seen = std::collections::HashSet::new();
        for a in 0..40 {
            for b in 0..40 {
                for c in 0..40 {
                    assert!(seen.insert(key(&accepted, &[a, b, c]).0), "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn a_strict_session_accepts_nothing_and_no_session_the_key_of_none() {
        let strict = accepted(1, true);
        strict.insert(key(&strict, &[1]));
        assert!(!strict.contains(key(&strict, &[1])));
        let accepted = accepted(1, false);
        let mut never = key(&accepted, &[1]);
        never.never();
        never.mix(2);
        accepted.insert(never);
        assert!(!accepted.contains(never));
    }
}
