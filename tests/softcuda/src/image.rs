//! What programs hand over as images: fatbins, PTX, and machine code, which is refused.

mod fatbin;
mod memory;
mod text;

use memory::Memory;
use std::ffi::c_void;
use text::text;

pub use text::ImageError;

/// Marks of images.
const WRAPPER: u32 = 0x4662_43b1;
const FATBIN: u32 = 0xba55_ed50;
const ELF: u32 = u32::from_le_bytes(*b"\x7fELF");

/// Bytes of a wrapper: mark, version, address of the fatbin, address of a list of more.
const WRAPPER_BYTES: usize = 24;
/// Most fatbins of a wrapper.
const MOST: usize = 4096;

/// The PTX texts of an image: of each fatbin the one for the newest architecture that is not above the device's (75 for
/// `sm_75`). `known`: bytes of the image, where the caller knows them.
///
/// # Errors
///
/// Images that are damaged or larger than known, and those without PTX.
///
/// # Safety
///
/// The image is readable: as many bytes as are known, else as its headers say, or up to a text's 0.
pub unsafe fn ptx(data: *const c_void, known: Option<usize>, device_sm: u32) -> Result<Vec<String>, ImageError> {
    // SAFETY: the caller's.
    let image = unsafe { Memory::new(data, known) };
    match image.word(0) {
        Some(WRAPPER) => {
            // SAFETY: a wrapper's addresses are of images, as the caller says of the whole.
            let fatbins = unsafe { of_wrapper(image)? };
            fatbins.into_iter().map(|fatbin| fatbin::ptx(fatbin, device_sm)).collect()
        }
        Some(FATBIN) => Ok(vec![fatbin::ptx(image, device_sm)?]),
        Some(ELF) => Err(ImageError::NoBinary),
        _ => Ok(vec![text(image.text().ok_or(ImageError::Invalid)?)?]),
    }
}

/// The fatbins of a wrapper: one in version 1, those of a list that ends with 0 in version 2.
///
/// # Safety
///
/// As of [`ptx`].
unsafe fn of_wrapper(wrapper: Memory) -> Result<Vec<Memory>, ImageError> {
    wrapper.bytes(0, WRAPPER_BYTES).ok_or(ImageError::Invalid)?;
    let address = |at: usize| wrapper.long(at).filter(|address| *address != 0).ok_or(ImageError::Invalid);
    // SAFETY: the caller's, of all addresses.
    let memory = |address: u64| unsafe { Memory::new(address as *const c_void, None) };
    let fatbins: Vec<_> = if wrapper.word(4) == Some(2) {
        let list = memory(address(16)?);
        let addresses = (0..MOST).map_while(|at| list.long(8 * at).filter(|address| *address != 0));
        addresses.map(memory).collect()
    } else {
        vec![memory(address(8)?)]
    };
    let is_valid = (1..MOST).contains(&fatbins.len()) && fatbins.iter().all(|fatbin| fatbin.word(0) == Some(FATBIN));
    if is_valid { Ok(fatbins) } else { Err(ImageError::Invalid) }
}

#[cfg(test)]
mod tests;
