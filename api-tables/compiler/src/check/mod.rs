//! From items to the model: every name is resolved, every rule is checked.

mod addresses;
mod awaited;
mod descriptors;
mod events;
mod extensions;
mod facts;
mod fields;
mod file;
mod functions;
mod in_place;
mod keys;
mod kinds;
mod mapping;
mod mirrors;
pub mod names;
mod numbers;
mod pieces;
mod pixels;
mod polls;
mod procs;
mod recalls;
mod rules;
mod sandbox;
mod says;
mod shapes;
mod types;
mod words;
mod work;

use crate::model::{Api, Function};
use crate::parse::Table;
use crate::problem::Problems;
use names::Names;

/// Checks a table. The result is valid only if `problems` stays empty.
pub fn api(table: &Table, problems: &mut Problems) -> Api {
    let mut names = Names { functions: functions::declare(table, problems), ..Names::default() };
    types::declare(table, &mut names, problems);
    types::constants(table, &mut names, problems);
    let types = types::resolve(table, &names, problems);
    let mut file = file::read(&table.attrs, &names, problems);
    sandbox::read(&table.attrs, &mut file, problems);
    let mut functions = Vec::new();
    let mut whole = Vec::new();
    for noted in &table.functions {
        let before = problems.count();
        let twin_of = table.twins.get(&noted.item.sig.ident.to_string());
        // What is wrong with a twin is wrong with its function, and said there.
        let mut unsaid = Problems::default();
        let said = if twin_of.is_some() { &mut unsaid } else { &mut *problems };
        functions.push(Function { twin_of: twin_of.cloned(), ..functions::resolve(noted, &names, said) });
        whole.push(twin_of.is_none() && before == problems.count());
    }
    let api = Api { constants: names.constants, types, functions, ..file };
    rules::check(&api, &whole, problems);
    addresses::check(&api, &whole, problems);
    mirrors::check(&api, &whole, problems);
    events::check(&api, &whole, problems);
    in_place::check(&api, &whole, problems);
    pixels::check(&api, &whole, problems);
    recalls::check(&api, &whole, problems);
    kinds::check(&api, problems);
    procs::check(&api, problems);
    says::check(&api, &whole, problems);
    awaited::check(&api, problems);
    api
}

#[cfg(test)]
mod tests {
    use super::{file, keys, names, sandbox, types, words};
    use crate::model::LAYOUTS;

    const REFERENCE: &str = include_str!("../../../LANGUAGE.md");

    #[test]
    fn every_word_is_in_the_reference() {
        let of_file = [file::WORDS, sandbox::NEEDS, sandbox::PLACES].concat();
        let words = [
            &of_file,
            words::WORDS,
            keys::ENUM_WORDS,
            keys::KEY_WORDS,
            types::TYPE_WORDS,
            types::STRUCT_WORDS,
            names::SHAPES,
        ];
        let resources = words::RESOURCES.iter().map(|(word, _)| *word);
        let layouts = LAYOUTS.iter().map(|(word, _)| *word);
        let missing: Vec<&str> = words
            .concat()
            .into_iter()
            .chain(resources)
            .chain(layouts)
            .filter(|word| !REFERENCE.split(|c: char| !c.is_alphanumeric() && c != '_').any(|known| known == *word))
            .collect();
        assert!(missing.is_empty(), "not in LANGUAGE.md: {missing:?}");
    }

    #[test]
    fn the_example_of_the_reference_is_right() {
        let from = REFERENCE.find("```rust\n").expect("an example") + "```rust\n".len();
        let example = REFERENCE[from..].split("```").next().expect("it ends");
        let api = crate::read_text("LANGUAGE.md", example).unwrap_or_else(|report| panic!("{report:?}"));
        assert_eq!(api.functions.len(), 9);
    }
}
