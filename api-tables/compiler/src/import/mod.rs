//! Drafts table entries for the functions of a C header that a table lacks: how a new API, or a new version of one,
//! starts. The shapes are guesses from types and names; a person reads the vendor's specification and corrects them.

mod c;
mod guess;

use crate::model::Api;
use c::Prototype;
use std::collections::BTreeSet;

/// Entries for every function that the text of a C header declares and the table does not have, in the order of the
/// header, ready to be pasted into the table. Empty if nothing is missing.
///
/// This is a scan of text, good enough for headers of C prototypes (Khronos' and NVIDIA's among them): macros around
/// a declaration are dropped if their names are in capitals, and `#if` is not evaluated.
pub fn import(header: &str, api: &Api) -> String {
    let mut seen = BTreeSet::new();
    let missing: Vec<Prototype> = c::prototypes(header)
        .into_iter()
        .filter(|p| api.function(&p.name).is_none() && seen.insert(p.name.clone()))
        .collect();
    if missing.is_empty() {
        return String::new();
    }
    let unknown: BTreeSet<&str> = missing.iter().flat_map(|p| guess::unknown_types(p, api)).collect();
    let mut draft = String::from("// Drafted from a header: every shape is a guess.\n");
    if !unknown.is_empty() {
        let list: Vec<&str> = unknown.into_iter().collect();
        draft.push_str(&format!("// Types to declare: {}.\n", list.join(", ")));
    }
    draft.push_str("extern \"C\" {\n");
    let entries: Vec<String> = missing.iter().map(|p| entry(p, api)).collect();
    draft.push_str(&entries.join("\n"));
    draft.push_str("}\n");
    draft
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
