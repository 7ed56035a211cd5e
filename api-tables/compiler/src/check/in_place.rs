//! Memory that the device may use in place: the attribute of its handle type.

use super::events::{NUMBERS, asked, function, named, question};
use super::names::Names;
use crate::attr::Attr;
use crate::expr;
use crate::model::{Api, Direction, Function, InPlace, Named, Param, Ret, Scalar, Shape, TypeDef, TypeKind};
use crate::plan;
use crate::problem::Problems;

const KEYS: [&str; 12] = [
    "create",
    "read",
    "write",
    "destroyed",
    "flush",
    "size",
    "flags",
    "use_host",
    "alloc_host",
    "copy_host",
    "exhausted",
    "failed",
];

/// `#[memory(create = f, read = f, write = f, destroyed = f, flush = f, size = f(KEY), flags = f(KEY), use_host = FLAG, alloc_host = FLAG,
/// copy_host = FLAG, exhausted = STATUS, failed = STATUS)]`
pub fn read(attr: &Attr, names: &Names, problems: &mut Problems) -> Option<Box<InPlace>> {
    let [create, read, write, destroyed, flush, size, flags, use_host, alloc_host, copy_host, exhausted, failed] =
        attr.fields(KEYS, problems)?;
    let [create, read, write, destroyed, flush] =
        [create, read, write, destroyed, flush].map(|function| named(function, names, problems));
    let [size, flags] = [size, flags].map(|question| asked(question, names, problems));
    let [use_host, alloc_host, copy_host] =
        [use_host, alloc_host, copy_host].map(|flag| expr::constant(flag, names, problems));
    let [exhausted, failed] = [exhausted, failed].map(|status| expr::constant_i64(status, names, problems));
    Some(Box::new(InPlace {
        create: create?,
        read: read?,
        write: write?,
        destroyed: destroyed?,
        flush: flush?,
        size: size?,
        flags: flags?,
        use_host: use_host?,
        alloc_host: alloc_host?,
        copy_host: copy_host?,
        exhausted: exhausted?,
        failed: failed?,
        span: attr.span,
    }))
}

/// Checks a model. `whole` says of each function whether all of it could be read.
pub fn check(api: &Api, whole: &[bool], problems: &mut Problems) {
    let is_whole = |name: &str| api.opcode(name).is_some_and(|place| whole[place]);
    let mut memories = 0;
    for ty in api.types.values() {
        let TypeKind::Handle { memory: Some(memory), .. } = &ty.kind else { continue };
        memories += 1;
        if memories > 1 {
            problems.add(memory.span, "an API has at most one type of memory objects", "one too many");
        }
        declared(api, ty, memory, &is_whole, problems);
    }
}

/// The functions that the attribute names do what it says.
fn declared(api: &Api, ty: &TypeDef, memory: &InPlace, is_whole: &dyn Fn(&str) -> bool, problems: &mut Problems) {
    if matches!(ty.kind, TypeKind::Handle { release: None, .. }) {
        problems
            .add(memory.span, format!("the worker makes a `{}` to see how it is used", ty.name), "cannot be released")
            .help("write `#[handle(release = f, …)]`");
    }
    question(api, &memory.size, Some(&ty.name), NUMBERS, is_whole, problems);
    question(api, &memory.flags, Some(&ty.name), &[Scalar::U64], is_whole, problems);
    let mut expect = |named: &Named, does: &str, is_such: &dyn Fn(&Function) -> bool, help: &str| {
        if let Some(function) = function(api, named, is_whole)
            && !is_such(function)
        {
            let message = format!("`{}` does not {does} a `{}`", function.name, ty.name);
            problems.add(named.at, message, "not such a function").help(help);
        }
    };
    let is_transfer = |f: &Function, way| plan::transfer(api, f, &ty.name, way).is_some();
    expect(&memory.create, "make", &|f| plan::creation(api, f, &ty.name).is_some(), CREATION);
    expect(&memory.read, "read", &|f| is_transfer(f, Direction::Out), TRANSFER);
    expect(&memory.write, "write", &|f| is_transfer(f, Direction::In), TRANSFER);
    let calls_back = |f: &Function| plan::is_exported(api, f) && is_callback(f, &ty.name);
    expect(&memory.destroyed, "call back about", &calls_back, CALLBACK);
    let transfer = |named: &Named, way| plan::transfer(api, api.function(&named.function)?, &ty.name, way);
    let Some(read) = transfer(&memory.read, Direction::Out) else { return };
    if let Some(write) = transfer(&memory.write, Direction::In)
        && (read.queue, read.ok) != (write.queue, write.ok)
    {
        let message =
            format!("`{}` takes a `{}`, and `{}` another queue", read.function.name, read.queue, write.function.name);
        problems.add(memory.write.at, message, "not the same");
    }
    let is_queue = |p: &Param| matches!(&p.shape, Shape::Handle { ty, .. } if ty == read.queue);
    if let Some(flush) = function(api, &memory.flush, is_whole)
        && !(matches!(flush.ret, Ret::Status { .. }) && flush.params.len() == 1 && flush.params.iter().all(is_queue))
    {
        let message = format!("`{}` does not flush a `{}`", flush.name, read.queue);
        problems.add(memory.flush.at, message, "not such a function").help("it takes a queue, and returns a status");
    }
}

const CREATION: &str = "it takes what the object is made of, flags of 64 bits, a size, so many bytes that are in use `until` the \
                        object is `released`, and a place for the status";
const CALLBACK: &str = "it takes an object, a callback that gets an object and `UserData`, and `UserData`";
const TRANSFER: &str = "it takes a queue, the object, a number `blocking` with `oneway(unless = blocking != 0)`, an offset, a size, \
                        so many bytes that are in use `until` its event, a count of events, so many events, and a place \
                        for its event";

/// Whether a function has the vendor call back when it has destroyed an object.
fn is_callback(function: &Function, kind: &str) -> bool {
    let is_object = |p: &Param| matches!(&p.shape, Shape::Handle { ty, .. } if ty == kind);
    let is_word = |p: &Param| matches!(p.shape, Shape::UserData);
    let calls = |p: &Param| match &p.shape {
        Shape::Callback { params, .. } => match params.as_slice() {
            [object, word] => is_object(object) && is_word(word),
            _ => false,
        },
        _ => false,
    };
    let one = |is: &dyn Fn(&Param) -> bool| function.params.iter().filter(|p| is(p)).count() == 1;
    function.params.len() == 3 && one(&is_object) && one(&is_word) && one(&calls)
}
