//! How calls show that the vendor accepted them.

use crate::model::{Api, Function, Ret, Scalar, TypeKind};

/// How a call shows that the vendor accepted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// The call reports no failure.
    Always,
    /// It returns this status.
    Status { scalar: Scalar, ok: i64 },
    /// It returns an object or an address, and not null.
    NotNull,
}

/// How a call of a function shows that the vendor accepted it.
pub fn success(api: &Api, function: &Function) -> Success {
    match &function.ret {
        Ret::Status { ty } => match api.types.get(ty).map(|t| &t.kind) {
            Some(TypeKind::Status { scalar, ok }) => Success::Status { scalar: *scalar, ok: *ok },
            _ => unreachable!("only a status type makes a function return a status"),
        },
        Ret::New { .. } | Ret::Mapped { .. } => Success::NotNull,
        _ => Success::Always,
    }
}
