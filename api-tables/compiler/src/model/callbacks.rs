//! What a callback returns.

use super::scalars::Scalar;

/// What a callback returns. Only callbacks of functions that are local or refused return something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    Nothing,
    Number {
        ty: String,
        scalar: Scalar,
    },
    /// An address, with its C type.
    Address(String),
}

impl Returned {
    /// The C type.
    pub fn c_type(&self) -> &str {
        match self {
            Self::Nothing => "void",
            Self::Number { ty, .. } | Self::Address(ty) => ty,
        }
    }
}
