//! The mounted hierarchies of control groups, and this process's groups in them.

use std::path::{Path, PathBuf};

/// The kind of a hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Version 2 with its controllers.
    Unified,
    /// Version 2 without them, beside version 1.
    Bare,
    /// A controller of version 1.
    Memory,
    Pids,
}

/// The folders of the groups that limit this process's memory: its own and its ancestors.
pub fn memory_folders(own: &str, mounts: &str) -> Vec<PathBuf> {
    let found = hierarchies(own, mounts).into_iter().find(|(_, kind)| matches!(kind, Kind::Unified | Kind::Memory));
    found.map(|(folder, _)| folder.ancestors().map(Path::to_owned).collect()).unwrap_or_default()
}

/// The folders of this process's own groups, in each hierarchy that the broker uses.
pub fn hierarchies(own: &str, mounts: &str) -> Vec<(PathBuf, Kind)> {
    let mut found = Vec::new();
    let version_1 =
        own.lines().any(|line| controllers(line).is_some_and(|(list, _)| list.split(',').any(|one| one == "memory")));
    for line in own.lines() {
        let Some((list, path)) = controllers(line) else { continue };
        let kinds: Vec<(&str, Kind)> = if list.is_empty() {
            vec![("", if version_1 { Kind::Bare } else { Kind::Unified })]
        } else {
            let known = [("memory", Kind::Memory), ("pids", Kind::Pids)];
            known.into_iter().filter(|(name, _)| list.split(',').any(|one| one == *name)).collect()
        };
        for (controller, kind) in kinds {
            found.extend(mounted(mounts, controller, path).map(|folder| (folder, kind)));
        }
    }
    found
}

/// `4:memory:/some/path`
fn controllers(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once(':')?;
    rest.split_once(':')
}

/// A group's folder: below the mount of its hierarchy.
fn mounted(mounts: &str, controller: &str, path: &str) -> Option<PathBuf> {
    all(mounts, controller).find_map(|mount| mount.folder(Path::new(path)))
}

/// A mounted hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// The group that is mounted: not the root where a container sees its own part only.
    pub root: PathBuf,
    /// Where.
    pub at: PathBuf,
}

impl Mount {
    /// Where the unified hierarchy is mounted, with most of it if there are several places.
    pub fn unified(mounts: &str) -> Option<Self> {
        all(mounts, "").min_by_key(|mount| mount.root.components().count())
    }

    /// A group's folder, if the group is in what is mounted.
    pub fn folder(&self, group: &Path) -> Option<PathBuf> {
        group.strip_prefix(&self.root).ok().map(|below| self.at.join(below))
    }
}

/// The mounts of the hierarchy of a controller, or of version 2.
fn all<'a>(mounts: &'a str, controller: &'a str) -> impl Iterator<Item = Mount> + 'a {
    mounts.lines().filter_map(move |line| {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let (root, at) = (before.next()?.into(), before.next()?.into());
        let mut after = after.split(' ');
        let (kind, options) = (after.next()?, after.nth(1)?);
        let fits = match controller {
            "" => kind == "cgroup2",
            _ => kind == "cgroup" && options.split(',').any(|option| option == controller),
        };
        fits.then_some(Mount { root, at })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_found_in_either_version() {
        let own = "0::/system.slice/ava.service\n";
        let mounts = "25 1 0:22 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
        let folder = PathBuf::from("/sys/fs/cgroup/system.slice/ava.service");
        assert_eq!(hierarchies(own, mounts), [(folder, Kind::Unified)]);

        let own = "5:cpu,cpuacct:/\n4:memory:/a/b\n2:pids:/\n1:name=systemd:/\n0::/x\n";
        let mounts = "1 0 0:1 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                      2 0 0:2 /a /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                      3 0 0:3 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let found = hierarchies(own, mounts);
        let expected = [
            (PathBuf::from("/sys/fs/cgroup/memory/b"), Kind::Memory),
            (PathBuf::from("/sys/fs/cgroup/unified/x"), Kind::Bare),
        ];
        let tidy = |all: &[(PathBuf, Kind)]| {
            all.iter().map(|(path, kind)| (path.components().collect::<PathBuf>(), *kind)).collect::<Vec<_>>()
        };
        assert_eq!(tidy(&found), expected);
        assert!(hierarchies("", "").is_empty());
    }

    #[test]
    fn the_mount_with_most_of_the_unified_hierarchy_is_taken() {
        let mounts = "1 0 0:1 /a/b /part rw - cgroup2 cgroup2 rw\n\
                      2 0 0:1 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n\
                      3 0 0:3 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        let mount = Mount::unified(mounts).unwrap();
        assert_eq!(mount, Mount { root: "/".into(), at: "/sys/fs/cgroup".into() });
        let part = Mount::unified(mounts.lines().next().unwrap()).unwrap();
        assert_eq!(part.folder(Path::new("/a/b/c")), Some("/part/c".into()));
        assert_eq!(part.folder(Path::new("/a")), None);
        assert!(Mount::unified("1 0 0:1 / /mnt rw - fuse.cgroup2 cgroup2 rw\n").is_none());
    }
}
