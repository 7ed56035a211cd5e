//! Memory that the device may use in place: what the parameters of the functions that make, read and write it stand for.

use super::events::{Question, is_exported, question};
use super::queries::errcode;
use super::success::{Success, success};
use crate::model::{
    Api, Buffer, Direction, Element, Expr, Function, InPlace, Len, Op, Param, Ret, Scalar, Shape, TypeKind, Until,
};

/// Memory objects that may live in memory which program and worker share.
#[derive(Debug)]
pub struct Memory<'a> {
    /// The handle type.
    pub kind: &'a str,
    pub release: &'a Function,
    pub create: Creation<'a>,
    pub read: Transfer<'a>,
    pub write: Transfer<'a>,
    /// Has the vendor call back when it has destroyed an object.
    pub destroyed: &'a Function,
    /// Has the vendor begin with the commands of a queue.
    pub flush: &'a Function,
    pub size: Question<'a>,
    pub flags: Question<'a>,
    pub said: &'a InPlace,
}

/// The function that makes an object.
#[derive(Debug)]
pub struct Creation<'a> {
    pub function: &'a Function,
    /// The handle type of what it is made of.
    pub of: &'a str,
    /// What each parameter stands for.
    pub parts: Vec<CreationPart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreationPart {
    /// What it is made of.
    Of,
    Flags,
    Size,
    /// The program's memory, which it uses or is filled from.
    Memory,
    /// Where the status goes.
    Status,
}

/// A function that reads an object, or writes it.
#[derive(Debug)]
pub struct Transfer<'a> {
    pub function: &'a Function,
    /// The handle types of queues and events.
    pub queue: &'a str,
    pub event: &'a str,
    /// The status of success.
    pub ok: i64,
    /// What each parameter stands for.
    pub parts: Vec<TransferPart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferPart {
    Queue,
    Object,
    /// Whether the call waits for its command.
    Waits,
    Offset,
    Size,
    /// The program's memory.
    Memory,
    /// How many events the command waits for, and which.
    Count,
    List,
    /// Where the command's event goes.
    Event,
}

impl<'a> Creation<'a> {
    /// The parameter that is a part.
    pub fn param(&self, part: CreationPart) -> &'a Param {
        param(self.function, &self.parts, part)
    }
}

impl<'a> Transfer<'a> {
    /// The parameter that is a part.
    pub fn param(&self, part: TransferPart) -> &'a Param {
        param(self.function, &self.parts, part)
    }
}

fn param<'a, P: PartialEq>(function: &'a Function, parts: &[P], part: P) -> &'a Param {
    let place = parts.iter().position(|is| *is == part);
    &function.params[place.expect("each part is there once")]
}

/// The API's memory objects, if it has such.
pub(super) fn of(api: &Api) -> Option<Memory<'_>> {
    api.types.values().find_map(|ty| {
        let TypeKind::Handle { release, memory: Some(memory), .. } = &ty.kind else { return None };
        Some(Memory {
            kind: &ty.name,
            release: api.function(release.as_ref()?)?,
            create: creation(api, api.function(&memory.create.function)?, &ty.name)?,
            read: transfer(api, api.function(&memory.read.function)?, &ty.name, Direction::Out)?,
            write: transfer(api, api.function(&memory.write.function)?, &ty.name, Direction::In)?,
            destroyed: api.function(&memory.destroyed.function)?,
            flush: api.function(&memory.flush.function)?,
            size: question(api, &memory.size)?,
            flags: question(api, &memory.flags)?,
            said: memory,
        })
    })
}

/// What the parameters of a function stand for that makes a memory object; `None` for any other function.
pub fn creation<'a>(api: &Api, function: &'a Function, kind: &str) -> Option<Creation<'a>> {
    use CreationPart::{Flags, Memory, Of, Size, Status};
    let memory = memory(function, Direction::In, &Until::Released)?;
    let status = errcode(api, function)?;
    let part = |p: &Param| match &p.shape {
        Shape::Handle { .. } => Some(Of),
        Shape::Value { scalar: Scalar::Usize, .. } if is_length(memory, p) => Some(Size),
        Shape::Value { scalar: Scalar::U64, .. } => Some(Flags),
        Shape::Buffer(_) if p.name == memory.name => Some(Memory),
        Shape::Buffer(_) if p.name == status.name => Some(Status),
        _ => None,
    };
    let parts: Vec<_> = function.params.iter().map(part).collect::<Option<_>>()?;
    let all = [Of, Flags, Size, Memory, Status];
    let made = matches!(&function.ret, Ret::New { ty } if ty == kind);
    let of = function.params.iter().find_map(handle)?;
    (made && is_exported(api, function) && is_each_once(&parts, &all)).then_some(Creation { function, of, parts })
}

/// What the parameters of a function stand for that reads a memory object or writes it; `None` for any other function.
pub fn transfer<'a>(api: &Api, function: &'a Function, kind: &str, way: Direction) -> Option<Transfer<'a>> {
    use TransferPart::{Count, Event, List, Memory, Object, Offset, Queue, Size, Waits};
    let Success::Status { scalar: Scalar::I32, ok } = success(api, function) else { return None };
    let waits = match function.facts.oneway.as_ref()?.unless.as_ref()? {
        Expr::Binary(Op::Ne, left, right) => match (&**left, &**right) {
            (Expr::Param(waits), Expr::Int(0)) => waits,
            _ => return None,
        },
        _ => return None,
    };
    let (event, event_kind) = function.params.iter().find_map(|p| match &p.shape {
        Shape::Buffer(Buffer { element: Element::New(ty), len: Len::One, .. }) => Some((p, ty)),
        _ => None,
    })?;
    let memory = memory(function, way, &Until::Event(event.name.clone()))?;
    let is_list = |p: &&Param| match &p.shape {
        Shape::Buffer(Buffer { direction: Direction::In, element: Element::Handle(ty), .. }) => ty == event_kind,
        _ => false,
    };
    let list = function.params.iter().find(is_list)?;
    let part = |p: &Param| match &p.shape {
        Shape::Handle { ty, .. } if ty == kind => Some(Object),
        Shape::Handle { .. } => Some(Queue),
        Shape::Value { scalar: Scalar::U32, .. } if p.name == *waits => Some(Waits),
        Shape::Value { scalar: Scalar::U32, .. } if is_length(list, p) => Some(Count),
        Shape::Value { scalar: Scalar::Usize, .. } if is_length(memory, p) => Some(Size),
        Shape::Value { scalar: Scalar::Usize, .. } => Some(Offset),
        Shape::Buffer(_) if p.name == memory.name => Some(Memory),
        Shape::Buffer(_) if p.name == list.name => Some(List),
        Shape::Buffer(_) if p.name == event.name => Some(Event),
        _ => None,
    };
    let parts: Vec<_> = function.params.iter().map(part).collect::<Option<_>>()?;
    let all = [Queue, Object, Waits, Offset, Size, Memory, Count, List, Event];
    let queue = function.params.iter().filter_map(handle).find(|ty| *ty != kind)?;
    let fits = is_exported(api, function) && is_each_once(&parts, &all);
    fits.then_some(Transfer { function, queue, event: event_kind, ok, parts })
}

/// The bytes that go one way and are in use so long, if all are counted by a parameter.
fn memory<'a>(function: &'a Function, way: Direction, so_long: &Until) -> Option<&'a Param> {
    function.params.iter().find(|p| {
        let is_counted = match &p.shape {
            Shape::Buffer(Buffer { direction, element: Element::Bytes, len: Len::Count(Expr::Param(_)), .. }) => {
                *direction == way
            }
            _ => false,
        };
        is_counted && function.facts.until.iter().any(|(name, until)| *name == p.name && until == so_long)
    })
}

/// Whether a parameter counts what is in an array.
fn is_length(array: &Param, param: &Param) -> bool {
    match &array.shape {
        Shape::Buffer(Buffer { len: Len::Count(Expr::Param(length)), .. }) => *length == param.name,
        _ => false,
    }
}

fn handle(param: &Param) -> Option<&str> {
    match &param.shape {
        Shape::Handle { ty, .. } => Some(ty),
        _ => None,
    }
}

fn is_each_once<P: PartialEq>(parts: &[P], all: &[P]) -> bool {
    parts.len() == all.len() && all.iter().all(|part| parts.contains(part))
}
