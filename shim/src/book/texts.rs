//! Texts of the vendor's that a program was given: each is there once, as long as the process.

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
