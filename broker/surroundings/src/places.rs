//! Resolves the places of a table to the files and folders of this machine.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ava_protocol::sandbox::Place;

/// The longest file that is searched for paths, in bytes.
const LONGEST: u64 = 64 << 10;

/// Resolves a place with this process's variables and working directory; the paths need not exist.
#[must_use]
pub fn find(place: &Place) -> Vec<PathBuf> {
    let found = find_by(place, &|name| std::env::var_os(name));
    found.into_iter().filter_map(|path| std::path::absolute(path).ok()).collect()
}

/// The same with other variables. A path stays relative if a variable or a file gives it so.
#[must_use]
pub fn find_by(place: &Place, variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let lines = |place: &Place| {
        let texts = texts(&find_by(place, variable));
        texts.iter().flat_map(|text| text.lines()).map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    match place {
        Place::Path(pattern) => matching(pattern),
        Place::Variable(name) => variable(name).map(|value| listed(&value)).unwrap_or_default(),
        Place::Lines(place) => {
            lines(place).iter().filter_map(|line| named(line)).filter(|path| path.is_absolute()).collect()
        }
        Place::Setting(place, key) => lines(place).iter().filter_map(|line| named(setting(line, key)?)).collect(),
    }
}

/// The paths in a variable: a list, unless the whole value is an existing path. A name without a folder that does not exist
/// is no path: loaders search libraries by name.
fn listed(value: &OsStr) -> Vec<PathBuf> {
    let has_colons = value.as_bytes().contains(&b':');
    let all = match has_colons && Path::new(value).exists() {
        true => vec![PathBuf::from(value)],
        false => std::env::split_paths(value).collect(),
    };
    let is_path = |path: &PathBuf| path.as_os_str().as_bytes().contains(&b'/') || path.exists();
    all.into_iter().filter(|path| !path.as_os_str().is_empty() && is_path(path)).collect()
}

fn named(text: &str) -> Option<PathBuf> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(PathBuf::from)
}

/// The files and folders that match any of the patterns; they need not exist.
#[must_use]
pub fn matching_any(patterns: &[&str]) -> Vec<PathBuf> {
    patterns.iter().flat_map(|pattern| matching(pattern)).collect()
}

/// Adds the targets of links directly in a folder: a folder of links is a usual way to select libraries.
#[must_use]
pub fn with_links(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![folder.to_owned()];
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let links = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()));
    all.extend(links.filter_map(|link| std::fs::canonicalize(link.path()).ok()));
    all
}

/// The control files of this process's cgroups that limit its processors. Libraries create as many threads as these allow.
#[must_use]
pub fn own_processors() -> Vec<PathBuf> {
    const FILES: &[&str] = &[
        "cpu.max",
        "cpuset.cpus.effective",
        "cpuset.mems.effective",
        "cpu.cfs_quota_us",
        "cpu.cfs_period_us",
        "cpuset.cpus",
        "cpuset.mems",
    ];
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut found = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        // Version 2 of control groups, alone or beside version 1, and version 1, at their conventional mount points.
        let has = |wanted: &str| controllers.split(',').any(|one| one == wanted);
        let (mount, files) = match controllers {
            "" => ("", &FILES[..3]),
            _ if has("cpu") => (controllers, &FILES[3..5]),
            _ if has("cpuset") => (controllers, &FILES[5..]),
            _ => continue,
        };
        let root = Path::new("/sys/fs/cgroup").join(mount);
        for around in Path::new(group.trim_start_matches('/')).ancestors() {
            found.extend(files.iter().map(|file| root.join(around).join(file)));
        }
    }
    found
}

/// The folder of a library given by its path: a driver has its data and its other libraries beside it. Not if the folder is
/// a home directory, or holds many.
#[must_use]
pub fn around_library(file: &Path) -> Option<PathBuf> {
    const DEPTH_OF_HOMES: usize = 3;
    let name = file.file_name()?.to_str()?;
    if !(name.ends_with(".so") || name.contains(".so.")) {
        return None;
    }
    let folder = std::fs::canonicalize(file).ok()?.parent()?.to_owned();
    (folder.components().count() > DEPTH_OF_HOMES).then_some(folder)
}

fn matching(pattern: &str) -> Vec<PathBuf> {
    if !pattern.contains('*') {
        return vec![pattern.into()];
    }
    // Written by hand for a worker's start-up time: crates for this ask the kernel about every entry of a folder.
    let parts = Path::new(pattern).components();
    parts.fold(vec![PathBuf::new()], |found, part| match part.as_os_str().to_str() {
        Some(part) if part.contains('*') => found.iter().flat_map(|folder| fitting(folder, part)).collect(),
        _ => found.into_iter().map(|folder| folder.join(part)).collect(),
    })
}

/// The entries of a folder whose names match.
fn fitting(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| fits(name, pattern)))
        .map(|entry| entry.path())
        .collect()
}

/// Whether a name matches a pattern, in which each `*` matches any part of it.
fn fits(name: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return name == pattern };
    let Some(name) = name.strip_prefix(start) else { return false };
    name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| fits(&name[at..], rest))
}

/// The contents of files, and of the files directly in folders.
#[must_use]
pub fn texts(paths: &[PathBuf]) -> Vec<String> {
    let files = paths.iter().flat_map(|path| match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![path.clone()],
    });
    let short = files.filter(|file| file.metadata().is_ok_and(|found| found.is_file() && found.len() <= LONGEST));
    short.filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}

fn setting<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let (name, value) = line.split_once('=')?;
    (name.trim() == key).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_where_tables_say() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let one = file("one.icd", "/opt/x/libx.so\nlibrelative.so\n");
        let conf =
            file("conf", "# directories.tokendir = /no\ndirectories.tokendir = /var/tokens \nlog.level = INFO\n");
        let variables = |name: &str| match name {
            "ICD" => Some(OsString::from(&one)),
            "BOTH" => Some(OsString::from(format!("{}:name:./relative:{}", one.display(), conf.display()))),
            "FOLDER" => Some(folder.path().into()),
            "CONF" => Some(OsString::from(&conf)),
            _ => None,
        };
        let find = |place| find_by(&place, &variables);
        assert_eq!(find(Place::Variable("BOTH")), [one.clone(), "./relative".into(), conf.clone()]);
        assert_eq!(find(Place::Variable("MISSING")), Vec::<PathBuf>::new());
        assert_eq!(find(Place::Lines(&Place::Variable("ICD"))), [PathBuf::from("/opt/x/libx.so")]);
        assert_eq!(find(Place::Lines(&Place::Variable("FOLDER"))), [PathBuf::from("/opt/x/libx.so")]);
        let token = find(Place::Setting(&Place::Variable("CONF"), "directories.tokendir"));
        assert_eq!(token, [PathBuf::from("/var/tokens")]);
        assert!(find(Place::Path("/proc/self/sta*")).len() >= 2);
        assert!(find(Place::Path("/nowhere/*")).is_empty());
        assert_eq!(find(Place::Path("/pr*c/self/statu*")), [PathBuf::from("/proc/self/status")]);
    }

    #[test]
    fn stars_stand_for_any_part_of_a_name() {
        for (name, pattern) in
            [("ld", "ld"), ("ld.lld-14", "ld.lld*"), ("x-ld", "*-ld"), ("a.b.c", "a*c"), ("ä", "*ä*")]
        {
            assert!(fits(name, pattern), "{name} {pattern}");
        }
        for (name, pattern) in [("ld", "l"), ("lld", "ld*"), ("x-ld.bfd", "*-ld"), ("abc", "a*b"), ("", "a*")] {
            assert!(!fits(name, pattern), "{name} {pattern}");
        }
    }

    #[test]
    fn a_driver_sees_what_is_beside_it_unless_that_is_somebodys_home() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().canonicalize().unwrap().join("venv/lib");
        std::fs::create_dir_all(&deep).unwrap();
        for name in ["libx.so.1", "x.icd"] {
            std::fs::write(deep.join(name), "").unwrap();
        }
        assert_eq!(around_library(&deep.join("libx.so.1")), Some(deep.clone()));
        assert_eq!(around_library(&deep.join("x.icd")), None);
        assert_eq!(around_library(&deep.join("missing.so")), None);
        let shallow = Path::new("/tmp").canonicalize().unwrap().join(format!("ava-{}.so", std::process::id()));
        std::fs::write(&shallow, "").unwrap();
        assert_eq!(around_library(&shallow), None);
        std::fs::remove_file(shallow).unwrap();
    }

    #[test]
    fn a_folder_of_links_leads_to_their_targets() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().canonicalize().unwrap().join("target");
        std::fs::write(&target, "").unwrap();
        let links = folder.path().join("links");
        std::fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink("../target", links.join("a")).unwrap();
        std::os::unix::fs::symlink("nowhere", links.join("b")).unwrap();
        assert_eq!(with_links(&links), [links, target]);
    }
}
