//! How each argument of a call is passed.

use super::objects::{About, is_new_one};
use super::queries::{self, Key};
use crate::model::{
    Api, Buffer, Direction, Element, Expr, Function, Given, Len, Oneway, Param, Shape, TypeKind, Until,
};

/// One argument.
#[derive(Debug)]
pub struct Argument<'a> {
    pub param: &'a Param,
    /// It does not cross: the vendor is given null.
    pub withheld: bool,
    /// It is an address that stands for a mapping, which the request names in its place.
    pub unmapped: bool,
    /// The struct that the vendor is given in its place.
    pub given: Option<&'a Given>,
    /// It is an output.
    pub returns: bool,
    /// Memory is read only if this holds; otherwise the vendor gets an address that it does not read.
    pub when: Option<&'a Expr>,
    pub lifetime: Lifetime<'a>,
    /// How many elements (bytes, where there are no others) are valid after the call; all, if the table does not say.
    pub written: Option<&'a Expr>,
    /// The out parameter in `written`: the worker asks the vendor for it even if the program passed null.
    pub counted_by: Option<&'a Param>,
    /// What the meaning of its bytes depends on.
    pub key: Option<Key<'a>>,
    /// For a handle: what happens if the program passes anything else than a live handle.
    pub miss: Option<Miss>,
}

/// How long memory or a callback is in use.
#[derive(Debug, Clone, Copy)]
pub enum Lifetime<'a> {
    /// Until the call has returned.
    Call,
    /// Until the event that this parameter makes has completed; until the call has returned, if `unless` holds.
    Event { event: &'a Param, unless: Option<&'a Expr> },
    /// Until the object that the call makes, or else the one that it is about, is released.
    Released,
}

/// What happens to anything else than a live handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// It crosses as null, which the vendor refuses as it sees fit.
    Vendor,
    /// Null crosses; anything else is refused with the `invalid` status of its type.
    RefusedUnlessNull,
    /// It is refused with the `invalid` status of its type, and so is null: the vendor would dereference it.
    Refused,
}

pub(super) fn all<'a>(api: &'a Api, function: &'a Function) -> Vec<Argument<'a>> {
    function.params.iter().map(|param| argument(api, function, param)).collect()
}

fn argument<'a>(api: &'a Api, function: &'a Function, param: &'a Param) -> Argument<'a> {
    let facts = &function.facts;
    let of = |list: &'a [(String, Expr)]| list.iter().find(|(p, _)| *p == param.name).map(|(_, e)| e);
    let written = of(&facts.written);
    Argument {
        param,
        withheld: facts.withheld.contains(&param.name),
        unmapped: facts.unmaps.as_ref().is_some_and(|(address, _)| *address == param.name),
        given: facts.given.iter().find(|given| given.param == param.name),
        returns: match &param.shape {
            Shape::Buffer(buffer) => buffer.direction != Direction::In,
            Shape::Fd(fd) => fd.out,
            _ => false,
        },
        when: of(&facts.when),
        lifetime: lifetime(function, &param.name),
        written,
        counted_by: written.and_then(|e| out_parameter(function, e)),
        key: queries::key(api, function, param),
        miss: miss(api, param),
    }
}

/// How long a parameter is in use.
pub fn lifetime<'a>(function: &'a Function, param: &str) -> Lifetime<'a> {
    let until = function.facts.until.iter().find(|(p, _)| p == param).map(|(_, until)| until);
    match until {
        None => Lifetime::Call,
        Some(Until::Released) => Lifetime::Released,
        Some(Until::Event(event)) => match function.param(event) {
            Some(event) => {
                let unless = function.facts.oneway.as_ref().and_then(|Oneway { unless }| unless.as_ref());
                Lifetime::Event { event, unless }
            }
            None => Lifetime::Call,
        },
    }
}

/// The out parameter that an expression names.
fn out_parameter<'a>(function: &'a Function, e: &Expr) -> Option<&'a Param> {
    match e {
        Expr::Param(name) => {
            function.param(name).filter(|p| matches!(p.shape, Shape::Buffer(Buffer { direction: Direction::Out, .. })))
        }
        Expr::Binary(_, a, b) => out_parameter(function, a).or_else(|| out_parameter(function, b)),
        Expr::Call(_, args) => args.iter().find_map(|a| out_parameter(function, a)),
        Expr::Int(_) | Expr::Const(..) | Expr::Ask(..) => None,
    }
}

fn miss(api: &Api, param: &Param) -> Option<Miss> {
    let Shape::Handle { ty, null } = &param.shape else { return None };
    let pointer = matches!(api.types.get(ty).map(|t| &t.kind), Some(TypeKind::Handle { opaque: true, .. }));
    Some(match (null, pointer) {
        (true, _) => Miss::RefusedUnlessNull,
        (false, true) => Miss::Refused,
        (false, false) => Miss::Vendor,
    })
}

/// The orders in which the shim and the worker process the arguments. The object that the call is about comes before other
/// handles, because the first handle found is the one that the call is about. In the worker, numbers come first: sizes
/// are computed from them.
pub(super) fn orders(arguments: &[Argument<'_>], about: Option<About<'_>>) -> (Vec<usize>, Vec<usize>) {
    let about = match about {
        Some(About::Handle(param) | About::FirstOf(param)) => Some(param.name.as_str()),
        None => None,
    };
    let names_objects = |argument: &Argument<'_>| match &argument.param.shape {
        Shape::Handle { .. } => true,
        Shape::Buffer(buffer) => matches!(buffer.element, Element::Handle(_) | Element::New(_)),
        _ => false,
    };
    let rank = |place: &usize| {
        let argument = &arguments[*place];
        match &argument.param.shape {
            Shape::Value { .. } => 0,
            Shape::Buffer(Buffer { direction: Direction::InOut, len: Len::One, .. }) => 1,
            _ => 2,
        }
    };
    let mut encode: Vec<usize> = (0..arguments.len()).collect();
    let at = encode.iter().position(|place| Some(arguments[*place].param.name.as_str()) == about);
    let first = encode.iter().position(|place| names_objects(&arguments[*place]));
    if let (Some(at), Some(first)) = (at, first)
        && first < at
    {
        let place = encode.remove(at);
        encode.insert(first, place);
    }
    let mut decode = encode.clone();
    decode.sort_by_key(rank);
    (encode, decode)
}

impl<'a> Argument<'a> {
    /// The memory that the argument points to.
    pub fn buffer(&self) -> Option<&'a Buffer> {
        match &self.param.shape {
            Shape::Buffer(buffer) => Some(buffer),
            _ => None,
        }
    }

    /// The memory of a result in the reply: all outputs except single new objects.
    pub fn result(&self) -> Option<&'a Buffer> {
        self.buffer().filter(|buffer| buffer.direction != Direction::In && !is_new_one(buffer))
    }

    /// Whether the request also has the memory's address in the program: an object goes on using it, and queries of the
    /// object return it.
    pub fn tells_address(&self) -> bool {
        matches!(self.lifetime, Lifetime::Released) && self.buffer().is_some()
    }
}
