//! Structs that say which one they are: `says`.

use super::names::{Names, range};
use crate::attr::{Attr, Pair};
use crate::expr;
use crate::model::{Api, Buffer, Direction, Element, Field, FieldShape, Memory, Says, Scalar, Shape, TypeKind};
use crate::problem::Problems;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// `#[says(field = NUMBER, otherwise = STATUS)]`
pub fn read(attr: &Attr, fields: &[Field], names: &Names, problems: &mut Problems) -> Option<Says> {
    let pairs = attr.pairs(problems);
    let (said, otherwise): (Vec<&Pair<'_>>, Vec<&Pair<'_>>) = pairs.iter().partition(|pair| pair.key != "otherwise");
    let ([said], [otherwise]) = (said.as_slice(), otherwise.as_slice()) else {
        problems
            .add(attr.span, "a struct says which one it is in one field, and is refused with a status", "incomplete")
            .help("write `#[says(field = NUMBER, otherwise = STATUS)]`");
        return None;
    };
    let (field, value) = (said.key.unraw().to_string(), expr::constant(said.value, names, problems)?);
    let otherwise = expr::constant_i64(otherwise.value, names, problems)?;
    match fields.iter().find(|known| known.name == field).map(|known| &known.shape) {
        Some(FieldShape::Scalar(scalar)) if in_range(*scalar, value) => Some(Says { field, value, otherwise }),
        Some(FieldShape::Scalar(_)) => {
            problems.add(said.value.span(), format!("the value does not fit `{field}`"), format!("is {value}"));
            None
        }
        _ => {
            let known = fields.iter().filter(|known| matches!(known.shape, FieldShape::Scalar(_)));
            problems
                .add(said.key.span(), format!("the struct has no number `{field}`"), "unknown field")
                .near(&field, known.map(|known| known.name.as_str()));
            None
        }
    }
}

fn in_range(scalar: Scalar, value: i128) -> bool {
    let (low, high) = range(scalar);
    (low..=high).contains(&value)
}

/// Only what goes in can say something. `whole` says of each function whether all of it could be read.
pub fn check(api: &Api, whole: &[bool], problems: &mut Problems) {
    let incomplete = api.functions.iter().zip(whole).any(|(f, whole)| !whole && f.twin_of.is_none());
    for ty in api.types.values().filter(|_| !incomplete) {
        if matches!(ty.kind, TypeKind::Struct { says: Some(_), .. }) && !goes_in(api, &ty.name) {
            let message = format!("no function takes a `{}`, which is to say that it is one", ty.name);
            problems.add(ty.span, message, "only comes out").help("write `&S` or `&mut S` where it goes in");
        }
    }
}

fn goes_in(api: &Api, name: &str) -> bool {
    let is = |element: &Element| matches!(element, Element::Struct(of) if of == name);
    let mut params = api.functions.iter().flat_map(|f| &f.params);
    let passed = params.any(|p| match &p.shape {
        Shape::Buffer(Buffer { direction, element, .. }) => *direction != Direction::Out && is(element),
        _ => false,
    });
    passed
        || api.types.values().any(|ty| match &ty.kind {
            TypeKind::Struct { fields, .. } => fields.iter().any(|field| match &field.shape {
                FieldShape::Memory(Memory { element, .. }) => is(element),
                _ => false,
            }),
            _ => false,
        })
}
