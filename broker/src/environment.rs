//! What surrounds a worker: its environment variables, and where its private directories are.
//!
//! - **Invariant:** the environment is built from nothing. What comes in is the broker's own and on the list; nothing
//!   a tenant has in its environment ever does.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use ava_protocol::api::Api;
use ava_protocol::session::{PLUGINS_VARIABLE, SYSTEM_SOCKET};

/// Where compilers that vendor libraries call are found.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What a worker's environment is made of.
#[derive(Debug)]
pub struct Sources<'a> {
    /// What it serves.
    pub api: &'a Api,
    /// Its tenant's private directory.
    pub home: &'a Path,
    /// `LD_LIBRARY_PATH`.
    pub vendor_library_path: Option<&'a OsStr>,
    /// Libraries that programs may have it load, as a search path.
    pub plugins: &'a OsStr,
    /// The log level's name.
    pub log: &'a str,
    /// Tenants have the API's configuration files of their own, unless the broker's environment names some.
    pub several: bool,
}

/// The environment of a worker, out of the broker's `own`.
pub fn of_worker(from: &Sources, own: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let mut all: Vec<(OsString, OsString)> =
        own.filter(|(name, _)| name.to_str().is_some_and(|name| from.api.passes(name))).collect();
    for file in from.api.configurations.iter().filter(|_| from.several) {
        if !all.iter().any(|(name, _)| name == file.variable) {
            all.push((file.variable.into(), from.home.join(file.file).into()));
        }
    }
    let mut set = |name: &str, value: &OsStr| all.push((name.into(), value.into()));
    set("PATH", PATH.as_ref());
    set("HOME", from.home.as_os_str());
    set("XDG_CACHE_HOME", from.home.join("cache").as_os_str());
    set("AVA_LOG", from.log.as_ref());
    if let Some(path) = from.vendor_library_path {
        set("LD_LIBRARY_PATH", path);
    }
    if !from.plugins.is_empty() {
        set(PLUGINS_VARIABLE, from.plugins);
    }
    all
}

/// Where tenants' directories are: systemd's place for the service's state, or the same for a system's broker without systemd;
/// else the user's cache, else beside the socket.
pub fn base_directory(variable: impl Fn(&str) -> Option<OsString>, uid: u32, socket: Option<&Path>) -> PathBuf {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(directory) = absolute("STATE_DIRECTORY") {
        return directory;
    }
    if socket == Some(Path::new(SYSTEM_SOCKET)) {
        return "/var/lib/ava".into();
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
    use super::*;

    fn environment(api: &str, own: &[(&str, &str)], several: bool) -> Vec<(OsString, OsString)> {
        let sources = Sources {
            api: Api::find(api).unwrap(),
            home: Path::new("/cache/7"),
            vendor_library_path: Some("/opt/vendor".as_ref()),
            plugins: "/opt/plugin.so".as_ref(),
            log: "warn",
            several,
        };
        of_worker(&sources, own.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn a_worker_sees_what_is_listed_and_its_own_directories() {
        let own = [("POCL_DEVICES", "cpu"), ("LD_PRELOAD", "/evil.so"), ("SECRET", "x"), ("HOME", "/root")];
        let all = environment("opencl", &own, true);
        let names: Vec<_> = all.iter().map(|(name, _)| name.to_str().unwrap()).collect();
        assert_eq!(
            names,
            ["POCL_DEVICES", "PATH", "HOME", "XDG_CACHE_HOME", "AVA_LOG", "LD_LIBRARY_PATH", "AVA_PLUGINS"]
        );
        assert_eq!((&*all[2].1, &*all[3].1), ("/cache/7".as_ref(), "/cache/7/cache".as_ref()));
    }

    #[test]
    fn tenants_have_configurations_of_their_own_unless_the_broker_has_one() {
        let of = |own: &[(&str, &str)], several| {
            let all = environment("pkcs11", own, several);
            all.into_iter().find(|(name, _)| name == "SOFTHSM2_CONF").map(|(_, value)| value)
        };
        assert_eq!(of(&[], true), Some("/cache/7/softhsm2.conf".into()));
        assert_eq!(of(&[("SOFTHSM2_CONF", "/etc/shared.conf")], true), Some("/etc/shared.conf".into()));
        assert_eq!(of(&[], false), None, "a private broker's user has what they have natively");
    }

    #[test]
    fn directories_are_where_they_belong() {
        let with = |wanted: &'static str| move |name: &str| (name == wanted).then(|| OsString::from("/x"));
        let socket = Some(Path::new("/run/s/broker.sock"));
        assert_eq!(base_directory(with("STATE_DIRECTORY"), 7, socket), Path::new("/x"));
        let system = Some(Path::new(SYSTEM_SOCKET));
        assert_eq!(base_directory(with("XDG_CACHE_HOME"), 0, system), Path::new("/var/lib/ava"));
        assert_eq!(base_directory(with("XDG_CACHE_HOME"), 7, socket), Path::new("/x/ava"));
        assert_eq!(base_directory(with("HOME"), 7, socket), Path::new("/x/.cache/ava"));
        assert_eq!(base_directory(|_| None, 7, socket), Path::new("/run/s/cache"));
        assert_eq!(base_directory(|_| None, 7, None), Path::new("/tmp/ava-7/cache"));
    }
}
