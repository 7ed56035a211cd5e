//! Rules about fields whose length or type other fields say.

use crate::model::{Api, Element, FieldShape, Payload, TypeDef, TypeKind};
use crate::problem::Problems;

pub fn check(api: &Api, ty: &TypeDef, problems: &mut Problems) {
    memory(api, ty, problems);
    unions(api, ty, problems);
}

/// The length and the type of memory that a struct points to are numbers in the same struct.
fn memory(api: &Api, ty: &TypeDef, problems: &mut Problems) {
    let TypeKind::Struct { fields, .. } = &ty.kind else { return };
    let number = |name: &str| fields.iter().any(|f| f.name == name && matches!(f.shape, FieldShape::Scalar(_)));
    for field in fields {
        let FieldShape::Memory(memory) = &field.shape else { continue };
        if !number(&memory.len) {
            let message = format!("`{}` is not a number in `{}`", memory.len, ty.name);
            problems.add(ty.span, message, format!("of unknown length: `{}`", field.name));
        }
        if let Element::Tagged(name) = &memory.element
            && let Some(TypeKind::Tagged { tag, otherwise, .. }) = api.types.get(name).map(|t| &t.kind)
        {
            if !number(tag) {
                let message =
                    format!("the type of a `{name}` depends on `{tag}`, and `{}` has no such number", ty.name);
                problems.add(ty.span, message, format!("of unknown type: `{}`", field.name));
            }
            if otherwise.is_some() {
                let message = format!("a struct's memory under a key that `{name}` does not list is plain bytes");
                problems.add(ty.span, message, "`otherwise` is not allowed here");
            }
        }
    }
}

/// The part of a union is said by a number in the same struct, and is a handle or plain.
fn unions(api: &Api, ty: &TypeDef, problems: &mut Problems) {
    let TypeKind::Struct { fields, .. } = &ty.kind else { return };
    for field in fields {
        let FieldShape::Union { keys, .. } = &field.shape else { continue };
        let Some(TypeKind::Tagged { tag, otherwise, variants }) = api.types.get(keys).map(|t| &t.kind) else {
            continue;
        };
        if !fields.iter().any(|f| f.name == *tag && matches!(f.shape, FieldShape::Scalar(_))) {
            let message = format!("the part of a `{keys}` depends on `{tag}`, and `{}` has no such number", ty.name);
            problems.add(ty.span, message, format!("of unknown type: `{}`", field.name));
        }
        if otherwise.is_some() {
            let message = format!("a union is null under a key that `{keys}` does not list");
            problems.add(ty.span, message, "`otherwise` is not allowed here");
        }
        let is_part = |payload: &Payload| matches!(payload, Payload::Handle(_) | Payload::Plain(_));
        for variant in variants.iter().filter(|variant| !is_part(&variant.payload)) {
            problems.add(variant.span, "a part of a union is a handle or plain", format!("of `{}`", field.name));
        }
    }
}
