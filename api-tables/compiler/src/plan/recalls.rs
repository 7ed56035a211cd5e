//! Functions whose answers are cached, and stored in places of their own: numbers, structs, handles, and the addresses of texts.

use crate::model::{Buffer, Direction, Element, Expr, Function, Len, Param, Ret, Shape};

/// An answer that is cached.
#[derive(Debug)]
pub struct Recalls<'a> {
    /// What is asked about, and their handle types.
    pub objects: Vec<(&'a Param, &'a str)>,
    /// What is asked besides.
    pub numbers: Vec<&'a Param>,
    /// Where the answer goes, and what it is.
    pub places: Vec<(&'a Param, &'a Element)>,
    /// The answer may change if this holds.
    pub unless: Option<&'a Expr>,
    /// The answer may change when certain functions are called.
    pub changes: bool,
}

/// A function's answer, if that is cached and consists of such.
pub fn recalls(function: &Function) -> Option<Recalls<'_>> {
    let cached = function.facts.cached.as_ref().filter(|cached| cached.after.is_none())?;
    let (unless, changes) = (cached.unless.as_ref(), !cached.until.is_empty());
    let mut recalls = Recalls { objects: Vec::new(), numbers: Vec::new(), places: Vec::new(), unless, changes };
    for param in &function.params {
        match &param.shape {
            Shape::Handle { ty, .. } => recalls.objects.push((param, ty)),
            Shape::Value { .. } => recalls.numbers.push(param),
            Shape::Buffer(Buffer {
                direction: Direction::Out,
                element: element @ (Element::Scalar { .. } | Element::Struct(_) | Element::Handle(_) | Element::Text),
                len: Len::One,
                ..
            }) => recalls.places.push((param, element)),
            _ => return None,
        }
    }
    (matches!(function.ret, Ret::Status { .. }) && !recalls.places.is_empty()).then_some(recalls)
}
