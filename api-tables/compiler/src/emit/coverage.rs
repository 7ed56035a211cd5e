//! Emits the page that says what becomes of each function: generated, by hand, answered in the shim, or refused.

use crate::model::{Api, Custom, Function};
use std::fmt::Write;

/// What becomes of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Generated,
    ByHand,
    Local,
    Unsupported,
}

impl Way {
    const ALL: [Self; 4] = [Self::Generated, Self::ByHand, Self::Local, Self::Unsupported];

    fn of(function: &Function) -> Self {
        let facts = &function.facts;
        match facts.custom {
            _ if facts.unsupported.is_some() => Self::Unsupported,
            _ if facts.local => Self::Local,
            Custom { shim: false, worker: false } => Self::Generated,
            _ => Self::ByHand,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::ByHand => "by hand",
            Self::Local => "in the shim",
            Self::Unsupported => "refused",
        }
    }
}

/// The page as Markdown.
pub fn markdown(api: &Api) -> String {
    let mut page = format!("# Coverage of {}\n\n`{}`: {} functions.\n\n", api.name, api.library, api.functions.len());
    page.push_str("| functions | what becomes of them |\n|---:|---|\n");
    for way in Way::ALL {
        let count = api.functions.iter().filter(|f| Way::of(f) == way).count();
        write(&mut page, format_args!("| {count} | {} |\n", way.word()));
    }
    page.push_str("\n| function | | |\n|---|---|---|\n");
    for function in &api.functions {
        let (name, way, note) = (&function.name, Way::of(function).word(), note(function));
        write(&mut page, format_args!("| `{name}` | {way} | {} |\n", note.replace('|', "\\|")));
    }
    page
}

/// The page as JSON: `{"api", "library", "functions": [{"name", "way", "extension", "note"}]}`.
pub fn json(api: &Api) -> String {
    let functions: Vec<String> = api
        .functions
        .iter()
        .map(|f| {
            let extension = f.facts.extension.as_deref().map_or_else(|| "null".into(), quoted);
            let (name, way, note) = (quoted(&f.name), quoted(Way::of(f).word()), quoted(&note(f)));
            format!("    {{\"name\": {name}, \"way\": {way}, \"extension\": {extension}, \"note\": {note}}}")
        })
        .collect();
    let (name, library) = (quoted(&api.name), quoted(&api.library));
    format!(
        "{{\n  \"api\": {name},\n  \"library\": {library},\n  \"functions\": [\n{}\n  ]\n}}\n",
        functions.join(",\n")
    )
}

/// Where it is by hand, to which extension it belongs, why it is refused, and what the table says about it.
fn note(function: &Function) -> String {
    let facts = &function.facts;
    let mut notes = Vec::new();
    match facts.custom {
        Custom { shim: true, worker: false } => notes.push("by hand in the shim only".to_owned()),
        Custom { shim: false, worker: true } => notes.push("by hand in the worker only".to_owned()),
        _ => {}
    }
    notes.extend(facts.extension.as_ref().map(|extension| format!("extension `{extension}`")));
    notes.extend(facts.unsupported.as_ref().map(|unsupported| unsupported.why.clone()));
    if !function.doc.is_empty() {
        notes.push(function.doc.replace('\n', " "));
    }
    notes.join("; ")
}

fn quoted(text: &str) -> String {
    let mut json = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if c.is_control() => write(&mut json, format_args!("\\u{:04x}", c as u32)),
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

fn write(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a string takes what is written");
}

#[cfg(test)]
mod tests {
    const TABLE: &str = r#"
#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(-1)]
#![lookup(toy_find)]
#[status(ok = 0)]
type toy_status = i32;
extern "C" {
    fn toy_flush() -> toy_status;
    /// By hand: says "why".
    #[custom(worker)]
    fn toy_run() -> toy_status;
    #[local]
    fn toy_find(name: &CStr) -> *mut c_void;
    #[unsupported(status = -1, why = "no | never")]
    fn toy_map() -> toy_status;
    #[extension("toy_extras")]
    fn toy_more() -> toy_status;
}
"#;

    fn api() -> crate::model::Api {
        crate::read_text("toy.rs", TABLE).unwrap_or_else(|report| panic!("{report:?}"))
    }

    #[test]
    fn markdown_lists_every_function() {
        let page = super::markdown(&api());
        let expected = r#"# Coverage of toy

`libtoy.so.1`: 5 functions.

| functions | what becomes of them |
|---:|---|
| 2 | generated |
| 1 | by hand |
| 1 | in the shim |
| 1 | refused |

| function | | |
|---|---|---|
| `toy_flush` | generated |  |
| `toy_run` | by hand | by hand in the worker only; By hand: says "why". |
| `toy_find` | in the shim |  |
| `toy_map` | refused | no \| never |
| `toy_more` | generated | extension `toy_extras` |
"#;
        assert_eq!(page, expected);
    }

    #[test]
    fn json_escapes() {
        let page = super::json(&api());
        assert!(page.contains(r#"{"name": "toy_run", "way": "by hand", "extension": null, "#), "{page}");
        assert!(page.contains(r#"By hand: says \"why\"."#), "{page}");
        assert!(page.contains(r#""extension": "toy_extras""#), "{page}");
    }
}
