//! Rules of the repository that no compiler knows.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

use crate::repository::{files, root, tables};
use crate::{layers, numbers};

/// Most lines of a source file.
const LONGEST: usize = 500;
/// Whose files may be longer: tables are data.
const TABLES: &str = "api-tables";
/// Crates without unsafe code: their root says so.
const SAFE: &[&str] = &[
    "api-tables/compiler/src/lib.rs",
    "broker/cgroups/src/lib.rs",
    "broker/protocol/src/lib.rs",
    "broker/src/main.rs",
    "tests/src/lib.rs",
    "tools/xtask/src/main.rs",
];
/// Sides that know APIs in rooms of their own: what begins with one of the other names is common to all.
const SIDES: &[&str] = &["shim/src", "broker/worker/src"];
/// The folder of a side that the rooms are in.
const ROOMS: &str = "api";
/// Where the rooms are entered from.
const DOORS: &[&str] = &["lib.rs", "api.rs", "api/mod.rs"];
/// Crates whose layers are to be held to, by their root (see `layers.rs`).
const LAYERED: &[&str] = &[
    "api-tables/compiler/src/lib.rs",
    "broker/cgroups/src/lib.rs",
    "broker/policy/src/lib.rs",
    "broker/sandbox/src/lib.rs",
    "broker/src/main.rs",
    "broker/transport/src/lib.rs",
    "broker/worker/fuzz/src/lib.rs",
    "broker/worker/src/lib.rs",
    "shim/src/lib.rs",
    "tests/softcuda/src/lib.rs",
    "tools/avactl/src/main.rs",
    "tools/xtask/src/main.rs",
];
/// Shows what each API takes.
const REFERENCE: &str = "api-tables/LANGUAGE.md";
/// What licences the repository.
const LICENCES: &[&str] = &["LICENSE-APACHE", "LICENSE-MIT"];

/// Check the repository's own rules
///
/// Layers without circles, length of files, what they open with, licences, paths of one machine, sleeping tests, notes to
/// oneself. Also a test: cargo test -p xtask.
#[derive(Args)]
pub struct Tidy {
    /// Check the layers of this crate only, by its root (shim/src/lib.rs)
    #[arg(long, value_name = "ROOT")]
    layers: Option<PathBuf>,
    /// Count instead: lines of tables and by hand, files with unit tests, circles
    #[arg(long)]
    numbers: bool,
    /// Print the numbers as JSON
    #[arg(long, requires = "numbers")]
    json: bool,
    /// Count this checkout
    #[arg(long, value_name = "DIR", requires = "numbers")]
    root: Option<PathBuf>,
}

impl Tidy {
    pub fn run(self) -> Result<()> {
        if self.numbers {
            return self.count();
        }
        let problems = match &self.layers {
            Some(crate_root) => of_crate(crate_root)?,
            None => problems()?,
        };
        if problems.is_empty() {
            return Ok(());
        }
        for problem in &problems {
            println!("{problem}");
        }
        bail!("{} rules are broken", problems.len());
    }

    fn count(&self) -> Result<()> {
        let base = self.root.as_deref().unwrap_or(root());
        let numbers = numbers::count(base, &files(base)?)?;
        match self.json {
            true => println!("{}", serde_json::to_string_pretty(&numbers)?),
            false => print!("{}", numbers.text()),
        }
        Ok(())
    }
}

fn problems() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let files = files(root())?;
    for name in LICENCES.iter().chain(SAFE).filter(|name| !root().join(name).is_file()) {
        problems.push(format!("{name} is missing"));
    }
    for file in &files {
        // What is no text has no rules.
        let Ok(text) = fs::read_to_string(root().join(file)) else { continue };
        problems.extend(of_file(file, &text).into_iter().map(|problem| format!("{}: {problem}", file.display())));
    }
    let reference = fs::read_to_string(root().join(REFERENCE))?;
    let effort = numbers::count(root(), &files)?.effort();
    let stale = effort.iter().filter(|row| !reference.lines().any(|line| is_about(line, row)));
    problems.extend(stale.map(|row| format!("{REFERENCE}: it lacks the row {row:?}, or a number is far from it")));
    for crate_root in crates(&files) {
        problems.extend(of_crate(crate_root)?);
    }
    Ok(problems)
}

/// Whether two rows of a table have the same label, and numbers that differ by a twentieth at most: a line more or less is no
/// reason to write a page anew.
fn is_about(one: &str, other: &str) -> bool {
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().replace(',', "")).collect::<Vec<_>>();
    let (one, other) = (cells(one), cells(other));
    let is_near = |(one, other): (&String, &String)| match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => (one - other).abs() <= other / 20.0,
        _ => one == other,
    };
    one.len() == other.len() && one.iter().zip(&other).all(is_near)
}

/// The rules of layers that a crate breaks.
fn of_crate(crate_root: &Path) -> Result<Vec<String>> {
    let generated = generated(crate_root)?;
    let is_layered = LAYERED.iter().any(|layered| crate_root == Path::new(layered));
    let tree = layers::read(root(), crate_root, generated.as_deref());
    Ok(tree.map_or_else(|why| vec![why], |tree| layers::problems(&tree, is_layered)))
}

/// The roots of crates.
fn crates(files: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    let is_root = |file: &&PathBuf| file.ends_with("src/lib.rs") || file.ends_with("src/main.rs");
    files.iter().filter(is_root)
}

/// What a crate's build script makes of the tables.
fn generated(crate_root: &Path) -> Result<Option<String>> {
    let emit = match crate_root.to_str() {
        Some("shim/src/lib.rs") => ava_tables::emit::shim::emit,
        Some("broker/worker/src/lib.rs") => ava_tables::emit::worker::emit,
        Some("broker/worker/fuzz/src/lib.rs") => ava_tables::emit::fuzz::emit,
        _ => return Ok(None),
    };
    Ok(Some(ava_tables::build::modules(&tables(None)?, emit, |_| Default::default())))
}

/// The rules that a file breaks.
fn of_file(file: &Path, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let name = file.to_string_lossy();
    let has = |extension: &str| file.extension().is_some_and(|e| e == extension);
    let ours = !name.contains("/ui/") && !name.contains("/golden/") && !has("lock") && !has("snap") && !has("stderr");
    if !ours {
        return problems;
    }
    let lines = text.lines().count();
    if (has("rs") || has("c") || has("h")) && lines > LONGEST && file.parent() != Some(Path::new(TABLES)) {
        problems.push(format!("{lines} lines; it wants to be two files (at most {LONGEST})"));
    }
    if has("rs") && !text.starts_with("//!") && !file.ends_with("tests.rs") {
        problems.push("it does not open with what it is for (//!)".into());
    }
    if SAFE.contains(&&*name) && !text.contains("#![forbid(unsafe_code)]") {
        problems.push("it does not forbid unsafe code".into());
    }
    if file.ends_with("Cargo.toml") && name != "Cargo.toml" {
        for line in ["license.workspace = true", "[lints]\nworkspace = true"] {
            if !text.contains(line) {
                problems.push(format!("it lacks {line:?}"));
            }
        }
    }
    if !text.is_empty() && !text.ends_with('\n') && !name.starts_with("LICENSE") {
        problems.push("its last line has no end".into());
    }
    if has("md") || file == Path::new("tools/xtask/src/tidy.rs") {
        return problems;
    }
    let lines: Vec<_> = text.lines().collect();
    let is_common = is_common(file);
    for (number, line) in lines.iter().enumerate() {
        let at = |problem: &str| format!("line {}: {problem}", number + 1);
        let explained = lines[number.saturating_sub(2)..number].iter().any(|line| line.trim().starts_with("//"));
        if line.contains("thread::sleep") && has("rs") && !explained && !name.contains("/examples/") {
            problems.push(at("something sleeps and does not say why time itself matters"));
        }
        if is_common && ava_tables::build::TABLES.iter().any(|api| names_room(line, api)) {
            problems.push(at("it knows an API, and is common to all: see the trait of the API's room"));
        }
        problems.extend(of_line(file, line).into_iter().map(at));
    }
    problems
}

/// Whether a file is common to all APIs of its side.
fn is_common(file: &Path) -> bool {
    let inside = SIDES.iter().find_map(|side| file.strip_prefix(side).ok());
    let room = |path: &Path| {
        let inside = path.strip_prefix(ROOMS).unwrap_or(path);
        let first = inside.components().next().map(|first| first.as_os_str().to_string_lossy().into_owned());
        first.is_some_and(|first| ava_tables::build::TABLES.contains(&first.trim_end_matches(".rs")))
    };
    inside.is_some_and(|path| !room(path) && !DOORS.iter().any(|door| path == Path::new(door)))
}

/// Whether a line of code uses what is in an API's room.
fn names_room(line: &str, api: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    ["crate", "ava_protocol", "generated", "api"].iter().any(|root| code.contains(&format!("{root}::{api}")))
}

fn of_line(file: &Path, line: &str) -> Vec<&'static str> {
    let mut problems = Vec::new();
    let rust = file.extension().is_some_and(|e| e == "rs");
    if rust && line.trim() == "#[ignore]" {
        problems.push("a test is ignored without a reason");
    }
    if ["TODO", "FIXME"].iter().any(|note| line.contains(note)) {
        problems.push("a note to oneself; do it, or write an issue");
    }
    if line.contains("/work/") || line.contains(&*root_text()) {
        problems.push("a path of one machine");
    }
    if line.ends_with([' ', '\t']) && !line.trim().is_empty() {
        problems.push("spaces at the end");
    }
    problems
}

/// Where the repository is on this machine, which no file of it may know.
fn root_text() -> String {
    let path: PathBuf = fs::canonicalize(root()).unwrap_or_else(|_| root().to_owned());
    path.display().to_string() + "/"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let problems = problems().expect("git lists the files");
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    #[test]
    fn numbers_of_a_page_may_be_a_little_off() {
        let is = |row: &str| is_about(row, "| lines | 1,926 | 148 |");
        assert!(is("| lines | 1,926 | 148 |") && is("| lines | 1,900 | 150 |"));
        assert!(!is("| lines | 1,700 | 148 |") && !is("| rows | 1,926 | 148 |") && !is("| lines | 1,926 |"));
    }

    #[test]
    fn what_is_not_tidy_is_said() {
        let said = |file: &str, text: &str| of_file(Path::new(file), text).join("; ");
        assert_eq!(said("a.rs", "//! A.\nfn a() {}\n"), "");
        assert_eq!(said("a.rs", "fn a() {}\n"), "it does not open with what it is for (//!)");
        assert_eq!(said("a.rs", "//! A.\n#[ignore]\n"), "line 2: a test is ignored without a reason");
        assert_eq!(said("a.rs", "//! A.\n// TODO: b\n"), "line 2: a note to oneself; do it, or write an issue");
        let sleeps = "line 4: something sleeps and does not say why time itself matters";
        assert_eq!(said("a.rs", "//! A.\n\n\nstd::thread::sleep(x);\n"), sleeps);
        assert_eq!(said("a.rs", "//! A.\n// Longer than it lasts.\nstd::thread::sleep(x);\n"), "");
        assert_eq!(said("a.c", "x \n"), "line 1: spaces at the end");
        assert_eq!(said("a.c", "x"), "its last line has no end");
        assert_eq!(said("a.c", &"x;\n".repeat(501)), "501 lines; it wants to be two files (at most 500)");
        assert_eq!(said("api-tables/opencl.rs", &"//! A.\n".repeat(501)), "");
        let common = "line 2: it knows an API, and is common to all: see the trait of the API's room";
        assert_eq!(said("shim/src/call/mod.rs", "//! A.\nuse crate::api::opencl::State;\n"), common);
        assert_eq!(said("shim/src/api/opencl/map.rs", "//! A.\nuse crate::api::opencl::State;\n"), "");
        assert_eq!(said("broker/worker/src/api/pkcs11.rs", "//! A.\nuse ava_protocol::pkcs11::API;\n"), "");
        assert_eq!(said("a/Cargo.toml", "license.workspace = true\n"), "it lacks \"[lints]\\nworkspace = true\"");
    }
}
