//! Finds AvA's other files: beside this program, or where a package installs them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::{Failure, Kind};

/// A file of AvA's, and where to search for it.
#[derive(Debug)]
pub struct Part {
    /// Its name in messages.
    pub what: &'static str,
    /// The environment variable that names it.
    pub variable: &'static str,
    /// Paths relative to this program's directory.
    pub places: &'static [&'static str],
}

/// The preloaded library.
pub const SHIM: Part = Part {
    what: "AvA's library",
    variable: "AVA_SHIM",
    places: &["libava.so", "../lib/ava/libava.so", "../lib/libava.so"],
};
/// The broker.
pub const BROKER: Part = Part {
    what: "the broker",
    variable: "AVA_BROKER",
    places: &["ava-broker", "../libexec/ava/ava-broker", "../lib/ava/ava-broker"],
};

impl Part {
    /// The file's path.
    pub fn find(&self) -> Result<PathBuf, Failure> {
        let executable = std::env::current_exe()?;
        let directory = executable.parent().unwrap_or(Path::new("/"));
        self.find_in(directory, std::env::var_os(self.variable), |path| path.is_file())
    }

    fn find_in(
        &self,
        directory: &Path,
        named: Option<OsString>,
        exists: impl Fn(&Path) -> bool,
    ) -> Result<PathBuf, Failure> {
        if let Some(path) = named.filter(|path| !path.is_empty()).map(PathBuf::from) {
            let path = std::path::absolute(path)?;
            let missing =
                format!("{} says that {} is {}, which is not a file", self.variable, self.what, path.display());
            return if exists(&path) { Ok(path) } else { Err(Failure::new(Kind::General, missing)) };
        }
        let places: Vec<PathBuf> = self.places.iter().map(|place| plain(&directory.join(place))).collect();
        places.iter().find(|path| exists(path)).cloned().ok_or_else(|| {
            let list: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
            Failure::new(Kind::General, format!("{} is not installed; searched {}", self.what, list.join(", ")))
                .hint(format!("install AvA, or set {}=PATH", self.variable))
        })
    }
}

/// `a/../b` is `b`: for paths whose first part is known not to be a link.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

/// The folder of the stubs that belong to `shim`, if it exists: a program that is linked against a vendor's library finds
/// its soname here, whether the vendor's is installed or not.
pub fn stubs(shim: &Path) -> Option<PathBuf> {
    Some(shim.with_file_name("stubs")).filter(|stubs| stubs.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_beside_the_program_or_in_the_packages_directories() {
        let at = |there: &'static str| move |path: &Path| path == Path::new(there);
        let bin = Path::new("/usr/bin");
        assert_eq!(SHIM.find_in(bin, None, at("/usr/bin/libava.so")).unwrap(), Path::new("/usr/bin/libava.so"));
        assert_eq!(SHIM.find_in(bin, None, at("/usr/lib/ava/libava.so")).unwrap(), Path::new("/usr/lib/ava/libava.so"));
        let named = Some(OsString::from("/x/broker"));
        assert_eq!(BROKER.find_in(bin, named.clone(), at("/x/broker")).unwrap(), Path::new("/x/broker"));
        let wrong = BROKER.find_in(bin, named, |_| false).unwrap_err();
        assert_eq!(wrong.message, "AVA_BROKER says that the broker is /x/broker, which is not a file");
        let missing = BROKER.find_in(bin, None, |_| false).unwrap_err();
        assert!(missing.message.ends_with("/usr/libexec/ava/ava-broker, /usr/lib/ava/ava-broker"), "{missing:?}");
        assert_eq!(missing.hints.len(), 1);
    }
}
