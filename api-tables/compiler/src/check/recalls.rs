//! Answers that are cached: `cached`.

use crate::attr;
use crate::expr::Scope;
use crate::model::{Api, Function};
use crate::plan;
use crate::problem::Problems;
use syn::spanned::Spanned;

/// `[f, …]`, of `until`: functions of the table.
pub fn functions(list: &syn::Expr, scope: &Scope<'_>, problems: &mut Problems) -> Vec<String> {
    const WHAT: &str = "`until` takes a list of functions";
    let syn::Expr::Array(list) = list else {
        problems.add(list.span(), WHAT, "not `[f, …]`");
        return Vec::new();
    };
    let function = |e| match attr::ident(e) {
        Some(name) => scope.names.function(name, problems),
        None => {
            problems.add(e.span(), WHAT, "not a name");
            None
        }
    };
    list.elems.iter().filter_map(function).collect()
}

/// A cached answer is bytes, whose number the function returns, or numbers and structs; and who changes it calls the worker.
pub fn check(api: &Api, whole: &[bool], problems: &mut Problems) {
    for (function, _) in api.functions.iter().zip(whole).filter(|(_, whole)| **whole) {
        if function.facts.cached.is_some() {
            answers(function, problems);
            changes(api, function, problems);
        }
    }
}

fn answers(function: &Function, problems: &mut Problems) {
    if function.answer().is_none() && plan::recalls(function).is_none() {
        let message = format!("`{}` is cached, and it is not clear what its answer is", function.name);
        problems.add(function.span, message, "cached").help(
            "an answer is `value: Out<[T; size]>`, T tagged or `c_void`, with `#[written(value = size_ret)]`; or a function returns \
             a status, takes handles and numbers, and stores numbers, structs, handles or texts",
        );
    }
}

fn changes(api: &Api, function: &Function, problems: &mut Problems) {
    let until = function.facts.cached.iter().flat_map(|cached| &cached.until);
    if function.answer().is_some() && until.clone().next().is_some() {
        problems.add(function.span, "`until` is about answers that are numbers and structs", "these are bytes");
    }
    let crosses = |name: &String| api.function(name).is_some_and(|f| plan::crosses(plan::entry(api, f)));
    for name in until.filter(|name| !crosses(name)) {
        let message = format!("`{name}` is not served by the worker, and changes no answer of its");
        problems.add(function.span, message, "until then");
    }
}
