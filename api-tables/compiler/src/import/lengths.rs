//! How long the memory is that pointers lead to, guessed from the names of a function's parameters.

use super::c::{CKind, CType, Signature};
use super::types::{Kind, Types};
use super::words::{self, Count};
use super::write::identifier;

/// How many elements there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Length {
    /// An expression of the language.
    pub count: String,
    /// A number that comes out says how many were written.
    pub written: Option<String>,
    /// The number behind this pointer is the length before the call and after it.
    pub both: Option<usize>,
}

/// The length that each parameter of a function has, if it is an array. `is_const_free`: the header never says `const`.
pub fn of(types: &Types<'_>, function: &str, signature: &Signature, is_const_free: bool) -> Vec<Option<Length>> {
    let lengths = Lengths { types, function, signature, is_const_free };
    (0..signature.params.len()).map(|at| lengths.length(at)).collect()
}

struct Lengths<'a> {
    types: &'a Types<'a>,
    function: &'a str,
    signature: &'a Signature,
    is_const_free: bool,
}

/// A parameter that counts.
struct Counter<'a> {
    at: usize,
    name: &'a str,
    count: Count,
}

/// What an element of memory is, for what may count it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Bytes,
    Text,
    Number,
    /// A handle or a struct: what has a count of its own at one place only.
    Object,
}

impl Lengths<'_> {
    fn length(&self, at: usize) -> Option<Length> {
        let ty = &self.signature.params[at].ty;
        if let CKind::Array(_, Some(n)) = ty.kind {
            return Some(Length { count: n.to_string(), written: None, both: None });
        }
        let Kind::Pointer(to) = self.types.kind(ty) else { return None };
        let element = self.element(&to)?;
        let before = self.counter(at, element, &to, false);
        let after = self.counter(at, element, &to, true).filter(|_| !to.constant);
        let name = |counter: &Counter<'_>| identifier(counter.name);
        match (before, after) {
            (Some(before), Some(after)) => {
                let written = match element {
                    Element::Bytes => name(&after),
                    _ => format!("min({}, {})", name(&before), name(&after)),
                };
                Some(Length { count: name(&before), written: Some(written), both: None })
            }
            (Some(before), None) => Some(Length { count: name(&before), written: None, both: None }),
            (None, Some(after)) => {
                Some(Length { count: name(&after), written: Some(name(&after)), both: Some(after.at) })
            }
            (None, None) => None,
        }
    }

    fn element(&self, to: &CType) -> Option<Element> {
        match self.types.kind(to) {
            Kind::Void => Some(Element::Bytes),
            Kind::Scalar(name) if name == "c_char" => Some(Element::Text),
            Kind::Scalar(_) if matches!(self.types.scalar(to), Some("c_uchar" | "u8")) => Some(Element::Bytes),
            Kind::Scalar(_) => Some(Element::Number),
            Kind::Handle(_) | Kind::Struct(_) => Some(Element::Object),
            // Arrays of texts and of bytes.
            Kind::Pointer(_) => Some(Element::Object),
            _ => None,
        }
    }

    /// The parameter that says how many elements a pointer leads to: a number, or one that comes out.
    fn counter(&self, at: usize, element: Element, to: &CType, comes_out: bool) -> Option<Counter<'_>> {
        let own = words::counted(&self.signature.params[at].name);
        let mut all: Vec<Counter<'_>> = self.counters(comes_out).filter(|counter| counter.at != at).collect();
        let may = |counter: &Counter<'_>| match element {
            Element::Bytes => counter.count.is_size || counter.count.is_count,
            Element::Text => counter.count.is_size,
            Element::Number | Element::Object => counter.count.is_count,
        };
        all.retain(may);
        let only = all.len() == 1;
        let is_own = |counter: &Counter<'_>| counter.count.of == own;
        let is_another = |counter: &Counter<'_>| {
            let others =
                self.signature.params.iter().enumerate().filter(|(other, _)| *other != at && *other != counter.at);
            others.map(|(_, param)| words::counted(&param.name)).any(|other| other == counter.count.of)
        };
        let goes_in = to.constant || matches!(self.types.kind(to), Kind::Pointer(inner) if inner.constant);
        let is_told = goes_in || words::asks(self.function);
        let takes_any = |counter: &Counter<'_>| {
            counter.count.of.is_empty()
                && match element {
                    Element::Bytes => true,
                    Element::Text => !to.constant,
                    Element::Number => to.constant,
                    Element::Object => is_told || comes_out,
                }
        };
        let is_lengths = to.constant && words::is_lengths(&self.signature.params[at].name);
        let shares = |_: &Counter<'_>| only && (is_lengths || (element == Element::Object && is_told));
        let is_beside = |counter: &Counter<'_>, place: Option<usize>| {
            Some(counter.at) == place
                && !is_another(counter)
                && match element {
                    Element::Bytes => true,
                    Element::Text => !to.constant,
                    Element::Number => comes_out,
                    Element::Object => is_told || comes_out || self.is_const_free,
                }
        };
        let found = all
            .iter()
            .position(is_own)
            .or_else(|| all.iter().position(takes_any))
            .or_else(|| all.iter().position(|counter| is_beside(counter, Some(at + 1))))
            .or_else(|| all.iter().position(|counter| is_beside(counter, at.checked_sub(1))))
            .or_else(|| all.iter().position(shares))?;
        Some(all.swap_remove(found))
    }

    fn counters(&self, comes_out: bool) -> impl Iterator<Item = Counter<'_>> {
        self.signature.params.iter().enumerate().filter_map(move |(at, param)| {
            let counts = match self.types.kind(&param.ty) {
                Kind::Pointer(to) => comes_out && !to.constant && self.types.is_whole(&to),
                _ => !comes_out && self.types.is_whole(&param.ty),
            };
            let count = words::count(&param.name).filter(|_| counts)?;
            Some(Counter { at, name: &param.name, count })
        })
    }
}
