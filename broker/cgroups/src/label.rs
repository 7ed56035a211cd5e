//! A label of a control group: the extended attribute `security.ava.label` of its folder.
//!
//! The kernel has everybody read attributes of this kind, and only those write them who have CAP_SYS_ADMIN outside of all user
//! namespaces, whoever owns the folder. A group without a label has that of the nearest group around it, so that nobody
//! loses one by making a group of their own.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use ava_policy::{LONGEST_LABEL, is_label};
use rustix::fs::{XattrFlags, lgetxattr, lremovexattr, lsetxattr};
use rustix::io::Errno;

use crate::hierarchy::Mount;

/// The attribute.
const ATTRIBUTE: &str = "security.ava.label";
/// How far below the mount a group may have a label of its own. Users make groups as deep as they like, and each start of a
/// program looks at all that are around it.
const DEEPEST: usize = 64;

/// Why a label cannot be read, given or taken away.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There are no labels on this machine.
    #[error("no hierarchy of control groups of version 2 is mounted here")]
    NotMounted,
    /// It is not a path that the kernel would write.
    #[error(
        "{0:?} is no control group: it is a path that begins with `/`, as in /proc/PID/cgroup, without `.` and `..`"
    )]
    NoPath(String),
    /// A container sees a part of the hierarchy.
    #[error("control group {0} is not in the part of the hierarchy that is mounted here")]
    Outside(String),
    /// Nobody would look for its label.
    #[error("control group {0} is more than {DEEPEST} levels deep, where none has a label of its own")]
    TooDeep(String),
    /// It does not exist.
    #[error("there is no control group {0}")]
    NoGroup(String),
    /// There is nothing to remove.
    #[error("control group {0} has no label of its own")]
    NoLabel(String),
    /// Not root, or root of a container.
    #[error("only who administers the machine (CAP_SYS_ADMIN) can change labels of control groups")]
    NotAllowed,
    /// The kernel is older than 5.7, or was built without.
    #[error("the kernel keeps no extended attributes of control groups")]
    NotSupported,
    /// The text is no label.
    #[error(
        "{0:?} is no label: at most {LONGEST_LABEL} bytes of letters, digits, `-`, `.`, `_`, `@` and `:`, none of the first two in front"
    )]
    BadLabel(String),
    /// Something else.
    #[error("the label of control group {0}: {1}")]
    System(String, io::Error),
}

/// The labels of the groups on this machine.
#[derive(Debug, Clone)]
pub struct Labels {
    mount: Mount,
}

/// The nearest group around a process, its own included, that has the attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// The group.
    pub group: PathBuf,
    /// Its label; `None` if what stands there is none.
    pub label: Option<String>,
}

impl Labels {
    /// Those of the unified hierarchy, as it is mounted now.
    ///
    /// # Errors
    /// It is not mounted.
    pub fn here() -> Result<Self, Error> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        Mount::unified(&mounts).map(|mount| Self { mount }).ok_or(Error::NotMounted)
    }

    /// Which label counts for a process in this group. A group that is gone, or that somebody hides, has none of its own.
    #[must_use]
    pub fn nearest(&self, group: &Path) -> Option<Nearest> {
        let (mut folder, mut name) = (self.mount.at.clone(), self.mount.root.clone());
        let mut nearest = None;
        // From the top, so that a deep group costs no more than another.
        for (depth, part) in std::iter::once(None).chain(self.below(group)?.into_iter().map(Some)).enumerate() {
            if depth > DEEPEST {
                break;
            }
            folder.extend(part);
            name.extend(part);
            if let Some(label) = own(&folder) {
                nearest = Some(Nearest { group: name.clone(), label });
            }
        }
        nearest
    }

    /// The group that somebody means by its path, or by that of its folder.
    #[must_use]
    pub fn meant(&self, path: &Path) -> PathBuf {
        let whole =
            path.strip_prefix(&self.mount.at).map_or_else(|_| path.to_owned(), |below| self.mount.root.join(below));
        // Without a slash at its end.
        whole.components().collect()
    }

    /// Whether there is such a group.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, group: &Path) -> Result<(), Error> {
        self.folder(group).map(|_| ())
    }

    /// Gives a group a label, in place of the one that it has.
    ///
    /// # Errors
    /// Why it has none.
    pub fn set(&self, group: &Path, label: &str) -> Result<(), Error> {
        if !is_label(label) {
            return Err(Error::BadLabel(label.to_owned()));
        }
        let done = lsetxattr(self.folder(group)?, ATTRIBUTE, label.as_bytes(), XattrFlags::empty());
        done.map_err(|error| failed(group, error))
    }

    /// Takes a group's own label away.
    ///
    /// # Errors
    /// Why it still has it, or that it has none.
    pub fn remove(&self, group: &Path) -> Result<(), Error> {
        lremovexattr(self.folder(group)?, ATTRIBUTE).map_err(|error| failed(group, error))
    }

    /// Who owns the group around this one, and so may move processes out of it, if that is not root.
    #[must_use]
    pub fn owner_around(&self, group: &Path) -> Option<u32> {
        use std::os::unix::fs::MetadataExt;
        let folder = self.folder(group).ok().filter(|folder| *folder != self.mount.at)?;
        fs::metadata(folder.parent()?).ok().map(|around| around.uid()).filter(|uid| *uid != 0)
    }

    /// The folder of an existing group that may have a label.
    fn folder(&self, group: &Path) -> Result<PathBuf, Error> {
        let name = group.display().to_string();
        let is_path = group.is_absolute() && !has_dots(group);
        if !is_path {
            return Err(Error::NoPath(name));
        }
        let below = self.below(group).ok_or_else(|| Error::Outside(name.clone()))?;
        if below.len() > DEEPEST {
            return Err(Error::TooDeep(name));
        }
        let folder = self.mount.at.join(below.into_iter().collect::<PathBuf>());
        if fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir()) {
            Ok(folder)
        } else {
            Err(Error::NoGroup(name))
        }
    }

    /// The names that lead from the mount to a group; `None` if it is not in what is mounted.
    fn below<'a>(&self, group: &'a Path) -> Option<Vec<&'a Path>> {
        let below = group.strip_prefix(&self.mount.root).ok()?;
        let name = |part| match part {
            Component::Normal(name) => Some(Path::new(name)),
            _ => None,
        };
        below.components().map(name).collect()
    }
}

/// Whether `.` or `..` is in a path, which [`Path::components`] partly hides.
fn has_dots(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().split(|byte| *byte == b'/').any(|part| part == b"." || part == b"..")
}

/// What stands in a group's own attribute, if it has one: a label, or something else.
fn own(folder: &Path) -> Option<Option<String>> {
    let mut value = [0; LONGEST_LABEL];
    match lgetxattr(folder, ATTRIBUTE, &mut value) {
        Ok(length) => {
            let text = value.get(..length).and_then(|value| std::str::from_utf8(value).ok());
            Some(text.filter(|text| is_label(text)).map(str::to_owned))
        }
        Err(Errno::RANGE) => Some(None),
        Err(_) => None,
    }
}

fn failed(group: &Path, error: Errno) -> Error {
    let name = group.display().to_string();
    match error {
        Errno::PERM | Errno::ACCESS | Errno::ROFS => Error::NotAllowed,
        Errno::NOTSUP => Error::NotSupported,
        Errno::NODATA => Error::NoLabel(name),
        Errno::NOENT => Error::NoGroup(name),
        other => Error::System(name, other.into()),
    }
}

/// The unified hierarchy's line of `/proc/PID/cgroup`.
#[must_use]
pub fn group_of(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ordinary directory in place of the hierarchy: attributes of this kind are root's there too.
    fn labels(at: &Path, root: &str) -> Labels {
        Labels { mount: Mount { root: root.into(), at: at.into() } }
    }

    fn said(result: Result<(), Error>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn the_unified_control_group_is_taken() {
        assert_eq!(group_of("12:cpu:/x\n0::/user.slice/a\n"), "/user.slice/a");
        assert_eq!(group_of(""), "");
    }

    #[test]
    fn what_is_no_group_and_what_is_no_label_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("away")).unwrap();
        let labels = labels(folder.path(), "/x");
        for odd in ["a", "", "/x/../x/a", "/x/./a", "/x/a/.."] {
            assert!(said(labels.set(Path::new(odd), "gold")).contains("is no control group"), "{odd}");
        }
        assert!(said(labels.find(Path::new("/y"))).contains("not in the part"));
        assert_eq!(said(labels.find(Path::new("/x/b"))), "there is no control group /x/b");
        assert!(said(labels.find(Path::new("/x/away"))).contains("there is no control group"), "a link is none");
        let deep = format!("/x/{}", "a/".repeat(DEEPEST + 1));
        assert!(said(labels.find(Path::new(&deep))).contains("more than 64"));
        labels.find(Path::new("/x/a")).unwrap();
        assert_eq!(labels.meant(&folder.path().join("a")), Path::new("/x/a"));
        assert_eq!(labels.meant(Path::new("/x/a")), Path::new("/x/a"));
        for odd in ["", "-x", ".x", "a b", "a/b", "a*", &"x".repeat(LONGEST_LABEL + 1)] {
            assert!(said(labels.set(Path::new("/x/a"), odd)).contains("is no label"), "{odd}");
        }
    }

    #[test]
    fn where_nothing_is_labelled_there_is_no_label() {
        let folder = tempfile::tempdir().unwrap();
        let labels = labels(folder.path(), "/");
        for group in ["/", "/a", "", "a", "/../..", "/a\0b", &"/a".repeat(100_000)] {
            assert_eq!(labels.nearest(Path::new(group)), None);
        }
    }
}
