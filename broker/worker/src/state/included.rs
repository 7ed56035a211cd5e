//! Files of the program that sources include, laid out for the compiler of a vendor; and what the vendor says of them, told
//! without the directory that they lie in.

use std::ffi::OsStr;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use ava_protocol::engine::files::Files;

/// Where the session's headers lie: in a directory for each set of them, named by their contents, beside the vendor's cache
/// of compiled programs. That cache goes by names of files, too: a program that is run again, wherever it is started, must
/// find its headers under the same name.
pub struct Included {
    /// The directory of these directories, which the tenant's workers share.
    place: PathBuf,
    /// The directories in use.
    roots: Mutex<Vec<PathBuf>>,
    /// Bytes that were written.
    written: AtomicUsize,
}

/// Most bytes of headers in a session.
const MOST: usize = 1 << 30;
/// What a file takes beside its bytes.
const FILE: usize = 4096;
/// What the directories' names begin with.
const PREFIX: &str = "ava-include-";
/// Files that nobody has built with for so long are removed.
const KEPT: Duration = Duration::from_hours(7 * 24);

impl Default for Included {
    fn default() -> Self {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|cache| cache.is_absolute());
        Self::within(cache.unwrap_or_else(std::env::temp_dir))
    }
}

impl Included {
    fn within(place: PathBuf) -> Self {
        Self { place, roots: Mutex::default(), written: AtomicUsize::new(0) }
    }

    /// Lays the files out and goes to where the program's working directory lies among them. The root is returned.
    pub fn lay_out(&self, files: &Files) -> std::io::Result<PathBuf> {
        let mut roots = self.roots.lock().map_err(|_| std::io::ErrorKind::Other)?;
        let root = self.place.join(format!("{PREFIX}{}", name(files)));
        if !roots.contains(&root) {
            if root.is_dir() {
                // Somebody builds with them still.
                let _ = std::fs::File::open(&root).and_then(|dir| dir.set_modified(SystemTime::now()));
            } else {
                remove_old(&self.place);
                self.write(files, &root)?;
            }
            roots.push(root.clone());
        }
        // The worker names nothing by relative paths itself, and the compiler may run on after the call.
        let cwd = within(&root, &files.cwd)?;
        std::fs::create_dir_all(&cwd)?;
        std::env::set_current_dir(cwd)?;
        Ok(root)
    }

    /// Writes the files under a name of their own first: whoever finds them in their place finds all of them.
    fn write(&self, files: &Files, root: &Path) -> std::io::Result<()> {
        let sizes = files.files.iter().map(|(path, text)| path.len() + text.len() + FILE);
        let size = sizes.chain(files.passed.iter().map(|path| path.len() + FILE)).sum();
        if self.written.fetch_add(size, Ordering::Relaxed).saturating_add(size) > MOST {
            return Err(std::io::Error::new(std::io::ErrorKind::StorageFull, format!("more than {MOST} bytes")));
        }
        let fresh = root.with_extension(format!("{}-{:016x}", std::process::id(), RandomState::new().hash_one(0)));
        std::fs::DirBuilder::new().mode(0o700).create(&fresh)?;
        let written = files.files.iter().try_for_each(|(path, text)| {
            let path = within(&fresh, path)?;
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(path, text)
        });
        let placed = written
            .and_then(|()| files.passed.iter().try_for_each(|path| std::fs::create_dir_all(within(&fresh, path)?)))
            .and_then(|()| std::fs::rename(&fresh, root));
        if placed.is_err() {
            let _ = std::fs::remove_dir_all(&fresh);
        }
        // Another session may have been quicker.
        if root.is_dir() { Ok(()) } else { placed }
    }

    /// `text` without the directories.
    pub fn strip(&self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        if let Ok(roots) = self.roots.lock() {
            for root in roots.iter().map(|root| root.as_os_str().as_bytes()) {
                let added = [&from_root(root)[..], b"\0"].concat();
                // Where it is all, a vendor may have taken the blank away.
                if let Some(given) = text.strip_suffix(&added[..]).or_else(|| text.strip_suffix(&added[1..])) {
                    text = [given, b"\0"].concat();
                }
                text = without(&text, root);
            }
        }
        text
    }

    pub fn is_empty(&self) -> bool {
        self.roots.lock().is_ok_and(|roots| roots.is_empty())
    }
}

/// The option by which what is named from the root is found.
pub fn from_root(root: &[u8]) -> Vec<u8> {
    [b" -I ", root].concat()
}

/// `text` without any of `part`.
fn without(text: &[u8], part: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(part.len()).position(|window| window == part) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// A name for all that the compiler can find of these files, from whatever working directory.
fn name(files: &Files) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, &files.files, &files.passed).hash(&mut hasher);
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(1), half(2))
}

fn remove_old(place: &Path) {
    let old = |entry: &std::fs::DirEntry| {
        let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
        entry.file_name().to_string_lossy().starts_with(PREFIX) && age.is_some_and(|age| age > KEPT)
    };
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten().filter(old) {
        let _ = std::fs::remove_dir_all(entry.path());
    }
}

/// A path of the program, under `root`. Nothing leads out of it.
fn within(root: &Path, path: &[u8]) -> std::io::Result<PathBuf> {
    let mut inside = root.to_path_buf();
    let path = Path::new(OsStr::from_bytes(path));
    for part in path.components() {
        match part {
            Component::RootDir => (),
            Component::Normal(name) => inside.push(name),
            _ => {
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, path.display().to_string()));
            }
        }
    }
    Ok(inside)
}

/// Puts `root` before every absolute path that the options name as a directory to search or a file to include.
pub fn redirect(options: &[u8], root: &[u8]) -> Vec<u8> {
    const FLAGS: [&[u8]; 6] = [b"-isystem", b"-iquote", b"-idirafter", b"-include", b"-imacros", b"-I"];
    let mut out = Vec::with_capacity(options.len() + root.len());
    let mut rest = options;
    let mut at_word = true;
    while let Some(byte) = rest.first() {
        let flag = FLAGS.into_iter().find(|flag| at_word && rest.starts_with(flag));
        let Some(flag) = flag else {
            // A word may begin with a quote.
            at_word = byte.is_ascii_whitespace() || (at_word && b"\"'".contains(byte));
            out.push(*byte);
            rest = &rest[1..];
            continue;
        };
        let gap = rest[flag.len()..].iter().take_while(|b| b" \t\"'".contains(b)).count();
        let (head, tail) = rest.split_at(flag.len() + gap);
        out.extend_from_slice(head);
        if tail.starts_with(b"/") {
            out.extend_from_slice(root);
        }
        rest = tail;
        at_word = false;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_directories_are_redirected_and_nothing_else() {
        let redirected = |text: &str| String::from_utf8(redirect(text.as_bytes(), b"/r")).unwrap();
        assert_eq!(redirected("-I/a -I b -I \"/c d\" -DX=-I/e"), "-I/r/a -I b -I \"/r/c d\" -DX=-I/e");
        assert_eq!(redirected("-include /a/b.h -cl-mad-enable"), "-include /r/a/b.h -cl-mad-enable");
        assert_eq!(redirected("\"-I/a b\" -isystem /c"), "\"-I/r/a b\" -isystem /r/c");
        assert_eq!(redirected(""), "");
    }

    #[test]
    fn directories_that_are_passed_through_are_there() {
        let root = tempfile::tempdir().unwrap();
        let (cwd, passed) = (Vec::new(), vec![b"/a/b".to_vec()]);
        let files = vec![(b"/a/c.h".to_vec(), b"c".to_vec()), (b"/\xff.h".to_vec(), b"d".to_vec())];
        let headers = Files { cwd, files, passed, from_root: false };
        let place = root.path().join("headers");
        Included::default().write(&headers, &place).unwrap();
        assert_eq!(std::fs::read(place.join("a/b/../c.h")).unwrap(), b"c");
        assert!(place.join(OsStr::from_bytes(b"\xff.h")).is_file());
        let outside = Files { passed: vec![b"/a/../../b".to_vec()], ..Files::default() };
        assert!(Included::default().write(&outside, &root.path().join("outside")).is_err());
    }

    #[test]
    fn the_root_is_not_told_of() {
        let headers = Included::default();
        headers.roots.lock().unwrap().push("/r/x".into());
        assert_eq!(headers.strip(b"-DA -I /r/x\0"), b"-DA\0");
        assert_eq!(headers.strip(b" -I /r/x\0"), b"\0");
        assert_eq!(headers.strip(b"-I /r/x\0"), b"\0");
        assert_eq!(headers.strip(b"-I /r/x/a -DB\0"), b"-I /a -DB\0");
        assert_eq!(headers.strip(b"/r/x/a/b.h:1: \xff in /r/x/c.h"), b"/a/b.h:1: \xff in /c.h");
    }

    #[test]
    fn names_are_for_paths_and_contents() {
        let named = |cwd: &[u8], path: &[u8], text: &[u8]| {
            let files = vec![(path.to_vec(), text.to_vec())];
            name(&Files { cwd: cwd.to_vec(), files, ..Files::default() })
        };
        assert_eq!(named(b"/w", b"/a", b"b"), named(b"/elsewhere", b"/a", b"b"));
        assert_eq!(named(b"", b"", b"").len(), 32);
        let all = [(b"/a", b"b"), (b"/a", b"c"), (b"/b", b"b")].map(|(path, text)| named(b"/w", path, text));
        assert!(all[0] != all[1] && all[0] != all[2]);
    }

    #[test]
    fn nothing_leads_out_of_the_root() {
        assert_eq!(within(Path::new("/r"), b"/a/b").unwrap(), Path::new("/r/a/b"));
        assert!(within(Path::new("/r"), b"/a/../../b").is_err());
    }
}
