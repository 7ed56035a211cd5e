//! Code for devices: how long it is, it says itself. What a wrapper leads to crosses behind it.

use std::ffi::c_void;

use ava_protocol::binary::{self, Image, Laid};
use ava_protocol::layout::Rows;
use ava_protocol::wire::Data;

use super::{Call, LONGEST_CUT};
use crate::base::fault::Fault;
use crate::base::readable::{self, Program, is_readable};

impl Call {
    /// Code that goes in. What makes no sense, or ends before it should, crosses as far as it can be read.
    ///
    /// # Safety
    /// Nobody else writes there, as long as it is used.
    pub unsafe fn binary<'a>(&mut self, pointer: *const c_void) -> Result<Data<'a>, Fault> {
        if pointer.is_null() {
            return Ok(Data::Null);
        }
        let holds = |at: u64, len: u64| is_readable(at as *const u8, usize::try_from(len).unwrap_or(usize::MAX));
        let at = pointer as u64;
        let len = match binary::image(&Program, at) {
            Some(Image::Wrapper) => {
                return match binary::lay(&Program, at, holds) {
                    Some(laid) => self.laid(&laid),
                    None => Ok(Data::Unreadable),
                };
            }
            Some(Image::Run(len)) if holds(at, len) => len,
            Some(Image::Run(_)) | None => readable::prefix(pointer as usize, LONGEST_CUT) as u64,
        };
        if len == 0 {
            return Ok(Data::Unreadable);
        }
        // SAFETY: so many bytes can be read, and the caller's promise.
        unsafe { self.bytes(pointer, Rows::flat(Some(len)), false) }
    }

    /// A wrapper, with the bytes that it leads to: these are copied once.
    fn laid<'a>(&mut self, laid: &Laid) -> Result<Data<'a>, Fault> {
        let len = laid.len as usize;
        if len <= self.budget {
            let mut bytes = vec![0; len];
            // SAFETY: there are as many bytes.
            unsafe { lay_out(laid, bytes.as_mut_ptr()) };
            return self.owned(bytes);
        }
        let lease = self.session.book.regions.acquire(laid.len)?;
        // SAFETY: the region holds as many bytes, and the worker has not been told of it yet.
        unsafe { lay_out(laid, lease.region.as_ptr()) };
        Ok(Data::Region(self.slice(lease, laid.len, None)?))
    }
}

/// # Safety
/// `to` leads to as many bytes as are laid out, and what is laid out can be read.
unsafe fn lay_out(laid: &Laid, to: *mut u8) {
    // SAFETY: by the caller's promise: heads and runs lie within the length of all.
    unsafe {
        std::ptr::copy_nonoverlapping(laid.head.as_ptr(), to, laid.head.len());
        for run in &laid.runs {
            std::ptr::copy_nonoverlapping(run.from as *const u8, to.add(run.to as usize), run.len as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_out_lies_where_it_is_said_to() {
        let fatbin: Vec<u8> =
            [&[0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0, 9, 0, 0, 0, 0, 0, 0, 0][..], b"nine long"].concat();
        let mut wrapper = [0_u64; 3];
        wrapper[0] = 0x1_4662_43B1;
        wrapper[1] = fatbin.as_ptr() as u64;
        let at = wrapper.as_ptr() as u64;
        assert_eq!(binary::image(&Program, at), Some(Image::Wrapper));
        assert_eq!(binary::image(&Program, wrapper[1]), Some(Image::Run(25)));
        assert_eq!(binary::image(&Program, c".version 8.0".as_ptr() as u64), Some(Image::Run(13)));
        for nowhere in [0, 16, u64::MAX] {
            assert_eq!(binary::image(&Program, nowhere), None);
        }
        let laid = binary::lay(&Program, at, |_, _| true).unwrap();
        let mut bytes = vec![0; laid.len as usize];
        // SAFETY: there are as many bytes, and those of this test.
        unsafe { lay_out(&laid, bytes.as_mut_ptr()) };
        assert_eq!((&bytes[64..], bytes[..8].as_ref()), (&fatbin[..], wrapper[0].to_le_bytes().as_ref()));
        assert_eq!(binary::relocate(&mut bytes, 1 << 32, 8), Some(()));
        assert_eq!(bytes[8..16], ((1_u64 << 32) + 64).to_le_bytes());
    }
}
