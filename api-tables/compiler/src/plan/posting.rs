//! Which calls may be posted (sent without waiting for a reply), and what their success depends on.

use super::arguments::Argument;
use super::objects::is_new_one;
use crate::model::{Buffer, Direction, Element, Expr, Function, Param, Ret, Shape};

/// Whether a call may be posted.
#[derive(Debug)]
pub enum Posting<'a> {
    /// Every call waits for its reply, or is posted by hand.
    Never(Waits<'a>),
    /// A call is posted once the vendor has accepted the same combination, one entry for each argument. It waits for
    /// its command if `unless` holds.
    Known { unless: Option<&'a Expr>, combination: Vec<Combined<'a>> },
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
    /// It returns something else than a status.
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

pub(super) fn of<'a>(function: &'a Function, arguments: &[Argument<'a>]) -> Posting<'a> {
    let Some(oneway) = &function.facts.oneway else { return Posting::Never(Waits::NotOneway) };
    if function.facts.retain.is_some() {
        return Posting::Never(Waits::Counted);
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

/// Whether calls are made with the same argument over and over.
fn recurs(param: &Param) -> bool {
    match &param.shape {
        Shape::Value { .. } | Shape::Pointer | Shape::Handle { .. } => true,
        Shape::Buffer(buffer) => {
            is_new_one(buffer) || !matches!(buffer.element, Element::Struct(_) | Element::Property(_))
        }
        Shape::Text { .. } | Shape::Texts { .. } | Shape::Callback { .. } | Shape::UserData => false,
        Shape::VaList | Shape::Struct { .. } | Shape::Mirror { .. } => false,
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
