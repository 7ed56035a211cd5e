//! Reads the text of one file.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ava_protocol::glob::Glob;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::keys::{KEYS, Key};
use crate::people::People;
use crate::problem::{Place, Problem, Severity, nearest};
use crate::rule::{Condition, LONGEST_LABEL, Named, Origin, Rule, Term, Terms, is_label, is_of_names, is_tenant_name};
use crate::value::Raw;

/// What a file says.
#[derive(Debug, Default)]
pub struct Text {
    /// Of everybody.
    pub default: Terms,
    /// In order.
    pub rules: Vec<Rule>,
    /// In order.
    pub problems: Vec<Problem>,
}

/// The most of a line that a problem shows, in characters.
const LONGEST_LINE: usize = 200;
/// The keys of `match`.
const CONDITIONS: [&str; 4] = ["user", "group", "cgroup", "label"];
/// The keys of a rule that are not the tenant's.
const HEAD: [&str; 2] = ["match", "tenant"];

/// Reads a file's text.
pub fn read(file: &Path, text: &str, people: &People) -> Text {
    let mut reader = Reader { file: file.into(), text, lines: Lines::of(text), people, problems: Vec::new() };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        reader.error(error.span().unwrap_or_default(), error.message().to_owned());
    }
    let mut read = Text::default();
    // What follows an error in the syntax may be anything: one such error would bring many others.
    if reader.problems.is_empty() {
        for (key, value) in document.get_ref() {
            reader.section(&mut read, key, value);
        }
    }
    reader.problems.sort_by_key(|problem| problem.place.as_ref().map(|(place, ..)| *place));
    Text { problems: reader.problems, ..read }
}

struct Reader<'a> {
    file: Arc<Path>,
    text: &'a str,
    lines: Lines,
    people: &'a People,
    problems: Vec<Problem>,
}

type KeyIn<'a, 'i> = &'a Spanned<DeString<'i>>;
type ValueIn<'a, 'i> = &'a Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn section(&mut self, read: &mut Text, key: KeyIn, value: ValueIn) {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("default", DeValue::Table(table)) => read.default = self.terms(table, &[]),
            ("default", _) => self.error(value.span(), "`default` must be a table: [default]"),
            ("rule", DeValue::Array(all)) => {
                for one in all.iter() {
                    match one.get_ref() {
                        DeValue::Table(table) => read.rules.extend(self.rule(table, one.span())),
                        _ => self.error(one.span(), "a rule must be a table: [[rule]]"),
                    }
                }
            }
            ("rule", _) => self.error(value.span(), "rules must be in double brackets: [[rule]]"),
            (name, _) => {
                let near = nearest(name, ["default", "rule"].into_iter());
                self.error(key.span(), format!("{name:?} is unknown here: there are [default] and [[rule]]{near}"));
            }
        }
    }

    fn rule(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Rule> {
        let before = self.problems.len();
        let terms = self.terms(table, &HEAD);
        let condition = match table.get("match").map(|value| (value, value.get_ref())) {
            Some((_, DeValue::Table(table))) => self.condition(table),
            Some((value, _)) => {
                self.error(value.span(), "`match` must be a table: match = { user = \"alice\" }");
                Condition::default()
            }
            None => {
                self.error(span.clone(), "a rule without `match`; for everybody there is [default], or match = {}");
                Condition::default()
            }
        };
        let tenant = table.get("tenant").and_then(|value| match value.get_ref().as_str() {
            Some(name) if is_tenant_name(name) => Some(name.into()),
            _ => {
                let name = "a tenant's name has letters, digits, `-`, `.`, `_`, `@` and `:`, and begins with none of the first two";
                self.error(value.span(), name);
                None
            }
        });
        if tenant.is_none() && terms.0.is_empty() && self.problems.len() == before {
            self.warn(span.clone(), "this rule says nothing: whom it matches, no later rule does");
        }
        Some(Rule { condition, tenant, terms, origin: self.origin(span.start) })
    }

    /// The keys of a tenant in a table that may have these others.
    fn terms(&mut self, table: &DeTable<'_>, others: &[&str]) -> Terms {
        let mut terms = Terms::default();
        for (name, value) in table {
            let Some(key) = Key::find(name.get_ref()) else {
                if !others.contains(&name.get_ref().as_ref()) {
                    let known = KEYS.iter().map(|definition| definition.name).chain(others.iter().copied());
                    let near = nearest(name.get_ref(), known);
                    let what = if HEAD.contains(&name.get_ref().as_ref()) { "is for rules only" } else { "is no key" };
                    self.error(name.span(), format!("{:?} {what}{near}", name.get_ref()));
                }
                continue;
            };
            match raw(value.get_ref()).and_then(|raw| key.definition().kind.read(&raw)) {
                Ok(value) => {
                    terms.0.insert(key, Term { value, origin: self.origin(name.span().start) });
                }
                Err(what) if what.is_empty() => {
                    let means = key.definition().kind.means();
                    self.error(value.span(), format!("`{}`: this must be {means}", key.name()));
                }
                Err(what) => self.error(value.span(), format!("`{}`: {what}", key.name())),
            }
        }
        terms
    }

    fn condition(&mut self, table: &DeTable<'_>) -> Condition {
        let mut condition = Condition::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "user" => condition.users = self.named(value, "user", People::user),
                "group" => condition.groups = self.named(value, "group", People::group),
                "cgroup" => condition.cgroups = self.patterns(value, "a control group is a path", no_cgroup),
                "label" => condition.labels = self.patterns(value, "a label is a text", no_label),
                other => {
                    let near = nearest(other, CONDITIONS.into_iter());
                    self.error(
                        key.span(),
                        format!("{other:?} is nothing to match: there are user, group, cgroup and label{near}"),
                    );
                }
            }
        }
        condition
    }

    /// Users or groups, by name or number.
    fn named(&mut self, value: ValueIn, what: &str, find: fn(&People, &str) -> Option<u32>) -> Vec<Named> {
        let mut all = Vec::new();
        for one in each(value) {
            let (name, number) = match one.get_ref() {
                DeValue::String(name) => (name.to_string(), find(self.people, name).or_else(|| name.parse().ok())),
                DeValue::Integer(_) => {
                    let number = raw(one.get_ref()).ok().and_then(|raw| match raw {
                        Raw::Number(number) => u32::try_from(number).ok(),
                        _ => None,
                    });
                    (number.map(|number| number.to_string()).unwrap_or_default(), number)
                }
                _ => (String::new(), None),
            };
            if name.is_empty() {
                self.error(one.span(), format!("a {what} is a name or a number"));
                continue;
            }
            if number.is_none() {
                let advice = "if a directory service knows the name, write the number";
                self.warn(
                    one.span(),
                    format!("there is no {what} {name:?} on this machine, so that nobody matches; {advice}"),
                );
            }
            all.push(Named { name, number });
        }
        self.not_none(value, all.is_empty());
        all
    }

    /// Patterns, of which `doubt` says why one matches nobody.
    fn patterns(&mut self, value: ValueIn, what: &str, doubt: fn(&str) -> Option<String>) -> Vec<Glob> {
        let mut all = Vec::new();
        for one in each(value) {
            match one.get_ref().as_str().ok_or_else(|| what.to_owned()).and_then(Glob::new) {
                Ok(glob) => {
                    if let Some(doubt) = doubt(&glob.to_string()) {
                        self.warn(one.span(), doubt);
                    }
                    all.push(glob);
                }
                Err(what) => self.error(one.span(), what),
            }
        }
        self.not_none(value, all.is_empty());
        all
    }

    /// An empty list must not mean everybody.
    fn not_none(&mut self, value: ValueIn, none: bool) {
        if none && matches!(value.get_ref(), DeValue::Array(all) if all.is_empty()) {
            self.error(value.span(), "an empty list matches nobody");
        }
    }

    fn origin(&self, at: usize) -> Origin {
        Origin::File { file: Arc::clone(&self.file), line: self.lines.line(at) + 1 }
    }

    fn error(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.problem(Severity::Error, span, message.into());
    }

    fn warn(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.problem(Severity::Warning, span, message.into());
    }

    fn problem(&mut self, severity: Severity, span: Range<usize>, message: String) {
        let line = self.lines.line(span.start);
        let from = self.lines.0[line];
        let whole = self.text[from..].lines().next().unwrap_or_default();
        let before = self.text.get(from..span.start).unwrap_or_default().chars().count();
        let length = self.text.get(span).map_or(1, |text| text.lines().next().unwrap_or_default().chars().count());
        // A file's text goes to a terminal.
        let shown = whole.chars().take(LONGEST_LINE).map(|one| if one.is_control() { ' ' } else { one }).collect();
        let place = Some((Place { line: line + 1, column: before + 1 }, shown, length));
        let message = message.lines().collect::<Vec<_>>().join(" ");
        self.problems.push(Problem { severity, file: self.file.to_path_buf(), place, message });
    }
}

/// Why no control group is like this.
fn no_cgroup(pattern: &str) -> Option<String> {
    let why = || format!("control groups begin with `/`: no program matches; did you mean \"*{pattern}\"?");
    (!pattern.starts_with(['/', '*'])).then(why)
}

/// Why no label is like this.
fn no_label(pattern: &str) -> Option<String> {
    // The shortest label that it matches, if what a star stands for makes its beginning right.
    let shortest = pattern.replace('*', "");
    let fits = match pattern.starts_with('*') {
        true => shortest.len() <= LONGEST_LABEL && shortest.chars().all(is_of_names),
        false => is_label(&shortest),
    };
    let why = || {
        format!(
            "labels have at most {LONGEST_LABEL} bytes of letters, digits, `-`, `.`, `_`, `@` and `:`, none of the first two \
             in front: no program matches"
        )
    };
    (!fits).then(why)
}

/// Where lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The line of a byte, counted from 0.
    fn line(&self, at: usize) -> usize {
        self.0.partition_point(|from| *from <= at).saturating_sub(1)
    }
}

/// The entries of a list, or the one value.
fn each<'a, 'i>(value: ValueIn<'a, 'i>) -> Vec<ValueIn<'a, 'i>> {
    match value.get_ref() {
        DeValue::Array(all) => all.iter().collect(),
        _ => vec![value],
    }
}

/// A value, if it is of a type that some key has; an empty text says that it is of none.
fn raw<'a>(value: &'a DeValue<'_>) -> Result<Raw<'a>, String> {
    match value {
        DeValue::Integer(number) => {
            let number = u64::from_str_radix(number.as_str(), number.radix());
            number.map(Raw::Number).map_err(|_| "this number is negative or too large".to_owned())
        }
        DeValue::String(text) => Ok(Raw::Text(text)),
        DeValue::Array(all) => {
            let texts = all.iter().map(|one| one.get_ref().as_str());
            texts.collect::<Option<_>>().map(Raw::List).ok_or_else(|| "each entry must be a text".to_owned())
        }
        _ => Err(String::new()),
    }
}
