//! A table from its text: parsed and checked.

use crate::model::Api;
use crate::problem::Problems;
use crate::{check, parse};
use miette::{IntoDiagnostic, Report, WrapErr};
use std::path::Path;

/// Reads a table file.
///
/// # Errors
///
/// If the file cannot be read, or with every mistake in it: each with its place and, where a known name is near, a
/// suggestion.
pub fn read(path: &Path) -> Result<Api, Report> {
    let text = std::fs::read_to_string(path)
        .into_diagnostic()
        .wrap_err_with(|| format!("cannot read the table {}", path.display()))?;
    read_text(&path.display().to_string(), &text)
}

/// Reads the text of a table; `file` is the name that mistakes are shown with.
///
/// # Errors
///
/// With every mistake in the text.
pub fn read_text(file: &str, text: &str) -> Result<Api, Report> {
    let mut problems = Problems::default();
    let api = parse::table(text, &mut problems).map(|table| check::api(&table, &mut problems));
    match (problems.report(file, text), api) {
        (None, Some(api)) => Ok(api),
        (Some(report), _) => Err(report),
        (None, None) => unreachable!("text that is no Rust is a mistake"),
    }
}
