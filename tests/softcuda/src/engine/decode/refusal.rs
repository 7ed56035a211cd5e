//! Why an instruction is not compiled.

use crate::engine::ops::Unknown;

/// What is refused: what is no PTX at all, or what is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    /// Every compiler refuses it.
    pub is_wrong: bool,
}

pub type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    /// It is no PTX.
    pub fn wrong(message: String) -> Self {
        Self { message, is_wrong: true }
    }
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self { message, is_wrong: false }
    }
}

impl From<&str> for Refusal {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

impl From<Unknown> for Refusal {
    fn from(unknown: Unknown) -> Self {
        unknown.0.into()
    }
}
