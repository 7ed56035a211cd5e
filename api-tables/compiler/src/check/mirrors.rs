//! Rules about mirrored structs and their facts.

use super::names::{self, Kind};
use crate::attr::{self, Attr};
use crate::expr::{self, Scope};
use crate::model::{
    Answers, Api, Array, ArrayWork, Field, FieldShape, Function, Param, Pointee, Ret, Scalar, Shape, Step, TypeDef,
    TypeKind,
};
use crate::problem::Problems;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Member};

/// `answers(p.a.b[i], otherwise = e)`, or `answers(out = p.a.b[i], otherwise = e)`.
pub fn answers(attr: &Attr, params: &[Param], scope: &Scope<'_>, problems: &mut Problems) -> Option<Answers> {
    let Some((first, rest)) = attr.args.split_first() else {
        problems.add(attr.span, "`answers` does not name the field of the answer", "needs a field");
        return None;
    };
    let otherwise = match rest {
        [] => 0,
        [Expr::Assign(assign)] if attr::ident(&assign.left).is_some_and(|key| key == "otherwise") => {
            expr::constant(&assign.right, scope.names, problems)?
        }
        [other, ..] => {
            problems.add(other.span(), "`answers` takes a field, and `otherwise = …`", "neither");
            return None;
        }
    };
    let (out, path) = match first {
        Expr::Assign(assign) => {
            let out = attr::ident(&assign.left)?;
            let name = scope.param(&out.unraw().to_string(), out.span(), problems)?.name.clone();
            if !params.iter().any(|p| p.name == name && matches!(p.shape, Shape::Pointer)) {
                problems.add(out.span(), "an answer is written through a raw pointer", "not a raw pointer");
            }
            (Some(name), &*assign.right)
        }
        path => (None, path),
    };
    let mut steps = Vec::new();
    let param = walk(path, scope, &mut steps, problems)?;
    if !params.iter().any(|p| p.name == param && matches!(p.shape, Shape::Mirror { .. })) {
        problems
            .add(path.span(), format!("`{param}` is not a struct with `mirror`"), "no mirror")
            .help("write `p: &S`, where S is a struct with `mirror`");
        return None;
    }
    Some(Answers { out, param, steps, otherwise })
}

/// `array(create, S)`
pub fn array(attr: &Attr, scope: &Scope<'_>, problems: &mut Problems) -> Option<Array> {
    let names = attr.names(problems);
    let [work, of] = names.as_slice() else {
        problems
            .add(attr.span, "`array` takes what the function does, and a struct", format!("has {}", names.len()))
            .help("write `#[array(create, S)]`");
        return None;
    };
    let word = work.to_string();
    let Some((_, does)) = ArrayWork::ALL.iter().find(|(known, _)| *known == word) else {
        problems
            .add(work.span(), format!("nothing is done with arrays that is called `{word}`"), "unknown")
            .near(&word, ArrayWork::ALL.iter().map(|(known, _)| *known));
        return None;
    };
    let text = of.to_string();
    match scope.names.kind(&text, of.span(), problems)? {
        Kind::Struct => Some(Array { does: *does, of: text }),
        _ => {
            problems.add(of.span(), format!("`{text}` is no struct"), "not an array");
            None
        }
    }
}

/// An array is a struct that ends with its elements, and the function takes what its work does.
fn arrays(api: &Api, function: &Function, problems: &mut Problems) {
    let Some(Array { does, of }) = &function.facts.array else { return };
    let ends = match api.types.get(of).map(|t| &t.kind) {
        Some(TypeKind::Struct { fields, .. }) => {
            matches!(fields.last().map(|f| &f.shape), Some(FieldShape::Tail { .. }))
        }
        _ => false,
    };
    if !ends {
        problems
            .add(function.span, format!("`{of}` does not end with elements"), "no array")
            .help("its last field is `[T; n]`, and n another field");
    }
    let takes: String = function
        .params
        .iter()
        .map(|p| match p.shape {
            Shape::Value { .. } => 'n',
            Shape::Pointer => 'p',
            _ => '?',
        })
        .collect();
    if takes != does.takes() {
        let message = format!("`{}` does not take what `{}` needs", function.name, does.word());
        problems.add(function.span, message, "other arguments");
    }
}

/// The parameter that a path begins with; its steps go to `steps`.
fn walk(path: &Expr, scope: &Scope<'_>, steps: &mut Vec<Step>, problems: &mut Problems) -> Option<String> {
    match path {
        Expr::Field(field) => {
            let param = walk(&field.base, scope, steps, problems)?;
            if let Member::Named(name) = &field.member {
                steps.push(Step::Field(name.unraw().to_string()));
                return Some(param);
            }
        }
        Expr::Index(index) => {
            let param = walk(&index.expr, scope, steps, problems)?;
            if let Some(name) = attr::ident(&index.index) {
                let known = scope.param(&name.to_string(), name.span(), problems)?;
                steps.push(Step::Index(known.name.clone()));
                return Some(param);
            }
        }
        other => {
            if let Some(name) = attr::ident(other) {
                return Some(scope.param(&name.unraw().to_string(), name.span(), problems)?.name.clone());
            }
        }
    }
    problems.add(path.span(), "an answer is a field: `p.field.field[index]`", "not a field");
    None
}

/// Checks a model. `whole` says of each function whether all of it could be read.
pub fn check(api: &Api, whole: &[bool], problems: &mut Problems) {
    let mut mirrors = 0;
    for ty in api.types.values() {
        let TypeKind::Struct { fields, mirror, .. } = &ty.kind else { continue };
        tails(api, ty, fields, problems);
        if let Some(mirror) = mirror {
            mirrors += 1;
            let one_too_many = (mirrors > 1).then(|| "an API has at most one struct with `mirror`".to_owned());
            let is_flag = |name: &String| fields.iter().any(|f| f.name == *name && number(f, &[Scalar::U8]));
            let input = mirror.input.iter().find(|name| !is_flag(name));
            let input = input.map(|name| format!("`{name}` is not a `bool` field of `{}`", ty.name));
            for message in one_too_many.into_iter().chain(input).chain(contents(ty, fields)) {
                problems.add(ty.span, message, "a mirror");
            }
        }
    }
    for (function, _) in api.functions.iter().zip(whole).filter(|(_, whole)| **whole) {
        answer(api, function, problems);
        named(function, problems);
        arrays(api, function, problems);
        if function.facts.input.is_some() && !matches!(function.ret, Ret::Mirror { .. }) {
            let message = format!("`{}` does not return a mirror that could be an input", function.name);
            problems.add(function.span, message, "`input`");
        }
    }
}

/// A call that returns a mirror is stored, and repeated to ask the vendor again.
fn named(function: &Function, problems: &mut Problems) {
    let by_hand = function.facts.local || function.facts.unsupported.is_some();
    if !matches!(function.ret, Ret::Mirror { .. }) || by_hand {
        return;
    }
    let is_kept = |p: &&Param| matches!(p.shape, Shape::Value { .. } | Shape::Handle { .. } | Shape::Text { .. });
    for param in function.params.iter().filter(|p| !is_kept(p)) {
        let message = format!("`{}` names a mirror, so it is called again with the same arguments", function.name);
        problems.add(param.span, message, "not a number, handle or text");
    }
    if !matches!(function.params.first().map(|p| &p.shape), Some(Shape::Handle { null: false, .. })) {
        let message = format!("`{}` names a mirror, and does not get the object that owns it", function.name);
        problems.add(function.span, message, "its first parameter is not an object");
    }
}

fn number(field: &Field, scalars: &[Scalar]) -> bool {
    matches!(field.shape, FieldShape::Scalar(scalar) if scalars.contains(&scalar))
}

/// Which fields a mirror must have, and which it must not have.
fn contents(ty: &TypeDef, fields: &[Field]) -> Option<String> {
    let data: Vec<_> = fields
        .iter()
        .filter_map(|f| match &f.shape {
            FieldShape::Pointer(Pointee::Data { len }) => Some(len),
            _ => None,
        })
        .collect();
    let name = &ty.name;
    let [len] = data.as_slice() else {
        return Some(format!("`{name}` needs one `Option<&mut [c_void; n]>`, and has {}", data.len()));
    };
    if !fields.iter().any(|f| f.name == **len && number(f, &[Scalar::Usize, Scalar::U64])) {
        return Some(format!("`{len}` is not a field of `{name}` with a number of 8 bytes"));
    }
    let is_else =
        |f: &&Field| matches!(f.shape, FieldShape::Handle(_) | FieldShape::Union { .. } | FieldShape::Memory(_));
    let handle = fields.iter().find(is_else);
    handle.map(|f| format!("`{}` is not allowed in a struct with `mirror`", f.name))
}

/// The array at a struct's end is counted by a number of 4 bytes; shared memory is only in the mirror itself.
fn tails(api: &Api, ty: &TypeDef, fields: &[Field], problems: &mut Problems) {
    let mut wrong = |message: String| {
        problems.add(ty.span, message, "an image of it cannot be made");
    };
    for (i, field) in fields.iter().enumerate() {
        match &field.shape {
            FieldShape::Tail { len, .. } => {
                if i + 1 < fields.len() {
                    wrong(format!("`{}` is not the last field", field.name));
                }
                if !fields.iter().any(|f| f.name == *len && number(f, &[Scalar::I32, Scalar::U32])) {
                    wrong(format!("`{len}` is not a field of `{}` with a number of 4 bytes", ty.name));
                }
            }
            FieldShape::Pointer(Pointee::Keyed(keys)) => {
                if let Some(TypeKind::Tagged { tag, .. }) = api.types.get(keys).map(|t| &t.kind)
                    && !fields.iter().any(|f| f.name == *tag && matches!(f.shape, FieldShape::Scalar(_)))
                {
                    wrong(format!("the type behind `{}` depends on `{tag}`, and there is no such number", field.name));
                }
            }
            FieldShape::Pointer(Pointee::Data { .. }) if matches!(ty.kind, TypeKind::Struct { mirror: None, .. }) => {
                wrong(format!("`{}` is shared memory, and a struct with `mirror` points to it", field.name));
            }
            _ => {}
        }
    }
}

/// An answer is a field of the type that the function answers with.
fn answer(api: &Api, function: &Function, problems: &mut Problems) {
    let Some(answers) = &function.facts.answers else { return };
    let Some(Shape::Mirror { ty }) = function.param(&answers.param).map(|p| &p.shape) else { return };
    let mut at = End::Struct(ty.clone());
    for step in &answers.steps {
        let next = match (&at, step) {
            (End::Struct(ty), Step::Field(name)) => field(api, ty, name),
            (End::Tail(scalar), Step::Index(_)) => Some(End::Number(*scalar)),
            _ => None,
        };
        let Some(next) = next else {
            let step = match step {
                Step::Field(name) | Step::Index(name) => name,
            };
            problems.add(function.span, format!("`{step}` does not point to a field"), "without an answer");
            return;
        };
        at = next;
    }
    let fits = match (&answers.out, &function.ret, &at) {
        (Some(out), Ret::Status { .. }, End::Number(scalar)) => {
            let place = function.param(out).and_then(|p| names::scalar_of_c(p.c_type.strip_suffix(" *")?));
            place == Some(*scalar)
        }
        (None, Ret::Value { .. } | Ret::Status { .. }, End::Number(_)) => true,
        (None, Ret::Pointer { .. }, End::Address) => true,
        (None, Ret::Pointer { .. }, End::Struct(_)) => answers.steps.len() > 1,
        (None, Ret::Struct { ty }, End::Struct(found)) => ty == found,
        _ => false,
    };
    if !fits {
        let message = format!("`{}` does not return the type of that field", function.name);
        problems.add(function.span, message, "another answer");
    }
}

/// The position in a path to a field.
enum End {
    Number(Scalar),
    Address,
    /// A struct, in place or behind a pointer.
    Struct(String),
    Tail(Scalar),
}

fn field(api: &Api, ty: &str, name: &str) -> Option<End> {
    let Some(TypeKind::Struct { fields, .. }) = api.types.get(ty).map(|t| &t.kind) else { return None };
    Some(match &fields.iter().find(|f| f.name == name)?.shape {
        FieldShape::Scalar(scalar) => End::Number(*scalar),
        FieldShape::Struct(ty) | FieldShape::Pointer(Pointee::Struct(ty)) => End::Struct(ty.clone()),
        FieldShape::Tail { scalar, .. } => End::Tail(*scalar),
        FieldShape::Address | FieldShape::Pointer(_) => End::Address,
        FieldShape::Array(..) | FieldShape::Handle(_) | FieldShape::Union { .. } | FieldShape::Memory(_) => {
            return None;
        }
    })
}
