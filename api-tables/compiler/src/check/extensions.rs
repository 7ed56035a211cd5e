//! Extensions: which cross, in which versions, and which do not, and why.

use crate::attr::{self, Attr};
use crate::model::{Api, Extension, Function, Masked, Shape, Version};
use crate::problem::Problems;
use syn::spanned::Spanned;
use syn::{Expr, RangeLimits};

/// `#![extensions("NAME", "NAME" = "FROM".."BELOW", …)]`
pub fn known(attr: &Attr, problems: &mut Problems) -> Vec<Extension> {
    attr.args.iter().filter_map(|arg| extension(arg, problems)).collect()
}

fn extension(arg: &Expr, problems: &mut Problems) -> Option<Extension> {
    if let Some(name) = attr::text(arg) {
        return Some(Extension { name, known: None });
    }
    if let Expr::Assign(assign) = arg
        && let Some(name) = attr::text(&assign.left)
        && let Expr::Range(range) = &*assign.right
        && let (Some(from), RangeLimits::HalfOpen(_), Some(below)) = (&range.start, &range.limits, &range.end)
    {
        return Some(Extension { name, known: Some((version(from, problems)?, version(below, problems)?)) });
    }
    problems
        .add(arg.span(), "this is not an extension", "not an extension")
        .help("write `\"name\"`, or `\"name\" = \"0.9.0\"..\"2.0.0\"` if the table describes these versions only");
    None
}

/// `#![masked(why = "…", "NAME", …)]`
pub fn masked(attr: &Attr, problems: &mut Problems) -> Option<Masked> {
    let is_why = |arg: &Expr| match arg {
        Expr::Assign(assign) => {
            attr::ident(&assign.left).is_some_and(|key| key == "why").then(|| attr::text(&assign.right))?
        }
        _ => None,
    };
    match attr.args.split_first().and_then(|(why, names)| Some((is_why(why)?, names))) {
        Some((why, names)) => {
            let names = Attr { word: attr.word.clone(), span: attr.span, args: names.to_vec() }.texts(problems);
            Some(Masked { why, names })
        }
        None => {
            problems
                .add(attr.span, "the table does not say why these do not cross", "without a reason")
                .help("write `#![masked(why = \"…\", \"name\", …)]`");
            None
        }
    }
}

/// An extension crosses or does not, and is named once.
pub fn no_second(attrs: &[Attr], problems: &mut Problems) {
    let mut seen: Vec<String> = Vec::new();
    for arg in attrs.iter().filter(|a| ["extensions", "masked"].contains(&a.word.as_str())).flat_map(|a| &a.args) {
        let name = match arg {
            Expr::Assign(assign) => attr::text(&assign.left),
            arg => attr::text(arg),
        };
        let Some(name) = name else { continue };
        if seen.contains(&name) {
            problems.add(arg.span(), format!("`{name}` is given twice"), "again");
        }
        seen.push(name);
    }
}

/// `"0.9.5"`
pub fn version(text: &Expr, problems: &mut Problems) -> Option<Version> {
    let version = attr::text(text).and_then(|text| Version::parse(&text));
    if version.is_none() {
        problems.add(text.span(), "a version has the form `\"0.9.5\"`", "not a version");
    }
    version
}

/// A parameter that came with a version of its extension is one that functions did without: it may be null. And the table
/// says which versions of the extension it knows, so that no other is taken for one of them.
pub fn newer(api: &Api, function: &Function, problems: &mut Problems) {
    for param in &function.params {
        let Some(since) = param.since else { continue };
        let of = function.facts.extension.as_ref().and_then(|name| api.extensions.iter().find(|e| e.name == *name));
        match of.map(|extension| extension.known) {
            None => {
                let message = format!("`{}` needs a version of an extension", param.name);
                problems.add(param.span, message, "of no extension that crosses");
            }
            Some(Some((from, below))) if from < since && since < below => {}
            Some(_) => {
                let message = format!("the table does not describe versions both before and from {since}");
                problems.add(param.span, message, "not in the range of `extensions`");
            }
        }
        if function.answer().is_some() {
            problems.add(param.span, "a query by key has one form", "another form");
        }
        if !may_be_null(&param.shape) {
            let message = format!("a call without `{}` cannot be made from one with it", param.name);
            problems.add(param.span, message, "not `Option<…>`");
        }
    }
}

fn may_be_null(shape: &Shape) -> bool {
    match shape {
        Shape::Buffer(buffer) => buffer.null,
        Shape::Text { null } | Shape::Texts { null, .. } | Shape::Handle { null, .. } => *null,
        _ => false,
    }
}
