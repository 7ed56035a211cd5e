//! Which files a source includes: `#include` is followed as a C preprocessor would follow it, without evaluating
//! conditions, so that what is found is never too little; what is not there is left for the compiler to miss.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Component, Path, PathBuf};

use ava_protocol::opencl::custom::build::Headers;

/// Most files, and most bytes in all, that one build ships.
const MOST_FILES: usize = 4096;
const MOST_BYTES: usize = 64 << 20;

/// The files that `source` includes, directly or not, when built with `options` in the program's working directory.
pub fn collect(source: &str, options: &str) -> Headers {
    let options = Options::parse(options);
    if !source.contains("include") && options.forced.is_empty() {
        return Headers::default();
    }
    let Ok(cwd) = std::env::current_dir() else {
        return Headers::default();
    };
    let mut search = Search { dirs: options.dirs.iter().map(|dir| cwd.join(dir)).collect(), cwd, ..Search::default() };
    for file in &options.forced {
        search.include(file, None);
    }
    search.scan(source, None);
    while let Some((path, text)) = search.queue.pop_front() {
        search.scan(&text, path.parent());
    }
    if search.computed {
        search.take_everything();
    }
    Headers {
        cwd: normal(&search.cwd).to_string_lossy().into_owned(),
        files: search.found.into_iter().map(|(path, text)| (path.to_string_lossy().into_owned(), text)).collect(),
    }
}

/// What build options say about inclusion.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    dirs: Vec<String>,
    /// `-include FILE`
    forced: Vec<String>,
}

impl Options {
    fn parse(options: &str) -> Self {
        let mut parsed = Self::default();
        let mut words = split(options).into_iter();
        while let Some(word) = words.next() {
            if word == "-I" {
                parsed.dirs.extend(words.next());
            } else if let Some(dir) = word.strip_prefix("-I") {
                parsed.dirs.push(dir.to_owned());
            } else if word == "-include" {
                parsed.forced.extend(words.next());
            }
        }
        parsed
    }
}

/// Words of build options; quotes hold words together, a backslash takes the next character as it is.
fn split(options: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = None;
    let mut chars = options.chars();
    while let Some(c) = chars.next() {
        match (c, quoted) {
            ('\\', _) => word.get_or_insert_default().extend(chars.next()),
            (q, Some(open)) if q == open => quoted = None,
            ('"' | '\'', None) => {
                quoted = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
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
    bytes: usize,
    queue: VecDeque<(PathBuf, String)>,
    /// Something was included by a macro's name.
    computed: bool,
}

impl Search {
    fn scan(&mut self, text: &str, beside: Option<&Path>) {
        for line in text.lines() {
            let Some(rest) = line.trim_start().strip_prefix('#') else {
                continue;
            };
            let Some(rest) = rest.trim_start().strip_prefix("include") else {
                continue;
            };
            let rest = rest.trim_start();
            let end = match rest.chars().next() {
                Some('"') => '"',
                Some('<') => '>',
                Some(_) => {
                    self.computed = true;
                    continue;
                }
                None => continue,
            };
            if let Some((name, _)) = rest[1..].split_once(end) {
                self.include(name, beside);
            }
        }
    }

    /// Takes every file that the name may stand for: which one counts, the compiler decides.
    fn include(&mut self, name: &str, beside: Option<&Path>) {
        let places: Vec<_> =
            beside.into_iter().chain([self.cwd.as_path()]).chain(self.dirs.iter().map(PathBuf::as_path)).collect();
        let paths: Vec<_> = places.iter().map(|dir| normal(&dir.join(name))).collect();
        for path in paths {
            self.take(path);
        }
    }

    fn take(&mut self, path: PathBuf) {
        if self.found.contains_key(&path) || self.found.len() >= MOST_FILES {
            return;
        }
        let regular = std::fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() as usize <= MOST_BYTES);
        let Some(text) = regular.then(|| std::fs::read(&path).ok()).flatten() else {
            return;
        };
        self.bytes += text.len();
        if self.bytes > MOST_BYTES {
            return;
        }
        self.queue.push_back((path.clone(), String::from_utf8_lossy(&text).into_owned()));
        self.found.insert(path, text);
    }

    /// For `#include MACRO`: every file in the directories that are searched.
    fn take_everything(&mut self) {
        for dir in self.dirs.clone() {
            let Ok(entries) = std::fs::read_dir(&dir) else {
                continue;
            };
            for entry in entries.flatten() {
                self.take(normal(&entry.path()));
            }
        }
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

    #[test]
    fn options_are_split_as_a_shell_would() {
        assert_eq!(split(r#"-I a  -D X="b c" -I"d e" f\ g"#), ["-I", "a", "-D", "X=b c", "-Id e", "f g"]);
        let parsed = Options::parse("-Ia -I b -w -include c");
        assert_eq!(parsed, Options { dirs: vec!["a".into(), "b".into()], forced: vec!["c".into()] });
    }

    #[test]
    fn paths_lose_their_dots() {
        assert_eq!(normal(Path::new("/a/./b/../../c")), Path::new("/c"));
        assert_eq!(normal(Path::new("/../..")), Path::new("/"));
    }

    #[test]
    fn inclusion_is_followed() {
        let dir = std::env::temp_dir().join(format!("ava-include-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("sub")).unwrap();
        std::fs::write(dir.join("a.h"), "  #  include <sub/b.h>\n").unwrap();
        std::fs::write(dir.join("sub/b.h"), "#include \"c.h\"\n#include \"missing.h\"\n").unwrap();
        std::fs::write(dir.join("sub/c.h"), "int c;\n").unwrap();
        let headers = collect("#include \"a.h\"\nkernel", &format!("-I {}", dir.display()));
        let names: Vec<_> = headers.files.iter().map(|(path, _)| path.rsplit('/').next().unwrap()).collect();
        assert_eq!(names, ["a.h", "b.h", "c.h"]);
        assert_eq!(collect("kernel void k() {}", "-DX"), Headers::default());
        std::fs::remove_dir_all(dir).unwrap();
    }
}
