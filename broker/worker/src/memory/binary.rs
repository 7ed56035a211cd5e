//! Code for devices, as it came from the program: it says itself how long it is.

use ava_protocol::binary::{Bytes, Image, image, relocate};

use super::cut::Cut;
use super::private::Private;

/// Zeroes behind each image: a text ends there at last, and nothing that a vendor looks at ahead is somebody else's.
pub const BEHIND: usize = 64;

/// What wrappers lead to that is no fatbin: vendors refuse it by its first bytes.
static NO_FATBIN: [u64; 16] = [0; 16];

/// Memory for the vendor.
#[derive(Debug)]
pub enum Code {
    Whole(Private),
    /// Less than it says.
    Less(Cut),
}

/// Makes memory for the vendor of what came, which `BEHIND` zeroes follow; `None` if the shim did not make it, or if there is
/// no memory. Less than it says ends where nothing can be touched.
pub fn code(mut private: Private, len: usize) -> Option<Code> {
    match image(&Bytes(&private.bytes()[..len]), 0) {
        Some(Image::Run(wanted)) if wanted <= len as u64 => Some(Code::Whole(private)),
        Some(Image::Wrapper) => {
            let (base, nothing) = (private.as_ptr() as u64, NO_FATBIN.as_ptr() as u64);
            relocate(&mut private.bytes_mut()[..len], base, nothing)?;
            Some(Code::Whole(private))
        }
        Some(Image::Run(_)) | None => Some(Code::Less(Cut::new(&private.bytes()[..len]).ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FATBIN: [u8; 24] = [0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

    fn code_of(bytes: &[u8]) -> Option<Code> {
        code(Private::copy(&[bytes, &[0; BEHIND]].concat()), bytes.len())
    }

    #[test]
    fn whole_code_has_zeroes_behind_it_and_less_has_nothing() {
        for whole in [&b".version 8.0\0"[..], &FATBIN, b"\0"] {
            let Some(Code::Whole(private)) = code_of(whole) else { panic!("{whole:?}") };
            assert_eq!(private.bytes(), [whole, &[0; BEHIND]].concat());
        }
        for less in [&b".version 8.0"[..], &FATBIN[..23], &FATBIN[..15], b"\x7fELF\0"] {
            let Some(Code::Less(cut)) = code_of(less) else { panic!("{less:?}") };
            assert_eq!(cut.bytes(), less);
        }
        assert!(matches!(code_of(&[]), Some(Code::Less(_))));
    }

    #[test]
    fn a_wrapper_leads_to_what_came_with_it() {
        let mut bytes = vec![0; 64 + FATBIN.len()];
        bytes[..8].copy_from_slice(&0x1_4662_43B1_u64.to_le_bytes());
        bytes[64..].copy_from_slice(&FATBIN);
        for (offset, is_there) in [(64_u64, true), (1, false), (1 << 40, false)] {
            bytes[8..16].copy_from_slice(&offset.to_le_bytes());
            let Some(Code::Whole(private)) = code_of(&bytes) else { panic!("{offset}") };
            // SAFETY: a wrapper's second word is an address.
            let data = unsafe { private.as_ptr().cast::<*const [u8; 24]>().add(1).read() };
            // SAFETY: of so many bytes at least.
            assert_eq!(unsafe { data.read() }, if is_there { FATBIN } else { [0; 24] }, "{offset}");
        }
        // A list that does not end.
        bytes[16] = 24;
        bytes.truncate(24);
        assert!(code_of(&bytes).is_none());
        assert!(code_of(&bytes[..23]).is_none());
    }
}
