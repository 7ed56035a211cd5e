//! The charges of a call.

use crate::model::{Amount, Expr, Function, Param, Resource};

/// The charges when the vendor has accepted a call.
#[derive(Debug, Default)]
pub struct Charges<'a> {
    /// Commands that the vendor has taken.
    pub commands: Option<&'a Expr>,
    /// Data that came with the call.
    pub bytes_in: Option<Moved<'a>>,
    /// Data that the vendor has answered.
    pub bytes_out: Option<Moved<'a>>,
}

/// Data in the memory of a parameter.
#[derive(Debug, Clone, Copy)]
pub struct Moved<'a> {
    pub param: &'a Param,
    /// Only if this is not null: without room for its answer a call only asks for the length, and the data is sent again
    /// later.
    pub unless_null: Option<&'a Param>,
}

pub(super) fn of(function: &Function) -> Charges<'_> {
    let bytes_out = memory(function, Resource::BytesOut);
    Charges {
        commands: number(function, Resource::Commands),
        bytes_in: memory(function, Resource::BytesIn).map(|param| Moved { param, unless_null: bytes_out }),
        bytes_out: bytes_out.map(|param| Moved { param, unless_null: None }),
    }
}

pub(super) fn number(function: &Function, resource: Resource) -> Option<&Expr> {
    function.facts.charge.iter().find_map(|(r, amount)| match amount {
        Amount::Number(e) if *r == resource => Some(e),
        _ => None,
    })
}

fn memory(function: &Function, resource: Resource) -> Option<&Param> {
    function.facts.charge.iter().find_map(|(r, amount)| match amount {
        Amount::Memory(param) if *r == resource => function.param(param),
        _ => None,
    })
}
