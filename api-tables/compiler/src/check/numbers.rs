//! Facts of numbers that stand for device memory: `allots` and `frees`.

use crate::attr::Attr;
use crate::expr::Scope;
use crate::model::{Buffer, Direction, Element, Function, Len, Param, Resource, Shape};
use crate::problem::Problems;

/// `allots(p)`: one number comes out through p.
pub fn allotted(attr: &Attr, params: &[Param], scope: &Scope<'_>, problems: &mut Problems) -> Option<String> {
    let comes_out = |shape: &Shape| matches!(shape, Shape::Buffer(buffer) if is_number(buffer));
    named(attr, params, scope, comes_out, "a number that comes out", problems)
}

/// `frees(p)`: p is a number.
pub fn freed(attr: &Attr, params: &[Param], scope: &Scope<'_>, problems: &mut Problems) -> Option<String> {
    let goes_in = |shape: &Shape| matches!(shape, Shape::Value { .. });
    named(attr, params, scope, goes_in, "a number that goes in", problems)
}

fn is_number(Buffer { direction, element, len, .. }: &Buffer) -> bool {
    matches!((direction, element, len), (Direction::Out, Element::Scalar { .. }, Len::One))
}

fn named(
    attr: &Attr,
    params: &[Param],
    scope: &Scope<'_>,
    fits: impl Fn(&Shape) -> bool,
    what: &str,
    problems: &mut Problems,
) -> Option<String> {
    let name = attr.name(problems)?;
    let param = scope.param(&name.to_string(), name.span(), problems)?.name.clone();
    if !params.iter().any(|p| p.name == param && fits(&p.shape)) {
        problems.add(name.span(), format!("`{}` is about {what}", attr.word), "none");
    }
    Some(param)
}

/// Memory is counted by the call that the vendor has answered; how much it is the table says.
pub fn check(function: &Function, problems: &mut Problems) {
    let facts = &function.facts;
    let is_charged = facts.charge.iter().any(|(resource, _)| *resource == Resource::DeviceMemory);
    if facts.allots.is_some() && !is_charged {
        let message = format!("`{}` allots memory, and does not say how much", function.name);
        problems.add(function.span, message, "how much").help("write `charge(device_memory = e)`");
    }
    let by_hand = facts.custom.worker || facts.beside.is_some();
    if by_hand && (facts.allots.is_some() || facts.frees.is_some() || facts.sweeps) {
        let message = "a function that the worker serves by hand must count device memory itself";
        problems.add(function.span, message, "by hand");
    }
}
