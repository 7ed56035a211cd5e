//! Gives each tenant's workers a user of their own, so that the kernel isolates tenants from each other.
//!
//! The owner of a tenant's directory is the only record of the tenant's user: it survives restarts, and no second record
//! can contradict it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The default range, unused by the conventions of Debian, Fedora and systemd: above users and below containers' users.
pub const USUAL: Range = Range { first: 65_600, last: 69_695 };

/// A range of users for workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: u32,
    last: u32,
}

impl Range {
    /// Whether a user is in the range.
    pub fn contains(self, uid: u32) -> bool {
        self.all().contains(&uid)
    }

    fn all(self) -> RangeInclusive<u32> {
        self.first..=self.last
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('-').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
        let (first, last) =
            numbers.ok_or_else(|| format!("{text:?} is not a range: use FIRST-LAST, such as {USUAL}"))?;
        // The kernel reserves the last two numbers: overflow, and "no change".
        if first < 1000 || first > last || last >= u32::MAX - 1 {
            return Err(format!("{text}: a range of users begins at 1000 or above, and ends below {}", u32::MAX - 1));
        }
        Ok(Self { first, last })
    }
}

/// The users of tenants.
#[derive(Debug)]
pub struct Users {
    range: Range,
    /// The directory of tenants' directories.
    base: PathBuf,
    by_name: BTreeMap<String, u32>,
}

/// Why a tenant gets no user.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "all {0} users for workers are taken; --worker-uids FIRST-LAST gives more, and {1} has directories to remove"
    )]
    Full(usize, String),
    #[error("{0}: {1}")]
    Directory(String, #[source] io::Error),
}

impl Users {
    /// Reads the users of existing tenants.
    ///
    /// # Errors
    /// `base` cannot be read.
    pub fn find(range: Range, base: &Path) -> io::Result<Self> {
        let mut by_name = BTreeMap::new();
        for entry in std::fs::read_dir(base)? {
            let entry = entry?;
            let owner = entry.metadata()?.uid();
            if let (true, Ok(name)) = (range.contains(owner), entry.file_name().into_string()) {
                by_name.insert(name, owner);
            }
        }
        Ok(Self { range, base: base.to_owned(), by_name })
    }

    /// The range.
    pub fn range(&self) -> Range {
        self.range
    }

    /// The user of a tenant, given the name of its directory.
    ///
    /// # Errors
    /// No user is left.
    pub fn of(&mut self, name: &str) -> Result<u32, Error> {
        if let Some(uid) = self.by_name.get(name) {
            return Ok(*uid);
        }
        let taken: BTreeSet<u32> = self.by_name.values().copied().collect();
        let count = self.range.all().count();
        let free = self.range.all().find(|uid| !taken.contains(uid));
        let uid = free.ok_or_else(|| Error::Full(count, self.base.display().to_string()))?;
        self.by_name.insert(name.to_owned(), uid);
        Ok(uid)
    }

    /// The tenants that have a directory.
    pub fn names(&self) -> impl Iterator<Item = (&str, u32)> {
        self.by_name.iter().map(|(name, uid)| (name.as_str(), *uid))
    }

    /// A tenant's directory is removed: its user becomes free.
    pub fn forget(&mut self, name: &str) {
        self.by_name.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_and_senseless_ones_are_refused() {
        let range: Range = "2000-2001".parse().unwrap();
        assert!(range.contains(2001) && !range.contains(2002));
        assert_eq!(range.to_string(), "2000-2001");
        for text in ["", "5", "0-5", "3000-2000", "2000-4294967295", "a-b"] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_tenant_has_a_user_until_there_are_none() {
        let base = tempfile::tempdir().unwrap();
        let mut users = Users::find("2000-2001".parse().unwrap(), base.path()).unwrap();
        let (one, other) = (users.of("1").unwrap(), users.of("2").unwrap());
        assert_ne!(one, other);
        assert_eq!(users.of("1").unwrap(), one);
        assert!(users.of("3").unwrap_err().to_string().contains("all 2 users"));
        users.forget("1");
        assert_eq!(users.of("3").unwrap(), one);
    }

    #[test]
    fn directories_tell_who_had_which() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let base = tempfile::tempdir().unwrap();
        let of_tenant = base.path().join("7@box");
        std::fs::create_dir(&of_tenant).unwrap();
        std::os::unix::fs::chown(&of_tenant, Some(2001), None).unwrap();
        let mut users = Users::find("2000-2001".parse().unwrap(), base.path()).unwrap();
        assert_eq!(users.of("7@box").unwrap(), 2001);
        assert_eq!(users.of("8").unwrap(), 2000);
    }
}
