//! Queries: where the answer is, by which key, and whether it is cached.

use crate::model::{Api, Buffer, Direction, Element, Expr, Function, Len, Param, Ret, Shape, TypeKind};

/// The key that determines the meaning of an argument's bytes.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    /// The enum of values by key.
    pub values: &'a str,
    /// The parameter that is the key.
    pub param: &'a Param,
}

/// A function that returns bytes.
#[derive(Debug)]
pub struct Query<'a> {
    /// Where the answer goes.
    pub value: &'a Param,
    /// The parameter that says how many bytes it may have.
    pub size: &'a Param,
    /// The parameter that says how many it has.
    pub size_ret: &'a Param,
    /// Its values go by key, so the worker translates and filters them.
    pub key: Option<Key<'a>>,
    /// Whether the shim caches the answer.
    pub cached: Option<Remembered<'a>>,
}

/// A cached answer.
#[derive(Debug)]
pub struct Remembered<'a> {
    /// The answer may change if this holds.
    pub unless: Option<&'a Expr>,
    /// The answer may change until the command of this event has completed.
    pub after: Option<&'a Param>,
    /// The handles and numbers that form the cache key, objects first.
    pub question: Vec<&'a Param>,
}

/// The key of an argument's bytes, if they have one.
pub fn key<'a>(api: &'a Api, function: &'a Function, param: &'a Param) -> Option<Key<'a>> {
    let Shape::Buffer(Buffer { element: Element::Tagged(values), .. }) = &param.shape else { return None };
    let Some(TypeKind::Tagged { tag, .. }) = api.types.get(values).map(|t| &t.kind) else { return None };
    Some(Key { values, param: function.param(tag)? })
}

pub(super) fn query<'a>(api: &'a Api, function: &'a Function) -> Option<Query<'a>> {
    let (value, size, size_ret) = function.answer()?;
    let (size, size_ret) = (function.param(size)?, function.param(size_ret)?);
    let cached = function.facts.cached.as_ref().map(|cached| {
        let objects = function.params.iter().filter(|p| matches!(p.shape, Shape::Handle { .. }));
        let numbers = function.params.iter().filter(|p| matches!(p.shape, Shape::Value { .. }) && p.name != size.name);
        let after = cached.after.as_ref().and_then(|event| function.param(event));
        Remembered { unless: cached.unless.as_ref(), after, question: objects.chain(numbers).collect() }
    });
    Some(Query { value, size, size_ret, key: key(api, function, value), cached })
}

/// A query whose answers the worker also sends unasked: by the keys of one object, and of nothing else.
#[derive(Debug, Clone, Copy)]
pub struct Ahead<'a> {
    pub object: &'a Param,
    pub kind: &'a str,
    pub key: Key<'a>,
}

/// The query that a function is, if its answers can be sent unasked.
pub fn ahead<'a>(function: &Function, query: &Query<'a>) -> Option<Ahead<'a>> {
    let (cached, key) = (query.cached.as_ref()?, query.key?);
    let [object, other] = cached.question[..] else { return None };
    let Shape::Handle { ty: kind, .. } = &object.shape else { return None };
    let is_all = other.name == key.param.name && function.params.len() == 5;
    let by_key = cached.unless.is_none_or(|e| e.takes_only(&key.param.name));
    let is_exported = function.facts.extension.is_none() && function.facts.formerly.is_none();
    let is_generated = !function.facts.custom.worker && function.facts.beside.is_none() && is_exported;
    (is_all && by_key && is_generated).then_some(Ahead { object, kind, key })
}

/// Whether the worker also sends a function's answers unasked.
pub fn answers_ahead(api: &Api, function: &Function) -> bool {
    query(api, function).is_some_and(|query| ahead(function, &query).is_some())
}

/// An out parameter of a status type, in a function that returns none: where the status is stored.
pub fn errcode<'a>(api: &Api, function: &'a Function) -> Option<&'a Param> {
    if matches!(function.ret, Ret::Status { .. }) {
        return None;
    }
    function.params.iter().find(|param| {
        let Shape::Buffer(Buffer {
            direction: Direction::Out, element: Element::Scalar { ty, .. }, len: Len::One, ..
        }) = &param.shape
        else {
            return false;
        };
        matches!(api.types.get(ty).map(|t| &t.kind), Some(TypeKind::Status { .. }))
    })
}
