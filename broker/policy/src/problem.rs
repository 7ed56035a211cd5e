//! What is wrong with a file, and where.

use std::path::{Path, PathBuf};

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The files are no policy.
    Error,
    /// They are one, and probably not the intended one.
    Warning,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    pub file: PathBuf,
    /// Where, and the line's text and the length of what is wrong in it.
    pub place: Option<(Place, String, usize)>,
    pub message: String,
}

impl Problem {
    /// An error about a whole file.
    pub fn of_file(file: &Path, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, file: file.to_owned(), place: None, message: message.into() }
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// With the line that it is about, and a mark below the place.
    #[must_use]
    pub fn with_source(&self) -> String {
        let Some((place, line, length)) = self.place.as_ref().filter(|(_, line, _)| !line.is_empty()) else {
            return format!("{self}\n");
        };
        let margin = " ".repeat(place.line.to_string().len());
        let before = " ".repeat(place.column - 1);
        let mark = "^".repeat((*length).clamp(1, line.chars().count().saturating_sub(place.column - 1).max(1)));
        format!("{self}\n{margin} |\n{} | {line}\n{margin} | {before}{mark}\n", place.line)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some((Place { line, column }, ..)) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        let warning = if self.is_error() { "" } else { " warning:" };
        write!(f, "{warning} {}", self.message)
    }
}

/// `; did you mean "x"?` with the nearest of the known words, if one is near.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known.map(|known| (strsim::damerau_levenshtein(word, known), known)).min();
    match near {
        Some((distance, known)) if distance <= 1 + known.len() / 4 => format!("; did you mean {known:?}?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_its_place() {
        let place = Some((Place { line: 12, column: 3 }, "  wieght = 4".to_owned(), 6));
        let problem = Problem { place, ..Problem::of_file(Path::new("/etc/x.toml"), "an unknown key") };
        let shown = "/etc/x.toml:12:3: an unknown key\n   |\n12 |   wieght = 4\n   |   ^^^^^^\n";
        assert_eq!(problem.with_source(), shown);
    }

    #[test]
    fn only_a_near_word_is_suggested() {
        assert_eq!(nearest("wieght", ["lanes", "weight"].into_iter()), "; did you mean \"weight\"?");
        assert_eq!(nearest("colour", ["lanes", "weight"].into_iter()), "");
    }
}
