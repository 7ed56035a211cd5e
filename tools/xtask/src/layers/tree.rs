//! A crate as a graph: its files, and which names something of which.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::{Path, PathBuf};

use super::paths::{self, Module, Named};

/// One file of a crate.
#[derive(Debug)]
pub struct File {
    /// Where it is, as the reader was asked for it.
    pub path: PathBuf,
    /// The module that it is.
    pub module: Module,
    /// The text is made by the build script.
    pub is_generated: bool,
    /// Files that it names something of, by their places in [`Tree::files`], with the first line that does.
    pub names: BTreeMap<usize, usize>,
}

/// A crate's files, the root first.
#[derive(Debug)]
pub struct Tree {
    pub files: Vec<File>,
    /// The root's text.
    pub root: String,
}

impl Tree {
    /// Reads a crate from its root on; `load` gives the text of a file, and of `OUT_DIR/tables.rs` beside the root what the
    /// build script makes, or nothing if that is not to be looked at.
    pub fn read(root: &Path, load: &dyn Fn(&Path) -> Option<String>) -> Result<Self, String> {
        let mut reading = Reading { load, root, files: Vec::new(), named: Vec::new() };
        reading.file(root.to_owned(), Vec::new())?;
        let text = load(root).unwrap_or_default();
        Ok(Self { files: reading.link(), root: text })
    }

    /// Groups of files that name each other in a circle, each in the order of [`Tree::files`].
    pub fn circles(&self, counts: &dyn Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
        let count = self.files.len();
        let mut reached: Vec<Vec<bool>> = vec![vec![false; count]; count];
        for (from, seen) in reached.iter_mut().enumerate() {
            let mut todo = vec![from];
            while let Some(at) = todo.pop() {
                for &to in self.files[at].names.keys().filter(|to| counts(at, **to)) {
                    if !std::mem::replace(&mut seen[to], true) {
                        todo.push(to);
                    }
                }
            }
        }
        let mut circles: Vec<Vec<usize>> = Vec::new();
        for (file, seen) in reached.iter().enumerate() {
            if seen[file] && !circles.iter().flatten().any(|other| *other == file) {
                circles.push((file..count).filter(|other| seen[*other] && reached[*other][file]).collect());
            }
        }
        circles
    }

    /// The shortest way from a file back to itself, as the files on it.
    pub fn way_round(&self, start: usize, counts: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
        let mut from: HashMap<usize, usize> = HashMap::new();
        let mut todo = VecDeque::from([start]);
        while let Some(at) = todo.pop_front() {
            for &to in self.files[at].names.keys().filter(|to| counts(at, **to)) {
                if to == start {
                    let mut way = vec![at];
                    while let Some(before) = from.get(way.last().unwrap_or(&start)) {
                        way.push(*before);
                    }
                    way.reverse();
                    return way;
                }
                if let Entry::Vacant(new) = from.entry(to) {
                    new.insert(at);
                    todo.push_back(to);
                }
            }
        }
        Vec::new()
    }
}

struct Reading<'a> {
    load: &'a dyn Fn(&Path) -> Option<String>,
    root: &'a Path,
    files: Vec<File>,
    named: Vec<Named>,
}

impl Reading<'_> {
    fn file(&mut self, path: PathBuf, module: Module) -> Result<(), String> {
        let text = (self.load)(&path).ok_or_else(|| format!("{}: there is no such file", path.display()))?;
        let named = paths::read(&text, &module).map_err(|why| format!("{}: {why}", path.display()))?;
        let children = named.children.clone();
        let generated = named.generated.clone();
        self.add(path.clone(), module.clone(), false, named);
        for (child, given) in children {
            let place = self.place(&path, &module, &child, given.as_deref())?;
            self.file(place, child)?;
        }
        for module in generated {
            let path = self.root.with_file_name("OUT_DIR").join("tables.rs");
            let text = (self.load)(&path).unwrap_or_default();
            let named = paths::read(&text, &module).map_err(|why| format!("{}: {why}", path.display()))?;
            self.add(path, module, true, named);
        }
        Ok(())
    }

    fn add(&mut self, path: PathBuf, module: Module, is_generated: bool, named: Named) {
        self.files.push(File { path, module, is_generated, names: BTreeMap::new() });
        self.named.push(named);
    }

    /// The file of a module that is declared in another file.
    fn place(&self, path: &Path, module: &Module, child: &Module, given: Option<&str>) -> Result<PathBuf, String> {
        let beside = path.parent().unwrap_or(Path::new(""));
        if let Some(given) = given {
            return Ok(beside.join(given));
        }
        let is_door = path == self.root || path.file_name().is_some_and(|name| name == "mod.rs");
        let folder = if is_door { beside.to_owned() } else { path.with_extension("") };
        let inside: PathBuf = child[module.len()..].iter().collect();
        let stem = folder.join(inside);
        let candidates = [stem.with_extension("rs"), stem.join("mod.rs")];
        let found = candidates.into_iter().find(|file| (self.load)(file).is_some());
        found.ok_or_else(|| format!("{}: the module {} has no file", path.display(), child.join("::")))
    }

    /// Finds out which file each path leads to.
    fn link(mut self) -> Vec<File> {
        let mut homes: HashMap<Module, usize> = HashMap::new();
        for (number, (file, named)) in self.files.iter().zip(&self.named).enumerate() {
            named.inline.iter().filter(|inner| !named.generated.contains(inner)).for_each(|inner| {
                homes.insert(inner.clone(), number);
            });
            homes.insert(file.module.clone(), number);
        }
        let resolver = Resolver { homes: &homes, named: &self.named };
        let mut names = Vec::new();
        for (number, named) in self.named.iter().enumerate() {
            for path in &named.paths {
                let target = resolver.target(number, &path.inside, &path.segments, 0);
                names.extend(target.and_then(|to| resolver.home(&to)).map(|to| (number, to, path.line)));
            }
        }
        for (from, to, line) in names {
            if from != to {
                self.files[from].names.entry(to).and_modify(|first| *first = line.min(*first)).or_insert(line);
            }
        }
        self.files
    }
}

struct Resolver<'a> {
    homes: &'a HashMap<Module, usize>,
    named: &'a [Named],
}

impl Resolver<'_> {
    /// The path from the crate's root that a path means; none if it leads to another crate.
    fn target(&self, file: usize, inside: &Module, segments: &[String], depth: usize) -> Option<Module> {
        let (first, rest) = segments.split_first()?;
        let within = |mut base: Module| {
            base.extend_from_slice(rest);
            base
        };
        match first.as_str() {
            "crate" => return Some(within(Vec::new())),
            "self" => return Some(within(inside.clone())),
            "super" => {
                let mut base = inside.clone();
                base.pop()?;
                return match rest.first() {
                    Some(next) if next == "super" => self.target(file, &base, rest, depth),
                    _ => Some(within(base)),
                };
            }
            _ => {}
        }
        let mut child = inside.clone();
        child.push(first.clone());
        if self.homes.contains_key(&child) {
            return Some(within(child));
        }
        let alias = self.named[file].aliases.get(&(inside.clone(), first.clone()))?;
        // An alias of itself is another crate's name (`use anyhow;`).
        if depth > 8 || alias.first() == Some(first) {
            return None;
        }
        self.target(file, inside, alias, depth + 1).map(within)
    }

    /// The file that a path from the root leads to: the innermost of its modules.
    fn home(&self, path: &Module) -> Option<usize> {
        (0..=path.len()).rev().find_map(|length| self.homes.get(&path[..length])).copied()
    }
}
