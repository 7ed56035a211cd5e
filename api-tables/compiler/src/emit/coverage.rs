//! Emits the coverage page: each function is generated, written by hand, served in the shim, or refused.

use crate::model::Api;
use crate::plan::{CallPlan, Entry, Plan, Server};
use std::fmt::Write;

/// How a function is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Generated,
    ByHand,
    Local,
    Unsupported,
}

impl Way {
    const ALL: [Self; 4] = [Self::Generated, Self::ByHand, Self::Local, Self::Unsupported];

    fn of(call: &CallPlan<'_>) -> Self {
        match (call.entry, call.server) {
            (Entry::Refused(_), _) => Self::Unsupported,
            (Entry::Local | Entry::Answers(_) | Entry::Array(_) | Entry::Same(_), _) => Self::Local,
            (Entry::ByHand, _) | (_, Server::ByHand { .. }) => Self::ByHand,
            (Entry::Generated | Entry::Resident(_), Server::Generated | Server::None) => Self::Generated,
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
    let plan = Plan::of(api);
    let refused = plan.calls.iter().filter(|call| Way::of(call) == Way::Unsupported).count();
    let mut page = format!(
        "# Coverage of {}\n\n`{}`: {} functions, of which {} work and {refused} are refused.\n\n",
        api.name,
        api.library,
        api.functions.len(),
        api.functions.len() - refused
    );
    page.push_str("| functions | what becomes of them |\n|---:|---|\n");
    for way in Way::ALL {
        let count = plan.calls.iter().filter(|call| Way::of(call) == way).count();
        write(&mut page, format_args!("| {count} | {} |\n", way.word()));
    }
    let reasons = reasons(api);
    if !reasons.is_empty() {
        page.push_str("\n| refused | why |\n|---:|---|\n");
        reasons.iter().for_each(|(why, count)| write(&mut page, format_args!("| {count} | {} |\n", piped(why))));
    }
    page.push_str("\n| function | | |\n|---|---|---|\n");
    for call in &plan.calls {
        let (name, way, note) = (&call.function.name, Way::of(call).word(), note(call));
        write(&mut page, format_args!("| `{name}` | {way} | {} |\n", piped(&note)));
    }
    if !api.extensions.is_empty() || !api.masked.is_empty() {
        page.push_str("\n| extension | |\n|---|---|\n");
    }
    for extension in &api.extensions {
        let versions = extension.known.map_or(String::new(), |(from, below)| format!(", from {from} to below {below}"));
        write(&mut page, format_args!("| `{}` | crosses{versions} |\n", extension.name));
    }
    for (name, why) in masked(api) {
        write(&mut page, format_args!("| `{name}` | masked: {} |\n", piped(why)));
    }
    page
}

/// Why functions are refused, and how many for each reason, in the order of the table.
fn reasons(api: &Api) -> Vec<(&str, usize)> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for why in api.functions.iter().filter_map(|f| Some(f.facts.unsupported.as_ref()?.why.as_str())) {
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count += 1,
            None => reasons.push((why, 1)),
        }
    }
    reasons
}

fn masked(api: &Api) -> impl Iterator<Item = (&str, &str)> {
    api.masked.iter().flat_map(|masked| masked.names.iter().map(|name| (name.as_str(), masked.why.as_str())))
}

/// Text in a column of a table.
fn piped(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The page as JSON: `{"api", "library", "working", "refused", "functions": [{"name", "way", "extension", "note"}],
/// "masked": [{"extension", "why"}]}`.
pub fn json(api: &Api) -> String {
    let plan = Plan::of(api);
    let functions: Vec<String> = plan
        .calls
        .iter()
        .map(|call| {
            let f = call.function;
            let extension = f.facts.extension.as_deref().map_or_else(|| "null".into(), quoted);
            let (name, way, note) = (quoted(&f.name), quoted(Way::of(call).word()), quoted(&note(call)));
            format!("    {{\"name\": {name}, \"way\": {way}, \"extension\": {extension}, \"note\": {note}}}")
        })
        .collect();
    let masked: Vec<_> = masked(api)
        .map(|(name, why)| format!("    {{\"extension\": {}, \"why\": {}}}", quoted(name), quoted(why)))
        .collect();
    let refused = plan.calls.iter().filter(|call| Way::of(call) == Way::Unsupported).count();
    let (name, library, working) = (quoted(&api.name), quoted(&api.library), api.functions.len() - refused);
    format!(
        "{{\n  \"api\": {name},\n  \"library\": {library},\n  \"working\": {working},\n  \"refused\": {refused},\n  \
        \"functions\": [\n{}\n  ],\n  \"masked\": [\n{}\n  ]\n}}\n",
        functions.join(",\n"),
        masked.join(",\n")
    )
}

/// Which side is written by hand, its extension, why it is refused, and the table's comment.
fn note(call: &CallPlan<'_>) -> String {
    let (function, facts) = (call.function, &call.function.facts);
    let mut notes = Vec::new();
    match (call.entry, call.server) {
        (Entry::ByHand, Server::Generated) => notes.push("by hand in the shim only".to_owned()),
        (Entry::Generated | Entry::Resident(_), Server::ByHand { .. }) => {
            notes.push("by hand in the worker only".to_owned())
        }
        _ => {}
    }
    notes.extend(facts.same_as.as_ref().map(|same| format!("the same as `{same}`")));
    notes.extend(function.twin_of.as_ref().map(|of| format!("the twin of `{of}`")));
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
#![extensions("toy_extras", "toy_new" = "0.1".."0.2")]
#![masked(why = "toys are not shared", "toy_lent")]
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
    /// Twice.
    #[twin(toy_go_now)]
    fn toy_go() -> toy_status;
}
"#;

    fn api() -> crate::model::Api {
        crate::read_text("toy.rs", TABLE).unwrap_or_else(|report| panic!("{report:?}"))
    }

    #[test]
    fn markdown_lists_every_function() {
        let page = super::markdown(&api());
        let expected = r#"# Coverage of toy

`libtoy.so.1`: 7 functions, of which 6 work and 1 are refused.

| functions | what becomes of them |
|---:|---|
| 4 | generated |
| 1 | by hand |
| 1 | in the shim |
| 1 | refused |

| refused | why |
|---:|---|
| 1 | no \| never |

| function | | |
|---|---|---|
| `toy_flush` | generated |  |
| `toy_run` | by hand | by hand in the worker only; By hand: says "why". |
| `toy_find` | in the shim |  |
| `toy_map` | refused | no \| never |
| `toy_more` | generated | extension `toy_extras` |
| `toy_go` | generated | Twice. |
| `toy_go_now` | generated | the twin of `toy_go` |

| extension | |
|---|---|
| `toy_extras` | crosses |
| `toy_new` | crosses, from 0.1.0 to below 0.2.0 |
| `toy_lent` | masked: toys are not shared |
"#;
        assert_eq!(page, expected);
    }

    #[test]
    fn json_escapes() {
        let page = super::json(&api());
        assert!(page.contains(r#"{"name": "toy_run", "way": "by hand", "extension": null, "#), "{page}");
        assert!(page.contains(r#"By hand: says \"why\"."#), "{page}");
        assert!(page.contains(r#""extension": "toy_extras""#), "{page}");
        assert!(page.contains(r#"{"extension": "toy_lent", "why": "toys are not shared"}"#), "{page}");
        assert!(page.contains("\"working\": 6,\n  \"refused\": 1,"), "{page}");
    }
}
