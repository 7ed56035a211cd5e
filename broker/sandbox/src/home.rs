//! The directory of a tenant's workers: their caches and files, and a scratch directory for each worker.
//!
//! ```text
//! HOME/            0700, owned by the worker's user
//!   cache/         compiled code, for the tenant's next programs
//!   tmp/PID/       one worker's scratch directory, removed at its end
//!   softhsm2.conf  the API's own files (`configuration` in its table)
//! ```
//!
//! A lock on the directory excludes its removal while a worker sets it up or uses it.
//!
//! - **Invariant:** workers, which are hostile, write its contents and may change them at any time. So no operation here
//!   follows a link in it, since the sandbox is not yet in force.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use ava_protocol::sandbox::{Configuration, Place};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::process::{Resource, Rlimit, setrlimit};

use ava_surroundings::places;

/// The directories of one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    pub home: PathBuf,
    pub cache: PathBuf,
    pub scratch: PathBuf,
}

impl Home {
    /// Creates missing directories below `home` for this process, and removes the scratch directories of ended workers.
    ///
    /// # Errors
    /// Those of creating directories, with the path; `PermissionDenied` if a directory belongs to another user.
    pub fn prepare(home: &Path) -> io::Result<Self> {
        let all = home.join("tmp");
        let scratch = all.join(std::process::id().to_string());
        let made = Self { home: home.to_owned(), cache: home.join("cache"), scratch };
        own_folder(&made.home)?;
        let _lock = lock(home, FlockOperation::LockShared)?;
        for folder in [&made.cache, &all] {
            remove_what_is_no_folder(folder);
            own_folder(folder)?;
        }
        let (_open, all) = hold(&all)?;
        sweep(&all);
        own_folder(&all.join(std::process::id().to_string()))?;
        Ok(made)
    }

    /// Writes the API's own files into it, and creates the folders in it that they name. Returns what
    /// the worker may write in addition: all of `write`, or nothing for an API with such files, since paths outside of the
    /// tenant's directory are shared.
    ///
    /// # Errors
    /// Those of writing, with the path.
    pub fn configure(
        &self,
        files: &[Configuration],
        templates: Option<&Path>,
        write: &[Place],
    ) -> io::Result<Vec<PathBuf>> {
        for Configuration { file, text, .. } in files {
            let template =
                templates.map(|folder| folder.join(file)).and_then(|path| std::fs::read_to_string(path).ok());
            let text = template.as_deref().unwrap_or(text).replace("{home}", &self.home.display().to_string());
            let path = self.home.join(file);
            replace(&path, &text).map_err(|error| at(&path, error))?;
        }
        let places: Vec<PathBuf> = write.iter().flat_map(places::find).collect();
        if files.is_empty() {
            // As natively, a folder that a variable names need not exist yet.
            let named = write.iter().filter(|place| matches!(place, Place::Variable(_))).flat_map(places::find);
            named.for_each(|folder| drop(DirBuilder::new().recursive(true).mode(0o700).create(folder)));
            return Ok(places);
        }
        let is_straight = |place: &Path| place.components().all(|part| part != Component::ParentDir);
        let own = places.iter().filter(|place| place.starts_with(&self.home) && is_straight(place));
        own.into_iter().for_each(|folder| drop(own_folder(folder)));
        Ok(Vec::new())
    }

    /// Removes everything in `home`, unless a worker uses it. If the tenant has a user of its own (`alone`), any other
    /// process of that user also counts as a use, whatever that process has done to the directory.
    ///
    /// # Errors
    /// `ResourceBusy` if it is in use; those of removing.
    pub fn empty(home: &Path, alone: bool) -> io::Result<()> {
        let _lock = lock(home, FlockOperation::NonBlockingLockExclusive)?;
        if alone && others() {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        if let Ok((_open, all)) = hold(&home.join("tmp")) {
            sweep(&all);
            if std::fs::read_dir(&all).is_ok_and(|mut left| left.next().is_some()) {
                return Err(io::ErrorKind::ResourceBusy.into());
            }
        }
        for entry in std::fs::read_dir(home)? {
            let (kind, path) = entry.and_then(|entry| Ok((entry.file_type()?, entry.path())))?;
            if kind.is_dir() { std::fs::remove_dir_all(path)? } else { std::fs::remove_file(path)? }
        }
        Ok(())
    }

    /// Removes the scratch directory if it is empty; the tenant's next worker removes what a worker leaves behind.
    pub fn leave(&self) {
        let _ = std::fs::remove_dir(&self.scratch);
    }
}

/// A folder of this user, closed to all others.
fn own_folder(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(at(folder, error)),
        _ => {}
    }
    let found = std::fs::symlink_metadata(folder).map_err(|error| at(folder, error))?;
    if found.is_dir() && found.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let what = format!("{} is not a directory of user {}", folder.display(), rustix::process::geteuid().as_raw());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, what))
}

/// Removes whatever stands at a folder's path: a worker may have put something else there.
fn remove_what_is_no_folder(place: &Path) {
    if std::fs::symlink_metadata(place).is_ok_and(|found| !found.is_dir()) {
        let _ = std::fs::remove_file(place);
    }
}

/// Opens a folder without following a link, and returns a path to it that stays valid when the folder's name is replaced.
fn hold(folder: &Path) -> io::Result<(File, PathBuf)> {
    const NO_LINK: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW);
    let options = OpenOptions::new().read(true).custom_flags(NO_LINK.bits().cast_signed()).open(folder);
    let file = options.map_err(|error| at(folder, error))?;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd()).into();
    Ok((file, path))
}

/// Writes a file with this text at a path, replacing whatever is there.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let is_file = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    if is_file && std::fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::create_new(path)?.write_all(text.as_bytes())
}

/// Locks a folder until the returned value is dropped.
fn lock(folder: &Path, how: FlockOperation) -> io::Result<File> {
    let locked = File::open(folder).and_then(|file| flock(&file, how).map(|()| file).map_err(io::Error::from));
    locked.map_err(|error| at(folder, error))
}

/// Whether this process's user, who has no privilege, has other processes: tested by starting a thread under a limit
/// of two.
fn others() -> bool {
    let two = Rlimit { current: Some(2), maximum: Some(2) };
    setrlimit(Resource::Nproc, two).is_err() || std::thread::Builder::new().spawn(|| ()).is_err()
}

/// Removes the scratch directories of processes that have ended.
fn sweep(all: &Path) {
    let entries = std::fs::read_dir(all).into_iter().flatten().flatten();
    let gone = entries.filter(|entry| has_ended(&Path::new("/proc").join(entry.file_name())));
    gone.for_each(|entry| drop(std::fs::remove_dir_all(entry.path())));
}

/// Whether a process, by its folder, has ended. One whose broker was killed may be a zombie for long, until init waits for it.
fn has_ended(process: &Path) -> bool {
    match std::fs::read_to_string(process.join("stat")) {
        // The name is in parentheses, and may hold any others.
        Ok(text) => text.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X'])),
        Err(_) => !process.exists(),
    }
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn directories_are_made_private_and_old_scratch_is_gone() {
        let base = tempfile::tempdir().unwrap();
        let place = base.path().join("7");
        let left = place.join("tmp/4194999");
        std::fs::create_dir_all(left.join("deep")).unwrap();
        let home = Home::prepare(&place).unwrap();
        assert!(!left.exists() && home.scratch.is_dir());
        assert_eq!(std::fs::metadata(&home.cache).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(Home::empty(&place, false).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        home.leave();
        assert!(!home.scratch.exists());
        std::fs::write(home.cache.join("x"), "").unwrap();
        Home::empty(&place, false).unwrap();
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
    }

    #[test]
    fn what_a_zombie_has_left_is_removed() {
        let base = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        let left = base.path().join(child.id().to_string());
        std::fs::create_dir(&left).unwrap();
        while !has_ended(&process) {
            std::thread::yield_now();
        }
        assert!(process.exists());
        sweep(base.path());
        assert!(!left.exists());
        child.wait().unwrap();
        assert!(has_ended(&process) && !has_ended(Path::new("/proc/self")));
    }

    #[test]
    fn links_are_not_followed_and_a_failure_names_its_path() {
        let base = tempfile::tempdir().unwrap();
        let link = base.path().join("3");
        std::os::unix::fs::symlink("/tmp", &link).unwrap();
        let error = Home::prepare(&link).unwrap_err();
        assert!(error.to_string().contains(&link.display().to_string()), "{error}");
        let error = Home::prepare(Path::new("/proc/nowhere")).unwrap_err();
        assert!(error.to_string().contains("/proc/nowhere"), "{error}");
    }

    #[test]
    fn what_a_worker_has_put_in_the_place_of_its_folders_leads_nowhere() {
        const FILES: &[Configuration] = &[Configuration { variable: "X", file: "x.conf", home: None, text: "ours" }];
        let base = tempfile::tempdir().unwrap();
        let (place, victim) = (base.path().join("1"), base.path().join("victim"));
        std::fs::create_dir_all(victim.join("4194999")).unwrap();
        std::fs::write(victim.join("file"), "theirs").unwrap();
        std::fs::create_dir(&place).unwrap();
        for (link, to) in [("tmp", victim.clone()), ("cache", victim.clone()), ("x.conf", victim.join("file"))] {
            std::os::unix::fs::symlink(to, place.join(link)).unwrap();
        }
        let home = Home::prepare(&place).unwrap();
        home.configure(FILES, None, &[]).unwrap();
        assert!(victim.join("4194999").exists());
        assert_eq!(std::fs::read_dir(&victim).unwrap().count(), 2);
        assert_eq!(std::fs::read_to_string(victim.join("file")).unwrap(), "theirs");
        assert_eq!(std::fs::read_to_string(place.join("x.conf")).unwrap(), "ours");
        assert!(home.scratch.is_dir() && !std::fs::symlink_metadata(place.join("cache")).unwrap().is_symlink());
        home.leave();
        std::fs::remove_dir(place.join("tmp")).unwrap();
        std::os::unix::fs::symlink(&victim, place.join("tmp")).unwrap();
        Home::empty(&place, false).unwrap();
        assert_eq!(std::fs::read_dir(&victim).unwrap().count(), 2);
    }

    #[test]
    fn an_api_has_files_of_its_own() {
        const FILES: &[Configuration] =
            &[Configuration { variable: "AVA_TEST_CONF", file: "x.conf", home: None, text: "tokens = {home}/t\n" }];
        const PLACE: Place = Place::Path("/nowhere");
        let base = tempfile::tempdir().unwrap();
        let home = Home::prepare(&base.path().join("1")).unwrap();
        assert!(home.configure(FILES, None, &[PLACE]).unwrap().is_empty());
        let text = std::fs::read_to_string(home.home.join("x.conf")).unwrap();
        assert_eq!(text, format!("tokens = {}/t\n", home.home.display()));
        std::fs::write(base.path().join("x.conf"), "other {home}").unwrap();
        const SYSTEMS: Place = Place::Path("/etc");
        assert!(
            home.configure(FILES, Some(base.path()), &[SYSTEMS]).unwrap().is_empty(),
            "the system's is not the tenant's"
        );
        assert_eq!(home.configure(&[], None, &[SYSTEMS]).unwrap(), [PathBuf::from("/etc")]);
        let text = std::fs::read_to_string(home.home.join("x.conf")).unwrap();
        assert_eq!(text, format!("other {}", home.home.display()));
    }
}
