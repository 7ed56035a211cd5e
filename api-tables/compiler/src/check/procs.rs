//! Twins, and the names and versions by which programs look functions up: `twin` and `proc`.

use super::names::Names;
use crate::attr::{self, Attr};
use crate::expr;
use crate::model::{Api, Proc, Twin};
use crate::problem::Problems;
use std::collections::BTreeSet;
use syn::Expr;
use syn::spanned::Spanned;

/// `twin(g)`, `twin(g, since = 7000)`
pub fn twin(attr: &Attr, names: &Names, problems: &mut Problems) -> Option<Twin> {
    let (name, rest) = attr.named(problems)?;
    let since = match rest.known(&["since"], problems)?.pop().flatten() {
        Some(since) => Some(version(since, names, problems)?),
        None => None,
    };
    Some(Twin { name: name.to_string(), since })
}

/// `proc(since = 2000)`, `proc("cuMemAlloc", since = 3020)`
pub fn proc(attr: &Attr, names: &Names, problems: &mut Problems) -> Option<Proc> {
    let name = attr.args.first().and_then(attr::text);
    if name.as_ref().is_some_and(String::is_empty) {
        problems.add(attr.args[0].span(), "a program looks a function up by its name", "empty");
    }
    let args = attr.args[usize::from(name.is_some())..].to_vec();
    let [since] = Attr { args, ..attr.clone() }.fields(["since"], problems).map(|[since]| [since.clone()])?;
    Some(Proc { name, since: version(&since, names, problems)?, span: attr.span })
}

fn version(said: &Expr, names: &Names, problems: &mut Problems) -> Option<i32> {
    let value = expr::constant(said, names, problems)?;
    let version = i32::try_from(value).ok().filter(|version| *version >= 0);
    if version.is_none() {
        problems.add(said.span(), "a version is a number from 0 to 2147483647", format!("is {value}"));
    }
    version
}

/// A version of a name is one function, and a twin is found as its function is.
pub fn check(api: &Api, problems: &mut Problems) {
    let mut known = BTreeSet::new();
    for function in &api.functions {
        for proc in &function.facts.procs {
            let name = proc.name(&function.name);
            if !known.insert((name.to_owned(), proc.since)) {
                let message = format!("`{name}` has a function of version {} already", proc.since);
                problems.add(proc.span, message, "again");
            }
        }
        if let Some(Twin { name, since: Some(_) }) = &function.facts.twin
            && function.facts.procs.is_empty()
        {
            let message = format!("nobody looks `{name}` up, so that its version says nothing");
            problems
                .add(function.span, message, "without `proc`")
                .help(format!("write `#[proc(since = …)]` above `{}`", function.name));
        }
    }
}
