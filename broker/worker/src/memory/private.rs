//! Private bytes for one argument, and the addresses that stand for memory which is not there.

use std::ffi::c_void;

/// An address that is not null and leads nowhere, for pointers that the vendor is not to follow.
pub const NOWHERE: *mut c_void = 64 as *mut c_void;
/// One for pointers that the program itself could not follow.
pub const UNREADABLE: *const c_void = 128 as *const c_void;

/// Private bytes, aligned for every type of an API: a vendor may have been promised as much, by the program or by what it
/// says of its devices, and its kernels fault on less.
#[derive(Debug, Default)]
pub struct Private {
    words: Vec<u128>,
    /// Words before the first byte.
    skipped: usize,
    len: usize,
}

/// Bytes of a word.
const WORD: usize = size_of::<u128>();

/// The alignment of so many bytes: a word's, that of OpenCL's longest vector, or a page's, for drivers that map pages.
const fn alignment(len: usize) -> usize {
    match len {
        0..32 => WORD,
        32..4096 => 128,
        _ => 4096,
    }
}

impl Private {
    pub fn zeroed(len: usize) -> Self {
        let alignment = alignment(len);
        let words = vec![0_u128; len.div_ceil(WORD) + alignment / WORD - 1];
        // The allocator aligns by less, and has zeroed memory for integers without writing it.
        let skipped = words.as_ptr().align_offset(alignment);
        Self { words, skipped, len }
    }

    pub fn copy(bytes: &[u8]) -> Self {
        let mut private = Self::zeroed(bytes.len());
        private.bytes_mut().copy_from_slice(bytes);
        private
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the words from the first that is not skipped are at least `len` initialised bytes.
        unsafe { std::slice::from_raw_parts(self.words[self.skipped..].as_ptr().cast(), self.len) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.words[self.skipped..].as_mut_ptr().cast(), self.len) }
    }

    pub fn as_ptr(&self) -> *const c_void {
        if self.len == 0 { NOWHERE } else { self.words[self.skipped..].as_ptr().cast() }
    }

    pub fn as_mut_ptr(&mut self) -> *mut c_void {
        if self.len == 0 { NOWHERE } else { self.words[self.skipped..].as_mut_ptr().cast() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_bytes_are_aligned_for_what_they_may_hold() {
        for len in [1, 4, 16, 31, 32, 33, 128, 4095, 4096, 4097, 1 << 20] {
            let mut private = Private::zeroed(len);
            let wanted = if len < 32 {
                16
            } else if len < 4096 {
                128
            } else {
                4096
            };
            assert!(private.as_ptr().addr().is_multiple_of(wanted), "{len}");
            assert_eq!((private.as_mut_ptr().cast_const(), private.bytes().len()), (private.as_ptr(), len));
            private.bytes_mut().fill(7);
            // Moving it does not move the bytes.
            let (address, moved) = (private.as_ptr(), Box::new(private));
            assert_eq!((moved.as_ptr(), moved.bytes()), (address, &vec![7; len][..]));
        }
        assert_eq!(Private::zeroed(0).as_ptr(), NOWHERE);
    }
}
