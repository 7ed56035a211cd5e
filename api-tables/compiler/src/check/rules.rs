//! Rules that take the whole table to check: how shapes, facts and types go together.

use super::shapes::names_objects;
use super::{addresses, descriptors, extensions, fields, mapping, numbers, pieces, polls, work};
use crate::emit::names;
use crate::expr;
use crate::model::{
    Amount, Api, Buffer, Direction, Element, Expr, Field, FieldShape, Function, Len, Param, Payload, Resource, Ret,
    Returned, Scalar, Shape, TypeDef, TypeKind, Until,
};
use crate::plan::{self, About};
use crate::problem::Problems;

/// Checks a model. `whole` says for each function whether all of it could be read; the others are not checked, because they
/// would cause wrong messages.
pub fn check(api: &Api, whole: &[bool], problems: &mut Problems) {
    for ty in api.types.values() {
        counting(api, ty, problems);
        fields::check(api, ty, problems);
        payloads(api, ty, problems);
    }
    for (function, _) in api.functions.iter().zip(whole).filter(|(_, whole)| **whole) {
        same(api, function, problems);
        pointers(api, function, problems);
        callbacks(function, problems);
        tags(api, function, problems);
        lengths(function, problems);
        layouts(function, problems);
        looks(function, problems);
        mapping::check(function, problems);
        replies(api, function, problems);
        answers(function, problems);
        pieces::check(function, problems);
        polls::check(api, function, problems);
        numbers::check(function, problems);
        descriptors::check(function, problems);
        work::check(function, problems);
        demands(api, function, problems);
        costs(function, problems);
        held(function, problems);
        reachable(api, function, problems);
        extensions::newer(api, function, problems);
    }
}

/// Two names of a function have one signature, as the machine sees it.
fn same(api: &Api, function: &Function, problems: &mut Problems) {
    let Some(other) = function.facts.same_as.as_ref().and_then(|name| api.function(name)) else { return };
    let classes = |f: &Function| (f.params.iter().map(|p| class(&p.shape)).collect::<Vec<_>>(), ret_class(api, &f.ret));
    if other.facts.same_as.is_some() || other.facts.unsupported.is_some() {
        let message = format!("`{}` is itself `same_as` or `unsupported`", other.name);
        problems.add(function.span, message, "`same_as` it").help("name the function that has the facts");
    } else if classes(function) != classes(other) {
        let message = format!("`{}` has other parameters or another return type than `{}`", other.name, function.name);
        problems.add(function.span, message, "not the same");
    }
}

/// How a value is passed: by its size and kind, or as an address.
fn class(shape: &Shape) -> String {
    match shape {
        Shape::Value { scalar, .. } => scalar.rust().into(),
        Shape::Struct { ty } => ty.clone(),
        _ => "an address".into(),
    }
}

fn ret_class(api: &Api, ret: &Ret) -> String {
    match ret {
        Ret::Void => String::new(),
        Ret::Value { scalar, .. } => scalar.rust().into(),
        Ret::Status { ty } => names::status_scalar(api, ty).rust().into(),
        Ret::Struct { ty } => ty.clone(),
        Ret::New { .. } | Ret::Mapped { .. } | Ret::Mirror { .. } | Ret::Text { .. } | Ret::Pointer { .. } => {
            "an address".into()
        }
    }
}

/// `#[handle(retain = f)]` and `#[retain(H)] fn f` say the same thing from both ends.
fn counting(api: &Api, ty: &TypeDef, problems: &mut Problems) {
    let TypeKind::Handle { retain, release, .. } = &ty.kind else {
        return;
    };
    for (word, function) in [("retain", retain), ("release", release)] {
        let Some(function) = function.as_ref().and_then(|name| api.function(name)) else {
            continue;
        };
        let fact = if word == "retain" { &function.facts.retain } else { &function.facts.release };
        if fact.as_ref() != Some(&ty.name) {
            let message = format!("`{}` is named to {word} `{}`, and lacks that fact itself", function.name, ty.name);
            let help = format!("write `#[{word}({})]` above it", ty.name);
            problems.add(function.span, message, format!("without `{word}`")).help(help);
        }
    }
}

/// A struct behind a key is plain bytes, or ends with a name to filter by.
fn payloads(api: &Api, ty: &TypeDef, problems: &mut Problems) {
    let (TypeKind::Tagged { variants, .. } | TypeKind::List { variants, .. }) = &ty.kind else {
        return;
    };
    let fields = |name: &str| match api.types.get(name).map(|t| &t.kind) {
        Some(TypeKind::Struct { fields, .. }) => fields.as_slice(),
        _ => &[],
    };
    for variant in variants {
        match &variant.payload {
            Payload::VersionNumbers(name) if !begins_with_number(fields(name)) => {
                problems.add(
                    variant.span,
                    format!("`{name}` does not begin with a version"),
                    "needs a number of 32 bits",
                );
            }
            Payload::NameVersions(name) if !ends_with_name(fields(name)) => {
                let message = format!("`{name}` does not end with a name");
                problems.add(variant.span, message, "needs a `[c_char; n]` at its end");
            }
            Payload::Plain(ty) => {
                let name = ty.trim_matches(['[', ']']);
                if api.holds_handle(name) {
                    let message = format!("a `{name}` holds a handle, and the value of a key crosses as bytes");
                    problems.add(variant.span, message, "not translated");
                }
            }
            _ => {}
        }
    }
}

fn begins_with_number(fields: &[Field]) -> bool {
    matches!(fields.first().map(|f| &f.shape), Some(FieldShape::Scalar(Scalar::U32)))
}

fn ends_with_name(fields: &[Field]) -> bool {
    matches!(fields.last().map(|f| &f.shape), Some(FieldShape::Array(Scalar::I8, _)))
}

/// An address that crossed would be dereferenced in the wrong process, or by a vendor library that trusts it.
fn pointers(api: &Api, function: &Function, problems: &mut Problems) {
    let facts = &function.facts;
    if facts.local || facts.unsupported.is_some() || (facts.custom.shim && facts.custom.worker) {
        return;
    }
    let help = "describe the data, or mark the function `custom`, `local` or `unsupported`";
    for param in &function.params {
        let inner: &[Param] = if let Shape::Callback { params, .. } = &param.shape { params } else { &[] };
        let is_value = matches!(&param.shape, Shape::Struct { ty } if addresses::is_data(api, ty));
        for pointer in std::iter::once(param).filter(|_| !is_value).chain(inner).filter(|p| by_hand(&p.shape)) {
            let unmapped = facts.unmaps.as_ref().is_some_and(|(address, _)| *address == pointer.name);
            if unmapped || facts.withheld.contains(&pointer.name) {
                continue;
            }
            match pointer.shape {
                Shape::Struct { .. } => {
                    let message = "a struct by value that is more than numbers must be served by hand";
                    problems.add(pointer.span, message, "not behind a pointer")
                }
                _ => problems.add(pointer.span, "an address is meaningless in the other process", "a raw pointer"),
            }
            .help(help);
        }
    }
    if let Ret::Pointer { .. } | Ret::Struct { .. } = function.ret {
        problems.add(function.span, "an address is meaningless in the other process", "returns one").help(help);
    }
}

/// Whether generated code cannot pass this.
fn by_hand(shape: &Shape) -> bool {
    matches!(shape, Shape::Pointer | Shape::Struct { .. })
}

/// A callback is identified by its user pointer, so a call has one of each.
fn callbacks(function: &Function, problems: &mut Problems) {
    if function.facts.local || function.facts.unsupported.is_some() {
        return;
    }
    let user_data = |params: &[Param]| params.iter().filter(|p| matches!(p.shape, Shape::UserData)).count();
    let mut count = 0;
    for param in &function.params {
        let Shape::Callback { params, ret, .. } = &param.shape else {
            continue;
        };
        if *ret != Returned::Nothing {
            problems.add(
                param.span,
                "a callback cannot return a value: the worker does not wait for it",
                "returns something",
            );
        }
        count += 1;
        if count > 1 {
            problems.add(param.span, "a call has at most one callback", "one too many");
        }
        if user_data(params) != 1 {
            let message = format!("the callback `{}` needs one `UserData`", param.name);
            problems.add(param.span, message, format!("has {}", user_data(params)));
        }
    }
    if user_data(&function.params) != count {
        let message = format!("`{}` needs one `UserData` if it has a callback, and none otherwise", function.name);
        problems.add(function.span, message, format!("has {}", user_data(&function.params)));
    }
}

/// A value whose type depends on a parameter needs that parameter.
fn tags(api: &Api, function: &Function, problems: &mut Problems) {
    for param in &function.params {
        let Shape::Buffer(Buffer { element: Element::Tagged(name), .. }) = &param.shape else {
            continue;
        };
        let Some(TypeKind::Tagged { tag, .. }) = api.types.get(name).map(|t| &t.kind) else {
            continue;
        };
        let found = function.param(tag).is_some_and(|p| matches!(p.shape, Shape::Value { .. }));
        if !found {
            let message =
                format!("the type of a `{name}` depends on `{tag}`, and `{}` has no such value", function.name);
            problems.add(param.span, message, "of unknown type");
        }
    }
}

/// `&[&[c_char; lengths]; n]`: the lengths are an array of their own.
fn lengths(function: &Function, problems: &mut Problems) {
    for param in &function.params {
        let Shape::Texts { lengths: Some(name), .. } = &param.shape else {
            continue;
        };
        let Some(lengths) = function.param(name) else {
            continue;
        };
        let ok = matches!(
            &lengths.shape,
            Shape::Buffer(Buffer {
                direction: Direction::In,
                element: Element::Scalar { scalar: Scalar::Usize, .. },
                ..
            })
        );
        if !ok {
            problems.add(lengths.span, format!("`{name}` holds the lengths of `{}`", param.name), "not `&[usize; n]`");
        }
    }
}

/// What a layout function is given: `3` for `&[usize; 3]`, `n` for a number, `h` for a handle, `s` for a struct.
const LAYOUT_ARGUMENTS: &[(&str, &str)] =
    &[("rect", "33nn"), ("pixels", "h3nn"), ("image", "ss"), ("image2d", "snnn"), ("image3d", "snnnnn")];

fn layouts(function: &Function, problems: &mut Problems) {
    let params = function.params.iter().filter_map(|p| match &p.shape {
        Shape::Buffer(buffer) => Some((p.span, &buffer.len)),
        _ => None,
    });
    let returned = match &function.ret {
        Ret::Mapped { len } => Some((function.span, len)),
        _ => None,
    };
    for (span, len) in params.chain(returned) {
        let Len::Layout { function: layout, args } = len else { continue };
        let Some((_, wanted)) = LAYOUT_ARGUMENTS.iter().find(|(name, _)| name == layout) else {
            continue;
        };
        for (i, (arg, wanted)) in args.iter().zip(wanted.chars()).enumerate() {
            if !layout_argument(function, arg, wanted) {
                let message = format!("argument {} of `{layout}` has the wrong type", i + 1);
                problems.add(span, message, "of unknown size").help(match wanted {
                    '3' => "it takes a parameter that is `&[usize; 3]`",
                    'h' => "it takes a handle",
                    's' => "it takes a parameter that is a pointer to a struct",
                    _ => "it takes a number",
                });
            }
        }
    }
}

/// What says itself how long it is goes in, and is in use as long as the call.
fn looks(function: &Function, problems: &mut Problems) {
    if let Ret::Mapped { len: Len::Found { function: look, .. } } = &function.ret {
        problems.add(function.span, format!("`{look}` is the length of memory that goes in"), "maps memory");
    }
    for param in &function.params {
        let Shape::Buffer(Buffer { direction, len: Len::Found { function: look, of }, .. }) = &param.shape else {
            continue;
        };
        if *direction != Direction::In || *of != param.name {
            let message = format!("`{look}` looks at the memory whose length it is, which goes in");
            problems.add(param.span, message, "another").help(format!("write `&[c_void; {look}({})]`", param.name));
        }
        if function.facts.until.iter().any(|(name, _)| *name == param.name) {
            let message = format!("memory whose length `{look}` finds is in use as long as the call");
            problems.add(param.span, message, "in use for longer");
        }
    }
}

fn layout_argument(function: &Function, arg: &Expr, wanted: char) -> bool {
    let shape = match arg {
        Expr::Param(name) => function.param(name).map(|p| &p.shape),
        _ => None,
    };
    match (shape, wanted) {
        (Some(Shape::Handle { .. }), wanted) => wanted == 'h',
        (Some(Shape::Value { .. }) | None, wanted) => wanted == 'n',
        (Some(Shape::Buffer(buffer)), '3') => {
            matches!(buffer.element, Element::Scalar { scalar: Scalar::Usize, .. })
                && matches!(buffer.len, Len::Count(Expr::Int(3)))
        }
        (Some(Shape::Buffer(buffer)), 's') => matches!(buffer.element, Element::Struct(_)),
        (Some(Shape::Buffer(buffer)), 'n') => {
            matches!(buffer.element, Element::Scalar { .. }) && matches!(buffer.len, Len::One)
        }
        _ => false,
    }
}

/// A one-way call has no reply, so its only outputs are those that the shim makes itself (a new handle, a success) and
/// data that comes later with an event.
fn replies(api: &Api, function: &Function, problems: &mut Problems) {
    let Some(oneway) = &function.facts.oneway else {
        return;
    };
    let later = |p: &Param| function.facts.until.iter().any(|(name, _)| *name == p.name);
    let status = |ty: &str| matches!(api.types.get(ty).map(|t| &t.kind), Some(TypeKind::Status { .. }));
    if function.facts.custom.shim {
        return;
    }
    for param in &function.params {
        let Shape::Buffer(buffer) = &param.shape else {
            continue;
        };
        let made = match &buffer.element {
            Element::New(_) => true,
            Element::Scalar { ty, .. } => status(ty),
            _ => false,
        };
        if buffer.direction != Direction::In && !made && !later(param) {
            let message = format!("`{}` does not wait, so `{}` would stay empty", function.name, param.name);
            problems
                .add(param.span, message, "comes out of a oneway call")
                .help(format!("write `#[until({} = event)]` if the data comes with an event", param.name));
        }
    }
    // Of memory by its address everybody is told who waits.
    let is_of_memory = !function.facts.extents.is_empty() || function.facts.frees.is_some();
    if !is_of_memory && !function.params.iter().any(|p| names_objects(&p.shape)) {
        let message = format!("`{}` does not wait, so its failure could not be reported", function.name);
        problems.add(function.span, message, "about no object");
    }
    if oneway.unless.is_none() && matches!(function.ret, Ret::Value { .. } | Ret::Pointer { .. }) {
        let message = format!("`{}` does not wait, so it cannot return a value", function.name);
        problems.add(function.span, message, "oneway");
    }
}

/// An answer by key, which is translated, is bytes, whose number the function returns.
fn answers(function: &Function, problems: &mut Problems) {
    let help = "an answer is `value: Out<[T; size]>`, T tagged or `c_void`, with `#[written(value = size_ret)]`";
    let by_hand = function.facts.local || function.facts.unsupported.is_some() || function.facts.custom.worker;
    let keyed = function.params.iter().find(|p| {
        matches!(&p.shape, Shape::Buffer(b) if b.direction == Direction::Out && matches!(b.element, Element::Tagged(_)))
    });
    if let Some(param) = keyed.filter(|_| !by_hand)
        && function.answer().is_none_or(|(answer, ..)| answer.name != param.name)
    {
        let message = format!("the length of the answer in `{}` is missing", param.name);
        problems.add(param.span, message, "by key").help(help);
    }
}

/// The condition of `refuse` is computed by the generated server, and the call is refused with the status of a handle.
fn demands(api: &Api, function: &Function, problems: &mut Problems) {
    let Some(demand) = &function.facts.refuse_unless else { return };
    if !matches!(plan::about(function), Some(About::Handle(_))) {
        let message = "a call can only be refused with the `invalid` of the handle that it is about";
        problems.add(function.span, message, "about none");
    }
    if function.facts.custom.worker || function.facts.beside.is_some() {
        problems.add(function.span, "a function that the worker serves by hand must refuse by hand", "by hand");
    }
    asks(api, function, demand, problems);
}

/// The functions that an expression calls are the vendor library's own, return numbers, and take these arguments.
fn asks(api: &Api, function: &Function, e: &Expr, problems: &mut Problems) {
    let (name, args) = match e {
        Expr::Ask(name, args) => (name, args),
        Expr::Binary(_, a, b) => return [a, b].into_iter().for_each(|e| asks(api, function, e, problems)),
        Expr::Call(_, args) => return args.iter().for_each(|e| asks(api, function, e, problems)),
        Expr::Int(_) | Expr::Const(..) | Expr::Param(_) => return,
    };
    let Some(asked) = api.function(name) else { return };
    let facts = &asked.facts;
    let exported = !facts.local && facts.unsupported.is_none() && facts.extension.is_none() && facts.beside.is_none();
    let takes = |(asked, given): (&Param, &String)| match (&asked.shape, function.param(given).map(|p| &p.shape)) {
        (Shape::Handle { ty: asked, .. }, Some(Shape::Handle { ty: given, null: false })) => {
            asked == given && names::is_opaque(api, given)
        }
        (Shape::Value { scalar: asked, .. }, Some(Shape::Value { scalar: given, .. })) => asked == given,
        _ => false,
    };
    if !exported || !matches!(asked.ret, Ret::Value { .. } | Ret::Mirror { .. }) {
        let message = format!("`{name}` is not a function of the vendor's library that returns a number");
        problems.add(function.span, message, "asks it");
    } else if asked.params.len() != args.len() || !asked.params.iter().zip(args).all(takes) {
        let message = format!("`{name}` has other parameters than `{e}` passes");
        problems
            .add(function.span, message, "asks it")
            .help("the vendor's function gets an `Opaque` handle that is never null, or a number");
    }
}

/// The generated server charges a call's costs, because it knows the object that the function returns. A function that
/// the worker serves by hand charges data itself.
fn costs(function: &Function, problems: &mut Problems) {
    let by_hand = function.facts.custom.worker || function.facts.beside.is_some();
    for (resource, amount) in &function.facts.charge {
        let constant = matches!(amount, Amount::Number(e) if expr::eval(e).is_some());
        let is_somebodys = matches!(function.ret, Ret::New { .. }) || function.facts.allots.is_some();
        if *resource == Resource::DeviceMemory && !is_somebodys {
            let message =
                "`device_memory` is charged to the object that the function returns, or to a number that it `allots`";
            problems.add(function.span, message, "neither").help("write `-> New<H>`, or `allots(p)`");
        } else if by_hand && !(*resource == Resource::Commands && constant) {
            let message = "a function that the worker serves by hand must charge this itself";
            problems
                .add(function.span, message, "by hand")
                .help("the table can charge a constant number of `commands`");
        }
    }
}

/// Memory stays in use with the object that the function returns: only the object's release shows the end of the use.
fn held(function: &Function, problems: &mut Problems) {
    let released = function.facts.until.iter().filter(|(_, until)| *until == Until::Released);
    for param in released.filter_map(|(name, _)| function.param(name)) {
        if matches!(param.shape, Shape::Buffer(_)) && !matches!(function.ret, Ret::New { .. }) {
            let message = "the memory is in use until the returned object is released";
            problems.add(param.span, message, "returns none").help("write `-> New<H>`, or keep the memory by hand");
        }
    }
}

/// An extension function is reached through the function that looks others up.
fn reachable(api: &Api, function: &Function, problems: &mut Problems) {
    if let Some(formerly) = function.facts.formerly.as_ref().and_then(|name| api.function(name))
        && (formerly.facts.extension.is_none() || formerly.params.len() != function.params.len())
    {
        let message = format!("`{}` is not an extension function with the same parameters", formerly.name);
        problems.add(function.span, message, "another signature");
    }
    if let Some(extension) = &function.facts.extension
        && api.lookup.is_none()
    {
        problems
            .add(
                function.span,
                format!("`{}` of {extension} cannot be reached", function.name),
                "an extension function",
            )
            .help("write `#![lookup(f)]`, where f makes the addresses of extension functions known");
    }
}
