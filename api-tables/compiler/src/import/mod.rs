//! Drafts table entries for the functions of a C header that a table lacks: how a new API, or a new version of one,
//! starts. The shapes are guesses from types and names; a person reads the vendor's specification and corrects them.

mod c;
mod guess;

use crate::model::Api;
use c::Prototype;
use std::collections::BTreeSet;

pub use c::SyntaxError;

/// What a C compiler is to preprocess a header with. Attributes say nothing about types, and the grammar does not take them
/// everywhere that gcc does.
pub const FLAGS: &[&str] = &["-E", "-D__attribute__(x)="];

/// Entries for every function that a C header declares and the table does not have, in the order of the header, ready to
/// be pasted into the table. Empty if nothing is missing. A function with a variable number of arguments is only named:
/// a table cannot say it.
///
/// `header` is what the preprocessor, with [`FLAGS`], leaves of it: the tables' headers have macros around their declarations, which are no
/// C. The types that it names need not be declared in it.
///
/// # Errors
///
/// If the text is not C.
pub fn import(header: &str, api: &Api) -> Result<String, SyntaxError> {
    let mut seen = BTreeSet::new();
    let (variadic, missing): (Vec<Prototype>, Vec<Prototype>) = c::prototypes(header)?
        .into_iter()
        .filter(|p| api.function(&p.name).is_none() && seen.insert(p.name.clone()))
        .partition(|p| p.is_variadic);
    if variadic.is_empty() && missing.is_empty() {
        return Ok(String::new());
    }
    let unknown: BTreeSet<&str> = missing.iter().flat_map(|p| guess::unknown_types(p, api)).collect();
    let mut draft = String::from("// Drafted from a header: every shape is a guess.\n");
    if !unknown.is_empty() {
        let list: Vec<&str> = unknown.into_iter().collect();
        draft.push_str(&format!("// Types to declare: {}.\n", list.join(", ")));
    }
    if !variadic.is_empty() {
        let list: Vec<&str> = variadic.iter().map(|p| p.name.as_str()).collect();
        draft
            .push_str(&format!("// Not drafted, for they take a variable number of arguments: {}.\n", list.join(", ")));
    }
    if missing.is_empty() {
        return Ok(draft);
    }
    draft.push_str("extern \"C\" {\n");
    let entries: Vec<String> = missing.iter().map(|p| entry(p, api)).collect();
    draft.push_str(&entries.join("\n"));
    draft.push_str("}\n");
    Ok(draft)
}

fn entry(prototype: &Prototype, api: &Api) -> String {
    let guess = guess::function(prototype, api);
    let mut entry = String::new();
    for note in &guess.notes {
        entry.push_str(&format!("    /// {note}\n"));
    }
    for fact in &guess.facts {
        entry.push_str(&format!("    #[{fact}]\n"));
    }
    let params: Vec<String> = guess.params.iter().map(|(name, shape)| format!("{name}: {shape}")).collect();
    let ret = guess.ret.as_deref().map_or_else(String::new, |ret| format!(" -> {ret}"));
    let line = format!("    fn {}({}){ret};\n", prototype.name, params.join(", "));
    if line.len() <= 100 {
        return entry + &line;
    }
    let params: String = params.iter().map(|param| format!("        {param},\n")).collect();
    format!("{entry}    fn {}(\n{params}    ){ret};\n", prototype.name)
}
