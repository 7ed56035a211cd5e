//! Texts that go in.

use super::private::{NOWHERE, Private, UNREADABLE};

/// Texts, as an array of pointers.
#[derive(Debug)]
pub struct TextArray {
    null: bool,
    unreadable: bool,
    /// What the pointers lead to.
    items: Vec<Option<Private>>,
    pointers: Vec<*const std::ffi::c_char>,
}

impl TextArray {
    pub fn new(null: bool, items: Vec<Option<Private>>) -> Self {
        let pointers = items.iter().map(|item| item.as_ref().map_or(std::ptr::null(), |p| p.as_ptr().cast())).collect();
        Self { null, unreadable: false, items, pointers }
    }

    /// The texts.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.items.iter().flatten().map(Private::bytes)
    }

    /// One that the program itself could not follow.
    pub fn unreadable() -> Self {
        Self { unreadable: true, ..Self::new(false, Vec::new()) }
    }

    pub fn as_ptr(&self) -> *const *const std::ffi::c_char {
        match (self.null, self.pointers.is_empty()) {
            _ if self.unreadable => UNREADABLE.cast(),
            (true, _) => std::ptr::null(),
            (false, true) => NOWHERE.cast_const().cast(),
            (false, false) => self.pointers.as_ptr(),
        }
    }
}
