//! Facts of lists that are read in pieces: `pieces`, `drops` and `doubts`.

use crate::attr::Attr;
use crate::expr::Scope;
use crate::model::{Function, Param, Ret, Shape};
use crate::problem::Problems;

/// `pieces(h)`, `drops(h)`: the number that the list belongs to.
pub fn owner(attr: &Attr, params: &[Param], scope: &Scope<'_>, problems: &mut Problems) -> Option<String> {
    let name = attr.name(problems)?;
    let param = scope.param(&name.to_string(), name.span(), problems)?.name.clone();
    if !params.iter().any(|p| p.name == param && matches!(p.shape, Shape::Value { .. })) {
        let message = format!("`{}` is about a number that a list belongs to", attr.word);
        problems.add(name.span(), message, "no number");
    }
    Some(param)
}

/// What becomes of a list is told by a status; the next elements are as the shim keeps them.
pub fn check(function: &Function, problems: &mut Problems) {
    let facts = &function.facts;
    let tells = facts.pieces.is_some() || facts.drops.is_some();
    if tells && !matches!(function.ret, Ret::Status { .. }) {
        let message = format!("`{}` is about a list that is read in pieces, and returns no status", function.name);
        problems.add(function.span, message, "no status");
    }
    if facts.pieces.is_some() && function.piece().is_none() {
        let message = format!("`{}` does not return the next elements of a list", function.name);
        problems
            .add(function.span, message, "no piece")
            .help("a piece is `list: Out<[T; most]>` with `#[written(list = count)]`, all of them numbers of 8 bytes");
    }
}
