//! The functions of a table: parameters, return, facts.

use super::names::{Kind, Names};
use super::{facts, shapes};
use crate::expr::{Known, Scope};
use crate::model::{Function, Param, Ret};
use crate::parse::{Noted, Table};
use crate::problem::Problems;
use syn::ext::IdentExt;
use syn::{FnArg, ForeignItemFn, Ident, Pat, ReturnType, Type};

/// The names of all functions; a second one of a name is a problem.
pub fn declare(table: &Table, problems: &mut Problems) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for noted in &table.functions {
        let ident = &noted.item.sig.ident;
        let name = ident.to_string();
        if names.contains(&name) {
            problems.add(ident.span(), format!("a second function called `{name}`"), "again");
        }
        names.push(name);
    }
    names
}

/// Reads one function. A part that is wrong is left out, so that the rest is still checked.
pub fn resolve(noted: &Noted<ForeignItemFn>, names: &Names, problems: &mut Problems) -> Function {
    let sig = &noted.item.sig;
    let name = sig.ident.to_string();
    let declared: Vec<(&Ident, &Type)> = sig.inputs.iter().filter_map(declared).collect();
    let known =
        |(name, ty): &(&Ident, &Type)| Known { name: name.unraw().to_string(), number: shapes::is_number(ty, names) };
    let scope = Scope { names, owner: format!("`{name}`"), params: declared.iter().map(known).collect() };
    let mut params: Vec<Param> = Vec::new();
    for (i, (ident, ty)) in declared.iter().enumerate() {
        if declared[..i].iter().any(|(known, _)| known == ident) {
            problems.add(ident.span(), format!("a second parameter called `{ident}`"), "again");
        }
        if let Some((shape, c_type)) = shapes::param(ty, &scope, problems) {
            params.push(Param { name: ident.unraw().to_string(), span: ident.span(), shape, c_type, since: None });
        }
    }
    let ret = match &sig.output {
        ReturnType::Default => Some(Ret::Void),
        ReturnType::Type(_, ty) => ret(ty, &scope, problems),
    };
    let facts = facts::read(&noted.attrs, &params, &scope, problems);
    for param in &mut params {
        param.since = facts.came.iter().find(|(name, _)| *name == param.name).map(|(_, version)| *version);
    }
    Function {
        name,
        doc: noted.doc.clone(),
        span: sig.ident.span(),
        params,
        ret: ret.unwrap_or(Ret::Void),
        facts,
        twin_of: None,
    }
}

fn declared(arg: &FnArg) -> Option<(&Ident, &Type)> {
    match arg {
        FnArg::Typed(arg) => match &*arg.pat {
            Pat::Ident(name) => Some((&name.ident, &arg.ty)),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    }
}

/// A function returns a status, a scalar, a new handle, or an address.
fn ret(ty: &Type, scope: &Scope<'_>, problems: &mut Problems) -> Option<Ret> {
    use syn::spanned::Spanned;
    if let Some((word, inner)) = shapes::generic(ty)
        && word == "New"
        && let Some(handle) = shapes::name(inner)
    {
        return Some(Ret::New { ty: scope.names.handle(handle, problems)? });
    }
    if let Some((word, inner)) = shapes::generic(ty)
        && word == "Mapped"
    {
        return shapes::mapped(inner, scope, problems).map(|len| Ret::Mapped { len });
    }
    let text = |ty: &Type| match ty {
        Type::Reference(text) => shapes::name(&text.elem).is_some_and(|name| name == "CStr"),
        _ => false,
    };
    if let Some((word, Type::Reference(inner))) = shapes::generic(ty)
        && word == "Option"
        && let Some((ty, c_type)) = shapes::mirror(inner, scope)
    {
        return Some(Ret::Mirror { ty, c_type });
    }
    if text(ty) {
        return Some(Ret::Text { null: false });
    }
    if let Some((word, inner)) = shapes::generic(ty)
        && word == "Option"
        && text(inner)
    {
        return Some(Ret::Text { null: true });
    }
    if let Type::Ptr(_) = ty {
        return shapes::param(ty, scope, problems).map(|(_, c_type)| Ret::Pointer { c_type });
    }
    if let Some(name) = shapes::name(ty) {
        let text = name.to_string();
        match scope.names.kind(&text, name.span(), problems)? {
            Kind::Status(_) => return Some(Ret::Status { ty: text }),
            Kind::Scalar(scalar) => return Some(Ret::Value { ty: text, scalar }),
            Kind::Struct => return Some(Ret::Struct { ty: text }),
            _ => {}
        }
    }
    problems.add(ty.span(), "a function cannot return this", "not a return").help(
        "a function returns a scalar, a status, `New<H>`, `&CStr`, `Mapped<[c_void; n]>`, or, if it is `custom`, `local` or `unsupported`, a \
         struct or a raw pointer",
    );
    None
}
