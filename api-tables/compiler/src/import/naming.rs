//! Functions under other names: twins, which a suffix tells, and the functions that a look-up finds by name and version.

use std::str::FromStr;

use indexmap::IndexMap;

use super::c::Prototype;
use crate::model::unversioned;

/// What a person says of a header's names. By default they say nothing.
#[derive(Debug, Default)]
pub struct Naming {
    pub twins: Vec<Suffix>,
    pub procs: Procs,
}

/// `_now`, `_now=7000`: `f_now` is the twin of f, if both have the same parameters; look-ups find it from this version on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suffix {
    text: String,
    since: Option<i32>,
}

/// The names that programs look up, and the versions from which on each stands for `f`, for `f_v2`, and so on.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Procs(IndexMap<String, Vec<i32>>);

/// What says nothing of a name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NamingError {
    #[error("{0} is neither SUFFIX nor SUFFIX=VERSION")]
    Suffix(String),
    #[error("line {line} is not NAME VERSION…: {text}")]
    Line { line: usize, text: String },
}

impl FromStr for Suffix {
    type Err = NamingError;

    fn from_str(said: &str) -> Result<Self, NamingError> {
        let (text, since) = match said.split_once('=') {
            Some((text, since)) => (text, Some(version(since).ok_or_else(|| NamingError::Suffix(said.to_owned()))?)),
            None => (said, None),
        };
        if text.is_empty() {
            return Err(NamingError::Suffix(said.to_owned()));
        }
        Ok(Self { text: text.to_owned(), since })
    }
}

/// A name with its versions to a line.
impl FromStr for Procs {
    type Err = NamingError;

    fn from_str(text: &str) -> Result<Self, NamingError> {
        let mut procs = IndexMap::new();
        for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
            let mut words = text.split_whitespace();
            let name = words.next().unwrap_or_default().to_owned();
            match words.map(version).collect::<Option<Vec<i32>>>() {
                Some(versions) if !versions.is_empty() => procs.insert(name, versions),
                _ => return Err(NamingError::Line { line, text: text.to_owned() }),
            };
        }
        Ok(Self(procs))
    }
}

fn version(text: &str) -> Option<i32> {
    text.parse().ok().filter(|version| *version >= 0)
}

impl Naming {
    /// Takes the twins out of the functions. Returns the facts that then say of each function its twin, and how it is looked up.
    pub fn facts(&self, functions: &mut Vec<Prototype>) -> IndexMap<String, Vec<String>> {
        let twins = self.twins(functions);
        functions.retain(|function| !twins.values().any(|(twin, _)| *twin == function.name));
        let facts = functions.iter().map(|Prototype { name, .. }| {
            let proc = self.since(name);
            let twin =
                twins.get(name).map(|(twin, since)| match since.filter(|since| proc.is_some_and(|p| p < *since)) {
                    Some(since) => format!("twin({twin}, since = {since})"),
                    None => format!("twin({twin})"),
                });
            let facts = twin.into_iter().chain(proc.map(|since| format!("proc(since = {since})")));
            (name.clone(), facts.collect())
        });
        facts.collect()
    }

    /// By the names of functions their twins.
    fn twins(&self, functions: &[Prototype]) -> IndexMap<String, (String, Option<i32>)> {
        let by_name: IndexMap<&str, &Prototype> = functions.iter().map(|f| (f.name.as_str(), f)).collect();
        let mut twins = IndexMap::new();
        for (twin, suffix) in functions.iter().flat_map(|twin| self.twins.iter().map(move |suffix| (twin, suffix))) {
            let Some(function) = twin.name.strip_suffix(&suffix.text).and_then(|name| by_name.get(name)) else {
                continue;
            };
            // A function has one twin; a twin has none.
            let is_free = !twins.contains_key(&function.name) && !twins.contains_key(&twin.name);
            if is_free && is_alike(function, twin) {
                twins.insert(function.name.clone(), (twin.name.clone(), suffix.since));
            }
        }
        twins
    }

    /// The version in which a look-up finds the function first.
    fn since(&self, function: &str) -> Option<i32> {
        let name = unversioned(function);
        let place = match function.strip_prefix(name)?.strip_prefix("_v") {
            Some(number) => number.parse::<usize>().ok()?.checked_sub(1)?,
            None => 0,
        };
        self.procs.0.get(name)?.get(place).copied()
    }
}

/// Whether two functions take and return the same, under whatever names.
fn is_alike(one: &Prototype, other: &Prototype) -> bool {
    let types = |f: &Prototype| f.signature.params.iter().map(|param| param.ty.clone()).collect::<Vec<_>>();
    one.signature.ret == other.signature.ret && types(one) == types(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_is_an_error() {
        let suffix = |text: &str| text.parse::<Suffix>();
        assert_eq!(suffix("_now"), Ok(Suffix { text: "_now".into(), since: None }));
        assert_eq!(suffix("_now=7000"), Ok(Suffix { text: "_now".into(), since: Some(7000) }));
        for text in ["", "=7000", "_now=", "_now=7.0", "_now=-1"] {
            assert_eq!(suffix(text), Err(NamingError::Suffix(text.into())));
        }
        let procs = |text: &str| text.parse::<Procs>().map_err(|error| error.to_string());
        assert_eq!(procs("a 1 2\n\nb 3\n").map(|procs| procs.0.len()), Ok(2));
        assert_eq!(procs("a 1\nb\n").unwrap_err(), "line 2 is not NAME VERSION…: b");
        assert_eq!(procs("a 1 v2\n").unwrap_err(), "line 1 is not NAME VERSION…: a 1 v2");
    }
}
