//! Reads API tables and turns them into both sides of a call.
//!
//! A table (`api-tables/NAME.rs`) describes every function of one vendor API: Rust syntax that is never compiled.
//! [`read`] takes it through [`parse`] (syntax to items) and [`check`] (items to the [`model`], every name resolved);
//! [`plan`] decides the consequences for each call, and the emitters in [`emit`] print the plan. The language is described
//! in `api-tables/LANGUAGE.md`.
//!
//! **Invariant:** no text of a table is pasted into generated code; emitters build code from model and plan alone.
//! **Invariant:** no key is ignored. Anything in a table that this crate does not know is a mistake with a position.
//! **Invariant:** all mistakes of a table are gathered and shown at once; a table with a mistake yields no model.

#![forbid(unsafe_code)]

mod attr;
pub mod build;
pub mod check;
pub mod emit;
pub mod expr;
#[cfg(feature = "import")]
pub mod import;
pub mod layout;
pub mod model;
pub mod parse;
pub mod plan;
pub mod problem;

#[cfg(feature = "import")]
pub use import::import;

use miette::{IntoDiagnostic, Report, WrapErr};
use model::Api;
use problem::Problems;
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
