//! Texts of the vendor that the program got: each is stored once, for the life of the process.

use std::collections::HashSet;
use std::ffi::{CString, c_char};
use std::sync::Mutex;

#[derive(Default)]
pub struct Texts(Mutex<HashSet<CString>>);

impl Texts {
    /// The text, for good; null for one that is none.
    pub fn keep(&self, text: &[u8]) -> *const c_char {
        let (Ok(text), Ok(mut known)) = (CString::new(text), self.0.lock()) else {
            return std::ptr::null();
        };
        if let Some(known) = known.get(&text) {
            return known.as_ptr();
        }
        // What the pointer leads to stays where it is when the text is moved.
        let pointer = text.as_ptr();
        known.insert(text);
        pointer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equal_text_is_at_the_same_place_and_stays_there() {
        let texts = Texts::default();
        let first = texts.keep(b"first");
        // Many others, so that the table moves.
        let others: Vec<_> = (0..1000).map(|number| texts.keep(number.to_string().as_bytes())).collect();
        assert_eq!(texts.keep(b"first"), first);
        assert_eq!(texts.keep(b"999"), others[999]);
        assert_ne!(texts.keep(b"firs"), first);
        // SAFETY: it was given for good.
        assert_eq!(unsafe { std::ffi::CStr::from_ptr(first) }.to_bytes(), b"first");
        // SAFETY: as above.
        assert_eq!(unsafe { std::ffi::CStr::from_ptr(texts.keep(b"")) }.to_bytes(), b"");
    }

    #[test]
    fn bytes_with_an_end_within_are_no_text() {
        assert!(Texts::default().keep(b"a\0b").is_null());
    }
}
