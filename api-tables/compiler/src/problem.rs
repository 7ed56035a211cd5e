//! Mistakes in a table: gathered with their place, then shown all at once.

use miette::{Diagnostic, LabeledSpan, NamedSource, Report, SourceSpan};
use proc_macro2::Span;

/// The mistakes found so far. Checks go on after a mistake, so that one run shows them all.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

/// One mistake and its place.
#[derive(Debug, Clone, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct Problem {
    message: String,
    #[label("{label}")]
    at: SourceSpan,
    label: String,
    #[help]
    help: Option<String>,
}

impl Problems {
    /// Adds a mistake. The message says what is wrong, the label what stands at its place.
    pub fn add(&mut self, at: Span, message: impl Into<String>, label: impl Into<String>) -> &mut Problem {
        self.0.push(Problem { message: message.into(), at: at.byte_range().into(), label: label.into(), help: None });
        let last = self.0.len() - 1;
        &mut self.0[last]
    }

    /// How many mistakes there are so far.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Adds a mistake that the Rust parser found.
    pub fn syntax(&mut self, error: syn::Error) {
        for error in error {
            self.add(error.span(), error.to_string(), "here");
        }
    }

    /// The report of all mistakes in the order of the text, or `None` if there are none.
    pub fn report(mut self, file: &str, text: &str) -> Option<Report> {
        self.0.sort_by(|a, b| (a.at.offset(), &a.message).cmp(&(b.at.offset(), &b.message)));
        self.0.dedup_by(|a, b| a.at == b.at && a.message == b.message);
        if self.0.is_empty() {
            return None;
        }
        let table = NamedSource::new(file, text.to_owned()).with_language("Rust");
        Some(Report::new(Mistakes { table, problems: self.0 }))
    }
}

impl Problem {
    /// Says what to do about it.
    pub fn help(&mut self, help: impl Into<String>) {
        self.help = Some(help.into());
    }

    /// Whether it says what to do about it.
    pub fn has_help(&self) -> bool {
        self.help.is_some()
    }

    /// Suggests the nearest of the names that would have been right.
    pub fn near<'a>(&mut self, name: &str, known: impl IntoIterator<Item = &'a str>) {
        self.help = nearest(name, known).map(|k| format!("did you mean `{k}`?"));
    }
}

/// The known name that takes the fewest edits to reach, if that is at most 3 and less than half of the name.
fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 3.min(name.len() / 2);
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(name, k), k))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, k)| k)
}

#[derive(Debug, thiserror::Error)]
#[error("{} mistake{} in this table", problems.len(), if problems.len() == 1 { "" } else { "s" })]
struct Mistakes {
    table: NamedSource<String>,
    problems: Vec<Problem>,
}

impl Diagnostic for Mistakes {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.table)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        None
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|p| p as &dyn Diagnostic)))
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(nearest("onewya", ["local", "oneway"]), Some("oneway"));
        assert_eq!(nearest("n", ["m"]), None, "one letter says nothing");
        assert_eq!(nearest("cached", ["local"]), None);
    }
}
