//! Facts of mapped memory: `maps` and `unmaps`.

use super::shapes::is_new;
use crate::attr::{self, Attr};
use crate::expr::{self, Scope};
use crate::model::{Function, Maps, Param, Ret, Shape};
use crate::problem::Problems;
use syn::Expr;
use syn::spanned::Spanned;

/// `maps(object, event = p, unless = e, shows = e, reads = e, writes = e)`
pub fn maps(attr: &Attr, params: &[Param], scope: &Scope<'_>, problems: &mut Problems) -> Option<Maps> {
    let [first, rest @ ..] = attr.args.as_slice() else {
        problems.add(attr.span, "`maps` says nothing about what", "needs a handle");
        return None;
    };
    let object = handle(first, params, scope, problems)?;
    let rest = Attr { word: attr.word.clone(), span: attr.span, args: rest.to_vec() };
    let [event, unless, shows, reads, writes] =
        rest.fields(["event", "unless", "shows", "reads", "writes"], problems)?;
    let Some(event) = attr::ident(event).and_then(|name| scope.param(&name.to_string(), name.span(), problems)) else {
        problems.add(event.span(), "`maps` waits for an event that the call makes", "not `Out<New<H>>`");
        return None;
    };
    if !params.iter().any(|p| p.name == event.name && is_new(&p.shape)) {
        problems.add(rest.args[0].span(), "`maps` waits for an event that the call makes", "not `Out<New<H>>`");
    }
    let mut number = |e: &Expr| expr::number(e, scope, problems);
    Some(Maps {
        object,
        event: event.name.clone(),
        unless: number(unless)?,
        shows: number(shows)?,
        reads: number(reads)?,
        writes: number(writes)?,
    })
}

/// `unmaps(p = object)`
pub fn unmaps(attr: &Attr, params: &[Param], scope: &Scope<'_>, problems: &mut Problems) -> Option<(String, String)> {
    let pairs = attr.pairs(problems);
    let [pair] = pairs.as_slice() else {
        problems.add(attr.span, "`unmaps` is about one address", "needs `p = object`");
        return None;
    };
    let address = scope.param(&pair.key.to_string(), pair.key.span(), problems)?.name.clone();
    if !params.iter().any(|p| p.name == address && matches!(p.shape, Shape::Pointer)) {
        problems.add(pair.key.span(), "`unmaps` is about an address", "no `*mut T`");
    }
    Some((address, handle(pair.value, params, scope, problems)?))
}

fn handle(e: &Expr, params: &[Param], scope: &Scope<'_>, problems: &mut Problems) -> Option<String> {
    let Some(name) = attr::ident(e) else {
        problems.add(e.span(), "what is mapped is an object", "no handle");
        return None;
    };
    let param = scope.param(&name.to_string(), name.span(), problems)?.name.clone();
    if !params.iter().any(|p| p.name == param && matches!(p.shape, Shape::Handle { .. })) {
        problems.add(name.span(), "what is mapped is an object", "no handle");
    }
    Some(param)
}

/// What returns mapped memory says of what.
pub fn check(function: &Function, problems: &mut Problems) {
    let returned = matches!(function.ret, Ret::Mapped { .. });
    if returned != function.facts.maps.is_some() && function.facts.unsupported.is_none() {
        let message = format!("`{}` returns mapped memory if it `maps` an object", function.name);
        problems.add(function.span, message, if returned { "without `maps`" } else { "not `Mapped<[c_void; n]>`" });
    }
    if function.facts.oneway.is_some() && (returned || function.facts.unmaps.is_some()) {
        let message = format!("`{}` waits for its reply, which says what is mapped", function.name);
        problems.add(function.span, message, "oneway");
    }
}
