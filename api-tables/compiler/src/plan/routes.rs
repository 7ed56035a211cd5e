//! The route of a call: what makes the request, what serves it, its session, and the vendor's function.

use super::objects::About;
use crate::model::{Answers, Api, Array, Facts, Function, Param, Ret, Shape, TypeKind, Unsupported};

/// What the entry point in the shim does.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// Refuses the call.
    Refused(&'a Unsupported),
    /// Jumps to the entry point of this function, of which it is another name.
    Same(&'a str),
    /// Is served in the shim, by hand.
    Local,
    /// Works on arrays that C's allocator makes.
    Array(&'a Array),
    /// Returns a field of a mirrored struct.
    Answers(&'a Answers),
    /// Crosses, by hand; the generated marshalling is there to fall back on.
    ByHand,
    /// Crosses, unless the memory object that it is about is in memory which program and worker share.
    Resident(Resident<'a>),
    /// Crosses by the generated marshalling.
    Generated,
}

/// What is done to a memory object that may be in memory which program and worker share.
#[derive(Debug, Clone, Copy)]
pub enum Resident<'a> {
    /// It is made.
    Created,
    Read,
    Written,
    /// It shares its memory from now on with the object that is made.
    Shared(&'a Param),
}

/// What serves a call in the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// Nothing: the call does not cross.
    None,
    /// Code by hand, with a generated server to fall back on or without.
    ByHand {
        generated: bool,
    },
    Generated,
}

/// Where the worker gets the vendor's function from, to call it or by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded<'a> {
    /// Nothing in the worker calls it by its name, or it is in another library.
    No,
    /// The library exports it.
    FromLibrary,
    /// A platform returns its address, with this extension.
    FromPlatform(&'a str),
}

/// The session that a call is made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// The current session.
    Current,
    /// A new one, if the last one is lost.
    Afresh,
    /// The current session; the shim counts references to objects of a lost session.
    Retaining,
    Releasing,
}

/// How the worker finds the vendor's function.
#[derive(Debug, Clone, Copy)]
pub enum Finds<'a> {
    /// The library exports it.
    Exported,
    /// The platform of this object returns its address.
    OfPlatform(Option<About<'a>>),
    /// The library exports it, or else the platform returns the address of the former extension function.
    ExportedOr { formerly: &'a str, platform: Option<About<'a>> },
    /// The platform returns the address of one of several forms, by the version of the extension.
    InForms(Option<About<'a>>),
}

pub fn entry<'a>(api: &'a Api, function: &'a Function) -> Entry<'a> {
    match &function.facts {
        Facts { unsupported: Some(unsupported), .. } => Entry::Refused(unsupported),
        Facts { array: Some(array), .. } => Entry::Array(array),
        Facts { answers: Some(answers), .. } => Entry::Answers(answers),
        Facts { same_as: Some(same), .. } => Entry::Same(same),
        Facts { local: true, .. } => Entry::Local,
        Facts { custom, .. } if custom.shim => Entry::ByHand,
        _ => resident(api, function).map_or(Entry::Generated, Entry::Resident),
    }
}

fn resident<'a>(api: &'a Api, function: &'a Function) -> Option<Resident<'a>> {
    let (kind, memory) = api.types.values().find_map(|ty| match &ty.kind {
        TypeKind::Handle { memory: Some(memory), .. } => Some((&ty.name, memory)),
        _ => None,
    })?;
    let is_one = |p: &&Param| matches!(&p.shape, Shape::Handle { ty, .. } if ty == kind);
    match &function.ret {
        Ret::New { ty } if ty == kind && memory.create.function == function.name => Some(Resident::Created),
        Ret::New { ty } if ty == kind => function.params.iter().find(is_one).map(Resident::Shared),
        _ if memory.read.function == function.name => Some(Resident::Read),
        _ if memory.write.function == function.name => Some(Resident::Written),
        _ => None,
    }
}

/// Whether calls of such an entry reach the worker.
pub fn crosses(entry: Entry<'_>) -> bool {
    matches!(entry, Entry::ByHand | Entry::Resident(_) | Entry::Generated)
}

pub(super) fn is_marshalled(api: &Api, function: &Function) -> bool {
    crosses(entry(api, function)) && !matches!(function.ret, Ret::Pointer { .. } | Ret::Struct { .. })
}

pub(super) fn server(api: &Api, function: &Function) -> Server {
    let generated = is_marshalled(api, function) && function.facts.beside.is_none();
    match entry(api, function) {
        entry if !crosses(entry) => Server::None,
        _ if function.facts.custom.worker || !generated => Server::ByHand { generated },
        _ => Server::Generated,
    }
}

pub(super) fn loaded<'a>(api: &Api, function: &'a Function) -> Loaded<'a> {
    let looks_up = api.lookup.as_deref() == Some(function.name.as_str());
    match &function.facts {
        Facts { unsupported: Some(_), .. } | Facts { beside: Some(_), .. } => Loaded::No,
        Facts { local: true, .. } if !looks_up => Loaded::No,
        Facts { extension: Some(extension), local: false, .. } => Loaded::FromPlatform(extension),
        Facts { extension: Some(_), .. } => Loaded::No,
        _ => Loaded::FromLibrary,
    }
}

pub(super) fn begins(function: &Function) -> Begins {
    match &function.facts {
        Facts { afresh: true, .. } => Begins::Afresh,
        Facts { retain: Some(_), .. } => Begins::Retaining,
        Facts { release: Some(_), .. } => Begins::Releasing,
        _ => Begins::Current,
    }
}

pub(super) fn finds<'a>(function: &'a Function, about: Option<About<'a>>) -> Finds<'a> {
    match &function.facts {
        Facts { formerly: Some(formerly), .. } => Finds::ExportedOr { formerly, platform: about },
        Facts { extension: None, .. } => Finds::Exported,
        _ if function.params.iter().any(|p| p.since.is_some()) => Finds::InForms(about),
        _ => Finds::OfPlatform(about),
    }
}
