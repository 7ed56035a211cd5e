//! Rules about addresses in structs and attributes: none crosses untranslated.

use crate::model::{
    Api, Buffer, Direction, Element, Field, FieldShape, Function, Memory, Param, Payload, Shape, TypeDef, TypeKind,
};
use crate::problem::Problems;

/// Checks a model. `whole` says of each function whether all of it could be read.
pub fn check(api: &Api, whole: &[bool], problems: &mut Problems) {
    function_list(api, problems);
    for ty in api.types.values() {
        memory(api, ty, problems);
    }
    for (function, _) in api.functions.iter().zip(whole).filter(|(_, whole)| **whole) {
        withheld(function, problems);
        given(api, function, problems);
        let facts = &function.facts;
        if facts.local || facts.unsupported.is_some() || (facts.custom.shim && facts.custom.worker) {
            continue;
        }
        for param in &function.params {
            match &param.shape {
                Shape::Buffer(buffer) => values(api, param, buffer, problems),
                Shape::Callback { params, .. } => arguments(api, params, problems),
                _ => {}
            }
        }
    }
}

/// The function list is the shim's own.
fn function_list(api: &Api, problems: &mut Problems) {
    let Some(function) = api.function_list.as_ref().and_then(|name| api.function(name)) else { return };
    if !function.facts.local || !matches!(function.params.as_slice(), [Param { shape: Shape::Pointer, .. }]) {
        let message = format!("`{}` returns the list of functions, so it must be served by hand", function.name);
        problems
            .add(function.span, message, "named by `functions`")
            .help("mark it `local`, and give it one raw pointer, to which the address of the struct is written");
    }
    if api.listed.is_none() {
        let message = format!("nothing says what the struct begins with that `{}` hands out", function.name);
        problems
            .add(function.span, message, "named by `functions`")
            .help("write `#![listed(version = \"2.40\", invalid = STATUS)]`");
    }
}

/// The memory that a struct points to is translated like the struct.
fn memory(api: &Api, ty: &TypeDef, problems: &mut Problems) {
    for field in fields(api, &ty.name) {
        if let FieldShape::Memory(Memory { element: Element::Struct(led), .. }) = &field.shape
            && is_bare(api, led)
        {
            let message = format!("a `{led}` holds an address that nothing translates");
            problems.add(ty.span, message, format!("`{}` points to it", field.name));
        }
    }
}

/// Only an address can be replaced by null.
fn withheld(function: &Function, problems: &mut Problems) {
    let withheld = |param: &&Param| function.facts.withheld.contains(&param.name);
    for param in function.params.iter().filter(withheld).filter(|p| !matches!(p.shape, Shape::Pointer)) {
        problems
            .add(param.span, format!("`{}` is `withheld` and not a raw pointer", param.name), "not an address")
            .help("a `withheld` parameter is an address: `*mut T`");
    }
}

/// What the worker makes takes the place of something withheld, and its fields are numbers of a struct of the table.
fn given(api: &Api, function: &Function, problems: &mut Problems) {
    for given in &function.facts.given {
        let number = |name: &String| {
            fields(api, &given.of).iter().any(|f| f.name == *name && matches!(f.shape, FieldShape::Scalar(_)))
        };
        if !function.facts.withheld.contains(&given.param) {
            let message = format!("`{}` is given something else, and crosses too", given.param);
            problems.add(function.span, message, "not withheld").help(format!("write `#[withheld({})]`", given.param));
        }
        for (name, _) in given.fields.iter().filter(|(name, _)| !number(name)) {
            let message = format!("`{name}` is no number in a struct `{}`", given.of);
            problems.add(function.span, message, "given");
        }
    }
}

/// A struct that points to more memory is translated where it goes in, alone or in an array.
fn values(api: &Api, param: &Param, buffer: &Buffer, problems: &mut Problems) {
    match &buffer.element {
        Element::Struct(ty) if is_bare(api, ty) => {
            problems
                .add(param.span, format!("a `{ty}` holds an address that nothing translates"), "would cross")
                .help("mark the function `custom`, `local` or `unsupported`");
        }
        Element::Struct(ty) if buffer.direction == Direction::Out && leads_on(api, ty) => {
            let message =
                format!("a `{ty}` points to other memory, and in an output alone that memory is not the program's");
            problems
                .add(param.span, message, "comes out")
                .help("write `&mut` if the program says where that memory is");
        }
        Element::Struct(ty) if buffer.direction == Direction::InOut && api.holds_handle(ty) => {
            problems
                .add(
                    param.span,
                    format!("a `{ty}` holds a handle, which is translated where it goes in or comes out, and not both"),
                    "goes in and comes out",
                )
                .help("mark the function `custom`, `local` or `unsupported`");
        }
        Element::Tagged(ty) => keys(api, param, buffer.direction, ty, problems),
        _ => {}
    }
}

/// The values of these keys are in a parameter, not in what a struct points to.
fn keys(api: &Api, param: &Param, direction: Direction, ty: &str, problems: &mut Problems) {
    let Some(TypeKind::Tagged { variants, otherwise, .. }) = api.types.get(ty).map(|t| &t.kind) else { return };
    if otherwise.is_none() {
        problems
            .add(param.span, format!("the table does not say what happens to keys that `{ty}` does not list"), "without `otherwise`")
            .help("write `#[tag(param, otherwise = STATUS)]`: such keys return it, because their values may hold addresses");
    }
    for variant in variants {
        match &variant.payload {
            Payload::Plain(plain) if leads_on(api, name_in(plain)) || is_bare(api, name_in(plain)) => {
                let message = format!(
                    "the value of a key crosses as bytes, and that of `{}` points to other memory",
                    variant.key
                );
                problems.add(param.span, message, format!("may be a `{ty}`"));
            }
            Payload::Refused(_) | Payload::Plain(_) => {}
            _ if direction == Direction::In => {
                let message = format!("an input by key is plain data, and `{}` is not", variant.key);
                problems.add(param.span, message, format!("may be a `{ty}`"));
            }
            _ => {}
        }
    }
}

/// The arguments of a callback come from the worker.
fn arguments(api: &Api, params: &[Param], problems: &mut Problems) {
    for param in params {
        if let Shape::Buffer(Buffer { element: Element::Struct(ty), .. }) = &param.shape
            && (leads_on(api, ty) || is_bare(api, ty) || api.holds_handle(ty))
        {
            let message = format!("a `{ty}` points to memory or names an object, and both stay in the worker");
            problems.add(param.span, message, "given to a callback");
        }
    }
}

/// `S` of `[S]`.
fn name_in(payload: &str) -> &str {
    payload.trim_matches(['[', ']'])
}

fn leads_on(api: &Api, ty: &str) -> bool {
    fields(api, ty).iter().any(|field| matches!(field.shape, FieldShape::Memory(_)))
}

/// Whether a struct has an address in it, or of a struct in place anything that is translated only in a struct by itself.
fn is_bare(api: &Api, ty: &str) -> bool {
    let translated = |f: &Field| f.shape.is_handle() || matches!(f.shape, FieldShape::Memory(_));
    fields(api, ty).iter().any(|field| match &field.shape {
        FieldShape::Address | FieldShape::Pointer(_) | FieldShape::Tail { .. } => true,
        FieldShape::Struct(inner) => is_bare(api, inner) || fields(api, inner).iter().any(translated),
        _ => false,
    })
}

/// Whether a struct is numbers only, so that it means the same in both processes.
pub fn is_data(api: &Api, ty: &str) -> bool {
    let fields = fields(api, ty);
    !fields.is_empty()
        && fields.iter().all(|field| match &field.shape {
            FieldShape::Scalar(_) | FieldShape::Array(..) => true,
            FieldShape::Struct(inner) => is_data(api, inner),
            _ => false,
        })
}

fn fields<'a>(api: &'a Api, ty: &str) -> &'a [Field] {
    match api.types.get(ty).map(|t| &t.kind) {
        Some(TypeKind::Struct { fields, .. }) => fields,
        _ => &[],
    }
}
