//! The struct that hands out an API's functions.

use std::ffi::c_void;

use crate::base::fault::Fault;
use crate::book::handles::Entry;

/// A version in 8 bytes, and a pointer for each function.
#[repr(C)]
pub struct List<const N: usize> {
    /// A byte for the major number, one for the minor.
    pub version: [u8; 2],
    pub functions: [Entry; N],
}

/// Writes the struct's address where the program says.
///
/// # Errors
/// The status for a program that says nothing.
///
/// # Safety
/// `place` is null or leads to a place for an address.
pub unsafe fn hand_out<const N: usize>(place: *mut c_void, list: &'static List<N>, invalid: i64) -> Result<(), Fault> {
    if place.is_null() {
        return Err(Fault::Status(invalid));
    }
    // SAFETY: by the caller's promise.
    unsafe { place.cast::<*const List<N>>().write(list) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    static LIST: List<1> = List { version: [2, 40], functions: [Entry(std::ptr::null())] };

    #[test]
    fn the_address_goes_where_the_program_says() {
        let mut place: *const List<1> = std::ptr::null();
        // SAFETY: a place for an address, and none.
        unsafe {
            assert_eq!(hand_out((&raw mut place).cast(), &LIST, 7), Ok(()));
            assert_eq!(hand_out(std::ptr::null_mut(), &LIST, 7), Err(Fault::Status(7)));
        }
        assert_eq!((place, std::mem::offset_of!(List<1>, functions)), (&raw const LIST, 8));
    }
}
