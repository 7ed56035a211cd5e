//! `#[twin(g)]` above a function: another of the vendor's with the same parameters and facts, as if it had been written twice.

use crate::attr::{self, Attr};
use syn::ForeignItemFn;

/// The twin of a function and its facts, if it has one. What is wrong with the attribute is said of the function.
pub fn of(function: &ForeignItemFn, facts: &[Attr]) -> Option<(ForeignItemFn, Vec<Attr>)> {
    let said = facts.iter().find(|attr| attr.word == "twin")?;
    let mut twin = function.clone();
    twin.sig.ident = attr::ident(said.args.first()?)?.clone();
    // A look-up finds the twin by what is said of the function.
    let is_shared = |fact: &&Attr| !["proc", "twin"].contains(&fact.word.as_str());
    Some((twin, facts.iter().filter(is_shared).cloned().collect()))
}
