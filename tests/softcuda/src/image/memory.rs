//! Bytes that a program hands over by their address.

use std::ffi::{CStr, c_void};

/// An address, and how many bytes are there if that is known.
#[derive(Clone, Copy)]
pub struct Memory {
    address: *const u8,
    known: Option<usize>,
}

impl Memory {
    /// # Safety
    ///
    /// As many bytes as are known are readable for as long as this is used; where they are not known, those that are asked
    /// for, or a text up to its 0.
    pub unsafe fn new(address: *const c_void, known: Option<usize>) -> Self {
        Self { address: address.cast(), known }
    }

    /// Bytes from an offset on; None if they are not there.
    pub fn bytes(&self, offset: usize, length: usize) -> Option<&[u8]> {
        let end = offset.checked_add(length)?;
        if self.known.is_some_and(|known| end > known) || end > isize::MAX as usize || self.address.is_null() {
            return None;
        }
        // SAFETY: `new` was told that they are readable.
        Some(unsafe { std::slice::from_raw_parts(self.address.add(offset), length) })
    }

    pub fn word(&self, offset: usize) -> Option<u32> {
        self.bytes(offset, 4)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub fn long(&self, offset: usize) -> Option<u64> {
        self.bytes(offset, 8)?.try_into().ok().map(u64::from_le_bytes)
    }

    pub fn half(&self, offset: usize) -> Option<u16> {
        self.bytes(offset, 2)?.try_into().ok().map(u16::from_le_bytes)
    }

    /// All bytes that are known, or those up to a 0.
    pub fn text(&self) -> Option<&[u8]> {
        match self.known {
            Some(known) => self.bytes(0, known),
            None if self.address.is_null() => None,
            // SAFETY: `new` was told that it ends with 0.
            None => Some(unsafe { CStr::from_ptr(self.address.cast()) }.to_bytes()),
        }
    }
}
