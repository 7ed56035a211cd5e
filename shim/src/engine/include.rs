//! Which files sources include: inclusion is followed as a C preprocessor would follow it, without evaluating conditions, so
//! that what is found is never too little; what is not there is left for the compiler to miss.

mod scan;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use ava_protocol::engine::files::Files;

pub use scan::with_relative_names;

/// Most files, and most bytes in all, that one build ships.
const MOST_FILES: usize = 4096;
const MOST_BYTES: usize = 64 << 20;
/// How deep directories are looked through for what a macro names.
const DEEPEST: usize = 8;
/// What sources are called. Of other directories than those to be searched, nothing else is taken for what a macro may name.
const SOURCES: [&str; 12] = ["h", "hh", "hpp", "hxx", "cl", "clh", "c", "cc", "cpp", "inc", "inl", "def"];

/// The files that `sources` include, directly or not, when built with `options` in the program's working directory.
pub fn collect(sources: &[Vec<u8>], options: &[u8]) -> Files {
    let options = Options::parse(options);
    let cwd = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let mut search = Search { dirs: options.dirs.iter().map(|dir| cwd.join(dir)).collect(), cwd, ..Search::default() };
    options.forced.iter().for_each(|file| search.include(file, None));
    sources.iter().for_each(|source| search.scan(source, None));
    search.follow();
    if search.computed {
        search.defined.extend(options.defined);
        search.take_everything();
    }
    if search.names_any { search.headers() } else { Files::default() }
}

/// Whether the program has a file of this name.
pub fn is_there(name: &[u8]) -> bool {
    Path::new(OsStr::from_bytes(name)).is_file()
}

/// What build options say about inclusion.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    dirs: Vec<PathBuf>,
    /// Files that are included before the source.
    forced: Vec<Vec<u8>>,
    /// What may be names of files, in the definitions of macros.
    defined: BTreeSet<Vec<u8>>,
}

impl Options {
    fn parse(options: &[u8]) -> Self {
        let mut parsed = Self::default();
        let mut names = scan::Names::default();
        let mut words = split(options).into_iter();
        let dir = |word: Vec<u8>| PathBuf::from(std::ffi::OsString::from_vec(word));
        while let Some(word) = words.next() {
            match &word[..] {
                b"-I" | b"-isystem" | b"-iquote" | b"-idirafter" => parsed.dirs.extend(words.next().map(dir)),
                b"-include" | b"-imacros" => parsed.forced.extend(words.next()),
                b"-D" => words.next().iter().for_each(|definition| names.of_definition(definition)),
                [b'-', b'I', name @ ..] => parsed.dirs.push(dir(name.to_vec())),
                [b'-', b'D', definition @ ..] => names.of_definition(definition),
                _ => (),
            }
        }
        parsed.defined = names.defined;
        parsed
    }
}

/// Words of build options; quotes hold words together, a backslash takes the next character as it is.
fn split(options: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quoted = None;
    let mut bytes = options.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, quoted) {
            (b'\\', _) => word.get_or_insert_default().extend(bytes.next()),
            (quote, Some(open)) if quote == open => quoted = None,
            (b'"' | b'\'', None) => {
                quoted = Some(byte);
                word.get_or_insert_default();
            }
            (byte, None) if byte.is_ascii_whitespace() => words.extend(word.take()),
            (byte, _) => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words
}

#[derive(Default)]
struct Search {
    cwd: PathBuf,
    dirs: Vec<PathBuf>,
    found: BTreeMap<PathBuf, Vec<u8>>,
    /// Directories that a path leads through and out of again.
    passed: BTreeSet<PathBuf>,
    bytes: usize,
    /// Whether any file is named, there or not: what is not there is missing where the program is, and nowhere else.
    names_any: bool,
    /// Files whose text was not looked at yet, by the paths that they were found by.
    queue: VecDeque<(PathBuf, PathBuf)>,
    /// Something was included by a macro's name, which may be one of these.
    computed: bool,
    defined: BTreeSet<Vec<u8>>,
    /// Directories of files that include something by a macro's name.
    beside: BTreeSet<PathBuf>,
}

impl Search {
    fn follow(&mut self) {
        while let Some((path, key)) = self.queue.pop_front() {
            // Taken out while it is looked at.
            let Some(text) = self.found.get_mut(&key).map(std::mem::take) else { continue };
            self.scan(&text, path.parent());
            self.found.insert(key, text);
        }
    }

    fn scan(&mut self, text: &[u8], beside: Option<&Path>) {
        let names = scan::names(text);
        names.files.iter().for_each(|name| self.include(name, beside));
        if names.computed {
            self.names_any = true;
            self.computed = true;
            self.beside.extend(beside.map(Path::to_owned));
        }
        self.defined.extend(names.defined);
    }

    /// Takes every file that the name may stand for: which one counts, the compiler decides.
    fn include(&mut self, name: &[u8], beside: Option<&Path>) {
        self.names_any = true;
        let name = OsStr::from_bytes(name);
        let places = beside.into_iter().chain([self.cwd.as_path()]).chain(self.dirs.iter().map(PathBuf::as_path));
        let paths: Vec<_> = places.map(|dir| dir.join(name)).collect();
        paths.into_iter().for_each(|path| self.take(path));
    }

    /// Takes the file that this process finds at a path, as the one that a compiler finds there which knows no links.
    fn take(&mut self, path: PathBuf) {
        let key = normal(&path);
        if !self.found.contains_key(&key) {
            let room = MOST_BYTES - self.bytes;
            let fits = std::fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= room as u64);
            if !fits || self.found.len() >= MOST_FILES {
                return;
            }
            let Some(text) = std::fs::read(&path).ok().filter(|text| text.len() <= room) else { return };
            self.bytes += text.len();
            self.found.insert(key.clone(), text);
            self.queue.push_back((path.clone(), key));
        }
        let mut passed = PathBuf::new();
        for part in path.components() {
            if part == Component::ParentDir {
                self.passed.insert(normal(&passed));
            }
            passed.push(part);
        }
    }

    /// For `#include MACRO`: what macros are defined to be, every file in the directories that are searched, and sources beside.
    fn take_everything(&mut self) {
        let beside: Vec<_> = self.beside.iter().cloned().collect();
        // What is found may define more.
        let mut tried = BTreeSet::new();
        while let Some(name) = self.defined.difference(&tried).next().cloned() {
            self.include(&name, None);
            beside.iter().for_each(|dir| self.include(&name, Some(dir)));
            self.follow();
            tried.insert(name);
        }
        for dir in self.dirs.clone() {
            self.take_directory(&dir, DEEPEST);
        }
        for dir in beside.into_iter().chain([self.cwd.clone()]) {
            self.take_sources(&dir);
        }
        self.follow();
    }

    fn take_directory(&mut self, dir: &Path, depth: usize) {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if depth > 1 && path.is_dir() {
                self.take_directory(&path, depth - 1);
            } else {
                self.take(path);
            }
        }
    }

    fn take_sources(&mut self, dir: &Path) {
        let paths = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_source = |path: &PathBuf| path.extension().is_some_and(|is| SOURCES.iter().any(|source| is == *source));
        paths.filter(is_source).for_each(|path| self.take(path));
    }

    /// What was found. Absolute names in it are made relative, to the root that all is laid out under.
    fn headers(self) -> Files {
        let bytes = |path: &Path| path.as_os_str().as_bytes().to_vec();
        let mut headers = Files { cwd: bytes(&normal(&self.cwd)), ..Files::default() };
        headers.passed = self.passed.iter().map(|path| bytes(path)).collect();
        for (path, text) in &self.found {
            let changed = with_relative_names(text, |name| self.has(name));
            headers.from_root |= changed.is_some();
            headers.files.push((bytes(path), changed.unwrap_or_else(|| text.clone())));
        }
        headers
    }

    fn has(&self, name: &[u8]) -> bool {
        self.found.contains_key(&normal(Path::new(OsStr::from_bytes(name))))
    }
}

/// An absolute path without `.` and `..`, by its text.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::Normal(name) => normal.push(name),
            _ => (),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<Vec<u8>> {
        words.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    /// The files that are found in `dir`, and the directories passed through, by their names in it.
    fn found(dir: &Path, source: &str, options: &str) -> (Vec<String>, Vec<String>) {
        let headers = collect(&[source.as_bytes().to_vec()], options.as_bytes());
        let name = |path: &[u8]| {
            let path = String::from_utf8(path.to_vec()).unwrap();
            path.strip_prefix(dir.to_str().unwrap()).unwrap().trim_start_matches('/').to_owned()
        };
        let files = headers.files.iter().map(|(path, _)| name(path)).collect();
        (files, headers.passed.iter().map(|path| name(path)).collect())
    }

    #[test]
    fn options_are_split_as_a_shell_would() {
        let split = split(br#"-I a  -D X="b c" -I"d e" f\ g"#);
        assert_eq!(split, words(&["-I", "a", "-D", "X=b c", "-Id e", "f g"]));
        let parsed = Options::parse(br#"-Ia -I b -w -include c -isystem d -DX=\"e.h\" -D Y='<f.h>'"#);
        let dirs = ["a", "b", "d"].map(PathBuf::from).into();
        let defined = words(&["e.h", "f.h"]).into_iter().collect();
        assert_eq!(parsed, Options { dirs, forced: words(&["c"]), defined });
    }

    #[test]
    fn paths_lose_their_dots() {
        assert_eq!(normal(Path::new("/a/./b/../../c")), Path::new("/c"));
        assert_eq!(normal(Path::new("/../..")), Path::new("/"));
    }

    #[test]
    fn inclusion_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        for name in ["sub", "empty", "elsewhere/deep"] {
            std::fs::create_dir_all(dir.join(name)).unwrap();
        }
        let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
        write("a.h", "  #  include <sub/b.h>\n");
        write("sub/b.h", "#include \"c.h\"\n#include \"missing.h\"\n");
        write("sub/c.h", "int c;\n");
        write("sub/d.h", "#include NAME\n");
        write("elsewhere/e.h", "");
        std::os::unix::fs::symlink(dir.join("elsewhere/deep"), dir.join("link")).unwrap();
        let at = |name: &str| format!("-I {}", dir.join(name).display());
        assert_eq!(found(dir, "#include \"a.h\"\nkernel", &at("")).0, ["a.h", "sub/b.h", "sub/c.h"]);
        assert_eq!(found(dir, "#include \"../sub/c.h\"", &at("empty")), (vec!["sub/c.h".into()], vec!["empty".into()]));
        assert_eq!(found(dir, "#include \"empty/../sub/c.h\"", &at("")).1, ["empty"]);
        assert!(found(dir, "#include \"missing/../sub/c.h\"", &at("")).0.is_empty());
        // A link's parent is that of what it leads to.
        assert_eq!(found(dir, "#include \"link/../e.h\"", &at("")), (vec!["e.h".into()], vec!["link".into()]));
        assert_eq!(found(dir, "#define S(x) #x\n#include S(sub/c.h)", &at("sub")).0, ["sub/b.h", "sub/c.h", "sub/d.h"]);
        let named = format!("{} -DNAME='\"c.h\"'", at(""));
        assert!(found(dir, "#include \"sub/d.h\"", &named).0.contains(&"sub/c.h".into()));
        assert_eq!(collect(&words(&["kernel void k() {}"]), b"-DX"), Files::default());
    }
}
