//! Standard output: a table for people or JSON for programs.

use std::io::{self, ErrorKind, Write};

use clap::ValueEnum;
use rustix::termios::tcgetwinsize;
use serde::Serialize;

use crate::error::Failure;
use crate::table::View;

/// The version of the JSON format. Within one version fields are only added, never changed or removed.
const SCHEMA: u32 = 1;

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs: base units, and "schema": 1
    Json,
    /// For spreadsheets: comma-separated values (`account` only)
    Csv,
}

/// When to use colours.
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
    /// Applies to both streams.
    pub fn apply(self) {
        let choice = match self {
            Self::Auto => return,
            Self::Always => anstream::ColorChoice::AlwaysAnsi,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// The format of tables
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct TableArgs {
    /// Show all columns and whole texts, however wide
    ///
    /// Otherwise a table is as wide as the terminal, or as the variable COLUMNS says, and columns without room are left out.
    /// In a pipe or file everything is always shown.
    #[arg(short, long)]
    wide: bool,

    /// Leave out the column titles
    #[arg(long)]
    pub no_headers: bool,

    /// Show exact numbers, sizes in bytes, times of use in nanoseconds
    #[arg(short, long)]
    pub bytes: bool,
}

impl TableArgs {
    /// The layout for the current output.
    pub fn view(self) -> View {
        View { width: (!self.wide).then(line_width).flatten(), headers: !self.no_headers }
    }
}

/// The width of a line: `COLUMNS`, or the terminal's; unlimited in a pipe or file.
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

/// The same on one line.
pub fn json_line<T: Serialize>(content: &T) -> Result<String, Failure> {
    let text = serde_json::to_string(&Document { schema: SCHEMA, content });
    Ok(text.map_err(|error| Failure::from(io::Error::from(error)))? + "\n")
}

/// Writes `text`, with styles where they are wanted.
pub fn print_styled(text: &str) -> Result<(), Failure> {
    write(anstream::stdout().lock(), text)
}

/// Writes `text` unchanged.
pub fn print(text: &str) -> Result<(), Failure> {
    write(io::stdout().lock(), text)
}

/// Writes `content` as JSON, or the text that `table` makes of it, with styles where they are wanted.
pub fn show<T: Serialize>(format: Format, content: &T, table: impl FnOnce(&T) -> String) -> Result<(), Failure> {
    match format {
        Format::Json => print(&json(content)?),
        Format::Table | Format::Csv => print_styled(&table(content)),
    }
}

/// A reader that closes the pipe early is no failure.
fn write(mut out: impl Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
