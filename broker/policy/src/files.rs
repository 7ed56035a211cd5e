//! Finds and reads the files.

use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::people::People;
use crate::problem::Problem;

/// The file of the machine's administrator.
pub const SYSTEM: &str = "/etc/ava/ava.toml";
/// The most bytes of all files together.
const MOST_BYTES: u64 = 1 << 20;
/// The most files.
const MOST_FILES: usize = 256;

/// The file of a user, for brokers that serve this user alone: `$XDG_CONFIG_HOME/ava/ava.toml` or `~/.config/ava/ava.toml`. A
/// directory that belongs to another user, as after `su`, is ignored.
pub fn private(variable: impl Fn(&str) -> Option<OsString>, uid: u32) -> Option<PathBuf> {
    let own = |path: &PathBuf| path.is_absolute() && path.metadata().is_ok_and(|found| found.uid() == uid);
    let directory = |name: &str| variable(name).map(PathBuf::from).filter(own);
    let home = directory("XDG_CONFIG_HOME").or_else(|| Some(directory("HOME")?.join(".config")))?;
    Some(home.join("ava/ava.toml"))
}

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub file: PathBuf,
    pub text: String,
}

/// The texts of `main` and of the files in its directory, which is beside it and has its name with `.d`: `/etc/ava/ava.toml` and
/// `/etc/ava/ava.d/*.toml`, by name. Only the first can be
/// `required` to exist.
///
/// # Errors
/// Those of all files that cannot be used.
pub fn read(main: &Path, required: bool) -> Result<Vec<Source>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut files = vec![main.to_owned()];
    match parts(&main.with_extension("d")) {
        Ok(parts) => files.extend(parts),
        Err(problem) => problems.push(problem),
    }
    let mut sources = Vec::new();
    let mut left = MOST_BYTES;
    for file in files {
        match text(&file, left) {
            Err((kind, _)) if is_absent(kind, &file) && !(required && file == main) => {}
            Err((_, what)) => problems.push(Problem::of_file(&file, what)),
            Ok(text) => {
                left -= text.len() as u64;
                sources.push(Source { file, text });
            }
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

/// This machine's users and groups; none if the files cannot be read.
#[must_use]
pub fn people() -> People {
    let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    People::new(&text("/etc/passwd"), &text("/etc/group"))
}

/// The files in a directory, by name.
fn parts(directory: &Path) -> Result<Vec<PathBuf>, Problem> {
    let failed = |error: std::io::Error| Problem::of_file(directory, error.to_string());
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if is_absent(error.kind(), directory) => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.extension().is_some_and(|extension| extension == "toml") && !is_hidden {
            files.push(path);
        }
        if files.len() > MOST_FILES {
            return Err(Problem::of_file(directory, format!("more than {MOST_FILES} files")));
        }
    }
    files.sort();
    Ok(files)
}

/// Whether an error says that nothing is there. A link that leads nowhere is a mistake of somebody.
fn is_absent(kind: ErrorKind, path: &Path) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory) && path.symlink_metadata().is_err()
}

/// The text of a file of at most so many bytes.
fn text(path: &Path, most: u64) -> Result<String, (ErrorKind, String)> {
    let failed = |error: std::io::Error| (error.kind(), error.to_string());
    let wrong = |what: String| (ErrorKind::InvalidData, what);
    // To open a pipe must not wait for a writer.
    let no_waiting = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(no_waiting).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(wrong("this is no file".to_owned()));
    }
    if metadata.mode() & 0o002 != 0 {
        return Err(wrong("everybody can write it (chmod o-w)".to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(wrong(format!("the files have more than {} KiB", MOST_BYTES >> 10)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        wrong(format!("line {line} is not UTF-8"))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(sources: &[Source]) -> Vec<&str> {
        sources.iter().map(|source| source.file.file_name().unwrap().to_str().unwrap()).collect()
    }

    #[test]
    fn files_are_read_by_name_and_none_has_to_be_there() {
        let directory = tempfile::tempdir().unwrap();
        let main = directory.path().join("ava.toml");
        assert_eq!(read(&main, false), Ok(vec![]));
        assert!(read(&main, true).unwrap_err()[0].message.contains("No such file"));
        let parts = directory.path().join("ava.d");
        std::fs::create_dir(&parts).unwrap();
        for name in ["20-b.toml", "10-a.toml", ".hidden.toml", "10-a.toml~", "README"] {
            std::fs::write(parts.join(name), "# nothing\n").unwrap();
        }
        assert_eq!(names(&read(&main, false).unwrap()), ["10-a.toml", "20-b.toml"]);
        std::fs::write(&main, "").unwrap();
        assert_eq!(names(&read(&main, false).unwrap()), ["ava.toml", "10-a.toml", "20-b.toml"]);
    }

    #[test]
    fn what_cannot_be_read_is_said_all_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let main = directory.path().join("ava.toml");
        symlink("ava.toml", &main).unwrap();
        let parts = directory.path().join("ava.d");
        std::fs::create_dir(&parts).unwrap();
        let part = |name: &str| parts.join(name);
        std::fs::create_dir(part("a.toml")).unwrap();
        symlink("/nowhere", part("b.toml")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, part("c.toml"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        std::fs::write(part("d.toml"), b"x = 1\ny = \xff\n").unwrap();
        std::fs::write(part("e.toml"), "").unwrap();
        std::fs::set_permissions(part("e.toml"), std::fs::Permissions::from_mode(0o666)).unwrap();
        std::fs::write(part("f.toml"), "#".repeat(1 << 20) + "#").unwrap();
        symlink("/dev/zero", part("g.toml")).unwrap();
        let said: Vec<_> = read(&main, false).unwrap_err().iter().map(|problem| problem.message.clone()).collect();
        let expected = [
            "symbolic links",
            "no file",
            "No such file",
            "no file",
            "line 2 is not UTF-8",
            "write it",
            "1024 KiB",
            "no file",
        ];
        assert_eq!(said.len(), expected.len(), "{said:?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.contains(expected), "{said}: {expected}");
        }
    }

    #[test]
    fn a_users_file_is_in_a_directory_of_the_users() {
        let directory = tempfile::tempdir().unwrap();
        let uid = directory.path().metadata().unwrap().uid();
        let home = |asked: &str| (asked == "HOME").then(|| directory.path().into());
        assert!(private(home, uid).unwrap().ends_with(".config/ava/ava.toml"));
        assert_eq!((private(home, uid + 1), private(|_| Some("relative".into()), uid)), (None, None));
    }

    #[test]
    fn too_many_files_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("ava.d")).unwrap();
        for number in 0..=MOST_FILES {
            std::fs::write(directory.path().join(format!("ava.d/{number}.toml")), "").unwrap();
        }
        assert!(
            read(&directory.path().join("ava.toml"), false).unwrap_err()[0].message.contains("more than 256 files")
        );
    }
}
