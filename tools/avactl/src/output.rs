//! Standard output: a table for people or JSON for programs.

use std::io::{self, ErrorKind, Write};

use clap::ValueEnum;
use rustix::termios::tcgetwinsize;
use serde::Serialize;

use crate::error::Failure;
use crate::table::View;

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

/// When to write in colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// From now on, on both streams.
    pub fn apply(self) {
        let choice = match self {
            Self::Auto => return,
            Self::Always => anstream::ColorChoice::AlwaysAnsi,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// How tables are written
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct TableArgs {
    /// Show all columns and whole texts, however wide that is
    ///
    /// Without it a table is as wide as the terminal, or as the variable COLUMNS says; columns that have no room are left
    /// out. In a pipe or file all is shown in any case.
    #[arg(short, long)]
    wide: bool,

    /// Leave out the titles of the columns
    #[arg(long)]
    no_headers: bool,

    /// Show exact numbers, sizes in bytes
    #[arg(short, long)]
    pub bytes: bool,
}

impl TableArgs {
    /// Where the table is shown.
    pub fn view(self) -> View {
        View { width: (!self.wide).then(line_width).flatten(), headers: !self.no_headers }
    }
}

/// How wide a line may be: what `COLUMNS` says, or the terminal; any width in a pipe or file.
fn line_width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    said.or_else(terminal).filter(|width| *width > 0)
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

/// Writes `text` as it is.
pub fn print(text: &str) -> Result<(), Failure> {
    write(io::stdout().lock(), text)
}

/// Writes `content` as JSON, or what `table` makes of it, with its styles where they are wanted.
pub fn show<T: Serialize>(format: Format, content: &T, table: impl FnOnce(&T) -> String) -> Result<(), Failure> {
    match format {
        Format::Json => print(&json(content)?),
        Format::Table => write(anstream::stdout().lock(), &table(content)),
    }
}

/// Whoever reads may have had enough, which is no failure.
fn write(mut out: impl Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
