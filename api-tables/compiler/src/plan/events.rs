//! Events: how the worker asks the vendor about commands, and which calls of a program do.

use super::queries;
use super::routes::{self, Loaded};
use super::success::{Success, success};
use crate::check::names::builtin;
use crate::model::{Api, Asked, Function, Param, Payload, Scalar, Shape, TypeKind};

/// What the vendor says of commands, by its events.
#[derive(Debug)]
pub struct Events<'a> {
    /// The handle type.
    pub kind: &'a str,
    pub retain: &'a Function,
    pub release: &'a Function,
    /// How far a command has got.
    pub status: Question<'a>,
    /// Waits for one event or an array of them, and returns this when it has.
    pub wait: &'a Function,
    pub ok: i64,
    /// Has the vendor call back when a command has got so far.
    pub notify: Option<&'a Function>,
    /// The bits of a queue's answer that are set if its commands complete in any order.
    pub unordered: Option<(Question<'a>, i128)>,
}

/// A query that the worker makes itself: the number that an object has by a key.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub function: &'a Function,
    /// The handle type of the object.
    pub of: &'a str,
    pub key: &'a str,
    pub answer: Scalar,
}

/// A program's call that asks how far a command has got.
#[derive(Debug)]
pub struct Polls<'a> {
    pub event: &'a Param,
    pub kind: &'a str,
    /// The parameter, and the key by which it asks.
    pub key: &'a Param,
    pub by: &'a str,
}

/// A program's call that asks whether something goes on for an object, which the status says.
#[derive(Debug)]
pub struct Asks<'a> {
    pub object: &'a Param,
    pub kind: &'a str,
    /// The status while something does.
    pub goes_on: i64,
}

/// The API's events, if it has such.
pub(super) fn of(api: &Api) -> Option<Events<'_>> {
    api.types.values().find_map(|ty| {
        let TypeKind::Handle { retain, release, event: Some(event), .. } = &ty.kind else { return None };
        let wait = api.function(&event.wait.function)?;
        let Success::Status { ok, .. } = success(api, wait) else { return None };
        Some(Events {
            kind: &ty.name,
            retain: api.function(retain.as_ref()?)?,
            release: api.function(release.as_ref()?)?,
            status: question(api, &event.status)?,
            wait,
            ok,
            notify: event.notify.as_ref().and_then(|notify| api.function(&notify.function)),
            unordered: event.unordered.as_ref().and_then(|(asked, bits)| Some((question(api, asked)?, *bits))),
        })
    })
}

/// How a function answers by a key, if the worker can ask it: it takes an object, a key, a size, a value by key, and where
/// the value's size goes.
pub fn question<'a>(api: &'a Api, asked: &'a Asked) -> Option<Question<'a>> {
    let function = api.function(&asked.by.function)?;
    let (answer, size, size_ret) = function.answer()?;
    let [Param { shape: Shape::Handle { ty: of, .. }, .. }, key, second, third, fourth] = function.params.as_slice()
    else {
        return None;
    };
    let in_order = (&second.name[..], &third.name, &fourth.name[..]) == (size, &answer.name, size_ret);
    let by_key = queries::key(api, function, answer)?;
    let is_key = by_key.param.name == key.name && matches!(key.shape, Shape::Value { scalar: Scalar::U32, .. });
    let is_status = matches!(success(api, function), Success::Status { ok: 0, scalar: Scalar::I32 });
    let answer = number(api, by_key.values, &asked.key)?;
    (in_order && is_key && is_status && is_exported(api, function)).then_some(Question {
        function,
        of,
        key: &asked.key,
        answer,
    })
}

/// Whether the library exports a function that the worker may call.
pub fn is_exported(api: &Api, function: &Function) -> bool {
    !function.facts.local && routes::loaded(api, function) == Loaded::FromLibrary
}

/// The number that is a key's value.
fn number(api: &Api, values: &str, key: &str) -> Option<Scalar> {
    let Some(TypeKind::Tagged { variants, .. }) = api.types.get(values).map(|t| &t.kind) else { return None };
    match &variants.iter().find(|variant| variant.key == key)?.payload {
        Payload::Plain(ty) => match api.types.get(ty).map(|t| &t.kind) {
            Some(TypeKind::Scalar(scalar) | TypeKind::Status { scalar, .. }) => Some(*scalar),
            _ => builtin(ty),
        },
        Payload::HostFlags => Some(Scalar::U64),
        _ => None,
    }
}

/// Whether a call asks how far the command of an event has got.
pub(super) fn polls<'a>(api: &'a Api, function: &'a Function) -> Option<Polls<'a>> {
    api.types.values().find_map(|ty| {
        let TypeKind::Handle { event: Some(event), .. } = &ty.kind else { return None };
        if event.status.by.function != function.name {
            return None;
        }
        let [object, key, ..] = function.params.as_slice() else { return None };
        Some(Polls { event: object, kind: &ty.name, key, by: &event.status.key })
    })
}

/// Whether a call asks whether something goes on for an object.
pub(super) fn asks(function: &Function) -> Option<Asks<'_>> {
    let polled = function.facts.polls.as_ref()?;
    let object = function.params.iter().find(|p| p.name == polled.object)?;
    let Shape::Handle { ty: kind, .. } = &object.shape else { return None };
    Some(Asks { object, kind, goes_on: polled.goes_on })
}
