//! Facts of calls that ask again and again: `polls`.

use crate::attr::Attr;
use crate::expr::{self, Scope};
use crate::model::{Api, Function, Param, Polled, Ret, Shape, TypeKind};
use crate::problem::Problems;

/// `polls(p = STATUS)`: an object, and what the function returns while something goes on for it.
pub fn read(attr: &Attr, params: &[Param], scope: &Scope<'_>, problems: &mut Problems) -> Option<Polled> {
    attr.only(problems)?;
    let pair = attr.pairs(problems).pop()?;
    let name = scope.param(&pair.key.to_string(), pair.key.span(), problems)?.name.clone();
    if !params.iter().any(|p| p.name == name && matches!(p.shape, Shape::Handle { .. })) {
        problems.add(pair.key.span(), "`polls` is about an object that the call gets as a handle", "not a handle");
    }
    let goes_on = expr::constant_i64(pair.value, scope.names, problems)?;
    Some(Polled { object: name, goes_on })
}

/// The answer is a status and nothing else, and nobody else notes how far the object has got.
pub fn check(api: &Api, function: &Function, problems: &mut Problems) {
    let Some(polled) = &function.facts.polls else { return };
    let goes_in = |shape: &Shape| matches!(shape, Shape::Handle { .. } | Shape::Value { .. });
    if !matches!(function.ret, Ret::Status { .. }) || !function.params.iter().all(|p| goes_in(&p.shape)) {
        let message = format!("`{}` does not answer by its status alone", function.name);
        problems
            .add(function.span, message, "`polls` it")
            .help("what `polls` takes handles and numbers, and returns a status");
    }
    let Some(kind) = kind(function, &polled.object) else { return };
    let is_event = matches!(api.types.get(kind).map(|ty| &ty.kind), Some(TypeKind::Handle { event: Some(_), .. }));
    if is_event || api.functions.iter().any(|other| emptied(other) == Some(kind)) {
        let message = format!("how far a `{kind}` has got is known otherwise");
        problems.add(function.span, message, "`polls` one").help("it is an `event`, or a function `empties` one");
    }
}

/// The type of the objects that a function empties.
fn emptied(function: &Function) -> Option<&str> {
    kind(function, function.facts.empties.as_ref()?)
}

/// The type of a handle among the parameters.
fn kind<'a>(function: &'a Function, object: &str) -> Option<&'a str> {
    function.params.iter().find(|p| p.name == object).and_then(|param| match &param.shape {
        Shape::Handle { ty, .. } => Some(ty.as_str()),
        _ => None,
    })
}
