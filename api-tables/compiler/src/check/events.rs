//! Events: the attribute of their handle type, and the facts of the functions that are about them.

use super::names::Names;
use crate::attr::{self, Attr};
use crate::expr;
use crate::model::{Api, Asked, Element, Event, Function, Named, Param, Ret, Scalar, Shape, TypeDef, TypeKind, Until};
use crate::plan;
use crate::problem::Problems;
use syn::spanned::Spanned;
use syn::{BinOp, Expr};

/// `#[event(status = f(KEY), wait = g, notify = h, unordered = q(KEY) & BITS)]`
pub fn read(attr: &Attr, names: &Names, problems: &mut Problems) -> Option<Box<Event>> {
    let found = attr.known(&["status", "wait", "notify", "unordered"], problems)?;
    let (Some(status), Some(wait)) = (found[0], found[1]) else {
        problems
            .add(attr.span, "an event says how its command is asked for, and how it is waited for", "incomplete")
            .help("write `#[event(status = f(KEY), wait = g)]`");
        return None;
    };
    let status = asked(status, names, problems);
    let wait = named(wait, names, problems);
    let notify = found[2].map(|e| named(e, names, problems));
    let unordered = found[3].map(|e| bits(e, names, problems));
    Some(Box::new(Event {
        status: status?,
        wait: wait?,
        notify: notify.map_or(Some(None), |notify| notify.map(Some))?,
        unordered: unordered.map_or(Some(None), |unordered| unordered.map(Some))?,
        span: attr.span,
    }))
}

/// A function of the table.
pub fn named(e: &Expr, names: &Names, problems: &mut Problems) -> Option<Named> {
    let Some(name) = attr::ident(e) else {
        problems.add(e.span(), "this is not a function", "needs a name");
        return None;
    };
    Some(Named { function: names.function(name, problems)?, at: name.span() })
}

/// `f(KEY)`
pub fn asked(e: &Expr, names: &Names, problems: &mut Problems) -> Option<Asked> {
    if let Expr::Call(call) = e
        && let [key] = call.args.iter().collect::<Vec<_>>()[..]
        && let Some(key) = attr::ident(key)
    {
        let by = named(&call.func, names, problems)?;
        if !names.constants.contains_key(&key.to_string()) {
            names.unknown_constant(&key.to_string(), key.span(), problems);
            return None;
        }
        return Some(Asked { by, key: key.to_string() });
    }
    problems.add(e.span(), "this does not ask the vendor by a key", "no question").help("write `f(KEY)`");
    None
}

/// `f(KEY) & BITS`
fn bits(e: &Expr, names: &Names, problems: &mut Problems) -> Option<(Asked, i128)> {
    match e {
        Expr::Binary(binary) if matches!(binary.op, BinOp::BitAnd(_)) => {
            Some((asked(&binary.left, names, problems)?, expr::constant(&binary.right, names, problems)?))
        }
        other => {
            problems
                .add(other.span(), "this does not look for bits in an answer", "no bits")
                .help("write `f(KEY) & BITS`, of bits that are set if a queue's commands complete in any order");
            None
        }
    }
}

/// Checks a model. `whole` says of each function whether all of it could be read.
pub fn check(api: &Api, whole: &[bool], problems: &mut Problems) {
    let is_whole = |name: &str| api.opcode(name).is_some_and(|place| whole[place]);
    let mut events = 0;
    for ty in api.types.values() {
        let TypeKind::Handle { event: Some(event), .. } = &ty.kind else { continue };
        events += 1;
        if events > 1 {
            problems.add(event.span, "an API has at most one type of events", "one too many");
        }
        declared(api, ty, event, &is_whole, problems);
    }
    for (function, _) in api.functions.iter().zip(whole).filter(|(_, whole)| **whole) {
        ends(api, function, problems);
        kinds(api, function, problems);
    }
}

/// The functions that an event names do what it says.
fn declared(api: &Api, ty: &TypeDef, event: &Event, is_whole: &dyn Fn(&str) -> bool, problems: &mut Problems) {
    let TypeKind::Handle { retain, release, .. } = &ty.kind else { return };
    if retain.is_none() || release.is_none() {
        problems
            .add(event.span, format!("a `{}` is kept until its command has completed", ty.name), "not counted")
            .help("write `#[handle(retain = f, release = g, …)]`");
    }
    question(api, &event.status, Some(&ty.name), &[Scalar::I32], is_whole, problems);
    if let Some((queue, _)) = &event.unordered {
        question(api, queue, None, NUMBERS, is_whole, problems);
    }
    if let Some(wait) = function(api, &event.wait, is_whole)
        && !is_wait(api, wait, &ty.name)
    {
        problems
            .add(event.wait.at, format!("`{}` does not wait for a `{}`", wait.name, ty.name), "not such a function")
            .help("such a function `waits` for an event, or for an array of them, and takes nothing else");
    }
    if let Some(named) = &event.notify
        && let Some(notify) = function(api, named, is_whole)
        && !is_notify(api, notify, &ty.name)
    {
        problems
            .add(named.at, format!("`{}` does not call back about a `{}`", notify.name, ty.name), "not such a function")
            .help("it takes an event, a status, and a callback that gets an event, a status and `UserData`");
    }
}

/// The numbers that the worker takes from an answer.
pub const NUMBERS: &[Scalar] = &[Scalar::I32, Scalar::U32, Scalar::U64, Scalar::Usize];

/// What is asked is a query of the vendor library's, by the keys of one object, and the answer such a number.
pub fn question(
    api: &Api,
    asked: &Asked,
    of: Option<&str>,
    numbers: &[Scalar],
    is_whole: &dyn Fn(&str) -> bool,
    problems: &mut Problems,
) {
    if !is_whole(&asked.by.function) {
        return;
    }
    let question = plan::question(api, asked);
    let message = match (question, of) {
        (Some(question), Some(of)) if question.of != of => {
            format!("`{}` asks about a `{}`, not about a `{of}`", asked.by.function, question.of)
        }
        (Some(question), _) if numbers.contains(&question.answer) => return,
        (Some(question), _) => {
            format!("`{}` is a `{}`, which is not what is asked for", asked.key, question.answer.rust())
        }
        (None, _) => format!("`{}` does not answer with a number by the key `{}`", asked.by.function, asked.key),
    };
    problems.add(asked.by.at, message, "not such a question").help(
        "such a function of the library takes an object, a key of 32 bits, a size, a value by key, and where its size \
         goes; 0 is its success",
    );
}

/// The function of that name, if it could be read and the worker can call it.
pub fn function<'a>(api: &'a Api, named: &Named, is_whole: &dyn Fn(&str) -> bool) -> Option<&'a Function> {
    api.function(&named.function).filter(|f| is_whole(&f.name))
}

/// Whether a function waits for one such event, or an array of them.
fn is_wait(api: &Api, function: &Function, kind: &str) -> bool {
    let waits = function.facts.waits.as_ref().and_then(|events| function.param(events));
    let others = function.params.iter().filter(|p| waits.is_none_or(|waits| waits.name != p.name));
    plan::is_exported(api, function)
        && waits.and_then(plan::named).is_some_and(|ty| ty == kind)
        && match waits.map(|waits| &waits.shape) {
            Some(Shape::Buffer(_)) => others.map(|p| &p.shape).all(is_number),
            _ => others.count() == 0,
        }
}

/// Whether a function has the vendor call back when the command of such an event has got so far.
fn is_notify(api: &Api, function: &Function, kind: &str) -> bool {
    let is_event = |p: &Param| matches!(&p.shape, Shape::Handle { ty, .. } if ty == kind);
    let is_status = |p: &Param| matches!(p.shape, Shape::Value { scalar: Scalar::I32, .. });
    let calls = |p: &Param| match &p.shape {
        Shape::Callback { params, .. } => match params.as_slice() {
            [event, status, word] => is_event(event) && is_status(status) && matches!(word.shape, Shape::UserData),
            _ => false,
        },
        _ => false,
    };
    let one = |is: &dyn Fn(&Param) -> bool| function.params.iter().filter(|p| is(p)).count() == 1;
    let word = |p: &Param| matches!(p.shape, Shape::UserData);
    plan::is_exported(api, function)
        && function.params.len() == 4
        && one(&is_event)
        && one(&is_status)
        && one(&calls)
        && one(&word)
}

fn is_number(shape: &Shape) -> bool {
    matches!(shape, Shape::Value { .. })
}

/// What is known of commands is noted when a call has succeeded, and answers that come with a command's end are by key.
fn ends(api: &Api, function: &Function, problems: &mut Problems) {
    let facts = &function.facts;
    let waits = facts.waits.is_some() || facts.empties.is_some();
    if waits && !matches!(function.ret, Ret::Status { .. }) {
        let message = format!("`{}` waits for commands, and returns no status", function.name);
        problems.add(function.span, message, "no status");
    }
    let after = facts.cached.as_ref().is_some_and(|cached| cached.after.is_some());
    if after && function.answer().is_some() && !plan::answers_ahead(api, function) {
        let message = format!("the answers of `{}` cannot be sent with the end of a command", function.name);
        problems
            .add(function.span, message, "no query by the keys of one event")
            .help("such a function takes an event, a key, and memory for a value by key; the library exports it");
    }
}

/// What stands for a command is of a type with `event`: else nobody can say when the command has completed.
fn kinds(api: &Api, function: &Function, problems: &mut Problems) {
    let facts = &function.facts;
    let until = facts.until.iter().filter_map(|(_, until)| match until {
        Until::Event(event) => Some(event),
        Until::Released => None,
    });
    let after = facts.cached.as_ref().and_then(|cached| cached.after.as_ref());
    let events = until.chain(after).chain(&facts.waits).chain(facts.maps.as_ref().map(|maps| &maps.event));
    for param in events.filter_map(|name| function.param(name)) {
        let made = match &param.shape {
            Shape::Buffer(buffer) => match &buffer.element {
                Element::New(ty) => Some(ty),
                _ => None,
            },
            _ => None,
        };
        let Some(ty) = made.or_else(|| plan::named(param)) else { continue };
        if !matches!(api.types.get(ty).map(|t| &t.kind), Some(TypeKind::Handle { event: Some(_), .. }) | None) {
            problems
                .add(param.span, format!("a `{ty}` does not tell when its command has completed"), "no event")
                .help(format!("write `#[event(status = f(KEY), wait = g)]` above `{ty}`"));
        }
    }
}
