//! The repository in numbers: what a table takes, what goes by hand, how far files can be made alone.
//!
//! All is counted from the sources, so that two states can be compared: `--root` names a checkout of another one.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ava_tables::build::TABLES;
use serde::Serialize;

use crate::layers;

/// The sides of an API: a name, and the sources that its rooms (`NAME`, `api/NAME`) are in.
const SIDES: &[(&str, &str)] =
    &[("shim", "shim/src"), ("worker", "broker/worker/src"), ("wire", "broker/protocol/src")];
/// What is common to all APIs and more than a call, below a side's sources.
const ENGINES: &str = "engine";

/// All that is counted.
#[derive(Debug, Serialize)]
pub struct Numbers {
    pub apis: Vec<Api>,
    /// Common code of the sides that does more than one call.
    pub engines: Vec<(&'static str, Lines)>,
    pub crates: Vec<Crate>,
}

/// One API.
#[derive(Debug, Serialize)]
pub struct Api {
    pub name: &'static str,
    pub functions: usize,
    /// All lines of its table.
    pub table: usize,
    /// Lines of its table inside `extern` blocks, but for empty ones, and the facts above these: functions with their facts
    /// and comments, and the parameters that several have.
    pub table_of_functions: usize,
    /// By hand, for each side.
    pub by_hand: Vec<(&'static str, Lines)>,
}

/// Lines of Rust.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lines {
    /// All of them.
    pub all: usize,
    /// Without empty lines, comments and unit tests.
    pub code: usize,
}

/// One crate.
#[derive(Debug, Serialize)]
pub struct Crate {
    pub root: PathBuf,
    pub files: usize,
    /// Files that have unit tests.
    pub tested: usize,
    pub lines: Lines,
    /// Groups of files that name each other in a circle, and the files in them.
    pub circles: usize,
    pub in_circles: usize,
}

impl Api {
    /// How many lines its table takes for each function, and how many of these describe the functions themselves.
    fn per_function(&self) -> (f64, f64) {
        let per = |lines: usize| lines as f64 / self.functions.max(1) as f64;
        (per(self.table), per(self.table_of_functions))
    }

    /// What goes by hand on all sides.
    pub fn lines(&self) -> Lines {
        self.by_hand.iter().fold(Lines::default(), |sum, (_, lines)| sum.plus(*lines))
    }
}

impl Numbers {
    /// The rows of the table in `LANGUAGE.md` that shows what each API takes.
    pub fn effort(&self) -> Vec<String> {
        let row = |name: &str, of: &dyn Fn(&Api) -> String| {
            let cells: Vec<String> = self.apis.iter().map(of).collect();
            format!("| {name} | {} |", cells.join(" | "))
        };
        vec![
            row("functions", &|api| api.functions.to_string()),
            row("lines of table", &|api| grouped(api.table)),
            row("lines of table per function, everything counted", &|api| format!("{:.1}", api.per_function().0)),
            row("of these, for the functions themselves, with facts and comments", &|api| {
                format!("{:.1}", api.per_function().1)
            }),
            row("lines by hand: shim, worker, wire", &|api| grouped(api.lines().all)),
        ]
    }
}

/// A number with a comma between thousands.
fn grouped(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

impl Lines {
    fn plus(self, other: Self) -> Self {
        Self { all: self.all + other.all, code: self.code + other.code }
    }

    fn of(text: &str) -> Self {
        let mut lines = Self { all: text.lines().count(), code: 0 };
        // Unit tests stand last in a file.
        for line in text.lines().map(str::trim).take_while(|line| *line != "#[cfg(test)]") {
            lines.code += usize::from(!line.is_empty() && !line.starts_with("//"));
        }
        lines
    }
}

/// Counts the repository at `base`; its files are given from there.
pub fn count(base: &Path, files: &[PathBuf]) -> Result<Numbers> {
    let read = |file: &Path| fs::read_to_string(base.join(file)).with_context(|| file.display().to_string());
    let sum = |is_in: &dyn Fn(&Path) -> bool| -> Result<Lines> {
        let rust = files.iter().filter(|file| file.extension().is_some_and(|e| e == "rs") && is_in(file));
        let lines: Vec<Lines> = rust.map(|file| Ok(Lines::of(&read(file)?))).collect::<Result<_>>()?;
        Ok(lines.into_iter().fold(Lines::default(), Lines::plus))
    };
    let rooms = |room: &str| -> Result<Vec<(&'static str, Lines)>> {
        SIDES.iter().map(|(side, sources)| Ok((*side, sum(&|file| is_room(file, sources, room))?))).collect()
    };
    let mut apis = Vec::new();
    for name in TABLES {
        let table = read(&Path::new("api-tables").join(name).with_extension("rs"))?;
        let (functions, table_of_functions) = of_table(&table);
        apis.push(Api { name, functions, table: table.lines().count(), table_of_functions, by_hand: rooms(name)? });
    }
    let roots = files.iter().filter(|file| file.ends_with("src/lib.rs") || file.ends_with("src/main.rs"));
    let crates = roots.map(|root| of_crate(base, root)).collect::<Result<_>>()?;
    Ok(Numbers { apis, engines: rooms(ENGINES)?, crates })
}

/// Whether a file is in a room of a side's sources: `ROOM.rs`, `ROOM/…`, or either of them below `api/`.
fn is_room(file: &Path, sources: &str, room: &str) -> bool {
    let Ok(inside) = file.strip_prefix(sources) else { return false };
    let inside = inside.strip_prefix("api").unwrap_or(inside);
    inside.starts_with(room) || inside == Path::new(room).with_extension("rs")
}

/// The functions of a table, and the lines that describe them.
fn of_table(text: &str) -> (usize, usize) {
    let (mut functions, mut lines, mut is_inside) = (0, 0, false);
    // Attributes and comments that may turn out to be those of a block, or of parameters.
    let mut above = 0;
    for line in text.lines() {
        match line {
            "extern \"C\" {" => {
                is_inside = true;
                lines += above;
            }
            "#[params]" => {
                is_inside = true;
                lines += above + 1;
            }
            "}" => is_inside = false,
            _ if is_inside && !line.trim().is_empty() => {
                lines += 1;
                functions += usize::from(line.starts_with("    fn "));
            }
            _ => {}
        }
        above = if line.starts_with("#[") || line.starts_with("///") { above + 1 } else { 0 };
    }
    (functions, lines)
}

fn of_crate(base: &Path, root: &Path) -> Result<Crate> {
    let tree = layers::read(base, root, None).map_err(anyhow::Error::msg)?;
    let circles = tree.circles(&layers::by_hand(&tree));
    let mut counted = Crate {
        root: root.to_owned(),
        files: 0,
        tested: 0,
        lines: Lines::default(),
        circles: circles.len(),
        in_circles: circles.iter().map(Vec::len).sum(),
    };
    for file in tree.files.iter().filter(|file| !file.is_generated) {
        let text = fs::read_to_string(base.join(&file.path))?;
        counted.files += 1;
        counted.tested += usize::from(has_tests(&text));
        counted.lines = counted.lines.plus(Lines::of(&text));
    }
    Ok(counted)
}

/// Whether a file has unit tests, in itself or in a file of their own.
fn has_tests(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    let is_condition = |line: &str| line.starts_with("#[cfg(") && line.contains("test") && !line.contains("not(test");
    lines.any(is_condition) && lines.any(|line| line.starts_with("mod "))
}

impl Numbers {
    /// The numbers for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{:<10}{:>10}{:>8}{:>12}{:>12}  by hand, all lines and code",
            "API", "functions", "table", "/function", "/fn itself"
        );
        for api in &self.apis {
            let (all, own) = api.per_function();
            let _ = write!(text, "{:<10}{:>10}{:>8}{all:>12.1}{own:>12.1} ", api.name, api.functions, api.table);
            text += &sides(&api.by_hand);
            let Lines { all, code } = api.lines();
            let _ = writeln!(text, "  sum {all}/{code}");
        }
        let functions: usize = self.apis.iter().map(|api| api.functions).sum();
        let table: usize = self.apis.iter().map(|api| api.table).sum();
        let own: usize = self.apis.iter().map(|api| api.table_of_functions).sum();
        let per = |lines: usize| lines as f64 / functions.max(1) as f64;
        let _ = writeln!(text, "{:<10}{functions:>10}{table:>8}{:>12.1}{:>12.1}", "all", per(table), per(own));
        let _ = writeln!(text, "{:<52} {}\n", "engines", sides(&self.engines));
        let _ = writeln!(
            text,
            "{:<36}{:>6}{:>8}{:>9}{:>9}{:>9}{:>10}",
            "crate", "files", "tested", "lines", "code", "circles", "in them"
        );
        for one in &self.crates {
            let Crate { files, tested, lines, circles, in_circles, .. } = one;
            let root = one.root.display().to_string();
            let _ = writeln!(
                text,
                "{root:<36}{files:>6}{tested:>8}{:>9}{:>9}{circles:>9}{in_circles:>10}",
                lines.all, lines.code
            );
        }
        text
    }
}

fn sides(sides: &[(&str, Lines)]) -> String {
    sides.iter().map(|(side, Lines { all, code })| format!(" {side} {all}/{code}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_found_in_either_layout() {
        let is_opencl = |file: &str| is_room(Path::new(file), "shim/src", "opencl");
        assert!(is_opencl("shim/src/opencl.rs") && is_opencl("shim/src/api/opencl.rs"));
        assert!(is_opencl("shim/src/opencl/map.rs") && is_opencl("shim/src/api/opencl/include/scan.rs"));
        assert!(!is_opencl("shim/src/call.rs") && !is_opencl("broker/worker/src/opencl/map.rs"));
        assert!(!is_opencl("shim/src/openclish.rs") && !is_opencl("shim/src/book/opencl.rs"));
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1000, 4811, 1_002_003].map(grouped), ["0", "999", "1,000", "4,811", "1,002,003"]);
    }

    #[test]
    fn lines_of_code_are_neither_empty_nor_comments_nor_tests() {
        let text = "//! A.\n\nfn a() {\n    // b\n    b(); // c\n}\n\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(Lines::of(text), Lines { all: 10, code: 3 });
        assert!(has_tests(text) && !has_tests("#[cfg(not(test))]\nmod a;\n") && !has_tests("#[cfg(test)]\nuse a;\n"));
        assert!(has_tests("#[cfg(all(test, not(miri)))]\nmod tests;\n"));
    }

    #[test]
    fn a_table_is_counted() {
        let text = "// T.\n#[status(ok = 0)]\ntype A = B;\n\n/// P.\n#[params]\nstruct P {\n    b: B,\n}\n\n#[oneway]\nextern \"C\" {\n    /// F.\n    #[custom]\n    fn f(\n        a: A,\n    );\n\n    fn g();\n}\n";
        assert_eq!(of_table(text), (2, 11));
    }
}
