//! Objects: which one a call is about, which ones it makes, and what those keep alive.

use crate::model::{
    Api, Buffer, Direction, Element, Expr, Function, Len, Param, Resource, Ret, Shape, TypeKind, Until,
};

use super::charges;

/// The object that a call is about: the failure of a one-way call is returned by the next call with a reply that names it,
/// and the events that a call makes belong to it.
#[derive(Debug, Clone, Copy)]
pub enum About<'a> {
    /// A handle.
    Handle(&'a Param),
    /// The first handle in an array.
    FirstOf(&'a Param),
}

/// An object that a call makes.
#[derive(Debug)]
pub struct Birth<'a> {
    /// Its handle type.
    pub kind: &'a str,
    pub place: BirthPlace<'a>,
    pub parents: Parents<'a>,
    /// Its device memory in bytes; the worker asks the vendor if the table does not say.
    pub device_memory: Option<&'a Expr>,
    /// The program's memory that it uses as long as it lives.
    pub holds: Option<&'a Param>,
}

/// How the vendor returns a new object.
#[derive(Debug, Clone, Copy)]
pub enum BirthPlace<'a> {
    /// The function returns it. The shim gives it its id.
    Returned,
    /// Stored through a pointer, if the program asks for it. The shim gives it its id.
    Stored(&'a Param),
    /// Several are stored in an array; the worker gives them their ids, since only the vendor knows how many there are.
    Listed(&'a Param),
}

/// What a new object is made from.
#[derive(Debug, Clone)]
pub struct Parents<'a> {
    /// It ends with the first of these objects that there is.
    pub owners: Vec<&'a Param>,
    /// Handles.
    pub handles: Vec<&'a Param>,
    /// Arrays and structs, for the handles in them.
    pub inside: Vec<&'a Param>,
}

impl Birth<'_> {
    /// Whether one object is stored through this parameter.
    pub fn is_stored_in(&self, param: &Param) -> bool {
        matches!(self.place, BirthPlace::Stored(p) if p.name == param.name)
    }
}

/// The handle type of a parameter: of the handle that it is, or of those in the array.
pub fn named(param: &Param) -> Option<&String> {
    match &param.shape {
        Shape::Handle { ty, .. } => Some(ty),
        Shape::Buffer(buffer) => match &buffer.element {
            Element::Handle(ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn is_handle(param: &Param) -> bool {
    matches!(param.shape, Shape::Handle { .. })
}

/// `Out<New<H>>` to one object: the shim gives it its id, so that it needs no place in the reply.
pub fn is_new_one(buffer: &Buffer) -> bool {
    matches!((&buffer.element, &buffer.len), (Element::New(_), Len::One))
}

/// The parameter in `about`, or else the first handle, or else the first array of handles.
pub fn about(function: &Function) -> Option<About<'_>> {
    let array = |p: &&Param| matches!(&p.shape, Shape::Buffer(b) if b.direction == Direction::In && matches!(b.element, Element::Handle(_)));
    let said = function.facts.about.as_deref().and_then(|name| function.param(name));
    match said {
        Some(param) if is_handle(param) => Some(About::Handle(param)),
        Some(param) => Some(About::FirstOf(param)),
        None => {
            let handle = function.params.iter().find(|p| is_handle(p)).map(About::Handle);
            handle.or_else(|| function.params.iter().find(array).map(About::FirstOf))
        }
    }
}

/// The parameters for objects that one of a type may be within, in the order of the prototype: it ends with the first of
/// them that the call is given.
pub fn owners<'a>(api: &Api, function: &'a Function, ty: &str) -> Vec<&'a Param> {
    let Some(TypeKind::Handle { within, .. }) = api.types.get(ty).map(|t| &t.kind) else { return Vec::new() };
    function.params.iter().filter(|p| matches!(&p.shape, Shape::Handle { ty, .. } if within.contains(ty))).collect()
}

/// Whether objects of some type end with one of this type.
pub fn owns(api: &Api, ty: &str) -> bool {
    let is_within = |kind: &TypeKind| matches!(kind, TypeKind::Handle { within, .. } if within.iter().any(|t| t == ty));
    api.types.values().any(|t| is_within(&t.kind))
}

pub(super) fn births<'a>(api: &Api, function: &'a Function, about: Option<About<'a>>) -> Vec<Birth<'a>> {
    let returned = match &function.ret {
        Ret::New { ty } => Some((ty, BirthPlace::Returned)),
        _ => None,
    };
    let stored = function.params.iter().filter_map(|p| match &p.shape {
        Shape::Buffer(buffer) => match &buffer.element {
            Element::New(ty) if is_new_one(buffer) => Some((ty, BirthPlace::Stored(p))),
            Element::New(ty) => Some((ty, BirthPlace::Listed(p))),
            _ => None,
        },
        _ => None,
    });
    returned
        .into_iter()
        .chain(stored)
        .map(|(kind, place)| {
            let returned = matches!(place, BirthPlace::Returned);
            Birth {
                kind,
                place,
                parents: parents(owners(api, function, kind), function, about, returned),
                device_memory: charges::number(function, Resource::DeviceMemory).filter(|_| returned),
                holds: held(function).filter(|_| returned),
            }
        })
        .collect()
}

/// Memory that stays in use until the new object is released.
fn held(function: &Function) -> Option<&Param> {
    function.facts.until.iter().find_map(|(p, until)| {
        let param = function.param(p)?;
        (matches!(param.shape, Shape::Buffer(_)) && *until == Until::Released).then_some(param)
    })
}

/// An object that a function returns keeps alive all that the call names; one that is stored, as events are, what the
/// call is about. Either keeps alive what structs name.
fn parents<'a>(
    owners: Vec<&'a Param>,
    function: &'a Function,
    about: Option<About<'a>>,
    returned: bool,
) -> Parents<'a> {
    let mut handles: Vec<&Param> = match (returned, about) {
        (true, _) => function.params.iter().filter(|p| is_handle(p)).collect(),
        (false, Some(About::Handle(param))) => vec![param],
        (false, _) => Vec::new(),
    };
    handles.retain(|p| owners.iter().all(|owner| owner.name != p.name));
    let inside = function.params.iter().filter(|p| match &p.shape {
        Shape::Buffer(Buffer { direction: Direction::In, element, .. }) => match element {
            Element::Handle(_) => returned,
            Element::Struct(_) => true,
            _ => false,
        },
        _ => false,
    });
    Parents { owners, handles, inside: inside.collect() }
}
