//! PTX among bytes, or why there is none.

/// Why an image is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    #[error("the image is invalid")]
    Invalid,
    #[error("the image has no PTX for the device")]
    NoBinary,
}

/// Text up to its 0, which says its version; else it is no PTX at all.
pub fn text(bytes: &[u8]) -> Result<String, ImageError> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let text = String::from_utf8(bytes[..end].to_vec()).ok();
    text.filter(|text| text.contains(".version")).ok_or(ImageError::Invalid)
}
