//! How large an image's pixels are: asked once per image, then noted on its handle.

use std::ffi::c_void;
use std::sync::atomic::Ordering;

use ava_protocol::layout::Pixel;
use ava_protocol::opencl::constant::{CL_IMAGE_ELEMENT_SIZE, CL_MEM_OBJECT_IMAGE1D_ARRAY, CL_MEM_TYPE};

use super::state::SLOT;
use crate::api::generated::opencl::marshal;
use crate::base::fault::Fault;

const KNOWN: u64 = 1 << 63;
const ARRAY_OF_ROWS: u64 = 1 << 62;

/// The pixels of `image`; none for what is no image, so that the vendor says so.
pub fn pixel(image: *mut c_void) -> Result<Pixel, Fault> {
    let session = SLOT.current()?;
    let Some(note) = session.book.handles.note(image) else {
        return Ok(Pixel::default());
    };
    let mut noted = note.load(Ordering::Relaxed);
    if noted == 0 {
        let (mut size, mut kind) = (0_usize, 0_u32);
        // SAFETY: memory of the sizes that are named.
        unsafe {
            marshal::clGetImageInfo(
                image,
                CL_IMAGE_ELEMENT_SIZE,
                size_of::<usize>(),
                (&raw mut size).cast(),
                std::ptr::null_mut(),
            )?;
            marshal::clGetMemObjectInfo(image, CL_MEM_TYPE, 4, (&raw mut kind).cast(), std::ptr::null_mut())?;
        }
        noted = KNOWN | size as u64;
        if kind == CL_MEM_OBJECT_IMAGE1D_ARRAY {
            noted |= ARRAY_OF_ROWS;
        }
        note.store(noted, Ordering::Relaxed);
    }
    Ok(Pixel { size: noted & 0xffff, array_of_rows: noted & ARRAY_OF_ROWS != 0 })
}
