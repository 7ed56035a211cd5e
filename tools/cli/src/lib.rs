//! The common parts of AvA's command lines: parsing, help texts, and manual pages.
//!
//! - **Invariant:** an example, a variable or a file is described once, in the code it belongs to; help and manual show the
//!   same text.
#![forbid(unsafe_code)]

use std::io::{self, Write};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{Command, FromArgMatches};
use clap_mangen::Man;
use roff::{Roff, bold, italic, roman};

/// An example command.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// Its purpose.
    pub purpose: &'static str,
    /// The command.
    pub command: &'static str,
}

/// An example.
pub const fn example(purpose: &'static str, command: &'static str) -> Example {
    Example { purpose, command }
}

/// A section that explains names: variables, files, numbers.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// `ENVIRONMENT`, `FILES`, `EXIT STATUS`.
    pub title: &'static str,
    /// Names and their meanings.
    pub entries: &'static [(&'static str, &'static str)],
}

/// The parts of a page that clap does not know.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The manual's section: `1` or `8`.
    pub volume: &'static str,
    /// Example commands.
    pub examples: &'a [Example],
    /// Further sections, in this order.
    pub sections: &'a [Section],
    /// Other pages: `avactl(1)`.
    pub see_also: &'a [String],
}

/// This process's command line. An invalid one ends the process with status 2.
#[must_use]
pub fn parse<T: FromArgMatches>(mut command: Command) -> T {
    command.build();
    let hidden = hidden(&command);
    let parsed = command.try_get_matches().and_then(|matches| T::from_arg_matches(&matches));
    parsed.unwrap_or_else(|error| without(error, &hidden).exit())
}

/// The hidden subcommands and options.
fn hidden(command: &Command) -> Vec<String> {
    let verbs = command.get_subcommands().filter(|verb| verb.is_hide_set()).map(|verb| verb.get_name().to_owned());
    let options = command.get_arguments().filter(|option| option.is_hide_set()).filter_map(|option| option.get_long());
    verbs.chain(options.map(|name| format!("--{name}"))).collect()
}

/// The error without suggestions of hidden names.
fn without(mut error: clap::Error, hidden: &[String]) -> clap::Error {
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg] {
        match error.remove(kind) {
            Some(ContextValue::Strings(names)) => {
                let known: Vec<_> = names.into_iter().filter(|name| !hidden.contains(name)).collect();
                if !known.is_empty() {
                    error.insert(kind, ContextValue::Strings(known));
                }
            }
            Some(ContextValue::String(name)) if hidden.contains(&name) => {}
            Some(other) => drop(error.insert(kind, other)),
            None => {}
        }
    }
    error
}

/// The examples, for the end of a help text.
#[must_use]
pub fn help(examples: &[Example]) -> StyledStr {
    let heading = clap::builder::Styles::styled().get_header().to_owned();
    let mut text = format!("{heading}Examples:{heading:#}\n");
    for Example { purpose, command } in examples {
        text += &format!("  {purpose}:\n      {command}\n");
    }
    text.truncate(text.trim_end().len());
    text.into()
}

/// The page of a command, which must be built.
///
/// # Errors
/// Only when memory runs out.
pub fn page(command: &Command, page: &Page<'_>) -> io::Result<Vec<u8>> {
    let source = format!("AvA {}", command.get_version().unwrap_or(env!("CARGO_PKG_VERSION")));
    let has_verbs = command.get_subcommands().any(|verb| !verb.is_hide_set());
    let name = command.get_display_name().unwrap_or(command.get_name());
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    // A page without a date: roff's writer leaves out empty arguments, and the rest would move up.
    let title = name.to_uppercase();
    writeln!(text, ".TH \"{title}\" \"{}\" \"\" \"{source}\" \"AvA\"", page.volume)?;
    man.render_name_section(&mut text)?;
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    Roff::new().control("SH", ["SYNOPSIS"]).text([bold(usage)]).to_writer(&mut text)?;
    man.render_description_section(&mut text)?;
    if has_verbs {
        man.render_subcommands_section(&mut text)?;
    }
    man.render_options_section(&mut text)?;
    // The end of the help has sections of its own here.
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]);
    for Example { purpose, command } in page.examples {
        roff.control("TP", []).text([roman(*purpose)]).text([bold(*command)]);
    }
    for Section { title, entries } in page.sections {
        roff.control("SH", [*title]);
        for (name, meaning) in *entries {
            roff.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
        }
    }
    roff.control("SH", ["SEE ALSO"]);
    for (at, other) in page.see_also.iter().enumerate() {
        let comma = if at + 1 < page.see_also.len() { "," } else { "" };
        roff.text([italic(other.as_str()), roman(comma)]);
    }
    roff.to_writer(&mut text)?;
    Ok(text)
}

/// A part of a page about a file.
#[derive(Debug, Clone)]
pub enum Part {
    /// The title of a section.
    Title(&'static str),
    /// A paragraph.
    Text(String),
    /// A name, and what it means.
    Entry(String, String),
    /// Lines to copy.
    Lines(String),
}

/// A page about a file, in section 5: `ava.toml`.
///
/// # Errors
/// Only when memory runs out.
pub fn file_page(name: &str, about: &str, parts: &[Part]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let (title, source) = (name.to_uppercase(), format!("AvA {}", env!("CARGO_PKG_VERSION")));
    writeln!(text, ".TH \"{title}\" \"5\" \"\" \"{source}\" \"AvA\"")?;
    let mut roff = Roff::new();
    roff.control("SH", ["NAME"]).text([roman(format!("{name} - {about}"))]);
    for part in parts {
        match part {
            Part::Title(title) => roff.control("SH", [*title]),
            Part::Text(text) => roff.control("PP", []).text([roman(text.as_str())]),
            Part::Entry(name, meaning) => {
                roff.control("TP", []).text([bold(name.as_str())]).text([roman(meaning.as_str())])
            }
            Part::Lines(lines) => {
                roff.control("PP", []).control("nf", []).control("RS", ["4"]);
                lines.lines().for_each(|line| {
                    roff.text([roman(line)]);
                });
                roff.control("RE", []).control("fi", [])
            }
        };
    }
    roff.to_writer(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_what_clap_knows_and_what_it_does_not() {
        let mut command = Command::new("x").about("Does x").after_long_help(help(&[example("Do it", "x --now")]));
        command.build();
        let sections = [Section { title: "FILES", entries: &[("/etc/x", "What x reads")] }];
        let examples = [example("Do it", "x --now")];
        let see_also = ["y(1)".to_owned(), "z(8)".to_owned()];
        let page = Page { volume: "8", examples: &examples, sections: &sections, see_also: &see_also };
        let text = String::from_utf8(super::page(&command, &page).unwrap()).unwrap();
        let headings: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
        assert_eq!(headings, ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "FILES", "\"SEE ALSO\""]);
        assert!(
            text.contains(".TH \"X\" \"8\" \"\" \"AvA ") && text.contains("x \\-\\-now") && !text.contains("Examples:"),
            "{text}"
        );
    }

    #[test]
    fn what_is_hidden_is_not_suggested() {
        let hide = |name: &'static str| clap::Arg::new(name).long(name).hide(true);
        let verbs = ["start", "begin"].map(|name| Command::new(name).hide(name == "start"));
        let mut command = Command::new("x").arg(hide("secret")).subcommands(verbs);
        command.build();
        let hidden = hidden(&command);
        let mut said = |word: &str| {
            let error = command.try_get_matches_from_mut(["x", word]).unwrap_err();
            without(error, &hidden).to_string()
        };
        assert!(!said("strat").contains("start") && !said("--secre").contains("--secret"));
        assert!(said("begni").contains("'begin'"));
    }

    #[test]
    fn help_ends_with_the_examples() {
        let text = help(&[example("Do it", "x --now"), example("Do it later", "x")]).to_string();
        assert_eq!(text, "Examples:\n  Do it:\n      x --now\n  Do it later:\n      x");
    }
}
