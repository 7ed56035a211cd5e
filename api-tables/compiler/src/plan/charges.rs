//! The charges of a call.

use crate::model::{Amount, Buffer, Element, Expr, Function, Param, Resource, Shape};

/// The charges when the vendor has accepted a call.
#[derive(Debug, Default)]
pub struct Charges<'a> {
    /// Commands that the vendor has taken.
    pub commands: Option<&'a Expr>,
    /// Data that came with the call.
    pub bytes_in: Option<Moved<'a>>,
    /// Data that the vendor has answered.
    pub bytes_out: Option<Moved<'a>>,
    /// The number that stands for the device memory which the call allots, and how much that is.
    pub allots: Option<(Number<'a>, &'a Expr)>,
    /// The number whose device memory the call gives back.
    pub frees: Option<Number<'a>>,
    /// The handle of the kernel that the call launches.
    pub launches: Option<&'a Param>,
}

/// A number that stands for device memory: the parameter, and the name of its type.
#[derive(Debug, Clone, Copy)]
pub struct Number<'a> {
    pub param: &'a Param,
    pub of: &'a str,
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
        allots: number_in(function, function.facts.allots.as_deref())
            .and_then(|place| Some((place, number(function, Resource::DeviceMemory)?))),
        frees: number_in(function, function.facts.frees.as_deref()),
        launches: function.facts.launches.as_ref().and_then(|kernel| function.param(kernel)),
    }
}

fn number_in<'a>(function: &'a Function, name: Option<&str>) -> Option<Number<'a>> {
    let param = function.param(name?)?;
    match &param.shape {
        Shape::Value { ty, .. } | Shape::Buffer(Buffer { element: Element::Scalar { ty, .. }, .. }) => {
            Some(Number { param, of: ty })
        }
        _ => None,
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
