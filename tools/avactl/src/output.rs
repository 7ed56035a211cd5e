//! Standard output: a table for people or JSON for programs.

use std::io::{self, ErrorKind, Write};

use clap::ValueEnum;
use serde::Serialize;

use crate::error::Failure;

/// The version of the JSON's shape. Fields may be added within one version, none changed or taken away.
const SCHEMA: u32 = 1;

/// How to write answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs: base units, and "schema": 1
    Json,
}

#[derive(Serialize)]
struct Document<'a, T> {
    schema: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// `content` (which must be a struct or map) as a JSON document.
pub fn json<T: Serialize>(content: &T) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(&Document { schema: SCHEMA, content })
        .map_err(|error| Failure::from(io::Error::from(error)))?;
    text.push('\n');
    Ok(text)
}

/// Writes `text`. Whoever reads may have had enough, which is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes `content` as JSON, or what `table` makes of it.
pub fn show<T: Serialize>(format: Format, content: &T, table: impl FnOnce(&T) -> String) -> Result<(), Failure> {
    match format {
        Format::Json => print(&json(content)?),
        Format::Table => print(&table(content)),
    }
}
