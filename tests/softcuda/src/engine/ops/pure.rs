//! An operation with what it takes.

use crate::engine::lanes::Op;
use crate::ptx::syntax::Type;

/// An operation and the types of its operands.
pub struct Pure {
    pub op: Op,
    pub result: Type,
    pub sources: Vec<Type>,
}

impl Pure {
    /// Result and sources are of the same type.
    pub fn uniform(op: Op, kind: Type, sources: usize) -> Self {
        Self { op, result: kind, sources: vec![kind; sources] }
    }
}
