//! Which calls may be posted (sent without waiting for a reply), and what their success depends on.

use super::arguments::Argument;
use super::objects::{is_new_one, named};
use super::queries::errcode;
use crate::model::{Api, Buffer, Direction, Element, Expr, Function, Param, Ret, Shape, TypeKind, Until};

/// Whether a call may be posted.
#[derive(Debug)]
pub enum Posting<'a> {
    /// Every call waits for its reply, or is posted by hand.
    Never(Waits<'a>),
    /// A call is posted once the vendor has accepted the same combination, one entry for each argument. It waits for
    /// its command if `unless` holds.
    Known { unless: Option<&'a Expr>, combination: Vec<Combined<'a>> },
    /// A call that returns a new object is posted once the vendor has made one of the same combination.
    Made {
        combination: Vec<Combined<'a>>,
        /// Objects of one combination are as good as each other, and answer alike: they are made of objects that stand for
        /// themselves, and share nothing.
        alike: bool,
    },
    /// The release of the last reference that the program holds, which does not fail.
    Release {
        /// It is ordered after everything that any thread has sent: users of the object may not name it, as a kernel launch
        /// does not name the arguments. Objects that posted calls make are named by all their users.
        after_all: bool,
    },
}

/// Why a call waits for its reply.
#[derive(Debug, Clone, Copy)]
pub enum Waits<'a> {
    /// The table does not say `oneway`.
    NotOneway,
    /// The shim counts the references.
    Counted,
    /// It returns something else than a status or a new object.
    Returns,
    /// Calls are not made with the same argument of this kind over and over.
    Argument(&'a Param),
}

/// What an argument adds to the fingerprint of a call that the vendor accepts.
#[derive(Debug, Clone, Copy)]
pub enum Combined<'a> {
    /// The object, or its class where one is as good as another.
    Object,
    /// The number.
    Number,
    /// What memory it is that begins there, of so many bytes.
    Extent(&'a Expr),
    /// What memory it is that begins there, and is given back.
    Freed,
    /// All that is in its memory.
    Content,
    /// Whether a new object is asked for.
    Wanted,
    /// Whether it is null.
    Null,
    /// It is null: what is made of the program's memory is not like anything else.
    Absent,
    /// Nothing, or each object in an array as it is looked up.
    Nothing,
}

/// Where the status of a failed one-way call is.
#[derive(Debug, Clone, Copy)]
pub enum FailureStatus<'a> {
    Returned,
    Stored(&'a Param),
    /// There is none.
    Unknown,
}

impl Posting<'_> {
    pub fn is_posted(&self) -> bool {
        !matches!(self, Self::Never(_))
    }
}

pub(super) fn of<'a>(api: &Api, function: &'a Function, arguments: &[Argument<'a>]) -> Posting<'a> {
    let Some(oneway) = &function.facts.oneway else { return Posting::Never(Waits::NotOneway) };
    if function.facts.retain.is_some() {
        return Posting::Never(Waits::Counted);
    }
    if let Ret::New { ty } = &function.ret {
        return made(api, function, ty, arguments);
    }
    if !matches!(function.ret, Ret::Status { .. } | Ret::Void) {
        return Posting::Never(Waits::Returns);
    }
    if let Some(param) = function.params.iter().find(|p| !recurs(p)) {
        return Posting::Never(Waits::Argument(param));
    }
    if function.facts.release.is_some() {
        // Whether other objects use it without naming it is known when all calls are: see `order`.
        return Posting::Release { after_all: true };
    }
    let combination = arguments.iter().map(|argument| combined(function, argument.param)).collect();
    Posting::Known { unless: oneway.unless.as_ref(), combination }
}

/// The posting of a call that returns a new object of a type.
fn made<'a>(api: &Api, function: &'a Function, ty: &str, arguments: &[Argument<'a>]) -> Posting<'a> {
    let is_given = |p: &&Param| recurs(p) || matches!(p.shape, Shape::Buffer(_));
    if let Some(param) = function.params.iter().find(|p| !is_given(p)) {
        return Posting::Never(Waits::Argument(param));
    }
    let status = errcode(api, function);
    let combined = |argument: &Argument<'a>| match &argument.param.shape {
        Shape::Buffer(_) if status.is_some_and(|status| status.name == argument.param.name) => Combined::Nothing,
        Shape::Buffer(_) if is_held(function, argument.param) => Combined::Absent,
        Shape::Buffer(Buffer { direction: Direction::In, element: Element::Handle(_), .. }) => Combined::Nothing,
        Shape::Buffer(Buffer { direction: Direction::In, .. }) => Combined::Content,
        _ => combined(function, argument.param),
    };
    let is_event = matches!(api.types.get(ty).map(|t| &t.kind), Some(TypeKind::Handle { event: Some(_), .. }));
    let alike = !is_event && !function.params.iter().filter_map(named).any(|of| is_made_so(api, of));
    Posting::Made { combination: arguments.iter().map(combined).collect(), alike }
}

/// Whether calls that may be posted return objects of a type: one may be like another.
fn is_made_so(api: &Api, ty: &str) -> bool {
    let makes = |f: &Function| f.facts.oneway.is_some() && matches!(&f.ret, Ret::New { ty: made } if made == ty);
    api.functions.iter().any(makes)
}

/// Whether memory is in use until the new object is gone.
fn is_held(function: &Function, param: &Param) -> bool {
    function.facts.until.iter().any(|(name, until)| *name == param.name && *until == Until::Released)
}

/// Whether calls are made with the same argument over and over.
fn recurs(param: &Param) -> bool {
    match &param.shape {
        Shape::Value { .. } | Shape::Pointer | Shape::Handle { .. } => true,
        Shape::Buffer(buffer) => {
            is_new_one(buffer) || !matches!(buffer.element, Element::Struct(_) | Element::Property(_))
        }
        Shape::Text { .. } | Shape::Texts { .. } | Shape::Callback { .. } | Shape::UserData => false,
        Shape::VaList | Shape::Struct { .. } | Shape::Mirror { .. } | Shape::Fd(_) => false,
    }
}

fn combined<'a>(function: &'a Function, param: &Param) -> Combined<'a> {
    let facts = &function.facts;
    let extent = facts.extents.iter().find(|(name, _)| *name == param.name);
    match &param.shape {
        _ if facts.regardless.contains(&param.name) => Combined::Nothing,
        Shape::Value { .. } if facts.frees.as_ref() == Some(&param.name) => Combined::Freed,
        Shape::Value { .. } => extent.map_or(Combined::Number, |(_, len)| Combined::Extent(len)),
        Shape::Handle { .. } => Combined::Object,
        Shape::Buffer(buffer) if is_new_one(buffer) => Combined::Wanted,
        Shape::Buffer(Buffer { direction: Direction::In, element: Element::Scalar { .. }, .. }) => Combined::Content,
        Shape::Buffer(Buffer { direction: Direction::In, element: Element::Handle(_), .. }) => Combined::Nothing,
        Shape::Buffer(_) | Shape::Pointer => Combined::Null,
        _ => Combined::Nothing,
    }
}
