//! Drafts what a table lacks of C headers: how a new API, or a new version of one, starts. Types and values are the header's;
//! shapes and facts are guesses from types and names, which a person corrects with the vendor's specification. What nothing
//! tells, or the language cannot say, is refused (`unsupported`) until somebody describes it.
//!
//! **Invariant:** a draft compiles, and agrees with its headers.
//! **Invariant:** the same headers have the same draft.
//!
//! # Layers
//!
//! - the preprocessor's output: `source`; what is declared in it: `c`
//! - names, and text: `words`, `naming`, `write`
//! - types: `types`, `records`
//! - functions: `lengths`, `guess`, `shared`
//! - the rest of a table: `definitions`

mod c;
mod definitions;
mod guess;
mod lengths;
mod naming;
mod records;
mod shared;
mod source;
mod types;
mod words;
mod write;

use std::collections::BTreeSet;

use crate::model::Api;
use c::{CType, Header, Prototype};
use definitions::Definitions;
use guess::{Gap, Guess};
use shared::Shared;
use source::Source;
use types::{Kind, Types};

pub use c::SyntaxError;
pub use naming::{Naming, NamingError, Procs, Suffix};
pub use source::FLAGS;

/// Words of the status of a call that is refused, the best first.
const REFUSED: &[&str] = &["NOT_SUPPORTED", "UNSUPPORTED", "NOT_IMPLEMENTED", "INVALID_OPERATION", "ERROR"];
/// Words of the status of a call whose worker has died.
const LOST: &[&str] = &[
    "DEVICE_LOST",
    "DEVICE_REMOVED",
    "DEVICE_UNAVAILABLE",
    "DEVICE_NOT_AVAILABLE",
    "LOST",
    "UNAVAILABLE",
    "UNKNOWN",
    "ERROR",
];

/// Why there is no draft.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ImportError {
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    #[error("{0} declares nothing")]
    Nothing(String),
}

/// The head of a table that does not exist yet.
#[derive(Debug)]
pub struct Head {
    /// Its short name and its number on the wire.
    pub api: (String, u16),
    /// The soname of the vendor's library.
    pub library: String,
    pub headers: Vec<String>,
    /// Macros that are defined before the headers, `NAME=VALUE`.
    pub defines: Vec<String>,
}

/// Entries for every function that the headers declare and the table does not have, in their order, with the types and
/// constants that they need: ready to be pasted into the table. Empty if nothing is missing. A function with a variable
/// number of arguments is only named: a table cannot say it.
///
/// `output` is what the preprocessor, with [`FLAGS`], leaves: the headers have macros around their declarations, which are no
/// C. `headers` are the ends of the paths of those that the draft is of; the types that they use may be declared in others.
///
/// # Errors
///
/// If a header is not C, or declares nothing.
pub fn import(output: &str, headers: &[String], naming: &Naming, api: &Api) -> Result<String, ImportError> {
    Ok(draft(output, headers, naming, api)?.map_or_else(String::new, |(text, _)| text))
}

/// A whole table: its head, and all that the headers declare. See [`import`].
///
/// # Errors
///
/// If a header is not C, or declares nothing.
pub fn table(output: &str, head: &Head, naming: &Naming) -> Result<String, ImportError> {
    let empty = head.text("1");
    let api = crate::read::read_text("head", &empty).expect("a head of names and texts is a table");
    let drafted = draft(output, &head.headers, naming, &api)?;
    Ok(drafted.map_or(empty, |(text, lost)| format!("{}\n{text}", head.text(&lost))))
}

impl Head {
    fn text(&self, lost: &str) -> String {
        let (name, number) = &self.api;
        let mut text = format!("//! The API of {}, drafted from {}.\n\n", self.library, self.headers.join(" and "));
        text.push_str(&format!("#![api({name} = {number})]\n#![library({:?})]\n", self.library));
        text.extend(self.defines.iter().map(|define| format!("#![define({define:?})]\n")));
        text.extend(self.headers.iter().map(|header| format!("#![header({header:?})]\n")));
        text + &format!("#![lost({lost})]\n")
    }
}

/// The draft, and the status of a call whose worker has died.
fn draft(
    output: &str,
    headers: &[String],
    naming: &Naming,
    api: &Api,
) -> Result<Option<(String, String)>, ImportError> {
    let (mut header, source) = read(output, headers)?;
    let mut variadic: Vec<Prototype> = Vec::new();
    let is_const_free = is_const_free(&header);
    header.functions.retain(|function| api.function(&function.name).is_none());
    header.functions.retain(|function| {
        variadic.extend(function.signature.is_variadic.then(|| function.clone()));
        !function.signature.is_variadic
    });
    let mut names = naming.facts(&mut header.functions);
    if header.functions.is_empty() && variadic.is_empty() {
        return Ok(None);
    }
    let types = Types::of(&header, api);
    let functions = &header.functions;
    let mut guesses: Vec<Guess> =
        functions.iter().map(|function| guess::function(function, &types, is_const_free)).collect();
    for guess in &mut guesses {
        guess.names = names.swap_remove(&guess.name).unwrap_or_default();
    }
    let is_new = api.functions.is_empty() && api.constants.is_empty();
    let definitions = Definitions::of(&types, &guesses, is_new.then_some(&source.macros));
    let mut parts = vec![summary(&guesses, &variadic), definitions.text(functions, &guesses)];
    let is_taken = |name: &str| types.kind(&CType::named(name)) != Kind::Nameless;
    let shared = shared::find(&mut guesses, &is_taken);
    parts.extend(shared.iter().map(params));
    let (whole, refused): (Vec<&Guess>, Vec<&Guess>) = guesses.iter().partition(|guess| guess.gaps.is_empty());
    parts.push(block("", &whole));
    let refuse = definitions.status(REFUSED);
    for gap in Gap::ALL {
        let own: Vec<&Guess> = refused.iter().copied().filter(|guess| guess.gaps[0].0 == gap).collect();
        parts.push(block(&format!("#[unsupported(status = {refuse}, why = \"draft: {}\")]\n", gap.why()), &own));
    }
    parts.retain(|part| !part.is_empty());
    let lost = definitions.status(LOST);
    Ok(Some((parts.join("\n"), lost)))
}

fn read(output: &str, headers: &[String]) -> Result<(Header, Source), ImportError> {
    let source = Source::of(output, headers);
    if let Some(nothing) = headers.iter().find(|header| {
        let own = source.own.iter().find(|(file, _)| file.ends_with(header.as_str()));
        own.is_none_or(|(_, text)| text.trim().is_empty())
    }) {
        return Err(ImportError::Nothing(nothing.clone()));
    }
    let mut header = Header::default();
    c::read("", &source.others, false, &mut header)?;
    header.others = header.types.len();
    for (file, text) in &source.own {
        c::read(file, text, true, &mut header)?;
    }
    Ok((header, source))
}

/// Whether nothing that a header's functions take is `const`, though they take memory.
fn is_const_free(header: &Header) -> bool {
    let types = header.functions.iter().flat_map(|function| &function.signature.params).map(|param| &param.ty);
    let pointers: Vec<&CType> = types
        .filter_map(|ty| match &ty.kind {
            c::CKind::Pointer(to) => Some(&**to),
            _ => None,
        })
        .collect();
    !pointers.is_empty() && pointers.iter().all(|to| !to.constant)
}

/// What a person has to know of a draft.
fn summary(guesses: &[Guess], variadic: &[Prototype]) -> String {
    let mut text = write::comment("//", "Drafted from a header: every shape and every fact is a guess.");
    let of = |gap: Gap| guesses.iter().filter(|guess| guess.gaps.first().is_some_and(|(own, _)| *own == gap)).count();
    let gaps: Vec<String> = Gap::ALL
        .into_iter()
        .map(|gap| (of(gap), gap))
        .filter(|(count, _)| *count > 0)
        .map(|(count, gap)| format!("{} ({count})", gap.why()))
        .collect();
    if !gaps.is_empty() {
        let refused = guesses.iter().filter(|guess| !guess.gaps.is_empty()).count();
        let line = format!(
            "Of {} functions {refused} are refused until somebody describes them: {}.",
            guesses.len(),
            gaps.join("; ")
        );
        text.push_str(&write::comment("//", &line));
    }
    if !variadic.is_empty() {
        let names: Vec<&str> = variadic.iter().map(|function| function.name.as_str()).collect();
        let line = format!("Not drafted, for they take a variable number of arguments: {}.", names.join(", "));
        text.push_str(&write::comment("//", &line));
    }
    text
}

fn params(shared: &Shared) -> String {
    let facts: String = shared.facts.iter().map(|fact| format!("#[{fact}]\n")).collect();
    format!("#[params]\n{facts}{}", write::structure(&shared.name, &shared.params))
}

/// Functions with the fact above all of them. Those of one line that say no more stand together.
fn block(fact: &str, guesses: &[&Guess]) -> String {
    if guesses.is_empty() {
        return String::new();
    }
    let mut text = format!("{fact}extern \"C\" {{\n");
    let mut before = true;
    for (at, guess) in guesses.iter().enumerate() {
        let entry = entry(guess);
        let is_short = entry.lines().count() == 1;
        if at > 0 && !(before && is_short) {
            text.push('\n');
        }
        text.push_str(&entry);
        before = is_short;
    }
    text + "}\n"
}

fn entry(guess: &Guess) -> String {
    let mut entry = String::new();
    if !guess.gaps.is_empty() {
        let names: BTreeSet<String> = guess.gaps.iter().map(|(_, what)| what.clone()).collect();
        let names: Vec<String> = names.into_iter().collect();
        entry.push_str(&write::comment("    ///", &format!("Draft: look at {}.", names.join(", "))));
    }
    if guess.is_nameless {
        entry.push_str("    #[undocumented]\n");
    }
    let names = guess.names.iter();
    for fact in names.chain(guess.facts.iter().filter(|_| guess.gaps.is_empty())) {
        entry.push_str(&format!("    #[{fact}]\n"));
    }
    let params: Vec<String> = guess.params.iter().map(|(name, shape)| format!("{name}: {shape}")).collect();
    entry + &write::function(&guess.name, &params, guess.ret.as_deref())
}
