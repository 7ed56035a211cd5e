//! What the table compiler says: `expand`, `import`, `coverage`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use ava_tables::emit::{coverage, expand, header};
use ava_tables::model::Api;
use clap::{Args, ValueEnum};

use crate::repository::{run, table};

/// Show what is generated for a function
///
/// The wire types, the entry that programs call, the marshalling behind it, and the worker's side, each formatted.
#[derive(Args)]
pub struct Expand {
    /// A function of the table, such as clCreateBuffer
    function: String,
    /// The table to look in
    #[arg(long, default_value = "opencl")]
    api: String,
}

impl Expand {
    pub fn run(self) -> Result<()> {
        let api = table(&self.api)?;
        let Some(function) = api.function(&self.function) else {
            bail!("the table has no {}{}", self.function, nearest(&api, &self.function));
        };
        print!("{}", expand::expand(&api, function));
        Ok(())
    }
}

fn nearest(api: &Api, name: &str) -> String {
    let by_distance = |f: &&str| (strsim::jaro_winkler(f, name) * 1000.0) as u32;
    let near = api.functions.iter().map(|f| f.name.as_str()).max_by_key(by_distance);
    near.filter(|f| strsim::jaro_winkler(f, name) > 0.8).map(|f| format!("; did you mean {f}?")).unwrap_or_default()
}

/// Draft what a table lacks of a C header
///
/// Every shape of a draft is a guess: read the specification and correct it. The header is found as the C compiler
/// finds it, with the definitions of the table before it.
#[derive(Args)]
pub struct Import {
    /// The header as a program includes it, such as CL/cl.h, or its file
    header: String,
    /// The table to compare with
    #[arg(long, default_value = "opencl")]
    api: String,
}

impl Import {
    pub fn run(self) -> Result<()> {
        let api = table(&self.api)?;
        let draft = ava_tables::import(&self.declarations(&api)?, &api);
        if draft.is_empty() {
            eprintln!("xtask: {} has nothing that the table lacks", self.header);
        }
        print!("{draft}");
        Ok(())
    }

    /// What the header itself declares, preprocessed.
    fn declarations(&self, api: &Api) -> Result<String> {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("import.c");
        let path = PathBuf::from(&self.header);
        let include = if path.exists() { path.canonicalize()?.display().to_string() } else { self.header.clone() };
        let quoted = if path.exists() { format!("\"{include}\"") } else { format!("<{include}>") };
        std::fs::write(&file, format!("{}#include {quoted}\n", header::preamble(api)))?;
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
        let output = run(Command::new(compiler).arg("-E").arg(&file)).context("the header cannot be read")?;
        let declared = header::lines_of(&output, &include);
        ensure!(!declared.trim().is_empty(), "{} declares nothing", self.header);
        Ok(declared)
    }
}

/// Show what becomes of each function
///
/// Generated, by hand, answered in the shim, or refused and why.
#[derive(Args)]
pub struct Coverage {
    /// How to show it
    #[arg(long, value_enum, default_value = "markdown")]
    format: Format,
    /// The table to look in
    #[arg(long, default_value = "opencl")]
    api: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A page for people
    Markdown,
    /// For scripts
    Json,
}

impl Coverage {
    pub fn run(self) -> Result<()> {
        let api = table(&self.api)?;
        print!(
            "{}",
            match self.format {
                Format::Markdown => coverage::markdown(&api),
                Format::Json => coverage::json(&api),
            }
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_other_headers_are_left_out() {
        let output = "# 1 \"a.c\"\nint a;\n# 1 \"/usr/include/CL/cl.h\" 1 3\nint b;\n# 2 \"a.c\" 2\nint c;\n";
        assert_eq!(header::lines_of(output, "CL/cl.h"), "int b;\n");
    }

    #[test]
    fn a_near_name_is_suggested() {
        let api = table("opencl").expect("the table is right");
        assert_eq!(nearest(&api, "clCreateBufer"), "; did you mean clCreateBuffer?");
        assert_eq!(nearest(&api, "vkQueueSubmit"), "");
    }
}
