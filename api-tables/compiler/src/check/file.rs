//! Facts about an API as a whole: the attributes of the file.

use super::extensions;
use super::names::Names;
use crate::attr::{self, Attr};
use crate::expr;
use crate::model::{Api, Listed, Needs};
use crate::problem::Problems;
use proc_macro2::Span;
use syn::Expr;
use syn::spanned::Spanned;

pub(super) const WORDS: &[&str] = &[
    "absent",
    "also",
    "api",
    "configuration",
    "define",
    "dispatch",
    "drivers",
    "environment",
    "extensions",
    "forked",
    "forks",
    "functions",
    "header",
    "inside",
    "install",
    "lasting",
    "library",
    "listed",
    "lookup",
    "lost",
    "masked",
    "exhausted",
    "places",
    "sandbox",
    "versions",
];
const REPEATABLE: &[&str] = &["configuration", "define", "header", "masked"];

/// Reads the attributes of the file into an [`Api`] that has no types and functions yet.
pub fn read(attrs: &[Attr], names: &Names, problems: &mut Problems) -> Api {
    let mut seen: Vec<&str> = Vec::new();
    let mut api = Api {
        name: String::new(),
        number: 0,
        library: String::new(),
        also: Vec::new(),
        places: Vec::new(),
        install: String::new(),
        drivers: Vec::new(),
        versions: Vec::new(),
        headers: Vec::new(),
        defines: Vec::new(),
        lost: 0,
        exhausted: 0,
        absent: 0,
        environment: Vec::new(),
        sandbox: Needs::default(),
        configurations: Vec::new(),
        extensions: Vec::new(),
        masked: Vec::new(),
        function_list: None,
        listed: None,
        forked: None,
        inside: None,
        lasting: Vec::new(),
        forks: false,
        dispatch: Vec::new(),
        lookup: None,
        constants: Default::default(),
        types: Default::default(),
        functions: Vec::new(),
    };
    for attr in attrs {
        let word = attr.word.as_str();
        if seen.contains(&word) && !REPEATABLE.contains(&word) {
            problems.add(attr.span, format!("`{word}` is given twice"), "again");
        }
        seen.push(word);
        match word {
            "api" => {
                let named = number(attr, names, problems);
                (api.name, api.number) = named.unwrap_or_default();
            }
            "library" => api.library = attr.text(problems).unwrap_or_default(),
            "also" => api.also = attr.texts(problems),
            "install" => api.install = attr.text(problems).unwrap_or_default(),
            "places" => api.places = attr.texts(problems),
            "drivers" => api.drivers = attr.texts(problems),
            "versions" => api.versions = attr.texts(problems),
            "header" => api.headers.extend(attr.text(problems)),
            "define" => api.defines.extend(attr.text(problems)),
            "environment" => api.environment = attr.texts(problems),
            // Read after the environment, by `sandbox::read`.
            "configuration" | "sandbox" => {}
            "extensions" => api.extensions = extensions::known(attr, problems),
            "masked" => api.masked.extend(extensions::masked(attr, problems)),
            "lost" => {
                let status = attr.only(problems).and_then(|e| expr::constant_i64(e, names, problems));
                api.lost = status.unwrap_or_default();
            }
            "exhausted" => {
                let status = attr.only(problems).and_then(|e| expr::constant_i64(e, names, problems));
                api.exhausted = status.unwrap_or_default();
            }
            "absent" => {
                let status = attr.only(problems).and_then(|e| expr::constant_i64(e, names, problems));
                api.absent = status.unwrap_or_default();
            }
            "forked" => {
                api.forked = attr.only(problems).and_then(|e| expr::constant_i64(e, names, problems));
            }
            "inside" => {
                api.inside = attr.only(problems).and_then(|e| expr::constant_i64(e, names, problems));
            }
            "lasting" => {
                let statuses = attr.args.iter().filter_map(|e| expr::constant_i64(e, names, problems));
                api.lasting = statuses.collect();
            }
            "forks" => {
                attr.flag(problems);
                api.forks = true;
            }
            "functions" => api.function_list = attr.name(problems).and_then(|name| names.function(name, problems)),
            "listed" => api.listed = listed(attr, names, problems),
            "dispatch" => api.dispatch = dispatch(attr, names, problems),
            "lookup" => api.lookup = attr.name(problems).and_then(|name| names.function(name, problems)),
            _ => {
                let message = format!("there is no attribute of a table `{word}`");
                problems.add(attr.span, message, "unknown attribute").near(word, WORDS.iter().copied());
            }
        }
    }
    extensions::no_second(attrs, problems);
    if !seen.contains(&"exhausted") {
        api.exhausted = api.lost;
    }
    if !seen.contains(&"absent") {
        api.absent = api.lost;
    }
    for needed in ["api", "library", "lost"] {
        if !seen.contains(&needed) {
            problems
                .add(Span::call_site(), format!("this table has no `#![{needed}(…)]`"), "the file starts here")
                .help(help(needed));
        }
    }
    api
}

fn help(needed: &str) -> &'static str {
    match needed {
        "api" => "write `#![api(name = number)]`: its short name, and its number on the wire",
        "library" => "write `#![library(\"soname\")]`: the vendor library that programs open",
        _ => "write `#![lost(STATUS)]`: what a call returns after its worker ended",
    }
}

/// `#![api(opencl = 2)]`
fn number(attr: &Attr, names: &Names, problems: &mut Problems) -> Option<(String, u16)> {
    let pairs = attr.pairs(problems);
    let [pair] = pairs.as_slice() else {
        problems.add(attr.span, "a table has one name and one number", "needs `name = number`");
        return None;
    };
    let value = expr::constant(pair.value, names, problems)?;
    match u16::try_from(value) {
        Ok(number @ 1..) => Some((pair.key.to_string(), number)),
        _ => {
            problems.add(pair.value.span(), "an API's number is between 1 and 65535", format!("is {value}"));
            None
        }
    }
}

/// `#![listed(version = "2.40", invalid = STATUS)]`
fn listed(attr: &Attr, names: &Names, problems: &mut Problems) -> Option<Listed> {
    let [version, invalid] = attr.fields(["version", "invalid"], problems)?;
    let known = extensions::version(version, problems)?;
    let (Ok(major), Ok(minor)) = (u8::try_from(known.major), u8::try_from(known.minor)) else {
        problems.add(version.span(), "a version is two bytes", "more than a byte");
        return None;
    };
    Some(Listed { version: [major, minor], invalid: expr::constant_i64(invalid, names, problems)? })
}

/// `#![dispatch(clGetPlatformIDs, _, …)]`
fn dispatch(attr: &Attr, names: &Names, problems: &mut Problems) -> Vec<Option<String>> {
    let mut places: Vec<Option<String>> = Vec::new();
    for arg in &attr.args {
        if let Expr::Infer(_) = arg {
            places.push(None);
            continue;
        }
        let Some(name) = attr::ident(arg) else {
            problems.add(arg.span(), "an entry of the dispatch table is a function or `_`", "neither");
            continue;
        };
        let Some(name) = names.function(name, problems) else {
            continue;
        };
        if places.iter().flatten().any(|known| *known == name) {
            problems.add(arg.span(), format!("`{name}` has an entry already"), "again");
        }
        places.push(Some(name));
    }
    places
}
