//! What surrounds a worker: its environment variables and its private directories.
//!
//! - **Invariant:** the environment is built from nothing. What comes in is the broker's own and on the list; nothing
//!   a tenant has in its environment ever does.

use std::ffi::{OsStr, OsString};
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use ava_protocol::api::Api;
use ava_protocol::session::PLUGINS_VARIABLE;

/// Where compilers that vendor libraries call are found.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The private directories of one user's workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directories {
    home: PathBuf,
    cache: PathBuf,
    temporary: PathBuf,
}

impl Directories {
    /// Those of `uid` below the broker's cache directory, made if missing. What one user's workers compiled and kept
    /// is never read by another's.
    pub fn prepare(base: &Path, uid: u32) -> io::Result<Self> {
        let home = base.join(uid.to_string());
        let directories = Self { cache: home.join("cache"), temporary: home.join("tmp"), home };
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for directory in [&directories.home, &directories.cache, &directories.temporary] {
            builder.create(directory)?;
            let found = std::fs::symlink_metadata(directory)?;
            if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    format!("{} is not a directory of the broker's user", directory.display()),
                ));
            }
        }
        Ok(directories)
    }
}

/// The environment of a worker.
pub fn of_worker(
    api: &Api,
    own: impl Iterator<Item = (OsString, OsString)>,
    directories: &Directories,
    vendor_library_path: Option<&OsStr>,
    plugins: &OsStr,
    log: &str,
) -> Vec<(OsString, OsString)> {
    let mut all: Vec<(OsString, OsString)> =
        own.filter(|(name, _)| name.to_str().is_some_and(|name| api.passes(name))).collect();
    let mut set = |name: &str, value: &OsStr| all.push((name.into(), value.into()));
    set("PATH", PATH.as_ref());
    set("HOME", directories.home.as_os_str());
    set("XDG_CACHE_HOME", directories.cache.as_os_str());
    set("TMPDIR", directories.temporary.as_os_str());
    set("AVA_LOG", log.as_ref());
    if let Some(path) = vendor_library_path {
        set("LD_LIBRARY_PATH", path);
    }
    if !plugins.is_empty() {
        set(PLUGINS_VARIABLE, plugins);
    }
    all
}

/// The broker's cache directory: systemd's, else the user's, else one beside the socket.
pub fn cache_directory(variable: impl Fn(&str) -> Option<OsString>, uid: u32, socket: Option<&Path>) -> PathBuf {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(directory) = absolute("CACHE_DIRECTORY") {
        return directory;
    }
    if let Some(directory) = absolute("XDG_CACHE_HOME") {
        return directory.join("ava");
    }
    match (absolute("HOME"), socket.and_then(Path::parent)) {
        (Some(home), _) => home.join(".cache/ava"),
        (None, Some(directory)) => directory.join("cache"),
        (None, None) => PathBuf::from(format!("/tmp/ava-{uid}/cache")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_worker_sees_what_is_listed_and_its_own_directories() {
        let base = tempfile::tempdir().unwrap();
        let directories = Directories::prepare(base.path(), 7).unwrap();
        let own = [("POCL_DEVICES", "cpu"), ("LD_PRELOAD", "/evil.so"), ("SECRET", "x"), ("HOME", "/root")];
        let own = own.into_iter().map(|(name, value)| (name.into(), value.into()));
        let api = Api::find("opencl").unwrap();
        let all = of_worker(api, own, &directories, Some("/opt/vendor".as_ref()), "/opt/plugin.so".as_ref(), "warn");
        let names: Vec<_> = all.iter().map(|(name, _)| name.to_str().unwrap()).collect();
        assert_eq!(
            names,
            ["POCL_DEVICES", "PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR", "AVA_LOG", "LD_LIBRARY_PATH", "AVA_PLUGINS"]
        );
        assert_eq!(all[2].1, base.path().join("7").into_os_string());
        let mode = std::fs::metadata(base.path().join("7/tmp")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn users_do_not_share_a_directory_and_links_are_not_followed() {
        let base = tempfile::tempdir().unwrap();
        assert_ne!(Directories::prepare(base.path(), 1).unwrap(), Directories::prepare(base.path(), 2).unwrap());
        std::os::unix::fs::symlink("/tmp", base.path().join("3")).unwrap();
        assert!(Directories::prepare(base.path(), 3).is_err());
    }

    #[test]
    fn the_cache_is_where_it_belongs() {
        let with = |wanted: &'static str| move |name: &str| (name == wanted).then(|| OsString::from("/x"));
        let socket = Some(Path::new("/run/s/broker.sock"));
        assert_eq!(cache_directory(with("CACHE_DIRECTORY"), 7, socket), Path::new("/x"));
        assert_eq!(cache_directory(with("XDG_CACHE_HOME"), 7, socket), Path::new("/x/ava"));
        assert_eq!(cache_directory(with("HOME"), 7, socket), Path::new("/x/.cache/ava"));
        assert_eq!(cache_directory(|_| None, 7, socket), Path::new("/run/s/cache"));
        assert_eq!(cache_directory(|_| None, 7, None), Path::new("/tmp/ava-7/cache"));
    }
}
