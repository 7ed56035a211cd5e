//! Layers without circles: what a crate's root says of its layers, and the files that do not keep to it.
//!
//! A crate's root lists its layers in its documentation, behind a heading that says "Layers", the lowest first. Each item is a
//! layer and names its modules in backticks; nothing else in the list is in backticks:
//!
//! ```text
//! //! # Layers
//! //!
//! //! - data: `handles`, `order`
//! //! - one call: `call`
//! //! - APIs: `api`, `generated`
//! ```
//!
//! A module's layer holds for the modules below it, unless these are listed themselves (`api::opencl`). The root is above all.
//!
//! - **Rule**: no file names anything of a higher layer.
//! - **Rule**: no files name each other in a circle, a module and the modules below it included. What the build script makes
//!   of the tables belongs to a layer, but to no circle: it is both above and below what an API has by hand.

mod paths;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;

pub use tree::Tree;

/// The layers of a crate, the lowest first: each the paths of its modules.
type Layers = Vec<Vec<String>>;

/// The rules that a crate breaks, each with files and lines. `is_layered`: its root has to list layers.
pub fn problems(tree: &Tree, is_layered: bool) -> Vec<String> {
    let layers = listed(&tree.root);
    let mut problems = Vec::new();
    if let Some(layers) = &layers {
        problems.extend(upwards(tree, layers));
    } else if is_layered {
        problems.push(format!("{}: it lists no layers (tools/xtask/src/layers.rs)", tree.files[0].path.display()));
    }
    problems.extend(circles(tree));
    problems
}

/// The layers that a root's documentation lists.
fn listed(root: &str) -> Option<Layers> {
    let mut lines = root.lines().map_while(|line| line.strip_prefix("//!")).skip_while(|line| !is_heading(line));
    lines.next()?;
    let mut layers = Layers::new();
    for line in lines {
        let is_item = line.trim_start().starts_with("- ");
        let is_more = line.starts_with("   ") && !layers.is_empty();
        match (is_item, is_more, line.trim().is_empty()) {
            (true, ..) => layers.push(modules(line)),
            (_, true, _) => layers.last_mut()?.extend(modules(line)),
            (_, _, true) if layers.is_empty() => {}
            _ if layers.is_empty() => {}
            _ => break,
        }
    }
    Some(layers)
}

fn is_heading(line: &str) -> bool {
    line.trim_start().starts_with('#') && line.contains("Layers")
}

/// What stands in backticks.
fn modules(line: &str) -> Vec<String> {
    line.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/').replace('/', "::")).collect()
}

/// Files that name something of a higher layer, files on no layer, and layers without files.
fn upwards(tree: &Tree, layers: &Layers) -> Vec<String> {
    let root = tree.files[0].path.display();
    let mut problems = Vec::new();
    let mut of: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, module) in layers.iter().enumerate().flat_map(|(number, all)| all.iter().map(move |one| (number, one)))
    {
        if of.insert(module, number).is_some() {
            problems.push(format!("{root}: `{module}` is on two layers"));
        }
        if !tree.files.iter().any(|file| file.module.join("::") == *module) {
            problems.push(format!("{root}: `{module}` is on a layer and no file"));
        }
    }
    let levels: Vec<Option<usize>> = tree.files.iter().map(|file| level(&file.module, &of)).collect();
    for (file, level) in tree.files.iter().zip(&levels).skip(1) {
        let Some(level) = level else {
            problems.push(format!("{}: it is on no layer of {root}", file.path.display()));
            continue;
        };
        for (&named, line) in &file.names {
            let other = &tree.files[named];
            let above = if named == 0 { Some(layers.len()) } else { levels[named] };
            if above.is_some_and(|above| above > *level) {
                let (path, other) = (file.path.display(), other.path.display());
                problems.push(format!("{path}: line {line}: it names {other}, which is on a higher layer"));
            }
        }
    }
    problems
}

/// The layer of a module: that of the innermost module around it which is listed.
fn level(module: &[String], layers: &BTreeMap<&str, usize>) -> Option<usize> {
    (1..=module.len()).rev().find_map(|length| layers.get(&*module[..length].join("::"))).copied()
}

/// Circles, each with its shortest way round.
fn circles(tree: &Tree) -> Vec<String> {
    let counts = by_hand(tree);
    let circles = tree.circles(&counts).into_iter().map(|circle| {
        let ways = circle.iter().map(|file| tree.way_round(*file, &counts));
        let way = ways.min_by_key(Vec::len).unwrap_or_default();
        let step = |(at, &file): (usize, &usize)| {
            let line = tree.files[file].names.get(&way[(at + 1) % way.len()]).copied().unwrap_or_default();
            format!("{} line {line} → ", tree.files[file].path.display())
        };
        let steps: Vec<String> = way.iter().enumerate().map(step).collect();
        let first = way.first().map(|file| tree.files[*file].path.display().to_string()).unwrap_or_default();
        format!("{}{first}: a circle ({} files in all)", steps.concat(), circle.len())
    });
    circles.collect()
}

/// What counts for circles: all but what the build script makes.
pub fn by_hand(tree: &Tree) -> impl Fn(usize, usize) -> bool {
    |from, to| !tree.files[from].is_generated && !tree.files[to].is_generated
}

/// Reads a crate of the repository at `base`; `generated` is what its build script makes of the tables, if that is wanted.
pub fn read(base: &Path, root: &Path, generated: Option<&str>) -> Result<Tree, String> {
    let load = |path: &Path| match path.ends_with("OUT_DIR/tables.rs") {
        true => generated.map(str::to_owned),
        false => std::fs::read_to_string(base.join(path)).ok(),
    };
    Tree::read(root, &load)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate of some files, by path and text.
    fn made_up(files: &[(&str, &str)]) -> Tree {
        let load = |path: &Path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| (*text).to_owned())
        };
        Tree::read(Path::new("src/lib.rs"), &load).expect("a crate")
    }

    fn said(files: &[(&str, &str)]) -> Vec<String> {
        problems(&made_up(files), true)
    }

    const ROOT: &str =
        "//! A crate.\n//!\n//! # Layers\n//!\n//! - data: `low`\n//! - rest: `high`\nmod low;\nmod high;\n";

    #[test]
    fn looking_down_is_right() {
        let files = [("src/lib.rs", ROOT), ("src/low.rs", ""), ("src/high.rs", "use crate::low::A;")];
        assert_eq!(said(&files), Vec::<String>::new());
    }

    #[test]
    fn looking_up_is_said() {
        let files = [("src/lib.rs", ROOT), ("src/low.rs", "\nfn f() { crate::high::g() }"), ("src/high.rs", "")];
        assert_eq!(said(&files), ["src/low.rs: line 2: it names src/high.rs, which is on a higher layer"]);
        let files = [("src/lib.rs", ROOT), ("src/low.rs", "use crate::Root;"), ("src/high.rs", "")];
        assert_eq!(said(&files), ["src/low.rs: line 1: it names src/lib.rs, which is on a higher layer"]);
        let files = [
            ("src/lib.rs", ROOT),
            ("src/low.rs", "mod inner;"),
            ("src/low/inner.rs", "use super::super::high;\nfn f() { high::g() }"),
            ("src/high/mod.rs", ""),
        ];
        assert_eq!(said(&files), ["src/low/inner.rs: line 1: it names src/high/mod.rs, which is on a higher layer"]);
    }

    #[test]
    fn circles_are_said() {
        let files = [
            ("src/lib.rs", ROOT),
            ("src/low.rs", ""),
            ("src/high.rs", "mod a;\nmod b;\nfn f() { b::g() }"),
            ("src/high/a.rs", "\nuse super::b;\nuse super::f;"),
            ("src/high/b.rs", "use super::a::X;"),
        ];
        let circle = "src/high/a.rs line 2 → src/high/b.rs line 1 → src/high/a.rs: a circle (3 files in all)";
        assert_eq!(said(&files), [circle]);
    }

    #[test]
    fn every_file_is_on_a_layer_and_on_one() {
        let files = [
            ("src/lib.rs", &*format!("{ROOT}mod more;")),
            ("src/low.rs", ""),
            ("src/high.rs", ""),
            ("src/more.rs", ""),
        ];
        assert_eq!(said(&files), ["src/more.rs: it is on no layer of src/lib.rs"]);
        let root = ROOT.replace("`low`", "`low`, `high`, `gone`");
        let files = [("src/lib.rs", &*root), ("src/low.rs", ""), ("src/high.rs", "")];
        let expected = ["src/lib.rs: `gone` is on a layer and no file", "src/lib.rs: `high` is on two layers"];
        assert_eq!(said(&files), expected);
        let files = [("src/lib.rs", "mod low;"), ("src/low.rs", "")];
        assert_eq!(said(&files), ["src/lib.rs: it lists no layers (tools/xtask/src/layers.rs)"]);
        assert_eq!(problems(&made_up(&files), false), Vec::<String>::new());
    }

    #[test]
    fn the_innermost_layer_counts() {
        let root = "//! # Layers\n//!\n//! - `api::x`\n//! - `low`, of which more:\n//!   `other/`\n//! - `api`\n//!\n//! `End`.\nmod api;\nmod low;\nmod other;";
        let files = [
            ("src/lib.rs", root),
            ("src/api.rs", "pub mod x;"),
            ("src/api/x.rs", ""),
            ("src/low.rs", "use crate::api::x::X;\nuse crate::api::Y;"),
            ("src/other.rs", ""),
        ];
        assert_eq!(said(&files), ["src/low.rs: line 2: it names src/api.rs, which is on a higher layer"]);
    }

    #[test]
    fn generated_code_keeps_to_layers_and_is_in_no_circle() {
        let root =
            "//! # Layers\n//! - `low`\n//! - `made`\n//! - `high`\nmod low;\nmod high;\nmod made { include!(X); }";
        let files = [
            ("src/lib.rs", root),
            ("src/low.rs", "use crate::made::x;"),
            ("src/high.rs", ""),
            ("src/OUT_DIR/tables.rs", "pub mod x { use crate::low::A; use crate::high::B; }"),
        ];
        let problems = [
            "src/low.rs: line 1: it names src/OUT_DIR/tables.rs, which is on a higher layer",
            "src/OUT_DIR/tables.rs: line 1: it names src/high.rs, which is on a higher layer",
        ];
        assert_eq!(said(&files), problems);
    }
}
